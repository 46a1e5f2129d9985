"""The lifecycles that come with the library.

Law: bundled lifecycles keep within their source; a company that means something else writes its
own, or another version of one of these.

Source: domain facts S1 to S4 and S9; Dwyer, Schurr and Oh, "Developing Buyer-Seller
Relationships", Journal of Marketing 51 (1987), for the five phases, forward by one, to dissolution
from any, and back to growth.
"""

from typing import Final

from crmkit.kernel import Compare, Requirement, Text

from .definition import Lifecycle
from .stages import MoveWay


_FOUR: Final = {
    "exploration": Text("Exploration", "考察期"),
    "growth": Text("Growth", "成长期"),
    "maturity": Text("Maturity", "成熟期"),
    "decline": Text("Decline", "退化期"),
}

FOUR_STAGE: Final = Lifecycle.of(
    "four_stage",
    Text("Stage of the relationship", "客户关系阶段"),
    stages=_FOUR,
    moves={
        "exploration": ["growth", "decline"],
        "growth": ["maturity", "decline"],
        "maturity": ["decline"],
        "decline": ["growth"],
    },
    waning=["decline"],
    # Decline is all that this lifecycle knows of leaving: who comes back from it was won back.
    ways={("decline", "growth"): MoveWay.WIN_BACK},
    source="domain fact S1; moves as Dwyer, Schurr and Oh (1987) have them",
)
"""Exploration, growth, maturity, decline (S1)."""

DWYER: Final = Lifecycle.of(
    "dwyer",
    Text("Phase of the relationship", "关系发展阶段"),
    stages={
        "awareness": Text("Awareness", "认知"),
        "exploration": Text("Exploration", "考察"),
        "expansion": Text("Expansion", "扩展"),
        "commitment": Text("Commitment", "承诺"),
        "dissolution": Text("Dissolution", "解体"),
    },
    moves={
        "awareness": ["exploration", "dissolution"],
        "exploration": ["expansion", "dissolution"],
        "expansion": ["commitment", "dissolution"],
        "commitment": ["dissolution"],
        "dissolution": ["expansion"],
    },
    prospective=["awareness"],
    lost=["dissolution"],
    words={
        "four_stage": {
            "awareness": "exploration",
            "exploration": "exploration",
            "expansion": "growth",
            "commitment": "maturity",
            "dissolution": "decline",
        }
    },
    source="Dwyer, Schurr and Oh (1987); domain fact S2",
)
"""Awareness, exploration, expansion, commitment, dissolution; mapped onto the four (S2)."""

_BOUGHT: Final = Requirement(Text("nothing was bought yet", "尚未购买"), Compare("orders", ">=", 1))
_REPEATED: Final = Requirement(
    Text("nothing was bought again yet", "尚未重复购买"), Compare("orders", ">=", 2)
)
_RECOMMENDS: Final = Requirement(
    Text("the customer has not recommended us yet", "客户尚未推荐我们"),
    Compare("recommends", "=", True),
)

LADDER: Final = Lifecycle.of(
    "ladder",
    Text("Rung of the loyalty ladder", "忠诚阶梯"),
    stages={
        "suspect": Text("Suspect", "疑似客户"),
        "prospect": Text("Prospect", "意向客户"),
        "first_time": Text("First-time buyer", "首次购买"),
        "repeat": Text("Repeat buyer", "重复购买"),
        "advocate": Text("Advocate", "品牌倡导者"),
    },
    moves={
        "suspect": ["prospect", "first_time"],
        "prospect": ["suspect", "first_time"],
        "first_time": ["repeat"],
        "repeat": ["advocate"],
        # Who no longer recommends us still buys.
        "advocate": ["repeat"],
    },
    prospective=["suspect", "prospect"],
    requires={
        ("suspect", "first_time"): [_BOUGHT],
        ("prospect", "first_time"): [_BOUGHT],
        ("first_time", "repeat"): [_REPEATED],
        ("repeat", "advocate"): [_RECOMMENDS],
    },
    source="domain fact S3",
)
"""Suspect, prospect, first-time buyer, repeat buyer, advocate (S3)."""

CUSTOMER_STATE: Final = Lifecycle.of(
    "customer_state",
    Text("State of the customer", "客户状态"),
    stages={
        "potential": Text("Potential customer", "潜在客户"),
        "new": Text("New customer", "新客户"),
        "loyal": Text("Loyal customer", "忠诚客户"),
        "at_risk": Text("Customer at risk", "流失预警客户"),
        "dormant": Text("Dormant customer", "休眠客户"),
        "lost": Text("Lost customer", "流失客户"),
        "won_back": Text("Customer won back", "挽回客户"),
    },
    moves={
        "potential": ["new"],
        "new": ["loyal", "at_risk", "lost"],
        "loyal": ["at_risk", "lost"],
        "at_risk": ["new", "loyal", "dormant", "lost"],
        "dormant": ["new", "loyal", "at_risk", "lost"],
        "lost": ["won_back"],
        "won_back": ["loyal", "at_risk", "lost"],
    },
    prospective=["potential"],
    waning=["at_risk", "dormant"],
    lost=["lost"],
    ways={("won_back", "loyal"): MoveWay.FORWARD},
    words={
        "closeness": {
            "potential": "potential",
            "new": "current",
            "loyal": "current",
            "at_risk": "current",
            "dormant": "current",
            "lost": "lost",
            "won_back": "current",
        },
        # Who is at risk, or dormant, is still what he was before.
        "relation": {
            "new": "new",
            "loyal": "loyal",
            "lost": "lost",
            "won_back": "recovered",
        },
    },
    source="domain facts S4 and C3",
)
"""Potential, new, loyal, at risk, dormant, lost, won back (S4); C3 derives from it."""

RELATIONSHIP_LEVEL: Final = Lifecycle.of(
    "relationship_level",
    Text("Level of the relationship", "客户关系层次"),
    stages={
        "trading": Text("Trading", "买卖关系"),
        "preferred_supplier": Text("Preferred supplier", "优先供应关系"),
        "partner": Text("Partner", "合作伙伴关系"),
        "strategic_alliance": Text("Strategic alliance", "战略联盟关系"),
    },
    moves={
        "trading": ["preferred_supplier"],
        "preferred_supplier": ["trading", "partner"],
        "partner": ["trading", "preferred_supplier", "strategic_alliance"],
        "strategic_alliance": ["trading", "preferred_supplier", "partner"],
    },
    source="domain fact S9",
)
"""Trading, preferred supplier, partner, strategic alliance (S9)."""
