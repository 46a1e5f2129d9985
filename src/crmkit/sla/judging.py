"""From what happened to a promise to its clock: what was used, when it is due, whether in time.

Law: done at the due instant is in time, and one microsecond later is not.

Source: the page "How the clocks count" of the manual.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from crmkit.kernel import Name

from .sla_clock import ClockState, SlaClock
from .spans import Span
from .target import SlaTarget


@attrs.frozen(kw_only=True)
class Course:
    """What happened to one promise, before it is judged.

    Attributes:
        started_at: From when it counts.
        done_at: When what was promised was done; None as long as it is not.
        ended_at: When the case no longer asked for it; None where it still does.
        pauses: When the clock stood still, each ended, in order.
        paused_since: Since when it stands still; None where it runs.
    """

    started_at: datetime
    done_at: datetime | None = None
    ended_at: datetime | None = None
    pauses: tuple[Span, ...] = ()
    paused_since: datetime | None = None


def judged(
    course: Course, *, case: Name, policy: str, target: SlaTarget, run: int, as_of: datetime
) -> SlaClock:
    """Return the clock that a course comes to at an instant.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE
        >>> (response,) = SEA_LION.default.targets
        >>> ten = NINE + timedelta(hours=1)
        >>> course = Course(started_at=NINE, done_at=ten)
        >>> name = Name("complaint K-1", "投诉K-1")
        >>> clock = judged(course, case=name, policy="ours", target=response, run=1, as_of=ten)
        >>> clock.state.value, str(clock.margin)
        ('met', '0:00:00')
    """
    # What was reached before the case was taken in took no time.
    end = max(course.started_at, course.done_at or course.ended_at or as_of)
    still = course.paused_since
    pauses = course.pauses if still is None else (*course.pauses, (still, end))
    course = _ended(course, pauses)
    due = _at_share(target, 1.0, course)
    elapsed = target.passed(course.started_at, end, pauses=pauses)
    return SlaClock(
        case=case,
        policy=policy,
        target=target,
        run=run,
        started_at=course.started_at,
        as_of=as_of,
        state=_state(course, due, as_of),
        due_at=due,
        warning_at=_at_share(target, float(target.warning), course),
        done_at=course.done_at,
        ended_at=course.ended_at,
        paused_since=course.paused_since,
        pauses=pauses,
        elapsed=elapsed,
        margin=target.portion(course.started_at, 1.0) - elapsed,
    )


def _ended(course: Course, pauses: tuple[Span, ...]) -> Course:
    """Return a course that ended in a pause as if it had gone on from there."""
    if course.done_at is None and course.ended_at is None:
        return course
    return attrs.evolve(course, pauses=pauses, paused_since=None)


def _at_share(target: SlaTarget, share: float, course: Course) -> datetime | None:
    return target.at_share(
        course.started_at, share, pauses=course.pauses, still_since=course.paused_since
    )


def _state(course: Course, due: datetime | None, as_of: datetime) -> ClockState:
    is_late = due is not None and (course.done_at or course.ended_at or as_of) > due
    if is_late:
        return ClockState.BREACHED
    if course.done_at is not None:
        return ClockState.MET
    if course.ended_at is not None:
        return ClockState.CANCELLED
    return ClockState.RUNNING if course.paused_since is None else ClockState.PAUSED
