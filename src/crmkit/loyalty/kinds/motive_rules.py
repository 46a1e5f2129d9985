"""Why a customer stays: the motive, by rules as data.

Law: all motives that the evidence speaks for are told, and the first in the order of the rules is
the primary one. Where nothing is found and something is not known, the motive is not known.
Whoever cannot leave is captive whatever else holds: his staying proves nothing.

Source: domain facts L1 and L4, and the course theory's precedence: no alternative, related party,
points, price, convenience, inertia, trust; latent last. The numbers are ours.
"""

from __future__ import annotations

from typing import Final

import attrs

from crmkit.kernel import (
    AllOf,
    Compare,
    Condition,
    DecisionRule,
    DecisionTable,
    Evidence,
    Explanation,
    Rule,
    Text,
)
from crmkit.kernel.explanation import Every

from .findings import Found
from .loyalty_facts import Facts
from .loyalty_words import LoyaltyMotive
from .weighing import told_facts, verdicts_of, weigh


_OURS: Final = "L1, L4; the numbers are crmkit's own, to be settled by the company"


def _rule(motive: LoyaltyMotive, en: str, zh: str, *when: Condition) -> DecisionRule:
    code = str(motive.value)
    rule = Rule(
        code=f"loyalty.{code}",
        says=Text(f"{{verdict}}: {en}", f"{{verdict}}：{zh}"),
        source=_OURS,
    )
    return DecisionRule(rule, when[0] if len(when) == 1 else AllOf(when), code)


_BUYS: Final = Compare("patronage", ">=", 0.5)
_PLEASED: Final = Compare("satisfaction", ">=", 75)
_RECOMMENDS: Final = Compare("recommend", ">=", 9)

MOTIVE_RULES: Final = DecisionTable(
    name="loyalty motives",
    rules=(
        _rule(
            LoyaltyMotive.MONOPOLY,
            "nobody else can supply him",
            "别无选择",
            Compare("no_alternative", "=", True),
        ),
        _rule(
            LoyaltyMotive.FAMILY_AND_FRIENDS,
            "he is staff, family or a friend",
            "员工或亲友",
            Compare("related_party", "=", True),
        ),
        _rule(
            LoyaltyMotive.INCENTIVE,
            "{points_share} of his purchases were made for points",
            "积分激励购买占比{points_share}",
            Compare("points_share", ">=", 0.5),
        ),
        _rule(
            LoyaltyMotive.PRICE,
            "he chooses by the price",
            "首选价格",
            Compare("price_first", "=", True),
        ),
        _rule(
            LoyaltyMotive.CONVENIENCE,
            "he chooses what is nearest or easiest",
            "首选便利",
            Compare("convenience_first", "=", True),
        ),
        _rule(
            LoyaltyMotive.INERTIA,
            "satisfaction {satisfaction}, patronage {patronage}, switching cost {switching_cost}",
            "满意度{satisfaction}，重复购买占比{patronage}，转换成本{switching_cost}",
            Compare("satisfaction", "<", 50),
            _BUYS,
            Compare("switching_cost", ">=", 50),
        ),
        _rule(
            LoyaltyMotive.TRUST,
            "satisfaction {satisfaction}, patronage {patronage}, would recommend {recommend} of 10",
            "满意度{satisfaction}，重复购买占比{patronage}，推荐意愿{recommend}（满分10）",
            _PLEASED,
            _BUYS,
            _RECOMMENDS,
        ),
        _rule(
            LoyaltyMotive.LATENT,
            "satisfaction {satisfaction}, would recommend {recommend} of 10, but patronage "
            "{patronage}",
            "满意度{satisfaction}，推荐意愿{recommend}（满分10），但重复购买占比仅{patronage}",
            _PLEASED,
            _RECOMMENDS,
            Compare("patronage", "<", 0.5),
        ),
    ),
    otherwise=str(LoyaltyMotive.NONE.value),
)
"""The eight motives in their order of precedence."""

