"""What was earned and taken back in a whole base, and how much of it counts in a window.

Law: points count where they were earned, and those taken back as well, from when they were taken
back on. Windows are of whole local days, and move on with the moment at which they end.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, Self

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.kernel import named_zone, to_micros
from crmkit.kernel.frames import Eager
from crmkit.stats.days import instants, local_days

from .ledger import NEVER, Whole, account_codes, whole_numbers
from .tier_times import TierTimes


EPOCH: Final = date(1970, 1, 1)


@attrs.frozen(eq=False)
class _Order:
    """Rows sorted by account, then by time, and where an account's rows begin at a moment.

    Attributes:
        moments: Every time that occurs, in order.
        key: Account and place among these moments in one number.
    """

    moments: Whole
    key: Whole

    @classmethod
    def of(cls, account: Whole, at: Whole) -> Self:
        """Read rows that are sorted."""
        moments, place = np.unique(at, return_inverse=True)
        return cls(moments, account * (len(moments) + 1) + place)

    def place(self, account: Whole, at: Whole) -> NDArray[np.intp]:
        """Return the place of the first row of each account that is not before a moment."""
        moment = np.searchsorted(self.moments, at)
        return np.searchsorted(self.key, account * (len(self.moments) + 1) + moment)


@attrs.frozen(eq=False)
class TierEvents:
    """What was earned or taken back, by account, then by time, then by points.

    Attributes:
        accounts: How many accounts there are.
        account: Whose, numbered from 0.
        at: When it was earned, or taken back, in microseconds.
        day: The local day, since 1970-01-01.
        points: How many.
        so_far: The sum of all before each, and of all.
        order: Where an account's rows begin at a moment.
        older: What windows hold of points taken back that had been earned before them.
    """

    accounts: int
    account: Whole
    at: Whole
    day: Whole
    points: Whole
    so_far: Whole
    order: _Order
    older: _Older

    @classmethod
    def of(cls, frame: Eager, times: TierTimes, end: datetime) -> tuple[Self, list[object]]:
        """Read postings, of which those known at the end are told; return also their accounts."""
        codes, names = account_codes(frame["account_id"])
        # Numbers that lie close leave out some in between.
        there, account = np.unique(codes, return_inverse=True)
        points = whole_numbers(frame["points"]) - whole_numbers(frame["debt"])
        zone, posted, earned = named_zone(times.timezone), frame["posted_at"], frame["earned_at"]
        since, put_down = instants(earned), instants(posted)
        is_back = (points < 0) & (put_down > since)
        at = np.where(is_back, put_down, since)
        day = np.where(is_back, local_days(posted, zone), local_days(earned, zone))
        order = np.lexsort((points, at, account))
        account, at, day, points = (part[order] for part in (account, at, day, points))
        (back,) = np.nonzero(is_back[order])
        windows = _Windows.of(day[back], times, end)
        older = _Older.of(account[back], at[back], since[order][back], points[back], windows)
        so_far = np.append(0, np.cumsum(points))
        own = cls(len(there), account, at, day, points, so_far, _Order.of(account, at), older)
        return own, [names[code] for code in there.tolist()]

    def total(self, account: Whole, since: Whole, until: Whole) -> Whole:
        """Return what counts of each account in the window that begins and ends at two moments."""
        first, behind = self.order.place(account, since), self.order.place(account, until + 1)
        return self.so_far[behind] - self.so_far[first] - self.older.total(account, until)

    def totals(self, since: Whole) -> Whole:
        """Return what counts at every event since a moment, the event and those before it."""
        behind = self.so_far[1:] - self.so_far[self.order.place(self.account, since)]
        return behind - self.older.total(self.account, self.at)


@attrs.frozen(eq=False)
class _Windows:
    """The windows that end on each of some days.

    Attributes:
        starts: When each window begins.
        days: When the day begins on which it ends; at last, never.
    """

    starts: Whole
    days: Whole

    @classmethod
    def of(cls, days: Whole, times: TierTimes, end: datetime) -> Self:
        """Return the windows from the first of some days until the end."""
        last = (times.day(end) - EPOCH).days
        first = int(days.min()) if len(days) else last
        told = [EPOCH + timedelta(days=day) for day in range(first, last + 1)]
        starts = [to_micros(times.since(day)) for day in told]
        return cls(
            np.array(starts), np.array([*(to_micros(times.begin(day)) for day in told), NEVER])
        )

    def after(self, moment: Whole) -> Whole:
        """Return from when on windows begin after a moment."""
        return self.days[np.searchsorted(self.starts, moment, side="right")]


@attrs.frozen(eq=False)
class _Older:
    """What windows hold of points taken back that had been earned before they begin.

    Such points count nowhere. A window moves on with the moment at which it ends, so that each of
    them lies in the windows that end from some moment on, until another.

    Attributes:
        order: The moments from which and until which they do, by account.
        so_far: How many points do, after each moment.
    """

    order: _Order
    so_far: Whole

    @classmethod
    def of(cls, account: Whole, at: Whole, earned: Whole, points: Whole, windows: _Windows) -> Self:
        """Take points taken back.

        Args:
            account: Whose.
            at: When they were taken back.
            earned: When they had been earned.
            points: How many, below 0.
            windows: Those that end on the days from then on.
        """
        since, until = np.maximum(at, windows.after(earned)), windows.after(at)
        (held,) = np.nonzero(since < until)
        whose = np.tile(account[held], 2)
        moment = np.concatenate((since[held], until[held]))
        signed = np.concatenate((points[held], -points[held]))
        order = np.lexsort((moment, whose))
        so_far = np.append(0, np.cumsum(signed[order]))
        return cls(_Order.of(whose[order], moment[order]), so_far)

    def total(self, account: Whole, until: Whole) -> Whole:
        """Return how many lie in the window of each account that ends at a moment."""
        return self.so_far[self.order.place(account, until + 1)]
