"""The complaints' desk: every verb of a case, what is promised, what is due and what is late.

Times were worked out by hand from the policies below; in March 2026 Berlin is an hour before UTC.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import crmkit
from crmkit.app import CRM, ComplaintsDesk
from crmkit.cases import Assignment, Grading, Milestone, Participant, Priority, Severity
from crmkit.errors import ConflictError, InvalidValueError, NotFoundError, TransitionError
from crmkit.kernel import Compare, Party, StateGroup, SteppingClock, StillClock
from crmkit.sla import (
    CFPB,
    SEA_LION,
    WAITING_FOR_CUSTOMER,
    CalendarDays,
    ClockState,
    OpenPromise,
    SlaPolicies,
    SlaPolicy,
    SlaTarget,
    WorkCalendar,
)
from crmkit.storage import Batch, MemoryStore, Query, Record
from crmkit.testing import NINE


HOUR = timedelta(hours=1)
MICRO = timedelta(microseconds=1)
MONDAY = date(2026, 3, 2)
OFFICE = WorkCalendar(
    "Europe/Berlin", {day: [("08:00", "16:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
)
# Received at ten in Berlin: answered by two, resolved by noon on Tuesday.
USUAL = SlaPolicy(
    name="usual",
    targets=[
        SlaTarget(metric="first_response", limit=4 * HOUR, calendar=OFFICE),
        SlaTarget(
            metric="resolution", limit=10 * HOUR, calendar=OFFICE, pauses=WAITING_FOR_CUSTOMER
        ),
    ],
)
AT_ONCE = SlaTarget(metric="first_response", limit=HOUR / 4, calendar=WorkCalendar.always("UTC"))
KEY = SlaPolicy(
    name="key customers",
    targets=[AT_ONCE],
    condition=Compare("customer_handling", "=", "key"),
)
POLICIES = SlaPolicies(policies=[KEY], default=USUAL)

Promise = OpenPromise[crmkit.complaints.Complaint]


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    """A CRM at nine in UTC, under the policies above."""
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", clock=StillClock(NINE), durable=False) as crm:
        yield crm.promising(POLICIES)


@pytest.fixture
def filled(crm: CRM) -> CRM:
    """Three complaints of nine o'clock: of nobody, of Bob's, of Cid's key customer."""
    crm.customers.add_person(id="C-7", name="Li Wei")
    crm.customers.classify("C-7", handling="key")
    crm.complaints.receive(id="K-1", customer="C-1", about="leaks")
    crm.complaints.receive(id="K-2", customer="C-2", about="rattles")
    crm.complaints.assign("K-2", owner="bob")
    crm.complaints.receive(id="K-7", customer="C-7", about="stands still")
    crm.complaints.assign("K-7", owner="cid")
    return crm


def named(promises: Sequence[Promise]) -> list[tuple[str, str]]:
    return [(promise.case.id, promise.clock.target.name) for promise in promises]


