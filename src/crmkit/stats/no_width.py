"""Intervals without a width: a warning that answers which are all alike do not make a mean sure.

Law: an interval of a mean that has no width is never told in silence.

Source: Student (1908), "The probable error of a mean", Biometrika 6(1), 1–25: the interval is built
on a spread, and where none was seen it tells nothing of how sure the mean is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crmkit.kernel.warned import warn_caller as warn_caller

from .histogram import Histogram


ROUNDING: Final = 1e-12
"""Sums of squares are known but for that part of them: the rest is the rounding of their terms."""
_ULPS: Final = 64 * 2.0**-52  # a score of a questionnaire has not gone through more roundings


def are_alike(scores: Sequence[float], *, made_of: Sequence[float] = ()) -> bool:
    """Say whether scores differ by the rounding of floats alone, or not at all.

    Args:
        scores: One or more.
        made_of: Of what numbers they are the differences, if of any: so large is their rounding.

    Examples:
        >>> are_alike([0.3 - 0.2, 0.2 - 0.1]), are_alike([0.1, 0.2])
        (True, False)
    """
    largest = max(map(abs, (*scores, *made_of)))
    return max(scores) - min(scores) <= _ULPS * largest


def warn_if_alike(told: Histogram, *, what: str = "values") -> None:
    """Warn where all that carry weight are alike.

    Args:
        told: What was answered.
        what: What the caller calls it.

    Warns:
        AssumptionWarning: If they are, at the line that called crmkit.
    """
    if told.n > 1 and are_alike(told.scores):
        warn_of_no_width(f"all {told.n} {what} are {told.scores[0]:g}")


def warn_of_no_width(alike: str) -> None:
    """Warn of an interval that has no width.

    Args:
        alike: What is all alike, as the beginning of a sentence.

    Warns:
        AssumptionWarning: At the line that called crmkit.
    """
    warn_caller(
        f"{alike}: the interval has no width, which is what these answers say and not how sure we"
        " are; ask more people"
    )


def warn_of_too_little_width(alike: str) -> None:
    """Warn of an interval to which a part adds no width, for it seems to be known exactly.

    Args:
        alike: What is all alike, as the beginning of a sentence.

    Warns:
        AssumptionWarning: At the line that called crmkit.
    """
    warn_caller(
        f"{alike}: such a part adds nothing to the interval, as if it were known exactly, and the"
        " interval is too short; ask more people, or pool"
    )


def warn_if_alone(n: int, *, where: str = "") -> None:
    """Warn where one person alone answered: his interval is that of a formula made for many.

    Args:
        n: How many answered.
        where: Of which group, as the end of a clause.

    Warns:
        AssumptionWarning: At the line that called crmkit.
    """
    if n == 1:
        warn_caller(
            f"one person alone answered{where}: that says what he thinks, and next to nothing of"
            " all others; ask more people"
        )
