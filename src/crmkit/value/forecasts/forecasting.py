"""Forecasts of every customer of a table, by a model that was fitted or given.

Law: what is put on record is what the model's own questions answer, and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import reduce
from typing import Final, TypeAlias, TypedDict, cast

from narwhals.stable.v2.typing import IntoFrame

from crmkit.kernel import Money
from crmkit.kernel.frames import COLUMNS, empty, find_flaws, frame_of
from crmkit.value.lifetime.asked_tables import floats, held
from crmkit.value.lifetime.covariate_model import CovariateModel
from crmkit.value.lifetime.lifetime_model import LifetimeModel
from crmkit.value.lifetime.spending import GammaGamma, fitted_on

from .value_forecast import ValueForecast, rounded_money


_Question: TypeAlias = Callable[[IntoFrame], IntoFrame]

_ANSWERS: Final = (
    "p_alive",
    "p_active",
    "expected",
    "expected_low",
    "expected_high",
    "count_low",
    "count_high",
    "clv",
    "clv_low",
    "clv_high",
)


def value_forecasts(
    model: LifetimeModel | CovariateModel,
    table: IntoFrame,
    *,
    as_of: date,
    within: float,
    horizon: float,
    discount: float,
    currency: str,
    spend: GammaGamma | str = "monetary",
    margin: float = 1.0,
    confidence: float = 0.95,
    fit: str | None = None,
    customer_id: str = "customer_id",
) -> Iterator[tuple[str, ValueForecast]]:
    """Yield each customer of a table with what a model says of him, to be put on record.

    Args:
        model: Of buying and of loss, with covariates or without.
        table: One of `rfm_table`, in the model's unit, with the customers' ids.
        as_of: The last day that the table knows.
        within: How far ahead purchases are counted, in the model's unit.
        horizon: How far value is counted, in the unit; `math.inf` for all time.
        discount: By how much money loses in a year, as for `clv`.
        currency: Of the spend.
        spend: A model of spend, or the column that holds it, as for `clv`: take `GammaGamma` where
            some have not bought again yet, for their `monetary` is 0.
        margin: What of a spend remains.
        confidence: Of all intervals.
        fit: Which fit this is; None for the model's parameters.
        customer_id: Name of the column of customers; ids that are numbers are written as text.

    Raises:
        InvalidValueError: If the table is bad or in another unit, or an argument is not one.

    Warns:
        AssumptionWarning: If the column is 0 of customers without repeat purchases.

    Examples:
        >>> import pandas
        >>> from crmkit.value import MBGNBD
        >>> table = pandas.DataFrame(
        ...     {"customer_id": ["C-7"], "frequency": [2], "recency": [30.43], "T": [38.86],
        ...      "monetary": [22.35]}
        ... )
        >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
        >>> ((customer, told),) = value_forecasts(
        ...     model, table, as_of=date(1997, 9, 30), within=39, horizon=52, discount=0.15,
        ...     currency="USD",
        ... )
        >>> customer, told.model, round(told.expected, 3), (told.count_low, told.count_high)
        ('C-7', 'MBGNBD', 1.263, (0, 6))
    """
    questions: tuple[_Question, ...] = (
        lambda frame: model.p_alive(frame, confidence=confidence),
        lambda frame: model.p_active(frame, within, confidence=confidence),
        lambda frame: model.expected(frame, within, confidence=confidence),
        lambda frame: model.count_interval(frame, within, confidence=confidence),
        lambda frame: model.clv(
            frame, horizon, discount, spend=spend, margin=margin, confidence=confidence
        ),
    )
    told = held(frame_of(_asked(questions, _own_columns(table, customer_id, spend)), "table", {}))
    parameters = ", ".join(f"{name}={value:.6g}" for name, value in model.parameters.items())
    shared = _Shared(
        as_of=as_of,
        model=type(model).__name__,
        fit=parameters if fit is None else fit,
        unit=getattr(model, "unit", "occasion"),
        within=within,
        confidence=confidence,
        horizon=None if math.isinf(horizon) else horizon,
        discount=discount,
        fitted_on=fitted_on(model.fitted, spend),
    )
    answers = zip(*(floats(told, name).tolist() for name in _ANSWERS), strict=True)
    for customer, answer in zip(told["customer_id"].to_list(), answers, strict=True):
        yield str(customer), _forecast(answer, currency, shared)


class _Shared(TypedDict):
    """What all forecasts of one call share."""

    as_of: date
    model: str
    fit: str
    unit: str
    within: float
    confidence: float
    horizon: float | None
    discount: float
    fitted_on: int | None


def _asked(questions: Iterable[_Question], table: IntoFrame) -> IntoFrame:
    return reduce(lambda frame, question: question(frame), questions, table)


def _forecast(answer: tuple[float, ...], currency: str, shared: _Shared) -> ValueForecast:
    alive, active, mean, mean_low, mean_high, low, high, value, *ends = answer
    value_low, value_high = (rounded_money(end, currency) for end in ends)
    return ValueForecast(
        p_alive=alive,
        p_active=active,
        expected=mean,
        expected_low=_or_none(mean_low),
        expected_high=_or_none(mean_high),
        count_low=int(low),
        count_high=int(high),
        clv=Money.rounded(value, currency),
        clv_low=value_low,
        clv_high=value_high,
        **shared,
    )


def _own_columns(table: IntoFrame, customer_id: str, taken: GammaGamma | str) -> IntoFrame:
    """Return a copy that holds its rows, without what was asked of it before."""
    frame = held(frame_of(table, "table", {customer_id: COLUMNS["customer_id"].kind}))
    find_flaws(frame, [empty(customer_id)])
    others = [*_ANSWERS, *["customer_id"] * (customer_id != "customer_id")]
    asked = [name for name in others if name in frame.columns and name != taken]
    return cast("IntoFrame", frame.drop(asked).rename({customer_id: "customer_id"}).to_native())


def _or_none(end: float) -> float | None:
    return None if math.isnan(end) else end
