"""The stages of a corrective action, what their moves require, and what a trail tells of them.

Law: no action without a cause, no closing without an effect that was seen.

Source: 8D (D1 team, D2 description, D3 containment, D4 root cause and escape point, D5 choice, D6
implementation, D7 prevention, D8 closure); ISO 13485:2016 clause 8.5.2, for the check after
implementation. A failed check re-opens D4.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, TypeAlias

from crmkit.kernel import (
    Compare,
    Labelled,
    Requirement,
    StateGroup,
    Text,
    Trail,
    Workflow,
)

from .effectiveness import CheckResult


class CorrectiveActionStage(Labelled):
    """How far a corrective action is."""

    OPENED = "opened", "Opened", "已立项"
    STAFFED = "staffed", "Staffed", "已组队"
    DESCRIBED = "described", "Described", "已描述问题"
    CONTAINED = "contained", "Contained", "已围堵"
    ANALYSED = "analysed", "Analysed", "已分析原因"
    CHOSEN = "chosen", "Chosen", "已选定措施"
    IMPLEMENTED = "implemented", "Implemented", "已实施"
    VERIFIED = "verified", "Verified", "已验证有效"
    PREVENTED = "prevented", "Prevented", "已预防再发"
    CLOSED = "closed", "Closed", "已结案"


_Stage: TypeAlias = CorrectiveActionStage

NOT_DUE: Final = Text(
    "the day from which the effect may be checked has not come", "尚未到可以验证效果的日期"
)
"""What is missing before a check; the record names the day."""

_A_TEAM: Final = Requirement(Text("nobody is in the team", "小组尚无成员"), Compare("team", ">", 0))
_CONTAINMENT: Final = Requirement(
    Text("nothing has been implemented that could be checked", "尚无已实施的措施可供验证"),
    Compare("check_result", "=", "untold"),
)
_A_CAUSE: Final = Requirement(
    Text("the root cause is not known", "根本原因不明"), Compare("has_cause", "=", True)
)
_AN_ESCAPE_POINT: Final = Requirement(
    Text("the escape point is not known", "流出点不明"), Compare("has_escape_point", "=", True)
)
_UNCHECKED: Final = Requirement(
    Text("its effect has been verified already", "效果已经验证"),
    Compare("is_effective", "=", False),
)
_DUE: Final = Requirement(NOT_DUE, Compare("days_until_check", "<=", 0))
_PASSED: Final = Requirement(
    Text("no check has shown that it is effective", "尚无验证表明措施有效"),
    Compare("check_result", "=", CheckResult.PASSED.value),
)
_FAILED: Final = Requirement(
    Text("no check has shown that it is not effective", "尚无验证表明措施无效"),
    Compare("check_result", "=", CheckResult.FAILED.value),
)
_UNPREVENTED: Final = Requirement(
    Text("it has been told how recurrence is prevented", "已经说明如何预防再发"),
    Compare("is_prevented", "=", False),
)
_AN_EFFECT: Final = Requirement(
    Text("its effect has not been verified", "效果尚未验证"), Compare("is_effective", "=", True)
)
_PREVENTION: Final = Requirement(
    Text("nobody has told how recurrence is prevented", "尚未说明如何预防再发"),
    Compare("is_prevented", "=", True),
)
_NO_SUPPLIER: Final = Requirement(
    Text("the supplier has not answered", "供应商尚未答复"),
    Compare("awaits_supplier", "=", False),
)
_CLOSING: Final = (_AN_EFFECT, _PREVENTION, _NO_SUPPLIER)

CORRECTIVE_ACTION_WORKFLOW: Final = Workflow(
    {
        _Stage.OPENED: {_Stage.STAFFED: (_A_TEAM,)},
        _Stage.STAFFED: {_Stage.DESCRIBED: ()},
        _Stage.DESCRIBED: {_Stage.DESCRIBED: (), _Stage.CONTAINED: (_CONTAINMENT,)},
        _Stage.CONTAINED: {_Stage.CONTAINED: (_CONTAINMENT,), _Stage.ANALYSED: ()},
        _Stage.ANALYSED: {_Stage.ANALYSED: (), _Stage.CHOSEN: (_A_CAUSE, _AN_ESCAPE_POINT)},
        # Whoever doubts the choice before it is carried out goes back to the cause.
        _Stage.CHOSEN: {_Stage.ANALYSED: (), _Stage.IMPLEMENTED: ()},
        # A failed check leads back to where the cause is sought.
        _Stage.IMPLEMENTED: {
            _Stage.VERIFIED: (_DUE, _PASSED),
            _Stage.CONTAINED: (_DUE, _FAILED),
            # Prevention need not wait for months until the effect can be seen.
            _Stage.PREVENTED: (),
        },
        _Stage.VERIFIED: {_Stage.PREVENTED: (_UNPREVENTED,), _Stage.CLOSED: _CLOSING},
        _Stage.PREVENTED: {
            _Stage.VERIFIED: (_UNCHECKED, _DUE, _PASSED),
            _Stage.CONTAINED: (_UNCHECKED, _DUE, _FAILED),
            _Stage.CLOSED: _CLOSING,
        },
    },
    groups={
        **dict.fromkeys(_Stage, StateGroup.OPEN),
        _Stage.CLOSED: StateGroup.CLOSED,
    },
)
"""The stages of a corrective action and the moves between them."""

_CHECKED: Final = (_Stage.IMPLEMENTED, _Stage.PREVENTED)


def moves(trail: Trail[CorrectiveActionStage]) -> Iterator[tuple[_Stage, _Stage]]:
    """Yield each move of a trail, from where and to where; waits are no moves.

    Examples:
        >>> from crmkit.testing import NINE
        >>> from crmkit.kernel import Step
        >>> opened = Step(CorrectiveActionStage.OPENED, "ann", NINE)
        >>> staffed = Step(CorrectiveActionStage.STAFFED, "ann", NINE)
        >>> [(before.value, after.value) for before, after in moves((opened, staffed))]
        [('opened', 'staffed')]
    """
    for before, step in pairwise(trail):
        if step.stage is not before.stage or step.awaits is before.awaits:
            yield before.stage, step.stage


def entries(trail: Trail[CorrectiveActionStage], stage: _Stage) -> int:
    """Return how often a stage was entered.

    Examples:
        >>> from crmkit.testing import NINE
        >>> from crmkit.kernel import Step
        >>> opened = Step(CorrectiveActionStage.OPENED, "ann", NINE)
        >>> entries((opened,), CorrectiveActionStage.ANALYSED)
        0
    """
    return sum(after is stage for _, after in moves(trail))


def entries_since_failure(trail: Trail[CorrectiveActionStage], stage: _Stage) -> int:
    """Return how often a stage was entered since the last check that failed.

    Examples:
        >>> from crmkit.testing import NINE
        >>> from crmkit.kernel import Step
        >>> opened = Step(CorrectiveActionStage.OPENED, "ann", NINE)
        >>> entries_since_failure((opened,), CorrectiveActionStage.ANALYSED)
        0
    """
    found = 0
    for move in moves(trail):
        found = 0 if _is_failure(*move) else found + (move[1] is stage)
    return found


def results(trail: Trail[CorrectiveActionStage]) -> tuple[CheckResult | None, ...]:
    """Return what came of each implementation; None where nobody has looked.

    Examples:
        >>> from crmkit.testing import NINE
        >>> from crmkit.kernel import Step
        >>> opened = Step(CorrectiveActionStage.OPENED, "ann", NINE)
        >>> results((opened,))
        ()
    """
    found: list[CheckResult | None] = []
    for before, after in moves(trail):
        if after is _Stage.IMPLEMENTED:
            found.append(None)
        elif after is _Stage.VERIFIED:
            found[-1] = CheckResult.PASSED
        elif _is_failure(before, after):
            found[-1] = CheckResult.FAILED
    return tuple(found)


def _is_failure(before: _Stage, after: _Stage) -> bool:
    return before in _CHECKED and after is _Stage.CONTAINED
