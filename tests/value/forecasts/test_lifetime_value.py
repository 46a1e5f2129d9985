"""One customer's lifetime value on record, with its alerts."""

from datetime import date, datetime, timedelta

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, Share
from crmkit.testing import NINE, a_forecast
from crmkit.value import (
    LIFETIME_VALUE_CODEC,
    LifetimeValue,
    LifetimeValueId,
    ValueAlert,
    ValueAlertAct,
    ValueAlertPolicy,
    ValueAlertRule,
    lifetime_value_id,
    revalued,
)


DAY = timedelta(days=1)
SILENCE = ValueAlertRule.silence(Share(0.3), ends_from=Share(0.5))
FALLING = ValueAlertRule.falling(Share(0.5))
POLICY = ValueAlertPolicy(name="us", rules=(SILENCE, FALLING))


def a_value(p_active: float = 0.4, clv: str = "11.09") -> LifetimeValue:
    return LifetimeValue.record(
        lifetime_value_id("C-7"),
        "ann",
        NINE,
        customer="C-7",
        forecast=a_forecast(p_active=p_active, clv=clv),
        policy=POLICY,
    )


def acts(one: LifetimeValue) -> list[tuple[str, str]]:
    return [(told.code, told.act.value) for told in one.changes]


class TestRecord:
    def test_raises_what_the_policy_raises(self) -> None:
        one = a_value(0.1)

        (told,) = one.latest_changes
        assert (told.code, told.act, told.at, told.by) == (
            "silence",
            ValueAlertAct.RAISED,
            NINE,
            "ann",
        )
        assert told.why.verdict is True

    def test_raises_nothing_without_one(self) -> None:
        one = LifetimeValue.record(
            "v", "ann", NINE, customer="C-7", forecast=a_forecast(p_active=0.1)
        )

        assert one.alerts == ()
        assert one.latest_changes == ()


class TestRenew:
    def test_keeps_every_forecast(self) -> None:
        one = a_value()
        later = one.renew("bob", NINE + DAY, forecast=a_forecast(clv="9"), note="monthly run")

        assert [str(told.clv) for told in later.forecasts] == ["11.09 EUR", "9.00 EUR"]
        assert one.forecasts == (a_forecast(),)
        assert later.forecast_at(NINE) == a_forecast()
        assert later.forecast_at(NINE + DAY) == later.forecast
        assert later.forecast_at(NINE - DAY) is None

    def test_refuses_an_older_forecast(self) -> None:
        with pytest.raises(InvalidValueError, match=r"as_of is datetime.date\(2026, 2, 1\)"):
            a_value().renew("bob", NINE, forecast=a_forecast(as_of=date(2026, 2, 1)))

    def test_ends_an_alert_only_where_its_rule_says_so(self) -> None:
        one = a_value(0.1)
        between = one.renew("bob", NINE, forecast=a_forecast(p_active=0.4), policy=POLICY)
        ended = between.renew("bob", NINE, forecast=a_forecast(p_active=0.5), policy=POLICY)

        assert len(between.open_alerts) == 1
        assert between.latest_changes == ()
        assert ended.open_alerts == ()
        assert acts(ended) == [("silence", "raised"), ("silence", "ended")]
        assert ended.latest_changes[0].why.verdict is False

    def test_raises_no_alert_twice_and_every_alert_anew(self) -> None:
        one = a_value(0.1)
        for p_active in (0.05, 0.9, 0.1):
            one = one.renew("bob", NINE, forecast=a_forecast(p_active=p_active), policy=POLICY)

        assert acts(one) == [("silence", "raised"), ("silence", "ended"), ("silence", "raised")]

    def test_leaves_alerts_where_there_is_no_policy(self) -> None:
        one = a_value(0.1).renew("bob", NINE, forecast=a_forecast(p_active=0.9))

        assert len(one.open_alerts) == 1

    def test_ends_alerts_of_which_the_policy_knows_nothing(self) -> None:
        none = ValueAlertPolicy(name="none", rules=())
        one = a_value(0.1).renew("bob", NINE, forecast=a_forecast(p_active=0.1), policy=none)

        (told,) = one.latest_changes
        assert told.act is ValueAlertAct.ENDED
        assert str(told.why) == (
            "customer C-7: chance to buy low is no alert any more, by the policy or by the version "
            "that was restored"
        )

    def test_judges_an_alert_by_the_rule_that_raised_it(self) -> None:
        lower = ValueAlertPolicy(name="us", rules=(ValueAlertRule.silence(Share(0.05)),))
        one = a_value(0.1).renew("bob", NINE, forecast=a_forecast(p_active=0.2), policy=lower)

        assert one.open_alerts[0].rule == SILENCE

    def test_tells_falls_against_the_forecast_before(self) -> None:
        one = a_value(clv="10").renew("bob", NINE, forecast=a_forecast(clv="4"), policy=POLICY)
        again = one.renew("bob", NINE, forecast=a_forecast(clv="3.9"), policy=POLICY)

        assert acts(one) == [("falling", "raised")]
        assert acts(again) == [("falling", "raised"), ("falling", "ended")]
        assert str(again.changes[0].why) == (
            "customer C-7: lifetime value falling, by fall of the lifetime value 0.6 (>= 0.5)"
        )


