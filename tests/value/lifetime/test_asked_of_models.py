"""What models may be asked: numbers of any library, and what is none."""

import math
from collections.abc import Callable
from typing import cast

import numpy as np
import pandas as pd
import pytest

from crmkit.errors import InvalidValueError
from crmkit.value import BGNBD, MBGNBD, GammaGamma, customer_equity
from crmkit.value.lifetime.asked_of_models import (
    checked_amount,
    checked_chance,
    checked_count,
    checked_discount,
    checked_margin,
    checked_within,
)


MODEL = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
TABLE = pd.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86], "monetary": [22.35]})
SPEND = GammaGamma(6.25, 3.74, 15.44)


def numpys(kind: type[np.generic], value: float) -> int:
    """Return a number as numpy hands it out; to a reader of types it is one of Python's."""
    return cast("int", kind(value))


class TestNumbersOfNumpy:
    """They are numbers as Python's own are."""

    def test_are_asked_as_pythons_are(self) -> None:
        assert MODEL.expected(TABLE, numpys(np.int64, 39)).equals(MODEL.expected(TABLE, 39))
        assert MODEL.pmf(TABLE, 39, numpys(np.int64, 3)).equals(MODEL.pmf(TABLE, 39, 3))
        assert MODEL.dert(TABLE, numpys(np.float32, 0.125)).equals(MODEL.dert(TABLE, 0.125))

    def test_are_checked_one_by_one(self) -> None:
        """Each by its own check, told back as Python's."""
        half = numpys(np.float32, 0.5)

        assert checked_within(numpys(np.int32, 3), whole=True) == 3.0
        assert type(checked_count(numpys(np.int16, 3))) is int
        assert checked_chance(half) == 0.5
        assert checked_discount(half, endless=True) == 0.5
        assert checked_margin(half) == 0.5
        assert checked_amount(half, "spend") == 0.5

    def test_make_models(self) -> None:
        told = MBGNBD(numpys(np.float32, 0.5), numpys(np.int64, 6), 1, 2, unit="W")

        assert told == MBGNBD(0.5, 6, 1, 2, unit="W")
        assert MBGNBD.from_json(told.to_json()) == told
        assert (
            GammaGamma(numpys(np.int64, 6), 4, 15).new_customer()
            == GammaGamma(6, 4, 15).new_customer()
        )

    def test_are_penalties(self) -> None:
        table = pd.DataFrame({"frequency": [0, 1], "recency": [0.0, 3], "T": [9.0, 9]})

        told = BGNBD.fit(table, unit="W", penalty=numpys(np.float32, 0.5))

        assert told.fitted is not None
        assert told.fitted.penalty == 0.5

    def test_are_refused_where_they_are_flags(self) -> None:
        with pytest.raises(InvalidValueError, match="within is True"):
            checked_within(numpys(np.bool_, True), whole=False)


class TestTimes:
    """Each is refused by the name its caller knows it by, with a way out that is one."""

    @pytest.mark.parametrize(
        ("ask", "said"),
        [
            (lambda: MODEL.expected(TABLE, 1e-101), r"within is 1e-101: .*; ask for a longer time"),
            (
                lambda: MODEL.expected(TABLE, 1e13),
                r"within is 10000000000000.0: .*; of all time .* dert\(\)",
            ),
            (lambda: MODEL.clv(TABLE, 1e13, 0.1, spend=SPEND), "horizon is .*; write math.inf for"),
            (lambda: MODEL.clv(TABLE, 0, 0.1, spend=SPEND), "horizon is 0: it must be a number"),
            (
                lambda: MODEL.new_customer().clv(1e-101, 0.1, spend=9.0),
                "horizon is 1e-101: .*; ask for a longer time",
            ),
            (
                lambda: customer_equity(MODEL, TABLE, horizon=1e13, discount=0.1, spend=SPEND),
                "horizon is .*; take a shorter one",
            ),
            (lambda: MODEL.dert(TABLE, 0), "discount is 0: it must be above 0; ask clv"),
            (lambda: MODEL.dert(TABLE, 1e-6), "at least 1e-05; ask clv.* a finite horizon"),
        ],
    )
    def test_are_refused_by_their_own_name(self, ask: Callable[[], object], said: str) -> None:
        with pytest.raises(InvalidValueError, match=said):
            ask()

    def test_the_ways_out_are_ways_out(self) -> None:
        table = TABLE.assign(monetary=20.0)

        endless = MODEL.clv(table, math.inf, 0.1, spend=SPEND)["clv"].item()
        century = MODEL.clv(table, 5_200, 0.1, spend=SPEND)["clv"].item()

        assert century == pytest.approx(endless, rel=1e-4)


class TestCounts:
    @pytest.mark.parametrize("count", [10**6 + 1, 10**30])
    def test_beyond_a_million_are_refused(self, count: int) -> None:
        with pytest.raises(InvalidValueError, match="must be 1,000,000 or less"):
            MODEL.log_pmf(TABLE, 39, count)

    def test_up_to_a_million_are_told(self) -> None:
        told = MODEL.log_pmf(TABLE, 39, 10**6)["log_pmf"].item()

        assert -math.inf < told < -1e5
