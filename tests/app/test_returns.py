"""Returns: stored, brought in, and read from a store into the state of purchases."""

import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import crmkit
from crmkit import CRM
from crmkit.app.scanning import stored_blocks
from crmkit.errors import InvalidValueError
from crmkit.kernel import Money
from crmkit.orders import ORDERS, OrderEntry
from crmkit.storage import Batch, MemoryStore, Rows
from crmkit.value import rfm_state, rfm_table, state_totals, trace_returns


FIXTURE = Path(__file__).parents[1] / "storage" / "fixtures" / "format-1.db"

# C-7 orders for 30 and for 20, and sends 5 of the first order back; C-8 cancels.
ROWS = pd.DataFrame(
    {
        "customer_id": ["C-7", "C-7", "C-7", "C-8", "C-8"],
        "ordered_at": [f"2026-01-0{day}T09:00" for day in range(1, 6)],
        "amount": ["30.00", "20.00", "-5.00", "9.99", "-9.99"],
        "order_id": ["O-1", "O-2", "O-1", "O-3", "O-3"],
        "entry": ["order", "", "return", "order", "cancellation"],
    }
)


@pytest.fixture
def crm() -> CRM:
    crm = crmkit.open(actor="ann")
    crm.imports.orders(ROWS, timezone="Asia/Shanghai", currency="CNY")
    return crm


class TestOrders:
    def test_tell_what_each_row_is(self, crm: CRM) -> None:
        entries = [row["entry"] for row in crm.orders.each()]

        assert entries == ["order", "order", "return", "order", "cancellation"]
        assert [row["amount"] for row in crm.orders.each(entry="return")] == [Decimal("-5.00")]
        assert len([*crm.orders.each(entry="order")]) == 3
        assert len([*crm.orders.each(("entry", "!=", OrderEntry.ORDER))]) == 2
        assert len([*crm.orders.each(("entry", "in", ["order", "return"]))]) == 4

    def test_are_put_down_one_by_one(self) -> None:
        crm = crmkit.open(actor="ann")
        placed = datetime(2026, 1, 1, 9, tzinfo=UTC)

        crm.orders.add(customer="C-7", amount=Money.of(30, "CNY"), ordered_at=placed)
        crm.orders.add(
            customer="C-7",
            amount=Money.of(-5, "CNY"),
            entry=OrderEntry.RETURN,
            original_at=placed,
        )

        told = [(row["entry"], row["original_at"]) for row in crm.orders.each()]
        assert told == [("order", None), ("return", placed)]

    @pytest.mark.parametrize("entry", [OrderEntry.RETURN, "cancellation"])
    def test_refuse_that_more_goes_back_than_nothing(self, crm: CRM, entry: OrderEntry) -> None:
        with pytest.raises(InvalidValueError, match="must be 0 or negative in a return or cancel"):
            crm.orders.add(customer="C-7", amount=Money.of(5, "CNY"), entry=entry)
        crm.orders.add(customer="C-7", amount=Money.of(0, "CNY"), entry=entry)

        result = crm.imports.orders(ROWS.assign(amount="5.00"), timezone="UTC", currency="CNY")

        told = [(one.row, one.field, one.value) for one in result.rejected]
        first = min(row for row, _, _ in told)
        assert told == [(first, "amount", "5.00"), (first + 2, "amount", "5.00")]
        assert all(one.reason.endswith("write it with a minus") for one in result.rejected)

    def test_refuse_what_is_none_of_the_three(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match=r"entry is 'retrun'.* did you mean 'return'"):
            crm.orders.add(customer="C-7", amount=Money.of(5, "CNY"), entry="retrun")
        with pytest.raises(InvalidValueError, match="entry is 'retrun'"):
            [*crm.orders.each(entry="retrun")]

        result = crm.imports.orders(ROWS.assign(entry="gift"), timezone="UTC", currency="CNY")

        assert [(one.field, one.value) for one in result.rejected] == [("entry", "gift")] * 5


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_go_from_the_store_into_the_state(crm: CRM, backend: str) -> None:
    orders = crm.frames.orders(backend=backend)

    traced = trace_returns(orders, order_id="order_id")
    state = rfm_state(traced, timezone="Asia/Shanghai", entry="entry", original_at="original_at")

    # 30 − 5 on the first day and 20 on the second; nothing is left of the cancelled order.
    table = rfm_table(state, as_of=date(2026, 1, 31))
    told = pl.from_pandas(table) if backend == "pandas" else table
    assert told.select("customer_id", "frequency", "amount").rows() == [("C-7", 1, 45.0)]
    totals = state_totals(state)
    assert totals.returned == 5
    assert totals.cancelled == Decimal("9.99")
    assert totals.untraced == 0


class TestOldStores:
    OLD = Rows(
        "orders",
        {
            "customer_id": ["C-7"],
            "ordered_at": [1_767_258_000_000_000],
            "amount": [3_000],
            "currency": ["CNY"],
        },
    )

    def test_hold_orders(self) -> None:
        store = MemoryStore()
        at = datetime(2026, 1, 1, tzinfo=UTC)
        store.commit(Batch(id="F-1", at=at, actor="ann", rows=(self.OLD,)))
        crm = CRM(store, actor="ann")

        crm.orders.add(customer="C-7", amount=Money.of(-5, "CNY"), entry="return")

        assert [row["entry"] for row in crm.orders.each()] == ["order", "return"]
        assert len([*crm.orders.each(entry="order")]) == 1
        assert crm.frames.orders()["entry"].tolist() == ["order", "return"]

    def test_of_the_first_format_are_read_and_take_returns(self, tmp_path: Path) -> None:
        old = tmp_path / "old.db"
        shutil.copy(FIXTURE, old)

        with crmkit.open(f"sqlite:///{old}", actor="ann") as crm:
            before = [*crm.orders.each()]
            crm.orders.add(customer="C-7", amount=Money.of(-5, "CNY"), entry="return")
            after = [row["entry"] for row in crm.orders.each()]

        assert all(row["entry"] == "order" for row in before)
        assert after == ["order"] * len(before) + ["return"]
        assert before

    def test_that_never_met_a_column_have_none_in_any_row(self) -> None:
        store = MemoryStore()
        at = datetime(2026, 1, 1, tzinfo=UTC)
        store.commit(Batch(id="F-1", at=at, actor="ann", rows=(self.OLD,)))

        told = stored_blocks(store, ORDERS, ["entry"])
        orders = stored_blocks(store, ORDERS, ["entry", "amount"], where=[("entry", "=", None)])
        returns = stored_blocks(store, ORDERS, ["amount"], where=[("entry", "=", "return")])

        assert [*told] == [{"entry": (None,)}]
        assert [*orders] == [{"entry": (None,), "amount": [3_000]}]
        assert [*returns] == []

    def test_refuse_columns_of_no_table(self) -> None:
        store = MemoryStore()
        at = datetime(2026, 1, 1, tzinfo=UTC)
        store.commit(Batch(id="F-1", at=at, actor="ann", rows=(self.OLD,)))

        with pytest.raises(InvalidValueError, match="amuont"):
            [*stored_blocks(store, ORDERS, ["amuont"])]
