"""The day's work list: what is late, due, waited for and to be moved on, each with its reasons.

Law: every complaint and every undertaking that is not over stands on somebody's list, and each
line says why it stands there and what is missing for the next move.

Source: domain facts K1, K8, K9, K14 and R2 (日清: what is due today, by person).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final, TypeAlias

import attrs

# Named through its package, which loads it when it is first asked for.
from crmkit import sla
from crmkit.cases import StateGroup
from crmkit.kernel import (
    Evidence,
    Explanation,
    FrozenMap,
    Labelled,
    Name,
    Rule,
    Text,
    instant,
    named_zone,
)
from crmkit.kernel.checks import checked_day

from .complaint import Complaint
from .corrective_action import CorrectiveAction
from .due_calls import call_due
from .emergency import Emergency
from .leading_on import next_stages
from .terms import ComplaintTerms
from .triggers import explain_major
from .undertaking import Undertaking


class WorkKind(Labelled):
    """Why something stands on the day's work list; what is told first is done first."""

    OVERDUE = "overdue", "Overdue", "已逾期"
    MAJOR = "major", "Major: call the team", "重大：召集应急小组"
    DUE = "due", "Due", "当日到期"
    CALL = "call", "Follow-up call", "待回访"
    CHECK = "check", "Check of the effect", "待验证效果"
    WAITING = "waiting", "Waiting", "等待中"
    OPEN = "open", "To be moved on", "待推进"


Worked: TypeAlias = Complaint | Undertaking[Any]
"""What stands on a list."""

_ORDER: Final = tuple(WorkKind)
_WAITS: Final = (StateGroup.WAITING_CUSTOMER, StateGroup.WAITING_THIRD_PARTY)
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
_TO_CHECK: Final = Rule(
    code="complaints.check_due",
    says=Text(
        "{record}: its effect may be checked from {due}, by this: {criterion}",
        "{record}：自{due}起验证效果，标准：{criterion}",
    ),
    source="domain fact K8",
)


