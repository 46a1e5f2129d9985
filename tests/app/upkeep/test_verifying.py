"""Every fault that is sown into a file is told, by kind, id and what; a sound store has none."""

import sqlite3
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import crmkit
from crmkit.app import CRM, Flaw
from crmkit.complaints import COMPLAINT_CODEC
from crmkit.errors import StorageError
from crmkit.storage import (
    START,
    Change,
    Entry,
    MemoryStore,
    Position,
    Query,
    Record,
    SQLiteStore,
)
from crmkit.testing import NINE
from crmkit.testing.store_access import batch, birth, present, step

from .keeping import PLACES, crm_on, fill, new_store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file after a little business."""
    with SQLiteStore(tmp_path / "crm.db") as store:
        fill(crm_on(store))
    return tmp_path / "crm.db"


def sown(file: Path, *statements: str) -> tuple[Flaw, ...]:
    """The flaws of a file that somebody laid hands on."""
    raw = sqlite3.connect(file)
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()
    with crmkit.open(f"sqlite:///{file}") as crm:
        found = crm.upkeep.verify()
        assert found.is_sound == (not found.flaws)
        assert found.explain().verdict == found.is_sound
        assert str(found).count("\n") == len(found.flaws)
        return found.flaws


OLD = Path(__file__).parents[2].joinpath("storage/fixtures/complaint-1.json").read_bytes()
"""A complaint of schema 1 that was answered."""

LINE = "SELECT j.position FROM crm_journal j JOIN crm_record r ON r.number = j.record"
RECORD = "kind = 'customer' AND id = 'C-0'"

SOWN = {
    "a state": (
        f"UPDATE crm_record SET data = replace(data, 'Beijing', 'Tianjin') WHERE {RECORD}",
        ("customer", "C-0", "its state is not what its journal leads to"),
    ),
    "a state that is no JSON": (
        f"UPDATE crm_record SET data = '{{' WHERE {RECORD}",
        ("customer", "C-0", "its state is no JSON"),
    ),
    "a version": (
        f"UPDATE crm_record SET version = 1 WHERE {RECORD}",
        ("customer", "C-0", "its state is of version 1, its journal ends with 2"),
    ),
    "a schema": (
        f"UPDATE crm_record SET schema = 7 WHERE {RECORD}",
        ("customer", "C-0", "its state is of schema 7, its journal ends with 1"),
    ),
    "a line": (
        "UPDATE crm_journal SET delta = replace(delta, 'Beijing', 'Tianjin')",
        ("customer", "C-0", "its state is not what its journal leads to"),
    ),
    "a line that is no JSON": (
        f"UPDATE crm_journal SET delta = '{{' WHERE position = ({LINE} WHERE r.id = 'C-0')",
        ("customer", "C-0", "its journal cannot be replayed"),
    ),
    "a line that is none": (
        "UPDATE crm_journal SET delta = 'true' WHERE delta LIKE '%Beijing%'",
        ("customer", "C-0", "its journal cannot be replayed"),
    ),
    "the last line gone": (
        "DELETE FROM crm_journal WHERE delta LIKE '%Beijing%'",
        ("customer", "C-0", "its state is of version 2, its journal ends with 1"),
    ),
    "a line in the middle gone": (
        f"DELETE FROM crm_journal WHERE position IN ({LINE} WHERE r.id = 'K-0' AND j.version = 2)",
        ("complaint", "K-0", "of its versions, [2] are missing"),
    ),
    "every line gone": (
        f"DELETE FROM crm_journal WHERE position IN ({LINE} WHERE r.id = 'K-0')",
        ("complaint", "K-0", "it has a state, and no version in the journal"),
    ),
    "a key": (
        f"UPDATE crm_record SET keys = json_set(keys, '$.region', 'Tianjin') WHERE {RECORD}",
        ("customer", "C-0", "it is not found by its key region"),
    ),
    "every key": (
        "UPDATE crm_record SET keys = '{}' WHERE id = 'K-0'",
        ("complaint", "K-0", "it is not found by its key stage"),
    ),
    "a deletion": (
        f"UPDATE crm_record SET data = NULL WHERE {RECORD}",
        ("customer", "C-0", "its state and its journal do not agree on whether it was deleted"),
    ),
    "a return": (
        "UPDATE crm_record SET data = (SELECT data FROM crm_record WHERE id = 'C-0')"
        " WHERE id = 'C-1'",
        ("customer", "C-1", "its state and its journal do not agree on whether it was deleted"),
    ),
    "a record without its line's batch": (
        "DELETE FROM crm_batch WHERE number = 1",
        ("customer", "C-0", "of its versions, [1] are missing"),
    ),
    "a record that its class refuses": (
        f"UPDATE crm_record SET data = replace(data, 'Li 0', ' ') WHERE {RECORD}",
        ("customer", "C-0", "it cannot be read"),
    ),
}


class TestVerify:
    @pytest.mark.parametrize("sowing", SOWN)
    def test_tells_what_was_sown(self, file: Path, sowing: str) -> None:
        statement, (kind, id, problem) = SOWN[sowing]

        flaws = [flaw for flaw in sown(file, statement) if flaw.kind != "store"]

        assert [flaw for flaw in flaws if flaw.problem.startswith(problem)], flaws
        assert {(flaw.kind, flaw.id) for flaw in flaws} == {(kind, id)}

    def test_tells_of_damage_to_the_file(self, file: Path) -> None:
        flaws = sown(
            file,
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = replace(sql, '$.region', '$.rigeon')"
            " WHERE name = 'crm_key$customer$region'",
        )

        assert {(flaw.kind, flaw.id) for flaw in flaws} == {("store", str(file))}
        assert "missing from index crm_key$customer$region" in str(flaws[0])

    @pytest.mark.parametrize("place", PLACES)
    def test_finds_a_sound_store_sound(self, place: str, tmp_path: Path) -> None:
        store = new_store(place, tmp_path)
        crm = crm_on(store)
        assert crm.upkeep.verify().records == 0
        fill(crm)

        found = crm.upkeep.verify(progress=True)

        assert found.flaws == ()
        assert (found.records, found.versions, found.unread) == (6, 13, ())
        store.close()

    def test_of_a_kind_unknown_keys_are_not_looked_at(self) -> None:
        store = MemoryStore()
        store.commit(batch("B-1", birth("N-1", {"n": 1}, keys={"n": 2})))
        store.commit(batch("B-2", step(present(store, "N-1"), {"n": 2})))

        found = CRM(store).upkeep.verify()

        assert found.is_sound
        assert (found.records, found.versions, found.unread) == (1, 2, ("note",))

    def test_a_key_that_no_record_ever_had_finds_none(self) -> None:
        """As after an update of the library that brought a new key."""
        store, keyless = MemoryStore(), MemoryStore()
        CRM(store, actor="ann").customers.add_person(id="C-7", name="Li Wei")
        bare = birth("C-7", kind="customer")
        (line,) = store.entries()
        data = line.delta
        keyless.commit(batch("B-1", crmkit.storage.Change.of(bare.kind, bare.id, data)))

        problems = [flaw.problem for flaw in CRM(keyless).upkeep.verify().flaws]

        assert "it is not found by its key region" in problems

    def test_keys_of_an_earlier_schema_are_no_flaw_and_rewriting_mends_them(self) -> None:
        store = MemoryStore()
        keys: dict[str, Any] = {"stage": "responded", "state": "waiting_customer"}
        store.commit(batch("B-1", Change.of("complaint", "K-1", OLD, schema=1, keys=keys)))
        crm = CRM(store, actor="ann")

        found = crm.upkeep.verify()

        assert (found.is_sound, found.outdated) == (True, ("complaint",))
        assert found.explain().find("outdated").value == ("complaint",)
        _, advice = str(found).splitlines()
        assert advice.endswith("until crm.upkeep.rewrite('complaint') has run")
        assert crm.complaints.find(state="resolved") == ()

        assert crm.upkeep.rewrite("complaint") == 1

        assert crm.upkeep.verify().outdated == ()
        assert [complaint.id for complaint in crm.complaints.find(state="resolved")] == ["K-1"]

    def test_an_old_record_that_is_found_by_every_key_is_not_outdated(self) -> None:
        store = MemoryStore()
        keys = COMPLAINT_CODEC.key_values(COMPLAINT_CODEC.decode(OLD, 1))
        store.commit(batch("B-1", Change.of("complaint", "K-1", OLD, schema=1, keys=keys)))

        assert CRM(store).upkeep.verify().outdated == ()

    def test_an_old_record_that_cannot_be_read_is_flawed(self) -> None:
        store = MemoryStore()
        damaged = OLD.replace(b"compressor rattles", b" ")
        store.commit(batch("B-1", Change.of("complaint", "K-1", damaged, schema=1)))

        (flaw,) = CRM(store).upkeep.verify().flaws

        assert flaw.problem.startswith("it cannot be read")

    def test_versions_out_of_order_are_told(self) -> None:
        class Swapped(MemoryStore):
            def entries(self, *args: Any, **options: Any) -> Sequence[Entry]:
                return super().entries(*args, **options)[::-1]

        store = Swapped()
        store.commit(batch("B-1", birth("N-1", {"n": 1})))
        store.commit(batch("B-2", step(present(store, "N-1"), {"n": 2})))

        problems = [flaw.problem for flaw in CRM(store).upkeep.verify().flaws]

        assert problems[0] == "its versions do not stand in their order"

    @pytest.mark.parametrize("place", PLACES)
    def test_of_a_store_in_use_nothing_false_is_told(self, place: str, tmp_path: Path) -> None:
        """Two threads change, delete and bring back one customer while the store is verified."""
        store = new_store(place, tmp_path)
        crm = CRM(store, actor="ann")
        crm.customers.add_person(id="C-7", name="Li Wei")
        ended = threading.Event()

        def write() -> None:
            number = 0
            while not ended.is_set() and number < 1000:
                number += 1
                crm.customers.change("C-7", region=f"region {number}")
                if number % 5 == 0:
                    crm.customers.delete("C-7")
                    crm.customers.undelete("C-7")
                crm.customers.add_person(name=f"Wu {number}")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            while len(crm.history.of("C-7")) < 5:
                pass
            found = [crm.upkeep.verify() for _ in range(6)]
        finally:
            ended.set()
            writer.join()

        assert [flaw for one in found for flaw in one.flaws] == []
        assert found[-1].versions > 1
        store.close()

    def test_a_record_born_after_the_names_were_read_is_no_flaw(self) -> None:
        class Late(MemoryStore):
            """Bears a record just before it is asked for a page."""

            def find(self, query: Query) -> Sequence[Record]:
                if query.kind == "customer" and not self.load("customer", ["C-9"]):
                    CRM(self, actor="bob").customers.add_person(id="C-9", name="Wu")
                return super().find(query)

        store = Late()
        store.commit(batch("B-1", birth("N-1")))

        assert CRM(store).upkeep.verify().is_sound

    def test_a_look_during_which_it_changed_counts_not(self) -> None:
        class Restless(MemoryStore):
            """Changes a record each time that it has just been loaded, a few times."""

            left = 3

            def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
                found = super().load(kind, ids)
                if kind == "note" and self.left:
                    self.left -= 1
                    after = {"n": self.left}
                    self.commit(batch(f"R-{self.left}", step(found["N-1"], after)))
                return found

        store = Restless()
        store.commit(batch("B-1", birth("N-1", {"n": 9})))

        assert CRM(store).upkeep.verify().is_sound
        assert store.left == 0

    def test_a_look_after_which_it_changed_counts_not(self) -> None:
        class Restless(MemoryStore):
            """Changes a record when it was loaded first, and when it is looked for more of it."""

            left = 2

            def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
                found = super().load(kind, ids)
                if kind == "note" and self.left == 2:
                    self.change(found["N-1"])
                return found

            def entries(self, after: Position = START, **asked: Any) -> Sequence[Entry]:
                if after != START and asked.get("limit") == 1 and self.left == 1:
                    self.change(super().load("note", ["N-1"])["N-1"])
                return super().entries(after, **asked)

            def change(self, record: Record) -> None:
                self.left -= 1
                self.commit(batch(f"R-{self.left}", step(record, {"n": self.left})))

        store = Restless()
        store.commit(batch("B-1", birth("N-1", {"n": 9})))

        assert CRM(store).upkeep.verify().is_sound
        assert store.left == 0

    def test_a_redaction_during_the_look_counts_not(self) -> None:
        class Redacting(MemoryStore):
            done = False

            def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
                found = super().load(kind, ids)
                if kind == "note" and not self.done:
                    self.done = True
                    self.redact("note", "N-1", ["n"])
                return found

        store = Redacting()
        store.commit(batch("B-1", birth("N-1", {"n": 9})))

        assert CRM(store).upkeep.verify().is_sound

    def test_a_store_that_cannot_be_read_says_so(self, file: Path) -> None:
        crm = crmkit.open(f"sqlite:///{file}")
        crm.close()

        with pytest.raises(StorageError, match="closed"):
            crm.upkeep.verify()

    def test_after_every_upkeep_it_is_sound(self, tmp_path: Path) -> None:
        store = new_store("sqlite", tmp_path)
        crm = crm_on(store)
        fill(crm)
        crm.follow("outbox").each(lambda entry: None)
        crm.erase("C-0")

        assert crm.acting(at=NINE).upkeep.verify().flaws == ()
        store.close()
