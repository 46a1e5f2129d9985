"""Rules for the end: a store that was closed answers nothing, rather than something wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from crmkit.errors import StorageError
from crmkit.storage import Query, Rows, Store

from .store_access import StoreFixtures, batch, birth
from .store_claims import needs


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
    """How every store that can be closed refuses to work on."""

    @needs("closes")
    def test_a_store_that_closes_has_a_close(self, store: Store) -> None:
        assert callable(getattr(store, "close", None)), "the store has no close()"

    @needs("closes")
    @pytest.mark.parametrize("verb", _VERBS)
    def test_a_closed_store_refuses_every_verb(self, store: Store, verb: str) -> None:
        orders = Rows("orders", {"n": [1]})
        store.commit(batch("B-1", birth("N-1", {"text": "hello"}), rows=(orders,)))
        self.close_store(store)

        with pytest.raises(StorageError, match="closed"):
            _VERBS[verb](store)

    @needs("closes")
    def test_closing_twice_is_closing_once(self, store: Store) -> None:
        self.close_store(store)

        self.close_store(store)

    @needs("closes")
    @needs("shared")
    def test_closing_one_handle_leaves_the_others(
        self, store: Store, again: Callable[[], Store]
    ) -> None:
        other = again()
        store.commit(batch("B-1", birth("N-1")))

        self.close_store(store)

        assert other.load("note", ["N-1"]).keys() == {"N-1"}
        assert other.commit(batch("B-2", birth("N-2"))) is True
