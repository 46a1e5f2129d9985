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


class AsyncComplaintsDesk(AsyncDesk[ComplaintsDesk, Complaint]):
    """Putting right, awaited: see `crmkit.app.ComplaintsDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        ...         await crm.complaints.accept("K-1")
        >>> asyncio.run(work())
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is received and can become acknowledged or\
 withdrawn or duplicate, not closed
    """

    receive = awaited(ComplaintsDesk.receive)
    acknowledge = awaited(ComplaintsDesk.acknowledge)
    assess = awaited(ComplaintsDesk.assess)
    route = awaited(ComplaintsDesk.route)
    confirm = awaited(ComplaintsDesk.confirm)
    exempt = awaited(ComplaintsDesk.exempt)
    investigate = awaited(ComplaintsDesk.investigate)
    diagnose = awaited(ComplaintsDesk.diagnose)
    respond = awaited(ComplaintsDesk.respond)
    communicate = awaited(ComplaintsDesk.communicate)
    accept = awaited(ComplaintsDesk.accept)
    reject = awaited(ComplaintsDesk.reject)
    implement = awaited(ComplaintsDesk.implement)
    waive = awaited(ComplaintsDesk.waive)
    plan_calls = awaited(ComplaintsDesk.plan_calls)
    follow_up = awaited(ComplaintsDesk.follow_up)
    close = awaited(ComplaintsDesk.close)
    withdraw = awaited(ComplaintsDesk.withdraw)
    reopen = awaited(ComplaintsDesk.reopen)
    escalate = awaited(ComplaintsDesk.escalate)
    refer = awaited(ComplaintsDesk.refer)
    settle = awaited(ComplaintsDesk.settle)
    mark_duplicate = awaited(ComplaintsDesk.mark_duplicate)
    link_action = awaited(ComplaintsDesk.link_action)
    verify_action = awaited(ComplaintsDesk.verify_action)
    unlink_action = awaited(ComplaintsDesk.unlink_action)
    wait = awaited(ComplaintsDesk.wait)
    resume = awaited(ComplaintsDesk.resume)
    reply = awaited(ComplaintsDesk.reply)
    hear = awaited(ComplaintsDesk.hear)
    comment = awaited(ComplaintsDesk.comment)
    assign = awaited(ComplaintsDesk.assign)
    prioritise = awaited(ComplaintsDesk.prioritise)
    reach = awaited(ComplaintsDesk.reach)
    involve = awaited(ComplaintsDesk.involve)
    clocks = awaited(ComplaintsDesk.clocks)
    explain = awaited(ComplaintsDesk.explain)
    overdue = awaited(ComplaintsDesk.overdue)
    due_within = awaited(ComplaintsDesk.due_within)
    agenda = awaited(ComplaintsDesk.agenda)


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
