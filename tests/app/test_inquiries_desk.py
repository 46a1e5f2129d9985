"""The inquiries' desk: what else is asked of us, answered in time."""

from datetime import timedelta

import attrs
import pytest

import crmkit
from crmkit.app import CRM
from crmkit.cases import (
    INQUIRY_CODEC,
    CaseKind,
    FollowUpPolicy,
    Inquiry,
    InquiryStage,
    InquiryTerms,
)
from crmkit.complaints import WorkKind
from crmkit.errors import InvalidValueError, NotFoundError, TransitionError
from crmkit.kernel import WorkCalendar
from crmkit.storage import Batch, Change, MemoryStore
from crmkit.testing import NINE


HOUR = timedelta(hours=1)


@pytest.fixture
def crm() -> CRM:
    crm = crmkit.open(actor="ann").acting(at=NINE)
    crm.inquiries.open(id="Q-1", customer="C-7", about="a wider drain", asks="suggestion")
    crm.inquiries.open(id="Q-2", customer="C-7", about="drum", asks="repair", channel="phone")
    crm.inquiries.open(id="Q-3", customer="C-8", about="Open today?", raised_by="staff")
    return crm


class TestOpen:
    @pytest.mark.parametrize(
        ("id", "kind"),
        [("Q-1", CaseKind.SUGGESTION), ("Q-2", CaseKind.REPAIR), ("Q-3", CaseKind.ENQUIRY)],
    )
    def test_takes_every_kind_that_is_no_complaint(self, crm: CRM, id: str, kind: CaseKind) -> None:
        assert crm.inquiries.get(id).kind is kind
        assert [one.id for one in crm.inquiries.find(asks=kind.value)] == [id]

    def test_sends_complaints_to_their_own_desk(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="Complaint"):
            crm.inquiries.open(customer="C-7", about="leaks", asks="complaint")


class TestPromises:
    def test_each_kind_is_answered_within_its_limit(self, crm: CRM) -> None:
        """One hour to respond to whoever asked himself, by the policy of Sea-Lion."""
        late = crm.acting(at=NINE + 2 * HOUR).inquiries

        assert {promise.case.id for promise in late.overdue()} == {"Q-1", "Q-2"}
        assert late.get("Q-1").stage is InquiryStage.OPENED

    def test_answered_it_is_owed_nothing_more(self, crm: CRM) -> None:
        crm.inquiries.answer("Q-1", text="We pass it on.")

        assert {promise.case.id for promise in crm.inquiries.due_within(HOUR)} == {"Q-2"}
        assert list(crm.inquiries.agenda()) == ["nobody"]


class TestContacts:
    def test_are_counted_by_what_is_asked(self, crm: CRM) -> None:
        crm.inquiries.answer("Q-1", text="We pass it on.")
        crm.inquiries.answer("Q-2", text="On Monday.")
        crm.inquiries.reopen("Q-2", note="Nobody came.")
        crm.inquiries.answer("Q-2", text="Today.")

        assert crm.inquiries.contacts().mean == 1.5
        assert crm.inquiries.contacts(asks="repair").mean == 2.0
        assert crm.inquiries.contacts(("customer", "=", "C-8")).mean is None


class TestMarkDuplicate:
    def test_sets_it_aside_for_one_that_is_dealt_with(self, crm: CRM) -> None:
        aside = crm.inquiries.mark_duplicate("Q-1", of="Q-3")

        assert (aside.stage, aside.duplicate_of) == (InquiryStage.DUPLICATE, "Q-3")
        assert crm.inquiries.get("Q-3").stage is InquiryStage.OPENED

    def test_is_told_of_which_after_the_customer_is_erased(self, crm: CRM) -> None:
        customer = crm.inquiries.mark_duplicate("Q-1", of="Q-3", note="he rang twice").customer

        crm.erase(customer)

        erased = crm.inquiries.get("Q-1")
        assert (erased.duplicate_of, erased.trail[-1].note) == ("Q-3", "REDACTED")

    def test_refuses_one_that_is_not_dealt_with_itself(self, crm: CRM) -> None:
        crm.inquiries.mark_duplicate("Q-1", of="Q-3")
        crm.inquiries.cancel("Q-2")

        with pytest.raises(InvalidValueError, match="must be dealt with itself, and is duplicate"):
            crm.inquiries.mark_duplicate("Q-3", of="Q-1")
        with pytest.raises(InvalidValueError, match="must be dealt with itself, and is cancelled"):
            crm.inquiries.mark_duplicate("Q-3", of="Q-2")
        with pytest.raises(InvalidValueError, match="must be another inquiry"):
            crm.inquiries.mark_duplicate("Q-3", of="Q-3")
        with pytest.raises(NotFoundError, match="'Q-9'"):
            crm.inquiries.mark_duplicate("Q-3", of="Q-9")


