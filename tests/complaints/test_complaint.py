"""The complaint record."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from crmkit.cases import CaseKind, Severity, StateGroup
from crmkit.complaints import COMPLAINT_CODEC, WORKFLOW, Channel, Complaint, Stage
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Explanation, Step
from crmkit.testing import NINE, a_complaint

from ..cases.acts import MINUTES, CaseMachine


HOUR = timedelta(hours=1)


def answered() -> Complaint:
    """Return a complaint that waits for the customer's word."""
    complaint = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE + HOUR)
    return complaint.respond("bob", NINE + 2 * HOUR, note="we send a new compressor")


class TestReceive:
    def test_begins_where_the_workflow_does(self) -> None:
        complaint = a_complaint()

        assert complaint.stage is Stage.RECEIVED
        assert complaint.kind is CaseKind.COMPLAINT
        assert complaint.received_at == NINE

    def test_takes_the_channel_by_its_name(self) -> None:
        complaint = Complaint.receive(
            "K-1", "ann", NINE, customer="C-7", about="leaks", channel="email"
        )

        assert complaint.channel is Channel.EMAIL

    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"about": "  "}, "about"),
            ({"channel": "fone"}, "channel"),
            ({"customer": ""}, "customer"),
        ],
    )
    def test_an_unfit_value_is_refused_by_name(self, changed: dict[str, str], what: str) -> None:
        told = {"customer": "C-7", "about": "leaks", **changed}

        with pytest.raises(InvalidValueError) as refused:
            Complaint.receive("K-1", "ann", NINE, **told)

        assert refused.value.name == what


class TestTrail:
    @pytest.mark.parametrize(
        ("stages", "what"),
        [
            ((), "at least one step"),
            ((Stage.CLOSED,), "must begin with received"),
            ((Stage.RECEIVED, Stage.CLOSED), "cannot follow on received"),
        ],
    )
    def test_follows_the_table(self, stages: tuple[Stage, ...], what: str) -> None:
        trail = tuple(Step(stage, "ann", NINE) for stage in stages)

        with pytest.raises(InvalidValueError, match=what):
            attrs.evolve(a_complaint(), trail=trail)

    def test_is_a_tuple_of_steps(self) -> None:
        for trail in ([a_complaint().trail[0]], ("received",)):
            with pytest.raises(InvalidValueError, match="tuple of Step"):
                attrs.evolve(a_complaint(), trail=trail)  # type: ignore[arg-type]  # refused


class TestVerbs:
    def test_the_whole_way_ends_with_the_customers_word(self) -> None:
        complaint = answered().accept("ann", NINE + 3 * HOUR)

        assert complaint.is_closed
        assert [step.stage.value for step in complaint.trail] == [
            "received",
            "acknowledged",
            "investigated",
            "responded",
            "closed",
        ]

    def test_leave_the_original_untouched(self) -> None:
        complaint = a_complaint()

        complaint.acknowledge("ann", NINE)

        assert complaint == a_complaint()

    def test_reject_sends_it_back_to_investigation(self) -> None:
        complaint = answered().reject("ann", NINE + 3 * HOUR, note="still rattles")

        assert complaint.stage is Stage.INVESTIGATED
        assert complaint.was_rejected
        assert not answered().was_rejected
        assert complaint.trail[-1].note == "still rattles"

    def test_reject_needs_an_answer_to_reject(self) -> None:
        """The table leads from acknowledged to investigated, but not by the customer's refusal."""
        complaint = a_complaint().acknowledge("ann", NINE)

        with pytest.raises(TransitionError, match="no answer that the customer could reject"):
            complaint.reject("ann", NINE)

    def test_we_cannot_reject_our_own_answer(self) -> None:
        with pytest.raises(TransitionError, match="the customer has not rejected the answer"):
            answered().investigate("bob", NINE + 3 * HOUR)

    def test_silence_closes_nothing(self) -> None:
        with pytest.raises(TransitionError) as refused:
            a_complaint().accept("ann", NINE)

        assert refused.value.allowed == ("acknowledged",)
        assert (refused.value.stage, refused.value.asked) == ("received", "closed")

    def test_time_does_not_run_backwards(self) -> None:
        with pytest.raises(InvalidValueError, match="earlier than the step before"):
            a_complaint().acknowledge("ann", NINE - timedelta(microseconds=1))

    def test_a_naive_time_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="time zone"):
            a_complaint().acknowledge("ann", datetime(2026, 3, 2, 10))


class TestQuestions:
    def test_time_in_a_stage_adds_up_over_its_stays(self) -> None:
        """By hand: found after one hour, answered after another; rejected, three hours on."""
        complaint = answered().reject("ann", NINE + 3 * HOUR)

        assert complaint.time_in(Stage.INVESTIGATED) == HOUR
        assert complaint.time_in(Stage.INVESTIGATED, as_of=NINE + 6 * HOUR) == 4 * HOUR

    def test_every_stage_has_its_state(self) -> None:
        assert a_complaint().state is StateGroup.OPEN
        assert answered().state is StateGroup.RESOLVED
        assert set(WORKFLOW.groups) == set(Stage)


