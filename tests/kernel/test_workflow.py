"""The table is the only place that says what is allowed; all else derives from it."""

import json
import pickle
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import (
    AllOf,
    AnyOf,
    Channel,
    Compare,
    Condition,
    Explanation,
    Labelled,
    Not,
    Requirement,
    StateGroup,
    Step,
    Text,
    Trail,
    Workflow,
)


class Stage(Labelled):
    OPEN = "open", "Open", "待办"
    ON_HOLD = "on_hold", "On hold", "暂停"
    SOLVED = "solved", "Solved", "已解决"
    CLOSED = "closed", "Closed", "已关闭"


CAUSE = Requirement(Text("the cause is not known", "原因未查明"), Not(Compare("cause", "=", "")))
WITHIN_LIMIT = Requirement(
    Text("nobody above has agreed to the sum", "金额未获上级同意"),
    AnyOf((Compare("sum", "<=", 500), Compare("agreed", "=", True))),
)
WORKFLOW = Workflow(
    {
        Stage.OPEN: {Stage.SOLVED: (CAUSE, WITHIN_LIMIT), Stage.ON_HOLD: ()},
        Stage.ON_HOLD: {Stage.OPEN},
        Stage.SOLVED: [Stage.OPEN, Stage.CLOSED],
    },
    groups={
        Stage.OPEN: StateGroup.OPEN,
        Stage.ON_HOLD: StateGroup.WAITING_CUSTOMER,
        Stage.SOLVED: StateGroup.RESOLVED,
        Stage.CLOSED: StateGroup.CLOSED,
    },
)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
READY = {"cause": "worn seal", "sum": 80}
FACTS = st.fixed_dictionaries(
    {
        "cause": st.none() | st.sampled_from(["", "worn seal"]),
        "sum": st.none() | st.integers(0, 1000),
        "agreed": st.none() | st.booleans(),
    }
)


def at_stage(stage: Stage) -> Trail[Stage]:
    return (Step(stage, "ann", NINE),)


def decided_again(why: Explanation[bool]) -> bool:
    """The verdict of somebody who has the evidence and nothing else, as `judge` promises it."""
    allowed = why.find("asked").value in why.find("allowed").value  # type: ignore[operator]  # a tuple
    told: dict[str, object] = {}
    for item in why.evidence[4:]:
        if item.name == "requirement":
            assert isinstance(item.against, Condition)
            met = item.against.holds(told) is True
            assert met is item.met
            allowed = allowed and met
        else:
            told[item.name] = item.value
    return allowed


