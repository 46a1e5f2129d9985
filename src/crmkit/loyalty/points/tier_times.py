"""The times of tiers: since when points count, and until when a tier is granted.

Law: both hang on the local day alone, so that all who come to a tier on one day have it as long.
What counted on a day counts no more at the review of what was granted on it.

Source: science §3: qualifying window (rolling or calendar).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

import attrs

from crmkit.kernel import Labelled, instant, named_zone

from .earning import months_after


_DAY: Final = timedelta(days=1)


class TierWindow(Labelled):
    """Over which time points count for a tier."""

    ROLLING = "rolling", "The last months", "滚动期"
    CALENDAR = "calendar", "The calendar year", "自然年"


@attrs.frozen
class TierTimes:
    """The times of one scheme.

    Attributes:
        window: Over which time points count.
        months: How long a rolling window is, and for how long a tier is granted in it.
        timezone: Where days begin and end.

    Examples:
        >>> times = TierTimes(TierWindow.ROLLING, 12, "UTC")
        >>> print(times.since(date(2026, 3, 2)).date(), times.until(date(2026, 3, 2)).date())
        2025-03-03 2027-03-03
    """

    window: TierWindow
    months: int
    timezone: str

    def day(self, at: datetime) -> date:
        """Return the local day of a moment."""
        return at.astimezone(named_zone(self.timezone)).date()

    def since(self, day: date) -> datetime:
        """Return since when points count by the end of a day, in UTC.

        In a rolling scheme those of so many months count, the day being the last.
        """
        if self.window is TierWindow.CALENDAR:
            return self.begin(date(day.year, 1, 1))
        # Of two readings the later: months differ in length, and no day counts twice.
        after = months_after(day, -self.months) + _DAY
        return self.begin(max(after, months_after(day + _DAY, -self.months)))

    def until(self, day: date) -> datetime:
        """Return until when a tier is granted that was earned by the end of a day, in UTC.

        In a calendar scheme to the end of the next year, in a rolling one for so many months after
        the day.
        """
        if self.window is TierWindow.CALENDAR:
            return self.begin(date(day.year + 2, 1, 1))
        return self.begin(months_after(day, self.months) + _DAY)

    def begin(self, day: date) -> datetime:
        """Return when a day begins, in UTC."""
        return instant(datetime.combine(day, time(), named_zone(self.timezone)))
