"""A record of orders cut in two: what was known on a day, and what was counted after it.

Law: a model to be judged sees nothing that was not on record on the day of the cut; of customers
who came later nothing is asked.

Source: science of forecasts by a rolling origin: Tashman (2000), "Out-of-sample tests of
forecasting accuracy", International Journal of Forecasting 16(4).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Generic, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import ColumnKind, Eager, Lazy, frame_of
from crmkit.value.lifetime.asked_of_models import checked_within
from crmkit.value.lifetime.asked_tables import held
from crmkit.value.lifetime.history_table import Unit, checked_unit
from crmkit.value.purchases.purchase_days import rfm_table
from crmkit.value.purchases.purchase_state import RfmState, checked_day
from crmkit.value.purchases.purchase_window import DAYS_IN

from .known_then import KnownTable


_ONE_DAY = timedelta(days=1)
_KEY = "customer_id"

LATER = ("counted", "spent")
"""Columns of what customers did after the cut: no model may be told of them."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class HoldOut(Generic[IntoFrameT]):
    """Customers as they were known on the day of the cut, beside what they did after it.

    Attributes:
        table: That of `rfm_table` on the day of the cut, with two columns more: `counted`, on how
            many days each bought after the cut, and `spent`, for how much in all.
        cut: The last day that models may know.
        until: The last day on which purchases are counted.
        unit: What time is counted in.

    Raises:
        InvalidValueError: If a column is missing or of another kind, or the cut is not before the
            end.

    Examples:
        >>> from datetime import date
        >>> import pandas
        >>> table = pandas.DataFrame(
        ...     {"frequency": [1], "recency": [3.0], "T": [9.0], "counted": [2], "spent": [40.0]}
        ... )
        >>> HoldOut(table=table, cut=date(2026, 3, 1), until=date(2026, 3, 15), unit="W")
        HoldOut(2026-03-01 to 2026-03-15, unit='W')
    """

    table: IntoFrameT
    cut: date
    until: date
    unit: Unit = attrs.field(converter=checked_unit)

    def __attrs_post_init__(self) -> None:
        names = ("frequency", "recency", "T", *LATER)
        frame_of(self.table, "table", dict.fromkeys(names, ColumnKind.NUMBER))
        if checked_day(self.cut, "cut") >= checked_day(self.until, "until"):
            raise InvalidValueError("until", self.until, f"must be after the cut, {self.cut}")

    @property
    def within(self) -> float:
        """How long purchases are counted, in the unit."""
        return (self.until - self.cut).days / DAYS_IN[self.unit]

    @property
    def rows(self) -> Eager:
        """The table, holding its rows."""
        return held(nw.from_native(cast("IntoFrame", self.table)))

    def knowing(
        self, customers: IntoFrameT, *, known_on: str | None = None, customer_id: str = _KEY
    ) -> HoldOut[IntoFrameT]:
        """Return the same with covariates beside its customers, as they were known at the cut.

        Args:
            customers: What is known of them: a row a customer, his id and columns of numbers, of
                the same kind as the table. More customers than the hold-out's may stand in it.
            known_on: The column of the day since which a row has been known: of each customer the
                last row by the cut is taken, and nothing later is looked at. None for what was
                known all along, such as how he came: a row of what was learnt later would tell the
                model of the time that it is judged by.
            customer_id: Name of the column of customers there.

        Raises:
            InvalidValueError: If nothing was known of a customer by the cut, he stands in two rows,
                or a column is in the table already, or of another kind.

        Examples:
            >>> from datetime import date
            >>> import pandas
            >>> rows = [("X", 1, 3.0, 9.0, 2, 40.0)]
            >>> names = ["customer_id", "frequency", "recency", "T", "counted", "spent"]
            >>> held = HoldOut(
            ...     table=pandas.DataFrame(rows, columns=names), cut=date(2026, 3, 1),
            ...     until=date(2026, 3, 15), unit="W",
            ... )
            >>> days = pandas.to_datetime(["2026-01-01", "2026-03-02"]).date
            >>> known = pandas.DataFrame({"customer_id": "X", "web": [0, 1], "since": days})
            >>> held.knowing(known, known_on="since").table["web"].tolist()
            [0]
        """
        names = KnownTable(customer_id=customer_id, known_on=known_on)
        both = names.beside(cast("IntoFrame", self.table), cast("IntoFrame", customers), self.cut)
        return attrs.evolve(self, table=cast("IntoFrameT", both.to_native()))

    def __repr__(self) -> str:
        return f"HoldOut({self.cut} to {self.until}, unit={self.unit!r})"


