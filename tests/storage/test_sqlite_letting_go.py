"""What is taken out, let go or emptied is gone from the file, and nothing else is."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmkit.errors import InvalidValueError
from crmkit.storage import Batch, MemoryStore, Rows, SQLiteStore, TendedStore, journal
from crmkit.testing.store_access import AT, batch, birth, present, step


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TendedStore]:
    """A note of five versions, a deleted one, and six facts in two tables."""
    store = MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "crm.db")
    store.commit(batch("B-1", birth("N-1", {"n": 0}, keys={"n": 0}), birth("N-2", {"n": 0})))
    for number in range(1, 5):
        after = {"n": number, "log": [*range(number)]}
        store.commit(batch(f"B-1{number}", step(present(store, "N-1"), after)))
    store.commit(batch("B-20", step(present(store, "N-2"), None)))
    said = {
        "who": ["a", "b", "a", None],
        "words": ["secret", "other", None, "secret"],
        "n": [*"1234"],
    }
    store.commit(Batch(id="F-1", at=AT, actor="ann", rows=(Rows("said", said),)))
    store.commit(Batch(id="F-2", at=AT, actor="ann", rows=(Rows("bare", {"who": ["a", "a"]}),)))
    yield store
    store.close()


def deltas(store: TendedStore, id: str) -> list[bytes]:
    return [line.delta for line in journal(store, kind="note", id=id)]


class TestForget:
    def test_lets_go_of_what_was_before(self, store: TendedStore) -> None:
        whole = b'{"n":2,"log":[0,1]}'
        after = deltas(store, "N-1")[3:]

        assert store.forget("note", "N-1", 3) == 2

        assert deltas(store, "N-1") == [b"[]", b"[]", whole, *after]
        assert present(store, "N-1").version == 5
        assert [line.version for line in journal(store, id="N-1")] == [1, 2, 3, 4, 5]

    def test_does_it_once(self, store: TendedStore) -> None:
        store.forget("note", "N-1", 3)

        assert store.forget("note", "N-1", 3) == 0
        assert store.forget("note", "N-1", 2) == 0
        assert store.forget("note", "N-1", 1) == 0
        assert store.forget("note", "N-1", 5) == 2

    def test_lets_go_of_what_was_before_a_deletion(self, store: TendedStore) -> None:
        assert store.forget("note", "N-2", 2) == 1
        assert deltas(store, "N-2") == [b"[]", b"null"]

    @pytest.mark.parametrize("id", ["N-1", "N-2", "N-9", "two\nlines"])
    @pytest.mark.parametrize("before", [0, 6, -1, True])
    def test_refuses_a_version_that_is_not_there(
        self, store: TendedStore, id: str, before: int
    ) -> None:
        held = deltas(store, "N-1")

        with pytest.raises(InvalidValueError, match="must be a version of the record"):
            store.forget("note", id, before)

        assert deltas(store, "N-1") == held

    def test_refuses_a_kind_that_is_none(self, store: TendedStore) -> None:
        with pytest.raises(InvalidValueError, match="lower-case"):
            store.forget("Note!", "N-1", 1)


def rows(store: TendedStore) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for block in store.scan("said", ["who", "words", "n"]):
        found += zip(*block.values(), strict=True)
    return found


class TestBlank:
    def test_empties_columns_where_all_conditions_hold(self, store: TendedStore) -> None:
        assert store.blank("said", ["words"], where=[("who", "=", "a")]) == 1

        assert rows(store) == [
            ("a", None, "1"),
            ("b", "other", "2"),
            ("a", None, "3"),
            (None, "secret", "4"),
        ]
        assert store.blank("said", ["words"], where=[("who", "=", "a")]) == 0

    def test_empties_several_columns_of_every_row(self, store: TendedStore) -> None:
        assert store.blank("said", ["words", "who"], where=()) == 4

        assert rows(store) == [(None, None, n) for n in "1234"]

    def test_a_table_that_is_not_there_is_empty(self, store: TendedStore) -> None:
        assert store.blank("nothing", ["words"], where=[("who", "=", "a")]) == 0

    @pytest.mark.parametrize(
        ("columns", "where"), [(["wrods"], ()), (["words"], [("whom", "=", "a")]), ([], ())]
    )
    def test_refuses_columns_that_are_not_there(
        self, store: TendedStore, columns: list[str], where: Any
    ) -> None:
        with pytest.raises(InvalidValueError):
            store.blank("said", columns, where=where)

        assert rows(store)[0] == ("a", "secret", "1")


class TestRedact:
    def test_a_key_is_emptied_with_its_field(self, store: TendedStore) -> None:
        assert store.redact("note", "N-1", ["n"]) == 5
        assert store.redact("note", "N-1", ["n"]) == 0
        assert store.redact("note", "N-9", ["n"]) == 0
        assert store.redact("note", "two\nlines", ["n"]) == 0

    def test_reaches_deleted_and_let_go(self, store: TendedStore) -> None:
        store.forget("note", "N-2", 2)

        assert store.redact("note", "N-2", ["n"]) == 0
        assert deltas(store, "N-2") == [b"[]", b"null"]


def test_a_redacted_file_holds_no_byte_of_it(tmp_path: Path) -> None:
    """Neither in the pages nor in the log, though another connection has the file open."""
    file = tmp_path / "crm.db"
    other = sqlite3.connect(file)
    with SQLiteStore(file) as store:
        secret = "unheard-of " * 4000
        store.commit(batch("B-1", birth("N-1", {"said": secret}, keys={"said": "unheard-of"})))
        rows = Rows("said", {"words": [secret, "unheard-of"]})
        store.commit(Batch(id="B-2", at=AT, actor="ann", rows=(rows,)))
        other.execute("SELECT count(*) FROM crm_record").fetchall()

        store.redact("note", "N-1", ["said"])
        assert store.blank("said", ["words"], where=()) == 2
        store.shrink()

        for path in store.files:
            assert b"unheard-of" not in path.read_bytes()
    other.close()
