"""In which class a customer is, was, and why: one record per customer, scheme and category.

Law: a class is changed by verbs only, each with who, when and why; what a customer was is never
overwritten. A class that stays is no event, but for the first look by a new version of the scheme.

Source: domain fact V6: segments are named, versioned, explainable; movement over time. V2: the
reason is on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NewType

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    FrozenMap,
    Labelled,
    Language,
    Step,
    Text,
    Trail,
    all_are,
    checked_id,
    instant,
    is_a,
    is_id,
    not_blank_if_given,
    not_now,
    personal_in,
    unbroken,
)
from crmkit.kernel.pairs import named_once, reasons_for

from .class_scheme import ClassScheme


MembershipId = NewType("MembershipId", str)
"""Which membership: scheme, category and customer in one."""


class ClassAct(Labelled):
    """What was done to a customer's class."""

    PLACED = "placed", "Placed", "已归类"
    RAISED = "raised", "Raised", "已升级"
    LOWERED = "lowered", "Lowered", "已降级"
    MOVED = "moved", "Moved", "已转类"
    KEPT = "kept", "Kept under a new version", "按新版本保留"
    REMOVED = "removed", "Removed", "已取消分类"
    RESTORED = "restored", "Restored", "已恢复"


_ACTS: Final = {1: ClassAct.RAISED, 0: ClassAct.MOVED, -1: ClassAct.LOWERED}


@attrs.frozen(kw_only=True)
class ClassPlace:
    """What one step said: the class, and by which version of the scheme.

    Attributes:
        name: The class; None where he was in none from then on.
        version: Of the scheme.

    Examples:
        >>> ClassPlace(name="A", version=1).name
        'A'
    """

    name: str | None = attrs.field(validator=not_blank_if_given)
    version: int = attrs.field(validator=is_a(int))


@attrs.frozen(kw_only=True)
class ClassChanged:
    """The event: a customer's class became another one, or the same one of a new version.

    Attributes:
        customer: Whose.
        scheme: In which scheme.
        category: Within which category; None for all together.
        act: What happened: placed, raised, lowered, moved, kept, removed, restored.
        before: The class until then; None for none.
        after: The class since then; None for none.
        at: When, in UTC.
        by: Who did it.
        reason: Why; empty where nothing was said.

    Examples:
        >>> from crmkit.testing import NINE
        >>> from crmkit.value import ABC_SCHEME
        >>> one = ClassMembership.place(
        ...     "abc/C-7", "ann", NINE, customer="C-7", scheme=ABC_SCHEME, name="B"
        ... )
        >>> change = one.move("ann", NINE, scheme=ABC_SCHEME, name="A", reason="bought more").latest
        >>> change.act.label(), change.before, change.after, change.reason
        ('Raised', 'B', 'A', 'bought more')
    """

    customer: str
    scheme: str
    category: str | None
    act: ClassAct
    before: str | None
    after: str | None
    at: datetime
    by: str
    reason: str


