"""The rooms at the back, awaited: history, frames, imports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar, overload

from crmkit.app.frames import Frames
from crmkit.app.history import History, RecordHistory, Revision
from crmkit.app.importing import Imports
from crmkit.app.kinds import Restorable
from crmkit.complaints import Complaint
from crmkit.customers import Customer

from .views import View, awaited


K = TypeVar("K", bound=Restorable)


class AsyncRecordHistory(View[RecordHistory[K]], Sequence[Revision[K]]):
    """Every version of one record, oldest first: read already, so that only acts are awaited.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.customers.add_person(id="C-7", name="Li Wei", region="Shandong")
        ...         await crm.customers.change("C-7", region="Beijing")
        ...         history = await crm.history.of("C-7", kind="customer")
        ...         print([revision.record.region for revision in history])
        ...         return (await history.restore(1)).region
        >>> asyncio.run(work())
        ['Shandong', 'Beijing']
        'Shandong'
    """

    restore = awaited(RecordHistory[K].restore)
    redact = awaited(RecordHistory[K].redact)

    @property
    def kind(self) -> str:
        """The record's kind."""
        return self._behind.kind

    @overload
    def __getitem__(self, place: int) -> Revision[K]: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Revision[K], ...]: ...
    def __getitem__(self, place: int | slice) -> Revision[K] | tuple[Revision[K], ...]:
        return self._behind[place]

    def __len__(self) -> int:
        return len(self._behind)

    def version(self, version: int) -> Revision[K]:
        """Return one version, as `crmkit.app.RecordHistory.version` does."""
        return self._behind.version(version)

    def as_of(self, at: datetime) -> K:
        """Return the record as it was at a moment: the last version saved at or before it."""
        return self._behind.as_of(at)

    def __repr__(self) -> str:
        return repr(self._behind)


class AsyncHistory(View[History]):
    """The history of the whole CRM, awaited: see `crmkit.app.History`."""

    @overload
    async def of(self, id: str, *, kind: Literal["customer"]) -> AsyncRecordHistory[Customer]: ...
    @overload
    async def of(self, id: str, *, kind: Literal["complaint"]) -> AsyncRecordHistory[Complaint]: ...
    @overload
    async def of(self, id: str, *, kind: str | None = None) -> AsyncRecordHistory[Restorable]: ...
    async def of(self, id: str, *, kind: str | None = None) -> AsyncRecordHistory[Any]:
        """Return every version of one record, as `crmkit.app.History.of` does."""
        found: RecordHistory[Any] = await self._runner.run(self._behind.of, id, kind=kind)
        return AsyncRecordHistory(found, self._runner)


class AsyncFrames(View[Frames]):
    """Everything in the store as frames, awaited: see `crmkit.app.Frames`."""

    customers = awaited(Frames.customers)
    complaints = awaited(Frames.complaints)
    orders = awaited(Frames.orders)
    answers = awaited(Frames.answers)
    records = awaited(Frames.records)
    event_log = awaited(Frames.event_log)
    journal = awaited(Frames.journal)


class AsyncImports(View[Imports]):
    """Files and frames brought into the store, awaited: see `crmkit.app.Imports`.

    An import takes one worker until it is done. One that was cancelled after it began goes on: give
    it a name, `batch=`, and run it again to learn what it did.
    """

    orders = awaited(Imports.orders)
    answers = awaited(Imports.answers)
    customers = awaited(Imports.customers)
    complaints = awaited(Imports.complaints)
