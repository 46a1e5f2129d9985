"""What the desk of complaints can be asked: recurrence, what is owed, calls, the day's work."""

from datetime import date, datetime, timedelta
from typing import Any

import attrs
import pytest

import crmkit
from crmkit.app import CRM
from crmkit.cases import Booking, FollowUpPolicy, RecurrenceRule
from crmkit.complaints import COMPLAINT_CODEC, ComplaintTerms, Goods, Stage, WorkKind
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Compare, Money, WorkCalendar
from crmkit.sla import CompensationRule, haier_late
from crmkit.testing import NINE


HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIFTY = Money.of(50, "CNY")
WASHER = Goods(product="XPB-20", unit="SN-1")
TERMS = ComplaintTerms(
    recurrence=RecurrenceRule(same=("customer", "asset"), major_from=2),
    follow_up=FollowUpPolicy(
        name="all", within=2 * HOUR, calendar=WorkCalendar.always("UTC"), attempts=2
    ),
    compensation=[haier_late(FIFTY)],
)


@pytest.fixture
def crm() -> CRM:
    return crmkit.open(actor="ann", complaint_terms=TERMS).acting(at=NINE)


def later(crm: CRM, hours: float) -> CRM:
    return crm.acting(at=NINE + hours * HOUR)


def receive(crm: CRM, id: str = "K-1", *, customer: str = "C-7") -> None:
    crm.complaints.receive(id=id, customer=customer, about="leaks", goods=WASHER)


def answer(crm: CRM, id: str = "K-1") -> None:
    crm.complaints.acknowledge(id)
    crm.complaints.investigate(id)
    crm.complaints.respond(id)


class TestRecurrence:
    @pytest.mark.parametrize("rule", ["x", "", 5])
    def test_asks_no_rule_that_is_none(self, crm: CRM, rule: Any) -> None:
        receive(crm)

        with pytest.raises(InvalidValueError, match=r"rule is .* must be a RecurrenceRule"):
            crm.complaints.recurrence("K-1", rule=rule)

    def test_is_found_when_it_is_received(self, crm: CRM) -> None:
        for id, day in (("K-1", 0), ("K-2", 12), ("K-3", 60)):
            receive(crm.acting(at=NINE + day * DAY), id)
        receive(crm, "K-4", customer="C-8")

        found = [crm.complaints.get(f"K-{number}").repeats for number in (1, 2, 3, 4)]

        assert found == [(), ("K-1",), (), ()]
        assert [one.id for one in crm.complaints.find(("occurrence", ">", 1))] == ["K-2"]
        assert crm.complaints.recurrence("K-2").verdict == ("K-1",)

    def test_calls_for_a_major_complaint(self, crm: CRM) -> None:
        receive(crm)
        receive(crm, "K-2")

        assert crm.complaints.major("K-2").verdict is True
        assert crm.complaints.major("K-1").verdict is False

    def test_is_found_in_a_transaction_too(self, crm: CRM) -> None:
        with crm.transaction() as tx:
            for id in ("K-1", "K-2"):
                tx.complaints.receive(id=id, customer="C-7", about="leaks", goods=WASHER)

        assert crm.complaints.get("K-2").repeats == ("K-1",)

    def test_is_asked_by_another_rule(self, crm: CRM) -> None:
        receive(crm)
        receive(crm, "K-2", customer="C-8")
        rule = RecurrenceRule(same=("product",))

        assert crm.complaints.recurrence("K-2").verdict == ()
        assert crm.complaints.recurrence("K-2", rule=rule).verdict == ("K-1",)

    def test_is_found_by_facts_that_are_no_keys(self) -> None:
        terms = ComplaintTerms(recurrence=RecurrenceRule(same=("concerned",)))
        desk = crmkit.open(actor="ann", complaint_terms=terms).acting(at=NINE).complaints
        for id in ("K-1", "K-2"):
            desk.receive(id=id, customer=id, about="rude", concerned="workshop 3")

        assert desk.get("K-2").repeats == ("K-1",)

    def test_is_not_looked_for_where_the_terms_say_so(self) -> None:
        terms = ComplaintTerms(recurrence=None)
        crm = crmkit.open(actor="ann", complaint_terms=terms).acting(at=NINE)
        receive(crm)
        receive(crm, "K-2")

        assert crm.complaints.get("K-2").repeats == ()
        assert crm.complaints.recurrence("K-2").verdict == ("K-1",)

    def test_of_the_same_customer_and_product_is_the_usual_one(self) -> None:
        crm = crmkit.open(actor="ann").acting(at=NINE)
        receive(crm)
        receive(crm, "K-2")
        receive(crm, "K-3", customer="C-8")

        assert [crm.complaints.get(id).occurrence for id in ("K-1", "K-2", "K-3")] == [1, 2, 1]