@attrs.frozen(kw_only=True)
class ClassMembership:
    """A customer's place in one scheme of classes, with all his places before it.

    Memberships are immutable: every verb returns a new one with a longer trail.

    Attributes:
        id: Unique among memberships; `membership_id` makes it.
        customer: Whose.
        scheme: Name of the scheme.
        category: Within which category he is classed; None for all together.
        places: What each step of the trail said, oldest first.
        trail: Every change so far, oldest first, with its reason as the note.

    Raises:
        InvalidValueError: If a value is unfit, or places and trail do not agree.

    Examples:
        >>> from crmkit.testing import NINE
        >>> from crmkit.value import ABC_SCHEME
        >>> one = ClassMembership.place(
        ...     "abc/C-7", "ann", NINE, customer="C-7", scheme=ABC_SCHEME, name="B"
        ... )
        >>> one.class_name, one.move("bob", NINE, scheme=ABC_SCHEME, name="C").class_name
        ('B', 'C')
        >>> one.move("bob", NINE, scheme=ABC_SCHEME, name="B")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: class is 'B': it must be another than the present one
    """

    id: MembershipId = attrs.field(validator=is_id)
    customer: str = attrs.field(validator=is_id)
    scheme: str = attrs.field(validator=is_id)
    category: str | None = attrs.field(default=None, validator=attrs.validators.optional(is_id))
    places: tuple[ClassPlace, ...] = attrs.field(validator=all_are(ClassPlace))
    trail: Trail[ClassAct] = attrs.field(validator=unbroken, metadata=personal_in("note"))

    def __attrs_post_init__(self) -> None:
        if len(self.places) != len(self.trail):
            rule = f"must be one for each step of the trail, {len(self.trail)}"
            raise InvalidValueError("places", len(self.places), rule)

    # -- verbs ---

    @classmethod
    def place(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        customer: str,
        scheme: ClassScheme,
        name: str,
        category: str | None = None,
        reason: str = "",
    ) -> ClassMembership:
        """Place a customer in a class for the first time.

        Args:
            id: Unique among memberships: `membership_id(scheme, customer, category)`.
            by: Who classes him.
            at: When.
            customer: Whose class.
            scheme: By which scheme.
            name: Which of its classes.
            category: Within which category; None for all together.
            reason: Why.

        Raises:
            InvalidValueError: If the scheme has no such class, or a value is unfit.
        """
        first = ClassPlace(name=scheme.checked(name), version=scheme.version)
        return cls(
            id=MembershipId(id),
            customer=customer,
            scheme=scheme.name,
            category=category,
            places=(first,),
            trail=(Step(ClassAct.PLACED, by, instant(at), reason),),
        )

    def move(
        self, by: str, at: datetime, *, scheme: ClassScheme, name: str, reason: str = ""
    ) -> ClassMembership:
        """Move him to another class of the scheme: raised, lowered, or to one that is neither.

        By a new version of the scheme he may be kept in his class, too.

        Raises:
            InvalidValueError: If he is in that class by this version already, the scheme is
                another, of an earlier version, or has no such class, or a value is unfit.
        """
        if scheme.name != self.scheme:
            raise InvalidValueError("scheme", scheme.name, f"must be {self.scheme!r}")
        if scheme.version < self.places[-1].version:
            rule = f"must not be before {self.places[-1].version}, by which he is classed now"
            raise InvalidValueError("version", scheme.version, rule)
        is_new = scheme.version > self.places[-1].version
        if scheme.checked(name) == self.class_name and not is_new:
            raise InvalidValueError("class", name, "must be another than the present one")
        act = self._act_to(name, scheme, is_new=is_new)
        return self._with(ClassPlace(name=name, version=scheme.version), act, by, at, reason)

    def remove(self, by: str, at: datetime, *, reason: str = "") -> ClassMembership:
        """Take him out of his class, into none.

        Raises:
            TransitionError: If he is in none.
            InvalidValueError: If a value is unfit.
        """
        if self.class_name is None:
            why = Text("he is in no class", "该客户未归类")
            raise not_now(self, self.trail[-1].stage, Text("removed", "取消分类"), why)
        none = ClassPlace(name=None, version=self.places[-1].version)
        return self._with(none, ClassAct.REMOVED, by, at, reason)

    def restore(self, by: str, at: datetime, *, earlier: ClassMembership) -> ClassMembership:
        """Put him back where an earlier version had him; what was in between stays on the trail.

        Raises:
            InvalidValueError: If `earlier` is another membership.
        """
        if earlier.id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        return self._with(earlier.places[-1], ClassAct.RESTORED, by, at, "")

    # -- questions ---

    def label(self, language: Language = "en") -> str:
        """Return what a user reads for it: the word and the id."""
        return f"class membership {self.id}" if language == "en" else f"分类记录{self.id}"

    @property
    def class_name(self) -> str | None:
        """The present class; None for none."""
        return self.places[-1].name

    @property
    def since(self) -> datetime:
        """Since when he is in it by this version of the scheme, in UTC."""
        return self.trail[-1].at

    @property
    def changes(self) -> tuple[ClassChanged, ...]:
        """Every change so far, oldest first."""
        names = [None, *(place.name for place in self.places)]
        return tuple(
            ClassChanged(
                customer=self.customer,
                scheme=self.scheme,
                category=self.category,
                act=step.stage,
                before=names[place],
                after=names[place + 1],
                at=step.at,
                by=step.by,
                reason=step.note,
            )
            for place, step in enumerate(self.trail)
        )

    @property
    def latest(self) -> ClassChanged:
        """The last change."""
        return self.changes[-1]

    def class_at(self, at: datetime) -> str | None:
        """Return the class at a moment; None for none, and before the first.

        Raises:
            InvalidValueError: If `at` is naive.
        """
        moment = instant(at, "at")
        passed = [
            place.name
            for place, step in zip(self.places, self.trail, strict=True)
            if step.at <= moment
        ]
        return passed[-1] if passed else None

    def _act_to(self, name: str, scheme: ClassScheme, *, is_new: bool) -> ClassAct:
        present = self.class_name
        if present is None:
            return ClassAct.PLACED
        if is_new:
            # A class of an earlier version may be gone: neither better nor worse can be told.
            return ClassAct.KEPT if name == present else ClassAct.MOVED
        return _ACTS[scheme.compare(present, name) if present in scheme.classes else 0]

    def _with(
        self, place: ClassPlace, act: ClassAct, by: str, at: datetime, reason: str
    ) -> ClassMembership:
        trail = (*self.trail, Step(act, by, instant(at), reason))
        return attrs.evolve(self, places=(*self.places, place), trail=trail)


