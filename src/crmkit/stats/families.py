"""Many comparisons at once: p-values that know how many there were.

Law: the family is one call. Up to twenty, no single false find is risked (Holm); above twenty, a
share of the finds (Benjamini and Hochberg). Nothing is judged by whether intervals overlap.

Source: Holm, S. (1979), "A simple sequentially rejective multiple test procedure", Scandinavian
Journal of Statistics 6(2), 65–70; Benjamini, Y. and Hochberg, Y. (1995), "Controlling the false
discovery rate", Journal of the Royal Statistical Society B 57(1), 289–300.
"""

from __future__ import annotations

from typing import Final, Literal

import attrs
import numpy as np

from crmkit.errors import InvalidValueError
from crmkit.kernel.estimate import check_confidence, doubt_of
from crmkit.kernel.frames import Values, bad_values, numbers

from .histogram import Floats


_HOLM: Final = "holm"
_DISCOVERY: Final = "benjamini-hochberg"
_FEW: Final = 20


@attrs.frozen(kw_only=True)
class AdjustedPValues:
    """The p-values of one family, adjusted for their number.

    Attributes:
        adjusted: In the order of the comparisons; None where there was no test.
        method: "holm" or "benjamini-hochberg".
        size: How many tests there were.

    Examples:
        >>> adjust_for_many([0.01, 0.04, 0.03]).adjusted
        (0.03, 0.06, 0.06)
    """

    adjusted: tuple[float | None, ...]
    method: str
    size: int

    def significant(self, *, confidence: float = 0.95) -> tuple[bool, ...]:
        """Return which comparisons are found, at a confidence for the whole family.

        Examples:
            >>> adjust_for_many([0.01, None, 0.03]).significant()
            (True, False, True)
        """
        check_confidence(confidence)
        bar = doubt_of(confidence)
        return tuple(value is not None and value <= bar for value in self.adjusted)


def adjust_for_many(
    p_values: Values, *, method: Literal["holm", "benjamini-hochberg"] | None = None
) -> AdjustedPValues:
    r"""Adjust the p-values of one family for their number.

    With $p_{(1)} \le \dots \le p_{(m)}$, Holm's are
    $\max_{j \le i} \min(1, (m - j + 1)\,p_{(j)})$, those of Benjamini and Hochberg
    $\min_{j \ge i} \min(1, m\,p_{(j)}/j)$.

    Args:
        p_values: One per comparison; None and NaN where there was no test, which does not count.
        method: Which; None takes Holm's for up to twenty, and that of Benjamini and Hochberg above.

    Raises:
        InvalidValueError: If one is no number from 0 to 1, or the method has another name.

    Units:
        As p-values: 0 to 1.

    Source:
        Holm (1979); Benjamini and Hochberg (1995).

    Examples:
        >>> family = adjust_for_many([0.001, 0.02, 0.04, None])
        >>> family.adjusted, family.method, family.size
        ((0.003, 0.04, 0.04, None), 'holm', 3)
    """
    told = numbers(p_values, "p_values")
    if (bad := np.flatnonzero((told < 0) | (told > 1))).size:
        rule = "must be a number from 0 to 1"
        raise bad_values("p_values", told[bad[:3]].tolist(), bad.tolist(), rule)
    there = np.flatnonzero(~np.isnan(told))
    size = len(there)
    chosen = method or (_HOLM if size <= _FEW else _DISCOVERY)
    if chosen not in _ADJUST:
        raise InvalidValueError("method", method, f"must be {' or '.join(_ADJUST)}, or None")
    order = there[np.argsort(told[there], kind="stable")]
    adjusted: list[float | None] = [None] * len(told)
    found = np.minimum(_ADJUST[chosen](told[order]), 1.0)
    for place, value in zip(order.tolist(), found.tolist(), strict=True):
        adjusted[place] = value
    return AdjustedPValues(adjusted=tuple(adjusted), method=chosen, size=size)


def _holm(rising: Floats) -> Floats:
    return np.maximum.accumulate(rising * np.arange(len(rising), 0, -1))


def _benjamini_hochberg(rising: Floats) -> Floats:
    ranks = np.arange(1, len(rising) + 1)
    falling: Floats = np.minimum.accumulate((rising * len(rising) / ranks)[::-1])
    return falling[::-1]


_ADJUST: Final = {_HOLM: _holm, _DISCOVERY: _benjamini_hochberg}
