"""Forecasts of many customers put on record at once.

Law: all of them or none; a forecast that is on record already is not put down again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from crmkit.kernel.pairs import named_once

from .lifetime_value import LifetimeValue, lifetime_value_id
from .value_alert_rule import ValueAlertPolicy
from .value_forecast import ValueForecast


def revalued(
    present: Iterable[LifetimeValue],
    by: str,
    at: datetime,
    *,
    forecasts: Mapping[str, ValueForecast | None] | Iterable[tuple[str, ValueForecast | None]],
    policy: ValueAlertPolicy | None = None,
) -> tuple[LifetimeValue, ...]:
    """Put forecasts of many customers on record; return the lifetime values that this changes.

    Args:
        present: Those that there are.
        by: Who puts them down.
        at: When.
        forecasts: What a model says of each customer. Who is not named, or of whom it is None,
            stays as he is.
        policy: Which alerts there are, as for `LifetimeValue.renew`.

    Raises:
        InvalidValueError: If a customer is named twice, a forecast is older than the last one, a
            rule asks for another currency, or a value is unfit.

    Examples:
        >>> from crmkit.testing import NINE, a_forecast
        >>> new = revalued((), "ann", NINE, forecasts={"C-7": a_forecast()})
        >>> [(one.customer, str(one.forecast.clv)) for one in new]
        [('C-7', '11.09 EUR')]
        >>> revalued(new, "ann", NINE, forecasts={"C-7": a_forecast()})
        ()
    """
    held, changed = {one.id: one for one in present}, []
    for customer, forecast in named_once(forecasts).items():
        if forecast is None:
            continue
        id = lifetime_value_id(customer)
        one = held.get(id)
        if one is None:
            born = LifetimeValue.record(
                id, by, at, customer=customer, forecast=forecast, policy=policy
            )
            changed.append(born)
        elif one.forecast != forecast:
            changed.append(one.renew(by, at, forecast=forecast, policy=policy))
    return tuple(changed)
