"""Clocks of promises that are missed, by hand."""

from datetime import timedelta
from typing import Any

from crmkit.sla import SlaClock, SlaPolicy

from .stories import NINE, a_target, asked


def a_clock(
    late: timedelta, *, done: bool = True, policy: str = "Gold", **promise: Any
) -> SlaClock:
    """Return the clock of a visit promised within four hours, reached so long after it was due.

    Unless told otherwise it counts round the clock; it is looked at when the visit was made, or,
    where that was not done, would have been.
    """
    target = a_target("visit", **promise)
    at = target.due(NINE) + late
    case = asked()
    if done:
        case = case.reach("bob", at, milestone="visit")
    (found,) = SlaPolicy(name=policy, targets=[target]).clocks(case, as_of=at)
    return found
