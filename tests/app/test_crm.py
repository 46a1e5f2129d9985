"""The shell: desks, transactions, retries, subscribers."""

import inspect
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

import crmkit
from crmkit.app import CRM, Committed, Subscriber
from crmkit.customers import CUSTOMER_TERMS, CustomerTerms
from crmkit.errors import (
    ConflictError,
    InvalidValueError,
    NotFoundError,
    StorageError,
    TransitionError,
)
from crmkit.kernel import SteppingClock, StillClock, Text
from crmkit.storage import MemoryStore, journal
from crmkit.testing import NINE


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", clock=SteppingClock(NINE), durable=False) as crm:
        yield crm


class TestOpen:
    def test_a_file_is_there_again_when_opened_again(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'crm.db'}"
        with crmkit.open(url, actor="ann") as crm:
            crm.customers.add_person(id="C-7", name="Li Wei")

        with crmkit.open(url) as crm:
            assert crm.customers.get("C-7").name == "Li Wei"

    @pytest.mark.parametrize("url", ["", "crm.db", "sqlite:///", "postgresql://crm"])
    def test_an_address_of_no_store_is_refused(self, url: str) -> None:
        with pytest.raises(InvalidValueError, match="address of no store"):
            crmkit.open(url)

    def test_a_file_that_is_no_database_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("not a database, but somebody's notes\n" * 100)

        with pytest.raises(StorageError, match=r"notes\.txt"):
            crmkit.open(f"sqlite:///{path}")

        assert path.read_text().startswith("not a database")

    @pytest.mark.parametrize("retry", [timedelta(seconds=-1), 3])
    def test_an_unfit_retry_is_refused(self, retry: object) -> None:
        with pytest.raises(InvalidValueError, match="retry"):
            crmkit.open(retry=retry)  # type: ignore[arg-type]  # refused

    def test_a_blank_actor_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="actor"):
            crmkit.open(actor=" ")

    def test_nobody_named_is_anonymous(self) -> None:
        with crmkit.open() as crm:
            assert crm.customers.add_person(name="Li").trail[0].by == "anonymous"