class TestWorkflow:
    def test_begins_with_the_first_stage_and_ends_where_nothing_follows(self) -> None:
        assert WORKFLOW.start is Stage.OPEN
        assert WORKFLOW.final == (Stage.CLOSED,)
        assert WORKFLOW.stages == tuple(Stage)

    def test_orders_what_may_follow_as_the_enumeration_does(self) -> None:
        assert WORKFLOW.allowed(Stage.SOLVED) == (Stage.OPEN, Stage.CLOSED)
        assert WORKFLOW.allowed(Stage.OPEN) == (Stage.ON_HOLD, Stage.SOLVED)
        assert WORKFLOW.allowed(Stage.CLOSED) == ()

    def test_may_go_round_for_ever(self) -> None:
        class Light(Labelled):
            RED = "red", "Red", "红"
            GREEN = "green", "Green", "绿"

        assert Workflow({Light.RED: {Light.GREEN}, Light.GREEN: {Light.RED}}).final == ()

    def test_is_refused_without_stages(self) -> None:
        with pytest.raises(InvalidValueError, match="must name at least one stage"):
            Workflow[Stage]({})

    def test_is_refused_when_a_stage_cannot_be_reached(self) -> None:
        with pytest.raises(
            InvalidValueError, match="stage is 'on_hold': it cannot be reached from"
        ):
            Workflow({Stage.OPEN: {Stage.SOLVED}, Stage.SOLVED: {Stage.CLOSED}})

    def test_is_refused_when_a_stage_cannot_come_to_an_end(self) -> None:
        with pytest.raises(InvalidValueError, match="can never come to an end"):
            Workflow(
                {
                    Stage.OPEN: {Stage.ON_HOLD, Stage.CLOSED},
                    Stage.ON_HOLD: {Stage.SOLVED},
                    Stage.SOLVED: {Stage.ON_HOLD},
                }
            )

    def test_is_refused_when_a_stage_is_of_another_enumeration(self) -> None:
        mixed: dict[Any, Any] = {Stage.OPEN: {*Stage, Channel.PHONE}}

        with pytest.raises(InvalidValueError, match="it is of another enumeration"):
            Workflow(mixed)

    def test_is_refused_when_a_stage_has_no_group_while_others_have(self) -> None:
        with pytest.raises(
            InvalidValueError, match="stage is 'closed': it must have a state group"
        ):
            Workflow[Stage](
                WORKFLOW.moves, groups={s: StateGroup.OPEN for s in Stage if s is not Stage.CLOSED}
            )

    def test_is_refused_when_a_group_is_of_another_enumeration(self) -> None:
        mixed: dict[Any, StateGroup] = dict.fromkeys([*Stage, Channel.PHONE], StateGroup.OPEN)

        with pytest.raises(InvalidValueError, match="is no stage of this workflow"):
            Workflow(WORKFLOW.moves, groups=mixed)

    def test_survives_pickling(self) -> None:
        assert pickle.loads(pickle.dumps(WORKFLOW)) == WORKFLOW

    def test_is_refused_when_its_stages_are_of_no_enumeration(self) -> None:
        stranger: Any = {"open": {"done"}}

        with pytest.raises(InvalidValueError, match="must be a member of an enumeration"):
            Workflow(stranger)

    def test_knows_no_stage_of_another(self) -> None:
        stranger: Any = "open"

        with pytest.raises(InvalidValueError, match="is no stage of this workflow"):
            WORKFLOW.allowed(stranger)
        with pytest.raises(InvalidValueError, match="is no stage of this workflow"):
            WORKFLOW.judge("task T-1", stranger, Stage.OPEN)


class TestRequirement:
    def test_says_what_is_missing_as_it_stands(self) -> None:
        with pytest.raises(InvalidValueError, match="must stand without names in braces"):
            Requirement(Text("{cause} is not known", "{cause}未知"), Compare("cause", "=", "x"))


