"""The corrective action: its verbs, and the law that only a seen effect closes it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

import attrs
import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crmkit.cases import StateGroup
from crmkit.complaints import (
    CORRECTIVE_ACTION_CODEC,
    CORRECTIVE_ACTION_WORKFLOW,
    CheckResult,
    CorrectiveAction,
    CorrectiveActionId,
    CorrectiveActionStage as Stage,
    FiveWhys,
    ProblemDescription,
)
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Explanation
from crmkit.testing import NINE


DAY: Final = timedelta(days=1)
LEAKS: Final = ProblemDescription(
    what="door seal leaks",
    where="at the lower edge",
    when="in the spin cycle",
    how_many="17 of 1,200",
    where_not="at the hinge",
)
WHYS: Final = FiveWhys(("the seal is hard", "the lot is old", "stock is not used in order"))


def opened() -> CorrectiveAction:
    return CorrectiveAction.open(
        "CA-1", "ann", NINE, complaints=("K-1", "K-4"), about="door seals leak", product="W-200"
    )


def contained() -> CorrectiveAction:
    action = opened().form_team("ann", NINE, team=[("bob", "lead"), ("eve", "quality")])
    action = action.describe("bob", NINE, description=LEAKS)
    return action.contain("bob", NINE, containment="lot 4711 is blocked")


def analysed() -> CorrectiveAction:
    return contained().analyse("eve", NINE, cause=WHYS, escape_point="incoming check")


def implemented(check_from: date = date(2026, 6, 1)) -> CorrectiveAction:
    action = analysed().choose("bob", NINE, action="first in, first out", why="cheap")
    return action.implement(
        "bob", NINE, done="shelves are marked", criterion="no leak in 1,000", check_from=check_from
    )


def verified() -> CorrectiveAction:
    action = implemented(NINE.date())
    return action.check("eve", NINE, observed="none in 1,240", result="passed")


def prevented() -> CorrectiveAction:
    return verified().prevent("bob", NINE, systemic="all rubber parts", read_across=("W-300",))


class TestOpen:
    def test_begins_with_the_complaints_behind_it(self) -> None:
        action = opened()

        assert action.stage is Stage.OPENED
        assert action.complaints == ("K-1", "K-4")
        assert action.product == "W-200"
        assert str(action) == "corrective action CA-1"
        assert action.label("zh") == "纠正措施CA-1"

    @pytest.mark.parametrize(
        ("complaints", "what"),
        [
            ((), "at least one"),
            (("K-1", "K-1"), "linked already"),
            ("K-1", "several values, not one"),
            (None, "several values"),
        ],
    )
    def test_needs_complaints_each_once(self, complaints: tuple[str, ...], what: str) -> None:
        with pytest.raises(InvalidValueError, match=what):
            CorrectiveAction.open("CA-1", "ann", NINE, complaints=complaints, about="leaks")


class TestWholeWay:
    def test_goes_from_d1_to_d8(self) -> None:
        """The eight disciplines in their order, with the effect checked after implementation."""
        action = prevented().close("ann", NINE, recognition="thanks to Bob and Eve")

        assert [step.stage.value for step in action.trail] == [
            "opened",
            "staffed",
            "described",
            "contained",
            "analysed",
            "chosen",
            "implemented",
            "verified",
            "prevented",
            "closed",
        ]
        assert action.state is StateGroup.CLOSED
        assert action.is_over
        assert action.is_effective

    def test_may_prevent_before_the_effect_can_be_seen(self) -> None:
        action = implemented().prevent("bob", NINE, systemic="all rubber parts")

        action = action.check("eve", NINE + 91 * DAY, observed="none in 1,240", result="passed")

        assert action.close("ann", NINE + 91 * DAY, recognition="thanks").is_over


class TestTeam:
    def test_cannot_be_empty(self) -> None:
        with pytest.raises(TransitionError, match="nobody is in the team"):
            opened().form_team("ann", NINE, team=[])

    def test_can_change_on_the_way(self) -> None:
        action = contained().change_team("ann", NINE, team=[("lu", "lead")])

        assert [member.who for member in action.team] == ["lu"]
        assert action.stage is Stage.CONTAINED

    def test_cannot_change_to_nobody(self) -> None:
        with pytest.raises(InvalidValueError, match="must have somebody in it"):
            contained().change_team("ann", NINE, team=[])

    def test_cannot_change_before_it_is_formed(self) -> None:
        with pytest.raises(TransitionError, match="no team was formed") as refused:
            opened().change_team("ann", NINE, team=[("lu", "lead")])

        why = refused.value.explain()
        assert why.sentence("zh") == "纠正措施CA-1目前为“已立项”，不能更换小组：尚未组队"

    def test_cannot_change_after_the_end(self) -> None:
        closed = prevented().close("ann", NINE, recognition="thanks")

        with pytest.raises(TransitionError, match="it is closed"):
            closed.change_team("ann", NINE, team=[("lu", "lead")])


class TestChoose:
    def test_needs_the_root_cause(self) -> None:
        action = contained().analyse("eve", NINE, escape_point="incoming check")

        with pytest.raises(TransitionError) as refused:
            action.choose("bob", NINE, action="softer rubber", why="cheap")

        assert refused.value.missing == ("the root cause is not known",)

    def test_needs_the_escape_point(self) -> None:
        action = contained().analyse("eve", NINE, cause=WHYS)

        with pytest.raises(TransitionError) as refused:
            action.choose("bob", NINE, action="softer rubber", why="cheap")

        assert refused.value.missing == ("the escape point is not known",)

    def test_takes_them_from_two_analyses(self) -> None:
        action = contained().analyse("eve", NINE, cause=WHYS)
        action = action.analyse("eve", NINE, escape_point="incoming check")

        action = action.choose("bob", NINE, action="softer rubber", why="cheap")

        assert action.stage is Stage.CHOSEN
        assert action.cause == WHYS

    def test_can_be_doubted_before_it_is_carried_out(self) -> None:
        chosen = analysed().choose("bob", NINE, action="softer rubber", why="cheap")
        assert chosen.action is not None

        doubted = chosen.analyse("eve", NINE, cause=FiveWhys(("the press is too hot",)))

        assert doubted.action is None
        assert (
            doubted.choose("bob", NINE, action="cool it", why="it is the cause").action is not None
        )


class TestImplement:
    def test_needs_a_chosen_action(self) -> None:
        with pytest.raises(TransitionError, match="can become analysed or chosen"):
            analysed().implement(
                "bob", NINE, done="all", criterion="none", check_from=date(2026, 6, 1)
            )

    def test_is_not_checked_before_it_is_done(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be before the day it is done"):
            implemented(date(2026, 3, 1))

    def test_says_when_the_check_is_due(self) -> None:
        assert implemented().due_check_on == date(2026, 6, 1)
        assert verified().due_check_on is None
        assert opened().due_check_on is None


class TestCheck:
    def test_waits_for_its_day(self) -> None:
        with pytest.raises(TransitionError) as refused:
            implemented().check("eve", NINE + 90 * DAY, observed="none", result="passed")

        assert refused.value.missing == ("its effect may be checked from 2026-06-01 (UTC)",)
        assert "自2026-06-01起方可验证效果（UTC）" in refused.value.explain().sentence("zh")

    def test_counts_days_where_the_check_is_made(self) -> None:
        """At 16:00 UTC on 31 May it is 1 June in Shanghai (UTC+8)."""
        action = attrs.evolve(
            implemented(),
            checks=(attrs.evolve(implemented().checks[0], timezone="Asia/Shanghai"),),
        )
        evening = datetime.fromisoformat("2026-05-31T16:00:00+00:00")

        with pytest.raises(TransitionError, match="Asia/Shanghai"):
            action.check("eve", evening - timedelta(seconds=1), observed="none", result="passed")

        assert action.check("eve", evening, observed="none", result="passed").is_effective

    def test_cannot_be_made_before_implementation(self) -> None:
        for action in (contained(), contained().contain("bob", NINE, containment="sorted")):
            with pytest.raises(TransitionError) as refused:
                action.check("eve", NINE, observed="2 leaks", result="failed")

            assert refused.value.missing == ("nothing has been implemented that could be checked",)

    def test_cannot_be_made_twice(self) -> None:
        with pytest.raises(TransitionError, match="its effect has been verified already"):
            prevented().check("eve", NINE, observed="2 leaks", result="failed")

    def test_must_say_what_was_seen(self) -> None:
        with pytest.raises(InvalidValueError, match="observed"):
            implemented(NINE.date()).check("eve", NINE, observed=" ", result="passed")


class TestFailedCheck:
    def failed(self) -> CorrectiveAction:
        action = implemented(NINE.date()).prevent("bob", NINE, systemic="all rubber parts")
        return action.check("eve", NINE, observed="9 leaks in 1,000", result=CheckResult.FAILED)

    def test_goes_back_to_where_the_cause_is_sought(self) -> None:
        action = self.failed()

        assert action.stage is Stage.CONTAINED
        assert (action.cause, action.escape_point, action.action) == (None, None, None)
        assert not action.is_effective
        assert not action.is_prevented

    def test_stays_on_record(self) -> None:
        (check,) = self.failed().failed_checks

        assert check.observed == "9 leaks in 1,000"
        assert check.criterion == "no leak in 1,000"

    def test_asks_for_another_cause_before_another_action(self) -> None:
        action = self.failed().analyse("eve", NINE, escape_point="final test")

        with pytest.raises(TransitionError, match="the root cause is not known"):
            action.choose("bob", NINE, action="softer rubber", why="cheap")

    def test_asks_for_prevention_anew(self) -> None:
        action = self.failed().contain("bob", NINE, containment="every door is tested")
        action = action.analyse("eve", NINE, cause=WHYS, escape_point="final test")
        action = action.choose("bob", NINE, action="softer rubber", why="the cause is hardness")
        action = action.implement(
            "bob", NINE, done="new lot", criterion="none", check_from=NINE.date()
        )
        action = action.check("eve", NINE, observed="none in 3,000", result="passed")

        with pytest.raises(TransitionError) as refused:
            action.close("ann", NINE, recognition="thanks")

        assert refused.value.missing == ("nobody has told how recurrence is prevented",)
        assert action.containments == ("lot 4711 is blocked", "every door is tested")
        assert [check.result for check in action.checks] == [CheckResult.FAILED, CheckResult.PASSED]


class TestPrevent:
    def test_is_told_once_for_each_cause(self) -> None:
        action = implemented(NINE.date()).prevent("bob", NINE, systemic="all rubber parts")
        action = action.check("eve", NINE, observed="none", result="passed")

        with pytest.raises(TransitionError, match="told how recurrence is prevented"):
            action.prevent("bob", NINE, systemic="once more")


class TestClose:
    def test_names_everything_that_is_missing(self) -> None:
        action = implemented().prevent("bob", NINE, systemic="all rubber parts")
        action = action.send_to_supplier("ann", NINE, supplier="S-3", about="lot 4711 is hard")

        verdict = action.explain(Stage.CLOSED)

        assert verdict.missing == (
            "its effect has not been verified",
            "the supplier has not answered",
        )
        assert verdict.sentence("zh").endswith("：效果尚未验证；供应商尚未答复")

    def test_takes_no_text_for_a_list(self) -> None:
        with pytest.raises(InvalidValueError, match="read_across is 'W-300'"):
            verified().prevent("bob", NINE, systemic="all rubber parts", read_across="W-300")
        with pytest.raises(InvalidValueError, match="alternatives is 'none'"):
            analysed().choose("bob", NINE, action="softer", why="cheap", alternatives="none")

    def test_thanks_somebody(self) -> None:
        with pytest.raises(InvalidValueError, match="recognition"):
            prevented().close("ann", NINE, recognition="")


class TestExplain:
    def test_knows_the_day_of_a_check_only_if_told_the_day(self) -> None:
        action = implemented()

        assert len(action.explain(Stage.VERIFIED).missing) == 2
        assert action.explain(Stage.VERIFIED, as_of=NINE + 91 * DAY).missing == (
            "no check has shown that it is effective",
        )

    def test_refuses_a_naive_time(self) -> None:
        for action in (opened(), implemented()):
            with pytest.raises(InvalidValueError, match="as_of"):
                action.explain(Stage.VERIFIED, as_of=datetime(2026, 6, 1))

    def test_says_what_may_be_done(self) -> None:
        assert opened().explain(Stage.STAFFED).missing == ("nobody is in the team",)
        assert analysed().explain(Stage.CHOSEN).verdict


class TestLinks:
    def test_are_made_and_undone_on_record(self) -> None:
        action = opened().link("ann", NINE, complaint="K-9").unlink("bob", NINE, complaint="K-1")

        assert action.complaints == ("K-4", "K-9")
        assert [(link.case, link.act.value, link.by) for link in action.links[2:]] == [
            ("K-9", "linked", "ann"),
            ("K-1", "unlinked", "bob"),
        ]


class TestSupplier:
    def sent(self) -> CorrectiveAction:
        return contained().send_to_supplier("ann", NINE, supplier="S-3", about="lot 4711 is hard")

    def test_is_waited_for_on_the_trail(self) -> None:
        action = self.sent()

        assert action.state is StateGroup.WAITING_THIRD_PARTY
        assert action.stage is Stage.CONTAINED
        assert action.facts["awaits_supplier"] is True

    def test_is_waited_for_while_work_goes_on(self) -> None:
        action = self.sent().analyse("eve", NINE, cause=WHYS)

        assert action.stage is Stage.ANALYSED
        assert action.state is StateGroup.WAITING_THIRD_PARTY

    def test_ends_the_wait_by_his_answer(self) -> None:
        action = self.sent().hear_from_supplier(
            "ann", NINE + DAY, verdict="accepted", text="lot withdrawn"
        )

        assert action.state is StateGroup.OPEN
        assert action.is_supplier_caused
        assert action.containments == ("lot 4711 is blocked",)
        assert action.time_in(Stage.CONTAINED) == DAY

    def test_can_refuse_and_be_asked_again(self) -> None:
        action = self.sent().hear_from_supplier("ann", NINE, verdict="refused", text="not ours")
        action = action.send_to_supplier("ann", NINE, supplier="S-3", about="our measurements")
        action = action.hear_from_supplier("ann", NINE, verdict="no_answer", text="asked twice")

        assert not action.is_supplier_caused
        assert [answer.verdict.value for answer in action.answers] == ["refused", "no_answer"]

    def test_is_not_asked_twice_at_a_time(self) -> None:
        with pytest.raises(TransitionError, match="a supplier has not answered yet") as refused:
            self.sent().send_to_supplier("ann", NINE, supplier="S-4", about="lot 4712")

        assert refused.value.allowed == ()
        assert refused.value.explain().sentence() == (
            "corrective action CA-1 is contained and cannot be sent to a supplier:"
            " a supplier has not answered yet"
        )

    def test_is_not_asked_after_the_end(self) -> None:
        with pytest.raises(TransitionError, match="it is closed"):
            prevented().close("ann", NINE, recognition="thanks").send_to_supplier(
                "ann", NINE, supplier="S-3", about="lot 4711"
            )

    def test_cannot_answer_what_nobody_asked(self) -> None:
        with pytest.raises(TransitionError, match="nothing was sent"):
            contained().hear_from_supplier("ann", NINE, verdict="accepted", text="ours")


class TestRestore:
    def test_brings_back_what_was_said_and_no_stage(self) -> None:
        earlier = attrs.evolve(opened(), about="doors leak")

        restored = prevented().restore("ann", NINE, earlier=earlier)

        assert restored == attrs.evolve(prevented(), about="doors leak")

    def test_refuses_another(self) -> None:
        other = attrs.evolve(opened(), id=CorrectiveActionId("CA-2"))

        with pytest.raises(InvalidValueError, match="version of 'CA-1'"):
            opened().restore("ann", NINE, earlier=other)


def upto(action: CorrectiveAction, lines: int) -> CorrectiveAction:
    """Return the action as the first lines of its trail tell it, counted anew."""
    trail = action.trail[:lines]
    steps = [("", "opened", False)]
    for before, step in pairwise(trail):
        if step.stage is not before.stage or step.awaits is before.awaits:
            steps.append((before.stage.value, step.stage.value, True))
    came = [after for _, after, _ in steps]
    outcomes: list[CheckResult | None] = []
    for before_, after, _ in steps:
        if after == "implemented":
            outcomes.append(None)
        elif after == "verified":
            outcomes[-1] = CheckResult.PASSED
        elif after == "contained" and before_ in ("implemented", "prevented"):
            outcomes[-1] = CheckResult.FAILED
    waits = [step.awaits is not None for step in trail]
    return attrs.evolve(
        action,
        trail=trail,
        descriptions=action.descriptions[: came.count("described")],
        analyses=action.analyses[: came.count("analysed")],
        choices=action.choices[: came.count("chosen")],
        checks=tuple(
            attrs.evolve(check, result=result, observed="seen" if result else "")
            for check, result in zip(action.checks, outcomes, strict=False)
        ),
        preventions=action.preventions[: came.count("prevented")],
        notices=action.notices[: sum(map(_begins, pairwise([False, *waits])))],
        answers=action.answers[: sum(map(_ends, pairwise(waits)))],
    )


def _begins(pair: tuple[bool, bool]) -> bool:
    return pair == (False, True)


def _ends(pair: tuple[bool, bool]) -> bool:
    return pair == (True, False)


WAY: Final = (
    "form_team",
    "describe",
    "contain",
    "send",
    "find_cause",
    "find_escape",
    "hear",
    "choose",
    "implement",
)
ROUND: Final = ("implemented", "prevented")

Verb = Callable[[CorrectiveAction, datetime], CorrectiveAction]

VERBS: Final[dict[str, Verb]] = {
    "form_team": lambda action, at: action.form_team("ann", at, team=[("bob", "lead")]),
    "describe": lambda action, at: action.describe("ann", at, description=LEAKS),
    "contain": lambda action, at: action.contain("ann", at, containment="blocked"),
    "find_cause": lambda action, at: action.analyse("ann", at, cause=WHYS),
    "find_escape": lambda action, at: action.analyse("ann", at, escape_point="final test"),
    "choose": lambda action, at: action.choose("ann", at, action="softer", why="cheap"),
    "implement": lambda action, at: action.implement(
        "ann", at, done="all", criterion="none", check_from=(at + 2 * DAY).date()
    ),
    "pass": lambda action, at: action.check("ann", at, observed="seen", result="passed"),
    "fail": lambda action, at: action.check("ann", at, observed="seen", result="failed"),
    "prevent": lambda action, at: action.prevent("ann", at, systemic="plan changed"),
    "close": lambda action, at: action.close("ann", at, recognition="thanks"),
    "send": lambda action, at: action.send_to_supplier("ann", at, supplier="S-3", about="hard"),
    "hear": lambda action, at: action.hear_from_supplier("ann", at, verdict="refused", text="no"),
}

FROM: Final[dict[str, dict[str, str]]] = {
    "form_team": {"opened": "staffed"},
    "describe": {"staffed": "described", "described": "described"},
    "contain": {"described": "contained", "contained": "contained"},
    "find_cause": dict.fromkeys(("contained", "analysed", "chosen"), "analysed"),
    "find_escape": dict.fromkeys(("contained", "analysed", "chosen"), "analysed"),
    "choose": {"analysed": "chosen"},
    "implement": {"chosen": "implemented"},
    "pass": dict.fromkeys(ROUND, "verified"),
    "fail": dict.fromkeys(ROUND, "contained"),
    "prevent": dict.fromkeys(("implemented", "verified"), "prevented"),
    "close": dict.fromkeys(("verified", "prevented"), "closed"),
}
"""Each verb with the stages it may be used in, and where it leads: the issue's own words."""


