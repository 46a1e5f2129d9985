"""Rules for stores that can let go of values: old versions, and columns of facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Scalar
from crmkit.storage import Change, Rows, Store, TendedStore, journal, versions

from .store_access import StoreFixtures, batch, birth, encoded, present, step
from .store_claims import needs


class TendingRules(StoreFixtures):
    """How a store forgets what a record once said, and empties columns of facts."""

    @needs("tended")
    def test_a_tended_store_has_both_verbs(self, store: Store) -> None:
        for verb in ("forget", "blank"):
            assert callable(getattr(store, verb, None)), f"the store has no {verb}()"

    @needs("tended")
    @pytest.mark.parametrize("before", [1, 2, 3, 4, 5])
    def test_versions_below_one_lose_their_content(self, store: Store, before: int) -> None:
        _five_versions(store)

        assert _tended(store).forget("note", "N-1", before) == before - 1

        lines = list(journal(store, kind="note", id="N-1"))
        assert [line.version for line in lines] == [1, 2, 3, 4, 5]
        assert [line.is_forgotten for line in lines] == [number < before for number in range(1, 6)]
        said = [version.data for version in versions(lines)]
        assert said == [None] * (before - 1) + [_said(number) for number in range(before, 6)]

    @needs("tended")
    def test_who_made_them_and_when_stays(self, store: Store) -> None:
        _five_versions(store)
        told = [(line.batch, line.at, line.actor) for line in store.entries()]

        _tended(store).forget("note", "N-1", 5)

        assert [(line.batch, line.at, line.actor) for line in store.entries()] == told

    @needs("tended")
    def test_what_is_kept_can_be_changed(self, store: Store) -> None:
        _five_versions(store)
        _tended(store).forget("note", "N-1", 4)

        store.commit(batch("B-9", step(present(store, "N-1"), {"text": "9", "list": [1, 9]})))

        *_, last = versions(journal(store, kind="note", id="N-1"))
        assert last.data == encoded({"text": "9", "list": [1, 9]})

    @needs("tended")
    def test_a_deletion_stays_one(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1", {"text": "1"})))
        store.commit(batch("B-2", step(present(store, "N-1"), None)))
        store.commit(batch("B-3", Change.of("note", "N-1", b'{"text":"3"}', expected=2)))
        store.commit(batch("B-4", step(present(store, "N-1"), {"text": "4"})))

        assert _tended(store).forget("note", "N-1", 4) == 2

        lines = store.entries(kind="note", id="N-1")
        assert [line.is_forgotten for line in lines] == [True, False, True, False]
        assert [line.is_deletion for line in lines] == [False, True, False, False]
        assert [version.data for version in versions(lines)] == [None, None, None, b'{"text":"4"}']

    @needs("tended")
    def test_forgetting_twice_is_forgetting_once(self, store: Store) -> None:
        _five_versions(store)
        _tended(store).forget("note", "N-1", 4)
        before = store.entries()

        assert _tended(store).forget("note", "N-1", 3) == 0

        assert store.entries() == before

    @needs("tended")
    @pytest.mark.parametrize("before", [0, 6])
    def test_a_version_that_is_none_is_refused(self, store: Store, before: int) -> None:
        _five_versions(store)

        with pytest.raises(InvalidValueError):
            _tended(store).forget("note", "N-1", before)
        with pytest.raises(InvalidValueError):
            _tended(store).forget("note", "N-2", 1)

    @needs("tended")
    def test_columns_are_emptied_where_all_conditions_hold(self, store: Store) -> None:
        columns: dict[str, list[Scalar]] = {
            "customer": ["C-1", "C-2", "C-1"],
            "said": ["a", "b", None],
            "mark": [1, 2, 3],
        }
        store.commit(batch("B-1", rows=(Rows("answers", columns),)))

        count = _tended(store).blank("answers", ["said"], where=(("customer", "=", "C-1"),))

        assert count == 1
        (block,) = store.scan("answers", ["customer", "said", "mark"])
        assert {name: list(column) for name, column in block.items()} == {
            **columns,
            "said": [None, "b", None],
        }

    @needs("tended")
    def test_columns_that_are_none_are_refused(self, store: Store) -> None:
        assert _tended(store).blank("answers", ["said"], where=()) == 0
        store.commit(batch("B-1", rows=(Rows("answers", {"said": ["a"]}),)))

        with pytest.raises(InvalidValueError):
            _tended(store).blank("answers", ["sayd"], where=())
        with pytest.raises(InvalidValueError):
            _tended(store).blank("answers", ["said"], where=(("customr", "=", "C-1"),))

    @needs("tended")
    @needs("persistent")
    def test_what_was_let_go_does_not_come_back(
        self, store: Store, reopened: Callable[[], Store]
    ) -> None:
        _five_versions(store)
        store.commit(batch("B-9", rows=(Rows("answers", {"said": ["a"]}),)))
        _tended(store).forget("note", "N-1", 5)
        _tended(store).blank("answers", ["said"], where=())

        anew = reopened()

        assert sum(line.is_forgotten for line in anew.entries()) == 4
        assert [list(block["said"]) for block in anew.scan("answers", ["said"])] == [[None]]


def _tended(store: Store) -> TendedStore:
    return cast("TendedStore", store)


def _said(version: int) -> bytes:
    return encoded({"text": str(version), "list": list(range(1, version + 1))})


def _five_versions(store: Store) -> None:
    store.commit(batch("B-1", birth("N-1", {"text": "1", "list": [1]})))
    for version in range(2, 6):
        fields = {"text": str(version), "list": list(range(1, version + 1))}
        store.commit(batch(f"B-{version}", step(present(store, "N-1"), fields)))
