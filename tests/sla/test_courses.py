"""When a promise's clocks start, stand and end: the rules of the manual, each by a named test."""

from datetime import datetime, timedelta
from typing import Any

import attrs
from hypothesis import given, strategies as st

from crmkit.cases import Case, CaseKind, Inquiry, Milestone
from crmkit.customers import CustomerId
from crmkit.kernel import Labelled, Language, StateGroup, Step, Workflow
from crmkit.sla import (
    WAITING,
    WAITING_FOR_CUSTOMER,
    BusinessDays,
    CalendarDays,
    ClockState,
    Metric,
    Reopening,
    SlaClock,
    SlaPolicy,
    SlaTarget,
)
from crmkit.testing import a_complaint

from .stories import (
    ALWAYS,
    HALF,
    HOUR,
    MICRO,
    NINE,
    OFFICE,
    Reading,
    Story,
    a_target,
    asked,
    instants,
    readings,
    stories,
)


RESPONSE, NEXT = Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE


def clocks(case: Case[Any], target: SlaTarget, after: timedelta) -> tuple[SlaClock, ...]:
    """Return the clocks of one promise, so long after nine."""
    return SlaPolicy(name="p", targets=[target]).clocks(case, as_of=NINE + after)


def clock(case: Case[Any], target: SlaTarget, after: timedelta) -> SlaClock:
    (found,) = clocks(case, target, after)
    return found


def summary(case: Case[Any], target: SlaTarget, after: timedelta) -> list[tuple[float, str]]:
    """Return for each run: how many hours after nine it started, and how it stands."""
    found = clocks(case, target, after)
    return [((one.started_at - NINE) / HOUR, one.state.value) for one in found]


class TestFirstResponse:
    def test_starts_when_the_customer_asks(self) -> None:
        assert clock(asked(), a_target(RESPONSE), HOUR).started_at == NINE

    def test_does_not_start_where_staff_opened_the_case(self) -> None:
        assert clocks(asked(raised_by="staff"), a_target(RESPONSE), HOUR) == ()

    def test_starts_then_at_the_customers_first_word(self) -> None:
        case = asked(raised_by="staff").hear("ann", NINE + HOUR)

        assert summary(case, a_target(RESPONSE), 2 * HOUR) == [(1, "running")]

    def test_does_not_start_where_the_owner_is_the_requester(self) -> None:
        case = asked().assign("ann", NINE, owner="C-7").hear("ann", NINE + HOUR)

        assert clocks(case, a_target(RESPONSE), 2 * HOUR) == ()

    def test_ends_when_the_case_becomes_the_requesters_own(self) -> None:
        case = asked().assign("ann", NINE + HOUR, owner="C-7")

        assert summary(case, a_target(RESPONSE), 5 * HOUR) == [(0, "cancelled")]

    def test_what_was_late_before_that_stays_late(self) -> None:
        case = asked().assign("ann", NINE + 5 * HOUR, owner="C-7")

        assert summary(case, a_target(RESPONSE), 6 * HOUR) == [(0, "breached")]

    def test_is_stopped_by_a_public_reply(self) -> None:
        case = asked().reply("bob", NINE + HOUR)

        assert clock(case, a_target(RESPONSE), 2 * HOUR).done_at == NINE + HOUR

    def test_is_stopped_by_a_move_that_tells_the_customer(self) -> None:
        case = a_complaint().acknowledge("ann", NINE + HOUR)

        assert clock(case, a_target(RESPONSE), 2 * HOUR).done_at == NINE + HOUR

    def test_is_not_stopped_by_an_internal_note(self) -> None:
        case = asked().comment("bob", NINE + HOUR, text="hm")

        assert clock(case, a_target(RESPONSE), 2 * HOUR).state is ClockState.RUNNING

    def test_is_not_stopped_by_a_third_party_or_by_waiting(self) -> None:
        case = asked().hear("bob", NINE + HOUR, party="third_party")
        case = case.wait("bob", NINE + HOUR, party="customer")

        assert clock(case, a_target(RESPONSE), 2 * HOUR).state is ClockState.RUNNING

    def test_is_met_by_a_reply_at_the_instant_of_the_question(self) -> None:
        """One telephone call, put down at one instant: asked, answered and closed."""
        case = asked().reply("ann", NINE).answer("ann", NINE, text="so").close("ann", NINE)

        assert summary(case, a_target(RESPONSE), HOUR) == [(0, "met")]

    def test_is_cancelled_where_the_case_is_dropped_unanswered(self) -> None:
        case = asked().cancel("ann", NINE + HOUR)

        assert summary(case, a_target(RESPONSE), 2 * HOUR) == [(0, "cancelled")]


