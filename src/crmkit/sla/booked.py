"""Booked times as promises: who is told that somebody comes by then can hold us to it.

Law: a booking is kept when its milestone is reached by then. One that is booked anew before it was
due is kept by nobody and missed by nobody; booked anew after that, it was missed.

Source: domain fact K5 and example 7 (the technician is not there at the booked time).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from crmkit.cases import Booking, Case
from crmkit.kernel import Name, WorkCalendar, instant

from .clock_words import BOOKED
from .judging import Course, judged
from .limits import MOST_DAYS
from .sla_clock import SlaClock
from .spans import OVER
from .target import SlaTarget


_LONGEST: Final = timedelta(days=MOST_DAYS)


def booked_clocks(
    case: Case[Any], bookings: Iterable[Booking], *, as_of: datetime
) -> tuple[SlaClock, ...]:
    """Return the clock of every booking of a case, as it stands at an instant, oldest first.

    What happened after that instant is not looked at. They count all time, and never pause. A time
    more than 100 years ahead, which `book` refuses, is due after 100 years: no promise is longer.

    Args:
        case: The case.
        bookings: What was booked for it, oldest first.
        as_of: The instant.

    Raises:
        InvalidValueError: If `as_of` is naive.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.cases import Booking
        >>> from crmkit.testing import NINE, a_complaint
        >>> two, three = NINE + timedelta(hours=5), NINE + timedelta(hours=6)
        >>> came = a_complaint().reach("bob", three, milestone="visit")
        >>> (clock,) = booked_clocks(came, [Booking(NINE, "ann", "visit", two)], as_of=three)
        >>> clock.state.label(), str(clock.done_at - clock.due_at)
        ('Breached', '1:00:00')
    """
    now = instant(as_of, "as_of")
    known = [booking for booking in bookings if booking.at <= now]
    runs: Counter[str] = Counter()
    found = []
    for place, booking in enumerate(known):
        runs[booking.what] += 1
        again = next((one.at for one in known[place + 1 :] if one.what == booking.what), None)
        target = SlaTarget(
            metric=booking.what,
            limit=min(booking.due_at - booking.at, _LONGEST),
            calendar=WorkCalendar.always(booking.timezone),
        )
        clock = judged(
            _course(case, booking, again, now),
            case=Name(case.label("en"), case.label("zh")),
            policy=BOOKED,
            target=target,
            run=runs[booking.what],
            as_of=now,
        )
        found.append(clock)
    return tuple(found)


def _course(case: Case[Any], booking: Booking, again: datetime | None, now: datetime) -> Course:
    reached = (one.at for one in case.milestones if one.name == booking.what)
    done_at = next((at for at in reached if booking.at <= at <= now), None)
    ends = [at for at in (again, *_ends(case)) if at is not None and booking.at <= at <= now]
    ended_at = min(ends, default=None)
    if done_at is not None and ended_at is not None:
        # What came first decides.
        done_at, ended_at = (done_at, None) if done_at <= ended_at else (None, ended_at)
    return Course(started_at=booking.at, done_at=done_at, ended_at=ended_at)


def _ends(case: Case[Any]) -> Iterator[datetime]:
    """Yield when it was over."""
    yield from (step.at for step in case.trail if case.workflow.groups[step.stage] in OVER)
