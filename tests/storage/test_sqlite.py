"""The SQLite store: the common rules, its query plans, what it wipes, what it weighs."""

import gc
import json
import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crmkit.errors import ConflictError, StorageError
from crmkit.kernel import Scalar
from crmkit.storage import Change, Query, SQLiteStore, Store
from crmkit.storage.sqlite import _ENTRIES, _page
from crmkit.testing import Capabilities, StoreRules

from .sqlite_words import NO_WAIT, ask, batch, complaint


class TestSQLiteStore(StoreRules):
    capabilities = Capabilities(
        persistent=True, shared=True, threads=True, closes=True, tended=True
    )

    def make_store(self, folder: Path) -> Store:
        return SQLiteStore(folder / "crm.db", durable=False)

    def open_again(self, store: Store, folder: Path) -> Store:
        return SQLiteStore(folder / "crm.db", durable=False)


class TestPlan:
    """The planner uses the indexes of the keys."""

    def plan(self, tmp_path: Path, query: Query) -> str:
        with SQLiteStore(tmp_path / "crm.db", durable=False) as store:
            store.commit(batch("B-1", *(complaint(f"K-{n}", due=n) for n in range(200))))
            sql, values = _page(query)
            with store._connections.writing() as db:
                steps = db.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        return "; ".join(step[-1] for step in steps)

    @pytest.mark.parametrize(
        ("operator", "value", "wanted"),
        [
            ("=", "received", "<expr>=?"),
            ("=", 1.5, "<expr>=?"),
            ("=", None, "<expr>=?"),
            (">", "a", "<expr>>?"),
            ("<=", 1.5, "<expr><?"),
        ],
    )
    def test_a_condition_searches_the_index(
        self, tmp_path: Path, operator: str, value: str | float | None, wanted: str
    ) -> None:
        order_by = "id" if operator == "=" else "stage"
        query = Query("complaint", where=(("stage", operator, value),), order_by=order_by)

        plan = self.plan(tmp_path, query)

        assert plan == f"SEARCH crm_record USING INDEX crm_key$complaint$stage ({wanted})"

    def test_a_condition_searches_its_index_whatever_the_order(self, tmp_path: Path) -> None:
        """What one account holds is found without reading what others hold."""
        query = Query("complaint", where=(("stage", "=", "received"),), order_by="due", limit=1000)

        plan = self.plan(tmp_path, query)

        assert plan.startswith("SEARCH crm_record USING INDEX crm_key$complaint$stage (<expr>=?)")

    def test_one_of_several_values_searches_the_index(self, tmp_path: Path) -> None:
        query = Query("complaint", where=(("stage", "in", ("received", "closed")),))

        assert "USING INDEX crm_key$complaint$stage (<expr>=?)" in self.plan(tmp_path, query)

    @pytest.mark.parametrize("after", [None, (7, "K-7"), (7.5, "K-7")])
    def test_pages_follow_the_index(self, tmp_path: Path, after: tuple[float, str] | None) -> None:
        plan = self.plan(tmp_path, Query("complaint", order_by="due", after=after))

        verb, bound = ("SEARCH", " (<expr>>?)") if after else ("SCAN", "")
        assert plan == f"{verb} crm_record USING INDEX crm_key$complaint$due{bound}"

    def test_pages_by_id_follow_the_ids(self, tmp_path: Path) -> None:
        plan = self.plan(tmp_path, Query("complaint", after=("K-7", "K-7")))

        assert plan.startswith("SEARCH crm_record USING INDEX sqlite_autoindex_crm_record_1")
        assert "(kind=? AND id>?)" in plan

    def test_the_feed_is_read_by_position(self, tmp_path: Path) -> None:
        values = {"kind": "complaint", "id": "K-1", "after": 0, "limit": 10}
        with SQLiteStore(tmp_path / "crm.db") as store, store._connections.reading() as db:
            for names, sql in _ENTRIES.items():
                steps = db.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
                plan = [step[-1] for step in steps]
                assert not any("TEMP B-TREE" in step for step in plan)
                assert plan[0] == (
                    "SEARCH j USING INDEX sqlite_autoindex_crm_journal_1 (record=?)"
                    if names == ("kind", "id")
                    else "SEARCH j USING INTEGER PRIMARY KEY (rowid>?)"
                )


