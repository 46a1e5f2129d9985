"""Chances of counts, one after another, held to scipy's negative binomial distribution."""

import math
from itertools import islice

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from mpmath import loggamma, mp, mpf  # type: ignore[import-untyped]  # it has no stubs
from scipy.stats import nbinom

from crmkit.value import MBGNBD
from crmkit.value.lifetime.beta_future import BetaCustomers
from crmkit.value.lifetime.never_lost import LoyalCustomers
from crmkit.value.lifetime.tails import (
    arrivals,
    asked_one_by_one,
    log_arrival,
    log_stays,
    log_ways,
)


RATE, AGE = np.array([0.3, 2.5, 40.0]), np.array([5.0, 60.0, 12.0])


class TestProducts:
    """Of many factors, held to gamma functions of fifty digits."""

    @pytest.mark.parametrize("count", [0, 1, 64, 65, 66, 1000, 10**6])
    @pytest.mark.parametrize("rate", [1e-8, 0.5, 1.0, 60.0, 1e6])
    def test_of_counts_are_quotients_of_gamma_functions(self, rate: float, count: int) -> None:
        with mp.workdps(50):
            exact = loggamma(mpf(rate) + count) - loggamma(mpf(rate)) - loggamma(count + 1)

        assert log_ways(np.array([rate]), count)[0] == pytest.approx(
            float(exact), rel=1e-12, abs=1e-12
        )

    @pytest.mark.parametrize("count", [0, 1, 64, 65, 66, 1000, 10**6])
    @pytest.mark.parametrize("leave", [1e-8, 1.0, 1e6])
    @pytest.mark.parametrize("stay", [1e-3, 1.5, 1e5])
    def test_of_stays_are_quotients_of_beta_functions(
        self, leave: float, stay: float, count: int
    ) -> None:
        with mp.workdps(50):
            both, own = mpf(leave) + mpf(stay), mpf(stay)
            exact = loggamma(both) - loggamma(both + count) + loggamma(own + count) - loggamma(own)

        assert log_stays(leave, np.array([stay]), count)[0] == pytest.approx(
            float(exact), rel=1e-12, abs=1e-12
        )


class TestArrivals:
    @pytest.mark.parametrize("within", [0.01, 39.0, 5000.0])
    def test_are_those_of_the_negative_binomial_law(self, within: float) -> None:
        told = list(islice(arrivals(RATE, AGE, within), 60))

        for count, chance in enumerate(told):
            # The chance that more than so many come.
            assert chance == pytest.approx(nbinom.sf(count, RATE, AGE / (AGE + within)), abs=1e-13)


class TestTails:
    def test_of_customers_who_may_be_lost_are_those_asked_by_themselves(self) -> None:
        customers = BetaCustomers(rate=RATE, age=AGE, a=0.8, stay=np.array([2.5, 3.5, 9.0]))

        for count, chance in enumerate(islice(customers.tails(39.0, 0.0), 40), start=1):
            alone = customers.tail(39.0, np.full(3, float(count)))
            assert chance == pytest.approx(alone, abs=1e-13)

    @given(
        a=st.floats(0.05, 20), stay=st.floats(0.05, 200), count=st.integers(1, 300),
        within=st.floats(0.1, 1e4),
    )  # fmt: skip
    def test_of_one_count_are_those_of_a_count_for_each(
        self, a: float, stay: float, count: int, within: float
    ) -> None:
        """The chances to survive the purchases before are written three times, of one formula."""
        one = BetaCustomers(rate=RATE[:1], age=AGE[:1], a=a, stay=np.array([stay]))

        told = one.tail(within, np.array([float(count)])).item()

        log = log_stays(a, one.stay, count - 1) + log_arrival(one.rate, one.age, within, count)
        assert told == pytest.approx(math.exp(log.item()), rel=1e-9, abs=1e-290)
        every = next(islice(one.tails(within, 0.0), count - 1, None)).item()
        assert every == pytest.approx(told, abs=1e-11)

    def test_leave_out_who_is_not_likely_any_more(self) -> None:
        customers = LoyalCustomers(rate=RATE, age=AGE)

        told = list(islice(asked_one_by_one(customers, 3, 10.0, 0.2), 60))

        whole = list(islice(customers.tails(10.0, 0.2), 60))
        for before, after, right in zip(whole, told[1:], whole[1:], strict=False):
            likely = before > 0.2
            assert after[likely] == pytest.approx(right[likely], abs=1e-13)
            assert (after[~likely] == 0).all()
        assert (told[-1] == 0).all()


class TestLeastCounts:
    def test_are_those_of_each_row_by_itself(self) -> None:
        """Of more rows than are looked at together, and of some who buy more than sixty times."""
        rng = np.random.default_rng(1)
        x = rng.choice([0, 1, 4, 400], 40_000)
        table = pd.DataFrame({"frequency": x, "recency": np.where(x > 0, 364.0, 0.0), "T": 365.0})
        model = MBGNBD(0.6, 30.0, 0.8, 2.5, unit="D")

        whole = model.count_interval(table, 365)

        alone = model.count_interval(table.drop_duplicates(), 365)
        both = whole.merge(alone, on=["frequency", "recency", "T"], suffixes=("", "_alone"))
        assert len(both) == 40_000
        for end in ("count_low", "count_high"):
            assert (both[end] == both[f"{end}_alone"]).all()
        assert alone["count_high"].max() > 64
