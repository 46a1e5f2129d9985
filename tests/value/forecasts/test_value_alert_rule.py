"""Rules as data: when an alert is raised, and when it ends."""

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import AnyOf, Compare, Money, Share, Text
from crmkit.testing import a_forecast
from crmkit.value import ValueAlertPolicy, ValueAlertRule


SILENCE = ValueAlertRule.silence(Share(0.3), ends_from=Share(0.5))
RISK = ValueAlertRule.at_risk(Money.of(100, "EUR"), p_active_below=Share(0.6))


class TestSilence:
    @given(st.floats(0, 1))
    def test_is_raised_under_its_bar_and_ends_from_the_other(self, chance: float) -> None:
        told = a_forecast(p_active=chance)

        assert SILENCE.explain("C-7", told).verdict is (chance < 0.3)
        assert SILENCE.explain_end("C-7", told).verdict is (chance < 0.5)

    def test_ends_at_its_own_bar_unless_told(self) -> None:
        rule = ValueAlertRule.silence(Share(0.3))

        assert rule.explain_end("C-7", a_forecast(p_active=0.3)).verdict is False

    def test_refuses_to_end_below_its_bar(self) -> None:
        with pytest.raises(InvalidValueError, match=r"ends_from is 0\.2"):
            ValueAlertRule.silence(Share(0.3), ends_from=Share(0.2))


class TestAtRisk:
    def test_asks_for_the_amount_and_the_chance(self) -> None:
        """By hand: 25 euros at a chance of a fifth leave 100 at risk."""
        much = a_forecast(p_alive=0.2, p_active=0.15, clv="25")

        assert RISK.explain("C-7", much).verdict is True
        assert RISK.explain("C-7", a_forecast(p_alive=0.2, clv="24.99")).verdict is False
        assert RISK.explain("C-7", a_forecast(p_alive=0.2, p_active=0.6, clv="99")).verdict is False
        alone = ValueAlertRule.at_risk(Money.of(100, "EUR"))
        assert alone.explain("C-7", a_forecast(p_alive=0.2, p_active=0.9, clv="99")).verdict is True

    def test_refuses_amounts_of_another_currency(self) -> None:
        with pytest.raises(InvalidValueError, match="currency is 'USD': it must be EUR"):
            RISK.explain("C-7", a_forecast(currency="USD"))

    def test_says_both_figures_with_their_bars(self) -> None:
        told = RISK.explain("C-7", a_forecast(p_alive=0.2, p_active=0.15, clv="25"))

        assert str(told) == (
            "customer C-7: value at risk, by value at risk 100.00 EUR (>= 100.0), chance to buy "
            "15 % (< 0.6)"
        )
        assert told.sentence("zh") == (
            "客户C-7：价值有风险，风险价值100.00 EUR（>= 100.0）、购买概率15%（< 0.6）"
        )
        assert told.find("p_active").against == "< 0.6"


class TestFalling:
    RULE = ValueAlertRule.falling(Share(0.5))

    def test_needs_a_forecast_before(self) -> None:
        told = self.RULE.explain("C-7", a_forecast())

        assert told.verdict is None
        assert told.missing == ("clv_fall",)
        assert "cannot be told whether it is lifetime value falling" in str(told)
        assert told.sentence("zh") == "客户C-7：无法判断是否终身价值下降，暂无已知数据"

    def test_compares_with_it(self) -> None:
        half, less = a_forecast(clv="5"), a_forecast(clv="6")

        assert self.RULE.explain("C-7", half, before=a_forecast(clv="10")).verdict is True
        told = self.RULE.explain_end("C-7", less, before=a_forecast(clv="10"))
        assert told.verdict is False
        assert str(told) == (
            "customer C-7: no case of lifetime value falling, by fall of the lifetime value 0.4 "
            "(>= 0.5)"
        )


class TestOwnRules:
    def test_are_any_condition_over_figures(self) -> None:
        rule = ValueAlertRule(
            code="wake_up",
            says=Text("few purchases ahead", "后续购买少"),
            when=AnyOf((Compare("count_high", "=", 0), Compare("expected_high", "<", 0.1))),
            source="us",
        )

        assert rule.explain("C-7", a_forecast()).verdict is None
        assert rule.explain("C-7", a_forecast()).missing == ("expected_high",)

    @pytest.mark.parametrize(("when", "ends"), [("p_alife", "p_alive"), ("p_alive", "p_alife")])
    def test_refuse_what_is_no_figure(self, when: str, ends: str) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'p_alive'"):
            ValueAlertRule(
                code="x",
                says=Text("x", "x"),
                when=Compare(when, "<", 0.1),
                ends=Compare(ends, ">", 0.1),
                source="us",
            )

    def test_refuse_amounts_without_a_currency(self) -> None:
        with pytest.raises(InvalidValueError, match="told where a rule asks for clv"):
            ValueAlertRule(code="x", says=Text("x", "x"), when=Compare("clv", ">", 9), source="us")

    def test_refuse_a_currency_that_is_none(self) -> None:
        with pytest.raises(InvalidValueError, match="currency is"):
            ValueAlertRule(
                code="x",
                says=Text("x", "x"),
                when=Compare("clv", ">", 9),
                currency="Euro",
                source="us",
            )


class TestPolicy:
    POLICY = ValueAlertPolicy(name="us", rules=(SILENCE, RISK, ValueAlertRule.falling(Share(0.5))))

    def test_comes_back_from_json(self) -> None:
        assert ValueAlertPolicy.from_json(self.POLICY.to_json()) == self.POLICY
        with pytest.raises(InvalidValueError, match="policy is"):
            ValueAlertPolicy.from_json("{}")

    def test_refuses_a_code_twice(self) -> None:
        with pytest.raises(InvalidValueError, match="code is 'silence': it must be used once"):
            ValueAlertPolicy(name="us", rules=(SILENCE, ValueAlertRule.silence(Share(0.1))))

    def test_explains_every_rule(self) -> None:
        told = self.POLICY.explain("C-7", a_forecast(p_active=0.1, p_alive=0.2))

        assert [one.verdict for one in told] == [True, False, None]
