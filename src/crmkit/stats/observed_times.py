"""Times that were observed: how long, whether to the end, and from which age on.

Law: who was first seen late is at risk from then on; he is not taken to have been seen before.
"""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Final, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel.frames import bad_values, numbers

from .time_columns import MISSING, durations_in


Floats: TypeAlias = NDArray[np.float64]

_MICRO: Final = timedelta(microseconds=1)
_LEVEL: Final = 4  # of the warning: whoever called kaplan_meier or aalen_johansen


def lengths_in(durations: object, unit: timedelta, *, name: str = "durations") -> Floats:
    """Return durations as numbers, NaN where one is missing.

    Args:
        durations: Numbers that are not negative, or durations.
        unit: In what durations are counted; numbers are taken as they are.
        name: What the caller passed them as.

    Raises:
        InvalidValueError: If one is negative or infinite, or the unit is nothing.
    """
    if _is_time(durations):
        if not isinstance(unit, timedelta) or unit <= timedelta(0):
            raise InvalidValueError("unit", unit, "must be a timedelta above 0")
        rows = len(durations)  # type: ignore[arg-type]  # an array or a Series
        micros = durations_in(durations, name, rows)
        found = np.where(micros == MISSING, np.nan, micros / (unit / _MICRO))
    else:
        found = numbers(durations, name).copy()  # type: ignore[arg-type]  # checked there
    bad = np.flatnonzero((found < 0) | np.isinf(found))
    if len(bad):
        values = found[bad].tolist()
        raise bad_values(name, values, bad.tolist(), "must be finite and not negative")
    return found


def entries_in(entries: object, lengths: Floats, unit: timedelta) -> Floats:
    """Return at what age each came under observation.

    Args:
        entries: In the form of durations; None where all were seen from their beginning.
        lengths: Up to what age each was seen, NaN where that is missing.
        unit: In what durations are counted.

    Raises:
        InvalidValueError: If they are not as many, or one is missing, or not before the end.
    """
    if entries is None:
        return np.zeros(len(lengths))
    found = lengths_in(entries, unit, name="entries")
    if len(found) != len(lengths):
        rule = f"must be {len(lengths)}, as the durations"
        raise InvalidValueError("len(entries)", len(found), rule)
    bad = np.flatnonzero(np.isnan(found) | ((found > 0) & (found >= lengths)))
    if len(bad):
        rule = "must be there, and come before the end"
        way_out = "leave out what ended before anybody looked"
        raise bad_values("entries", found[bad].tolist(), bad.tolist(), rule, way_out=way_out)
    return found


def at_risk_of(time: Floats, left: NDArray[np.int64], entries: Floats) -> NDArray[np.int64]:
    """Return how many were under observation just before each time.

    Args:
        time: When somebody was seen for the last time, rising.
        left: How many then.
        entries: At what age each came under observation; at risk from after it.
    """
    here = np.cumsum(left) - left
    late = entries[entries > 0]
    come = len(entries) - len(late) + np.searchsorted(np.sort(late), time, "left")
    return (come - here).astype(np.int64)


def warn_of_early_end(time: Floats, survival: Floats) -> None:
    """Warn where the curve comes to nothing although others were seen for longer."""
    gone = np.flatnonzero(survival <= 0)
    if len(gone) and gone[0] < len(time) - 1:
        warnings.warn(
            f"all who were under observation at {time[gone[0]]:.4g} ended then, and others came "
            "later: the curve stays at nothing; leave out the youngest ages, of which few are seen",
            AssumptionWarning,
            stacklevel=_LEVEL,
        )


def flags_in(observed: object, rows: int) -> NDArray[np.bool_]:
    """Return flags as an array, one for each row.

    Raises:
        InvalidValueError: If they are not as many, or one is neither true nor false.
    """
    flags = listed(observed)
    bad = [place for place, flag in enumerate(flags) if not _is_flag(flag)]
    if bad:
        values = [flags[place] for place in bad]
        raise bad_values("observed", values, bad, "must be True or False")
    if len(flags) != rows:
        raise InvalidValueError("len(observed)", len(flags), f"must be {rows}, as the durations")
    return np.array(flags, dtype=bool)


def listed(values: object) -> list[object]:
    """Return a sequence, an array or a Series as a list; anything else as its only item."""
    series = nw.from_native(values, series_only=True, pass_through=True)
    told = series.to_list() if isinstance(series, nw.Series) else values
    if isinstance(told, np.ndarray):
        told = told.tolist()
    return list(told) if isinstance(told, list | tuple) else [told]


def _is_time(durations: object) -> bool:
    if isinstance(durations, np.ndarray):
        return bool(durations.dtype.kind == "m")
    series = nw.from_native(durations, series_only=True, pass_through=True)
    return isinstance(series, nw.Series) and isinstance(series.dtype, nw.Duration)


def _is_flag(value: object) -> bool:
    # By its type first: what is missing in pandas compares to nothing.
    if isinstance(value, bool | np.bool_):
        return True
    return isinstance(value, int | float) and value in (0, 1)


def step_at(times: Floats, survival: Floats, time: float) -> int:
    """Return the step of a curve at a time; -1 before the first one.

    Args:
        times: At which the curve has its steps, rising.
        survival: What share goes on beyond each.
        time: When.

    Raises:
        InvalidValueError: If it is negative or no number, or if nobody was seen for so long.
    """
    if not time >= 0:
        raise InvalidValueError("time", time, "must be a number that is not negative")
    last = float(times[-1])
    if time > last and survival[-1] > 0:
        way_out = "what share is beyond it is not known; ask up to there"
        raise InvalidValueError("time", time, f"must not exceed the longest, {last!r}", way_out)
    return int(np.searchsorted(times, time, "right")) - 1
