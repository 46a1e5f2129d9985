"""Who is to be told now that a promise is in danger, and who was told, on record.

Law: everybody is told once of a level, and the case keeps who was told, by whom and when.

Source: domain fact K4 (逐级跳闸: a limit missed at one level raises the case to the next by itself,
with everyone told on record).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from crmkit.cases import Case
from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, instant

from .ladder import Escalation, EscalationLadder, escalation_key
from .open_promise import OpenPromise
from .policy import SlaPolicies


C = TypeVar("C", bound=Case[Any])


def asked_ladder(ladder: EscalationLadder | None, policies: SlaPolicies) -> EscalationLadder:
    """Return the ladder that was asked for, or else that of the policies.

    Raises:
        InvalidValueError: If there is neither, or it is none.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> asked_ladder(None, SEA_LION)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: ladder is None: it must be an EscalationLadder; give one\
 to the call, or to the CRM with its policies: SlaPolicies(ladder=…)
    """
    found = policies.ladder if ladder is None else ladder
    if not isinstance(found, EscalationLadder):
        way_out = "give one to the call, or to the CRM with its policies: SlaPolicies(ladder=…)"
        raise InvalidValueError("ladder", found, "must be an EscalationLadder", way_out)
    return found


def alerts_due(
    promises: Iterable[OpenPromise[C]], ladder: EscalationLadder
) -> tuple[Escalation, ...]:
    """Return who is to be told by now that a promise is in danger, and was not told yet.

    Args:
        promises: Open ones; of what was done nobody is told any more.
        ladder: Who is told when, level by level.

    Returns:
        In the order of time.

    Raises:
        InvalidValueError: If a calendar never opens again for a delivery in open hours.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.sla import SEA_LION, Level, open_promises
        >>> from crmkit.testing import NINE, a_complaint
        >>> ladder = EscalationLadder(levels=[Level(to="head of service")])
        >>> ten = NINE + timedelta(hours=1)
        >>> due = alerts_due(open_promises(a_complaint(), SEA_LION, as_of=ten), ladder)
        >>> [one.to for one in due]
        ['head of service']
        >>> told = alerted(a_complaint(), due, "ann", ten)
        >>> alerts_due(open_promises(told, SEA_LION, as_of=ten), ladder)
        ()
    """
    due = [
        event
        for promise in promises
        for event in ladder.events(promise.clock, told=_told(promise.case))
    ]
    return tuple(sorted(due, key=lambda event: (event.at, event.key)))


def alerted(case: C, due: Iterable[Escalation], by: str, at: datetime) -> C:
    """Return a case that keeps who was told: it is raised to their levels.

    Args:
        case: The case.
        due: Who is told.
        by: Who tells them.
        at: When.

    Raises:
        InvalidValueError: If an escalation is of another case, or on record already, nobody acts,
            or `at` is naive or before the last alert.

    Examples:
        >>> from crmkit.sla import SEA_LION, Level, open_promises
        >>> from crmkit.testing import NINE, a_complaint
        >>> ladder = EscalationLadder(levels=[Level(to="team leader", share=0)])
        >>> due = alerts_due(open_promises(a_complaint(), SEA_LION, as_of=NINE), ladder)
        >>> [(one.level, one.to, one.by) for one in alerted(a_complaint(), due, "ann", NINE).alerts]
        [(1, 'team leader', 'ann')]
    """
    for one in due:
        if str(one.case) != case.label():
            raise InvalidValueError("due", str(one.case), f"must be of {case.label()}")
        case = case.alert(by, at, to=one.to, clock=one.clock, level=one.level)
    return case


def put_off(
    cases: Iterable[Case[Any]], at: datetime, *, acted_at: Mapping[str, datetime]
) -> Mapping[str, datetime]:
    """Return the cases in which nobody can be put down as told yet: an act is dated later.

    Args:
        cases: Any.
        at: When somebody is to be told.
        acted_at: By the ids of the cases, when something was last done to them, as the journal has
            it; those that are left out it knows nothing of.

    Returns:
        By the ids of those cases the date of that act, in UTC.

    Raises:
        InvalidValueError: If `at` is naive.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> later = a_complaint().alert("ann", NINE.replace(year=2027), to="x", clock="y", level=1)
        >>> put_off([later], NINE, acted_at={})["K-1"].year, len(put_off([later], NINE.replace(
        ...     year=2028), acted_at={}))
        (2027, 0)
    """
    now, found = instant(at), {}
    for case in cases:
        dates = [now, acted_at.get(case.id, now), *(one.at for one in case.alerts[-1:])]
        if max(dates) > now:
            found[case.id] = max(dates)
    return FrozenMap(found)


def _told(case: Case[Any]) -> frozenset[str]:
    return frozenset(escalation_key(one.clock, one.level) for one in case.alerts)
