"""What became of the points of each month's sales, and of their price.

Law: goods that come back take their own price and their own points out of the month, whatever had
become of these: those that were redeemed, lapsed, were taken away, or are open.

Source: IFRS 15 B20-B23: what goes back was not sold; 88: a price is not shared out anew for what
changes later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crmkit.kernel import Share, to_micros
from crmkit.stats.days import months_of

from .ledger import (
    ADJUSTED,
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


Picked: TypeAlias = "NDArray[np.bool_] | slice"


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
    sums = _sums(ledger, picked, keys, still.sum(axis=1))
    further = np.zeros(len(months))
    if isinstance(expected, RedemptionCurve):
        further = still @ expected.still_redeemed(np.arange(still.shape[1]))
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


def _sums(ledger: PointsLedger, picked: Picked, keys: Whole, left: Whole) -> dict[str, Whole]:
    """Return what became of points, and their coins, by their keys; so many are open."""
    size = len(left)
    points, term = ledger.rows.points[picked], ledger.rows.term[picked]
    table = sums_by(keys * TERM_CODES + term, points, size * TERM_CODES).reshape(-1, TERM_CODES)
    back = np.flatnonzero(term == TAKEN_BACK)
    lines = back if isinstance(picked, slice) else np.flatnonzero(picked)[back]
    owed = sums_by(keys[back], ledger.rows.debt[lines], size)
    void, less = _gone_before(ledger, picked, keys, lines, size)
    redeemed = np.maximum(0, -table[:, [REDEEMED, GIVEN_BACK, SETTLED]].sum(axis=1) - owed)
    expired = np.maximum(0, table.sum(axis=1) - left - table[:, EXPIRED] - void)
    granted = table[:, EARNED] + table[:, TAKEN_BACK] - owed - void - less
    return {
        "granted": granted,
        "redeemed": redeemed,
        "expired": expired,
        "withdrawn": granted - redeemed - expired - left,
        "open": left,
        "coins": sums_by(keys, ledger.coins[picked], size),
    }


def _gone_before(
    ledger: PointsLedger, picked: Picked, keys: Whole, back: NDArray[np.intp], size: int
) -> tuple[Whole, Whole]:
    """Return how many points of goods that came back had lapsed, or been taken away, by their keys.

    No posting tells of them: a return takes what is left, and what was spent is owed. But all
    returns together reverse the share of the points that is the share of the price, rounded up;
    and what was taken away is reversed before what lapsed.
    """
    void, less = np.zeros((2, size), dtype=np.int64)
    rows, odd = ledger.rows, _may_lack(ledger, back)
    if len(odd):
        own = np.isin(rows.account[picked], rows.account[odd])
        own &= np.isin(ledger.lot[picked], ledger.lot[odd])
        (lines,) = np.nonzero(own & np.isin(rows.term[picked], (EARNED, TAKEN_BACK, ADJUSTED)))
        for place, (sold, price, part, posted, taken) in _by_lot(ledger, picked, lines):
            gone = max(0, -(-sold * part // price) - posted) if price else 0
            less[keys[place]] += min(gone, taken)
            void[keys[place]] += gone - min(gone, taken)
    return void, less


def _may_lack(ledger: PointsLedger, back: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return those returns of which points may have lapsed before, or been taken away."""
    rows, lot = ledger.rows, ledger.lot
    (taken,) = np.nonzero((rows.term == ADJUSTED) & ledger.is_sale)
    less = np.isin(rows.account[back], rows.account[taken]) & np.isin(lot[back], lot[taken])
    return back[less | (rows.posted[back] >= rows.expires[back])]


def _by_lot(
    ledger: PointsLedger, picked: Picked, lines: NDArray[np.intp]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the first line of each lot, and its sums.

    Yields:
        A line; and how many points were sold, for how many coins, how many of these went back, how
        many points went back or are owed for them, and how many were taken away.
    """
    rows = ledger.rows
    account, lots, term, points, debt, coins = (
        column[picked][lines]
        for column in (rows.account, ledger.lot, rows.term, rows.points, rows.debt, ledger.coins)
    )
    pairs = np.stack([account, lots], axis=1)
    _, first, lot = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
    asked = (
        (EARNED, points),
        (EARNED, coins),
        (TAKEN_BACK, -coins),
        (TAKEN_BACK, debt - points),
        (ADJUSTED, -points),
    )
    sums = (sums_by(lot, np.where(term == act, one, 0), len(first)).tolist() for act, one in asked)
    yield from zip(lines[first].tolist(), zip(*sums, strict=True), strict=True)
