"""Rules as data, the deciding half: a table of rules, each with its verdict.

Law: rules are tried in their order, and every verdict names the rule that gave it.

Source: decision tables with hit policy "first" and "collect", as in OMG DMN 1.5, section 8.2.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs
import msgspec

from crmkit.errors import InvalidValueError

from .conditions import Condition
from .explanation import Evidence, Explanation, Rule, Unknown
from .labels import Text
from .tagged import read_json, write_hook


_OTHERWISE: Final = Rule(
    code="decision.otherwise",
    says=Text("no rule of {table} applies: {verdict}", "{table}中没有适用的规则：{verdict}"),
    source="DMN 1.5 section 8.2.8: default output",
)


@attrs.frozen
class DecisionRule:
    """When a condition holds, this is the verdict.

    Attributes:
        rule: Its code, sentence and source.
        when: What the facts must fulfil.
        then: The verdict.

    Examples:
        >>> from crmkit.kernel import Compare
        >>> says = Text("severity is {severity}: {verdict}", "严重度为{severity}：{verdict}")
        >>> grave = Rule(code="priority.grave", says=says, source="quality manual")
        >>> urgent = DecisionRule(grave, Compare("severity", ">=", 3), "urgent")
        >>> print(DecisionTable("priorities", (urgent,), "normal").decide({"severity": 4}))
        severity is 4: urgent
    """

    rule: Rule
    when: Condition
    then: str


@attrs.frozen
class DecisionTable:
    """Rules in order of precedence, with what is said when none applies.

    Attributes:
        name: What it is called.
        rules: The first that holds decides.
        otherwise: The verdict when none holds.

    Raises:
        InvalidValueError: If two rules have one code, or a sentence speaks of a fact that its
            condition does not ask for.

    Examples:
        >>> from crmkit.kernel import Compare, Rule, Text
        >>> rising = Rule(
        ...     code="stage.growth",
        ...     says=Text("volume rose by {rise} %: {verdict}", "销量增长{rise}%：{verdict}"),
        ...     source="course theory: volume and mutual returns rise",
        ... )
        >>> table = DecisionTable(
        ...     "stages", (DecisionRule(rising, Compare("rise", ">", 0), "growth"),), "maturity"
        ... )
        >>> print(table.decide({"rise": 12}))
        volume rose by 12 %: growth
        >>> table.decide({}).verdict, table.decide({}).missing
        ('maturity', ('rise',))
        >>> DecisionTable.from_json(table.to_json()) == table
        True
    """

    name: str
    rules: tuple[DecisionRule, ...]
    otherwise: str

    def __attrs_post_init__(self) -> None:
        codes = [entry.rule.code for entry in self.rules]
        for place, entry in enumerate(self.rules):
            if entry.rule.code in codes[:place]:
                raise InvalidValueError("code", entry.rule.code, "must be used once in a table")
            for fact in sorted(entry.rule.says.names - {*entry.when.facts, "verdict"}):
                rule = f"speaks of {fact!r}, which its condition does not ask for"
                raise InvalidValueError("says", entry.rule.says.en, rule)

    def decide(self, facts: Mapping[str, object]) -> Explanation[str]:
        """Return the verdict of the first rule that holds.

        The evidence is that of every rule tried, so that whoever has it can decide again. Facts
        that an earlier rule lacked stand in `missing`: knowing them might change the verdict.

        Args:
            facts: By name; None means not known.

        Raises:
            InvalidValueError: If a fact cannot be compared as a rule asks.
        """
        missing: dict[str, None] = {}
        told: tuple[Evidence, ...] = ()
        for entry in self.rules:
            held = entry.when.holds(facts)
            if held:
                return _explained(entry, facts, told, tuple(missing))
            told += entry.when.evidence(facts)
            if held is None:
                missing |= dict.fromkeys(entry.when.missing(facts))
        return Explanation(
            verdict=self.otherwise,
            rule=_OTHERWISE,
            evidence=(Evidence("table", self.name), *told),
            missing=tuple(missing),
        )

    def collect(self, facts: Mapping[str, object]) -> tuple[Explanation[str], ...]:
        """Return the verdict of every rule that holds, in the table's order.

        Raises:
            InvalidValueError: If a fact cannot be compared as a rule asks.
        """
        return tuple(_explained(e, facts, (), ()) for e in self.rules if e.when.holds(facts))

    def to_json(self) -> str:
        """Write the table as JSON."""
        return msgspec.json.encode(self, enc_hook=write_hook).decode()

    @staticmethod
    def from_json(text: str) -> DecisionTable:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no table.
        """
        return read_json(text, DecisionTable, "table")


def _explained(
    entry: DecisionRule,
    facts: Mapping[str, object],
    earlier: tuple[Evidence, ...],
    missing: tuple[str, ...],
) -> Explanation[str]:
    known = earlier + entry.when.evidence(facts)
    told = {item.name for item in known}
    # A fact may be unknown where another decided.
    unknown = tuple(Unknown(name, None) for name in entry.when.facts if name not in told)
    return Explanation(
        verdict=entry.then, rule=entry.rule, evidence=known + unknown, missing=missing
    )
