"""The escalation ladder: who is told when a promise is in danger, level by level.

Law: escalation is not breach, and sends nothing: it returns events, each exactly once per level and
clock. A clock that stands still reaches no further level, and one that ended tells nobody any more.

Source: domain fact K4 (逐级跳闸); the page "How the clocks count" of the manual.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Evidence,
    Explanation,
    Labelled,
    Name,
    Rule,
    Text,
    not_blank,
)
from crmkit.kernel.checks import several

from .limits import MOST_DAYS
from .sla_clock import SlaClock


_NONE: Final = timedelta(0)
_MOST: Final = timedelta(days=MOST_DAYS)

_RAISED: Final = Rule(
    code="sla.escalation",
    says=Text(
        "{record}, {promise}: level {level} is reached at {reached}; tell {verdict} at {at}",
        "{record}（{promise}）：{reached}达到第{level}级；{at}通知{verdict}",
    ),
    source="the ladder's own levels",
)


class Delivery(Labelled):
    """When somebody is told."""

    AT_ONCE = "at_once", "At once", "立即"
    WHEN_OPEN = "when_open", "In open hours", "工作时间内"


@attrs.frozen(kw_only=True)
class Level:
    """One rung of a ladder.

    Attributes:
        to: Whom to tell: a role or a person.
        share: At what share of the limit: 0.5 half-way, 1 when it is due, 1.5 when half of the
            limit has passed after it.
        offset: What is added to that, in working time; negative for before.

    Raises:
        InvalidValueError: If nobody would be told, the share is no number from 0 to 100, or the
            offset is no timedelta, or of more than a hundred years.

    Examples:
        >>> an_hour_late = Level(to="head of service", offset=timedelta(hours=1))
        >>> an_hour_late.share
        1.0
    """

    to: str = attrs.field(validator=not_blank)
    share: float = 1.0
    offset: timedelta = timedelta(0)

    def __attrs_post_init__(self) -> None:
        share = self.share
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 100:
            raise InvalidValueError("share", share, "must be a number from 0 to 100")
        if not isinstance(self.offset, timedelta) or abs(self.offset) > _MOST:
            rule = f"must be a timedelta of {MOST_DAYS} days at most"
            raise InvalidValueError("offset", self.offset, rule)


@attrs.frozen(kw_only=True)
class Escalation:
    """Somebody is to be told.

    Attributes:
        case: The case, by its kind and id in both languages.
        clock: The key of the clock.
        promise: What was promised.
        level: Which level of the ladder: 1 for the first.
        to: Whom to tell.
        reached_at: When the level was reached, in UTC.
        at: When to tell him, in UTC: later where another level was told just before, or nobody is
            there.
        timezone: On whose clock it is explained.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> ladder = EscalationLadder(levels=[Level(to="head of service")])
        >>> (clock,) = SEA_LION.clocks(a_complaint(), as_of=NINE + timedelta(hours=1))
        >>> (event,) = ladder.events(clock)
        >>> print(event.explain())
        complaint K-1, first response within 1 h: level 1 is reached at 2026-03-02 18:00 CST;\
 tell head of service at 2026-03-02 18:00 CST
    """

    case: Name
    clock: str
    promise: Text
    level: int
    to: str
    reached_at: datetime
    at: datetime
    timezone: str

    @property
    def key(self) -> str:
        """What tells it from every other escalation: its clock and its level."""
        return escalation_key(self.clock, self.level)

    def explain(self) -> Explanation[str]:
        """Say who is to be told, and why."""
        zone = ZoneInfo(self.timezone)
        told = (
            Evidence("record", self.case),
            Evidence("promise", self.promise),
            Evidence("level", self.level),
            Evidence("reached", self.reached_at.astimezone(zone)),
            Evidence("at", self.at.astimezone(zone)),
        )
        return Explanation(verdict=self.to, rule=_RAISED, evidence=told)


def escalation_key(clock: str, level: int) -> str:
    """Return what tells an escalation from every other: the key of its clock, and its level."""
    return f"{clock} | {level}"


def _levels(levels: Iterable[Level]) -> tuple[Level, ...]:
    return several(levels, "levels")


def _delivery(told: Delivery | str) -> Delivery:
    return Delivery.of(told, "delivery")


@attrs.frozen(kw_only=True)
class EscalationLadder:
    """Levels, the lowest first.

    Attributes:
        levels: Whom to tell when.
        cool_down: At least how long after one level the next is told, in absolute time.
        cap: How many are told at most of one clock; None for all.
        delivery: At once, or only while the clock's calendar is open.

    Raises:
        InvalidValueError: If it has no levels, or a value is unfit.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> ladder = EscalationLadder(
        ...     levels=[Level(to="team leader", share=0.5), Level(to="head of service")]
        ... )
        >>> (clock,) = SEA_LION.clocks(a_complaint(), as_of=NINE + timedelta(minutes=59))
        >>> [(event.level, event.to, f"{event.at:%H:%M}") for event in ladder.events(clock)]
        [(1, 'team leader', '09:30')]
    """

    levels: tuple[Level, ...] = attrs.field(converter=_levels)
    cool_down: timedelta = timedelta(0)
    cap: int | None = None
    delivery: Delivery = attrs.field(default=Delivery.AT_ONCE, converter=_delivery)

    def __attrs_post_init__(self) -> None:
        if not self.levels or any(type(level) is not Level for level in self.levels):
            raise InvalidValueError("levels", self.levels, "must be at least one Level")
        if not isinstance(self.cool_down, timedelta) or not _NONE <= self.cool_down <= _MOST:
            rule = f"must be a timedelta from 0 to {MOST_DAYS} days"
            raise InvalidValueError("cool_down", self.cool_down, rule)
        if self.cap is not None and (type(self.cap) is not int or self.cap < 0):
            raise InvalidValueError("cap", self.cap, "must be a whole number from 0 on, or None")

    def events(self, clock: SlaClock, *, told: Collection[str] = ()) -> tuple[Escalation, ...]:
        """Return who is to be told by the instant at which the clock was looked at.

        What was done, or is asked for no more, at that very instant is told to nobody.

        Args:
            clock: The clock.
            told: Keys of escalations that were delivered: they are not returned again, and count
                for the cap.

        Returns:
            In the order of time; the same again for every later look at the clock.

        Raises:
            InvalidValueError: If the calendar never opens again for a delivery in open hours.
        """
        return tuple(
            event
            for event in self._all(clock)
            if _is_before_end(event.at, clock) and event.key not in told
        )

    def _all(self, clock: SlaClock) -> Iterator[Escalation]:
        """Yield what is told of the levels reached, in the order of time."""
        last: datetime | None = None
        promise = Text(clock.target.label("en"), clock.target.label("zh"))
        for level, reached in self._reached(clock)[: self.cap]:
            at = reached if last is None else max(reached, last + self.cool_down)
            if self.delivery is Delivery.WHEN_OPEN:
                at = clock.target.calendar.next_open(at)
            last = at
            yield Escalation(
                case=clock.case,
                clock=clock.key,
                promise=promise,
                level=level,
                to=self.levels[level - 1].to,
                reached_at=reached,
                at=at,
                timezone=clock.target.calendar.timezone,
            )

    def _reached(self, clock: SlaClock) -> list[tuple[int, datetime]]:
        """Return the levels that a clock has reached, and when; those of a moment as they stand."""
        found = [
            (number, clock.reaches(level.share, offset=level.offset))
            for number, level in enumerate(self.levels, 1)
            if clock.has_used(level.share, offset=level.offset)
        ]
        reached = [
            (number, at) for number, at in found if at is not None and _is_before_end(at, clock)
        ]
        return sorted(reached, key=lambda one: (one[1], one[0]))


def _is_before_end(at: datetime, clock: SlaClock) -> bool:
    """Tell whether an instant has come while the promise was still to be kept."""
    over_at = clock.done_at or clock.ended_at
    return at <= clock.as_of if over_at is None else at < over_at
