"""Past versions, read from the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from .changes import apply
from .port import START, Entry, Store


@attrs.frozen
class Version:
    """One version of one record, whole.

    Attributes:
        entry: The journal line that made it: who, when, which batch.
        data: The record as JSON; None where it was deleted.
    """

    entry: Entry
    data: bytes | None


def versions(entries: Iterable[Entry]) -> Iterator[Version]:
    """Yield each version whole, from one record's journal lines, oldest first.

    Args:
        entries: The lines of one record, beginning with its first or with any whole one.

    Raises:
        StorageError: If the first line is a change.
    """
    data: bytes | None = None
    for entry in entries:
        data = apply(data, entry.delta)
        yield Version(entry, data)


def journal(store: Store, *, kind: str | None = None, id: str | None = None) -> Iterator[Entry]:
    """Yield every line of the journal, of one kind or of one record, oldest first."""
    position = START
    while page := store.entries(position, kind=kind, id=id):
        yield from page
        position = page[-1].position
