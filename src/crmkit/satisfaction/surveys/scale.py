"""The scale on which a question is answered: whole numbers from a lowest to a highest.

Law: what is off the scale is refused; where it is turned or stretched, the ends stay the ends.

Source: science of the field: u = 100 (x - low) / (high - low); reversed items low + high - x.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Final

import attrs

from crmkit.errors import InvalidValueError


@attrs.frozen
class Scale:
    """Whole numbers from `low` to `high`, one apart.

    Attributes:
        low: The lowest answer.
        high: The highest answer, above the lowest.

    Raises:
        InvalidValueError: If an end is no whole number, or they are not in order.

    Examples:
        >>> five = Scale(1, 5)
        >>> five.rescale(4), five.reversed(4), 6 in five, five.points
        (75.0, 2, False, 5)
        >>> five.check(6, "delivery")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: delivery is 6: it must be a whole number from 1 to 5
    """

    low: int
    high: int

    def __attrs_post_init__(self) -> None:
        for name, end in (("low", self.low), ("high", self.high)):
            if type(end) is not int:
                raise InvalidValueError(name, end, "must be a whole number")
        if self.high <= self.low:
            raise InvalidValueError("high", self.high, f"must be above low, {self.low}")

    @property
    def rule(self) -> str:
        """What an answer must be, as the end of "it …"."""
        return f"must be a whole number from {self.low} to {self.high}"

    @property
    def points(self) -> int:
        """How many answers there are to choose from."""
        return self.high - self.low + 1

    @property
    def midpoint(self) -> float:
        """The middle: an answer, or halfway between two."""
        return (self.low + self.high) / 2

    def __contains__(self, value: object) -> bool:
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        return whole and self.low <= int(value) <= self.high  # type: ignore[call-overload]  # whole

    def check(self, value: object, name: str = "answer") -> int:
        """Return an answer, as Python's own whole number.

        Args:
            value: The answer.
            name: What the caller calls it, for the message.

        Raises:
            InvalidValueError: If it is no whole number, or off the scale.
        """
        if isinstance(value, Integral) and value in self:
            return int(value)
        raise InvalidValueError(name, value, self.rule)

    def rescale(self, value: float) -> float:
        """Return an answer, or a mean of answers, stretched to 0 at the low end and 100 above.

        Raises:
            InvalidValueError: If it is no number of the scale.

        Units:
            0 to 100.
        """
        return 100 * (self._number(value) - self.low) / (self.high - self.low)

    def reversed(self, value: float) -> float:
        """Return what an answer to the opposite question would be: low + high - x.

        Raises:
            InvalidValueError: If it is no number of the scale.
        """
        return self.low + self.high - self._number(value)

    def _number(self, value: float) -> float:
        real = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        if not real or not self.low <= value <= self.high:
            rule = f"must be a number from {self.low} to {self.high}"
            raise InvalidValueError("answer", value, rule)
        return value

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


LIKERT5: Final = Scale(1, 5)
"""Five points, as R. Likert's (1932): 1 the lowest, 5 the highest."""

LIKERT7: Final = Scale(1, 7)
"""Seven points: 1 the lowest, 7 the highest."""

TEN_POINT: Final = Scale(1, 10)
"""Ten points, 1 to 10: the scale of the ACSI and of the ECSI."""

RECOMMEND: Final = Scale(0, 10)
"""Eleven points, 0 to 10: how likely somebody is to recommend us."""


def check_scale(scale: Scale) -> None:
    """Refuse what is no scale.

    Raises:
        InvalidValueError: If it is none.

    Examples:
        >>> check_scale((1, 5))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: scale is (1, 5): it must be a Scale; Scale(1, 5)
    """
    if not isinstance(scale, Scale):
        raise InvalidValueError("scale", scale, "must be a Scale", "Scale(1, 5)")
