"""What the proofs write and look for: batches of which each tells what the store then holds.

Batch n brings six records to version n and adds three facts, so that half a batch, a lost one and a
wrong one all show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from crmkit.storage import Batch, Change, Record, Rows, SQLiteStore, apply


AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
IDS = tuple("abcdef")
FACTS = 3


def content(number: int, id: str) -> bytes:
    """Return a record as batch `number` leaves it: of up to 6 KB, so that some fill a page."""
    text = f"{id}{number} " * (number * 37 % 1500)
    return json.dumps({"id": id, "n": number, "text": text}, separators=(",", ":")).encode()


def numbered(number: int, held: Mapping[str, Record]) -> Batch:
    """Return batch `number`, made from what is held."""
    changes = tuple(
        Change.of("note", id, content(number, id), before=held.get(id), keys={"n": number})
        for id in IDS
    )
    rows = Rows("orders", {"n": [number] * FACTS, "place": list(range(FACTS))})
    return Batch(id=f"B-{number}", at=AT, actor="ann", changes=changes, rows=(rows,))


def write(store: SQLiteStore, last: int) -> None:
    """Commit the batches that are missing up to the last."""
    for number in range(number_held(store) + 1, last + 1):
        assert store.commit(numbered(number, store.load("note", IDS)))


def number_held(store: SQLiteStore) -> int:
    """Return the number of the last batch stored, by the first record alone."""
    held = store.load("note", IDS[:1])
    return held[IDS[0]].version if held else 0


def flaws(store: SQLiteStore) -> list[str]:
    """Return in what the store differs from one that holds a prefix of the batches, whole."""
    last = number_held(store)
    wanted = {id: (last, content(last, id)) for id in IDS} if last else {}
    state = {id: (one.version, one.data) for id, one in store.load("note", IDS).items()}
    found = [] if state == wanted else [f"the state is not that of batch {last}: half of one"]
    if _facts(store) != [(n, place) for n in range(1, last + 1) for place in range(FACTS)]:
        found.append(f"the facts are not those of {last} batches")
    if _replayed(store) != wanted:
        found.append("the state is not what the journal leads to")
    return found + list(store.check())


def _facts(store: SQLiteStore) -> list[tuple[object, ...]]:
    blocks = store.scan("orders", ["n", "place"])
    return [row for part in blocks for row in zip(part["n"], part["place"], strict=True)]


def _replayed(store: SQLiteStore) -> dict[str, tuple[int, bytes | None]]:
    """Return each record's version and content as its journal lines lead to them."""
    found: dict[str, tuple[int, bytes | None]] = {}
    after = None
    while lines := store.entries() if after is None else store.entries(after):
        for line in lines:
            version, data = found.get(line.id, (0, None))
            # A version that is missing or comes twice counts as none.
            found[line.id] = (
                line.version if line.version == version + 1 else -1,
                apply(data, line.delta),
            )
        after = lines[-1].position
    return found
