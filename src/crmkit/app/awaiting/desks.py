"""The desks, awaited: what each offers is what the sync desk offers."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from crmkit.app.complaints_desk import ComplaintsDesk
from crmkit.app.customers_desk import CustomersDesk
from crmkit.app.desk import Desk
from crmkit.app.facts_desks import FactsDesk, OrdersDesk, SatisfactionDesk
from crmkit.app.unit import Trailed
from crmkit.complaints import Complaint
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
    """Who they are, awaited: see `crmkit.app.CustomersDesk`."""

    add_person = awaited(CustomersDesk.add_person)
    add_organisation = awaited(CustomersDesk.add_organisation)
    change = awaited(CustomersDesk.change)
    classify = awaited(CustomersDesk.classify)


class AsyncComplaintsDesk(AsyncDesk[ComplaintsDesk, Complaint]):
    """Putting right, awaited: see `crmkit.app.ComplaintsDesk`."""

    receive = awaited(ComplaintsDesk.receive)
    acknowledge = awaited(ComplaintsDesk.acknowledge)
    investigate = awaited(ComplaintsDesk.investigate)
    respond = awaited(ComplaintsDesk.respond)
    accept = awaited(ComplaintsDesk.accept)
    reject = awaited(ComplaintsDesk.reject)


class AsyncFactsDesk(View[F_co]):
    """One table of facts, awaited."""

    each = iterated(FactsDesk.each)


class AsyncOrdersDesk(AsyncFactsDesk[OrdersDesk]):
    """What they bought, awaited: see `crmkit.app.OrdersDesk`."""

    add = awaited(OrdersDesk.add)


class AsyncSatisfactionDesk(AsyncFactsDesk[SatisfactionDesk]):
    """What they say, awaited: see `crmkit.app.SatisfactionDesk`."""

    record = awaited(SatisfactionDesk.record)
