"""What corrective actions, emergencies, requests and recalls share."""

from datetime import timedelta

import pytest

from crmkit.cases import StateGroup
from crmkit.complaints import (
    CORRECTIVE_ACTION_WORKFLOW,
    EMERGENCY_WORKFLOW,
    PRODUCT_REQUEST_WORKFLOW,
    RECALL_WORKFLOW,
    UNIT_WORKFLOW,
)
from crmkit.errors import InvalidValueError
from crmkit.kernel import Labelled, Workflow
from crmkit.testing import NINE

from . import test_emergency as emergencies, test_recall as recalls
from .test_corrective_action import opened, prevented


DAY = timedelta(days=1)


class TestDaysOpen:
    def test_counts_whole_days_up_to_now_or_the_end(self) -> None:
        closed = prevented().close("ann", NINE + 3 * DAY, recognition="thanks")

        assert opened().days_open(NINE + 47 * timedelta(hours=1)) == 1
        assert closed.days_open(NINE + 90 * DAY) == 3
        assert closed.days_open(NINE + 2 * DAY) == 2
        assert opened().days_open(NINE - DAY) == 0

    def test_refuses_a_naive_time(self) -> None:
        with pytest.raises(InvalidValueError, match="as_of"):
            opened().days_open(NINE.replace(tzinfo=None))


class TestState:
    def test_is_over_when_closed_or_called_off(self) -> None:
        assert not opened().is_over
        assert emergencies.called().call_off("ann", NINE, reason="steam").is_over
        assert recalls.closed().is_over

    @pytest.mark.parametrize(
        "workflow",
        [
            CORRECTIVE_ACTION_WORKFLOW,
            EMERGENCY_WORKFLOW,
            PRODUCT_REQUEST_WORKFLOW,
            RECALL_WORKFLOW,
            UNIT_WORKFLOW,
        ],
    )
    def test_is_known_for_every_stage(self, workflow: Workflow[Labelled]) -> None:
        assert set(workflow.groups) == set(workflow.stages)
        assert StateGroup.CLOSED in workflow.groups.values()
        for stage, targets in workflow.moves.items():
            for target in targets:
                assert f"{stage.value} --> {target.value}" in workflow.mermaid()


class TestLabel:
    def test_refuses_another_language(self) -> None:
        with pytest.raises(InvalidValueError, match="language"):
            opened().label("de")  # type: ignore[arg-type]  # refused


class TestRestored:
    def test_is_a_version_of_the_same_record_only(self) -> None:
        with pytest.raises(InvalidValueError, match="version of 'CA-1'"):
            opened().restore("ann", NINE, earlier=recalls.closed())  # type: ignore[arg-type]
        with pytest.raises(InvalidValueError, match="earlier is None"):
            opened().restore("ann", NINE, earlier=None)  # type: ignore[arg-type]
        with pytest.raises(InvalidValueError, match="must name who acts"):
            opened().restore("", NINE, earlier=opened())
