"""False alarms of customers who never leave."""

from math import exp

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare, Rule, Text
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    FOUR_STAGE_RULES,
    STATE_RULES,
    StageRule,
    StageRules,
    false_alarms,
)


def silent(enter: float, leave: float, step: int = 30) -> StageRules:
    """Warn of who is silent for so many of his own rhythms, until he is for fewer than that."""
    says = Text("silent", "沉默")
    rules = (
        StageRule(
            stage="at_risk",
            rule=Rule(code="risk", says=says, source="the test"),
            enter=Compare("silence_ratio", ">=", enter),
            stay=Compare("silence_ratio", ">=", leave),
        ),
        StageRule(
            stage="new",
            rule=Rule(code="new", says=says, source="the test"),
            enter=Compare("orders", ">=", 1),
        ),
    )
    return StageRules(
        name="silent",
        lifecycle="customer_state",
        rules=rules,
        otherwise="new",
        usual_rhythm=30.0,
        step=step,
        source="the test",
    )


class TestFalseAlarms:
    @pytest.mark.parametrize("times", [2, 3])
    def test_of_a_known_rhythm_are_those_of_the_exponential_law(self, times: int) -> None:
        """Gaps at random are exponential: silent for k mean gaps is one in exp(k), at any time.

        With 240 days between purchases days are fine enough, and 150 years tell the rhythm.
        """
        told = false_alarms(
            silent(times, times), CUSTOMER_STATE, days_between=240, history=150, customers=4000
        )

        tolerance = 2 * (float(told.at_once.high) - float(told.at_once.low))
        assert float(told.at_once) == pytest.approx(exp(-times), abs=tolerance)

    @pytest.mark.parametrize(
        ("enter", "leave", "at_once", "within_year"), [(2, 2, 0.14, 0.69), (3, 1, 0.07, 0.39)]
    )
    def test_are_near_the_settled_figures(
        self, enter: float, leave: float, at_once: float, within_year: float
    ) -> None:
        """The statistical rules tell 14 % and 69 %, 7 % and 39 %; not of which simulation."""
        told = false_alarms(silent(enter, leave), CUSTOMER_STATE, days_between=30, customers=4000)

        assert float(told.at_once) == pytest.approx(at_once, abs=0.02)
        assert float(told.within_year) == pytest.approx(within_year, abs=0.07)

    def test_are_fewer_where_more_is_asked(self) -> None:
        few, many = (
            false_alarms(silent(*bars), CUSTOMER_STATE, days_between=30, customers=2000)
            for bars in ((3, 1), (2, 2))
        )

        assert float(few.within_year) < float(many.within_year)
        assert float(few.moves) < float(many.moves)

    @pytest.mark.parametrize(
        ("days", "bar"), [(7, 0.1), (14, 0.25), (30, 0.5), (60, 0.4), (90, 0.35)]
    )
    def test_of_the_four_stages_spare_frequent_buyers(self, days: int, bar: float) -> None:
        """Half in decline within a year is what random purchases every month or so come to."""
        told = false_alarms(FOUR_STAGE_RULES, FOUR_STAGE, days_between=days, customers=2000, rng=1)

        assert float(told.within_year) < bar

    def test_come_more_often_where_amounts_differ_more(self) -> None:
        alike, apart = (
            false_alarms(
                FOUR_STAGE_RULES, FOUR_STAGE, days_between=30, customers=2000, amount_spread=spread
            )
            for spread in (0.0, 1.0)
        )

        assert float(alike.within_year) < float(apart.within_year)

    def test_can_differ_in_rate_and_warn_of_named_stages(self) -> None:
        told = false_alarms(
            STATE_RULES,
            CUSTOMER_STATE,
            days_between=60,
            spread=0.7,
            customers=2000,
            stages=["lost"],
            rng=3,
        )

        assert 0 <= float(told.at_once) < 0.02
        assert (told.within_year.n, told.spread) == (2000, 0.7)

    @pytest.mark.parametrize(
        ("between", "spread", "name"), [(0.0, 0.0, "days_between"), (30.0, -1.0, "spread")]
    )
    def test_refuses_numbers_out_of_range(self, between: float, spread: float, name: str) -> None:
        with pytest.raises(InvalidValueError, match=name):
            false_alarms(silent(3, 1), CUSTOMER_STATE, days_between=between, spread=spread)
        with pytest.raises(InvalidValueError, match="rng is 'a': it must be a generator"):
            false_alarms(silent(3, 1), CUSTOMER_STATE, days_between=30, rng="a")  # type: ignore[arg-type]  # refused
        with pytest.raises(InvalidValueError, match="amount_spread"):
            false_alarms(silent(3, 1), CUSTOMER_STATE, days_between=30, amount_spread=-1.0)

    @pytest.mark.parametrize("customers", [0, 10.5, True])
    def test_are_of_whole_customers(self, customers: int) -> None:
        with pytest.raises(InvalidValueError, match="must be a whole number of at least 1"):
            false_alarms(silent(3, 1), CUSTOMER_STATE, days_between=30, customers=customers)

    def test_are_of_rules_under_their_lifecycle(self) -> None:
        nothing: StageRules = "state-by-rhythm"  # type: ignore[assignment]  # refused

        with pytest.raises(InvalidValueError, match=r"rules is .* it must be a StageRules"):
            false_alarms(nothing, CUSTOMER_STATE, days_between=30)
        with pytest.raises(InvalidValueError, match=r"lifecycle is .* it must be a Lifecycle"):
            false_alarms(STATE_RULES, "customer_state", days_between=30)  # type: ignore[arg-type]  # refused

    def test_warn_of_several_stages_and_no_lone_one(self) -> None:
        with pytest.raises(InvalidValueError, match="stages is 'lost': it must be several values"):
            false_alarms(STATE_RULES, CUSTOMER_STATE, days_between=30, customers=9, stages="lost")

    def test_refuse_text(self) -> None:
        text: float = "30"  # type: ignore[assignment]  # refused

        with pytest.raises(InvalidValueError, match="days_between is '30': it must be a finite"):
            false_alarms(silent(3, 1), CUSTOMER_STATE, days_between=text)
