"""Covariates: the likelihood in fifty digits, its gradient, recovery, and plain models again."""

import math
from collections.abc import Callable
from datetime import date
from typing import cast

import numpy as np
import pandas as pd
import polars as pl
import pytest

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel import Estimate, FrozenMap
from crmkit.value import (
    BGBB,
    BGNBD,
    MBGNBD,
    NBD,
    CovariateModel,
    GammaGamma,
    HoldOut,
    ParetoNBD,
    check_drift,
    check_intervals,
    conditional_expectations,
)
from crmkit.value.lifetime.beta_drop_out import BetaDropOut
from crmkit.value.lifetime.covariate_law import CovariateRows
from crmkit.value.lifetime.history_table import read_weighted

from .cdnow import sample
from .oracles import beta_drop_out
from .simulated import histories


TRUE = (0.525, 6.183, 0.891, 1.614)
BUYING, LOSS = 0.6, -0.8
MODEL = CovariateModel(
    MBGNBD(*TRUE, unit="W"), buying=FrozenMap({"web": 0.5}), loss=FrozenMap({"age": -0.02})
)
TABLE = pd.DataFrame(
    [("X", 2, 30.43, 38.86, 22.0, 0, 30.0), ("Y", 0, 0.0, 38.86, 5.0, 1, 60.0)],
    columns=["customer_id", "frequency", "recency", "T", "monetary", "web", "age"],
)


