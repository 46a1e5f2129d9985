"""Tiers of a scheme: who has earned how many points within a window stands how high.

Law: nobody falls before his time is up, whatever goes back; who falls, falls softly. Points count
where they were earned, those taken back as well. Recomputed from the start, a history is what it
was, and points that are put down late count as if they had been put down when they were earned.

Source: science §3: qualifying window (rolling or calendar), thresholds, soft landing, no demotion
in mid-period.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import takewhile
from typing import Final, TypeAlias

import attrs
import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Evidence,
    Explanation,
    Labelled,
    Rule,
    Text,
    all_are,
    instant,
    is_a,
    is_id,
    member_of,
    named_zone,
)
from crmkit.kernel.checks import several
from crmkit.kernel.tagged import read_json

from .point_words import Points, of_points
from .tier_times import TierTimes, TierWindow


TierPoints: TypeAlias = tuple[datetime, int] | tuple[datetime, int, datetime]
"""When points were earned, and how many; of those taken back also when they had been earned."""

_LONGEST: Final = 1200  # months
_MICRO: Final = timedelta(microseconds=1)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_STANDS: Final = Rule(
    code="loyalty.tier",
    says=Text(
        "{points} points since {since}, {act}: {tier}",
        "自{since}起计{points}分，{act}：{tier}",
    ),
    source="science §3: tiers with soft landing",
)


class TierAct(Labelled):
    """How somebody came to his tier."""

    BEGAN = "began", "As everybody begins", "初始等级"
    RAISED = "raised", "Raised", "升级"
    KEPT = "kept", "Kept", "保级"
    LOWERED = "lowered", "Lowered", "降级"


@attrs.frozen
class PointsTier:
    """One tier of a scheme.

    Attributes:
        name: Its code.
        label: What it is called.
        from_points: From how many points within the window on.

    Raises:
        InvalidValueError: If a value is unfit.

    Examples:
        >>> PointsTier("gold", Text("Gold", "金卡"), 5000).label("zh")
        '金卡'
    """

    name: str = attrs.field(validator=is_id)
    label: Text = attrs.field(validator=is_a(Text))
    from_points: int = attrs.field(validator=is_a(int))


@attrs.frozen(kw_only=True)
class TierSpan:
    """A time in one tier: it ends where the next one begins.

    Attributes:
        tier: Which, by name.
        act: How he came to it.
        since: From when on, in UTC; for the first span, since ever.
        until: Until when he had it, in UTC; of the last, until when it is granted, whatever he
            earns or returns; None for ever.
        points: How many he had within the window when it began.

    Examples:
        >>> club = TierScheme(
        ...     name="club",
        ...     tiers=(
        ...         PointsTier("basic", Text("Basic", "普卡"), 0),
        ...         PointsTier("gold", Text("Gold", "金卡"), 5000),
        ...     ),
        ... )
        >>> spans = club.history(
        ...     [(datetime(2026, 3, 2, tzinfo=UTC), 5200)], as_of=datetime(2026, 4, 1, tzinfo=UTC)
        ... )
        >>> [(span.tier, span.act.value) for span in spans]
        [('basic', 'began'), ('gold', 'raised')]
        >>> spans[0].until == spans[1].since, str(spans[1].until)
        (True, '2028-01-01 00:00:00+00:00')
    """

    tier: str
    act: TierAct
    since: datetime
    until: datetime | None
    points: int


@attrs.frozen(kw_only=True)
class TierScheme:
    """The tiers of a scheme, and how one comes to them.

    Who reaches a tier has it at once, and to the end of the time that it is granted for: in a
    calendar scheme the end of the next year, in a rolling one as many months after the day as the
    window has. Who reaches it again has it anew. When the time is up he falls to what he has earned
    in the year, or the months, that end then, but by no more than `falls_by` tiers.

    Attributes:
        name: What it is called.
        tiers: From the lowest, which begins at 0, to the highest.
        window: Over which time points count.
        months: How long a rolling window is, and for how long a tier is granted.
        falls_by: By how many tiers one falls at most; None for as many as it comes to.
        timezone: Where its days begin and end.

    Raises:
        InvalidValueError: If the tiers do not rise from 0, two have one name, or a value is unfit.

    Units:
        Points, whole.

    Examples:
        >>> club = TierScheme(
        ...     name="club",
        ...     tiers=(
        ...         PointsTier("basic", Text("Basic", "普卡"), 0),
        ...         PointsTier("silver", Text("Silver", "银卡"), 1000),
        ...         PointsTier("gold", Text("Gold", "金卡"), 5000),
        ...     ),
        ... )
        >>> earned = [(datetime(2024, 3, 2, tzinfo=UTC), 5200)]
        >>> for year in (2024, 2025, 2026, 2027):
        ...     at = datetime(year, 6, 1, tzinfo=UTC)
        ...     print(year, club.explain(earned, as_of=at).verdict)
        2024 gold
        2025 gold
        2026 silver
        2027 basic
        >>> TierScheme.from_json(club.to_json()) == club
        True
    """

    name: str = attrs.field(validator=is_id)
    tiers: tuple[PointsTier, ...] = attrs.field(validator=all_are(PointsTier))
    window: TierWindow = attrs.field(default=TierWindow.CALENDAR, validator=member_of(TierWindow))
    months: int = attrs.field(default=12, validator=is_a(int))
    falls_by: int | None = attrs.field(default=1)
    timezone: str = attrs.field(default="UTC")

    def __attrs_post_init__(self) -> None:
        named_zone(self.timezone)
        bars = [tier.from_points for tier in self.tiers]
        if not bars or bars[0] != 0 or bars != sorted(set(bars)):
            raise InvalidValueError("tiers", tuple(bars), "must rise from 0, with no bar twice")
        names = [tier.name for tier in self.tiers]
        if len(set(names)) < len(names):
            raise InvalidValueError("tiers", tuple(names), "must have names used once")
        if not 1 <= self.months <= _LONGEST:
            raise InvalidValueError("months", self.months, f"must be 1 to {_LONGEST}")
        if self.falls_by is not None and (type(self.falls_by) is not int or self.falls_by < 1):
            raise InvalidValueError("falls_by", self.falls_by, "must be None, or at least 1")

    @property
    def times(self) -> TierTimes:
        """Since when points count, and until when a tier is granted."""
        return TierTimes(self.window, self.months, self.timezone)

    def history(self, earned: Iterable[TierPoints], *, as_of: datetime) -> tuple[TierSpan, ...]:
        """Return somebody's times in tiers, oldest first; each ends where the next begins.

        Args:
            earned: When he earned how many points. Of those taken back for returned goods, below 0,
                when they were taken back, how many, and when they had been earned: from then on
                they count no more where they had counted.
            as_of: Until when; what is later does not count.

        Raises:
            InvalidValueError: If a time is naive, points are no whole number, or such as are not
                taken back are told with two times.

        Examples:
            >>> tiers = (
            ...     PointsTier("basic", Text("Basic", "普卡"), 0),
            ...     PointsTier("gold", Text("Gold", "金卡"), 5000),
            ... )
            >>> bought, returned = (datetime(2026, month, 5, tzinfo=UTC) for month in (3, 4))
            >>> earned = [(bought, 5200), (returned, -5200, bought)]
            >>> later = datetime(2028, 6, 1, tzinfo=UTC)
            >>> for span in TierScheme(name="club", tiers=tiers).history(earned, as_of=later)[1:]:
            ...     print(span.tier, span.act.value, span.until)
            gold raised 2028-01-01 00:00:00+00:00
            basic lowered None
        """
        return self._stood(earned, instant(as_of, "as_of"))[0]

    def explain(self, earned: Iterable[TierPoints], *, as_of: datetime) -> Explanation[str]:
        """Tell somebody's tier at a moment, how he came to it, and what the next one takes.

        Args:
            earned: As for `history`.
            as_of: At which moment.

        Returns:
            The tier by name, times in the zone of the scheme. Of who began in his tier nobody knows
            since when.

        Raises:
            InvalidValueError: As in `history`.
        """
        end = instant(as_of, "as_of")
        spans, points = self._stood(earned, end)
        span, zone = spans[-1], named_zone(self.timezone)
        stayed = list(takewhile(lambda one: one.tier == span.tier, reversed(spans)))[-1]
        place = self._place(span.tier)
        tier, higher = self.tiers[place], self.tiers[place + 1 :]
        began = stayed.act is TierAct.BEGAN
        until = span.until
        return Explanation(
            verdict=span.tier,
            rule=of_points(_STANDS, points),
            evidence=(
                Evidence("points", Points(points), tier.from_points),
                Evidence("since", self.times.since(self.times.day(end)).astimezone(zone)),
                Evidence("act", span.act),
                Evidence("tier", tier.label),
                Evidence("tier_since", None if began else stayed.since.astimezone(zone)),
                Evidence("granted_until", None if until is None else until.astimezone(zone)),
                Evidence("next_tier", higher[0].name if higher else None),
                Evidence("next_label", higher[0].label if higher else None),
                Evidence(
                    "points_to_next", max(0, higher[0].from_points - points) if higher else None
                ),
            ),
        )

    def to_json(self) -> str:
        """Write the scheme as JSON."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def from_json(text: str) -> TierScheme:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no scheme.
        """
        return read_json(text, TierScheme, "scheme")

    def _stood(
        self, earned: Iterable[TierPoints], end: datetime
    ) -> tuple[tuple[TierSpan, ...], int]:
        """Return somebody's times in tiers, and how many points count at the end."""
        told = sorted(_checked(one) for one in several(earned, "earned"))
        window, stay = _Window(), _Stay.begun(self)
        for at, points, earned_at in told:
            if at > end:
                break
            stay.review(window, at)
            window.add(earned_at, points)
            if points > 0:
                stay.reach(window.since(self._since(at)), at)
        stay.review(window, end)
        return tuple(stay.spans), window.since(self._since(end))

    def _since(self, at: datetime) -> datetime:
        """Return from when on points count at a moment."""
        return self.times.since(self.times.day(at))

    def _level(self, points: int) -> int:
        return sum(tier.from_points <= points for tier in self.tiers[1:])

    def _place(self, name: str) -> int:
        return next(place for place, tier in enumerate(self.tiers) if tier.name == name)


