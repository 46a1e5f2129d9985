"""Scores of counts against scipy's negative binomial, summed out in full."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nbinom

from crmkit.errors import InvalidValueError
from crmkit.value import MBGNBD, NBD, HoldOut, ShiftedBetaGeometric
from crmkit.value.lifetime.checking.outcomes import Outcomes, check_unit

from .worlds import day


def held_out(rows: Sequence[tuple[float, ...]], **more: list[int]) -> HoldOut[pd.DataFrame]:
    """Twelve weeks after a cut: frequency, recency, T, counted of each customer."""
    table = pd.DataFrame(rows, columns=["frequency", "recency", "T", "counted"])
    return HoldOut(table=table.assign(spent=0.0, **more), cut=day(0), until=day(84), unit="W")


ROWS: list[tuple[float, ...]] = [
    (0, 0.0, 5.0, 0), (2, 11.0, 20.0, 1), (2, 11.0, 20.0, 7), (9, 30.0, 31.0, 4),
]  # fmt: skip
MODEL = NBD(0.6, 9.0, unit="W")


def future(outcomes: Outcomes) -> object:
    return nbinom(0.6 + outcomes.rows.x, 1 / (1 + 12 / (9.0 + outcomes.rows.age)))


class TestScores:
    def test_are_those_of_the_negative_binomial(self) -> None:
        outcomes = Outcomes.of(held_out(ROWS))
        told, exact = outcomes.foretold(MODEL), future(outcomes)
        y = outcomes.counted

        assert told.log_scores() == pytest.approx(-exact.logpmf(y))  # type: ignore[attr-defined]
        ranked, brier = told.ranked_scores()
        steps = np.arange(3000)[:, None]
        cdf = exact.cdf(steps)  # type: ignore[attr-defined]
        assert ranked == pytest.approx(((cdf - (y <= steps)) ** 2).sum(axis=0), abs=1e-8)
        assert brier == pytest.approx((exact.sf(0) - (y > 0)) ** 2)  # type: ignore[attr-defined]
        assert told.expected() == pytest.approx(exact.mean())  # type: ignore[attr-defined]
        assert told.variance() == pytest.approx(exact.var(), rel=1e-4)  # type: ignore[attr-defined]
        assert told.at_least(y) == pytest.approx(exact.sf(y - 1))  # type: ignore[attr-defined]

    def test_count_equal_customers_together(self) -> None:
        outcomes = Outcomes.of(held_out([*ROWS, *ROWS, ROWS[0]]))

        assert len(outcomes.rows) == 4
        assert sorted(outcomes.rows.weight.tolist()) == [2.0, 2.0, 2.0, 3.0]

    def test_of_those_who_may_be_lost_weigh_both(self) -> None:
        """P(no purchase) of a model is what its `pmf` says, the lost ones included."""
        held = held_out([(2, 3.0, 20.0, 0), (2, 3.0, 20.0, 2)])
        model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")

        chance = Outcomes.of(held).foretold(model).chance()

        expected = [model.pmf(held.table, 12, count)["pmf"].iloc[0] for count in (0, 2)]
        assert sorted(chance) == pytest.approx(sorted(expected))


class TestRefuse:
    def test_nobody(self) -> None:
        with pytest.raises(InvalidValueError, match="hold-out is without customers"):
            Outcomes.of(held_out([]))

    @pytest.mark.parametrize("counted", [-1.0, 0.5])
    def test_what_is_no_count(self, counted: float) -> None:
        with pytest.raises(InvalidValueError, match=r"counted is .* as in row 0"):
            Outcomes.of(held_out([(0, 0.0, 5.0, counted)]))

    def test_a_customer_twice(self) -> None:
        with pytest.raises(InvalidValueError, match="must stand in one row"):
            Outcomes.of(held_out(ROWS, customer_id=[1, 2, 2, 3]))

    def test_a_model_of_another_unit(self) -> None:
        with pytest.raises(InvalidValueError, match="unit of the model is 'D'"):
            check_unit(NBD(0.6, 60.0, unit="D"), held_out(ROWS))
        with pytest.raises(InvalidValueError, match="model is ShiftedBetaGeometric: it must"):
            check_unit(ShiftedBetaGeometric(0.7, 1.2), held_out(ROWS))
