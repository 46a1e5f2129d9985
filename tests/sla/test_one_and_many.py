"""A promise over many cases is what its clocks say case by case: two homes of one formula."""

from datetime import datetime
from typing import Any

import polars as pl
from hypothesis import assume, given, strategies as st

from crmkit.cases import Case
from crmkit.customers import CustomerId
from crmkit.kernel import StateGroup, Step
from crmkit.sla import SlaPolicy, promises_kept

from .stories import (
    ALWAYS,
    HALF,
    HOUR,
    NINE,
    OFFICE,
    Story,
    a_target,
    group_of,
    instants,
    stories,
)
from .test_courses import Job, JobStage


WAITING = [StateGroup.WAITING_CUSTOMER, StateGroup.WAITING_THIRD_PARTY]
GROUPS = {str(group.value): group for group in StateGroup}

RULES = st.fixed_dictionaries(
    {
        "limit": st.sampled_from([HALF, HOUR, 3 * HOUR, 8 * HOUR]),
        "calendar": st.sampled_from([ALWAYS, OFFICE]),
        "pauses": st.sets(st.sampled_from(WAITING)),
        "boundary": st.sampled_from(["close", "next_open"]),
    }
)


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """Draw a case that comes from any stage to any other, some at one instant."""
    at, steps = NINE, [Step(JobStage.OPEN, "ann", NINE)]
    drawn = st.tuples(st.sampled_from(JobStage), st.sampled_from([0, 1, 2, 5, 20]))
    for stage, halves in draw(st.lists(drawn, max_size=8)):
        at += halves * HALF
        if stage is not steps[-1].stage:
            steps.append(Step(stage, "ann", at))
    return Job(id="J-1", customer=CustomerId("C-7"), about="drum", trail=tuple(steps))


def in_the_table(case: Case[Any], rules: dict[str, Any], as_of: datetime) -> list[object]:
    """Return what the table says of one case."""
    steps = [step for step in case.trail if step.at <= as_of]
    log = pl.DataFrame(
        {
            "case_id": [case.id] * len(steps),
            "activity": [str(group_of(case, step).value) for step in steps],
            "at": [step.at for step in steps],
            "sequence": list(range(len(steps))),
        }
    )
    table = promises_kept(log, as_of=as_of, groups=GROUPS, **rules)
    return [*table.drop("case_id").to_dicts()]


def by_clocks(case: Case[Any], rules: dict[str, Any], as_of: datetime) -> list[object]:
    """Return the same of its clocks."""
    policy = SlaPolicy(name="p", targets=[a_target(**rules)])
    return [
        {
            "started_at": clock.started_at,
            "due_at": clock.due_at,
            "warning_at": clock.warning_at,
            "done_at": clock.done_at,
            "state": str(clock.state.value),
            "elapsed": clock.elapsed,
            "margin": clock.margin,
        }
        for clock in policy.clocks(case, as_of=as_of)
    ]


class TestPromisesKept:
    @given(stories(), RULES, instants())
    def test_says_what_the_clock_says(
        self, story: Story, rules: dict[str, Any], as_of: datetime
    ) -> None:
        assume(story.case.received_at <= as_of)

        assert in_the_table(story.case, rules, as_of) == by_clocks(story.case, rules, as_of)

    @given(jobs(), RULES, st.integers(0, 60).map(lambda halves: NINE + halves * HALF))
    def test_says_so_of_any_workflow(
        self, case: Job, rules: dict[str, Any], as_of: datetime
    ) -> None:
        assert in_the_table(case, rules, as_of) == by_clocks(case, rules, as_of)
