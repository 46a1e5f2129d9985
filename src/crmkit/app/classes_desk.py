"""The desks of classes: in which class customers are, and what is wanted of each class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from crmkit.kernel import Explanation, FrozenMap, Period, instant
from crmkit.kernel.pairs import named_once
from crmkit.value import (
    CLASS_MEMBERSHIP_CODEC,
    CLASS_TARGET_CODEC,
    ClassChanged,
    ClassMembership,
    ClassScheme,
    ClassTarget,
    TargetSense,
    membership_id,
    reclassed,
)

from .asking import Asked
from .desk import Desk, Office, verb
from .unit import Committed, UnitOfWork


_NO_REASONS: Final[FrozenMap[str, str]] = FrozenMap()


class ClassesDesk(Desk[ClassMembership]):
    """In which class a customer is, was, and why: one record per customer, scheme and category.

    Keys to find by: customer, scheme, category, class_name, act, since.

    Examples:
        >>> import crmkit
        >>> from crmkit.value import ABC_SCHEME
        >>> desk = crmkit.open(actor="ann").classes
        >>> [change.act.value for change in desk.assign(ABC_SCHEME, {"C-7": "B", "C-8": "C"})]
        ['placed', 'placed']
        >>> [(one.customer, one.act.value) for one in desk.assign(ABC_SCHEME, {"C-7": "A"})]
        [('C-7', 'raised')]
        >>> desk.members("abc")
        FrozenMap({'C-7': 'A', 'C-8': 'C'})
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, CLASS_MEMBERSHIP_CODEC)

    def place(
        self,
        *,
        customer: str,
        scheme: ClassScheme,
        name: str,
        category: str | None = None,
        reason: str = "",
    ) -> ClassMembership:
        """Place one customer in a class for the first time. Many at once: `assign`.

        Raises:
            InvalidValueError: If the scheme has no such class, or a value is unfit.
            ConflictError: If he has, or had, a place in the scheme and category.

        Examples:
            >>> import crmkit
            >>> from crmkit.value import PYRAMID_SCHEME
            >>> desk = crmkit.open(actor="ann").classes
            >>> desk.place(customer="C-7", scheme=PYRAMID_SCHEME, name="vip").id
            'pyramid/C-7'
        """
        return self._bear(
            membership_id(scheme.name, customer, category),
            lambda id, by, at: ClassMembership.place(
                id,
                by,
                at,
                customer=customer,
                scheme=scheme,
                name=name,
                category=category,
                reason=reason,
            ),
        )

    move = verb(ClassMembership.move)
    remove = verb(ClassMembership.remove)

    def assign(
        self,
        scheme: ClassScheme,
        classes: Mapping[str, str | None] | Iterable[tuple[str, str | None]],
        *,
        category: str | None = None,
        reasons: Mapping[str, str] = _NO_REASONS,
    ) -> tuple[ClassChanged, ...]:
        """Class many customers anew, all of them or none; only what changes is saved.

        Args:
            scheme: By which scheme.
            classes: The class of each customer, None or an engine's missing value for none: a
                mapping, or pairs such as `zip(frame["customer_id"], frame["abc_class"])`, with ids
                that are text. Who is not named stays.
            category: Within which category; None for all together.
            reasons: Why, for those of whom there is something to say.

        Returns:
            What changed, in the order of the customers named.

        Raises:
            InvalidValueError: If the scheme has no such class, a customer is named twice, there is
                a reason for one who is not named, or a value is unfit.

        Examples:
            >>> import crmkit
            >>> from crmkit.value import ABC_SCHEME
            >>> desk = crmkit.open(actor="ann").classes
            >>> (one,) = desk.assign(ABC_SCHEME, [("C-7", "B")], reasons={"C-7": "15 % of sales"})
            >>> one.after, one.reason
            ('B', '15 % of sales')
        """
        office, told = self._office, named_once(classes)
        ids = [membership_id(scheme.name, customer, category) for customer in told]

        def act(unit: UnitOfWork) -> tuple[ClassChanged, ...]:
            present = unit.peek_all(self._codec, ids)
            changed = reclassed(
                present.values(),
                office.actor,
                office.now(),
                scheme=scheme,
                classes=told,
                category=category,
                reasons=reasons,
            )
            for one in changed:
                save = unit.put if one.id in present else unit.add
                save(self._codec, one)
            return tuple(one.latest for one in changed)

        return office.work(act)

    def members(
        self, scheme: str, *, category: str | None = None, at: datetime | None = None
    ) -> FrozenMap[str, str]:
        """Return the class of every customer of a scheme who has one.

        Args:
            scheme: Name of the scheme.
            category: Within which category; None for all together.
            at: At which moment; None for now.

        Raises:
            InvalidValueError: If `at` is naive.

        Examples:
            >>> from datetime import timedelta
            >>> import crmkit
            >>> from crmkit.value import ABC_SCHEME
            >>> crm = crmkit.open(actor="ann")
            >>> placed = crm.classes.assign(ABC_SCHEME, {"C-7": "A"})
            >>> crm.classes.members("abc", at=crm.now() - timedelta(days=1))
            FrozenMap({})
        """
        moment = self._office.now() if at is None else instant(at, "at")
        held = (one for one in self.each(scheme=scheme) if one.category == category)
        told = ((one.customer, one.class_at(moment)) for one in held)
        return FrozenMap({customer: name for customer, name in told if name is not None})

    def changes(
        self, since: datetime, *, until: datetime | None = None, scheme: str | None = None
    ) -> tuple[ClassChanged, ...]:
        """Return what changed from a moment on, oldest first.

        Args:
            since: From when on.
            until: Until before when; None for no end.
            scheme: In which scheme; None for all.

        Raises:
            InvalidValueError: If a time is naive.

        Examples:
            >>> from datetime import timedelta
            >>> import crmkit
            >>> from crmkit.value import ABC_SCHEME
            >>> crm = crmkit.open(actor="ann")
            >>> placed = crm.classes.assign(ABC_SCHEME, {"C-7": "A"})
            >>> crm.classes.changes(crm.now() - timedelta(days=1)) == placed
            True
        """
        first, last = instant(since, "since"), until and instant(until, "until")
        kinds = [("scheme", "=", scheme)] * (scheme is not None)
        found = [
            change
            for one in self.each(("since", ">=", first), *kinds)
            for change in one.changes
            if first <= change.at and (last is None or change.at < last)
        ]
        return tuple(sorted(found, key=lambda change: change.at))


