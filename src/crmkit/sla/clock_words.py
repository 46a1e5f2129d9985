"""What is said of a clock: a sentence for each outcome, in hours and in days.

Law: whoever reads it aloud has said what was promised, how it stands, and by how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmkit.kernel import Name, Rule, Text


BOOKED: Final = "booked time"
"""What the clocks of bookings are known by, where a policy's name stands in others."""


def policy_told(policy: str) -> str | Name:
    """Return what a policy is called in a sentence; that of booked times, in both languages.

    Examples:
        >>> policy_told("Sea-Lion"), policy_told(BOOKED).zh
        ('Sea-Lion', '预约时间')
    """
    return Name(policy, "预约时间") if policy == BOOKED else policy


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
