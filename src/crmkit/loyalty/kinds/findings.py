"""What is found of one customer by rules as data, and how it is explained.

Law: what hangs on facts that are not known is neither there nor lacking, and these facts are told.

Source: domain facts L1, L4 and L8.
"""

from __future__ import annotations

from typing import ClassVar, Final, Generic, Self, TypeVar

import attrs

from crmkit.kernel import (
    Compare,
    DecisionRule,
    DecisionTable,
    Evidence,
    Explanation,
    Labelled,
    Rule,
    Text,
)
from crmkit.kernel.explanation import Every

from .loyalty_facts import Facts, of_customer
from .weighing import told_facts, verdicts_of, weigh


K = TypeVar("K", bound=Labelled)
V = TypeVar("V")

BAR: Final = 75
"""From which score of 100 on something is said to be there."""


@attrs.frozen(kw_only=True)
class Found(Generic[K]):
    """What rules found, and what they could not tell."""

    open: tuple[K, ...]
    missing: tuple[str, ...]
    told: tuple[Evidence, ...]
    because: tuple[Explanation[K], ...]

    def said(self, verdict: V, rule: Rule, customer: str | int, *named: Evidence) -> Explanation[V]:
        """Return an explanation with every fact that the rules ask for, and why each that holds."""
        return Explanation(
            verdict=verdict,
            rule=rule,
            evidence=(of_customer(customer), *named, *self.told),
            missing=self.missing,
            because=self.because,
        )


@attrs.frozen(kw_only=True)
class Parted(Found[K]):
    """What is there of a list, what is lacking, and what is not known."""

    says: ClassVar[Rule]

    found: tuple[K, ...]
    lacking: tuple[K, ...]

    @classmethod
    def of(cls, facts: Facts, rules: DecisionTable, kind: type[K]) -> Self:
        """Ask every rule of a table.

        Raises:
            InvalidValueError: As `weigh`.
        """
        weighed = weigh(facts, rules, kind)
        asked = verdicts_of(rules, kind)
        return cls(
            found=weighed.found,
            lacking=tuple(one for one in asked if one not in (*weighed.found, *weighed.open)),
            open=weighed.open,
            missing=weighed.missing,
            told=weighed.told,
            because=weighed.held,
        )

    def explain(self, customer: str | int) -> Explanation[tuple[K, ...]]:
        """Explain what is there of a customer, what is lacking, and what is not known.

        Args:
            customer: Who he is.

        Returns:
            What is there, with every fact that the rules ask for, None where it is not known;
            `because` says it of everything found; `missing` names what is not known.

        Examples:
            >>> from crmkit.loyalty import find_signs
            >>> why = find_signs({"recommend": 10, "tolerance": 40}).explain("C-7")
            >>> [one.value for one in why.verdict], why.find("tolerance").value
            (['recommendation'], 40)
        """
        return self.said(
            self.found,
            self.says,
            customer,
            Evidence("found", Every(self.found)),
            Evidence("lacking", Every(self.lacking)),
            Evidence("unknown", told_facts(self.missing)),
        )


def scored(one: Labelled, fact: str, code: str, source: str) -> DecisionRule:
    """Return the rule that something is there from a score of `BAR` of 100 on."""
    says = Text(f"{{verdict}}: {{{fact}}} of 100", f"{{verdict}}：{{{fact}}}（满分100）")
    rule = Rule(code=f"loyalty.{code}.{one.value}", says=says, source=source)
    return DecisionRule(rule, Compare(fact, ">=", BAR), str(one.value))
