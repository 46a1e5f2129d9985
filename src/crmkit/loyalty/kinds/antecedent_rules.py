"""What leads to loyalty, and which of it is there: satisfaction, delight, trust.

Law: an antecedent is a cause and no proof: a satisfied customer may leave, and one who stays may be
dissatisfied. What is not known is neither there nor lacking.

Source: domain fact L8. The numbers are ours.
"""

from __future__ import annotations

from typing import Final

import attrs

from crmkit.kernel import (
    Compare,
    DecisionRule,
    DecisionTable,
    Evidence,
    Explanation,
    Rule,
    Text,
)

from .loyalty_facts import Facts
from .loyalty_words import LoyaltyAntecedent
from .weighing import told_facts, verdicts_of, weigh


def _rule(one: LoyaltyAntecedent) -> DecisionRule:
    code = str(one.value)
    rule = Rule(
        code=f"loyalty.antecedent.{code}",
        says=Text(f"{{verdict}}: {{{code}}} of 100", f"{{verdict}}：{{{code}}}（满分100）"),
        source="L8; the bar is crmkit's own, to be settled by the company",
    )
    return DecisionRule(rule, Compare(code, ">=", 75), code)


ANTECEDENT_RULES: Final = DecisionTable(
    name="antecedents of loyalty",
    rules=tuple(map(_rule, LoyaltyAntecedent)),
    otherwise=str(LoyaltyAntecedent.SATISFACTION.value),
)
"""Each from 75 of 100 on; what the table says otherwise is never asked."""

_FOUND: Final = Rule(
    code="loyalty.antecedents",
    says=Text(
        "of what leads to loyalty customer {customer} has: {found}; lacks: {lacking}; not known: "
        "{unknown}",
        "客户{customer}的忠诚成因：具备{found}；缺乏{lacking}；不明{unknown}",
    ),
    source="L8",
)


@attrs.frozen(kw_only=True)
class AntecedentFinding:
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
    """

    found: tuple[LoyaltyAntecedent, ...]
    lacking: tuple[LoyaltyAntecedent, ...]
    open: tuple[LoyaltyAntecedent, ...]
    missing: tuple[str, ...]
    told: tuple[Evidence, ...]
    because: tuple[Explanation[LoyaltyAntecedent], ...]

    def explain(self, customer: str | int) -> Explanation[tuple[LoyaltyAntecedent, ...]]:
        """Explain what leads to loyalty in a customer.

        Examples:
            >>> why = find_antecedents({"satisfaction": 80}).explain("C-7")
            >>> print(why.sentence().splitlines()[0])
            of what leads to loyalty customer C-7 has: satisfaction; lacks: nothing; not known:\
 score of delight: better than desired, score of trust
        """
        return Explanation(
            verdict=self.found,
            rule=_FOUND,
            evidence=(
                Evidence("customer", customer),
                Evidence("found", self.found),
                Evidence("lacking", self.lacking),
                Evidence("unknown", told_facts(self.missing)),
                *self.told,
            ),
            missing=self.missing,
            because=self.because,
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
    weighed = weigh(facts, rules, LoyaltyAntecedent)
    asked = verdicts_of(rules, LoyaltyAntecedent)
    return AntecedentFinding(
        found=weighed.found,
        lacking=tuple(one for one in asked if one not in (*weighed.found, *weighed.open)),
        open=weighed.open,
        missing=weighed.missing,
        told=weighed.told,
        because=weighed.held,
    )
