"""What a model may be asked: times, counts, chances and rates, checked."""

from __future__ import annotations

import math
from typing import Final

from crmkit.errors import InvalidValueError
from crmkit.kernel.scalars import as_python


_SHORTEST: Final = 1e-100
_LONGEST: Final = 1e12
_LEAST: Final = 1e-5
_MOST_OCCASIONS: Final = 10_000
_MOST: Final = 10**6  # as of the purchases in a table


def checked_within(
    within: float, *, whole: bool, endless: bool = False, name: str = "within"
) -> float:
    """Return a stretch of time if it is one that can be asked about.

    Args:
        within: The time, or the number of occasions.
        whole: Whether occasions are counted.
        endless: Whether it may be infinite.
        name: What its caller knows it by.

    Raises:
        InvalidValueError: If it is not above 0, is endless where it must not be, beyond what can
            be foretold (10⁻¹⁰⁰ to 10¹² units of time, 10,000 occasions), or not whole where
            occasions are counted.
    """
    within = as_python(within)
    ends = _is_number(within) and (math.isfinite(within) or (endless and within == math.inf))
    if not (ends and within > 0):
        rule = f"must be {'a' if endless else 'a finite'} number above 0"
        raise InvalidValueError(name, within, rule, "in the unit of the model")
    longest = _MOST_OCCASIONS if whole else _LONGEST
    if math.isfinite(within) and not _SHORTEST <= within <= longest:
        rule = f"must be from {_SHORTEST:g} to {longest:,.0f}"
        way_out = _way_to(name, endless) if within > longest else "ask for a longer time"
        raise InvalidValueError(name, within, rule, way_out)
    if whole and math.isfinite(within) and within != int(within):
        raise InvalidValueError(name, within, "must be a whole number of occasions")
    return float(within)


def _way_to(name: str, endless: bool) -> str:
    """Say where more than the longest time is told."""
    if endless:
        return "write math.inf for all time to come"
    if name == "within":
        return "of all time to come ask dert(), or clv() with horizon=math.inf"
    return "take a shorter one: at a discount of a tenth, a hundred years are as good as all time"


def checked_count(count: int) -> int:
    """Return a number of purchases if it can be one.

    Raises:
        InvalidValueError: If it is no whole number of 0 or more, or beyond a million.
    """
    count = as_python(count)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise InvalidValueError("count", count, "must be a whole number that is not negative")
    if count > _MOST:
        raise InvalidValueError("count", count, f"must be {_MOST:,} or less")
    return count


def checked_chance(chance: float) -> float:
    """Return a chance if it lies between 0 and 1.

    Raises:
        InvalidValueError: If it does not.
    """
    chance = as_python(chance)
    if not (_is_number(chance) and 0 < chance < 1):
        raise InvalidValueError("chance", chance, "must lie between 0 and 1", "write 0.5")
    return float(chance)


def checked_discount(discount: float, *, endless: bool) -> float:
    """Return a rate of discount if it is one.

    Raises:
        InvalidValueError: If it is negative, 1 or more, or below 0.00001 where there is no horizon.
    """
    discount = as_python(discount)
    if not (_is_number(discount) and 0 <= discount < 1):
        way_out = "write 0.1 for a tenth a year"
        raise InvalidValueError("discount", discount, "must be a share from 0 to below 1", way_out)
    if endless and discount < _LEAST:
        way_out = "ask clv() for a finite horizon, or give a discount such as 0.1"
        rule = "must be above 0" if not discount else f"must be at least {_LEAST:g}"
        raise InvalidValueError("discount", discount, rule, way_out)
    return float(discount)


def checked_margin(margin: float) -> float:
    """Return a margin if it is a number of at most 1.

    Raises:
        InvalidValueError: If it is not.
    """
    margin = as_python(margin)
    if not (_is_number(margin) and math.isfinite(margin) and margin <= 1):
        rule = "must be a share of at most 1"
        raise InvalidValueError("margin", margin, rule, "write 0.3 for 30 % of the spend")
    return float(margin)


def checked_amount(value: float, name: str) -> float:
    """Return an amount if it is one.

    Raises:
        InvalidValueError: If it is no finite number, or negative.
    """
    value = as_python(value)
    if not (_is_number(value) and math.isfinite(value) and value >= 0):
        raise InvalidValueError(name, value, "must be a finite number that is not negative")
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
