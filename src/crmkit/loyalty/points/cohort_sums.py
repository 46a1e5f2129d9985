"""What became of the points of each month's sales, and of their price.

Law: goods that come back take their own price and their own points out of the month, whatever had
become of these: those that were redeemed, lapsed, were taken away, or are open.

Source: IFRS 15 B20-B23: what goes back was not sold; 88: a price is not shared out anew for what
changes later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from crmkit.kernel import Share, to_micros
from crmkit.stats.days import months_of

from .ledger import (
    EARNED,
    EXPIRED,
    GIVEN_BACK,
    REDEEMED,
    SETTLED,
    TAKEN_BACK,
    TERM_CODES,
    PointsLedger,
    Whole,
    chosen,
    sums_by,
)
from .redemption import RedemptionCurve, ages
from .returned_lots import Picked, returned


def by_month(
    ledger: PointsLedger, as_of: datetime, expected: RedemptionCurve | Share
) -> Iterator[tuple[int, dict[str, int], float]]:
    """Yield what became of the points of each month that came with a sale.

    Yields:
        The month; the numbers of its points, and its coins; and how many of those that are open
        will yet be redeemed, by the curve.
    """
    known = ledger.known(as_of) & ledger.is_sale
    if not known.any():
        return
    picked = chosen(known)
    days = ledger.earned_day[picked]
    first = int(days.min())
    months, month_of_day = np.unique(
        months_of(np.arange(first, int(days.max()) + 1)), return_inverse=True
    )
    keys = month_of_day[days - first]
    still = _still_open(ledger, known, keys, len(months), as_of)
    sums = _sums(ledger, picked, keys, still.sum(axis=1), as_of)
    further = np.zeros(len(months))
    if isinstance(expected, RedemptionCurve):
        further = still @ expected.still_redeemed(np.arange(still.shape[1]))
        # All of a month are of about one age.
        further *= 1 - sums["idle"] / np.maximum(sums["open"], 1)
    for place in np.flatnonzero(np.bincount(keys, minlength=len(months))).tolist():
        told = {name: int(part[place]) for name, part in sums.items()}
        yield int(months[place]), told, float(further[place])


def _still_open(
    ledger: PointsLedger, known: NDArray[np.bool_], keys: Whole, size: int, as_of: datetime
) -> Whole:
    """Return the open points of known rows by their keys, and by their age as the curve has it."""
    is_open = ~ledger.void(as_of)
    rows = np.flatnonzero(known & is_open)
    old = ages(ledger.earned[rows], to_micros(as_of))
    oldest = int(old.max(initial=0)) + 1
    at = keys[is_open[chosen(known)]] * oldest + old
    return sums_by(at, ledger.rows.points[rows], size * oldest).reshape(size, oldest)


def _sums(
    ledger: PointsLedger, picked: Picked, keys: Whole, left: Whole, as_of: datetime
) -> dict[str, Whole]:
    """Return what became of points, and their coins, by their keys; so many are open."""
    size = len(left)
    points, term = ledger.rows.points[picked], ledger.rows.term[picked]
    table = sums_by(keys * TERM_CODES + term, points, size * TERM_CODES).reshape(-1, TERM_CODES)
    back = returned(ledger, picked, keys, size, as_of)
    redeemed = np.maximum(0, -table[:, [REDEEMED, GIVEN_BACK, SETTLED]].sum(axis=1) - back.redeemed)
    expired = np.maximum(0, table.sum(axis=1) - left - table[:, EXPIRED] - back.lapsed)
    granted = table[:, EARNED] + table[:, TAKEN_BACK] - back.owed - back.lapsed - back.withdrawn
    return {
        "granted": granted,
        "redeemed": redeemed,
        "expired": expired,
        "withdrawn": granted - redeemed - expired - left,
        "open": left,
        "idle": np.minimum(back.idle, left),
        "idle_lapsed": np.minimum(back.idle_lapsed, expired),
        "coins": sums_by(keys, ledger.coins[picked], size),
    }
