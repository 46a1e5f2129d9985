"""What precedes the answer of a complaint."""

from datetime import timedelta
from typing import Any

import pytest

from crmkit.cases import ITIL_3X3, Impact, Priority, Severity, Urgency
from crmkit.complaints import (
    COMPLAINT_CODEC,
    EXAMPLE_ROUTING,
    CauseAnalysis,
    Complaint,
    Complexity,
    FiveWhys,
    Judgement,
    Stage,
)
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Explanation
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)


def acknowledged() -> Complaint:
    """Return a complaint of which the customer knows that we have it."""
    return a_complaint().acknowledge("ann", NINE)


def why_not(refused: TransitionError) -> Explanation[bool]:
    """Return why an act was refused, told in both languages."""
    why = refused.explain()
    assert isinstance(why, Explanation)
    assert "投诉K-1" in why.sentence("zh")
    return why


class TestAssess:
    def test_puts_down_every_criterion_with_its_reason(self) -> None:
        complaint = acknowledged().assess(
            "ann",
            NINE,
            severity="major",
            safety=False,
            complexity="complex",
            impact="several",
            urgency="immediate",
            priority="high",
            reasons={"severity": "the kitchen is wet", "impact": "three calls today"},
        )

        assert (complaint.severity, complaint.impact) == (Severity.MAJOR, Impact.SEVERAL)
        assert complaint.judgement == Judgement(
            safety=False, urgency=Urgency.IMMEDIATE, complexity=Complexity.COMPLEX
        )
        assert [(reason.criterion, reason.says) for reason in complaint.reasons] == [
            ("severity", "the kitchen is wet"),
            ("impact", "three calls today"),
        ]

    def test_a_matrix_decides_the_priority_and_says_why(self) -> None:
        """ITIL's simple coding: several customers, immediate: 2, high."""
        complaint = acknowledged().assess(
            "ann", NINE, impact="several", urgency="immediate", safety=False, matrix=ITIL_3X3
        )

        assert complaint.priority is Priority.HIGH
        (reason,) = complaint.reasons
        assert (reason.criterion, reason.by) == ("priority", "ann")
        assert reason.says == str(ITIL_3X3.decide(complaint.facts)) == reason.told()
        assert reason.told("zh") == ITIL_3X3.decide(complaint.facts).sentence("zh")

    def test_what_somebody_said_is_told_in_his_own_words(self) -> None:
        complaint = acknowledged().assess(
            "ann", NINE, safety=True, matrix=ITIL_3X3, reasons={"priority": "the mayor is watching"}
        )

        (reason,) = complaint.reasons
        assert reason.told("zh") == reason.told("en") == "the mayor is watching"

    def test_why_it_was_sent_there_is_kept_in_both_languages(self) -> None:
        routed = acknowledged().route("ann", NINE, routing=EXAMPLE_ROUTING)
        said = acknowledged().route("ann", NINE, department="quality", reason="the head asked")

        assert routed.routes[0].told().splitlines()[0] == "Customer care is proposed"
        assert routed.routes[0].told("zh").splitlines()[0] == "建议由客户服务中心负责"
        assert said.routes[0].told("zh") == "the head asked"

    @pytest.mark.parametrize(
        ("told", "what"),
        [
            ({"matrix": ITIL_3X3}, "cannot decide without impact and urgency and safety"),
            ({"matrix": ITIL_3X3, "safety": True, "priority": "low"}, "left out where a matrix"),
            ({"reasons": {"saftey": "sparks"}}, "did you mean 'safety'"),
            ({"reasons": {"safety": " "}}, "not blank"),
            ({"urgency": "now"}, "urgency"),
            ({"complexity": "hard"}, "complexity"),
            ({"safety": "yes"}, "safety"),
        ],
    )
    def test_an_unfit_word_is_refused(self, told: dict[str, Any], what: str) -> None:
        with pytest.raises(InvalidValueError, match=what):
            acknowledged().assess("ann", NINE, **told)

    def test_judged_anew_what_is_left_out_stays(self) -> None:
        complaint = acknowledged().assess(
            "ann", NINE, safety=True, urgency="soon", complexity="simple", reasons={"safety": "hot"}
        )
        complaint = complaint.exempt("ann", NINE, reason="plain").respond("ann", NINE)
        complaint = complaint.accept("ann", NINE).reopen("ann", NINE)

        again = complaint.assess("bob", NINE + HOUR, reasons={"urgency": "he has no water"})

        assert again.judgement == complaint.judgement
        assert [reason.by for reason in again.reasons] == ["ann", "bob"]

    def test_comes_after_the_acknowledgement(self) -> None:
        with pytest.raises(TransitionError, match="not assessed"):
            a_complaint().assess("ann", NINE)


