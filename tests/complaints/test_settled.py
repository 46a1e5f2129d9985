"""What follows the answer of a complaint."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from crmkit.cases import FollowUpOutcome, FollowUpPolicy, FollowUpResult
from crmkit.complaints import Complaint, RemedyKind, Stage
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Explanation, Party, Score, WorkCalendar
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)
LATER = NINE + 3 * HOUR


def answered(*remedies: str) -> Complaint:
    """Return a complaint that is answered at eleven, perhaps with a promise."""
    complaint = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE + HOUR)
    return complaint.respond("bob", NINE + 2 * HOUR, remedies=remedies)


def refused_in_chinese(refused: TransitionError) -> str:
    why = refused.explain()
    assert isinstance(why, Explanation)
    return why.sentence("zh")


class TestImplement:
    def test_what_was_promised_keeps_it_open(self) -> None:
        accepted = answered("refund").accept("ann", LATER)

        assert accepted.stage is Stage.ACCEPTED
        with pytest.raises(TransitionError, match="the remedy is not carried out"):
            accepted.close("ann", LATER)
        assert accepted.implement("eva", LATER).close("ann", LATER).is_closed

    def test_what_is_done_before_the_word_lets_it_close_at_once(self) -> None:
        done = answered("refund").implement("eva", LATER)

        assert done.accept("ann", LATER).is_closed
        assert done.remedies[0].carried_out_at == LATER

    def test_each_remedy_is_owed_by_itself(self) -> None:
        done = answered("refund", "apology").implement("eva", LATER, remedy="apology")

        assert [remedy.kind for remedy in done.owed_remedies] == [RemedyKind.REFUND]
        with pytest.raises(TransitionError, match="no such remedy is owed") as refused:
            done.implement("eva", LATER, remedy="apology")
        assert "没有待落实的此项补救措施" in refused_in_chinese(refused.value)

    def test_is_not_done_before_it_is_promised(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be before it was promised"):
            answered("refund").implement("eva", NINE)

    def test_one_remedy_is_written_as_several(self) -> None:
        with pytest.raises(InvalidValueError, match="write"):
            a_complaint().respond("ann", NINE, remedies="refund")

    def test_a_remedy_must_be_on_the_menu(self) -> None:
        with pytest.raises(InvalidValueError, match="remedies"):
            answered("refnd")


class TestWaive:
    def test_the_customer_lets_go_of_it(self) -> None:
        waived = answered("refund").waive("ann", LATER, reason="he keeps it")

        assert waived.accept("ann", LATER).is_closed
        assert (waived.remedies[0].why_waived, waived.remedies[0].waived_at) == (
            "he keeps it",
            LATER,
        )

    def test_needs_a_reason(self) -> None:
        with pytest.raises(InvalidValueError, match="reason"):
            answered("refund").waive("ann", LATER, reason=" ")

    def test_a_new_offer_takes_the_place_of_a_rejected_one(self) -> None:
        done = answered("refund", "apology").implement("eva", LATER, remedy="apology")
        rejected = done.reject("ann", LATER)

        again = rejected.respond("eva", LATER, remedies=["replacement"])

        assert [one.kind for one in rejected.owed_remedies] == [RemedyKind.REFUND]
        assert [one.kind for one in again.owed_remedies] == [RemedyKind.REPLACEMENT]
        assert [remedy.waived_at for remedy in again.remedies] == [LATER, None, None]

    def test_a_promise_that_the_customer_misses_is_not_forgotten(self) -> None:
        missed = answered("refund").follow_up("eva", LATER, outcome="not_satisfied", note="where?")

        again = missed.respond("eva", LATER, note="it will come").accept("eva", LATER)

        assert again.stage is Stage.ACCEPTED
        assert [one.kind for one in again.owed_remedies] == [RemedyKind.REFUND]

    def test_what_was_accepted_stays_owed_beside_a_new_offer(self) -> None:
        back = (
            answered("refund").accept("eva", LATER).follow_up("eva", LATER, outcome="not_satisfied")
        )

        again = back.respond("eva", LATER, remedies=["apology"])

        assert [one.kind for one in again.owed_remedies] == [
            RemedyKind.REFUND,
            RemedyKind.APOLOGY,
        ]


class TestFollowUp:
    def test_a_planned_call_keeps_it_open_until_the_customer_is_satisfied(self) -> None:
        accepted = answered().plan_calls("ann", NINE, tries=3).accept("ann", LATER)

        with pytest.raises(TransitionError, match="neither known to be satisfied nor documented"):
            accepted.close("ann", LATER)
        called = accepted.follow_up("eva", LATER, outcome="satisfied", rating=Score(90))

        assert called.close("ann", LATER).is_closed
        assert called.calls[0].rating == Score(90)

    def test_as_many_calls_in_vain_as_planned_document_him_as_unreachable(self) -> None:
        complaint = answered().plan_calls("ann", NINE, tries=2).accept("ann", LATER)

        once = complaint.follow_up("eva", LATER, outcome=FollowUpOutcome.UNREACHABLE)
        twice = once.follow_up("eva", LATER + HOUR, outcome="unreachable")

        assert (once.is_satisfied, twice.is_satisfied) == (False, True)
        assert twice.close("ann", LATER + HOUR).is_closed

    def test_as_many_calls_in_vain_at_one_instant_are_one_try(self) -> None:
        complaint = answered().plan_calls("ann", NINE, tries=3).accept("ann", LATER)
        for _ in range(3):
            complaint = complaint.follow_up("eva", LATER, outcome="unreachable")

        with pytest.raises(TransitionError, match="nor documented as unreachable"):
            complaint.close("ann", LATER)
        assert complaint.plan_calls("ann", LATER, tries=3).call_tries == 3
        with pytest.raises(InvalidValueError, match="3 at least"):
            complaint.plan_calls("ann", LATER, tries=2)

    def test_his_silence_after_the_answer_is_no_consent_but_calls_in_vain_are_on_record(
        self,
    ) -> None:
        silent = answered().follow_up("eva", LATER, outcome="unreachable")

        with pytest.raises(TransitionError, match=r"has not accepted .* plan_calls\(tries=…, reas"):
            silent.close("ann", LATER)
        planned = silent.plan_calls("ann", LATER, tries=2)
        closed = planned.follow_up("eva", LATER + HOUR, outcome="unreachable").close(
            "ann", LATER + HOUR, note="never at home"
        )

        assert closed.is_closed
        assert closed.followed_up is FollowUpResult.UNREACHABLE
        assert "never at home" not in [said.text for said in closed.conversation]

    def test_his_word_on_the_telephone_is_as_good_as_any(self) -> None:
        """What he said on it is his word, at its time; what we note when we close it is not."""
        called = answered().follow_up("eva", LATER, outcome="satisfied", note="it is dry")

        closed = called.close("ann", LATER + HOUR, note="file to the archive")

        said = closed.conversation[-1]
        assert (said.party, said.text, said.at) == (Party.CUSTOMER, "it is dry", LATER)
        assert "file to the archive" not in [one.text for one in closed.conversation]

    def test_his_word_after_calls_in_vain_is_his(self) -> None:
        silent = answered().plan_calls("ann", LATER, tries=1)
        silent = silent.follow_up("eva", LATER, outcome="unreachable")

        closed = silent.accept("ann", LATER + HOUR, note="fine, thank you")

        said = closed.conversation[-1]
        assert (closed.is_closed, said.party, said.text) == (
            True,
            Party.CUSTOMER,
            "fine, thank you",
        )

    def test_his_silence_stays_so_whatever_is_planned_afterwards(self) -> None:
        silent = answered().plan_calls("ann", LATER, tries=1)
        silent = silent.follow_up("eva", LATER, outcome="unreachable")
        closed = silent.close("ann", LATER, note="never at home")

        again = closed.reopen("ann", LATER + HOUR).plan_calls("ann", LATER + HOUR, tries=3)

        assert "never at home" not in [said.text for said in again.conversation]

    def test_his_word_that_was_accepted_before_that_was_kept_is_his(self) -> None:
        older = attrs.evolve(answered().accept("ann", LATER, note="fine"), accepted=())

        assert (older.conversation[-1].party, older.conversation[-1].text) == (
            Party.CUSTOMER,
            "fine",
        )

    @pytest.mark.parametrize("is_accepted", [False, True])
    def test_a_dissatisfied_customer_sends_it_back(self, is_accepted: bool) -> None:
        complaint = answered("refund")
        complaint = complaint.accept("ann", LATER) if is_accepted else complaint

        back = complaint.follow_up("eva", LATER, outcome="not_satisfied", note="drips")

        assert (back.stage, back.trail[-1].note) == (Stage.INVESTIGATED, "drips")
        assert back.was_rejected is not is_accepted
        assert back.owed_remedies == complaint.owed_remedies

    def test_a_dissatisfied_customer_has_it_reopened(self) -> None:
        closed = answered().accept("ann", LATER)

        back = closed.follow_up("eva", LATER, outcome="not_satisfied")

        assert back.stage is Stage.REOPENED
        assert closed.follow_up("eva", LATER, outcome="satisfied").is_closed

    def test_of_an_earlier_answer_no_call_counts(self) -> None:
        complaint = answered().plan_calls("ann", NINE, tries=1).accept("ann", LATER)
        complaint = complaint.follow_up("eva", LATER, outcome="satisfied").close("ann", LATER)
        complaint = complaint.reopen("ann", LATER + HOUR).investigate("bob", LATER + HOUR)
        complaint = complaint.respond("bob", LATER + HOUR).accept("ann", LATER + HOUR)

        assert complaint.stage is Stage.ACCEPTED
        assert complaint.followed_up is FollowUpResult.TO_CALL

    def test_a_word_about_an_earlier_answer_is_none_about_a_new_one(self) -> None:
        called = answered().follow_up("eva", LATER, outcome="satisfied")

        again = called.escalate("ann", LATER).respond("bob", LATER, note="we refuse after all")

        assert (len(again.calls), again.calls_since) == (1, ())
        with pytest.raises(TransitionError, match="has not accepted the answer"):
            again.close("ann", LATER)

    def test_calls_in_vain_about_an_earlier_answer_count_no_more(self) -> None:
        called = answered().plan_calls("ann", LATER, tries=1)
        called = called.follow_up("eva", LATER, outcome="unreachable")

        again = called.refer("ann", LATER, body="court").respond("bob", LATER)

        with pytest.raises(TransitionError, match="nor documented as unreachable"):
            again.close("ann", LATER)

    @pytest.mark.parametrize("outcome", ["unreachable", "satisfied"])
    @pytest.mark.parametrize("verb", ["implement", "waive"])
    def test_before_the_remedy_counts_for_no_closing(self, outcome: str, verb: str) -> None:
        """Three calls at the very instant, put down before the remedy: as good as none."""
        complaint = answered("replacement").plan_calls("ann", LATER, tries=3)
        for _ in range(3):
            complaint = complaint.follow_up("eva", LATER, outcome=outcome)
        told = {"reason": "he keeps it"} if verb == "waive" else {}

        early = complaint.followed_up, complaint.calls_since
        done = getattr(complaint, verb)("eva", LATER, **told)

        assert early == (FollowUpResult.TO_CALL, ())
        assert (done.followed_up, len(done.calls)) == (FollowUpResult.TO_CALL, 3)
        with pytest.raises(TransitionError, match="nor documented as unreachable"):
            done.close("ann", LATER)
        assert done.accept("ann", LATER).stage is Stage.ACCEPTED
        assert done.follow_up("eva", LATER, outcome="satisfied").close("ann", LATER).is_closed

    def test_before_the_last_of_several_remedies_counts_for_none(self) -> None:
        complaint = answered("refund", "apology").implement("eva", LATER, remedy="refund")
        called = complaint.follow_up("eva", LATER + HOUR, outcome="satisfied")

        done = called.implement("eva", LATER + 2 * HOUR)

        assert (called.is_satisfied, done.followed_up) == (True, FollowUpResult.TO_CALL)
        with pytest.raises(TransitionError, match="has not accepted the answer"):
            done.close("ann", LATER + 2 * HOUR)

    def test_after_the_remedy_counts_though_that_is_put_down_later(self) -> None:
        called = answered("refund").follow_up("eva", LATER + HOUR, outcome="satisfied")

        done = called.implement("eva", LATER)

        assert done.followed_up is FollowUpResult.SATISFIED
        assert done.close("ann", LATER + HOUR).is_closed

    def test_before_the_remedy_was_kept_so_counts_for_none_when_it_is_read(self) -> None:
        """Stored before calls were put past by the remedy: their time tells."""
        early = answered("refund").follow_up("eva", LATER, outcome="satisfied")
        done = attrs.evolve(early.implement("eva", LATER + HOUR), calls_past=0)

        assert done.calls_since == ()

    def test_in_vain_after_the_remedy_are_no_word_whatever_was_said_before(self) -> None:
        complaint = answered("refund").plan_calls("ann", LATER, tries=1)
        complaint = complaint.follow_up("eva", LATER, outcome="satisfied")
        complaint = complaint.implement("eva", LATER + HOUR)
        complaint = complaint.follow_up("eva", LATER + 2 * HOUR, outcome="unreachable")

        closed = complaint.close("ann", LATER + 2 * HOUR, note="never at home")

        assert "never at home" not in [said.text for said in closed.conversation]

    def test_needs_something_that_was_put_right(self) -> None:
        with pytest.raises(TransitionError, match="nothing is put right yet") as refused:
            a_complaint().follow_up("eva", NINE, outcome="satisfied")

        assert "问题尚未处理" in refused_in_chinese(refused.value)

    @pytest.mark.parametrize("outcome", list(FollowUpOutcome))
    def test_comes_after_the_answer(self, outcome: FollowUpOutcome) -> None:
        with pytest.raises(InvalidValueError, match="before the last step"):
            answered().follow_up("eva", NINE, outcome=outcome)

    @pytest.mark.parametrize("past", [-1, 1, True])
    def test_no_more_calls_are_past_than_were_made(self, past: int) -> None:
        with pytest.raises(InvalidValueError, match="from 0 to 0, the number of calls"):
            attrs.evolve(answered(), calls_past=past)


class TestPlanCalls:
    @pytest.mark.parametrize(("share", "tries"), [(1.0, 4), (0.0, 0)])
    def test_a_policy_draws_whom_to_call(self, share: float, tries: int) -> None:
        policy = FollowUpPolicy(
            name="ours",
            within=HOUR,
            calendar=WorkCalendar.always("UTC"),
            share=share,
            attempts=4,
        )

        assert answered().plan_calls("ann", LATER, policy=policy).call_tries == tries
        with pytest.raises(InvalidValueError, match="and not both"):
            answered().plan_calls("ann", LATER, policy=policy, tries=3)

    @pytest.mark.parametrize(
        ("told", "what"),
        [({}, "or the policy"), ({"tries": -1}, "0 to 100"), ({"tries": True}, "0 to 100")],
    )
    def test_an_unfit_plan_is_refused(self, told: dict[str, Any], what: str) -> None:
        with pytest.raises(InvalidValueError, match=what):
            answered().plan_calls("ann", LATER, **told)

    @pytest.mark.parametrize(("tries", "made"), [(0, 0), (2, 0), (1, 1), (0, 2)])
    def test_fewer_calls_than_planned_need_a_reason_that_is_kept(
        self, tries: int, made: int
    ) -> None:
        accepted = answered().plan_calls("ann", LATER, tries=3).accept("ann", LATER)
        for _ in range(made):
            accepted = accepted.follow_up("eva", LATER, outcome="unreachable")

        with pytest.raises(InvalidValueError, match=r"3 at least without a reason; say why fewer"):
            accepted.plan_calls("ann", LATER, tries=tries)
        shorter = accepted.plan_calls("ann", LATER, tries=tries, reason="moved abroad")

        assert [(plan.tries, plan.reason) for plan in shorter.call_plans] == [
            (3, ""),
            (tries, "moved abroad"),
        ]

    def test_as_many_as_were_made_in_vain_need_a_reason(self) -> None:
        silent = answered().follow_up("eva", LATER, outcome="unreachable")

        with pytest.raises(InvalidValueError, match="must be 2 at least without a reason"):
            silent.plan_calls("ann", LATER, tries=1)
        assert silent.plan_calls("ann", LATER, tries=1, reason="dead").close("ann", LATER).is_closed

    def test_after_his_word_any_number_is_enough(self) -> None:
        told = answered().follow_up("eva", LATER, outcome="satisfied")

        assert told.plan_calls("ann", LATER, tries=1).call_tries == 1

    def test_a_policy_that_draws_nobody_takes_no_plan_away(self) -> None:
        nobody = FollowUpPolicy(
            name="none", within=HOUR, calendar=WorkCalendar.always("UTC"), share=0.0
        )

        with pytest.raises(InvalidValueError, match="without a reason"):
            answered().plan_calls("ann", LATER, tries=2).plan_calls("ann", LATER, policy=nobody)

    def test_what_is_closed_owes_no_call(self) -> None:
        with pytest.raises(TransitionError, match="it is over"):
            answered().accept("ann", LATER).plan_calls("ann", LATER, tries=1)


class TestRefer:
    def test_the_outside_word_closes_it(self) -> None:
        referred = answered().refer("ann", LATER, body="consumers' association")

        with pytest.raises(TransitionError, match="the outside body has not decided"):
            referred.close("ann", LATER)
        settled = referred.settle("ann", LATER, outcome="for us")

        assert settled.close("ann", LATER).is_closed
        assert settled.referrals[0].outcome == "for us"

    def test_may_be_answered_anew_outside(self) -> None:
        referred = answered().escalate("ann", LATER).refer("ann", LATER, body="court")

        assert referred.respond("ann", LATER).stage is Stage.RESPONDED
        assert referred.investigate("ann", LATER).stage is Stage.INVESTIGATED

    def test_settle_needs_something_undecided(self) -> None:
        with pytest.raises(TransitionError, match="no outside body is still to decide") as refused:
            answered().settle("ann", LATER, outcome="for us")

        assert "没有待外部机构作出的决定" in refused_in_chinese(refused.value)

    def test_settle_needs_an_outcome(self) -> None:
        with pytest.raises(InvalidValueError, match="outcome"):
            answered().refer("ann", LATER, body="court").settle("ann", LATER, outcome="")


class TestCorrectiveActions:
    def test_it_closes_when_the_action_has_proved_itself(self) -> None:
        accepted = answered().link_action("ann", LATER, action="A-1").accept("ann", LATER)

        with pytest.raises(TransitionError, match="not verified to be effective"):
            accepted.close("ann", LATER)
        verified = accepted.verify_action("eva", LATER, action="A-1")

        assert verified.close("ann", LATER).is_closed
        assert verified.actions[0].verified_at == LATER

    def test_a_link_by_mistake_is_undone_with_its_reason(self) -> None:
        linked = answered().link_action("ann", LATER, action="A-1")

        undone = linked.unlink_action("ann", LATER, action="A-1", reason="it is A-2")

        assert undone.accept("ann", LATER).is_closed
        assert undone.actions[0].undone_because == "it is A-2"
        again = undone.link_action("ann", LATER, action="A-1").verify_action(
            "ann", LATER, action="A-1"
        )
        assert [link.verified_at for link in again.actions] == [None, LATER]

    def test_an_action_is_linked_once(self) -> None:
        linked = answered().link_action("ann", LATER, action="A-1")

        with pytest.raises(InvalidValueError, match="twice"):
            linked.link_action("ann", LATER, action="A-1")

    def test_what_is_not_linked_is_not_verified(self) -> None:
        linked = answered().link_action("ann", LATER, action="A-1")

        with pytest.raises(InvalidValueError, match="it is not linked; did you mean 'A-1'"):
            linked.verify_action("ann", LATER, action="A-2")
        with pytest.raises(InvalidValueError, match=r"action is 'A-2': it is not linked$"):
            answered().unlink_action("ann", LATER, action="A-2", reason="no")

    def test_what_has_proved_itself_is_not_unlinked(self) -> None:
        linked = answered().link_action("ann", LATER, action="A-1")
        proved = linked.verify_action("ann", LATER, action="A-1")

        with pytest.raises(InvalidValueError, match="has proved to be effective already"):
            proved.unlink_action("ann", LATER, action="A-1", reason="no")

    @pytest.mark.parametrize("is_called", [False, True])
    def test_what_is_closed_waits_when_it_is_opened_again(self, is_called: bool) -> None:
        closed = answered().accept("ann", LATER).link_action("ann", LATER, action="A-1")

        again = (
            closed.follow_up("eva", LATER, outcome="not_satisfied")
            if is_called
            else closed.reopen("ann", LATER)
        )
        again = again.investigate("bob", LATER).respond("bob", LATER).accept("ann", LATER)

        assert closed.is_closed
        with pytest.raises(TransitionError, match="not verified to be effective"):
            again.close("ann", LATER)


class TestAskOnce:
    def test_whoever_asks_once_has_one_contact_and_one_owner(self) -> None:
        closed = answered().accept("ann", LATER, note="fine")

        assert (closed.contacts, closed.owners) == (1, ("ann",))

    def test_each_answer_sent_back_and_each_word_unasked_is_a_contact(self) -> None:
        """By hand: the complaint, one reminder, one rejection; the asked answer does not count."""
        complaint = a_complaint().hear("ann", NINE + HOUR, text="when do you come?")
        complaint = complaint.acknowledge("ann", NINE + HOUR).assign("ann", NINE, owner="bob")
        complaint = complaint.wait("bob", NINE + HOUR, party="customer")
        complaint = complaint.hear("bob", NINE + 2 * HOUR, text="it is the XPB-20")
        complaint = complaint.investigate("bob", LATER).respond("bob", LATER)
        complaint = complaint.hear("bob", LATER + HOUR, text="thanks").reject("ann", LATER + HOUR)

        assert complaint.contacts == 3
        assert complaint.assign("bob", LATER, owner=None).owners == ("ann", "bob")

    def test_what_we_saw_first_the_customer_need_not_ask(self) -> None:
        complaint = Complaint.receive(
            "K-1", "ann", NINE, customer="C-7", about="smoke", raised_by="staff"
        )

        assert complaint.contacts == 0
