"""What type checkers know of verbs that a record shares with others, and of what is due."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import assert_type

import crmkit
from crmkit.cases import Priority
from crmkit.complaints import Complaint
from crmkit.kernel import Explanation
from crmkit.sla import SEA_LION, OpenPromise, SlaClock
from crmkit.storage import MemoryStore


def use() -> None:
    crm = crmkit.CRM(MemoryStore(), policies=SEA_LION).promising(SEA_LION)

    assert_type(crm.complaints.wait("K-1", party="customer"), Complaint)
    assert_type(crm.complaints.prioritise("K-1", priority=Priority.HIGH), Complaint)
    assert_type(crm.complaints.involve("K-1", id="W-3", role="workshop"), Complaint)
    crm.complaints.wait("K-1")  # type: ignore[call-arg]
    crm.complaints.wait("K-1", party="customer", nte="x")  # type: ignore[call-arg]

    assert_type(crm.complaints.clocks("K-1"), tuple[SlaClock, ...])
    assert_type(crm.complaints.explain("K-1"), Explanation[datetime | None])
    assert_type(crm.complaints.overdue(), tuple[OpenPromise[Complaint], ...])
    assert_type(
        crm.complaints.agenda(on=date(2026, 3, 2)),
        Mapping[str, tuple[OpenPromise[Complaint], ...]],
    )
    for promise in crm.complaints.due_within(timedelta(hours=1)):
        assert_type(promise.case, Complaint)
        assert_type(promise.owner, str | None)


async def use_async() -> None:
    async with crmkit.open_async() as crm:
        assert_type(await crm.complaints.wait("K-1", party="customer"), Complaint)
        assert_type(await crm.complaints.overdue(), tuple[OpenPromise[Complaint], ...])
        assert_type(await crm.promising(SEA_LION).complaints.clocks("K-1"), tuple[SlaClock, ...])
        await crm.complaints.wait("K-1")  # type: ignore[call-arg]