class TestOwed:
    def test_is_what_the_terms_give_for_a_missed_booked_time(self, crm: CRM) -> None:
        """Domain example 7: the technician is not there at the booked time."""
        receive(crm)
        crm.complaints.acknowledge("K-1")
        crm.complaints.book("K-1", what="visit", due_at=NINE + 4 * HOUR)
        noon = later(crm, 6).complaints
        grows = noon.owed("K-1")
        noon.reach("K-1", milestone="visit")

        (owed,) = noon.owed("K-1")
        paid = noon.compensate("K-1", owed=owed)

        assert [one.is_final for one in grows] == [False]
        assert (owed.amount, owed.promise("en")) == (FIFTY, "visit within 4 h")
        assert (noon.owed("K-1"), paid.cost("CNY")) == ((), FIFTY)

    def test_is_approved_by_somebody_where_the_rule_asks_for_it(self) -> None:
        rule = CompensationRule(name="late", fixed=FIFTY, approval_above=Money.of(10, "CNY"))
        terms = ComplaintTerms(compensation=[rule])
        crm = crmkit.open(actor="ann", complaint_terms=terms).acting(at=NINE)
        receive(crm)
        late = later(crm, 3)
        late.complaints.acknowledge("K-1")

        (owed,) = late.complaints.owed("K-1")
        with pytest.raises(TransitionError, match="not approved"):
            late.complaints.compensate("K-1", owed=owed)
        paid = late.complaints.compensate("K-1", owed=owed.approve("head", late.now()))

        assert paid.costs[0].approved_by == "head"

    def test_is_by_facts_of_the_customer_too(self) -> None:
        rule = CompensationRule(
            name="key accounts",
            fixed=FIFTY,
            condition=Compare("customer_handling", "=", "key"),
        )
        terms = ComplaintTerms(compensation=[rule])
        crm = crmkit.open(actor="ann", complaint_terms=terms).acting(at=NINE)
        crm.customers.add_person(id="C-7", name="Li Wei")
        for id, customer in (("K-1", "C-7"), ("K-2", "C-8")):
            receive(crm, id, customer=customer)
        crm.customers.classify("C-7", handling="key")

        late = later(crm, 3).complaints

        assert [len(late.owed(id)) for id in ("K-1", "K-2")] == [1, 0]

    def test_says_why_nothing_is(self, crm: CRM) -> None:
        receive(crm)

        (why,) = crm.complaints.explain_owed("K-1")

        assert str(why) == "complaint K-1: first response within 1 h is running; nothing is owed"
        assert "无须赔偿" in why.sentence("zh")


class TestBooked:
    def test_time_is_a_promise_like_any_other(self, crm: CRM) -> None:
        receive(crm)
        crm.complaints.acknowledge("K-1")
        crm.complaints.book("K-1", what="visit", due_at=NINE + 4 * HOUR)

        names = [promise.clock.target.name for promise in crm.complaints.due_within(4 * HOUR)]
        late = later(crm, 5).complaints

        assert names == ["visit"]
        assert [promise.case.id for promise in late.overdue()] == ["K-1"]
        assert crm.complaints.explain("K-1").verdict == NINE + 4 * HOUR
        assert late.explain("K-1").find("booked_visit").met is False