class TestJudge:
    def test_allows_what_the_table_allows(self) -> None:
        why = WORKFLOW.judge("task T-1", Stage.OPEN, Stage.ON_HOLD)

        assert why.verdict is True
        assert str(why) == "task T-1 is open and may become on hold"
        assert why.sentence("zh") == "task T-1目前为“待办”，可以转为“暂停”"

    def test_refuses_what_the_table_does_not_know(self) -> None:
        why = WORKFLOW.judge("task T-1", Stage.SOLVED, Stage.ON_HOLD)

        assert why.verdict is False
        assert why.missing == ()
        assert str(why) == "task T-1 is solved and can become open or closed, not on hold"

    def test_takes_the_stored_value_of_the_stage_asked_for(self) -> None:
        asked = Stage.ON_HOLD.value

        assert WORKFLOW.judge("task T-1", Stage.OPEN, asked) == WORKFLOW.judge(
            "task T-1", Stage.OPEN, Stage.ON_HOLD
        )

    @pytest.mark.parametrize("asked", ["nonsense", None, 7])
    def test_refuses_to_judge_a_move_to_no_stage(self, asked: object) -> None:
        with pytest.raises(InvalidValueError, match=r"asked is .* it is no Stage"):
            WORKFLOW.judge("task T-1", Stage.OPEN, asked)  # type: ignore[arg-type]  # refused

    def test_says_what_is_missing(self) -> None:
        why = WORKFLOW.judge("task T-1", Stage.OPEN, Stage.SOLVED, {"cause": "", "sum": 900})

        assert why.verdict is False
        assert why.missing == ("the cause is not known", "nobody above has agreed to the sum")
        assert str(why) == (
            "task T-1 is open and cannot become solved yet: "
            "the cause is not known; nobody above has agreed to the sum"
        )
        assert why.sentence("zh") == (
            "task T-1目前为“待办”，尚不能转为“已解决”：原因未查明；金额未获上级同意"
        )

    def test_holds_what_is_not_known_against_the_move(self) -> None:
        why = WORKFLOW.judge("task T-1", Stage.OPEN, Stage.SOLVED)

        assert why.verdict is False
        assert len(why.missing) == 2

    def test_counts_a_requirement_met_though_one_of_its_comparisons_failed(self) -> None:
        facts = {"cause": "worn seal", "sum": 900, "agreed": True}

        why = WORKFLOW.judge("task T-1", Stage.OPEN, Stage.SOLVED, facts)

        assert why.verdict is True
        assert [item.met for item in why.evidence if item.name == "sum"] == [False]

    @given(st.sampled_from(Stage), st.sampled_from(Stage), FACTS)
    def test_can_be_decided_again_from_its_evidence(
        self, stage: Stage, asked: Stage, facts: dict[str, object]
    ) -> None:
        why = WORKFLOW.judge("task T-1", stage, asked, facts)

        assert decided_again(why) is why.verdict

    def test_can_be_decided_again_from_its_evidence_as_json(self) -> None:
        why = WORKFLOW.judge("task T-1", Stage.OPEN, Stage.SOLVED, READY | {"sum": 900})

        told = json.loads(json.dumps(why.to_dict()))["evidence"]

        facts = {item["name"]: item["value"] for item in told}
        conditions = [item["against"] for item in told if item["name"] == "requirement"]
        held = [Condition.from_json(condition).holds(facts) for condition in conditions]
        assert held == [True, None]

    def test_tells_its_own_evidence_first_where_a_fact_bears_the_same_name(self) -> None:
        clash = Requirement(Text("it is red", "红色"), Compare("stage", "=", "blue"))
        workflow = Workflow(
            {
                Stage.OPEN: {Stage.SOLVED: [clash], Stage.ON_HOLD: ()},
                Stage.ON_HOLD: {Stage.CLOSED},
            }
        )

        why = workflow.judge("task T-1", Stage.OPEN, Stage.SOLVED, {"stage": "red"})

        assert str(why) == "task T-1 is open and cannot become solved yet: it is red"