@attrs.frozen(kw_only=True)
class WorkItem:
    """One line of the day's work list.

    Attributes:
        kind: Why it stands there.
        record: The complaint, or what it set going.
        person: Whose line it is.
        due_at: By when, in UTC; None where no time is set.
        due_on: By which day, where the limit is a day; None otherwise.
        why: What puts it on the list, explained.
        blocked: The moves that lead on and are not possible yet, each with what is missing.
        timezone: In which times are told: that of the calendar by which they are counted.

    Examples:
        >>> from crmkit.complaints import COMPLAINT_TERMS
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
            Evidence("record", _named(self.record)),
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


def complaint_work(
    complaint: Complaint,
    promises: Iterable[sla.OpenPromise[Complaint]],
    *,
    terms: ComplaintTerms,
    as_of: datetime,
    on: date | None = None,
    emergencies: Iterable[Emergency] = (),
) -> tuple[WorkItem, ...]:
    """Return the lines of one complaint: a promise, a call, a wait, or that it is to be moved on.

    Args:
        complaint: The complaint; of one that is over only a call can be due.
        promises: What is still to be done in it.
        terms: What is major, and who is called.
        as_of: The instant at which it is looked at.
        on: Up to the end of which day, in the zone of each calendar; None for the day of `as_of`.
        emergencies: Those called for it, over or not: a major complaint needs one.

    Raises:
        InvalidValueError: If `as_of` is naive, or `on` no date.

    Examples:
        >>> from crmkit.complaints import COMPLAINT_TERMS
        >>> from crmkit.sla import SEA_LION, open_promises
        >>> from crmkit.testing import NINE, a_complaint
        >>> case = a_complaint().prioritise("ann", NINE, severity="critical")
        >>> promises = open_promises(case, SEA_LION, as_of=NINE)
        >>> lines = complaint_work(case, promises, terms=COMPLAINT_TERMS, as_of=NINE)
        >>> [by_person(lines)["ann"][place].kind.label() for place in (0, 1)]
        ['Major: call the team', 'Due']
    """
    now = instant(as_of, "as_of")
    made = tuple(promises)
    zone = _zone(made, terms)
    lines = [
        *_promised(complaint, made, on),
        *_major(complaint, terms, emergencies),
        *_called(complaint, terms, now, on),
    ]
    if complaint.state in _WAITS:
        lines.append(_standing(WorkKind.WAITING, complaint, complaint.responsible, zone))
    if not lines and complaint.state in (StateGroup.OPEN, StateGroup.RESOLVED):
        lines.append(_standing(WorkKind.OPEN, complaint, complaint.responsible, zone))
    leading_on = next_stages(complaint.workflow, complaint.trail)
    blocked = _not_yet(complaint.explain(stage) for stage in leading_on)
    return tuple(attrs.evolve(line, blocked=blocked) for line in lines)


def action_work(
    action: CorrectiveAction, *, as_of: datetime, on: date | None = None
) -> tuple[WorkItem, ...]:
    """Return the lines of one corrective action: a check, a wait, or that it is to be moved on.

    They are those of whoever leads the team; without one, of who opened it.

    Args:
        action: The action; one that is over has none.
        as_of: The instant at which it is looked at.
        on: Up to which day, in the zone of its check; None for the day of `as_of`.

    Raises:
        InvalidValueError: If `as_of` is naive.

    Examples:
        >>> from crmkit.testing import NINE
        >>> action = CorrectiveAction.open("CA-1", "ann", NINE, complaints=("K-1",), about="leaks")
        >>> (item,) = action_work(action, as_of=NINE)
        >>> item.person, item.kind.label(), item.missing
        ('ann', 'To be moved on', ('nobody is in the team',))
    """
    now = instant(as_of, "as_of")
    if action.is_over:
        return ()
    person = action.lead or action.trail[0].by
    zone = action.checks[-1].timezone if action.checks else "UTC"
    lines = []
    if _is_check_due(action, now, on):
        due = action.due_check_on
        lines.append(_line(WorkKind.CHECK, action, person, _to_check(action), due_on=due))
    if not lines or action.state in _WAITS:
        lines.append(_standing(_wait_or_open(action), action, person, zone))
    leading_on = next_stages(action.workflow, action.trail)
    blocked = _not_yet(action.explain(stage, as_of=now) for stage in leading_on)
    return tuple(attrs.evolve(line, blocked=blocked) for line in lines)


def undertaking_work(undertaking: Undertaking[Any]) -> tuple[WorkItem, ...]:
    """Return the line of an emergency, a recall or a product request: it is to be moved on.

    It is that of whoever began it. Corrective actions, which have checks and a team with a leader,
    have a list of their own: `action_work`.

    Args:
        undertaking: One that is over has none.

    Examples:
        >>> from crmkit.testing import NINE
        >>> called = Emergency.call("E-1", "ann", NINE, complaint="K-1", about="motor on fire")
        >>> (item,) = undertaking_work(called.join("ann", NINE, who="bob", role="quality"))
        >>> item.person, item.missing
        ('ann', ('nobody is there for production planning, engineering, workshop',))
    """
    if undertaking.is_over:
        return ()
    person = undertaking.trail[0].by
    line = _standing(_wait_or_open(undertaking), undertaking, person, "UTC")
    leading_on = next_stages(undertaking.workflow, undertaking.trail)
    blocked = _not_yet(undertaking.explain(stage) for stage in leading_on)
    return (attrs.evolve(line, blocked=blocked),)


def checks_due(
    actions: Iterable[CorrectiveAction], *, as_of: datetime, on: date | None = None
) -> tuple[CorrectiveAction, ...]:
    """Return those corrective actions whose effect may be checked by now; the longest due first.

    Args:
        actions: Any.
        as_of: The instant at which they are looked at.
        on: Up to which day, in the zone of each check; None for the day of `as_of`.

    Raises:
        InvalidValueError: If `as_of` is naive.

    Examples:
        >>> from crmkit.testing import NINE
        >>> action = CorrectiveAction.open("CA-1", "ann", NINE, complaints=("K-1",), about="leaks")
        >>> checks_due([action], as_of=NINE)
        ()
    """
    now = instant(as_of, "as_of")
    due = [(action.due_check_on, action) for action in actions if _is_check_due(action, now, on)]
    return tuple(action for _, action in sorted(due, key=lambda pair: (str(pair[0]), pair[1].id)))


def by_person(items: Iterable[WorkItem]) -> FrozenMap[str, tuple[WorkItem, ...]]:
    """Return lines person by person, in the order of their names.

    Returns:
        Of each the lines by kind, those of one kind by when they are due and by their records.

    Examples:
        >>> from crmkit.complaints import COMPLAINT_TERMS
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


