"""When somebody is to look after a customer, for what a model says of him: rules as data.

Law: what a rule does not know raises no alert and ends none; the figure is named as missing. A rule
that asks for a figure that there is not, is refused when it is made.

Source: domain fact V4; that an alert may end at another bar than it began at (hysteresis): the
settled rules of statistics.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs
import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    AllOf,
    Compare,
    Condition,
    Evidence,
    Explanation,
    Money,
    Name,
    Rule,
    Share,
    Text,
    checked_name,
    decimals_of,
    known_name,
    spoken,
)
from crmkit.kernel.checks import all_are, is_a, not_blank
from crmkit.kernel.tagged import read_json, write_hook

from .value_forecast import ValueFigure, ValueForecast


_FIGURES: Final = {str(figure.value): figure for figure in ValueFigure}
_AMOUNTS: Final = ("clv", "clv_low", "clv_high", "value_at_risk")
_OURS: Final = "ours"
_SAID: Final = Text(
    "customer {customer}: {alert}, by {figures}", "客户{customer}：{alert}，{figures}"
)
_NOT: Final = Text(
    "customer {customer}: no case of {alert}, by {figures}",
    "客户{customer}：不属于{alert}，{figures}",
)
_UNKNOWN: Final = Text(
    "customer {customer}: it cannot be told whether it is {alert}, by {figures}",
    "客户{customer}：无法判断是否{alert}，{figures}",
)
_WORDS: Final = {True: _SAID, False: _NOT, None: _UNKNOWN}


@attrs.frozen(kw_only=True)
class ValueAlertRule:
    """When a customer's forecast raises an alert, and when the alert ends.

    Attributes:
        code: Its name for machines; one of a policy.
        says: What it is called, for people.
        when: What the figures of a forecast must fulfil: those of `ValueFigure`.
        ends: What they must fulfil for the alert to end; None: as soon as `when` is not so.
        currency: That of the amounts it asks for; None where it asks for none.
        source: Where the rule comes from.

    Raises:
        InvalidValueError: If it asks for what is no figure, or for amounts without a currency.

    Examples:
        >>> from crmkit.testing import a_forecast
        >>> quiet = ValueAlertRule.silence(Share(0.3), ends_from=Share(0.5))
        >>> print(quiet.explain("C-7", a_forecast(p_active=0.12)))
        customer C-7: chance to buy low, by chance to buy 12 % (< 0.3)
        >>> ValueAlertRule(
        ...     code="dear", says=Text("dear", "贵"), when=Compare("clw", ">", 9), source="us"
        ... )
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: figure is 'clw': it is not known; did you mean 'clv'?
    """

    code: str
    says: Text = attrs.field(validator=is_a(Text))
    when: Condition
    ends: Condition | None = None
    currency: str | None = None
    source: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        checked_name(self.code)
        asked = {*self.when.facts, *(self.ends.facts if self.ends else ())}
        for name in sorted(asked):
            known_name(name, _FIGURES, "figure")
        if self.currency is not None:
            decimals_of(self.currency)
        elif amounts := sorted(asked & set(_AMOUNTS)):
            rule = f"must be told where a rule asks for {' and '.join(amounts)}"
            raise InvalidValueError("currency", None, rule)

    @classmethod
    def silence(cls, below: Share, *, ends_from: Share | None = None) -> ValueAlertRule:
        """Return the rule that the chance to buy is under a bar.

        Args:
            below: The bar.
            ends_from: From which chance on the alert ends; None for the bar itself.

        Raises:
            InvalidValueError: If it would end below the bar.

        Examples:
            >>> ValueAlertRule.silence(Share(0.3)).when.words
            'p_active < 0.3'
        """
        bar = float(below)
        return cls(
            code="silence",
            says=Text("chance to buy low", "购买概率偏低"),
            when=Compare("p_active", "<", bar),
            ends=Compare("p_active", ">=", _above(bar, ends_from)),
            source=_OURS,
        )

    @classmethod
    def falling(cls, by: Share) -> ValueAlertRule:
        """Return the rule that the lifetime value fell by a share since the forecast before.

        It ends with the next forecast that tells of no such fall.

        Examples:
            >>> ValueAlertRule.falling(Share(0.5)).when.words
            'clv_fall >= 0.5'
        """
        return cls(
            code="falling",
            says=Text("lifetime value falling", "终身价值下降"),
            when=Compare("clv_fall", ">=", float(by)),
            source=_OURS,
        )

    @classmethod
    def at_risk(cls, amount: Money, *, p_active_below: Share | None = None) -> ValueAlertRule:
        """Return the rule that so much is lost with the customer if he is lost.

        Args:
            amount: From which value at risk on.
            p_active_below: Only while his chance to buy is under this bar; None for all.

        Examples:
            >>> rule = ValueAlertRule.at_risk(Money.of(100, "EUR"), p_active_below=Share(0.6))
            >>> rule.when.words
            'value_at_risk >= 100.0 and p_active < 0.6'
        """
        asked: tuple[Condition, ...] = (Compare("value_at_risk", ">=", float(amount.amount)),)
        if p_active_below is not None:
            asked += (Compare("p_active", "<", float(p_active_below)),)
        return cls(
            code="value_at_risk",
            says=Text("value at risk", "价值有风险"),
            when=AllOf(asked),
            currency=amount.currency,
            source=_OURS,
        )

    def explain(
        self, customer: str, forecast: ValueForecast, *, before: ValueForecast | None = None
    ) -> Explanation[bool | None]:
        """Explain whether a forecast raises the alert; None where a figure is not known.

        Args:
            customer: Of whom it is.
            forecast: What a model said of him.
            before: The forecast before it.

        Raises:
            InvalidValueError: If its amounts are of another currency.
        """
        return self._explained(self.when, customer, forecast, before)

    def explain_end(
        self, customer: str, forecast: ValueForecast, *, before: ValueForecast | None = None
    ) -> Explanation[bool | None]:
        """Explain whether a forecast still tells of an alert that was raised: False ends it.

        Arguments and errors as for `explain`.

        Examples:
            >>> from crmkit.testing import a_forecast
            >>> rule = ValueAlertRule.silence(Share(0.3), ends_from=Share(0.5))
            >>> [rule.explain_end("C-7", a_forecast(p_active=p)).verdict for p in (0.4, 0.5)]
            [True, False]
        """
        if self.ends is None:
            return self._explained(self.when, customer, forecast, before)
        return self._explained(self.ends, customer, forecast, before, ends=True)

    def _explained(
        self,
        asked: Condition,
        customer: str,
        forecast: ValueForecast,
        before: ValueForecast | None,
        *,
        ends: bool = False,
    ) -> Explanation[bool | None]:
        if self.currency not in (None, forecast.currency):
            rule = f"must be {self.currency}, as the rule {self.code!r} asks"
            raise InvalidValueError("currency", forecast.currency, rule)
        told = forecast.figures(before)
        facts = {name: _number(value) for name, value in told.items()}
        held = asked.holds(facts)
        evidence = tuple(attrs.evolve(one, value=told[one.name]) for one in asked.evidence(facts))
        verdict = None if held is None else held is not ends
        alert = Name(self.says.en, self.says.zh)
        return Explanation(
            verdict=verdict,
            rule=Rule(code=f"value.alert.{self.code}", says=_WORDS[verdict], source=self.source),
            evidence=(
                Evidence("customer", customer),
                Evidence("alert", alert),
                Evidence("figures", _listed(evidence)),
                *evidence,
            ),
            missing=asked.missing(facts),
        )


@attrs.frozen(kw_only=True)
class ValueAlertPolicy:
    """Which alerts a company raises.

    Attributes:
        name: Whose policy it is.
        rules: Any number, each with a code of its own.

    Raises:
        InvalidValueError: If two rules have one code.

    Examples:
        >>> policy = ValueAlertPolicy(name="us", rules=(ValueAlertRule.silence(Share(0.3)),))
        >>> ValueAlertPolicy.from_json(policy.to_json()) == policy
        True
    """

    name: str = attrs.field(validator=not_blank)
    rules: tuple[ValueAlertRule, ...] = attrs.field(validator=all_are(ValueAlertRule))

    def __attrs_post_init__(self) -> None:
        codes = [rule.code for rule in self.rules]
        for place, code in enumerate(codes):
            if code in codes[:place]:
                raise InvalidValueError("code", code, "must be used once in a policy")

    def explain(
        self, customer: str, forecast: ValueForecast, *, before: ValueForecast | None = None
    ) -> tuple[Explanation[bool | None], ...]:
        """Explain of every rule whether a forecast raises its alert.

        Arguments and errors as for a rule.

        Examples:
            >>> from crmkit.testing import a_forecast
            >>> policy = ValueAlertPolicy(name="us", rules=(ValueAlertRule.falling(Share(0.5)),))
            >>> (told,) = policy.explain("C-7", a_forecast())
            >>> told.verdict, told.missing
            (None, ('clv_fall',))
        """
        return tuple(rule.explain(customer, forecast, before=before) for rule in self.rules)

    def to_json(self) -> str:
        """Write it as JSON."""
        return msgspec.json.encode(self, enc_hook=write_hook).decode()

    @staticmethod
    def from_json(text: str) -> ValueAlertPolicy:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no policy.
        """
        return read_json(text, ValueAlertPolicy, "policy")


def _above(bar: float, ends_from: Share | None) -> float:
    end = bar if ends_from is None else float(ends_from)
    if end < bar:
        raise InvalidValueError("ends_from", end, f"must not be below the bar, {bar}")
    return end


def _number(value: Share | Money | float) -> float:
    return float(value.amount) if isinstance(value, Money) else float(value)


def _listed(told: Iterable[Evidence]) -> Name:
    """Return the figures with the bars they were held against, in both languages."""
    en, zh = [], []
    for one in told:
        label = _FIGURES[one.name]
        name = label.label("en")
        en.append(f"{name[:1].lower()}{name[1:]} {spoken(one.value)} ({one.against})")
        zh.append(f"{label.label('zh')}{spoken(one.value, 'zh')}（{one.against}）")
    return Name(", ".join(en) or "nothing known", "、".join(zh) or "暂无已知数据")
