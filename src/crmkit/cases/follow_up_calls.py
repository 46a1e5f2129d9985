"""The follow-up call after the fix, and what it comes down to.

Law: what is on record of a call was said on it; silence is not satisfaction, and whoever was not
reached has said nothing.

Source: domain facts K9 (回访: the result is recorded, a dissatisfied customer reopens) and Q8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import attrs
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Labelled, Score, checked_actor, is_a, is_utc, member_of


class FollowUpOutcome(Labelled):
    """What one follow-up call found."""

    SATISFIED = "satisfied", "Satisfied", "满意"
    NOT_SATISFIED = "not_satisfied", "Not satisfied", "不满意"
    UNREACHABLE = "unreachable", "Unreachable", "未联系上"


class FollowUpResult(Labelled):
    """What all follow-up calls after one fix come down to."""

    TO_CALL = "to_call", "To be called", "待回访"
    SATISFIED = "satisfied", "Satisfied", "满意"
    DISSATISFIED = "dissatisfied", "Dissatisfied, to be reopened", "不满意，须重新处理"
    UNREACHABLE = "unreachable", "Documented as unreachable", "多次回访未联系上"


@attrs.frozen
class FollowUpCall:
    """One call to the customer after the fix: is he satisfied?

    Attributes:
        at: When, in UTC.
        by: Who called.
        outcome: What it found.
        note: What the customer said, or why he was not reached.
        rating: How satisfied he says he is; None where he was not asked.

    Raises:
        InvalidValueError: If nobody called, `at` is not in UTC, or somebody rates who was not
            reached.

    Examples:
        >>> from crmkit.testing import NINE
        >>> call = FollowUpCall(NINE, "eva", FollowUpOutcome.SATISFIED, rating=Score(90))
        >>> call.is_reached, call.outcome.label("zh")
        (True, '满意')
        >>> FollowUpCall(NINE, "eva", FollowUpOutcome.UNREACHABLE, rating=Score(90))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: rating is Score(90): it must be None: nobody was reached
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    outcome: FollowUpOutcome = attrs.field(validator=member_of(FollowUpOutcome))
    note: str = attrs.field(default="", kw_only=True)
    rating: Score | None = attrs.field(default=None, kw_only=True, validator=optional(is_a(Score)))

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        if not isinstance(self.note, str):
            raise InvalidValueError("note", self.note, "must be text")
        if self.rating is not None and not self.is_reached:
            raise InvalidValueError("rating", self.rating, "must be None: nobody was reached")

    @property
    def is_reached(self) -> bool:
        """Whether the customer was reached."""
        return self.outcome is not FollowUpOutcome.UNREACHABLE


_SAID: Final[Mapping[FollowUpOutcome, FollowUpResult]] = FrozenMap(
    {
        FollowUpOutcome.SATISFIED: FollowUpResult.SATISFIED,
        FollowUpOutcome.NOT_SATISFIED: FollowUpResult.DISSATISFIED,
    }
)


def follow_up_result(calls: Iterable[FollowUpCall], *, attempts: int | None) -> FollowUpResult:
    """Return what calls come down to: the customer's last word counts.

    What the customer has said, no later call that finds nobody undoes. Calls at one instant are one
    try.

    Args:
        calls: In the order in which they were made.
        attempts: How many calls that find nobody make a customer documented as unreachable; None
            where no number does.

    Examples:
        >>> from crmkit.testing import NINE
        >>> ten = NINE.replace(hour=10)
        >>> first, second = (
        ...     FollowUpCall(at, "eva", FollowUpOutcome.UNREACHABLE) for at in (NINE, ten)
        ... )
        >>> follow_up_result([first, first], attempts=2).label()
        'To be called'
        >>> follow_up_result([first, second], attempts=2).label()
        'Documented as unreachable'
    """
    made = tuple(calls)
    said = [call.outcome for call in made if call.is_reached]
    if said:
        return _SAID[said[-1]]
    if attempts is not None and tries_in_vain(made) >= attempts:
        return FollowUpResult.UNREACHABLE
    return FollowUpResult.TO_CALL


def tries_in_vain(calls: Iterable[FollowUpCall]) -> int:
    """Return how many tries found nobody; several put down at one instant are one.

    Examples:
        >>> from crmkit.testing import NINE
        >>> nobody = FollowUpCall(NINE, "eva", FollowUpOutcome.UNREACHABLE)
        >>> tries_in_vain([nobody, nobody])
        1
    """
    return len({call.at for call in calls if not call.is_reached})
