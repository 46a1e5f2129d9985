"""Any verbs in any order, against a dictionary."""

from pathlib import Path

from hypothesis import HealthCheck, settings

from crmkit.storage import MemoryStore, SQLiteStore, Store
from crmkit.testing import StoreMachine


class MemoryMachine(StoreMachine):
    def make_store(self, folder: Path) -> Store:
        return MemoryStore()


class SQLiteMachine(StoreMachine):
    def make_store(self, folder: Path) -> Store:
        return SQLiteStore(folder / "crm.db", durable=False)

    def open_again(self, store: Store, folder: Path) -> Store:
        return SQLiteStore(folder / "crm.db", durable=False)


_SETTINGS = settings(
    max_examples=100,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestMemory = MemoryMachine.TestCase
TestMemory.settings = _SETTINGS
TestSQLite = SQLiteMachine.TestCase
TestSQLite.settings = _SETTINGS
