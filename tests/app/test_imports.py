"""Files and frames brought into the store."""

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

import crmkit
from crmkit.app import CRM, Imported
from crmkit.customers import PartyKind
from crmkit.errors import ConflictError, InvalidValueError
from crmkit.kernel import StillClock
from crmkit.storage import Batch, MemoryStore, journal
from crmkit.testing import NINE


ORDERS = "customer_id,ordered_at,amount,currency\n"
GOOD = "C-7,2026-03-01T09:30:00+08:00,19.99,CNY\n"


@pytest.fixture
def crm() -> Iterator[CRM]:
    with crmkit.open(actor="ann", clock=StillClock(NINE)) as crm:
        yield crm


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "rows.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


Write = Callable[[str], Path]


def reasons(result: Imported) -> list[tuple[int, str, object]]:
    return [(one.row, one.field, one.value) for one in result.rejected]


class TestOrders:
    def test_are_stored_in_coins_and_instants(self, crm: CRM, file: Write) -> None:
        """By hand: 09:30 in Shanghai is 01:30 in UTC."""
        result = crm.imports.orders(file(ORDERS + GOOD), batch="march")

        (row,) = crm.orders.each()
        assert (result.records, result.rows, result.batch) == (1, 1, "march")
        assert row["amount"] == Decimal("19.99")
        assert row["ordered_at"] == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
        assert row["product"] is None

    def test_names_are_mapped_and_what_is_not_used_is_told(self, crm: CRM, file: Write) -> None:
        path = file("who;when;paid;quantity;till\nC-7;01.03.2026 09:30;5;2;3\n")

        result = crm.imports.orders(
            path,
            columns={
                "customer_id": "who",
                "ordered_at": "when",
                "amount": "paid",
                "quantity": None,
            },
            timezone="Asia/Shanghai",
            currency="CNY",
            time_format="%d.%m.%Y %H:%M",
            delimiter=";",
        )

        (row,) = crm.orders.each()
        assert result.ignored == ("quantity", "till")
        assert str(result) == "1 rows read: 1 stored, 0 refused; columns not used: quantity, till"
        assert row["quantity"] is None

    def test_every_bad_row_is_told_in_one_pass(self, crm: CRM, file: Write) -> None:
        path = file(
            ORDERS
            + ",2026-03-01T09:30Z,1,CNY\n"
            + "C-7,soon,free,CNY\n"
            + "C-7,2026-03-01T09:30,1,CNY\n"
            + "C-7,2026-03-01T09:30Z,0.005,CNY\n"
            + "C-7,2026-03-01T09:30Z,1,yuan\n"
            + "C-7,2026-03-01T09:30Z,1,\n"
            + "C-7,2026-03-01T09:30Z,1\n"
            + "C-7,2026-03-01T09:30Z,,CNY\n"
            + GOOD
        )

        result = crm.imports.orders(path)

        assert (result.rows, result.records, result.refused) == (9, 1, 8)
        assert reasons(result) == [
            (1, "customer_id", ""),
            (2, "ordered_at", "soon"),
            (2, "amount", "free"),
            (3, "ordered_at", "2026-03-01T09:30"),
            (4, "amount", "0.005"),
            (5, "currency", "yuan"),
            (6, "currency", ""),
            (7, "row", ("C-7", "2026-03-01T09:30Z", "1")),
            (8, "amount", ""),
        ]
        assert "give timezone=" in result.rejected[3].reason

    def test_all_or_nothing_stores_nothing_beside_a_bad_row(self, crm: CRM, file: Write) -> None:
        path = file(ORDERS + GOOD + "C-8,soon,1,CNY\n")

        result = crm.imports.orders(path, all_or_nothing=True)

        assert (result.records, result.withheld, result.refused) == (0, 1, 1)
        assert "1 withheld" in str(result)
        assert list(crm.orders.each()) == []

    def test_all_or_nothing_stores_good_rows_in_one_batch(self, crm: CRM, file: Write) -> None:
        result = crm.imports.orders(file(ORDERS + GOOD * 3), all_or_nothing=True, batch="march")

        assert (result.records, result.withheld) == (3, 0)
        assert (
            crm.imports.orders(file(ORDERS + GOOD * 3), all_or_nothing=True, batch="march").already
            == 3
        )
        assert len(list(crm.orders.each())) == 3

    def test_many_rows_are_more_batches(self, crm: CRM, file: Write) -> None:
        path = file(ORDERS + GOOD * 120_000)

        result = crm.imports.orders(path, batch="march")
        again = crm.imports.orders(path, batch="march")

        assert (result.records, result.already) == (120_000, 0)
        assert (again.records, again.already) == (0, 120_000)
        assert sum(1 for _ in crm.orders.each()) == 120_000

    def test_goes_on_where_it_broke_off(self, file: Write) -> None:
        """The store fails at the second block; the second run stores what the first did not."""

        class Failing(MemoryStore):
            fails = True

            def commit(self, batch: Batch) -> bool:
                if self.fails and batch.id.endswith("/2"):
                    raise OSError("power cut")
                return super().commit(batch)

        store = Failing()
        crm = CRM(store, actor="ann")
        path = file(ORDERS + GOOD * 120_000)
        with pytest.raises(OSError, match="power cut"):
            crm.imports.orders(path, batch="march")
        store.fails = False

        result = crm.imports.orders(path, batch="march")

        assert result.already > 0
        assert result.already + result.records == 120_000
        assert sum(1 for _ in crm.orders.each()) == 120_000

    @pytest.mark.parametrize(
        ("arguments", "what"),
        [
            ({"columns": {"custmer_id": "customer_id"}}, "columns"),
            ({"columns": {"customer_id": "custmer"}}, "columns"),
            ({"columns": {"ordered_at": None}}, "ordered_at"),
            ({"timezone": "Asia/Peking"}, "timezone"),
            ({"currency": "yuan"}, "currency"),
            ({"time_format": "%Q"}, "time_format"),
            ({"time_format": 3}, "time_format"),
            ({"delimiter": ";;"}, "delimiter"),
            ({"encoding": "utf-9"}, "encoding"),
            ({"batch": " "}, "batch"),
            ({"columns": {"currency": None}}, "currency"),
        ],
    )
    def test_an_unfit_argument_is_refused_before_anything_is_read(
        self, crm: CRM, file: Write, arguments: dict[str, Any], what: str
    ) -> None:
        with pytest.raises(InvalidValueError) as refused:
            crm.imports.orders(file(ORDERS + GOOD), **arguments)

        assert refused.value.name == what
        assert list(crm.orders.each()) == []

    def test_a_missing_column_names_the_nearest(self, crm: CRM, file: Write) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'custmer_id'"):
            crm.imports.orders(file("custmer_id,ordered_at,amount,currency\n"))

    def test_a_name_of_two_columns_is_refused(self, crm: CRM, file: Write) -> None:
        with pytest.raises(InvalidValueError, match="two columns"):
            crm.imports.orders(file("customer_id,ordered_at,amount,amount,currency\n"))


