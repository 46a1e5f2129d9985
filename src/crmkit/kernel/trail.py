"""The trail of a record: every stage it entered, who moved it there, and when.

Law: the present stage is the last line of the trail, and time never runs backwards along it. A line
that enters no new stage begins or ends a wait.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, Generic, NoReturn, TypeAlias, TypeVar

import attrs

from crmkit.errors import InvalidValueError

from .clock import checked_utc, instant
from .ids import checked_actor
from .labels import Labelled
from .party import Party


S = TypeVar("S", bound=Labelled)
R = TypeVar("R")

_OTHERS: Final = (Party.CUSTOMER, Party.THIRD_PARTY)


@attrs.frozen
class Step(Generic[S]):
    """One line of a trail.

    Attributes:
        stage: The stage that was entered.
        by: Who entered it.
        at: When, in UTC.
        note: What was said on the occasion; empty when nothing was.
        awaits: For whom it then waits, in the stage in which it is; None where it does not wait.

    Raises:
        InvalidValueError: If nobody acts, `at` is naive or not in UTC, or it waits for ourselves.

    Examples:
        >>> from crmkit.testing import a_complaint
        >>> step = a_complaint().trail[-1]
        >>> step.stage.label(), step.by, step.at.isoformat()
        ('Received', 'ann', '2026-03-02T09:00:00+00:00')
        >>> Step(step.stage, "", step.at)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: by is '': it must name who acts
    """

    stage: S
    by: str
    at: datetime
    note: str = ""
    awaits: Party | None = None

    def __attrs_post_init__(self) -> None:
        by, at = self.by, self.at
        if not isinstance(self.stage, Labelled):
            raise InvalidValueError("stage", self.stage, "must be a stage of a workflow")
        # What is well is seen at a glance: every verb makes a step.
        if type(by) is not str or not by.strip():
            checked_actor(by)
        if type(at) is not datetime or at.tzinfo is not UTC:
            checked_utc(at)
        if type(self.note) is not str:
            raise InvalidValueError("note", self.note, "must be text")
        if self.awaits is not None and self.awaits not in _OTHERS:
            raise InvalidValueError("awaits", self.awaits, "must be somebody else than ourselves")


Trail: TypeAlias = tuple[Step[S], ...]
"""Steps, oldest first; never empty."""


def checked_act(by: str, at: datetime) -> datetime:
    """Return when somebody acts, in UTC: the check of every act that adds no step of its own.

    Who acted is kept by the journal, or by what the act puts down.

    Raises:
        InvalidValueError: If nobody acts, or `at` is naive.

    Examples:
        >>> checked_act("ann", datetime(2026, 3, 2, 9, tzinfo=UTC)).isoformat()
        '2026-03-02T09:00:00+00:00'
        >>> checked_act("", datetime(2026, 3, 2, 9, tzinfo=UTC))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: by is '': it must name who acts
    """
    checked_actor(by)
    return instant(at)


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
    if type(trail) is not tuple:
        raise InvalidValueError(attribute.name, trail, "must be a tuple of Step")
    if not trail:
        raise InvalidValueError(attribute.name, trail, "must have at least one step")
    before = trail[0]
    for step in trail:
        if type(step) is not Step:
            raise InvalidValueError(attribute.name, trail, "must be a tuple of Step")
        if step.at < before.at:
            _refuse_order(before, step)
        before = step


def lengthened(record: R, step: Step[S]) -> R:
    """Return a record with one more step on its trail, and all else as it is.

    What does not change was checked when the record was made, and is not checked again: verbs that
    only move a record go this way, faster than by `attrs.evolve`, however many fields it has.

    Args:
        record: An attrs record without slots, one of whose fields is `trail`.
        step: The next step.

    Raises:
        InvalidValueError: If the step is earlier than the last one.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> from crmkit.complaints import Stage
        >>> longer = lengthened(a_complaint(), Step(Stage.ACKNOWLEDGED, "ann", NINE))
        >>> longer == a_complaint(acknowledged_after=timedelta())
        True
    """
    fields = vars(record)
    steps: Trail[S] = fields["trail"]
    if step.at < steps[-1].at:
        _refuse_order(steps[-1], step)
    longer: R = object.__new__(type(record))
    vars(longer).update(fields, trail=(*steps, step))
    return longer


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


def _refuse_order(before: Step[S], after: Step[S]) -> NoReturn:
    rule = f"must not be earlier than the step before it, at {before.at.isoformat()}"
    raise InvalidValueError("at", after.at, rule)