@attrs.define
class _Window:
    """The points that count since a moment, which only ever moves on."""

    total: int = 0
    held: list[tuple[datetime, int]] = attrs.field(factory=list)
    begins: datetime = _LONG_AGO

    def add(self, earned_at: datetime, points: int) -> None:
        """Count points in, unless they were earned before the window."""
        if earned_at >= self.begins:
            heappush(self.held, (earned_at, points))
            self.total += points

    def since(self, moment: datetime) -> int:
        """Return how many count since a moment."""
        self.begins = max(self.begins, moment)
        while self.held and self.held[0][0] < self.begins:
            self.total -= heappop(self.held)[1]
        return self.total


@attrs.define
class _Stay:
    """Somebody's times in tiers so far, and when the last is due for review."""

    scheme: TierScheme
    spans: list[TierSpan]
    due: datetime | None = None

    @classmethod
    def begun(cls, scheme: TierScheme) -> _Stay:
        """Return the stay of somebody who stands where everybody begins."""
        lowest = scheme.tiers[0].name
        began = TierSpan(tier=lowest, act=TierAct.BEGAN, since=_LONG_AGO, until=None, points=0)
        return cls(scheme, [began])

    def reach(self, total: int, at: datetime) -> None:
        """Put down what so many points are worth at a moment at which some were earned."""
        reached, held = self.scheme._level(total), self._held
        until = self.scheme.times.until(self.scheme.times.day(at))
        if reached > held:
            self._follow(reached, TierAct.RAISED, at, until, total)
        elif reached and reached == held:
            # He has it for longer; that he keeps it is told when its time would have been up.
            self.spans[-1] = attrs.evolve(self.spans[-1], until=until)

    def review(self, window: _Window, until: datetime) -> None:
        """Put down what becomes of tiers whose time is up by a moment."""
        times, falls_by = self.scheme.times, self.scheme.falls_by
        while (at := self.due) is not None and at <= until:
            last = times.day(at - _MICRO)
            total = window.since(times.since(last))
            granted, held = self.spans[-1].until, self._held
            if granted is not None and granted > at:
                self._follow(held, TierAct.KEPT, at, granted, total)
                continue
            lowest = 0 if falls_by is None else max(0, held - falls_by)
            level = max(lowest, min(held, self.scheme._level(total)))
            act = TierAct.LOWERED if level < held else TierAct.KEPT
            # The lowest tier is everybody's, for ever.
            self._follow(level, act, at, times.until(last) if level else None, total)

    @property
    def _held(self) -> int:
        return self.scheme._place(self.spans[-1].tier)

    def _follow(
        self, level: int, act: TierAct, at: datetime, until: datetime | None, points: int
    ) -> None:
        self.spans[-1] = attrs.evolve(self.spans[-1], until=at)
        tier = self.scheme.tiers[level].name
        self.spans.append(TierSpan(tier=tier, act=act, since=at, until=until, points=points))
        self.due = until


def _checked(told: TierPoints) -> tuple[datetime, int, datetime]:
    if not isinstance(told, tuple | list) or len(told) not in (2, 3):
        rule = "must be of tuples: when, how many points, and of those taken back when earned"
        raise InvalidValueError("earned", told, rule)
    return _counting(*told)


def _counting(
    at: datetime, points: int, earned_at: datetime | None = None
) -> tuple[datetime, int, datetime]:
    if type(points) is not int:
        raise InvalidValueError("points", points, "must be a whole number")
    moment = instant(at)
    if earned_at is None:
        return moment, points, moment
    earned = instant(earned_at, "earned_at")
    if points > 0 or earned > moment:
        rule = "must be told of points taken back alone, and not later than they were"
        raise InvalidValueError("earned_at", earned_at, rule)
    return moment, points, earned
