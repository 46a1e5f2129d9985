"""The desks of customers and facts, awaited: what each offers is what the sync desk offers."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from crmkit.app.customers_desk import CustomersDesk
from crmkit.app.desk import Desk
from crmkit.app.facts_desks import FactsDesk, OrdersDesk, SatisfactionDesk
from crmkit.app.unit import Trailed
from crmkit.customers import Customer

from .views import View, awaited, iterated


R = TypeVar("R", bound=Trailed)
D_co = TypeVar("D_co", bound=Desk[Any], covariant=True)
F_co = TypeVar("F_co", bound=FactsDesk, covariant=True)


class AsyncDesk(View[D_co], Generic[D_co, R]):
    """One kind of record, awaited: see `crmkit.app.Desk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.customers.add_person(id="C-7", name="Li Wei", region="Shandong")
        ...         return [customer.id for customer in await crm.customers.find(region="Shandong")]
        >>> asyncio.run(work())
        ['C-7']
    """

    get = awaited(Desk[R].get)
    find = awaited(Desk[R].find)
    each = iterated(Desk[R].each)
    delete = awaited(Desk[R].delete)
    undelete = awaited(Desk[R].undelete)


class AsyncCustomersDesk(AsyncDesk[CustomersDesk, Customer]):
    """Who they are, awaited: see `crmkit.app.CustomersDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         li = await crm.customers.add_person(name="Li Wei")
        ...         return (await crm.customers.classify(li.id, handling="key")).classes
        >>> asyncio.run(work())
        FrozenMap({'handling': 'key'})
    """

    add_person = awaited(CustomersDesk.add_person)
    add_organisation = awaited(CustomersDesk.add_organisation)
    change = awaited(CustomersDesk.change)
    classify = awaited(CustomersDesk.classify)
    classes = awaited(CustomersDesk.classes)
    classed = awaited(CustomersDesk.classed)


class AsyncFactsDesk(View[F_co]):
    """One table of facts, awaited."""

    each = iterated(FactsDesk.each)


class AsyncOrdersDesk(AsyncFactsDesk[OrdersDesk]):
    """What they bought, awaited: see `crmkit.app.OrdersDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> from crmkit.kernel import Money
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.orders.add(customer="C-7", amount=Money.of("19.99", "EUR"))
        ...         return [row["amount"] async for row in crm.orders.each(customer_id="C-7")]
        >>> asyncio.run(work())
        [Decimal('19.99')]
    """

    add = awaited(OrdersDesk.add)


class AsyncSatisfactionDesk(AsyncFactsDesk[SatisfactionDesk]):
    """What they say, awaited: see `crmkit.app.SatisfactionDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.satisfaction.record(customer="C-7", occasion="repair", recommend=9)
        ...         return [row["recommend"] async for row in crm.satisfaction.each()]
        >>> asyncio.run(work())
        [9]
    """

    record = awaited(SatisfactionDesk.record)