def simulated(n: int, seed: int) -> pd.DataFrame:
    """Customers of the web buy exp(.6) times as often; the odds of loss of the old are exp(-.8)."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = TRUE
    parts = []
    for web in (0, 1):
        for old in (0, 1):
            its = (r, alpha * np.exp(-BUYING * web), a * np.exp(LOSS * old), b)
            part, _ = histories("MBG/NBD", its, rng.uniform(27, 78, n // 4), 1.0, rng)
            parts.append(part.assign(web=web, old=old))
    whole = pd.concat(parts, ignore_index=True)
    return whole.assign(customer_id=np.arange(len(whole)))


class TestLikelihood:
    @pytest.mark.parametrize("first", [0, 1])
    def test_is_that_of_the_published_formula_in_fifty_digits(self, first: int) -> None:
        """Of each customer with alpha and a of his own."""
        rows = [(2, 30.43, 38.86), (0, 0.0, 38.86), (132, 38.5, 39.0), (1, 0.2, 0.3)]
        web, age = np.array([0.0, 1.0, 0.3, 1.0]), np.array([30.0, 60.0, 41.5, 60.0])
        told = pd.DataFrame(rows, columns=["frequency", "recency", "T"])
        exact = [
            beta_drop_out(
                (TRUE[0], TRUE[1] * np.exp(-0.5 * z), TRUE[2] * np.exp(-0.02 * w), TRUE[3]),
                row,
                1.0,
                first=first,
            ).log_likelihood
            for row, z, w in zip(rows, web, age, strict=True)
        ]
        parted = CovariateRows.of(
            read_weighted(told, None),
            np.array([[0.0], [1.0], [0.3]]),
            np.array([[30.0], [60.0], [41.5]]),
            np.array([0, 1, 2, 1]),
        )

        value, _ = parted.objective(BetaDropOut(first))(np.array([*np.log(TRUE), 0.5, -0.02]))

        assert abs(value - sum(exact)) < 1e-9

    @pytest.mark.parametrize("first", [0, 1])
    def test_has_the_gradient_of_its_differences(self, first: int) -> None:
        table = simulated(400, 3)
        covariates = np.array([[0.0], [1.0]])
        parted = CovariateRows.of(
            read_weighted(table[["frequency", "recency", "T"]], None),
            covariates,
            covariates,
            table["web"].to_numpy(),
        )
        objective, theta = parted.objective(BetaDropOut(first)), np.array([*np.log(TRUE), 0.3, 0.2])

        _, slopes = objective(theta)

        sides = np.eye(6) * 1e-5
        by_hand = [
            (objective(theta + side)[0] - objective(theta - side)[0]) / 2e-5 for side in sides
        ]
        assert slopes == pytest.approx(by_hand, rel=1e-5, abs=1e-3)


class TestFit:
    def test_recovers_what_was_simulated(self) -> None:
        """Within four standard errors of the truth, of 16,000 customers."""
        model = CovariateModel.fit(simulated(16_000, 5), buying=["web"], loss=["old"])

        summary = model.summary
        truth = np.array([*TRUE, BUYING, LOSS])
        assert (np.abs(summary["value"] - truth) < 4 * summary["standard_error"]).all()
        assert list(summary.index[4:]) == ["buying:web", "loss:old"]
        assert (summary["low"] < summary["value"]).all()
        assert (summary["value"] < summary["high"]).all()

    @pytest.mark.parametrize("kind", [MBGNBD, BGNBD])
    def test_without_an_effect_is_the_plain_model(self, kind: type[MBGNBD] | type[BGNBD]) -> None:
        """A covariate thrown by dice: coefficients near 0, the likelihood hardly higher."""
        table = sample().assign(dice=np.random.default_rng(4).integers(0, 2, 2357))

        model = CovariateModel.fit(table, kind=kind, buying=["dice"], loss=["dice"])

        plain = kind.fit(table)
        summary = model.summary.loc[["buying:dice", "loss:dice"]]
        assert (np.abs(summary["value"]) < 3 * summary["standard_error"]).all()
        # Twice the gain is chi-squared with two degrees of freedom: beyond 13.8 once in a thousand.
        assert 0 <= (model.log_likelihood or 0) - (plain.log_likelihood or 0) < 6.9
        bare = CovariateModel(plain, buying=FrozenMap({"dice": 0.0}))
        told, asked = bare.expected(table, 39), plain.expected(table, 39)
        assert told["expected"].tolist() == pytest.approx(asked["expected"].tolist(), rel=1e-12)

    def test_lies_between_one_model_and_one_for_each_group(self) -> None:
        """All four parameters free in each of four groups: it is nested in that."""
        table = simulated(4_000, 6)

        model = CovariateModel.fit(table, buying=["web"], loss=["old"])

        groups = (part for _, part in table.groupby(["web", "old"]))
        free = sum(MBGNBD.fit(part).log_likelihood or 0 for part in groups)
        assert (MBGNBD.fit(table).log_likelihood or 0) < (model.log_likelihood or 0) < free

    def test_of_covariates_in_another_measure_is_the_same(self) -> None:
        table = simulated(2_000, 7)
        model = CovariateModel.fit(table, buying=["web"], loss=["old"])

        other = CovariateModel.fit(
            table.assign(web=table["web"] * 10 + 300), buying=["web"], loss=["old"]
        )

        assert other.log_likelihood == pytest.approx(model.log_likelihood)
        assert other.buying["web"] * 10 == pytest.approx(model.buying["web"], rel=1e-4)
        assert other.summary["standard_error"]["loss:old"] == pytest.approx(
            model.summary["standard_error"]["loss:old"], rel=1e-3
        )

    def test_of_counted_rows_is_that_of_customers(self) -> None:
        table = simulated(1_000, 8)
        table[["recency", "T"]] = np.ceil(table[["recency", "T"]])
        columns = ["frequency", "recency", "T", "web", "unit"]
        counted = table.groupby(columns).size().rename("customers").reset_index()

        told = CovariateModel.fit(
            pl.from_pandas(counted).lazy(), buying=["web"], weights="customers"
        )

        each = CovariateModel.fit(table, buying=["web"])
        assert list(told.parameters.values()) == pytest.approx(
            list(each.parameters.values()), rel=1e-4
        )

    def test_says_where_the_likelihood_is_flat(self) -> None:
        table = pd.DataFrame(
            {"frequency": [0] * 9, "recency": [0.0] * 9, "T": [7.0] * 9, "web": [0, 1, 0] * 3}
        )

        with pytest.warns(AssumptionWarning, match="^MBGNBD with web: the likelihood is flat in"):
            model = CovariateModel.fit(table, buying=["web"], unit="D")

        assert "flat in r" in repr(model)
        assert model.summary["standard_error"].isna().all()
        assert model.expected(table, 7)["expected_low"].isna().all()


class TestAsked:
    def test_each_is_a_customer_of_his_own_plain_model(self) -> None:
        model = CovariateModel.fit(simulated(2_000, 9), buying=["web"], loss=["old"])
        table = TABLE.assign(old=[1, 0])

        told = model.next_purchase(model.pmf(model.p_active(model.p_alive(table), 39), 39, 0))
        told = model.clv(
            model.dert(model.count_interval(model.expected(told, 39), 39), 0.1), 52, 0.1
        )

        for row, covariates in enumerate(({"web": 0, "old": 1}, {"web": 1, "old": 0})):
            one, his = model.of(covariates), table.iloc[[row]]
            asked = one.next_purchase(one.pmf(one.p_active(one.p_alive(his), 39), 39, 0))
            asked = one.clv(one.dert(one.count_interval(one.expected(asked, 39), 39), 0.1), 52, 0.1)
            assert told.iloc[row].to_dict() == pytest.approx(asked.iloc[0].to_dict())
        assert (told["expected_low"] < told["expected"]).all()

    def test_forecast_is_both_questions_at_once(self) -> None:
        model = CovariateModel(
            MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W"), buying=FrozenMap({"web": 0.5})
        )

        told = model.forecast(TABLE, 39)

        assert told.equals(model.count_interval(model.expected(TABLE, 39), 39))

    def test_has_its_intervals_checked_as_each_ones_plain_model(self) -> None:
        """Of customers whose covariates are 1, it is that of a rate e times as high."""
        r, alpha, a, b = TRUE
        model = CovariateModel(MBGNBD(*TRUE, unit="W"), buying=FrozenMap({"web": 1.0}))
        rows = TABLE.assign(counted=1, spent=0.0, web=1)
        held = HoldOut(table=rows, cut=date(2026, 3, 1), until=date(2026, 4, 12), unit="W")

        told = check_intervals(model, held)

        own = MBGNBD(r, alpha / math.e, a, b, unit="W")
        assert told == check_intervals(own, held)
        assert told.promised != check_intervals(model.plain, held).promised

    @pytest.mark.parametrize("question", [check_drift, conditional_expectations])
    def test_is_refused_by_name_where_a_plain_model_is_asked_for(
        self, question: Callable[[object, object], object]
    ) -> None:
        model = CovariateModel(
            MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W"), buying=FrozenMap({"web": 0.5})
        )
        held = HoldOut(
            table=TABLE.assign(counted=1, spent=0.0), cut=date(2026, 3, 1),
            until=date(2026, 4, 12), unit="W",
        )  # fmt: skip

        with pytest.raises(InvalidValueError, match=r"CovariateModel: it must be .*add up its clv"):
            question(model, held)

    def test_intervals_carry_the_doubt_in_coefficients(self) -> None:
        """By draws of the parameters: the spread of the logarithm of the expectation."""
        model = CovariateModel.fit(simulated(2_000, 10), buying=["web"], loss=["old"])
        assert model.fitted is not None
        own = np.log(list(model.plain.parameters.values()))
        theta = np.array([*own, *model.buying.values(), *model.loss.values()])
        draws = np.random.default_rng(1).multivariate_normal(
            theta, np.array(model.fitted.covariance), 400
        )
        values = []
        for r, alpha, a, b, web, _ in draws:
            drawn = MBGNBD(*np.exp([r, alpha - web, a, b]).tolist(), unit="W")
            values.append(drawn.new_customer().expected(39.0))

        newcomer = model.of({"web": 1, "old": 0}).new_customer().expected(39.0)

        assert isinstance(newcomer, Estimate)
        reach = np.log(newcomer.high / newcomer.value) / 1.96
        assert reach == pytest.approx(np.std(np.log(values)), rel=0.15)

    def test_a_new_customer_is_one_of_his_own_plain_model(self) -> None:
        """By hand: alpha over e to the half, a times e to the 1.2th less."""
        r, alpha, a, b = TRUE
        own = MBGNBD(r, alpha * np.exp(-0.5), a * np.exp(-1.2), b, unit="W")

        told = MODEL.new_customer({"web": 1, "age": 60}).expected(39)

        assert told == pytest.approx(own.new_customer().expected(39), rel=1e-12)

    def test_gives_back_the_callers_own_frame(self) -> None:
        lazy = MODEL.expected(pl.from_pandas(TABLE).lazy(), 39)

        assert isinstance(lazy, pl.LazyFrame)
        assert (
            lazy.collect()["expected"].to_list() == MODEL.expected(TABLE, 39)["expected"].tolist()
        )

    def test_takes_numbers_of_numpy(self) -> None:
        """As coefficients and as covariates: they are numbers, and are kept as Python's own."""
        coefficients = cast("dict[str, float]", {"web": np.int64(1), "age": np.float32(0.5)})

        told = CovariateModel(MODEL.plain, buying=FrozenMap(coefficients))

        assert told == CovariateModel(MODEL.plain, buying=FrozenMap({"web": 1, "age": 0.5}))
        assert CovariateModel.from_json(told.to_json()) == told
        covariates = cast("dict[str, float]", {"web": np.int32(1), "age": np.float32(60)})
        assert MODEL.of(covariates) == MODEL.of({"web": 1, "age": 60})

    def test_of_nobody_is_nobody(self) -> None:
        told = MODEL.expected(TABLE.head(0), 39)

        assert list(told.columns[-3:]) == ["expected", "expected_low", "expected_high"]
        assert len(told) == 0

    def test_logarithms_of_chances_are_those_of_the_chances(self) -> None:
        told = MODEL.pmf(MODEL.log_pmf(TABLE, 39, 2), 39, 2)

        assert np.exp(told["log_pmf"]).tolist() == pytest.approx(told["pmf"].tolist(), rel=1e-12)

    def test_without_a_fit_has_no_standard_errors(self) -> None:
        assert MODEL.summary["standard_error"].isna().all()


