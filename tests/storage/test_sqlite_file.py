"""A SQLite file as a whole: looked through, backed up, put back, written anew, while in use."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import crmkit
from crmkit.errors import InvalidValueError, StorageError
from crmkit.storage import Batch, Query, Rows, SQLiteStore, journal
from crmkit.testing.store_access import AT, batch, birth, present, step


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    """A note that was changed once, found by a key; and two facts."""
    with SQLiteStore(tmp_path / "crm.db") as store:
        store.commit(batch("B-1", birth("N-1", {"n": 0}, keys={"n": 0})))
        store.commit(batch("B-2", step(present(store, "N-1"), {"n": 1}, keys={"n": 1})))
        rows = Rows("said", {"who": ["a", "b"]})
        store.commit(Batch(id="F-1", at=AT, actor="ann", rows=(rows,)))
        yield store


def images(store: SQLiteStore) -> list[bytes]:
    return [line.delta for line in journal(store)]


def foreign(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE invoice (number)")
    connection.commit()
    connection.close()


def newer(file: Path) -> None:
    SQLiteStore(file).close()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def torn(file: Path) -> None:
    """A file of ours with a damaged page in the middle."""
    with SQLiteStore(file) as store:
        store.commit(batch("B-1", *(birth(f"N-{n}", {"n": "x" * 500}) for n in range(200))))
    data = bytearray(file.read_bytes())
    data[3 * 8192 : 4 * 8192] = b"\xff" * 8192
    file.write_bytes(data)


def cut_off(file: Path) -> None:
    torn(file)
    file.write_bytes(file.read_bytes()[: 5 * 8192])


UNFIT: dict[str, Callable[[Path], object]] = {
    "there is no such file": lambda file: None,
    "it is a folder": lambda file: file.mkdir(),
    "not a database": lambda file: file.write_text("rubbish " * 4000),
    "it is damaged, or empty": lambda file: file.touch(),
    "database of another program": foreign,
    "newer than this library": newer,
    "damaged|malformed": torn,
    "damaged|malformed|disk I/O": cut_off,
}


class TestCheck:
    def test_finds_nothing_wrong(self, store: SQLiteStore) -> None:
        assert store.check() == ()

    def test_finds_an_index_that_lacks_a_row(self, store: SQLiteStore) -> None:
        raw = sqlite3.connect(store.path)
        raw.execute("PRAGMA writable_schema = ON")
        # As if the index had been made over another key, so that it holds the wrong rows.
        raw.execute(
            "UPDATE sqlite_master SET sql = replace(sql, '$.n', '$.m') WHERE name = ?",
            ("crm_key$note$n",),
        )
        raw.commit()
        raw.close()

        with SQLiteStore(store.path) as again:
            assert again.check() == ("row 1 missing from index crm_key$note$n",)

    def test_finds_a_line_that_lost_its_batch(self, store: SQLiteStore) -> None:
        raw = sqlite3.connect(store.path)
        raw.execute("DELETE FROM crm_batch WHERE id = 'B-2'")
        raw.commit()
        raw.close()

        assert store.check() == ("row 2 of crm_journal has lost its crm_batch",)


class TestBackUp:
    def test_is_a_store_of_its_own(self, store: SQLiteStore, tmp_path: Path) -> None:
        store.back_up(tmp_path / "backup.db")

        assert [path.name for path in tmp_path.glob("backup.db*")] == ["backup.db"]
        with SQLiteStore(tmp_path / "backup.db") as backup:
            assert images(backup) == images(store)
            assert present(backup, "N-1") == present(store, "N-1")
            assert len(backup.find(Query("note", where=(("n", "=", 1),)))) == 1
            assert list(backup.scan("said", ["who"])) == [{"who": ("a", "b")}]

    @pytest.mark.parametrize("there", [True, False])
    def test_overwrites_nothing(self, store: SQLiteStore, tmp_path: Path, there: bool) -> None:
        file = tmp_path / "other.txt" if there else store.path
        if there:
            file.write_text("mine")
        before = file.read_bytes()

        with pytest.raises(StorageError, match="it exists already; give the path of a new file"):
            store.back_up(file)

        assert file.read_bytes() == before

    def test_refuses_what_names_no_file(self, store: SQLiteStore, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="no folder"):
            store.back_up(tmp_path / "nowhere" / "backup.db")
        with pytest.raises(InvalidValueError, match="must name a file"):
            store.back_up(":memory:")

    def test_of_a_damaged_file_there_is_none(self, tmp_path: Path) -> None:
        torn(tmp_path / "torn.db")

        store = SQLiteStore(tmp_path / "torn.db")
        with store, pytest.raises(StorageError, match=r"damaged|malformed") as caught:
            store.back_up(tmp_path / "backup.db")
        assert caught.value.where == str(tmp_path / "torn.db")

        assert not (tmp_path / "backup.db").exists()

    def test_refuses_a_file_that_cannot_be_made(self, store: SQLiteStore, tmp_path: Path) -> None:
        link = tmp_path / "backup.db"
        link.symlink_to(tmp_path / "nowhere" / "backup.db")

        with pytest.raises(StorageError, match="unable to open database file") as caught:
            store.back_up(link)

        assert caught.value.where == str(link)

    def test_names_the_new_file_where_the_disk_is_full(
        self, store: SQLiteStore, tmp_path: Path
    ) -> None:
        resource = pytest.importorskip("resource")
        usual = resource.getrlimit(resource.RLIMIT_FSIZE)
        # From here on no file may be longer than a page or two, as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, usual[1]))
        try:
            with pytest.raises(StorageError) as caught:
                store.back_up(tmp_path / "backup.db")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)

        assert caught.value.where == str(tmp_path / "backup.db")
        assert not (tmp_path / "backup.db").exists()

    def test_is_one_moment_while_others_write(self, tmp_path: Path) -> None:
        """Each commit makes one customer and one complaint of his: a torn copy would have one."""
        ended = threading.Event()
        with crmkit.open(f"sqlite:///{tmp_path / 'crm.db'}", actor="ann", durable=False) as crm:

            def write() -> None:
                for number in range(2000):
                    if ended.is_set():
                        return
                    with crm.transaction() as tx:
                        tx.customers.add_person(id=f"C-{number}", name="Li " * 500)
                        tx.complaints.receive(customer=f"C-{number}", about="leaks")

            writer = threading.Thread(target=write)
            writer.start()
            try:
                for number in range(5):
                    crm.upkeep.back_up(tmp_path / f"backup-{number}.db")
            finally:
                ended.set()
                writer.join()

        for number in range(5):
            with crmkit.open(f"sqlite:///{tmp_path / f'backup-{number}.db'}") as backup:
                assert backup.upkeep.verify().is_sound
                customers = [customer.id for customer in backup.customers.each()]
                assert sorted(c.customer for c in backup.complaints.each()) == sorted(customers)


class TestPutBack:
    def test_undoes_what_was_saved_since(self, store: SQLiteStore, tmp_path: Path) -> None:
        held = images(store)
        store.back_up(tmp_path / "backup.db")
        store.commit(batch("B-3", birth("N-3", keys={"colour": "red"})))
        rows = Rows("said", {"what": ["x"]})
        store.commit(Batch(id="F-2", at=AT, actor="ann", rows=(rows,)))

        store.put_back(tmp_path / "backup.db")

        assert images(store) == held
        assert store.check() == ()
        # What was remembered of the file is forgotten: its keys and columns are made again.
        store.commit(batch("B-3", birth("N-3", keys={"colour": "red"})))
        store.commit(Batch(id="F-2", at=AT, actor="ann", rows=(rows,)))
        assert len(store.find(Query("note", where=(("colour", "=", "red"),)))) == 1
        assert list(store.scan("said", ["what"])) == [{"what": (None, None, "x")}]

    def test_others_go_on_with_it(self, store: SQLiteStore, tmp_path: Path) -> None:
        store.back_up(tmp_path / "backup.db")
        with SQLiteStore(store.path) as other:
            other.commit(batch("B-3", birth("N-3")))

            store.put_back(tmp_path / "backup.db")

            assert images(other) == images(store)
            other.commit(batch("B-4", birth("N-4")))
            assert len(images(store)) == 3
            with closing(sqlite3.connect(store.path)) as raw:
                assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_others_learn_that_tables_and_keys_are_gone(
        self, store: SQLiteStore, tmp_path: Path
    ) -> None:
        rows = Rows("orders", {"amount": [1999]})
        store.back_up(tmp_path / "backup.db")
        with SQLiteStore(store.path) as other:
            other.commit(batch("B-3", birth("N-3", keys={"colour": "red"}), rows=(rows,)))
            assert len(list(other.scan("orders", ["amount"]))) == 1

            store.put_back(tmp_path / "backup.db")

            assert list(other.scan("orders", ["amount"])) == []
            with pytest.raises(InvalidValueError, match="colour"):
                other.find(Query("note", where=(("colour", "=", "red"),)))
            other.commit(batch("B-3", birth("N-3", keys={"colour": "red"}), rows=(rows,)))
            assert len(other.find(Query("note", where=(("colour", "=", "red"),)))) == 1
            assert list(other.scan("orders", ["amount"])) == [{"amount": (1999,)}]
            assert "crm_key$note$colour" in other.layout

    def test_a_place_in_the_feed_that_is_gone_is_refused(
        self, store: SQLiteStore, tmp_path: Path
    ) -> None:
        store.back_up(tmp_path / "backup.db")
        store.commit(batch("B-3", birth("N-3")))
        place = store.entries()[-1].position

        store.put_back(tmp_path / "backup.db")

        with pytest.raises(InvalidValueError, match="after put_back rewind the reader"):
            store.entries(place)

    def test_names_its_own_file_where_the_disk_is_full(
        self, store: SQLiteStore, tmp_path: Path
    ) -> None:
        resource = pytest.importorskip("resource")
        store.back_up(tmp_path / "backup.db")
        usual = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, usual[1]))
        try:
            with pytest.raises(StorageError) as caught:
                store.put_back(tmp_path / "backup.db")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)

        assert caught.value.where == str(store.path)

    @pytest.mark.parametrize("problem", UNFIT)
    def test_refuses_what_is_no_backup(
        self, store: SQLiteStore, tmp_path: Path, problem: str
    ) -> None:
        file = tmp_path / "backup.db"
        UNFIT[problem](file)
        held = images(store)

        with pytest.raises(StorageError, match=problem):
            store.put_back(file)

        assert images(store) == held
        assert store.check() == ()
        assert store.commit(batch("B-3", birth("N-3")))

    def test_refuses_its_own_file(self, store: SQLiteStore) -> None:
        with pytest.raises(StorageError, match="it is the store's own file"):
            store.put_back(store.path)

    def test_waits_no_longer_than_the_store(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db", busy_timeout=timedelta(milliseconds=10)) as store:
            store.commit(batch("B-1", birth("N-1")))
            store.back_up(tmp_path / "backup.db")
            other = sqlite3.connect(store.path)
            other.execute("BEGIN IMMEDIATE")

            with pytest.raises(StorageError, match="somebody else is writing: nothing was put"):
                store.put_back(tmp_path / "backup.db")

            other.close()
            store.put_back(tmp_path / "backup.db")

    def test_meets_writers(self, store: SQLiteStore, tmp_path: Path) -> None:
        """Each write is before it, and gone, or after it, and whole."""
        store.back_up(tmp_path / "backup.db")
        ended = threading.Event()
        problems: list[str] = []

        def write(name: str) -> None:
            for number in range(2000):
                if ended.is_set():
                    return
                try:
                    store.commit(batch(f"{name}-{number}", birth(f"{name}-{number}")))
                except StorageError as error:
                    problems.append(str(error))

        writers = [threading.Thread(target=write, args=(name,)) for name in ("X", "Y")]
        for writer in writers:
            writer.start()
        try:
            for _ in range(5):
                store.put_back(tmp_path / "backup.db")
        finally:
            ended.set()
            for writer in writers:
                writer.join()

        assert problems == []
        assert store.check() == ()
        assert len(images(store)) >= 2


class TestShrink:
    def test_gives_free_room_back(self, store: SQLiteStore) -> None:
        store.commit(batch("B-3", *(birth(f"M-{n}", {"n": "x" * 900}) for n in range(500))))
        store.shrink()
        large = store.path.stat().st_size
        for number in range(500):
            store.redact("note", f"M-{number}", ["n"])

        store.shrink()

        assert store.path.stat().st_size < large / 2
        assert store.check() == ()


class TestAHostsFile:
    def test_is_his_to_keep(self, tmp_path: Path) -> None:
        host = sqlite3.connect(tmp_path / "host.db")
        store = SQLiteStore.on(host)
        store.commit(batch("B-1", birth("N-1")))
        host.commit()

        acts: list[Callable[[], object]] = [
            lambda: store.back_up(tmp_path / "backup.db"),
            lambda: store.put_back(tmp_path / "backup.db"),
            store.shrink,
        ]
        for act in acts:
            with pytest.raises(StorageError, match="it is the host's file"):
                act()

        assert store.check() == ()
        assert store.files == (tmp_path / "host.db",)
        host.close()

    def test_in_memory_has_no_files(self) -> None:
        host = sqlite3.connect(":memory:")
        store = SQLiteStore.on(host)

        assert (store.path, store.files) == (Path(":memory:"), ())
        assert "CREATE TABLE crm_record" in store.layout
        host.close()


class TestFiles:
    def test_are_the_file_and_those_beside_it(self, store: SQLiteStore) -> None:
        names = [path.name for path in store.files]

        assert names == ["crm.db", "crm.db-wal", "crm.db-shm"]
        store.close()
        assert [path.name for path in store.files] == ["crm.db"]


def test_a_store_with_rows_that_cannot_be_is_not_backed_up(tmp_path: Path) -> None:
    """A deleted record in a table that was said to have none: SQLite copies it, and finds it."""
    with SQLiteStore(tmp_path / "crm.db") as store:
        crm = crmkit.CRM(store, actor="ann")
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.customers.delete("C-7")
    with closing(sqlite3.connect(tmp_path / "crm.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'data TEXT,', 'data TEXT NOT NULL,')"
        )

    with (
        SQLiteStore(tmp_path / "crm.db") as store,
        pytest.raises(StorageError, match="it is damaged"),
    ):
        store.back_up(tmp_path / "backup.db")

    assert not (tmp_path / "backup.db").exists()
