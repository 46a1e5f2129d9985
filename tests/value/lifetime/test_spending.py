"""Gamma-Gamma: published numbers, mean spends, and what has none."""

import math

import mpmath as mp  # type: ignore[import-untyped]  # it has no stubs
import numpy as np
import pandas as pd
import pytest

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel import Estimate, FrozenMap
from crmkit.value import (
    MBGNBD,
    CovariateModel,
    GammaGamma,
    ShiftedBetaGeometric,
    customer_equity,
)

from .cdnow import sample


PUBLISHED = GammaGamma(6.25, 3.74, 15.44)


class TestFit:
    def test_gives_the_published_parameters(self) -> None:
        """Fader and Hardie (2013): p 6.25, q 3.74, v 15.44 on the CDNOW sample."""
        model = GammaGamma.fit(sample())

        assert list(model.parameters.values()) == pytest.approx([6.25, 3.74, 15.44], abs=5e-3)
        assert model.fitted is not None
        assert model.fitted.customers == (sample()["frequency"] > 0).sum()

    def test_knows_no_currency_after_its_jacobian(self) -> None:
        dollars = sample()
        cents = dollars.assign(monetary=100 * dollars["monetary"])

        told, small = GammaGamma.fit(dollars), GammaGamma.fit(cents)

        assert small.v == pytest.approx(100 * told.v, rel=1e-6)
        jacobian = (dollars["frequency"] > 0).sum() * math.log(100)
        assert (small.log_likelihood or 0) + jacobian == pytest.approx(told.log_likelihood)

    def test_likelihood_is_the_published_formula(self) -> None:
        table = pd.DataFrame({"frequency": [2, 1000, 0], "monetary": [22.35, 0.31, 0.0]})
        by_hand = mp.mpf(0)
        p, q, v = map(mp.mpf, (6.25, 3.74, 15.44))
        for x, mean in ((2, mp.mpf(22.35)), (1000, mp.mpf(0.31))):
            by_hand += mp.loggamma(p * x + q) - mp.loggamma(p * x) - mp.loggamma(q)
            by_hand += q * mp.log(v) + (p * x - 1) * mp.log(mean) + p * x * mp.log(x)
            by_hand -= (p * x + q) * mp.log(v + x * mean)

        told = PUBLISHED.log_likelihood_of(table)

        assert told == pytest.approx(float(by_hand), rel=1e-11)

    def test_recovers_what_was_simulated(self) -> None:
        rng = np.random.default_rng(4)
        n = 20_000
        rate = rng.gamma(3.74, 1 / 15.44, n)
        x = rng.integers(0, 9, n)
        mean = rng.gamma(6.25 * np.maximum(x, 1), 1 / rate) / np.maximum(x, 1) * (x > 0)

        model = GammaGamma.fit(pd.DataFrame({"frequency": x, "monetary": mean}))

        errors = model.summary["standard_error"].to_numpy()
        assert (np.abs(model.summary["value"] - [6.25, 3.74, 15.44]) < 4 * errors).all()

    def test_weights_stand_for_customers(self) -> None:
        table = pd.DataFrame({"frequency": [1, 2, 3], "monetary": [9.0, 21.0, 14.0]})
        each = table.loc[table.index.repeat([30, 20, 10])]

        told = GammaGamma.fit(table, weights=[30, 20, 10], penalty=0.01)

        assert told.parameters == pytest.approx(GammaGamma.fit(each, penalty=0.01).parameters)

    @pytest.mark.parametrize(
        ("frequency", "monetary", "says"),
        [
            ([1, 2], [9.0, 0.0], "monetary is 0.0: it must be above 0 where frequency is, as in"),
            ([1, 1], [9.0, -3.0], "must be above 0"),
            ([1, 1.5], [9.0, 3.0], "frequency is 1.5: it must be a whole number, as in row 1"),
            ([1, -1], [9.0, 3.0], "must not be negative"),
            ([0, 0], [0.0, 0.0], "table is without repeat purchases"),
        ],
    )
    def test_refuses_what_is_no_spend(
        self, frequency: list[float], monetary: list[float], says: str
    ) -> None:
        table = pd.DataFrame({"frequency": frequency, "monetary": monetary})

        with pytest.raises(InvalidValueError, match=says):
            GammaGamma.fit(table)


