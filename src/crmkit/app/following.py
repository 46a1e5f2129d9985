"""Readers of the feed: each goes on where it stopped.

Law: nothing is skipped, and what was handled is not handed out again. A reader whose effect is in
this store keeps its place in the same transaction; for any other effect the place moves afterwards,
so that a crash between the two hands the same entries out once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import attrs

from crmkit.errors import ConflictError, InvalidValueError
from crmkit.kernel import Codec, checked_id, checked_name, did_you_mean
from crmkit.storage import START, Entry, Position, Store

from .unit import UnitOfWork


if TYPE_CHECKING:
    from .crm import CRM
    from .desks import Transaction

_PAGE: Final = 10_000


@attrs.frozen(kw_only=True)
class Cursor:
    """How far one reader has come.

    Attributes:
        id: The reader's name.
        kind: The kind whose entries it reads; None for all.
        position: The last entry that it is done with.

    Examples:
        >>> Cursor(id="outbox")
        Cursor(id='outbox', kind=None, position='')
    """

    id: str
    kind: str | None = None
    position: str = START


CURSOR_CODEC: Final = Codec("cursor", Cursor)
"""Kind `cursor`. Readers are not handed its entries: else they would never come to an end."""


@attrs.frozen(kw_only=True)
class Lag:
    """How far a reader is behind.

    Attributes:
        entries: How many entries wait for it.
        since: When the first of them was saved, in UTC; None where none waits.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> crm.follow("outbox").lag()
        Lag(entries=0, since=None)
    """

    entries: int
    since: datetime | None


class Follower:
    """One reader of the feed, known by name; its place is kept in the store.

    Args:
        crm: Whose feed it reads, and on whose behalf its place moves.
        store: Where the entries are read.
        name: The reader's name: an outbox, an index, a mirror.
        kind: Only entries of this kind; None for all.

    Raises:
        InvalidValueError: If the name is no id, or nothing of that kind was ever kept.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> outbox = crm.follow("outbox")
        >>> outbox.each(lambda entry: print(entry.id, entry.differences.values["name"]))
        C-7 Li Wei
        1
        >>> outbox.each(print), outbox.lag().entries
        (0, 0)
    """

    def __init__(self, crm: CRM, store: Store, name: str, *, kind: str | None = None) -> None:
        self.name = checked_id(name, "name")
        self.kind = None if kind is None else _known_kind(store, kind)
        self._crm = crm
        self._store = store

    @property
    def position(self) -> Position:
        """The last entry that it is done with; a reader with a store of its own keeps it there.

        Raises:
            InvalidValueError: If the reader of this name follows another kind.
        """
        return Position(self._crm.look(self._cursor).position)

    def read(self, *, after: Position | None = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Return the next entries, and stay where it is.

        Args:
            after: Where to begin; None for its own place. A reader that keeps its place in its own
                database, in the transaction of its own effect, gives it here, and meets every entry
                exactly once.
            limit: How many entries at most.

        Raises:
            InvalidValueError: If the store never gave such a position, or the limit is unfit.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
            >>> mirror = crm.follow("mirror")
            >>> (birth,) = mirror.read()
            >>> mirror.read(after=birth.position)
            ()
        """
        found: list[Entry] = []
        position = self.position if after is None else after
        while page := self._store.entries(position, kind=self.kind, limit=limit):
            found += [entry for entry in page if entry.kind != CURSOR_CODEC.kind]
            position = page[-1].position
            if len(found) >= limit:
                break
        return tuple(found[:limit])

    def each(self, effect: Callable[[Entry], object], *, limit: int = 1000) -> int:
        """Hand the next entries to `effect`, one by one; then move on: at least once.

        Where an effect raises, it moves behind the entries before, and the next call begins with
        that one. A crash in between hands the entries of one call out again: let the other side
        know them by `entry.position`.

        Returns:
            How many were handled; 0 at the end.

        Raises:
            ConflictError: If another reader of the same name was quicker.
        """
        start, version = self._crm.look(self._found)
        done: list[Entry] = []
        try:
            for entry in self.read(after=Position(start.position), limit=limit):
                effect(entry)
                done.append(entry)
        finally:
            if done:
                self._crm.work(lambda unit: self._move(unit, version, _moved(start, done)))
        return len(done)

    def apply(self, effect: Callable[[Transaction, Entry], object], *, limit: int = 100) -> int:
        """Hand the next entries to `effect` with the desks of one transaction: exactly once.

        What the effect does at these desks and the reader's place are saved together, or neither.
        It may run again on a conflict: keep effects outside the store out of it. What it saves is
        in the feed, too: follow a `kind` that it does not save, or pass its own entries over.

        Returns:
            How many were handled; 0 at the end.

        Raises:
            ConflictError: If it met a conflict each time.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
            >>> leak = crm.complaints.receive(customer="C-7", about="leaks")
            >>> unhappy = crm.follow("unhappy", kind="complaint")
            >>> unhappy.apply(
            ...     lambda tx, entry: tx.customers.change("C-7", source="complained"), limit=10
            ... )
            1
            >>> crm.customers.get("C-7").source
            'complained'
        """

        def work(begun: Transaction) -> int:
            start, version = begun.look(self._found)
            entries = self.read(after=Position(start.position), limit=limit)
            for entry in entries:
                effect(begun, entry)
            if entries:
                # What was found in the beginning counts: who moved since is met at the commit.
                moved = _moved(start, entries)
                begun.work(lambda unit: _save(unit, moved, version))
            return len(entries)

        return self._crm.run(work)

    def lag(self) -> Lag:
        """Return how far it is behind: counts what waits, so it takes longer the more that is."""
        position, count, since = self.position, 0, None
        while page := self.read(after=position, limit=_PAGE):
            since = since or page[0].at
            position, count = page[-1].position, count + len(page)
        return Lag(entries=count, since=since)

    def rewind(self) -> None:
        """Go back to the beginning: every entry is handed out again."""
        self.move_to(START)

    def move_to(self, position: Position) -> None:
        """Go behind another entry, back or on.

        Args:
            position: That of the last entry to be done with.

        Raises:
            InvalidValueError: If the store never gave such a position.
        """
        self._store.entries(position, limit=1)

        def act(unit: UnitOfWork) -> None:
            cursor, version = self._found(unit)
            _save(unit, attrs.evolve(cursor, position=position), version)

        self._crm.work(act)

    def _cursor(self, unit: UnitOfWork) -> Cursor:
        return self._found(unit)[0]

    def _found(self, unit: UnitOfWork) -> tuple[Cursor, int]:
        """Return its place, and in which version that is stored; 0 where it is not yet."""
        stored = unit.peek(CURSOR_CODEC, self.name)
        cursor = stored or Cursor(id=self.name, kind=self.kind)
        if cursor.kind != self.kind:
            # Its place says nothing of the entries that it passed over.
            rule = f"is not what the reader {self.name!r} follows, which is {cursor.kind!r}"
            raise InvalidValueError("kind", self.kind, rule, "give this one a name of its own")
        return cursor, unit.version(CURSOR_CODEC, self.name)

    def _move(self, unit: UnitOfWork, version: int, moved: Cursor) -> None:
        if self._found(unit)[1] != version:
            way_out = "another reader of this name was quicker"
            raise ConflictError(CURSOR_CODEC.kind, self.name, version, way_out)
        _save(unit, moved, version)


def _moved(cursor: Cursor, done: Sequence[Entry]) -> Cursor:
    return attrs.evolve(cursor, position=done[-1].position)


def _save(unit: UnitOfWork, cursor: Cursor, version: int) -> None:
    if version:
        unit.replace(CURSOR_CODEC, cursor)
    else:
        unit.add(CURSOR_CODEC, cursor)


def _known_kind(store: Store, kind: str) -> str:
    """Return a kind that readers can follow: of crmkit's own, or one that is in the store."""
    from .stored import STORED  # which knows of cursors itself

    if kind not in STORED and not store.entries(kind=checked_name(kind), limit=1):
        raise InvalidValueError("kind", kind, "is kept nowhere", did_you_mean(kind, STORED))
    return kind
