"""What a table of promises says: what share was kept, what is due next, what will be due soon.

Law: a clock that is still open is neither kept nor broken; it counts for as long as it was seen.

Source: as of the statistics, `crmkit.stats`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, from_micros, to_micros
from crmkit.kernel.frames import ColumnKind, Eager, Flaw, Lazy, Words, empty, find_flaws, frame_of
from crmkit.stats import kaplan_meier, wilson

from .sla_clock import ClockState


_DURATIONS: Final = ("elapsed", "margin")
_STATES: Final = tuple(str(state.value) for state in ClockState)
_FLAWS: Final = (
    empty("state"),
    Flaw("state", ~nw.col("state").is_in(_STATES), f"must be one of {', '.join(_STATES)}"),
    *(empty(name) for name in _DURATIONS),
)


def kept_share(table: IntoFrame, *, confidence: float = 0.95) -> Estimate:
    """Estimate what share of promises is kept, from all that is known of each.

    A promise that was met ended after the time that it used; one that was broken lasts longer than
    the limit. What is still open, or was cancelled, is neither: it counts for as long as it was
    seen, as Kaplan and Meier have it, and the share is that of what ends within the limit. Left
    out, open cases would flatter: the easy ones end soon, and in a young log they are most of what
    was met or broken.

    Where nothing is open or cancelled, it is the plain share with Wilson's interval; `method` says
    which it is, and of how many the end was not seen. Where none was met, the formula of Kaplan and
    Meier's interval has no value; it then runs up to the upper end of Wilson's for those that were
    broken.

    Assumes that what is open or cancelled does not differ from the rest, but for being younger.

    Args:
        table: What `promises_kept` returned, or a part of it; of one limit.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The share; `n` is how many clocks there are, and none of them is missing.

    Raises:
        InvalidValueError: If no promise was met or broken yet, none was seen up to the limit, the
            limits are several, or a column is missing or holds something else.

    Units:
        A share: 0 to 1.

    Source:
        Kaplan and Meier (1958) and Wilson (1927), as `kaplan_meier` and `wilson` have them.

    Examples:
        >>> import pandas
        >>> used = pandas.to_timedelta([3, 6, 9, 5, 1], unit="h")
        >>> table = pandas.DataFrame(
        ...     {
        ...         "state": ["met", "met", "breached", "running", "cancelled"],
        ...         "elapsed": used,
        ...         "margin": pandas.Timedelta("8h") - used,
        ...     }
        ... )
        >>> print(kept_share(table[:3]))
        0.6667 (95 % interval 0.2077 to 0.9385, n = 3, wilson)
        >>> print(kept_share(table))
        0.625 (95 % interval 0.192 to 0.989, n = 5, kaplan-meier, 2 censored)
    """
    clocks = _clocks(table)
    met, broken, n = int(clocks.met.sum()), int(clocks.broken.sum()), len(clocks.met)
    if not met + broken:
        rule = "must hold a promise that was met or broken"
        raise InvalidValueError("table", Words(f"of {n} clocks"), rule)
    if met + broken == n:
        return wilson(met, n, confidence=confidence)
    curve = kaplan_meier(clocks.lasting(), clocks.met, confidence=confidence)
    if curve.time[-1] < clocks.limit and curve.survival[-1] > 0:
        raise _unseen(n, clocks)
    beyond = curve.at(clocks.limit)
    high = 1 - beyond.low if met else wilson(0, broken, confidence=confidence).high
    return Estimate(
        1 - beyond.value,
        1 - beyond.high,
        high,
        confidence=confidence,
        n=n,
        n_missing=0,
        method=f"{beyond.method}, {n - met - broken} censored",
    )


def rows_next_due(table: IntoFrame) -> datetime | None:
    """Return when the next promise is due that still can be kept; None where no clock runs.

    Args:
        table: What `promises_kept` returned, or a part of it.

    Returns:
        An instant in UTC. What stands still is due at no known time.

    Raises:
        InvalidValueError: If a column is missing or of another kind.

    Examples:
        >>> import pandas
        >>> noon = pandas.Timestamp("2026-03-06 12:00", tz="UTC")
        >>> table = pandas.DataFrame({"state": ["running", "met"], "due_at": [noon, noon]})
        >>> rows_next_due(table).isoformat()
        '2026-03-06T12:00:00+00:00'
    """
    running = _running(table, {"due_at": ColumnKind.TIME}).select(nw.col("due_at").min())
    due = (running.collect() if isinstance(running, nw.LazyFrame) else running).item()
    # By its microseconds: pandas has an instant, and a missing one, of its own.
    known = isinstance(due, datetime) and due == due
    return from_micros(to_micros(due)) if known else None


def rows_due_within(table: IntoFrameT, within: timedelta) -> IntoFrameT:
    """Return the running clocks that will be breached within so much working time.

    It is the working time of the calendar of the table, and counts from the table's `as_of`: two
    hours asked for on a Friday at 17:00 reach to Monday morning.

    Args:
        table: What `promises_kept` returned, or a part of it.
        within: How much working time; a clock that has just so much left is among them.

    Returns:
        The same kind of frame: those rows with all their columns, the most urgent first.

    Raises:
        InvalidValueError: If `within` is negative, or a column is missing or of another kind.

    Examples:
        >>> import pandas
        >>> noon = pandas.Timestamp("2026-03-06 12:00", tz="UTC")
        >>> table = pandas.DataFrame(
        ...     {
        ...         "case_id": ["K-1", "K-2"],
        ...         "state": "running",
        ...         "due_at": [noon, noon + pandas.Timedelta("3 days")],
        ...         "margin": pandas.to_timedelta([1, 9], unit="h"),
        ...     }
        ... )
        >>> rows_due_within(table, timedelta(hours=2))["case_id"].tolist()
        ['K-1']
    """
    if not isinstance(within, timedelta) or not within >= timedelta(0):
        raise InvalidValueError("within", within, "must be a timedelta that is not negative")
    running = _running(table, {"due_at": ColumnKind.TIME})
    _check_durations(running, "margin")
    found = running.filter(nw.col("margin") <= nw.lit(within)).sort("due_at")
    return cast("IntoFrameT", nw.maybe_reset_index(found).to_native())


@attrs.frozen(eq=False)
class _Clocks:
    """What a table says of its clocks.

    Attributes:
        met: Whether they were met.
        broken: Whether they were breached.
        elapsed: Microseconds that were used.
        limit: Microseconds that were promised; 0 where there is no clock.
    """

    met: NDArray[np.bool_]
    broken: NDArray[np.bool_]
    elapsed: NDArray[np.float64]
    limit: float

    def lasting(self) -> NDArray[np.float64]:
        """Return how long each was seen to last."""
        # What is broken lasts beyond the limit, even where no more than that was used; what may
        # still be met with all of it used is seen no longer than just before.
        seen = np.where(self.met, self.elapsed, np.minimum(self.elapsed, self.limit - 0.5))
        return np.where(self.broken, self.limit + 1, seen)


def _clocks(table: IntoFrame) -> _Clocks:
    """Read a table of clocks of one limit."""
    frame = _promises(table, {"state": ColumnKind.TEXT})
    if isinstance(frame, nw.LazyFrame) or len(frame):
        for name in _DURATIONS:
            _check_durations(frame, name)
        find_flaws(frame, _FLAWS)
        micros = {name: nw.col(name).dt.total_microseconds() for name in _DURATIONS}
    else:
        micros = {name: nw.lit(0) for name in _DURATIONS}
    asked = frame.select(met=_is(ClockState.MET), broken=_is(ClockState.BREACHED), **micros)
    rows = asked.collect() if isinstance(asked, nw.LazyFrame) else asked
    met, broken = (rows[name].to_numpy().astype(bool) for name in ("met", "broken"))
    elapsed, margin = (rows[name].to_numpy().astype(np.float64) for name in _DURATIONS)
    return _Clocks(met, broken, elapsed, _one_limit(elapsed + margin))


def _one_limit(limits: NDArray[np.float64]) -> float:
    low, high = (limits.min(), limits.max()) if len(limits) else (0.0, 0.0)
    if low < high:
        told = Words(f"of limits from {_told(low)} to {_told(high)}")
        raise InvalidValueError("table", told, "must be of one", "measure each promise by itself")
    return float(low)


def _unseen(n: int, clocks: _Clocks) -> InvalidValueError:
    longest = _told(clocks.elapsed.max())
    told = Words(f"of {n} clocks, of which none that goes on was seen beyond {longest}")
    rule = f"must reach beyond the limit, {_told(clocks.limit)}"
    return InvalidValueError("table", told, rule, "ask again when one was broken")


def _told(micros: float) -> timedelta:
    return timedelta(microseconds=micros)


def _check_durations(frame: Eager | Lazy, name: str) -> None:
    dtype = frame.collect_schema().get(name)
    if not isinstance(dtype, nw.Duration):
        told = Words("missing" if dtype is None else f"a column of {dtype}")
        way_out = "give what promises_kept returned"
        raise InvalidValueError(name, told, "must hold durations", way_out)


def _is(state: ClockState) -> nw.Expr:
    found: nw.Expr = nw.col("state") == state.value
    return found


def _running(table: IntoFrame, columns: dict[str, ColumnKind]) -> Eager | Lazy:
    frame = _promises(table, {"state": ColumnKind.TEXT, **columns})
    return frame.filter(_is(ClockState.RUNNING))


def _promises(table: IntoFrame, columns: dict[str, ColumnKind]) -> Eager | Lazy:
    return frame_of(table, "table", columns)