class TestPromisedDay:
    """Sea-Lion's calendar is that of Shanghai: nine in UTC is 17:00 there."""

    def test_is_a_promise_until_it_is_answered(self, crm: CRM) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks", due_on=date(2026, 3, 4))
        crm.complaints.acknowledge("K-1")
        late = later(crm, 60).complaints

        overdue, items = late.overdue(), late.worklist()["ann"]
        why = late.explain("K-1")
        late.investigate("K-1")
        late.respond("K-1")

        assert [one.clock.policy for one in overdue] == ["promised day"]
        assert [item.kind for item in items] == [WorkKind.OVERDUE]
        assert why.find("promised_responded").met is False
        assert late.overdue() == ()
        assert [one.state.value for one in late.clocks("K-1")] == ["met", "breached"]

    def test_is_due_on_that_day(self, crm: CRM) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks", due_on=date(2026, 3, 4))
        crm.complaints.acknowledge("K-1")

        kinds = [
            [item.kind for item in crm.complaints.worklist(on=date(2026, 3, day))["ann"]]
            for day in (3, 4)
        ]

        assert kinds == [[WorkKind.OPEN], [WorkKind.DUE]]
        assert crm.complaints.explain("K-1").verdict == NINE + 55 * HOUR - timedelta(microseconds=1)

    def test_is_refused_before_the_receipt_where_the_calendar_is(self, crm: CRM) -> None:
        evening = later(crm, 8).complaints  # 1:00 of 3 March in Shanghai

        for day in (1, 2):
            with pytest.raises(InvalidValueError, match=r"due_on is .* on, 2026-03-03"):
                evening.receive(customer="C-7", about="leaks", due_on=date(2026, 3, day))

        assert evening.receive(customer="C-7", about="leaks", due_on=date(2026, 3, 3)).due_on

    def test_mistyped_is_told_anew_with_a_reason(self, crm: CRM) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks", due_on=date(2062, 3, 4))

        healed = crm.complaints.promise("K-1", due_on=date(2026, 3, 4), reason="mistyped")

        assert [one.reason for one in healed.days_promised] == ["mistyped"]
        assert crm.complaints.explain("K-1").find("promised_responded").value is not None
        assert [one.id for one in crm.complaints.find(due_on=date(2026, 3, 4))] == ["K-1"]

    def test_that_is_over_stays_missed(self, crm: CRM) -> None:
        """At 1:00 of 5 March in Shanghai the fourth is over, though in UTC it is not."""
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks", due_on=date(2026, 3, 4))

        with pytest.raises(InvalidValueError, match=r"before 2026-03-04 is over.*book\("):
            later(crm, 56).complaints.promise("K-1", due_on=date(2026, 3, 9), reason="no part")

    def test_is_found_by(self, crm: CRM) -> None:
        for id, day in (("K-1", 4), ("K-2", 9)):
            due_on = date(2026, 3, day)
            crm.complaints.receive(id=id, customer="C-7", about="leaks", due_on=due_on)

        found = crm.complaints.find(("due_on", "<=", date(2026, 3, 8)))

        assert [one.id for one in found] == ["K-1"]

    def test_missed_brings_what_is_owed(self, crm: CRM) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks", due_on=date(2026, 3, 4))
        crm.complaints.acknowledge("K-1")
        answer_late = later(crm, 60).complaints
        answer_late.investigate("K-1")
        answer_late.respond("K-1")

        (owed,) = answer_late.owed("K-1")

        assert (owed.amount, owed.promise("zh")) == (FIFTY, "2个自然日内答复")


class TestMistypedBooking:
    def test_is_refused(self, crm: CRM) -> None:
        receive(crm)

        with pytest.raises(InvalidValueError, match="is the year mistyped"):
            crm.complaints.book("K-1", what="visit", due_at=NINE.replace(year=2226))

        assert crm.complaints.get("K-1").bookings == ()

    def test_of_old_takes_no_list_down_and_is_healed_by_booking_anew(self, crm: CRM) -> None:
        receive(crm)
        receive(crm, "K-2", customer="C-8")
        mistyped = Booking(NINE, "ann", "visit", NINE.replace(year=2226))
        told = attrs.evolve(crm.complaints.get("K-1"), bookings=(mistyped,))
        crm.work(lambda unit: unit.put(COMPLAINT_CODEC, told))
        desk = later(crm, 3).complaints

        listed = {item.record.id for item in desk.worklist()["ann"]}
        dues = len(desk.overdue()), len(desk.due_within(HOUR)), len(desk.clocks("K-1"))
        desk.book("K-1", what="visit", due_at=NINE + 4 * HOUR)

        assert listed == {"K-1", "K-2"}
        assert dues == (2, 0, 2)
        late = [str(one.case) for one in later(crm, 5).complaints.overdue()]
        assert late.count("complaint K-1") == 2


