"""The state of a record of orders: what was bought day by day, from which any table is made.

Law: a state is a sum. States of any parts of a record, by customer or by day, add up to the state
of the whole, to the coin; and since each row tells the day on which it became known, the record can
be seen as of any date.

Source: value by the day table (customer, local day); returns: money goes back to the day on which
it came in and the purchase stays, a cancellation takes the purchase away. Both chosen here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, Generic, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import named_zone
from crmkit.kernel.frames import ColumnKind, Eager, Lazy, Words, frame_of
from crmkit.stats.days import day_number, shop_zone
from crmkit.value.coins import checked_decimals

from .state_arrays import count_days, sum_rows
from .state_query import ask_days, ask_sums
from .state_rows import KEYS, SUMS, Entries


_OBJECTS: Final = "a RfmState, as rfm_state() returns it"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RfmState(Generic[IntoFrameT]):
    """What is on record of customers' orders, day by day.

    To keep a state, write `days` to a file or a table, and give it back with the other three.

    Attributes:
        days: One row per customer, day, and day since which it is known; its columns, all whole
            numbers but for the customer:

            * `customer_id`;
            * `day`: the day of the purchase, as days since 1970-01-01;
            * `known`: the day since which the row is on record, counted alike: that of the
              purchase, or that of the return or cancellation;
            * `orders`: orders placed, less those cancelled;
            * `ordered`, `returned`, `cancelled`, `untraced`: money in the currency's smallest
              coins, none below 0: for what was ordered; what went back for returned goods, what
              for cancelled orders; and what went back for orders that could not be told.
        timezone: The zone whose days these are; None where orders had dates.
        decimals: How many decimals the currency has.
        currency: Which it is; None where the orders did not say.

    Raises:
        InvalidValueError: If a column is missing or of another kind, or the zone or the decimals
            cannot be understood.

    Examples:
        >>> import pandas
        >>> days = pandas.DataFrame(
        ...     {
        ...         "customer_id": ["C-1"], "day": [20_454], "known": [20_454], "orders": [1],
        ...         "ordered": [1999], "returned": [0], "cancelled": [0], "untraced": [0],
        ...     }
        ... )
        >>> RfmState(days=days, timezone="Asia/Shanghai", currency="CNY")
        RfmState(timezone='Asia/Shanghai', decimals=2, currency='CNY')
    """

    days: IntoFrameT
    timezone: str | None
    decimals: int = 2
    currency: str | None = None

    def __attrs_post_init__(self) -> None:
        kinds = dict.fromkeys((*KEYS[1:], *SUMS), ColumnKind.NUMBER)
        frame_of(self.days, "days", {KEYS[0]: ColumnKind.ID, **kinds})
        checked_decimals(self.decimals)
        if self.timezone is not None:
            named_zone(self.timezone)

    def __repr__(self) -> str:
        told = (f"{name}={getattr(self, name)!r}" for name in ("timezone", "decimals", "currency"))
        return f"RfmState({', '.join(told)})"


def rfm_state(
    orders: IntoFrameT,
    *,
    as_of: date | None = None,
    timezone: str | None = None,
    decimals: int = 2,
    order_id: str | None = None,
    entry: str | None = None,
    original_at: str | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str = "amount",
) -> RfmState[IntoFrameT]:
    """Sum up orders day by day, to be merged with others and made into tables of any date.

    A return takes its money out of the day of its order, whose purchase stays; a cancellation takes
    its money and the purchase. Either counts from the day on which it came, so that a table of an
    earlier date does not know of it. One that belongs to no known order is counted as `untraced`,
    and touches no purchase.

    Args:
        orders: One row per order or order line: pandas, polars (eager or lazy), DuckDB, PySpark.
            A lazy frame is checked by one aggregate query and stays lazy.
        as_of: The last day of the record: a row that is dated later is refused. None: such rows
            are not looked for.
        timezone: The shop's zone, as in `rfm_table`.
        decimals: How many decimals the currency has: `crmkit.kernel.decimals_of`.
        order_id: Name of the column of order numbers, where each row is one order: a number that
            stands twice is refused. A return may bear the number of its order, and so may one
            cancellation. None: rows may be lines of one order, and nothing is looked for.
        entry: Name of the column that tells what a row is, one of `order`, `return` and
            `cancellation`; amounts of the last two are 0 or negative. None: all are orders.
        original_at: Name of the column that tells of a return or cancellation when its order was
            placed, as `trace_returns` finds it; empty where nobody knows, and in orders. None:
            nobody knows of any. It is taken at its word, for the order may be in another part of
            the record: where none was placed that day, `state_totals` has it in `uncounted`.
        customer_id: Name of the column of customers: text or whole numbers.
        ordered_at: Name of the column of dates or instants; of a return, when it came.
        amount: Name of the column of amounts of one currency.

    Returns:
        The state, its frame of the same kind; sorted by customer and day where it holds its rows.

    Raises:
        InvalidValueError: If a column is missing or of another kind; a value is empty or not
            finite, an amount is finer than a coin or has the wrong sign; times are naive, lie
            outside 1900 to 2199, after `as_of`, or before the order that is returned; an order's
            number stands twice; there are several currencies.

    Units:
        Money in the currency's smallest coins.

    Source:
        Returns and cancellations as settled here.

    Examples:
        >>> from datetime import date
        >>> import polars
        >>> orders = polars.DataFrame(
        ...     {
        ...         "customer_id": "C-1",
        ...         "ordered_at": [date(2026, 1, 1), date(2026, 1, 8), date(2026, 2, 3)],
        ...         "amount": [20.0, 30.0, -5.5],
        ...         "entry": ["order", "order", "return"],
        ...         "original_at": [None, None, date(2026, 1, 8)],
        ...     }
        ... )
        >>> state = rfm_state(orders, entry="entry", original_at="original_at")
        >>> from crmkit.value import rfm_table
        >>> for as_of in (date(2026, 1, 31), date(2026, 2, 28)):
        ...     rfm_table(state, as_of=as_of)["monetary"].to_list()
        [30.0]
        [24.5]
    """
    checked_decimals(decimals)
    rows = Entries(customer_id, ordered_at, amount, order_id, entry, original_at)
    frame, rows = rows.read(orders)
    lazy = isinstance(frame, nw.LazyFrame)
    in_session = lazy and not frame.implementation.is_polars()
    zone = shop_zone(
        frame.collect_schema()[ordered_at], timezone, ordered_at, in_session=in_session
    )
    last = None if as_of is None else checked_day(as_of, "as_of")
    days: Eager | Lazy
    if isinstance(frame, nw.LazyFrame):
        days, currency = ask_days(frame, rows, zone, last, decimals)
    else:
        days, currency = count_days(frame, rows, zone, last, decimals)
    return RfmState(
        days=cast("IntoFrameT", days.to_native()),
        timezone=None if zone is None else zone.key,
        decimals=decimals,
        currency=currency,
    )


def merge(first: RfmState[IntoFrameT], *others: RfmState[IntoFrameT]) -> RfmState[IntoFrameT]:
    """Return the state of several parts of a record together.

    Parts may be of different customers, different days, or both; in any order. No row of a part may
    stand in another: whether one does, a state cannot tell.

    Args:
        first: One state.
        others: More of them, in frames of the same kind.

    Raises:
        InvalidValueError: If their zones, decimals, currencies, ids or kinds of frame differ.

    Source:
        Sums over (customer, day, day since which it is known).

    Examples:
        >>> from datetime import date
        >>> import polars
        >>> def state(day, amount):
        ...     orders = {"customer_id": ["C-1"], "ordered_at": [day], "amount": [amount]}
        ...     return rfm_state(polars.DataFrame(orders))
        >>> both = merge(state(date(2026, 1, 1), 20.0), state(date(2026, 1, 1), 1.5))
        >>> both.days.select("customer_id", "orders", "ordered").rows()
        [('C-1', 2, 2150)]
    """
    states = checked_states(first, *others)
    currency = _one_of(states)
    frames = _of_one_kind([days_of(state) for state in states])
    if isinstance(frames[0], nw.LazyFrame):
        days: Eager | Lazy = ask_sums(nw.concat(cast("list[Lazy]", frames)))
    else:
        days = sum_rows(nw.concat(cast("list[Eager]", frames)))
    return attrs.evolve(first, days=cast("IntoFrameT", days.to_native()), currency=currency)


def days_of(state: RfmState[IntoFrameT]) -> Eager | Lazy:
    """Return the frame of a state, wrapped."""
    return nw.from_native(cast("IntoFrame", state.days))


def checked_states(*states: RfmState[IntoFrameT]) -> Sequence[RfmState[IntoFrameT]]:
    """Return what are states.

    Raises:
        InvalidValueError: If one is none.
    """
    for state in states:
        if not isinstance(state, RfmState):
            told = Words(f"of type {type(state).__name__}")
            raise InvalidValueError("state", told, f"must be {_OBJECTS}")
    return states


def checked_day(day: date, name: str) -> int:
    """Return a day as days since 1970-01-01.

    Raises:
        InvalidValueError: If it is no date, or a datetime: a state knows whole days.
    """
    if not isinstance(day, date) or isinstance(day, datetime):
        way_out = "a state knows whole days: give the shop's own"
        raise InvalidValueError(name, day, "must be a date", way_out)
    return day_number(day)


def _one_of(states: Sequence[RfmState[IntoFrameT]]) -> str | None:
    """Return the currency of states after checking that they may be added up."""
    for name in ("timezone", "decimals", "currency"):
        told = dict.fromkeys(getattr(state, name) for state in states)
        if name == "currency":
            told.pop(None, None)
        if len(told) > 1:
            way_out = "make each state of the same: days and coins of two kinds do not add up"
            raise InvalidValueError(name, tuple(told), "must be one", way_out)
    return next((state.currency for state in states if state.currency is not None), None)


def _of_one_kind(frames: Sequence[Eager | Lazy]) -> Sequence[Eager | Lazy]:
    """Return the columns of a state from each frame, after checking that they fit together."""
    kinds = {(type(frame), frame.implementation) for frame in frames}
    whole = {frame.collect_schema()[KEYS[0]].is_integer() for frame in frames if _has_rows(frame)}
    if len(kinds) > 1 or len(whole) > 1:
        told = tuple(Words(type(frame.to_native()).__name__) for frame in frames)
        rule = "must be frames of one kind, with ids of one kind"
        raise InvalidValueError("days", told, rule, "convert them first")
    ids = nw.col(KEYS[0]).cast(nw.Int64 if True in whole else nw.String)
    narrow = {str(frame.collect_schema()[KEYS[0]]) for frame in frames}
    key = KEYS[0] if len(narrow) == 1 else ids
    return [frame.select(key, *KEYS[1:], *SUMS) for frame in frames]


def _has_rows(frame: Eager | Lazy) -> bool:
    """Say whether a frame's types say something: a column without values has none in pandas."""
    return isinstance(frame, nw.LazyFrame) or len(frame) > 0
