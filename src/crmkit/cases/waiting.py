"""Who waits for whom: lines of the trail that enter no stage.

Law: only a case that is worked on can wait; whatever moves it ends the wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Labelled,
    Party,
    StateGroup,
    Step,
    Text,
    Workflow,
    instant,
    not_now,
    spoken,
)


if TYPE_CHECKING:
    from .case import Case

S = TypeVar("S", bound=Labelled)

AWAITED: Final[Mapping[Party, StateGroup]] = {
    Party.CUSTOMER: StateGroup.WAITING_CUSTOMER,
    Party.THIRD_PARTY: StateGroup.WAITING_THIRD_PARTY,
}
"""The state of an open case that waits, by whom it waits for."""

_RESUMED: Final = Text("resumed", "恢复处理")
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
        raise not_now(case, case.state, _asked(asked), _NOT_OPEN)
    if last.awaits is party:
        raise not_now(case, case.state, _asked(asked), _ALREADY)
    return Step(last.stage, by, instant(at), note, party)


def resumed(case: Case[S], by: str, at: datetime, note: str) -> Step[S]:
    """Return the line with which a case goes on.

    Raises:
        TransitionError: If it waits for nobody.
    """
    last = case.trail[-1]
    if last.awaits is None:
        raise not_now(case, case.state, _RESUMED, _NO_ONE)
    return Step(last.stage, by, instant(at), note)


def _asked(state: StateGroup) -> Text:
    return Text(spoken(state), spoken(state, "zh"))
