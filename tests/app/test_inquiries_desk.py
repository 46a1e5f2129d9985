"""The inquiries' desk: what else is asked of us, answered in time."""

from datetime import timedelta

import pytest

import crmkit
from crmkit.app import CRM
from crmkit.cases import CaseKind, InquiryStage
from crmkit.errors import InvalidValueError, NotFoundError
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

        assert (aside.stage, aside.trail[-1].note) == (InquiryStage.DUPLICATE, "Q-3")
        assert crm.inquiries.get("Q-3").stage is InquiryStage.OPENED

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
