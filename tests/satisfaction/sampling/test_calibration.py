from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy.optimize import LinearConstraint, minimize

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.satisfaction import calibrate, poststratify, rake
from tests.value.engines import ENGINES, Columns, in_engine, rows_of


NUMBERS = st.lists(st.tuples(st.integers(1, 9), st.floats(0.5, 2)), min_size=3, max_size=20).filter(
    lambda pairs: len({x for x, _ in pairs}) > 1
)


class TestLinear:
    def test_is_that_of_a_hand_calculation(self) -> None:
        """d = 25, mean 3, Σd(x − 3)² = 350; to a mean of 3.6: w = 25 (1 + 60/350 (x − 3))."""
        told = calibrate({"x": [1, 2, 3, 6]}, {"x": 360}, total=100)

        assert told.weights.tolist() == pytest.approx([115 / 7, 145 / 7, 25, 265 / 7])
        assert told.weights @ [1, 2, 3, 6] == pytest.approx(360)
        assert (told.method, told.iterations) == ("linear calibration", 1)

    @given(NUMBERS, st.floats(0.97, 1.03))
    def test_solves_the_calibration_equations(
        self, pairs: list[tuple[int, float]], factor: float
    ) -> None:
        """Deville and Särndal (1992), 2.4: w = d (1 + x'λ), λ = (Σ d x x')⁻¹ (T − Σ d x)."""
        x, d = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
        d *= 100 / d.sum()
        target = factor * float(x @ d)
        matrix = np.column_stack([np.ones(len(x)), x])
        multipliers = np.linalg.solve(matrix.T @ (d[:, None] * matrix), [0, target - x @ d])
        by_hand = d * (1 + matrix @ multipliers)

        if (by_hand < 0).any():
            return
        told = calibrate({"x": x, "d": d}, {"x": target}, total=100, weights="d")

        assert told.weights == pytest.approx(by_hand, abs=1e-6)

    def test_gives_the_regression_estimate(self) -> None:
        """GREG: ȳ + b (X̄ − x̄), with b by numpy's least squares."""
        x, y = np.array([1.0, 2, 3, 6]), np.array([2.0, 3, 7, 9])
        slope = np.polyfit(x, y, 1)[0]

        told = calibrate({"x": x}, {"x": 3.6 * 100}, total=100)

        assert told.weights @ y / 100 == pytest.approx(y.mean() + slope * (3.6 - 3))

    def test_of_one_set_of_categories_is_post_stratification(self) -> None:
        """As R's manual of `calibrate` notes."""
        sample = {"sex": [*"fffm"]}

        told = calibrate(sample, {"sex": {"f": 600, "m": 400}})

        assert told.weights == pytest.approx(
            poststratify(sample, {"f": 600, "m": 400}, by="sex").weights
        )

    def test_gives_the_weights_of_a_quadratic_optimiser(self) -> None:
        """Least Σ (w − d)²/d under both margins: solved with its multipliers by numpy."""
        kinds = [("E", "N")] * 15 + [("E", "Y")] * 127 + [("H", "N")] * 13
        kinds += [("H", "Y")] * 12 + [("M", "N")] * 9 + [("M", "Y")] * 24
        frame = pd.DataFrame(kinds, columns=["stype", "met"])
        design = np.column_stack(
            [
                frame["stype"] == "E",
                frame["stype"] == "H",
                frame["stype"] == "M",
                frame["met"] == "N",
            ]
        ).astype(float)
        d = 6194 / 200
        goal = np.array([4421, 755, 1018, 1072])
        zero = np.zeros((4, 4))
        system = np.block([[np.eye(200) / d, design], [design.T, zero]])
        by_hand = np.linalg.solve(system, np.concatenate([np.ones(200), goal]))[:200]

        told = calibrate(
            frame, {"stype": {"E": 4421, "H": 755, "M": 1018}, "met": {"N": 1072, "Y": 5122}}
        )

        assert told.weights == pytest.approx(by_hand, rel=1e-9)

    def test_warns_of_negative_weights(self) -> None:
        with pytest.warns(AssumptionWarning, match="2 weights are negative: say bounds"):
            told = calibrate({"x": [1, 1, 6, 6]}, {"x": 700}, total=100)

        assert told.smallest < 0
        with pytest.raises(InvalidValueError, match="calibrate with bounds"):
            told.trimmed(cap=2)

    def test_leaves_the_total_open_where_only_numbers_are_told(self) -> None:
        told = calibrate({"x": [1, 2, 3]}, {"x": 12})

        # w = 1 + λx with λ = 6/14.
        assert told.weights.tolist() == pytest.approx([1 + 6 / 14, 1 + 12 / 14, 1 + 18 / 14])


