"""What a customer's staying proves: captive, vulnerable, or truly loyal.

Law: whoever could hardly leave is captive, satisfied or not: his staying is no proof of anything.
Of those who are free to leave, the attached are truly loyal, the others vulnerable. The groups are
told in one order; where an earlier one hangs on what is not known, the group is not known.

Source: domain facts L1 and L5; Jones, T. O. and Sasser, W. E. (1995), "Why satisfied customers
defect", Harvard Business Review 73(6), 88–99: false loyalty. The numbers are ours.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Final

from crmkit.kernel import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    DecisionRule,
    DecisionTable,
    Evidence,
    Explanation,
    Not,
    Rule,
    Text,
)

from .loyalty_facts import Facts, as_evidence, known_facts, of_customer
from .loyalty_words import LoyaltyGroup
from .weighing import FactKind, as_member, fact_kinds, told_facts, wanted_of


_BOUND: Final = AnyOf((Compare("no_alternative", "=", True), Compare("switching_cost", ">=", 75)))
_STAYS: Final = Compare("patronage", ">=", 0.5)
_ATTACHED: Final = Compare("attitude", ">=", 50)


def _rule(group: LoyaltyGroup, en: str, zh: str, when: Condition) -> DecisionRule:
    rule = Rule(
        code=f"loyalty.group.{group.value}",
        says=Text(f"{{verdict}}: {en}", f"{{verdict}}：{zh}"),
        source="L1, L5; the numbers are crmkit's own, to be settled by the company",
    )
    return DecisionRule(rule, when, str(group.value))


_EN: Final = (
    "patronage {patronage}, no alternative ({no_alternative}), switching cost {switching_cost}"
)
_ZH: Final = "重复购买占比{patronage}，别无选择（{no_alternative}），转换成本{switching_cost}"

GROUP_RULES: Final = DecisionTable(
    name="loyalty groups",
    rules=(
        _rule(
            LoyaltyGroup.NOT_LOYAL,
            "patronage {patronage}",
            "重复购买占比{patronage}",
            Not(_STAYS),
        ),
        _rule(LoyaltyGroup.CAPTIVE, _EN, _ZH, AllOf((_STAYS, _BOUND))),
        _rule(
            LoyaltyGroup.VULNERABLE,
            f"{_EN}, attitude {{attitude}}",
            f"{_ZH}，态度{{attitude}}",
            AllOf((_STAYS, Not(_BOUND), Not(_ATTACHED))),
        ),
        _rule(
            LoyaltyGroup.TRUE,
            f"{_EN}, attitude {{attitude}}",
            f"{_ZH}，态度{{attitude}}",
            AllOf((_STAYS, Not(_BOUND), _ATTACHED)),
        ),
    ),
    otherwise=str(LoyaltyGroup.UNKNOWN.value),
)
"""Who buys mostly elsewhere; who could hardly leave; who is not attached; who is."""

_PLACED: Final = Rule(
    code="loyalty.group",
    says=Text("customer {customer}: {verdict}", "客户{customer}：{verdict}"),
    source="L1, L5",
)
_UNKNOWN: Final = Rule(
    code="loyalty.group.unknown",
    says=Text(
        "customer {customer}: {verdict}; that cannot be told without: {missing}",
        "客户{customer}：{verdict}；缺少以下依据，无法判断：{missing}",
    ),
    source="what is not known is never guessed",
)


def explain_group(
    customer: str | int, facts: Facts, *, rules: DecisionTable = GROUP_RULES
) -> Explanation[LoyaltyGroup]:
    """Find what a customer's staying proves, and explain it; the group is the verdict.

    Args:
        customer: Who he is.
        facts: What is known of him, by name; None, or left out, where it is not.
        rules: The groups in their order, as data; each verdict the stored value of a
            `LoyaltyGroup`.

    Returns:
        The group of the first rule that holds, unless an earlier one hangs on what is not known;
        then UNKNOWN, with all that is missing and could matter.

    Raises:
        InvalidValueError: As `find_motives`.

    Source:
        Domain facts L1 and L5.

    Examples:
        >>> power = {"patronage": 1.0, "no_alternative": True, "attitude": 20}
        >>> print(explain_group("C-7", power))
        customer C-7: captive
          captive: patronage 1, no alternative (yes), switching cost not known
        >>> explain_group("C-8", {"patronage": 0.9, "attitude": 90}).missing
        ('no_alternative', 'switching_cost')
    """
    kinds = group_facts(rules)
    known = known_facts(facts, kinds)
    answers = [(one, one.when.holds(known)) for one in rules.rules]
    # What is asked after a rule that holds decides nothing any more.
    open_ = takewhile(lambda answer: answer[1] is not True, answers)
    wanted = {name for one, held in open_ if held is None for name in wanted_of(one.when, known)}
    missing = tuple(name for name in kinds if name in wanted)
    because = () if missing else (as_member(rules.decide(known), LoyaltyGroup),)
    verdict = because[0].verdict if because else LoyaltyGroup.UNKNOWN
    return Explanation(
        verdict=verdict,
        rule=_UNKNOWN if missing else _PLACED,
        evidence=(
            of_customer(customer),
            Evidence("missing", told_facts(missing)),
            *(as_evidence(name, known.get(name)) for name in kinds),
        ),
        missing=missing,
        because=because,
    )


def group_facts(rules: DecisionTable) -> dict[str, FactKind]:
    """Return the facts that rules of groups ask for; everybody is in a group, whatever holds.

    Raises:
        InvalidValueError: As `fact_kinds`, or if what the table says otherwise is no group.
    """
    kinds = fact_kinds(rules, LoyaltyGroup)
    LoyaltyGroup.of(rules.otherwise, "verdict")
    return kinds
