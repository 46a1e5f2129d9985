"""Files of every stored form so far open for ever."""

import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import crmkit
from crmkit.app import Cursor
from crmkit.app.following import CURSOR_CODEC
from crmkit.app.upkeep.erasing import ERASURE_CODEC
from crmkit.cases import (
    Booking,
    FollowUpCall,
    FollowUpOutcome,
    Grading,
    Impact,
    Milestone,
    Participant,
    Party,
    Priority,
    Severity,
    StateGroup,
    Urgency,
)
from crmkit.complaints import (
    COMPLAINT_CODEC,
    ActionLink,
    CallPlan,
    CauseAnalysis,
    Channel,
    ComplaintField,
    Complexity,
    Cost,
    CostKind,
    Finding,
    FiveWhys,
    Goods,
    Judgement,
    PromisedDay,
    Reason,
    Referral,
    RemedyKind,
    Route,
    Stage,
)
from crmkit.customers import CUSTOMER_CODEC, Address, Contact, CreditStanding
from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, Score
from crmkit.loyalty import POINTS_ACCOUNT_CODEC, POINTS_ENTRY_CODEC, PointsAct, PointsSource
from crmkit.testing import NINE


FIXTURES = Path(__file__).parent / "fixtures"


def test_a_file_of_format_1_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Made on the first day: two customers, one of them deleted; a complaint sent back once."""
    file = tmp_path / "crm.db"
    shutil.copy(FIXTURES / "format-1.db", file)

    with crmkit.open(f"sqlite:///{file}", actor="ann") as crm:
        laundry = crm.customers.get("C-7")
        complaint = crm.complaints.get("K-1")
        history = crm.history.of("C-7", kind="customer")
        regions = [version.record and version.record.region for version in history]
        (order,) = crm.orders.each()
        (answer,) = crm.satisfaction.each()
        deleted = crm.history.of("C-8")[-1].record
        moved_on = crm.complaints.accept("K-1")

    assert (laundry.name, laundry.address) == ("海狮洗衣", Address(city="Qingdao"))
    assert laundry.contacts == (Contact(name="Wu", role="purchasing"),)
    assert laundry.finances is not None
    assert laundry.finances.credit is CreditStanding.GOOD
    assert laundry.classes == {"handling": "key"}
    assert (complaint.channel, complaint.stage) == (Channel.PHONE, Stage.RESPONDED)
    assert complaint.was_rejected
    assert regions == ["Shandong", "Beijing", "Beijing"]
    assert (order["amount"], order["currency"]) == (Decimal("19.99"), "CNY")
    assert (answer["recommend"], answer["answered_at"]) == (9, NINE)
    assert deleted is None
    assert moved_on.is_closed


def test_records_of_schema_1_are_read_as_they_were_written() -> None:
    customer = CUSTOMER_CODEC.decode((FIXTURES / "customer-1.json").read_bytes(), 1)
    complaint = COMPLAINT_CODEC.decode((FIXTURES / "complaint-1.json").read_bytes(), 1)

    assert (customer.id, customer.name, customer.region) == ("C-7", "海狮洗衣", "Beijing")
    assert customer.trail[0].at == NINE
    assert (complaint.id, complaint.about) == ("K-1", "compressor rattles")
    assert [step.stage for step in complaint.trail][-1] is Stage.RESPONDED


def test_complaints_of_schema_1_lack_nothing_that_cases_gained() -> None:
    """A complaint that was answered waits for the customer no more: it is resolved."""
    complaint = COMPLAINT_CODEC.decode((FIXTURES / "complaint-1.json").read_bytes(), 1)

    assert (complaint.raised_by, complaint.state) == (Party.CUSTOMER, StateGroup.RESOLVED)
    assert (complaint.severity, complaint.impact, complaint.priority) == (None, None, None)
    assert (complaint.gradings, complaint.owner) == ((), None)
    assert (complaint.messages, complaint.milestones) == ((), ())
    assert {step.awaits for step in complaint.trail} == {None}
    first, *_, last = complaint.conversation
    assert (first.text, last.text) == ("compressor rattles", "another one")


def test_complaints_of_schema_2_are_read_as_they_were_written() -> None:
    """Waited for the customer and then for a third party, handed over, graded twice, said much."""
    complaint = COMPLAINT_CODEC.decode((FIXTURES / "complaint-2.json").read_bytes(), 2)

    assert (complaint.id, complaint.raised_by) == ("K-2", Party.CUSTOMER)
    assert complaint.gradings == (
        Grading(
            NINE + timedelta(minutes=1),
            "ann",
            severity=Severity.MAJOR,
            impact=Impact.SINGLE,
            priority=Priority.NORMAL,
        ),
        Grading(NINE + timedelta(minutes=42), "ann", priority=Priority.HIGH),
    )
    assert (complaint.severity, complaint.impact) == (Severity.MAJOR, Impact.SINGLE)
    assert complaint.priority is Priority.HIGH
    assert complaint.participants == (Participant("W-3", Party.THIRD_PARTY, "workshop"),)
    assert [(handed.by, handed.owner) for handed in complaint.assignments] == [
        ("ann", "bob"),
        ("ann", None),
    ]
    assert [(said.party, said.public, said.text) for said in complaint.messages] == [
        (Party.STAFF, True, "Which model is it?"),
        (Party.CUSTOMER, True, "海狮 XGQ-100"),
        (Party.STAFF, False, "take a bearing along"),
    ]
    assert complaint.milestones == (Milestone(NINE + timedelta(hours=2), "ann", "on_site"),)
    assert [(step.stage, step.awaits) for step in complaint.trail] == [
        (Stage.RECEIVED, None),
        (Stage.ACKNOWLEDGED, None),
        (Stage.ACKNOWLEDGED, Party.CUSTOMER),
        (Stage.ACKNOWLEDGED, None),
        (Stage.INVESTIGATED, None),
        (Stage.INVESTIGATED, Party.THIRD_PARTY),
    ]
    assert complaint.state is StateGroup.WAITING_THIRD_PARTY


def test_the_process_of_a_complaint_of_schema_2_is_read_as_it_was_written() -> None:
    complaint = COMPLAINT_CODEC.decode((FIXTURES / "complaint-2.json").read_bytes(), 2)
    one, two, three = (NINE + timedelta(hours=hours) for hours in (1, 2, 3))

    assert complaint.field is ComplaintField.GOODS_QUALITY
    assert complaint.goods == Goods(product="XGQ-100", unit="SN-4711", batch="2026-02")
    assert (complaint.symptom, complaint.concerned) == ("rattles", "workshop 3")
    assert complaint.remedy_wanted == "a new one"
    assert complaint.immediate_action == "told to stop it"
    assert complaint.due_on == date(2026, 3, 3)
    assert complaint.judgement == Judgement(
        safety=False, urgency=Urgency.SOON, complexity=Complexity.COMPLEX
    )
    assert complaint.reasons == (Reason(NINE, "ann", "severity", "the laundry stands still"),)
    assert complaint.routes == (
        Route(NINE, "ann", "service"),
        Route(one, "sam", "quality", "not ours", "quality", "head", one),
    )
    why = FiveWhys(("dry bearing", "no grease in the plan"))
    assert complaint.analysis == CauseAnalysis(cause=why, escape_point="final test")
    assert (complaint.cause, complaint.exemption, complaint.duplicate_of) == ("bearing", "", None)
    assert [(remedy.kind, remedy.promised_at) for remedy in complaint.remedies] == [
        (RemedyKind.REPAIR, two),
        (RemedyKind.GOODWILL, two),
        (RemedyKind.APOLOGY, two),
    ]
    done, waived, owed = complaint.remedies
    assert (done.carried_out_at, waived.waived_at, owed.is_owed) == (three, three, True)
    assert waived.why_waived == "he needs none"
    assert complaint.actions == (
        ActionLink("A-1", undone_because="it is A-2"),
        ActionLink("A-2", three),
        ActionLink("A-3"),
    )
    assert complaint.calls == (
        FollowUpCall(two, "eva", FollowUpOutcome.UNREACHABLE, note="engaged"),
        FollowUpCall(three, "eva", FollowUpOutcome.NOT_SATISFIED, note="rattles", rating=Score(20)),
    )
    assert (complaint.calls_past, complaint.call_tries) == (2, 3)
    assert complaint.referrals == (Referral(two, "ann", "consumers' association", "for us"),)


def test_what_a_complaint_of_schema_2_repeats_and_cost_is_read_as_it_was_written() -> None:
    complaint = COMPLAINT_CODEC.decode((FIXTURES / "complaint-2.json").read_bytes(), 2)
    noon, one = NINE + timedelta(hours=3), NINE + timedelta(hours=4)

    assert complaint.repeats == ("K-0", "K-1")
    assert complaint.bookings == (Booking(NINE, "ann", "on_site", one, "Asia/Shanghai"),)
    owed, given = complaint.costs
    assert owed == Cost(
        at=noon,
        by="ann",
        kind=CostKind.COMPENSATION,
        amount=Money.of(60, "CNY"),
        why="late visit",
        promise="complaint K-2 | Sea-Lion | on_site | 1",
        approved_by="head",
    )
    assert (given.kind, given.by, given.why) == (
        CostKind.GOODWILL,
        "head",
        "the laundry stands still",
    )
    assert complaint.cost("CNY") == Money.of(160, "CNY")


def test_complaints_of_schema_3_are_read_as_they_were_written() -> None:
    """Its day told anew, a repeat undone, calls planned twice, sent back on the telephone."""
    complaint = COMPLAINT_CODEC.decode((FIXTURES / "complaint-3.json").read_bytes(), 3)
    at = [NINE + timedelta(hours=hours) for hours in range(8)]

    assert complaint.days_promised == (
        PromisedDay(at[1], "ann", date(2026, 3, 4), reason="the year was mistyped"),
    )
    assert complaint.due_on == date(2026, 3, 4)
    (undone,) = complaint.repeats_undone
    assert (undone.at, undone.by, undone.complaint) == (at[2], "bob", "K-1")
    assert undone.reason == "the cause of complaint K-3 is hose, not seal"
    assert undone.reason_zh == "投诉K-3的原因是hose，不是seal"
    assert (complaint.repeats, complaint.duplicate_of) == (("K-2",), None)
    assert complaint.call_plans == (
        CallPlan(at[4], "ann", 3),
        CallPlan(at[5], "ann", 2, reason="he has moved abroad"),
    )
    assert (complaint.call_tries, complaint.calls_past, complaint.accepted) == (2, 1, (5,))
    assert complaint.findings == (Finding(at[7], "bob", 6, note="the clip"),)
    assert (complaint.stage, complaint.cause) == (Stage.INVESTIGATED, "hose")
    assert complaint.repeats_found == ()


def test_complaints_of_schema_4_are_read_as_they_were_written() -> None:
    """The rule found three that it repeats: one was confirmed by hand, and one undone."""
    complaint = COMPLAINT_CODEC.decode((FIXTURES / "complaint-4.json").read_bytes(), 4)

    assert (complaint.repeats, complaint.repeats_found) == (("K-1", "K-2"), ("K-1",))
    (undone,) = complaint.repeats_undone
    assert (undone.complaint, undone.is_by_hand) == ("K-3", True)


def test_a_file_of_the_first_day_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its keys are of schema 1: an answered complaint is not yet found as resolved."""
    file = tmp_path / "crm.db"
    shutil.copy(FIXTURES / "format-1.db", file)

    with crmkit.open(f"sqlite:///{file}", actor="ann") as crm:
        before = crm.upkeep.verify()
        with pytest.raises(InvalidValueError, match=r"crm\.upkeep\.rewrite\('complaint'\)"):
            crm.complaints.find(owner="bob")
        old = [complaint.id for complaint in crm.complaints.find(state="waiting_customer")]

        rewritten = crm.upkeep.rewrite("complaint")

        found = [crm.complaints.find(owner=None), crm.complaints.find(state="resolved")]
        after = crm.upkeep.verify()

    assert (old, rewritten) == (["K-1"], 1)
    assert before.outdated == ("complaint",)
    assert "complaint: older records are not found by every key until crm" in str(before)
    assert [[complaint.id for complaint in page] for page in found] == [["K-1"], ["K-1"]]
    assert after.outdated == ()
    assert not [flaw for flaw in (*before.flaws, *after.flaws) if flaw.kind == "complaint"]


