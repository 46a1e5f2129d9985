"""How long a customer has been silent: the one formula, for arrays, engines and one record.

Law: whoever is silent for the same days is silent alike, in any unit and on any engine. In weeks
both ends of a silence were divided by seven, and their difference carries the noise of floats.

Source: chosen here.
"""

from __future__ import annotations

from typing import Final, Literal

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.value.purchases.purchase_window import DAYS_IN


# A tenth of a second: far above the noise, far below what anybody counts in days.
_NOISE: Final = 1e-6


def at_whole_days(silence: float, unit: Literal["D", "W"]) -> float:
    """Return a silence freed from noise: what is a whole number of days but for floats, is one.

    Args:
        silence: Since the last purchase, or a bar of it.
        unit: What it is counted in.

    Examples:
        >>> at_whole_days(30 / 7 + 28 / 7 - 30 / 7, "W"), at_whole_days(4.05, "W")
        (4.0, 4.05)
    """
    length = DAYS_IN[unit]
    days = round(silence * length)
    return days / length if abs(silence * length - days) <= _NOISE else silence


def count_at_whole_days(
    silences: NDArray[np.float64], unit: Literal["D", "W"]
) -> NDArray[np.float64]:
    """Return what `at_whole_days` does, of many: finite, of either sign.

    Examples:
        >>> count_at_whole_days(np.array([2 / 7 - 9 / 7, -0.5]), "W")
        array([-1. , -0.5])
    """
    length = DAYS_IN[unit]
    # Days are differences of whole numbers.
    if length == 1:
        return silences
    days = silences * length
    whole = np.rint(days)
    near = np.abs(np.subtract(days, whole, out=days), out=days) <= _NOISE
    return np.where(near, np.divide(whole, length, out=whole), silences)


def ask_silence(unit: Literal["D", "W"]) -> nw.Expr:
    """Return the silence of a table's customers, for any engine.

    Examples:
        >>> import polars
        >>> table = nw.from_native(polars.DataFrame({"recency": [30 / 7], "T": [58 / 7]}))
        >>> table.select(silence=ask_silence("W"))["silence"].to_list()
        [4.0]
    """
    length = DAYS_IN[unit]
    silence: nw.Expr = nw.col("T").cast(nw.Float64) - nw.col("recency").cast(nw.Float64)
    if length == 1:
        return silence
    days = silence * float(length)
    whole = days.round(0)
    return nw.when((days - whole).abs() <= _NOISE).then(whole / float(length)).otherwise(silence)
