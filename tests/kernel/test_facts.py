"""Facts: immutable rows whose table says what its columns mean."""

import math
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import FactColumn, FactTable, FactType, Money, Text, amount_of


SAYS = Text("a column", "一列")
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)

SALES = FactTable(
    "sales",
    (
        FactColumn("customer_id", FactType.ID, SAYS, required=True),
        FactColumn("sold_at", FactType.TIME, SAYS, required=True),
        FactColumn("amount", FactType.MONEY, SAYS),
        FactColumn("currency", FactType.TEXT, SAYS),
        FactColumn("pieces", FactType.WHOLE, SAYS, low=1, high=10),
        FactColumn("weight", FactType.NUMBER, SAYS, low=0),
        FactColumn("note", FactType.TEXT, SAYS),
    ),
    one_of=("pieces", "weight"),
)


def a_sale(**values: object) -> dict[str, object]:
    return {"customer_id": "C-7", "sold_at": NINE, "pieces": 1, **values}


class TestRow:
    def test_is_what_a_store_keeps(self) -> None:
        row = SALES.row(a_sale(amount=Money.of("19.99", "EUR"), weight=1.5, note="gift"))

        assert row == {
            "customer_id": "C-7",
            "sold_at": 1_772_442_000_000_000,
            "amount": 1999,
            "currency": "EUR",
            "pieces": 1,
            "weight": 1.5,
            "note": "gift",
        }

    def test_leaves_empty_what_is_not_named(self) -> None:
        row = SALES.row(a_sale(note=""))

        assert (row["amount"], row["currency"], row["note"]) == (None, None, None)

    @given(
        st.builds(
            Money.from_minor, st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY"])
        ),
        st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)),
        st.none() | st.text("abc客户", min_size=1),
    )
    def test_comes_back_as_it_was(self, amount: Money, at: datetime, note: str | None) -> None:
        told = SALES.restored(SALES.row(a_sale(amount=amount, sold_at=at, note=note)))

        assert amount_of(told) == amount
        assert (told["sold_at"], told["note"]) == (at, note)

    @pytest.mark.parametrize("currency", ["EUR", None, ""])
    def test_takes_the_currency_from_its_money(self, currency: str | None) -> None:
        row = SALES.row(a_sale(amount=Money.of(1, "EUR"), currency=currency))

        assert row["currency"] == "EUR"

    def test_refuses_two_currencies(self) -> None:
        with pytest.raises(InvalidValueError, match="currency is 'USD': it must be EUR like the"):
            SALES.row(a_sale(amount=Money.of(1, "EUR"), currency="USD"))

    @pytest.mark.parametrize("name", ["customer_id", "sold_at"])
    @pytest.mark.parametrize("empty", [None, ""])
    def test_refuses_to_leave_out_what_is_required(self, name: str, empty: object) -> None:
        with pytest.raises(InvalidValueError, match=f"^{name} is .*must not be empty"):
            SALES.row(a_sale(**{name: empty}))

    def test_refuses_a_row_that_fills_none_of_which_it_must_fill_one(self) -> None:
        with pytest.raises(
            InvalidValueError, match="pieces and weight is None: it must not all be"
        ):
            SALES.row(a_sale(pieces=None))

    def test_refuses_an_unknown_column_with_the_nearest(self) -> None:
        with pytest.raises(InvalidValueError, match=r"no column of sales; did you mean 'amount'\?"):
            SALES.row(a_sale(amont=1))

    @pytest.mark.parametrize(
        ("name", "value", "rule"),
        [
            ("customer_id", 7, "must be an id"),
            ("customer_id", " C-7", "must be printable text"),
            ("note", 7, "must be text"),
            ("note", "a\0b", "without NUL"),
            ("sold_at", "2026-03-02", "must be an instant"),
            ("sold_at", datetime(2026, 3, 2), "must have a time zone"),
            ("sold_at", pd.NaT, "must have a time zone"),
            ("amount", 19.99, "must be Money"),
            ("amount", Decimal("19.99"), "must be Money"),
            ("pieces", 1.0, "must be a whole number"),
            ("pieces", True, "must be a whole number"),
            ("pieces", 0, "must be at least 1"),
            ("pieces", 11, "must be at most 10"),
            ("weight", "1.5", "must be a number"),
            ("weight", -0.5, "must be at least 0"),
            ("weight", math.nan, "must be finite"),
        ],
        ids=repr,
    )
    def test_refuses_what_a_column_cannot_hold(self, name: str, value: object, rule: str) -> None:
        with pytest.raises(InvalidValueError, match=f"^{name} is .*{rule}"):
            SALES.row(a_sale(**{name: value}))


