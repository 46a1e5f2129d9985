"""Whether a gap has closed: the target reached, and more than chance."""

from typing import Any, Final

import pytest
from hypothesis import given, strategies as st
from scipy.stats import ttest_ind

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import GapCheck, GapEvidence, GapResult
from crmkit.stats import compare_means, compare_paired_means


TOLD: Final[dict[str, Any]] = {
    "before": 50.0,
    "after": 60.0,
    "difference": 10.0,
    "low": 4.0,
    "high": 16.0,
    "p_value": 0.001,
    "n_before": 100,
    "n_after": 90,
    "method": "welch-t",
}


def evidence(**changed: Any) -> GapEvidence:
    return GapEvidence(**(TOLD | changed))


class TestEvidence:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"before": -1.0}, "before"),
            ({"after": 700.0}, "after"),
            ({"difference": -10.0}, "difference"),
            ({"low": 11.0}, "difference"),
            ({"high": float("inf")}, "high"),
            ({"p_value": 1.5}, "p_value"),
            ({"p_value": "small"}, "p_value"),
            ({"confidence": 1.0}, "confidence"),
            ({"n_before": 0}, "n_before"),
            ({"n_after": 9.5}, "n_after"),
            ({"method": " "}, "method"),
            ({"method": "tea leaves"}, "method"),
            ({"method": "holm"}, "method"),
            # The interval holds 0, and the test says that it is no chance.
            ({"low": -50.0, "high": 90.0}, "p_value"),
            ({"round": " "}, "round"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            evidence(**changed)

        assert refused.value.name == what

    def test_may_be_at_odds_with_newcombes_interval_alone(self) -> None:
        at_odds = {"low": -0.5, "high": 20.0, "p_value": 0.049}

        assert evidence(**at_odds, method="newcombe").is_more_than_chance
        with pytest.raises(InvalidValueError, match=r"must exceed 0\.05: the interval holds 0"):
            evidence(**at_odds, method="score")

    @given(st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.8, 0.95, 0.99]))
    def test_takes_every_comparison_that_the_library_makes(
        self, one: int, two: int, confidence: float
    ) -> None:
        first, second = ([100] * yes + [0] * (40 - yes) for yes in (one, two))
        if {one, two} <= {0, 40}:
            return
        found = compare_means(first, second, confidence=confidence)

        told = GapEvidence.of(found)

        assert told.is_more_than_chance == (not found.difference.low < 0 < found.difference.high)

    def test_is_taken_from_a_comparison_of_other_people(self) -> None:
        """The p-value and the interval are those of `scipy.stats.ttest_ind(equal_var=False)`."""
        outside = ttest_ind([60, 70, 80, 90], [30, 40, 50, 60, 70], equal_var=False)
        found = compare_means([60, 70, 80, 90], [30, 40, 50, 60, 70])

        told = GapEvidence.of(found, round="R-2")

        assert (told.before, told.after, told.difference) == (50, 75, 25)
        assert (told.n_before, told.n_after, told.round) == (5, 4, "R-2")
        assert told.p_value == pytest.approx(outside.pvalue)
        assert (told.low, told.high) == pytest.approx(tuple(outside.confidence_interval()))

    def test_is_taken_from_a_comparison_of_the_same_people(self) -> None:
        told = GapEvidence.of(compare_paired_means([60, 75, 80, 90], [50, 60, 75, 80]))

        assert (told.n_before, told.n_after, told.method) == (4, 4, "paired-t")
        assert told.difference == 10

    def test_may_hold_a_p_value_that_is_adjusted_for_many(self) -> None:
        found = compare_means([60, 70, 80, 90], [30, 40, 50, 60, 70])

        assert GapEvidence.of(found).is_more_than_chance
        assert not GapEvidence.of(found, p_value=3 * found.p_value).is_more_than_chance


class TestResult:
    @pytest.mark.parametrize(
        ("changed", "target", "result"),
        [
            ({}, 60, GapResult.CLOSED),
            ({}, 60.1, GapResult.NARROWED),
            ({"p_value": 0.05}, 60, GapResult.CLOSED),
            ({"p_value": 0.0501, "low": -0.1}, 55, GapResult.NOT_SHOWN),
            ({"p_value": 0.02, "confidence": 0.99, "low": -1.0}, 55, GapResult.NOT_SHOWN),
            (
                {"after": 40.0, "difference": -10.0, "low": -16.0, "high": -4.0},
                60,
                GapResult.WIDENED,
            ),
            # Who asks for less than there was is told all the same that it fell.
            (
                {"after": 40.0, "difference": -10.0, "low": -16.0, "high": -4.0},
                30,
                GapResult.WIDENED,
            ),
        ],
    )
    def test_needs_the_target_and_more_than_chance(
        self, changed: dict[str, Any], target: float, result: GapResult
    ) -> None:
        assert GapCheck(evidence(**changed), target).result is result

    def test_is_explained_with_every_number(self) -> None:
        check = GapCheck(evidence(), 65)

        assert str(check) == (
            "the gap: narrowed; 50 (n = 100) became 60 (n = 90), target 65; a difference of 10, "
            "between 4 and 16 with 95 % confidence, p = 0.001 (Welch's t test)"
        )
        assert "（韦尔奇t检验）" in check.explain().sentence("zh")
        assert check.explain().sentence("zh").startswith("差距：已缩小；得分由50（n=100）变为60")
        assert check.explain().find("after").met is False
        assert check.explain().find("p_value").against == 0.05

    def test_refuses_a_target_off_the_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="target is 650"):
            GapCheck(evidence(), 650)
