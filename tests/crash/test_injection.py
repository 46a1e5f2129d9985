"""Hostile texts in every place that takes text: refused by name, or stored and read as they are."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import chdir, closing
from pathlib import Path

import pytest
from hypothesis import assume, example, given, strategies as st

from crmkit.errors import CrmkitError, InvalidValueError, StorageError
from crmkit.storage import Batch, Change, Query, Rows, SQLiteStore, apply, redacted, told
from crmkit.storage.sqlite_format import failed

from .ledger import AT


PIECES = (
    *("'", '"', "`", "[", "]", ";", "--", "/*", "*/", "\\", "$", "?", ":", "@", "%", "%00", "#"),
    *("\0", "\n", "\r", "\t", "\x1b", "\x7f", "\u00a0", "\u200b", "\u202e", "\u2066", "\ufeff"),
    *("\ud800", "\udfff", "\udcff", "\U0001f600", "é", "e\u0301", "吴", "\U000e0001"),
    *("' OR 1=1 --", '"; DROP TABLE crm_record; --', "'); DELETE FROM crm_journal; --", "NULL"),
    *("crm_record", "sqlite_master", "row$", "rowid", "batch$", "file:", "?mode=ro", "../", "/"),
    *("{", "}", "$.a", "a.b", "{}", "%s", "_", "a", "order", "select", "x" * 300),
)
NASTY = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=6).map("".join)
SCALAR = NASTY | st.integers(-(2**70), 2**70) | st.floats() | st.none()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLiteStore]:
    """One store for all: what is hostile must leave what was stored before it untouched."""
    path = tmp_path_factory.mktemp("injection") / "crm.db"
    store = SQLiteStore(path, durable=False)
    with closing(sqlite3.connect(path)) as host:
        host.execute("CREATE TABLE secrets (word)")
        host.execute("INSERT INTO secrets VALUES ('open sesame')")
        host.commit()
    store.commit(batch("neighbour", Change.of("note", "neighbour", b'{"n":1}', keys={"n": 1})))
    yield store
    store.close()


counted = iter(range(10**9))


def batch(id: str, *changes: Change, rows: tuple[Rows, ...] = (), actor: str = "ann") -> Batch:
    return Batch(id=id, at=AT, actor=actor, changes=changes, rows=rows)


def fresh() -> str:
    return f"B-{next(counted)}"


def taken(act: Callable[[], object]) -> bool:
    """Tell whether an act was done; if not, it was refused by name."""
    try:
        act()
    except CrmkitError as error:
        return not str(error)
    return True


def check_untouched(store: SQLiteStore) -> None:
    """See that the neighbours are as they were, and no table or index is another's."""
    with closing(sqlite3.connect(store.path)) as host:
        assert host.execute("SELECT word FROM secrets").fetchall() == [("open sesame",)]
        names = [name for (name,) in host.execute("SELECT name FROM sqlite_master")]
    assert not [n for n in names if not n.startswith(("crm_", "sqlite_", "secrets"))]
    assert store.load("note", ["neighbour"])["neighbour"].data == b'{"n":1}'


