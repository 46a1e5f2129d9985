"""Coverage by plain counting, and what it says of models right, too sure, and too cautious."""

import numpy as np
import pandas as pd
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap
from crmkit.stats import wilson
from crmkit.value import (
    MBGNBD,
    NBD,
    CovariateModel,
    HoldOut,
    IntervalVerdict,
    check_intervals,
)
from tests.value.lifetime.simulated import histories

from .test_outcomes import held_out
from .worlds import day


TRUE = (0.525, 6.183, 0.891, 1.614)


@pytest.fixture(scope="module")
def simulated() -> HoldOut[pd.DataFrame]:
    """Three thousand customers by MBG/NBD with the parameters of CDNOW, 39 weeks ahead."""
    rng = np.random.default_rng(11)
    table, later = histories("MBG/NBD", TRUE, rng.uniform(27, 39, 3000), 39.0, rng)
    return HoldOut(
        table=table.assign(counted=later, spent=0.0), cut=day(0), until=day(39 * 7), unit="W"
    )


class TestCheckIntervals:
    def test_of_the_law_itself_hold(self, simulated: HoldOut[pd.DataFrame]) -> None:
        model = MBGNBD.fit(simulated.table)

        check = check_intervals(model, simulated)

        told = model.count_interval(model.expected(simulated.table, 39), 39)
        inside = told["counted"].between(told["count_low"], told["count_high"])
        within = told["counted"].between(told["expected_low"], told["expected_high"])
        assert check.coverage.value == inside.mean()
        assert check.within_expected == within.mean()
        assert check.verdict is IntervalVerdict.HOLDS
        assert 0.95 <= check.promised < 1
        assert check.coverage.low < check.promised < check.coverage.high

    def test_spread_the_law_itself_evenly(self, simulated: HoldOut[pd.DataFrame]) -> None:
        """Within 3.5 standard errors of a tenth each."""
        check = check_intervals(MBGNBD(*TRUE, unit="W"), simulated)

        assert check.pit == pytest.approx([0.1] * 10, abs=3.5 * (0.09 / 3000) ** 0.5)
        assert sum(check.pit) == pytest.approx(1.0)
        assert check.within_expected is None

    def test_find_one_that_is_too_sure(self, simulated: HoldOut[pd.DataFrame]) -> None:
        """All taken to buy at one rate: counts spread far more."""
        check = check_intervals(NBD(100.0, 600.0, unit="W"), simulated)

        assert check.verdict is IntervalVerdict.TOO_NARROW
        assert not check.explain().find("inside").met

    def test_find_one_that_is_too_cautious(self) -> None:
        """All buy nearly alike, and are taken to differ widely."""
        rows = [(0.0, 0.0, 0.1, 1.0 + k % 2) for k in range(3000)]

        check = check_intervals(NBD(0.5, 4.0, unit="W"), held_out(rows))

        assert check.verdict is IntervalVerdict.TOO_WIDE
        assert check.explain().find("inside").met
        assert "过宽" in check.explain().sentence("zh")

    def test_are_of_any_confidence(self, simulated: HoldOut[pd.DataFrame]) -> None:
        model = MBGNBD(*TRUE, unit="W")

        half = check_intervals(model, simulated, confidence=0.5)

        told = model.count_interval(simulated.table, 39, confidence=0.5)
        inside = int(told["counted"].between(told["count_low"], told["count_high"]).sum())
        assert half.coverage == wilson(inside, 3000, confidence=0.5)
        assert half.confidence == 0.5


class TestCheckIntervalsWithCovariates:
    def test_are_those_of_its_own_readings(self) -> None:
        rng = np.random.default_rng(8)
        parts = []
        for web, alpha in ((0, 9.0), (1, 3.0)):
            table, later = histories(
                "MBG/NBD", (1.0, alpha, 1.0, 5.0), np.full(400, 40.0), 26.0, rng
            )
            parts.append(table.assign(web=web, counted=later, spent=0.0))
        both = pd.concat(parts, ignore_index=True).assign(customer_id=range(800))
        held = HoldOut(table=both, cut=day(0), until=day(182), unit="W")
        model = CovariateModel.fit(both, buying=["web"], unit="W")

        check = check_intervals(model, held)

        told = model.forecast(both, 26)
        inside = told["counted"].between(told["count_low"], told["count_high"])
        within = told["counted"].between(told["expected_low"], told["expected_high"])
        assert check.coverage.value == inside.mean()
        assert check.within_expected == within.mean()
        assert check.verdict is IntervalVerdict.HOLDS
        assert check.pit == pytest.approx([0.1] * 10, abs=3.5 * (0.09 / 800) ** 0.5)

    def test_refuses_a_hold_out_in_another_unit(self) -> None:
        model = CovariateModel(MBGNBD(*TRUE, unit="D"), buying=FrozenMap({"web": 0.5}))

        with pytest.raises(InvalidValueError, match="unit of the model is 'D'"):
            check_intervals(model, held_out([(0.0, 0.0, 9.0, 1.0)]))
