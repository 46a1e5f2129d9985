"""What a model said of one customer, as it is kept."""

import math
from datetime import UTC, date, datetime

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, Share
from crmkit.testing import a_forecast
from crmkit.value import ValueFigure, ValueForecast
from crmkit.value.forecasts.value_forecast import rounded_money


class TestBirth:
    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("unit", "M", "unit is 'M'"),
            ("within", -1, "within is -1"),
            ("expected", math.nan, "expected is nan"),
            ("p_alive", 1.1, "p_alive is 1.1: it must be 0 to 1"),
            ("p_active", True, "p_active is True"),
            ("horizon", math.inf, "horizon is inf"),
            ("discount", -0.1, "discount is -0.1"),
            ("confidence", 95, "confidence is 95"),
            ("count_low", 7, "count_low is 7: it must be from 0 to count_high, 6"),
            ("count_high", 6.0, "count_high is 6.0"),
            ("expected_low", 1.0, "told at both ends or at none"),
            ("model", " ", "model is ' '"),
            ("as_of", datetime(2026, 3, 1, tzinfo=UTC), "as_of is"),
            ("clv", 11.09, "clv is 11.09"),
        ],
    )
    def test_refuses_what_is_unfit(self, name: str, value: object, said: str) -> None:
        with pytest.raises(InvalidValueError, match=said):
            attrs.evolve(a_forecast(), **{name: value})  # type: ignore[arg-type]  # unfit

    def test_refuses_ends_that_do_not_hold_the_value(self) -> None:
        with pytest.raises(InvalidValueError, match=r"expected_low is 1\.3"):
            attrs.evolve(a_forecast(), expected_low=1.3, expected_high=1.4)

    def test_refuses_two_currencies(self) -> None:
        low, high = Money.of(9, "USD"), Money.of(12, "EUR")
        with pytest.raises(InvalidValueError, match="currency is 'USD': it must be EUR"):
            attrs.evolve(a_forecast(), clv_low=low, clv_high=high)

    def test_takes_all_time_to_come(self) -> None:
        assert attrs.evolve(a_forecast(), horizon=None).horizon is None


class TestValueAtRisk:
    def test_is_what_would_be_lost_with_him(self) -> None:
        """By hand: 10 euros at a chance of a fifth are 50 if he is one, of which 40 hang on it."""
        assert a_forecast(p_alive=0.2, clv="10").value_at_risk == Money.of(40, "EUR")
        assert a_forecast(p_alive=1.0).value_at_risk == Money.of(0, "EUR")
        assert a_forecast(p_alive=0.0, clv="0").value_at_risk is None

    @given(st.floats(0.001, 1), st.integers(0, 10**9))
    def test_and_value_are_the_value_of_a_sure_customer(self, alive: float, cents: int) -> None:
        told = a_forecast(p_alive=alive, clv=str(Money.from_minor(cents, "EUR").amount))

        risk = told.value_at_risk
        assert risk is not None
        whole = float(told.clv.amount + risk.amount)
        assert whole == pytest.approx(cents / 100 / alive, abs=0.006)


class TestFigures:
    def test_are_by_the_names_of_the_enumeration(self) -> None:
        whole = attrs.evolve(
            a_forecast(),
            expected_low=1.1,
            expected_high=1.4,
            clv_low=Money.of(9, "EUR"),
            clv_high=Money.of(12, "EUR"),
        )

        told = whole.figures(a_forecast())

        assert set(told) == {figure.value for figure in ValueFigure}
        assert told["p_alive"] == Share(0.5)

    def test_leave_out_what_is_not_known(self) -> None:
        missing = {figure.value for figure in ValueFigure} - set(a_forecast().figures())

        assert missing == {
            "p_active_fall",
            "clv_fall",
            "expected_low",
            "expected_high",
            "clv_low",
            "clv_high",
        }

    def test_tell_falls_against_the_forecast_before(self) -> None:
        told = a_forecast(p_active=0.1, clv="3").figures(a_forecast(p_active=0.4, clv="12"))

        assert told["p_active_fall"] == pytest.approx(0.3)
        assert told["clv_fall"] == pytest.approx(0.75)

    @pytest.mark.parametrize(
        "before", [a_forecast(clv="0"), a_forecast(currency="USD")], ids=["nothing", "dollars"]
    )
    def test_tell_no_fall_where_there_is_nothing_to_compare(self, before: ValueForecast) -> None:
        assert "clv_fall" not in a_forecast().figures(before)


class TestSpan:
    def test_is_told_in_both_languages(self) -> None:
        days = attrs.evolve(a_forecast(), unit="D").span(90)

        assert (days("en"), days("zh")) == ("within 90 days", "90天内")
        assert a_forecast().span(None)("en") == "for all time to come"


class TestRoundedMoney:
    def test_refuses_what_is_no_currency(self) -> None:
        with pytest.raises(InvalidValueError, match="currency is"):
            rounded_money(1.0, "Euro")

    def test_knows_coins(self) -> None:
        assert rounded_money(10.6, "JPY") == Money.of(11, "JPY")


def test_a_day_is_a_day() -> None:
    assert a_forecast(as_of=date(2026, 4, 1)).as_of == date(2026, 4, 1)
