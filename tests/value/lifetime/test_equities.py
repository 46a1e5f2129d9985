"""Customer equity by hand: closed forms of NBD, sums of `clv`, and levers one at a time."""

import math

import numpy as np
import pandas as pd
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, FrozenMap, Share
from crmkit.value import (
    BGBB,
    MBGNBD,
    NBD,
    CovariateModel,
    CustomerEquity,
    EquityLever,
    GammaGamma,
    ParetoNBD,
    ShiftedBetaGeometric,
    customer_equity,
)
from crmkit.value.lifetime import TimedModel

from .cdnow import sample


TABLE = pd.DataFrame(
    {
        "frequency": [2, 0, 2], "recency": [30.43, 0.0, 30.43], "T": [38.86, 20.0, 38.86],
        "monetary": [22.35, 5.0, 10.0],
    }
)  # fmt: skip
NBD_MODEL = NBD(0.6, 9.0, unit="W")
FORCE = math.log1p(0.15) / (365.25 / 7)


def equity(model: TimedModel = NBD_MODEL, **more: object) -> CustomerEquity:
    asked: dict[str, object] = {
        "horizon": 52, "discount": 0.15, "margin": 0.3, "newcomers": 4.0, "newcomer_spend": 20.0,
        "acquisition_cost": 7.0,
    }  # fmt: skip
    return customer_equity(model, TABLE, **{**asked, **more})  # type: ignore[arg-type]  # as told


def future_by_hand(margin: float = 0.3, cost: float = 7.0, come: float = 4.0) -> float:
    """A newcomer's rate is r/alpha for ever: both integrals have closed forms."""
    arrivals = -math.expm1(-FORCE * 52) / FORCE
    later = 0.6 / 9.0 / FORCE * (arrivals - 52 * math.exp(-FORCE * 52))
    return come * ((margin * 20 - cost) * arrivals + margin * 20 * later)


def current_by_hand(margin: float = 0.3) -> float:
    rate = (0.6 + TABLE["frequency"]) / (9.0 + TABLE["T"])
    return float(margin * (rate * TABLE["monetary"]).sum() * -math.expm1(-FORCE * 52) / FORCE)


