"""Rules for what lasts: all that was committed is there when the store is opened anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crmkit.errors import ConflictError, InvalidValueError
from crmkit.kernel import REDACTED
from crmkit.storage import Query, Rows, Store, journal, versions

from .store_access import StoreFixtures, batch, birth, encoded, facts, present, step
from .store_claims import needs


class PersistRules(StoreFixtures):
    """What every persistent store still knows when it is opened anew."""

    @needs("persistent")
    def test_state_keys_and_journal_last(self, store: Store, reopened: Callable[[], Store]) -> None:
        store.commit(batch("B-1", birth("N-1", {"v": 1}, keys={"stage": "a"}), birth("N-2")))
        store.commit(batch("B-2", step(present(store, "N-1"), {"v": 2}, keys={"stage": "b"})))
        before = store.load("note", ["N-1", "N-2"]), store.entries()

        anew = reopened()

        assert (anew.load("note", ["N-1", "N-2"]), anew.entries()) == before
        found = anew.find(Query("note", where=(("stage", "=", "b"),)))
        assert [record.id for record in found] == ["N-1"]
        assert not anew.find(Query("note", where=(("stage", "=", "a"),)))
        with pytest.raises(InvalidValueError, match="did you mean 'stage'"):
            anew.find(Query("note", order_by="stagee"))

    @needs("persistent")
    def test_facts_last(self, store: Store, reopened: Callable[[], Store]) -> None:
        store.commit(batch("B-1", rows=(Rows("orders", {"n": [1, None, "x"]}),)))
        store.commit(batch("B-2", rows=(Rows("orders", {"n": [2.5], "new": [7]}),)))

        anew = reopened()

        assert facts(anew, "orders", "n", "new") == [(1, None), (None, None), ("x", None), (2.5, 7)]
        anew.commit(batch("B-3", rows=(Rows("orders", {"n": [3]}),)))
        assert facts(anew, "orders", "n")[-1] == (3,)

    @needs("persistent")
    @needs("shared")
    def test_what_another_handle_stored_lasts_too(
        self, store: Store, again: Callable[[], Store], reopened: Callable[[], Store]
    ) -> None:
        other = again()
        other.commit(batch("B-1", birth("N-1"), rows=(Rows("orders", {"n": [1]}),)))
        store.commit(batch("B-2", birth("N-2")))

        anew = reopened()

        assert anew.load("note", ["N-1", "N-2"]).keys() == {"N-1", "N-2"}
        assert facts(anew, "orders", "n") == [(1,)]

    @needs("persistent")
    def test_a_batch_that_was_stored_stays_known(
        self, store: Store, reopened: Callable[[], Store]
    ) -> None:
        same = batch("B-1", birth("N-1"))
        store.commit(same)
        store.commit(batch("B-2"))

        anew = reopened()

        assert anew.commit(same) is False
        assert anew.commit(batch("B-2", birth("N-2"))) is False
        assert len(anew.entries()) == 1

    @needs("persistent")
    def test_versions_go_on_where_they_ended(
        self, store: Store, reopened: Callable[[], Store]
    ) -> None:
        store.commit(batch("B-1", birth("N-1", {"v": 1}), birth("N-2")))
        store.commit(batch("B-2", step(present(store, "N-2"), None)))

        anew = reopened()

        with pytest.raises(ConflictError):
            anew.commit(batch("B-3", birth("N-1")))
        with pytest.raises(ConflictError):
            anew.commit(batch("B-3", birth("N-2")))
        assert anew.commit(batch("B-3", step(present(anew, "N-1"), {"v": 2}))) is True
        assert present(anew, "N-1").version == 2

    @needs("persistent")
    def test_the_feed_goes_on_where_it_was_left(
        self, store: Store, reopened: Callable[[], Store]
    ) -> None:
        store.commit(batch("B-1", birth("N-1"), birth("N-2"), birth("N-3")))
        left = store.entries(limit=2)[-1].position
        seen = {line.position for line in store.entries()}

        anew = reopened()
        anew.commit(batch("B-2", birth("N-4")))

        assert [line.id for line in anew.entries(left)] == ["N-3", "N-4"]
        assert anew.entries()[-1].position not in seen

    @needs("persistent")
    def test_what_was_taken_out_stays_out(
        self, store: Store, reopened: Callable[[], Store]
    ) -> None:
        store.commit(batch("B-1", birth("N-1", {"name": "Li"}, keys={"name": "Li"})))
        store.redact("note", "N-1", ["name"])

        anew = reopened()

        assert present(anew, "N-1").data == encoded({"name": REDACTED})
        assert [line.data for line in versions(journal(anew))] == [encoded({"name": REDACTED})]
        assert not anew.find(Query("note", where=(("name", "=", "Li"),)))
