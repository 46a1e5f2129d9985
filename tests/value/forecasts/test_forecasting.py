"""From a model and a table to what is put on record."""

import math
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel import FrozenMap, Money
from crmkit.value import (
    BGNBD,
    MBGNBD,
    CovariateModel,
    GammaGamma,
    ShiftedBetaGeometric,
    ValueForecast,
    value_forecasts,
)
from crmkit.value.forecasts.value_explained import explained_value


MODEL = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
TABLE = pd.DataFrame(
    {
        "customer_id": ["C-7", "C-8"],
        "frequency": [2, 0],
        "recency": [30.43, 0.0],
        "T": [38.86, 38.86],
        "monetary": [22.35, 0.0],
        "customers": [1, 1],
    }
)
ASKED = {"as_of": date(1997, 9, 30), "within": 39, "discount": 0.15}
SPEND = GammaGamma(6.25, 3.74, 15.44)


def told(
    model: MBGNBD | BGNBD | CovariateModel, table: object, **asked: object
) -> dict[str, ValueForecast]:
    given = {**ASKED, "horizon": 52, "currency": "USD", "spend": SPEND, **asked}
    return dict(value_forecasts(model, table, **given))  # type: ignore[arg-type]  # any of them


class TestValueForecasts:
    def test_are_what_the_model_answers(self) -> None:
        spend = GammaGamma(6.25, 3.74, 15.44)

        one = told(MODEL, TABLE, spend=spend, margin=0.3)["C-7"]

        asked = MODEL.clv(
            MODEL.count_interval(MODEL.expected(TABLE, 39), 39), 52, 0.15, spend=spend, margin=0.3
        )
        row = asked.iloc[0]
        assert one.expected == row["expected"]
        assert (one.count_low, one.count_high) == (row["count_low"], row["count_high"])
        assert one.clv == Money.rounded(float(row["clv"]), "USD")
        assert one.p_alive == MODEL.p_alive(TABLE)["p_alive"][0]
        assert one.p_active == MODEL.p_active(TABLE, 39)["p_active"][0]
        assert (one.model, one.unit, one.as_of) == ("MBGNBD", "W", date(1997, 9, 30))
        assert one.fit == "r=0.525, alpha=6.183, a=0.891, b=1.614"
        assert one.expected_low is None
        assert one.clv_low is None

    def test_of_a_fitted_model_have_both_intervals(self) -> None:
        many = pd.concat([TABLE.drop(columns="customer_id")] * 60, ignore_index=True)
        many.loc[:50, "recency"] = many["recency"][:51] / 3
        model = MBGNBD.fit(many, unit="W", penalty=0.01)

        one = told(model, TABLE.assign(price=20.0), spend="price", fit="march")["C-7"]

        assert one.expected_low is not None
        assert one.expected_high is not None
        assert one.expected_low < one.expected < one.expected_high
        assert one.clv_low is not None
        assert one.clv_high is not None
        assert one.clv_low < one.clv < one.clv_high
        assert one.fit == "march"
        assert one.fitted_on == len(many)

    def test_of_few_customers_say_that_their_intervals_are_too_narrow(self) -> None:
        many = pd.concat([TABLE.drop(columns="customer_id")] * 60, ignore_index=True)
        many.loc[:50, "recency"] = many["recency"][:51] / 3
        table = TABLE.assign(price=20.0)

        few = told(MBGNBD.fit(many, unit="W", penalty=0.01), table, spend="price")["C-7"]
        weights = np.full(len(many), 10.0)
        enough = MBGNBD.fit(many, unit="W", penalty=0.01, weights=weights)
        more = told(enough, table, spend="price")["C-7"]

        (why,) = explained_value("C-7", few).because
        assert why.find("customers").value == len(many) < 1_000
        assert "are too narrow" in explained_value("C-7", few).sentence("en")
        assert "过窄" in explained_value("C-7", few).sentence("zh")
        assert more.fitted_on == 10 * len(many) >= 1_000
        assert explained_value("C-7", more).because == ()

    def test_say_so_where_few_tell_the_spend(self) -> None:
        """What they are worth carries the doubt in both fits."""
        many = pd.concat([TABLE.drop(columns="customer_id")] * 60, ignore_index=True)
        many.loc[:50, "recency"] = many["recency"][:51] / 3
        weights = np.full(len(many), 10.0)
        model = MBGNBD.fit(many, unit="W", penalty=0.01, weights=weights)
        some = many.assign(monetary=20 + np.arange(len(many)) % 7)
        spend = GammaGamma.fit(some, penalty=0.01)

        one = told(model, TABLE, spend=spend)["C-7"]

        assert one.fitted_on == int((many["frequency"] > 0).sum()) == 60
        assert "rest on a fit of 60 customers" in explained_value("C-7", one).sentence("en")

    @pytest.mark.parametrize("kind", ["polars", "lazy", "asked before", "another name"])
    def test_take_any_table(self, kind: str) -> None:
        tables = {
            "polars": pl.from_pandas(TABLE),
            "lazy": pl.from_pandas(TABLE).lazy(),
            "asked before": MODEL.expected(TABLE, 9),
            "another name": TABLE.rename(columns={"customer_id": "who"}),
        }

        found = told(
            MODEL, tables[kind], customer_id="who" if kind == "another name" else "customer_id"
        )

        assert found == told(MODEL, TABLE)

    def test_warn_where_a_column_makes_customers_worth_nothing(self) -> None:
        with pytest.warns(AssumptionWarning, match="monetary is 0 in 1 rows") as warned:
            found = told(MODEL, TABLE, spend="monetary")

        assert len(warned) == 1
        assert found["C-8"].clv == Money.of(0, "USD")

    def test_write_numbers_as_text_and_all_time_as_none(self) -> None:
        found = told(MODEL, TABLE.assign(customer_id=[7, 8]), horizon=math.inf)

        assert list(found) == ["7", "8"]
        assert found["7"].horizon is None

    def test_of_contracts_count_occasions(self) -> None:
        contracts = pd.DataFrame({"customer_id": ["C-7"], "frequency": [2], "T": [2], "fee": [9.0]})

        ((_, one),) = value_forecasts(
            ShiftedBetaGeometric(0.704, 1.182),
            contracts,
            as_of=date(2026, 3, 1),
            within=3,
            horizon=5,
            discount=0.1,
            currency="EUR",
            spend="fee",
        )

        assert one.unit == "occasion"
        assert one.span(one.within)("zh") == "3次机会内"

    def test_of_a_model_with_covariates_are_those_of_his_own(self) -> None:
        model = CovariateModel(MODEL, buying=FrozenMap({"web": 0.5}))

        found = told(model, TABLE.assign(web=[0, 1]))

        assert found["C-7"].expected == pytest.approx(told(MODEL, TABLE)["C-7"].expected)
        assert found["C-8"].expected == pytest.approx(
            told(model.of({"web": 1}), TABLE)["C-8"].expected
        )
        assert found["C-8"].model == "CovariateModel"
        assert found["C-8"].fit.endswith("buying:web=0.5")

    def test_refuse_a_customer_without_an_id(self) -> None:
        with pytest.raises(InvalidValueError, match="customer_id"):
            told(MODEL, TABLE.assign(customer_id=pd.Series(["C-7", None])))

    def test_refuse_a_customer_twice(self) -> None:
        with pytest.raises(InvalidValueError, match="must stand in one row"):
            told(MODEL, TABLE.assign(customer_id="C-7"))
