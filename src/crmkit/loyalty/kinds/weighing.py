"""Rules of loyalty as data: which of them hold, which do not, which hang on what is not known.

Law: all rules are asked, in their order; a fact that is not known makes none true and none false.

Source: decision tables with hit policy "collect", as in `crmkit.kernel`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Generic, Literal, TypeAlias, TypeVar

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    DecisionTable,
    Evidence,
    Explanation,
    Labelled,
    Name,
    Not,
)
from crmkit.kernel.checks import of_kind

from .loyalty_facts import LOYALTY_FACTS, Fact, Facts, as_evidence, known_facts


K = TypeVar("K", bound=Labelled)

NO_VERDICT: Final = "none"
"""What a table says of somebody of whom no rule of a list holds."""

FactKind: TypeAlias = Literal["flag", "number", "text"]
"""What rules compare a fact with."""


@attrs.frozen(kw_only=True)
class Weighed(Generic[K]):
    """What the rules of one table say of one customer.

    Attributes:
        held: Why, for every rule that holds, in the table's order.
        found: The verdicts of these, each once, in the order of their first rules.
        open: The verdicts that hang on what is not known, each once.
        missing: The facts they hang on, as the table asks for them.
        told: What is known and asked for, and by None what is asked for and not known.
    """

    held: tuple[Explanation[K], ...]
    found: tuple[K, ...]
    open: tuple[K, ...]
    missing: tuple[str, ...]
    told: tuple[Evidence, ...]


def weigh(facts: Facts, table: DecisionTable, kind: type[K]) -> Weighed[K]:
    """Ask every rule of a table.

    Raises:
        InvalidValueError: If the table has a verdict that is no member of `kind` or compares a fact
            with what it cannot be, or as `known_facts`.
    """
    kinds = fact_kinds(table, kind)
    known = known_facts(facts, kinds)
    held = tuple(as_member(one, kind) for one in table.collect(known))
    sure = {one.verdict for one in held}
    undecided = [one for one in table.rules if one.when.holds(known) is None]
    wanted = {name for one in undecided for name in wanted_of(one.when, known)}
    waiting = {kind.of(one.then, "verdict") for one in undecided} - sure
    order = verdicts_of(table, kind)
    return Weighed(
        held=held,
        found=tuple(one for one in order if one in sure),
        open=tuple(one for one in order if one in waiting),
        missing=tuple(name for name in kinds if name in wanted),
        told=tuple(as_evidence(name, known.get(name)) for name in kinds),
    )


def wanted_of(condition: Condition, known: Mapping[str, Fact]) -> Iterator[str]:
    """Yield the facts that an undecided condition hangs on; of a decided one there are none.

    Unlike `Condition.missing` it leaves out what cannot matter any more, such as the other half of
    an alternative that holds.

    Examples:
        >>> bound = AnyOf((Compare("no_alternative", "=", True), Compare("switching_cost", ">", 9)))
        >>> both = AllOf((Compare("patronage", ">=", 0.5), bound))
        >>> [*wanted_of(both, {"no_alternative": True})], both.missing({"no_alternative": True})
        (['patronage'], ('patronage', 'switching_cost'))
    """
    if condition.holds(known) is not None:
        return
    match condition:
        case AllOf(conditions=parts) | AnyOf(conditions=parts):
            for part in parts:
                yield from wanted_of(part, known)
        case Not(condition=part):
            yield from wanted_of(part, known)
        case _:
            yield from condition.facts


def verdicts_of(table: DecisionTable, kind: type[K]) -> tuple[K, ...]:
    """Return the verdicts of a table's rules, each once, in the order of their first rules."""
    return tuple(dict.fromkeys(kind.of(one.then, "verdict") for one in table.rules))


def as_member(why: Explanation[str], kind: type[K]) -> Explanation[K]:
    """Return what a table said, its verdict as a member of an enumeration."""
    return Explanation(
        verdict=kind.of(why.verdict, "verdict"),
        rule=why.rule,
        evidence=why.evidence,
        missing=why.missing,
    )


def fact_kinds(table: DecisionTable, kind: type[Labelled]) -> dict[str, FactKind]:
    """Return the facts that a table asks for, in its order, with what they are compared with.

    Raises:
        InvalidValueError: If the table is none, has no rule, a verdict that is no member of `kind`,
            a condition of another kind than the kernel's, or compares a fact with what it is not.
    """
    of_kind(table, DecisionTable, "rules")
    if not table.rules:
        raise InvalidValueError("rules", (), "must be one at least")
    verdicts = [one.then for one in table.rules]
    if table.otherwise != NO_VERDICT:
        verdicts.append(table.otherwise)
    for verdict in verdicts:
        kind.of(verdict, "verdict")
    kinds: dict[str, FactKind] = {}
    for one in table.rules:
        for part in _comparisons(one.when):
            found = _kind_of(part)
            if kinds.setdefault(part.fact, found) != found:
                rule = f"must be compared with a {kinds[part.fact]} everywhere"
                raise InvalidValueError(part.fact, part.value, rule)
    return kinds


def _comparisons(condition: Condition) -> Iterator[Compare]:
    match condition:
        case Compare():
            yield condition
        case AllOf(conditions=parts) | AnyOf(conditions=parts):
            for part in parts:
                yield from _comparisons(part)
        case Not(condition=part):
            yield from _comparisons(part)
        case _:
            rule = "must be made of Compare, AllOf, AnyOf and Not"
            raise InvalidValueError("condition", type(condition).__name__, rule)


def _kind_of(part: Compare) -> FactKind:
    values: tuple[Fact, ...] = part.value if isinstance(part.value, tuple) else (part.value,)
    kinds: set[FactKind] = {
        "text" if isinstance(value, str) else "flag" if isinstance(value, bool) else "number"
        for value in values
    }
    fact = LOYALTY_FACTS.get(part.fact)
    wanted = kinds if fact is None else {"flag" if fact.is_flag else "number"}
    if len(kinds) > 1 or kinds != wanted:
        rule = "must be compared with what the fact is: flags, numbers or text"
        raise InvalidValueError(part.fact, part.value, rule)
    return kinds.pop()


def told_facts(names: tuple[str, ...]) -> Name:
    """Return facts as a sentence lists them: what they mean, or else their names.

    Examples:
        >>> told_facts(("no_alternative", "distance")).en
        'whether nobody else can supply him, distance'
    """
    known = [LOYALTY_FACTS.get(name) for name in names]
    en = [_small(one.says.en) if one else name for one, name in zip(known, names, strict=True)]
    zh = [one.says.zh if one else name for one, name in zip(known, names, strict=True)]
    return Name(", ".join(en) or "nothing", "、".join(zh) or "无")


def _small(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"