class TestCausesKnownLater:
    """K6: the same product and cause, found out by the investigation."""

    @pytest.fixture
    def crm(self) -> CRM:
        rule = RecurrenceRule(same=("product", "cause"), major_from=2)
        crm = crmkit.open(actor="ann", complaint_terms=ComplaintTerms(recurrence=rule))
        for id, customer in (("K-1", "C-7"), ("K-2", "C-8")):
            receive(crm.acting(at=NINE), id, customer=customer)
            crm.acting(at=NINE).complaints.acknowledge(id)
        return crm.acting(at=NINE + HOUR)

    def test_put_down_what_it_repeats(self, crm: CRM) -> None:
        crm.complaints.investigate("K-1", cause="seal")

        found = crm.complaints.investigate("K-2", cause="seal")

        assert (found.repeats, found.occurrence) == (("K-1",), 2)
        assert crm.complaints.get("K-2") == found
        assert crm.complaints.major("K-2").verdict is True
        assert crm.complaints.worklist()["ann"][0].kind is WorkKind.MAJOR

    def test_are_put_down_in_between_too(self, crm: CRM) -> None:
        for id, cause in (("K-1", "seal"), ("K-2", "hose")):
            crm.complaints.investigate(id, cause=cause)

        assert crm.complaints.get("K-2").repeats == ()
        assert crm.complaints.diagnose("K-2", cause="seal").repeats == ("K-1",)
        assert crm.complaints.diagnose("K-2", cause="seal").repeats == ("K-1",)

    def test_put_down_that_a_later_one_repeats_it(self, crm: CRM) -> None:
        """The later one is investigated first: with the earlier one it becomes a recurrence."""
        crm.complaints.investigate("K-2", cause="seal")
        before = crm.complaints.get("K-2").repeats

        first = crm.complaints.investigate("K-1", cause="seal")

        second = crm.complaints.get("K-2")
        assert (before, first.repeats, second.repeats) == ((), (), ("K-1",))
        assert crm.complaints.recurrence("K-2").verdict == second.repeats
        assert crm.complaints.major("K-2").verdict is True

    def test_put_right_unmake_what_held_by_the_wrong_one(self, crm: CRM) -> None:
        for id in ("K-1", "K-2"):
            crm.complaints.investigate(id, cause="seal")

        healed = crm.complaints.diagnose("K-2", cause="hose")

        assert (healed.repeats, healed.occurrence) == ((), 1)
        assert [(one.complaint, one.by, one.reason) for one in healed.repeats_undone] == [
            ("K-1", "ann", "the cause of complaint K-2 is hose, not seal")
        ]
        assert healed.repeats_undone[0].reason_zh == "投诉K-2的原因是hose，不是seal"
        assert crm.complaints.major("K-2").verdict is False
        assert crm.complaints.diagnose("K-2", cause="seal").repeats == ("K-1",)

    def test_put_right_unmake_what_later_ones_repeat(self, crm: CRM) -> None:
        """K-3 repeats both; once K-1 has another cause, only the one that is left."""
        receive(crm, "K-3", customer="C-9")
        crm.complaints.acknowledge("K-3")
        for id in ("K-1", "K-2", "K-3"):
            crm.complaints.investigate(id, cause="seal")
        before = [crm.complaints.get(id).repeats for id in ("K-2", "K-3")]

        crm.complaints.diagnose("K-1", cause="hose")

        after = [crm.complaints.get(id) for id in ("K-2", "K-3")]
        assert before == [("K-1",), ("K-1", "K-2")]
        assert [one.repeats for one in after] == [(), ("K-2",)]
        assert {one.repeats_undone[0].reason for one in after} == {
            "the cause of complaint K-1 is hose, not seal"
        }

    def test_put_right_leave_what_somebody_marked(self, crm: CRM) -> None:
        """The rule has never found it: nothing of it hangs on the cause."""
        crm.complaints.investigate("K-1", cause="seal")
        crm.complaints.investigate("K-2", cause="hose")
        crm.complaints.mark_recurrence("K-2", of=["K-1"])

        assert crm.complaints.diagnose("K-2", cause="belt").repeats == ("K-1",)

    def test_marked_by_mistake_are_unmarked_by_hand(self, crm: CRM) -> None:
        crm.complaints.mark_recurrence("K-2", of=["K-1"])

        healed = crm.complaints.unmark_recurrence("K-2", of=["K-1"], reason="another machine")

        assert (healed.repeats, healed.repeats_undone[0].reason) == ((), "another machine")

    def test_save_no_later_one_in_which_nothing_is_new(self, crm: CRM) -> None:
        crm.complaints.investigate("K-2", cause="hose")
        crm.complaints.investigate("K-1", cause="seal")

        assert len(crm.history.of("K-2")) == 3

    def test_do_so_in_a_transaction_too(self, crm: CRM) -> None:
        with crm.transaction() as tx:
            for id in ("K-1", "K-2"):
                tx.complaints.investigate(id, cause="seal")

        assert crm.complaints.get("K-2").repeats == ("K-1",)

    def test_count_no_complaint_that_was_withdrawn(self, crm: CRM) -> None:
        crm.complaints.investigate("K-1", cause="seal")
        crm.complaints.withdraw("K-1")

        assert crm.complaints.investigate("K-2", cause="seal").repeats == ()
        assert crm.complaints.recurrence("K-2").verdict == ()

    def test_refused_save_nothing(self, crm: CRM) -> None:
        crm.complaints.investigate("K-1", cause="seal")

        with pytest.raises(TransitionError):
            crm.complaints.investigate("K-1", cause="hose")

        assert crm.complaints.get("K-1").cause == "seal"


