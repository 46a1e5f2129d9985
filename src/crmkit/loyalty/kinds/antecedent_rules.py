"""What leads to loyalty, and which of it is there: satisfaction, delight, trust.

Law: an antecedent is a cause and no proof: a satisfied customer may leave, and one who stays may be
dissatisfied. What is not known is neither there nor lacking.

Source: domain fact L8. The numbers are ours.
"""

from __future__ import annotations

from typing import ClassVar, Final

import attrs

from crmkit.kernel import DecisionTable, Rule, Text

from .findings import Parted, scored
from .loyalty_facts import Facts
from .loyalty_words import LoyaltyAntecedent
from .weighing import NO_VERDICT


_SOURCE: Final = "L8; the bar is crmkit's own, to be settled by the company"

ANTECEDENT_RULES: Final = DecisionTable(
    name="antecedents of loyalty",
    rules=tuple(scored(one, str(one.value), "antecedent", _SOURCE) for one in LoyaltyAntecedent),
    otherwise=NO_VERDICT,
)
"""Each from 75 of 100 on; where none is there, none is."""


@attrs.frozen(kw_only=True)
class AntecedentFinding(Parted[LoyaltyAntecedent]):
    """What leads to loyalty in one customer; `find_antecedents` makes it.

    Attributes:
        found: What is there.
        lacking: What is not.
        open: What hangs on facts that are not known.
        missing: These facts.
        told: Every fact that the rules ask for; None where it is not known.
        because: Why, for every rule that holds.

    Examples:
        >>> one = find_antecedents({"satisfaction": 80, "trust": 40})
        >>> [[kind.value for kind in part] for part in (one.found, one.lacking, one.open)]
        [['satisfaction'], ['trust'], ['delight']]
        >>> print(one.explain("C-7").sentence().splitlines()[0])
        of what leads to loyalty customer C-7 has: satisfaction; lacks: trust; not known: score of\
 delight: better than desired
    """

    says: ClassVar[Rule] = Rule(
        code="loyalty.antecedents",
        says=Text(
            "of what leads to loyalty customer {customer} has: {found}; lacks: {lacking}; not "
            "known: {unknown}",
            "客户{customer}的忠诚成因：具备：{found}；缺乏：{lacking}；不明：{unknown}",
        ),
        source="L8",
    )


def find_antecedents(facts: Facts, *, rules: DecisionTable = ANTECEDENT_RULES) -> AntecedentFinding:
    """Find what leads to loyalty in a customer.

    Args:
        facts: What is known of him, by name; None, or left out, where it is not.
        rules: When each is there, as data; each verdict the stored value of a `LoyaltyAntecedent`.

    Raises:
        InvalidValueError: As `find_motives`.

    Source:
        Domain fact L8.

    Examples:
        >>> find_antecedents({"satisfaction": 90, "delight": 80, "trust": 75}).missing
        ()
    """
    return AntecedentFinding.of(facts, rules, LoyaltyAntecedent)