class TestRoute:
    def test_follows_the_rules_and_keeps_their_reason(self) -> None:
        complaint = acknowledged().assess("ann", NINE, safety=True)

        (route,) = complaint.route("ann", NINE, routing=EXAMPLE_ROUTING).routes

        assert (route.department, route.proposed) == ("quality", "quality")
        assert "safety is at stake" in route.reason

    def test_may_go_elsewhere_and_keeps_what_was_proposed(self) -> None:
        complaint = acknowledged().route(
            "ann", NINE, routing=EXAMPLE_ROUTING, department="sales", reason="he asks for it"
        )

        (route,) = complaint.routes
        assert (route.department, route.proposed) == ("sales", "customer_care")
        assert route.reason == "he asks for it"

    def test_what_is_followed_may_have_a_reason_of_its_own(self) -> None:
        complaint = acknowledged().route("ann", NINE, routing=EXAMPLE_ROUTING, reason="as always")

        assert complaint.routes[0].reason == "as always"

    @pytest.mark.parametrize("told", [{}, {"department": " "}])
    def test_needs_a_department(self, told: dict[str, str]) -> None:
        with pytest.raises(InvalidValueError, match="department"):
            acknowledged().route("ann", NINE, **told)  # type: ignore[arg-type]  # refused

    def test_a_hand_over_is_kept(self) -> None:
        complaint = acknowledged().route("ann", NINE, department="sales")

        handed = complaint.route("sam", NINE + HOUR, department="quality", reason="not ours")

        assert [route.department for route in handed.routes] == ["sales", "quality"]
        assert (handed.trail, handed.routes[-1].note) == (complaint.trail, "")
        assert handed.department == handed.facts["department"] == "quality"

    def test_a_note_is_kept_with_the_move_or_with_the_hand_over(self) -> None:
        complaint = acknowledged().route("ann", NINE, department="sales", note="he waits")

        handed = complaint.route("sam", NINE + HOUR, department="quality", note="photos attached")

        assert handed.trail[-1].note == "he waits"
        assert [route.note for route in handed.routes] == ["", "photos attached"]
        assert "routes.note" in COMPLAINT_CODEC.personal

    def test_a_hand_over_does_not_go_back_in_time(self) -> None:
        complaint = acknowledged().route("ann", NINE, department="sales")

        with pytest.raises(InvalidValueError, match="earlier than the one before"):
            complaint.route("sam", NINE - HOUR, department="quality")

    def test_the_department_may_turn_out_to_be_another_one(self) -> None:
        found = acknowledged().investigate("ann", NINE)

        assert found.route("ann", NINE, department="quality").stage is Stage.ROUTED


