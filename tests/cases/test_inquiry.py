"""The inquiry: an enquiry, a suggestion, a repair."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from crmkit.cases import (
    INQUIRY_WORKFLOW,
    CaseKind,
    Inquiry,
    InquiryStage,
    StateGroup,
)
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Channel, Explanation, Party, Step
from crmkit.testing import NINE

from .acts import MINUTES, CaseMachine


HOUR = timedelta(hours=1)


def asked(asks: str = "enquiry") -> Inquiry:
    return Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="drum stands still", asks=asks)


class TestOpen:
    def test_begins_where_the_workflow_does(self) -> None:
        assert asked().stage is INQUIRY_WORKFLOW.start is InquiryStage.OPENED
        assert asked().kind is CaseKind.ENQUIRY
        assert asked().workflow is INQUIRY_WORKFLOW

    @pytest.mark.parametrize(
        ("asks", "en", "zh"),
        [
            ("enquiry", "enquiry Q-1", "咨询Q-1"),
            ("suggestion", "suggestion Q-1", "建议Q-1"),
            ("repair", "repair Q-1", "报修Q-1"),
        ],
    )
    def test_takes_every_kind_of_k15_but_complaints(self, asks: str, en: str, zh: str) -> None:
        assert (asked(asks).label("en"), asked(asks).label("zh")) == (en, zh)

    def test_leaves_complaints_to_their_own_record(self) -> None:
        with pytest.raises(InvalidValueError, match=r"take crmkit\.complaints\.Complaint"):
            asked("complaint")

    def test_takes_the_channel_by_its_name(self) -> None:
        told = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="open?", channel="web")

        assert told.channel is Channel.WEB

    def test_refuses_another_language(self) -> None:
        with pytest.raises(InvalidValueError, match="must be 'en' or 'zh'"):
            asked().label("fr")  # type: ignore[arg-type]  # refused


class TestVerbs:
    def test_an_answer_is_said_and_resolves_it(self) -> None:
        answered = asked().answer("bob", NINE + HOUR, text="fuse replaced")

        assert answered.state is StateGroup.RESOLVED
        assert answered.conversation[-1].party is Party.STAFF
        assert answered.conversation[-1].text == "fuse replaced"

    def test_whoever_asks_again_has_it_opened_again(self) -> None:
        closed = asked().answer("bob", NINE, text="so").close("bob", NINE + HOUR)

        again = closed.reopen("ann", NINE + 2 * HOUR, note="it stands still again")

        assert again.state is StateGroup.OPEN
        assert again.conversation[-1].party is Party.CUSTOMER
        assert again.conversation[-1].text == "it stands still again"

    def test_a_wait_says_nothing(self) -> None:
        waits = asked().wait("bob", NINE, party="customer").resume("bob", NINE + HOUR)

        assert len(waits.conversation) == 1

    def test_a_duplicate_names_the_other(self) -> None:
        set_aside = asked().mark_duplicate("bob", NINE, of="Q-0", note="rang twice")

        assert set_aside.state is StateGroup.DUPLICATE
        assert (set_aside.duplicate_of, set_aside.trail[-1].note) == ("Q-0", "rang twice")

    def test_what_is_dropped_stays_dropped(self) -> None:
        dropped = asked().cancel("bob", NINE)

        with pytest.raises(TransitionError, match="which is final"):
            dropped.answer("bob", NINE, text="so")


class TestAnswer:
    @pytest.mark.parametrize("text", ["", "  ", "\n"])
    def test_says_something(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match=r"text is .*: it must be text, and not blank"):
            asked().answer("bob", NINE, text=text)

    def test_is_known_by_when_it_was_given_last(self) -> None:
        answered = asked().answer("bob", NINE + HOUR, text="so")
        again = answered.reopen("ann", NINE + 2 * HOUR)

        assert asked().answered_at is None
        assert answered.close("bob", NINE + 3 * HOUR).answered_at == NINE + HOUR
        assert again.answered_at is None
        assert again.answer("bob", NINE + 4 * HOUR, text="so").answered_at == NINE + 4 * HOUR


class TestFollowUp:
    @pytest.mark.parametrize("outcome", ["satisfied", "unreachable"])
    def test_is_put_down(self, outcome: str) -> None:
        answered = asked().answer("bob", NINE, text="so")

        called = answered.follow_up("eva", NINE + HOUR, outcome=outcome, note="at noon")

        assert called.stage is InquiryStage.ANSWERED
        assert [(call.by, call.outcome.value, call.note) for call in called.calls_since] == [
            ("eva", outcome, "at noon")
        ]

    @pytest.mark.parametrize("is_closed", [False, True])
    def test_of_who_is_not_satisfied_opens_it_again(self, is_closed: bool) -> None:
        answered = asked().answer("bob", NINE, text="so")
        fixed = answered.close("bob", NINE) if is_closed else answered

        again = fixed.follow_up("eva", NINE + HOUR, outcome="not_satisfied", note="it still stands")

        assert again.stage is InquiryStage.OPENED
        assert (again.conversation[-1].party, again.contacts) == (Party.CUSTOMER, 2)
        assert again.conversation[-1].text == "it still stands"
        assert (len(again.calls), again.calls_since) == (1, ())

    def test_waits_for_an_answer(self) -> None:
        with pytest.raises(TransitionError, match="cannot be followed up: it is not answered"):
            asked().follow_up("eva", NINE, outcome="satisfied")

    def test_is_not_before_the_answer(self) -> None:
        answered = asked().answer("bob", NINE + HOUR, text="so")

        with pytest.raises(InvalidValueError, match="must not be before the last step"):
            answered.follow_up("eva", NINE, outcome="satisfied")

    @pytest.mark.parametrize("past", [-1, 1, True, None])
    def test_counts_no_more_than_there_were(self, past: int) -> None:
        with pytest.raises(InvalidValueError, match="from 0 to 0, the number of calls"):
            attrs.evolve(asked(), calls_past=past)


class TestRestore:
    def test_puts_back_what_was_said_of_it_and_no_stage(self) -> None:
        earlier = asked("suggestion")
        answered = asked().answer("bob", NINE + HOUR, text="mended")

        restored = answered.restore("ann", NINE + HOUR, earlier=earlier)

        assert restored.kind is CaseKind.SUGGESTION
        assert restored.trail == answered.trail

    def test_takes_no_version_of_another(self) -> None:
        other = Inquiry.open("Q-2", "ann", NINE, customer="C-7", about="?")

        with pytest.raises(InvalidValueError, match="must be a version of 'Q-1'"):
            asked().restore("ann", NINE, earlier=other)

    def test_is_done_by_somebody(self) -> None:
        with pytest.raises(InvalidValueError, match="by"):
            asked().restore(" ", NINE, earlier=asked())


class TestContacts:
    def test_whoever_asks_again_came_once_more(self) -> None:
        """By hand: he asked, asked again after the answer, and waited once for us in between."""
        again = asked().answer("bob", NINE, text="From nine.").reopen("ann", NINE, note="and then?")

        assert (asked().contacts, again.contacts) == (1, 2)
        waited = again.wait("bob", NINE, party="third_party").resume("bob", NINE)
        assert waited.contacts == 2


class TestTrail:
    def test_follows_the_table(self) -> None:
        step = Step(InquiryStage.CLOSED, "ann", NINE)

        with pytest.raises(InvalidValueError, match="cannot follow on opened"):
            attrs.evolve(asked(), trail=(*asked().trail, step))


VERBS: dict[str, tuple[Callable[..., Inquiry], set[InquiryStage], InquiryStage]] = {
    "answer": (Inquiry.answer, {InquiryStage.OPENED}, InquiryStage.ANSWERED),
    "close": (Inquiry.close, {InquiryStage.ANSWERED}, InquiryStage.CLOSED),
    "reopen": (Inquiry.reopen, {InquiryStage.ANSWERED, InquiryStage.CLOSED}, InquiryStage.OPENED),
    "cancel": (Inquiry.cancel, {InquiryStage.OPENED}, InquiryStage.CANCELLED),
    "mark_duplicate": (Inquiry.mark_duplicate, {InquiryStage.OPENED}, InquiryStage.DUPLICATE),
}
"""Each verb with the stages it may be used in, and where it leads."""

MORE: dict[str, dict[str, str]] = {"answer": {"text": "so"}, "mark_duplicate": {"of": "Q-0"}}


class InquiryMachine(CaseMachine):
    """Any verb at any time is allowed by the table, or refused."""

    case: Inquiry

    @initialize(asks=st.sampled_from(["enquiry", "suggestion", "repair"]))
    def open(self, asks: str) -> None:
        self.case = asked(asks)
        self.now = NINE

    @rule(verb=st.sampled_from(sorted(VERBS)), minutes=MINUTES)
    def act(self, verb: str, minutes: int) -> None:
        act, from_, to = VERBS[verb]
        before, at = self.case, self.later(minutes)
        if before.stage in from_:
            self.case = act(before, "ann", at, **MORE.get(verb, {}))
            assert self.case.stage is to
            assert self.case.state is INQUIRY_WORKFLOW.groups[to]
            assert self.case.trail[:-1] == before.trail
        else:
            with pytest.raises(TransitionError) as refused:
                act(before, "ann", at, **MORE.get(verb, {}))
            why = refused.value.explain()
            assert isinstance(why, Explanation)
            assert why.verdict is False

    @invariant()
    def only_the_table_moves_it(self) -> None:
        for before, after in pairwise(self.case.trail):
            is_wait = before.stage is after.stage and before.awaits is not after.awaits
            assert is_wait or after.stage in INQUIRY_WORKFLOW.allowed(before.stage)

    @invariant()
    def its_stays_add_up(self) -> None:
        stays = (self.case.time_in(stage, as_of=self.now) for stage in InquiryStage)
        assert sum(stays, timedelta()) == self.now - NINE


TestInquiryMachine = InquiryMachine.TestCase
