"""Cases with a story, and what their clocks are by the definition, half hour by half hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import accumulate
from typing import Any, Final, TypeAlias

import attrs
from hypothesis import strategies as st

from crmkit.cases import Case, Inquiry, Message
from crmkit.complaints import Complaint
from crmkit.errors import CrmkitError
from crmkit.kernel import Labelled, Party, StateGroup, Step, WorkCalendar
from crmkit.sla import Metric, Reopening, SlaTarget


HOUR: Final = timedelta(hours=1)
HALF: Final = timedelta(minutes=30)
MICRO: Final = timedelta(microseconds=1)
NOTHING: Final = timedelta(0)
MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
NINE: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
DONE: Final = (StateGroup.RESOLVED, StateGroup.CLOSED)
DROPPED: Final = (StateGroup.CANCELLED, StateGroup.DUPLICATE)
OVER: Final = (StateGroup.CLOSED, *DROPPED)
MOOT: Final = (*DONE, *DROPPED)
WAITED_FOR: Final = {
    Party.CUSTOMER: StateGroup.WAITING_CUSTOMER,
    Party.THIRD_PARTY: StateGroup.WAITING_THIRD_PARTY,
}

ALWAYS: Final = WorkCalendar.always("UTC")
OFFICE: Final = WorkCalendar(
    "UTC",
    {day: [("09:00", "12:00"), ("13:00", "18:00")] for day in ("mon", "tue", "thu", "fri")},
    holidays=[date(2026, 3, 5)],
)
"""Four days a week, not Wednesday, from nine to twelve and one to six; 5 March is a holiday."""

Act: TypeAlias = Callable[[Any, datetime], Any]


def asked(asks: str = "enquiry", *, at: datetime = NINE, raised_by: str = "customer") -> Inquiry:
    """Return an inquiry of customer C-7, which Ann took in."""
    return Inquiry.open(
        "Q-1", "ann", at, customer="C-7", about="it stands still", asks=asks, raised_by=raised_by
    )


def a_target(
    metric: Metric | str = Metric.RESOLUTION,
    limit: Any = 4 * HOUR,
    calendar: WorkCalendar = ALWAYS,
    **more: Any,
) -> SlaTarget:
    """Return a promise to resolve within four hours, round the clock, unless told otherwise."""
    return SlaTarget(metric=metric, limit=limit, calendar=calendar, **more)


def _act(name: str, **arguments: object) -> Act:
    def act(case: Any, at: datetime) -> Any:
        return getattr(case, name)("bob", at, **arguments)

    return act


ACTS: Final[tuple[Act, ...]] = (
    _act("wait", party="customer"),
    _act("wait", party="third_party"),
    _act("resume"),
    _act("reply"),
    _act("hear"),
    _act("hear"),
    _act("hear", party="third_party"),
    _act("comment", text="hm"),
    _act("reach", milestone="on_site"),
    _act("assign", owner="bob"),
    _act("assign", owner="C-7"),
)
OF_INQUIRY: Final[tuple[Act, ...]] = (
    _act("answer", text="so"),
    _act("answer", text="so"),
    _act("close"),
    _act("reopen"),
    _act("reopen"),
    _act("cancel"),
    _act("mark_duplicate", of="Q-0"),
)
OF_COMPLAINT: Final[tuple[Act, ...]] = (
    _act("acknowledge"),
    _act("investigate"),
    _act("respond"),
    _act("respond"),
    _act("accept"),
    _act("reject"),
)


@attrs.frozen
class Story:
    """A case, act by act: as it was from each instant on."""

    versions: tuple[tuple[datetime, Case[Any]], ...]

    @property
    def case(self) -> Case[Any]:
        """The case with all that happened."""
        return self.versions[-1][1]

    def told_by(self, at: datetime) -> Case[Any] | None:
        """Return the case as it was known at an instant; None before it was received."""
        known = [case for since, case in self.versions if since <= at]
        return known[-1] if known else None


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw a case to which anything happens that its tables allow, at half hours of a few days."""
    at = NINE + HALF * draw(st.integers(-4, 12))
    raised_by = draw(st.sampled_from(["customer", "customer", "staff"]))
    case: Case[Any]
    if draw(st.booleans()):
        case, acts = asked(at=at, raised_by=raised_by), (*ACTS, *OF_INQUIRY)
    else:
        born = partial(Complaint.receive, "K-1", "ann", at, customer="C-7", about="it leaks")
        case, acts = born(raised_by=raised_by), (*ACTS, *OF_COMPLAINT)
    versions: list[tuple[datetime, Case[Any]]] = [(at, case)]
    for act, halves in draw(
        st.lists(st.tuples(st.sampled_from(acts), st.sampled_from([0, 1, 2, 5, 20])), max_size=14)
    ):
        at += halves * HALF
        try:
            case = act(case, at)
        except CrmkitError:
            continue
        versions.append((at, case))
    return Story(tuple(versions))


