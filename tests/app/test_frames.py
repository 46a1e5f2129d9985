"""Records, facts and the journal as frames."""

import json
from datetime import date

import pandas as pd
import polars as pl
import pytest

import crmkit
from crmkit.app import CRM
from crmkit.customers import Address, Contact, CreditStanding, Finances
from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, SteppingClock
from crmkit.testing import NINE


@pytest.fixture
def crm() -> CRM:
    crm = crmkit.open(actor="ann", clock=SteppingClock(NINE))
    crm.customers.add_person(
        id="C-7",
        name="Li Wei",
        address=Address(city="Qingdao"),
        contacts=(Contact(name="吴", role="家人"),),
        since=date(2020, 5, 1),
        finances=Finances(credit=CreditStanding.GOOD, credit_limit=Money.of(500, "CNY")),
    )
    crm.customers.add_organisation(id="C-8", name="Laundry")
    crm.customers.classify("C-8", handling="key")
    crm.complaints.receive(id="K-1", customer="C-7", about="leaks", channel="phone")
    crm.complaints.acknowledge("K-1", note="by phone")
    crm.orders.add(customer="C-7", amount=Money.of("19.99", "EUR"), ordered_at=NINE, quantity=2)
    crm.orders.add(customer="C-7", amount=Money.of(1999, "JPY"), ordered_at=NINE)
    crm.satisfaction.record(customer="C-7", occasion="call", recommend=9)
    crm.satisfaction.record(customer="C-8", occasion="call", satisfied=2)
    return crm