class TestVerbs:
    def test_receive_says_who_raised_it(self, crm: CRM) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks", raised_by="staff")
        by_himself = crm.complaints.receive(customer="C-7", about="leaks")

        assert crm.complaints.get("K-1").raised_by is Party.STAFF
        assert by_himself.raised_by is Party.CUSTOMER

    def test_do_what_a_case_does(self, crm: CRM) -> None:
        desk = crm.complaints
        desk.receive(id="K-1", customer="C-7", about="leaks")
        desk.wait("K-1", party="customer", note="which model?")
        desk.resume("K-1")
        desk.reply("K-1", text="We come at noon.")
        desk.hear("K-1", text="Good.", party=Party.CUSTOMER)
        desk.comment("K-1", text="bring a seal")
        desk.assign("K-1", owner="bob")
        desk.prioritise("K-1", severity="major", priority="high")
        desk.reach("K-1", milestone="on_site")
        desk.involve("K-1", id="W-3", role="workshop")

        complaint = desk.get("K-1")
        assert [step.awaits for step in complaint.trail] == [None, Party.CUSTOMER, None]
        assert [said.text for said in complaint.messages] == [
            "We come at noon.",
            "Good.",
            "bring a seal",
        ]
        assert complaint.assignments == (Assignment(NINE, "ann", "bob"),)
        assert complaint.gradings == (
            Grading(NINE, "ann", severity=Severity.MAJOR, priority=Priority.HIGH),
        )
        assert (complaint.severity, complaint.impact) == (Severity.MAJOR, None)
        assert complaint.milestones == (Milestone(NINE, "ann", "on_site"),)
        assert complaint.participants == (Participant("W-3", Party.THIRD_PARTY, "workshop"),)
        assert len(crm.history.of("K-1")) == 10

    def test_a_wait_that_is_refused_saves_nothing(self, crm: CRM) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")

        with pytest.raises(TransitionError, match="waits for nobody"):
            crm.complaints.resume("K-1")

        assert len(crm.history.of("K-1")) == 1

    def test_find_by_what_cases_have(self, crm: CRM) -> None:
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        crm.complaints.receive(id="K-2", customer="C-7", about="leaks")
        crm.complaints.assign("K-1", owner="bob")
        crm.complaints.prioritise("K-1", severity="major", priority=Priority.HIGH)
        crm.complaints.wait("K-2", party="third_party")

        found = [
            crm.complaints.find(owner="bob"),
            crm.complaints.find(severity="major"),
            crm.complaints.find(priority=Priority.HIGH),
        ]
        assert [[complaint.id for complaint in page] for page in found] == [["K-1"]] * 3
        waiting = crm.complaints.find(state=StateGroup.WAITING_THIRD_PARTY)
        assert [complaint.id for complaint in waiting] == ["K-2"]

    def test_show_their_arguments(self) -> None:
        wait = inspect.signature(crmkit.open().complaints.wait)
        involve = inspect.signature(crmkit.open().complaints.involve)

        assert list(wait.parameters) == ["id", "party", "note"]
        assert list(involve.parameters) == ["record", "id", "role", "party"]


class TestMarkDuplicate:
    @pytest.fixture
    def reported(self, crm: CRM) -> CRM:
        for id in ("K-3", "K-4", "K-5"):
            crm.complaints.receive(id=id, customer="C-7", about="leaks")
        return crm

    def test_sets_it_aside_for_another(self, reported: CRM) -> None:
        before = reported.complaints.get("K-4")

        aside = reported.complaints.mark_duplicate("K-3", of="K-4", note="rang twice")

        assert (aside.duplicate_of, aside.trail[-1].note) == ("K-4", "rang twice")
        assert reported.complaints.get("K-3") == aside
        assert reported.complaints.get("K-4") == before

    def test_needs_another_that_is_there(self, reported: CRM) -> None:
        reported.complaints.delete("K-4")

        with pytest.raises(NotFoundError, match="'K-99'"):
            reported.complaints.mark_duplicate("K-3", of="K-99")
        with pytest.raises(NotFoundError, match="it was deleted"):
            reported.complaints.mark_duplicate("K-3", of="K-4")

    def test_needs_another_that_is_dealt_with(self, reported: CRM) -> None:
        reported.complaints.mark_duplicate("K-3", of="K-4")
        reported.complaints.withdraw("K-5")

        with pytest.raises(InvalidValueError, match="take 'K-4'"):
            reported.complaints.mark_duplicate("K-4", of="K-3")
        with pytest.raises(InvalidValueError, match="is withdrawn"):
            reported.complaints.mark_duplicate("K-4", of="K-5")

    def test_keeps_the_other_from_being_dropped(self, reported: CRM) -> None:
        """Else nobody would deal with the report that is set aside."""
        reported.complaints.mark_duplicate("K-3", of="K-4")
        desk = reported.complaints

        for drop in (
            lambda: desk.withdraw("K-4"),
            lambda: desk.delete("K-4"),
            lambda: desk.mark_duplicate("K-4", of="K-5"),
        ):
            with pytest.raises(TransitionError, match="set aside for it, too: K-3") as refused:
                drop()
            told = refused.value.explain().sentence("zh")
            assert told.endswith("撤回、并入或删除：另有重复投诉并入本件处理：K-3")

        assert [one.id for one in desk.find(duplicate_of="K-4")] == ["K-3"]
        assert desk.get("K-4").stage.value == "received"

    def test_keeps_aside_what_comes_back_only_for_one_that_is_dealt_with(
        self, reported: CRM
    ) -> None:
        desk = reported.complaints
        desk.mark_duplicate("K-3", of="K-4")
        desk.delete("K-3")
        desk.delete("K-4")

        with pytest.raises(TransitionError, match="not dealt with any more: K-4") as refused:
            desk.undelete("K-3")
        assert "不再处理：K-4" in refused.value.explain().sentence("zh")
        desk.undelete("K-4")
        assert desk.undelete("K-3").duplicate_of == "K-4"
        desk.delete("K-3")
        desk.withdraw("K-4")
        with pytest.raises(TransitionError, match="not dealt with any more: K-4"):
            desk.undelete("K-3")

    def test_that_comes_back_while_the_other_is_withdrawn_is_a_conflict(
        self, reported: CRM
    ) -> None:
        reported.complaints.mark_duplicate("K-3", of="K-4")
        reported.complaints.delete("K-3")

        def both() -> None:
            with reported.transaction() as tx:
                tx.complaints.undelete("K-3")
                reported.complaints.withdraw("K-4")

        with pytest.raises(ConflictError, match="K-4"):
            both()

    def test_by_two_of_each_other_is_a_conflict(self, reported: CRM) -> None:
        def both() -> None:
            with reported.transaction() as tx:
                tx.complaints.mark_duplicate("K-3", of="K-4")
                reported.complaints.mark_duplicate("K-4", of="K-3")

        with pytest.raises(ConflictError):
            both()

        assert reported.complaints.get("K-3").duplicate_of is None

    def test_while_the_other_is_withdrawn_is_a_conflict(self, reported: CRM) -> None:
        def both() -> None:
            with reported.transaction() as tx:
                tx.complaints.mark_duplicate("K-3", of="K-4")
                reported.complaints.withdraw("K-4")

        with pytest.raises(ConflictError, match="K-4"):
            both()


