"""The desk of improvements, awaited: what it offers is what the sync desk offers."""

from __future__ import annotations

from crmkit.app.improvements_desk import ImprovementsDesk
from crmkit.satisfaction import Improvement

from .desks import AsyncDesk
from .views import awaited


class AsyncImprovementsDesk(AsyncDesk[ImprovementsDesk, Improvement]):
    """What is to score better, awaited: see `crmkit.app.ImprovementsDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> from datetime import date
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         return await crm.improvements.overdue(date(2026, 7, 1))
        >>> asyncio.run(work())
        ()
    """

    propose = awaited(ImprovementsDesk.propose)
    require = awaited(ImprovementsDesk.require)
    plan = awaited(ImprovementsDesk.plan)
    carry_out = awaited(ImprovementsDesk.carry_out)
    verify = awaited(ImprovementsDesk.verify)
    drop = awaited(ImprovementsDesk.drop)
    overdue = awaited(ImprovementsDesk.overdue)
