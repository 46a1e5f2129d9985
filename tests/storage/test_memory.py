"""The memory store: the common rules, and that it shares nothing with its callers."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import cast

import pytest

from crmkit.errors import StorageError
from crmkit.storage import MemoryStore, Record, Rows, Store
from crmkit.testing import Capabilities, StoreRules
from crmkit.testing.store_access import batch, birth, facts


class TestMemoryStore(StoreRules):
    capabilities = Capabilities(threads=True, closes=True, tended=True)

    def make_store(self, folder: Path) -> Store:
        return MemoryStore()


class TestLoad:
    def test_hands_out_a_mapping_of_the_callers_own(self) -> None:
        store = MemoryStore()
        store.commit(batch("B-1", birth("N-1")))

        cast("MutableMapping[str, Record]", store.load("note", ["N-1"])).clear()

        assert store.load("note", ["N-1"]).keys() == {"N-1"}


class TestScan:
    def test_hands_out_columns_of_the_callers_own(self) -> None:
        store = MemoryStore()
        store.commit(batch("B-1", rows=(Rows("orders", {"n": [1, 2]}),)))

        for part in store.scan("orders", ["n"]):
            cast("list[int]", part["n"]).clear()

        assert facts(store, "orders", "n") == [(1,), (2,)]

    def test_ends_with_the_store(self) -> None:
        store = MemoryStore()
        store.commit(batch("B-1", rows=(Rows("orders", {"n": [1, 2]}),)))
        blocks = store.scan("orders", ["n"], block=1)
        next(blocks)

        store.close()

        with pytest.raises(StorageError, match="the store is closed; open another one"):
            next(blocks)
