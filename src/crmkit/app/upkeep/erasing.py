"""A person's values taken out of everything, and the proof.

Law: what is counted stays countable. Ids, times, amounts and marks are kept, so that statistics
stay right; what says who he is goes, from state, journal, facts and file.

Source: domain fact C11 (personal data erased on request with statistics staying right).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import attrs
import msgspec

from crmkit.app.desk import Office
from crmkit.app.kinds import CODECS
from crmkit.app.unit import UnitOfWork
from crmkit.errors import NotFoundError
from crmkit.kernel import REDACTED, Codec, Evidence, Explanation, FactTable, Rule, Text
from crmkit.storage import Store, TendedStore, Where, journal, redacted, versions

from .compacting import tending
from .proving import TABLES, Remains, leaves, scanned


_OWNER: Final[Mapping[str, str]] = {"customer": "id", "complaint": "customer"}

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

    Examples:
        >>> import crmkit
        >>> from crmkit.storage import MemoryStore
        >>> store = MemoryStore()
        >>> crm = crmkit.CRM(store, actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> erase(crm, store, "C-7").values, crm.customers.get("C-7").name
        (1, 'REDACTED')
    """
    tended = tending(store)
    getattr(store, "check_wipeable", tuple)()
    mine: Where = ("customer_id", "=", customer)
    owned = tuple(_owned(store, customer))
    if not owned and not any(texts for table in TABLES for texts in scanned(store, table, mine)):
        raise NotFoundError("customer", customer)
    anew = any(_has_let_go(store, codec, id) for codec, id in owned)
    office.work(partial(_closed, store, owned))
    texts = {text for codec, id in owned for text in _texts(store, codec, id)}
    lines = [store.redact(codec.kind, id, codec.personal) for codec, id in owned]
    blanked = [_blanked(tended, table, mine) for table in TABLES]
    texts = texts.union(*(said for said, _ in blanked))
    remains = Remains(store, customer, {(codec.kind, id) for codec, id in owned}, texts)
    erasure = Erasure(
        id=office.new_id(),
        customer=customer,
        records=sum(count > 0 for count in lines),
        versions=sum(lines),
        facts=sum(rows for _, rows in blanked),
        values=len(texts),
        files=remains.proved(anew=anew),
        kept=tuple(sorted(remains.kept)),
        shared=len(remains.shared),
    )
    return office.work(lambda unit: unit.add(ERASURE_CODEC, erasure))


def _blanked(store: TendedStore, table: FactTable, mine: Where) -> tuple[set[str], int]:
    """Empty the personal columns of facts; return what they held, and in how many rows."""
    personal = [column.name for column in table.columns if column.personal]
    if not personal:
        return set(), 0
    said = {text for name, told in scanned(store, table, mine) if name in personal for text in told}
    return said, store.blank(table.name, personal, where=(mine,))


def _closed(store: Store, owned: Iterable[tuple[Codec[Any], str]], unit: UnitOfWork) -> None:
    """Give each record a version without the values, or the same deletion once more.

    So whoever read the values before, and would save them again, meets a conflict.
    """
    for codec, id in owned:
        held = store.load(codec.kind, [id]).get(id)
        if held is None:
            if _holds_some(store, codec, id):
                unit.remove_again(codec, id)
        elif (without := redacted(held.data, codec.personal)) != held.data:
            unit.put(codec, codec.decode(without, held.schema))


def _holds_some(store: Store, codec: Codec[Any], id: str) -> bool:
    """Tell whether a line of a record's journal holds a personal value."""
    lines = journal(store, kind=codec.kind, id=id)
    return any(redacted(line.delta, codec.personal) != line.delta for line in lines)


def _has_let_go(store: Store, codec: Codec[Any], id: str) -> bool:
    """Tell whether a record held values that nobody can search for any more."""
    mark = msgspec.json.encode(REDACTED)
    lines = journal(store, kind=codec.kind, id=id)
    return any(line.is_forgotten or mark in line.delta for line in lines)


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
            parts = [one.get(part) for one in held] if part and isinstance(held, list) else held
            yield from (text for text in leaves(parts) if text != REDACTED)
