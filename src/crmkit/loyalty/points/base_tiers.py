"""Tiers of a whole base: what a scheme says of one customer, of all accounts at once.

Law: every account stands where `TierScheme.explain` says that it does, of points earned when they
were earned, and taken back when they were taken back. Accounts are moved together, each by its own
next event or review, until none has any left.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Self, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.kernel import from_micros, instant, to_micros
from crmkit.kernel.checks import of_kind
from crmkit.kernel.frames import ColumnKind, Eager

from .ledger import (
    NEVER,
    Whole,
    check_one_scheme,
    checked_postings,
    collected,
    instant_in,
)
from .ledger_checks import COUNTED
from .tier_events import EPOCH, TierEvents
from .tier_times import TierTimes
from .tiers import TierAct, TierScheme


_WANTED: Final = {
    "account_id": ColumnKind.ID,
    "act": ColumnKind.TEXT,
    "posted_at": ColumnKind.TIME,
    "points": ColumnKind.NUMBER,
    "debt": ColumnKind.NUMBER,
    "earned_at": ColumnKind.TIME,
}
_ACTS: Final = (TierAct.BEGAN, TierAct.RAISED, TierAct.KEPT, TierAct.LOWERED)
_BEGAN, _RAISED, _KEPT, _LOWERED = range(len(_ACTS))


def points_tiers(postings: IntoFrameT, *, scheme: TierScheme, as_of: datetime) -> IntoFrameT:
    """Tell the tier of every account at a moment.

    What was earned counts from when it was earned on, although it was put down later; what was
    taken back, from when that was put down on, and where it had been earned.

    Args:
        postings: Columns as in `crmkit.loyalty.POINTS_POSTINGS`, in any order, of any engine that
            narwhals knows; a lazy frame is asked for the columns needed.
        scheme: The tiers, and how one comes to them.
        as_of: At which moment.

    Returns:
        One row per account that earned by then, sorted by account: `account_id`, `tier`,
        `tier_act` (how it came to it), `granted_until` (empty for the lowest tier), `points`
        (within the window), `points_to_next` (empty in the highest tier). Of the engine of a frame
        that holds its rows; of pandas for another.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is unfit, a posting
            lies before 1900 or after 2199, or `as_of` is naive.

    Units:
        Points, whole.

    Examples:
        >>> import pandas
        >>> from datetime import timedelta
        >>> from crmkit.kernel import Text
        >>> from crmkit.loyalty import PointsTier
        >>> from crmkit.testing import NINE
        >>> rows = pandas.DataFrame(
        ...     {
        ...         "account_id": ["A", "B"],
        ...         "act": "earned",
        ...         "points": [5200, 25],
        ...         "debt": 0,
        ...         "posted_at": pandas.Timestamp(NINE),
        ...         "earned_at": pandas.Timestamp(NINE),
        ...     }
        ... )
        >>> tiers = (
        ...     PointsTier("basic", Text("Basic", "普卡"), 0),
        ...     PointsTier("gold", Text("Gold", "金卡"), 5000),
        ... )
        >>> club = TierScheme(name="club", tiers=tiers)
        >>> told = points_tiers(rows, scheme=club, as_of=NINE + timedelta(days=1))
        >>> told[["account_id", "tier"]].values.tolist()
        [['A', 'gold'], ['B', 'basic']]
    """
    end = instant(as_of, "as_of")
    of_kind(scheme, TierScheme, "scheme")
    asked, _ = checked_postings(postings, _WANTED)
    check_one_scheme(asked)
    frame = collected(asked, _WANTED).filter(nw.col("act").is_in(COUNTED))
    frame = frame.filter(
        nw.col("posted_at") <= instant_in(frame, "posted_at", end),
        nw.col("earned_at") <= instant_in(frame, "earned_at", end),
    )
    schema = {
        "account_id": frame.collect_schema()["account_id"],
        "tier": nw.String(),
        "tier_act": nw.String(),
        "granted_until": nw.Datetime("us", "UTC"),
        "points": nw.Int64(),
        "points_to_next": nw.Float64(),
    }
    told = _told(frame, scheme, end) if len(frame) else {name: [] for name in schema}
    backend = asked.implementation if isinstance(asked, nw.DataFrame) else "pandas"
    return cast("IntoFrameT", nw.from_dict(told, schema, backend=backend).to_native())


def _told(frame: Eager, scheme: TierScheme, end: datetime) -> dict[str, list[object]]:
    events, names = TierEvents.of(frame, scheme.times, end)
    untils = _Untils.of(events, scheme.times, end)
    standing = _stand(events, untils, _bars(scheme), scheme.falls_by, end)
    granted = untils.at[standing.until]
    points = events.total(
        np.arange(events.accounts),
        np.full(events.accounts, to_micros(scheme.times.since(scheme.times.day(end)))),
        np.full(events.accounts, to_micros(end)),
    )
    bars = np.append(_bars(scheme), NEVER)
    needed = np.maximum(0, bars[standing.level + 1] - points).tolist()
    top = (standing.level == len(scheme.tiers) - 1).tolist()
    times = {at: from_micros(at) for at in np.unique(granted).tolist() if at != NEVER}
    return {
        "account_id": names,
        "tier": [scheme.tiers[level].name for level in standing.level.tolist()],
        "tier_act": [str(_ACTS[act].value) for act in standing.act.tolist()],
        "granted_until": [times.get(at) for at in granted.tolist()],
        "points": points.tolist(),
        "points_to_next": [
            None if last else float(more) for more, last in zip(needed, top, strict=True)
        ],
    }


@attrs.frozen(eq=False)
class _Untils:
    """The moments until which tiers may be granted, and what follows there.

    Attributes:
        at: The moments, in order; the last is never.
        since: From when on points count in the review at each.
        next: The place of the moment until which the review grants a tier.
        of_day: For every local day from `first` on, the place of what an event grants on it.
        day_since: And since when points count on it.
        first: The first of these days.
    """

    at: Whole
    since: Whole
    next: Whole
    of_day: Whole
    day_since: Whole
    first: int

    @classmethod
    def of(cls, events: TierEvents, times: TierTimes, end: datetime) -> Self:
        days = np.unique(events.day).tolist()
        granted, counted = {}, {}
        for day in days:
            local = EPOCH + timedelta(days=int(day))
            granted[day] = to_micros(times.until(local))
            counted[day] = to_micros(times.since(local))
        after, since = _reviewed(granted.values(), times, to_micros(end))
        at = np.array([*sorted(after), NEVER])
        first = days[0]
        of_day, day_since = (np.zeros(days[-1] - first + 1, dtype=np.int64) for _ in range(2))
        known = np.array(days) - first
        of_day[known] = np.searchsorted(at, [granted[day] for day in days])
        day_since[known] = [counted[day] for day in days]
        told = at[:-1].tolist()
        return cls(
            at,
            np.array([*(since[one] for one in told), 0]),
            np.searchsorted(at, [*(after[one] for one in told), NEVER]),
            of_day,
            day_since,
            first,
        )


def _reviewed(
    begun: Iterable[int], times: TierTimes, end: int
) -> tuple[dict[int, int], dict[int, int]]:
    """Return until when each review grants a tier, and from when on points count in it."""
    after: dict[int, int] = {}
    since: dict[int, int] = {}
    waiting = set(begun)
    while waiting:
        until = waiting.pop()
        last = times.day(from_micros(until - 1))
        # After the end nobody is reviewed.
        after[until] = to_micros(times.until(last)) if until <= end else NEVER
        since[until] = to_micros(times.since(last))
        if after[until] != NEVER and after[until] not in after:
            waiting.add(after[until])
    return after, since


@attrs.frozen(eq=False)
class _Standing:
    """Where each account stands.

    Attributes:
        level: Its tier, by place.
        act: How it came to it.
        due: The place of the moment at which the tier is due for review.
        until: The place of that until which it is granted: later, if it was earned anew.
    """

    level: Whole
    act: Whole
    due: Whole
    until: Whole

    @classmethod
    def begun(cls, accounts: int, never: int) -> Self:
        """Return where everybody begins."""
        level, act = (np.zeros(accounts, dtype=np.int64) for _ in range(2))
        due, until = (np.full(accounts, never) for _ in range(2))
        return cls(level, act, due, until)

    def keep(self, accounts: Whole) -> Whole:
        """Keep those under review who earned their tier anew; return the others."""
        anew = self.until[accounts] > self.due[accounts]
        kept = accounts[anew]
        self.act[kept], self.due[kept] = _KEPT, self.until[kept]
        return accounts[~anew]

    def review(
        self, accounts: Whole, reached: Whole, until: Whole, never: int, falls_by: int | None
    ) -> None:
        """Lower those who have too few points, or grant their tier until another moment."""
        held = self.level[accounts]
        lowest = 0 if falls_by is None else np.maximum(0, held - falls_by)
        level = np.maximum(lowest, np.minimum(held, reached))
        self.level[accounts], self.act[accounts] = level, np.where(level < held, _LOWERED, _KEPT)
        # The lowest tier is everybody's, for ever.
        self.due[accounts] = self.until[accounts] = np.where(level > 0, until, never)

    def reach(self, accounts: Whole, reached: Whole, until: Whole) -> None:
        """Grant the tier that was reached: a higher one, or that which is held for longer."""
        held = self.level[accounts]
        taken, higher = reached >= held, reached > held
        self.until[accounts[taken]] = until[taken]
        raised = accounts[higher]
        self.act[raised], self.level[raised] = _RAISED, reached[higher]
        self.due[raised] = until[higher]


def _stand(
    events: TierEvents, untils: _Untils, bars: Whole, falls_by: int | None, end: datetime
) -> _Standing:
    """Move every account to where it stands at the end."""
    total = events.totals(untils.day_since[events.day - untils.first])
    reached = np.searchsorted(bars, total, side="right") - 1
    # Only what may raise or keep a tier is an event; the others count in the sums.
    (rows,) = np.nonzero((events.points > 0) & (reached > 0))
    reached, granted = reached[rows], untils.of_day[events.day[rows] - untils.first]
    at = np.append(events.at[rows], NEVER)
    ends = np.searchsorted(events.account[rows], np.arange(events.accounts), side="right")
    now, last = np.append(0, ends[:-1]), to_micros(end)
    never = len(untils.at) - 1
    standing = _Standing.begun(events.accounts, never)
    moving = np.arange(events.accounts)
    while len(moving):
        coming = np.where(now[moving] < ends[moving], at[now[moving]], last)
        is_due = untils.at[standing.due[moving]] <= coming
        reviewed, others = moving[is_due], moving[~is_due]
        due = standing.keep(reviewed)
        moment = standing.due[due]
        points = events.total(due, untils.since[moment], untils.at[moment] - 1)
        found = np.searchsorted(bars, points, side="right") - 1
        standing.review(due, found, untils.next[moment], never, falls_by)
        others = others[now[others] < ends[others]]
        standing.reach(others, reached[now[others]], granted[now[others]])
        now[others] += 1
        moving = np.concatenate((reviewed, others))
    return standing


def _bars(scheme: TierScheme) -> Whole:
    return np.array([tier.from_points for tier in scheme.tiers], dtype=np.int64)