def hold_out(
    orders: IntoFrameT | RfmState[IntoFrameT],
    *,
    cut: date,
    until: date,
    unit: Unit = "W",
    timezone: str | None = None,
    observed_from: date | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str = "amount",
) -> HoldOut[IntoFrameT]:
    """Cut a record of orders in two: customers on a day, and what they did until another.

    Args:
        orders: As for `rfm_table`: orders, or the state of such. Of a state, what was returned or
            cancelled after the cut is not known at it.
        cut: The last day that models may know.
        until: The last day on which purchases are counted; the record must go as far, and what
            was ordered after it is not looked at.
        unit: What time is counted in: "W" for weeks, "D" for days.
        timezone: The shop's zone, as for `rfm_table`.
        observed_from: The day since which all orders are on record.
        customer_id: Name of the column of customers.
        ordered_at: Name of the column of dates or instants.
        amount: Name of the column of amounts.

    Returns:
        One row a customer who bought by the cut, its frame of the same kind.

    Raises:
        InvalidValueError: As `rfm_table`; and if the end is not after the cut.

    Units:
        `recency`, `T` in the unit; `counted` in days with a purchase.

    Examples:
        >>> from datetime import date
        >>> import polars
        >>> days = [date(2026, 1, 1), date(2026, 1, 15), date(2026, 2, 3), date(2026, 2, 5)]
        >>> orders = polars.DataFrame(
        ...     {"customer_id": [*"XXXY"], "ordered_at": days, "amount": [9.0, 5.0, 2.5, 4.0]}
        ... )
        >>> told = hold_out(orders, cut=date(2026, 1, 31), until=date(2026, 2, 28))
        >>> told.table.select("customer_id", "frequency", "counted", "spent").rows(), told.within
        ([('X', 1, 1, 2.5)], 4.0)
    """
    checked_day(cut, "cut")
    if checked_day(until, "until") <= checked_day(cut, "cut"):
        raise InvalidValueError("until", until, f"must be after the cut, {cut}")

    def seen(as_of: date, since: date | None) -> Eager | Lazy:
        told = rfm_table(
            orders,
            as_of=as_of,
            unit=unit,
            timezone=timezone,
            observed_from=since,
            later="leave_out",
            customer_id=customer_id,
            ordered_at=ordered_at,
            amount=amount,
        )
        return nw.from_native(cast("IntoFrame", told))

    table = _beside(seen(cut, observed_from), seen(until, cut + _ONE_DAY))
    return HoldOut(table=cast("IntoFrameT", table.to_native()), cut=cut, until=until, unit=unit)


def rolling_origin(
    orders: IntoFrameT | RfmState[IntoFrameT],
    *,
    cuts: Sequence[date],
    within: float,
    unit: Unit = "W",
    timezone: str | None = None,
    observed_from: date | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str = "amount",
) -> tuple[HoldOut[IntoFrameT], ...]:
    """Cut a record at several days, each time counting for equally long.

    Args:
        orders: As for `hold_out`.
        cuts: The days, rising.
        within: How long purchases are counted after each, in the unit; whole days.
        unit: As for `hold_out`.
        timezone: As for `hold_out`.
        observed_from: As for `hold_out`.
        customer_id: As for `hold_out`.
        ordered_at: As for `hold_out`.
        amount: As for `hold_out`.

    Raises:
        InvalidValueError: As `hold_out`; and if there are no cuts, they do not rise, or the time is
            not one of whole days.

    Examples:
        >>> from datetime import date
        >>> import pandas
        >>> orders = pandas.DataFrame(
        ...     {"customer_id": "X", "ordered_at": pandas.to_datetime(["2026-01-01"]).date,
        ...      "amount": [9.0]}
        ... )
        >>> rolling_origin(orders, cuts=[date(2026, 1, 31), date(2026, 2, 28)], within=4)
        (HoldOut(2026-01-31 to 2026-02-28, unit='W'), HoldOut(2026-02-28 to 2026-03-28, unit='W'))
    """
    days = checked_within(within, whole=False) * DAYS_IN[checked_unit(unit)]
    if days != round(days):
        raise InvalidValueError("within", within, "must be of whole days")
    if not cuts or list(cuts) != sorted(set(cuts)):
        raise InvalidValueError("cuts", tuple(cuts), "must be rising days, at least one")
    return tuple(
        hold_out(
            orders,
            cut=cut,
            until=cut + timedelta(days=days),
            unit=unit,
            timezone=timezone,
            observed_from=observed_from,
            customer_id=customer_id,
            ordered_at=ordered_at,
            amount=amount,
        )
        for cut in cuts
    )


def _beside(table: Eager | Lazy, later: Eager | Lazy) -> Eager | Lazy:
    """Put what was counted later beside the customers of the cut."""
    counted = (nw.col("frequency") + 1).alias("counted")
    after = later.select("customer_id", counted, nw.col("amount").alias("spent"))
    both = table.join(after, on="customer_id", how="left")  # type: ignore[arg-type]  # of one kind
    return both.with_columns(
        nw.col("counted").fill_null(0).cast(nw.Int64), nw.col("spent").fill_null(0.0)
    )
