"""A customer without a name is none, whatever is asked of him."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from crmkit.errors import InvalidValueError
from crmkit.value import (
    abc_classes,
    cohort_values,
    concentration,
    customer_pyramid,
    customer_values,
    pareto_curve,
    rfm_state,
    rfm_table,
)
from tests.value.engines import EAGER, ENGINES, Columns, in_engine


AS_OF = date(2026, 1, 31)
SCHEMA: Any = {"customer_id": pl.String, "ordered_at": pl.Date, "amount": pl.Float64}
ASKED: dict[str, Callable[[Any], object]] = {
    "rfm_table": lambda orders: rfm_table(orders, as_of=AS_OF),
    "rfm_state": rfm_state,
    "customer_values": lambda orders: customer_values(orders, as_of=AS_OF),
    "cohort_values": lambda orders: cohort_values(orders, as_of=AS_OF),
    "abc_classes": abc_classes,
    "customer_pyramid": lambda orders: customer_pyramid(orders, measure="amount"),
    "concentration": concentration,
    "pareto_curve": pareto_curve,
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["", " ", "\u3000"])
def test_a_blank_customer_is_refused(engine: str, asked: str, name: str) -> None:
    days = [date(2026, 1, 5), date(2026, 1, 6)]
    columns: Columns = {"customer_id": ["C-1", name], "ordered_at": days, "amount": [5.0, 4.0]}
    orders = in_engine(engine, columns, SCHEMA)

    where = "row 1" if engine in EAGER else "1 row"
    with pytest.raises(InvalidValueError, match=f"customer_id is .* blank, as in {where};"):
        ASKED[asked](orders)


@pytest.mark.parametrize("engine", EAGER)
def test_a_blank_category_is_refused(engine: str) -> None:
    columns: Columns = {
        "customer_id": ["C-1", "C-1"],
        "ordered_at": [AS_OF] * 2,
        "amount": [5.0, 4.0],
    }
    schema = {**SCHEMA, "kind": pl.String}
    sales = in_engine(engine, {**columns, "kind": ["tyres", " "]}, schema)

    with pytest.raises(InvalidValueError, match="kind is ' ': it must not be blank"):
        abc_classes(sales, category="kind")
