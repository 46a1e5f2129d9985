"""How the rules get at the store under test, and the words in which they are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from crmkit.kernel import Scalar
from crmkit.storage import Batch, Change, Record, Rows, Store


AT: Final = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
"""When every batch of the rules is committed."""


class StoreAccess:
    """What a subclass tells about the store under test."""

    def make_store(self, folder: Path) -> Store:
        """Return a new, empty store; if it needs files, in this folder, which is empty."""
        raise NotImplementedError

    def open_again(self, store: Store, folder: Path) -> Store:
        """Return one more handle on the data of a store made in this folder, maybe closed by now.

        A store that lives in this process alone returns itself, as it does here.
        """
        return store

    def close_store(self, store: Store) -> None:
        """Close a handle; as it stands here, by its `close()` if it has one."""
        close = getattr(store, "close", None)
        if close is not None:
            close()

    def reopen(self, store: Store, folder: Path) -> Store:
        """Close every handle on the data, and open them anew."""
        again = self.open_again(store, folder)
        if again is store:
            return store
        self.close_store(again)
        self.close_store(store)
        return self.open_again(store, folder)


class StoreFixtures(StoreAccess):
    """What pytest prepares for each rule."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """A new store for each rule."""
        store = self.make_store(tmp_path)
        yield store
        self.close_store(store)

    @pytest.fixture
    def again(self, store: Store, tmp_path: Path) -> Iterator[Callable[[], Store]]:
        """Opens one more handle on the same data."""
        handles: list[Store] = []

        def open_one() -> Store:
            handles.append(self.open_again(store, tmp_path))
            return handles[-1]

        yield open_one
        for handle in handles:
            if handle is not store:
                self.close_store(handle)


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
