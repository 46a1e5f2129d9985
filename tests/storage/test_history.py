"""Past versions out of the journal, however it is cut into pages."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError, StorageError
from crmkit.storage import Change, MemoryStore, SQLiteStore, Store, journal, last_line, versions
from crmkit.storage.changes import DELETED, FORGOTTEN, apply, difference
from crmkit.storage.history import forgotten
from crmkit.testing.store_access import batch, birth, encoded, present, step


@pytest.fixture
def store() -> MemoryStore:
    """A note of 45 versions among 2,000 others."""
    store = MemoryStore()
    store.commit(batch("B-0", birth("N-0", {"log": [0]}), *(birth(f"M-{n}") for n in range(2000))))
    for number in range(1, 45):
        store.commit(batch(f"B-{number}", step(present(store, "N-0"), {"log": [*range(number)]})))
    return store


class TestJournal:
    def test_yields_every_line_over_all_pages(self, store: MemoryStore) -> None:
        lines = list(journal(store))

        assert len(lines) == 2045
        assert [int(line.position) for line in lines] == list(range(1, 2046))

    def test_yields_one_kind_or_one_record(self, store: MemoryStore) -> None:
        assert len(list(journal(store, kind="note"))) == 2045
        assert len(list(journal(store, id="N-0"))) == 45
        assert not list(journal(store, kind="task"))


class Plain(MemoryStore):
    """A store of the six verbs alone."""

    last_entry = None  # type: ignore[assignment]  # it has none


class TestLastLine:
    @pytest.mark.parametrize("made", [MemoryStore, Plain, SQLiteStore])
    def test_is_the_last_of_the_journal(self, made: type[Store], tmp_path: Path) -> None:
        store = made(tmp_path / "crm.db") if made is SQLiteStore else made()
        store.commit(batch("B-0", birth("N-0", {"n": 0}), birth("N-1", {"n": 0})))
        for n in range(1, 5):
            store.commit(batch(f"B-{n}", step(present(store, "N-0"), {"n": n})))
        store.commit(batch("B-5", step(present(store, "N-1"), None)))

        for id in ("N-0", "N-1"):
            assert last_line(store, kind="note", id=id) == [*journal(store, kind="note", id=id)][-1]
        assert last_line(store, kind="note", id="N-2") is None
        assert last_line(store, kind="task", id="N-0") is None
        if isinstance(store, SQLiteStore):
            store.close()


class TestVersions:
    def test_begins_with_the_first_line_or_any_whole_one(self, store: MemoryStore) -> None:
        lines = list(journal(store, kind="note", id="N-0"))
        whole = [place for place, line in enumerate(lines) if line.delta.startswith(b"{")]

        # Every twentieth version is whole: the first, the 20th, the 40th.
        assert [lines[place].version for place in whole] == [1, 20, 40]
        for place in whole:
            last = list(versions(lines[place:]))[-1]
            assert last.data is not None
            assert json.loads(last.data) == {"log": [*range(44)]}

    def test_cannot_begin_with_a_change(self, store: MemoryStore) -> None:
        lines = list(journal(store, kind="note", id="N-0"))

        with pytest.raises(StorageError, match="no version before it"):
            list(versions(lines[1:]))

    def test_goes_on_after_a_deletion(self, store: MemoryStore) -> None:
        store.commit(batch("B-90", step(present(store, "M-1"), None)))
        store.commit(batch("B-91", Change.of("note", "M-1", b'{"v":3}', expected=2)))

        data = [version.data for version in versions(journal(store, kind="note", id="M-1"))]

        assert data == [b"{}", None, b'{"v":3}']


class TestForgotten:
    @given(length=st.integers(1, 45), before=st.integers(1, 45), again=st.integers(1, 45))
    def test_keeps_every_version_from_one_on(self, length: int, before: int, again: int) -> None:
        before, again = min(before, length), min(again, length)
        images = [encoded({"n": n, "log": [*range(n)]}) for n in range(length)]
        lines = [difference(images[n - 1] if n % 20 else None, images[n]) for n in range(length)]

        for first in (before, again):
            for place, line in forgotten(lines, first).items():
                lines[place] = line

        kept_from = max(before, again) - 1
        data: bytes | None = None
        for place, line in enumerate(lines):
            data = apply(data, line)
            assert (line == FORGOTTEN) == (place < kept_from)
            assert data == (None if place < kept_from else images[place])
        assert forgotten(lines, again) == {}

    @pytest.mark.parametrize("lines", [[b'{"n":1}', DELETED], [b'{"n":1}', DELETED, b'{"n":2}']])
    def test_a_deletion_that_is_kept_stays_one(self, lines: list[bytes]) -> None:
        assert forgotten(lines, 2) == {0: FORGOTTEN}

    def test_a_deletion_stays_one_below_it_too(self) -> None:
        lines = [b'{"n":1}', DELETED, b'{"n":2}', b'[{"n":3}]']

        after = forgotten(lines, 4)

        assert after == {0: FORGOTTEN, 2: FORGOTTEN, 3: b'{"n":3}'}

    @pytest.mark.parametrize("before", [0, -1, 3, True, "1", 1.0])
    def test_refuses_a_version_that_is_not_there(self, before: Any) -> None:
        with pytest.raises(InvalidValueError, match="version of the record, from 1 to 2"):
            forgotten([b'{"n":1}', b'[{"n":2}]'], before)
