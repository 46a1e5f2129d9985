"""Tiers of a scheme: who has earned how many points within a window stands how high.

Law: nobody falls before his time is up; who falls, falls softly. Recomputed from the start, a
history is what it was.

Source: science §3: qualifying window (rolling or calendar), thresholds, soft landing, no demotion
in mid-period.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import attrs
import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Evidence,
    Explanation,
    Labelled,
    Rule,
    Text,
    instant,
    is_a,
    is_id,
    member_of,
    named_zone,
)
from crmkit.kernel.tagged import read_json

from .earning import months_after


_MICRO: Final = timedelta(microseconds=1)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_STANDS: Final = Rule(
    code="loyalty.tier",
    says=Text(
        "{points} points since {since}, {act}: {verdict}",
        "自{since}起计{points}分，{act}：{verdict}",
    ),
    source="science §3: tiers with soft landing",
)


class TierWindow(Labelled):
    """Over which time points count for a tier."""

    ROLLING = "rolling", "The last months", "滚动期"
    CALENDAR = "calendar", "The calendar year", "自然年"


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
    """A time in one tier.

    Attributes:
        tier: Which, by name.
        act: How he came to it.
        since: From when on, in UTC; for the first span, since ever.
        until: Until when it is granted, in UTC, whatever he earns; None for ever.
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
    calendar scheme the end of the next year, in a rolling one as many months as the window. Who
    reaches it again has it anew. When the time is up he falls to what he has earned, but by no
    more than `falls_by` tiers.

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
    tiers: tuple[PointsTier, ...] = attrs.field()
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
        if self.months < 1:
            raise InvalidValueError("months", self.months, "must be at least 1")
        if self.falls_by is not None and (type(self.falls_by) is not int or self.falls_by < 1):
            raise InvalidValueError("falls_by", self.falls_by, "must be None, or at least 1")

    def history(
        self, earned: Iterable[tuple[datetime, int]], *, as_of: datetime
    ) -> tuple[TierSpan, ...]:
        """Return somebody's times in tiers, oldest first.

        Args:
            earned: When he earned how many points; those taken back for returned goods below 0.
            as_of: Until when; what is later does not count.

        Raises:
            InvalidValueError: If a time is naive, or points are no whole number.
        """
        end = instant(as_of, "as_of")
        told = sorted(_checked(at, points) for at, points in earned)
        return tuple(self._spans([one for one in told if one[0] <= end], end))

    def explain(
        self, earned: Iterable[tuple[datetime, int]], *, as_of: datetime
    ) -> Explanation[str]:
        """Tell somebody's tier at a moment, how he came to it, and what the next one takes.

        Args:
            earned: As for `history`.
            as_of: At which moment.

        Raises:
            InvalidValueError: If a time is naive, or points are no whole number.
        """
        told = tuple(earned)
        span = self.history(told, as_of=as_of)[-1]
        end = instant(as_of, "as_of")
        since = self._window(end)
        points = sum(count for at, count in told if since <= instant(at) <= end)
        place = self._place(span.tier)
        higher = self.tiers[place + 1 :]
        needed = max(0, higher[0].from_points - points) if higher else None
        return Explanation(
            verdict=span.tier,
            rule=_STANDS,
            evidence=(
                Evidence("points", points, self.tiers[place].from_points),
                Evidence("since", since),
                Evidence("act", span.act),
                Evidence("tier_since", span.since),
                Evidence("granted_until", span.until),
                Evidence("next_tier", higher[0].name if higher else None),
                Evidence("points_to_next", needed),
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

    def _spans(self, earned: list[tuple[datetime, int]], end: datetime) -> Iterator[TierSpan]:
        now = self._span(0, TierAct.BEGAN, _LONG_AGO, 0)
        yield now
        for place, (at, points) in enumerate(earned):
            reviews = tuple(self._reviews(now, earned[:place], at))
            yield from reviews
            now = reviews[-1] if reviews else now
            total = _total(earned[: place + 1], self._window(at), at)
            reached = self._level(total)
            held = self._place(now.tier)
            if points > 0 and reached and reached >= held:
                now = self._span(reached, _act(held, reached), at, total, years=2)
                yield now
        yield from self._reviews(now, earned, end)

    def _reviews(
        self, held: TierSpan, earned: list[tuple[datetime, int]], until: datetime
    ) -> Iterator[TierSpan]:
        """Yield what becomes of a tier whose time is up until a moment."""
        now = held
        while now.until is not None and now.until <= until:
            last = now.until - _MICRO
            total = _total(earned, self._window(last), last)
            place, reached = self._place(now.tier), self._level(total)
            lowest = 0 if self.falls_by is None else max(0, place - self.falls_by)
            level = max(lowest, min(place, reached))
            now = self._span(level, _act(place, level), now.until, total)
            yield now

    def _span(
        self, level: int, act: TierAct, since: datetime, points: int, *, years: int = 1
    ) -> TierSpan:
        """Return a time in a tier; in a calendar scheme to the end of so many years."""
        day = self._day(since)
        rolling = self.window is TierWindow.ROLLING
        ends = months_after(day, self.months) if rolling else date(day.year + years, 1, 1)
        return TierSpan(
            tier=self.tiers[level].name,
            act=act,
            since=since,
            # The lowest tier is everybody's, for ever.
            until=self._midnight(ends) if level else None,
            points=points,
        )

    def _window(self, at: datetime) -> datetime:
        """Return from when on points count at a moment."""
        day = self._day(at)
        if self.window is TierWindow.ROLLING:
            return self._midnight(months_after(day, -self.months))
        return self._midnight(date(day.year, 1, 1))

    def _day(self, at: datetime) -> date:
        return at.astimezone(named_zone(self.timezone)).date()

    def _midnight(self, day: date) -> datetime:
        return instant(datetime.combine(day, time(), named_zone(self.timezone)))

    def _level(self, points: int) -> int:
        return sum(tier.from_points <= points for tier in self.tiers[1:])

    def _place(self, name: str) -> int:
        return next(place for place, tier in enumerate(self.tiers) if tier.name == name)


def _act(held: int, level: int) -> TierAct:
    return (TierAct.LOWERED, TierAct.KEPT, TierAct.RAISED)[(level > held) - (level < held) + 1]


def _total(earned: list[tuple[datetime, int]], since: datetime, until: datetime) -> int:
    return sum(points for at, points in earned if since <= at <= until)


def _checked(at: datetime, points: int) -> tuple[datetime, int]:
    if type(points) is not int:
        raise InvalidValueError("points", points, "must be a whole number")
    return instant(at), points
