"""Which department answers for a complaint: proposed by rules that are data.

Law: rules propose, and say why; a person confirms.

Source: domain facts K1 (the responsible department is confirmed) and K10 (fields of complaint).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import attrs
import msgspec
from attrs.validators import optional

from crmkit.cases import CaseKind, Impact, Priority, Severity, Urgency
from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    AllOf,
    AnyOf,
    Channel,
    Compare,
    Condition,
    DecisionRule,
    DecisionTable,
    Evidence,
    Explanation,
    FrozenMap,
    Labelled,
    Not,
    Rule,
    Text,
    did_you_mean,
    is_a,
)
from crmkit.kernel.tagged import read_json

from .fields import ComplaintField
from .words import untold_in_words


_WORDS: Final[Mapping[str, type[Labelled]]] = FrozenMap(
    {
        "kind": CaseKind,
        "field": ComplaintField,
        "channel": Channel,
        "severity": Severity,
        "impact": Impact,
        "urgency": Urgency,
        "priority": Priority,
    }
)
"""Facts whose words are known: a rule that asks for another word would never apply."""

_PROPOSED: Final = Rule(
    code="complaints.routing",
    says=Text("{department} is proposed", "建议由{department}负责"),
    source="the rules of the routing table; domain fact K1",
)
_NONE_APPLIES: Final = Rule(
    code="complaints.routing.otherwise",
    says=Text("no rule of {table} applies{untold}", "“{table}”中没有适用的规则{untold}"),
    source="the rules of the routing table; DMN 1.5 section 8.2.8: default output",
)


def _departments(departments: Mapping[str, Text]) -> FrozenMap[str, Text]:
    if not isinstance(departments, Mapping) or not departments:
        rule = "must map at least one department to its Text"
        raise InvalidValueError("departments", departments, rule)
    for code, text in departments.items():
        if not isinstance(code, str) or not code.strip():
            raise InvalidValueError("departments", code, "must be text, and not blank")
        if not isinstance(text, Text):
            rule = f"must be the Text by which {code!r} is called"
            raise InvalidValueError("departments", text, rule)
    return FrozenMap(departments)


@attrs.frozen(kw_only=True)
class Routing:
    """The departments, and the rules by which they are proposed.

    Attributes:
        table: The rules, in the order in which they are tried; their verdicts are departments.
        departments: What each department is called, by its code.
        called: What the table is called in both languages; None for its own name.

    Raises:
        InvalidValueError: If a verdict is no department, or a rule asks a fact for a word that it
            does not have.

    Examples:
        >>> from crmkit.complaints import EXAMPLE_ROUTING
        >>> why = EXAMPLE_ROUTING.propose({"field": "transport", "safety": False})
        >>> why.verdict
        'logistics'
        >>> print(why)
        Logistics department is proposed
          the complaint is about transport
        >>> print(why.sentence("zh").splitlines()[0])
        建议由物流部负责
        >>> asks = Compare("field", "=", "transprot")
        >>> rule = Rule(code="ours", says=Text("transport", "运输"), source="us")
        >>> Routing(
        ...     table=DecisionTable("ours", (DecisionRule(rule, asks, "sales"),), "sales"),
        ...     departments={"sales": Text("Sales", "销售部")},
        ... )
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: field is 'transprot': it is no ComplaintField; did you\
 mean 'transport'?
    """

    table: DecisionTable = attrs.field(validator=is_a(DecisionTable))
    departments: FrozenMap[str, Text] = attrs.field(converter=_departments)
    called: Text | None = attrs.field(default=None, validator=optional(is_a(Text)))

    def __attrs_post_init__(self) -> None:
        for verdict in (*(entry.then for entry in self.table.rules), self.table.otherwise):
            if verdict not in self.departments:
                way_out = did_you_mean(verdict, self.departments)
                raise InvalidValueError("then", verdict, "must be a department", way_out)
        for entry in self.table.rules:
            for asked in _comparisons(entry.when):
                if asked.fact in _WORDS:
                    _check_words(asked)

    def propose(self, facts: Mapping[str, object]) -> Explanation[str]:
        """Return the department of the first rule that applies, and why.

        Args:
            facts: Of the case, by name: its `facts`, and whatever else the rules ask for.

        Returns:
            The code of the department. Its reason is the verdict of the table, with every fact
            that counted; facts that a rule lacked stand in `missing`.

        Raises:
            InvalidValueError: If a fact cannot be compared as a rule asks, or its word is unknown.
        """
        return self._told(self.table.decide(_in_words(facts)))

    def propose_all(self, facts: Mapping[str, object]) -> tuple[Explanation[str], ...]:
        """Return the department of every rule that applies, each once, the first rule's first.

        Where none applies it is that which stands for all others. Argument and errors as for
        `propose`.

        Examples:
            >>> from crmkit.complaints import EXAMPLE_ROUTING
            >>> found = EXAMPLE_ROUTING.propose_all({"field": "contract", "safety": True})
            >>> [why.verdict for why in found]
            ['quality', 'sales']
        """
        found: dict[str, Explanation[str]] = {}
        for decided in self.table.collect(_in_words(facts)):
            found.setdefault(decided.verdict, self._told(decided))
        return tuple(found.values()) or (self.propose(facts),)

    def to_json(self) -> str:
        """Write it as JSON.

        Examples:
            >>> from crmkit.complaints import EXAMPLE_ROUTING
            >>> Routing.from_json(EXAMPLE_ROUTING.to_json()) == EXAMPLE_ROUTING
            True
        """
        table = msgspec.Raw(self.table.to_json().encode())
        told = _RoutingTold(departments=dict(self.departments), table=table, called=self.called)
        return msgspec.json.encode(told).decode()

    @staticmethod
    def from_json(text: str) -> Routing:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no routing.
        """
        told = read_json(text, _RoutingTold, "routing")
        table = DecisionTable.from_json(bytes(told.table).decode())
        return Routing(table=table, departments=told.departments, called=told.called)

    def _told(self, decided: Explanation[str]) -> Explanation[str]:
        is_ruled = any(entry.rule == decided.rule for entry in self.table.rules)
        department = Evidence("department", self.departments[decided.verdict])
        return Explanation(
            verdict=decided.verdict,
            rule=_PROPOSED,
            evidence=(department,),
            missing=decided.missing,
            because=(decided if is_ruled else self._none_applies(decided),),
        )

    def _none_applies(self, decided: Explanation[str]) -> Explanation[str]:
        """Return why no rule decided, in words; the table's own reason names codes."""
        table, *tried = decided.evidence
        told = (
            attrs.evolve(table, value=self.called or table.value),
            Evidence("untold", untold_in_words(decided.missing)),
        )
        return attrs.evolve(decided, rule=_NONE_APPLIES, evidence=(*told, *tried))