class TestNextResponse:
    def test_waits_for_the_first_response(self) -> None:
        case = asked().hear("ann", NINE + HOUR)

        assert clocks(case, a_target(NEXT), 2 * HOUR) == ()

    def test_starts_at_the_first_message_after_a_reply(self) -> None:
        case = asked().reply("bob", NINE + HOUR).hear("ann", NINE + 2 * HOUR)

        assert summary(case, a_target(NEXT), 3 * HOUR) == [(2, "running")]

    def test_is_not_moved_by_further_messages(self) -> None:
        case = asked().reply("bob", NINE + HOUR).hear("ann", NINE + 2 * HOUR)
        case = case.hear("ann", NINE + 3 * HOUR).hear("ann", NINE + 4 * HOUR)

        assert summary(case, a_target(NEXT), 5 * HOUR) == [(2, "running")]

    def test_runs_anew_for_each_reply_that_is_awaited(self) -> None:
        case = asked().reply("bob", NINE + HOUR).hear("ann", NINE + 2 * HOUR)
        case = case.reply("bob", NINE + 3 * HOUR).hear("ann", NINE + 4 * HOUR)

        found = clocks(case, a_target(NEXT), 5 * HOUR)

        assert [(one.run, one.state.value) for one in found] == [(1, "met"), (2, "running")]
        assert found[0].key != found[1].key

    def test_is_owed_by_nobody_once_the_case_is_closed(self) -> None:
        closed = asked().answer("bob", NINE + HOUR, text="so").close("bob", NINE + 2 * HOUR)

        assert clocks(closed.hear("ann", NINE + 3 * HOUR), a_target(NEXT), 9 * HOUR) == ()

    def test_is_not_owed_to_the_word_that_accepts_the_answer(self) -> None:
        complaint = a_complaint().acknowledge("ann", NINE).investigate("ann", NINE)
        complaint = complaint.respond("ann", NINE + HOUR).accept("ann", NINE + 2 * HOUR)

        assert clocks(complaint, a_target(NEXT), 9 * HOUR) == ()

    def test_is_owed_again_when_the_customer_has_it_opened_again(self) -> None:
        closed = asked().answer("bob", NINE + HOUR, text="so").close("bob", NINE + 2 * HOUR)

        again = closed.reopen("ann", NINE + 3 * HOUR)

        assert summary(again, a_target(NEXT), 4 * HOUR) == [(3, "running")]

    def test_once_dropped_does_not_come_back_to_life(self) -> None:
        case = asked().answer("bob", NINE + HOUR, text="so").hear("ann", NINE + 2 * HOUR)
        case = case.close("bob", NINE + 3 * HOUR).reopen("ann", NINE + 4 * HOUR)
        case = case.reply("bob", NINE + 5 * HOUR)

        assert summary(case, a_target(NEXT), 6 * HOUR) == [(2, "cancelled"), (4, "met")]


