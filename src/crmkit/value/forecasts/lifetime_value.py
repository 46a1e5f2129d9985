"""A customer's lifetime value on record: every forecast of it, and the alerts that they raised.

Law: a forecast is never overwritten, and none is older than the one before it. An alert is raised
once, and stands until a forecast ends it, or its rule is a rule no more.

Source: domain facts V4 (value by model), V6 (kept, explainable, movement over time).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NewType

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Explanation,
    Labelled,
    Money,
    Step,
    Trail,
    all_are,
    checked_id,
    instant,
    is_id,
    personal_in,
    unbroken,
)

from .value_alert import ValueAlert, ValueAlertAct, ValueAlertChanged
from .value_alert_rule import ValueAlertPolicy
from .value_explained import dropped_alert, explained_value, restored_alert
from .value_forecast import ValueForecast


LifetimeValueId = NewType("LifetimeValueId", str)
"""Which customer's lifetime value."""


class ValueAct(Labelled):
    """What was done to a customer's lifetime value."""

    RECORDED = "recorded", "Recorded", "已记录"
    RENEWED = "renewed", "Renewed", "已更新"
    ACKNOWLEDGED = "acknowledged", "Alert acknowledged", "提醒已确认"
    RESTORED = "restored", "Restored", "已恢复"


@attrs.frozen(kw_only=True)
class LifetimeValue:
    """What a customer will be worth, as models said of him from time to time.

    Lifetime values are immutable: every verb returns a new one with a longer trail.

    Attributes:
        id: Unique among lifetime values; `lifetime_value_id` makes it.
        customer: Whose.
        forecasts: What each recording, renewal and restoration said, oldest first.
        alerts: Every alert there was, in the order in which they were raised.
        trail: Every act so far, oldest first.

    Raises:
        InvalidValueError: If a value is unfit, or forecasts, alerts and trail do not agree.

    Examples:
        >>> from crmkit.testing import NINE, a_forecast
        >>> one = LifetimeValue.record(
        ...     "lifetime_value/C-7", "ann", NINE, customer="C-7", forecast=a_forecast()
        ... )
        >>> one.forecast.model, str(one.forecast.clv), one.open_alerts
        ('MBGNBD', '11.09 EUR', ())
    """

    id: LifetimeValueId = attrs.field(validator=is_id)
    customer: str = attrs.field(validator=is_id)
    forecasts: tuple[ValueForecast, ...] = attrs.field(validator=all_are(ValueForecast))
    alerts: tuple[ValueAlert, ...] = attrs.field(default=(), validator=all_are(ValueAlert))
    trail: Trail[ValueAct] = attrs.field(validator=unbroken, metadata=personal_in("note"))

    def __attrs_post_init__(self) -> None:
        if len(self.forecasts) != len(self._forecast_steps):
            rule = f"must be one for each recording on the trail, {len(self._forecast_steps)}"
            raise InvalidValueError("forecasts", len(self.forecasts), rule)
        for alert in self.alerts:
            if alert.last_step > len(self.trail):
                rule = f"must be on the trail, which has {len(self.trail)} steps"
                raise InvalidValueError("step", alert.last_step, rule)

    # -- verbs ---

    @classmethod
    def record(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        customer: str,
        forecast: ValueForecast,
        policy: ValueAlertPolicy | None = None,
        note: str = "",
    ) -> LifetimeValue:
        """Put down for the first time what a model says of a customer.

        Args:
            id: Unique among lifetime values: `lifetime_value_id(customer)`.
            by: Who puts it down.
            at: When.
            customer: Whose value.
            forecast: What a model says.
            policy: Which alerts it may raise; None for none.
            note: What was said on the occasion.

        Raises:
            InvalidValueError: If a value is unfit, or a rule asks for another currency.
        """
        born = cls(
            id=LifetimeValueId(id),
            customer=customer,
            forecasts=(forecast,),
            trail=(Step(ValueAct.RECORDED, by, instant(at), note),),
        )
        return born if policy is None else born._judged(policy)

    def renew(
        self,
        by: str,
        at: datetime,
        *,
        forecast: ValueForecast,
        policy: ValueAlertPolicy | None = None,
        note: str = "",
    ) -> LifetimeValue:
        """Put down what a model says of him now; alerts are raised and ended by the policy.

        Args:
            by: Who puts it down.
            at: When.
            forecast: Of the same day as the last one or a later one.
            policy: Which alerts there are; an open one of which it knows nothing ends. None: all
                stay as they are.
            note: What was said on the occasion.

        Raises:
            InvalidValueError: If the forecast is older than the last one, a rule asks for another
                currency, or a value is unfit.
        """
        if forecast.as_of < self.forecast.as_of:
            rule = f"must not be before that of the last forecast, {self.forecast.as_of}"
            raise InvalidValueError("as_of", forecast.as_of, rule)
        renewed = self._with(ValueAct.RENEWED, by, at, note, forecasts=(*self.forecasts, forecast))
        return renewed if policy is None else renewed._judged(policy)

    def acknowledge(self, by: str, at: datetime, *, alert: str, note: str = "") -> LifetimeValue:
        """Take an alert up: somebody looks after the customer.

        Args:
            by: Who.
            at: When.
            alert: The code of an open alert that nobody took up.
            note: What he will do.

        Raises:
            InvalidValueError: If there is no such alert, or a value is unfit.
        """
        waiting = {one.code: one for one in self.open_alerts if one.is_unanswered}
        if alert not in waiting:
            rule = f"must be an alert that is open and not taken up: {', '.join(waiting) or 'none'}"
            raise InvalidValueError("alert", alert, rule)
        step = len(self.trail) + 1
        alerts = tuple(
            attrs.evolve(one, acknowledged=step) if one is waiting[alert] else one
            for one in self.alerts
        )
        return self._with(ValueAct.ACKNOWLEDGED, by, at, note, alerts=alerts)

    def restore(self, by: str, at: datetime, *, earlier: LifetimeValue) -> LifetimeValue:
        """Take up again what an earlier version said; what was in between stays on the trail.

        Alerts that were open then are open again, those that were not have ended.

        Raises:
            InvalidValueError: If `earlier` is that of another customer.
        """
        if earlier.id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        step, then = len(self.trail) + 1, {one.rule: one for one in earlier.open_alerts}
        now = {one.rule for one in self.open_alerts}
        alerts = tuple(
            attrs.evolve(one, ended=step) if one.is_open and one.rule not in then else one
            for one in self.alerts
        )
        again = (ValueAlert(rule=rule, raised=step) for rule in then if rule not in now)
        forecasts = (*self.forecasts, earlier.forecast)
        return self._with(
            ValueAct.RESTORED, by, at, "", forecasts=forecasts, alerts=(*alerts, *again)
        )

    # -- questions ---

    @property
    def forecast(self) -> ValueForecast:
        """What a model said last."""
        return self.forecasts[-1]

    @property
    def open_alerts(self) -> tuple[ValueAlert, ...]:
        """The alerts that have not ended."""
        return tuple(one for one in self.alerts if one.is_open)

    @property
    def changes(self) -> tuple[ValueAlertChanged, ...]:
        """Everything that became of alerts, oldest first."""
        told = [(step, one, act) for one in self.alerts for step, act in _acts(one)]
        told.sort(key=lambda change: change[0])
        return tuple(self._changed(step, one, act) for step, one, act in told)

    @property
    def latest_changes(self) -> tuple[ValueAlertChanged, ...]:
        """What the last act did to alerts."""
        last = len(self.trail)
        told = [(one, act) for one in self.alerts for step, act in _acts(one) if step == last]
        return tuple(self._changed(last, one, act) for one, act in told)

    def forecast_at(self, at: datetime) -> ValueForecast | None:
        """Return what was on record at a moment; None before the first forecast.

        Raises:
            InvalidValueError: If `at` is naive.
        """
        moment = instant(at, "at")
        steps = [step for step in self._forecast_steps if self.trail[step - 1].at <= moment]
        return self.forecasts[len(steps) - 1] if steps else None

    def explain(self) -> Explanation[Money]:
        """Explain what he is worth, with both intervals, and the alerts that are open.

        Examples:
            >>> from crmkit.testing import NINE, a_forecast
            >>> one = LifetimeValue.record(
            ...     "lifetime_value/C-7", "ann", NINE, customer="C-7", forecast=a_forecast()
            ... )
            >>> print(one.explain())
            customer C-7 is worth 11.09 EUR within 52 weeks, by MBGNBD of 2026-03-01: 1.263\
 purchases expected within 39 weeks, and between 0 and 6 of them will be counted with 95 %\
 confidence; a customer still with 50 %, buying within 39 weeks with 40 %
        """
        because = (self._raised(alert) for alert in self.open_alerts)
        return explained_value(self.customer, self.forecast, because=because)

    # -- inner ---

    @property
    def _forecast_steps(self) -> tuple[int, ...]:
        """The steps that brought a forecast, from 1."""
        return tuple(
            place
            for place, step in enumerate(self.trail, 1)
            if step.stage is not ValueAct.ACKNOWLEDGED
        )

    def _judged(self, policy: ValueAlertPolicy) -> LifetimeValue:
        """Return the same with the alerts that its last forecast raises, and without those it ends.

        What raises and ends alerts is dated by the last step.
        """
        step, before = len(self.trail), self.forecasts[-2] if self.forecasts[1:] else None
        rules = {rule.code for rule in policy.rules}
        told: list[ValueAlert] = []
        for one in self.alerts:
            ends = one.is_open and (
                one.code not in rules
                or one.rule.explain_end(self.customer, self.forecast, before=before).verdict
                is False
            )
            told.append(attrs.evolve(one, ended=step) if ends else one)
        there = {one.code for one in self.open_alerts}
        raised = (
            ValueAlert(rule=rule, raised=step)
            for rule in policy.rules
            if rule.code not in there
            and rule.explain(self.customer, self.forecast, before=before).verdict
        )
        return attrs.evolve(self, alerts=(*told, *raised))

    def _changed(self, step: int, one: ValueAlert, act: ValueAlertAct) -> ValueAlertChanged:
        line = self.trail[step - 1]
        return ValueAlertChanged(
            customer=self.customer,
            code=one.code,
            act=act,
            at=line.at,
            by=line.by,
            note=line.note,
            why=self._ended(one, step) if act is ValueAlertAct.ENDED else self._raised(one),
        )

    def _raised(self, one: ValueAlert) -> Explanation[bool | None]:
        if self.trail[one.raised - 1].stage is ValueAct.RESTORED:
            return restored_alert(self.customer, one.rule)
        now, before = self._known_at(one.raised)
        return one.rule.explain(self.customer, now, before=before)

    def _ended(self, one: ValueAlert, step: int) -> Explanation[bool | None]:
        if self.trail[step - 1].stage is ValueAct.RESTORED:
            return dropped_alert(self.customer, one.rule)
        now, before = self._known_at(step)
        told = one.rule.explain_end(self.customer, now, before=before)
        return told if told.verdict is False else dropped_alert(self.customer, one.rule)

    def _known_at(self, step: int) -> tuple[ValueForecast, ValueForecast | None]:
        """Return the forecast of a step, and the one before it."""
        place = sum(each <= step for each in self._forecast_steps) - 1
        return self.forecasts[place], self.forecasts[place - 1] if place else None

    def _with(
        self,
        act: ValueAct,
        by: str,
        at: datetime,
        note: str,
        *,
        forecasts: tuple[ValueForecast, ...] | None = None,
        alerts: tuple[ValueAlert, ...] | None = None,
    ) -> LifetimeValue:
        return attrs.evolve(
            self,
            forecasts=self.forecasts if forecasts is None else forecasts,
            alerts=self.alerts if alerts is None else alerts,
            trail=(*self.trail, Step(act, by, instant(at), note)),
        )


def lifetime_value_id(customer: str) -> LifetimeValueId:
    """Return the id of a customer's lifetime value: the same whoever asks.

    Raises:
        InvalidValueError: If the customer is no id, such as a number.

    Examples:
        >>> lifetime_value_id("C-7")
        'lifetime_value/C-7'
    """
    return LifetimeValueId(f"lifetime_value/{checked_id(customer, 'customer')}")


def _acts(one: ValueAlert) -> Iterable[tuple[int, ValueAlertAct]]:
    """Yield what became of an alert, and at which step."""
    yield one.raised, ValueAlertAct.RAISED
    if one.acknowledged is not None:
        yield one.acknowledged, ValueAlertAct.ACKNOWLEDGED
    if one.ended is not None:
        yield one.ended, ValueAlertAct.ENDED
