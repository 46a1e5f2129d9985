"""One line of the day's work list: whose it is, why it stands there, by when, and what is missing.

Law: each line says why it stands there; what is told first is done first.

Source: domain facts K1, K5, K8, K9, K14 and R2 (日清: what is due today, by person).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final, TypeAlias, TypeVar

import attrs

# Named through its package, which loads it when it is first asked for.
from crmkit import sla
from crmkit.cases import Inquiry, StateGroup
from crmkit.kernel import (
    Evidence,
    Explanation,
    FrozenMap,
    Labelled,
    Name,
    Rule,
    Text,
    named_zone,
)

from .complaint import Complaint
from .undertaking import Undertaking


class WorkKind(Labelled):
    """Why something stands on the day's work list; what is told first is done first."""

    OVERDUE = "overdue", "Overdue", "已逾期"
    MAJOR = "major", "Major: call the team", "重大：召集应急小组"
    DUE = "due", "Due", "当日到期"
    CALL = "call", "Follow-up call", "待回访"
    CHECK = "check", "Check of the effect", "待验证效果"
    OWED = "owed", "Compensation owed", "应付赔偿"
    WAITING = "waiting", "Waiting", "等待中"
    OPEN = "open", "To be moved on", "待推进"


Worked: TypeAlias = Complaint | Inquiry | Undertaking[Any]
"""What stands on a list."""

_ORDER: Final = tuple(WorkKind)
_SOURCE: Final = "domain facts K8, K9 and K14"
_LINE: Final = Rule(
    code="complaints.work",
    says=Text("{record}, {stage}: {verdict}", "{record}（{stage}）：{verdict}"),
    source=_SOURCE,
)
_LINE_DUE: Final = Rule(
    code="complaints.work_due",
    says=Text("{record}, {stage}: {verdict}, {due}", "{record}（{stage}）：{verdict}，期限{due}"),
    source=_SOURCE,
)
_STANDS: Final = Rule(
    code="complaints.stands",
    says=Text("{record} has been {state} since {since}", "{record}自{since}起为“{state}”"),
    source=_SOURCE,
)
C = TypeVar("C", Complaint, Inquiry)

WAITS: Final = (StateGroup.WAITING_CUSTOMER, StateGroup.WAITING_THIRD_PARTY)
"""The states in which somebody else is waited for."""


@attrs.frozen(kw_only=True)
class WorkItem:
    """One line of the day's work list.

    Attributes:
        kind: Why it stands there.
        record: The complaint, the inquiry, or what they set going.
        person: Whose line it is.
        due_at: By when, in UTC; None where no time is set.
        due_on: By which day, where the limit is a day; None otherwise.
        why: What puts it on the list, explained.
        blocked: The moves that lead on and are not possible yet, each with what is missing.
        timezone: In which times are told: that of the calendar by which they are counted.

    Examples:
        >>> from crmkit.complaints import COMPLAINT_TERMS, complaint_work
        >>> from crmkit.testing import NINE, a_complaint
        >>> (item,) = complaint_work(a_complaint(), (), terms=COMPLAINT_TERMS, as_of=NINE)
        >>> item.person, item.kind.label("zh")
        ('ann', '待推进')
        >>> print(item.explain())
        complaint K-1, received: to be moved on
          complaint K-1 has been open since 2026-03-02 09:00 UTC
    """

    kind: WorkKind
    record: Worked
    person: str
    due_at: datetime | None = None
    due_on: date | None = None
    why: Explanation[Any]
    blocked: tuple[Explanation[bool], ...] = ()
    timezone: str = "UTC"

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing for the next moves, each once."""
        return tuple(dict.fromkeys(one for move in self.blocked for one in move.missing))

    def explain(self) -> Explanation[WorkKind]:
        """Say why it stands there, and below it what is missing for each next move."""
        zone = named_zone(self.timezone)
        due = self.due_on if self.due_at is None else self.due_at.astimezone(zone)
        told = (
            Evidence("record", named(self.record)),
            Evidence("stage", self.record.stage),
            Evidence("due", due),
            Evidence("person", self.person),
        )
        return Explanation(
            verdict=self.kind,
            rule=_LINE if due is None else _LINE_DUE,
            evidence=told,
            because=(self.why, *self.blocked),
        )


def by_person(items: Iterable[WorkItem]) -> FrozenMap[str, tuple[WorkItem, ...]]:
    """Return lines person by person, in the order of their names.

    Returns:
        Of each the lines by kind, those of one kind by when they are due and by their records.

    Examples:
        >>> from crmkit.complaints import COMPLAINT_TERMS, complaint_work
        >>> from crmkit.testing import NINE, a_complaint
        >>> given = a_complaint().assign("ann", NINE, owner="bob")
        >>> items = complaint_work(given, (), terms=COMPLAINT_TERMS, as_of=NINE)
        >>> list(by_person(items))
        ['bob']
    """
    found: dict[str, list[WorkItem]] = {}
    for item in sorted(items, key=_place):
        found.setdefault(item.person, []).append(item)
    return FrozenMap({person: tuple(found[person]) for person in sorted(found)})


def _place(item: WorkItem) -> tuple[int, bool, str, str]:
    due = item.due_at.isoformat() if item.due_at is not None else str(item.due_on or "")
    return _ORDER.index(item.kind), not due, due, str(item.record)


def promise_lines(
    case: C, promises: Iterable[sla.OpenPromise[C]], on: date | None
) -> Iterator[WorkItem]:
    """Yield the lines of what was promised in a case: what is late, or due by the end of a day.

    Args:
        case: The case.
        promises: What is still to be done in it.
        on: Which day, in the zone of each calendar; None for the day on which it is looked at.
    """
    for promise in promises:
        if promise.is_due_by(promise.today if on is None else on):
            kind = WorkKind.OVERDUE if promise.clock.is_overdue else WorkKind.DUE
            yield WorkItem(
                kind=kind,
                record=case,
                person=case.responsible,
                due_at=promise.due_at,
                why=promise.explain(),
                timezone=promise.clock.target.calendar.timezone,
            )


def standing(kind: WorkKind, record: Worked, person: str, zone: str) -> WorkItem:
    """Return the line of what stands as it does: that it waits, or is to be moved on."""
    told = (
        Evidence("record", named(record)),
        Evidence("state", record.state),
        Evidence("since", record.trail[-1].at.astimezone(named_zone(zone))),
    )
    stands = Explanation(verdict=record.state, rule=_STANDS, evidence=told)
    return WorkItem(kind=kind, record=record, person=person, why=stands, timezone=zone)


def not_yet(moves: Iterable[Explanation[bool]]) -> tuple[Explanation[bool], ...]:
    """Return those moves that are not possible yet."""
    return tuple(move for move in moves if not move.verdict)


def named(record: Worked) -> Name:
    """Return what a record is called in both languages."""
    return Name(record.label("en"), record.label("zh"))
