"""The desk of lifetime values: what customers are worth by a model, and who needs looking after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from crmkit.kernel import Explanation, Money, instant
from crmkit.kernel.pairs import named_once
from crmkit.value import (
    LIFETIME_VALUE_CODEC,
    LifetimeValue,
    ValueAlertChanged,
    ValueAlertPolicy,
    ValueForecast,
    lifetime_value_id,
    revalued,
)

from .desk import Desk, Office, verb
from .unit import Committed, UnitOfWork


class LifetimeValuesDesk(Desk[LifetimeValue]):
    """What models say of each customer, and the alerts that it raised: one record per customer.

    Keys to find by: customer, model, unit, as_of, p_alive, p_active, expected, clv, value_at_risk,
    currency, open_alerts, unanswered, act, changed.

    Examples:
        >>> import crmkit
        >>> from crmkit.kernel import Share
        >>> from crmkit.testing import a_forecast
        >>> from crmkit.value import ValueAlertPolicy, ValueAlertRule
        >>> desk = crmkit.open(actor="ann").lifetime_values
        >>> policy = ValueAlertPolicy(name="us", rules=(ValueAlertRule.silence(Share(0.3)),))
        >>> told = {"C-7": a_forecast(p_active=0.1), "C-8": a_forecast(p_active=0.9)}
        >>> [(one.customer, one.code) for one in desk.take_up(told, policy=policy)]
        [('C-7', 'silence')]
        >>> [one.customer for one in desk.alerted()]
        ['C-7']
        >>> [one.customer for one in desk.find(("p_active", ">", 0.5))]
        ['C-8']
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, LIFETIME_VALUE_CODEC)

    def record(
        self,
        *,
        customer: str,
        forecast: ValueForecast,
        policy: ValueAlertPolicy | None = None,
        note: str = "",
    ) -> LifetimeValue:
        """Put down for the first time what a model says of one customer. Many at once: `take_up`.

        Raises:
            InvalidValueError: If a value is unfit, or a rule asks for another currency.
            ConflictError: If his value is, or was, on record.

        Examples:
            >>> import crmkit
            >>> from crmkit.testing import a_forecast
            >>> desk = crmkit.open(actor="ann").lifetime_values
            >>> desk.record(customer="C-7", forecast=a_forecast()).id
            'lifetime_value/C-7'
        """
        return self._bear(
            lifetime_value_id(customer),
            lambda id, by, at: LifetimeValue.record(
                id, by, at, customer=customer, forecast=forecast, policy=policy, note=note
            ),
        )

    renew = verb(LifetimeValue.renew)
    acknowledge = verb(LifetimeValue.acknowledge)

    def take_up(
        self,
        forecasts: Mapping[str, ValueForecast | None] | Iterable[tuple[str, ValueForecast | None]],
        *,
        policy: ValueAlertPolicy | None = None,
    ) -> tuple[ValueAlertChanged, ...]:
        """Put forecasts of many customers on record, all or none.

        Args:
            forecasts: What a model says of each: a mapping, or pairs such as `value_forecasts`
                yields. Who is not named, or of whom it is None, stays as he is.
            policy: Which alerts there are; an open one of which it knows nothing ends. None: all
                stay as they are.

        Returns:
            The alerts that were raised and have ended, in the order of the customers named.

        Raises:
            InvalidValueError: If a customer is named twice, a forecast is older than the last one,
                a rule asks for another currency, or a value is unfit.

        Examples:
            >>> import crmkit
            >>> from crmkit.testing import a_forecast
            >>> desk = crmkit.open(actor="ann").lifetime_values
            >>> desk.take_up({"C-7": a_forecast()})
            ()
            >>> str(desk.of("C-7").forecast.clv)
            '11.09 EUR'
        """
        office, told = self._office, named_once(forecasts)
        ids = [lifetime_value_id(customer) for customer in told]

        def act(unit: UnitOfWork) -> tuple[ValueAlertChanged, ...]:
            present = unit.peek_all(self._codec, ids)
            changed = revalued(
                present.values(), office.actor, office.now(), forecasts=told, policy=policy
            )
            for one in changed:
                save = unit.put if one.id in present else unit.add
                save(self._codec, one)
            return tuple(change for one in changed for change in one.latest_changes)

        return office.work(act)

    def of(self, customer: str) -> LifetimeValue:
        """Return what is on record of one customer.

        Raises:
            NotFoundError: If nothing is.
        """
        return self.get(lifetime_value_id(customer))

    def explain(self, customer: str) -> Explanation[Money]:
        """Explain what one customer is worth, with both intervals, and which alerts are open.

        Raises:
            NotFoundError: If nothing is on record of him.

        Examples:
            >>> import crmkit
            >>> from crmkit.testing import a_forecast
            >>> desk = crmkit.open(actor="ann").lifetime_values
            >>> one = desk.record(customer="C-7", forecast=a_forecast())
            >>> str(desk.explain("C-7").verdict)
            '11.09 EUR'
        """
        return self.of(customer).explain()

    def alerted(self, *, alert: str | None = None) -> tuple[LifetimeValue, ...]:
        """Return the customers with an open alert, in the order of their ids.

        Args:
            alert: Of which rule, by its code; None for any.
        """
        return tuple(
            one
            for one in self.each(("open_alerts", ">", 0))
            if any(alert in (None, each.code) for each in one.open_alerts)
        )

    def unanswered(self, *, alert: str | None = None) -> tuple[LifetimeValue, ...]:
        """Return the customers with an open alert that nobody took up, in the order of their ids.

        Args:
            alert: Of which rule, by its code; None for any.

        Examples:
            >>> import crmkit
            >>> crmkit.open(actor="ann").lifetime_values.unanswered()
            ()
        """
        return tuple(
            one
            for one in self.each(("unanswered", ">", 0))
            if any(alert in (None, each.code) for each in one.open_alerts if each.is_unanswered)
        )

    def alert_changes(
        self, since: datetime, *, until: datetime | None = None, alert: str | None = None
    ) -> tuple[ValueAlertChanged, ...]:
        """Return what became of alerts from a moment on, oldest first.

        Args:
            since: From when on.
            until: Until before when; None for no end.
            alert: Of which rule, by its code; None for all.

        Raises:
            InvalidValueError: If a time is naive.
        """
        first, last = instant(since, "since"), until and instant(until, "until")
        found = [
            change
            for one in self.each(("changed", ">=", first))
            for change in one.changes
            if first <= change.at and (last is None or change.at < last)
            if alert in (None, change.code)
        ]
        return tuple(sorted(found, key=lambda change: change.at))


def value_alert_changes(committed: Committed) -> tuple[ValueAlertChanged, ...]:
    """Return what one batch did to alerts on customers' values: the events, for a subscriber.

    What is stored once more as it was, after an erasure or a deletion, is no event.

    Args:
        committed: What a subscriber is told.

    Examples:
        >>> import crmkit
        >>> from crmkit.kernel import Share
        >>> from crmkit.testing import a_forecast
        >>> from crmkit.value import ValueAlertPolicy, ValueAlertRule
        >>> crm, told = crmkit.open(actor="ann"), []
        >>> end = crm.subscribe(lambda committed: told.extend(value_alert_changes(committed)))
        >>> policy = ValueAlertPolicy(name="us", rules=(ValueAlertRule.silence(Share(0.3)),))
        >>> raised = crm.lifetime_values.take_up({"C-7": a_forecast(p_active=0.1)}, policy=policy)
        >>> tuple(told) == raised
        True
    """
    records = (changed.record for changed in committed.changed if not changed.is_as_it_was)
    return tuple(
        change for one in records if isinstance(one, LifetimeValue) for change in one.latest_changes
    )
