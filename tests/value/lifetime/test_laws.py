"""Likelihood, P(alive) and expectation against the published formulas in fifty digits."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from crmkit.value import BGNBD, MBGNBD, ParetoNBD
from crmkit.value.lifetime.beta_drop_out import BetaDropOut
from crmkit.value.lifetime.contract_law import ContractLaw
from crmkit.value.lifetime.law import Law
from crmkit.value.lifetime.occasion_law import OccasionLaw
from crmkit.value.lifetime.pareto_drop_out import ParetoDropOut
from crmkit.value.lifetime.prediction import Oracle
from crmkit.value.lifetime.rows import Floats, Histories

from .oracles import Exact, beta_drop_out, error, log_pmf, pareto_drop_out


EXTREME = (
    (0, 0.0, 39.0),
    (0, 0.0, 0.3),
    (0, 0.0, 0.0),
    (1, 0.2, 0.3),
    (1, 30.0, 39.0),
    (2, 38.0, 38.0),
    (132, 38.5, 39.0),
    (300, 0.7, 0.9),
    (1000, 39.0, 39.0),
    (1000, 20.0, 39.0),
    (1000, 0.5, 0.5),
)
"""x up to 1,000, the last purchase at the end of the record, ages below one unit."""

BETA = (
    (0.243, 4.414, 0.793, 2.426),
    (0.525, 6.183, 0.891, 1.614),
    (0.243, 4.4, 1.0, 2.4),
    (0.243, 4.4, 1 + 1e-6, 2.4),
    (0.243, 4.4, 1 - 1e-9, 0.4),
    (0.1, 0.05, 0.05, 0.1),
    (0.3, 100.0, 1e-4, 2.0),
    (50.0, 3.0, 300.0, 200.0),
)
"""As published; a at 1 and near it; a + b far below 1; all large."""

PARETO = (
    (0.553, 10.578, 0.606, 11.669),
    (0.553, 10.0, 0.606, 1e-3),
    (0.05, 0.01, 0.2, 20.0),
    (5.0, 200.0, 1.0, 1.0),
    (1.0, 1.0, 1 + 1e-8, 1.0),
    (20.0, 1e3, 0.05, 1e-2),
    (0.5, 1e5, 3.0, 1e6),
)
"""As published; alpha and beta far apart; s at 1 and near it."""


def rows_of(told: Sequence[tuple[float, float, float]]) -> Histories:
    x, recency, age = (np.array(column) for column in zip(*told, strict=True))
    return Histories(x.astype(np.int64), recency, age, np.ones(len(x)))


def told_of(law: Law, theta: Floats, rows: Histories, within: float) -> list[Exact]:
    log = law.log_likelihoods(theta, rows)
    oracle = Oracle(law, theta, None, 0.95)
    alive = oracle.alive(rows).value
    ahead = oracle.amount(rows, lambda customers: customers.expected(within)).value
    return [Exact(*one) for one in zip(log, alive, ahead, strict=True)]


class TestExactness:
    @pytest.mark.parametrize("within", [0.01, 1000.0])
    @pytest.mark.parametrize("first", [0, 1])
    @pytest.mark.parametrize("parameters", BETA)
    def test_of_beta_drop_out_is_nine_digits(
        self, parameters: tuple[float, ...], first: int, within: float
    ) -> None:
        told = told_of(BetaDropOut(first), np.log(parameters), rows_of(EXTREME), within)

        for row, one in zip(EXTREME, told, strict=True):
            exact = beta_drop_out(parameters, row, within, first=first)
            assert abs(one.log_likelihood - exact.log_likelihood) < 1e-9
            assert error(one.p_alive, exact.p_alive) < 1e-10
            assert error(one.expected, exact.expected) < 1e-9

    @pytest.mark.parametrize("within", [0.01, 1000.0])
    @pytest.mark.parametrize("parameters", PARETO)
    def test_of_pareto_drop_out_is_nine_digits(
        self, parameters: tuple[float, ...], within: float
    ) -> None:
        told = told_of(ParetoDropOut(), np.log(parameters), rows_of(EXTREME), within)

        for row, one in zip(EXTREME, told, strict=True):
            exact = pareto_drop_out(parameters, row, within)
            assert abs(one.log_likelihood - exact.log_likelihood) < 1e-9
            assert error(one.p_alive, exact.p_alive) < 1e-9
            assert error(one.expected, exact.expected) < 1e-9


LAWS: dict[str, tuple[Law, tuple[tuple[float, ...], ...], Histories]] = {
    "BG/NBD": (BetaDropOut(0), BETA, rows_of(EXTREME)),
    "MBG/NBD": (BetaDropOut(1), BETA, rows_of(EXTREME)),
    "Pareto/NBD": (ParetoDropOut(), PARETO, rows_of(EXTREME)),
    "BG/BB": (
        OccasionLaw(),
        ((1.204, 0.750, 0.657, 2.783), (0.1, 3.0, 20.0, 0.5)),
        rows_of([(0, 0, 0), (0, 0, 6), (1, 6, 6), (3, 4, 5), (1, 1, 2), (6, 6, 6)]),
    ),
    "sBG": (
        ContractLaw(),
        ((0.704, 1.182), (3.0, 0.1)),
        rows_of([(0, 0, 1), (0, 0, 0), (3, 3, 4), (5, 5, 5), (2, 2, 3)]),
    ),
}


@pytest.mark.parametrize("name", LAWS)
class TestObjective:
    def test_is_the_sum_of_the_weighted_log_likelihoods(self, name: str) -> None:
        law, settings, rows = LAWS[name]
        weighted = Histories(rows.x, rows.recency, rows.age, np.arange(1.0, len(rows) + 1))
        for parameters in settings:
            theta = np.log(parameters)

            value, _ = law.objective(weighted)(theta)

            assert value == pytest.approx(weighted.weight @ law.log_likelihoods(theta, rows))

    def test_has_the_gradient_of_its_differences(self, name: str) -> None:
        law, settings, rows = LAWS[name]
        objective = law.objective(rows)
        for parameters in settings:
            theta = np.log(parameters)

            _, slopes = objective(theta)

            sides = np.eye(len(theta)) * 1e-5
            differences = [
                (objective(theta + side)[0] - objective(theta - side)[0]) / 2e-5 for side in sides
            ]
            assert slopes == pytest.approx(differences, rel=2e-5, abs=2e-5 * np.abs(slopes).max())


@st.composite
def asked(draw: st.DrawFn) -> tuple[Law, Floats, Histories, float]:
    """Draw a law with parameters, some customers, and a stretch of time."""
    laws: list[Law] = [BetaDropOut(0), BetaDropOut(1), ParetoDropOut()]
    law = draw(st.sampled_from(laws))
    theta = np.array(draw(st.lists(st.floats(-3, 4), min_size=4, max_size=4)))
    told = []
    for _ in range(draw(st.integers(1, 4))):
        age = draw(st.floats(0.125, 100))
        x = draw(st.integers(0, 30))
        told.append((x, age * draw(st.floats(0.01, 1)) if x else 0.0, age))
    return law, theta, rows_of(told), draw(st.floats(0.01, 200))


class TestProperties:
    @given(asked())
    def test_chances_lie_between_0_and_1(self, drawn: tuple[Law, Floats, Histories, float]) -> None:
        law, theta, rows, within = drawn
        oracle = Oracle(law, theta, None, 0.95)

        alive = oracle.alive(rows).value
        active = oracle.chance(rows, lambda customers: customers.active(within)).value

        assert ((alive >= 0) & (alive <= 1)).all()
        assert ((active >= 0) & (active <= alive + 1e-12)).all()

    @given(asked())
    def test_chances_of_all_counts_sum_to_1(
        self, drawn: tuple[Law, Floats, Histories, float]
    ) -> None:
        law, theta, rows, within = drawn
        oracle = Oracle(law, theta, None, 0.95)
        customers, alive = law.customers(theta, rows), oracle.alive(rows).value
        few = np.full(len(rows), 21.0)

        told = sum(oracle.count_chance(rows, within, count).value for count in range(21))

        assert told + alive * customers.tail(within, few) == pytest.approx(1, abs=1e-9)

    @pytest.mark.parametrize("within", [1e-300, 1e-20, 1e-9, 1e-3])
    @pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD", "Pareto/NBD"])
    def test_chances_of_counts_are_numbers_however_soon(self, name: str, within: float) -> None:
        """Nobody buys in no time: the chance of nothing comes to 1, that of much to 0."""
        law, settings, rows = LAWS[name]
        for parameters in settings:
            oracle = Oracle(law, np.log(parameters), None, 0.95)

            none, much = (oracle.count_chance(rows, within, n).value for n in (0, 2000))

            assert ((none >= 0) & (none <= 1)).all()
            assert much.tolist() == [0.0] * len(rows)
            active = oracle.chance(rows, lambda customers: customers.active(within)).value
            assert none + active == pytest.approx(1, abs=1e-12)

    @pytest.mark.parametrize("within", [0.5, 21.0, 200.0, 1e5])
    def test_expectations_are_nine_digits_where_loss_is_all_but_sure(self, within: float) -> None:
        """He would buy hundreds of times, but is lost, after some of them, for certain."""
        theta, row = np.array([4.0, 0.0, -1.0, 0.0]), (0, 0.0, 0.125)

        # A warning fails, as any does: no logarithm is taken of what is rounded to 0.
        told = BetaDropOut(0).customers(theta, rows_of([row])).expected(within).item()

        exact = beta_drop_out(tuple(np.exp(theta).tolist()), row, within, first=0).expected
        assert error(told, exact) < 1e-9

    @pytest.mark.parametrize("within", [1e-100, 1e3, 1e6, 1e9, 1e12])
    @pytest.mark.parametrize("a", [0.05, 0.3, 0.793, 1.2])
    def test_expectations_of_any_horizon_are_nine_digits(self, a: float, within: float) -> None:
        parameters, row = (0.243, 4.414, a, 2.426), (1, 0.3, 0.5)
        table = pd.DataFrame([row], columns=["frequency", "recency", "T"])

        told = MBGNBD(*parameters, unit="W").expected(table, within)["expected"].item()

        # In no time at all the formula cancels: he buys at his rate.
        exact = beta_drop_out(parameters, row, within, first=1)
        soon = exact.p_alive * 1.243 / 4.914 * within
        assert error(told, soon if within < 1 else exact.expected) < 1e-9

    @pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD", "Pareto/NBD"])
    @pytest.mark.parametrize(
        ("within", "count"),
        [(39.0, 0), (39.0, 3), (39.0, 300), (0.01, 200), (1e5, 40), (39.0, 10**5)],
    )
    def test_logarithms_of_chances_of_counts_are_nine_digits(
        self, name: str, within: float, count: int
    ) -> None:
        """200 purchases in a hundredth of a week: far below what a float can hold."""
        kind = {"BG/NBD": BGNBD, "MBG/NBD": MBGNBD, "Pareto/NBD": ParetoNBD}[name]
        parameters = (0.553, 10.578, 0.606, 11.669)
        row = (2, 30.43, 38.86)
        table = pd.DataFrame([row], columns=["frequency", "recency", "T"])

        told = kind(*parameters, unit="W").log_pmf(table, within, count)["log_pmf"].item()

        assert error(told, log_pmf(name, parameters, row, within, count)) < 1e-9

    @given(asked())
    def test_expectations_rise_with_time(self, drawn: tuple[Law, Floats, Histories, float]) -> None:
        law, theta, rows, within = drawn
        customers = law.customers(theta, rows)

        sooner, later = customers.expected(within), customers.expected(1.5 * within)

        assert (sooner > 0).all()
        assert (later >= sooner * (1 - 1e-12)).all()

    @given(asked())
    def test_the_discounted_are_fewer_and_come_near_the_undiscounted(
        self, drawn: tuple[Law, Floats, Histories, float]
    ) -> None:
        law, theta, rows, within = drawn
        customers = law.customers(theta, rows)
        plain = customers.expected(within)

        assert customers.discounted(within, 0.0).tolist() == plain.tolist()
        assert customers.discounted(within, 1e-9) == pytest.approx(plain, rel=1e-6)
        assert (customers.discounted(within, 0.1) < plain).all()

    @given(asked())
    def test_the_wait_is_the_time_by_which_that_share_has_come(
        self, drawn: tuple[Law, Floats, Histories, float]
    ) -> None:
        law, theta, rows, _ = drawn
        customers = law.customers(theta, rows)

        waits = customers.wait(np.full(len(rows), 0.25))

        for place, wait in enumerate(waits):
            if np.isfinite(wait) and 1e-6 < wait < 1e6:
                told = customers.only(np.array([place])).active(float(wait))
                assert told == pytest.approx(0.25, abs=1e-6)

    @given(asked(), st.floats(0.1, 10))
    def test_a_likelihood_knows_no_unit_of_time_after_its_jacobian(
        self, drawn: tuple[Law, Floats, Histories, float], factor: float
    ) -> None:
        law, theta, rows, _ = drawn
        ages = [1, 3] if isinstance(law, ParetoDropOut) else [1]
        scaled = theta.copy()
        scaled[ages] += np.log(factor)

        told = law.log_likelihoods(scaled, rows.scaled(factor))

        assert told + rows.x * np.log(factor) == pytest.approx(law.log_likelihoods(theta, rows))
