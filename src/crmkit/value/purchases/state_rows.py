"""What of a record goes into a state, and which rows are refused: shared by both forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    Words,
    empty,
    frame_of,
    not_finite,
)
from crmkit.value.coins import LIMIT, off_coin

from .purchase_query import too_late
from .purchase_window import COPIES, LATE, Window, number_flaws
from .returned_orders import OrderEntry, is_order, unknown_entry


KEYS: Final = ("customer_id", "day", "known")
"""What a row of a state is about."""

SUMS: Final = ("orders", "ordered", "returned", "cancelled", "untraced")
"""What is added up in it."""

_NO_MORE: Final[Mapping[str, ColumnKind]] = FrozenMap()


@attrs.frozen
class Entries:
    """What the caller calls the columns of orders, returns and cancellations."""

    customer_id: str
    ordered_at: str
    amount: str
    order_id: str | None
    entry: str | None
    original_at: str | None

    def __attrs_post_init__(self) -> None:
        if self.original_at is not None and self.entry is None:
            way_out = "name the column that tells orders from returns"
            raise InvalidValueError("entry", None, "must be given with original_at", way_out)

    def wanted(self) -> dict[str, ColumnKind]:
        """Return each column with what it must hold."""
        kinds = {
            self.order_id: ColumnKind.ID,
            self.entry: ColumnKind.TEXT,
            self.original_at: ColumnKind.TIME,
            self.customer_id: ColumnKind.ID,
            self.ordered_at: ColumnKind.TIME,
            self.amount: ColumnKind.NUMBER,
        }
        return {name: kind for name, kind in kinds.items() if name is not None}

    def read(
        self, orders: IntoFrame, more: Mapping[str, ColumnKind] = _NO_MORE
    ) -> tuple[Eager | Lazy, Entries]:
        """Wrap a caller's orders after checking their columns; return what of these is told, too.

        Args:
            orders: What the caller passed.
            more: Other columns, each with what it must hold.

        Raises:
            InvalidValueError: If a column is missing or of another kind, or times of two kinds are
                to be compared.
        """
        frame = frame_of(
            orders, "orders", {**attrs.evolve(self, original_at=None).wanted(), **more}
        )
        told = self._told_in(frame)
        frame = frame_of(orders, "orders", {**told.wanted(), **more})
        told._check_kinds(frame)
        return frame, told

    def _told_in(self, frame: Eager | Lazy) -> Entries:
        """Return what is told: a column without a value has no type of its own in pandas."""
        if self.original_at is None or isinstance(frame, nw.LazyFrame):
            return self
        void = self.original_at in frame.columns and frame[self.original_at].is_null().all()
        return attrs.evolve(self, original_at=None) if void else self

    def _check_kinds(self, frame: Eager | Lazy) -> None:
        """Refuse dates beside instants, or zones of two kinds: they do not compare."""
        if self.original_at is None:
            return
        schema = frame.collect_schema()
        own, other = (_kind(schema[name]) for name in (self.ordered_at, self.original_at))
        if own != other:
            rule = f"must hold dates where {self.ordered_at} does, else instants of the same zone"
            told = Words(f"a column of {schema[self.original_at]}")
            raise InvalidValueError(self.original_at, told, rule, "convert it first")

    def counted(self, frame: Eager | Lazy) -> Eager | Lazy:
        """Add how often each order's number stands, where that is asked."""
        if self.order_id is None:
            return frame
        keys = [self.order_id] if self.entry is None else [self.order_id, self.entry]
        return frame.with_columns(nw.len().over(*keys).alias(COPIES))

    def flaws(self, frame: Eager | Lazy, decimals: int) -> list[Flaw]:
        """Return all that makes a row unfit, but for times that must be told first."""
        amount = nw.col(self.amount).cast(nw.Float64)
        way_out = "give amounts in thousands, or with fewer decimals="
        return [
            *map(empty, (self.customer_id, self.ordered_at, self.amount)),
            not_finite(self.amount),
            *(self._signs(amount) if self.entry is None else ()),
            off_coin(self.amount, decimals),
            Flaw(
                self.amount,
                amount.abs() * 10.0**decimals >= LIMIT,
                f"must be below {LIMIT} coins",
                way_out,
            ),
            *self.marks(frame),
        ]

    def marks(self, frame: Eager | Lazy) -> list[Flaw]:
        """Return all that is wrong with what a row says it is, its number, and its order's time."""
        amount = nw.col(self.amount).cast(nw.Float64)
        said = [] if self.entry is None else self._entries(self.entry, amount)
        return [*said, *self._numbers(), *self._originals(frame)]

    def _signs(self, amount: nw.Expr) -> list[Flaw]:
        way_out = "name the column that tells orders from returns: entry="
        return [Flaw(self.amount, amount < 0, "must not be negative", way_out)]

    def _entries(self, entry: str, amount: nw.Expr) -> list[Flaw]:
        order = is_order(entry)
        back = "must be 0 or negative in a return or cancellation"
        return [
            empty(entry),
            unknown_entry(entry),
            Flaw(self.amount, order & (amount < 0), "must not be negative in an order"),
            Flaw(self.amount, ~order & (amount > 0), back, "it goes back: write it with a minus"),
        ]

    def _numbers(self) -> list[Flaw]:
        if self.order_id is None:
            return []
        if self.entry is None:
            return number_flaws(self.order_id)
        once = nw.col(self.entry) != OrderEntry.RETURN.value
        return number_flaws(self.order_id, of_order=is_order(self.entry), once=once)

    def _originals(self, frame: Eager | Lazy) -> list[Flaw]:
        if self.original_at is None or self.entry is None:
            return []
        original = nw.col(self.original_at)
        filled = is_order(self.entry) & ~original.is_null()
        found = [Flaw(self.original_at, filled, "must be empty in an order")]
        # Python's dates in pandas are compared as days, when these are known.
        if not isinstance(frame.collect_schema()[self.original_at], nw.Object):
            found.append(self.too_young(original > nw.col(self.ordered_at)))
        return found

    def too_young(self, bad: nw.Expr) -> Flaw:
        """Return the flaw of a return that came before its order."""
        assert self.original_at is not None
        return Flaw(self.original_at, bad, f"must not be after {self.ordered_at}")

    def too_late(self, zone: ZoneInfo | None, last: int, dtype: nw.dtypes.DType) -> Flaw:
        """Return the flaw of a row that is dated after the last day of the record."""
        return too_late(self.ordered_at, Window(zone, None, last, None), dtype, LATE)


def _kind(dtype: nw.dtypes.DType) -> str | None:
    return str(dtype.time_zone) if isinstance(dtype, nw.Datetime) else None