def instants() -> st.SearchStrategy[datetime]:
    """Draw half hours around those at which the stories happen."""
    return st.integers(0, 48 * 7).map(lambda halves: MONDAY + halves * HALF)


@attrs.frozen
class Reading:
    """A clock by the definition."""

    started_at: datetime
    done_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    elapsed: timedelta
    state: str


def readings(case: Case[Any], target: SlaTarget, as_of: datetime) -> list[Reading]:
    """Return the clocks of a promise in working time, by the rules of the manual."""
    if case.received_at > as_of:
        return []
    spans: Iterator[tuple[datetime, datetime | None, datetime | None]]
    if target.metric is Metric.RESOLUTION:
        spans = _resolutions(case, target, as_of)
    elif isinstance(target.metric, Metric):
        spans = _responses(case, target.metric, as_of)
    else:
        spans = _milestones(case, target.metric, as_of)
    return [_read(case, target, as_of, *span) for span in spans]


def group_of(case: Case[Any], step: Step[Labelled]) -> StateGroup:
    return WAITED_FOR[step.awaits] if step.awaits else case.workflow.groups[step.stage]


def _groups(case: Case[Any], at: datetime) -> list[StateGroup]:
    """Return the states up to an instant; at least the one in which it was received."""
    told = [group_of(case, step) for step in case.trail if step.at <= at]
    return told or [group_of(case, case.trail[0])]


def _resolutions(
    case: Case[Any], target: SlaTarget, as_of: datetime
) -> Iterator[tuple[datetime, datetime | None, datetime | None]]:
    start = case.received_at
    done: datetime | None = None
    ended: datetime | None = None
    for step in case.trail:
        group = group_of(case, step)
        if step.at > as_of:
            break
        over = done or ended
        if group in MOOT:
            if over is None:
                done, ended = (step.at, None) if group in DONE else (None, step.at)
        elif over is not None:
            window = target.resume_within
            in_window = window is not None and step.at - over <= window
            if target.reopening is Reopening.RESTART and not in_window:
                yield start, done, ended
                start = step.at
            done = ended = None
    yield start, done, ended


def _responses(
    case: Case[Any], metric: Metric, as_of: datetime
) -> Iterator[tuple[datetime, datetime | None, datetime | None]]:
    """A customer's word starts a clock that no earlier word of his still keeps running."""
    said = [m for m in case.conversation if m.at <= as_of and m.public]
    said = [m for m in said if m.party is not Party.THIRD_PARTY]
    ends = sorted(_ends(case, as_of))
    open_words: list[int] = []
    for place, message in enumerate(said):
        if message.party is Party.CUSTOMER and _is_owed(case, message):
            done, ended = _outcome(said, place, ends)
            until = done or ended
            is_covered = any(
                _covers(said, ends, earlier, place, message.at) for earlier in open_words
            )
            if not is_covered:
                open_words.append(place)
                is_next = any(m.party is Party.STAFF for m in said[:place])
                if is_next is (metric is Metric.NEXT_RESPONSE):
                    yield message.at, done, ended if until is ended else None


