"""The desks of classes, awaited: what each offers is what the sync desk offers."""

from __future__ import annotations

from crmkit.app.classes_desk import ClassesDesk, ClassTargetsDesk
from crmkit.value import ClassMembership, ClassTarget

from .desks import AsyncDesk
from .views import awaited


class AsyncClassesDesk(AsyncDesk[ClassesDesk, ClassMembership]):
    """In which class a customer is, was, and why, awaited: see `crmkit.app.ClassesDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> from crmkit.value import ABC_SCHEME
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.classes.assign(ABC_SCHEME, {"C-7": "A"})
        ...         return await crm.classes.members("abc")
        >>> asyncio.run(work())
        FrozenMap({'C-7': 'A'})
    """

    place = awaited(ClassesDesk.place)
    move = awaited(ClassesDesk.move)
    remove = awaited(ClassesDesk.remove)
    assign = awaited(ClassesDesk.assign)
    members = awaited(ClassesDesk.members)
    changes = awaited(ClassesDesk.changes)


class AsyncClassTargetsDesk(AsyncDesk[ClassTargetsDesk, ClassTarget]):
    """What is wanted of each class, awaited: see `crmkit.app.ClassTargetsDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> from datetime import date
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         return await crm.class_targets.in_force(date(2026, 5, 1))
        >>> asyncio.run(work())
        ()
    """

    set = awaited(ClassTargetsDesk.set)
    revise = awaited(ClassTargetsDesk.revise)
    withdraw = awaited(ClassTargetsDesk.withdraw)
    explain = awaited(ClassTargetsDesk.explain)
    in_force = awaited(ClassTargetsDesk.in_force)
