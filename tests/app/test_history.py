"""Versions: read them, put them back, take out of them what is personal."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

import crmkit
from crmkit.app import CRM
from crmkit.cases import Severity
from crmkit.customers import (
    Address,
    Behaviour,
    Contact,
    CreditStanding,
    Customer,
    Demographics,
    Finances,
)
from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import REDACTED, Channel, SteppingClock
from crmkit.storage import Batch, Entry, MemoryStore
from crmkit.testing import NINE


HOUR = timedelta(hours=1)


@pytest.fixture
def crm() -> CRM:
    """Li moved from Shandong to Beijing at ten, was deleted at eleven, and is back since noon."""
    crm = crmkit.open(actor="ann")
    crm.acting(at=NINE).customers.add_person(id="C-7", name="Li Wei", region="Shandong")
    crm.acting(by="bob", at=NINE + HOUR).customers.change("C-7", region="Beijing")
    crm.acting(at=NINE + 2 * HOUR).customers.delete("C-7")
    crm.acting(at=NINE + 3 * HOUR).customers.undelete("C-7")
    return crm


class TestOf:
    def test_tells_who_when_and_what(self, crm: CRM) -> None:
        history = crm.history.of("C-7", kind="customer")
        moved = history[:2][1].record

        assert [(r.version, r.by, r.at - NINE) for r in history] == [
            (1, "ann", 0 * HOUR),
            (2, "bob", HOUR),
            (3, "ann", 2 * HOUR),
            (4, "ann", 3 * HOUR),
        ]
        assert history[2].record is None
        assert moved is not None
        assert moved.region == "Beijing"
        assert (history.kind, repr(history)) == ("customer", "<4 versions of customer 'C-7'>")

    def test_tells_what_each_version_did(self, crm: CRM) -> None:
        crm.history.of("C-7").restore(1)
        crm.customers.change("C-7", region="Tianjin")

        assert [revision.activity.value for revision in crm.history.of("C-7")] == [
            "born",
            "changed",
            "deleted",
            "undeleted",
            "restored",
            "changed",
        ]

    def test_two_kinds_may_have_one_id(self, crm: CRM) -> None:
        crm.complaints.receive(id="C-7", customer="C-7", about="leaks")

        with pytest.raises(InvalidValueError, match="say which"):
            crm.history.of("C-7")

        assert len(crm.history.of("C-7", kind="complaint")) == 1

    def test_what_never_was_has_no_history(self, crm: CRM) -> None:
        with pytest.raises(NotFoundError, match="record 'C-8'"):
            crm.history.of("C-8")
        with pytest.raises(NotFoundError, match="complaint 'C-7'"):
            crm.history.of("C-7", kind="complaint")
        with pytest.raises(InvalidValueError, match="did you mean 'customer'"):
            crm.history.of("C-7", kind="customers")


class TestAsOf:
    @pytest.mark.parametrize(("hours", "region"), [(0, "Shandong"), (1, "Beijing"), (9, "Beijing")])
    def test_is_what_was_so_then(self, crm: CRM, hours: int, region: str) -> None:
        history = crm.history.of("C-7", kind="customer")

        assert history.as_of(NINE + hours * HOUR).region == region

    @pytest.mark.parametrize(("hours", "why"), [(-1, "not yet there"), (2, "deleted by")])
    def test_says_why_there_was_nothing(self, crm: CRM, hours: int, why: str) -> None:
        with pytest.raises(NotFoundError, match=why):
            crm.history.of("C-7").as_of(NINE + hours * HOUR)

    def test_refuses_a_naive_time(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="time zone"):
            crm.history.of("C-7").as_of(NINE.replace(tzinfo=None))


class TestRestore:
    def test_adds_a_version(self, crm: CRM) -> None:
        restored = crm.history.of("C-7", kind="customer").restore(1)

        assert restored.region == "Shandong"
        assert crm.customers.get("C-7") == restored
        assert len(crm.history.of("C-7")) == 5

    def test_moves_no_stage_back(self) -> None:
        crm = crmkit.open(actor="ann", clock=SteppingClock(NINE))
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        acknowledged = crm.complaints.acknowledge("K-1")

        assert crm.history.of("K-1").restore(1).trail == acknowledged.trail

    def test_of_a_complaint_keeps_what_happened_and_puts_back_what_was_said_of_it(self) -> None:
        crm = crmkit.open(actor="ann", clock=SteppingClock(NINE))
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        crm.complaints.prioritise("K-1", severity="critical")
        crm.complaints.assign("K-1", owner="bob")
        crm.complaints.reply("K-1", text="We come at noon.")
        crm.complaints.reach("K-1", milestone="on_site")
        crm.complaints.wait("K-1", party="third_party")
        last = crm.complaints.involve("K-1", id="W-3", role="workshop")

        back = crm.history.of("K-1", kind="complaint").restore(1)

        assert back == crm.complaints.get("K-1")
        assert (back.severity, back.participants) == (Severity.CRITICAL, ())
        assert (back.trail, back.messages) == (last.trail, last.messages)
        assert (back.assignments, back.milestones) == (last.assignments, last.milestones)
        assert back.gradings == last.gradings
        assert crm.history.of("K-1", kind="complaint")[-2].record == last

    @pytest.mark.parametrize(
        ("version", "why"), [(0, "from 1 to 4"), (5, "1 to 4"), (3, "deletion")]
    )
    def test_refuses_what_cannot_be_put_back(self, crm: CRM, version: int, why: str) -> None:
        with pytest.raises(InvalidValueError, match=why):
            crm.history.of("C-7").restore(version)


class TestOrder:
    """No version is dated before the one it was made from; else `as_of` would answer wrongly."""

    @pytest.mark.parametrize("hours", [-1, 2])
    def test_no_deletion_before_the_last_act(self, crm: CRM, hours: int) -> None:
        with pytest.raises(InvalidValueError, match=r"earlier than the last act on customer 'C-7'"):
            crm.acting(at=NINE + hours * HOUR).customers.delete("C-7")

        assert len(crm.history.of("C-7")) == 4

    def test_no_return_before_the_deletion(self, crm: CRM) -> None:
        later = crm.acting(at=NINE + 5 * HOUR)
        later.customers.delete("C-7")

        with pytest.raises(InvalidValueError, match=r"at 2026-03-02T14:00:00\+00:00"):
            crm.acting(at=NINE + 4 * HOUR).customers.undelete("C-7")

        assert later.customers.undelete("C-7").region == "Beijing"

    def test_no_change_before_the_return(self, crm: CRM) -> None:
        """The trail alone would take it: its last step was at ten."""
        early = crm.acting(at=NINE + HOUR + HOUR / 2)

        with pytest.raises(InvalidValueError, match="earlier than the last act"):
            early.customers.change("C-7", region="Tianjin")

        crm.acting(at=NINE + 3 * HOUR).customers.change("C-7", region="Tianjin")
        assert len(crm.history.of("C-7")) == 5

    def test_no_restoring_before_the_last_act(self) -> None:
        crm = crmkit.open(actor="ann")
        monday, tuesday = crm.acting(at=NINE), crm.acting(at=NINE + 24 * HOUR)
        tuesday.complaints.receive(id="K-1", customer="C-7", about="leaks")

        with pytest.raises(InvalidValueError, match="earlier than the last act on complaint 'K-1'"):
            monday.history.of("K-1").restore(1)

        tuesday.history.of("K-1").restore(1)
        assert len(crm.history.of("K-1")) == 2

    @pytest.mark.parametrize("has_last", [True, False])
    def test_no_reply_before_the_last_act(self, has_last: bool) -> None:
        """An answer is no step of the trail, and neither is the one who joins."""
        store = MemoryStore()
        if not has_last:
            store.last_entry = None  # type: ignore[method-assign,assignment]  # of six verbs
        crm = CRM(store, actor="ann")
        crm.acting(at=NINE).complaints.receive(id="K-1", customer="C-7", about="leaks")
        crm.acting(at=NINE + 2 * HOUR).complaints.involve("K-1", id="S-3", role="supplier")

        with pytest.raises(InvalidValueError, match="earlier than the last act on complaint 'K-1'"):
            crm.acting(at=NINE + HOUR).complaints.reply("K-1", text="We come at noon.")

        crm.acting(at=NINE + 2 * HOUR).complaints.reply("K-1", text="We come at noon.")
        assert len(crm.history.of("K-1")) == 3

    def test_is_known_by_one_line_however_long_the_journal_is(self) -> None:
        class Watched(MemoryStore):
            def entries(self, *args: Any, **kwargs: Any) -> Sequence[Entry]:
                raise AssertionError("the journal is read")

        crm = CRM(Watched(), actor="ann").acting(at=NINE)
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")

        crm.complaints.reply("K-1", text="We come at noon.")
        crm.complaints.assign("K-1", owner="bob")

        assert crm.complaints.acknowledge("K-1").owner == "bob"

    def test_a_transaction_is_one_moment(self) -> None:
        crm = crmkit.open(actor="ann").acting(at=NINE)
        with crm.transaction() as tx:
            tx.customers.add_person(id="C-8", name="Wu")
            tx.customers.delete("C-8")
            tx.customers.undelete("C-8")

        early = crm.acting(at=NINE - HOUR)
        with pytest.raises(InvalidValueError, match="last act"), early.transaction() as tx:
            tx.customers.delete("C-8")

        assert len(crm.history.of("C-8")) == 3

    def test_who_meets_a_later_version_is_run_again(self, crm: CRM) -> None:
        """What another saved meanwhile is a conflict, and no act out of order."""
        house = crm._house
        others = iter([crm.acting(at=NINE + 6 * HOUR)])

        def ids() -> str:
            for other in others:
                other.customers.change("C-7", region="Tianjin")
            return house.ids()

        clock = SteppingClock(NINE + 5 * HOUR, 2 * HOUR)
        slow = CRM(house.store, actor="ann", clock=clock, ids=ids)
        slow.customers.delete("C-7")

        assert [revision.at - NINE for revision in slow.history.of("C-7")][-2:] == [
            6 * HOUR,
            7 * HOUR,
        ]


PERSONAL = ("name", "phone", "email", "address", "contacts", "demographics", "behaviour")


class TestRedact:
    @pytest.fixture
    def full(self) -> CRM:
        """A customer of whom all is known, changed once, deleted once; and his complaint."""
        crm = crmkit.open(actor="ann", clock=SteppingClock(NINE))
        crm.customers.add_person(
            id="C-7",
            name="Li Wei",
            phone="+86 1",
            email="li@example.com",
            address=Address(city="Qingdao"),
            contacts=(Contact(name="Wu", role="family"),),
            type="end_consumer",
            region="Shandong",
            industry="laundry",
            size="small",
            source="fair",
            owner="bob",
            since=date(2020, 5, 1),
            demographics=Demographics(),
            behaviour=Behaviour(preferred_channel=Channel.PHONE),
            finances=Finances(credit=CreditStanding.GOOD),
        )
        crm.customers.classify("C-7", handling="key")
        crm.customers.delete("C-7")
        crm.customers.undelete("C-7")
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks", channel="phone")
        crm.complaints.acknowledge("K-1")
        return crm

    @pytest.mark.parametrize("field", [*PERSONAL, "finances"])
    def test_leaves_all_else_readable(self, full: CRM, field: str) -> None:
        full.history.of("C-7").redact(field)

        li = full.customers.get("C-7")
        records = [revision.record for revision in full.history.of("C-7", kind="customer")]
        assert getattr(li, field) in (REDACTED, None, ())
        assert [record and getattr(record, field) for record in records] == [
            getattr(li, field),
            getattr(li, field),
            None,
            getattr(li, field),
            *[getattr(li, field)] * (len(records) - 4),
        ]
        assert full.frames.customers()["id"].tolist() == ["C-7"]
        assert len(full.frames.journal(kind="customer")) == 5
        assert full.customers.find(region="Shandong") == (li,)
        assert full.history.of("C-7", kind="customer").restore(1).region == "Shandong"

    def test_takes_several_at_once(self, full: CRM) -> None:
        assert full.history.of("C-7").redact(*PERSONAL) == 2

        assert full.customers.get("C-7").name == REDACTED
        assert "Li Wei" not in repr(full._house.store.entries())

    def test_of_nothing_adds_no_version(self, full: CRM) -> None:
        full.history.of("C-7").redact("name")

        assert full.history.of("C-7").redact("name") == 0
        assert len(full.history.of("C-7")) == 5

    def test_reaches_what_is_deleted(self, full: CRM) -> None:
        full.customers.delete("C-7")

        full.history.of("C-7").redact("name")

        assert full.customers.undelete("C-7").name == REDACTED

    def test_stays_out_when_an_old_handle_restores(self, full: CRM) -> None:
        before = full.history.of("C-7")

        after = full.history.of("C-7")
        after.redact("name")

        assert after.version(1).record.name == REDACTED  # type: ignore[union-attr]
        assert before.restore(1).name == REDACTED  # type: ignore[attr-defined]
        assert after.restore(1).name == REDACTED  # type: ignore[attr-defined]
        assert "Li Wei" not in repr(full._house.store.entries())

    def test_stays_out_when_a_restoration_is_under_way(self) -> None:
        store = _Interrupted()
        crm = CRM(store, actor="ann")
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.customers.change("C-7", name="Li Na")
        history = crm.history.of("C-7")
        store.before_commit = lambda: crm.history.of("C-7").redact("name")

        assert history.restore(1).name == REDACTED  # type: ignore[attr-defined]

        assert "Li" not in repr(store.entries()) + repr(store.load("customer", ["C-7"]))

    @pytest.mark.parametrize("fields", [["trail"], ["id"], ["name", "party"], ["region"], ["fone"]])
    def test_refuses_what_is_not_personal(self, full: CRM, fields: list[str]) -> None:
        with pytest.raises(InvalidValueError, match="no personal field of customer; name any of"):
            full.history.of("C-7").redact(*fields)

        assert full.customers.get("C-7").name == "Li Wei"

    @pytest.mark.parametrize("field", ["trail", "id", "customer", "stage", "note", "trail.by"])
    def test_of_a_complaint_its_words_and_notes_are_personal(self, full: CRM, field: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            full.history.of("K-1").redact(field)

        assert str(refused.value).endswith(
            "name any of about, actions.undone_because, call_plans.reason, calls.note, costs.why,"
            " days_promised.reason, exemption, findings.note, immediate_action, messages.text,"
            " reasons.says, reasons.zh, referrals.outcome, remedies.why_waived, remedy_wanted,"
            " repeats_undone.reason, repeats_undone.reason_zh, routes.note, routes.reason,"
            " routes.reason_zh, trail.note"
        )
        assert full.complaints.get("K-1").about == "leaks"

    def test_takes_the_notes_out_of_a_trail_and_leaves_its_steps(self, full: CRM) -> None:
        full.complaints.investigate("K-1", note="Li Wei says that it drips")
        before = full.complaints.get("K-1")

        assert full.history.of("K-1").redact("trail.note", "about") == 2

        after = full.complaints.get("K-1")
        assert after.about == REDACTED
        assert [step.note for step in after.trail] == ["", "", REDACTED]
        assert [(s.stage, s.by, s.at) for s in after.trail] == [
            (s.stage, s.by, s.at) for s in before.trail
        ]
        responded = full.complaints.respond("K-1", note="a new valve")
        assert [step.note for step in responded.trail] == ["", "", REDACTED, "a new valve"]
        assert full.history.of("K-1").redact("trail.note") == 1

    def test_takes_the_words_out_of_messages_and_leaves_who_spoke_when(self, full: CRM) -> None:
        full.complaints.hear("K-1", text="Li Wei wants his money back")
        full.complaints.reply("K-1", text="Dear Li Wei, of course")
        full.complaints.comment("K-1", text="Li Wei is right")
        before = full.complaints.get("K-1").messages

        # The message itself, two appended tails, and none of the versions before.
        assert full.history.of("K-1").redact("messages.text") == 3

        after = full.complaints.reply("K-1", text="It is done.")
        assert [said.text for said in after.messages] == [REDACTED] * 3 + ["It is done."]
        assert [(m.at, m.by, m.party, m.public) for m in after.messages[:3]] == [
            (m.at, m.by, m.party, m.public) for m in before
        ]
        past = [revision.record for revision in full.history.of("K-1", kind="complaint")]
        assert {m.text for record in past[:-2] if record for m in record.messages} == {REDACTED}
        assert "Li Wei" not in repr(full._house.store.entries(kind="complaint", id="K-1"))
        assert full.upkeep.verify().is_sound

    def test_stays_so_after_every_later_act(self, full: CRM) -> None:
        full.history.of("C-7").redact("name", "contacts")

        full.customers.change("C-7", region="Beijing")
        full.history.of("C-7").restore(1)
        full.customers.delete("C-7")
        full.customers.undelete("C-7")
        for number in range(20):
            full.customers.change("C-7", size=str(number))

        records = [revision.record for revision in full.history.of("C-7", kind="customer")]
        assert {record.name for record in records if record} == {REDACTED}
        assert {record.contacts for record in records if record} == {()}
        assert "Li Wei" not in repr(full._house.store.entries())
        assert full.upkeep.verify().is_sound

    def test_refuses_to_take_out_nothing(self, full: CRM) -> None:
        with pytest.raises(InvalidValueError, match="at least one field"):
            full.history.of("C-7").redact()

    def test_pages_by_a_key_that_was_taken_out_go_on(self, full: CRM) -> None:
        """In the store such a key is empty, before the next change and after it."""
        for number in range(3):
            full.customers.add_person(id=f"C-{number}", name=f"A-{number}")
        full.history.of("C-7").redact("name")

        for _ in range(2):
            found: list[Customer] = []
            while page := full.customers.find(
                order_by="name", limit=1, after=found[-1] if found else None
            ):
                found += page
            assert [customer.id for customer in found] == ["C-7", "C-0", "C-1", "C-2"]
            full.customers.change("C-7", region="Beijing")


class _Interrupted(MemoryStore):
    """A store in which somebody else does something just before the next commit."""

    before_commit: Callable[[], object] | None = None

    def commit(self, batch: Batch) -> bool:
        if self.before_commit is not None:
            act, self.before_commit = self.before_commit, None
            act()
        return super().commit(batch)