class TestSpend:
    def test_is_the_published_mean(self) -> None:
        """p (v + x m)/(p x + q - 1), equation 5."""
        table = pd.DataFrame({"frequency": [2, 0], "monetary": [22.35, 0.0]})

        told = PUBLISHED.spend(table)

        known = 6.25 * (15.44 + 2 * 22.35) / (6.25 * 2 + 3.74 - 1)
        assert told["spend"].tolist() == pytest.approx([known, 6.25 * 15.44 / 2.74])
        assert told["spend_low"].isna().all()
        assert PUBLISHED.new_customer() == pytest.approx(6.25 * 15.44 / 2.74)

    def test_has_an_interval_after_a_fit(self) -> None:
        model = GammaGamma.fit(sample())

        told = model.spend(sample().head(5), confidence=0.9)

        assert (told["spend_low"] < told["spend"]).all()
        assert (told["spend"] < told["spend_high"]).all()
        newcomer = model.new_customer()
        assert isinstance(newcomer, Estimate)
        assert newcomer.low < newcomer < newcomer.high

    def test_of_customers_without_repeats_needs_q_above_1(self) -> None:
        endless = GammaGamma(6.25, 0.9, 15.44)
        table = pd.DataFrame({"frequency": [2, 0], "monetary": [22.35, 0.0]})

        with pytest.raises(InvalidValueError, match="the mean of all has no end"):
            endless.spend(table)

        assert endless.spend(table.head(1))["spend"][0] > 22.35


class TestWorth:
    def test_is_purchases_by_spend_by_margin(self) -> None:
        buying = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
        table = sample().head(20)
        undiscounted = buying.expected(table, 52)["expected"]

        told = buying.clv(table, 52, 0.0, spend=PUBLISHED, margin=0.3)

        spend = PUBLISHED.spend(table)["spend"]
        assert told["clv"].tolist() == pytest.approx((0.3 * spend * undiscounted).tolist())

    def test_carries_both_models_uncertainty(self) -> None:
        buying, spending = MBGNBD.fit(sample()), GammaGamma.fit(sample())
        table = sample().assign(price=35.0).head(3)

        both = buying.clv(table, 52, 0.15, spend=spending)
        one = buying.clv(table, 52, 0.15, spend="price")
        loss = buying.clv(table, 52, 0.15, spend="price", margin=-0.1)

        wide, narrow = (np.log(told["clv_high"] / told["clv_low"]) for told in (both, one))
        assert (wide > narrow).all()
        assert (loss["clv_low"] < loss["clv"]).all()
        assert loss["clv"].tolist() == pytest.approx((-0.1 * one["clv"]).tolist())

    def test_of_who_bought_once_is_not_nothing_without_a_word(self) -> None:
        """Nobody knows the mean of repeat purchases of who has none."""
        plain = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
        model = CovariateModel(plain, buying=FrozenMap({"web": 0.5}))
        told = [(2, 30.43, 38.86, 22.35, 0), (0, 0.0, 38.86, 0.0, 0), (0, 0.0, 9.0, 0.0, 1)]
        table = pd.DataFrame(told, columns=["frequency", "recency", "T", "monetary", "web"])
        says = r"monetary is 0 in 2 rows .* nobody knows .* spend=GammaGamma\.fit\(table\)"

        for asked in (
            lambda: plain.clv(table, 52, 0.15),
            lambda: model.clv(table, 52, 0.15),
            lambda: customer_equity(plain, table, horizon=52, discount=0.15),
        ):
            with pytest.warns(AssumptionWarning, match=says) as warned:
                asked()
            assert len(warned) == 1
            assert warned[0].filename == __file__

        # A column with what they will spend, and a model, need no word.
        plain.clv(table.assign(price=9.0), 52, 0.15, spend="price")
        model.clv(table, 52, 0.15, spend=PUBLISHED)
        customer_equity(plain, table, horizon=52, discount=0.15, spend=PUBLISHED)

    def test_of_who_will_not_buy_again_is_nothing_without_a_word(self) -> None:
        contracts = pd.DataFrame({"frequency": [0], "T": [2], "fee": [0.0]})

        told = ShiftedBetaGeometric(0.704, 1.182).clv(contracts, 5, 0.1, spend="fee")

        assert told["clv"].tolist() == [0.0]

    def test_of_a_newcomer(self) -> None:
        buying, spending = MBGNBD.fit(sample()), GammaGamma.fit(sample())
        newcomer = buying.new_customer()

        worth = newcomer.clv(52, 0.15, spend=spending, margin=0.5)

        assert isinstance(worth, Estimate)
        plain = newcomer.clv(52, 0.15, spend=1.0)
        assert worth == pytest.approx(0.5 * plain * spending.new_customer())
        endless = newcomer.clv(math.inf, 0.15, spend=1.0)
        assert endless == pytest.approx(newcomer.dert(0.15))
        assert newcomer.clv(52, 0.15, spend=1.0, margin=-1.0) == pytest.approx(-plain)
