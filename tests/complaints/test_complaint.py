"""The complaint record."""

from datetime import date, datetime, timedelta
from typing import Any

import attrs
import pytest

from crmkit.cases import CaseKind, StateGroup
from crmkit.complaints import (
    WORKFLOW,
    Channel,
    Complaint,
    ComplaintField,
    Goods,
    PromisedDay,
    Stage,
)
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Explanation, Step
from crmkit.testing import NINE, a_complaint


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
            ({"field": "godos"}, "field"),
            ({"symptom": " "}, "symptom"),
            ({"concerned": ""}, "concerned"),
            ({"remedy_wanted": None}, "remedy_wanted"),
            ({"immediate_action": 3}, "immediate_action"),
            ({"due_on": NINE}, "due_on"),
            ({"due_on": date(2026, 2, 28)}, "due_on"),
            ({"due_on": date(9999, 12, 31)}, "due_on"),
            ({"goods": "XPB-20"}, "goods"),
        ],
    )
    def test_an_unfit_value_is_refused_by_name(self, changed: dict[str, Any], what: str) -> None:
        told: dict[str, Any] = {"customer": "C-7", "about": "leaks", **changed}

        with pytest.raises(InvalidValueError) as refused:
            Complaint.receive("K-1", "ann", NINE, **told)

        assert refused.value.name == what

    def test_puts_down_all_that_iso_10002_asks_for(self) -> None:
        complaint = Complaint.receive(
            "K-1",
            "ann",
            NINE,
            customer="C-7",
            about="leaks",
            field="goods_quality",
            goods=Goods(product="XPB-20", unit="SN-4711", batch="2026-02"),
            symptom="water on the floor",
            concerned="workshop 3",
            remedy_wanted="a new one",
            immediate_action="told to close the tap",
            due_on=date(2026, 3, 3),
        )

        assert complaint.due_on == date(2026, 3, 3)
        assert complaint.immediate_action == "told to close the tap"
        assert complaint.remedy_wanted == "a new one"
        told = {"field": ComplaintField.GOODS_QUALITY, "symptom": "water on the floor"}
        known = {"product": "XPB-20", "unit": "SN-4711", "batch": "2026-02"}
        assert {**told, **known, "concerned": "workshop 3"}.items() <= complaint.facts.items()


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

    def test_accept_once_more_says_what_is_outstanding(self) -> None:
        promised = answered().link_action("ann", NINE, action="CA-1")
        accepted = promised.accept("ann", NINE + 3 * HOUR)

        with pytest.raises(TransitionError) as refused:
            accepted.accept("ann", NINE + 3 * HOUR)

        lacking = "a linked corrective action is not verified to be effective: CA-1"
        assert refused.value.missing == (lacking,)

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

        assert refused.value.allowed == ("acknowledged", "withdrawn", "duplicate")
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
        # All else is left to the customer's word.
        ours = (Stage.COMMUNICATED, Stage.ESCALATED, Stage.REFERRED, Stage.WITHDRAWN)
        assert verdict.verdict is (asked in ours)

    def test_a_refusal_explains_itself_in_both_languages(self) -> None:
        with pytest.raises(TransitionError) as refused:
            a_complaint().accept("ann", NINE)

        why = refused.value.explain()

        assert isinstance(why, Explanation)
        assert not recomputed(why)
        assert why.sentence("en") == (
            "complaint K-1 is received and can become acknowledged, withdrawn or duplicate,"
            " not closed"
        )
        assert why.sentence("zh") == (
            "投诉K-1目前为“已受理”，只能转为“已确认”、“已撤回”或“重复”，不能转为“已结案”"
        )
        assert refused.value.record == str(a_complaint()) == "complaint K-1"

    @pytest.mark.parametrize("asked", list(Stage))
    def test_what_we_may_do_ourselves_is_allowed(self, asked: Stage) -> None:
        verdict = a_complaint().explain(asked)

        ours = (Stage.ACKNOWLEDGED, Stage.WITHDRAWN, Stage.DUPLICATE)
        assert verdict.verdict == recomputed(verdict) == (asked in ours)

    def test_we_cannot_close_it_without_the_customers_word(self) -> None:
        assert answered().explain(Stage.CLOSED).missing == (
            "the customer has not accepted the answer",
        )

    def test_what_is_missing_is_named(self) -> None:
        verdict = answered().explain(Stage.INVESTIGATED)

        assert verdict.missing == ("the customer has not rejected the answer",)
        assert "客户尚未拒绝答复" in verdict.sentence("zh")


class TestOtherEnds:
    def test_withdraw_ends_it_at_the_customers_wish(self) -> None:
        complaint = answered().withdraw("ann", NINE + 3 * HOUR, note="it works again")

        assert complaint.state is StateGroup.CANCELLED
        assert complaint.conversation[-1].text == "it works again"

    def test_a_duplicate_names_the_other(self) -> None:
        complaint = a_complaint().mark_duplicate("ann", NINE, of="K-0")

        assert (complaint.duplicate_of, complaint.state) == ("K-0", StateGroup.DUPLICATE)

    @pytest.mark.parametrize(("of", "what"), [("K-1", "another complaint"), ("", "1 to 200")])
    def test_of_itself_nothing_is_a_duplicate(self, of: str, what: str) -> None:
        with pytest.raises(InvalidValueError, match=what):
            a_complaint().mark_duplicate("ann", NINE, of=of)

    def test_what_is_answered_is_no_duplicate_any_more(self) -> None:
        with pytest.raises(TransitionError, match="not duplicate"):
            answered().mark_duplicate("ann", NINE + 3 * HOUR, of="K-0")

    def test_reopened_it_must_be_investigated_anew(self) -> None:
        closed = answered().accept("ann", NINE + 3 * HOUR)

        complaint = closed.reopen("ann", NINE + 4 * HOUR, note="leaks again")

        assert complaint.state is StateGroup.OPEN
        with pytest.raises(TransitionError, match="neither investigated nor exempt"):
            complaint.respond("ann", NINE + 4 * HOUR)

    def test_only_what_is_closed_is_opened_again(self) -> None:
        with pytest.raises(TransitionError, match="not reopened"):
            answered().reopen("ann", NINE + 3 * HOUR)