class TestResolution:
    def test_replies_never_move_it(self) -> None:
        case = asked().reply("bob", NINE + HOUR).hear("ann", NINE + 2 * HOUR)

        plain, talked = (clock(one, a_target(), 3 * HOUR) for one in (asked(), case))

        assert (plain.due_at, plain.started_at) == (talked.due_at, talked.started_at)

    def test_paused_and_resolved_directly_counts_the_hold_right(self) -> None:
        """By hand: one hour's work, then waiting till the answer came at two: one hour used."""
        case = asked().wait("bob", NINE + HOUR, party="customer")
        case = case.answer("bob", NINE + 5 * HOUR, text="so")

        found = clock(case, a_target(pauses=WAITING), 9 * HOUR)

        assert (found.elapsed, found.state) == (HOUR, ClockState.MET)
        assert found.pauses == ((NINE + HOUR, NINE + 5 * HOUR),)

    def test_from_resolved_to_closed_keeps_its_time(self) -> None:
        case = asked().answer("bob", NINE + HOUR, text="so").close("bob", NINE + 9 * HOUR)

        found = clock(case, a_target(), 10 * HOUR)

        assert (found.done_at, found.elapsed) == (NINE + HOUR, HOUR)

    def test_of_a_dropped_case_is_cancelled(self) -> None:
        assert clock(asked().cancel("bob", NINE + HOUR), a_target(), 9 * HOUR).state is (
            ClockState.CANCELLED
        )

    def test_of_a_case_dropped_too_late_is_breached(self) -> None:
        assert clock(asked().cancel("bob", NINE + 5 * HOUR), a_target(), 9 * HOUR).state is (
            ClockState.BREACHED
        )


class TestPauses:
    def test_are_those_of_its_own_target(self) -> None:
        case = asked().wait("bob", NINE + HOUR, party="third_party")
        case = case.resume("bob", NINE + 3 * HOUR)

        for_customer = clock(case, a_target(pauses=WAITING_FOR_CUSTOMER), 4 * HOUR)
        for_anybody = clock(case, a_target(pauses=WAITING), 4 * HOUR)
        never = clock(case, a_target(), 4 * HOUR)

        assert [one.elapsed for one in (for_customer, for_anybody, never)] == [
            4 * HOUR,
            2 * HOUR,
            4 * HOUR,
        ]

    def test_outside_working_hours_have_no_effect(self) -> None:
        """By hand: five o'clock in the afternoon, waited from seven to eight in the evening."""
        case = asked(at=NINE + 8 * HOUR).wait("bob", NINE + 10 * HOUR, party="customer")
        case = case.resume("bob", NINE + 11 * HOUR)

        plain = clock(asked(at=NINE + 8 * HOUR), a_target(calendar=OFFICE), 12 * HOUR)
        found = clock(case, a_target(calendar=OFFICE, pauses=WAITING), 12 * HOUR)

        assert found.due_at == plain.due_at

    def test_touch_and_count_as_one(self) -> None:
        case = asked().wait("bob", NINE + HOUR, party="customer")
        case = case.wait("bob", NINE + 2 * HOUR, party="third_party")
        case = case.resume("bob", NINE + 3 * HOUR)

        found = clock(case, a_target(pauses=WAITING), 4 * HOUR)

        assert found.pauses == ((NINE + HOUR, NINE + 3 * HOUR),)

    def test_are_never_empty(self) -> None:
        case = asked().answer("bob", NINE + HOUR, text="so")

        assert clock(case, a_target(pauses=["resolved"]), 4 * HOUR).pauses == ()

    def test_a_limit_in_days_has_none(self) -> None:
        case = asked().answer("bob", NINE + HOUR, text="so").reopen("ann", NINE + 3 * HOUR)

        found = clock(case, a_target(limit=CalendarDays(1)), 4 * HOUR)

        assert found.pauses == ()
        assert found.due_at == clock(asked(), a_target(limit=CalendarDays(1)), 4 * HOUR).due_at

    def test_that_ends_at_the_instant_asked_for_is_over(self) -> None:
        case = asked().wait("bob", NINE + HOUR, party="customer").resume("bob", NINE + 2 * HOUR)

        found = clock(case, a_target(pauses=WAITING), 2 * HOUR)

        assert (found.state, found.is_paused) == (ClockState.RUNNING, False)
        assert found.due_at == NINE + 5 * HOUR


