"""The rules that every store must pass, for our adapters and for yours.

    import pytest

    pytest.register_assert_rewrite("crmkit.testing")  # in conftest.py: failures then tell more

    class TestMyStore(StoreRules):
        capabilities = Capabilities(persistent=True, shared=True, threads=True, closes=True)

        def make_store(self, folder):
            return MyStore(folder / "crm.db")

        def open_again(self, store, folder):
            return MyStore(folder / "crm.db")

pytest then runs every rule on a new store. `StoreMachine` takes the same hooks, and
`python -m crmkit.testing mypackage:open_store` runs both without a test file.
"""

from __future__ import annotations

from .store_claims import check_subclass
from .store_close_rules import CloseRules
from .store_fact_rules import FactRules
from .store_find_rules import FindRules
from .store_persist_rules import PersistRules
from .store_race_rules import RaceRules
from .store_record_rules import RecordRules
from .store_redact_rules import RedactRules
from .store_sharing_rules import SharingRules
from .store_tending_rules import TendingRules


class StoreRules(
    RecordRules,
    FindRules,
    FactRules,
    RedactRules,
    SharingRules,
    RaceRules,
    PersistRules,
    CloseRules,
    TendingRules,
):
    """Every promise of `crmkit.storage.Store` as a test; subclass it, and say how to make a store.

    A subclass that forgets a hook, or defines a rule or a fixture anew, is refused when it is made.
    Its own tests, under other names, are welcome.

    Hooks:
        capabilities: What the store claims beyond the six verbs; must be given.
        make_store: Returns a new, empty store; must be given.
        open_again: Returns one more handle on the same data; must be given where the store is
            persistent or shared.
        close_store: Closes a handle; by its `close()` if it has one.
        waived: Rules that the store does not keep, each with the reason; the report tells them.
        patience: How long a rule waits for a store that does not answer; a minute.

    Raises:
        InvalidValueError: When a subclass is made that is refused; says what, and the way out.

    Examples:
        >>> from crmkit.storage import MemoryStore
        >>> from crmkit.testing import Capabilities
        >>> class TestMemory(StoreRules):
        ...     capabilities = Capabilities(threads=True, closes=True)
        ...
        ...     def make_store(self, folder):
        ...         return MemoryStore()
        >>> "test_rows_come_back_in_their_order" in dir(TestMemory)
        True
    """

    def __init_subclass__(cls, **named: object) -> None:
        super().__init_subclass__(**named)
        check_subclass(cls, StoreRules)