class TestFollowUp:
    def test_in_vain_closes_by_the_terms_where_nobody_planned(self, crm: CRM) -> None:
        """TERMS say two calls; without them nothing but his word would close it."""
        receive(crm)
        answer(crm)
        desk = later(crm, 2).complaints

        first = desk.follow_up("K-1", outcome="unreachable")
        with pytest.raises(TransitionError, match="nor documented as unreachable"):
            desk.close("K-1")
        desk = later(crm, 3).complaints
        desk.follow_up("K-1", outcome="unreachable")

        assert (first.call_tries, len(first.call_plans)) == (2, 1)
        assert desk.calls_due() == ()
        assert desk.close("K-1", note="never at home").is_closed

    def test_keeps_to_what_was_planned(self, crm: CRM) -> None:
        receive(crm)
        answer(crm)
        crm.complaints.plan_calls("K-1", tries=3)

        assert crm.complaints.follow_up("K-1", outcome="unreachable").call_tries == 3

    def test_of_what_is_closed_plans_nothing(self, crm: CRM) -> None:
        receive(crm)
        answer(crm)
        crm.complaints.accept("K-1")

        assert crm.complaints.follow_up("K-1", outcome="unreachable").call_plans == ()

    def test_before_the_remedy_is_due_again_after_it(self, crm: CRM) -> None:
        receive(crm)
        crm.complaints.acknowledge("K-1")
        crm.complaints.investigate("K-1")
        crm.complaints.respond("K-1", remedies=["replacement"])
        for _ in range(2):
            crm.complaints.follow_up("K-1", outcome="unreachable")
        crm.complaints.implement("K-1")

        (call,) = later(crm, 2).complaints.calls_due()

        assert (call.number, call.attempts) == (1, 2)
        with pytest.raises(TransitionError, match="nor documented as unreachable"):
            crm.complaints.close("K-1")