class TestTimes:
    def in_berlin(self, crm: CRM, file: Write, *walls: str) -> Imported:
        rows = "".join(f"C-7,{wall},1,EUR\n" for wall in walls)
        return crm.imports.orders(file(ORDERS + rows), timezone="Europe/Berlin")

    def test_a_skipped_hour_is_refused(self, crm: CRM, file: Write) -> None:
        """On 29 March 2026 Berlin's clocks went from two to three."""
        result = self.in_berlin(crm, file, "2026-03-29T02:30", "2026-03-29T03:30")

        assert reasons(result) == [(1, "ordered_at", "2026-03-29T02:30")]
        assert "put forward over it" in result.rejected[0].reason
        (row,) = crm.orders.each()
        assert row["ordered_at"] == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)

    def test_of_an_hour_that_came_twice_the_first_is_meant(self, crm: CRM, file: Write) -> None:
        """On 25 October 2026 they went back from three to two: 02:30 was first in summer time."""
        self.in_berlin(crm, file, "2026-10-25T02:30")

        (row,) = crm.orders.each()
        assert row["ordered_at"] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    def test_a_day_is_its_midnight(self, crm: CRM, file: Write) -> None:
        self.in_berlin(crm, file, "2026-03-01")

        (row,) = crm.orders.each()
        assert row["ordered_at"] == datetime(2026, 2, 28, 23, tzinfo=UTC)

    def test_the_ends_of_the_calendar_are_read_or_refused(self, crm: CRM, file: Write) -> None:
        result = self.in_berlin(crm, file, "0001-01-01T00:00", "9999-12-31T23:59")

        assert result.records + result.refused == 2

    @settings(max_examples=30)
    @given(
        st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2037, 1, 1)), min_size=1, max_size=20),
        st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
    )
    def test_are_those_of_zoneinfo(self, walls: list[datetime], name: str) -> None:
        """Each wall time that its zone ever showed, against the standard library."""
        zone = ZoneInfo(name)
        crm = crmkit.open(actor="ann")
        frame = pl.DataFrame(
            {"customer_id": ["C"] * len(walls), "ordered_at": walls, "amount": [1] * len(walls)}
        )

        result = crm.imports.orders(frame, timezone=name, currency="EUR")

        expected, refused = [], 0
        for wall in walls:
            at = wall.replace(tzinfo=zone).astimezone(UTC)
            if at.astimezone(zone).replace(tzinfo=None) == wall:
                expected.append(at)
            else:
                refused += 1
        assert [row["ordered_at"] for row in crm.orders.each()] == expected
        assert result.refused == refused


