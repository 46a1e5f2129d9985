"""Priority from two facts of a case, by a matrix that is data.

Law: where safety is at stake a case is urgent, whatever else is said of it; where a fact is not
known, nothing is guessed.

Source: ITIL 4, incident management (priority from impact and urgency); ISO 10002:2018, clause 7.5
(severity, safety implication, complexity, impact, need of immediate action).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import attrs
import msgspec
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Evidence,
    Explanation,
    FrozenMap,
    Labelled,
    Rule,
    Text,
    did_you_mean,
    is_a,
    not_blank,
)
from crmkit.kernel.tagged import read_json

from .fact_words import FACTS
from .gravity import Impact, Priority, Severity, Urgency


Cells: TypeAlias = Mapping[str, Mapping[str, Priority | str]]
"""Row by row a priority for each column, by the words as they are stored."""

_WORDS: Final[Mapping[str, type[Labelled]]] = FrozenMap(
    {"severity": Severity, "impact": Impact, "urgency": Urgency}
)
_RANK: Final[Mapping[Priority, int]] = FrozenMap({one: at for at, one in enumerate(Priority)})
_CLAUSE: Final = "ISO 10002:2018, clause 7.5"

_SAFETY: Final = Rule(
    code="cases.safety",
    says=Text("priority is {verdict}: safety is at stake", "涉及安全，优先级为“{verdict}”"),
    source=_CLAUSE,
)
_HIGHEST: Final = Rule(
    code="cases.highest_priority",
    says=Text("priority is {verdict}, the highest of these", "优先级为“{verdict}”，取以下最高者"),
    source=_CLAUSE,
)
_NONE_KNOWN: Final = Rule(
    code="cases.no_priority",
    says=Text("priority is not known by any of these", "以下均不能得出优先级"),
    source=_CLAUSE,
)


def _cells(cells: Cells) -> FrozenMap[str, FrozenMap[str, Priority]]:
    if not isinstance(cells, Mapping) or not all(isinstance(c, Mapping) for c in cells.values()):
        raise InvalidValueError("cells", cells, "must map each row to its columns' priorities")
    return FrozenMap(
        {
            row: FrozenMap({word: Priority.of(given, "cells") for word, given in columns.items()})
            for row, columns in cells.items()
        }
    )


@attrs.frozen(kw_only=True)
class PriorityMatrix:
    """A priority for each pair of words, such as of impact and urgency.

    Attributes:
        name: What it is called.
        rows: The fact that chooses the row: `severity`, `impact` or `urgency`.
        columns: The fact that chooses the column: another of them.
        cells: For each word of the rows, the priority at each word of the columns.
        source: Where it comes from.
        called: What it is called in both languages; None for its name.

    Raises:
        InvalidValueError: If it has no name, a fact or a word is not known, both facts are one, or
            a pair has no priority.

    Examples:
        >>> matrix = PriorityMatrix(
        ...     name="ours",
        ...     rows="impact",
        ...     columns="urgency",
        ...     cells={
        ...         "single": {"soon": "low", "immediate": "normal"},
        ...         "widespread": {"soon": "normal", "immediate": "urgent"},
        ...     },
        ... )
        >>> print(matrix.decide({"impact": Impact.SINGLE, "urgency": "soon", "safety": False}))
        priority is low by ours: impact is one customer, urgency is soon
        >>> print(matrix.decide({"impact": Impact.SINGLE, "safety": True}))
        priority is urgent: safety is at stake
        >>> PriorityMatrix(name="ours", rows="impact", columns="hurry", cells={})
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: columns is 'hurry': it must be a fact that has words;\
 known are impact, severity, urgency
    """

    name: str = attrs.field(validator=not_blank)
    rows: str
    columns: str
    cells: FrozenMap[str, FrozenMap[str, Priority]] = attrs.field(converter=_cells)
    source: str = ""
    called: Text | None = attrs.field(default=None, validator=optional(is_a(Text)))

    def __attrs_post_init__(self) -> None:
        for name in ("rows", "columns"):
            fact = getattr(self, name)
            if not isinstance(fact, str) or fact not in _WORDS:
                rule = "must be a fact that has words"
                raise InvalidValueError(name, fact, rule, did_you_mean(fact, _WORDS))
        if self.rows == self.columns:
            raise InvalidValueError("columns", self.columns, "must be another fact than the rows")
        words = _known(self.columns, (word for line in self.cells.values() for word in line))
        if not _known(self.rows, self.cells) or not words:
            raise InvalidValueError("cells", self.cells, "must hold at least one priority")
        for row, line in self.cells.items():
            if lacking := [word for word in words if word not in line]:
                rule = f"must have a priority for every {self.columns}: {', '.join(lacking)} too"
                raise InvalidValueError(self.rows, row, rule)

    def decide(self, facts: Mapping[str, object]) -> Explanation[Priority | None]:
        """Return the priority of a case, and why; None where a fact is not known.

        A case in which safety is at stake is urgent, even where nothing else is known.

        Args:
            facts: By name; the matrix asks for its two, and for `safety`: True, False, or None
                where nobody has said.

        Returns:
            The evidence holds both words, the whole row for them, and the safety.

        Raises:
            InvalidValueError: If a word is not known, or not in the matrix, or safety is neither
                True nor False.
        """
        row, column = self._asked(self.rows, facts), self._asked(self.columns, facts)
        line = None if row is None else self.cells[_stored(row)]
        found = None if line is None or column is None else line[_stored(column)]
        safety = facts.get("safety")
        if not (safety is None or isinstance(safety, bool)):
            raise InvalidValueError("safety", safety, "must be True or False, or None")
        told = (
            Evidence("matrix", self.called or self.name),
            Evidence(self.rows, row),
            Evidence(self.columns, column, line),
            Evidence("safety", safety),
        )
        if safety:
            return Explanation(verdict=Priority.URGENT, rule=_SAFETY, evidence=told)
        needed = (self.rows, self.columns, *(() if found is Priority.URGENT else ("safety",)))
        missing = tuple(name for name in needed if facts.get(name) is None)
        rule = self._rule(found, facts)
        return Explanation(verdict=found, rule=rule, evidence=told, missing=missing)

    def to_json(self) -> str:
        """Write it as JSON.

        Examples:
            >>> PriorityMatrix.from_json(ITIL_3X3.to_json()) == ITIL_3X3
            True
        """
        told = _MatrixTold(
            name=self.name,
            rows=self.rows,
            columns=self.columns,
            cells={
                row: {word: _stored(given) for word, given in line.items()}
                for row, line in self.cells.items()
            },
            source=self.source,
            called=self.called,
        )
        return msgspec.json.encode(told).decode()

    @staticmethod
    def from_json(text: str) -> PriorityMatrix:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no matrix.
        """
        told = read_json(text, _MatrixTold, "matrix")
        return PriorityMatrix(
            name=told.name,
            rows=told.rows,
            columns=told.columns,
            cells=told.cells,
            source=told.source,
            called=told.called,
        )

    def _asked(self, fact: str, facts: Mapping[str, object]) -> Labelled | None:
        given = facts.get(fact)
        if given is None:
            return None
        word = _WORDS[fact].of(given, fact)  # type: ignore[arg-type]  # it refuses all else
        held = self.cells if fact == self.rows else next(iter(self.cells.values()))
        if _stored(word) not in held:
            rule = f"must be in the matrix {self.name!r}: {', '.join(held)}"
            raise InvalidValueError(fact, _stored(word), rule, "use a matrix that has it")
        return word

    def _rule(self, found: Priority | None, facts: Mapping[str, object]) -> Rule:
        names = self.rows, self.columns
        english = ", ".join(_standing(name, facts)("en") for name in names)
        chinese = "，".join(_standing(name, facts)("zh") for name in names)
        if found is None:
            says = Text(
                f"priority is not known by {{matrix}}: {english}",
                f"按“{{matrix}}”不能得出优先级：{chinese}",
            )
        else:
            says = Text(
                f"priority is {{verdict}} by {{matrix}}: {english}",
                f"按“{{matrix}}”优先级为“{{verdict}}”：{chinese}",
            )
        return Rule(code="cases.priority_matrix", says=says, source=self.source)


