"""Purchase days of a large frame: customer, day and spend in one number each, sorted in place.

Law: what does not fit in 63 bits, or is not whole, goes the general way, to the same table.
Everything is done in blocks that stay in a processor's cache: of fifty million orders, memory that
is asked for anew costs more than the sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoSeries
from numpy.typing import NDArray

from crmkit.kernel.frames import Eager
from crmkit.stats.days import local_days
from crmkit.stats.log_columns import columns_of
from crmkit.stats.ranks import ranked
from crmkit.stats.sorted_rows import changes, sums
from crmkit.value.coins import BLOCK, LIMIT, coin_blocks

from .purchase_window import DAYS_IN, PARTS, Names, Window


_BITS: Final = 63
_PARTS_OF_ONE: Final = 10.0**PARTS
_Whole = NDArray[np.int64]


@attrs.frozen(eq=False)
class PurchaseKeys:
    """Orders as numbers, rising: customer, then day, then spend.

    Attributes:
        keys: One an order.
        day_bits: How many of them tell the day.
        spend_bits: How many tell the spend, in parts of the currency: the last ones.
        ids: Of the customers, by their numbers; None where a number is an id less `low`.
        low: The least id.
        first: The first day.
    """

    keys: _Whole
    day_bits: int
    spend_bits: int
    ids: NDArray[np.integer] | None
    low: int
    first: int

    def join(self, customer: NDArray[np.integer], amounts: NDArray[np.float64]) -> None:
        """Make numbers of days, in their own memory, with customers before and spend behind."""
        for rows, spend, _ in coin_blocks(amounts, PARTS):
            key = self.keys[rows]
            key -= self.first
            key |= (customer[rows].astype(np.int64) - self.low) << self.day_bits
            key <<= self.spend_bits
            key |= spend.astype(np.int64)

    def tabulate(self, ids: nw.Series[IntoSeries], window: Window, unit: str) -> Eager:
        """Return one row per customer, of the days on which he bought; it uses the keys up.

        From the last customer on, so that the memory of those who are done can be let go: that of
        the table comes in its place.
        """
        count, length = self._count(), DAYS_IN[unit]
        number, frequency = np.empty((2, count), dtype=np.int64)
        recency, age, monetary, amount = np.empty((4, count))
        for rows, (own, repeats, first, last, total, first_spend) in self._used_up(count):
            np.add(own, self.low, out=number[rows])
            frequency[rows] = repeats
            np.divide(last - first, length, out=recency[rows])
            np.divide(window.until - self.first - first, length, out=age[rows])
            np.divide(total, _PARTS_OF_ONE, out=amount[rows])
            repeat = np.divide(total - first_spend, _PARTS_OF_ONE)
            np.divide(repeat, np.maximum(repeats, 1), out=monetary[rows])
        columns: dict[str, nw.Series[IntoSeries] | NDArray[np.generic]] = {
            "customer_id": self._own(ids, number),
            "frequency": frequency,
            "recency": recency,
            "T": age,
            "monetary": monetary,
            "maybe_older": np.ones(count, dtype=bool),
            "amount": amount,
        }
        return columns_of(columns, ids.to_frame()).with_columns(nw.lit(unit).alias("unit"))

    def _own(
        self, ids: nw.Series[IntoSeries], number: _Whole
    ) -> nw.Series[IntoSeries] | NDArray[np.generic]:
        """Return the ids of customers in the caller's kind of whole numbers."""
        told = number if self.ids is None else self.ids
        if ids.dtype == nw.Int64():
            return told
        return nw.new_series(ids.name, told, ids.dtype, backend=ids.implementation)

    def _count(self) -> int:
        """Return how many customers there are."""
        shift, found, before = self.day_bits + self.spend_bits, 1, self.keys[:1]
        for start in range(0, len(self.keys), BLOCK):
            customer = self.keys[start : start + BLOCK] >> shift
            found += int(np.count_nonzero(customer[1:] != customer[:-1]))
            found += int(customer[0] != before[-1] >> shift)
            before = self.keys[start : start + BLOCK]
        return found

    def _used_up(self, count: int) -> Iterator[tuple[slice, tuple[_Whole, ...]]]:
        """Yield the places of customers, the last ones first, with their numbers; let keys go."""
        shift = self.day_bits + self.spend_bits
        while len(self.keys):
            customer = int(self.keys[-BLOCK:][0]) >> shift
            start = int(np.searchsorted(self.keys, customer << shift))
            told = self._customers(self.keys[start:])
            # Nobody else has a view of them.
            self.keys.resize(start, refcheck=False)
            yield slice(count - len(told[0]), count), told
            count -= len(told[0])

    def _customers(self, keys: _Whole) -> tuple[_Whole, ...]:
        """Return of each customer number, repeats, first and last day, spend, and that of a day."""
        days = keys >> self.spend_bits
        begins = np.flatnonzero(changes(days))
        spend = sums(keys & ((1 << self.spend_bits) - 1), begins)
        days = days[begins]
        customer = days >> self.day_bits
        starts = np.flatnonzero(changes(customer))
        ends = np.append(starts[1:], len(days)) - 1
        amount = sums(spend, starts)
        day = days & ((1 << self.day_bits) - 1)
        return customer[starts], ends - starts, day[starts], day[ends], amount, spend[starts]


def packed(frame: Eager, names: Names, window: Window) -> PurchaseKeys | None:
    """Return the orders of a frame as numbers; None where these would not tell all of them."""
    ids = frame[names.customer_id]
    if window.since is not None or window.at is not None or not len(frame) or not _is_plain(ids):
        return None
    customer, known = ids.to_numpy(), None
    low, high = int(customer.min()), int(customer.max())
    amounts = frame[names.amount].cast(nw.Float64).to_numpy()
    most = _most(amounts)
    if most is None or high >= 2**62 or low <= -(2**62):
        return None
    keys = local_days(frame[names.ordered_at], window.zone)
    first, last = int(keys.min()), int(keys.max())
    spend_bits, day_bits = most.bit_length(), (last - first).bit_length()
    if last > window.until:
        return None
    if (high - low).bit_length() + day_bits + spend_bits > _BITS:
        # Ids in no order of their own: by their places they are short.
        customer, known = ranked(customer)
        low, high = 0, len(known) - 1
    if (high - low).bit_length() + day_bits + spend_bits > _BITS:
        return None
    found = PurchaseKeys(keys, day_bits, spend_bits, known, low, first)
    found.join(customer, amounts)
    keys.sort()
    return found


def _most(amounts: NDArray[np.float64]) -> int | None:
    """Return the largest amount in parts; None where they cannot be counted in parts exactly."""
    most = total = 0.0
    for _, spend, exact in coin_blocks(amounts, PARTS):
        most, total = max(most, float(spend.max())), total + float(spend.sum())
        if not exact or total >= LIMIT:
            return None
    return int(most)


def _is_plain(ids: nw.Series[IntoSeries]) -> bool:
    """Say whether ids are whole numbers that come back as they were."""
    if not ids.dtype.is_integer():
        return False
    own = getattr(ids.to_native(), "dtype", None)
    return not ids.implementation.is_pandas() or isinstance(own, np.dtype)
