"""The desk of points, awaited: what it offers is what the sync desk offers."""

from __future__ import annotations

from crmkit.app.points_desk import PointsDesk
from crmkit.loyalty import PointsAccount

from .desks import AsyncDesk
from .views import awaited


class AsyncPointsDesk(AsyncDesk[PointsDesk, PointsAccount]):
    """Points of a scheme, awaited: see `crmkit.app.PointsDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> from crmkit.kernel import Text
        >>> from crmkit.loyalty import EarnRule, PointsExpiry, PointsScheme
        >>> gift = EarnRule(code="gift", label=Text("Welcome", "欢迎礼"), points=50)
        >>> club = PointsScheme(
        ...     name="club", currency="CNY", rules=(gift,), expiry=PointsExpiry(months=1)
        ... )
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         one = await crm.points.open(customer="C-7", scheme=club)
        ...         entry = await crm.points.earn(one.id, reference="W-1", scheme=club)
        ...         return entry.balance
        >>> asyncio.run(work())
        50
    """

    open = awaited(PointsDesk.open)
    earn = awaited(PointsDesk.earn)
    redeem = awaited(PointsDesk.redeem)
    adjust = awaited(PointsDesk.adjust)
    take_back = awaited(PointsDesk.take_back)
    give_back = awaited(PointsDesk.give_back)
    settle = awaited(PointsDesk.settle)
    forgive = awaited(PointsDesk.forgive)
    expire = awaited(PointsDesk.expire)
    expire_due = awaited(PointsDesk.expire_due)
    transfer = awaited(PointsDesk.transfer)
    entries = awaited(PointsDesk.entries)
    statement = awaited(PointsDesk.statement)
