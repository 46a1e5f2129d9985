"""The rules that every store must pass, for our adapters and for yours.

    import pytest

    pytest.register_assert_rewrite("crmkit.testing")  # in conftest.py: failures then tell more

    class TestMyStore(StoreRules):
        def make_store(self, folder):
            return MyStore(folder / "crm.db")

        def open_again(self, store, folder):
            return MyStore(folder / "crm.db")

pytest then runs every rule on a new store. A store that lives in one process alone leaves
`open_again` as it is. `StoreMachine` takes the same three hooks.
"""

from __future__ import annotations

from .store_close_rules import CloseRules
from .store_fact_rules import FactRules
from .store_find_rules import FindRules
from .store_race_rules import RaceRules
from .store_record_rules import RecordRules
from .store_redact_rules import RedactRules


class StoreRules(RecordRules, FindRules, FactRules, RedactRules, RaceRules, CloseRules):
    """Every promise of `crmkit.storage.Store` as a test; subclass it, and say how to make a store.

    Hooks:
        make_store: Returns a new, empty store; must be given.
        open_again: Returns one more handle on the same data; itself where there can be but one.
        close_store: Closes a handle; by its `close()` if it has one.

    Examples:
        >>> from crmkit.storage import MemoryStore
        >>> class TestMemory(StoreRules):
        ...     def make_store(self, folder):
        ...         return MemoryStore()
        >>> "test_rows_come_back_in_their_order" in dir(TestMemory)
        True
    """