_SETTLED: Final = Rule(
    code="loyalty.motive",
    says=Text(
        "first motive of customer {customer}: {verdict}", "客户{customer}的首要动机：{verdict}"
    ),
    source="L1: the first motive in the order of the rules",
)
_UNSETTLED: Final = Rule(
    code="loyalty.motive.unsettled",
    says=Text(
        "first motive of customer {customer}, as far as is known: {verdict}; {earlier} would come "
        "before it, and cannot be told without: {missing}",
        "据已知情况，客户{customer}的首要动机：{verdict}；排在其前的{earlier}因缺少以下依据而无法判断：{missing}",
    ),
    source="L1: the first motive in the order of the rules",
)
_NONE: Final = Rule(
    code="loyalty.motive.none",
    says=Text(
        "customer {customer}: {verdict}; none of the rules holds",
        "客户{customer}：{verdict}；没有规则成立",
    ),
    source="L1",
)
_UNKNOWN: Final = Rule(
    code="loyalty.motive.unknown",
    says=Text(
        "customer {customer}: {verdict}; that cannot be told without: {missing}",
        "客户{customer}：{verdict}；缺少以下依据，无法判断：{missing}",
    ),
    source="what is not known is never guessed",
)


@attrs.frozen(kw_only=True)
class MotiveFinding(Found[LoyaltyMotive]):
    """Why one customer stays, as far as is known; `find_motives` makes it.

    Attributes:
        motives: All that the evidence speaks for, in the order of precedence.
        open: Those that hang on what is not known.
        may_come_first: Those of them that would go before the primary one.
        missing: What is not known and would tell.
        told: Every fact that the rules ask for; None where it is not known.
        because: Why, for every rule that holds.

    Examples:
        >>> found = find_motives({"satisfaction": 92, "recommend": 10, "patronage": 0.8})
        >>> found.primary, [motive.value for motive in found.may_come_first]
        (<LoyaltyMotive.TRUST: 'trust'>, ['monopoly', 'family_and_friends', 'incentive', 'price',\
 'convenience'])
        >>> found.is_settled
        False
    """

    motives: tuple[LoyaltyMotive, ...]
    may_come_first: tuple[LoyaltyMotive, ...]

    @property
    def primary(self) -> LoyaltyMotive:
        """The first motive; NONE where no rule holds, UNKNOWN where that cannot be told."""
        if self.motives:
            return self.motives[0]
        return LoyaltyMotive.UNKNOWN if self.open else LoyaltyMotive.NONE

    @property
    def is_settled(self) -> bool:
        """Whether nothing that is not known could make another motive the first."""
        return not self.may_come_first

    def explain(self, customer: str | int) -> Explanation[LoyaltyMotive]:
        """Explain why a customer stays, rule by rule.

        Args:
            customer: Who he is.

        Returns:
            The primary motive with every fact that the rules ask for, None where it is not known;
            `because` says it of every motive found; `missing` names what is not known.

        Examples:
            >>> print(find_motives({"no_alternative": True, "satisfaction": 30}).explain("C-7"))
            first motive of customer C-7: monopoly
              monopoly: nobody else can supply him
        """
        rule = _SETTLED if self.is_settled else _UNSETTLED
        if not self.motives:
            rule = _UNKNOWN if self.open else _NONE
        return self.said(
            self.primary,
            rule,
            customer,
            Evidence("motives", Every(self.motives)),
            Evidence("earlier", Every(self.may_come_first)),
            Evidence("missing", told_facts(self.missing)),
        )


def find_motives(facts: Facts, *, rules: DecisionTable = MOTIVE_RULES) -> MotiveFinding:
    """Find why a customer stays.

    Args:
        facts: What is known of him, by name; None, or left out, where it is not. The library's own
            rules ask for those of `LOYALTY_FACTS`; a company's rules may ask for others.
        rules: The motives in their order of precedence, as data; each verdict the stored value of a
            `LoyaltyMotive`, which stands where its first rule does.

    Returns:
        All motives that hold, the first being primary, and what hangs on facts not known.

    Raises:
        InvalidValueError: If a name is neither asked for nor one of `LOYALTY_FACTS`, a value cannot
            be what it is called, or the rules tell no motives.

    Source:
        Domain facts L1 and L4.

    Examples:
        >>> from crmkit.loyalty import find_motives
        >>> power = find_motives({"no_alternative": True, "related_party": False,
        ...     "satisfaction": 20, "patronage": 1.0, "switching_cost": 100})
        >>> [motive.value for motive in power.motives]
        ['monopoly', 'inertia']
        >>> find_motives({"patronage": 1.0}).primary
        <LoyaltyMotive.UNKNOWN: 'unknown'>
    """
    weighed = weigh(facts, rules, LoyaltyMotive)
    found = weighed.found
    order = verdicts_of(rules, LoyaltyMotive)
    before = order[: order.index(found[0])] if found else order
    return MotiveFinding(
        motives=found,
        open=weighed.open,
        may_come_first=tuple(motive for motive in weighed.open if motive in before),
        missing=weighed.missing,
        told=weighed.told,
        because=weighed.held,
    )
