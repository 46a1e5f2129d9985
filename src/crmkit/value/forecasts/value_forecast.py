"""What a lifetime model said of one customer: its name, its day, its unit, both intervals.

Law: what is expected and what will be counted have two intervals, by two names; neither is kept for
the other.

Source: domain fact V4; for the two intervals, the law of `crmkit.value.LifetimeModel`.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Labelled, Money, Share, Text, decimals_of, spoken
from crmkit.kernel.checks import is_a, not_blank
from crmkit.kernel.estimate import check_confidence


class ValueFigure(Labelled):
    """What a forecast tells of a customer; rules of alerts ask for it by this name."""

    P_ALIVE = "p_alive", "Chance to be a customer still", "仍是客户的概率"
    P_ACTIVE = "p_active", "Chance to buy", "购买概率"
    P_ACTIVE_FALL = "p_active_fall", "Fall of the chance to buy", "购买概率降幅"
    EXPECTED = "expected", "Purchases expected", "预期购买次数"
    EXPECTED_LOW = "expected_low", "Purchases expected, lower end", "预期购买次数下限"
    EXPECTED_HIGH = "expected_high", "Purchases expected, upper end", "预期购买次数上限"
    COUNT_LOW = "count_low", "Count of purchases, lower end", "购买次数下限"
    COUNT_HIGH = "count_high", "Count of purchases, upper end", "购买次数上限"
    CLV = "clv", "Lifetime value", "客户终身价值"
    CLV_LOW = "clv_low", "Lifetime value, lower end", "客户终身价值下限"
    CLV_HIGH = "clv_high", "Lifetime value, upper end", "客户终身价值上限"
    CLV_FALL = "clv_fall", "Fall of the lifetime value", "客户终身价值降幅"
    VALUE_AT_RISK = "value_at_risk", "Value at risk", "风险价值"


FORECAST_UNITS: Final[FrozenMap[str, Text]] = FrozenMap(
    {
        "D": Text("days", "天"),
        "W": Text("weeks", "周"),
        "occasion": Text("occasions", "次机会"),
    }
)
"""What a forecast can count time in."""

_WHOLE: Final = 1.0


@attrs.frozen(kw_only=True)
class ValueForecast:
    """What a model said of one customer.

    Attributes:
        as_of: The last day that the model knew of him.
        model: Name of the model: `MBGNBD`.
        fit: Which of its fits, so that it can be told from others: its parameters, a tag.
        unit: What time is counted in: "D" for days, "W" for weeks, "occasion".
        within: How far ahead purchases are counted, in the unit.
        confidence: Of all intervals.
        p_alive: Chance that he is still a customer.
        p_active: Chance that he buys at all within that time.
        expected: Purchases expected within it.
        expected_low: Lower end of the interval of that expectation; None where there is none.
        expected_high: Upper end.
        count_low: Least number of purchases in the interval of what will be counted.
        count_high: Largest.
        clv: What he will be worth within the horizon.
        clv_low: Lower end of the interval of that; None where there is none.
        clv_high: Upper end.
        horizon: How far value is counted, in the unit; None for all time to come.
        discount: By how much money loses in a year, or from one occasion to the next.
        fitted_on: On how many customers the fits rest, the smaller where the spend was fitted too;
            None where parameters were given, or that is not known.

    Raises:
        InvalidValueError: If a value is unfit, ends are crossed, or amounts are of two currencies.

    Units:
        Probabilities: 0 to 1. Times: in the unit. Amounts: of their currency.

    Examples:
        >>> one = ValueForecast(
        ...     as_of=date(2026, 3, 1), model="MBGNBD", unit="W", within=39, p_alive=0.5,
        ...     p_active=0.4, expected=1.26, count_low=0, count_high=6,
        ...     clv=Money.of("11.09", "EUR"), horizon=52, discount=0.15,
        ... )
        >>> one.value_at_risk, one.expected_low is None
        (Money('11.09', 'EUR'), True)
    """

    as_of: date = attrs.field(validator=is_a(date))
    model: str = attrs.field(validator=not_blank)
    fit: str = ""
    unit: str
    within: float
    confidence: float = 0.95
    p_alive: float
    p_active: float
    expected: float
    expected_low: float | None = None
    expected_high: float | None = None
    count_low: int = attrs.field(validator=is_a(int))
    count_high: int = attrs.field(validator=is_a(int))
    clv: Money = attrs.field(validator=is_a(Money))
    clv_low: Money | None = None
    clv_high: Money | None = None
    horizon: float | None
    discount: float
    fitted_on: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.unit not in FORECAST_UNITS:
            raise InvalidValueError(
                "unit", self.unit, f"must be one of {', '.join(FORECAST_UNITS)}"
            )
        check_confidence(self.confidence)
        for name in ("within", "expected", "discount"):
            _check_number(name, getattr(self, name), math.inf)
        if self.fitted_on is not None:
            _check_number("fitted_on", self.fitted_on, math.inf)
        for name in ("p_alive", "p_active"):
            _check_number(name, getattr(self, name), _WHOLE)
        if self.horizon is not None:
            _check_number("horizon", self.horizon, math.inf)
        self._check_ends()

    def _check_ends(self) -> None:
        _check_order("expected", self.expected_low, self.expected, self.expected_high)
        _check_order("clv", *map(_amount, (self.clv_low, self.clv, self.clv_high)))
        if not 0 <= self.count_low <= self.count_high:
            rule = f"must be from 0 to count_high, {self.count_high}"
            raise InvalidValueError("count_low", self.count_low, rule)
        for end in (self.clv_low, self.clv_high):
            if end is not None and end.currency != self.currency:
                rule = f"must be {self.currency}, as clv"
                raise InvalidValueError("currency", end.currency, rule)

    @property
    def currency(self) -> str:
        """The currency of its amounts."""
        return self.clv.currency

    @property
    def value_at_risk(self) -> Money | None:
        """What he would be worth if he surely were a customer still, less what he is worth.

        That much is lost with him if he is lost: it is small of those who surely stay, and of those
        who bring little. None where he cannot be a customer any more.
        """
        if not self.p_alive:
            return None
        surely = float(self.clv.amount) / self.p_alive
        return Money.rounded(surely * (1 - self.p_alive), self.currency)

    def figures(self, before: ValueForecast | None = None) -> FrozenMap[str, Share | Money | float]:
        """Return what it tells, by the names of `ValueFigure`; what is not known is left out.

        Args:
            before: The forecast before it, against which falls are told. That of the value, as a
                share of what it was, is told within one currency.

        Examples:
            >>> from crmkit.testing import a_forecast
            >>> told = a_forecast(p_active=0.2).figures(a_forecast(p_active=0.5))
            >>> round(told["p_active_fall"], 3), "expected_low" in told
            (0.3, False)
        """
        told: dict[str, Share | Money | float | None] = {
            name.value: getattr(self, name.value, None) for name in ValueFigure
        }
        told["p_alive"], told["p_active"] = Share(self.p_alive), Share(self.p_active)
        if before is not None:
            told["p_active_fall"] = before.p_active - self.p_active
            if before.currency == self.currency and before.clv.amount > 0:
                told["clv_fall"] = 1 - float(self.clv.amount / before.clv.amount)
        return FrozenMap({name: value for name, value in told.items() if value is not None})

    def span(self, length: float | None) -> Text:
        """Return a stretch of time in its unit, in words.

        Examples:
            >>> from crmkit.testing import a_forecast
            >>> a_forecast().span(52)("en"), a_forecast().span(None)("zh")
            ('within 52 weeks', '今后全部时间内')
        """
        if length is None:
            return Text("for all time to come", "今后全部时间内")
        unit, told = FORECAST_UNITS[self.unit], spoken(float(length))
        return Text(f"within {told} {unit('en')}", f"{told}{unit('zh')}内")


def rounded_money(amount: float, currency: str) -> Money | None:
    """Return an amount as money; None where there is none.

    Examples:
        >>> rounded_money(11.094, "EUR"), rounded_money(math.nan, "EUR")
        (Money('11.09', 'EUR'), None)
    """
    decimals_of(currency)
    return None if math.isnan(amount) else Money.rounded(amount, currency)


def _amount(money: Money | None) -> float | None:
    return None if money is None else float(money.amount)


def _check_number(name: str, value: float, most: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and math.isfinite(value) and 0 <= value <= most):
        rule = "must be a finite number that is not negative" if most > 1 else "must be 0 to 1"
        raise InvalidValueError(name, value, rule)


def _check_order(name: str, low: float | None, value: float | None, high: float | None) -> None:
    """Refuse one end without the other, and ends that do not hold the value."""
    if (low is None) != (high is None):
        rule = "must be told at both ends or at none"
        raise InvalidValueError(f"interval of {name}", (low, high), rule)
    if low is not None and not low <= (value or 0.0) <= (high or 0.0):
        raise InvalidValueError(
            f"{name}_low", low, f"must be below {value} and {name}_high, {high}"
        )
