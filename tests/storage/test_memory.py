from pathlib import Path

from crmkit.storage import MemoryStore, Store
from crmkit.testing import StoreRules


class TestMemoryStore(StoreRules):
    def make_store(self, folder: Path) -> Store:
        return MemoryStore()
