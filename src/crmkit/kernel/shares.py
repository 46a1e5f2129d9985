"""Shares and scores: numbers whose range is part of their meaning."""

from __future__ import annotations

import math
from functools import total_ordering
from numbers import Real
from typing import Final

import attrs

from crmkit.errors import InvalidValueError


_SMALLEST_P: Final = 0.0001


@total_ordering
@attrs.frozen(order=False, repr=False)
class Share:
    """A part of a whole.

    Raises:
        InvalidValueError: If it is no number from 0 to 1.

    Units:
        0 (nothing) to 1 (all).

    Examples:
        >>> str(Share(0.8)), float(Share(0.8)), Share(0.2) < Share(0.8)
        ('80 %', 0.8, True)
        >>> Share(80)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: share is 80: it must be a number from 0 to 1
    """

    value: float

    def __attrs_post_init__(self) -> None:
        _in_range("share", self.value, 0, 1)

    def __float__(self) -> float:
        return float(self.value)

    def __lt__(self, other: Share) -> bool:
        return self.value < other.value if isinstance(other, Share) else NotImplemented

    def __str__(self) -> str:
        return f"{100 * float(self):.4g} %"

    def __repr__(self) -> str:
        return f"Share({float(self):g})"


@total_ordering
@attrs.frozen(order=False, repr=False)
class Score:
    """A judgement on the scale that all of crmkit shares.

    Raises:
        InvalidValueError: If it is no number from 0 to 100.

    Units:
        0 (wholly dissatisfied, wholly unfit) to 100 (wholly satisfied, wholly fit).

    Examples:
        >>> Score(75), str(Score(72.5428)), Score(75) > Score(60)
        (Score(75), '72.54', True)
    """

    value: float

    def __attrs_post_init__(self) -> None:
        _in_range("score", self.value, 0, 100)

    def __float__(self) -> float:
        return float(self.value)

    def __lt__(self, other: Score) -> bool:
        return self.value < other.value if isinstance(other, Score) else NotImplemented

    def __str__(self) -> str:
        return f"{float(self):.4g}"

    def __repr__(self) -> str:
        return f"Score({float(self):g})"


class Confidence(float):
    """What share of such intervals hold the true value: a float that a sentence tells in percent.

    Examples:
        >>> str(Confidence(0.95)), Confidence(0.95) == 0.95
        ('95 %', True)
    """

    def __str__(self) -> str:
        return f"{100 * float(self):.4g} %"


class PValue(float):
    """How often chance alone would do so: a float that a sentence tells with its name.

    What is smaller than one in ten thousand is told as that: its digits say nothing.

    Examples:
        >>> str(PValue(0.0250295)), str(PValue(7.6e-12)), PValue(0.025) == 0.025
        ('p = 0.02503', 'p < 0.0001', True)
    """

    def __str__(self) -> str:
        return f"p = {float(self):.4g}" if self >= _SMALLEST_P else f"p < {_SMALLEST_P:g}"


def _in_range(name: str, value: float, low: float, high: float) -> None:
    number = isinstance(value, Real) and not isinstance(value, bool)
    # Not a NaN either: it compares false with everything.
    if not number or math.isnan(value) or not low <= value <= high:
        raise InvalidValueError(name, value, f"must be a number from {low:g} to {high:g}")
