"""Every promise of a store by way of the async path too: the rules, and verbs in any order.

Each verb goes from the test's thread to an event loop, there to a coroutine, and back.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings

from crmkit.app import BridgedStore
from crmkit.storage import MemoryStore, SQLiteStore, Store
from crmkit.testing import Capabilities, StoreMachine, StoreRules

from .driving import LoopThread, Remote


class Elsewhere:
    """Where the stores of this module work."""

    thread: ClassVar[LoopThread]


@pytest.fixture(scope="module", autouse=True)
def elsewhere() -> Iterator[None]:
    """Run one event loop for all of them."""
    Elsewhere.thread = LoopThread()
    yield
    Elsewhere.thread.stop()


def driven(store: Store) -> Store:
    """Return a store as a plain one again, by way of the loop."""
    return BridgedStore(Remote(store), loop=Elsewhere.thread.loop)


class Memory:
    capabilities = Capabilities(threads=True, closes=True)

    def make_store(self, folder: Path) -> Store:
        return driven(MemoryStore())


class SQLite:
    capabilities = Capabilities(persistent=True, shared=True, threads=True, closes=True)

    def make_store(self, folder: Path) -> Store:
        return driven(SQLiteStore(folder / "crm.db", durable=False))

    def open_again(self, store: Store, folder: Path) -> Store:
        return driven(SQLiteStore(folder / "crm.db", durable=False))


class TestMemory(Memory, StoreRules):
    pass


class TestSQLite(SQLite, StoreRules):
    pass


class MemoryMachine(Memory, StoreMachine):
    pass


class SQLiteMachine(SQLite, StoreMachine):
    pass


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(max_examples=25, stateful_step_count=20)
TestSQLiteMachine = SQLiteMachine.TestCase
TestSQLiteMachine.settings = settings(max_examples=15, stateful_step_count=20)
