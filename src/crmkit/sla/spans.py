"""The times at which a case was in some state, read off its trail.

Law: a span is half-open and never empty; one that has not ended has no end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final, TypeAlias

import attrs

from crmkit.cases import Case, state_of
from crmkit.kernel import StateGroup
from crmkit.kernel.work_hours import merged


Span: TypeAlias = tuple[datetime, datetime]
"""From when to when: half-open, in UTC."""

OVER: Final = (StateGroup.CLOSED, StateGroup.CANCELLED, StateGroup.DUPLICATE)
"""The states of cases in which nothing is asked for any more, unless they are opened again."""


@attrs.frozen
class Turn:
    """An instant at which a case came into a state.

    Attributes:
        at: When, in UTC.
        state: Into which.
    """

    at: datetime
    state: StateGroup


def turns(case: Case[Any], as_of: datetime) -> tuple[Turn, ...]:
    """Return the states a case came into up to an instant, oldest first.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> waits = a_complaint().wait("ann", NINE.replace(hour=11), party="customer")
        >>> [turn.state.value for turn in turns(waits, NINE.replace(hour=12))]
        ['open', 'waiting_customer']
        >>> len(turns(waits, NINE.replace(hour=10)))
        1
    """
    told = (Turn(step.at, state_of(case.workflow, step)) for step in case.trail)
    return tuple(turn for turn in told if turn.at <= as_of)


def stays(
    turns: Iterable[Turn], groups: Collection[StateGroup], since: datetime
) -> tuple[tuple[Span, ...], datetime | None]:
    """Return when a case was in one of some states from an instant on.

    Returns:
        The stays that ended; and since when it has been there, None where it is not.

    Examples:
        >>> from crmkit.testing import NINE
        >>> ten, eleven = NINE.replace(hour=10), NINE.replace(hour=11)
        >>> waits = Turn(ten, StateGroup.WAITING_CUSTOMER), Turn(eleven, StateGroup.OPEN)
        >>> stays(waits, {StateGroup.WAITING_CUSTOMER}, NINE) == (((ten, eleven),), None)
        True
    """
    ended: list[Span] = []
    open_since: datetime | None = None
    for turn in turns:
        if turn.state in groups:
            if open_since is None:
                open_since = max(turn.at, since)
        elif open_since is not None:
            if open_since < turn.at:
                ended.append((open_since, turn.at))
            open_since = None
    return tuple(ended), open_since


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in the order of time, those that overlap or touch as one; no empty ones.

    Examples:
        >>> from crmkit.testing import NINE
        >>> ten, eleven = NINE.replace(hour=10), NINE.replace(hour=11)
        >>> joined([(ten, eleven), (NINE, ten), (NINE, NINE)]) == ((NINE, eleven),)
        True
    """
    return merged(span for span in spans if span[0] < span[1])
