"""How lifetime values are stored, and found again."""

from datetime import date, datetime
from typing import Final

from crmkit.kernel import Codec, Money

from .lifetime_value import LifetimeValue, ValueAct


LIFETIME_VALUE_CODEC: Final = Codec(
    "lifetime_value",
    LifetimeValue,
    keys={
        "customer": lambda one: one.customer,
        "model": lambda one: one.forecast.model,
        "unit": lambda one: one.forecast.unit,
        "as_of": lambda one: one.forecast.as_of,
        "p_alive": lambda one: float(one.forecast.p_alive),
        "p_active": lambda one: float(one.forecast.p_active),
        "expected": lambda one: float(one.forecast.expected),
        "clv": lambda one: one.forecast.clv,
        "value_at_risk": lambda one: one.forecast.value_at_risk,
        "currency": lambda one: one.forecast.currency,
        "open_alerts": lambda one: len(one.open_alerts),
        "unanswered": lambda one: sum(alert.is_unanswered for alert in one.open_alerts),
        "act": lambda one: one.trail[-1].stage,
        "changed": lambda one: one.trail[-1].at,
    },
    key_types={
        "as_of": date,
        "p_alive": float,
        "p_active": float,
        "expected": float,
        "clv": Money,
        "value_at_risk": Money,
        "open_alerts": int,
        "unanswered": int,
        "act": ValueAct,
        "changed": datetime,
    },
)
"""Kind `lifetime_value`; amounts of several currencies are parted by `currency`."""