class TestText:
    def test_comes_back(self) -> None:
        fitted = CovariateModel.fit(simulated(1_000, 11), buying=["web"])

        assert CovariateModel.from_json(MODEL.to_json()) == MODEL
        assert CovariateModel.from_json(fitted.to_json()) == fitted
        assert repr(MODEL).startswith("CovariateModel(MBGNBD, r=0.525, alpha=6.183")
        assert "n=1000, log-likelihood" in repr(fitted)
        assert fitted.unit == "W"
        assert MODEL.log_likelihood is None
        for text in ("{", MODEL.plain.to_json()):
            with pytest.raises(InvalidValueError, match=r"CovariateModel\.to_json"):
                CovariateModel.from_json(text)


class TestRefuse:
    @pytest.mark.parametrize("kind", [ParetoNBD, NBD, BGBB, GammaGamma])
    def test_a_kind_that_knows_no_covariates(self, kind: type[MBGNBD]) -> None:
        with pytest.raises(InvalidValueError, match=f"kind is {kind.__name__}: it must be MBGNBD"):
            CovariateModel.fit(TABLE, kind=kind, buying=["web"], unit="W")

    def test_a_plain_model_that_knows_none(self) -> None:
        with pytest.raises(InvalidValueError, match="kind is NBD: it must be MBGNBD or BGNBD"):
            CovariateModel(
                NBD(0.5, 6, unit="W"),  # type: ignore[arg-type]  # that is the point
                buying=FrozenMap({"web": 0.5}),
            )

    def test_a_text_in_place_of_a_list_of_columns(self) -> None:
        with pytest.raises(InvalidValueError, match="covariates is 'web': it must be a list"):
            CovariateModel.fit(TABLE, buying="web", unit="W")

    def test_what_is_no_model(self) -> None:
        with pytest.raises(InvalidValueError, match="covariates is missing"):
            CovariateModel(MODEL.plain)
        with pytest.raises(InvalidValueError, match="coefficient of web is inf"):
            CovariateModel(MODEL.plain, buying=FrozenMap({"web": float("inf")}))

    @pytest.mark.parametrize(
        ("covariates", "said"),
        [
            ({"web": 1}, "age is missing"),
            ({"web": 1, "age": 3, "size": 2}, "covariate is 'size'"),
            ({"web": float("nan"), "age": 3}, "web is nan"),
            ({"web": "x", "age": 3}, "web is 'x': it must be a finite number"),
            ({"web": 1, "age": None}, "age is None: it must be a finite number"),
            ({"web": True, "age": 3}, "web is True: it must be a finite number"),
            ({"web": np.True_, "age": 3}, "web is True: it must be a finite number"),
            (5, "covariates is 5: it must be told by their columns"),
        ],
    )
    def test_who_is_not_known(self, covariates: dict[str, float], said: str) -> None:
        with pytest.raises(InvalidValueError, match=said):
            MODEL.of(covariates)
        with pytest.raises(InvalidValueError, match=said):
            MODEL.new_customer(covariates)

    @pytest.mark.parametrize(
        ("change", "asked", "said"),
        [
            ({"web": [0, 0, 0]}, ["web"], "must not be the same for all customers"),
            ({"web": [0, 1, np.nan]}, ["web"], "web"),
            ({}, ["wob"], "wob"),
            ({"web": [0, 1e-200, 0]}, ["web"], "must not be the same for all customers"),
            ({"web": [0, 1, -1e151]}, ["web"], "web .*must be from -1e.150 to 1e.150"),
            ({}, [], "covariates is missing"),
            ({}, ["web", "web"], "covariate is 'web': it must be named once"),
            ({"recency": [40, 0, 0]}, ["web"], "recency"),
        ],
    )
    def test_bad_tables(self, change: dict[str, list[float]], asked: list[str], said: str) -> None:
        table = pd.DataFrame(
            {"frequency": [2, 0, 0], "recency": [3.0, 0, 0], "T": [9.0, 9, 9], "web": [0, 1, 1]}
        ).assign(**change)

        with pytest.raises(InvalidValueError, match=said):
            CovariateModel.fit(table, unit="W", buying=asked)

    def test_a_customer_twice_though_his_covariates_differ(self) -> None:
        with pytest.raises(InvalidValueError, match="must stand in one row"):
            MODEL.expected(TABLE.assign(customer_id="X"), 39)

    def test_covariates_of_too_many_values(self) -> None:
        table = pd.DataFrame({"frequency": 0, "recency": 0.0, "T": 9.0, "size": np.arange(5_001.0)})

        with pytest.raises(InvalidValueError, match="different sets of covariates is 5001"):
            CovariateModel.fit(table, unit="W", buying=["size"])
