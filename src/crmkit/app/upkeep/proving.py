"""Where texts that were taken out still stand: in what the store says, and in its files.

Law: a text is gone when no file holds a byte of it that nobody says, now or ever. What a field that
is kept says, and what others say, may stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from crmkit.app.kinds import CODECS, TABLES
from crmkit.app.scanning import stored_blocks
from crmkit.kernel import FactTable
from crmkit.storage import Entry, Query, Store, Where, journal


_SHORTEST: Final = 4
"""In bytes: what is shorter stands in a file by chance."""

_PIECE: Final = 200
"""In characters: a longer text is searched in pieces, for a file may hold it torn."""

_READ: Final = 1 << 20  # bytes of a file at a time


def leaves(value: object) -> Iterator[str]:
    """Yield every text in a value of JSON, the empty one apart."""
    if isinstance(value, str):
        yield from (value,) if value else ()
    elif isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)


def pieces(text: str) -> frozenset[str]:
    """Return the parts of a text that can be searched for, byte by byte.

    Examples:
        >>> sorted(pieces("Li Wei")), sorted(pieces("李伟")), pieces("Wu"), pieces("--------")
        (['Li Wei'], ['李伟'], frozenset(), frozenset())
        >>> len(pieces("".join(map(str, range(1000)))))
        15
    """
    parts = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    # Marks alone are what JSON is written with.
    return frozenset(
        part
        for part in parts
        if len(part.encode()) >= _SHORTEST and any(sign.isalnum() for sign in part)
    )


class Remains:
    """What the store still says of the texts that were taken out of a customer's records.

    Args:
        store: Where it is looked.
        customer: Whose texts they were.
        owned: Kinds and ids of the customer's own records.
        texts: The texts.
    """

    def __init__(
        self, store: Store, customer: str, owned: Collection[tuple[str, str]], texts: Iterable[str]
    ) -> None:
        self._store = store
        self._owned = owned
        self._texts = {text: pieces(text) for text in texts}
        self._searched = frozenset().union(*self._texts.values())
        self.kept: set[str] = set()
        self._others: set[str] = set()
        # Found where it stands for something else: in names of fields, in the layout of the file.
        self._otherwise: set[str] = set()
        for line in journal(store):
            self._look_at(line)
        for table in TABLES:
            self._look_through(table, customer)
        self._otherwise.update(self._in(getattr(store, "layout", "")))

    @property
    def shared(self) -> tuple[str, ...]:
        """Those texts that others say, too."""
        return tuple(text for text, parts in self._texts.items() if parts & self._others)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that the store is searched in; empty where it has none."""
        return tuple(path.name for path in self._files)

    def found(self, *, anew: bool) -> dict[str, Path]:
        """Search the store's files for what nobody says; return what stands there, and in which.

        What is found is searched again after the file was written anew.

        Args:
            anew: Whether the file is written anew in any case, because it may hold what nobody can
                search for.

        Raises:
            StorageError: If the file could not be written anew.
        """
        texts = self._searched - self._otherwise - self._others
        found = _standing(self._files, texts)
        if anew or found:
            # What updates left in the gaps between rows.
            getattr(self._store, "shrink", tuple)()
            found = _standing(self._files, texts)
        said = self._in_states() if found else set()
        return {text: path for text, path in found.items() if text not in said}

    @property
    def _files(self) -> tuple[Path, ...]:
        files: tuple[Path, ...] = getattr(self._store, "files", ())
        return files

    def _look_at(self, line: Entry) -> None:
        found = {text for text in self._searched if any(f in line.delta for f in forms(text))}
        named = self._in(f"{line.batch}\n{line.actor}\n{line.kind}\n{line.id}")
        if (line.kind, line.id) not in self._owned:
            self._others |= found | named
            return
        self._otherwise |= found | named
        if found:
            self._look_into(line)

    def _look_into(self, line: Entry) -> None:
        said = line.differences
        for name, value in {**said.values, **said.appended, **said.edited}.items():
            if any(self._in(leaf) for leaf in leaves(value)):
                self.kept.add(f"{line.kind}.{name}")

    def _look_through(self, table: FactTable, customer: str) -> None:
        for name, text in _told(self._store, table, ("customer_id", "=", customer)):
            if found := self._in(text):
                self._otherwise |= found
                self.kept.add(f"{table.name}.{name}")
        for _, text in _told(self._store, table, ("customer_id", "!=", customer)):
            self._others |= self._in(text)

    def _in_states(self) -> set[str]:
        """Return what stands in the states of records, and in their keys: as digits of a time."""
        found: set[str] = set()
        for codec in CODECS.values():
            query = Query(codec.kind, limit=1000)
            while page := self._store.find(query):
                for record in page:
                    keys = codec.key_values(codec.decode(record.data, record.schema))
                    found |= self._in(record.data.decode() + msgspec.json.encode(keys).decode())
                query = query.next(page[-1].id, page[-1].id)
        return found

    def _in(self, text: str) -> set[str]:
        return {searched for searched in self._searched if searched in text}


def forms(text: str) -> frozenset[bytes]:
    """Return how a text may stand in a file: as it is, and as JSON writes it."""
    return frozenset({text.encode(), msgspec.json.encode(text)[1:-1]})


def scanned(store: Store, table: FactTable, condition: Where) -> Iterator[tuple[str, list[str]]]:
    """Yield the texts of each column of a table, block by block."""
    for block in stored_blocks(store, table, table.names, where=(condition,)):
        for name, column in block.items():
            yield name, [value for value in column if isinstance(value, str)]


def _told(store: Store, table: FactTable, condition: Where) -> Iterator[tuple[str, str]]:
    """Yield what each column of a table says, block by block, each text once."""
    for name, texts in scanned(store, table, condition):
        yield name, "\0".join(dict.fromkeys(texts))


def _standing(files: Iterable[Path], texts: Collection[str]) -> dict[str, Path]:
    """Return those of the texts that stand in a file, and in which."""
    if not texts:
        return {}
    sought = {text: forms(text) for text in texts}
    longest = max(len(form) for each in sought.values() for form in each)
    found: dict[str, Path] = {}
    for path in files:
        with path.open("rb") as stream:
            tail = b""
            while block := stream.read(_READ):
                part = tail + block
                for text, each in sought.items():
                    if any(form in part for form in each):
                        found.setdefault(text, path)
                tail = part[-longest:]
    return found