class TestReopening:
    """Resolved at ten, opened again at noon; four hours were promised at nine."""

    CASE = asked().answer("bob", NINE + HOUR, text="so").reopen("ann", NINE + 3 * HOUR)

    def test_resume_leaves_out_the_time_as_resolved(self) -> None:
        found = clock(self.CASE, a_target(), 4 * HOUR)

        assert (found.elapsed, found.due_at) == (2 * HOUR, NINE + 6 * HOUR)

    def test_restart_begins_another_clock(self) -> None:
        target = a_target(reopening=Reopening.RESTART)

        found = clocks(self.CASE, target, 4 * HOUR)

        assert [(one.run, one.state.value) for one in found] == [(1, "met"), (2, "running")]
        assert (found[1].started_at, found[1].due_at) == (NINE + 3 * HOUR, NINE + 7 * HOUR)

    def test_restart_after_a_window_resumes_within_it(self) -> None:
        target = a_target(reopening=Reopening.RESTART, resume_within=2 * HOUR)

        assert summary(self.CASE, target, 4 * HOUR) == [(0, "running")]

    def test_restart_after_a_window_restarts_after_it(self) -> None:
        target = a_target(reopening=Reopening.RESTART, resume_within=2 * HOUR - MICRO)

        assert summary(self.CASE, target, 4 * HOUR) == [(0, "met"), (3, "running")]

    def test_opens_a_closed_case_from_its_resolution_on(self) -> None:
        case = asked().answer("bob", NINE + HOUR, text="so").close("bob", NINE + 2 * HOUR)
        case = case.reopen("ann", NINE + 3 * HOUR)

        assert clock(case, a_target(), 4 * HOUR).elapsed == 2 * HOUR


class JobStage(Labelled):
    OPEN = "open", "Open", "待办"
    HELD = "held", "Held by the customer", "客户暂缓"
    DONE = "done", "Done", "完成"
    DROPPED = "dropped", "Dropped", "放弃"
    FILED = "filed", "Filed", "归档"


JOBS = Workflow(
    {
        JobStage.OPEN: {JobStage.HELD, JobStage.DONE, JobStage.DROPPED},
        JobStage.HELD: {JobStage.OPEN},
        JobStage.DONE: {JobStage.DROPPED, JobStage.OPEN},
        JobStage.DROPPED: {JobStage.DONE, JobStage.OPEN, JobStage.FILED},
        JobStage.FILED: (),
    },
    groups={
        JobStage.OPEN: StateGroup.OPEN,
        JobStage.HELD: StateGroup.WAITING_CUSTOMER,
        JobStage.DONE: StateGroup.RESOLVED,
        JobStage.DROPPED: StateGroup.CANCELLED,
        JobStage.FILED: StateGroup.DUPLICATE,
    },
)


@attrs.frozen(kw_only=True, slots=False)
class Job(Case[JobStage]):
    """A kind of case that is not of this library."""

    @property
    def kind(self) -> CaseKind:
        return CaseKind.REPAIR

    @property
    def workflow(self) -> Workflow[JobStage]:
        return JOBS

    def label(self, language: Language = "en") -> str:
        return f"job {self.id}"


def job(*stages: JobStage) -> Job:
    """Return a job that entered these stages, from nine on, one an hour."""
    steps = tuple(Step(stage, "ann", NINE + n * HOUR) for n, stage in enumerate(stages))
    return Job(id="J-1", customer=CustomerId("C-7"), about="drum", trail=steps)


