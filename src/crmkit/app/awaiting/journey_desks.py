"""The desk of journeys, awaited: what it offers is what the sync desk offers."""

from __future__ import annotations

from crmkit.app.journeys_desk import JourneysDesk
from crmkit.lifecycle import Journey

from .desks import AsyncDesk
from .views import awaited


class AsyncJourneysDesk(AsyncDesk[JourneysDesk, Journey]):
    """A customer's way through each lifecycle, awaited: see `crmkit.app.JourneysDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> from crmkit.lifecycle import FOUR_STAGE
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="an order")
        ...         return await crm.journeys.members("four_stage")
        >>> asyncio.run(work())
        FrozenMap({'C-7': 'exploration'})
    """

    lifecycle = awaited(JourneysDesk.lifecycle)
    begin = awaited(JourneysDesk.begin)
    move = awaited(JourneysDesk.move)
    infer = awaited(JourneysDesk.infer)
    release = awaited(JourneysDesk.release)
    adopt = awaited(JourneysDesk.adopt)
    take_up = awaited(JourneysDesk.take_up)
    of = awaited(JourneysDesk.of)
    members = awaited(JourneysDesk.members)
    moves = awaited(JourneysDesk.moves)
    differing = awaited(JourneysDesk.differing)
    stuck = awaited(JourneysDesk.stuck)
