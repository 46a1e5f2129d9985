"""The desks of cases and of what they set going, awaited."""

from __future__ import annotations

from typing import Any, TypeVar

from crmkit.app.cases_desk import CasesDesk
from crmkit.app.complaints_desk import ComplaintsDesk
from crmkit.app.corrective_actions_desk import CorrectiveActionsDesk
from crmkit.app.inquiries_desk import InquiriesDesk
from crmkit.app.undertakings_desks import (
    EmergenciesDesk,
    ProductRequestsDesk,
    RecallsDesk,
)
from crmkit.cases import Case, Inquiry
from crmkit.complaints import Complaint, CorrectiveAction, Emergency, ProductRequest, Recall

from .desks import AsyncDesk
from .views import awaited


C = TypeVar("C", bound=Case[Any])
D_co = TypeVar("D_co", bound=CasesDesk[Any], covariant=True)


class AsyncCasesDesk(AsyncDesk[D_co, C]):
    """One kind of case, awaited: see `crmkit.app.CasesDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.inquiries.open(id="Q-1", customer="C-7", about="Open today?")
        ...         return [clock.state.label() for clock in await crm.inquiries.clocks("Q-1")]
        >>> asyncio.run(work())
        ['Running']
    """

    clocks = awaited(CasesDesk[C].clocks)
    explain = awaited(CasesDesk[C].explain)
    overdue = awaited(CasesDesk[C].overdue)
    due_within = awaited(CasesDesk[C].due_within)
    agenda = awaited(CasesDesk[C].agenda)
    contacts = awaited(CasesDesk[C].contacts)
    alerts_due = awaited(CasesDesk[C].alerts_due)
    raise_alerts = awaited(CasesDesk[C].raise_alerts)


