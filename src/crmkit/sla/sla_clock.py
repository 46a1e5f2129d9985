"""The clock of one promise in one case: running, paused, met, breached or cancelled.

Law: a clock is what the case's trail and messages make of it. The same case at the same instant
gives the same clock, whatever was asked before.

Source: the page "How the clocks count" of the manual.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from crmkit.kernel import Evidence, Explanation, Labelled, Name, Text, WorkingTime, spoken

from .clock_words import IN_DAYS, IN_HOURS, policy_told
from .counted_days import explain_days
from .spans import Span
from .target import SlaTarget


_SECOND: Final = timedelta(seconds=1)
_NONE: Final = timedelta(0)


class ClockState(Labelled):
    """How a promise stands."""

    RUNNING = "running", "Running", "计时中"
    PAUSED = "paused", "Paused", "已暂停"
    MET = "met", "Met", "已达成"
    BREACHED = "breached", "Breached", "已违约"
    CANCELLED = "cancelled", "Cancelled", "已取消"


@attrs.frozen(kw_only=True, repr=False)
class SlaClock:
    """One promise in one case, as it stands at one instant.

    Attributes:
        case: The case, by its kind and id in both languages.
        policy: The policy that promises it.
        target: What is promised.
        run: 1 for the first; one more for each further reply that is awaited, or each new start.
        started_at: From when it counts.
        as_of: The instant at which it is looked at.
        state: How it stands.
        due_at: When it is due, in UTC; None while it stands still before that, for it then moves.
        warning_at: When the share of the limit is used up at which to warn; None as for `due_at`.
        done_at: When what was promised was done; None as long as it is not.
        ended_at: When it was cancelled; None where it was not.
        paused_since: Since when it stands still; None where it runs, or has ended.
        pauses: When it stood still, in order; the last one may reach to `as_of`.
        elapsed: How much counted: working time without the pauses; all time for limits in days.
        margin: How much of the limit is left, negative where more was used; for limits in days,
            the time to the due instant. A clock that is breached while the calendar is closed, or
            by less than it counts, has a margin of 0.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> half_past = NINE + timedelta(minutes=30)
        >>> (clock, *_) = SEA_LION.clocks(a_complaint(), as_of=half_past)
        >>> clock.state.label(), str(clock.remaining), clock.is_open
        ('Running', '0:30:00', True)
        >>> clock
        <SlaClock complaint K-1: first response within 1 h, running, due 2026-03-02 18:00 CST>
        >>> print(clock.explain().sentence().splitlines()[0])
        complaint K-1: first response within 1 h (Sea-Lion) is running: 30 min of working time\
 used, 30 min left, due 2026-03-02 18:00 CST
    """

    case: Name
    policy: str
    target: SlaTarget
    run: int
    started_at: datetime
    as_of: datetime
    state: ClockState
    due_at: datetime | None
    warning_at: datetime | None
    done_at: datetime | None
    ended_at: datetime | None
    paused_since: datetime | None
    pauses: tuple[Span, ...]
    elapsed: timedelta
    margin: timedelta

    @property
    def is_open(self) -> bool:
        """Whether what was promised is still to be done."""
        return self.done_at is None and self.ended_at is None

    @property
    def is_overdue(self) -> bool:
        """Whether it is still to be done, and late."""
        return self.is_open and self.state is ClockState.BREACHED

    @property
    def is_paused(self) -> bool:
        """Whether it stands still at the instant at which it is looked at."""
        return self.paused_since is not None

    @property
    def remaining(self) -> timedelta | None:
        """How much is left, none when it is late; None where nothing is to be done any more."""
        return max(self.margin, _NONE) if self.is_open else None

    @property
    def key(self) -> str:
        """What tells it from every other clock: case, policy, metric and run."""
        return f"{self.case} | {self.policy} | {self.target.name} | {self.run}"

    def reaches(self, share: float, *, offset: timedelta = _NONE) -> datetime | None:
        """Return when a share of its limit, more or less some time, is used up, in UTC.

        Args:
            share: Of the limit; above 1 after it is due.
            offset: What is added, in working time; for limits in days in absolute time.

        Returns:
            None where it stands still before that, for the instant then moves.

        Raises:
            InvalidValueError: If so much time never passes.

        Examples:
            >>> from crmkit.sla import SEA_LION
            >>> from crmkit.testing import NINE, a_complaint
            >>> (clock,) = SEA_LION.clocks(a_complaint(), as_of=NINE)
            >>> clock.reaches(0.5).isoformat()
            '2026-03-02T09:30:00+00:00'
        """
        ended = self.pauses if self.paused_since is None else self.pauses[:-1]
        return self.target.at_share(
            self.started_at, share, offset=offset, pauses=ended, still_since=self.paused_since
        )

    def has_used(self, share: float, *, offset: timedelta = _NONE) -> bool:
        """Tell whether so much of its limit is used up; arguments as for `reaches`."""
        return self.target.portion(self.started_at, share, offset=offset) <= self.elapsed

    def explain(self) -> Explanation[ClockState]:
        """Say how it stands, and why; below it the windows, days and pauses that counted.

        Times are told on the clock of the promise's own calendar.
        """
        told = (
            Evidence("record", self.case),
            Evidence("promise", Text(self.target.label("en"), self.target.label("zh"))),
            Evidence("policy", policy_told(self.policy)),
            Evidence("run", self.run),
            Evidence("started", self._here(self.started_at)),
            Evidence("as_of", self._here(self.as_of)),
            Evidence("due", self._here(self.due_at)),
            Evidence("warning", self._here(self.warning_at)),
            Evidence("done", self._here(self.done_at), self._here(self.due_at), self._is_in_time),
            Evidence("ended", self._here(self.ended_at)),
            Evidence("paused_since", self._here(self.paused_since)),
            Evidence("pauses", self.pauses),
            Evidence("elapsed", self._counted(self.elapsed), self.target.limit),
            Evidence("margin", self.margin),
            Evidence("left", self._counted(self.margin)),
            Evidence("over", self._counted(max(-self.margin, _NONE))),
            Evidence("late", _rounded(self._late)),
        )
        rules = IN_HOURS if isinstance(self.target.limit, timedelta) else IN_DAYS
        return Explanation(
            verdict=self.state, rule=rules[self._outcome], evidence=told, because=self._because()
        )

    def __repr__(self) -> str:
        if self.due_at is None:
            stands = f"paused since {spoken(self._here(self.paused_since))}"
        else:
            stands = f"{spoken(self.state)}, due {spoken(self._here(self.due_at))}"
        return f"<SlaClock {self.case}: {self.target.label()}, {stands}>"

    def _counted(self, time: timedelta) -> timedelta:
        """Return a time as it is told: limits in days count all of it, others working time."""
        rounded = _rounded(time)
        return WorkingTime.of(rounded) if isinstance(self.target.limit, timedelta) else rounded

    @property
    def _over_at(self) -> datetime:
        """When it ended, or is looked at; not before it began."""
        return max(self.started_at, self.done_at or self.ended_at or self.as_of)

    @property
    def _late(self) -> timedelta:
        """How long it is, or was, late by the clock on the wall."""
        return _NONE if self.due_at is None else max(self._over_at - self.due_at, _NONE)

    @property
    def _is_in_time(self) -> bool | None:
        if self.done_at is None or self.due_at is None:
            return None
        return self.done_at <= self.due_at

    @property
    def _outcome(self) -> str:
        if self.state is not ClockState.BREACHED:
            return str(self.state.value)
        if self.is_open:
            return "overdue"
        return "late" if self.done_at is not None else "dropped_late"

    def _here(self, at: datetime | None) -> datetime | None:
        return None if at is None else at.astimezone(ZoneInfo(self.target.calendar.timezone))

    def _because(self) -> tuple[Explanation[object], ...]:
        calendar, limit = self.target.calendar, self.target.limit
        if not isinstance(limit, timedelta):
            return (explain_days(limit, self.started_at, calendar),)
        return (calendar.explain(self.started_at, self._over_at, pauses=self.pauses),)


def next_due(clocks: Iterable[SlaClock]) -> datetime | None:
    """Return when the next promise is due that still can be kept; None where none runs.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> next_due(SEA_LION.clocks(a_complaint(), as_of=NINE)).isoformat()
        '2026-03-02T10:00:00+00:00'
    """
    running = (clock.due_at for clock in clocks if clock.state is ClockState.RUNNING)
    return min((due for due in running if due is not None), default=None)


def _rounded(time: timedelta) -> timedelta:
    """Return whole seconds, of more than one: nobody says the rest."""
    if abs(time) < _SECOND:
        return time
    return _SECOND * round(time / _SECOND)