class TestRestored:
    def test_is_a_row_of_instants_and_decimals(self) -> None:
        told = SALES.restored({"sold_at": 1_000_000, "amount": 1200, "currency": "JPY"})

        assert told == {
            "sold_at": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
            "amount": Decimal(1200),
            "currency": "JPY",
        }

    def test_leaves_empty_what_is_empty(self) -> None:
        row = {"sold_at": None, "amount": None, "note": None}

        assert SALES.restored(row) == row

    @pytest.mark.parametrize("row", [{"amount": 1}, {"amount": 1, "currency": None}])
    def test_refuses_money_without_its_currency(self, row: dict[str, int | None]) -> None:
        with pytest.raises(InvalidValueError, match="currency is None: it must stand in the row"):
            SALES.restored(row)

    def test_refuses_an_unknown_column(self) -> None:
        with pytest.raises(InvalidValueError, match="is no column of sales"):
            SALES.restored({"amont": 1})


class TestAmountOf:
    def test_is_the_money_of_a_row(self) -> None:
        row = {"fee": Decimal("9.50"), "currency": "EUR"}

        assert amount_of(row, "fee") == Money.of("9.50", "EUR")

    @pytest.mark.parametrize("row", [{}, {"amount": None}, {"amount": 950, "currency": "EUR"}])
    def test_refuses_a_row_without(self, row: dict[str, object]) -> None:
        with pytest.raises(InvalidValueError, match="must be the amount of a restored row"):
            amount_of(row)

    def test_refuses_a_row_without_its_currency(self) -> None:
        with pytest.raises(InvalidValueError, match="must stand in the row beside its money"):
            amount_of({"amount": Decimal(1)})


class TestFactTable:
    def test_tells_its_columns_in_order(self) -> None:
        assert SALES.names[:3] == ("customer_id", "sold_at", "amount")
        assert SALES.column("weight").low == 0

    def test_refuses_a_name_used_twice(self) -> None:
        column = FactColumn("note", FactType.TEXT, SAYS)

        with pytest.raises(InvalidValueError, match="must have names used once"):
            FactTable("notes", (column, column))

    def test_refuses_money_without_a_column_for_its_currency(self) -> None:
        with pytest.raises(InvalidValueError, match="must have a column 'currency'"):
            FactTable("fees", (FactColumn("fee", FactType.MONEY, SAYS),))

    @pytest.mark.parametrize(("table", "column"), [("Notes", "note"), ("notes", "Note")])
    def test_refuses_names_that_are_none(self, table: str, column: str) -> None:
        with pytest.raises(InvalidValueError, match="lower-case letters, digits and underscores"):
            FactTable(table, (FactColumn(column, FactType.TEXT, SAYS),))

    def test_refuses_to_ask_for_a_column_that_it_has_not(self) -> None:
        with pytest.raises(InvalidValueError, match="column is 'weight': it is no column of notes"):
            FactTable("notes", (FactColumn("note", FactType.TEXT, SAYS),), one_of=("weight",))


class TestFactColumn:
    def test_what_is_personal_can_be_emptied(self) -> None:
        said = Text("In his own words", "原话")
        comment = FactColumn("comment", FactType.TEXT, said, personal=True)

        assert comment.personal
        assert comment.store(None) is None
        with pytest.raises(InvalidValueError, match="must not be required: it could not be taken"):
            FactColumn("comment", FactType.TEXT, said, personal=True, required=True)

    def test_an_implied_text_is_stored_as_empty(self) -> None:
        says = Text("What the row is", "记录类型")
        entry = FactColumn("entry", FactType.TEXT, says, allowed=("in", "out"), implied="in")

        assert [entry.store(told) for told in (None, "", "in", "out")] == [None, None, None, "out"]
        assert [entry.told(stored) for stored in (None, "out")] == ["in", "out"]
        with pytest.raises(InvalidValueError, match="entry is 'inn': it is not known; did you"):
            entry.store("inn")
        with pytest.raises(InvalidValueError, match="entry is 7: it must be text"):
            entry.store(7)

    @pytest.mark.parametrize(
        ("allowed", "implied"), [((), "in"), (("in",), None), (("in",), "out")]
    )
    def test_allowed_texts_need_the_implied_one(
        self, allowed: tuple[str, ...], implied: str | None
    ) -> None:
        says = Text("What the row is", "记录类型")

        with pytest.raises(InvalidValueError, match="must be one of the allowed texts"):
            FactColumn("entry", FactType.TEXT, says, allowed=allowed, implied=implied)
