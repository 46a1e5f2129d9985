"""What a move of a complaint was: the customer's sending it back, or an investigation of ours.

Law: that somebody is unhappy is no investigation.

Source: domain facts K1 and K9.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from crmkit.kernel import Step, Trail

from .stages import Stage


ANSWERED: Final = (Stage.RESPONDED, Stage.COMMUNICATED)
_WITH_HIM: Final = (*ANSWERED, Stage.ACCEPTED)


def is_rejection(before: Step[Stage], step: Step[Stage]) -> bool:
    """Return whether the customer rejects our answer by a move.

    Examples:
        >>> from crmkit.testing import NINE
        >>> back = Step(Stage.INVESTIGATED, "ann", NINE)
        >>> [is_rejection(Step(one, "bob", NINE), back) for one in (Stage.RESPONDED, Stage.ROUTED)]
        [True, False]
    """
    return before.stage in ANSWERED and step.stage is Stage.INVESTIGATED


def is_sending_back(before: Step[Stage], step: Step[Stage]) -> bool:
    """Return whether a move sends it back: he rejects the answer, or a call finds him unhappy.

    Examples:
        >>> from crmkit.testing import NINE
        >>> back = Step(Stage.INVESTIGATED, "ann", NINE)
        >>> is_sending_back(Step(Stage.ACCEPTED, "bob", NINE), back)
        True
    """
    return before.stage in _WITH_HIM and step.stage is Stage.INVESTIGATED


def is_investigation(before: Step[Stage], step: Step[Stage]) -> bool:
    """Return whether a move enters the stage by an investigation, and by nobody's being unhappy.

    Examples:
        >>> from crmkit.testing import NINE
        >>> found = Step(Stage.INVESTIGATED, "bob", NINE)
        >>> is_investigation(Step(Stage.RECEIVED, "ann", NINE), found)
        True
    """
    is_entered = step.stage is Stage.INVESTIGATED is not before.stage
    return is_entered and not is_sending_back(before, step)


def was_rejected(trail: Trail[Stage]) -> bool:
    """Return whether the customer rejected the last answer that he had an opinion of.

    Examples:
        >>> from crmkit.testing import NINE
        >>> trail = [Step(stage, "ann", NINE) for stage in (Stage.RESPONDED, Stage.INVESTIGATED)]
        >>> was_rejected(trail), was_rejected(trail[:1])
        (True, False)
    """
    moves = [pair for pair in pairwise(trail) if pair[0].stage in ANSWERED]
    left = [pair for pair in moves if pair[1].stage not in ANSWERED]
    return bool(left) and is_rejection(*left[-1])


def was_sent_back(trail: Trail[Stage]) -> bool:
    """Return whether the last move of a trail sent it back; a wait since then is no move.

    Examples:
        >>> from crmkit.testing import NINE
        >>> trail = [Step(stage, "ann", NINE) for stage in (Stage.RESPONDED, Stage.INVESTIGATED)]
        >>> was_sent_back(trail), was_sent_back(trail[:1])
        (True, False)
    """
    moves = [pair for pair in pairwise(trail) if pair[0].stage is not pair[1].stage]
    return bool(moves) and is_sending_back(*moves[-1])
