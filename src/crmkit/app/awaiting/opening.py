"""Opening a CRM for async hosts by the address of its store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from crmkit import cases, complaints, lifecycle
from crmkit.app.opening import open
from crmkit.kernel import Clock

from .async_crm import AsyncCRM, over
from .workers import Workers


def open_async(
    url: str = "memory:",
    *,
    actor: str | None = None,
    clock: Clock | None = None,
    durable: bool = True,
    retry: timedelta | None = None,
    complaint_terms: complaints.ComplaintTerms | None = None,
    inquiry_terms: cases.InquiryTerms | None = None,
    lifecycles: Iterable[lifecycle.Lifecycle] = (),
    threads: int = 8,
) -> AsyncCRM:
    """Open a CRM for an async host; arguments and errors as for `crmkit.open`.

    The file is opened at once and nothing is awaited: do it when the host starts.

    Args:
        url: `memory:`, or the address of a file: `sqlite:///crm.db`.
        actor: Who acts, unless a call says otherwise; `anonymous` where nobody is named.
        clock: What tells the time; this machine's clock where none is given.
        durable: Whether a commit survives a power cut the moment it returns.
        retry: How long a desk verb that meets a conflict is run again; None for three times.
        complaint_terms: What recurs, what is major, who is called and what is owed.
        inquiry_terms: Who is called after an answer.
        lifecycles: The company's own, each in the place of a bundled one where it has its name.
        threads: How many workers there are: as many verbs run at a time, the others wait.

    Raises:
        InvalidValueError: If the address is of no store, or there would be no thread.
        StorageError: If the file cannot be opened, or is no database of crmkit.

    Examples:
        >>> import asyncio
        >>> async def work():
        ...     async with open_async(actor="ann") as crm:
        ...         complaint = await crm.complaints.receive(customer="C-7", about="rattles")
        ...         return complaint.stage.label()
        >>> asyncio.run(work())
        'Received'
    """
    workers = Workers(threads)
    crm = open(
        url,
        actor=actor,
        clock=clock,
        durable=durable,
        retry=retry,
        complaint_terms=complaint_terms,
        inquiry_terms=inquiry_terms,
        lifecycles=lifecycles,
    )
    return over(crm, workers)
