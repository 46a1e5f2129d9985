"""Any verbs in any order, against a dictionary; by the async path in `tests/app/awaiting`."""

from pathlib import Path

from hypothesis import settings

from crmkit.storage import MemoryStore, SQLiteStore, Store
from crmkit.testing import Capabilities, StoreMachine


class MemoryMachine(StoreMachine):
    capabilities = Capabilities(threads=True, closes=True)

    def make_store(self, folder: Path) -> Store:
        return MemoryStore()


class SQLiteMachine(StoreMachine):
    capabilities = Capabilities(persistent=True, shared=True, threads=True, closes=True)

    def make_store(self, folder: Path) -> Store:
        return SQLiteStore(folder / "crm.db", durable=False)

    def open_again(self, store: Store, folder: Path) -> Store:
        return SQLiteStore(folder / "crm.db", durable=False)


TestMemory = MemoryMachine.TestCase
TestMemory.settings = settings(max_examples=100, stateful_step_count=25)
TestSQLite = SQLiteMachine.TestCase
TestSQLite.settings = settings(max_examples=40, stateful_step_count=25)