class TestAnyWorkflow:
    """Clocks know state groups, and no stage of any workflow."""

    def test_a_stage_may_itself_be_a_wait(self) -> None:
        held = job(JobStage.OPEN, JobStage.HELD, JobStage.OPEN)

        assert clock(held, a_target(pauses=WAITING), 3 * HOUR).elapsed == 2 * HOUR

    def test_what_was_done_and_then_dropped_stays_done(self) -> None:
        case = job(JobStage.OPEN, JobStage.DONE, JobStage.DROPPED)

        assert clock(case, a_target(), 9 * HOUR).done_at == NINE + HOUR

    def test_what_was_dropped_and_then_done_stays_dropped(self) -> None:
        case = job(JobStage.OPEN, JobStage.DROPPED, JobStage.DONE)

        found = clock(case, a_target(), 9 * HOUR)

        assert (found.done_at, found.ended_at) == (None, NINE + HOUR)
        assert (found.state, found.elapsed) == (ClockState.CANCELLED, HOUR)

    def test_what_was_dropped_then_done_and_opened_again_stood_still(self) -> None:
        case = job(JobStage.OPEN, JobStage.DROPPED, JobStage.DONE, JobStage.OPEN, JobStage.DONE)

        found = clock(case, a_target(), 9 * HOUR)

        assert (found.done_at, found.elapsed) == (NINE + 4 * HOUR, 2 * HOUR)

    def test_is_dropped_once(self) -> None:
        case = job(JobStage.OPEN, JobStage.DROPPED, JobStage.FILED)

        assert clock(case, a_target(), 9 * HOUR).ended_at == NINE + HOUR

    def test_what_was_dropped_goes_on_when_it_is_opened_again(self) -> None:
        case = job(JobStage.OPEN, JobStage.DROPPED, JobStage.OPEN)

        assert clock(case, a_target(), 3 * HOUR).elapsed == 2 * HOUR


class TestMilestone:
    ON_SITE = a_target("on_site", 6 * HOUR)

    def test_is_met_when_it_is_reached(self) -> None:
        case = asked().reach("bob", NINE + 2 * HOUR, milestone="on_site")
        case = case.reach("bob", NINE + 3 * HOUR, milestone="on_site")

        assert clock(case, self.ON_SITE, 9 * HOUR).done_at == NINE + 2 * HOUR

    def test_is_not_met_by_another(self) -> None:
        case = asked().reach("bob", NINE + 2 * HOUR, milestone="root_cause")

        assert clock(case, self.ON_SITE, 9 * HOUR).state is ClockState.BREACHED

    def test_may_be_a_stage(self) -> None:
        complaint = a_complaint().acknowledge("ann", NINE + HOUR)

        found = clock(complaint, a_target("acknowledged", 2 * HOUR), 3 * HOUR)

        assert (found.done_at, found.state) == (NINE + HOUR, ClockState.MET)

    def test_is_asked_for_no_more_once_the_case_is_resolved(self) -> None:
        """Mended over the telephone: nobody need drive."""
        case = asked().answer("bob", NINE + HOUR, text="so")

        assert clock(case, self.ON_SITE, 9 * HOUR).state is ClockState.CANCELLED

    def test_is_asked_for_again_when_the_case_is(self) -> None:
        """By hand: one hour before the answer, two without it, then five are left at noon."""
        case = asked().answer("bob", NINE + HOUR, text="so").reopen("ann", NINE + 3 * HOUR)

        found = clock(case, self.ON_SITE, 4 * HOUR)

        assert (found.state, found.due_at) == (ClockState.RUNNING, NINE + 8 * HOUR)

    def test_reached_after_nobody_asked_for_it_changes_nothing(self) -> None:
        case = asked().answer("bob", NINE + HOUR, text="so")
        case = case.reach("bob", NINE + 20 * HOUR, milestone="on_site")

        assert clock(case, self.ON_SITE, 21 * HOUR).state is ClockState.CANCELLED
        reopened = case.reopen("ann", NINE + 22 * HOUR)
        assert clock(reopened, self.ON_SITE, 23 * HOUR).done_at is None

    def test_reached_just_as_the_case_is_resolved_is_met(self) -> None:
        case = asked().reach("bob", NINE + HOUR, milestone="on_site")
        case = case.answer("bob", NINE + HOUR, text="so")

        assert clock(case, self.ON_SITE, 9 * HOUR).state is ClockState.MET
        reopened = case.reopen("ann", NINE + 3 * HOUR)
        assert clock(reopened, self.ON_SITE, 9 * HOUR).done_at == NINE + HOUR

    def test_may_be_kept_by_the_resolution_instead(self) -> None:
        case = asked().answer("bob", NINE + HOUR, text="so")

        found = clock(case, a_target("visit", 24 * HOUR, instead=["resolution"]), 9 * HOUR)

        assert (found.state, found.done_at) == (ClockState.MET, NINE + HOUR)

    def test_may_be_a_stage_behind_the_resolution(self) -> None:
        answered = asked().answer("bob", NINE + HOUR, text="so")
        target = a_target("accepted", 6 * HOUR, instead=["closed"])

        assert clock(answered, target, 2 * HOUR).state is ClockState.RUNNING
        closed = answered.close("bob", NINE + 3 * HOUR)
        assert clock(closed, target, 4 * HOUR).state is ClockState.MET

    def test_reached_before_the_case_was_taken_in_took_no_time(self) -> None:
        """No act puts that down any more; what is stored may hold it."""
        early = Milestone(NINE, "bob", "on_site")
        case = attrs.evolve(asked(at=NINE + HOUR), milestones=(early,))

        found = clock(case, self.ON_SITE, 2 * HOUR)

        assert (found.state, found.elapsed, found.done_at) == (ClockState.MET, timedelta(0), NINE)