def _covers(
    said: list[Message], ends: list[datetime], earlier: int, place: int, at: datetime
) -> bool:
    answered = any(m.party is Party.STAFF for m in said[earlier:place])
    return not answered and not any(said[earlier].at <= end < at for end in ends)


def _outcome(
    said: list[Message], place: int, ends: list[datetime]
) -> tuple[datetime | None, datetime | None]:
    at = said[place].at
    done = next((m.at for m in said[place:] if m.party is Party.STAFF), None)
    ended = next((end for end in ends if end >= at), None)
    if done is not None and (ended is None or done <= ended):
        return done, None
    return None, ended


def _is_owed(case: Case[Any], message: Message) -> bool:
    owner = None
    for taken in case.assignments:
        if taken.at <= message.at:
            owner = taken.owner
    if owner == case.customer:
        return False
    return message.at == case.received_at or _groups(case, message.at)[-1] not in OVER


def _ends(case: Case[Any], as_of: datetime) -> Iterator[datetime]:
    for at in {step.at for step in case.trail if step.at <= as_of}:
        if _groups(case, at)[-1] in OVER:
            yield at
    for at in {taken.at for taken in case.assignments if taken.at <= as_of}:
        if [taken for taken in case.assignments if taken.at <= at][-1].owner == case.customer:
            yield at


def _milestones(
    case: Case[Any], name: str, as_of: datetime
) -> Iterator[tuple[datetime, datetime | None, datetime | None]]:
    """Reached when it is recorded, unless the case was resolved before that and is still."""
    since: datetime | None = None
    lines = [(step.at, 0, group_of(case, step)) for step in case.trail if step.at <= as_of]
    reached = [(m.at, 1, None) for m in case.milestones if m.at <= as_of and m.name == name]
    for at, _, group in sorted([*lines, *reached], key=lambda one: one[:2]):
        if group is None:
            if since is None or since == at:
                yield case.received_at, at, None
                return
        else:
            since = (since or at) if group in MOOT else None
    yield case.received_at, None, since


def _read(
    case: Case[Any],
    target: SlaTarget,
    as_of: datetime,
    start: datetime,
    done: datetime | None,
    ended: datetime | None,
) -> Reading:
    """Count half hours: those that are open, unpaused, and in which it is still asked for."""
    end = done or ended or as_of
    resting = set(target.pauses)
    if not isinstance(target.metric, Metric) or target.metric is Metric.RESOLUTION:
        resting |= set(MOOT)
    limit = target.limit
    assert isinstance(limit, timedelta)

    def counts(at: datetime) -> bool:
        still = at < end and _groups(case, at)[-1] in resting
        return target.calendar.is_open(at) and not still

    slots = [start + n * HALF for n in range(48 * 30)]
    used = [NOTHING, *accumulate(HALF * counts(at) for at in slots)]
    told = dict(zip([*slots, slots[-1] + HALF], used, strict=True))
    whole = [at for at, so_far in told.items() if so_far == limit]
    due = whole[0] if target.boundary == "close" else whole[-1]
    is_still = done is None and ended is None and _groups(case, as_of)[-1] in resting
    if is_still:
        since = _still_since(case, resting, as_of, start)
        moves = due > since or (due == since and target.boundary == "next_open")
        due_at = None if moves else due
    else:
        due_at = due
    late = due_at is not None and (done or ended or as_of) > due_at
    state = "paused" if is_still else "running"
    state = "met" if done else "cancelled" if ended else state
    return Reading(start, done, ended, due_at, told[end], "breached" if late else state)


def _still_since(
    case: Case[Any], resting: set[StateGroup], as_of: datetime, start: datetime
) -> datetime:
    at = as_of
    while at > start and _groups(case, at - HALF)[-1] in resting:
        at -= HALF
    return at
