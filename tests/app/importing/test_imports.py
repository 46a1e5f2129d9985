"""Files and frames brought into the store."""

import csv
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

import crmkit
from crmkit.app import CRM, Committed, Imported, Rejected
from crmkit.app.importing.blocks import Ledger
from crmkit.app.importing.cells import Cells, TextReader
from crmkit.app.importing.fact_intake import FactIntake
from crmkit.app.importing.record_intake import RecordIntake
from crmkit.app.importing.source import Chunk
from crmkit.cases import Party
from crmkit.complaints import ComplaintField, Goods, Stage
from crmkit.customers import CUSTOMER_CODEC, Customer, PartyKind
from crmkit.errors import ConflictError, InvalidValueError, NotFoundError, StorageError
from crmkit.kernel import Channel, StillClock
from crmkit.orders import ORDERS
from crmkit.storage import Batch, MemoryStore, Record
from crmkit.testing import NINE


ORDERS_HEAD = "customer_id,ordered_at,amount\n"
ANSWERS_HEAD = "customer_id,answered_at,occasion,recommend,satisfied\n"
COMPLAINTS_HEAD = "id,received_at,customer_id,about,channel\n"
DAY = "2026-03-01T09:30Z"


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", clock=StillClock(NINE), durable=False) as crm:
        yield crm


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a file; a second one in one test gets a name of its own."""
    written: list[Path] = []

    def write(text: str) -> Path:
        written.append(tmp_path / f"{len(written)}.csv")
        written[-1].write_text(text, encoding="utf-8")
        return written[-1]

    return write


Write = Callable[[str], Path]


def reasons(result: Imported) -> list[tuple[int, str, object, str]]:
    return [(one.row, one.field, one.value, one.reason) for one in result.rejected]


class TestOrders:
    def test_become_facts(self, crm: CRM, write: Write) -> None:
        path = write(
            "customer_id,ordered_at,amount,currency,order_id,category,product,quantity\n"
            "C-7,2026-03-01T09:30+08:00,19.99,CNY,O-1,washing,,2\n"
            "C-8,2026-03-01T09:30+08:00,1000,JPY,,,iron,0.5\n"
        )

        result = crm.imports.orders(path)

        assert (result.rows, result.records, result.rejected) == (2, 2, ())
        first, second = crm.orders.each()
        assert first == {
            "customer_id": "C-7",
            "ordered_at": datetime(2026, 3, 1, 1, 30, tzinfo=UTC),
            "amount": Decimal("19.99"),
            "currency": "CNY",
            "order_id": "O-1",
            "category": "washing",
            "product": None,
            "quantity": 2,
            "entry": "order",
            "original_at": None,
        }
        assert (second["amount"], second["quantity"]) == (Decimal(1000), 0.5)

    def test_are_known_by_all_columns_of_their_table(self, crm: CRM, write: Write) -> None:
        """Though the file has but three."""
        crm.imports.orders(write(ORDERS_HEAD + f"C-7,{DAY},5\n"), currency="EUR")

        (order,) = crm.orders.each(category=None)

        assert set(order) == set(ORDERS.names)

    def test_may_have_names_of_their_own(self, crm: CRM, write: Write) -> None:
        path = write("who,when,paid,shop\nC-7,1.3.2026,5,Kiel\n")

        result = crm.imports.orders(
            path,
            columns={"customer_id": "who", "ordered_at": "when", "amount": "paid"},
            time_format="%d.%m.%Y",
            timezone="Europe/Berlin",
            currency="EUR",
        )

        assert result.ignored == ("shop",)
        (order,) = crm.orders.each()
        assert order["ordered_at"] == datetime(2026, 2, 28, 23, tzinfo=UTC)

    def test_that_do_not_fit_are_told_all_at_once(self, crm: CRM, write: Write) -> None:
        path = write(
            "who,ordered_at,amount,currency,quantity\n"
            f"C-7,{DAY},1.999,EUR,two\n"
            f"C-7,{DAY},5,Euro,1\n"
            f"C-7,{DAY}\n"
            f"C-7,{DAY},5,EUR,1\n"
            f" C-7,soon,,,nan\n"
        )

        result = crm.imports.orders(path, columns={"customer_id": "who"})

        assert (result.rows, result.records, result.refused) == (5, 1, 4)
        assert reasons(result) == [
            (1, "quantity", "two", "must be a number"),
            (1, "amount", "1.999", "has more than the 2 decimals of EUR; round it in the source"),
            (
                2,
                "currency",
                "Euro",
                "must be three capital letters, as in ISO 4217; write 'CNY', 'EUR', 'USD' …",
            ),
            (3, "row", ("C-7", DAY), "has 2 cells where the header has 5"),
            (
                5,
                "customer_id",
                " C-7",
                "must be printable text of 1 to 200 characters without blanks at its ends",
            ),
            (
                5,
                "ordered_at",
                "soon",
                "must be a time as in ISO 8601, such as '2026-03-01T09:30'; give time_format=, "
                "such as '%m/%d/%Y %H:%M'",
            ),
            (5, "currency", "", "must not be empty; fill it, or give currency="),
            (5, "quantity", "nan", "must be a number"),
        ]
        assert str(result.rejected[4]).startswith("row 5: customer_id (column 'who') is ' C-7': it")
        assert str(result.rejected[3]) == (
            f"row 3: it has 2 cells where the header has 5: ('C-7', '{DAY}')"
        )

    def test_are_refused_with_the_words_of_their_column(self, crm: CRM, write: Write) -> None:
        with pytest.raises(InvalidValueError) as error:
            ORDERS.column("customer_id").store("")

        result = crm.imports.orders(write(ORDERS_HEAD + f",{DAY},5\n"), currency="EUR")

        assert result.rejected[0].reason == error.value.rule

    def test_need_a_zone_where_they_name_none(self, crm: CRM, write: Write) -> None:
        path = write(ORDERS_HEAD + f"C-7,2026-03-01T09:30,5\nC-7,{DAY},5\n")

        result = crm.imports.orders(path, currency="EUR")

        assert (result.records, result.refused) == (1, 1)
        assert "must have a time zone; give timezone=" in result.rejected[0].reason

    def test_keep_to_the_clocks_of_their_zone(self, crm: CRM, write: Write) -> None:
        """Berlin skipped 02:30 on 29 March 2026, and had it twice on 25 October."""
        path = write(
            ORDERS_HEAD + "C-1,2026-03-29T02:30,5\nC-2,2026-10-25T02:30,5\nC-3,2026-03-29T03:30,5\n"
        )

        result = crm.imports.orders(path, timezone="Europe/Berlin", currency="EUR")

        assert [(one.row, one.field) for one in result.rejected] == [(1, "ordered_at")]
        assert [(row["customer_id"], row["ordered_at"]) for row in crm.orders.each()] == [
            ("C-2", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
            ("C-3", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ]

    def test_need_a_currency(self, crm: CRM, write: Write) -> None:
        with pytest.raises(InvalidValueError, match="currency is None: it must be told"):
            crm.imports.orders(write(ORDERS_HEAD + f"C-7,{DAY},5\n"))

        assert list(crm.orders.each()) == []

    def test_take_the_currency_told_where_their_own_is_empty(self, crm: CRM, write: Write) -> None:
        path = write(
            "customer_id,ordered_at,amount,currency\n" + f"C-7,{DAY},5,JPY\nC-7,{DAY},5,\n"
        )

        crm.imports.orders(path, currency="EUR")

        assert [row["currency"] for row in crm.orders.each()] == ["JPY", "EUR"]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"currency": "Euro"}, "three capital letters"),
            ({"currency": "EUR", "timezone": "Mars/North"}, "name of an IANA zone"),
            ({"currency": "EUR", "time_format": "%Q"}, "pattern of datetime.strptime"),
            ({"currency": "EUR", "batch": " x"}, "batch is ' x'"),
            ({"currency": "EUR", "columns": {"amuont": "x"}}, "did you mean 'amount'"),
            ({"currency": "EUR", "columns": {"amount": "ammount"}}, "did you mean 'amount'"),
            ({"currency": "EUR", "columns": {"amount": None}}, "amount is None: it must be a col"),
        ],
    )
    def test_are_not_begun_where_something_is_wrong_at_once(
        self, crm: CRM, write: Write, arguments: Mapping[str, str], message: str
    ) -> None:
        path = write(ORDERS_HEAD + f"C-7,{DAY},5\n")

        with pytest.raises(InvalidValueError, match=message):
            crm.imports.orders(path, **arguments)  # type: ignore[arg-type]  # of several types

        assert list(crm.orders.each()) == []

    def test_reach_subscribers(self, crm: CRM, write: Write) -> None:
        told: list[Committed] = []
        crm.subscribe(told.append)

        crm.imports.orders(write(ORDERS_HEAD + f"C-7,{DAY},5\n"), currency="EUR", batch="march")

        assert [(one.batch, one.actor, one.facts) for one in told] == [
            ("orders/march/1", "ann", {"orders": 1})
        ]

    def test_may_be_none(self, crm: CRM, write: Write) -> None:
        result = crm.imports.orders(write(ORDERS_HEAD), currency="EUR")

        assert str(result) == "0 rows read: 0 stored, 0 refused"


class TestAnswers:
    def test_become_facts(self, crm: CRM, write: Write) -> None:
        path = write(ANSWERS_HEAD + f"C-7,{DAY},visit,9,\nC-8,{DAY},visit,,5\n")

        result = crm.imports.answers(path)

        assert result.records == 2
        assert [(row["recommend"], row["satisfied"]) for row in crm.satisfaction.each()] == [
            (9, None),
            (None, 5),
        ]

    def test_that_do_not_fit_are_told(self, crm: CRM, write: Write) -> None:
        path = write(
            ANSWERS_HEAD
            + f"C-1,{DAY},visit,11,\n"
            + f"C-2,{DAY},visit,,0\n"
            + f"C-3,{DAY},visit,,\n"
            + f"C-4,{DAY},visit,8.5,4.0\n"
            + f"C-5,{DAY},visit,8.0,\n"
        )

        result = crm.imports.answers(path)

        assert reasons(result) == [
            (1, "recommend", "11", "must be at most 10"),
            (2, "satisfied", "0", "must be at least 1"),
            (3, "recommend and satisfied", None, "must not all be empty"),
            (4, "recommend", "8.5", "must be a whole number"),
        ]
        assert [row["customer_id"] for row in crm.satisfaction.each()] == ["C-5"]

    def test_of_one_question_must_answer_it(self, crm: CRM, write: Write) -> None:
        path = write(f"customer_id,answered_at,occasion,satisfied\nC-1,{DAY},visit,\n")

        result = crm.imports.answers(path)

        assert [one.field for one in result.rejected] == ["recommend and satisfied"]

    def test_need_a_question(self, crm: CRM, write: Write) -> None:
        path = write(f"customer_id,answered_at,occasion\nC-1,{DAY},visit\n")

        with pytest.raises(
            InvalidValueError, match="recommend and satisfied is None: it must have"
        ):
            crm.imports.answers(path)


class TestCustomers:
    def test_are_born(self, crm: CRM, write: Write) -> None:
        path = write(
            "id,name,party,phone,type,region,since,address_city,address_region\n"
            "C-1,Li Wei,,+86,end_consumer,Shandong,2025-12-01,Qingdao,Shandong province\n"
            "C-2,Sea Laundry,organisation,,,,,,\n"
        )

        result = crm.imports.customers(path)

        assert result.records == 2
        li, laundry = crm.customers.get("C-1"), crm.customers.get("C-2")
        assert (li.party, li.since, li.region) == (PartyKind.PERSON, date(2025, 12, 1), "Shandong")
        assert li.address is not None
        assert (li.address.city, li.address.region) == ("Qingdao", "Shandong province")
        assert (li.trail[0].by, li.trail[0].at) == ("ann", NINE)
        assert (laundry.party, laundry.address) == (PartyKind.ORGANISATION, None)

    def test_may_all_be_organisations(self, crm: CRM, write: Write) -> None:
        crm.imports.customers(write("name\nSea Laundry\n"), party="organisation")

        assert [one.party for one in crm.customers.each()] == [PartyKind.ORGANISATION]

    def test_get_ids_where_they_have_none(self, crm: CRM, write: Write) -> None:
        crm.imports.customers(write("id,name\n,Li Wei\n,Wu Na\n"))

        assert len({one.id for one in crm.customers.each()}) == 2

    def test_bear_the_day_in_the_spelling_told(self, crm: CRM, write: Write) -> None:
        crm.imports.customers(write("id,name,since\nC-1,Li,1.12.2025\n"), time_format="%d.%m.%Y")

        assert crm.customers.get("C-1").since == date(2025, 12, 1)

    def test_that_do_not_fit_are_told(self, crm: CRM, write: Write) -> None:
        path = write(
            "id,name,party,type,since,address_region\n"
            "C-1,,,,soon,\n"
            "C-2,Li Wei,robot,,,\n"
            "C-3,Li Wei,,consumer,,\n"
            "C-4,Li Wei,,,,  \n"
            "C-5,Li Wei,,,,\n"
        )

        result = crm.imports.customers(path)

        assert [(one.row, one.field, one.value) for one in result.rejected] == [
            (1, "since", "soon"),
            (1, "name", None),
            (2, "party", "robot"),
            (3, "type", "consumer"),
            (4, "address_region", "  "),
        ]
        assert "did you mean 'end_consumer'" in result.rejected[3].reason
        assert [one.id for one in crm.customers.each()] == ["C-5"]

    def test_tell_every_fault_of_a_row_at_once(self, crm: CRM, write: Write) -> None:
        path = write(
            "id,name,party,type,since,address_city\n"
            "C-1 , ,alien,bogus,soon,  \n"
            "C-2,Li,alien,bogus,,\n"
        )

        result = crm.imports.customers(path)

        assert [(one.row, one.field) for one in result.rejected] == [
            (1, "since"),
            (1, "party"),
            (1, "address_city"),
            (1, "type"),
            (1, "id"),
            (1, "name"),
            (2, "party"),
            (2, "type"),
        ]
        assert (result.rows, result.refused) == (2, 2)

    def test_keep_their_own_where_an_id_comes_twice(self, crm: CRM, write: Write) -> None:
        path = write("id,name\nC-1,Li Wei\nC-2,\nC-1,Wu Na\nC-2,Xu Lei\n")

        result = crm.imports.customers(path)

        assert reasons(result) == [
            (2, "name", None, "must not be empty"),
            (3, "id", "C-1", "stands in row 1 already"),
        ]
        assert crm.customers.get("C-1").name == "Li Wei"
        assert crm.customers.get("C-2").name == "Xu Lei"

    def test_leave_those_alone_who_are_there(self, crm: CRM, write: Write) -> None:
        crm.customers.add_person(id="C-1", name="Li Wei")
        crm.customers.add_person(id="C-2", name="Wu Na")
        crm.customers.delete("C-2")

        result = crm.imports.customers(write("id,name\nC-1,X\nC-2,Y\nC-3,Z\n"))

        reason = "exists already, or did once; give another id"
        assert reasons(result) == [(1, "id", "C-1", reason), (2, "id", "C-2", reason)]
        assert [one.name for one in crm.customers.each()] == ["Li Wei", "Z"]

    def test_hold_no_bytes_of_another_encoding(self, crm: CRM, tmp_path: Path) -> None:
        path = tmp_path / "old.csv"
        path.write_bytes("id,name\nC-1,Müller\nC-2,Li\n".encode("cp1252"))

        result = crm.imports.customers(path)
        again = crm.imports.customers(path, encoding="cp1252")

        assert [(one.row, one.field) for one in result.rejected] == [(1, "name")]
        assert "give encoding=" in str(result.rejected[0])
        assert (again.records, crm.customers.get("C-1").name) == (1, "Müller")

    def test_must_be_persons_or_organisations(self, crm: CRM, write: Write) -> None:
        with pytest.raises(InvalidValueError, match="party is 'people'"):
            crm.imports.customers(write("name\nLi\n"), party="people")


class TestBatch:
    def test_two_kinds_may_go_under_one_name(self, crm: CRM, write: Write) -> None:
        crm.imports.customers(write("id,name\nC-7,Li\n"), batch="march")
        orders = write(f"{ORDERS_HEAD}C-7,{DAY},5\n")

        assert crm.imports.orders(orders, batch="march", currency="EUR").records == 1


class TestComplaints:
    def test_are_received(self, crm: CRM, write: Write) -> None:
        path = write(COMPLAINTS_HEAD + f"K-1,{DAY},C-7,leaks,phone\n,{DAY},C-8,late,\n")

        result = crm.imports.complaints(path)

        assert result.records == 2
        complaint = crm.complaints.get("K-1")
        assert (complaint.customer, complaint.about) == ("C-7", "leaks")
        assert (complaint.channel, complaint.stage) == (Channel.PHONE, Stage.RECEIVED)
        assert complaint.received_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
        assert complaint.trail[0].by == "ann"

    def test_say_who_raised_them(self, crm: CRM, write: Write) -> None:
        """Nothing said: the customer did."""
        path = write(
            "id,received_at,customer_id,about,raised_by\n"
            f"K-1,{DAY},C-7,leaks,staff\nK-2,{DAY},C-7,leaks,\nK-3,{DAY},C-7,leaks,boss\n"
        )

        result = crm.imports.complaints(path)

        raised = [crm.complaints.get(id).raised_by for id in ("K-1", "K-2")]
        assert raised == [Party.STAFF, Party.CUSTOMER]
        assert [(one.row, one.field, one.value) for one in result.rejected] == [
            (3, "raised_by", "boss")
        ]

    def test_bring_what_is_put_down_on_receipt(self, crm: CRM, write: Write) -> None:
        path = write(
            "id,received_at,customer_id,about,field,product,unit,batch,symptom,concerned,"
            "remedy_wanted,immediate_action,due_on\n"
            f"K-1,{DAY},C-7,leaks,goods_quality,XPB-20,SN-1,2026-01,leak,workshop,money back,tap,"
            "2026-03-09\n"
            f"K-2,{DAY},C-7,leaks,,,,,,,,,\n"
        )

        result = crm.imports.complaints(path)

        assert (result.records, result.ignored) == (2, ())
        told, untold = crm.complaints.get("K-1"), crm.complaints.get("K-2")
        assert told.field is ComplaintField.GOODS_QUALITY
        assert told.goods == Goods(product="XPB-20", unit="SN-1", batch="2026-01")
        assert (told.symptom, told.concerned) == ("leak", "workshop")
        assert (told.remedy_wanted, told.immediate_action) == ("money back", "tap")
        assert (told.due_on, untold.due_on) == (date(2026, 3, 9), None)
        assert (untold.field, untold.goods, untold.symptom) == (None, None, None)
        assert [one.id for one in crm.complaints.find(product="XPB-20")] == ["K-1"]

    def test_refuse_a_promised_day_before_the_receipt_where_the_times_were_told(
        self, crm: CRM, write: Write
    ) -> None:
        path = write(
            "id,received_at,customer_id,about,due_on\n"
            "K-1,2026-03-03 01:00,C-7,leaks,2026-03-02\n"
            "K-2,2026-03-03 01:00,C-7,leaks,2026-03-03\n"
        )

        result = crm.imports.complaints(path, timezone="Asia/Shanghai")

        assert [(one.row, one.field) for one in result.rejected] == [(1, "due_on")]
        assert crm.complaints.get("K-2").due_on == date(2026, 3, 3)

    def test_whose_field_or_goods_do_not_fit_are_told_of_both(self, crm: CRM, write: Write) -> None:
        path = write(
            "received_at,customer_id,about,field,product,symptom\n"
            f"{DAY},C-7,leaks,noise, XPB,leak\n"
        )

        result = crm.imports.complaints(path)

        assert [(one.row, one.field, one.value) for one in result.rejected] == [
            (1, "product", " XPB"),
            (1, "field", "noise"),
        ]

    def test_that_do_not_fit_are_told(self, crm: CRM, write: Write) -> None:
        path = write(
            COMPLAINTS_HEAD
            + "K-1,,C-7,leaks,\n"
            + f"K-2,{DAY},C 7 ,leaks,pigeon\n"
            + f"K-3,{DAY}, C-7,leaks,\n"
            + "K-4,2026-03-01T09:30,C-7,,\n"
        )

        result = crm.imports.complaints(path)

        assert [(one.row, one.field, one.value) for one in result.rejected] == [
            (1, "received_at", None),
            (2, "channel", "pigeon"),
            (2, "customer_id", "C 7 "),
            (3, "customer_id", " C-7"),
            (4, "received_at", "2026-03-01T09:30"),
            (4, "about", None),
        ]

    def test_have_a_zone(self, crm: CRM, write: Write) -> None:
        path = write(COMPLAINTS_HEAD + "K-1,1.3.2026 9:30,C-7,leaks,\n")

        crm.imports.complaints(path, timezone="Asia/Shanghai", time_format="%d.%m.%Y %H:%M")

        at = datetime(2026, 3, 1, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
        assert crm.complaints.get("K-1").received_at == at


class TestRecordIntake:
    def test_a_fault_of_no_field_is_told_once(self) -> None:
        """A record may refuse a row for something that no column holds."""
        store = MemoryStore()

        def bear(values: dict[str, object]) -> Customer:
            raise InvalidValueError("by", "", "must name who acts")

        read = TextReader(lambda cell: cell)
        intake = RecordIntake(
            Ledger(CRM(store), store),
            store,
            CUSTOMER_CODEC,
            {"id": read},
            {"id": "id"},
            needed=(),
            bear=bear,
        )

        rejected = intake.take(Chunk([1], {"id": Cells(["C-7"])}))

        assert [(one.row, one.field) for one in rejected] == [(1, "by")]


class TestBatches:
    @pytest.fixture(autouse=True)
    def small_blocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(FactIntake, "block", 500)
        monkeypatch.setattr(RecordIntake, "block", 500)

    @pytest.fixture
    def orders(self, write: Write) -> Path:
        return write(ORDERS_HEAD + "".join(f"C-{n},{DAY},{n}\n" for n in range(1200)))

    @pytest.fixture
    def people(self, write: Write) -> Path:
        return write("id,name\n" + "".join(f"C-{n:04},Li\n" for n in range(1200)))

    def test_a_repeated_name_adds_no_facts(self, crm: CRM, orders: Path) -> None:
        first = crm.imports.orders(orders, currency="EUR", batch="march")
        again = crm.imports.orders(orders, currency="EUR", batch="march")

        assert (first.batch, first.records, first.already) == ("march", 1200, 0)
        assert (again.rows, again.records, again.already) == (1200, 0, 1200)
        assert str(again) == "1,200 rows read: 0 stored, 1,200 stored before, 0 refused"
        assert sum(1 for _ in crm.orders.each()) == 1200

    def test_another_name_adds_them_again(self, crm: CRM, orders: Path) -> None:
        crm.imports.orders(orders, currency="EUR")
        crm.imports.orders(orders, currency="EUR")

        assert sum(1 for _ in crm.orders.each()) == 2400

    def test_a_repeated_name_adds_no_records(self, crm: CRM, people: Path) -> None:
        first = crm.imports.customers(people, batch="march")
        again = crm.imports.customers(people, batch="march")

        assert (first.records, first.already) == (1200, 0)
        assert (again.records, again.already, again.rejected) == (0, 1200, ())
        assert len(crm.history.of("C-0000")) == 1

    def test_a_repeated_name_adds_no_records_without_ids(self, crm: CRM, write: Write) -> None:
        path = write("name\nLi Wei\nWu Na\n")

        crm.imports.customers(path, batch="march")
        again = crm.imports.customers(path, batch="march")

        assert (again.records, again.already) == (0, 2)
        assert len(crm.customers.find()) == 2

    def test_a_record_that_was_deleted_since_is_not_brought_back(
        self, crm: CRM, people: Path
    ) -> None:
        crm.imports.customers(people, batch="march")
        crm.customers.delete("C-0001")

        again = crm.imports.customers(people, batch="march")

        assert (again.records, again.already, again.rejected) == (0, 1200, ())
        with pytest.raises(NotFoundError):
            crm.customers.get("C-0001")

    @pytest.mark.parametrize(
        "other",
        [
            "id,name\nC-1,Li\nC-2,Wu\n",  # mended
            "id,name\nC-1,Li Wei\n",  # told otherwise
            "id,name\nC-9,Li\n",
        ],
    )
    def test_other_rows_under_a_used_name_are_refused(
        self, crm: CRM, write: Write, other: str
    ) -> None:
        crm.imports.customers(write("id,name\nC-1,Li\nC-2,\n"), batch="march")

        with pytest.raises(InvalidValueError) as refused:
            crm.imports.customers(write(other), batch="march")

        assert str(refused.value) == (
            "batch is 'march': it is the name of an earlier import, of other rows; "
            "give this one a name of its own"
        )
        assert [one.name for one in crm.customers.find()] == ["Li"]

    @pytest.mark.parametrize(
        ("rows", "told"),
        [
            (f"C-7,{DAY},6\n", {"currency": "EUR"}),
            (f"C-7,{DAY},5\n", {"currency": "USD"}),
            (f"C-7,{DAY},5\nC-7,{DAY},5\n", {"currency": "EUR"}),
        ],
    )
    def test_other_facts_under_a_used_name_are_refused(
        self, crm: CRM, write: Write, rows: str, told: dict[str, str]
    ) -> None:
        crm.imports.orders(write(ORDERS_HEAD + f"C-7,{DAY},5\n"), currency="EUR", batch="march")

        with pytest.raises(InvalidValueError, match="of other rows"):
            crm.imports.orders(write(ORDERS_HEAD + rows), batch="march", currency=told["currency"])

        assert len(list(crm.orders.each())) == 1

    def test_the_same_rows_as_something_else_are_other_rows(self, crm: CRM, write: Write) -> None:
        path = write("name\nLi\n")
        crm.imports.customers(path, batch="march")

        with pytest.raises(InvalidValueError, match="of other rows"):
            crm.imports.customers(path, batch="march", party="organisation")

    def test_a_block_and_a_whole_have_one_name(self, crm: CRM, write: Write) -> None:
        path = write("id,name\nC-1,Li\nC-2,Wu\n")
        crm.imports.customers(path, batch="march")

        again = crm.imports.customers(path, batch="march", all_or_nothing=True)

        assert (again.records, again.already) == (0, 2)

    def test_rows_that_the_store_refused_are_refused_again(self, crm: CRM, write: Write) -> None:
        crm.customers.add_person(id="C-1", name="Li Wei")
        path = write("id,name\nC-1,Li\nC-2,Wu\n")
        first = crm.imports.customers(path, batch="march")

        again = crm.imports.customers(path, batch="march")

        assert (first.records, again.already) == (1, 1)
        assert reasons(again) == reasons(first)
        assert [one.row for one in again.rejected] == [1]

    @pytest.mark.parametrize("kind", ["orders", "people"])
    def test_who_is_second_with_the_same_rows_stores_nothing(
        self, kind: str, orders: Path, people: Path
    ) -> None:
        store = _Raced()
        crm = CRM(store, actor="ann")

        def bring_in() -> Imported:
            if kind == "orders":
                return crm.imports.orders(orders, currency="EUR", batch="march")
            return crm.imports.customers(people, batch="march")

        store.rival = bring_in
        result = bring_in()

        assert (result.rows, result.records, result.already) == (1200, 0, 1200)

    def test_a_batch_that_was_no_import_is_refused(self, people: Path) -> None:
        store = MemoryStore()
        store.commit(Batch(id="customers/march/1", at=datetime(2026, 3, 1, tzinfo=UTC), actor="bo"))
        crm = CRM(store, actor="ann")

        with pytest.raises(InvalidValueError, match="is the id of a batch that is no import"):
            crm.imports.customers(people, batch="march")

    @pytest.mark.parametrize("kind", ["orders", "people"])
    def test_a_broken_import_goes_on_where_it_stopped(
        self, kind: str, orders: Path, people: Path
    ) -> None:
        store = _Breaking(after=2)
        crm = CRM(store, actor="ann")

        def bring_in() -> Imported:
            if kind == "orders":
                return crm.imports.orders(orders, currency="EUR", batch="march")
            return crm.imports.customers(people, batch="march")

        with pytest.raises(StorageError):
            bring_in()
        store.left = 99
        result = bring_in()

        assert (result.rows, result.records, result.already) == (1200, 200, 1000)
        count = len(list(crm.orders.each() if kind == "orders" else crm.customers.each()))
        assert count == 1200

    def test_a_conflict_that_no_id_explains_is_raised(self, people: Path) -> None:
        crm = CRM(_Conflicting(), actor="ann")

        with pytest.raises(ConflictError):
            crm.imports.customers(people)

    def test_blocks_are_batches_of_the_name(self, crm: CRM, people: Path) -> None:
        crm.imports.customers(people, batch="march")

        assert crm.history.of("C-0000")[0].batch == "customers/march/1"
        assert crm.history.of("C-1199")[0].batch == "customers/march/3"

    def test_a_block_of_refused_rows_is_none(self, crm: CRM, write: Write) -> None:
        path = write(ORDERS_HEAD + ",,\n" * 600 + f"C-7,{DAY},5\n")

        result = crm.imports.orders(path, currency="EUR", batch="march")

        assert (result.rows, result.records, result.refused) == (601, 1, 600)


class TestAllOrNothing:
    def test_stores_nothing_where_a_row_is_refused(self, crm: CRM, write: Write) -> None:
        path = write(ORDERS_HEAD + f"C-7,{DAY},5\nC-8,{DAY},free\n")

        result = crm.imports.orders(path, currency="EUR", all_or_nothing=True)

        assert (result.records, result.withheld, result.refused) == (0, 1, 1)
        assert str(result) == (
            "2 rows read: 0 stored, 1 refused, 1 withheld, for it was to be all or nothing"
        )
        assert list(crm.orders.each()) == []

    def test_tells_what_is_in_the_store_besides(self, crm: CRM, write: Write) -> None:
        crm.customers.add_person(id="C-1", name="Li Wei")
        path = write("id,name\nC-1,X\nC-2,\nC-3,Z\n")

        result = crm.imports.customers(path, all_or_nothing=True)

        assert [(one.row, one.field) for one in result.rejected] == [(1, "id"), (2, "name")]
        assert (result.withheld, len(crm.customers.find())) == (1, 1)

    def test_stores_nothing_where_an_id_was_deleted(self, crm: CRM, write: Write) -> None:
        crm.customers.add_person(id="C-1", name="Li Wei")
        crm.customers.delete("C-1")

        result = crm.imports.customers(write("id,name\nC-1,X\nC-2,Y\n"), all_or_nothing=True)

        assert (result.records, result.withheld, result.refused) == (0, 1, 1)
        assert crm.customers.find() == ()

    def test_stores_all_in_one_batch(
        self, crm: CRM, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(RecordIntake, "block", 500)
        path = write("id,name\n" + "".join(f"C-{n},Li\n" for n in range(1200)))

        result = crm.imports.customers(path, all_or_nothing=True, batch="march")
        again = crm.imports.customers(path, all_or_nothing=True, batch="march")

        assert (result.records, result.withheld) == (1200, 0)
        assert {crm.history.of(f"C-{n}")[0].batch for n in (0, 1199)} == {"customers/march/1"}
        assert (again.records, again.already) == (0, 1200)

    def test_may_be_repeated_when_the_rows_are_mended(self, crm: CRM, write: Write) -> None:
        bad, good = write("id,name\nC-1,Li\nC-2,\n"), write("id,name\nC-1,Li\nC-2,Wu\n")

        crm.imports.customers(bad, all_or_nothing=True, batch="march")
        result = crm.imports.customers(good, all_or_nothing=True, batch="march")

        assert result.records == 2


class TestFrames:
    rows = st.lists(
        st.tuples(
            st.sampled_from(["C-1", "C-2", "李伟"]),
            st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)).map(
                lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
            ),
            st.integers(-(10**9), 10**9).map(lambda coins: coins / 100),
            st.none() | st.integers(0, 99),
        ),
        min_size=1,
        max_size=20,
    )

    @given(rows)
    def test_say_what_their_file_would(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        rows: list[tuple[str, datetime, float, int | None]],
    ) -> None:
        names = ("customer_id", "ordered_at", "amount", "quantity")
        path = tmp_path_factory.mktemp("frames") / "orders.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [names, *((c, at.isoformat(), f"{money:.2f}", n) for c, at, money, n in rows)]
            )
        data = {
            name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)
        }
        schema: dict[str, type[pl.DataType] | pl.DataType] = {
            "customer_id": pl.String,
            "ordered_at": pl.Datetime("us"),
            "quantity": pl.Int64,
        }
        polars = pl.DataFrame(data, schema_overrides=schema)

        found = [
            brought_in(source)
            for source in (
                path,
                pd.DataFrame(data),
                polars,
                polars.lazy(),
                duckdb.sql("SELECT * FROM polars"),
                pd.DataFrame(data, dtype=object),
            )
        ]

        assert all(one == found[0] for one in found)

    @pytest.mark.parametrize(
        "frame",
        [
            pd.DataFrame({"customer_id": [7], "ordered_at": ["2026-03-01"], "amount": [5]}),
            pl.DataFrame(
                {"customer_id": [7], "ordered_at": [date(2026, 3, 1)], "amount": [Decimal(5)]}
            ),
            pd.DataFrame(
                {
                    "customer_id": pd.Series([7], dtype=object),
                    "ordered_at": pd.Series([date(2026, 3, 1)], dtype=object),
                    "amount": pd.Series(["5"], dtype=object),
                }
            ),
        ],
        ids=["whole numbers", "decimals and days", "objects"],
    )
    def test_may_hold_other_types(self, frame: pd.DataFrame | pl.DataFrame) -> None:
        crm = crmkit.open(actor="ann")

        result = crm.imports.orders(frame, currency="EUR", timezone="Asia/Shanghai")

        assert result.rejected == ()
        (order,) = crm.orders.each()
        assert (order["customer_id"], order["amount"]) == ("7", Decimal("5.00"))
        assert order["ordered_at"] == datetime(2026, 2, 28, 16, tzinfo=UTC)

    def test_are_refused_by_row(self) -> None:
        crm = crmkit.open(actor="ann")
        frame = pl.DataFrame(
            {
                "customer_id": ["C-1", None, "C-3", "C-4"],
                "ordered_at": [datetime(2026, 3, 1, tzinfo=UTC)] * 3 + [None],
                "amount": [5.0, 5.0, float("nan"), 0.005],
            }
        )

        result = crm.imports.orders(frame, currency="EUR")

        assert [(one.row, one.field) for one in result.rejected] == [
            (2, "customer_id"),
            (3, "amount"),
            (4, "ordered_at"),
            (4, "amount"),
        ]

    def test_tell_a_bad_time_as_what_it_is(self) -> None:
        crm = crmkit.open(actor="ann")
        wall = datetime(2026, 3, 29, 2, 30)
        frame = pd.DataFrame({"customer_id": ["C-1"], "ordered_at": [wall], "amount": [5]})

        result = crm.imports.orders(frame, currency="EUR", timezone="Europe/Berlin")

        assert [one.value for one in result.rejected] == [wall]


class TestProgress:
    @pytest.fixture
    def orders(self, write: Write) -> Path:
        return write(ORDERS_HEAD + f"C-7,{DAY},5\n")

    def test_is_shown_when_asked_for(
        self, crm: CRM, orders: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        crm.imports.orders(orders, currency="EUR", progress=True)

        assert "orders: 100%" in capsys.readouterr().err

    @pytest.mark.parametrize("progress", [None, False])
    def test_is_not_shown_where_nobody_looks(
        self, crm: CRM, orders: Path, capsys: pytest.CaptureFixture[str], progress: bool | None
    ) -> None:
        crm.imports.orders(orders, currency="EUR", progress=progress)

        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", "")

    @pytest.mark.parametrize(("progress", "shown"), [(None, True), (False, False)])
    def test_is_shown_on_a_terminal_unless_told(
        self,
        crm: CRM,
        orders: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        progress: bool | None,
        shown: bool,
    ) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

        crm.imports.orders(orders, currency="EUR", progress=progress)

        assert ("orders: 100%" in capsys.readouterr().err) is shown

    def test_counts_the_rows_of_frames(self, crm: CRM, capsys: pytest.CaptureFixture[str]) -> None:
        frame = pl.DataFrame({"customer_id": ["C-7"], "ordered_at": [DAY], "amount": [5]})

        crm.imports.orders(frame, currency="EUR", progress=True)

        assert " rows/s" in capsys.readouterr().err


class TestLoading:
    def test_of_a_file_needs_no_engine(self, write: Write, tmp_path: Path) -> None:
        orders = write(ORDERS_HEAD + f"C-7,{DAY},5\n")
        customers = write("id,name\nC-7,Li Wei\n")
        code = f"""