class ClassTargetsDesk(Desk[ClassTarget]):
    """What is wanted of, or for, the customers of each class.

    Keys to find by: scheme, class_name, measure, owner, act, first_day, end_day.

    Examples:
        >>> import crmkit
        >>> from crmkit.kernel import Period
        >>> from crmkit.value import ABC_SCHEME
        >>> desk = crmkit.open(actor="ann").class_targets
        >>> visits = desk.set(
        ...     id="T-1",
        ...     scheme=ABC_SCHEME,
        ...     class_name="A",
        ...     measure="visits",
        ...     target=12,
        ...     period=Period.year(2026),
        ... )
        >>> desk.explain("T-1", 13).verdict
        True
        >>> [one.id for one in desk.in_force(date(2026, 5, 1), ("class_name", "=", "A"))]
        ['T-1']
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, CLASS_TARGET_CODEC)

    def set(
        self,
        *,
        scheme: ClassScheme,
        class_name: str,
        measure: str,
        target: float,
        period: Period,
        sense: TargetSense = TargetSense.AT_LEAST,
        owner: str | None = None,
        note: str = "",
        id: str | None = None,
    ) -> ClassTarget:
        """Set a target for one class in one period.

        Args:
            scheme: Of which scheme.
            class_name: Of which of its classes.
            measure: What is counted, in words.
            target: How much is wanted.
            period: In which days.
            sense: Whether at least or at most so much.
            owner: Who answers for it.
            note: What was said on the occasion.
            id: Unique among targets; made where none is given.

        Raises:
            InvalidValueError: If the scheme has no such class, or a value is unfit.
            ConflictError: If there is, or was, a target of that id.
        """
        return self._bear(
            id,
            lambda id, by, at: ClassTarget.set(
                id,
                by,
                at,
                scheme=scheme,
                class_name=class_name,
                measure=measure,
                target=target,
                period=period,
                sense=sense,
                owner=owner,
                note=note,
            ),
        )

    revise = verb(ClassTarget.revise)
    withdraw = verb(ClassTarget.withdraw)

    def explain(self, id: str, /, actual: float) -> Explanation[bool]:
        """Explain whether a target is reached.

        Raises:
            NotFoundError: If there is no such target.
            InvalidValueError: If `actual` is no finite number.
        """
        return self.get(id).explain(actual)

    def in_force(self, on: date, /, *where: Asked) -> tuple[ClassTarget, ...]:
        """Return the targets that hold on a day, in the order of their ids.

        Args:
            on: Which day.
            where: Conditions, as for `find`: `("class_name", "=", "A")`.

        Raises:
            InvalidValueError: If it is no date, or has a time of day, or there is no such key.
        """
        day = Period.day(on).since
        days = (("first_day", "<=", day), ("end_day", ">", day))
        return tuple(one for one in self.each(*days, *where) if one.holds_on(day))


def class_changes(committed: Committed) -> tuple[ClassChanged, ...]:
    """Return what one batch did to classes: the events, for a subscriber.

    What is stored once more as it was, after an erasure or a deletion, is no event.

    Args:
        committed: What a subscriber is told.

    Examples:
        >>> import crmkit
        >>> from crmkit.value import ABC_SCHEME
        >>> crm, told = crmkit.open(actor="ann"), []
        >>> end = crm.subscribe(lambda committed: told.extend(class_changes(committed)))
        >>> placed = crm.classes.assign(ABC_SCHEME, {"C-7": "A"})
        >>> tuple(told) == placed
        True
    """
    records = (changed.record for changed in committed.changed if not changed.is_as_it_was)
    return tuple(one.latest for one in records if isinstance(one, ClassMembership))
