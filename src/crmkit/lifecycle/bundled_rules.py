"""Rules that come with the library, and what their numbers mean.

Law: a number that a company has not settled is ours, and is told to be: how often the rules cry
wolf, `false_alarms` works out for the company's own grid.

Source: domain facts S1 (in growth volume rises, in maturity it is steady, in decline it falls) and
S4; entering at three rhythms of silence and leaving at one, from the statistical rules settled for
this library; the other numbers chosen here.
"""

from typing import Final

from crmkit.kernel import AllOf, AnyOf, Compare, Condition, Rule, Text
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


_LOYAL: Final = 4
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
            "流失后再次购买；进入本状态后已评估{steps_in_stage}次",
            AllOf((Compare("stage", "=", "lost"), _RETURNED)),
            # Who was lost is no new customer again: he stays until he is a loyal one, or silent.
            AllOf(
                (
                    AnyOf((Compare("steps_in_stage", "<", 6), Compare("orders", "<", _LOYAL))),
                    Compare("silence_ratio", "<", 3),
                )
            ),
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
            "已有{orders}个购买日",
            Compare("orders", ">=", _LOYAL),
        ),
        _rule(
            "new",
            "state.new",
            "bought on {orders} days",
            "已有{orders}个购买日",
            Compare("orders", ">=", 1),
        ),
    ),
    otherwise="potential",
    usual_rhythm=90.0,
    version=2,
    source="domain facts S4 and S6",
)
"""Customer states by each customer's own rhythm, and by signals where they are told."""

_STEP: Final = 28
_WINDOW: Final = 6
_FULL: Final = 2 * _WINDOW * _STEP
_TREND_EN: Final = "frequency {frequency_trend} and volume {volume_trend} times the earlier ones"
_TREND_ZH: Final = "购买频率为此前的{frequency_trend}倍，金额为此前的{volume_trend}倍"


def _both(operator: Operator, than: float) -> Condition:
    names = ("frequency_trend", "volume_trend")
    return AllOf(tuple(Compare(name, operator, than) for name in names))


def _falling(to: float) -> Condition:
    # Of fewer purchases, halves come about by chance alone.
    return AllOf((Compare("earlier_orders", ">=", 10), _both("<=", to)))


def _smaller(to: float) -> Condition:
    # He buys as often: amounts of fewer purchases vary less than their number.
    often = Compare("frequency_trend", ">=", 0.75)
    return AllOf((Compare("earlier_orders", ">=", 5), often, Compare("volume_trend", "<=", to)))


FOUR_STAGE_RULES: Final = StageRules(
    name="stage-by-trend",
    lifecycle="four_stage",
    rules=(
        _rule(
            "decline",
            "stage.decline.silent",
            f"{_SILENT_EN}, {{silence}} days",
            f"{_SILENT_ZH}，共{{silence}}天",
            # Of who buys often, three rhythms pass by chance many times a year.
            AllOf((_silent(3), Compare("silence", ">=", 3 * _STEP))),
            _silent(1),
        ),
        _rule(
            "decline",
            "stage.decline.trend",
            _TREND_EN,
            _TREND_ZH,
            _falling(0.4),
            _falling(0.6),
        ),
        _rule(
            "decline",
            "stage.decline.volume",
            "buys as often, for {volume_trend} times the earlier amounts",
            "购买频率未降，金额仅为此前的{volume_trend}倍",
            _smaller(0.5),
            _smaller(0.7),
        ),
        _rule(
            "growth",
            "stage.growth.back",
            "was in decline, and is not any more",
            "曾处于退化期，现已不再",
            Compare("stage", "=", "decline"),
        ),
        _rule(
            "exploration",
            "stage.exploration",
            "bought on {orders} days",
            "已有{orders}个购买日",
            # Nobody is explored a second time; before the first evaluation he has no stage.
            AllOf(
                (
                    Compare("orders", "<", 3),
                    AnyOf((Compare("age", "<", _STEP), Compare("stage", "=", "exploration"))),
                )
            ),
        ),
        _rule(
            "maturity",
            "stage.maturity",
            _TREND_EN,
            _TREND_ZH,
            # Two halves of a year may hold a purchase more or less, which hides that amounts rise;
            # and no way leads back to growth.
            AllOf(
                (
                    Compare("orders", ">=", 6),
                    _both(">=", 0.75),
                    Compare("frequency_trend", "<=", 1.25),
                    Compare("volume_trend", "<=", 1.05),
                )
            ),
            _both(">=", 0.6),
        ),
        _rule(
            "growth",
            "stage.growth",
            "volume {volume_trend} times the earlier one",
            "金额为此前的{volume_trend}倍",
            AllOf((Compare("orders", ">=", 3), Compare("volume_trend", ">", 1))),
        ),
        _rule(
            "growth",
            "stage.growth.young",
            "bought on {orders} days, with nothing earlier to compare",
            "已有{orders}个购买日，尚无此前可比",
            AllOf(
                (
                    Compare("orders", ">=", 3),
                    AnyOf((Compare("age", "<", _FULL), Compare("earlier_orders", "=", 0))),
                )
            ),
        ),
    ),
    otherwise="exploration",
    usual_rhythm=90.0,
    step=_STEP,
    window=_WINDOW,
    version=3,
    source="domain facts S1 and S6",
)
"""Stages of the relationship by silence and by the trends of frequency and volume.

Growth asks for a volume that rises, or that nothing earlier can be compared with; whom no rule
moves stays where he is. Who bought fewer than five times in the earlier half of the year goes into
decline by silence alone: of so few purchases amounts halve by chance.
"""
