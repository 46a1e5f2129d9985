"""Rules for records: their state, their versions, their journal."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import attrs
import pytest

from crmkit.errors import ConflictError, InvalidValueError
from crmkit.storage import Batch, Change, Position, Query, Record, Rows, Store, journal, versions

from .store_access import AT, Handles, StoreFixtures, batch, birth, encoded, facts, present, step


class RecordRules(StoreFixtures):
    """What every store keeps of records."""

    def test_a_new_store_is_empty(self, store: Store) -> None:
        assert store.load("note", ["N-1"]) == {}
        assert not store.find(Query("note"))
        assert not store.entries()
        assert not list(store.scan("orders", ["amount"]))

    @pytest.mark.parametrize(
        "data",
        [
            "{}",
            '{"name":"海尔 \'O\\"Brien\' \u2028 😀","n":3,"x":0.1,"none":null}',
            ' { "blanks" : [ 1 , { "deep" : [ [ ] ] } ] } ',
            '{"long":"%s"}' % ("é" * 50_000),
            '{"escaped":"\\u0000\\ud83d\\ude00"}',
        ],
    )
    def test_data_are_read_as_they_were_written(self, store: Store, data: str) -> None:
        change = Change.of("note", "N-1", data.encode(), schema=3)

        assert store.commit(batch("B-1", change)) is True

        assert store.load("note", ["N-1", "N-2"]) == {
            "N-1": Record("note", "N-1", 1, 3, data.encode())
        }
        assert [version.data for version in versions(journal(store))] == [data.strip().encode()]

    def test_ids_may_be_any_text_that_can_be_printed(self, store: Store) -> None:
        ids = [
            "海尔-1",
            "it's",
            'say "no"',
            "a;b--c",
            "%_?",
            "x" * 200,
            "1",
            "01",
            "NULL",
            "É",
            "é",
            "K-1",
            "k-1",
        ]

        store.commit(batch("B'1", *(birth(id, {"id": id}) for id in ids)))

        assert {id: record.data for id, record in store.load("note", ids).items()} == {
            id: encoded({"id": id}) for id in ids
        }

    @pytest.mark.parametrize("id", [7, b"N-1", ("N-1",)])
    def test_what_is_no_text_is_refused_as_an_id(self, store: Store, id: object) -> None:
        asked = cast("str", id)

        with pytest.raises(InvalidValueError, match="must be text"):
            store.load("note", [asked])
        with pytest.raises(InvalidValueError, match="must be text"):
            store.entries(kind="note", id=asked)
        with pytest.raises(InvalidValueError, match="must be text"):
            store.redact("note", asked, ["text"])

    def test_an_entry_tells_who_when_and_which_batch(self, store: Store) -> None:
        at = AT.astimezone(ZoneInfo("Asia/Shanghai"))
        change = Change.of("note", "N-1", b'{"text":"hello"}', schema=2)

        store.commit(Batch(id="B-1", at=at, actor="李伟", changes=(change,)))

        (entry,) = store.entries()
        assert (entry.batch, entry.at, entry.at.utcoffset(), entry.actor) == (
            "B-1",
            AT,
            AT.utcoffset(),
            "李伟",
        )
        assert (entry.kind, entry.id, entry.version, entry.schema, entry.delta) == (
            "note",
            "N-1",
            1,
            2,
            b'{"text":"hello"}',
        )

    def test_a_new_version_may_have_a_new_schema(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1", {"v": 1})))

        newer = Change.of("note", "N-1", b'{"v":2}', before=present(store, "N-1"), schema=2)
        store.commit(batch("B-2", newer))

        assert present(store, "N-1") == Record("note", "N-1", 2, 2, b'{"v":2}')
        assert [line.schema for line in store.entries()] == [1, 2]

    @pytest.mark.parametrize("year", [1, 1969, 9999])
    def test_an_instant_may_be_long_ago_or_far_off(self, store: Store, year: int) -> None:
        at = datetime(year, 6, 1, 1, 2, 3, 999_999, tzinfo=AT.tzinfo)

        store.commit(Batch(id="B-1", at=at, actor="ann", changes=(birth("N-1"),)))

        assert store.entries()[0].at == at

    @pytest.mark.parametrize("expected", [0, 1, 2, 4, 7])
    def test_a_conflict_changes_nothing(self, store: Store, expected: int) -> None:
        store.commit(batch("B-1", birth("N-1")))
        for number in (2, 3):
            store.commit(batch(f"B-{number}", step(present(store, "N-1"), {"v": number})))
        change = attrs.evolve(birth("N-1", {"v": 9}), expected=expected)
        rows = Rows("orders", {"amount": [1]})

        with pytest.raises(ConflictError) as caught:
            store.commit(batch("B-9", birth("N-2"), change, rows=(rows,)))

        told = caught.value
        assert (told.kind, told.id, told.expected) == ("note", "N-1", expected)
        assert store.load("note", ["N-1", "N-2"]) == {
            "N-1": Record("note", "N-1", 3, 1, b'{"v":3}')
        }
        assert len(store.entries()) == 3
        assert not list(store.scan("orders", ["amount"]))

    def test_a_conflict_frees_the_id_of_the_batch(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1")))
        with pytest.raises(ConflictError):
            store.commit(batch("B-2", birth("N-1")))

        assert store.commit(batch("B-2", birth("N-2"))) is True

    def test_a_version_of_what_never_was_is_a_conflict(self, store: Store) -> None:
        with pytest.raises(ConflictError):
            store.commit(batch("B-1", attrs.evolve(birth("N-1"), expected=1)))

    def test_a_batch_is_stored_once(self, store: Store) -> None:
        again = batch("B-1", birth("N-1"), rows=(Rows("orders", {"amount": [1]}),))
        store.commit(again)

        assert store.commit(again) is False
        assert store.commit(batch("B-1", birth("N-2"))) is False

        assert len(store.entries()) == 1
        assert store.load("note", ["N-1", "N-2"]).keys() == {"N-1"}
        assert facts(store, "orders", "amount") == [(1,)]

    def test_a_batch_of_nothing_is_remembered_too(self, store: Store) -> None:
        assert store.commit(batch("B-1")) is True
        assert store.commit(batch("B-1", birth("N-1"))) is False

    def test_a_batch_may_change_many_records_and_one_twice(self, store: Store) -> None:
        first = Record("note", "N-1", 1, 1, encoded({"v": 1}))

        store.commit(batch("B-1", birth("N-1", {"v": 1}), birth("N-2"), step(first, {"v": 2})))

        assert present(store, "N-1") == Record("note", "N-1", 2, 1, encoded({"v": 2}))
        assert [(line.id, line.version) for line in store.entries()] == [
            ("N-1", 1),
            ("N-2", 1),
            ("N-1", 2),
        ]

    def test_the_second_change_of_a_record_is_checked_like_the_first(self, store: Store) -> None:
        with pytest.raises(ConflictError):
            store.commit(batch("B-1", birth("N-1"), birth("N-1")))

        assert store.load("note", ["N-1"]) == {}

    def test_kinds_are_apart(self, store: Store) -> None:
        store.commit(batch("B-1", birth("1", {"v": 1}), birth("1", {"v": 2}, kind="task")))

        assert present(store, "1").data == b'{"v":1}'
        assert present(store, "1", kind="task").data == b'{"v":2}'
        assert [record.kind for record in store.find(Query("task"))] == ["task"]

    def test_many_records_are_loaded_at_once(self, store: Store) -> None:
        ids = [f"N-{number}" for number in range(1500)]
        store.commit(batch("B-1", *map(birth, ids)))

        assert store.load("note", ids).keys() == set(ids)
        assert store.load("note", []) == {}

    @pytest.mark.parametrize("id", ["", " N-1", "N-1\0", "\ud800", "x" * 201])
    def test_what_can_be_no_id_is_not_found(self, store: Store, id: str) -> None:
        store.commit(batch("B-1", birth("N-1")))

        assert store.load("note", [id]) == {}
        assert store.load("note", [id, "N-1"]).keys() == {"N-1"}
        assert not store.entries(kind="note", id=id)
        assert not store.entries(id=id)
        assert store.redact("note", id, ["text"]) == 0

    def test_what_can_be_no_kind_is_refused(self, store: Store) -> None:
        with pytest.raises(InvalidValueError):
            store.load("No Kind", ["N-1"])
        with pytest.raises(InvalidValueError):
            store.entries(kind="note'; --")
        with pytest.raises(InvalidValueError):
            store.redact("\ud800", "N-1", ["text"])

    def test_every_version_can_be_read(self, store: Store) -> None:
        wanted = [{"v": number, "log": list(range(number))} for number in range(45)]
        store.commit(batch("B-0", birth("N-1", wanted[0])))
        for number, fields in enumerate(wanted[1:], start=1):
            store.commit(batch(f"B-{number}", step(present(store, "N-1"), fields)))

        lines = list(versions(journal(store, kind="note", id="N-1")))

        assert [line.data for line in lines] == [encoded(fields) for fields in wanted]
        assert [line.entry.version for line in lines] == list(range(1, 46))

    def test_restoring_a_version_adds_one(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1", {"v": 1, "log": [1]})))
        store.commit(batch("B-2", step(present(store, "N-1"), {"v": 2, "log": [1, 2]})))
        first = next(versions(journal(store, kind="note", id="N-1"))).data
        assert first is not None

        store.commit(batch("B-3", Change.of("note", "N-1", first, before=present(store, "N-1"))))

        assert present(store, "N-1") == Record("note", "N-1", 3, 1, first)
        assert [line.entry.version for line in versions(journal(store))] == [1, 2, 3]

    def test_a_deleted_record_is_not_seen_but_its_history_is(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1", {"v": 1})))

        store.commit(batch("B-2", step(present(store, "N-1"), None)))

        assert store.load("note", ["N-1"]) == {}
        assert not store.find(Query("note"))
        assert [line.data for line in versions(journal(store))] == [b'{"v":1}', None]

    def test_a_deleted_record_comes_back_by_the_version_of_its_deletion(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1", {"v": 1})))
        store.commit(batch("B-2", step(present(store, "N-1"), None)))
        with pytest.raises(ConflictError):
            store.commit(batch("B-3", birth("N-1")))

        store.commit(batch("B-3", Change.of("note", "N-1", b'{"v":3}', expected=2)))

        assert present(store, "N-1") == Record("note", "N-1", 3, 1, b'{"v":3}')
        assert [line.data for line in versions(journal(store))] == [b'{"v":1}', None, b'{"v":3}']

    @pytest.mark.parametrize("limit", [1, 7, 25, 1000])
    def test_the_feed_has_no_gap_and_no_repeat(self, store: Store, limit: int) -> None:
        for number in range(25):
            store.commit(batch(f"B-{number}", birth(f"N-{number}")))

        read, position = [], Position("")
        while page := store.entries(position, limit=limit):
            assert len(page) <= limit
            read += [line.id for line in page]
            position = page[-1].position

        assert read == [f"N-{number}" for number in range(25)]

    def test_the_feed_goes_on_with_what_came_since(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1")))
        last = store.entries()[-1].position
        assert not store.entries(last)

        store.commit(batch("B-2", birth("N-2")))

        assert [line.id for line in store.entries(last)] == ["N-2"]

    @pytest.mark.parametrize(
        ("kind", "id", "wanted"),
        [
            ("note", None, ["note 1 1", "note 2 1", "note 1 2"]),
            ("note", "1", ["note 1 1", "note 1 2"]),
            (None, "1", ["note 1 1", "task 1 1", "note 1 2"]),
            ("task", "2", []),
            ("meeting", None, []),
        ],
    )
    @pytest.mark.parametrize("limit", [1, 2, 1000])
    def test_the_journal_of_one_kind_or_record_is_read_alone(
        self, store: Store, kind: str | None, id: str | None, wanted: list[str], limit: int
    ) -> None:
        store.commit(batch("B-1", birth("1"), birth("2"), birth("1", kind="task")))
        store.commit(batch("B-2", step(present(store, "1"), {"v": 2})))

        read, position = [], Position("")
        while page := store.entries(position, kind=kind, id=id, limit=limit):
            read += [f"{line.kind} {line.id} {line.version}" for line in page]
            position = page[-1].position

        assert read == wanted

    def test_a_position_that_was_never_given_is_refused(self, store: Store) -> None:
        with pytest.raises(InvalidValueError, match="position"):
            store.entries(Position("no position"))

    @pytest.mark.parametrize(("kind", "id"), [(None, None), ("note", None), ("note", "N-1")])
    def test_a_position_beyond_the_last_is_refused(
        self,
        handles: Handles,
        tmp_path_factory: pytest.TempPathFactory,
        kind: str | None,
        id: str | None,
    ) -> None:
        """Whoever went on from there would pass over what comes next, and never know."""
        longer = self.make_store(tmp_path_factory.mktemp("longer"))
        longer.commit(batch("B-1", *(birth(f"N-{number}") for number in range(3))))
        beyond = longer.entries()[-1].position
        self.close_store(longer)
        store = handles.make()
        with pytest.raises(InvalidValueError, match="position"):
            store.entries(beyond, kind=kind, id=id)
        store.commit(batch("B-1", birth("N-1")))

        with pytest.raises(InvalidValueError, match="position"):
            store.entries(beyond, kind=kind, id=id)

    def test_a_page_of_nothing_is_refused(self, store: Store) -> None:
        with pytest.raises(InvalidValueError, match="limit"):
            store.entries(limit=0)