class TestWorth:
    def test_is_that_of_the_closed_forms(self) -> None:
        told = equity()

        assert told.current == pytest.approx(current_by_hand())
        assert told.future == pytest.approx(future_by_hand())
        assert told.total == pytest.approx(current_by_hand() + future_by_hand())
        assert (told.customers, told.newcomers) == (3, 208.0)

    def test_without_discount_adds_up(self) -> None:
        """By hand: 52 weeks of 4 newcomers, each worth his rate for half of them on average."""
        told = equity(discount=0)

        assert told.future == pytest.approx(4 * 52 * (6 - 7 + 6 * 0.6 / 9 * 26))

    def test_of_the_current_is_the_sum_of_their_lifetime_values(self) -> None:
        model, spend = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W"), GammaGamma(6.25, 3.74, 15.44)

        told = equity(model, spend=spend, newcomers=0)

        worth = model.clv(TABLE, 52, 0.15, spend=spend, margin=0.3)["clv"]
        assert told.current == pytest.approx(worth.sum())
        assert told.future == 0.0

    @pytest.mark.parametrize(
        "model",
        [MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W"), ParetoNBD(0.5, 10, 0.6, 11, unit="W")],
    )
    def test_of_the_future_sums_up_week_by_week(self, model: MBGNBD | ParetoNBD) -> None:
        """The same by the trapezoidal rule over a tenth of a week."""
        spend = GammaGamma(6.25, 3.74, 15.44)
        came = np.linspace(0, 52, 521)
        newcomer = model.new_customer()
        worth = [0.3 * spend.new_customer() - 7.0 + (
            newcomer.clv(52 - at, 0.15, spend=spend, margin=0.3) if at < 52 else 0.0
        ) for at in came]  # fmt: skip

        told = equity(model, spend=spend)

        by_hand = 4 * np.trapezoid(np.array(worth) * np.exp(-FORCE * came), came)
        assert told.future == pytest.approx(by_hand, rel=1e-4)

    @pytest.mark.parametrize(
        "model",
        [
            BGBB(1.2, 0.75, 0.657, 2.78),
            ShiftedBetaGeometric(0.704, 1.182),
            CovariateModel(
                MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W"), buying=FrozenMap({"web": 0.5})
            ),
        ],
    )
    def test_refuses_by_name_a_model_that_is_none_of_time(self, model: TimedModel) -> None:
        name = type(model).__name__

        with pytest.raises(InvalidValueError, match=rf"{name}: it must be .*add up its clv"):
            equity(model)


class TestIntervals:
    def test_of_one_customer_are_those_of_his_value(self) -> None:
        """`clv` has its interval on the logarithm; the slope of one is the other's."""
        table = sample().iloc[[5]].assign(frequency=3, recency=20.0, monetary=30.0)
        model, spend = MBGNBD.fit(sample()), GammaGamma.fit(sample())

        told = customer_equity(model, table, horizon=52, discount=0.1, spend=spend).current

        one = model.clv(table, 52, 0.1, spend=spend).iloc[0]
        assert isinstance(told, Estimate)
        reach = told.value * math.log(one["clv_high"] / one["clv"])
        assert told.high - told.value == pytest.approx(reach, rel=1e-4)
        assert told.value - told.low == pytest.approx(reach, rel=1e-4)
        assert told.n == 2357

    def test_know_that_both_parts_hang_on_the_same_parameters(self) -> None:
        """By hand for NBD: slopes by log r and log alpha of both sums, through the covariance."""
        model = NBD.fit(sample())
        assert model.fitted is not None
        r, alpha = model.r, model.alpha
        arrivals = -math.expm1(-FORCE * 52) / FORCE
        x, age = TABLE["frequency"], TABLE["T"]
        part = 0.3 * TABLE["monetary"] * arrivals / (alpha + age)
        later = 4 * 6 * r / alpha / FORCE * (arrivals - 52 * math.exp(-FORCE * 52))
        slopes = np.array(
            [
                float((part * r).sum()) + later,
                -float((part * (r + x) * alpha / (alpha + age)).sum()) - later,
            ]
        )

        told = equity(model).total

        assert isinstance(told, Estimate)
        variance = slopes @ np.array(model.fitted.covariance) @ slopes
        assert told.high - told.value == pytest.approx(1.959964 * variance**0.5, rel=1e-5)

    def test_are_not_there_where_nobody_knows_how_sure_the_spend_is(self) -> None:
        """As of `clv`, which has none either."""
        model, spend = NBD.fit(sample()), GammaGamma(6.25, 3.74, 15.44)

        told = equity(model, spend=spend)

        assert model.clv(TABLE, 52, 0.15, spend=spend)["clv_low"].isna().all()
        assert not isinstance(told.current, Estimate)
        assert not isinstance(told.total, Estimate)

    def test_are_not_there_without_a_fit(self) -> None:
        told = equity()

        assert not isinstance(told.total, Estimate)
        assert "(from" not in str(told.explain())
        assert "至" not in told.explain().sentence("zh").splitlines()[0]
        assert told.explain().find("low").value is None
        assert told.explain().missing == (
            "an interval: the parameters were given, or the likelihood is flat",
        )


class TestSensitivity:
    def test_moves_one_lever_at_a_time(self) -> None:
        """By hand, of the closed forms with one number changed by a fifth."""
        told, whole = equity(change=Share(0.2)), current_by_hand() + future_by_hand()
        by_hand = {
            EquityLever.MARGIN: current_by_hand(0.36) + future_by_hand(0.36) - whole,
            EquityLever.ACQUISITION_COST: current_by_hand() + future_by_hand(cost=5.6) - whole,
            EquityLever.NEWCOMERS: current_by_hand() + future_by_hand(come=4.8) - whole,
            EquityLever.RETENTION: 0.0,  # nobody is lost
        }

        for lever, better in by_hand.items():
            assert told.sensitivity(lever).better == pytest.approx(better)
            assert told.sensitivity(lever).worse == pytest.approx(better)
        assert told.sensitivity(EquityLever.DISCOUNT).better == pytest.approx(
            equity(discount=0.12).total - whole
        )

    def test_of_retention_is_that_of_fewer_losses_to_come(self) -> None:
        """A newcomer has no past: for him fewer losses are a model with a smaller `a`."""
        model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
        kept = MBGNBD(0.525, 6.183, 0.9 * 0.891, 1.614, unit="W")
        few = {"horizon": 52.0, "newcomers": 1e9}  # beside whom the current ones are nothing

        told = equity(model, **few).sensitivity(EquityLever.RETENTION)

        gain = equity(kept, **few).future - equity(model, **few).future
        assert told.better == pytest.approx(gain, rel=1e-6)

    def test_of_retention_leaves_the_past_alone(self) -> None:
        """Fader and Hardie (2005), equation 41, with s of the future alone a tenth smaller."""
        r, alpha, s, beta = 0.553, 10.578, 0.606, 11.669
        model = ParetoNBD(r, alpha, s, beta, unit="W")
        alive = model.p_alive(TABLE)["p_alive"]
        age = TABLE["T"]

        def ahead(s: float) -> pd.Series:
            fall = 1 - ((beta + age) / (beta + age + 52)) ** (s - 1)
            return (r + TABLE["frequency"]) * (beta + age) / (alpha + age) / (s - 1) * fall

        told = equity(model, discount=0, newcomers=0)

        by_hand = (0.3 * TABLE["monetary"] * alive * (ahead(0.9 * s) - ahead(s))).sum()
        assert told.sensitivity(EquityLever.RETENTION).better == pytest.approx(by_hand)

    def test_of_a_loss_counts_as_it_hurts(self) -> None:
        told = equity(margin=-0.5, newcomers=0)

        assert told.sensitivity(EquityLever.MARGIN).better > 0

    def test_is_that_of_any_lever_that_was_asked(self) -> None:
        bare = CustomerEquity(
            current=1.0, future=0.0, total=1.0, customers=1, newcomers=0.0, horizon=1.0, unit="W",
            margin=1.0, discount=0.0, acquisition_cost=0.0, sensitivities=(),
        )  # fmt: skip

        with pytest.raises(InvalidValueError, match="must be one that was asked"):
            bare.sensitivity(EquityLever.MARGIN)


class TestExplain:
    def test_tells_parts_and_levers(self) -> None:
        model = NBD.fit(sample())

        why = equity(model).explain()

        assert why.missing == ()
        assert str(why).startswith("customer equity within 52 weeks: ")
        assert len(why.because) == 5
        weights = [abs(told.better) for told in equity(model).sensitivities]
        assert weights == sorted(weights, reverse=True)
        assert "现有3位客户" in why.sentence("zh")

    def test_says_that_intervals_of_few_customers_are_too_narrow(self) -> None:
        why = equity(NBD.fit(sample().head(400))).explain()

        assert why.because[-1].find("customers").value == 400
        assert "rest on a fit of 400 customers and are too narrow" in str(why)
        assert "with fewer than 1,000 they" in str(why)

    def test_says_so_where_few_tell_the_spend(self) -> None:
        """The interval carries the doubt in both fits, and holds no better than the worse one."""
        spend = GammaGamma.fit(sample()[sample()["frequency"] > 0].head(400))
        model = NBD.fit(sample())

        told = equity(model, spend=spend)
        column = equity(model)

        assert told.fitted_on == 400
        assert told.explain().because[-1].find("customers").value == 400
        assert len(told.explain().because) == 1 + len(told.sensitivities)
        assert column.fitted_on == 2357
        assert len(column.explain().because) == len(column.sensitivities)


class TestRefuse:
    @pytest.mark.parametrize(
        ("more", "rule"),
        [
            ({"newcomer_spend": None}, "newcomer_spend is missing"),
            ({"newcomer_spend": -1.0}, "newcomer_spend is -1.0"),
            ({"newcomers": math.nan}, "newcomers is nan"),
            ({"acquisition_cost": True}, "acquisition_cost is True"),
            ({"horizon": math.inf}, "horizon is inf: it must be a finite number"),
            ({"change": 1.0}, "change is 1.0: it must lie between 0 and 1"),
            ({"margin": 1.5}, "margin is 1.5"),
            ({"spend": "nothing"}, "nothing is missing"),
        ],
    )
    def test_what_cannot_be(self, more: dict[str, object], rule: str) -> None:
        with pytest.raises(InvalidValueError, match=rule):
            equity(NBD_MODEL, **more)
