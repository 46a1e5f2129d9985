"""A person's values taken out of everything, and the proof.

Law: what is counted stays countable. Ids, times, amounts and marks are kept, so that statistics
stay right; what says who he is goes, from state, journal, facts and file.

Source: domain fact C11 (personal data erased on request with statistics staying right).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any, Final

import attrs
import msgspec

from crmkit.app.desk import Office
from crmkit.app.kinds import CODECS, OWNERS, TABLES
from crmkit.app.unit import UnitOfWork, check_time
from crmkit.errors import NotFoundError, StorageError
from crmkit.kernel import REDACTED, Codec, Evidence, Explanation, FactTable, Rule, Text
from crmkit.storage import Entry, Store, TendedStore, Where, journal, redacted, versions

from .compacting import tending
from .proving import Remains, leaves, scanned


_ROUNDS: Final = 5
"""How often it is begun again because something came in meanwhile."""

_ERASED: Final = Rule(
    code="upkeep.erase",
    says=Text(
        "personal values of {customer} taken out: {values}, records: {records}, facts: {facts},"
        " found afterwards: {left}",
        "已清除{customer}的个人信息{values}项，涉及记录{records}条、事实{facts}条；"
        "清除后仍发现{left}项",
    ),
    source="C11: personal data erased on request with statistics staying right",
)
_UNSEARCHED: Final = attrs.evolve(
    _ERASED,
    says=Text(f"{_ERASED.says.en}; no file was searched", f"{_ERASED.says.zh}；未检索任何文件"),
)


@attrs.frozen(kw_only=True)
class Erasure:
    """What an erasure took out, and where it was looked for afterwards; kept in the store.

    Attributes:
        id: Unique among erasures.
        customer: Whose values they were.
        records: How many records of his held some: himself, his complaints and his inquiries.
        versions: How many lines of the journal were changed.
        facts: How many facts were changed.
        values: How many different personal texts were taken out.
        files: The files that were searched, byte by byte; empty where the store has none.
        kept: Fields of his that are not personal, and say one of these texts too: `region`.
        shared: How many of the texts stand elsewhere, because others gave the same.
        left: How many lines, states and facts of his still held a personal value when all of them
            were read once more.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei", phone="+86 532 8893 9999")
        >>> print(crm.erase("C-7"))
        personal values of C-7 taken out: 2, records: 1, facts: 0, found afterwards: 0; no file\
 was searched
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
    left: int = 0

    def explain(self) -> Explanation[bool]:
        """Return whether nothing is left, with what was counted; `files` where none was searched.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
            >>> why = crm.erase("C-7").explain()
            >>> why.verdict, why.missing
            (True, ('files',))
        """
        return Explanation(
            verdict=self.left == 0,
            rule=_ERASED if self.files else _UNSEARCHED,
            evidence=(
                Evidence("customer", self.customer),
                Evidence("records", self.records),
                Evidence("facts", self.facts),
                Evidence("values", self.values),
                Evidence("left", self.left, 0, self.left == 0),
                Evidence("files", self.files),
                Evidence("kept", self.kept),
                Evidence("shared", self.shared),
            ),
            missing=() if self.files else ("files",),
        )

    def __str__(self) -> str:
        return str(self.explain())


ERASURE_CODEC: Final = Codec("erasure", Erasure)
"""Kind `erasure`."""


