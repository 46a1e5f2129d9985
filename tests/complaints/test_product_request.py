"""The voice of the customer: a product request up to its outcome."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmkit.cases import CaseKind, StateGroup
from crmkit.complaints import (
    PRODUCT_REQUEST_CODEC,
    PRODUCT_REQUEST_WORKFLOW,
    ProductRequest,
    ProductRequestStage as Stage,
)
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.testing import NINE


DAY: Final = timedelta(days=1)


def raised() -> ProductRequest:
    """Return the request of domain fact K16: washing machines that had to wash sweet potatoes."""
    return ProductRequest.open(
        "P-1", "ann", NINE, cases=("K-1", "K-2"), about="wash sweet potatoes", product="W-200"
    )


def released() -> ProductRequest:
    request = raised().consider("eve", NINE).accept("eve", NINE, reason="farmers do it anyway")
    return request.develop("lu", NINE).release("lu", NINE, released="wide-drain washer")


class TestOpen:
    def test_begins_with_the_cases_that_ask(self) -> None:
        request = raised()

        assert request.cases == ((CaseKind.COMPLAINT, "K-1"), (CaseKind.COMPLAINT, "K-2"))
        assert (str(request), request.label("zh")) == ("product request P-1", "产品需求P-1")
        assert request.outcome is None
        assert request.untold == ()

    def test_takes_cases_of_every_kind(self) -> None:
        request = ProductRequest.open(
            "P-1", "ann", NINE, cases=("Q-1",), about="a larger door", kind="suggestion"
        )

        assert request.link("ann", NINE, case="Q-1", kind="repair").facts["cases"] == 2

    def test_needs_a_case(self) -> None:
        with pytest.raises(InvalidValueError, match="cases is \\(\\): it must name at least one"):
            ProductRequest.open("P-1", "ann", NINE, cases=(), about="a larger door")


class TestOutcome:
    def test_is_told_to_everyone_who_asked(self) -> None:
        request = released().tell("ann", NINE, case="K-1", text="You can buy it.")

        with pytest.raises(TransitionError) as refused:
            request.close("ann", NINE)

        assert refused.value.missing == ("not told: K-2",)
        assert refused.value.explain().sentence("zh").endswith("：尚未告知：K-2")
        closed = request.tell("ann", NINE, case="K-2", text="You can buy it.").close("ann", NINE)
        assert closed.state is StateGroup.CLOSED
        assert closed.outcome is Stage.RELEASED
        assert closed.untold == ()

    def test_is_not_told_by_what_was_said_before_it(self) -> None:
        request = raised().consider("eve", NINE).tell("ann", NINE, case="K-1", text="We look.")

        request = request.decline("eve", NINE, reason="too dear")

        assert request.untold == request.cases

    def test_names_the_first_few_who_do_not_know(self) -> None:
        request = released()
        for number in range(3, 7):
            request = request.link("ann", NINE, case=f"K-{number}")

        assert request.explain(Stage.CLOSED).missing == ("not told: K-1, K-2, K-3 and 3 more",)

    def test_can_be_thought_over(self) -> None:
        request = raised().consider("eve", NINE).decline("eve", NINE, reason="too dear")

        request = request.consider("eve", NINE + DAY, note="forty more ask")

        assert request.outcome is None
        assert request.accept("eve", NINE + DAY, reason="enough ask").state is StateGroup.OPEN

    @pytest.mark.parametrize("stage", ["accepted", "developed"])
    def test_can_be_no_after_all(self, stage: str) -> None:
        request = raised().consider("eve", NINE).accept("eve", NINE, reason="farmers do it")
        request = request if stage == "accepted" else request.develop("lu", NINE)

        request = request.decline("lu", NINE, reason="the pump cannot bear it")

        assert request.outcome is Stage.DECLINED
        assert request.trail[-1].note == "the pump cannot bear it"

    @pytest.mark.parametrize("text", ["", "  "])
    def test_has_its_reason(self, text: str) -> None:
        considered = raised().consider("eve", NINE)

        for decide in (considered.accept, considered.decline):
            with pytest.raises(InvalidValueError, match="reason"):
                decide("eve", NINE, reason=text)


class TestTell:
    def test_refuses_a_case_that_did_not_ask(self) -> None:
        with pytest.raises(InvalidValueError, match="is not linked"):
            released().tell("ann", NINE, case="K-9", text="You can buy it.")

    def test_refuses_words_from_before_the_last_step(self) -> None:
        with pytest.raises(InvalidValueError, match="put down before it"):
            released().tell("ann", NINE - DAY, case="K-1", text="You can buy it.")

    def test_is_followed_by_no_earlier_step(self) -> None:
        request = released()
        for case in ("K-1", "K-2"):
            request = request.tell("ann", NINE + DAY, case=case, text="You can buy it.")

        with pytest.raises(InvalidValueError, match="put down before it"):
            request.close("ann", NINE)

    def test_speaks_of_lines_that_were_there(self) -> None:
        (telling,) = released().tell("ann", NINE, case="K-1", text="Buy it.").tellings

        for changed in (
            attrs.evolve(telling, line=6),
            attrs.evolve(telling, line=0),
            attrs.evolve(telling, at=NINE - DAY),
        ):
            with pytest.raises(InvalidValueError, match="line"):
                attrs.evolve(released(), tellings=(changed,))


class TestClosed:
    def test_takes_nobody_in_any_more(self) -> None:
        closed = raised().consider("eve", NINE).decline("eve", NINE, reason="too dear")
        for case in ("K-1", "K-2"):
            closed = closed.tell("ann", NINE, case=case, text="It is too dear.")
        closed = closed.close("ann", NINE)

        with pytest.raises(TransitionError, match="it is closed"):
            closed.link("ann", NINE, case="K-3")
        with pytest.raises(TransitionError, match="it is closed"):
            closed.unlink("ann", NINE, case="K-1")
        with pytest.raises(TransitionError, match="it is closed"):
            closed.tell("ann", NINE, case="K-1", text="Once more.")


class TestRestore:
    def test_brings_back_what_was_said(self) -> None:
        earlier = attrs.evolve(raised(), about="wash potatoes", product=None)

        restored = released().restore("ann", NINE, earlier=earlier)

        assert restored == attrs.evolve(released(), about="wash potatoes", product=None)


Verb = Callable[[ProductRequest, datetime], ProductRequest]

VERBS: Final[dict[str, tuple[Verb, dict[str, str]]]] = {
    "consider": (
        lambda one, at: one.consider("ann", at),
        {"raised": "considered", "declined": "considered"},
    ),
    "accept": (
        lambda one, at: one.accept("ann", at, reason="many ask"),
        {"considered": "accepted"},
    ),
    "decline": (
        lambda one, at: one.decline("ann", at, reason="too dear"),
        dict.fromkeys(("considered", "accepted", "developed"), "declined"),
    ),
    "develop": (lambda one, at: one.develop("ann", at), {"accepted": "developed"}),
    "release": (
        lambda one, at: one.release("ann", at, released="washer"),
        {"developed": "released"},
    ),
    "close": (
        lambda one, at: one.close("ann", at),
        {"released": "closed", "declined": "closed"},
    ),
}
"""Each verb with the stages it may be used in, and where it leads."""


class ProductRequestMachine(RuleBasedStateMachine):
    """Any verb at any time is allowed by the table, or refused; nobody is left untold."""

    @initialize(steps=st.integers(0, 4))
    def open(self, steps: int) -> None:
        self.request = raised()
        self.now = NINE
        self.asking = {"K-1", "K-2"}
        self.told: set[str] = set()
        self.versions = [self.request]
        for verb in ("consider", "accept", "develop", "release")[:steps]:
            self.act(verb, 1)

    @rule(verb=st.sampled_from(sorted(VERBS)), minutes=st.integers(0, 600))
    def try_any(self, verb: str, minutes: int) -> None:
        self.act(verb, minutes)

    def act(self, verb: str, minutes: int) -> None:
        act, from_ = VERBS[verb]
        self.now += timedelta(minutes=minutes)
        stage = self.request.stage.value
        if stage in from_ and (verb != "close" or self.asking <= self.told):
            self.request = act(self.request, self.now)
            assert self.request.stage.value == from_[stage]
            self.versions.append(self.request)
            self.told = set() if verb != "close" else self.told
        else:
            with pytest.raises(TransitionError) as refused:
                act(self.request, self.now)
            assert refused.value.explain().sentence("zh")

    @rule(case=st.sampled_from(("K-1", "K-2", "K-3")), tells=st.booleans())
    def hear_of_a_case(self, case: str, tells: bool) -> None:
        linked, closed = case in self.asking, self.request.stage is Stage.CLOSED
        if closed:
            with pytest.raises(TransitionError):
                self.request.tell("ann", self.now, case=case, text="soon")
        elif tells and linked:
            self.request = self.request.tell("ann", self.now, case=case, text="soon")
            self.told.add(case)
        elif not tells:
            change = self.request.unlink if linked else self.request.link
            self.request = change("ann", self.now, case=case)
            self.asking ^= {case}

    @rule()
    def store_and_read(self) -> None:
        stored = PRODUCT_REQUEST_CODEC.encode_exactly(self.request)
        assert PRODUCT_REQUEST_CODEC.decode(stored, 1) == self.request

    @invariant()
    def closes_only_when_everyone_knows(self) -> None:
        if self.request.outcome is not None:
            assert {case for _, case in self.request.untold} == self.asking - self.told
        if self.request.stage is Stage.CLOSED:
            assert self.request.untold == ()

    @invariant()
    def goes_by_the_table(self) -> None:
        stages = [step.stage for step in self.request.trail]
        assert all(
            after in PRODUCT_REQUEST_WORKFLOW.allowed(one) for one, after in pairwise(stages)
        )

    @rule(lines=st.integers(1, 20))
    def read_the_trail_up_to_a_line(self, lines: int) -> None:
        """Any prefix of the trail, with what was told by then, is what then was."""
        version = self.versions[min(lines, len(self.versions)) - 1]
        lines = len(version.trail)
        told = tuple(telling for telling in self.request.tellings if telling.line < lines)
        earlier = attrs.evolve(self.request, trail=self.request.trail[:lines], tellings=told)
        assert attrs.evolve(earlier, links=version.links) == version
        assert self.request.links[: len(version.links)] == version.links


TestProductRequestMachine = ProductRequestMachine.TestCase
