"""The desk of lifetime values, awaited: what it offers is what the sync desk offers."""

from __future__ import annotations

from crmkit.app.lifetime_values_desk import LifetimeValuesDesk
from crmkit.value import LifetimeValue

from .desks import AsyncDesk
from .views import awaited


class AsyncLifetimeValuesDesk(AsyncDesk[LifetimeValuesDesk, LifetimeValue]):
    """What customers are worth by a model, awaited: see `crmkit.app.LifetimeValuesDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> from crmkit.testing import a_forecast
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.lifetime_values.take_up({"C-7": a_forecast()})
        ...         return await crm.lifetime_values.explain("C-7")
        >>> str(asyncio.run(work()).verdict)
        '11.09 EUR'
    """

    record = awaited(LifetimeValuesDesk.record)
    renew = awaited(LifetimeValuesDesk.renew)
    acknowledge = awaited(LifetimeValuesDesk.acknowledge)
    take_up = awaited(LifetimeValuesDesk.take_up)
    of = awaited(LifetimeValuesDesk.of)
    explain = awaited(LifetimeValuesDesk.explain)
    alerted = awaited(LifetimeValuesDesk.alerted)
    unanswered = awaited(LifetimeValuesDesk.unanswered)
    alert_changes = awaited(LifetimeValuesDesk.alert_changes)
