"""A number that says how sure it is."""

from __future__ import annotations

import math
from numbers import Real
from typing import Self

import attrs

from crmkit.errors import InvalidValueError


def check_confidence(confidence: float) -> None:
    """Refuse what is no share of intervals that may hold the true value.

    Raises:
        InvalidValueError: If it is no number between 0 and 1.

    Examples:
        >>> check_confidence(0.95)
        >>> check_confidence("95 %")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: confidence is '95 %': it must lie between 0 and 1; write\
 0.95
    """
    number = isinstance(confidence, Real) and not isinstance(confidence, bool)
    if not number or not 0 < confidence < 1:
        raise InvalidValueError("confidence", confidence, "must lie between 0 and 1", "write 0.95")


def doubt_of(confidence: float) -> float:
    """Return what a confidence leaves to chance, as it is written and not as floats subtract it.

    Examples:
        >>> doubt_of(0.95), 1 - 0.95
        (0.05, 0.050000000000000044)
    """
    return round(1 - confidence, 12)


# eq=False: it is a float, and compares as one, by its value alone.
@attrs.frozen(eq=False, slots=False)
class Estimate(float):
    """An estimated number with its interval, usable wherever a float is.

    Attributes:
        value: The estimate itself.
        low: Lower end of the interval.
        high: Upper end of the interval; the interval need not be centred on the value.
        confidence: Share of such intervals that hold the true value: 0.95.
        n: How many observations it rests on.
        n_missing: How many had no answer and were left out.
        method: Name of the interval's method.

    Raises:
        InvalidValueError: If a number is not finite, the ends are crossed, the confidence is not
            between 0 and 1, or a count is negative.

    Examples:
        >>> share = Estimate(0.5, 0.4, 0.6, confidence=0.95, n=100, n_missing=3, method="wilson")
        >>> share * 2, share > 0.4
        (1.0, True)
        >>> print(share)
        0.5 (95 % interval 0.4 to 0.6, n = 100, 3 missing, wilson)
    """

    value: float
    low: float
    high: float
    confidence: float
    n: int
    n_missing: int
    method: str

    # A float is made of its value alone; the rest is named for those who ask for the signature.
    def __new__(
        cls,
        value: float,
        low: float,
        high: float,
        confidence: float,
        n: int,
        n_missing: int,
        method: str,
    ) -> Self:
        return super().__new__(cls, value)

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), attrs.astuple(self)

    def __attrs_post_init__(self) -> None:
        for name in ("value", "low", "high"):
            if not math.isfinite(getattr(self, name)):
                raise InvalidValueError(name, getattr(self, name), "must be a finite number")
        if self.low > self.high:
            raise InvalidValueError("low", self.low, f"must not exceed high, {self.high!r}")
        check_confidence(self.confidence)
        for name in ("n", "n_missing"):
            if getattr(self, name) < 0:
                raise InvalidValueError(name, getattr(self, name), "must not be negative")

    def to_dict(self) -> dict[str, float | int | str]:
        """Return its fields by name, for JSON or a row of a frame."""
        return attrs.asdict(self)

    def __str__(self) -> str:
        missing = f", {self.n_missing} missing" if self.n_missing else ""
        return (
            f"{self.value:.4g} ({100 * self.confidence:g} % interval {self.low:.4g} to "
            f"{self.high:.4g}, n = {self.n}{missing}, {self.method})"
        )

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th>{name}</th><td>{v}</td></tr>" for name, v in self.to_dict().items()
        )
        return f"<table>{cells}</table>"
