"""What is said of a clock."""

import pytest

from crmkit.sla import ClockState
from crmkit.sla.clock_words import IN_DAYS, IN_HOURS


class TestWords:
    def test_has_a_sentence_for_every_state(self) -> None:
        outcomes = {str(state.value) for state in ClockState} - {"breached"}

        assert set(IN_HOURS) == outcomes | {"late", "overdue", "dropped_late"}

    def test_limits_in_days_never_pause(self) -> None:
        assert set(IN_DAYS) == set(IN_HOURS) - {"paused"}

    @pytest.mark.parametrize("rule", [*IN_HOURS.values(), *IN_DAYS.values()])
    def test_names_the_case_the_promise_and_who_made_it(self, rule: object) -> None:
        assert {"record", "promise", "policy", "verdict"} <= rule.says.names  # type: ignore[attr-defined]
