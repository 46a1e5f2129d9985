"""Every verb of a complaint at any time, in any order; and no requirement is lost unseen."""

from collections.abc import Iterator
from typing import TypeAlias

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from crmkit.complaints import WORKFLOW, Stage, grievance
from crmkit.errors import TransitionError
from crmkit.kernel import Requirement, Workflow

from .complaint_acts import ComplaintMachine


TestComplaintMachine = ComplaintMachine.TestCase

QUICK = settings(
    max_examples=300,
    stateful_step_count=12,
    derandomize=True,
    phases=[Phase.generate],
    print_blob=False,
)

Lost: TypeAlias = tuple[Requirement, tuple[Stage, ...]]
"""A requirement, and the stages from which nothing asks for it any more."""


def faults() -> Iterator[Lost]:
    """Yield every requirement of closing, for the stages that ask alike; every other once."""
    asking: dict[tuple[Requirement, object], list[Stage]] = {}
    for stage, targets in WORKFLOW.moves.items():
        for to, needs in targets.items():
            for need in needs:
                alike = needs if to is Stage.CLOSED else None
                asking.setdefault((need, alike), []).append(stage)
    yield from ((need, tuple(stages)) for (need, _), stages in asking.items())


def without(lost: Lost) -> Workflow[Stage]:
    """The workflow of a complaint, with one requirement lost."""
    need, stages = lost
    moves = {
        stage: {
            to: [one for one in needs if one != need or stage not in stages]
            for to, needs in targets.items()
        }
        for stage, targets in WORKFLOW.moves.items()
    }
    return Workflow(moves, groups=WORKFLOW.groups)


def told(lost: Lost) -> str:
    need, stages = lost
    return f"{need.says.en}, from {stages[0].value}"


class TestMachine:
    @pytest.mark.parametrize("lost", [*faults()], ids=told)
    def test_misses_a_requirement_that_is_lost(
        self, lost: Lost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(grievance, "WORKFLOW", without(lost))

        with pytest.raises((AssertionError, TransitionError, pytest.fail.Exception)):
            run_state_machine_as_test(ComplaintMachine, settings=QUICK)
