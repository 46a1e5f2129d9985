"""What a customer is worth, in words, with both intervals; and why an alert came, or went.

Law: where a forecast has no interval, the sentence tells none, and says what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from crmkit.kernel import Evidence, Explanation, Money, Name, Rule, Share, Text
from crmkit.value.lifetime.few_customers import few_customers

from .value_alert_rule import ValueAlertRule
from .value_forecast import ValueForecast


_PURCHASES: Final = Text(
    "{expected} purchases expected {within}, and between {count_low} and {count_high} of them will "
    "be counted with {confidence} confidence; a customer still with {p_alive}, buying {within} "
    "with {p_active}",
    "{within}预期购买{expected}次，实际次数在置信度{confidence}下介于{count_low}与{count_high}之间；"
    "仍是客户的概率{p_alive}，{within}购买的概率{p_active}",
)
_BOTH: Final = Text(
    "{expected} purchases expected {within} (the expectation lies from {expected_low} to "
    "{expected_high}), and between {count_low} and {count_high} of them will be counted, each with "
    "{confidence} confidence; a customer still with {p_alive}, buying {within} with {p_active}",
    "{within}预期购买{expected}次（期望值介于{expected_low}与{expected_high}之间），实际次数介于"
    "{count_low}与{count_high}之间，置信度均为{confidence}；仍是客户的概率{p_alive}，{within}购买的概率"
    "{p_active}",
)
_SOURCE: Final = "the model's forecast on record; V4"
_PLAIN: Final = Rule(
    code="value.lifetime",
    says=Text(
        "customer {customer} is worth {verdict} {horizon}, by {model} of {as_of}: " + _PURCHASES.en,
        "客户{customer}在{horizon}的价值为{verdict}（{model}，{as_of}）：" + _PURCHASES.zh,
    ),
    source=_SOURCE,
)
_SURE: Final = Rule(
    code="value.lifetime_interval",
    says=Text(
        "customer {customer} is worth {verdict} {horizon} (from {low} to {high}), by {model} of "
        "{as_of}: " + _BOTH.en,
        "客户{customer}在{horizon}的价值为{verdict}（{low}至{high}；{model}，{as_of}）："
        + _BOTH.zh,
    ),
    source=_SOURCE,
)
_UNSURE: Final = "intervals: the parameters were given, or the likelihood is flat"
_AGAIN: Final = Rule(
    code="value.alert.restored",
    says=Text(
        "customer {customer}: {alert}, as in the version that was restored",
        "客户{customer}：{alert}，与已恢复的版本一致",
    ),
    source="an earlier version is taken up with its alerts",
)
_GONE: Final = Rule(
    code="value.alert.gone",
    says=Text(
        "customer {customer}: {alert} is no alert any more, by the policy or by the version that "
        "was restored",
        "客户{customer}：{alert}按现行规则或已恢复的版本不再是提醒",
    ),
    source="an alert stands as long as its rule does",
)


def explained_value(
    customer: str, told: ValueForecast, *, because: Iterable[Explanation[bool | None]] = ()
) -> Explanation[Money]:
    """Explain what a customer is worth by a forecast, and whether its intervals are too narrow.

    Args:
        customer: Who.
        told: The forecast.
        because: Why the alerts that are open were raised.

    Examples:
        >>> from crmkit.testing import a_forecast
        >>> explained_value("C-7", a_forecast()).missing
        ('intervals: the parameters were given, or the likelihood is flat',)
    """
    sure = told.clv_low is not None and told.expected_low is not None
    names = ("expected", "expected_low", "expected_high", "count_low", "count_high", "fit")
    few = few_customers(told.fitted_on) if sure and told.fitted_on is not None else ()
    evidence = (
        Evidence("customer", customer),
        Evidence("horizon", told.span(told.horizon)),
        Evidence("low", told.clv_low),
        Evidence("high", told.clv_high),
        Evidence("model", told.model),
        Evidence("as_of", told.as_of),
        Evidence("within", told.span(told.within)),
        Evidence("confidence", Share(told.confidence)),
        Evidence("p_alive", Share(told.p_alive)),
        Evidence("p_active", Share(told.p_active)),
        *(Evidence(name, getattr(told, name)) for name in names),
        Evidence("discount", told.discount),
        Evidence("fitted_on", told.fitted_on),
    )
    return Explanation(
        verdict=told.clv,
        rule=_SURE if sure else _PLAIN,
        evidence=evidence,
        missing=() if sure else (_UNSURE,),
        because=(*because, *few),
    )


def restored_alert(customer: str, rule: ValueAlertRule) -> Explanation[bool | None]:
    """Explain why an alert stands that no forecast raised: it stood in the version restored.

    Examples:
        >>> print(restored_alert("C-7", ValueAlertRule.silence(Share(0.3))))
        customer C-7: chance to buy low, as in the version that was restored
    """
    return _told(True, _AGAIN, customer, rule)


def dropped_alert(customer: str, rule: ValueAlertRule) -> Explanation[bool | None]:
    """Explain why an alert ended that no forecast ended.

    Examples:
        >>> dropped_alert("C-7", ValueAlertRule.silence(Share(0.3))).verdict
        False
    """
    return _told(False, _GONE, customer, rule)


def _told(
    verdict: bool, why: Rule, customer: str, rule: ValueAlertRule
) -> Explanation[bool | None]:
    alert = Name(rule.says.en, rule.says.zh)
    evidence = (Evidence("customer", customer), Evidence("alert", alert))
    return Explanation(verdict=verdict, rule=why, evidence=evidence)