class TestConflict:
    """Somebody else saves between our look and our commit: it is done again, at its own time."""

    class Busy(MemoryStore):
        """Another one acts right before the next batch is saved."""

        meanwhile: Callable[[], object] | None = None

        def commit(self, batch: Batch) -> bool:
            act, self.meanwhile = self.meanwhile, None
            if act is not None:
                act()
            return super().commit(batch)

    @pytest.fixture
    def store(self) -> Busy:
        return self.Busy()

    @pytest.fixture
    def busy(self, store: Busy) -> CRM:
        crm = CRM(store, actor="ann", clock=SteppingClock(NINE))
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        crm.complaints.acknowledge("K-1")
        return crm

    def test_on_an_acceptance_is_run_again(self, store: Busy, busy: CRM) -> None:
        busy.complaints.investigate("K-1")
        busy.complaints.respond("K-1")
        store.meanwhile = lambda: busy.complaints.communicate("K-1")

        accepted = busy.complaints.accept("K-1")

        assert [step.stage.value for step in accepted.trail[-2:]] == ["communicated", "closed"]

    def test_on_an_investigation_is_run_again(self, store: Busy, busy: CRM) -> None:
        store.meanwhile = lambda: busy.complaints.assess("K-1")

        found = busy.complaints.investigate("K-1", cause="seal")

        assert [step.stage.value for step in found.trail[-2:]] == ["assessed", "investigated"]


class TestMarkRecurrence:
    def test_names_complaints_that_are_there(self, crm: CRM) -> None:
        for id in ("K-6", "K-7"):
            crm.complaints.receive(id=id, customer="C-7", about="leaks")

        marked = crm.complaints.mark_recurrence("K-7", of=["K-6"])
        with pytest.raises(NotFoundError, match="'K-77'"):
            crm.complaints.mark_recurrence("K-7", of=["K-77"])

        assert crm.complaints.get("K-7") == marked
        assert marked.repeats == ("K-6",)

    def test_goes_in_no_circle(self, crm: CRM) -> None:
        for id in ("K-6", "K-7"):
            crm.complaints.receive(id=id, customer="C-7", about="leaks")
        crm.complaints.mark_recurrence("K-7", of=["K-6"])

        with pytest.raises(InvalidValueError, match="mark K-7 as the one that repeats it"):
            crm.complaints.mark_recurrence("K-6", of=["K-7"])

        assert crm.complaints.get("K-6").repeats == ()


class TestDropped:
    """What is none of its own any more is repeated by nothing."""

    @pytest.mark.parametrize("drop", ["withdraw", "mark_duplicate"])
    def test_is_repeated_no_more(self, crm: CRM, drop: str) -> None:
        for id in ("K-5", "K-6", "K-7", "K-8"):
            crm.complaints.receive(id=id, customer="C-7", about="leaks")
        crm.complaints.mark_recurrence("K-7", of=["K-6", "K-5"])
        told = {"of": "K-5"} if drop == "mark_duplicate" else {}

        dropped = getattr(crm.complaints, drop)("K-6", **told)

        later = crm.complaints.get("K-7")
        assert (later.repeats, later.occurrence) == (("K-5",), 2)
        (undone,) = later.repeats_undone
        assert undone.reason == f"complaint K-6 is dropped: {dropped.stage.value}"
        assert undone.reason_zh.startswith("投诉K-6不再单独处理：")
        assert [one.id for one in crm.complaints.find(("occurrence", ">", 1))] == ["K-7"]