def membership_id(scheme: str, customer: str, category: str | None = None) -> MembershipId:
    """Return the id of a customer's membership: the same whoever asks.

    Raises:
        InvalidValueError: If the customer or the category is no id, such as a number.

    Examples:
        >>> membership_id("abc", "C-7"), membership_id("abc", "C-7", "fridges")
        ('abc/C-7', 'abc/fridges/C-7')
    """
    within = () if category is None else (checked_id(category, "category"),)
    parts = (scheme, *within, checked_id(customer, "customer"))
    # No two memberships share an id, whatever customers are called.
    return MembershipId("/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts))


_NO_REASONS: Final[Mapping[str, str]] = FrozenMap()


def reclassed(
    present: Iterable[ClassMembership],
    by: str,
    at: datetime,
    *,
    scheme: ClassScheme,
    classes: Mapping[str, str | None] | Iterable[tuple[str, str | None]],
    category: str | None = None,
    reasons: Mapping[str, str] = _NO_REASONS,
) -> tuple[ClassMembership, ...]:
    """Class many customers anew; return only the memberships that this changes.

    By a new version of the scheme, who stays in his class is kept in it, and says so.

    Args:
        present: Those that there are.
        by: Who classes.
        at: When.
        scheme: By which scheme.
        classes: The class of each customer; None, or what an engine writes for a missing value,
            for none. Who is not named stays where he is.
        category: Within which category; None for all together.
        reasons: Why, for those of whom there is something to say.

    Raises:
        InvalidValueError: If the scheme has no such class, a customer is named twice, there is a
            reason for one who is not named, or a value is unfit.

    Examples:
        >>> from crmkit.testing import NINE
        >>> from crmkit.value import ABC_SCHEME
        >>> new = reclassed((), "ann", NINE, scheme=ABC_SCHEME, classes={"C-7": "B", "C-8": None})
        >>> [(one.customer, one.class_name) for one in new]
        [('C-7', 'B')]
        >>> reclassed(new, "ann", NINE, scheme=ABC_SCHEME, classes={"C-7": "B"})
        ()
    """
    held, changed = {one.id: one for one in present}, []
    told = named_once(classes)
    why = reasons_for(told, reasons)
    for customer, name in told.items():
        id, reason = membership_id(scheme.name, customer, category), why.get(customer, "")
        one = held.get(id)
        if one is not None:
            stays = (None if name is None else scheme.checked(name)) == one.class_name
            # Who stays is classed by the new version from now on, and says so.
            if not stays or (name is not None and scheme.version > one.places[-1].version):
                changed.append(_now_in(one, by, at, scheme, name, reason))
        elif name is not None:
            birth = ClassMembership.place(
                id,
                by,
                at,
                customer=customer,
                scheme=scheme,
                name=name,
                category=category,
                reason=reason,
            )
            changed.append(birth)
    return tuple(changed)


def _now_in(
    one: ClassMembership, by: str, at: datetime, scheme: ClassScheme, name: str | None, reason: str
) -> ClassMembership:
    if name is None:
        return one.remove(by, at, reason=reason)
    return one.move(by, at, scheme=scheme, name=name, reason=reason)