def test_what_the_shell_keeps_is_read_as_it_was_written() -> None:
    """Readers' places and reports of erasures, of schema 1."""
    cursor = CURSOR_CODEC.decode((FIXTURES / "cursor-1.json").read_bytes(), 1)
    erasure = ERASURE_CODEC.decode((FIXTURES / "erasure-1.json").read_bytes(), 1)

    assert cursor == Cursor(id="outbox", kind="complaint", position="12")
    assert (erasure.customer, erasure.values, erasure.kept) == ("C-7", 12, ("customer.region",))


def test_an_account_of_points_of_schema_1_is_read_as_it_was_written() -> None:
    """Two sales, a redemption, goods that came back in part, points given back, and a gift."""
    one = POINTS_ACCOUNT_CODEC.decode((FIXTURES / "points-account-1.json").read_bytes(), 1)

    assert (one.id, one.customer, one.scheme, one.currency) == ("club/C-7", "C-7", "club", "CNY")
    assert (one.earned, one.adjusted, one.redeemed, one.expired) == (130, 25, 110, 0)
    assert (one.balance, one.debt, one.number) == (45, 40, 8)
    assert [(lot.reference, lot.left, lot.spent) for lot in one.lots] == [
        ("O-1", 10, 90),
        ("O-2", 30, 0),
        ("", 5, 0),
    ]
    assert one.lots[0].returned == Money.of(400, "CNY")
    assert (one.posted[-1].source, one.trail[-1].note) == (PointsSource.GIFT, "goodwill")
    assert one.available(NINE) == 45
    assert one.missing == ()