class TestPromising:
    def test_is_sea_lion_where_nobody_said(self, crm: CRM) -> None:
        desk = crm.promising(None).complaints
        desk.receive(id="K-1", customer="C-7", about="leaks")

        (clock,) = desk.clocks("K-1")

        assert (clock.policy, clock.target) == ("Sea-Lion", SEA_LION.default.targets[0])  # type: ignore[union-attr]

    def test_counts_by_other_policies_from_then_on(self, filled: CRM) -> None:
        """The start stays."""
        other = filled.promising(SlaPolicies(default=CFPB))

        assert {clock.policy for clock in other.complaints.clocks("K-1")} == {"US CFPB"}
        assert {clock.started_at for clock in other.complaints.clocks("K-1")} == {NINE}
        assert [clock.policy for clock in filled.complaints.clocks("K-1")] == ["usual"] * 2

    def test_stays_for_those_who_act(self, filled: CRM) -> None:
        view = filled.acting(by="bob").acting(at=NINE + HOUR)

        assert [clock.policy for clock in view.complaints.clocks("K-1")] == ["usual"] * 2

    def test_tells_the_same_subscribers(self, crm: CRM) -> None:
        told: list[object] = []
        crm.subscribe(told.append)

        crm.promising(SlaPolicies()).complaints.receive(customer="C-7", about="leaks")

        assert len(told) == 1

    def test_promises_nothing_where_no_policy_does(self, filled: CRM) -> None:
        desk = filled.promising(SlaPolicies()).acting(at=NINE + 99 * HOUR).complaints

        assert desk.clocks("K-1") == ()
        assert desk.overdue() == desk.due_within(99 * HOUR) == ()
        assert dict(desk.agenda()) == {}
        assert desk.explain("K-1").verdict is None

    @pytest.mark.parametrize("policies", [CFPB, "sea_lion", [USUAL]])
    def test_refuses_what_are_no_policies(self, crm: CRM, policies: object) -> None:
        with pytest.raises(InvalidValueError, match=r"policies .* write|SlaPolicies\(default="):
            crm.promising(policies)  # type: ignore[arg-type]  # refused

    def test_is_told_at_birth_too(self) -> None:
        crm = CRM(MemoryStore(), clock=StillClock(NINE), policies=POLICIES)
        crm.complaints.receive(id="K-1", customer="C-1", about="leaks")

        assert [clock.policy for clock in crm.complaints.clocks("K-1")] == ["usual"] * 2
        with pytest.raises(InvalidValueError, match="policies"):
            CRM(MemoryStore(), policies=USUAL)  # type: ignore[arg-type]  # refused


class TestClocks:
    def test_stand_as_the_present_instant_has_it(self, filled: CRM) -> None:
        """Six hours of Monday, four of Tuesday."""
        noon = filled.acting(at=NINE + 3 * HOUR).complaints

        response, resolution = noon.clocks("K-1")

        assert (response.state, response.due_at) == (ClockState.RUNNING, NINE + 4 * HOUR)
        assert resolution.due_at == datetime(2026, 3, 3, 11, tzinfo=UTC)
        assert (resolution.elapsed, resolution.remaining) == (3 * HOUR, 7 * HOUR)

    def test_stand_still_while_the_customer_is_awaited(self, filled: CRM) -> None:
        filled.complaints.wait("K-1", party="customer")

        _, resolution = filled.acting(at=NINE + HOUR).complaints.clocks("K-1")

        assert (resolution.state, resolution.due_at) == (ClockState.PAUSED, None)

    def test_ask_the_customers_record_too(self, filled: CRM) -> None:
        (clock,) = filled.complaints.clocks("K-7")

        assert (clock.policy, clock.due_at) == ("key customers", NINE + HOUR / 4)

    def test_of_an_unknown_complaint_are_refused(self, crm: CRM) -> None:
        with pytest.raises(NotFoundError, match="no complaint 'K-9'"):
            crm.complaints.clocks("K-9")
        with pytest.raises(NotFoundError, match="no complaint 'K-9'"):
            crm.complaints.explain("K-9")


