"""What passed in a case besides its stages: words, hand-overs, gradings, milestones; who took part.

Law: everything is said by somebody at some time, and is never taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, Protocol, TypeAlias

import attrs
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Party,
    all_are,
    checked_actor,
    checked_utc,
    is_id,
    is_utc,
    member_of,
    named_zone,
    not_blank,
)

from .gravity import Impact, Priority, Severity


Field: TypeAlias = "attrs.Attribute[Any]"

FARTHEST: Final = timedelta(days=36_525)
"""A hundred years: nothing is promised or booked for later, and no call is due later."""


class Dated(Protocol):
    """Anything that happened at some time."""

    @property
    def at(self) -> datetime: ...


@attrs.frozen
class Message:
    """Something that was said about a case.

    Attributes:
        at: When, in UTC.
        by: Who wrote it, or put it down.
        party: Who speaks: the customer, we ourselves, a third party.
        public: Whether the customer can read it; what he says himself he can.
        text: What was said; empty where only that it was said is known.

    Raises:
        InvalidValueError: If nobody speaks, `at` is not in UTC, or the customer's word is internal.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Message(NINE, "ann", Party.STAFF, public=True, text="We come at noon.").party.label()
        'Our staff'
        >>> Message(NINE, "ann", Party.CUSTOMER, public=False)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: public is False: it must be True for the customer's word
    """

    at: datetime
    by: str
    party: Party = attrs.field(validator=member_of(Party))
    public: bool = True
    text: str = ""

    def __attrs_post_init__(self) -> None:
        checked_utc(self.at)
        checked_actor(self.by)
        if not isinstance(self.public, bool):
            raise InvalidValueError("public", self.public, "must be True or False")
        if self.party is Party.CUSTOMER and not self.public:
            raise InvalidValueError("public", False, "must be True for the customer's word")
        if not isinstance(self.text, str):
            raise InvalidValueError("text", self.text, "must be text")


@attrs.frozen
class Assignment:
    """Who took a case over.

    Attributes:
        at: When, in UTC.
        by: Who decided so.
        owner: Who owns it from then on; None for nobody.

    Raises:
        InvalidValueError: If nobody decided, the owner is blank, or `at` is not in UTC.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Assignment(NINE, "ann", "bob").owner
        'bob'
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    owner: str | None

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        if self.owner is not None:
            checked_actor(self.owner, "owner")


@attrs.frozen
class Grading:
    """How grave a case is, how many it touches, what comes first: as somebody saw it at some time.

    Attributes:
        at: When, in UTC.
        by: Who said so.
        severity: How grave it is; None where it is not said, and stays as it was.
        impact: How many it touches; None where it is not said.
        priority: What is worked on first; None where it is not said.

    Raises:
        InvalidValueError: If it says nothing, nobody said it, or `at` is not in UTC.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Grading(NINE, "ann", severity=Severity.MAJOR).severity.label()
        'Major'
        >>> Grading(NINE, "ann")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: severity, impact and priority is None: it must be told,\
 one of them at least
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    severity: Severity | None = attrs.field(
        default=None, validator=optional(member_of(Severity)), kw_only=True
    )
    impact: Impact | None = attrs.field(
        default=None, validator=optional(member_of(Impact)), kw_only=True
    )
    priority: Priority | None = attrs.field(
        default=None, validator=optional(member_of(Priority)), kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        if (self.severity, self.impact, self.priority) == (None, None, None):
            rule = "must be told, one of them at least"
            raise InvalidValueError("severity, impact and priority", None, rule)


@attrs.frozen
class Milestone:
    """Something promised that was reached on the way: `on_site`, `root_cause`.

    Attributes:
        at: When, in UTC.
        by: Who says so.
        name: What was reached.

    Raises:
        InvalidValueError: If it has no name, nobody says so, or `at` is not in UTC.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Milestone(NINE, "bob", "on_site").name
        'on_site'
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    name: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)


@attrs.frozen
class Alert:
    """Somebody was told that a promise is in danger: the case was raised to his level.

    Attributes:
        at: When, in UTC.
        by: Who told him.
        to: Whom: a role or a person.
        clock: The key of the promise's clock.
        level: Which level of the ladder: 1 for the first.

    Raises:
        InvalidValueError: If nobody told anybody, no clock is named, the level is no whole number
            from 1 on, or `at` is not in UTC.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Alert(NINE, "ann", "head of service", clock="K-1 | Sea-Lion", level=2).level
        2

    Source:
        Domain fact K4 (逐级跳闸: everyone is told on record).
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    to: str = attrs.field(validator=not_blank)
    clock: str = attrs.field(validator=not_blank, kw_only=True)
    level: int = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        if type(self.level) is not int or self.level < 1:
            raise InvalidValueError("level", self.level, "must be a whole number from 1 on")


@attrs.frozen
class Booking:
    """A time agreed with the customer: by then, what was booked is reached.

    Attributes:
        at: When it was booked, in UTC.
        by: Who booked it.
        what: What is to be reached: `visit`; the milestone of that name keeps it.
        due_at: By when, in UTC; of a span of time its end.
        timezone: In which the customer was told.

    Raises:
        InvalidValueError: If nothing or nobody is named, a time is not in UTC, it is booked for
            the past, or there is no such zone.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Booking(NINE, "ann", "visit", NINE.replace(hour=14), "Asia/Shanghai").what
        'visit'
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    what: str = attrs.field(validator=not_blank)
    due_at: datetime = attrs.field(validator=is_utc)
    timezone: str = "UTC"

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        named_zone(self.timezone)
        if self.due_at <= self.at:
            rule = f"must be after it was booked, {self.at.isoformat()}"
            raise InvalidValueError("due_at", self.due_at, rule)


@attrs.frozen
class Participant:
    """Somebody who takes part in a case besides its customer and its owner.

    Attributes:
        id: Who.
        party: On whose side.
        role: As what: `supplier`, `workshop`, `contact`.

    Raises:
        InvalidValueError: If the id is unfit, or the role blank.

    Examples:
        >>> Participant("S-3", Party.THIRD_PARTY, "supplier").role
        'supplier'
    """

    id: str = attrs.field(validator=is_id)
    party: Party = attrs.field(validator=member_of(Party))
    role: str = attrs.field(validator=not_blank)


def passed(kind: type[Dated]) -> Callable[[object, Field, object], None]:
    """Return the check, for attrs, that a field holds things that happened, in the order of time.

    Examples:
        >>> from crmkit.testing import NINE
        >>> later = Milestone(NINE, "bob", "on_site")
        >>> earlier = Milestone(NINE.replace(hour=8), "bob", "booked")
        >>> passed(Milestone)(None, attrs.fields(Milestone).at, (later, earlier))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: at is datetime.datetime(2026, 3, 2, 8, 0,\
 tzinfo=datetime.timezone.utc): it must not be earlier than the one before it, at\
 2026-03-02T09:00:00+00:00
    """
    all_of_a_kind = all_are(kind)

    def check(instance: object, field: Field, items: object) -> None:
        if items == ():
            return  # as most often: every verb and every reading comes by here
        all_of_a_kind(instance, field, items)
        assert isinstance(items, tuple)
        for before, after in pairwise(items):
            if after.at < before.at:
                rule = f"must not be earlier than the one before it, at {before.at.isoformat()}"
                raise InvalidValueError(field.name, after.at, rule)

    return check