class TestCallsDue:
    def test_come_by_the_policy_and_end_with_the_customers_word(self, crm: CRM) -> None:
        receive(crm)
        answer(crm)
        due = later(crm, 2).complaints

        early, called = crm.complaints.calls_due(), due.calls_due()
        due.follow_up("K-1", outcome="satisfied")

        assert early == ()
        assert [(call.complaint.id, call.number) for call in called] == [("K-1", 1)]
        assert due.calls_due() == ()

    def test_a_dissatisfied_one_reopens(self, crm: CRM) -> None:
        receive(crm)
        answer(crm)
        crm.complaints.accept("K-1")
        due = later(crm, 2).complaints

        assert [call.complaint.id for call in due.calls_due()] == ["K-1"]
        assert due.follow_up("K-1", outcome="not_satisfied").stage is Stage.REOPENED
        assert due.calls_due() == ()

    def test_of_old_closed_ones_can_be_left_out(self, crm: CRM) -> None:
        receive(crm)
        answer(crm)
        crm.complaints.accept("K-1")
        due = later(crm, 2).complaints

        assert due.calls_due(since=NINE + HOUR) == ()
        assert len(due.calls_due(since=NINE)) == 1
        with pytest.raises(InvalidValueError):
            due.calls_due(since=datetime(2026, 3, 2))


class TestWorklist:
    def test_tells_each_person_what_is_to_be_done(self, crm: CRM) -> None:
        receive(crm)  # late
        receive(crm, "K-2", customer="C-8")  # waits
        receive(crm, "K-3", customer="C-9")  # to be called
        receive(crm, "K-4", customer="C-7")  # a major one, for it repeats K-1
        crm.complaints.acknowledge("K-2")
        crm.complaints.wait("K-2", party="customer")
        answer(crm, "K-3")
        crm.complaints.acknowledge("K-4")
        crm.complaints.assign("K-4", owner="bob")
        crm.corrective_actions.open(id="CA-1", complaints=["K-1"], about="seals")

        listed = later(crm, 3).complaints.worklist()

        told = {who: [(one.kind, one.record.id) for one in items] for who, items in listed.items()}
        assert told == {
            "ann": [
                (WorkKind.OVERDUE, "K-1"),
                (WorkKind.CALL, "K-3"),
                (WorkKind.WAITING, "K-2"),
                (WorkKind.OPEN, "CA-1"),
            ],
            "bob": [(WorkKind.MAJOR, "K-4")],
        }

    def test_ends_the_call_for_a_team_once_there_is_one(self, crm: CRM) -> None:
        receive(crm)
        crm.complaints.acknowledge("K-1")
        crm.complaints.prioritise("K-1", severity="critical")
        before = crm.complaints.worklist()["ann"]
        crm.emergencies.call(id="E-1", complaint="K-1", about="fire")

        after = crm.complaints.worklist()["ann"]

        told = [[(one.kind, one.record.id) for one in items] for items in (before, after)]
        assert told == [
            [(WorkKind.MAJOR, "K-1")],
            [(WorkKind.OPEN, "K-1"), (WorkKind.OPEN, "E-1")],
        ]

    def test_tells_what_else_complaints_set_going(self, crm: CRM) -> None:
        receive(crm)
        crm.recalls.open(id="R-1", complaints=["K-1"], about="may burn", units=["W-1"])
        crm.product_requests.open(id="P-1", cases=["K-1"], about="a wider drain")

        listed = crm.complaints.worklist()["ann"]

        assert {item.record.id for item in listed} == {"K-1", "R-1", "P-1"}

    def test_is_of_another_day_too(self, crm: CRM) -> None:
        receive(crm)

        (item,) = crm.complaints.worklist(on=date(2026, 3, 1))["ann"]

        assert item.kind is WorkKind.OPEN

    @pytest.mark.parametrize("on", ["x", NINE, 5])
    def test_is_of_a_day_even_where_there_is_nothing_to_do(self, crm: CRM, on: Any) -> None:
        with pytest.raises(InvalidValueError, match=r"on is .* must be a date"):
            crm.complaints.worklist(on=on)

    def test_explains_every_line_in_both_languages(self, crm: CRM) -> None:
        receive(crm)
        answer(crm)
        crm.corrective_actions.open(id="CA-1", complaints=["K-1"], about="leaks")

        items = later(crm, 3).complaints.worklist()["ann"]
        explained = [item.explain() for item in items if item.record.id == "K-1"]
        assert explained
        for why in explained:
            assert why.sentence("en").startswith("complaint K-1, responded: ")
            assert why.sentence("zh").startswith("投诉K-1（已答复）：")
            assert "关联的纠正措施尚未验证有效" in why.sentence("zh")

    def test_forgets_nothing_that_is_not_over(self, crm: CRM) -> None:
        stages = {}
        for number, verbs in enumerate(
            ([], ["acknowledge"], ["acknowledge", "investigate"], ["withdraw"]), start=1
        ):
            receive(crm, f"K-{number}", customer=f"C-{number}")
            for verb in verbs:
                getattr(crm.complaints, verb)(f"K-{number}")
            stages[f"K-{number}"] = crm.complaints.get(f"K-{number}").stage

        listed = {item.record.id for item in crm.complaints.worklist()["ann"]}

        assert listed == {id for id, stage in stages.items() if stage is not Stage.WITHDRAWN}


