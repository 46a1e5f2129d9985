"""Whether a store says the same thing twice: state and journal, keys and state.

Law: what is found is told, never mended; of a record that somebody changes meanwhile only a look
counts during which it stayed as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
import msgspec

from crmkit.app.progress import ticking
from crmkit.errors import CrmkitError, InvalidValueError
from crmkit.kernel import Codec, Evidence, Explanation, Rule, Scalar, Text
from crmkit.storage import Entry, Query, Record, Store, journal, versions


_PAGE: Final = 1000
_OUTDATED: Final = "it bears the keys of an earlier schema"

_SOUND: Final = Rule(
    code="upkeep.verify",
    says=Text(
        "records: {records}, versions: {versions}, flawed: {flawed}",
        "共{records}条记录、{versions}个版本，其中{flawed}条有缺陷",
    ),
    source="crmkit: the state of a record is its journal replayed",
)


@attrs.frozen
class Flaw:
    """Something wrong with one record, or with the whole store.

    Attributes:
        kind: The record's kind; `store` where it is no record's.
        id: Which record; the store's name where it is no record's.
        problem: What is wrong.

    Examples:
        >>> print(Flaw("complaint", "K-1", "version 3 is missing"))
        complaint 'K-1': version 3 is missing
    """

    kind: str
    id: str
    problem: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id!r}: {self.problem}"


@attrs.frozen(kw_only=True)
class Verification:
    """What a look through a whole store found.

    Attributes:
        records: How many records were looked at, deleted ones included.
        versions: How many versions they have.
        flaws: What is wrong, in the order of the records' births.
        outdated: Kinds of which some records, of an earlier schema, are not yet found by every key
            of the newest one: no flaw; `crm.upkeep.rewrite` brings them up to date.
        unread: Kinds that nobody told how to read: of their records, keys were not looked at.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> found = crm.upkeep.verify()
        >>> found.is_sound, str(found)
        (True, 'records: 1, versions: 1, flawed: 0')
    """

    records: int
    versions: int
    flaws: tuple[Flaw, ...]
    outdated: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.flaws

    def explain(self) -> Explanation[bool]:
        """Return the verdict with its counts, the flaws, and the kinds to be rewritten."""
        flawed = len({(flaw.kind, flaw.id) for flaw in self.flaws})
        return Explanation(
            verdict=self.is_sound,
            rule=_SOUND,
            evidence=(
                Evidence("records", self.records),
                Evidence("versions", self.versions),
                Evidence("flawed", flawed, 0, flawed == 0),
                Evidence("flaws", self.flaws),
                Evidence("outdated", self.outdated),
            ),
        )

    def __str__(self) -> str:
        advice = (
            f"{kind}: older records are not found by every key until"
            f" crm.upkeep.rewrite({kind!r}) has run"
            for kind in self.outdated
        )
        return "\n".join([str(self.explain()), *map(str, self.flaws), *advice])


def verify(
    store: Store, codecs: Mapping[str, Codec[Any]], *, progress: bool | None = None
) -> Verification:
    """Look through a whole store; as `crm.upkeep.verify`.

    Args:
        store: Any store.
        codecs: How each kind is read.
        progress: Whether a bar is drawn; None for where somebody can see it.
    """
    # The names first, and one record at a time after that: the states need not fit the memory.
    places = dict.fromkeys((entry.kind, entry.id) for entry in journal(store))
    outdated: set[str] = set()
    flaws, count = [], 0
    with ticking("verify", " records", len(places), shown=progress) as tick:
        for kind, id in places:
            lines, found = _looked_at(store, codecs.get(kind), kind, id)
            count += lines
            flaws += [Flaw(kind, id, problem) for problem in found if problem != _OUTDATED]
            outdated.update({kind} if _OUTDATED in found else ())
            tick(1)
    kinds = {kind for kind, _ in places}
    flaws += _unborn(store, sorted(kinds | codecs.keys()), places)
    check = getattr(store, "check", tuple)
    flaws += [Flaw("store", str(getattr(store, "path", "store")), problem) for problem in check()]
    return Verification(
        records=len(places),
        versions=count,
        flaws=tuple(flaws),
        outdated=tuple(sorted(outdated)),
        unread=tuple(sorted(kinds - codecs.keys())),
    )


def _unborn(
    store: Store, kinds: Iterable[str], places: Collection[tuple[str, str]]
) -> Iterator[Flaw]:
    """Yield records that have a state and no journal."""
    for kind in kinds:
        query = Query(kind, limit=_PAGE)
        while page := store.find(query):
            for record in page:
                known = (kind, record.id) in places
                # Who is not among the names may have been born since.
                if not known and not store.entries(kind=kind, id=record.id, limit=1):
                    yield Flaw(kind, record.id, "it has a state, and no version in the journal")
            query = query.next(page[-1].id, page[-1].id)


def _looked_at(
    store: Store, codec: Codec[Any] | None, kind: str, id: str
) -> tuple[int, tuple[str, ...]]:
    """Return how many versions a record has, and what is wrong with it, or `_OUTDATED`."""
    while True:
        held = store.load(kind, [id]).get(id)
        lines = tuple(journal(store, kind=kind, id=id))
        found = tuple(_problems(store, codec, held, lines))
        if not found or _stands_still(store, held, lines[-1]):
            return len(lines), found


def _stands_still(store: Store, held: Record | None, last: Entry) -> bool:
    """Tell whether a record is as it was when the look began."""
    if store.entries(last.position, kind=last.kind, id=last.id, limit=1):
        return False
    return store.load(last.kind, [last.id]).get(last.id) == held


def _problems(
    store: Store, codec: Codec[Any] | None, held: Record | None, lines: tuple[Entry, ...]
) -> Iterator[str]:
    yield from _holes([line.version for line in lines])
    try:
        *_, replayed = versions(lines)
        told = None if replayed.data is None else msgspec.json.decode(replayed.data)
    except (CrmkitError, ValueError) as error:
        yield f"its journal cannot be replayed: {error}"
        return
    if held is not None and told is not None:
        yield from _differences(held, lines[-1], told)
        if codec is not None:
            yield from _unfound(store, codec, held)
    elif (held is None) != (told is None):
        yield "its state and its journal do not agree on whether it was deleted"


def _holes(numbers: Sequence[int]) -> Iterator[str]:
    if missing := sorted(set(range(1, max(numbers) + 1)) - set(numbers)):
        yield f"of its versions, {missing} are missing"
    if len(set(numbers)) < len(numbers) or list(numbers) != sorted(numbers):
        yield "its versions do not stand in their order"


def _differences(held: Record, last: Entry, told: object) -> Iterator[str]:
    """Say in what a state is not as the journal tells it."""
    if held.version != last.version:
        yield f"its state is of version {held.version}, its journal ends with {last.version}"
    if held.schema != last.schema:
        yield f"its state is of schema {held.schema}, its journal ends with {last.schema}"
    try:
        differs = msgspec.json.decode(held.data) != told
    except ValueError as error:
        yield f"its state is no JSON: {error}"
        return
    if differs:
        yield "its state is not what its journal leads to"


def _unfound(store: Store, codec: Codec[Any], record: Record) -> Iterator[str]:
    """Say that a record cannot be read, or by which keys it is not found."""
    try:
        keys = codec.key_values(codec.decode(record.data, record.schema))
    except CrmkitError as error:
        yield f"it cannot be read: {error}"
        return
    unfound = tuple(_missed(store, codec.kind, record.id, keys))
    if unfound and record.schema < codec.schema:
        # It was stored with the keys of its day, which nobody can tell any more.
        yield _OUTDATED
    else:
        yield from (f"it is not found by its key {name}" for name in unfound)


def _missed(store: Store, kind: str, id: str, keys: Mapping[str, Scalar]) -> Iterator[str]:
    """Yield the keys by which a record is not found."""
    itself = ("id", "=", id)
    everything = [(name, "=", value) for name, value in keys.items()]
    if _finds(store, Query(kind, where=(itself, *everything), limit=1)):
        return
    for condition in everything:
        if not _finds(store, Query(kind, where=(itself, condition), limit=1)):
            yield condition[0]


def _finds(store: Store, query: Query) -> bool:
    try:
        return bool(store.find(query))
    except InvalidValueError:  # no record of the kind has ever had such a key
        return False
