"""Purchase behaviour: when a customer bought, how often, and for how much.

Law: the shop's local day first, the merge of same-day orders second; no order is dropped in
silence. What an engine does with a question and what arrays do with rows is one definition.

Source: Fader, Hardie and Lee, "RFM and CLV", Journal of Marketing Research 42 (2005): frequency,
recency and T as the models of lifetime value read them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import instant
from crmkit.kernel.frames import Eager, Lazy, frame_of
from crmkit.stats.days import day_number, local_date, shop_zone

from .purchase_arrays import count, tabulate
from .purchase_query import ask, ask_table
from .purchase_state import RfmState, checked_day, days_of
from .purchase_window import DAYS_IN, LEAVE_OUT, Names, Window
from .state_arrays import purchases_of
from .state_query import ask_purchases


Later: TypeAlias = Literal["refuse", "leave_out"]
"""What to do with orders that came after the day of a table."""


def rfm_table(
    orders: IntoFrameT | RfmState[IntoFrameT],
    *,
    as_of: date | datetime,
    unit: Literal["D", "W"] = "D",
    timezone: str | None = None,
    observed_from: date | None = None,
    later: Later | None = None,
    order_id: str | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str = "amount",
) -> IntoFrameT:
    """Sum up every customer's purchases: frequency, recency, T and monetary.

    Orders of one local day are one purchase. A state has columns of its own: beside it none is
    named, nor is `order_id`.

    Args:
        orders: One row per order or order line: pandas, polars (eager or lazy), DuckDB, PySpark.
            A lazy frame is checked by one aggregate query and stays lazy. Or the state of such
            orders, which knows of returns too: `rfm_state`.
        as_of: Where the record ends: a date, whose orders still count, or an aware datetime, and
            T runs to its local day. Where `ordered_at` holds dates, those of that day count. Of a
            state: a date; what came later, returns and cancellations too, is not known yet.
        unit: What recency and T are counted in: "D" for days, "W" for weeks of seven days (with
            fractions). A model fitted on the table has the same unit.
        timezone: The shop's zone, such as "Asia/Shanghai": instants are put on its days. Needed
            unless `ordered_at` holds dates or has a zone of its own that names a place. UTC names
            none, and DuckDB and Spark keep their zone in the session: say it there, "UTC" too. A
            state has its own.
        observed_from: The day since which all orders are on record. Earlier orders do not count,
            but tell who is older. None: the table's first day, and every customer may be older.
        later: What to do with orders after `as_of`: "refuse", for their dates may be slips; or
            "leave_out", to make a table of an earlier day of the same orders. None: orders are
            refused, and what a state knows later is left out.
        order_id: Name of the column of order numbers, where each row is one order: a number that
            stands twice is refused. None: rows may be lines of one order, and nothing is looked
            for.
        customer_id: Name of the column of customers: text or whole numbers.
        ordered_at: Name of the column of dates or instants; naive times are refused.
        amount: Name of the column of amounts of one currency. The table does not tell which: that
            of a state is in `RfmState.currency`.

    Returns:
        The same kind of frame: one row per customer who bought, with the columns

        * `customer_id`;
        * `frequency`: days with a purchase, less the first; whole;
        * `recency`: age at the last purchase;
        * `T`: age at `as_of`, counted like recency from the first purchase;
        * `monetary`: mean spend of the repeat days, 0 when there is none;
        * `maybe_older`: whether the first purchase may lie before the record: for all customers
          when `observed_from` is None, else for those who have orders before it;
        * `amount`: what he bought for in all, the first day included;
        * `unit`: "D" or "W" in every row, so that a model knows what it is fitted on.

        Sorted by customer where the frame holds its rows; a lazy one is in no order. No orders
        give an empty table.

    Raises:
        InvalidValueError: If a column is missing or of another kind; a value is empty, or not
            finite; an amount is negative; times are naive, lie outside 1900 to 2199, or after
            `as_of`; an order's number stands twice; there are several currencies; the zone or an
            argument cannot be understood, or does not go with a state.

    Units:
        recency and T in days or weeks, monetary and amount in the currency.

    Source:
        Fader, Hardie and Lee (2005); same-day orders are one, as in the published CDNOW data.

    Examples:
        >>> from datetime import date
        >>> import polars
        >>> days = [date(2026, 1, 1), date(2026, 1, 15), date(2026, 1, 15), date(2026, 1, 5)]
        >>> orders = polars.DataFrame(
        ...     {"customer_id": [*"XXXY"], "ordered_at": days, "amount": [9.0, 5.0, 2.5, 4.0]}
        ... )
        >>> rfm_table(orders, as_of=date(2026, 1, 31), unit="W").rows()[0]
        ('X', 1, 2.0, 4.285714285714286, 7.5, True, 16.5, 'W')
    """
    if unit not in DAYS_IN:
        way_out = "months and years differ in length: write 'D' or 'W', and scale what you show"
        raise InvalidValueError("unit", unit, "must be 'D' (days) or 'W' (weeks)", way_out)
    names = Names(customer_id, ordered_at, amount, order_id)
    refuses = _refuses(later, of_state=isinstance(orders, RfmState))
    if isinstance(orders, RfmState):
        names.check_beside_state()
        window = _window_of(orders, as_of, timezone, observed_from)
        window = attrs.evolve(window, refuses_later=refuses)
        return cast("IntoFrameT", _of_state(orders, window, unit).to_native())
    frame = frame_of(orders, "orders", names.wanted())
    window = asked_window(frame, ordered_at, as_of, timezone, observed_from)
    window = attrs.evolve(window, refuses_later=refuses)
    if isinstance(frame, nw.LazyFrame):
        return cast("IntoFrameT", ask(frame, names, window, unit).to_native())
    return cast("IntoFrameT", count(frame, names, window, unit).to_native())


def _refuses(later: Later | None, *, of_state: bool) -> bool:
    if later not in ("refuse", "leave_out", None):
        raise InvalidValueError("later", later, "must be 'refuse' or 'leave_out'")
    return not of_state if later is None else later == "refuse"


def _of_state(state: RfmState[IntoFrameT], window: Window, unit: str) -> Eager | Lazy:
    days, parts = days_of(state), 10.0**state.decimals
    if window.refuses_later:
        _check_known(days, window)
    if isinstance(days, nw.LazyFrame):
        return ask_table(ask_purchases(days, window.until), window, unit, parts)
    bought = purchases_of(days, window.until, state.decimals)
    return tabulate(days["customer_id"], bought, window, unit)


def _check_known(days: Eager | Lazy, window: Window) -> None:
    """Refuse a state that knows of something after the end of the record."""
    last = days.lazy().select(nw.col("known").max()).collect().row(0)[0]
    # None is the last of no rows.
    if last is not None and int(last) > window.until:
        told = date(1970, 1, 1) + timedelta(days=int(last))
        raise InvalidValueError("last day of the state", told, window.late_rule, LEAVE_OUT)


def _window_of(
    state: RfmState[IntoFrameT],
    as_of: date | datetime,
    timezone: str | None,
    observed_from: date | None,
) -> Window:
    if timezone is not None and timezone != state.timezone:
        rule = f"must be the state's own, {state.timezone!r}"
        raise InvalidValueError("timezone", timezone, rule, "leave it out")
    until = checked_day(as_of, "as_of")
    return Window(None, _since(observed_from, as_of), until, None)


def asked_window(
    frame: Eager | Lazy,
    ordered_at: str,
    as_of: date | datetime,
    timezone: str | None,
    observed_from: date | None,
) -> Window:
    """Return what of a frame of orders counts.

    Raises:
        InvalidValueError: If the zone, a day, or both of them do not fit the orders.
    """
    lazy = isinstance(frame, nw.LazyFrame)
    in_session = lazy and not frame.implementation.is_polars()
    dtype = frame.collect_schema()[ordered_at]
    zone = shop_zone(dtype, timezone, ordered_at, in_session=in_session)
    at = None
    if isinstance(as_of, datetime):
        at = instant(as_of, "as_of")
        if zone is None:
            way_out = "give a date, or timezone="
            raise InvalidValueError("as_of", as_of, "must be a date, as the orders are", way_out)
        as_of = local_date(at, zone)
    elif not isinstance(as_of, date):
        raise InvalidValueError("as_of", as_of, "must be a date, or a datetime with a time zone")
    return Window(zone, _since(observed_from, as_of), day_number(as_of), at)


def _since(observed_from: date | None, as_of: date) -> int | None:
    if observed_from is None:
        return None
    if not isinstance(observed_from, date) or isinstance(observed_from, datetime):
        raise InvalidValueError("observed_from", observed_from, "must be a date")
    if observed_from > as_of:
        rule = f"must not be after as_of, {as_of}"
        raise InvalidValueError("observed_from", observed_from, rule)
    return day_number(observed_from)
