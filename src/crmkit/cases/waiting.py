"""Who waits for whom: lines of the trail that enter no stage.

Law: only a case that is worked on can wait; whatever moves it ends the wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import (
    Evidence,
    Explanation,
    Labelled,
    Name,
    Party,
    Rule,
    StateGroup,
    Step,
    Text,
    Workflow,
    instant,
)


if TYPE_CHECKING:
    from .case import Case

S = TypeVar("S", bound=Labelled)

AWAITED: Final[Mapping[Party, StateGroup]] = {
    Party.CUSTOMER: StateGroup.WAITING_CUSTOMER,
    Party.THIRD_PARTY: StateGroup.WAITING_THIRD_PARTY,
}
"""The state of an open case that waits, by whom it waits for."""

_SOURCE: Final = "the state groups of the case vocabulary"
_NO_WAIT: Final = Rule(
    code="case.wait",
    says=Text(
        "{record} is {state} and cannot be {asked}: {missing}",
        "{record}目前为“{state}”，不能转为“{asked}”：{missing}",
    ),
    source=_SOURCE,
)
_NOT_OPEN: Final = Text("only a case that is worked on waits", "只有处理中的事项才能等待")
_ALREADY: Final = Text("it waits for him already", "已在等待对方")
_NO_ONE: Final = Text("it waits for nobody", "目前没有等待任何人")


def state_of(workflow: Workflow[S], step: Step[S]) -> StateGroup:
    """Return what a line of a trail comes down to: the group of its stage, or whom it waits for.

    Examples:
        >>> from crmkit.complaints import WORKFLOW
        >>> from crmkit.testing import NINE, a_complaint
        >>> waits = a_complaint().wait("ann", NINE, party="third_party")
        >>> [state_of(WORKFLOW, step).value for step in waits.trail]
        ['open', 'waiting_third_party']
    """
    return workflow.groups[step.stage] if step.awaits is None else AWAITED[step.awaits]


def waiting(case: Case[S], party: Party, by: str, at: datetime, note: str) -> Step[S]:
    """Return the line with which a case begins to wait.

    Raises:
        TransitionError: If it waits for him already, or is no longer worked on.
        InvalidValueError: If it would wait for ourselves.
    """
    if party not in AWAITED:
        raise InvalidValueError("party", party.value, "must be customer or third_party")
    asked = AWAITED[party]
    last = case.trail[-1]
    if case.workflow.groups[last.stage] is not StateGroup.OPEN:
        _refuse(case, asked, _NOT_OPEN)
    if last.awaits is party:
        _refuse(case, asked, _ALREADY)
    return Step(last.stage, by, instant(at), note, party)


def resumed(case: Case[S], by: str, at: datetime, note: str) -> Step[S]:
    """Return the line with which a case goes on.

    Raises:
        TransitionError: If it waits for nobody.
    """
    last = case.trail[-1]
    if last.awaits is None:
        _refuse(case, StateGroup.OPEN, _NO_ONE)
    return Step(last.stage, by, instant(at), note)


def _refuse(case: Case[Any], asked: StateGroup, why: Text) -> NoReturn:
    record = Name(case.label("en"), case.label("zh"))
    told = (
        Evidence("record", record),
        Evidence("state", case.state),
        Evidence("asked", asked),
        Evidence("missing", why, None, False),
    )
    verdict = Explanation(verdict=False, rule=_NO_WAIT, evidence=told, missing=(why("en"),))
    raise TransitionError(str(record), case.state.value, asked.value, (), verdict.missing, verdict)
