"""Shapes are told where they are, and rarely where they are not."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]  # it has no stubs
    confint_proportions_2indep,
)

from crmkit.loyalty import LoyaltyCurve, curve_shapes
from crmkit.loyalty.measures.curve_bends import contrast


MIDDLES = np.array([10.0, 30.0, 50.0, 70.0, 90.0])
SHARES = {
    LoyaltyCurve.LATE: (0.05, 0.05, 0.1, 0.2, 0.8),
    LoyaltyCurve.EVEN: (0.1, 0.3, 0.5, 0.7, 0.9),
    LoyaltyCurve.EARLY: (0.2, 0.8, 0.9, 0.95, 0.95),
    LoyaltyCurve.FLAT: (0.5, 0.5, 0.5, 0.5, 0.5),
    LoyaltyCurve.FALLING: (0.9, 0.7, 0.5, 0.3, 0.1),
}


def answers(shares: tuple[float, ...], seed: int, *, each: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    satisfaction = np.repeat(MIDDLES, each)
    loyal = rng.random(len(satisfaction)) < np.repeat(shares, each)
    return pd.DataFrame({"satisfaction": satisfaction, "loyalty": np.where(loyal, 90.0, 10.0)})


class TestCurveShapes:
    @pytest.mark.parametrize("shape", SHARES)
    def test_are_found_where_they_are(self, shape: LoyaltyCurve) -> None:
        found = Counter(curve_shapes(answers(SHARES[shape], seed))[0].shape for seed in range(20))

        # With sixty answers a level each of these is told in nine of ten samples at least.
        assert found[shape] >= 18

    def test_are_rarely_found_where_none_are(self) -> None:
        """Of a flat curve both tests are to be silent in 95 % of 200 samples."""
        flat = SHARES[LoyaltyCurve.FLAT]
        found = [curve_shapes(answers(flat, seed))[0] for seed in range(200)]

        wrong = sum(min(one.trend_p or 0, one.bend_p or 0) <= 0.05 for one in found)
        # Three standard errors of a share of 200 above 0.05.
        assert wrong / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)

    def test_are_those_of_each_group_and_one_family(self) -> None:
        late = answers(SHARES[LoyaltyCurve.LATE], 1).assign(market="choice")
        early = answers(SHARES[LoyaltyCurve.EARLY], 1).assign(market="none")

        found = curve_shapes(pd.concat([early, late]), by="market")

        assert [(one.group, one.shape.value, one.family) for one in found] == [
            ("market 'choice'", "late", 4),
            ("market 'none'", "early", 4),
        ]

    def test_trend_and_bend_by_hand(self) -> None:
        """Linear (-2, -1, 0, 1, 2)/3 and quadratic (2, -1, -2, -1, 2)/4 of five even levels."""
        (found,) = curve_shapes(answers(SHARES[LoyaltyCurve.LATE], 1))

        base = answers(SHARES[LoyaltyCurve.LATE], 1)
        shares = (base["loyalty"] > 50).groupby(base["satisfaction"]).mean().to_numpy()
        assert found.trend is not None
        assert found.bend is not None
        assert found.trend.value == pytest.approx(shares @ np.array([-2, -1, 0, 1, 2]) / 3)
        assert found.bend.value == pytest.approx(shares @ np.array([2, -1, -2, -1, 2]) / 4)

    @pytest.mark.parametrize(
        ("name", "weights"),
        [("trend", np.array([-2, -1, 0, 1, 2]) / 3), ("bend", np.array([2, -1, -2, -1, 2]) / 4)],
    )
    def test_interval_and_p_by_hand(self, name: str, weights: np.ndarray[Any, Any]) -> None:
        """Price and Bonett (2004): of m shares each is taken with 2/m more of 4/m more answers."""
        base = answers((0.1, 0.15, 0.2, 0.25, 0.3), 3, each=40)
        loyal = (base["loyalty"] > 50).groupby(base["satisfaction"]).sum().to_numpy()
        sizes = 40 + 4 / 5
        shares = (loyal + 2 / 5) / sizes
        error = np.sqrt(weights**2 @ (shares * (1 - shares) / sizes))
        ps = [
            2 * norm.sf(abs(one @ shares) / np.sqrt(one**2 @ (shares * (1 - shares) / sizes)))
            for one in (np.array([-2, -1, 0, 1, 2]) / 3, np.array([2, -1, -2, -1, 2]) / 4)
        ]

        (found,) = curve_shapes(base)

        told = getattr(found, name)
        middle, reach = weights @ shares, norm.ppf(0.975) * error
        assert (told.low, told.high) == pytest.approx((middle - reach, middle + reach))
        # Holm's adjustment of two: the smaller twice, the larger no less than that.
        own = ps[0] if name == "trend" else ps[1]
        adjusted = min(1.0, 2 * min(ps) if own == min(ps) else max(2 * min(ps), own))
        assert getattr(found, f"{name}_p") == pytest.approx(adjusted)

    def test_says_how_a_share_falls(self) -> None:
        (found,) = curve_shapes(answers(SHARES[LoyaltyCurve.FALLING], 1))

        why = found.explain()

        assert found.trend is not None
        assert (
            f"the share of the loyal changes by {why.find('trend').value:.4g} (" in why.sentence()
        )
        assert why.find("trend").value < 0  # type: ignore[operator]  # a number
        assert "忠诚者占比变化-0." in why.sentence("zh")

    def test_are_not_known_of_two_levels(self) -> None:
        base = answers(SHARES[LoyaltyCurve.LATE], 1)

        (found,) = curve_shapes(base[base["satisfaction"] > 60])

        assert (found.shape, found.trend, found.bend_p, found.family) == (
            LoyaltyCurve.UNKNOWN,
            None,
            None,
            0,
        )
        assert found.explain().missing == ("levels",)
        assert found.explain().sentence() == (
            "curve of loyalty by satisfaction, all: shape not known; levels that can be told: 2, "
            "and it takes 3"
        )

    def test_of_nobody_are_none(self) -> None:
        nobody = pd.DataFrame({"satisfaction": [], "loyalty": [], "market": []}, dtype=float)

        assert curve_shapes(nobody.astype({"market": str}), by="market") == ()

    def test_explain_themselves_in_both_languages(self) -> None:
        (found,) = curve_shapes(answers(SHARES[LoyaltyCurve.LATE], 1))

        why = found.explain()

        assert why.verdict is LoyaltyCurve.LATE
        assert why.find("bend_p").met
        assert why.sentence().startswith(
            "curve of loyalty by satisfaction, all: late: only the most satisfied are loyal; from "
            "the lower levels to the upper ones the share of the loyal changes by 0.6"
        )
        assert "p值已按2次检验校正" in why.sentence("zh")


class TestContrast:
    def test_of_two_shares_is_that_of_agresti_and_caffo(self) -> None:
        found, _ = contrast((1, -1), ((9 / 20, 20), (3 / 25, 25)), counts=(45, 0), confidence=0.95)

        low, high = confint_proportions_2indep(9, 20, 3, 25, method="agresti-caffo")
        assert (found.low, found.high) == pytest.approx((low, high))
        assert found.value == pytest.approx(9 / 20 - 3 / 25)