class AsyncComplaintsDesk(AsyncCasesDesk[ComplaintsDesk, Complaint]):
    """Putting right, awaited: see `crmkit.app.ComplaintsDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        ...         await crm.complaints.accept("K-1")
        >>> asyncio.run(work())
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is received and can become acknowledged,\
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
    book = awaited(ComplaintsDesk.book)
    compensate = awaited(ComplaintsDesk.compensate)
    give = awaited(ComplaintsDesk.give)
    spend = awaited(ComplaintsDesk.spend)
    mark_recurrence = awaited(ComplaintsDesk.mark_recurrence)
    unmark_recurrence = awaited(ComplaintsDesk.unmark_recurrence)
    promise = awaited(ComplaintsDesk.promise)
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
    alert = awaited(ComplaintsDesk.alert)
    involve = awaited(ComplaintsDesk.involve)
    recurrence = awaited(ComplaintsDesk.recurrence)
    major = awaited(ComplaintsDesk.major)
    owed = awaited(ComplaintsDesk.owed)
    owed_all = awaited(ComplaintsDesk.owed_all)
    explain_owed = awaited(ComplaintsDesk.explain_owed)
    calls_due = awaited(ComplaintsDesk.calls_due)
    worklist = awaited(ComplaintsDesk.worklist)


class AsyncInquiriesDesk(AsyncCasesDesk[InquiriesDesk, Inquiry]):
    """What else is asked of us, awaited: see `crmkit.app.InquiriesDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.inquiries.open(id="Q-1", customer="C-7", about="Open today?")
        ...         return (await crm.inquiries.answer("Q-1", text="Till six.")).stage.label()
        >>> asyncio.run(work())
        'Answered'
    """

    open = awaited(InquiriesDesk.open)
    answer = awaited(InquiriesDesk.answer)
    follow_up = awaited(InquiriesDesk.follow_up)
    close = awaited(InquiriesDesk.close)
    reopen = awaited(InquiriesDesk.reopen)
    cancel = awaited(InquiriesDesk.cancel)
    mark_duplicate = awaited(InquiriesDesk.mark_duplicate)
    wait = awaited(InquiriesDesk.wait)
    resume = awaited(InquiriesDesk.resume)
    reply = awaited(InquiriesDesk.reply)
    hear = awaited(InquiriesDesk.hear)
    comment = awaited(InquiriesDesk.comment)
    assign = awaited(InquiriesDesk.assign)
    prioritise = awaited(InquiriesDesk.prioritise)
    reach = awaited(InquiriesDesk.reach)
    alert = awaited(InquiriesDesk.alert)
    involve = awaited(InquiriesDesk.involve)
    calls_due = awaited(InquiriesDesk.calls_due)
    worklist = awaited(InquiriesDesk.worklist)


class AsyncCorrectiveActionsDesk(AsyncDesk[CorrectiveActionsDesk, CorrectiveAction]):
    """Removing causes, awaited: see `crmkit.app.CorrectiveActionsDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        ...         await crm.corrective_actions.open(
        ...             id="CA-1", complaints=["K-1"], about="door seals leak"
        ...         )
        ...         return (await crm.complaints.get("K-1")).unverified_actions
        >>> asyncio.run(work())
        ('CA-1',)
    """

    open = awaited(CorrectiveActionsDesk.open)
    form_team = awaited(CorrectiveActionsDesk.form_team)
    describe = awaited(CorrectiveActionsDesk.describe)
    contain = awaited(CorrectiveActionsDesk.contain)
    analyse = awaited(CorrectiveActionsDesk.analyse)
    choose = awaited(CorrectiveActionsDesk.choose)
    implement = awaited(CorrectiveActionsDesk.implement)
    check = awaited(CorrectiveActionsDesk.check)
    prevent = awaited(CorrectiveActionsDesk.prevent)
    close = awaited(CorrectiveActionsDesk.close)
    change_team = awaited(CorrectiveActionsDesk.change_team)
    link = awaited(CorrectiveActionsDesk.link)
    unlink = awaited(CorrectiveActionsDesk.unlink)
    send_to_supplier = awaited(CorrectiveActionsDesk.send_to_supplier)
    hear_from_supplier = awaited(CorrectiveActionsDesk.hear_from_supplier)
    checks_due = awaited(CorrectiveActionsDesk.checks_due)
    linked_to = awaited(CorrectiveActionsDesk.linked_to)


class AsyncEmergenciesDesk(AsyncDesk[EmergenciesDesk, Emergency]):
    """Keeping people from harm, awaited: see `crmkit.app.EmergenciesDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.complaints.receive(id="K-1", customer="C-7", about="smokes")
        ...         called = await crm.emergencies.call(complaint="K-1", about="motor on fire")
        ...         return called.open_roles
        >>> asyncio.run(work())
        ('quality', 'planning', 'engineering', 'workshop')
    """

    call = awaited(EmergenciesDesk.call)
    join = awaited(EmergenciesDesk.join)
    leave = awaited(EmergenciesDesk.leave)
    convene = awaited(EmergenciesDesk.convene)
    contain = awaited(EmergenciesDesk.contain)
    stand_down = awaited(EmergenciesDesk.stand_down)
    call_off = awaited(EmergenciesDesk.call_off)


class AsyncProductRequestsDesk(AsyncDesk[ProductRequestsDesk, ProductRequest]):
    """The voice of the customer, awaited: see `crmkit.app.ProductRequestsDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.complaints.receive(id="K-1", customer="C-7", about="drain clogs")
        ...         raised = await crm.product_requests.open(cases=["K-1"], about="wash potatoes")
        ...         return raised.stage.label()
        >>> asyncio.run(work())
        'Raised'
    """

    open = awaited(ProductRequestsDesk.open)
    consider = awaited(ProductRequestsDesk.consider)
    accept = awaited(ProductRequestsDesk.accept)
    decline = awaited(ProductRequestsDesk.decline)
    develop = awaited(ProductRequestsDesk.develop)
    release = awaited(ProductRequestsDesk.release)
    close = awaited(ProductRequestsDesk.close)
    tell = awaited(ProductRequestsDesk.tell)
    link = awaited(ProductRequestsDesk.link)
    unlink = awaited(ProductRequestsDesk.unlink)
    linked_to = awaited(ProductRequestsDesk.linked_to)


class AsyncRecallsDesk(AsyncDesk[RecallsDesk, Recall]):
    """Calling units back, awaited: see `crmkit.app.RecallsDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.complaints.receive(id="K-1", customer="C-7", about="smokes")
        ...         recall = await crm.recalls.open(
        ...             complaints=["K-1"], about="may burn", units=["W-1", "W-2"]
        ...         )
        ...         return recall.open_units
        >>> asyncio.run(work())
        ('W-1', 'W-2')
    """

    open = awaited(RecallsDesk.open)
    announce = awaited(RecallsDesk.announce)
    close = awaited(RecallsDesk.close)
    reopen = awaited(RecallsDesk.reopen)
    link = awaited(RecallsDesk.link)
    unlink = awaited(RecallsDesk.unlink)
    add_units = awaited(RecallsDesk.add_units)
    miss = awaited(RecallsDesk.miss)
    notify = awaited(RecallsDesk.notify)
    take_back = awaited(RecallsDesk.take_back)
    repair = awaited(RecallsDesk.repair)
    scrap = awaited(RecallsDesk.scrap)
    refuse = awaited(RecallsDesk.refuse)
    give_up = awaited(RecallsDesk.give_up)
    linked_to = awaited(RecallsDesk.linked_to)