TARGETS = st.builds(
    a_target,
    metric=st.sampled_from([*Metric, "on_site"]),
    limit=st.sampled_from([HALF, HOUR, 3 * HOUR, 8 * HOUR]),
    calendar=st.sampled_from([ALWAYS, OFFICE]),
    pauses=st.sets(
        st.sampled_from(
            [StateGroup.WAITING_CUSTOMER, StateGroup.WAITING_THIRD_PARTY, StateGroup.RESOLVED]
        )
    ),
    boundary=st.sampled_from(["close", "next_open"]),
)
REOPENINGS = st.sampled_from(
    [
        {},
        {"reopening": Reopening.RESTART},
        {"reopening": Reopening.RESTART, "resume_within": 3 * HOUR},
    ]
)
DAYS = st.sampled_from([BusinessDays(1), BusinessDays(2, ends="closing"), CalendarDays(2)])


class TestCourses:
    @given(stories(), TARGETS, REOPENINGS, instants())
    def test_are_the_definition(
        self, story: Story, target: SlaTarget, reopening: dict[str, Any], as_of: datetime
    ) -> None:
        """Against the rules counted half hour by half hour, on any story, at any instant."""
        target = attrs.evolve(target, **reopening)

        found = SlaPolicy(name="p", targets=[target]).clocks(story.case, as_of=as_of)

        told = [
            Reading(
                one.started_at, one.done_at, one.ended_at, one.due_at, one.elapsed, one.state.value
            )
            for one in found
        ]
        assert told == readings(story.case, target, as_of)

    @given(stories(), TARGETS, REOPENINGS, st.none() | DAYS, instants())
    def test_do_not_look_at_what_happened_later(
        self,
        story: Story,
        target: SlaTarget,
        reopening: dict[str, Any],
        days: BusinessDays | CalendarDays | None,
        as_of: datetime,
    ) -> None:
        """Recomputed at an instant, a clock is what it was for whoever looked at it then."""
        target = attrs.evolve(target, **reopening)
        if days is not None:
            target = attrs.evolve(target, limit=days, pauses=())
        policy = SlaPolicy(name="p", targets=[target])

        then = story.told_by(as_of)

        known = () if then is None else policy.clocks(then, as_of=as_of)
        assert policy.clocks(story.case, as_of=as_of) == known

    def test_of_a_case_that_is_not_there_yet_are_none(self) -> None:
        case: Inquiry = asked()

        assert clocks(case, a_target(), -MICRO) == ()
