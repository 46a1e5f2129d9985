"""The trail of a record: every stage it entered, who moved it there, and when.

Law: the present stage is the last line of the trail, and time never runs backwards along it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, Generic, NoReturn, TypeAlias, TypeVar

import attrs

from crmkit.errors import InvalidValueError

from .clock import checked_utc, instant
from .ids import checked_actor
from .labels import Labelled


S = TypeVar("S", bound=Labelled)
R = TypeVar("R")


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
    only move a record go this way, faster than by `attrs.evolve`.

    Args:
        record: An attrs record with slots, one of them `trail`.
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
    class_ = type(record)
    (get_trail, put_trail), *others = _slots.get(class_) or _slots_of(class_)
    steps: Trail[S] = get_trail(record)
    if step.at < steps[-1].at:
        _refuse_order(steps[-1], step)
    longer: R = object.__new__(class_)
    for get, put in others:
        put(longer, get(record))
    put_trail(longer, (*steps, step))
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


_Slot: TypeAlias = tuple[Callable[[Any], Any], Callable[[Any, Any], None]]
_slots: Final[dict[type, tuple[_Slot, ...]]] = {}


def _slots_of(record: type) -> tuple[_Slot, ...]:
    """Find, once a class, how to read and write its fields; the trail comes first."""
    names = sorted((field.name for field in attrs.fields(record)), key=lambda name: name != "trail")
    slots = [getattr(record, name) for name in names]
    return _slots.setdefault(record, tuple((slot.__get__, slot.__set__) for slot in slots))


def _refuse_order(before: Step[S], after: Step[S]) -> NoReturn:
    rule = f"must not be earlier than the step before it, at {before.at.isoformat()}"
    raise InvalidValueError("at", after.at, rule)