class TestFiles:
    def test_a_mark_of_the_byte_order_is_no_part_of_a_name(self, crm: CRM, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        path.write_text(ORDERS + GOOD, encoding="utf-8-sig")

        assert crm.imports.orders(path).records == 1

    def test_a_packed_file_is_read_as_it_lies(self, crm: CRM, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write(ORDERS + GOOD)

        assert crm.imports.orders(str(path)).records == 1

    def test_another_encoding_is_read_when_it_is_said(self, crm: CRM, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        path.write_bytes((ORDERS + "李,2026-03-01T09:30Z,1,CNY\n").encode("gb18030"))

        wrong = crm.imports.orders(path)
        right = crm.imports.orders(path, encoding="gb18030")

        assert wrong.refused == 1
        assert "give encoding=" in wrong.rejected[0].reason
        assert right.records == 1

    def test_a_row_that_cannot_be_taken_apart_is_told(self, crm: CRM, file: Write) -> None:
        result = crm.imports.orders(file(ORDERS + 'C-7,"2026"x,1,CNY\n' + "\n" + GOOD))

        assert (result.refused, result.records) == (1, 1)
        assert "taken apart" in result.rejected[0].reason

    @pytest.mark.parametrize("text", ["", "\n\n"])
    def test_a_file_without_a_header_is_refused(self, crm: CRM, file: Write, text: str) -> None:
        with pytest.raises(InvalidValueError, match="header"):
            crm.imports.orders(file(text))

    def test_a_header_alone_is_no_row(self, crm: CRM, file: Write) -> None:
        assert crm.imports.orders(file(ORDERS)).rows == 0

    def test_a_file_that_is_not_there_is_refused(self, crm: CRM, tmp_path: Path) -> None:
        with pytest.raises(InvalidValueError, match="cannot be read"):
            crm.imports.orders(tmp_path / "nothing.csv")

    def test_a_torn_packed_file_is_refused(self, crm: CRM, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv.gz"
        path.write_bytes(gzip.compress((ORDERS + GOOD * 9_000).encode())[:-20])

        with pytest.raises(InvalidValueError, match="cannot be read"):
            crm.imports.orders(path)


class TestCells:
    def test_more_than_are_remembered_are_read(self, crm: CRM, file: Write) -> None:
        rows = "".join(f"C-7,2026-03-01T09:30Z,{cents / 100:.2f},CNY\n" for cents in range(100_100))

        crm.imports.orders(file(ORDERS + rows))

        total = sum(int(100 * Decimal(str(row["amount"]))) for row in crm.orders.each())
        assert total == 100_099 * 100_100 // 2

    def test_a_bad_row_may_stand_anywhere(self, crm: CRM, file: Write) -> None:
        """At the end of what is read at once, too."""
        result = crm.imports.orders(file(ORDERS + GOOD * 1_999 + 'C-7,"2"x,1,CNY\n' + GOOD))

        assert (result.records, [one.row for one in result.rejected]) == (2_000, [2_000])

    def test_a_tab_is_text(self, crm: CRM, file: Write) -> None:
        crm.imports.answers(
            file(
                "customer_id,answered_at,occasion,satisfied,comment\nC,2026-03-01T09:30Z,x,5,a\tb\n"
            )
        )

        assert [row["comment"] for row in crm.satisfaction.each()] == ["a\tb"]

    def test_a_time_written_otherwise_is_refused(self, crm: CRM, file: Write) -> None:
        result = crm.imports.orders(file(ORDERS + GOOD), time_format="%d.%m.%Y", timezone="UTC")

        assert "written as '%d.%m.%Y'" in result.rejected[0].reason

    def test_of_the_wrong_kind_are_refused(self, crm: CRM) -> None:
        frame = pl.DataFrame(
            {"customer_id": ["C"], "ordered_at": [20260301], "amount": [[5]], "quantity": ["x"]}
        )

        result = crm.imports.orders(frame, currency="EUR")

        assert [one.field for one in result.rejected] == ["ordered_at", "quantity", "amount"]

    def test_decimals_count_as_numbers(self, crm: CRM) -> None:
        frame = pl.DataFrame(
            {
                "customer_id": ["A", "B"],
                "ordered_at": [NINE, NINE],
                "amount": [Decimal("5.00"), Decimal("6.00")],
                "quantity": [Decimal("2.00"), Decimal("2.50")],
            }
        )

        crm.imports.orders(frame, currency="EUR")

        assert [row["quantity"] for row in crm.orders.each()] == [2, 2.5]

    def test_an_instant_may_be_missing(self, crm: CRM) -> None:
        frame = pl.DataFrame(
            {"customer_id": ["A", "B"], "ordered_at": [NINE, None], "amount": [5, 6]}
        )

        result = crm.imports.orders(frame, currency="EUR")

        assert (result.records, reasons(result)) == (1, [(2, "ordered_at", None)])

    def test_a_number_is_no_day(self, crm: CRM) -> None:
        result = crm.imports.customers(pl.DataFrame({"name": ["Li"], "since": [20200501]}))

        assert [one.field for one in result.rejected] == ["since"]


class TestFrames:
    COLUMNS = st.lists(
        st.tuples(
            st.text("ABC-7", min_size=1, max_size=5),
            st.datetimes(datetime(1970, 1, 1), datetime(2037, 1, 1)),
            st.integers(-(10**9), 10**9),
            st.none() | st.integers(0, 99),
        ),
        min_size=1,
        max_size=20,
    )

    @settings(max_examples=20)
    @given(COLUMNS)
    def test_of_every_engine_equal_the_file(
        self, rows: list[tuple[str, datetime, int, int | None]]
    ) -> None:
        ids, walls, cents, counts = (list(column) for column in zip(*rows, strict=True))
        columns = {
            "customer_id": ids,
            "ordered_at": [wall.replace(tzinfo=UTC) for wall in walls],
            "amount": [value / 100 for value in cents],
            "quantity": counts,
        }
        frame = pl.DataFrame(
            columns, schema_overrides={"quantity": pl.Int64, "ordered_at": pl.Datetime("us", "UTC")}
        )
        arrow = frame.to_arrow()
        sources = [frame, frame.lazy(), pd.DataFrame(columns), duckdb.sql("FROM arrow"), arrow]

        stored = []
        for source in sources:
            crm = crmkit.open(actor="ann")
            assert crm.imports.orders(source, currency="EUR").records == len(rows)
            stored.append(list(crm.orders.each()))

        assert [row["amount"] for row in stored[0]] == [Decimal(c).scaleb(-2) for c in cents]
        assert [row["quantity"] for row in stored[0]] == counts
        assert all(one == stored[0] for one in stored[1:])

    def test_of_objects_are_read_one_by_one(self, crm: CRM) -> None:
        frame = pd.DataFrame(
            {
                "customer_id": [7, "C-8", 1.5],
                "ordered_at": pd.Series(
                    [date(2026, 3, 1), NINE, pd.Timestamp("2026-03-02")], dtype=object
                ),
                "amount": pd.Series([Decimal("19.99"), True, "5"], dtype=object),
            }
        )

        result = crm.imports.orders(frame, timezone="UTC", currency="EUR")

        assert [(one.row, one.field) for one in result.rejected] == [
            (2, "amount"),
            (3, "customer_id"),
        ]
        assert [row["customer_id"] for row in crm.orders.each()] == ["7"]

    def test_of_categories_are_text(self, crm: CRM) -> None:
        frame = pl.DataFrame(
            {"customer_id": ["C-7"], "ordered_at": [date(2026, 3, 1)], "amount": [5.0]}
        ).with_columns(pl.col("customer_id").cast(pl.Categorical))

        assert crm.imports.orders(frame, timezone="UTC", currency="EUR").records == 1

    def test_with_gaps_tell_them(self, crm: CRM) -> None:
        frame = pd.DataFrame(
            {
                "customer_id": ["C-7", None],
                "ordered_at": pd.to_datetime(pd.Series(["2026-03-01", None])),
                "amount": [5.0, float("nan")],
            }
        )

        result = crm.imports.orders(frame, timezone="UTC", currency="EUR")

        assert [one.field for one in result.rejected] == ["customer_id", "ordered_at", "amount"]

    @pytest.mark.parametrize("source", [7, [1, 2], None])
    def test_what_is_no_frame_is_refused(self, crm: CRM, source: Any) -> None:
        with pytest.raises(InvalidValueError, match="nothing to import"):
            crm.imports.orders(source)

    def test_noise_of_floats_is_no_part_of_the_amount(self, crm: CRM) -> None:
        """0.1 + 0.2 is 0.30000000000000004 to a float; 0.305 is finer than a cent."""
        frame = pl.DataFrame(
            {
                "customer_id": ["A", "B", "C"],
                "ordered_at": [NINE] * 3,
                "amount": [0.1 + 0.2, 0.305, 1e15],
            }
        )

        result = crm.imports.orders(frame, currency="EUR")

        assert reasons(result) == [(2, "amount", 0.305)]
        assert [row["amount"] for row in crm.orders.each()] == [
            Decimal("0.30"),
            Decimal("1000000000000000.00"),
        ]

    def test_two_currencies_stay_apart(self, crm: CRM) -> None:
        frame = pl.DataFrame(
            {
                "customer_id": ["A", "B"],
                "ordered_at": [NINE] * 2,
                "amount": [5, 5],
                "currency": ["EUR", "JPY"],
            }
        )

        crm.imports.orders(frame)

        assert [str(row["amount"]) for row in crm.orders.each()] == ["5.00", "5"]


class TestAnswers:
    HEAD = "customer_id,answered_at,occasion,recommend,satisfied\n"

    def test_are_held_to_their_scales(self, crm: CRM, file: Write) -> None:
        path = file(
            self.HEAD
            + "C-7,2026-03-01T09:30Z,call,9,\n"
            + "C-7,2026-03-01T09:30Z,call,11,\n"
            + "C-7,2026-03-01T09:30Z,call,,\n"
            + "C-7,2026-03-01T09:30Z,call,nine,5\n"
            + "C-7,2026-03-01T09:30Z,,9,5\n"
            + "C-7,2026-03-01T09:30Z,call,5.0,5\n"
        )

        result = crm.imports.answers(path)

        assert [(one.row, one.field) for one in result.rejected] == [
            (2, "recommend"),
            (3, "recommend and satisfied"),
            (4, "recommend"),
            (5, "occasion"),
        ]
        assert [row["recommend"] for row in crm.satisfaction.each()] == [9, 5]

    def test_need_one_of_the_questions(self, crm: CRM, file: Write) -> None:
        with pytest.raises(InvalidValueError, match="one of them at least"):
            crm.imports.answers(file("customer_id,answered_at,occasion\n"))


class TestCustomers:
    def test_are_born_one_a_row(self, crm: CRM, file: Write) -> None:
        path = file(
            "id,name,party,type,since,address_city,region\n"
            "C-7,Li Wei,person,end_consumer,2020-05-01,Qingdao,Shandong\n"
            "C-8,Laundry,organisation,,,,\n"
        )

        result = crm.imports.customers(path)

        li, laundry = crm.customers.find()
        assert result.records == 2
        assert li.address is not None
        assert (li.address.city, li.since) == ("Qingdao", date(2020, 5, 1))
        assert laundry.party is PartyKind.ORGANISATION
        assert [line.actor for line in journal(crm._house.store)] == ["ann", "ann"]

    def test_what_the_desk_would_refuse_is_refused(self, crm: CRM, file: Write) -> None:
        crm.customers.add_person(id="C-1", name="Wu")
        crm.customers.add_person(id="C-2", name="Sun")
        crm.customers.delete("C-2")
        path = file(
            "id,name,party,type,since,address_city\n"
            "C-1,Taken,,,,\n"
            "C-2,Deleted,,,,\n"
            "C-3,Li,,,,\n"
            "C-3,Twice,,,,\n"
            "C-4,,,,,\n"
            "C-5,Li,robot,,,\n"
            "C-6,Li,,dealer,,\n"
            "C-7,Li,,,yesterday,\n"
            "C-8,Li,,,2020-05-01T10:00,\n"
            "C-9,Li,,,, \n"
        )

        result = crm.imports.customers(path, party="organisation")

        assert [(one.row, one.field) for one in result.rejected] == [
            (1, "id"),
            (2, "id"),
            (4, "id"),
            (5, "name"),
            (6, "party"),
            (7, "type"),
            (8, "since"),
            (9, "since"),
            (10, "address_city"),
        ]
        assert [customer.id for customer in crm.customers.find()] == ["C-1", "C-3"]

    def test_days_come_as_the_frame_has_them(self, crm: CRM) -> None:
        days = [date(2020, 5, 1), None]

        crm.imports.customers(pl.DataFrame({"name": ["Li", "Wu"], "since": days}))
        crm.imports.customers(
            pd.DataFrame({"name": ["Li", "Wu"], "since": pd.Series(days, dtype=object)})
        )

        assert {customer.since for customer in crm.customers.find()} == {date(2020, 5, 1), None}

    def test_the_same_import_again_stores_nothing_new(self, crm: CRM, file: Write) -> None:
        path = file("id,name\nC-7,Li\nC-8,Wu\n")
        crm.imports.customers(path, batch="march")

        again = crm.imports.customers(path, batch="march")

        assert (again.records, again.already, again.refused) == (0, 2, 0)
        assert str(again) == "2 rows read: 0 stored, 2 stored before, 0 refused"

    def test_without_ids_it_is_known_by_its_name(self, crm: CRM, file: Write) -> None:
        path = file("name\nLi\nWu\n")
        crm.imports.customers(path, batch="march")

        again = crm.imports.customers(path, batch="march")

        assert (again.records, again.already) == (0, 2)
        assert len(crm.customers.find()) == 2

    def test_rows_added_under_a_name_used_before_are_told(self, crm: CRM, file: Write) -> None:
        crm.imports.customers(file("id,name\nC-7,Li\n"), batch="march")

        again = crm.imports.customers(file("id,name\nC-7,Li\nC-8,Wu\n"), batch="march")

        assert (again.already, again.refused) == (1, 1)
        assert "another name" in again.rejected[0].reason

    @pytest.mark.parametrize("taken", [False, True])
    def test_all_or_nothing_counts_ids_in_the_store(
        self, crm: CRM, file: Write, taken: bool
    ) -> None:
        if taken:
            crm.customers.add_person(id="C-8", name="Wu")

        result = crm.imports.customers(file("id,name\nC-7,Li\nC-8,Wu\n"), all_or_nothing=True)

        assert (result.records, result.refused) == ((0, 1) if taken else (2, 0))

    def test_a_conflict_that_is_not_about_an_id_is_raised(self, file: Write) -> None:
        class Odd(MemoryStore):
            def commit(self, batch: Batch) -> bool:
                raise ConflictError("customer", "C-7", 3)

        with pytest.raises(ConflictError):
            CRM(Odd()).imports.customers(file("id,name\nC-7,Li\n"))


class TestComplaints:
    def test_are_received_at_their_own_time(self, crm: CRM, file: Write) -> None:
        path = file(
            "id,received_at,customer_id,about,channel\n"
            "K-1,2026-03-01 09:30,C-7,leaks,phone\n"
            ",2026-03-01 09:30,C-7,rattles,\n"
            "K-3,2026-03-01 09:30,C-7,leaks,fone\n"
            "K-4,,C-7,leaks,\n"
        )

        result = crm.imports.complaints(path, timezone="Asia/Shanghai")

        assert [(one.row, one.field) for one in result.rejected] == [
            (3, "channel"),
            (4, "received_at"),
        ]
        received = crm.complaints.get("K-1")
        assert received.received_at == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
        assert received.trail[0].by == "ann"
        assert len(crm.complaints.find()) == 2

    def test_a_customer_that_is_no_id_is_named_by_its_column(self, crm: CRM, file: Write) -> None:
        path = file("received_at,customer_id,about\n2026-03-01T09:30Z, C-7,leaks\n")

        result = crm.imports.complaints(path)

        assert reasons(result) == [(1, "customer_id", " C-7")]


class TestProgress:
    @pytest.mark.parametrize("progress", [True, False, None])
    def test_is_drawn_when_asked_for(
        self, crm: CRM, file: Write, progress: bool | None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """None draws only where somebody can see it, and a test's output is no terminal."""
        crm.imports.orders(file(ORDERS + GOOD), progress=progress, batch="march")

        assert ("march" in capsys.readouterr().err) == (progress is True)