class TestText:
    @given(id=NASTY, actor=NASTY, value=NASTY)
    @example(id="'; DROP TABLE crm_record; --", actor="$", value="\u202e")
    def test_in_ids_actors_and_data_is_refused_or_read_as_it_is(
        self, store: SQLiteStore, id: str, actor: str, value: str
    ) -> None:
        name = fresh()
        before = store.load("note", [id]), store.entries(id=id)
        data = json.dumps({"value": value, value: 1}).encode()

        def commit() -> None:
            held = store.load("note", [id]).get(id)
            expected = len(store.entries(kind="note", id=id)) if held is None else None
            change = Change.of("note", id, data, before=held, expected=expected)
            store.commit(batch(f"{name} {id}", change, actor=actor))

        if taken(commit):
            record = store.load("note", [id])[id]
            lines = store.entries(kind="note", id=id)
            assert (record.id, record.data) == (id, data)
            assert {line.id for line in lines} == {id}
            assert (lines[-1].batch, lines[-1].actor) == (f"{name} {id}", actor)
            assert record in store.find(Query("note", where=[("id", "=", id)]))
        else:
            assert (store.load("note", [id]), store.entries(id=id)) == before
        check_untouched(store)

    @given(kind=NASTY, key=NASTY, value=SCALAR)
    def test_in_kinds_and_keys_is_refused_or_found_again(
        self, store: SQLiteStore, kind: str, key: str, value: str | float | None
    ) -> None:
        def commit() -> None:
            change = Change.of(kind, fresh(), b"{}", keys={key: value})
            store.commit(batch(fresh(), change))

        if taken(commit):
            found = store.find(Query(kind, where=[(key, "=", value)], order_by=key))
            assert found
            assert {record.kind for record in found} == {kind}
        check_untouched(store)

    @given(value=SCALAR)
    def test_in_values_of_keys_is_refused_or_found_again(
        self, store: SQLiteStore, value: str | float | None
    ) -> None:
        id = fresh()

        def commit() -> None:
            store.commit(batch(fresh(), Change.of("topic", id, b"{}", keys={"word": value})))

        is_in = taken(commit)

        for operator in ("=", "<=", ">="):
            ids = ids_where(store, operator, value)
            assert ids is None or (id in ids) is (is_in and (value is not None or operator == "="))
        check_untouched(store)

    @given(table=NASTY, column=NASTY, cell=SCALAR)
    @example(table="orders", column="rowid", cell="'")
    @example(table="x" * 60, column="order", cell="\udcff")
    def test_in_tables_columns_and_cells_is_refused_or_read_as_it_is(
        self, store: SQLiteStore, table: str, column: str, cell: str | float | None
    ) -> None:
        name = fresh()

        def commit() -> None:
            rows = Rows(table, {column: [cell], "batch_name": [name]})
            store.commit(batch(fresh(), rows=(rows,)))

        if taken(commit):
            where = [("batch_name", "=", name)]
            (part,) = store.scan(table, [column], where=where)
            assert list(part[column]) == [cell]
        else:
            assert not taken(lambda: list(store.scan(table, [column]))) or is_name(table, column)
        check_untouched(store)

    @given(kind=NASTY, id=NASTY, text=NASTY)
    def test_in_questions_finds_nothing_or_is_refused(
        self, store: SQLiteStore, kind: str, id: str, text: str
    ) -> None:
        before = store.entries()

        for act in (
            lambda: store.load(kind, [id, text]),
            lambda: store.entries(kind=kind, id=id),
            lambda: store.find(Query("note", where=[("n", "=", text)])),
            lambda: store.find(Query("note", where=[(text, "=", 1)])),
            lambda: store.find(Query("note", where=[("n", text, 1)])),
            lambda: store.find(Query("note", order_by=text)),
            lambda: list(store.scan(kind, [text], where=[(text, "=", id)])),
            lambda: store.redact(kind, f"none {id}", [text]),
            lambda: store.redact("note", "neighbour", [f"no {text}"]),
        ):
            taken(act)

        assert store.entries() == before
        check_untouched(store)


def is_name(*names: str) -> bool:
    return all(name.isidentifier() and name.isascii() and name.islower() for name in names)


def ids_where(store: SQLiteStore, operator: str, value: str | float | None) -> list[str] | None:
    """Return the ids of the topics found; None where the question was refused by name."""
    try:
        query = Query("topic", where=[("word", operator, value)], limit=100_000)
        return [record.id for record in store.find(query)]
    except InvalidValueError:
        return None


