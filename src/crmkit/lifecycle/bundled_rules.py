"""Rules that come with the library, and what their numbers mean.

Law: a number that a company has not settled is ours, and is told to be: how often the rules cry
wolf, `false_alarms` works out for the company's own grid.

Source: domain facts S1 (in growth volume rises, in maturity it is steady, in decline it falls) and
S4; entering at three rhythms of silence and leaving at one, from the statistical rules settled for
this library; the other numbers chosen here.
"""

from typing import Final

from crmkit.kernel import AllOf, Compare, Condition, Rule, Text
from crmkit.kernel.operators import Operator

from .stage_rules import StageRule, StageRules


_OURS: Final = "crmkit's own number, to be settled by the company"


def _rule(
    stage: str, code: str, en: str, zh: str, enter: Condition, stay: Condition | None = None
) -> StageRule:
    rule = Rule(code=code, says=Text(en, zh), source=_OURS)
    return StageRule(stage=stage, rule=rule, enter=enter, stay=stay)


def _silent(times: float) -> Compare:
    return Compare("silence_ratio", ">=", times)


_RETURNED: Final = Compare("silence_ratio", "<", 1)
_SILENT_EN: Final = "silent for {silence_ratio} times his own rhythm"
_SILENT_ZH: Final = "沉默时间为自身购买周期的{silence_ratio}倍"

STATE_RULES: Final = StageRules(
    name="state-by-rhythm",
    lifecycle="customer_state",
    rules=(
        _rule("lost", "state.lost", _SILENT_EN, _SILENT_ZH, _silent(8), _silent(1)),
        _rule(
            "won_back",
            "state.won_back",
            "was lost and bought again; {steps_in_stage} evaluations in his stage",
            "流失后再次购买；在本状态已{steps_in_stage}次评估",
            AllOf((Compare("stage", "=", "lost"), _RETURNED)),
            AllOf((Compare("steps_in_stage", "<", 6), Compare("silence_ratio", "<", 3))),
        ),
        _rule("dormant", "state.dormant", _SILENT_EN, _SILENT_ZH, _silent(5), _silent(1)),
        _rule("at_risk", "state.at_risk.silent", _SILENT_EN, _SILENT_ZH, _silent(3), _silent(1)),
        _rule(
            "at_risk",
            "state.at_risk.p_alive",
            "chance {p_alive} of being alive",
            "存活概率为{p_alive}",
            Compare("p_alive", "<", 0.2),
            Compare("p_alive", "<", 0.5),
        ),
        _rule(
            "at_risk",
            "state.at_risk.complaint",
            "complaints {complaints}, satisfaction {satisfaction} of 5",
            "投诉{complaints}件，满意度{satisfaction}（满分5）",
            AllOf((Compare("complaints", ">=", 1), Compare("satisfaction", "<=", 2))),
            AllOf((Compare("complaints", ">=", 1), Compare("satisfaction", "<=", 3))),
        ),
        _rule(
            "loyal",
            "state.loyal",
            "bought on {orders} days",
            "已在{orders}天购买",
            Compare("orders", ">=", 4),
        ),
        _rule(
            "new",
            "state.new",
            "bought on {orders} days",
            "已在{orders}天购买",
            Compare("orders", ">=", 1),
        ),
    ),
    otherwise="potential",
    usual_rhythm=90.0,
    source="domain facts S4 and S6",
)
"""Customer states by each customer's own rhythm, and by signals where they are told."""

_TREND_EN: Final = "frequency {frequency_trend} and volume {volume_trend} times the earlier ones"
_TREND_ZH: Final = "购买频率为此前的{frequency_trend}倍，金额为此前的{volume_trend}倍"


def _both(operator: Operator, than: float) -> Condition:
    names = ("frequency_trend", "volume_trend")
    return AllOf(tuple(Compare(name, operator, than) for name in names))


def _falling(to: float) -> Condition:
    # Of fewer purchases, halves come about by chance alone.
    return AllOf((Compare("earlier_orders", ">=", 10), _both("<=", to)))


FOUR_STAGE_RULES: Final = StageRules(
    name="stage-by-trend",
    lifecycle="four_stage",
    rules=(
        _rule("decline", "stage.decline.silent", _SILENT_EN, _SILENT_ZH, _silent(3), _silent(1)),
        _rule(
            "decline",
            "stage.decline.trend",
            _TREND_EN,
            _TREND_ZH,
            _falling(0.5),
            _falling(0.7),
        ),
        _rule(
            "exploration",
            "stage.exploration",
            "bought on {orders} days",
            "已在{orders}天购买",
            Compare("orders", "<", 3),
        ),
        _rule(
            "maturity",
            "stage.maturity",
            _TREND_EN,
            _TREND_ZH,
            AllOf((Compare("orders", ">=", 6), _both(">=", 0.75), _both("<=", 1.25))),
            _both(">=", 0.6),
        ),
        _rule(
            "growth",
            "stage.growth",
            "bought on {orders} days",
            "已在{orders}天购买",
            Compare("orders", ">=", 3),
        ),
    ),
    otherwise="exploration",
    usual_rhythm=90.0,
    source="domain facts S1 and S6",
)
"""Stages of the relationship by silence and by the trends of frequency and volume."""