class TestRecords:
    def test_fields_have_their_columns(self, crm: CRM) -> None:
        frame = crm.frames.customers()

        assert isinstance(frame, pd.DataFrame)
        li, laundry = frame.to_dict("records")
        assert (li["name"], li["address_city"], li["since"]) == ("Li Wei", "Qingdao", "2020-05-01")
        assert (li["finances_credit"], li["finances_credit_limit"]) == ("good", "500.00 CNY")
        assert "吴" in li["contacts"]
        assert laundry["classes_handling"] == "key"
        assert pd.isna(laundry["address_city"])
        assert str(frame["added_at"].dtype) == "datetime64[us, UTC]"

    def test_lists_are_one_cell_each(self, crm: CRM) -> None:
        crm.complaints.reply("K-1", text="我们中午来")
        crm.complaints.assign("K-1", owner="bob")
        crm.complaints.prioritise("K-1", priority="high")

        frame = crm.frames.complaints()

        (row,) = frame.to_dict("records")
        assert json.loads(row["messages"])[0]["text"] == "我们中午来"
        assert json.loads(row["messages"])[0]["party"] == "staff"
        assert json.loads(row["assignments"])[0]["owner"] == "bob"
        assert (row["milestones"], row["participants"]) == ("[]", "[]")
        assert (row["owner"], row["state"], row["raised_by"]) == ("bob", "open", "customer")
        assert json.loads(row["gradings"])[0]["priority"] == "high"
        assert (row["priority"], pd.isna(row["severity"])) == ("high", True)
        parts = ("messages_", "assignments_", "gradings_", "milestones_", "participants_")
        assert not [name for name in frame.columns if name.startswith(parts)]
        assert "contacts_name" not in crm.frames.customers().columns

    def test_an_empty_store_gives_the_same_columns(self, crm: CRM) -> None:
        empty = crmkit.open().frames.complaints()

        assert list(empty.columns) == list(crm.frames.complaints().columns)
        assert str(empty["received_at"].dtype) == "datetime64[us, UTC]"
        assert len(empty) == 0

    def test_more_records_than_a_page(self) -> None:
        crm = crmkit.open(actor="ann")
        with crm.transaction() as tx:
            for number in range(1001):
                tx.customers.add_person(id=f"C-{number}", name="Li")

        assert crm.frames.customers()["id"].nunique() == 1001

    def test_an_unknown_kind_is_refused(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'customer'"):
            crm.frames.records("custmer")


class TestFacts:
    def test_money_is_in_units_of_its_own_currency(self, crm: CRM) -> None:
        frame = crm.frames.orders()

        assert list(frame["amount"]) == [19.99, 1999.0]
        assert list(frame["currency"]) == ["EUR", "JPY"]
        assert frame["ordered_at"][0] == pd.Timestamp(NINE)

    def test_what_was_not_answered_is_empty(self, crm: CRM) -> None:
        frame = crm.frames.answers()

        assert frame["recommend"].isna().tolist() == [False, True]
        assert frame["recommend"][0] == 9

    def test_numbers_are_not_cut_off(self, crm: CRM) -> None:
        """The first is whole, and the next is not."""
        crm.orders.add(customer="C-8", amount=Money.of(1, "EUR"), quantity=2.5)

        for backend in ("pandas", "polars"):
            quantities = crm.frames.orders(backend=backend)["quantity"]
            assert [q for q in quantities.to_list() if q == q and q is not None] == [2, 2.5]

    def test_an_empty_table_has_its_columns_and_types(self) -> None:
        frame = crmkit.open().frames.orders()

        assert list(frame.columns)[:2] == ["customer_id", "ordered_at"]
        assert str(frame["amount"].dtype) == "float64"


class TestJournal:
    def test_is_one_line_a_version(self, crm: CRM) -> None:
        crm.customers.delete("C-8")
        crm.history.of("C-7").restore(1)
        crm.customers.undelete("C-8")

        frame = crm.frames.journal(kind="customer")

        assert frame["activity"].tolist() == [
            "born",
            "born",
            "changed",
            "deleted",
            "restored",
            "undeleted",
        ]
        assert frame["version"].tolist() == [1, 1, 2, 3, 2, 4]

    def test_a_complaint_that_is_restored_is_changed(self, crm: CRM) -> None:
        """No step on its trail says more."""
        crm.history.of("K-1").restore(1)

        frame = crm.frames.journal(kind="complaint")

        assert frame["activity"].tolist() == ["born", "changed", "changed"]

    def test_event_log_is_one_line_a_step(self, crm: CRM) -> None:
        frame = crm.frames.event_log("complaint")

        assert frame["activity"].tolist() == ["received", "acknowledged"]
        assert frame["step"].tolist() == [1, 2]
        assert frame["note"].tolist() == ["", "by phone"]
        assert frame["state"].tolist() == ["open", "open"]
        assert frame["awaits"].isna().all()

    def test_event_log_tells_waits(self, crm: CRM) -> None:
        crm.complaints.wait("K-1", party="customer")
        crm.complaints.wait("K-1", party="third_party")
        crm.complaints.resume("K-1")
        crm.complaints.investigate("K-1")
        crm.complaints.respond("K-1")

        log = crm.frames.event_log()

        assert log["activity"].tolist()[1:] == [*["acknowledged"] * 4, "investigated", "responded"]
        assert [None if pd.isna(who) else who for who in log["awaits"]] == [
            *(None, None, "customer", "third_party", None, None, None)
        ]
        assert log["state"].tolist() == [
            *("open", "open", "waiting_customer", "waiting_third_party"),
            *("open", "open", "resolved"),
        ]

    def test_event_log_of_customers_has_no_states(self, crm: CRM) -> None:
        log = crm.frames.event_log("customer")

        assert list(log.columns) == list(crm.frames.event_log().columns)
        assert log["state"].isna().all()


class TestBackend:
    def test_polars_gives_the_same(self, crm: CRM) -> None:
        frame = crm.frames.answers(backend="polars")

        assert isinstance(frame, pl.DataFrame)
        assert frame["recommend"].to_list() == [9, None]
        assert frame.schema["answered_at"] == pl.Datetime("us", "UTC")

    def test_an_unknown_engine_is_refused(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="no engine"):
            crm.frames.answers(backend="excel")