class TestAcknowledge:
    def test_is_on_record_with_what_was_said(self) -> None:
        one = a_value(0.1).acknowledge("bob", NINE + DAY, alert="silence", note="I call him")

        (told,) = one.latest_changes
        assert (told.act, told.by, told.note) == (ValueAlertAct.ACKNOWLEDGED, "bob", "I call him")
        assert told.why.verdict is True
        assert one.open_alerts[0].is_open
        assert not one.open_alerts[0].is_unanswered
        assert len(one.forecasts) == 1

    def test_refuses_what_is_no_open_alert(self) -> None:
        one = a_value(0.1).acknowledge("bob", NINE, alert="silence")

        with pytest.raises(InvalidValueError, match="open and not taken up: none"):
            one.acknowledge("bob", NINE, alert="silence")
        with pytest.raises(InvalidValueError, match=r"alert is 'quiet'.*not taken up: silence"):
            a_value(0.1).acknowledge("bob", NINE, alert="quiet")

    def test_of_one_alert_is_not_that_of_another(self) -> None:
        one = a_value(clv="10").renew(
            "bob", NINE, forecast=a_forecast(p_active=0.1, clv="4"), policy=POLICY
        )

        one = one.acknowledge("bob", NINE, alert="falling")

        assert [(told.code, told.is_unanswered) for told in one.alerts] == [
            ("silence", True),
            ("falling", False),
        ]


