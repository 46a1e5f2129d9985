"""A bad row of an engine without row numbers is named by its order, else by its customer."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from crmkit.errors import InvalidValueError
from crmkit.value import customer_values, rfm_state, rfm_table
from tests.value.engines import LAZY, Columns, in_engine


AS_OF = date(2026, 1, 31)
SCHEMA: Any = {
    "order_id": pl.String,
    "customer_id": pl.String,
    "ordered_at": pl.Date,
    "amount": pl.Float64,
}
COLUMNS: Columns = {
    "order_id": ["O-1", "O-2", "O-3"],
    "customer_id": ["V", "W", "X"],
    "ordered_at": [date(2026, 1, 5)] * 3,
    "amount": [5.0, 4.0, 3.0],
}


def orders_with(engine: str, **columns: list[Any]) -> Any:
    return in_engine(engine, {**COLUMNS, **columns}, SCHEMA)


@pytest.mark.parametrize("engine", LAZY)
class TestABadRow:
    def test_is_named_by_its_order(self, engine: str) -> None:
        orders = orders_with(engine, customer_id=["V", None, "X"])

        message = "customer_id is None: it must not be empty, as in 1 row, of order_id 'O-2'; fill"
        with pytest.raises(InvalidValueError, match=message):
            rfm_table(orders, as_of=AS_OF, order_id="order_id")
        with pytest.raises(InvalidValueError, match=message):
            rfm_state(orders, order_id="order_id")
        with pytest.raises(InvalidValueError, match=message):
            customer_values(orders, as_of=AS_OF, order_id="order_id")

    def test_is_named_by_its_customer_where_no_order_is_told(self, engine: str) -> None:
        late = date(2026, 2, 3)
        orders = orders_with(engine, ordered_at=[AS_OF, late, late])

        message = "must not be after as_of, .* as in 2 rows, one of them of customer_id 'W'; mend"
        with pytest.raises(InvalidValueError, match=message):
            rfm_table(orders, as_of=AS_OF)
        with pytest.raises(InvalidValueError, match="as in 2 rows, one of them of customer_id"):
            rfm_state(orders, as_of=AS_OF)

    def test_without_a_number_is_named_by_its_customer(self, engine: str) -> None:
        orders = orders_with(engine, order_id=["O-1", None, "O-3"])

        message = "order_id is None: .* as in 1 row, of customer_id 'W'"
        with pytest.raises(InvalidValueError, match=message):
            rfm_state(orders, order_id="order_id")

    def test_that_has_no_name_is_counted(self, engine: str) -> None:
        orders = orders_with(engine, order_id=["O-1", None, "O-3"], customer_id=["V", None, "X"])

        with pytest.raises(InvalidValueError, match=r"customer_id is None: .* as in 1 row; fill"):
            rfm_state(orders, order_id="order_id")