class TestEscalate:
    def test_raises_what_is_not_answered_yet(self) -> None:
        complaint = a_complaint().acknowledge("ann", NINE).escalate("ann", NINE, note="to the head")

        assert complaint.stage is Stage.ESCALATED
        with pytest.raises(TransitionError, match="neither investigated nor exempt"):
            complaint.respond("head", NINE)
        assert complaint.investigate("head", NINE).respond("head", NINE).stage is Stage.RESPONDED

    def test_what_was_investigated_may_be_answered_anew(self) -> None:
        complaint = answered().communicate("ann", NINE + 2 * HOUR).escalate("ann", NINE + 3 * HOUR)

        assert complaint.respond("head", NINE + 4 * HOUR).stage is Stage.RESPONDED


class TestRestore:
    def test_moves_no_stage_back(self) -> None:
        complaint = answered()

        restored = complaint.restore("ann", NINE + 3 * HOUR, earlier=a_complaint())

        assert restored.trail == complaint.trail

    def test_takes_nothing_back_that_happened(self) -> None:
        at = NINE + 3 * HOUR
        complaint = a_complaint().acknowledge("ann", NINE).route("ann", NINE, department="quality")
        complaint = complaint.exempt("ann", NINE, reason="plain").confirm("bob", NINE)
        complaint = complaint.respond("bob", NINE, remedies=["refund"]).plan_calls(
            "ann", NINE, tries=2
        )
        complaint = complaint.link_action("ann", NINE, action="A-1").accept("ann", at)
        complaint = complaint.follow_up("eva", at, outcome="unreachable")

        assert complaint.restore("ann", at, earlier=a_complaint()) == complaint

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


class TestPromise:
    def test_puts_down_the_first_day_without_a_reason(self) -> None:
        promised = a_complaint().promise("ann", NINE + HOUR, due_on=date(2026, 3, 4))

        assert promised.due_on == date(2026, 3, 4)
        assert promised.days_promised == (PromisedDay(NINE + HOUR, "ann", date(2026, 3, 4)),)

    def test_keeps_every_day_and_why_it_is_another(self) -> None:
        first = a_complaint().promise("ann", NINE, due_on=date(2026, 3, 4))

        moved = first.promise("bob", NINE + HOUR, due_on=date(2026, 3, 9), reason="no part")

        assert moved.due_on == date(2026, 3, 9)
        assert [(one.due_on.day, one.reason) for one in moved.days_promised] == [
            (4, ""),
            (9, "no part"),
        ]

    @pytest.mark.parametrize("reason", ["", "  ", None])
    def test_refuses_another_day_for_no_reason(self, reason: Any) -> None:
        promised = a_complaint().promise("ann", NINE, due_on=date(2026, 3, 4))

        with pytest.raises(InvalidValueError, match="why it is another day than 2026-03-04"):
            promised.promise("ann", NINE, due_on=date(2026, 3, 9), reason=reason)

    def test_refuses_another_day_once_it_is_over(self) -> None:
        """In Shanghai the fourth ends at 16:00 UTC; where days end last, at noon of the fifth."""
        promised = a_complaint().promise("ann", NINE, due_on=date(2026, 3, 4))
        evening = NINE + timedelta(days=2, hours=7)
        moved = {"due_on": date(2026, 3, 9), "reason": "no part"}

        with pytest.raises(InvalidValueError, match="before 2026-03-04 is over"):
            promised.promise("ann", evening, timezone="Asia/Shanghai", **moved)  # type: ignore[arg-type]  # one of each

        assert promised.promise("ann", evening, **moved).due_on == date(2026, 3, 9)  # type: ignore[arg-type]  # one of each

    @pytest.mark.parametrize("day", [date(2026, 2, 28), date(2127, 1, 1), None, "2026-03-04"])
    def test_refuses_a_day_that_is_unfit(self, day: Any) -> None:
        with pytest.raises(InvalidValueError, match="due_on"):
            a_complaint().promise("ann", NINE, due_on=day)

    def test_refuses_it_of_what_is_over(self) -> None:
        over = a_complaint().withdraw("ann", NINE)

        with pytest.raises(TransitionError, match="cannot be promised an answer on a day: it is"):
            over.promise("ann", NINE, due_on=date(2026, 3, 4))

    def test_is_no_opinion_that_could_be_taken_back(self) -> None:
        before = a_complaint()
        promised = before.promise("ann", NINE, due_on=date(2026, 3, 4))

        assert promised.restore("ann", NINE, earlier=before).due_on == date(2026, 3, 4)

    def test_agrees_with_what_was_told_last(self) -> None:
        promised = a_complaint().promise("ann", NINE, due_on=date(2026, 3, 4))
        planned = a_complaint().plan_calls("ann", NINE, tries=3)

        with pytest.raises(InvalidValueError, match=r"due_on is .* told last, .*2026, 3, 4"):
            attrs.evolve(promised, due_on=date(2026, 3, 9))
        with pytest.raises(InvalidValueError, match="call_tries is 2: it must be what was told"):
            attrs.evolve(planned, call_tries=2)
