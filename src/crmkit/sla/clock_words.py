"""What is said of a clock: a sentence for each outcome, in hours and in days.

Law: whoever reads it aloud has said what was promised, how it stands, and by how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmkit.kernel import Name, Rule, Text


BOOKED: Final = "booked time"
"""What the clocks of bookings are known by, where a policy's name stands in others."""


PROMISED: Final = "promised day"
"""What the clock of the day on which an answer was promised is known by, likewise."""

_CHINESE: Final[Mapping[str, str]] = {
    BOOKED: "预约时间",
    PROMISED: "承诺日期",
    "Sea-Lion": "海狮服务承诺",
    "Sea-Lion, major fault": "海狮服务承诺（重大故障）",
    "Sea-Lion, ordinary fault": "海狮服务承诺（一般故障）",
    "visit within 24 hours": "24小时内上门",
    "US CFPB": "美国消费者金融保护局",
    "UK FCA DISP": "英国金融行为监管局投诉规则",
    "UK FCA DISP, payments": "英国金融行为监管局投诉规则（支付）",
    "China banking and insurance": "中国银行业保险业",
    "China banking and insurance, complex": "中国银行业保险业（情况复杂）",
    "China banking and insurance, extended": "中国银行业保险业（已批准延期）",
    "Haier, late compensation": "海尔超时赔偿",
}
"""What our own presets, and what is agreed in a case, are called in Chinese; whoever makes a policy
of his own names it in his own language."""


def policy_told(policy: str) -> str | Name:
    """Return what a policy, or a rule, is called in a sentence; one of ours in both languages.

    Examples:
        >>> policy_told("Sea-Lion"), policy_told(BOOKED).zh, policy_told(PROMISED).zh
        (Name(en='Sea-Lion', zh='海狮服务承诺'), '预约时间', '承诺日期')
        >>> policy_told("gold")
        'gold'
    """
    return Name(policy, _CHINESE[policy]) if policy in _CHINESE else policy


def _rules(*told: tuple[str, str, str]) -> dict[str, Rule]:
    return {code: _rule(code, en, zh) for code, en, zh in told}


def _rule(code: str, en: str, zh: str) -> Rule:
    says = Text(
        f"{{record}}: {{promise}} ({{policy}}) is {{verdict}}{en}",
        f"{{record}}，{{promise}}（{{policy}}）：{{verdict}}，{zh}",
    )
    return Rule(code=f"sla.{code}", says=says, source="the policy's own terms")


IN_HOURS: Final[Mapping[str, Rule]] = _rules(
    (
        "running",
        ": {elapsed} of working time used, {left} left, due {due}",
        "已用工作时间{elapsed}，剩余{left}，应于{due}前完成",
    ),
    (
        "paused",
        " since {paused_since}: {elapsed} of working time used, {left} left",
        "自{paused_since}起停止计时，已用工作时间{elapsed}，剩余{left}",
    ),
    (
        "met",
        ": done {done} after {elapsed} of working time, due {due}",
        "{done}完成，共用工作时间{elapsed}，期限{due}",
    ),
    (
        "late",
        ": due {due}, done {done}, {late} late, {over} of it working time",
        "期限{due}，{done}完成，迟{late}，其中工作时间{over}",
    ),
    (
        "overdue",
        ": due {due}, not done yet, {late} late, {over} of it working time",
        "期限{due}，尚未完成，已迟{late}，其中工作时间{over}",
    ),
    (
        "dropped_late",
        ": due {due}, dropped undone {ended}, {late} late, {over} of it working time",
        "期限{due}，未完成即于{ended}取消，迟{late}，其中工作时间{over}",
    ),
    (
        "cancelled",
        ": no longer asked for since {ended}, after {elapsed} of working time",
        "自{ended}起不再需要，已用工作时间{elapsed}",
    ),
)
"""By outcome, for limits in working time."""

IN_DAYS: Final[Mapping[str, Rule]] = _rules(
    ("running", ": due {due}, {left} left", "应于{due}前完成，剩余{left}"),
    ("met", ": done {done}, due {due}", "{done}完成，期限{due}"),
    ("late", ": due {due}, done {done}, {late} late", "期限{due}，{done}完成，迟{late}"),
    ("overdue", ": due {due}, not done yet, {late} late", "期限{due}，尚未完成，已迟{late}"),
    (
        "dropped_late",
        ": due {due}, dropped undone {ended}, {late} late",
        "期限{due}，未完成即于{ended}取消，迟{late}",
    ),
    ("cancelled", ": no longer asked for since {ended}", "自{ended}起不再需要"),
)
"""By outcome, for limits in days, which never pause."""