import sys, crmkit
with crmkit.open("sqlite:///{tmp_path / "crm.db"}", actor="ann") as crm:
    crm.imports.customers({str(customers)!r})
    print(crm.imports.orders({str(orders)!r}, currency="EUR"))
heavy = ("numpy", "scipy", "pandas", "matplotlib", "narwhals", "polars", "tqdm")
print([name for name in heavy if name in sys.modules])
"""

        out = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout

        assert out.splitlines() == ["1 rows read: 1 stored, 0 refused", "[]"]


class TestImported:
    @given(
        st.lists(
            st.sampled_from(["C-1,2026-03-01,5", "C-2,2026-03-01,x", ",,", "C-3", "C-4,soon,5"]),
            max_size=12,
        ),
        st.booleans(),
    )
    def test_counts_every_row_once(
        self, tmp_path_factory: pytest.TempPathFactory, lines: list[str], all_or_nothing: bool
    ) -> None:
        path = tmp_path_factory.mktemp("counts") / "orders.csv"
        path.write_text(ORDERS_HEAD + "\n".join(lines))
        crm = crmkit.open(actor="ann")

        result = crm.imports.orders(
            path, currency="EUR", timezone="UTC", all_or_nothing=all_or_nothing
        )

        assert result.rows == len(lines)
        counted = result.records + result.already + result.withheld + result.refused
        assert counted == result.rows
        assert sum(1 for _ in crm.orders.each()) == result.records
        if all_or_nothing and result.refused:
            assert result.records == 0

    def test_names_the_columns_that_were_not_used(self) -> None:
        assert str(Imported(batch="b", ignored=("x", "y"))).endswith("columns not used: x, y")


class TestRejected:
    def test_says_the_row_the_value_and_the_reason(self) -> None:
        told = str(Rejected(3, "amount", "free", "must be a number", "amount"))

        assert told == "row 3: amount is 'free': it must be a number"

    def test_says_what_a_row_is_that_cannot_be_taken_apart(self) -> None:
        told = str(Rejected(3, "row", None, "cannot be taken apart: unexpected end of data"))

        assert told == "row 3: it cannot be taken apart: unexpected end of data"


class _Breaking(MemoryStore):
    """A store that fails after some commits."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def commit(self, batch: Batch) -> bool:
        if not self.left:
            raise StorageError("store", "the disk is full")
        self.left -= 1
        return super().commit(batch)


class _Conflicting(MemoryStore):
    """A store in which somebody else is always quicker, and gone again."""

    def commit(self, batch: Batch) -> bool:
        raise ConflictError("customer", "C-0", 0)


def brought_in(source: object) -> list[dict[str, object]]:
    crm = crmkit.open(actor="ann")
    result = crm.imports.orders(source, currency="EUR", timezone="UTC")  # type: ignore[arg-type]  # of many engines
    assert result.rejected == ()
    return list(crm.orders.each())


class _Raced(MemoryStore):
    """A store in which somebody else does the same just before the first import is looked up."""

    rival: Callable[[], object] | None = None

    def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
        found = super().load(kind, ids)
        if kind == "import" and self.rival is not None:
            rival, self.rival = self.rival, None
            rival()
        return found