def erase(office: Office, store: Store, customer: str) -> Erasure:
    """Take a customer's personal values out; as `crm.erase`.

    Raises:
        NotFoundError: If nothing is known of the customer.
        ConflictError: If others kept saving one of his records first.
        StorageError: If the store cannot let go of values, failed, or still holds one; or if others
            kept adding to what is his.

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
    taking = _Taking(tended, customer)
    taking.check_known()
    remains = _emptied(office, store, taking)
    erasure = Erasure(
        id=office.new_id(),
        customer=customer,
        records=sum(count > 0 for count in taking.lines.values()),
        versions=sum(taking.lines.values()),
        facts=taking.facts,
        values=len(taking.texts),
        files=remains.files,
        kept=tuple(sorted(remains.kept)),
        shared=len(remains.shared),
        left=taking.left,
    )
    return office.work(lambda unit: unit.add(ERASURE_CODEC, erasure))


def _emptied(office: Office, store: Store, taking: _Taking) -> Remains:
    """Take out what is the customer's until nothing is left; return what still says so elsewhere.

    Raises:
        ConflictError: If others kept saving one of his records first.
        StorageError: If something is left after all, in what the store says or in a file of it.
    """
    for _ in range(_ROUNDS):
        taking.take(office)
        remains = Remains(store, taking.customer, taking.places, taking.texts)
        found = remains.found(anew=taking.anew)
        if taking.count_left() == 0:
            break
    else:
        problem = f"it still says {taking.left} things of his that are to go"
        way_out = f"erase again, while nobody writes of him: {_ROUNDS} rounds were not enough"
        raise StorageError(f"customer {taking.customer!r}", problem, way_out)
    for path in found.values():
        problem = "a value that was taken out still stands in it"
        raise StorageError(str(path), problem, "close other readers, and erase again")
    return remains


class _Taking:
    """What is a customer's, and what was taken out of it so far.

    Attributes:
        customer: Who.
        places: Kind and id of each record of his, as last looked for.
        texts: What was taken out.
        lines: For each record, how many lines of its journal were changed.
        facts: How many facts were changed.
        anew: Whether values went that nobody can search for any more.
        left: How many lines, states and facts still held one when last counted.
    """

    def __init__(self, store: TendedStore, customer: str) -> None:
        self._store = store
        self.customer = customer
        self._mine: Where = ("customer_id", "=", customer)
        self.places: set[tuple[str, str]] = set()
        self.texts: set[str] = set()
        self.lines: Counter[tuple[str, str]] = Counter()
        self.facts = 0
        self.anew = False
        self.left = 0

    def check_known(self) -> None:
        """Refuse a customer of whom nothing is known.

        Raises:
            NotFoundError: If no record and no fact is his.
        """
        told = (texts for table in TABLES for _, texts in scanned(self._store, table, self._mine))
        if next(_owned(self._store, self.customer), None) is None and not any(told):
            raise NotFoundError("customer", self.customer)

    def take(self, office: Office) -> None:
        """Take out what is his, as it now stands.

        Raises:
            ConflictError: If others kept saving one of his records first.
        """
        store = self._store
        owned = tuple(_owned(store, self.customer))
        # Those seen before hold the mark by our own doing.
        fresh = [one for one in owned if (one[0].kind, one[1]) not in self.places]
        self.anew |= any(_has_let_go(store, codec, id) for codec, id in fresh)
        self.places = {(codec.kind, id) for codec, id in owned}
        for codec, id in owned:
            *_, last = journal(store, kind=codec.kind, id=id)
            check_time(last, office.now())
        changed = [(codec, id) for codec, id in owned if self._redact(codec, id)]
        for table in TABLES:
            self._blank(table)
        # Who read the values before, and would save them now, meets a conflict; who saved them
        # meanwhile is found by counting.
        office.work(partial(_renewed, changed))

    def count_left(self) -> int:
        """Count what still says something, or came in since; 0 when all is taken out."""
        count = 0
        for codec, id in _owned(self._store, self.customer):
            count += (codec.kind, id) not in self.places
            states = self._store.load(codec.kind, [id]).values()
            lines = journal(self._store, kind=codec.kind, id=id)
            said = chain((state.data for state in states), (line.delta for line in lines))
            count += sum(redacted(data, codec.personal) != data for data in said)
        self.left = count + sum(len(self._told(table)) for table in TABLES)
        return self.left

    def _redact(self, codec: Codec[Any], id: str) -> bool:
        """Take the values out of every version of a record; tell whether there were any."""
        lines = tuple(journal(self._store, kind=codec.kind, id=id))
        self.texts.update(_texts(lines, codec))
        count = self._store.redact(codec.kind, id, codec.personal)
        self.lines[codec.kind, id] += count
        # What came in between these two went unread.
        self.anew |= sum(1 for _ in journal(self._store, kind=codec.kind, id=id)) > len(lines)
        return count > 0

    def _blank(self, table: FactTable) -> None:
        """Empty the personal columns of his facts."""
        personal = _personal(table)
        if personal:
            told = self._told(table)
            rows = self._store.blank(table.name, personal, where=(self._mine,))
            self.texts.update(told)
            self.facts += rows
            self.anew |= rows > len(told)

    def _told(self, table: FactTable) -> list[str]:
        """Return what the personal columns of his facts say."""
        personal = _personal(table)
        told = scanned(self._store, table, self._mine) if personal else ()
        return [text for name, texts in told if name in personal for text in texts]


def _personal(table: FactTable) -> list[str]:
    return [column.name for column in table.columns if column.personal]


def _renewed(owned: Iterable[tuple[Codec[Any], str]], unit: UnitOfWork) -> None:
    for codec, id in owned:
        unit.renew(codec, id)


def _has_let_go(store: Store, codec: Codec[Any], id: str) -> bool:
    """Tell whether a record held values that nobody can search for any more."""
    mark = msgspec.json.encode(REDACTED)
    lines = journal(store, kind=codec.kind, id=id)
    return any(line.is_forgotten or mark in line.delta for line in lines)


def _owned(store: Store, customer: str) -> Iterator[tuple[Codec[Any], str]]:
    """Yield every record that is the customer's, deleted ones included."""
    for kind, owner in OWNERS.items():
        codec = CODECS[kind]
        ids = {
            line.id: None
            for line in journal(store, kind=kind, id=customer if owner == "id" else None)
            if line.differences.values.get(owner) == customer
        }
        yield from ((codec, id) for id in ids)


def _texts(lines: Iterable[Entry], codec: Codec[Any]) -> Iterator[str]:
    """Yield every text that the personal fields of a record ever held."""
    for version in versions(lines):
        if version.data is None:
            continue
        record = msgspec.json.decode(version.data)
        for field in codec.personal:
            name, _, part = field.partition(".")
            held = record.get(name)
            parts = [one.get(part) for one in held] if part and isinstance(held, list) else held
            yield from (text for text in leaves(parts) if text != REDACTED)
