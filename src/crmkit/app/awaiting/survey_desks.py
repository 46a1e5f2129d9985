"""The desks of surveys, awaited: what each offers is what the sync desk offers."""

from __future__ import annotations

from crmkit.app.surveys_desk import InvitationsDesk, SurveysDesk
from crmkit.satisfaction import Invitation, SurveyRound

from .desks import AsyncDesk
from .views import awaited, iterated


class AsyncSurveysDesk(AsyncDesk[SurveysDesk, SurveyRound]):
    """What they say when they are asked, awaited: see `crmkit.app.SurveysDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> from crmkit.satisfaction import SEA_LION
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.surveys.draft(id="R-1", survey=SEA_LION)
        ...         await crm.surveys.publish("R-1")
        ...         await crm.surveys.collect("R-1", cells={"price": 2})
        ...         return [said.ratings async for said in crm.surveys.answers("R-1")]
        >>> asyncio.run(work())
        [{'price': 2}]
    """

    draft = awaited(SurveysDesk.draft)
    revise = awaited(SurveysDesk.revise)
    publish = awaited(SurveysDesk.publish)
    close = awaited(SurveysDesk.close)
    drop = awaited(SurveysDesk.drop)
    invite = awaited(SurveysDesk.invite)
    may_ask = awaited(SurveysDesk.may_ask)
    collect = awaited(SurveysDesk.collect)
    answers = iterated(SurveysDesk.answers)
    careless = awaited(SurveysDesk.careless)
    code = awaited(SurveysDesk.code)


class AsyncInvitationsDesk(AsyncDesk[InvitationsDesk, Invitation]):
    """Who was asked, awaited: see `crmkit.app.InvitationsDesk`.

    Examples:
        >>> import asyncio, crmkit
        >>> from crmkit.satisfaction import SEA_LION
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.surveys.draft(id="R-1", survey=SEA_LION)
        ...         await crm.surveys.publish("R-1")
        ...         asked = await crm.surveys.invite("R-1", customer="C-7")
        ...         return (await crm.invitations.decline(asked.id)).stage.label()
        >>> asyncio.run(work())
        'Declined'
    """

    remind = awaited(InvitationsDesk.remind)
    answer = awaited(InvitationsDesk.answer)
    decline = awaited(InvitationsDesk.decline)
    miss = awaited(InvitationsDesk.miss)
    expire = awaited(InvitationsDesk.expire)
