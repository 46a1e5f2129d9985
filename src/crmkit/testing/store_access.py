"""How the rules get at the store under test, and the words in which they are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final

import attrs
import pytest

from crmkit.kernel import FrozenMap, Scalar
from crmkit.storage import Batch, Change, Record, Rows, Store

from .store_claims import Capabilities, missing_for
from .store_limits import PATIENCE, limited


AT: Final = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
"""When every batch of the rules is committed."""


class StoreAccess:
    """What a subclass tells about the store under test."""

    capabilities: ClassVar[Capabilities]
    patience: ClassVar[timedelta] = PATIENCE

    def make_store(self, folder: Path) -> Store:
        """Return a new, empty store; if it needs files, in this folder, which is empty."""
        raise NotImplementedError

    def open_again(self, store: Store, folder: Path) -> Store:
        """Return one more handle on the data of a store made in this folder, maybe closed by now.

        Asked only of a store that is persistent or shared.
        """
        raise NotImplementedError

    def close_store(self, store: Store) -> None:
        """Close a handle; as it stands here, by its `close()` if it has one."""
        close = getattr(store, "close", None)
        if close is not None:
            close()

    def reopen(self, store: Store, folder: Path) -> Store:
        """Close the only handle on the data, and open them anew, if the store is persistent."""
        if not self.capabilities.persistent:
            return store
        self.close_store(store)
        return self.open_again(store, folder)


@attrs.define
class Handles:
    """The handles that one rule has open on its data."""

    access: StoreAccess
    folder: Path
    held: list[Store] = attrs.Factory(list)

    def make(self) -> Store:
        """Make the store."""
        self.held.append(self.access.make_store(self.folder))
        return self.held[0]

    def more(self) -> Store:
        """Open one more handle; a store that is not shared has but one."""
        if not self.access.capabilities.shared:
            return self.held[0]
        self.held.append(self.access.open_again(self.held[0], self.folder))
        return self.held[-1]

    def anew(self) -> Store:
        """Close every handle, and open the data anew."""
        former, *others = self.held
        for store in others:
            self.access.close_store(store)
        self.held.clear()
        self.held.append(self.access.reopen(former, self.folder))
        return self.held[0]

    def close(self) -> None:
        """Close every handle."""
        while self.held:
            self.access.close_store(self.held.pop())


class StoreFixtures(StoreAccess):
    """What pytest prepares for each rule."""

    waived: ClassVar[Mapping[str, str]] = FrozenMap()

    @pytest.fixture(autouse=True)
    def judged(self, request: pytest.FixtureRequest) -> Iterator[None]:
        """Pass over what is waived or not claimed; end what takes too long."""
        name = request.function.__name__
        if name in self.waived:
            pytest.skip(f"waived: {self.waived[name]}")
        if missing := missing_for(request.function, self.capabilities):
            pytest.skip(f"not claimed: {missing}")
        # Twice: a race has a limit of its own, which tells more.
        with limited(2 * self.patience):
            yield

    @pytest.fixture
    def handles(self, judged: None, tmp_path: Path) -> Iterator[Handles]:
        """The handles on a new store for each rule."""
        handles = Handles(self, tmp_path)
        yield handles
        handles.close()

    @pytest.fixture
    def store(self, handles: Handles) -> Store:
        """A new store for each rule."""
        return handles.make()

    @pytest.fixture
    def again(self, store: Store, handles: Handles) -> Callable[[], Store]:
        """Opens one more handle on the same data."""
        return handles.more

    @pytest.fixture
    def reopened(self, store: Store, handles: Handles) -> Callable[[], Store]:
        """Closes every handle, and opens the data anew."""
        return handles.anew


def encoded(fields: Mapping[str, object]) -> bytes:
    """Return fields as JSON, without blanks."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def birth(
    id: str,
    fields: Mapping[str, object] | None = None,
    *,
    kind: str = "note",
    keys: Mapping[str, Scalar] | None = None,
) -> Change:
    """Return the change that a new record is."""
    return Change.of(kind, id, encoded(fields or {}), keys=keys)


def step(
    before: Record,
    fields: Mapping[str, object] | None,
    *,
    keys: Mapping[str, Scalar] | None = None,
) -> Change:
    """Return the change to the next version; without fields, the deletion."""
    data = None if fields is None else encoded(fields)
    return Change.of(before.kind, before.id, data, before=before, keys=keys)


def batch(id: str, *changes: Change, rows: tuple[Rows, ...] = ()) -> Batch:
    """Return a batch of Ann's."""
    return Batch(id=id, at=AT, actor="ann", changes=changes, rows=rows)


def present(store: Store, id: str, *, kind: str = "note") -> Record:
    """Return a record as it now stands."""
    return store.load(kind, [id])[id]


def facts(store: Store, table: str, *columns: str, block: int = 100) -> list[tuple[Scalar, ...]]:
    """Return all rows of a table."""
    blocks = store.scan(table, columns, block=block)
    return [row for part in blocks for row in zip(*(part[name] for name in columns), strict=True)]
