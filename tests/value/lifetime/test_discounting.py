"""Discounted expected purchases against their integrals and the published closed form."""

import math

import numpy as np
import pytest

from crmkit.value.lifetime.beta_drop_out import BetaDropOut
from crmkit.value.lifetime.law import Law
from crmkit.value.lifetime.pareto_drop_out import ParetoDropOut
from crmkit.value.lifetime.prediction import Oracle
from crmkit.value.lifetime.rows import Histories

from .oracles import beta_dert, error, pareto_dert


ROWS = [(0, 0.0, 39.0), (2, 30.43, 38.86), (40, 38.0, 39.0), (1, 0.2, 0.3)]
FORCE = math.log(1.15) / 52


def told_of(law: Law, parameters: tuple[float, ...], row: tuple[float, ...]) -> float:
    x, recency, age = row
    rows = Histories(np.array([int(x)]), np.array([recency]), np.array([age]), np.ones(1))
    oracle = Oracle(law, np.log(parameters), None, 0.95)
    asked = oracle.amount(rows, lambda customers: customers.discounted(math.inf, FORCE))
    return float(asked.value[0])


@pytest.mark.parametrize("row", ROWS)
class TestDert:
    @pytest.mark.parametrize("first", [0, 1])
    @pytest.mark.parametrize("parameters", [(0.243, 4.414, 0.793, 2.426), (0.4, 2.0, 1.5, 0.6)])
    def test_of_beta_drop_out_is_the_integral(
        self, parameters: tuple[float, ...], first: int, row: tuple[float, ...]
    ) -> None:
        exact = beta_dert(parameters, row, FORCE, first=first)

        assert error(told_of(BetaDropOut(first), parameters, row), exact) < 1e-7

    @pytest.mark.parametrize("parameters", [(0.553, 10.578, 0.606, 11.669), (2.0, 3.0, 1.4, 50.0)])
    def test_of_pareto_drop_out_is_the_published_one(
        self, parameters: tuple[float, ...], row: tuple[float, ...]
    ) -> None:
        exact = pareto_dert(parameters, row, FORCE)

        assert error(told_of(ParetoDropOut(), parameters, row), exact) < 1e-8