class TestFacts:
    @pytest.mark.parametrize(
        ("fact", "value"),
        [
            ("customer_party", "person"),
            ("customer_type", "end_consumer"),
            ("customer_region", "Shandong"),
            ("customer_industry", "laundry"),
            ("customer_size", "small"),
            ("customer_source", "fair"),
            ("customer_owner", "bob"),
            ("customer_closeness", "current"),
            ("channel", "phone"),
            ("customer", "C-7"),
            ("kind", "complaint"),
        ],
    )
    def test_are_those_of_the_case_and_of_the_customer(
        self, crm: CRM, fact: str, value: str
    ) -> None:
        crm.customers.add_person(
            id="C-7",
            name="Li Wei",
            type="end_consumer",
            region="Shandong",
            industry="laundry",
            size="small",
            source="fair",
            owner="bob",
        )
        crm.customers.classify("C-7", closeness="current")
        crm.complaints.receive(id="K-1", customer="C-7", about="leaks", channel="phone")
        met, unmet = Compare(fact, "=", value), Compare(fact, "=", "-")
        of = [SlaPolicy(name="his", targets=[AT_ONCE], condition=one) for one in (met, unmet)]

        found = [
            crm.promising(SlaPolicies(policies=[policy])).complaints.clocks("K-1") for policy in of
        ]

        assert [len(clocks) for clocks in found] == [1, 0]

    def test_hold_nothing_that_is_personal(self, filled: CRM) -> None:
        his = SlaPolicy(
            name="his", targets=[AT_ONCE], condition=Compare("customer_name", "=", "Li Wei")
        )
        desk = filled.promising(SlaPolicies(policies=[his])).complaints

        assert desk.clocks("K-7") == ()
        (why, *_) = desk.explain("K-7").because
        assert why.missing == ("customer_name",)

    def test_of_a_deleted_customer_are_unknown(self, filled: CRM) -> None:
        filled.customers.delete("C-7")

        assert [clock.policy for clock in filled.complaints.clocks("K-7")] == ["usual"] * 2


class TestExplain:
    def test_says_what_is_due_next_and_why(self, filled: CRM) -> None:
        why = filled.acting(at=NINE + HOUR).complaints.explain("K-1")

        assert why.verdict == NINE + 4 * HOUR
        assert why.find("first_response").value is ClockState.RUNNING
        assert why.find("resolution").against == datetime(2026, 3, 3, 11, tzinfo=UTC)
        policy, *clocks = why.because
        assert policy.verdict == "usual"
        assert [clock.verdict for clock in clocks] == [ClockState.RUNNING] * 2
        assert str(why).startswith("complaint K-1: next due 2026-03-02 14:00 CET; overdue: 0\n")
        assert why.sentence("zh").startswith("投诉K-1：下一期限2026-03-02 14:00 CET；已逾期0项\n")

    def test_says_what_is_late(self, filled: CRM) -> None:
        why = filled.acting(at=NINE + 4 * HOUR + MICRO).complaints.explain("K-1")

        assert why.verdict == datetime(2026, 3, 3, 11, tzinfo=UTC)
        assert (why.find("overdue").value, why.find("overdue").met) == (1, False)
        assert (why.find("first_response").met, why.find("resolution").met) == (False, None)

    def test_says_that_nothing_runs(self, filled: CRM) -> None:
        filled.complaints.acknowledge("K-7")

        why = filled.complaints.explain("K-7")

        assert (why.verdict, why.find("first_response").met) == (None, True)
        assert str(why).startswith("complaint K-7: no promise is running; overdue: 0\n")
        assert why.sentence("zh").startswith("投诉K-7：没有计时中的承诺；已逾期0项\n")


