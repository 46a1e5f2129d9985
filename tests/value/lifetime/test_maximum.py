"""The way to the maximum, on slopes that are steep, flat, endless or wrong."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from crmkit.errors import AssumptionWarning
from crmkit.value import MBGNBD, CovariateModel, GammaGamma, ShiftedBetaGeometric
from crmkit.value.lifetime.maximum import ModelFit, maximise
from crmkit.value.lifetime.rows import Floats, Objective

from .cdnow import sample


CENTRE = np.array([1.5, -2.0])


def bowl(theta: Floats) -> tuple[float, Floats]:
    """A likelihood that is not quadratic, highest at the centre."""
    away = theta - CENTRE
    return float(-100 * (np.cosh(away) - 1).sum()), -100 * np.sinh(away)


def found(objective: Objective) -> tuple[Floats, ModelFit]:
    return maximise(objective, ["p", "q"], customers=100, histories=10, penalty=0.0)


class TestMaximise:
    def test_finds_the_top(self) -> None:
        theta, fit = found(bowl)

        assert theta == pytest.approx(CENTRE, abs=1e-8)
        assert fit.log_likelihood == pytest.approx(0, abs=1e-12)
        assert fit.converged
        assert fit.covariance is not None
        assert np.array(fit.covariance) == pytest.approx(np.eye(2) / 100, abs=1e-9)

    @pytest.mark.parametrize("curve", [1.0, 1e4, -1.0])
    def test_goes_on_from_near_the_top(self, curve: float) -> None:
        """With the curvature there, one far too steep, or one that bends the wrong way."""
        near = CENTRE + 0.5, curve * np.eye(2)

        theta, fit = maximise(
            bowl, ["p", "q"], customers=100, histories=10, penalty=0.0, start=near
        )

        assert theta == pytest.approx(CENTRE, abs=1e-8)
        assert fit.log_likelihood == pytest.approx(0, abs=1e-12)

    def test_holds_back_with_a_penalty(self) -> None:
        theta, _ = maximise(bowl, ["p", "q"], customers=100, histories=10, penalty=1.0)

        assert (np.abs(theta) < np.abs(CENTRE)).all()

    def test_goes_to_the_bound_of_what_rises_for_ever(self) -> None:
        with pytest.warns(AssumptionWarning, match="flat in p and q"):
            theta, fit = found(lambda theta: (float(theta.sum()), np.ones(2)))

        assert theta == pytest.approx([15, 15], abs=0.01)
        assert fit.covariance is None

    def test_names_what_the_data_do_not_tell(self) -> None:
        def trough(theta: Floats) -> tuple[float, Floats]:
            _, slopes = bowl(theta)
            part = float(-100 * (np.cosh(theta[0] - CENTRE[0]) - 1))
            return part, slopes * [1, 0]

        with pytest.warns(AssumptionWarning, match="flat in q:"):
            theta, fit = found(trough)

        assert fit.flat == ("q",)
        assert theta[0] == pytest.approx(CENTRE[0])

    def test_stays_where_all_is_alike(self) -> None:
        with pytest.warns(AssumptionWarning, match="flat in p and q"):
            theta, _ = found(lambda theta: (0.0, np.zeros(2)))

        assert theta.tolist() == [0, 0]

    def test_stays_where_no_step_gains(self) -> None:
        """Slopes that point the wrong way: a likelihood beyond the digits of floats has such."""
        with pytest.warns(AssumptionWarning, match=r"flat .*; and the fit ended before the top"):
            theta, fit = found(lambda theta: (-float(theta @ theta), 2 * theta + 1e-3))

        assert theta.tolist() == [0, 0]
        assert not fit.converged

    def test_ends_after_so_many_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("crmkit.value.lifetime.descent._STEPS", 2)
        monkeypatch.setattr("crmkit.value.lifetime.descent._POLISH", 1)

        with pytest.warns(AssumptionWarning, match="ended before the top of the likelihood"):
            _, fit = found(bowl)

        assert bowl(np.zeros(2))[0] < fit.log_likelihood < 0
        assert not fit.converged


FEW = pd.DataFrame(
    {
        "frequency": [0, 1, 2], "recency": [0.0, 20, 30], "T": [50.0, 50, 50],
        "monetary": [0.0, 9.0, 9.0], "web": [0, 1, 1],
    }
)  # fmt: skip
FITS: list[Callable[[], object]] = [
    lambda: MBGNBD.fit(FEW, unit="D"),
    lambda: CovariateModel.fit(FEW, unit="D", buying=["web"]),
    lambda: GammaGamma.fit(FEW),
    lambda: ShiftedBetaGeometric.fit_survivors([9, 9]),
]


class TestWarnings:
    @pytest.mark.parametrize("fit", FITS)
    def test_name_the_line_that_fitted(self, fit: Callable[[], object]) -> None:
        with pytest.warns(AssumptionWarning, match="the likelihood is flat") as said:
            fit()

        assert said[0].filename == __file__

    def test_name_the_line_that_read_intervals_of_few(self) -> None:
        models: list[MBGNBD | CovariateModel] = [
            MBGNBD.fit(sample().head(300)),
            CovariateModel.fit(sample().head(300).assign(web=[0, 1] * 150), buying=["web"]),
        ]

        for model in models:
            with pytest.warns(AssumptionWarning, match="rest on 300 customers") as said:
                _ = model.summary

            assert said[0].filename == __file__