class _RoutingTold(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A routing as JSON tells it."""

    departments: dict[str, Text]
    table: msgspec.Raw
    called: Text | None = None


def _in_words(facts: Mapping[str, object]) -> Mapping[str, object]:
    """Return the facts with words as members, which are told in both languages."""
    known = {name: facts[name] for name in _WORDS if facts.get(name) is not None}
    words = {
        name: _WORDS[name].of(word, name)  # type: ignore[arg-type]  # it refuses all else
        for name, word in known.items()
    }
    return {**facts, **words}


def _comparisons(condition: Condition) -> Iterator[Compare]:
    """Yield every comparison in a condition, left to right."""
    if isinstance(condition, Compare):
        yield condition
    for part in _parts(condition):
        yield from _comparisons(part)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    if isinstance(condition, AllOf | AnyOf):
        return condition.conditions
    return (condition.condition,) if isinstance(condition, Not) else ()


def _check_words(asked: Compare) -> None:
    for word in asked.value if isinstance(asked.value, tuple) else (asked.value,):
        if asked.operator not in ("=", "!=", "in"):
            rule = f"cannot be asked of {asked.fact}: its words have no order"
            raise InvalidValueError("operator", asked.operator, rule, "name them with in")
        _WORDS[asked.fact].of(word, asked.fact)  # type: ignore[arg-type]  # it refuses all else


def _by_field(department: str, *fields: ComplaintField) -> DecisionRule:
    words = tuple(str(field.value) for field in fields)
    rule = Rule(
        code=f"complaints.routing.{department}",
        says=Text("the complaint is about {field}", "投诉内容为“{field}”"),
        source="example; fields: domain fact K10",
    )
    return DecisionRule(rule, Compare("field", "in", words), department)


_IS_DANGEROUS: Final = DecisionRule(
    Rule(
        code="complaints.routing.safety",
        says=Text("safety is at stake", "涉及安全"),
        source="example; ISO 10002:2018, clause 7.5",
    ),
    Compare("safety", "=", True),
    "quality",
)

EXAMPLE_ROUTING: Final = Routing(
    table=DecisionTable(
        "example of an appliance maker",
        (
            _IS_DANGEROUS,
            _by_field("quality", ComplaintField.GOODS_QUALITY),
            _by_field("logistics", ComplaintField.TRANSPORT),
            _by_field(
                "service",
                ComplaintField.SERVICE_QUALITY,
                ComplaintField.SERVICE_ATTITUDE,
                ComplaintField.SERVICE_MANNER,
            ),
            _by_field("sales", ComplaintField.CONTRACT, ComplaintField.PRICE),
        ),
        "customer_care",
    ),
    departments={
        "quality": Text("Quality department", "质量部"),
        "logistics": Text("Logistics department", "物流部"),
        "service": Text("After-sales service", "售后服务部"),
        "sales": Text("Sales department", "销售部"),
        "customer_care": Text("Customer care", "客户服务中心"),
    },
    called=Text("the example of an appliance maker", "家电企业示例"),
)
"""An example to begin with: safety and goods quality to the quality department, transport to
logistics, service to after-sales service, contract and price to sales, all else to customer care.

Source:
    Made up for an appliance maker. The fields are those of domain fact K10; which department
    answers for which, the practice documents leave to the company.
"""
