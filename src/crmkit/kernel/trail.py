"""The trail of a record: every stage it entered, who moved it there, and when.

Law: the present stage is the last line of the trail, and time never runs backwards along it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Generic, TypeAlias, TypeVar

import attrs

from crmkit.errors import InvalidValueError

from .clock import instant
from .labels import Labelled


S = TypeVar("S", bound=Labelled)


@attrs.frozen
class Step(Generic[S]):
    """One line of a trail.

    Attributes:
        stage: The stage that was entered.
        by: Who entered it.
        at: When, in UTC.
        note: What was said on the occasion; empty when nothing was.

    Raises:
        InvalidValueError: If nobody acts, or `at` is naive or not in UTC.
    """

    stage: S
    by: str = attrs.field()
    at: datetime = attrs.field()
    note: str = ""

    @by.validator
    def _somebody(self, _: object, by: str) -> None:
        if not isinstance(by, str) or not by.strip():
            raise InvalidValueError("by", by, "must name who acts")

    @at.validator
    def _at_an_instant(self, _: object, at: datetime) -> None:
        # Two datetimes of one local zone are subtracted by the wall clock, across its shifts too.
        if instant(at).utcoffset() != at.utcoffset():
            way_out = "pass it through crmkit.kernel.instant"
            raise InvalidValueError("at", at, "must be in UTC", way_out)


Trail: TypeAlias = tuple[Step[S], ...]
"""Steps, oldest first; never empty."""


def unbroken(_: object, attribute: attrs.Attribute[Trail[S]], trail: Trail[S]) -> None:
    """Check, as an attrs validator, that a trail begins somewhere and never goes back in time.

    Raises:
        InvalidValueError: If it is empty, or a step is earlier than the one before it.

    Examples:
        >>> from crmkit.testing import a_complaint
        >>> complaint = a_complaint(acknowledged_after=timedelta(minutes=70))
        >>> attrs.evolve(complaint, trail=complaint.trail[::-1])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: at is datetime.datetime(2026, 3, 2, 9, 0,\
 tzinfo=datetime.timezone.utc): it must not be earlier than the step before it, at\
 2026-03-02T10:10:00+00:00
    """
    if not trail:
        raise InvalidValueError(attribute.name, trail, "must have at least one step")
    for before, after in pairwise(trail):
        if after.at < before.at:
            rule = f"must not be earlier than the step before it, at {before.at.isoformat()}"
            raise InvalidValueError("at", after.at, rule)


def entered(trail: Trail[S], stage: S) -> datetime | None:
    """Return when a stage was entered first; None if never.

    Examples:
        >>> from crmkit.testing import a_complaint
        >>> from crmkit.complaints import Stage
        >>> trail = a_complaint().trail
        >>> entered(trail, Stage.RECEIVED).isoformat(), entered(trail, Stage.CLOSED)
        ('2026-03-02T09:00:00+00:00', None)
    """
    return next((step.at for step in trail if step.stage is stage), None)


def time_in(trail: Trail[S], stage: S, *, as_of: datetime | None = None) -> timedelta:
    """Return how long a record has been in a stage, over all its stays there.

    Args:
        trail: The record's trail.
        stage: The stage asked for.
        as_of: Until when a stay that has not ended is counted; None counts ended stays only.

    Raises:
        InvalidValueError: If `as_of` is naive.

    Units:
        Absolute time, not working time.

    Examples:
        >>> from crmkit.testing import a_complaint
        >>> from crmkit.complaints import Stage
        >>> complaint = a_complaint(acknowledged_after=timedelta(minutes=70))
        >>> time_in(complaint.trail, Stage.RECEIVED)
        datetime.timedelta(seconds=4200)
    """
    total = timedelta()
    for step, following in pairwise(trail):
        if step.stage is stage:
            total += following.at - step.at
    if as_of is not None and trail[-1].stage is stage:
        total += max(timedelta(), instant(as_of, "as_of") - trail[-1].at)
    return total
