"""Past versions, read from the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

from crmkit.errors import InvalidValueError

from .batch import START, Entry, Position
from .changes import DELETED, FORGOTTEN, apply, apply_all
from .port import Store


@attrs.frozen
class Version:
    """One version of one record, whole.

    Attributes:
        entry: The journal line that made it: who, when, which batch.
        data: The record as JSON; None where it was deleted.

    Examples:
        >>> from datetime import UTC, datetime
        >>> from crmkit.storage import Batch, Change, MemoryStore
        >>> store, at = MemoryStore(), datetime(2026, 3, 1, tzinfo=UTC)
        >>> birth = Change.of("note", "N-1", b'{"text":"hello"}')
        >>> store.commit(Batch(id="B-1", at=at, actor="ann", changes=(birth,)))
        True
        >>> (version,) = versions(journal(store, kind="note", id="N-1"))
        >>> version.entry.version, version.entry.actor, version.data
        (1, 'ann', b'{"text":"hello"}')
    """

    entry: Entry
    data: bytes | None


def versions(entries: Iterable[Entry]) -> Iterator[Version]:
    """Yield each version whole, from one record's journal lines, oldest first.

    Args:
        entries: The lines of one record, beginning with its first or with any whole one.

    Raises:
        StorageError: If the first line is a change.

    Examples:
        >>> from datetime import UTC, datetime
        >>> from crmkit.storage import Batch, Change, MemoryStore
        >>> store, at = MemoryStore(), datetime(2026, 3, 1, tzinfo=UTC)
        >>> birth = Change.of("note", "N-1", b'{"text":"hello"}')
        >>> store.commit(Batch(id="B-1", at=at, actor="ann", changes=(birth,)))
        True
        >>> [version.data for version in versions(journal(store, kind="note", id="N-1"))]
        [b'{"text":"hello"}']
    """
    data: bytes | None = None
    for entry in entries:
        data = apply(data, entry.delta)
        yield Version(entry, data)


def content(lines: Sequence[Entry]) -> bytes | None:
    """Return a record as the last of its journal lines left it; None where it is gone.

    Args:
        lines: The lines of one record, oldest first, from its first on or from any whole one.

    Raises:
        StorageError: If the lines do not lead from one to the next.

    Examples:
        >>> from crmkit.app import CRM
        >>> from crmkit.storage import MemoryStore
        >>> store = MemoryStore()
        >>> crm = CRM(store)
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> li = crm.customers.change("C-7", name="Li Na")
        >>> first, second = journal(store, kind="customer", id="C-7")
        >>> b"Li Wei" in content([first]), b"Li Wei" in content([first, second])
        (True, False)
    """
    begin = len(lines) - 1
    # Whole lines come often enough: the way back is short.
    while begin > 0 and lines[begin].delta.startswith(b"[{"):
        begin -= 1
    data = apply(None, lines[begin].delta)
    changes = [line.delta for line in lines[begin + 1 :]]
    return apply_all(data, changes) if data is not None and changes else data


def forgotten(lines: Sequence[bytes], before: int) -> dict[int, bytes]:
    """Return the lines that change when the versions below one are forgotten, by their place.

    A deletion has no content: its line stays.

    Args:
        lines: The journal of one record, whole, oldest line first.
        before: The lowest version that is kept; its line becomes whole.

    Raises:
        InvalidValueError: If there is no such version.

    Examples:
        >>> forgotten([b'{"n":1}', b'[{"n":2}]', b'[{"n":3}]'], 2)
        {0: b'[]', 1: b'{"n":2}'}
    """
    if type(before) is not int or not 1 <= before <= len(lines):
        rule = f"must be a version of the record, from 1 to {len(lines)}"
        raise InvalidValueError("before", before, rule)
    data: bytes | None = None
    for line in lines[:before]:
        data = apply(data, line)
    kept = lines[before - 1] if data is None else data
    past = (place for place in range(before - 1) if lines[place] != DELETED)
    after = {**dict.fromkeys(past, FORGOTTEN), before - 1: kept}
    return {place: line for place, line in after.items() if line != lines[place]}


def journal(
    store: Store, *, kind: str | None = None, id: str | None = None, after: Position = START
) -> Iterator[Entry]:
    """Yield every line of the journal, of one kind or of one record, oldest first.

    Args:
        store: Whose journal.
        kind: Only lines of this kind; None for all.
        id: Only lines of records with this id; None for all.
        after: The last line that was read before.

    Examples:
        >>> from datetime import UTC, datetime
        >>> from crmkit.storage import Batch, Change, MemoryStore
        >>> store = MemoryStore()
        >>> birth = Change.of("note", "N-1", b'{"text":"hello"}')
        >>> at = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> store.commit(Batch(id="B-1", at=at, actor="ann", changes=(birth,)))
        True
        >>> [(line.id, line.version, line.actor) for line in journal(store)]
        [('N-1', 1, 'ann')]
    """
    position = after
    while page := store.entries(position, kind=kind, id=id):
        yield from page
        position = page[-1].position


def last_line(store: Store, *, kind: str, id: str) -> Entry | None:
    """Return the last line of a record's journal; None where it has none.

    A store that has the verb `last_entry` is asked for that line alone, as both of ours have; of
    any other the record's whole journal is read.

    Examples:
        >>> from crmkit.app import CRM
        >>> from crmkit.storage import MemoryStore
        >>> store = MemoryStore()
        >>> crm = CRM(store, actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> li = crm.customers.change("C-7", name="Li Na")
        >>> last_line(store, kind="customer", id="C-7").version
        2
    """
    look: Callable[[str, str], Entry | None] | None = getattr(store, "last_entry", None)
    if look is not None:
        return look(kind, id)
    return max(journal(store, kind=kind, id=id), key=lambda line: line.version, default=None)