class TestTerms:
    def test_that_are_none_are_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="complaint_terms"):
            crmkit.open(complaint_terms="all")  # type: ignore[arg-type]  # refused

    def test_stay_in_every_view(self, crm: CRM) -> None:
        receive(crm)
        receive(crm.acting(by="bob").promising(None), "K-2")

        assert crm.complaints.get("K-2").repeats == ("K-1",)


class TestOwedAll:
    """A visit is booked for one o'clock, nobody comes, and the customer accepts all the same."""

    @pytest.fixture
    def crm(self) -> CRM:
        terms = attrs.evolve(TERMS, follow_up=None, recurrence=None)
        crm = crmkit.open(actor="ann", complaint_terms=terms).acting(at=NINE)
        for id in ("K-1", "K-2", "K-3"):
            receive(crm, id)
            crm.complaints.acknowledge(id)
        crm.complaints.book("K-1", what="visit", due_at=NINE + 4 * HOUR)
        two = later(crm, 5)
        two.complaints.investigate("K-1")
        two.complaints.respond("K-1")
        two.complaints.accept("K-1")
        return crm

    def test_stands_on_the_work_list_until_it_is_paid(self, crm: CRM) -> None:
        desk = later(crm, 6).complaints

        (item,) = [one for one in desk.worklist()["ann"] if one.kind is WorkKind.OWED]
        (owed,) = desk.owed_all()["K-1"]
        paid = desk.compensate("K-1", owed=owed)

        assert (str(item.record), paid.is_closed) == ("complaint K-1", True)
        assert "50.00 CNY is owed" in str(item.explain())
        assert desk.owed_all() == {}
        assert WorkKind.OWED not in {one.kind for one in desk.worklist()["ann"]}
        said = desk.explain_owed("K-1")[-1]
        assert "50.00 CNY, owed by Haier, late compensation, was paid by ann" in str(said)
        assert "海尔超时赔偿" in said.sentence("zh")

    def test_is_told_of_those_that_are_dropped_too(self, crm: CRM) -> None:
        crm.complaints.book("K-2", what="visit", due_at=NINE + HOUR)
        later(crm, 2).complaints.withdraw("K-2")

        assert list(later(crm, 6).complaints.owed_all()) == ["K-1", "K-2"]

    def test_leaves_old_ones_that_are_over_unread(self, crm: CRM) -> None:
        crm.complaints.book("K-3", what="visit", due_at=NINE + HOUR)
        desk = later(crm, 6).complaints

        assert list(desk.owed_all(since=NINE + 6 * HOUR)) == ["K-3"]
        kinds = [one.kind for one in desk.worklist(since=NINE + 6 * HOUR)["ann"]]
        assert WorkKind.OWED not in kinds
        with pytest.raises(InvalidValueError, match="must have a time zone"):
            desk.owed_all(since=datetime(2026, 3, 2))


class TestCalledOff:
    def test_a_false_alarm_leaves_a_major_complaint_on_the_list(self, crm: CRM) -> None:
        receive(crm)
        crm.complaints.prioritise("K-1", severity="critical")
        crm.emergencies.call(id="E-1", complaint="K-1", about="smoke")
        crm.emergencies.call_off("E-1", reason="only steam")

        assert crm.complaints.worklist()["ann"][0].kind is WorkKind.MAJOR
