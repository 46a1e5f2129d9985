"""Which moves lead on: what is wanted next, where a table allows the way back, too.

Law: a move leads back where it leads farther from closing, or no nearer to it and to where the
record has been before.
"""

from __future__ import annotations

from typing import TypeVar

from crmkit.cases import StateGroup
from crmkit.kernel import Labelled, Trail, Workflow


S = TypeVar("S", bound=Labelled)


def next_stages(workflow: Workflow[S], trail: Trail[S]) -> tuple[S, ...]:
    """Return the stages that a record's table leads on to, in the order of the enumeration.

    Args:
        workflow: The table; one that has state groups.
        trail: The record's trail.

    Returns:
        None of those that drop it: from there it is never closed.

    Examples:
        >>> from crmkit.complaints import WORKFLOW
        >>> from crmkit.testing import NINE, a_complaint
        >>> answered = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        >>> answered = answered.respond("bob", NINE)
        >>> [stage.value for stage in next_stages(WORKFLOW, answered.trail)]
        ['communicated', 'accepted', 'closed', 'referred']
        >>> [stage.value for stage in WORKFLOW.allowed(answered.stage)]
        ['investigated', 'communicated', 'accepted', 'closed', 'escalated', 'referred', 'withdrawn']
    """
    stage, been = trail[-1].stage, {step.stage for step in trail}
    left = _moves_left(workflow)
    return tuple(
        to
        for to in workflow.allowed(stage)
        if to in left and (left[to] < left[stage] or (left[to] == left[stage] and to not in been))
    )


def _moves_left(workflow: Workflow[S]) -> dict[S, int]:
    """Return how many moves at the least close a record, by its stage; dropped ones are missing."""
    left = {stage: 0 for stage, group in workflow.groups.items() if group is StateGroup.CLOSED}
    waiting = list(left)
    for nearer in waiting:  # it grows on the way, the nearest first
        for stage, targets in workflow.moves.items():
            if nearer in targets and stage not in left:
                left[stage] = left[nearer] + 1
                waiting.append(stage)
    return left