class TestRedact:
    def secret(self, store: SQLiteStore) -> None:
        for number, name in enumerate(["Zhuge Liang", "Zhuge Kongming"]):
            data = json.dumps({"name": name, "log": list(range(number))}).encode()
            held = store.load("customer", ["C-1"]).get("C-1")
            change = Change.of("customer", "C-1", data, before=held, keys={"name": name})
            store.commit(batch(f"B-{number}", change))

    def test_no_file_holds_the_value_any_more(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            self.secret(store)
            before = b"".join(path.read_bytes() for path in tmp_path.iterdir())

            assert store.redact("customer", "C-1", ["name"]) == 2

            files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert b"Zhuge" in before
        assert b"Zhuge" not in files
        assert b"Zhuge" not in (tmp_path / "crm.db").read_bytes()

    def test_a_reader_who_holds_the_log_is_told_of(self, tmp_path: Path) -> None:
        with (
            SQLiteStore(tmp_path / "crm.db", busy_timeout=NO_WAIT) as store,
            closing(sqlite3.connect(tmp_path / "crm.db", isolation_level=None)) as reader,
        ):
            self.secret(store)
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM crm_record").fetchall()

            with pytest.raises(StorageError, match="somebody is reading; repeat it later"):
                store.redact("customer", "C-1", ["name"])

            assert b"Zhuge" not in store.load("customer", ["C-1"])["C-1"].data
            reader.execute("COMMIT")
            assert store.redact("customer", "C-1", ["name"]) == 0
            assert b"Zhuge" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


class TestSize:
    def test_ten_steps_cost_four_times_the_state_at_most(self, tmp_path: Path) -> None:
        """Design: at most 6 KB for 1.5 KB of state, pages and indexes included."""
        records = 200
        line = {
            "stage": "investigated",
            "by": "ann",
            "at": "2026-03-02T09:00:00Z",
            "note": "x" * 55,
        }
        with SQLiteStore(tmp_path / "crm.db", durable=False) as store:
            for number in range(10):
                changes = []
                held = store.load("complaint", [f"K-{n}" for n in range(records)])
                for n in range(records):
                    id = f"K-{n}"
                    fields = {"id": id, "about": "y" * 180, "trail": [line] * (number + 1)}
                    data = json.dumps(fields, separators=(",", ":")).encode()
                    keys: dict[str, Scalar] = {"stage": "investigated", "due": number}
                    changes.append(Change.of("complaint", id, data, before=held.get(id), keys=keys))
                store.commit(batch(f"B-{number}", *changes))

        (size,) = ask(tmp_path / "crm.db", "SELECT avg(length(data)) FROM crm_record")[0]
        assert size == pytest.approx(1500, rel=0.05)
        pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        (file,) = ask(tmp_path / "crm.db", pages)[0]
        assert isinstance(file, int)
        assert file / records <= 6 * 1024


def add(path: Path, me: int, times: int) -> None:
    """Add one to a record that other processes change too."""
    with SQLiteStore(path, durable=False) as store:
        for number in range(times):
            for attempt in range(10_000):
                held = store.load("note", ["N-1"])["N-1"]
                data = b'{"n":%d}' % (json.loads(held.data)["n"] + 1)
                change = Change.of("note", "N-1", data, before=held)
                try:
                    store.commit(batch(f"{me}-{number}-{attempt}", change))
                    break
                except ConflictError:
                    continue


class TestCommit:
    def test_leaves_no_cursor_open(self, tmp_path: Path) -> None:
        """One that is let go of later resets what another thread has running by then."""
        with SQLiteStore(tmp_path / "crm.db", durable=False) as store:
            store.commit(batch("B-1", complaint("K-1")))
            with pytest.raises(ConflictError) as failure:
                store.commit(batch("B-2", complaint("K-1")))

            held = [found for found in gc.get_objects() if isinstance(found, sqlite3.Cursor)]

            # A failure that somebody keeps holds what was at work when it came.
            assert failure.tb is not None
            assert held
            for cursor in held:
                with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
                    cursor.fetchone()


class TestProcesses:
    def test_lose_nothing_among_them(self, tmp_path: Path) -> None:
        path = tmp_path / "crm.db"
        with SQLiteStore(path) as store:
            store.commit(batch("B-1", Change.of("note", "N-1", b'{"n":0}')))
            context = multiprocessing.get_context("spawn")
            crew = [context.Process(target=add, args=(path, me, 25)) for me in range(3)]

            for process in crew:
                process.start()
            for process in crew:
                process.join(60)

            assert [process.exitcode for process in crew] == [0, 0, 0]
            record = store.load("note", ["N-1"])["N-1"]
            assert (record.version, record.data) == (76, b'{"n":75}')