class TestDropped:
    def test_is_nothing_that_others_are_set_aside_for(self, crm: CRM) -> None:
        desk = crm.inquiries
        desk.mark_duplicate("Q-1", of="Q-3")

        for drop in (
            lambda: desk.cancel("Q-3"),
            lambda: desk.delete("Q-3"),
            lambda: desk.mark_duplicate("Q-3", of="Q-2"),
        ):
            with pytest.raises(TransitionError, match="set aside for it, too: Q-1"):
                drop()

        assert [one.id for one in desk.find(duplicate_of="Q-3")] == ["Q-1"]
        assert desk.cancel("Q-2", note="he knows").trail[-1].note == "he knows"

    def test_comes_back_only_to_what_is_dealt_with(self, crm: CRM) -> None:
        desk = crm.inquiries
        desk.mark_duplicate("Q-1", of="Q-3")
        desk.delete("Q-1")
        desk.delete("Q-3")

        with pytest.raises(TransitionError, match="not dealt with any more: Q-3"):
            desk.undelete("Q-1")
        desk.undelete("Q-3")
        assert desk.undelete("Q-1").duplicate_of == "Q-3"

    def test_is_not_what_an_older_one_is_set_aside_for(self) -> None:
        """Of schema 1: no key, and the other's id in the note."""
        told = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="Open today?")
        aside = attrs.evolve(told, id="Q-2").mark_duplicate("ann", NINE, of="x", note="Q-1")
        store, changes = MemoryStore(), []
        for one in (told, attrs.evolve(aside, duplicate_of=None)):
            keys = dict(INQUIRY_CODEC.key_values(one))
            del keys["duplicate_of"]
            data = INQUIRY_CODEC.encode(one)
            changes.append(Change.of("inquiry", one.id, data, before=None, schema=1, keys=keys))
        store.commit(Batch(id="B-1", at=NINE, actor="ann", changes=changes))
        desk = CRM(store, actor="ann").acting(at=NINE).inquiries

        with pytest.raises(InvalidValueError, match=r"crm.upkeep.rewrite\('inquiry'\)"):
            desk.cancel("Q-1")
        desk.open(id="Q-3", customer="C-7", about="Open today?")
        with pytest.raises(TransitionError, match="set aside for it, too: Q-2"):
            desk.cancel("Q-1")


class TestRooms:
    def test_its_history_is_kept_and_put_back(self, crm: CRM) -> None:
        crm.inquiries.answer("Q-1", text="We pass it on.")

        history = crm.history.of("Q-1", kind="inquiry")

        assert [revision.activity.value for revision in history] == ["born", "changed"]
        assert history.restore(1).stage is InquiryStage.ANSWERED

    def test_is_a_frame_with_its_log(self, crm: CRM) -> None:
        crm.inquiries.answer("Q-1", text="We pass it on.")

        frame, log = crm.frames.inquiries(), crm.frames.event_log("inquiry")

        assert frame["asks"].to_list() == ["suggestion", "repair", "enquiry"]
        assert log["state"].to_list() == ["open", "resolved", "open", "open"]

    def test_is_erased_with_its_customer(self, crm: CRM) -> None:
        crm.erase("C-7")

        assert crm.inquiries.get("Q-1").about == "REDACTED"
        assert crm.inquiries.get("Q-3").about == "Open today?"


class TestFollowingUp:
    @pytest.fixture
    def crm(self) -> CRM:
        policy = FollowUpPolicy(
            name="all", within=2 * HOUR, calendar=WorkCalendar.always("UTC"), attempts=2
        )
        terms = InquiryTerms(follow_up=policy)
        crm = crmkit.open(actor="ann", inquiry_terms=terms).acting(at=NINE)
        for id in ("Q-1", "Q-2"):
            crm.inquiries.open(id=id, customer="C-7", about="drum")
        crm.inquiries.answer("Q-1", text="Mended.")
        crm.inquiries.close("Q-1")
        return crm

    def test_is_due_after_the_answer_closed_or_not(self, crm: CRM) -> None:
        crm.inquiries.answer("Q-2", text="Mended.")
        noon = crm.acting(at=NINE + 3 * HOUR).inquiries

        assert crm.inquiries.calls_due() == ()
        assert [call.inquiry.id for call in noon.calls_due()] == ["Q-1", "Q-2"]
        assert [call.inquiry.id for call in noon.calls_due(since=NINE + HOUR)] == ["Q-2"]

    def test_of_who_is_not_satisfied_opens_it_again(self, crm: CRM) -> None:
        noon = crm.acting(by="eva", at=NINE + 3 * HOUR).inquiries

        again = noon.follow_up("Q-1", outcome="not_satisfied", note="it still stands still")

        assert again.stage is InquiryStage.OPENED
        assert noon.calls_due() == ()
        assert noon.get("Q-1").calls[0].by == "eva"

    def test_stands_on_the_work_list(self, crm: CRM) -> None:
        crm.inquiries.assign("Q-2", owner="bob")
        noon = crm.acting(at=NINE + 3 * HOUR).inquiries

        listed = {
            who: [(item.kind, item.record.id) for item in items]
            for who, items in noon.worklist().items()
        }

        assert listed == {"ann": [(WorkKind.CALL, "Q-1")], "bob": [(WorkKind.OVERDUE, "Q-2")]}
        assert list(noon.worklist(since=NINE + HOUR)) == ["bob"]

    def test_every_inquiry_that_is_not_over_stands_there(self) -> None:
        desk = crmkit.open(actor="ann").acting(at=NINE).inquiries
        for id in ("Q-1", "Q-2", "Q-3", "Q-4"):
            desk.open(id=id, customer="C-7", about="drum")
        desk.answer("Q-1", text="So.")
        desk.reply("Q-2", text="Which one?")
        desk.wait("Q-2", party="customer")
        desk.cancel("Q-4")

        (items,) = desk.worklist().values()

        assert [(item.kind, item.record.id) for item in items] == [
            (WorkKind.DUE, "Q-3"),
            (WorkKind.WAITING, "Q-2"),
            (WorkKind.OPEN, "Q-1"),
        ]

    def test_goes_by_terms_that_are_some(self) -> None:
        with pytest.raises(InvalidValueError, match="inquiry_terms"):
            crmkit.open(inquiry_terms="all")  # type: ignore[arg-type]  # refused