class TestOverdue:
    def test_the_due_instant_is_in_time(self, filled: CRM) -> None:
        due = NINE + 4 * HOUR

        at_that, later = (filled.acting(at=at).complaints.overdue() for at in (due, due + MICRO))

        assert named(at_that) == [("K-7", "first_response")]
        assert named(later) == [
            ("K-7", "first_response"),
            ("K-1", "first_response"),
            ("K-2", "first_response"),
        ]
        assert [promise.owner for promise in later] == ["cid", None, "bob"]
        assert later[0].due_at == NINE + HOUR / 4
        assert later[0].explain().verdict is ClockState.BREACHED

    def test_what_was_done_late_is_not_to_be_done(self, filled: CRM) -> None:
        filled.acting(at=NINE + 5 * HOUR).complaints.acknowledge("K-7")

        late = filled.acting(at=NINE + 6 * HOUR).complaints.overdue()

        assert [promise.case.id for promise in late] == ["K-1", "K-2"]

    def test_what_waits_is_not_late(self, filled: CRM) -> None:
        """A first response is late all the same: it was asked for."""
        filled.complaints.wait("K-1", party="customer")

        late = filled.acting(at=NINE + 99 * HOUR).complaints.overdue()

        assert ("K-1", "resolution") not in named(late)
        assert ("K-1", "first_response") in named(late)
        assert ("K-2", "resolution") in named(late)

    def test_a_resolved_complaint_may_owe_an_answer(self, filled: CRM) -> None:
        desk = filled.complaints
        desk.acknowledge("K-1")
        desk.investigate("K-1")
        desk.respond("K-1")
        filled.acting(at=NINE + HOUR).complaints.hear("K-1", text="and when?")
        again = SlaTarget(metric="next_response", limit=HOUR, calendar=OFFICE)
        promising = filled.promising(SlaPolicies(default=SlaPolicy(name="again", targets=[again])))

        late = promising.acting(at=NINE + 3 * HOUR).complaints.overdue()

        assert named(late) == [("K-1", "next_response")]

    def test_a_transaction_sees_what_it_did(self, filled: CRM) -> None:
        noon = filled.acting(at=NINE + 3 * HOUR)

        with noon.transaction() as tx:
            tx.complaints.acknowledge("K-7")
            assert tx.complaints.overdue() == ()
            tx.customers.add_person(id="C-1", name="Wu")
            tx.customers.classify("C-1", handling="key")
            assert named(tx.complaints.overdue()) == [("K-1", "first_response")]
            tx.customers.delete("C-1")
            assert tx.complaints.overdue() == ()

        assert noon.complaints.overdue() == ()


class TestDueWithin:
    def test_is_told_in_working_time(self, filled: CRM) -> None:
        """At half past three in Berlin half an hour of Monday is left, and then four of Tuesday."""
        late = filled.acting(at=datetime(2026, 3, 2, 14, 30, tzinfo=UTC)).complaints

        assert named(late.due_within(4.5 * HOUR)) == [("K-1", "resolution"), ("K-2", "resolution")]
        assert late.due_within(4.5 * HOUR - MICRO) == ()

    def test_the_soonest_due_stands_first(self, filled: CRM) -> None:
        assert named(filled.complaints.due_within(4 * HOUR)) == [
            ("K-7", "first_response"),
            ("K-1", "first_response"),
            ("K-2", "first_response"),
        ]

    def test_of_days_is_told_in_all_time(self, filled: CRM) -> None:
        """Received on 2 March, due on 17 March in New York, which ends at four by UTC."""
        days = SlaTarget(
            metric="resolution",
            limit=CalendarDays(15),
            calendar=WorkCalendar.always("America/New_York"),
        )
        promising = filled.promising(SlaPolicies(default=SlaPolicy(name="days", targets=[days])))
        desk = promising.acting(at=datetime(2026, 3, 17, 4, tzinfo=UTC)).complaints

        within = desk.due_within(24 * HOUR)

        assert [promise.case.id for promise in within] == ["K-1", "K-2", "K-7"]
        assert desk.due_within(24 * HOUR - 2 * MICRO) == ()

    def test_what_is_late_or_stands_still_is_not_due(self, filled: CRM) -> None:
        filled.complaints.wait("K-2", party="customer")

        soon = filled.acting(at=NINE + 5 * HOUR).complaints.due_within(999 * HOUR)

        assert named(soon) == [("K-1", "resolution")]

    @pytest.mark.parametrize("within", [-MICRO, 3, None])
    def test_refuses_what_is_no_time(self, crm: CRM, within: object) -> None:
        with pytest.raises(InvalidValueError, match=r"within .* timedelta that is not negative"):
            crm.complaints.due_within(within)  # type: ignore[arg-type]  # refused


