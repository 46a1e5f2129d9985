"""What is said of a clock."""

import pytest

from crmkit.sla import CHINA_BANKING, SEA_LION, ClockState, SlaPolicies
from crmkit.sla.clock_words import IN_DAYS, IN_HOURS
from crmkit.testing import a_complaint


class TestWords:
    def test_has_a_sentence_for_every_state(self) -> None:
        outcomes = {str(state.value) for state in ClockState} - {"breached"}

        assert set(IN_HOURS) == outcomes | {"late", "overdue", "dropped_late"}

    def test_limits_in_days_never_pause(self) -> None:
        assert set(IN_DAYS) == set(IN_HOURS) - {"paused"}

    @pytest.mark.parametrize("rule", [*IN_HOURS.values(), *IN_DAYS.values()])
    def test_names_the_case_the_promise_and_who_made_it(self, rule: object) -> None:
        assert {"record", "promise", "policy", "verdict"} <= rule.says.names  # type: ignore[attr-defined]


class TestPresets:
    @pytest.mark.parametrize("policies", [SEA_LION, CHINA_BANKING])
    def test_are_named_in_chinese_in_a_chinese_sentence(self, policies: SlaPolicies) -> None:
        said = policies.explain(a_complaint()).sentence("zh").replace("K-1", "")

        assert not any(letter.isascii() and letter.isalpha() for letter in said)
