"""Amounts as whole coins: what classes are compared in.

Law: an amount is a whole number of the currency's smallest coins, but for the noise of floats; what
lies between two coins is refused, not rounded. Both forms, for arrays and for any engine, are one
formula.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from math import ceil
from typing import Final

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Flaw


LIMIT: Final = 2**53
"""Below it floats count every coin, and 64 bits hold a thousand times the total."""

BLOCK: Final = 1 << 15
"""Rows that stay in a processor's cache."""

_NOISE: Final = 1e-4
_NOISE_PER_COIN: Final = 1e-12
_MOST_DECIMALS: Final = 4
_MOST_PLACES: Final = 9


def checked_decimals(decimals: int) -> int:
    """Return the decimals of a currency if it is one that there is.

    Raises:
        InvalidValueError: If it is no whole number from 0 to 4.
    """
    whole = isinstance(decimals, int) and not isinstance(decimals, bool)
    if not (whole and 0 <= decimals <= _MOST_DECIMALS):
        rule = f"must be a whole number from 0 to {_MOST_DECIMALS}"
        raise InvalidValueError("decimals", decimals, rule, "most currencies have 2, yen have 0")
    return decimals


def checked_places(decimals: int) -> int:
    """Return to how many decimals values are compared, if floats can tell them apart.

    Raises:
        InvalidValueError: If it is no whole number from 0 to 9.
    """
    whole = isinstance(decimals, int) and not isinstance(decimals, bool)
    if not (whole and 0 <= decimals <= _MOST_PLACES):
        raise InvalidValueError(
            "decimals", decimals, f"must be a whole number from 0 to {_MOST_PLACES}"
        )
    return decimals


def coins(amounts: NDArray[np.float64], decimals: int) -> tuple[NDArray[np.float64], bool]:
    """Return amounts in whole coins, and whether all of them are.

    Units:
        Amounts in the currency; results in its smallest coin.

    Examples:
        >>> coins(np.array([19.99, -0.1]), 2)
        (array([1999.,  -10.]), True)
        >>> coins(np.array([0.125]), 2)[1], coins(np.array([np.nan]), 2)[1]
        (False, False)
    """
    whole, exact = np.empty(len(amounts)), True
    for rows, near, is_exact in coin_blocks(amounts, decimals):
        whole[rows] = near
        exact = exact and is_exact
    return whole, exact


def coin_blocks(
    amounts: NDArray[np.float64], decimals: int
) -> Iterator[tuple[slice, NDArray[np.float64], bool]]:
    """Yield rows, their amounts in whole coins, and whether all of them are.

    The coins of one block are written over by those of the next: they stay in the cache, and
    memory that is asked for anew costs more than the sums.
    """
    whole, scratch = np.empty((2, min(len(amounts), BLOCK)))
    for start in range(0, len(amounts), BLOCK):
        block = amounts[start : start + BLOCK]
        near, off = whole[: len(block)], scratch[: len(block)]
        yield slice(start, start + len(block)), near, _count_coins(block, decimals, near, off)


def _count_coins(
    amounts: NDArray[np.float64],
    decimals: int,
    near: NDArray[np.float64],
    off: NDArray[np.float64],
) -> bool:
    """Write amounts in whole coins into `near`, and return whether all of them are."""
    with np.errstate(invalid="ignore", over="ignore"):
        np.multiply(amounts, 10.0**decimals, out=off)
        np.floor(np.add(off, 0.5, out=near), out=near)
        np.abs(np.subtract(off, near, out=off), out=off)
        # Most amounts are small, and need no more than this; a NaN is not within the noise.
        if off.max() <= _NOISE:
            return True
        return bool((off <= _NOISE + _NOISE_PER_COIN * np.abs(near)).all())


def coins_of(volume: Decimal, decimals: int) -> int:
    """Return the least whole number of coins that is no less than a volume.

    Examples:
        >>> coins_of(Decimal("100"), 2), coins_of(Decimal("0.125"), 2)
        (10000, 13)
    """
    return ceil(volume.scaleb(decimals))


def coins_in(amount: str, decimals: int) -> nw.Expr:
    """Return the column `amount` in whole coins, as an expression of floats for any engine."""
    return (_scaled(amount, decimals) + 0.5).floor()


def in_currency(coins: nw.Expr, decimals: int) -> nw.Expr:
    """Return coins as an amount, as an expression of floats for any engine."""
    # Rounded, for polars divides by a constant through its reciprocal, and 301 cents were 3.01 + ε.
    return (coins.cast(nw.Float64) / 10.0**decimals).round(decimals)


def off_coin(amount: str, decimals: int) -> Flaw:
    """Return the flaw of an amount that is no whole number of coins."""
    near = coins_in(amount, decimals)
    off = (_scaled(amount, decimals) - near).abs()
    rule = f"must have no more than {decimals} decimals"
    way_out = "round it as a 64-bit float, or give the currency's decimals="
    return Flaw(amount, off > near.abs() * _NOISE_PER_COIN + _NOISE, rule, way_out)


def check_total(total: float, amount: str, decimals: int) -> None:
    """Check that a sum of coins can be counted exactly.

    Raises:
        InvalidValueError: If it is 2⁵³ coins or more.
    """
    if not total < LIMIT:
        rule = f"must be below {LIMIT} coins to be counted exactly"
        way_out = "give amounts in thousands, or with fewer decimals="
        raise InvalidValueError(f"sum of {amount}", total / 10**decimals, rule, way_out)


def _scaled(amount: str, decimals: int) -> nw.Expr:
    return nw.col(amount).cast(nw.Float64) * 10.0**decimals
