"""Tables of a DuckDB connection of one's own: results live there too, and join with its tables."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import duckdb
import pytest

from crmkit.lifecycle import (
    CUSTOMER_STATE,
    STATE_RULES,
    Population,
    infer_stages,
    loss_warnings,
    retention_curves,
    stage_counts,
    stage_dwell,
    stage_forecast,
    stage_history,
    stages_at,
    win_back_list,
)
from crmkit.stats import dwell_times
from crmkit.value import MBGNBD, abc_classes, buying_rhythms, rfm_table


TODAY = date(2026, 6, 30)


@pytest.fixture
def own() -> Iterator[duckdb.DuckDBPyConnection]:
    """Connect, and buy: ten customers every month, three of them no longer since January."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE orders AS SELECT 'C-' || customer AS customer_id, "
            "DATE '2025-01-05' + (30 * place + customer) :: INTEGER AS ordered_at, "
            "9.0 + customer AS amount FROM range(10) c (customer), range(17) p (place) "
            "WHERE customer > 2 OR place < 12"
        )
        # Names that a library could use inside are the caller's own here.
        for name in ("asked", "made", "df", "rows", "_df"):
            connection.execute(f"CREATE TABLE {name} AS SELECT 'not this' AS customer_id")
        yield connection


def joins(own: duckdb.DuckDBPyConnection, told: duckdb.DuckDBPyRelation) -> int:
    """Return how many rows a result and the orders of the same connection have in common."""
    orders = own.sql("SELECT DISTINCT customer_id FROM orders").set_alias("o")
    return len(told.set_alias("t").join(orders, "customer_id").fetchall())


class TestInference:
    def test_joins_the_callers_own_tables(self, own: duckdb.DuckDBPyConnection) -> None:
        stages = infer_stages(
            own.table("orders"), rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=TODAY
        )
        table = rfm_table(own.table("orders"), as_of=TODAY)

        assert joins(own, stages) == joins(own, table) == 10

    def test_takes_an_earlier_result_of_its_own(self, own: duckdb.DuckDBPyConnection) -> None:
        told = infer_stages(
            own.table("orders"),
            rules=STATE_RULES,
            lifecycle=CUSTOMER_STATE,
            as_of=TODAY,
            before=infer_stages(
                own.table("orders"),
                rules=STATE_RULES,
                lifecycle=CUSTOMER_STATE,
                as_of=date(2026, 3, 31),
            ),
        )

        assert joins(own, told) == 10


class TestLeaving:
    def test_warns_by_the_worth_of_the_same_connection(
        self, own: duckdb.DuckDBPyConnection
    ) -> None:
        stages = infer_stages(
            own.table("orders"), rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=TODAY
        )
        values = own.sql(
            "SELECT customer_id, sum(amount) AS value_at_risk, value_at_risk AS win_back_worth, "
            "'price' AS loss_reason FROM orders GROUP BY customer_id"
        )
        everybody = CUSTOMER_STATE.codes

        warned = loss_warnings(stages, values, lifecycle=CUSTOMER_STATE, warn_of=everybody)
        back = win_back_list(stages, values, lifecycle=CUSTOMER_STATE, lost_in=everybody)

        assert joins(own, warned) == joins(own, back) == 10


class TestPopulations:
    def test_lie_where_the_moves_lie(self, own: duckdb.DuckDBPyConnection) -> None:
        history = stage_history(
            own.table("orders"), rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=TODAY
        )
        population = Population.read(
            history, as_of=TODAY, lifecycle=CUSTOMER_STATE, moved_at="as_of"
        )

        assert joins(own, stages_at(population, TODAY)) == 10
        stages = own.sql("SELECT unnest(['new', 'loyal', 'at_risk']) AS stage").set_alias("s")
        for told in (
            stage_counts(population),
            stage_dwell(population),
            stage_forecast(population, periods=1, rng=1, draws=100),
        ):
            assert told.set_alias("t").join(stages, "stage").fetchall()
        ages = own.sql("SELECT range AS age FROM range(3)").set_alias("a")
        assert retention_curves(population).set_alias("t").join(ages, "age").fetchall()


class TestValue:
    def test_lies_where_the_orders_lie(self, own: duckdb.DuckDBPyConnection) -> None:
        orders = own.table("orders")
        table = rfm_table(orders, as_of=TODAY)
        sums = own.sql("SELECT customer_id, sum(amount) AS amount FROM orders GROUP BY 1")
        model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="D")

        assert joins(own, abc_classes(sums)) == 10
        assert joins(own, buying_rhythms(orders, as_of=TODAY)) == 10
        assert joins(own, model.p_alive(table)) == joins(own, model.expected(table, 30)) == 10


class TestStays:
    def test_lie_where_the_events_lie(self, own: duckdb.DuckDBPyConnection) -> None:
        events = own.sql(
            "SELECT customer_id AS case_id, 'ordered' AS activity, "
            "ordered_at :: TIMESTAMP AT TIME ZONE 'UTC' AS at, "
            "row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at) AS sequence "
            "FROM orders"
        )

        told = dwell_times(events, as_of=datetime(2026, 7, 1, tzinfo=UTC))

        cases = own.sql("SELECT DISTINCT customer_id AS case_id FROM orders").set_alias("c")
        assert len(told.set_alias("t").join(cases, "case_id").fetchall()) == len(events.fetchall())
