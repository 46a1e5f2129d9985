"""A person's values taken out of everything, and the proof.

Law: what is counted stays countable. Ids, times, amounts and marks are kept, so that statistics
stay right; what says who he is goes, from state, journal, facts and file.

Source: domain fact C11 (personal data erased on request with statistics staying right).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import msgspec

from crmkit.app.desk import Office
from crmkit.app.kinds import CODECS
from crmkit.errors import NotFoundError, StorageError
from crmkit.kernel import REDACTED, Codec, Evidence, Explanation, FactTable, Rule, Text
from crmkit.orders import ORDERS
from crmkit.satisfaction import ANSWERS
from crmkit.storage import Store, journal, versions

from .compacting import tending


_OWNER: Final[Mapping[str, str]] = {"customer": "id", "complaint": "customer"}
_TABLES: Final = (ORDERS, ANSWERS)
_SHORTEST: Final = 3
"""Shorter texts stand in a file by chance: of them only the records are looked through."""

_READ: Final = 1 << 20  # bytes of a file at a time

_ERASED: Final = Rule(
    code="upkeep.erase",
    says=Text(
        "{values} personal values of {customer} were taken out of {records} records and {facts}"
        " facts; {left} were found afterwards",
        "已从{records}条记录和{facts}条事实中清除{customer}的{values}个个人信息；清除后仍发现{left}个",
    ),
    source="C11: personal data erased on request with statistics staying right",
)


@attrs.frozen(kw_only=True)
class Erasure:
    """What an erasure took out, and where it was looked for afterwards; kept in the store.

    Attributes:
        id: Unique among erasures.
        customer: Whose values they were.
        records: How many records of his held some: himself, and his complaints.
        versions: How many lines of the journal were changed.
        facts: How many facts were changed.
        values: How many different personal texts were taken out.
        files: The files that were searched, byte by byte; empty where the store has none.
        kept: Fields of his that are not personal, and say one of these texts too: `region`.
        shared: How many of the texts stand elsewhere, because others gave the same.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei", phone="+86 532 8893 9999")
        >>> print(crm.erase("C-7"))
        2 personal values of C-7 were taken out of 1 records and 0 facts; 0 were found afterwards
        >>> crm.customers.get("C-7").name
        'REDACTED'
    """

    id: str
    customer: str
    records: int
    versions: int
    facts: int
    values: int
    files: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    shared: int = 0

    def explain(self) -> Explanation[bool]:
        """Return that nothing is left, with what was counted."""
        return Explanation(
            verdict=True,
            rule=_ERASED,
            evidence=(
                Evidence("customer", self.customer),
                Evidence("records", self.records),
                Evidence("facts", self.facts),
                Evidence("values", self.values),
                Evidence("left", 0, 0, True),
                Evidence("files", self.files),
                Evidence("kept", self.kept),
                Evidence("shared", self.shared),
            ),
        )

    def __str__(self) -> str:
        return str(self.explain())


ERASURE_CODEC: Final = Codec("erasure", Erasure)
"""Kind `erasure`."""


def erase(office: Office, store: Store, customer: str) -> Erasure:
    """Take a customer's personal values out; as `crm.erase`.

    Raises:
        NotFoundError: If nothing is known of the customer.
        StorageError: If the store cannot let go of values, failed, or still holds one.
    """
    tended = tending(store)
    owned = tuple(_owned(store, customer))
    tables = tuple(table for table in _TABLES if _personal(table))
    values = {text for codec, id in owned for text in _texts(store, codec, id)}
    values |= {text for table in tables for text in _said(store, table, customer)}
    if not owned:
        raise NotFoundError("customer", customer)
    lines = [store.redact(codec.kind, id, codec.personal) for codec, id in owned]
    where = (("customer_id", "=", customer),)
    facts = sum(tended.blank(table.name, _personal(table), where=where) for table in tables)
    searched = {text for text in values if len(text) >= _SHORTEST}
    kept = _kept(store, owned, searched)
    shared = {text for text in searched if text not in kept.values() and _held(store, owned, text)}
    files = _proved(store, searched - shared - set(kept.values()))
    erasure = Erasure(
        id=office.new_id(),
        customer=customer,
        records=sum(count > 0 for count in lines),
        versions=sum(lines),
        facts=facts,
        values=len(values),
        files=files,
        kept=tuple(kept),
        shared=len(shared),
    )
    return office.work(lambda unit: unit.add(ERASURE_CODEC, erasure))


def _owned(store: Store, customer: str) -> Iterator[tuple[Codec[Any], str]]:
    """Yield every record that is the customer's, deleted ones included."""
    for kind, codec in CODECS.items():
        owner = _OWNER[kind]
        ids = {
            line.id: None
            for line in journal(store, kind=kind, id=customer if owner == "id" else None)
            if line.differences.values.get(owner) == customer
        }
        yield from ((codec, id) for id in ids)