class TestConfirm:
    def test_lets_the_department_begin(self) -> None:
        routed = acknowledged().route("ann", NINE, department="quality")

        with pytest.raises(TransitionError, match="has not confirmed that it is"):
            routed.investigate("bob", NINE)
        confirmed = routed.confirm("head", NINE + HOUR)

        assert confirmed.investigate("bob", NINE + HOUR).stage is Stage.INVESTIGATED
        assert (confirmed.routes[0].confirmed_by, confirmed.is_confirmed) == ("head", True)
        assert confirmed.routes[0].confirmed_at == NINE + HOUR

    def test_nothing_is_found_or_answered_before_it(self) -> None:
        confirmed = acknowledged().route("ann", NINE, department="sales")
        confirmed = confirmed.confirm("sam", NINE + HOUR)
        rule = "must not be before the department confirmed it, 2026-03-02T10:00"

        with pytest.raises(InvalidValueError, match=rule):
            confirmed.investigate("sam", NINE)
        with pytest.raises(InvalidValueError, match=rule):
            confirmed.exempt("sam", NINE, reason="known").respond("sam", NINE)

        assert confirmed.escalate("ann", NINE).stage is Stage.ESCALATED

    def test_a_hand_over_must_be_confirmed_anew(self) -> None:
        routed = acknowledged().route("ann", NINE, department="sales").confirm("sam", NINE)

        assert not routed.route("sam", NINE, department="quality").is_confirmed

    def test_needs_something_to_confirm(self) -> None:
        with pytest.raises(TransitionError, match="sent to no department yet") as refused:
            acknowledged().confirm("head", NINE)

        assert "尚未分派给任何部门" in why_not(refused.value).sentence("zh")

    def test_is_done_once(self) -> None:
        routed = acknowledged().route("ann", NINE, department="sales").confirm("sam", NINE)

        with pytest.raises(TransitionError, match="confirmed it already"):
            routed.confirm("sam", NINE)

    def test_does_not_come_before_the_routing(self) -> None:
        routed = acknowledged().route("ann", NINE, department="sales")

        with pytest.raises(InvalidValueError, match="must not be before it was sent"):
            routed.confirm("sam", NINE - HOUR)


