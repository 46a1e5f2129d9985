"""What a condition found, in words: each comparison, and what nobody told.

Law: facts and values are named by their labels, wherever they have one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from crmkit.cases.fact_words import FACTS
from crmkit.kernel import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Evidence,
    Labelled,
    Name,
    Not,
    Text,
    spoken,
)

from .trade_words import word


_HELD: Final[Mapping[str, str]] = {
    "=": "等于",
    "!=": "不等于",
    "<": "小于",
    "<=": "不大于",
    ">": "大于",
    ">=": "不小于",
    "in": "属于",
}


def found_in_words(
    condition: Condition, known: Mapping[str, object], labels: Mapping[str, Text]
) -> Name:
    """Return each comparison of a condition in words, and what is not known.

    Args:
        condition: What was asked.
        known: The facts.
        labels: What facts, and texts that are their values, are called.

    Examples:
        >>> from crmkit.kernel import Compare
        >>> grave = AllOf((Compare("priority", "=", "high"), Compare("owner", "=", "bob")))
        >>> why = found_in_words(grave, {"owner": "ann"}, {"bob": Text("Bob", "鲍勃")})
        >>> why.en
        'owner is ann, not = bob; not known: priority'
        >>> why.zh
        '负责人为ann，不满足“等于鲍勃”；未知：优先级'
    """
    told = list(_compared(condition, known, labels))
    if missing := condition.missing(known):
        names = [_named(name, labels) for name in missing]
        english, chinese = ", ".join(n.en for n in names), "、".join(n.zh for n in names)
        told.append(Name(f"not known: {english}", f"未知：{chinese}"))
    return Name("; ".join(one.en for one in told), "；".join(one.zh for one in told))


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that one is made of.

    Examples:
        >>> from crmkit.kernel import Compare
        >>> parts_of(Not(Compare("owner", "=", "bob")))[0].value
        'bob'
    """
    if isinstance(condition, AllOf | AnyOf):
        return condition.conditions
    return (condition.condition,) if isinstance(condition, Not) else ()


def _compared(
    condition: Condition, known: Mapping[str, object], labels: Mapping[str, Text]
) -> Iterator[Name]:
    """Yield each comparison, left to right; of what is not known, none."""
    parts = parts_of(condition)
    for part in parts:
        yield from _compared(part, known, labels)
    for fact in () if parts else condition.evidence(known):
        yield _one(fact, condition, labels)


def _one(fact: Evidence, asked: Condition, labels: Mapping[str, Text]) -> Name:
    name, value = _named(fact.name, labels), _valued(fact.value, labels)
    english, chinese = f"{name.en} is {value.en}", f"{name.zh}为{value.zh}"
    if fact.met:
        return Name(english, chinese)
    bar = _bar(asked, fact.value, labels) if isinstance(asked, Compare) else str(fact.against)
    return Name(f"{english}, not {fact.against}", f"{chinese}，不满足“{bar}”")


def _bar(asked: Compare, found: object, labels: Mapping[str, Text]) -> str:
    """Return in Chinese what a fact was held against."""
    choices = asked.value if isinstance(asked.value, tuple) else (asked.value,)
    members = {one.value: one for one in type(found)} if isinstance(found, Labelled) else {}
    words = [_valued(members.get(choice, choice), labels).zh for choice in choices]
    return f"{_HELD[asked.operator]}{'、'.join(words)}"


def _named(name: str, labels: Mapping[str, Text]) -> Name:
    told = word(name, labels, FACTS)
    return Name(name, f"“{name}”") if told is None else Name(told.en, told.zh)


def _valued(value: object, labels: Mapping[str, Text]) -> Name:
    told = labels.get(value) if isinstance(value, str) else None
    if told is not None:
        return Name(told.en, told.zh)
    return Name(spoken(value), spoken(value, "zh"))
