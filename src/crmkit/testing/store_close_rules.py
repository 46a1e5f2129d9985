"""Rules for the end: a store that was closed answers nothing, rather than something wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from crmkit.errors import StorageError
from crmkit.storage import Query, Rows, Store

from .store_access import StoreFixtures, batch, birth


_VERBS: Final[dict[str, Callable[[Store], object]]] = {
    "load": lambda store: store.load("note", ["N-1"]),
    "find": lambda store: store.find(Query("note")),
    "commit": lambda store: store.commit(batch("B-2", birth("N-2"))),
    "a batch that was seen": lambda store: store.commit(batch("B-1")),
    "entries": lambda store: store.entries(),
    "redact": lambda store: store.redact("note", "N-1", ["text"]),
    "scan": lambda store: list(store.scan("orders", ["n"])),
    "a scan of nothing": lambda store: list(store.scan("receipts", ["n"])),
}


class CloseRules(StoreFixtures):
    """How every store that can be closed refuses to work on; one without `close()` is skipped."""

    @pytest.mark.parametrize("verb", _VERBS)
    def test_a_closed_store_refuses_every_verb(self, store: Store, verb: str) -> None:
        orders = Rows("orders", {"n": [1]})
        store.commit(batch("B-1", birth("N-1", {"text": "hello"}), rows=(orders,)))
        self.end(store)

        with pytest.raises(StorageError, match="closed"):
            _VERBS[verb](store)

    def test_closing_twice_is_closing_once(self, store: Store) -> None:
        self.end(store)

        self.close_store(store)

    def end(self, store: Store) -> None:
        """Close a handle that can be closed."""
        if not hasattr(store, "close"):
            pytest.skip("this store cannot be closed")
        self.close_store(store)
