"""A copy holds what its source holds, goes on after any break, and refuses what is not its own."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

import crmkit
from crmkit.app import CRM, Copied, Retention, copy
from crmkit.app.upkeep.rewriting import rewrite
from crmkit.errors import InvalidValueError, StorageError
from crmkit.kernel import FactColumn, FactTable, FactType, Money, Text
from crmkit.storage import Batch, MemoryStore, Query, Rows, Store, journal
from crmkit.testing.store_access import AT, batch, birth

from .keeping import HOUR, PLACES, crm_on, fill, held, new_store
from .test_rewriting import FIRST, NEWEST, guests


@pytest.fixture
def source() -> MemoryStore:
    """A little business, with a version let go, a value taken out, and a reader half-way."""
    store = MemoryStore()
    crm = crm_on(store)
    fill(crm)
    crm.follow("outbox").each(lambda entry: None, limit=4)
    store.forget("complaint", "K-0", 2)
    store.forget("customer", "C-1", 2)
    crm.history.of("C-2").redact("name", "contacts")
    return store


class Breaking(MemoryStore):
    """A store that fails at one of its commits, before it or after it."""

    left = -1
    after = False

    def commit(self, batch: Batch) -> bool:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise StorageError("target", "no room", "")
        stored = super().commit(batch)
        if self.left == 0:
            raise StorageError("target", "the answer was lost", "")
        return stored


class TestCopy:
    @pytest.mark.parametrize("here", PLACES)
    @pytest.mark.parametrize("there", PLACES)
    def test_and_back_again_all_is_the_same(
        self, source: MemoryStore, tmp_path: Path, here: str, there: str
    ) -> None:
        first, second = new_store(here, tmp_path), new_store(there, tmp_path)

        copied = copy(source, first, progress=True)
        again = copy(first, second)

        assert copied == again == Copied(versions=15, facts=4, already=0)
        assert held(source) == held(first) == held(second)
        crm = CRM(second, actor="ann")
        assert crm.upkeep.verify().is_sound
        assert [c.id for c in crm.customers.find(region="Beijing")] == ["C-0"]
        assert [c.id for c in crm.complaints.find(stage="responded")] == ["K-0"]
        assert len(crm.follow("outbox").read()) == 14 - 4
        assert crm.customers.get("C-2").name == "REDACTED"
        for store in (first, second):
            store.close()

    @given(commits=st.lists(st.tuples(st.integers(1, 16), st.booleans()), min_size=1, max_size=6))
    def test_goes_on_after_every_break(self, commits: list[tuple[int, bool]]) -> None:
        source, target = MemoryStore(), Breaking()
        fill(crm_on(source))

        broken = 0
        for left, after in commits:
            target.left, target.after = left, after
            try:
                copy(source, target)
            except StorageError:
                broken += 1
        target.left = -1
        last = copy(source, target)

        assert held(source) == held(target)
        assert last.versions + last.facts + last.already == 13 + 4
        assert copy(source, target) == Copied(versions=0, facts=0, already=17)

    def test_brings_what_the_source_gained_meanwhile(self, source: MemoryStore) -> None:
        target = MemoryStore()
        copy(source, target)
        crm = CRM(source, actor="ann")
        crm.customers.change("C-0", region="Tianjin")
        crm.orders.add(customer="C-0", amount=Money.of("5.00", "EUR"))

        assert copy(source, target) == Copied(versions=1, facts=1, already=19)
        assert held(source) == held(target)

    def test_brings_facts_over_in_blocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("crmkit.app.upkeep.copying._BLOCK", 7)
        source, target = MemoryStore(), Breaking()
        rows = {"customer_id": [f"C-{n}" for n in range(30)], "amount": [*range(30)]}
        everything = crm_on(MemoryStore())
        everything.orders.add(customer="C-7", amount=Money.of("1.00", "EUR"))
        (block,) = everything._house.store.scan("orders", crmkit.orders.ORDERS.names)
        full = {name: [column[0]] * 30 for name, column in block.items()} | rows
        source.commit(Batch(id="F-1", at=AT, actor="ann", rows=(Rows("orders", full),)))
        target.left = 3

        with pytest.raises(StorageError, match="no room"):
            copy(source, target)
        source.commit(Batch(id="F-2", at=AT, actor="ann", rows=(Rows("orders", full),)))

        assert copy(source, target) == Copied(versions=0, facts=60 - 14, already=14)
        assert held(source)["facts"] == held(target)["facts"]

    def test_takes_addresses(self, tmp_path: Path) -> None:
        here, there = (f"sqlite:///{tmp_path / name}" for name in ("here.db", "there.db"))
        with crmkit.open(here, actor="ann") as crm:
            fill(crm)

        assert copy(here, there).versions == 13

        with crmkit.open(there) as crm:
            assert crm.upkeep.verify().is_sound
        with pytest.raises(InvalidValueError, match="address of no store"):
            copy(here, "there.db")

    def test_refuses_an_unknown_kind_before_anything_is_written(self, source: MemoryStore) -> None:
        source.commit(batch("B-9", birth("N-1")))
        target = MemoryStore()

        with pytest.raises(InvalidValueError, match="kind whose codec is not known; give codecs="):
            copy(source, target)

        assert target.entries() == ()
        assert list(target.scan("orders", ["amount"])) == []

    def test_takes_codecs_and_tables_of_others(self) -> None:
        source, target = MemoryStore(), MemoryStore()
        rewrite(guests(source, 30), source, NEWEST)
        column = FactColumn("who", FactType.TEXT, Text("Who", "谁"))
        rows = Rows("said", {"who": ["a", "b"]})
        source.commit(Batch(id="F-1", at=AT, actor="ann", rows=(rows,)))

        copied = copy(
            source, target, codecs={"guest": NEWEST}, tables=[FactTable("said", (column,))]
        )

        assert copied == Copied(versions=30 + 1 + 29, facts=2, already=0)
        assert list(target.scan("said", ["who"])) == [{"who": ["a", "b"]}]
        assert len(target.find(Query("guest", where=(("visits", "=", 1),), limit=99))) == 29
        with pytest.raises(StorageError, match="newer than this library's, 1; update crmkit"):
            copy(source, MemoryStore(), codecs={"guest": FIRST})

    @pytest.mark.parametrize("own", ["before", "between", "after", "same"])
    def test_refuses_a_target_with_records_of_its_own(self, source: MemoryStore, own: str) -> None:
        target = MemoryStore()
        others = CRM(target, actor="bob")
        if own in ("between", "after"):
            copy(source, target)
        if own == "between":
            CRM(source, actor="ann").customers.change("C-0", region="Tianjin")
        if own == "same":
            others.customers.add_person(id="C-0", name="Li 0", region="Shandong")
        else:
            others.customers.add_person(id="C-9", name="Wu")
        before = held(target)

        with pytest.raises(StorageError, match=r"1 of customer 'C-.' is not what the source"):
            copy(source, target)

        assert held(target) == before

    def test_refuses_a_target_with_facts_of_its_own(self, source: MemoryStore) -> None:
        target = MemoryStore()
        CRM(target, actor="bob").orders.add(customer="C-9", amount=Money.of("5.00", "EUR"))

        with pytest.raises(StorageError, match="its facts in orders are not those of the source"):
            copy(source, target)

    def test_refuses_a_target_with_a_batch_of_the_same_name(self, source: MemoryStore) -> None:
        """A batch of facts alone: no line of the journal tells of it."""
        target = MemoryStore()
        (name,) = {line.batch for line in source.entries(id="C-1", limit=1)}
        rows = Rows("said", {"who": ["a"]})
        target.commit(Batch(id=name, at=AT, actor="bob", rows=(rows,)))

        with pytest.raises(StorageError, match=f"another batch '{name}'"):
            copy(source, target)

    @pytest.mark.parametrize("act", ["erase", "redact", "compact"])
    def test_refuses_an_earlier_copy_that_still_says_what_the_source_let_go(
        self, source: MemoryStore, act: str
    ) -> None:
        target = MemoryStore()
        copy(source, target)
        crm = CRM(source, actor="ann")
        if act == "erase":
            crm.erase("C-0")
        elif act == "redact":
            crm.history.of("C-0").redact("name")
        else:
            crm.upkeep.compact(Retention(keep_for=0 * HOUR))

        with pytest.raises(StorageError, match="is not what the source now has in this place"):
            copy(source, target)

    def test_meets_a_kind_that_comes_meanwhile(self) -> None:
        class Growing(MemoryStore):
            def scan(self, *args: Any, **options: Any) -> Any:
                return super().scan(*args, **options)

            def entries(self, *args: Any, **options: Any) -> Any:
                found = super().entries(*args, **options)
                if not found and not self.load("note", ["N-1"]):
                    self.commit(batch("B-9", birth("N-1")))
                return found

        source: Store = Growing()
        crm_on(source).customers.add_person(id="C-7", name="Li Wei")
        target = MemoryStore()

        with pytest.raises(InvalidValueError, match="codec is not known"):
            copy(source, target)

        assert [line.kind for line in journal(target)] == ["customer"]

    def test_of_nothing_is_nothing(self) -> None:
        assert copy(MemoryStore(), MemoryStore()) == Copied(versions=0, facts=0, already=0)

    def test_a_batch_may_change_one_record_twice(self) -> None:
        source, target = MemoryStore(), MemoryStore()
        crm = crm_on(source)
        with crm.transaction() as tx:
            tx.customers.add_person(id="C-7", name="Li Wei")
            tx.customers.change("C-7", region="Beijing")
            tx.customers.delete("C-7")
            tx.customers.undelete("C-7")

        copy(source, target)

        assert held(source) == held(target)


def test_a_source_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no such file"):
        copy(f"sqlite:///{tmp_path / 'typo.db'}", MemoryStore())

    assert not (tmp_path / "typo.db").exists()
