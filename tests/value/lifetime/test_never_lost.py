"""NBD against scipy's negative binomial, its published formulas, and its own simulation."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.optimize import check_grad
from scipy.special import gammaln
from scipy.stats import nbinom

from crmkit.value import NBD
from crmkit.value.lifetime.never_lost import NeverLost
from crmkit.value.lifetime.rows import Histories


MODEL = NBD(0.6, 9.0, unit="W")
ROWS = pd.DataFrame({"frequency": [0, 2, 40], "recency": [0.0, 11.0, 30.0], "T": [5.0, 20.0, 31.0]})


class TestLikelihood:
    def test_is_the_published_one(self) -> None:
        """Morrison and Schmittlein (1988): a gamma mixture of Poisson processes."""
        r, alpha = 0.6, 9.0
        x, age = ROWS["frequency"].to_numpy(), ROWS["T"].to_numpy()

        told = MODEL.log_likelihood_of(ROWS)

        log = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age)
        assert told == pytest.approx(log.sum(), rel=1e-12)

    def test_has_the_slopes_of_itself(self) -> None:
        rows = Histories(
            np.array([0, 2, 40]), np.zeros(3), np.array([5.0, 20.0, 31.0]), np.array([3.0, 2, 1])
        )
        at = NeverLost().objective(rows)

        def value(theta: NDArray[np.float64]) -> float:
            return at(theta)[0]

        def slopes(theta: NDArray[np.float64]) -> NDArray[np.float64]:
            return at(theta)[1]

        off = check_grad(value, slopes, np.log([0.6, 9.0]))

        assert off < 1e-4

    def test_of_a_fit_is_that_of_its_customers(self) -> None:
        table = pd.concat([ROWS.assign(customer_id=[1, 2, 3])])

        model = NBD.fit(table, unit="W", penalty=0.001)

        assert model.log_likelihood == pytest.approx(model.log_likelihood_of(table))


class TestPrediction:
    def test_is_the_negative_binomial(self) -> None:
        """Of rate (r + x)/(alpha + T): scipy.stats.nbinom."""
        within = 13.0
        future = nbinom(0.6 + ROWS["frequency"], 1 / (1 + within / (9.0 + ROWS["T"])))

        for count in (0, 1, 5):
            assert MODEL.pmf(ROWS, within, count)["pmf"].to_numpy() == pytest.approx(
                future.pmf(count), rel=1e-12
            )
        assert MODEL.expected(ROWS, within)["expected"].to_numpy() == pytest.approx(future.mean())
        active = MODEL.p_active(ROWS, within)["p_active"].to_numpy()
        assert active == pytest.approx(future.sf(0))
        told = MODEL.count_interval(ROWS, within)
        assert told["count_low"].tolist() == list(np.asarray(future.ppf(0.025)))
        assert told["count_high"].tolist() == list(np.asarray(future.ppf(0.975)))

    def test_waits_as_long_as_the_chance_needs(self) -> None:
        wait = MODEL.next_purchase(ROWS, chance=0.7)["next_purchase"].to_numpy()

        for place, within in enumerate(wait):
            row = ROWS.iloc[[place]]
            assert MODEL.p_active(row, within)["p_active"].item() == pytest.approx(0.7)

    def test_discounts_a_steady_flow(self) -> None:
        """By hand: a rate for ever is worth it over the force of discount."""
        force = np.log1p(0.1) / (365.25 / 7)
        rate = ((0.6 + ROWS["frequency"]) / (9.0 + ROWS["T"])).to_numpy()

        assert MODEL.dert(ROWS, 0.1)["dert"].to_numpy() == pytest.approx(rate / force)
        worth = MODEL.clv(ROWS.assign(monetary=1.0), 52, 0)["clv"]
        assert worth.to_numpy() == pytest.approx(rate * 52)

    def test_loses_nobody(self) -> None:
        assert MODEL.p_alive(ROWS)["p_alive"].tolist() == [1.0, 1.0, 1.0]


class TestFit:
    def test_finds_what_was_simulated(self) -> None:
        rng = np.random.default_rng(8)
        age = rng.uniform(20, 60, 4000)
        bought = rng.poisson(rng.gamma(0.7, 1 / 11, 4000) * age)
        recency = np.where(bought > 0, age * rng.random(4000) ** (1 / np.maximum(bought, 1)), 0.0)
        table = pd.DataFrame({"frequency": bought, "recency": recency, "T": age, "unit": "W"})

        model = NBD.fit(table)

        for name, true in (("r", 0.7), ("alpha", 11.0)):
            found = model.estimate(name, confidence=0.999)
            assert found.low < true < found.high