class TestInvestigate:
    def test_keeps_cause_and_escape_point(self) -> None:
        analysis = CauseAnalysis(cause=FiveWhys(("no grease",)), escape_point="final test")

        found = acknowledged().investigate("bob", NINE, cause="bearing", analysis=analysis)

        assert (found.cause, found.analysis) == ("bearing", analysis)
        assert found.facts["cause"] == "bearing"

    def test_a_blank_cause_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="cause"):
            acknowledged().investigate("bob", NINE, cause=" ")

    def test_an_exemption_stands_in_its_place(self) -> None:
        complaint = acknowledged().exempt("ann", NINE, reason="he asks for an apology only")

        assert complaint.respond("ann", NINE).stage is Stage.RESPONDED

    def test_sent_back_an_exempt_one_is_not_investigated_and_must_be(self) -> None:
        exempt = acknowledged().exempt("ann", NINE, reason="plain").respond("ann", NINE)
        back = exempt.reject("ann", NINE)

        with pytest.raises(TransitionError, match="neither investigated nor exempt"):
            back.respond("ann", NINE)
        found = back.investigate("bob", NINE, cause="hose", note="it is worn")

        assert (back.is_investigated, back.exemption) == (False, "")
        assert (found.is_investigated, found.cause, found.trail) == (True, "hose", back.trail)
        assert (found.findings[0].by, found.findings[0].note) == ("bob", "it is worn")
        assert found.respond("ann", NINE).stage is Stage.RESPONDED

    def test_an_accepted_exempt_one_that_a_call_sends_back_is_not_investigated(self) -> None:
        exempt = acknowledged().exempt("ann", NINE, reason="plain")
        accepted = exempt.respond("ann", NINE, remedies=["refund"]).accept("ann", NINE)

        back = accepted.follow_up("eva", NINE, outcome="not_satisfied")

        assert (back.is_investigated, back.exemption) == (False, "")

    def test_sent_back_it_may_be_exempt_anew(self) -> None:
        exempt = acknowledged().exempt("ann", NINE, reason="plain").respond("ann", NINE)

        again = exempt.reject("ann", NINE).exempt("ann", NINE, reason="he wants more money only")

        assert again.respond("ann", NINE).stage is Stage.RESPONDED
        assert not again.is_investigated

    def test_sent_back_it_is_investigated_again_where_it_stands(self) -> None:
        back = acknowledged().investigate("bob", NINE, cause="seal").respond("bob", NINE)
        back = back.reject("ann", NINE).wait("ann", NINE, party="third_party").resume("ann", NINE)

        found = back.investigate("bob", NINE, cause="hose", note="it is the hose")

        assert (found.cause, found.findings[0].note) == ("hose", "it is the hose")
        assert (found.trail, found.findings[0].line) == (back.trail, len(back.trail))
        assert (acknowledged().is_sent_back, back.is_sent_back) == (False, True)
        with pytest.raises(TransitionError, match="not investigated"):
            acknowledged().investigate("bob", NINE).investigate("bob", NINE)

    def test_is_done_where_it_stands_and_not_before_the_last_step(self) -> None:
        exempt = acknowledged().exempt("ann", NINE, reason="plain").respond("ann", NINE)
        back = exempt.reject("ann", NINE + HOUR)

        with pytest.raises(InvalidValueError, match="must not be before the last step"):
            back.investigate("bob", NINE)
        twice = back.investigate("bob", NINE + HOUR).investigate("eve", NINE + HOUR)
        assert [finding.by for finding in twice.findings] == ["bob", "eve"]

    def test_of_what_was_opened_again_counts_for_nothing(self) -> None:
        exempt = acknowledged().exempt("ann", NINE, reason="plain").respond("ann", NINE)
        found = exempt.reject("ann", NINE).investigate("bob", NINE).respond("bob", NINE)

        again = found.accept("ann", NINE).reopen("ann", NINE)

        assert (found.is_investigated, again.is_investigated) == (True, False)
        assert again.investigate("bob", NINE).is_investigated

    def test_what_was_investigated_stays_so_when_it_is_sent_back(self) -> None:
        back = acknowledged().investigate("bob", NINE).respond("bob", NINE).reject("ann", NINE)

        assert back.is_investigated
        assert back.respond("bob", NINE).stage is Stage.RESPONDED

    def test_an_exemption_ends_with_the_closing(self) -> None:
        complaint = acknowledged().exempt("ann", NINE, reason="plain").respond("ann", NINE)

        reopened = complaint.accept("ann", NINE).reopen("ann", NINE)

        assert reopened.exemption == ""
        routed = reopened.route("ann", NINE, department="sales").confirm("sam", NINE)
        with pytest.raises(TransitionError, match="neither investigated nor exempt"):
            routed.respond("ann", NINE)

    def test_an_exemption_needs_a_reason(self) -> None:
        with pytest.raises(InvalidValueError, match="reason"):
            acknowledged().exempt("ann", NINE, reason=" ")


class TestDiagnose:
    def test_completes_what_is_known(self) -> None:
        escape = CauseAnalysis(escape_point="final test")
        cause = CauseAnalysis(cause=FiveWhys(("no grease",)))
        found = acknowledged().investigate("bob", NINE, cause="bearing", analysis=escape)

        known = found.diagnose("bob", NINE + HOUR, analysis=cause)

        assert known.cause == "bearing"
        assert known.analysis == CauseAnalysis(cause=cause.cause, escape_point="final test")
        assert known.diagnose("bob", NINE + HOUR, analysis=escape).analysis == known.analysis
        assert known.diagnose("bob", NINE + HOUR, cause="seal").analysis == known.analysis

    def test_says_something(self) -> None:
        with pytest.raises(InvalidValueError, match="must be told, or the analysis"):
            acknowledged().diagnose("bob", NINE)

    @pytest.mark.parametrize(
        ("verb", "told"),
        [("diagnose", {"cause": "seal"}), ("exempt", {"reason": "plain"})],
    )
    def test_what_is_over_is_left_as_it_is(self, verb: str, told: dict[str, str]) -> None:
        withdrawn = acknowledged().withdraw("ann", NINE)

        with pytest.raises(TransitionError, match="it is over") as refused:
            getattr(withdrawn, verb)("ann", NINE, **told)

        assert why_not(refused.value).missing == ("it is over",)
