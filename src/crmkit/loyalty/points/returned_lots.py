"""What had become of the points of goods that came back.

Law: no posting tells of it. All returns of a sale together reverse the share of its points that is
the share of its price, rounded up: first what is left, then what the shop had taken away, then what
had lapsed; what remains is owed. Points that are owed and were not redeemed, or are redeemed no
more, are idle: whoever holds them now, nothing was paid for them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from .ledger import (
    ADJUSTED,
    EARNED,
    EXPIRED,
    GIVEN_BACK,
    MOVED,
    REDEEMED,
    SETTLED,
    TAKEN_BACK,
    TERM_CODES,
    PointsLedger,
    Whole,
    sums_by,
)


Picked: TypeAlias = "NDArray[np.bool_] | slice"

_EXACT: Final = 2**62


@attrs.frozen(eq=False)
class Returned:
    """Points of goods that came back, by a key each.

    Attributes:
        owed: Those that customers owe, or owed until they settled it.
        redeemed: Those of the owed that are redeemed.
        withdrawn: Those that the shop had taken away.
        lapsed: Those that had lapsed.
        idle: Points that are open, and that were owed without being redeemed.
        idle_lapsed: Such as have lapsed since.
    """

    owed: Whole
    redeemed: Whole
    withdrawn: Whole
    lapsed: Whole
    idle: Whole
    idle_lapsed: Whole


@attrs.frozen(eq=False)
class _Lots:
    """Lots, an account's own each, with their lines.

    Attributes:
        key: Of each lot.
        line: Where in the ledger its lines are.
        of: Which lot each of the lines is of.
        ledger: What they stand in.
    """

    key: Whole
    line: NDArray[np.intp]
    of: NDArray[np.intp]
    ledger: PointsLedger

    @classmethod
    def among(cls, ledger: PointsLedger, line: NDArray[np.intp], keys: Whole) -> _Lots:
        """Number the lots of lines, with a key for each line."""
        _, lot = np.unique(ledger.lot[line], return_inverse=True)
        pairs = ledger.rows.account[line] * (int(lot.max(initial=0)) + 1) + lot
        _, first, of = np.unique(pairs, return_index=True, return_inverse=True)
        return cls(keys[first], line, of, ledger)

    def sum(self, column: Whole, *terms: int) -> Whole:
        """Sum a column of the ledger up, over the lines of some terms."""
        counts = np.isin(self.ledger.rows.term[self.line], terms)
        return sums_by(self.of, np.where(counts, column[self.line], 0), len(self.key))

    @property
    def redeemed(self) -> Whole:
        """How many of their points are redeemed."""
        return -self.sum(self.ledger.rows.points, REDEEMED, GIVEN_BACK, SETTLED)

    @property
    def held(self) -> Whole:
        """How many of their points nothing was posted of."""
        return self.sum(self.ledger.rows.points, *range(TERM_CODES))

    def are_void(self, as_of: datetime) -> NDArray[np.bool_]:
        """Whether their points have lapsed."""
        void = np.zeros(len(self.key), dtype=bool)
        void[self.of] = self.ledger.void(as_of)[self.line]
        return void

    def by_key(self, counts: Whole, size: int) -> Whole:
        """Sum numbers of lots up by their keys."""
        return sums_by(self.key, counts, size)


def returned(
    ledger: PointsLedger, picked: Picked, keys: Whole, size: int, as_of: datetime
) -> Returned:
    """Tell what had become of the points of goods that came back, as of a moment.

    Args:
        ledger: All postings.
        picked: Which of them came with a sale and were put down by then.
        keys: Of each of these, below `size`.
        size: How many keys there are.
        as_of: The moment.
    """
    lots = _of_returns(ledger, picked, keys)
    owed, redeemed, held = lots.sum(ledger.rows.debt, TAKEN_BACK), lots.redeemed, lots.held
    gone = _gone_before(lots)
    withdrawn = np.clip(-lots.sum(ledger.rows.points, ADJUSTED), 0, gone)
    lapsed = gone - withdrawn
    paid = np.minimum(owed, np.maximum(redeemed, 0))
    void = lots.are_void(as_of)
    idle = np.minimum(owed - paid, np.where(void, 0, held))
    ended = np.where(void, held, 0) - lots.sum(ledger.rows.points, EXPIRED) - lapsed
    idle_lapsed = np.clip(ended, 0, owed - paid - idle)
    told = (owed, paid, withdrawn, lapsed, idle, idle_lapsed)
    found = [lots.by_key(counts, size) for counts in told]
    sent = found[0] - found[1] - found[4] - found[5]
    if sent.any():
        for place, part in zip(
            (1, 4, 5), _where_sent(ledger, picked, keys, sent, as_of), strict=True
        ):
            found[place] += part
    return Returned(*found)


def _of_returns(ledger: PointsLedger, picked: Picked, keys: Whole) -> _Lots:
    """Return the lots of which a return reversed more than was left, and some of their accounts."""
    rows, lot, line = ledger.rows, ledger.lot, np.arange(len(ledger.lot))[picked]
    back = line[rows.term[line] == TAKEN_BACK]
    (taken,) = np.nonzero((rows.term == ADJUSTED) & ledger.is_sale)
    odd = np.isin(rows.account[back], rows.account[taken]) & np.isin(lot[back], lot[taken])
    odd |= (rows.posted[back] >= rows.expires[back]) | (rows.debt[back] > 0)
    own = np.isin(rows.account[line], rows.account[back[odd]])
    own[own] = np.isin(lot[line[own]], lot[back[odd]])
    return _Lots.among(ledger, line[own], keys[own])


def _gone_before(lots: _Lots) -> Whole:
    """Return how many points of lots were reversed that no posting tells of."""
    rows, coins = lots.ledger.rows, lots.ledger.coins
    sold, price = lots.sum(rows.points, EARNED), lots.sum(coins, EARNED)
    part = -lots.sum(coins, TAKEN_BACK)
    told = lots.sum(rows.debt, TAKEN_BACK) - lots.sum(rows.points, TAKEN_BACK)
    if int(sold.max(initial=0)) * int(part.max(initial=0)) >= _EXACT:
        sold = sold.astype(object)
    gone = -(-sold * part // np.maximum(price, 1)) - told
    # What was free goes back whole, and is posted even where no points are left.
    whole = np.where(lots.sum(np.ones_like(rows.points), TAKEN_BACK) > 0, sold - told, 0)
    return np.maximum(np.where(price > 0, gone, whole), 0).astype(np.int64)


def _where_sent(
    ledger: PointsLedger, picked: Picked, keys: Whole, sent: Whole, as_of: datetime
) -> tuple[Whole, Whole, Whole]:
    """Return how many points that were sent on and are owed are redeemed, open and lapsed now.

    They are found among those that others took in: redeemed ones first, so that no revenue is told
    too soon, then open ones.
    """
    line, size = np.arange(len(ledger.lot))[picked], len(sent)
    lots = _Lots.among(ledger, line, keys)
    came = lots.sum(np.maximum(ledger.rows.points, 0), MOVED) > 0
    redeemed = lots.by_key(np.where(came, np.maximum(lots.redeemed, 0), 0), size)
    held = lots.by_key(np.where(came & ~lots.are_void(as_of), np.maximum(lots.held, 0), 0), size)
    paid = np.minimum(sent, redeemed)
    still = np.minimum(sent - paid, held)
    return paid, still, sent - paid - still
