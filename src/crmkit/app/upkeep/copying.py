"""One store copied into another: every version, every fact.

Law: the target's journal is the beginning of the source's, line by line, or nothing is copied; so a
copy that broke off goes on where it stopped. When it ends, both stores hold the same facts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

import attrs
from msgspec.json import encode

from crmkit.app.kinds import TABLES
from crmkit.app.opening import store_at
from crmkit.app.progress import ticking
from crmkit.app.scanning import stored_blocks
from crmkit.app.stored import STORED
from crmkit.errors import InvalidValueError, StorageError
from crmkit.kernel import Codec, FactTable, FrozenMap, system_clock
from crmkit.storage import Batch, Change, Entry, Record, Rows, Store, apply, journal


_BLOCK: Final = 50_000
_WAY_OUT: Final = "copy into an empty store, or into an earlier copy of the same source"
_NO_CODECS: Final[Mapping[str, Codec[Any]]] = FrozenMap()


@attrs.frozen(kw_only=True)
class Copied:
    """What a copy brought over, in this call.

    Attributes:
        versions: How many versions of records.
        facts: How many facts, of all tables together.
        already: How many versions and facts an earlier call had brought over.

    Examples:
        >>> Copied(versions=3, facts=2, already=0).facts
        2
    """

    versions: int
    facts: int
    already: int


def copy(
    source: Store | str,
    target: Store | str,
    *,
    codecs: Mapping[str, Codec[Any]] = _NO_CODECS,
    tables: Collection[FactTable] = (),
    progress: bool | None = None,
) -> Copied:
    """Copy one store into another: into a file, out of one, from one kind of store to the next.

    Every version of every record comes over, by whom and when, under its batch's own id; facts come
    in blocks. A copy that broke off goes on with the same call; what the source gained meanwhile
    comes over, too.

    Args:
        source: A store, or the address of one as for `crmkit.open`. It is only read.
        target: A store, or an address: empty, or an earlier copy of the same source.
        codecs: How kinds are stored that are not crmkit's own.
        tables: Tables of facts besides orders and answers.
        progress: Whether a bar is drawn; None for where somebody can see it.

    Returns:
        How much was brought over.

    Raises:
        InvalidValueError: If an address is of no store, or the source holds a kind whose codec is
            not given; nothing is copied.
        StorageError: If a store failed; if the target is neither empty nor an earlier copy of the
            source as it now is, for it has versions of its own, or the source has since let go of
            values: nothing is copied then; or if in the end the facts of the two are not the same,
            for the target held others.

    Examples:
        >>> import crmkit
        >>> from crmkit.storage import MemoryStore
        >>> source, target = MemoryStore(), MemoryStore()
        >>> li = crmkit.CRM(source).customers.add_person(id="C-7", name="Li Wei")
        >>> copy(source, target)
        Copied(versions=1, facts=0, already=0)
        >>> crmkit.CRM(target).customers.get("C-7") == li
        True
        >>> copy(source, target)
        Copied(versions=0, facts=0, already=1)
    """
    known = {**STORED, **codecs}
    with _opened(source, must_exist=True) as here, _opened(target) as there:
        _check_known(here, known)
        lines = journal(here)
        copied = Copied(versions=0, facts=0, already=_passed(there, lines))
        with ticking("copy", " entries", None, shown=progress) as tick:
            for _, batch in groupby(lines, attrgetter("batch")):
                versions = tuple(batch)
                _copy_batch(there, known, versions)
                copied = attrs.evolve(copied, versions=copied.versions + len(versions))
                tick(len(versions))
        for table in (*TABLES, *tables):
            copied = _copy_facts(here, there, table, copied, progress)
    return copied


@contextmanager
def _opened(place: Store | str, *, must_exist: bool = False) -> Iterator[Store]:
    """Lend a store; close it afterwards where it was opened here."""
    store = store_at(place, must_exist=must_exist)
    try:
        yield store
    finally:
        if isinstance(place, str):
            getattr(store, "close", tuple)()


def _check_known(store: Store, codecs: Mapping[str, Codec[Any]]) -> None:
    for kind in dict.fromkeys(line.kind for line in journal(store)):
        _known(codecs, kind)


def _known(codecs: Mapping[str, Codec[Any]], kind: str) -> Codec[Any]:
    if kind not in codecs:
        rule = "is a kind whose codec is not known"
        raise InvalidValueError("codecs", kind, rule, f"give codecs={{{kind!r}: …}}")
    return codecs[kind]


def _passed(target: Store, lines: Iterator[Entry]) -> int:
    """Pass over the lines that the target has; return how many.

    Raises:
        StorageError: If the target has others.
    """
    count = 0
    for held in journal(target):
        line = next(lines, None)
        if line is None or attrs.evolve(line, position=held.position) != held:
            what = f"version {held.version} of {held.kind} {held.id!r}"
            problem = f"its {what} is not what the source now has in this place"
            raise StorageError("target", problem, _WAY_OUT)
        count += 1
    return count


def _copy_batch(target: Store, codecs: Mapping[str, Codec[Any]], lines: tuple[Entry, ...]) -> None:
    """Bring one batch over."""
    held: dict[tuple[str, str], Record] = {}
    for kind in dict.fromkeys(line.kind for line in lines):
        found = target.load(kind, [line.id for line in lines if line.kind == kind])
        held.update({(kind, id): record for id, record in found.items()})
    changes = []
    for line in lines:
        codec, place = _known(codecs, line.kind), (line.kind, line.id)
        before = held.pop(place, None)
        data = apply(before.data if before else None, line.delta)
        if data is not None:
            held[place] = Record(*place, line.version, line.schema, data)
        change = Change(
            kind=line.kind,
            id=line.id,
            expected=line.version - 1,
            schema=line.schema,
            data=data,
            delta=line.delta,
            keys={} if data is None else codec.key_values(codec.decode(data, line.schema)),
        )
        changes.append(change)
    first = lines[0]
    batch = Batch(id=first.batch, at=first.at, actor=first.actor, changes=changes)
    if not target.commit(batch):
        raise StorageError("target", f"it has another batch {first.batch!r}", _WAY_OUT)


def _copy_facts(
    source: Store, target: Store, table: FactTable, copied: Copied, progress: bool | None
) -> Copied:
    """Bring the facts of one table over that are not there yet, and compare all of them."""
    there = sum(len(rows) for rows in _blocks(target, table))
    seen, brought = blake2b(), 0
    with ticking(f"copy {table.name}", " rows", None, shown=progress) as tick:
        start = 0
        for rows in _blocks(source, table):
            _mark(seen, rows)
            fresh = _from(rows, there - start)
            start += len(rows)
            if len(fresh):
                _commit_facts(target, fresh, start - len(fresh))
                brought += len(fresh)
            tick(len(rows))
    held = blake2b()
    for rows in _blocks(target, table):
        _mark(held, rows)
    if held.digest() != seen.digest():
        problem = f"its facts in {table.name} are not those of the source"
        raise StorageError("target", problem, _WAY_OUT)
    facts, already = copied.facts + brought, copied.already + start - brought
    return attrs.evolve(copied, facts=facts, already=already)


def _blocks(store: Store, table: FactTable) -> Iterator[Rows]:
    for block in stored_blocks(store, table, table.names, block=_BLOCK):
        yield Rows(table.name, block)


def _from(rows: Rows, start: int) -> Rows:
    """Return the rows from a place on."""
    left = {name: column[max(0, start) :] for name, column in rows.columns.items()}
    return Rows(rows.table, left)


def _commit_facts(target: Store, rows: Rows, start: int) -> None:
    id = f"copy/{rows.table}/{start}"
    target.commit(Batch(id=id, at=system_clock(), actor="crmkit.copy", rows=(rows,)))


def _mark(mark: blake2b, rows: Rows) -> None:
    """Add rows to a mark that does not depend on where the blocks end."""
    mark.update(encode(list(zip(*rows.columns.values(), strict=True)))[1:-1] + b",")
