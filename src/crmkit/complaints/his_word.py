"""What was said by the moves of a complaint: by us to the customer, and by him.

Law: what is told as the customer's word was said by him. Where he accepted, that is kept; where we
closed it, his word is what he said on the telephone, and where nobody reached him he has said
nothing.

Source: domain facts K9 and K16.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

import attrs

from crmkit.cases import FollowUpCall, Message
from crmkit.kernel import Party, Step, Trail

from .particulars import CallPlan
from .sending_back import ANSWERED
from .stages import Stage


_TELLING: Final = (Stage.ACKNOWLEDGED, Stage.RESPONDED, Stage.COMMUNICATED)
_HIS_WORD: Final = (Stage.ACCEPTED, Stage.INVESTIGATED, Stage.WITHDRAWN)


@attrs.frozen(kw_only=True)
class Known:
    """What tells whether the customer spoke when a complaint was closed.

    Attributes:
        accepted: The lines of the trail at which he himself accepted.
        calls: The follow-up calls.
        plans: How many in vain were planned to be enough, oldest first.
        tries: How many are enough now.
        discharged: When what was promised was carried out or waived.
    """

    accepted: Collection[int] = ()
    calls: Sequence[FollowUpCall] = ()
    plans: Sequence[CallPlan] = ()
    tries: int = 0
    discharged: Collection[datetime] = ()


def words(trail: Trail[Stage], known: Known) -> Iterator[Message]:
    """Yield what was said by moves.

    Examples:
        >>> from crmkit.cases import FollowUpOutcome
        >>> from crmkit.testing import NINE
        >>> trail = [
        ...     Step(Stage.RESPONDED, "bob", NINE), Step(Stage.CLOSED, "ann", NINE, note="filed")
        ... ]
        >>> [said.text for said in words(trail, Known(accepted=[2]))]
        ['filed']
        >>> called = FollowUpCall(NINE, "eva", FollowUpOutcome.SATISFIED, note="it is dry")
        >>> [said.text for said in words(trail, Known(calls=[called]))]
        ['it is dry']
    """
    for line, (before, step) in enumerate(pairwise(trail), 2):
        if step.stage is before.stage:
            continue
        if step.stage in _TELLING:
            yield Message(step.at, step.by, Party.STAFF, text=step.note)
        elif before.stage not in ANSWERED:
            continue
        elif step.stage in _HIS_WORD or line in known.accepted:
            yield Message(step.at, step.by, Party.CUSTOMER, text=step.note)
        elif step.stage is Stage.CLOSED:
            yield from _closing(trail[: line - 1], step, known)


def _closing(past: Trail[Stage], step: Step[Stage], known: Known) -> Iterator[Message]:
    """Yield what the customer said where we closed it: his last word on the telephone."""
    answered = max(one.at for one in past if one.stage is Stage.RESPONDED)
    done = (at for at in known.discharged if at <= step.at)
    since = max((answered, *done))
    made = [call for call in known.calls if since <= call.at <= step.at]
    reached = [call for call in made if call.is_reached]
    if reached:
        yield Message(reached[-1].at, reached[-1].by, Party.CUSTOMER, text=reached[-1].note)
    elif not 0 < _tries_at(known, step.at) <= len(made):
        # Neither reached nor called in vain: he accepted, before that was kept.
        yield Message(step.at, step.by, Party.CUSTOMER, text=step.note)


def _tries_at(known: Known, at: datetime) -> int:
    """Return how many calls in vain were enough at an instant; as now where nobody planned."""
    planned = [plan.tries for plan in known.plans if plan.at <= at]
    return planned[-1] if planned else known.tries
