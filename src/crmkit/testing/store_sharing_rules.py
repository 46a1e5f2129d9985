"""Rules for sharing: several handles on one store, and values that pass between it and its callers.

Law: what one commits all see; what is handed over is the caller's own.
"""

from __future__ import annotations

from collections.abc import Callable

from crmkit.storage import Position, Query, Rows, Store

from .store_access import StoreFixtures, batch, birth, facts, present, step
from .store_claims import needs


class SharingRules(StoreFixtures):
    """What every store shares, and what it does not."""

    @needs("shared")
    def test_handles_are_several(self, store: Store, again: Callable[[], Store]) -> None:
        assert again() is not store, "open_again returned the handle that was open already"

    @needs("shared")
    def test_another_handle_sees_what_was_committed(
        self, store: Store, again: Callable[[], Store]
    ) -> None:
        other = again()
        store.commit(batch("B-1", birth("N-1", {"v": 1})))

        assert present(other, "N-1").data == b'{"v":1}'
        other.commit(batch("B-2", step(present(other, "N-1"), {"v": 2})))
        assert present(store, "N-1").data == b'{"v":2}'
        assert store.commit(batch("B-2", birth("N-2"))) is False

    @needs("shared")
    def test_two_handles_may_add_the_same_column(
        self, store: Store, again: Callable[[], Store]
    ) -> None:
        other = again()
        store.commit(batch("B-1", rows=(Rows("orders", {"a": [1]}),)))
        other.commit(batch("B-2", rows=(Rows("orders", {"a": [2], "b": [2]}),)))

        store.commit(batch("B-3", rows=(Rows("orders", {"b": [3]}),)))

        assert facts(store, "orders", "a", "b") == [(1, None), (2, 2), (None, 3)]

    @needs("shared")
    def test_handles_read_one_feed(self, store: Store, again: Callable[[], Store]) -> None:
        other = again()
        store.commit(batch("B-1", birth("N-1")))
        other.commit(batch("B-2", birth("N-2")))
        store.redact("note", "N-1", ["text"])

        assert store.entries() == other.entries()
        first = store.entries(limit=1)[-1].position
        assert [line.id for line in other.entries(first)] == ["N-2"]

    def test_what_is_handed_in_may_be_changed_afterwards(self, store: Store) -> None:
        keys = {"stage": "received"}
        amounts = [1, 2]
        change, rows = birth("N-1", keys=keys), Rows("orders", {"amount": amounts})
        keys["stage"] = "closed"
        amounts.append(3)

        store.commit(batch("B-1", change, rows=(rows,)))
        keys.clear()
        amounts.clear()

        assert store.find(Query("note", where=(("stage", "=", "received"),)))
        assert facts(store, "orders", "amount") == [(1,), (2,)]

    def test_what_is_handed_out_may_be_changed_too(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1"), rows=(Rows("orders", {"n": [1, 2]}),)))
        query = Query("note")

        for handed in (
            store.load("note", ["N-1"]),
            store.find(query),
            store.entries(),
            *(column for part in store.scan("orders", ["n"]) for column in part.values()),
        ):
            # What cannot be changed, a tuple, is the caller's own anyhow.
            getattr(handed, "clear", lambda: None)()

        assert store.load("note", ["N-1"]).keys() == {"N-1"}
        assert [record.id for record in store.find(query)] == ["N-1"]
        assert len(store.entries()) == 1
        assert facts(store, "orders", "n") == [(1,), (2,)]

    def test_what_was_handed_out_stays_as_it_was(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1", {"v": 1}), rows=(Rows("orders", {"n": [1]}),)))
        loaded, lines = store.load("note", ["N-1"]), store.entries()
        (part,) = store.scan("orders", ["n"])

        changes = step(loaded["N-1"], {"v": 2}), birth("N-2")
        store.commit(batch("B-2", *changes, rows=(Rows("orders", {"n": [2]}),)))
        store.redact("note", "N-1", ["v"])
        store.load("note", ["N-2"])

        assert {id: (one.version, one.data) for id, one in loaded.items()} == {
            "N-1": (1, b'{"v":1}')
        }
        assert [(line.id, line.delta) for line in lines] == [("N-1", b'{"v":1}')]
        assert list(part["n"]) == [1]

    def test_a_position_means_the_same_in_every_reading(self, store: Store) -> None:
        changes = [birth(f"N-{n}", kind="note" if n % 2 else "task") for n in range(6)]
        store.commit(batch("B-1", *changes))

        for line in store.entries(kind="note"):
            later = [f"N-{n}" for n in range(int(line.id[2:]) + 1, 6)]
            assert [each.id for each in store.entries(Position(line.position))] == later