@attrs.define
class Model:
    """What must be so, kept apart from the record."""

    stage: str = "opened"
    cause: bool = False
    escape: bool = False
    due: date | None = None
    effective: bool = False
    prevented: bool = False
    awaits: bool = False

    def may(self, verb: str, at: datetime) -> bool:
        if verb in ("send", "hear"):
            return self.awaits if verb == "hear" else not self.awaits and self.stage != "closed"
        if self.stage not in FROM[verb]:
            return False
        match verb:
            case "choose":
                return self.cause and self.escape
            case "pass" | "fail":
                return not self.effective and self.due is not None and at.date() >= self.due
            case "prevent":
                return not self.prevented
            case "close":
                return self.effective and self.prevented and not self.awaits
        return True

    def act(self, verb: str, at: datetime) -> None:
        if verb in ("send", "hear"):
            self.awaits = verb == "send"
            return
        self.stage = FROM[verb][self.stage]
        self.cause = self.cause or verb == "find_cause"
        self.escape = self.escape or verb == "find_escape"
        self.effective = self.effective or verb == "pass"
        self.prevented = self.prevented or verb == "prevent"
        if verb == "implement":
            self.due = (at + 2 * DAY).date()
        if verb == "fail":
            self.cause = self.escape = self.prevented = False


class CorrectiveActionMachine(RuleBasedStateMachine):
    """Any verb at any time is allowed by the table, or refused; nothing told is lost."""

    @initialize(steps=st.integers(0, 11), prevents_first=st.booleans())
    def open(self, steps: int, prevents_first: bool) -> None:
        """Begin somewhere on the way: chance alone seldom comes far."""
        self.action = opened()
        self.model = Model()
        self.now = NINE
        self.known: dict[int, Model] = {1: attrs.evolve(self.model)}
        end = ("prevent", "pass") if prevents_first else ("pass", "prevent")
        for verb in (*WAY, *end)[:steps]:
            self.do(verb, 60 if verb == "pass" else 1)

    def do(self, verb: str, hours: int) -> None:
        before = self.action
        self.now += timedelta(hours=hours)
        self.action = VERBS[verb](before, self.now)
        self.model.act(verb, self.now)
        assert self.action.trail[:-1] == before.trail
        self.known[len(self.action.trail)] = attrs.evolve(self.model)

    @precondition(lambda self: self.model.stage != "closed")
    @rule(data=st.data(), hours=st.integers(0, 60))
    def act(self, data: st.DataObject, hours: int) -> None:
        at = self.now + timedelta(hours=hours)
        ready = [verb for verb in sorted(VERBS) if self.model.may(verb, at)]
        self.do(data.draw(st.sampled_from(ready)), hours)

    @invariant()
    def every_verb_does_what_the_issue_says(self) -> None:
        """Records are immutable: each verb can be tried in each state."""
        for verb, act in VERBS.items():
            if self.model.may(verb, self.now):
                assert act(self.action, self.now).trail[:-1] == self.action.trail
                continue
            with pytest.raises(TransitionError) as refused:
                act(self.action, self.now)
            why = refused.value.explain()
            assert isinstance(why, Explanation)
            assert not why.verdict
            assert str(refused.value)
            assert why.sentence("zh")

    @rule(lines=st.integers(1, 40))
    def read_the_trail_up_to_a_line(self, lines: int) -> None:
        """Any prefix of the trail replays to the state of its time."""
        lines = min(lines, len(self.action.trail))
        earlier, model = upto(self.action, lines), self.known[lines]
        assert earlier.stage.value == model.stage
        assert (earlier.cause is not None) is model.cause
        assert (earlier.escape_point is not None) is model.escape
        assert earlier.is_effective is model.effective
        assert earlier.is_prevented is model.prevented
        assert earlier.awaits_supplier is model.awaits

    @rule()
    def store_and_read(self) -> None:
        stored = CORRECTIVE_ACTION_CODEC.encode_exactly(self.action)
        assert CORRECTIVE_ACTION_CODEC.decode(stored, 1) == self.action

    @rule(stage=st.sampled_from(Stage))
    def explain(self, stage: Stage) -> None:
        verdict = self.action.explain(stage, as_of=self.now)
        allowed = CORRECTIVE_ACTION_WORKFLOW.allowed(self.action.stage)
        assert verdict.verdict is (stage in allowed and not verdict.missing)
        others = [fact.met for fact in verdict.evidence if fact.name != "asked"]
        assert verdict.verdict is (stage in allowed and False not in others)

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert self.action.stage.value == self.model.stage
        waits = self.action.state is StateGroup.WAITING_THIRD_PARTY
        assert waits is self.model.awaits is self.action.awaits_supplier

    @invariant()
    def closes_only_with_what_was_asked(self) -> None:
        if self.action.stage is Stage.CLOSED:
            assert self.action.is_effective
            assert self.action.is_prevented
            assert self.action.cause is not None
            assert self.action.escape_point is not None
            assert not self.action.awaits_supplier

    @invariant()
    def keeps_every_failed_check(self) -> None:
        back = [
            after
            for before, after in pairwise([step.stage for step in self.action.trail])
            if before.value in ROUND and after is Stage.CONTAINED
        ]
        assert len(self.action.failed_checks) == len(back)

    @invariant()
    def spends_its_time_in_its_stages(self) -> None:
        total = sum((self.action.time_in(stage, as_of=self.now) for stage in Stage), timedelta())
        assert total == self.now - NINE


TestCorrectiveActionMachine = CorrectiveActionMachine.TestCase
# Every step tries every verb, and half of the way may lie behind it at the start.
TestCorrectiveActionMachine.settings = settings(stateful_step_count=25)
