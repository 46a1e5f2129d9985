"""The day on which a customer was promised an answer, as a promise like any other.

Law: the whole day counts: an answer up to the midnight that ends it is in time. Whoever was
answered is promised nothing more by it.

Source: ISO 10002:2018 clause 7.2 (the due date is put down on receipt).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from crmkit.cases import Case
from crmkit.errors import InvalidValueError
from crmkit.kernel import Name, Text, WorkCalendar, instant, named_zone
from crmkit.kernel.checks import checked_day

from .clock_words import PROMISED
from .judging import Course, judged
from .limits import MOST_DAYS, CalendarDays, Limit
from .sla_clock import SlaClock
from .spans import OVER
from .target import SlaTarget


_DAY: Final = timedelta(days=1)
_ANSWERED: Final = "responded"
_ANSWER: Final = {_ANSWERED: Text("answer", "答复")}


def promised_day_clocks(
    case: Case[Any], due_on: date | None, *, timezone: str, as_of: datetime
) -> tuple[SlaClock, ...]:
    """Return the clock of the day on which an answer was promised, as it stands at an instant.

    It counts all time from the receipt, and never pauses; it is kept when the case is first
    responded by the end of that day, and no longer asked for when the case is over without that.
    Only its stage says that it is: a milestone of that name answers nobody. What happened after
    that instant is not looked at.

    Args:
        case: The case.
        due_on: The day; None where none was promised.
        timezone: In which it is that day.
        as_of: The instant.

    Returns:
        One; none where no day was promised, or the case was received later. A day before the
        receipt, or more than 100 years after it, counts as the nearest that is not.

    Raises:
        InvalidValueError: If `as_of` is naive, or there is no such zone.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> (clock,) = promised_day_clocks(
        ...     a_complaint(), date(2026, 3, 4), timezone="Asia/Shanghai", as_of=NINE
        ... )
        >>> clock
        <SlaClock complaint K-1: answer within 2 calendar days, running, due 2026-03-04 23:59 CST>
    """
    now = instant(as_of, "as_of")
    if due_on is None or now < case.received_at:
        return ()
    target = SlaTarget(
        metric=_ANSWERED,
        limit=_limit(case.received_at, due_on, named_zone(timezone)),
        calendar=WorkCalendar.always(timezone),
        labels=_ANSWER,
    )
    name = Name(case.label("en"), case.label("zh"))
    course = _course(case, now)
    return (judged(course, case=name, policy=PROMISED, target=target, run=1, as_of=now),)


def check_promised_day(due_on: date | None, received_at: datetime, *, timezone: str) -> None:
    """Refuse a day for an answer that is before the receipt, or more than 100 years after it.

    Args:
        due_on: The day; None where none is promised.
        received_at: When the case was received.
        timezone: In which it is that day.

    Raises:
        InvalidValueError: If it is, `received_at` is naive, or there is no such zone.

    Examples:
        >>> from crmkit.testing import NINE
        >>> check_promised_day(date(2026, 3, 1), NINE, timezone="Asia/Shanghai")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: due_on is datetime.date(2026, 3, 1): it must be from the\
 day of the receipt on, 2026-03-02, and 36525 days after it at most
    """
    received = _day(instant(received_at, "received_at"), named_zone(timezone))
    day = checked_day(due_on, "due_on")
    if day is not None and not 0 <= (day - received).days <= MOST_DAYS:
        rule = (
            f"must be from the day of the receipt on, {received}, and {MOST_DAYS} days after it "
            "at most"
        )
        raise InvalidValueError("due_on", due_on, rule)


def _course(case: Case[Any], now: datetime) -> Course:
    """Return what the trail alone says: it was answered, or it was over before; else neither."""
    ended_at: datetime | None = None
    for step in case.trail:
        if step.at > now:
            break
        if step.stage.value == _ANSWERED:
            return Course(started_at=case.received_at, done_at=step.at)
        # Opened again, it is asked for as before.
        is_over = case.workflow.groups[step.stage] in OVER
        ended_at = (ended_at or step.at) if is_over else None
    return Course(started_at=case.received_at, ended_at=ended_at)


def _limit(received_at: datetime, due_on: date, zone: ZoneInfo) -> Limit:
    """Return the limit that ends with a day; on the day of receipt it is the rest of it."""
    received = _day(received_at, zone)
    days = (due_on - received).days
    if days >= 1:
        return CalendarDays(min(days, MOST_DAYS))
    midnight = instant(datetime.combine(received + _DAY, time(), zone))
    return midnight - received_at


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
