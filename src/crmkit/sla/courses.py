"""What a case's trail and messages say of one promise: when its clocks started, stood, ended.

Law: only what the customer says starts a response clock, and only what he is told stops it; replies
never move a resolution clock. What happened after the instant asked for is not looked at. Where
several things happened at one instant, the state of the case is that after them, and what was said
by a move was said before a message.

Source: the page "How the clocks count" of the manual.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from crmkit.cases import Case, Message
from crmkit.kernel import Party, StateGroup

from .judging import Course
from .spans import OVER, Span, Turn, joined, stays, turns
from .target import Metric, Reopening, SlaTarget


_DONE: Final = (StateGroup.RESOLVED, StateGroup.CLOSED)
_DROPPED: Final = (StateGroup.CANCELLED, StateGroup.DUPLICATE)
_MOOT: Final = (*_DONE, *_DROPPED)


def courses(case: Case[Any], target: SlaTarget, as_of: datetime) -> tuple[Course, ...]:
    """Return every course of a promise in a case up to an instant, oldest first.

    Of a resolution there is one, and one more for each new start after it was opened again; of a
    milestone there is one; of a response one for each time that the customer waited for it.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> (response,) = SEA_LION.default.targets
        >>> (course,) = courses(a_complaint().reply("ann", NINE), response, NINE)
        >>> course.done_at == NINE
        True
    """
    past = turns(case, as_of)
    if not past:
        return ()
    if target.metric is Metric.RESOLUTION:
        found = _resolutions(past, target)
    elif isinstance(target.metric, Metric):
        found = _responses(case, target.metric, past, as_of)
    else:
        found = iter((_milestone(case, target, past, as_of),))
    return tuple(_paused(course, target, past) for course in found)


def _resolutions(past: tuple[Turn, ...], target: SlaTarget) -> Iterator[Course]:
    """Yield the courses to a resolution; what was resolved and resumed stood still meanwhile."""
    course = Course(started_at=past[0].at)
    for turn in past:
        since = course.done_at or course.ended_at
        if turn.state in _MOOT:
            # What came first decides: closed, it keeps its resolution, or that it was dropped.
            if since is None:
                is_done = turn.state in _DONE
                done_at, ended_at = (turn.at, None) if is_done else (None, turn.at)
                course = attrs.evolve(course, done_at=done_at, ended_at=ended_at)
        elif since is not None:
            if _restarts(target, since, turn.at):
                yield course
                course = Course(started_at=turn.at)
            else:
                still = (*course.pauses, (since, turn.at))
                course = Course(started_at=course.started_at, pauses=still)
    yield course


def _restarts(target: SlaTarget, resolved_at: datetime, again_at: datetime) -> bool:
    if target.reopening is Reopening.RESUME:
        return False
    window = target.resume_within
    return window is None or again_at - resolved_at > window


def _responses(
    case: Case[Any], metric: Metric, past: tuple[Turn, ...], as_of: datetime
) -> Iterator[Course]:
    """Yield what the customer waited for: the first answer, or each further one."""
    ends = _ends(case, past, as_of)
    waiting: Course | None = None
    is_answered = False
    for said in _heard(case, as_of):
        if waiting is not None and (over := _first(ends, waiting.started_at)) and over < said.at:
            yield attrs.evolve(waiting, ended_at=over)
            waiting = None
        if said.party is Party.CUSTOMER:
            wanted = Metric.NEXT_RESPONSE if is_answered else Metric.FIRST_RESPONSE
            if waiting is None and wanted is metric and _is_owed(case, past, said.at):
                waiting = Course(started_at=said.at)
            continue
        is_answered = True
        if waiting is not None:
            yield attrs.evolve(waiting, done_at=said.at)
            waiting = None
    if waiting is not None:
        yield attrs.evolve(waiting, ended_at=_first(ends, waiting.started_at))


def _heard(case: Case[Any], as_of: datetime) -> Iterator[Message]:
    """Yield what the customer said and was told."""
    for said in case.conversation:
        if said.at <= as_of and said.public and said.party is not Party.THIRD_PARTY:
            yield said


def _is_owed(case: Case[Any], past: tuple[Turn, ...], at: datetime) -> bool:
    """Tell whether somebody else owes an answer to what the customer says at an instant."""
    owners = [taken.owner for taken in case.assignments if taken.at <= at]
    # Whoever handles his own request waits for nobody.
    if owners and owners[-1] == case.customer:
        return False
    states = [turn.state for turn in past if turn.at <= at]
    return at <= past[0].at or states[-1] not in OVER


def _ends(case: Case[Any], past: tuple[Turn, ...], as_of: datetime) -> list[datetime]:
    """Return when nobody was owed an answer any more: the case was over, or became his own."""
    states = {turn.at: turn.state for turn in past}
    owners = {taken.at: taken.owner for taken in case.assignments if taken.at <= as_of}
    over = [at for at, state in states.items() if state in OVER]
    own = [at for at, owner in owners.items() if owner == case.customer]
    return sorted([*over, *own])


def _first(ends: Iterable[datetime], since: datetime) -> datetime | None:
    return next((at for at in ends if at >= since), None)


def _milestone(
    case: Case[Any], target: SlaTarget, past: tuple[Turn, ...], as_of: datetime
) -> Course:
    """Return the course to a milestone; it is moot while the case is resolved without it."""
    names = {target.name, *target.instead}
    stages = {stage.value for stage in case.workflow.stages}
    # A stage that is promised may lie behind the resolution: only the end makes it moot.
    gone, moot_since = stays(past, OVER if names & stages else _MOOT, past[0].at)
    reached = [at for at in _reached(case, names, past) if at <= as_of]
    owed = (at for at in sorted(reached) if not _is_within(at, gone, moot_since))
    done_at = next(owed, None)
    return Course(
        started_at=past[0].at,
        done_at=done_at,
        ended_at=moot_since if done_at is None else None,
        pauses=tuple(span for span in gone if done_at is None or span[1] <= done_at),
    )


def _reached(case: Case[Any], names: set[str], past: tuple[Turn, ...]) -> Iterator[datetime]:
    """Yield when anything of some names was reached: stages, milestones, the resolution."""
    yield from (step.at for step in case.trail if step.stage.value in names)
    yield from (milestone.at for milestone in case.milestones if milestone.name in names)
    if Metric.RESOLUTION.value in names:
        yield from (turn.at for turn in past if turn.state in _DONE)


def _is_within(at: datetime, gone: Iterable[Span], moot_since: datetime | None) -> bool:
    if moot_since is not None and moot_since < at:
        return True
    return any(since < at < until for since, until in gone)


def _paused(course: Course, target: SlaTarget, past: tuple[Turn, ...]) -> Course:
    """Return a course with the pauses that its target allows for; days never pause."""
    if not isinstance(target.limit, timedelta):
        return attrs.evolve(course, pauses=())
    end = course.done_at or course.ended_at
    seen = (turn for turn in past if end is None or turn.at <= end)
    ended, still = stays(seen, target.pauses, course.started_at)
    return attrs.evolve(
        course,
        pauses=joined((*course.pauses, *ended)),
        paused_since=None if end is not None and still == end else still,
    )
