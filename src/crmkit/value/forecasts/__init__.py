"""What models said of each customer, on record, and the alerts that it raised.

Law: a forecast tells its model, its day, its unit and both intervals, and is never overwritten.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .forecasting import value_forecasts as value_forecasts
    from .lifetime_value import (
        LifetimeValue as LifetimeValue,
        LifetimeValueId as LifetimeValueId,
        ValueAct as ValueAct,
        lifetime_value_id as lifetime_value_id,
    )
    from .revaluing import revalued as revalued
    from .stored_values import LIFETIME_VALUE_CODEC as LIFETIME_VALUE_CODEC
    from .value_alert import (
        ValueAlert as ValueAlert,
        ValueAlertAct as ValueAlertAct,
        ValueAlertChanged as ValueAlertChanged,
    )
    from .value_alert_rule import (
        ValueAlertPolicy as ValueAlertPolicy,
        ValueAlertRule as ValueAlertRule,
    )
    from .value_forecast import ValueFigure as ValueFigure, ValueForecast as ValueForecast
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