def _promised(
    complaint: Complaint, promises: Iterable[sla.OpenPromise[Complaint]], on: date | None
) -> Iterator[WorkItem]:
    for promise in promises:
        if promise.is_due_by(promise.today if on is None else on):
            kind = WorkKind.OVERDUE if promise.clock.is_overdue else WorkKind.DUE
            person, why = complaint.responsible, promise.explain()
            line = _line(kind, complaint, person, why, due_at=promise.due_at)
            yield attrs.evolve(line, timezone=promise.clock.target.calendar.timezone)


def _major(
    complaint: Complaint, terms: ComplaintTerms, emergencies: Iterable[Emergency]
) -> Iterator[WorkItem]:
    is_met = any(emergency.complaint == complaint.id for emergency in emergencies)
    if is_met or complaint.state not in (StateGroup.OPEN, *_WAITS):
        return
    why = explain_major(complaint, terms)
    if why.verdict:
        yield _line(WorkKind.MAJOR, complaint, complaint.responsible, why)


def _called(
    complaint: Complaint, terms: ComplaintTerms, now: datetime, on: date | None
) -> Iterator[WorkItem]:
    call = call_due(complaint, terms.follow_up)
    if call is not None and call.is_due_by(call.today(now) if on is None else on):
        person, why = complaint.responsible, call.explain()
        line = _line(WorkKind.CALL, complaint, person, why, due_at=call.due_at)
        yield attrs.evolve(line, timezone=call.timezone)


def _line(
    kind: WorkKind,
    record: Worked,
    person: str,
    why: Explanation[Any],
    *,
    due_at: datetime | None = None,
    due_on: date | None = None,
) -> WorkItem:
    return WorkItem(kind=kind, record=record, person=person, due_at=due_at, due_on=due_on, why=why)


def _not_yet(moves: Iterable[Explanation[bool]]) -> tuple[Explanation[bool], ...]:
    return tuple(move for move in moves if not move.verdict)


def _zone(promises: Iterable[sla.OpenPromise[Complaint]], terms: ComplaintTerms) -> str:
    """Return in which zone times are told where none is due: that of a calendar we go by."""
    zones = [promise.clock.target.calendar.timezone for promise in promises]
    if terms.follow_up is not None:
        zones.append(terms.follow_up.calendar.timezone)
    return zones[0] if zones else "UTC"


def _wait_or_open(undertaking: Undertaking[Any]) -> WorkKind:
    return WorkKind.WAITING if undertaking.state in _WAITS else WorkKind.OPEN


def _standing(kind: WorkKind, record: Worked, person: str, zone: str) -> WorkItem:
    told = (
        Evidence("record", _named(record)),
        Evidence("state", record.state),
        Evidence("since", record.trail[-1].at.astimezone(named_zone(zone))),
    )
    stands = Explanation(verdict=record.state, rule=_STANDS, evidence=told)
    return attrs.evolve(_line(kind, record, person, stands), timezone=zone)


def _is_check_due(action: CorrectiveAction, now: datetime, on: date | None) -> bool:
    checked_day(on, "on")
    if action.due_check_on is None:
        return False
    here = now.astimezone(named_zone(action.checks[-1].timezone)).date()
    return action.due_check_on <= (here if on is None else on)


def _to_check(action: CorrectiveAction) -> Explanation[date]:
    check = action.checks[-1]
    told = (
        Evidence("record", _named(action)),
        Evidence("due", check.due),
        Evidence("criterion", check.criterion),
    )
    return Explanation(verdict=check.due, rule=_TO_CHECK, evidence=told)


def _named(record: Worked) -> Name:
    return Name(record.label("en"), record.label("zh"))
