"""Drift: the total's interval by hand, and verdicts where customers changed and where not."""

import numpy as np
import pandas as pd
import pytest

from crmkit.kernel import Share
from crmkit.value import MBGNBD, NBD, Drift, DriftVerdict, HoldOut, check_drift
from tests.value.lifetime.simulated import histories

from .test_outcomes import ROWS, held_out
from .worlds import day


TRUE = (0.525, 6.183, 0.891, 1.614)


def simulated(seed: int) -> HoldOut[pd.DataFrame]:
    rng = np.random.default_rng(seed)
    table, later = histories("MBG/NBD", TRUE, rng.uniform(27, 39, 2000), 39.0, rng)
    return HoldOut(
        table=table.assign(counted=later, spent=0.0), cut=day(0), until=day(39 * 7), unit="W"
    )


class TestCheckDrift:
    def test_keeps_a_model_of_customers_who_did_not_change(self) -> None:
        held = simulated(5)

        found = check_drift(MBGNBD.fit(held.table), held)

        assert found.verdict is DriftVerdict.KEEP
        assert found.fresh is None
        assert found.low < found.counted < found.high
        assert found.counted == held.table["counted"].sum()

    def test_asks_for_a_fit_of_a_model_that_is_stale(self) -> None:
        """Of customers who bought more and stayed longer; a fresh fit knows these."""
        held = simulated(5)
        r, alpha, a, b = TRUE

        found = check_drift(MBGNBD(3 * r, alpha, a / 4, b, unit="W"), held)

        assert found.verdict is DriftVerdict.REFIT
        assert found.fresh == pytest.approx(
            MBGNBD.fit(held.table).expected(held.table, held.within)["expected"].sum()
        )
        why = found.explain()
        assert (why.find("counted").met, why.find("error").met) == (False, False)
        assert why.because[0].verdict == found.fresh
        assert "it is stale" in str(why)
        assert "重新拟合" in why.sentence("zh")

    def test_asks_for_none_that_does_not_help(self) -> None:
        """Right after a fit another one would say the same: the law is wrong, or they changed."""
        held = simulated(5)
        half = HoldOut(
            table=held.table.assign(counted=held.table["counted"] // 2),
            cut=held.cut,
            until=held.until,
            unit="W",
        )

        found = check_drift(MBGNBD.fit(held.table), half)

        assert found.verdict is DriftVerdict.UNFIT
        assert found.error > 0.7
        assert found.fresh == pytest.approx(found.expected, rel=1e-6)
        why = found.explain()
        assert "race other models" in str(why)
        assert "无济于事" in why.sentence("zh")
        assert why.because[0].find("missed").met is False

    def test_bears_what_is_tolerated(self) -> None:
        held = held_out([*ROWS[:2] * 400, *ROWS[3:] * 400])

        strict = check_drift(NBD(0.6, 9.0, unit="W"), held, tolerance=0.0)
        lenient = check_drift(NBD(0.6, 9.0, unit="W"), held, tolerance=Share(1)).verdict

        assert strict.verdict is DriftVerdict.UNFIT
        assert lenient is DriftVerdict.KEEP

    def test_has_the_interval_of_the_total(self) -> None:
        """By hand for NBD: sums of R t/A and R t/A (1 + t/A), and the slopes of the former."""
        held = held_out(ROWS * 50)
        model = NBD.fit(held.table, unit="W")
        x, age = held.table["frequency"].to_numpy(), held.table["T"].to_numpy()
        rate, share = model.r + x, 12 / (model.alpha + age)
        slopes = np.array(
            [
                (model.r * share).sum(),
                -(rate * share * model.alpha / (model.alpha + age)).sum(),
            ]
        )
        assert model.fitted is not None
        variance = (rate * share * (1 + share)).sum() + slopes @ np.array(
            model.fitted.covariance
        ) @ slopes

        found = check_drift(model, held)

        assert found.expected == pytest.approx((rate * share).sum())
        assert found.high - found.expected == pytest.approx(1.959964 * variance**0.5, rel=1e-4)

    def test_begins_at_nothing(self) -> None:
        found = check_drift(NBD(0.6, 9.0, unit="W"), held_out(ROWS[:1]))

        assert found.low == 0.0

    def test_of_a_count_of_nothing_is_off_without_end(self) -> None:
        quiet = [(*row[:3], 0) for row in ROWS * 100]

        found = check_drift(NBD(0.6, 9.0, unit="W"), held_out(quiet))

        assert found.error == float("inf")
        assert found.verdict is DriftVerdict.UNFIT

    def test_that_was_made_by_hand_asks_for_no_fit(self) -> None:
        bare = Drift(
            model="NBD",
            cut=day(0),
            until=day(9),
            counted=100,
            expected=10.0,
            low=5.0,
            high=15.0,
            confidence=0.95,
            tolerance=Share(0.1),
        )

        assert bare.verdict is DriftVerdict.UNFIT
        assert bare.explain().because == ()