class TestPath:
    @given(name=NASTY)
    @example("file:crm.db?mode=memory")
    @example(":memory:")
    @example("x" * 300)
    @example("\udcff.db")
    @example("\ud800.db")
    @example("a/b.db")
    def test_is_refused_by_name_or_is_the_file(
        self, tmp_path_factory: pytest.TempPathFactory, name: str
    ) -> None:
        folder = tmp_path_factory.mktemp("paths")
        # Whoever names another folder shall have it: that is no fault to look for.
        assume(not name.startswith("/") and ".." not in name)

        def use() -> None:
            with SQLiteStore(name, durable=False) as store:
                store.commit(batch("B-1"))

        with chdir(folder):
            names = [Path(name).name] if taken(use) else []

        assert [one.name for one in folder.iterdir()] == names

    @pytest.mark.parametrize("path", [None, 3, b"crm.db"])
    def test_of_another_type_is_refused(self, path: str) -> None:
        with pytest.raises(InvalidValueError, match=r"path is .*: it must be text or a Path"):
            SQLiteStore(path)


class TestDepth:
    @pytest.mark.parametrize(("open", "close"), [(b"[", b"]"), (b'{"a":', b"}")])
    def test_that_is_hostile_is_refused_by_name(self, open: bytes, close: bytes) -> None:
        data = b'{"a":' + open * 100_000 + b"1" + close * 100_000 + b"}"
        before = Change.of("note", "N-1", b"{}")

        with pytest.raises(InvalidValueError, match=r"data is .*: it must be a JSON object"):
            Change.of("note", "N-1", data)
        with pytest.raises(InvalidValueError, match=r"delta is .*: it must be a line"):
            Change(kind="note", id="N-1", expected=1, data=before.data, delta=b"[" + data + b"]")

    def test_that_stands_in_a_journal_is_refused_by_name(self) -> None:
        """It was taken where Python had more room, or somebody else wrote it."""
        deep = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b',"b":1}'
        acts: list[Callable[[], object]] = [
            lambda: apply(deep, b'[{"b":2}]'),
            lambda: told(deep, "a"),
            lambda: told(b"[" + deep + b"]", "a"),
            lambda: redacted(deep, ["b"]),
            lambda: redacted(b"[" + deep + b"]", ["b"]),
        ]

        for act in acts:
            with pytest.raises(StorageError, match="recursion"):
                act()


class TestSize:
    def test_of_a_record_has_a_limit(self) -> None:
        """Before it is read, and so before it takes more memory than its sender's."""
        data = bytes(100_000_001)

        with pytest.raises(InvalidValueError, match=r"'100,000,001 bytes': it must be at most 100"):
            Change.of("note", "N-1", data)

    def test_beyond_what_sqlite_takes_is_refused_by_name(self, tmp_path: Path) -> None:
        """SQLite takes a row of 10⁹ bytes; a lower limit stands for it."""
        note = Change.of("note", "N-1", b'{"text":"%s"}' % (b"x" * 5_000))
        rows = Rows("orders", {"text": ["x" * 5_000]})
        with SQLiteStore(tmp_path / "crm.db") as store:
            with store._connections.writing() as connection:
                assert isinstance(connection, sqlite3.Connection)
                usual = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4_000)

            for large in (batch("B-1", note), batch("B-1", rows=(rows,))):
                with pytest.raises(StorageError, match=r"too big.*; keep large content in a file"):
                    store.commit(large)
                assert not store.entries()

            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, usual)
            assert store.commit(batch("B-1", note, rows=(rows,)))

    def test_beyond_what_python_hands_on_is_refused_by_name(self) -> None:
        """Text of 2 GB, for which a test has no memory."""
        error = failed(Path("crm.db"), OverflowError("string longer than INT_MAX bytes"))

        assert "keep large content in a file" in str(error)

    def test_of_a_table_in_columns_is_refused_by_name(self, tmp_path: Path) -> None:
        rows = Rows("orders", {f"c{n}": [n] for n in range(3_000)})
        with SQLiteStore(tmp_path / "crm.db") as store:
            with pytest.raises(StorageError, match="too many"):
                store.commit(batch("B-1", rows=(rows,)))

            assert not list(store.scan("orders", ["c1"]))