def highest_priority(
    verdicts: Iterable[Explanation[Priority | None]],
) -> Explanation[Priority | None]:
    """Return the highest of several priorities, such as those of two matrices.

    Verdicts that are not known are passed over; what they lack stands in `missing`.

    Args:
        verdicts: At least one.

    Returns:
        The highest priority, or None where none is known; each verdict is one of its reasons.

    Raises:
        InvalidValueError: If there is no verdict.

    Source:
        ISO 10002:2018, clause 7.5: several criteria, of which the gravest decides.

    Examples:
        >>> by_matrix = ITIL_3X3.decide({"impact": "single", "urgency": "soon", "safety": False})
        >>> by_gravity = SEVERITY_BY_IMPACT.decide({"impact": "single", "severity": "critical"})
        >>> why = highest_priority([by_matrix, by_gravity])
        >>> why.verdict.label(), why.missing
        ('High', ('safety',))
    """
    because = tuple(verdicts)
    if not because:
        raise InvalidValueError("verdicts", because, "must be at least one")
    known = [one.verdict for one in because if one.verdict is not None]
    lacking = dict.fromkeys(name for one in because for name in one.missing)
    return Explanation(
        verdict=max(known, key=lambda priority: _RANK[priority], default=None),
        rule=_HIGHEST if known else _NONE_KNOWN,
        missing=() if Priority.URGENT in known else tuple(lacking),
        because=because,
    )


