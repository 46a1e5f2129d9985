"""What all models share: parameters, their intervals, their text form."""

import json
import math
import pickle
from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel import Estimate
from crmkit.value import (
    BGBB,
    BGNBD,
    MBGNBD,
    GammaGamma,
    LifetimeModel,
    ParetoNBD,
    ShiftedBetaGeometric,
    rfm_table,
)
from crmkit.value.lifetime import FittedModel

from .cdnow import orders, sample


MODELS: list[FittedModel] = [
    BGNBD(0.243, 4.414, 0.793, 2.426, unit="W"),
    MBGNBD(0.525, 6.183, 0.891, 1.614, unit="D"),
    ParetoNBD(0.553, 10.578, 0.606, 11.669, unit="W"),
    BGBB(1.204, 0.750, 0.657, 2.783),
    ShiftedBetaGeometric.fit_survivors([1000, 631, 468, 382, 326, 289, 262, 241]),
    GammaGamma(6.25, 3.74, 15.44),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
class TestJson:
    def test_comes_back_equal(self, model: FittedModel) -> None:
        assert type(model).from_json(model.to_json()) == model

    def test_of_another_model_is_refused(self, model: FittedModel) -> None:
        text = model.to_json().replace(f'"{type(model).__name__}"', '"other"')

        with pytest.raises(InvalidValueError, match="to_json wrote"):
            type(model).from_json(text)

    def test_is_not_needed_for_a_pickle(self, model: FittedModel) -> None:
        assert pickle.loads(pickle.dumps(model)) == model


class TestText:
    @pytest.mark.parametrize("text", ["", "{}", "[1]", "null", '{"model": "BGBB", "x": 1}'])
    def test_that_is_none_of_ours_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match="to_json wrote"):
            BGBB.from_json(text)

    def test_of_a_flat_fit_comes_back_equal(self) -> None:
        with pytest.warns(match="flat"):
            flat = ShiftedBetaGeometric.fit_survivors([9, 9])

        assert ShiftedBetaGeometric.from_json(flat.to_json()) == flat
        assert json.loads(flat.to_json())["fitted"]["covariance"] is None
        assert repr(flat).endswith("flat in alpha and beta)")

    def test_shows_size_and_fit(self) -> None:
        shown = repr(BGNBD.fit(sample()))

        assert shown == (
            "BGNBD(r=0.2426, alpha=4.414, a=0.7929, b=2.426, unit='W', n=2357, "
            "log-likelihood -9582.4)"
        )


class TestFewCustomers:
    def test_are_said_beside_the_intervals_they_make_too_narrow(self) -> None:
        few = ShiftedBetaGeometric.fit_survivors([500, 420, 370, 340])

        assert repr(few).endswith("few: intervals are too narrow)")
        with pytest.warns(AssumptionWarning, match="rest on 500 customers and are too narrow"):
            assert len(few.summary) == 2

    def test_that_are_a_thousand_are_not(self) -> None:
        many = ShiftedBetaGeometric.fit_survivors([1000, 840, 740, 680])

        assert many.fitted is not None
        assert not many.fitted.is_small
        assert len(many.summary) == 2


class TestParameters:
    @pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf, True, "1"])
    def test_must_be_above_0(self, value: float) -> None:
        with pytest.raises(InvalidValueError, match="must be a finite number above 0"):
            BGNBD(0.243, value, 0.793, 2.426, unit="W")

    def test_have_intervals_after_a_fit(self) -> None:
        model = BGNBD.fit(sample())

        told = model.estimate("a")

        assert isinstance(told, Estimate)
        row = model.summary.to_dict("index")["a"]
        assert [told.value, told.low, told.high] == pytest.approx(
            [row["value"], row["low"], row["high"]]
        )
        assert row["standard_error"] == pytest.approx(
            row["value"] * math.log(told.high / told.low) / 2 / 1.959964, rel=1e-5
        )

    def test_standard_errors_are_those_of_the_observed_information(self) -> None:
        """The quick start of lifetimes prints them for the same sample, to three digits."""
        errors = BGNBD.fit(sample()).summary["standard_error"]

        assert errors.tolist() == pytest.approx([0.0126, 0.378, 0.186, 0.705], rel=0.01)

    def test_that_were_given_have_no_interval(self) -> None:
        model = MODELS[0]

        assert model.log_likelihood is None
        assert model.summary[["standard_error", "low", "high"]].isna().to_numpy().all()
        with pytest.raises(InvalidValueError, match="fit is missing"):
            model.estimate("r")

    def test_are_shown(self) -> None:
        assert repr(MODELS[3]) == "BGBB(alpha=1.204, beta=0.75, gamma=0.657, delta=2.783)"

    def test_of_another_name_are_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'alpha'"):
            MODELS[0].estimate("alhpa")

    @pytest.mark.parametrize("confidence", ["a", True, 95])
    def test_of_a_confidence_that_is_no_share_are_refused(self, confidence: float) -> None:
        with pytest.raises(InvalidValueError, match=r"confidence is .*; write 0\.95"):
            MODELS[0].estimate("alpha", confidence=confidence)


class TestNewCustomer:
    def test_is_a_row_of_zeros(self) -> None:
        model = MBGNBD.fit(sample())
        newcomer = model.new_customer()
        zeros = pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [0.0]})

        told = model.p_active(model.expected(model.p_alive(zeros), 52), 52)
        told = model.count_interval(model.pmf(model.next_purchase(told), 52, 2), 52)
        told = model.log_pmf(told, 52, 2)

        row = told.iloc[0]
        for name, estimate in (
            ("p_alive", newcomer.p_alive()),
            ("expected", newcomer.expected(52)),
            ("p_active", newcomer.p_active(52)),
            ("pmf", newcomer.pmf(52, 2)),
            ("log_pmf", newcomer.log_pmf(52, 2)),
        ):
            assert isinstance(estimate, Estimate)
            assert [estimate.value, estimate.low, estimate.high] == pytest.approx(
                [row[name], row[f"{name}_low"], row[f"{name}_high"]]
            )
        assert newcomer.count_interval(52) == (row["count_low"], row["count_high"])
        assert newcomer.next_purchase() == pytest.approx(row["next_purchase"])
        assert repr(newcomer) == f"NewCustomer(p_alive={newcomer.p_alive():.4g})"

    def test_stays_a_customer_with_b_of_a_plus_b_by_mbg_nbd(self) -> None:
        newcomer = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W").new_customer()

        assert newcomer.p_alive() == pytest.approx(1.614 / (0.891 + 1.614))

    def test_is_certain_by_bg_nbd(self) -> None:
        told = BGNBD.fit(sample()).new_customer().p_alive()

        assert isinstance(told, Estimate)
        assert (told.low, told.value, told.high) == (1, 1, 1)


class TestHoldOut:
    def test_of_the_second_39_weeks_is_expected_within_some_percent(self) -> None:
        """Fader, Hardie and Lee (2005): by week 78 the sum is short by some percent."""
        later = rfm_table(orders(), as_of=date(1998, 6, 30), unit="W").to_pandas()
        first = sample()
        bought = later["frequency"].to_numpy() - first["frequency"].to_numpy()

        for kind in (BGNBD, MBGNBD, ParetoNBD):
            model: LifetimeModel = kind.fit(first)
            told = model.count_interval(model.expected(first, 39), 39)

            so_far = first["frequency"].sum()
            whole = so_far + told["expected"].sum()
            assert whole == pytest.approx(so_far + bought.sum(), rel=0.08)
            inside = (told["count_low"] <= bought) & (bought <= told["count_high"])
            assert np.mean(inside) >= 0.95
