"""The rooms at the back, awaited: history, frames, imports, upkeep, and readers of the feed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar, overload

from crmkit.app.desks import Transaction
from crmkit.app.following import Follower
from crmkit.app.frames import Frames
from crmkit.app.history import History, RecordHistory, Revision
from crmkit.app.importing import Imports
from crmkit.app.kinds import Restorable
from crmkit.app.upkeep import Upkeep
from crmkit.cases import Inquiry
from crmkit.complaints import Complaint, CorrectiveAction, Emergency, ProductRequest, Recall
from crmkit.customers import Customer
from crmkit.lifecycle import Journey
from crmkit.loyalty import PointsAccount
from crmkit.satisfaction import Improvement
from crmkit.storage import Entry, Position
from crmkit.value import ClassMembership, ClassTarget, LifetimeValue

from .views import View, awaited, plain


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
    """The history of the whole CRM, awaited: see `crmkit.app.History`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.customers.add_person(id="C-7", name="Li Wei")
        ...         return await crm.history.of("C-7")
        >>> asyncio.run(work())
        <1 versions of customer 'C-7'>
    """

    @overload
    async def of(self, id: str, *, kind: Literal["customer"]) -> AsyncRecordHistory[Customer]: ...
    @overload
    async def of(self, id: str, *, kind: Literal["complaint"]) -> AsyncRecordHistory[Complaint]: ...
    @overload
    async def of(
        self, id: str, *, kind: Literal["corrective_action"]
    ) -> AsyncRecordHistory[CorrectiveAction]: ...
    @overload
    async def of(self, id: str, *, kind: Literal["emergency"]) -> AsyncRecordHistory[Emergency]: ...
    @overload
    async def of(
        self, id: str, *, kind: Literal["improvement"]
    ) -> AsyncRecordHistory[Improvement]: ...
    @overload
    async def of(self, id: str, *, kind: Literal["inquiry"]) -> AsyncRecordHistory[Inquiry]: ...
    @overload
    async def of(
        self, id: str, *, kind: Literal["product_request"]
    ) -> AsyncRecordHistory[ProductRequest]: ...
    @overload
    async def of(self, id: str, *, kind: Literal["recall"]) -> AsyncRecordHistory[Recall]: ...
    @overload
    async def of(
        self, id: str, *, kind: Literal["class_membership"]
    ) -> AsyncRecordHistory[ClassMembership]: ...
    @overload
    async def of(self, id: str, *, kind: Literal["journey"]) -> AsyncRecordHistory[Journey]: ...
    @overload
    async def of(
        self, id: str, *, kind: Literal["points_account"]
    ) -> AsyncRecordHistory[PointsAccount]: ...
    @overload
    async def of(
        self, id: str, *, kind: Literal["class_target"]
    ) -> AsyncRecordHistory[ClassTarget]: ...
    @overload
    async def of(
        self, id: str, *, kind: Literal["lifetime_value"]
    ) -> AsyncRecordHistory[LifetimeValue]: ...
    @overload
    async def of(self, id: str, *, kind: str | None = None) -> AsyncRecordHistory[Restorable]: ...
    async def of(self, id: str, *, kind: str | None = None) -> AsyncRecordHistory[Any]:
        """Return every version of one record, as `crmkit.app.History.of` does."""
        found: RecordHistory[Any] = await self._runner.run(self._behind.of, id, kind=kind)
        return AsyncRecordHistory(found, self._runner)


class AsyncFrames(View[Frames]):
    """Everything in the store as frames, awaited: see `crmkit.app.Frames`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.customers.add_person(id="C-7", name="Li Wei")
        ...         return (await crm.frames.customers())["name"].to_list()
        >>> asyncio.run(work())
        ['Li Wei']
    """

    customers = awaited(Frames.customers)
    complaints = awaited(Frames.complaints)
    inquiries = awaited(Frames.inquiries)
    corrective_actions = awaited(Frames.corrective_actions)
    emergencies = awaited(Frames.emergencies)
    product_requests = awaited(Frames.product_requests)
    recalls = awaited(Frames.recalls)
    orders = awaited(Frames.orders)
    answers = awaited(Frames.answers)
    survey_responses = awaited(Frames.survey_responses)
    survey_answers = awaited(Frames.survey_answers)
    comment_codes = awaited(Frames.comment_codes)
    invitations = awaited(Frames.invitations)
    improvements = awaited(Frames.improvements)
    classes = awaited(Frames.classes)
    journeys = awaited(Frames.journeys)
    journey_moves = awaited(Frames.journey_moves)
    journey_stays = awaited(Frames.journey_stays)
    points_accounts = awaited(Frames.points_accounts)
    points_entries = awaited(Frames.points_entries)
    points_postings = awaited(Frames.points_postings)
    class_targets = awaited(Frames.class_targets)
    lifetime_values = awaited(Frames.lifetime_values)
    value_forecasts = awaited(Frames.value_forecasts)
    value_alerts = awaited(Frames.value_alerts)
    survey_round = awaited(Frames.survey_round)
    records = awaited(Frames.records)
    event_log = awaited(Frames.event_log)
    journal = awaited(Frames.journal)


class AsyncImports(View[Imports]):
    """Files and frames brought into the store, awaited: see `crmkit.app.Imports`.

    An import takes one worker until it is done. One that was cancelled after it began goes on: give
    it a name, `batch=`, and run it again to learn what it did.

    Examples:
        >>> import asyncio, crmkit, pandas
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         orders = pandas.DataFrame({"customer_id": ["C-7"], "amount": [5]})
        ...         orders["ordered_at"] = "2026-03-01T09:30Z"
        ...         return await crm.imports.orders(orders, currency="CNY")
        >>> print(asyncio.run(work()))
        1 rows read: 1 stored, 0 refused
    """

    orders = awaited(Imports.orders)
    answers = awaited(Imports.answers)
    survey = awaited(Imports.survey)
    customers = awaited(Imports.customers)
    complaints = awaited(Imports.complaints)


class AsyncUpkeep(View[Upkeep]):
    """Keeping the store in order, awaited: see `crmkit.app.Upkeep`.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.customers.add_person(id="C-7", name="Li Wei")
        ...         print(await crm.upkeep.verify())
        >>> asyncio.run(work())
        records: 1, versions: 1, flawed: 0
    """

    verify = awaited(Upkeep.verify)
    rewrite = awaited(Upkeep.rewrite)
    compact = awaited(Upkeep.compact)
    back_up = awaited(Upkeep.back_up)
    put_back = awaited(Upkeep.put_back)
    erase = awaited(Upkeep.erase)


class AsyncFollower(View[Follower]):
    """One reader of the feed, awaited: see `crmkit.app.Follower`.

    Its effects are plain functions, called in a worker. To await one, read, await, and move on:

    Examples:
        >>> import asyncio, crmkit
        >>> async def publish(entry):
        ...     print(entry.kind, entry.id)
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.customers.add_person(id="C-7", name="Li Wei")
        ...         outbox = crm.follow("outbox")
        ...         for entry in await outbox.read():
        ...             await publish(entry)
        ...             await outbox.move_to(entry.position)
        ...         return (await outbox.lag()).entries
        >>> asyncio.run(work())
        customer C-7
        0
    """

    read = awaited(Follower.read)
    lag = awaited(Follower.lag)
    rewind = awaited(Follower.rewind)
    move_to = awaited(Follower.move_to)

    @property
    def name(self) -> str:
        """The reader's name."""
        return self._behind.name

    @property
    def kind(self) -> str | None:
        """The kind that it reads; None for all."""
        return self._behind.kind

    @property
    def position(self) -> Coroutine[Any, Any, Position]:
        """The last entry that it is done with: `await outbox.position`."""
        return self._runner.run(lambda: self._behind.position)

    async def each(self, effect: Callable[[Entry], object], *, limit: int = 1000) -> int:
        """Hand the next entries to `effect`, as `crmkit.app.Follower.each` does: at least once.

        Raises:
            InvalidValueError: If the effect is a coroutine function; it does not move on.
            ConflictError: If another reader of the same name was quicker.
        """
        return await self._runner.run(self._behind.each, plain(effect), limit=limit)

    async def apply(
        self, effect: Callable[[Transaction, Entry], object], *, limit: int = 100
    ) -> int:
        """Hand the next entries to `effect`, as `crmkit.app.Follower.apply` does: exactly once.

        Raises:
            InvalidValueError: If the effect is a coroutine function; nothing is saved.
            ConflictError: If it met a conflict each time.
        """
        return await self._runner.run(self._behind.apply, plain(effect), limit=limit)