def test_an_account_of_points_of_schema_2_is_read_as_it_was_written() -> None:
    """A sale of 100 points; 30 were redeemed, and 40 taken away, which counted as spent then."""
    one = POINTS_ACCOUNT_CODEC.decode((FIXTURES / "points-account-2.json").read_bytes(), 2)

    assert (one.earned, one.adjusted, one.redeemed, one.expired) == (100, -40, 30, 0)
    assert (one.balance, one.debt, one.number) == (30, 0, 3)
    assert [(lot.left, lot.spent, lot.withdrawn) for lot in one.lots] == [(30, 70, 0)]
    assert one.trail[-1].note == "booked twice"


def test_an_entry_of_points_of_schema_1_is_read_as_it_was_written() -> None:
    """A redemption of two lots, of which some points were given back later."""
    entry = POINTS_ENTRY_CODEC.decode((FIXTURES / "points-entry-1.json").read_bytes(), 1)

    assert (entry.reference, entry.act) == ("R-1", PointsAct.REDEEMED)
    # What was asked for was kept in words; it is not any more.
    assert (entry.digest, entry.missing) == ("", ())
    assert entry.is_of("redeem points=110")
    assert [(one.lot, one.points) for one in entry.postings] == [(1, -100), (2, -10)]
    assert (entry.balance, entry.given_back, entry.left) == (20, 20, 90)
    assert [step.stage for step in entry.trail] == [PointsAct.REDEEMED, PointsAct.GIVEN_BACK]
    assert entry.at == NINE + timedelta(days=2)