class TestLogit:
    def test_keeps_within_its_bounds(self) -> None:
        told = calibrate({"x": [1, 2, 3, 6]}, {"x": 329}, total=100, bounds=(0.8, 1.2))

        assert told.weights @ [1, 2, 3, 6] == pytest.approx(329)
        assert told.weights.sum() == pytest.approx(100)
        assert told.weights.min() >= 20
        assert told.weights.max() <= 30
        assert told.method == "logit calibration"

    def test_is_what_an_optimiser_finds(self) -> None:
        """Deville and Särndal (1992), case 6, its distance minimised by scipy's trust region."""
        x, low, high, d = np.array([1.0, 2, 3, 6]), 0.5, 1.45, 25.0
        steep = (high - low) / ((1 - low) * (high - 1))

        def distance(w: Any) -> float:
            g = w / d
            parts = (g - low) * np.log((g - low) / (1 - low))
            parts = parts + (high - g) * np.log((high - g) / (high - 1))
            return float((d * parts).sum() / steep)

        rules = LinearConstraint(np.vstack([np.ones(4), x]), [100, 360], [100, 360])
        start = np.array([16.0, 19.0, 29.0, 36.0])
        found = minimize(
            distance,
            start,
            method="SLSQP",
            constraints=[rules],
            bounds=[(d * low + 1e-6, d * high - 1e-6)] * 4,
            options={"ftol": 1e-14, "maxiter": 500},
        )

        told = calibrate({"x": x}, {"x": 360}, total=100, bounds=(low, high))

        assert found.success
        assert told.weights == pytest.approx(found.x, abs=1e-3)

    @given(NUMBERS, st.floats(-0.05, 0.05))
    def test_meets_its_sums_within_its_bounds(
        self, pairs: list[tuple[int, float]], part: float
    ) -> None:
        x, d = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
        share = d / d.sum()
        mean = float(x @ share)
        # A small part of the way to the largest or smallest there is.
        target = 100 * (mean + abs(part) * ((x.max() if part > 0 else x.min()) - mean))

        told = calibrate({"x": x, "d": d}, {"x": target}, total=100, weights="d", bounds=(0.1, 9))

        assert told.weights @ x == pytest.approx(target)
        assert told.weights.sum() == pytest.approx(100)
        assert (told.weights / (100 * share) >= 0.1 - 1e-9).all()
        assert (told.weights / (100 * share) <= 9 + 1e-9).all()

    def test_with_wide_bounds_comes_near_raking(self) -> None:
        """With L = 0 and U without end the case is that of raking: Deville and Särndal, case 2."""
        sample = {"sex": [*"ffffmmm"], "age": [*"oyyyooy"]}
        targets: Any = {"sex": {"f": 50, "m": 50}, "age": {"o": 40, "y": 60}}

        told = calibrate(sample, targets, bounds=(0, 1e7))

        assert told.weights == pytest.approx(rake(sample, targets).weights, rel=1e-5)


class TestFrames:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_give_the_same_kind_back(self, engine: str) -> None:
        told: Columns = {"sex": ["f", "f", "m", "m", None], "x": [1.5, 2, None, 4, 5]}
        frame: Any = in_engine(engine, told, {"sex": pl.String, "x": pl.Float64})
        targets: Any = {"sex": {"f": 60, "m": 40}, "x": 275}

        found: Any = calibrate(frame, targets, missing="leave_out")

        assert type(found.frame) is type(frame)
        # Three are left: m has 40, f's two w + v = 60 with 1.5 w + 2 v = 275 − 160.
        rows: Any = rows_of(found.frame)
        weights = sorted(row[-1] for row in rows)
        assert weights == pytest.approx([0, 0, 10, 40, 50])
        assert (found.n, found.left_out) == (3, 2)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"targets": {}}, "names one margin at least"),
    ({"targets": {"x": "many"}}, "must be a finite number for one column"),
    ({"targets": {("x", "sex"): 4}}, "must be a finite number for one column"),
    ({"targets": {"x": float("inf")}}, "must be a finite number for one column"),
    ({"targets": {"xx": 5}}, "did you mean 'x'?"),
    ({"targets": {"sex": 5}}, "must hold numbers"),
    ({"sample": {"x": [1, None, 3]}}, "x is nan: it must be a finite number, as in row 1"),
    (
        {"sample": {"x": [1, float("inf"), 3]}, "missing": "leave_out"},
        "x is inf: it must be a finite number",
    ),
    ({"bounds": (1.1, 2)}, "bounds is (1.1, 2): it must be two numbers, 0 or more, that enclose 1"),
    ({"bounds": (0.5,)}, "that enclose 1"),
    (
        {"bounds": (0.9, 1.1), "total": 100},
        "bounds is (0.9, 1.1): it must leave room to meet the targets, but targets['x'] is off by",
    ),
    (
        {"sample": {"x": [2, 2, 2]}, "total": 100},
        "is off by",
    ),
    ({"sample": {"x": [0, 0, 0]}}, "targets['x'] is off by 1 of its sum; these sums contradict"),
]


class TestRefusals:
    @pytest.mark.parametrize(("bad", "told"), BAD)
    def test_name_what_is_wrong(self, bad: dict[str, Any], told: str) -> None:
        asked = {"sample": {"x": [1, 2, 3], "sex": [*"ffm"]}, "targets": {"x": 290}}

        with pytest.raises(InvalidValueError) as refused:
            calibrate(**{**asked, **bad})

        assert told in str(refused.value)