def _texts(store: Store, codec: Codec[Any], id: str) -> Iterator[str]:
    """Yield every text that the personal fields of a record ever held."""
    for version in versions(journal(store, kind=codec.kind, id=id)):
        if version.data is None:
            continue
        record = msgspec.json.decode(version.data)
        for field in codec.personal:
            name, _, part = field.partition(".")
            held = record.get(name)
            parts = [one.get(part) for one in held or ()] if part else held
            yield from (text for text in _leaves(parts) if text != REDACTED)


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from (value,) if value else ()
    elif isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)


def _personal(table: FactTable) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.personal)


def _said(store: Store, table: FactTable, customer: str) -> Iterator[str]:
    """Yield every text that the personal columns of the customer's facts hold."""
    where = (("customer_id", "=", customer),)
    for block in store.scan(table.name, _personal(table), where=where):
        for column in block.values():
            yield from (value for value in column if isinstance(value, str))


def _kept(store: Store, owned: Iterable[tuple[Codec[Any], str]], texts: set[str]) -> dict[str, str]:
    """Return the fields of the customer's own records that still say one of the texts."""
    found: dict[str, str] = {}
    for codec, id in owned:
        for line in journal(store, kind=codec.kind, id=id):
            told = {**line.differences.values, **line.differences.appended}
            for name, value in told.items():
                whole = "\n".join(_leaves(value))
                found.update({f"{codec.kind}.{name}": text for text in texts if text in whole})
    return found


def _held(store: Store, owned: Iterable[tuple[Codec[Any], str]], text: str) -> bool:
    """Tell whether others said the same."""
    own = {(codec.kind, id) for codec, id in owned}
    for line in journal(store):
        if text in f"{line.batch}\n{line.actor}\n{line.id}":
            return True
        if (line.kind, line.id) not in own and any(form in line.delta for form in _forms(text)):
            return True
    return any(_is_in(store, table, text) for table in _TABLES)


def _is_in(store: Store, table: FactTable, text: str) -> bool:
    return any(
        isinstance(value, str) and text in value
        for block in store.scan(table.name, table.names)
        for column in block.values()
        for value in column
    )


def _forms(text: str) -> set[bytes]:
    """Return how a text may stand in a file: as it is, and as JSON writes it."""
    return {text.encode(), msgspec.json.encode(text)[1:-1]}


def _proved(store: Store, texts: set[str]) -> tuple[str, ...]:
    """Search the store's files for texts that nobody holds; return the files' names.

    Raises:
        StorageError: If one is found, even after the file was written anew.
    """
    files: tuple[Path, ...] = getattr(store, "files", ())
    if any(_found(files, texts)):
        # What updates left in the gaps between rows.
        getattr(store, "shrink", tuple)()
        files = getattr(store, "files", ())
    for path in _found(files, texts):
        problem = "a value that was taken out still stands in it"
        raise StorageError(str(path), problem, "close other readers, and erase again")
    return tuple(path.name for path in files)


def _found(files: Iterable[Path], texts: set[str]) -> Iterator[Path]:
    forms = [form for text in texts for form in _forms(text)]
    longest = max(map(len, forms), default=0)
    for path in files:
        with path.open("rb") as stream:
            tail = b""
            while block := stream.read(_READ):
                part = tail + block
                if any(form in part for form in forms):
                    yield path
                    break
                tail = part[-longest:]