class TestAgenda:
    def test_is_what_everybody_has_to_do_today(self, filled: CRM) -> None:
        agenda = filled.acting(at=NINE + HOUR).complaints.agenda()

        assert {person: named(promises) for person, promises in agenda.items()} == {
            "bob": [("K-2", "first_response")],
            "cid": [("K-7", "first_response")],
            "nobody": [("K-1", "first_response")],
        }
        assert list(agenda) == ["bob", "cid", "nobody"]

    def test_of_another_day_holds_what_is_due_till_its_end(self, filled: CRM) -> None:
        agenda = filled.complaints.agenda(on=date(2026, 3, 3))

        assert named(agenda["nobody"]) == [("K-1", "first_response"), ("K-1", "resolution")]
        assert named(filled.complaints.agenda(on=date(2026, 3, 3))["cid"]) == [
            ("K-7", "first_response")
        ]

    def test_of_a_day_gone_by_holds_what_is_late(self, filled: CRM) -> None:
        noon = filled.acting(at=NINE + 3 * HOUR).complaints

        assert list(noon.agenda(on=date(2026, 2, 27))) == ["cid"]

    def test_days_end_where_the_calendar_is(self, crm: CRM) -> None:
        """Ten at night in Auckland: what is due in three hours is tomorrow's."""
        target = SlaTarget(
            metric="first_response",
            limit=3 * HOUR,
            calendar=WorkCalendar.always("Pacific/Auckland"),
        )
        crm = crm.promising(SlaPolicies(default=SlaPolicy(name="nz", targets=[target])))
        crm.complaints.receive(id="K-1", customer="C-1", about="leaks")

        assert dict(crm.complaints.agenda()) == {}
        assert dict(crm.complaints.agenda(on=MONDAY)) == {}
        assert list(crm.complaints.agenda(on=date(2026, 3, 3))) == ["nobody"]

    def test_midnight_ends_a_day(self, crm: CRM) -> None:
        until = SlaTarget(
            metric="first_response", limit=15 * HOUR, calendar=WorkCalendar.always("UTC")
        )
        crm = crm.promising(SlaPolicies(default=SlaPolicy(name="by night", targets=[until])))
        crm.complaints.receive(id="K-1", customer="C-1", about="leaks")

        (promise,) = crm.complaints.agenda(on=MONDAY)["nobody"]

        assert promise.due_at == datetime(2026, 3, 3, tzinfo=UTC)

    def test_what_stands_still_is_on_nobodys(self, filled: CRM) -> None:
        filled.complaints.acknowledge("K-1")
        filled.complaints.wait("K-1", party="customer")

        assert "nobody" not in filled.complaints.agenda(on=date(2027, 1, 1))

    def test_one_called_nobody_shares_it(self, filled: CRM) -> None:
        filled.complaints.assign("K-2", owner="nobody")

        agenda = filled.complaints.agenda()

        assert [promise.case.id for promise in agenda["nobody"]] == ["K-1", "K-2"]

    @pytest.mark.parametrize("on", [NINE, "2026-03-02"])
    def test_refuses_what_is_no_day(self, crm: CRM, on: object) -> None:
        with pytest.raises(InvalidValueError, match=r"on .* a date without a time of day"):
            crm.complaints.agenda(on=on)  # type: ignore[arg-type]  # refused


class TestReading:
    def test_leaves_out_what_is_over_and_goes_page_by_page(self) -> None:
        class Watched(MemoryStore):
            """A store that remembers which complaints it was asked for."""

            def __init__(self) -> None:
                super().__init__()
                self.read: list[str] = []

            def find(self, query: Query) -> Sequence[Record]:
                found = super().find(query)
                self.read += [record.id for record in found]
                return found

        store = Watched()
        crm = CRM(store, clock=StillClock(NINE), policies=POLICIES)
        with crm.transaction() as tx:
            for number in range(1002):
                tx.complaints.receive(id=f"K-{number:04}", customer="C-1", about="leaks")
            for verb in ("acknowledge", "investigate", "respond", "accept"):
                getattr(tx.complaints, verb)("K-0000")
        store.read.clear()

        late = crm.acting(at=NINE + 5 * HOUR).complaints.overdue()

        assert len(late) == 1001
        assert store.read == [f"K-{number:04}" for number in range(1, 1002)]

    def test_of_a_desk_by_itself(self, crm: CRM) -> None:
        """What the shell can do, a caller without it can do too."""
        office = CRM(MemoryStore(), clock=StillClock(NINE))
        desk = ComplaintsDesk(office, POLICIES)
        desk.receive(id="K-1", customer="C-1", about="leaks")

        assert named(desk.due_within(4 * HOUR)) == [("K-1", "first_response")]