class _MatrixTold(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A matrix as JSON tells it."""

    name: str
    rows: str
    columns: str
    cells: dict[str, dict[str, str]]
    source: str = ""
    called: Text | None = None


def _standing(name: str, facts: Mapping[str, object]) -> Text:
    """Return the part of a sentence that says what a fact is, or that nobody told it."""
    fact = FACTS[name]
    if facts.get(name) is None:
        return Text(f"{fact('en')} is not known", f"{fact('zh')}未知")
    return Text(f"{fact('en')} is {{{name}}}", f"{fact('zh')}为“{{{name}}}”")


def _stored(word: Labelled) -> str:
    return str(word.value)


def _known(fact: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return the words of a fact, each once, the lowest first; refuse what is none."""
    told = tuple(words)
    known = [_stored(word) for word in _WORDS[fact]]
    for word in (one for one in told if one not in known):
        raise InvalidValueError(fact, word, f"is no {fact}", did_you_mean(word, known))
    return tuple(word for word in known if word in told)


_LEVELS: Final = {"1": "urgent", "2": "high", "3": "normal", "4": "low"}


def _drawn(columns: str, *lines: str) -> dict[str, dict[str, str]]:
    """Read a matrix as it is drawn: a word for the row, then a figure for each column."""
    found = {}
    for line in lines:
        row, *figures = line.split()
        given = [_LEVELS[figure] for figure in figures]
        found[row] = dict(zip(columns.split(), given, strict=True))
    return found


ITIL_3X3: Final = PriorityMatrix(
    name="ITIL 3×3",
    rows="impact",
    columns="urgency",
    cells=_drawn(
        "immediate soon deferrable",
        "widespread 1 2 3",
        "several    2 3 4",
        "single     3 4 4",
    ),
    source="ITIL, Service Operation (2011): simple priority coding; ITIL 4, incident management",
)
"""Impact by urgency, three words each.

Source:
    ITIL, Service Operation (2011), simple priority coding: 1 critical, 2 high, 3 medium, 4 low, 5
    planning, of which the last two are low here; high, medium and low urgency are the words
    `immediate`, `soon` and `deferrable`. ITIL 4 keeps the principle and gives no table.
"""

ITIL_4X4: Final = PriorityMatrix(
    name="ITIL 4×4",
    rows="severity",
    columns="urgency",
    cells=_drawn(
        "immediate pressing soon deferrable",
        "critical 1 1 2 4",
        "major    1 2 3 4",
        "ordinary 2 2 3 4",
        "minor    2 3 3 4",
    ),
    source="BMC Remedy, Incident Management: default weights 9, 5, 3, 0 and 20, 15, 10, 0",
)
"""Severity by urgency, four words each.

Source:
    BMC Remedy, Incident Management, defaults, the best known four by four on ITIL's principle:
    weights 9, 5, 3, 0 of the effect and 20, 15, 10, 0 of the urgency are added; from 24 on it is
    critical, from 16 high, from 10 medium. The four words of the effect (extensive, significant,
    moderate, minor) are those of the severity here, for impact counts how many, in three words;
    critical, high, medium and low urgency are `immediate`, `pressing`, `soon` and `deferrable`.
"""

SEVERITY_BY_IMPACT: Final = PriorityMatrix(
    name="severity by impact",
    called=Text("severity by impact", "严重程度与影响范围对照表"),
    rows="severity",
    columns="impact",
    cells=_drawn(
        "widespread several single",
        "critical 1 1 2",
        "major    1 2 3",
        "ordinary 2 3 3",
        "minor    3 4 4",
    ),
    source="chosen here; criteria: ISO 10002:2018, clause 7.5",
)
"""Severity by impact, for desks that ask for no urgency.

Source:
    Chosen here: both criteria are those of ISO 10002:2018, clause 7.5, which gives no table.
"""