class TestRestore:
    def test_takes_up_forecast_and_alerts_of_an_earlier_version(self) -> None:
        first = a_value(0.1)
        later = first.renew("bob", NINE, forecast=a_forecast(p_active=0.9), policy=POLICY)

        back = later.restore("ann", NINE + DAY, earlier=first)

        assert back.forecast == first.forecast
        assert [told.code for told in back.open_alerts] == ["silence"]
        (told,) = back.latest_changes
        assert str(told.why).endswith("as in the version that was restored")
        assert told.why.sentence("zh") == "客户C-7：购买概率偏低，与已恢复的版本一致"

    def test_ends_alerts_that_were_not_there_then(self) -> None:
        first = a_value(0.9)
        later = first.renew("bob", NINE, forecast=a_forecast(p_active=0.1), policy=POLICY)

        back = later.restore("ann", NINE, earlier=first)

        assert back.open_alerts == ()
        assert back.latest_changes[0].why.verdict is False
        assert later.restore("ann", NINE, earlier=later).open_alerts == later.open_alerts

    def test_refuses_the_version_of_another(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a version of 'lifetime_value/C-7'"):
            a_value().restore("ann", NINE, earlier=attrs.evolve(a_value(), id=LifetimeValueId("v")))


class TestExplain:
    def test_tells_both_intervals(self) -> None:
        forecast = attrs.evolve(
            a_forecast(p_active=0.1),
            expected_low=1.1,
            expected_high=1.4,
            clv_low=Money.of(9, "EUR"),
            clv_high=Money.of(12, "EUR"),
            horizon=None,
        )
        one = LifetimeValue.record(
            "v", "ann", NINE, customer="C-7", forecast=forecast, policy=POLICY
        )

        told = one.explain()

        assert told.missing == ()
        assert str(told) == (
            "customer C-7 is worth 11.09 EUR for all time to come (from 9.00 EUR to 12.00 EUR), by "
            "MBGNBD of 2026-03-01: 1.263 purchases expected within 39 weeks (the expectation lies "
            "from 1.1 to 1.4), and between 0 and 6 of them will be counted, each with 95 % "
            "confidence; a customer still with 50 %, buying within 39 weeks with 10 %\n"
            "  customer C-7: chance to buy low, by chance to buy 10 % (< 0.3)"
        )
        assert told.sentence("zh").startswith(
            "客户C-7在今后全部时间内的价值为11.09 EUR（9.00 EUR至12.00 EUR；MBGNBD，"
        )

    def test_says_that_there_are_none(self) -> None:
        assert a_value().explain().missing == (
            "intervals: the parameters were given, or the likelihood is flat",
        )


class TestWholeness:
    def test_forecasts_and_trail_agree(self) -> None:
        with pytest.raises(InvalidValueError, match="one for each recording on the trail, 1"):
            attrs.evolve(a_value(), forecasts=())

    def test_alerts_stand_on_the_trail(self) -> None:
        with pytest.raises(InvalidValueError, match="step is 2: it must be on the trail"):
            attrs.evolve(a_value(), alerts=(ValueAlert(rule=SILENCE, raised=2),))

    @pytest.mark.parametrize(
        ("steps", "said"),
        [
            ({"raised": 0}, "raised is 0"),
            ({"raised": 2, "ended": 2}, "ended is 2: it must come after it was raised"),
            ({"raised": 2, "acknowledged": 1}, "acknowledged is 1"),
        ],
    )
    def test_an_alert_has_its_order(self, steps: dict[str, int], said: str) -> None:
        with pytest.raises(InvalidValueError, match=said):
            ValueAlert(rule=SILENCE, **steps)

    def test_times_have_a_zone(self) -> None:
        with pytest.raises(InvalidValueError, match="time zone"):
            a_value().forecast_at(datetime(2026, 3, 2))

    @given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 10_000)), min_size=1, max_size=8))
    def test_comes_back_from_the_store_whatever_became_of_it(
        self, told: list[tuple[float, int]]
    ) -> None:
        """Alerts of a code are open one at a time, and every change is announced once."""
        (p_active, cents), *rest = told
        one = a_value(p_active, str(cents / 100))
        heard = list(one.latest_changes)
        for p_active, cents in rest:
            forecast = a_forecast(p_active=p_active, clv=str(cents / 100))
            one = one.renew("bob", NINE, forecast=forecast, policy=POLICY)
            heard += one.latest_changes

        stored = LIFETIME_VALUE_CODEC.encode_exactly(one)

        assert LIFETIME_VALUE_CODEC.decode(stored, 1) == one
        assert tuple(heard) == one.changes
        codes = [alert.code for alert in one.open_alerts]
        assert len(codes) == len(set(codes))


class TestRevalued:
    def test_refuses_a_customer_twice(self) -> None:
        with pytest.raises(InvalidValueError, match="customer is 'C-7': it must be named once"):
            revalued((), "ann", NINE, forecasts=[("C-7", a_forecast()), ("C-7", a_forecast())])

    def test_puts_down_nothing_twice(self) -> None:
        assert revalued([a_value()], "bob", NINE, forecasts={"C-7": a_forecast()}) == ()

    def test_renews_who_is_there_and_records_who_is_not(self) -> None:
        changed = revalued(
            [a_value()],
            "bob",
            NINE,
            forecasts={"C-7": a_forecast(p_active=0.1), "C-8": a_forecast(p_active=0.1)},
            policy=POLICY,
        )

        assert [(one.customer, len(one.forecasts), acts(one)) for one in changed] == [
            ("C-7", 2, [("silence", "raised")]),
            ("C-8", 1, [("silence", "raised")]),
        ]
