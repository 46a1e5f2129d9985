"""Which moves lead on."""

from itertools import pairwise
from typing import TypeVar

import pytest

from crmkit.complaints import (
    CORRECTIVE_ACTION_WORKFLOW,
    WORKFLOW,
    CorrectiveActionStage as Action,
    Stage,
)
from crmkit.complaints.leading_on import next_stages
from crmkit.kernel import Labelled, Step, Trail, Workflow
from crmkit.testing import NINE


S = TypeVar("S", bound=Labelled)


def way(*stages: S) -> Trail[S]:
    return tuple(Step(stage, "ann", NINE) for stage in stages)


RESPONDED = (Stage.RECEIVED, Stage.ACKNOWLEDGED, Stage.INVESTIGATED, Stage.RESPONDED)
IMPLEMENTED = (Action.OPENED, Action.CONTAINED, Action.IMPLEMENTED)


class TestNextStages:
    """The moves that somebody wants, read off the diagrams of the two workflows by hand."""

    @pytest.mark.parametrize(
        ("stages", "wanted"),
        [
            (RESPONDED, [Stage.COMMUNICATED, Stage.ACCEPTED, Stage.CLOSED, Stage.REFERRED]),
            # A dissatisfied customer could send it back; nobody wants that.
            ((*RESPONDED, Stage.ACCEPTED), [Stage.CLOSED]),
            # Sent back and answered again: what it was before leads nowhere.
            (
                (*RESPONDED, Stage.ACCEPTED, Stage.INVESTIGATED, Stage.RESPONDED),
                [Stage.COMMUNICATED, Stage.CLOSED, Stage.REFERRED],
            ),
            ((*RESPONDED, Stage.CLOSED), []),
            ((Stage.RECEIVED, Stage.WITHDRAWN), []),
        ],
    )
    def test_are_those_of_a_complaint_that_lead_on(
        self, stages: tuple[Stage, ...], wanted: list[Stage]
    ) -> None:
        assert list(next_stages(WORKFLOW, way(*stages))) == wanted

    def test_are_to_look_into_one_that_was_opened_again_and_to_answer_it(self) -> None:
        again = next_stages(WORKFLOW, way(Stage.RECEIVED, Stage.CLOSED, Stage.REOPENED))

        assert {Stage.INVESTIGATED, Stage.RESPONDED} <= set(again)

    @pytest.mark.parametrize(
        ("stages", "wanted"),
        [
            (IMPLEMENTED, [Action.VERIFIED, Action.PREVENTED]),
            ((*IMPLEMENTED, Action.PREVENTED), [Action.VERIFIED, Action.CLOSED]),
            ((*IMPLEMENTED, Action.PREVENTED, Action.VERIFIED), [Action.CLOSED]),
        ],
    )
    def test_are_those_of_an_action_that_lead_on(
        self, stages: tuple[Action, ...], wanted: list[Action]
    ) -> None:
        assert list(next_stages(CORRECTIVE_ACTION_WORKFLOW, way(*stages))) == wanted

    @pytest.mark.parametrize("workflow", [WORKFLOW, CORRECTIVE_ACTION_WORKFLOW])
    def test_lead_to_the_end_in_as_few_moves_as_there_are_stages(
        self, workflow: Workflow[Labelled]
    ) -> None:
        been = [workflow.start]
        while found := next_stages(workflow, way(*been)):
            been.append(found[-1])

        assert been[-1].value == "closed"
        assert len(been) <= len(workflow.stages)
        assert all(to in workflow.allowed(stage) for stage, to in pairwise(been))