class TestDesks:
    def test_fill_in_who_when_and_which_id(self, crm: CRM) -> None:
        complaint = crm.complaints.receive(customer="C-7", about="leaks", channel="phone")

        assert complaint.trail[0].by == "ann"
        assert complaint.received_at >= NINE
        assert crm.complaints.get(complaint.id) == complaint

    def test_do_what_the_record_does(self, crm: CRM) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        crm.complaints.acknowledge("K-1")
        crm.complaints.investigate("K-1", note="seal worn")
        crm.complaints.respond("K-1", note="new seal")
        crm.complaints.reject("K-1", note="still leaks")
        crm.complaints.respond("K-1", note="new door")
        closed = crm.complaints.accept("K-1")

        assert closed.is_closed
        assert [revision.version for revision in crm.history.of("K-1")] == list(range(1, 8))

    def test_a_refused_verb_saves_nothing(self, crm: CRM) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")

        with pytest.raises(TransitionError):
            crm.complaints.accept("K-1")

        assert len(crm.history.of("K-1")) == 1

    def test_an_unknown_record_is_named(self, crm: CRM) -> None:
        with pytest.raises(NotFoundError, match="no complaint 'K-9'"):
            crm.complaints.acknowledge("K-9")

    def test_an_id_is_given_once(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")

        with pytest.raises(ConflictError, match="exists already"):
            crm.customers.add_organisation(id="C-7", name="Laundry")

        assert crm.customers.get("C-7").name == "Li Wei"

    def test_ids_and_terms_are_the_callers(self) -> None:
        numbers = count(1)
        types = CUSTOMER_TERMS.types.extended({"school": Text("School", "学校")})
        terms = CustomerTerms(types, CUSTOMER_TERMS.classes)
        crm = CRM(MemoryStore(), ids=lambda: f"C-{next(numbers)}", customer_terms=terms)

        school = crm.customers.add_organisation(name="School 17", type="school")
        crm.customers.change(school.id, type="partner")
        crm.customers.classify(school.id, handling="key")

        assert school.id == "C-1"
        assert crm.customers.get("C-1").classes == {"handling": "key"}

    def test_acting_speaks_for_somebody_else_at_another_time(self, crm: CRM) -> None:
        bob = crm.acting(by="bob", at=NINE)

        complaint = bob.complaints.receive(customer="C-7", about="leaks")

        assert (complaint.trail[0].by, complaint.received_at) == ("bob", NINE)
        assert (bob.actor, crm.actor) == ("bob", "ann")
        assert bob.acting().now() == NINE

    @pytest.mark.parametrize("birth", ["add_person", "add_organisation"])
    def test_a_birth_shows_what_it_requires(self, crm: CRM, birth: str) -> None:
        add = getattr(crm.customers, birth)

        name = inspect.signature(add).parameters["name"]

        assert (name.kind, name.default) == (name.KEYWORD_ONLY, name.empty)
        with pytest.raises(TypeError, match="name"):
            add(id="C-7")
        assert crm.customers.find() == ()

    def test_a_verb_shows_its_arguments(self) -> None:
        from crmkit.app.complaints_desk import ComplaintsDesk
        from crmkit.complaints import Complaint

        crm = crmkit.open()

        assert str(inspect.signature(crm.complaints.acknowledge)).startswith("(id: str, /, *, note")
        assert crm.complaints.acknowledge.__doc__ == Complaint.acknowledge.__doc__
        assert ComplaintsDesk.acknowledge.__doc__ == Complaint.acknowledge.__doc__


class TestFind:
    def test_a_page_begins_after_a_record(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="must be the last record of the page before"):
            crm.customers.find(after="C-7")  # type: ignore[arg-type]  # refused

    def test_by_keys_in_total_order(self, crm: CRM) -> None:
        for number in range(5):
            crm.complaints.receive(id=f"K-{number}", customer=f"C-{number % 2}", about="leaks")
        crm.complaints.acknowledge("K-2")

        assert [c.id for c in crm.complaints.find(customer="C-0")] == ["K-0", "K-2", "K-4"]
        assert [c.id for c in crm.complaints.find(customer="C-0", stage="received")] == [
            "K-0",
            "K-4",
        ]
        assert [c.id for c in crm.complaints.find(("id", "in", ["K-3", "K-9"]))] == ["K-3"]
        assert [c.id for c in crm.complaints.find(order_by="moved_at")][-1] == "K-2"

    def test_pages_join_without_gap_or_repeat(self, crm: CRM) -> None:
        for number in range(7):
            crm.complaints.receive(id=f"K-{number}", customer="C-7", about="leaks")

        first = crm.complaints.find(order_by="received_at", limit=3)
        second = crm.complaints.find(order_by="received_at", limit=3, after=first[-1])

        assert [c.id for c in first + second] == [f"K-{number}" for number in range(6)]
        assert [c.id for c in crm.complaints.each()] == [f"K-{number}" for number in range(7)]

    @pytest.mark.parametrize("order_by", [[], {}, None, 5])
    def test_sorts_by_nothing_that_is_no_name(self, crm: CRM, order_by: Any) -> None:
        for desk in (crm.complaints, crm.customers, crm.inquiries):
            with pytest.raises(InvalidValueError, match="is no key of"):
                desk.find(order_by=order_by)
            with pytest.raises(InvalidValueError, match="is no key of"):
                list(desk.each(order_by=order_by))

    @pytest.mark.parametrize("where", [{"stagee": "received"}, {"order_by": "stagee"}])
    def test_an_unknown_key_is_refused_with_the_nearest(
        self, crm: CRM, where: dict[str, str]
    ) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'stage'"):
            crm.complaints.find(**where)  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize(
        ("where", "what"),
        [
            ({"stage": "receivd"}, "did you mean 'received'"),
            ({"received_at": "2026-01-01"}, "must be a datetime"),
            ({"customer": 7}, "must be a str"),
        ],
    )
    def test_a_value_that_no_record_can_have_is_refused(
        self, crm: CRM, where: dict[str, object], what: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=what):
            crm.complaints.find(**where)  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize("condition", ["stage", ("stage", "received")])
    def test_a_condition_that_is_none_is_refused(self, crm: CRM, condition: object) -> None:
        with pytest.raises(InvalidValueError, match="name, operator and value"):
            crm.complaints.find(condition)  # type: ignore[arg-type]  # refused

    def test_customers_are_found_by_class(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.customers.classify("C-7", handling="key")

        assert [customer.id for customer in crm.customers.find(handling="key")] == ["C-7"]
        assert [customer.id for customer in crm.customers.find(handling=None)] == []


class TestStored:
    @pytest.mark.parametrize("note", [3, None, b"x"])
    def test_what_could_not_be_read_back_is_not_saved(self, crm: CRM, note: object) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")

        with pytest.raises(InvalidValueError, match="note"):
            crm.complaints.acknowledge("K-1", note=note)  # type: ignore[arg-type]  # refused

        assert len(crm.history.of("K-1")) == 1

    def test_one_id_is_born_once_in_a_transaction(self, crm: CRM) -> None:
        with crm.transaction() as tx:
            tx.customers.add_person(id="C-7", name="Li Wei")
            with pytest.raises(ConflictError, match="exists already"):
                tx.customers.add_person(id="C-7", name="Wu")

        assert crm.customers.get("C-7").name == "Li Wei"


class TestFacts:
    def test_money_is_compared_with_its_own_currency(self, crm: CRM) -> None:
        """100,000 yen are fewer coins than 5,000 dollars, and no more than them."""
        money = crmkit.kernel.Money
        crm.orders.add(customer="A", amount=money.of(100_000, "JPY"))
        crm.orders.add(customer="B", amount=money.of(600, "USD"))

        dear = crm.orders.each(("amount", ">", money.of(500, "USD")))

        assert [order["customer_id"] for order in dear] == ["B"]
        with pytest.raises(InvalidValueError, match="must be Money"):
            list(crm.orders.each(("amount", ">", 500)))
        assert list(crm.orders.each(product=None)) == list(crm.orders.each())

    def test_answers_and_orders_are_told_back(self, crm: CRM) -> None:
        crm.satisfaction.record(customer="C-7", occasion="repair", recommend=9)
        crm.satisfaction.record(customer="C-8", occasion="repair", satisfied=2)
        crm.orders.add(customer="C-7", amount=crmkit.kernel.Money.of("19.99", "EUR"))
        crm.orders.add(
            customer="C-7", amount=crmkit.kernel.Money.of(5, "EUR"), ordered_at=NINE, quantity=2
        )

        answers = list(crm.satisfaction.each(("customer_id", "in", ["C-7"])))
        orders = list(crm.orders.each(ordered_at=NINE))

        assert [answer["recommend"] for answer in answers] == [9]
        assert [str(order["amount"]) for order in orders] == ["5.00"]
        assert orders[0]["ordered_at"] == NINE

    def test_an_unknown_column_is_refused_with_the_nearest(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'customer_id'"):
            list(crm.orders.each(customer="C-7"))


class TestDelete:
    def test_hides_the_record_and_keeps_its_history(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.customers.delete("C-7")

        assert crm.customers.find() == ()
        assert len(crm.history.of("C-7")) == 2
        with pytest.raises(NotFoundError, match="undelete it first"):
            crm.customers.get("C-7")

    def test_undelete_brings_it_back_as_it_was(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        li = crm.customers.change("C-7", region="Shandong")
        crm.customers.delete("C-7")

        back = crm.customers.undelete("C-7")

        assert back == li == crm.customers.get("C-7")
        assert crm.customers.change("C-7", region="Beijing").region == "Beijing"

    def test_undelete_refuses_what_is_not_deleted_or_never_was(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")

        with pytest.raises(InvalidValueError, match="not deleted"):
            crm.customers.undelete("C-7")
        with pytest.raises(NotFoundError):
            crm.customers.undelete("C-8")

    @pytest.mark.parametrize("id", [7, None, ["C-7"]])
    def test_an_id_that_is_no_text_is_refused_by_every_desk(self, crm: CRM, id: object) -> None:
        asked = cast("str", id)

        for act in (crm.customers.get, crm.customers.delete, crm.customers.undelete):
            with pytest.raises(InvalidValueError, match="must be text"):
                act(asked)
        with pytest.raises(InvalidValueError, match="must be text"):
            crm.complaints.acknowledge(asked)
        with pytest.raises(InvalidValueError, match="must be text"):
            crm.history.of(asked)

    def test_nothing_is_deleted_twice(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.customers.delete("C-7")

        with pytest.raises(NotFoundError):
            crm.customers.delete("C-7")


class TestTransaction:
    def test_saves_all_of_it_in_one_batch(self, crm: CRM) -> None:
        with crm.transaction() as tx:
            tx.customers.add_person(id="C-7", name="Li Wei")
            tx.complaints.receive(id="K-1", customer="C-7", about="leaks")
            tx.complaints.acknowledge("K-1")
            tx.satisfaction.record(customer="C-7", occasion="call", satisfied=4)

        lines = list(journal(crm._house.store))
        assert len({line.batch for line in lines}) == 1
        assert [line.version for line in lines if line.id == "K-1"] == [1, 2]
        assert len(list(crm.satisfaction.each())) == 1

    def test_a_block_that_raises_saves_nothing(self, crm: CRM) -> None:
        def fail() -> None:
            with crm.transaction() as tx:
                tx.customers.add_person(id="C-7", name="Li Wei")
                tx.complaints.receive(id="K-1", customer="C-7", about=" ")

        with pytest.raises(InvalidValueError):
            fail()

        assert crm.customers.find() == ()

    def test_reads_see_its_own_writes(self, crm: CRM) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        crm.complaints.receive(id="K-3", customer="C-7", about="leaks")
        with crm.transaction() as tx:
            tx.complaints.receive(id="K-2", customer="C-7", about="rattles")
            tx.complaints.acknowledge("K-1")
            tx.complaints.delete("K-3")
            tx.satisfaction.record(customer="C-7", occasion="call", satisfied=4)
            tx.satisfaction.record(customer="C-8", occasion="call", satisfied=4)

            seen = [c.id for c in tx.complaints.find()]
            received = [c.id for c in tx.complaints.find(stage="received")]
            first = [c.id for c in tx.complaints.find(limit=1)]
            answers = list(tx.satisfaction.each(customer_id="C-7"))

            assert (seen, received, first) == (["K-1", "K-2"], ["K-2"], ["K-1"])
            assert tx.complaints.get("K-1").stage.value == "acknowledged"
            assert len(answers) == 1
            assert len(crm.complaints.find()) == 2
            assert crm.complaints.get("K-1").stage.value == "received"

    def test_undelete_inside_sees_what_was_deleted_before(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.customers.delete("C-7")

        with crm.transaction() as tx:
            tx.customers.undelete("C-7")
            tx.customers.change("C-7", region="Shandong")

        assert crm.customers.get("C-7").region == "Shandong"

    def test_what_is_deleted_inside_is_gone_inside(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")

        with crm.transaction() as tx:
            tx.customers.delete("C-7")
            with pytest.raises(NotFoundError):
                tx.customers.change("C-7", region="Shandong")

    def test_a_conflict_raises_and_saves_nothing(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")

        def race() -> None:
            with crm.transaction() as tx:
                tx.customers.change("C-7", region="Shandong")
                tx.customers.add_person(id="C-8", name="Wu")
                crm.customers.change("C-7", region="Beijing")

        with pytest.raises(ConflictError, match="no longer at version 1"):
            race()

        assert crm.customers.get("C-7").region == "Beijing"
        assert [customer.id for customer in crm.customers.find()] == ["C-7"]

    def test_cannot_be_used_after_its_end(self, crm: CRM) -> None:
        with crm.transaction() as saved:
            saved.customers.add_person(id="C-7", name="Li Wei")
        with pytest.raises(ZeroDivisionError), crm.transaction() as broken:
            raise ZeroDivisionError

        for ended in (saved, broken):
            with pytest.raises(InvalidValueError, match="after its end"):
                ended.customers.add_person(name="Wu")
            with pytest.raises(InvalidValueError, match="after its end"):
                ended.customers.get("C-7")
        assert len(crm.customers.find()) == 1

    def test_what_is_deleted_inside_can_be_undeleted_inside(self, crm: CRM) -> None:
        li = crm.customers.add_person(id="C-7", name="Li Wei")
        with crm.transaction() as tx:
            tx.customers.add_person(id="C-8", name="Wu")
            for id in ("C-7", "C-8"):
                tx.customers.delete(id)
                with pytest.raises(NotFoundError, match="undelete it first"):
                    tx.customers.get(id)
                tx.customers.undelete(id)
            tx.customers.change("C-8", region="Shandong")

        assert crm.customers.get("C-7") == li
        assert [version.version for version in crm.history.of("C-7")] == [1, 2, 3]
        assert crm.customers.get("C-8").region == "Shandong"

    def test_an_empty_one_saves_nothing(self, crm: CRM) -> None:
        with crm.transaction():
            pass

        assert list(journal(crm._house.store)) == []


class TestRetry:
    def test_a_verb_that_meets_a_conflict_is_run_again(self, crm: CRM) -> None:
        """The other one saves between our load and our commit, twice."""
        crm.customers.add_person(id="C-7", name="Li Wei")
        regions = iter(["Beijing", "Tianjin"])

        def work(tx: crmkit.app.Transaction) -> str | None:
            before = tx.customers.get("C-7").region
            tx.customers.change("C-7", phone="+86 1")
            if (region := next(regions, None)) is not None:
                crm.customers.change("C-7", region=region)
            return before

        assert crm.run(work) == "Tianjin"
        assert crm.customers.get("C-7").phone == "+86 1"

    def test_three_times_and_no_more(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        runs: list[int] = []

        def work(tx: crmkit.app.Transaction) -> None:
            runs.append(1)
            tx.customers.change("C-7", phone="+86 1")
            crm.customers.change("C-7", region=f"R-{len(runs)}")

        with pytest.raises(ConflictError):
            crm.run(work)

        assert len(runs) == 3

    def test_within_its_time(self) -> None:
        crm = crmkit.open(actor="ann", retry=timedelta(milliseconds=60))
        crm.customers.add_person(id="C-7", name="Li Wei")
        runs: list[int] = []

        def work(tx: crmkit.app.Transaction) -> None:
            runs.append(1)
            tx.customers.change("C-7", phone="+86 1")
            crm.customers.change("C-7", region=f"R-{len(runs)}")

        with pytest.raises(ConflictError):
            crm.run(work)

        assert len(runs) > 1

    def test_racing_threads_lose_no_change(self, tmp_path: Path) -> None:
        """Four threads add five contacts each, through one desk verb."""
        from crmkit.customers import Contact

        url = f"sqlite:///{tmp_path / 'crm.db'}"
        with crmkit.open(url, durable=False, retry=timedelta(seconds=30)) as crm:
            crm.customers.add_person(id="C-7", name="Li Wei")

            def add(tx: crmkit.app.Transaction) -> None:
                contacts = tx.customers.get("C-7").contacts
                tx.customers.change("C-7", contacts=(*contacts, Contact(name="Wu")))

            def add_five() -> None:
                for _ in range(5):
                    crm.run(add)

            threads = [threading.Thread(target=add_five) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            assert len(crm.customers.get("C-7").contacts) == 20


class TestSubscribe:
    def test_refuses_what_cannot_be_called(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="subscriber is 3: it must be something"):
            crm.subscribe(3)  # type: ignore[arg-type]  # refused
        with pytest.raises(InvalidValueError, match="work is 3: it must be something"):
            crm.run(3)  # type: ignore[arg-type]  # refused

    def test_is_told_after_the_commit(self, crm: CRM) -> None:
        told: list[Committed] = []
        crm.subscribe(lambda saved: told.append(saved))

        with crm.transaction() as tx:
            tx.customers.add_person(id="C-7", name="Li Wei")
            tx.satisfaction.record(customer="C-7", occasion="call", satisfied=4)
            assert told == []
        crm.customers.delete("C-7")

        assert [(c.kind, c.id, c.version) for c in told[0].changed] == [("customer", "C-7", 1)]
        assert (told[0].facts, told[0].actor) == ({"answers": 1}, "ann")
        assert told[1].changed[0].record is None

    def test_an_error_is_not_swallowed_and_what_is_saved_stays(self, crm: CRM) -> None:
        def fail(saved: Committed) -> None:
            raise ConflictError("mail", saved.batch, 1)

        crm.subscribe(fail)

        with pytest.raises(ConflictError, match="mail"):
            crm.customers.add_person(id="C-7", name="Li Wei")

        assert len(crm.history.of("C-7")) == 1

    def test_one_that_fails_keeps_no_other_from_hearing(self, crm: CRM) -> None:
        told: list[Committed] = []
        crm.subscribe(refuse("mail"))
        crm.subscribe(told.append)

        with pytest.raises(StorageError, match="mail"):
            crm.customers.add_person(id="C-7", name="Li Wei")

        assert [saved.changed[0].id for saved in told] == ["C-7"]

    def test_several_that_fail_are_told_of_together(self, crm: CRM) -> None:
        crm.subscribe(refuse("mail"))
        crm.subscribe(refuse("feed"))

        with (
            pytest.raises(ExceptionGroup, match="is saved, and subscribers failed") as caught,
            crm.transaction() as tx,
        ):
            tx.customers.add_person(id="C-7", name="Li Wei")

        assert [str(error) for error in caught.value.exceptions] == ["mail: down", "feed: down"]
        assert crm.customers.get("C-7").name == "Li Wei"

    def test_ends_when_asked(self, crm: CRM) -> None:
        told: list[Committed] = []
        end = crm.subscribe(told.append)

        end()
        crm.customers.add_person(name="Li Wei")

        assert told == []


def refuse(where: str) -> Subscriber:
    """Return a subscriber that fails."""

    def fail(_: Committed) -> None:
        raise StorageError(where, "down")

    return fail


def test_an_id_used_twice_is_no_silent_loss() -> None:
    crm = CRM(MemoryStore(), ids=lambda: "same", clock=StillClock(NINE))
    crm.customers.add_person(id="C-7", name="Li Wei")

    with pytest.raises(StorageError, match="never used twice"):
        crm.customers.add_person(id="C-8", name="Wu")


def test_a_store_without_close_is_left_open() -> None:
    class Plain:
        def __init__(self) -> None:
            self._store = MemoryStore()

        def __getattr__(self, name: str) -> object:
            if name == "close":
                raise AttributeError(name)
            return getattr(self._store, name)

    with CRM(Plain()) as crm:  # type: ignore[arg-type]  # delegates all six verbs
        crm.customers.add_person(id="C-7", name="Li Wei")

    assert crm.customers.get("C-7").name == "Li Wei"


def test_a_closed_one_is_refused(crm: CRM) -> None:
    bob = crm.acting(by="bob")

    crm.close()

    with pytest.raises(StorageError, match="the store is closed"):
        crm.customers.find()
    with pytest.raises(StorageError, match="the store is closed"):
        bob.customers.add_person(name="Wu")
    crm.close()


def test_an_actor_at_a_naive_time_is_refused_by_name() -> None:
    with pytest.raises(InvalidValueError, match=r"^at is "):
        crmkit.open().acting(at=datetime(2026, 3, 1))


def test_a_durability_that_is_neither_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="durable is 'x': it must be True or False"):
        crmkit.open(durable="x")  # type: ignore[arg-type]  # refused
