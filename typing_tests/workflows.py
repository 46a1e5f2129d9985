"""What type checkers know of workflows: they are made of the stages of one enumeration."""

from datetime import UTC, datetime
from typing import assert_type

from crmkit.kernel import (
    Compare,
    Explanation,
    Labelled,
    Requirement,
    StateGroup,
    Step,
    Text,
    Workflow,
)


class Stage(Labelled):
    """Stages."""

    OPEN = "open", "Open", "待办"
    DONE = "done", "Done", "完成"


class Light(Labelled):
    """Another enumeration."""

    RED = "red", "Red", "红"


need = Requirement(Text("no cause", "原因未明"), Compare("cause", "!=", ""))
workflow = Workflow({Stage.OPEN: {Stage.DONE: [need]}}, groups={Stage.OPEN: StateGroup.OPEN})

assert_type(workflow, Workflow[Stage])
assert_type(Workflow({Stage.OPEN: {Stage.DONE}}), Workflow[Stage])
assert_type(workflow.allowed(Stage.OPEN), tuple[Stage, ...])
assert_type(workflow.start, Stage)
assert_type(workflow.final, tuple[Stage, ...])
assert_type(workflow.judge("task 1", Stage.OPEN, Stage.DONE), Explanation[bool])
workflow.allowed(Light.RED)  # type: ignore[arg-type]

now = datetime.now(UTC)
trail = (Step(Stage.OPEN, "ann", now),)
assert_type(trail, tuple[Step[Stage]])
assert_type(workflow.step("task 1", trail, Stage.DONE, "ann", now), Step[Stage])
workflow.step("task 1", trail, Light.RED, "ann", now)  # type: ignore[arg-type]

assert_type(Stage("open"), Stage)
assert_type(Stage.of("open", "stage"), Stage)
assert_type(Stage.OPEN.label("zh"), str)
assert_type(workflow.svg("zh"), str)