class TestExplain:
    @pytest.mark.parametrize("asked", list(Stage))
    def test_the_verdict_follows_from_its_evidence_alone(self, asked: Stage) -> None:
        verdict = answered().explain(asked)

        assert verdict.verdict == recomputed(verdict)
        assert not verdict.verdict  # all that is left is the customer's word

    def test_a_refusal_explains_itself_in_both_languages(self) -> None:
        with pytest.raises(TransitionError) as refused:
            a_complaint().accept("ann", NINE)

        why = refused.value.explain()

        assert isinstance(why, Explanation)
        assert not recomputed(why)
        assert why.sentence("en") == (
            "complaint K-1 is received and can become acknowledged, not closed"
        )
        assert why.sentence("zh") == "投诉K-1目前为“已受理”，只能转为“已确认”，不能转为“已结案”"
        assert refused.value.record == str(a_complaint()) == "complaint K-1"

    @pytest.mark.parametrize("asked", list(Stage))
    def test_what_we_may_do_ourselves_is_allowed(self, asked: Stage) -> None:
        verdict = a_complaint().explain(asked)

        assert verdict.verdict == recomputed(verdict) == (asked is Stage.ACKNOWLEDGED)

    def test_we_cannot_close_it_without_the_customers_word(self) -> None:
        assert answered().explain(Stage.CLOSED).missing == (
            "the customer has not accepted the answer",
        )

    def test_what_is_missing_is_named(self) -> None:
        verdict = answered().explain(Stage.INVESTIGATED)

        assert verdict.missing == ("the customer has not rejected the answer",)
        assert "客户尚未拒绝答复" in verdict.sentence("zh")


class TestRestore:
    def test_moves_no_stage_back(self) -> None:
        complaint = answered()

        restored = complaint.restore("ann", NINE + 3 * HOUR, earlier=a_complaint())

        assert restored.trail == complaint.trail

    def test_keeps_how_it_was_graded(self) -> None:
        complaint = answered().prioritise("ann", NINE + 3 * HOUR, severity="major")

        restored = complaint.restore("ann", NINE + 3 * HOUR, earlier=a_complaint())

        assert restored.gradings == complaint.gradings
        assert restored.severity is Severity.MAJOR

    def test_brings_back_what_was_said(self) -> None:
        earlier = a_complaint(about="leaks")

        assert answered().restore("ann", NINE + 3 * HOUR, earlier=earlier).about == "leaks"

    def test_refuses_another_complaint(self) -> None:
        with pytest.raises(InvalidValueError, match="version of 'K-1'"):
            a_complaint().restore("ann", NINE, earlier=a_complaint("K-2"))


def recomputed(verdict: Explanation[bool]) -> bool:
    """Decide anew, from the evidence and nothing else."""
    asked = verdict.find("asked")
    assert isinstance(asked.against, tuple)
    others = [fact.met for fact in verdict.evidence if fact.name != "asked"]
    return asked.value in asked.against and False not in others


VERBS: dict[str, tuple[Callable[..., Complaint], set[Stage], Stage]] = {
    "acknowledge": (Complaint.acknowledge, {Stage.RECEIVED}, Stage.ACKNOWLEDGED),
    "investigate": (Complaint.investigate, {Stage.ACKNOWLEDGED}, Stage.INVESTIGATED),
    "respond": (Complaint.respond, {Stage.INVESTIGATED}, Stage.RESPONDED),
    "accept": (Complaint.accept, {Stage.RESPONDED}, Stage.CLOSED),
    "reject": (Complaint.reject, {Stage.RESPONDED}, Stage.INVESTIGATED),
}
"""Each verb with the stages it may be used in, and where it leads: the issue's own words."""


class ComplaintMachine(CaseMachine):
    """Any verb at any time is allowed by the table, or refused; those of every case too."""

    case: Complaint

    @initialize()
    def receive(self) -> None:
        self.case = a_complaint()
        self.now = NINE

    @rule(verb=st.sampled_from(sorted(VERBS)), minutes=MINUTES)
    def act(self, verb: str, minutes: int) -> None:
        act, from_, to = VERBS[verb]
        before, at = self.case, self.later(minutes)
        if before.stage in from_:
            self.case = act(before, "ann", at)
            assert self.case.stage is to
            assert self.case.state is WORKFLOW.groups[to]
            assert self.case.trail[:-1] == before.trail
        else:
            with pytest.raises(TransitionError) as refused:
                act(before, "ann", at)
            why = refused.value.explain()
            assert isinstance(why, Explanation)
            assert not recomputed(why)

    @rule()
    def store_and_read(self) -> None:
        stored = COMPLAINT_CODEC.encode(self.case)
        assert COMPLAINT_CODEC.decode(stored, COMPLAINT_CODEC.schema) == self.case

    @rule()
    def restore_its_beginning(self) -> None:
        restored = self.case.restore("ann", self.now, earlier=a_complaint())
        assert restored.trail == self.case.trail
        assert restored.conversation == self.case.conversation
        assert restored.owner == self.case.owner
        assert restored.gradings == self.case.gradings

    @invariant()
    def only_the_table_moves_it(self) -> None:
        assert self.case.trail[0].stage is WORKFLOW.start
        for before, after in pairwise(self.case.trail):
            is_wait = before.stage is after.stage and before.awaits is not after.awaits
            assert is_wait or after.stage in WORKFLOW.allowed(before.stage)

    @invariant()
    def its_stays_add_up(self) -> None:
        total = sum((self.case.time_in(stage, as_of=self.now) for stage in Stage), timedelta())
        assert total == self.now - NINE


TestComplaintMachine = ComplaintMachine.TestCase
