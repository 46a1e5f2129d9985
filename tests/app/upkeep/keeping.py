"""Stores for the tests of upkeep, and what they hold, told so that it can be compared."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs

from crmkit.app import CRM
from crmkit.kernel import Money, SteppingClock
from crmkit.orders import ORDERS
from crmkit.satisfaction import ANSWERS
from crmkit.storage import START, MemoryStore, SQLiteStore, Store, journal
from crmkit.testing import NINE


HOUR = timedelta(hours=1)
PLACES = ("memory", "sqlite")


def new_store(place: str, folder: Path) -> MemoryStore | SQLiteStore:
    """A new, empty store in memory or in a file of its own."""
    if place == "memory":
        return MemoryStore()
    return SQLiteStore(folder / f"crm-{len(list(folder.glob('*.db')))}.db", durable=False)


def steady_ids() -> Iterator[str]:
    """Ids that are the same each time."""
    return (f"id-{number:05}" for number in itertools.count(1))


def crm_on(store: Store) -> CRM:
    """A CRM whose clock goes on an hour at each look."""
    return CRM(store, actor="ann", clock=SteppingClock(NINE, HOUR), ids=steady_ids().__next__)


def fill(crm: CRM) -> None:
    """Let a little business be done: changes, a deletion, a return, orders, answers."""
    for number in range(3):
        crm.customers.add_person(id=f"C-{number}", name=f"Li {number}", region="Shandong")
        crm.complaints.receive(id=f"K-{number}", customer=f"C-{number}", about="leaks")
        crm.orders.add(customer=f"C-{number}", amount=Money.of("19.99", "EUR"))
    crm.customers.change("C-0", region="Beijing")
    crm.customers.delete("C-1")
    crm.customers.delete("C-2")
    crm.customers.undelete("C-2")
    crm.complaints.acknowledge("K-0", note="called Li")
    crm.satisfaction.record(customer="C-0", occasion="repair", satisfied=5, comment="quick")
    with crm.transaction() as tx:
        tx.complaints.investigate("K-0")
        tx.complaints.respond("K-0", note="a new valve")


def held(store: Store) -> dict[str, Any]:
    """All that a store holds: every line, every state, every fact."""
    lines = [attrs.evolve(line, position=START) for line in journal(store)]
    places = {(line.kind, line.id) for line in lines}
    return {
        "lines": lines,
        "states": {place: store.load(place[0], [place[1]]).get(place[1]) for place in places},
        "facts": {
            table.name: [
                row
                for block in store.scan(table.name, table.names)
                for row in zip(*block.values(), strict=True)
            ]
            for table in (ORDERS, ANSWERS)
        },
    }