class TestStep:
    @given(st.sampled_from(Stage), st.sampled_from(Stage), FACTS)
    def test_is_taken_exactly_when_judged_allowed(
        self, stage: Stage, asked: Stage, facts: dict[str, object]
    ) -> None:
        why = WORKFLOW.judge("task T-1", stage, asked, facts)

        if why.verdict:
            step = WORKFLOW.step("task T-1", at_stage(stage), asked, "ann", NINE, facts=facts)
            assert step == Step(asked, "ann", NINE)
        else:
            with pytest.raises(TransitionError) as refused:
                WORKFLOW.step("task T-1", at_stage(stage), asked, "ann", NINE, facts=facts)
            assert refused.value.explain() == why
            assert refused.value.missing == why.missing

    @pytest.mark.parametrize(("stage", "asked"), list(product(Stage, Stage)))
    def test_names_where_we_are_and_where_we_may_go(self, stage: Stage, asked: Stage) -> None:
        if asked in WORKFLOW.allowed(stage):
            return

        with pytest.raises(TransitionError) as refused:
            WORKFLOW.step("task T-1", at_stage(stage), asked, "ann", NINE, facts=READY)

        assert refused.value.record == "task T-1"
        assert refused.value.stage == stage.value
        assert refused.value.asked == asked.value
        assert refused.value.allowed == tuple(s.value for s in WORKFLOW.allowed(stage))

    def test_refused_for_what_is_missing_says_so(self) -> None:
        with pytest.raises(TransitionError) as refused:
            WORKFLOW.step("task T-1", at_stage(Stage.OPEN), Stage.SOLVED, "ann", NINE)

        assert str(refused.value) == (
            "task T-1 is open and cannot become solved yet: "
            "the cause is not known; nobody above has agreed to the sum"
        )

    def test_refused_survives_pickling_with_its_reasons(self) -> None:
        with pytest.raises(TransitionError) as refused:
            WORKFLOW.step("task T-1", at_stage(Stage.OPEN), Stage.SOLVED, "ann", NINE)

        again = pickle.loads(pickle.dumps(refused.value))

        assert again.explain() == refused.value.explain()
        assert str(again) == str(refused.value)

    def test_keeps_what_was_said_and_turns_the_time_to_utc(self) -> None:
        from_shanghai = NINE.astimezone()

        step = WORKFLOW.step(
            "task T-1", at_stage(Stage.OPEN), Stage.ON_HOLD, "ann", from_shanghai, note="no answer"
        )

        assert (step.note, step.at, step.at.tzinfo) == ("no answer", NINE, UTC)

    def test_refuses_a_naive_time_and_nobody(self) -> None:
        with pytest.raises(InvalidValueError, match="must have a time zone"):
            WORKFLOW.step("t", at_stage(Stage.OPEN), Stage.ON_HOLD, "ann", datetime(2026, 3, 2))
        with pytest.raises(InvalidValueError, match="must name who acts"):
            WORKFLOW.step("t", at_stage(Stage.OPEN), Stage.ON_HOLD, " ", NINE)

    def test_refuses_a_trail_of_another_workflow(self) -> None:
        stranger: Any = (Step(Channel.PHONE, "ann", NINE),)

        with pytest.raises(InvalidValueError, match="is no stage of this workflow"):
            WORKFLOW.step("task T-1", stranger, Stage.OPEN, "ann", NINE)

    def test_refuses_to_enter_a_stage_of_another_workflow(self) -> None:
        stranger: Any = Channel.PHONE

        with pytest.raises(TransitionError, match="can become on hold or solved, not phone"):
            WORKFLOW.step("task T-1", at_stage(Stage.OPEN), stranger, "ann", NINE)

    @given(st.lists(st.tuples(st.sampled_from(Stage), FACTS), max_size=20))
    def test_never_leaves_the_table(self, wishes: list[tuple[Stage, Mapping[str, object]]]) -> None:
        trail = at_stage(WORKFLOW.start)

        for wish, facts in wishes:
            at = trail[-1].at + timedelta(minutes=1)
            with suppress(TransitionError):
                trail = (*trail, WORKFLOW.step("t", trail, wish, "ann", at, facts=facts))

        for before, after in pairwise(trail):
            assert after.stage in WORKFLOW.allowed(before.stage)


class TestMermaid:
    def test_has_every_stage_and_every_move(self) -> None:
        """As the Mermaid manual writes state diagrams: `a --> b`, `[*]` for start and end."""
        assert WORKFLOW.mermaid().splitlines() == [
            "stateDiagram-v2",
            "    open: Open",
            "    on_hold: On hold",
            "    solved: Solved",
            "    closed: Closed",
            "    [*] --> open",
            "    open --> on_hold",
            "    open --> solved",
            "    on_hold --> open",
            "    solved --> open",
            "    solved --> closed",
            "    closed --> [*]",
        ]

    def test_speaks_chinese(self) -> None:
        assert "    on_hold: 暂停" in WORKFLOW.mermaid("zh").splitlines()


class TestSvg:
    def test_speaks_both_languages(self) -> None:
        english, chinese = WORKFLOW.svg(), WORKFLOW.svg("zh")

        assert all(f">{stage.label()}<" in english for stage in Stage)
        assert all(f">{stage.label('zh')}<" in chinese for stage in Stage)

    def test_says_what_a_move_requires(self) -> None:
        needs = "the cause is not known; nobody above has agreed to the sum"

        assert f"<title>Open → Solved; {needs}</title>" in WORKFLOW.svg()
        assert "<title>待办 → 已解决；原因未查明；金额未获上级同意</title>" in WORKFLOW.svg("zh")

    def test_is_what_a_notebook_shows(self) -> None:
        assert WORKFLOW._repr_svg_() == WORKFLOW.svg("en")

    def test_refuses_other_languages(self) -> None:
        with pytest.raises(InvalidValueError, match="language is 'de'"):
            WORKFLOW.svg("de")  # type: ignore[arg-type]  # refused


def test_every_state_group_has_a_place_in_a_condition() -> None:
    """Groups are facts too: rules ask for them by their stored value."""
    asked = AllOf((Compare("state", "in", tuple(group.value for group in StateGroup)),))

    assert all(asked.holds({"state": group}) for group in StateGroup)
