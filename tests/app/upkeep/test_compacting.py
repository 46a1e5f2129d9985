"""What is within the retention, or still to be read, stays whole; the rest is let go, by name."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

import crmkit
from crmkit.app import CRM, Compacted, Retention
from crmkit.errors import InvalidValueError, NotFoundError, StorageError
from crmkit.storage import MemoryStore, Position, Store, journal
from crmkit.testing import NINE

from .keeping import HOUR, PLACES, crm_on, fill, new_store


NOTHING = Retention(keep_for=timedelta(0))


def told(crm: CRM, at: datetime) -> str:
    """What the customer's region was at a moment; or why nobody can say."""
    try:
        return str(crm.history.of("C-7", kind="customer").as_of(at).region)
    except NotFoundError as error:
        return error.way_out


class TestCompact:
    @given(
        acts=st.lists(st.sampled_from(["change", "delete", "restore"]), max_size=25),
        gaps=st.lists(st.integers(0, 3), min_size=26, max_size=26),
        keep_for=st.integers(0, 40),
        keep_last=st.integers(1, 5),
        read=st.none() | st.integers(0, 26),
    )
    def test_within_the_retention_every_moment_reads_as_before(
        self, acts: list[str], gaps: list[int], keep_for: int, keep_last: int, read: int | None
    ) -> None:
        store, at = MemoryStore(), NINE
        crm = CRM(store, actor="ann")
        crm.acting(at=at).customers.add_person(id="C-7", name="Li Wei", region="born")
        for number, act in enumerate(acts):
            at += gaps[number] * HOUR
            here, deleted = crm.acting(at=at), not crm.customers.find()
            if deleted:
                here.customers.undelete("C-7")
            elif act == "delete":
                here.customers.delete("C-7")
            elif act == "restore":
                here.history.of("C-7").restore(1)
            else:
                here.customers.change("C-7", region=f"region {number}")
        now = at + HOUR
        moments = [
            NINE + hours * HOUR / 2 for hours in range(-1, 170) if NINE + hours * HOUR / 2 <= now
        ]
        before = {moment: told(crm, moment) for moment in moments}
        whole, state = list(journal(store)), store.load("customer", ["C-7"])
        if read is not None:
            reader = crm.follow("outbox")
            reader.rewind()
            reader.each(lambda entry: None, limit=max(read, 1)) if read else None
        retention = Retention(keep_for=keep_for * HOUR, keep_last=keep_last)

        found = crm.acting(at=now).upkeep.compact(retention)

        after = {moment: told(crm, moment) for moment in moments}
        for moment in moments:
            if moment >= now - keep_for * HOUR:
                assert after[moment] == before[moment]
            else:
                let_go = f"what it said at {moment.isoformat()} was let go"
                assert after[moment] in (before[moment], let_go)
        lines = list(journal(store, kind="customer"))
        gone = [line for line in lines if line.is_forgotten]
        assert found.versions == len(gone)
        assert not any(line.is_forgotten for line in lines[-keep_last:])
        assert [attrs.evolve(line, delta=b"") for line in lines] == [
            attrs.evolve(line, delta=b"") for line in whole
        ]
        if read is not None:
            assert not any(entry.is_forgotten for entry in crm.follow("outbox").read())
        assert store.load("customer", ["C-7"]) == state
        assert crm.upkeep.verify().is_sound
        assert crm.acting(at=now).upkeep.compact(retention).versions == 0

    @pytest.mark.parametrize("place", PLACES)
    def test_keeps_who_and_when_and_counts_right(self, place: str, tmp_path: Path) -> None:
        store = new_store(place, tmp_path)
        crm = crm_on(store)
        fill(crm)
        states = [crm.customers.get("C-0"), crm.complaints.get("K-0")]

        found = crm.upkeep.compact(NOTHING, progress=True)

        # Of C-0 one version, of C-1 one, of C-2 its birth (a deletion says nothing), of K-0 three.
        assert found == Compacted(records=4, versions=6)
        assert [crm.customers.get("C-0"), crm.complaints.get("K-0")] == states
        assert [r.activity.label() for r in crm.history.of("K-0")] == ["Content removed"] * 3 + [
            "Changed"
        ]
        assert (crm.history.of("K-0")[0].by, crm.history.of("K-0")[0].record) == ("ann", None)
        assert crm.upkeep.verify().is_sound
        assert crm.upkeep.compact(NOTHING) == Compacted(records=0, versions=0)
        assert len(crm.frames.journal()) == 13
        store.close()

    def test_what_was_let_go_is_refused_by_name(self) -> None:
        crm = crm_on(MemoryStore())
        fill(crm)
        crm.upkeep.compact(NOTHING)

        with pytest.raises(NotFoundError, match=r"'C-0'; what it said at .* was let go"):
            crm.history.of("C-0").as_of(NINE + HOUR)
        with pytest.raises(InvalidValueError, match="is one whose content was let go"):
            crm.history.of("C-0").restore(1)
        with pytest.raises(NotFoundError, match="deleted, and what it said before was let go"):
            crm.customers.undelete("C-1")
        assert crm.history.of("C-0", kind="customer").restore(2).region == "Beijing"

    def test_a_reader_of_one_kind_keeps_only_that_kind(self) -> None:
        crm = crm_on(MemoryStore())
        fill(crm)
        crm.follow("outbox", kind="complaint").rewind()

        crm.upkeep.compact(NOTHING)

        assert not any(
            entry.is_forgotten for entry in crm.follow("outbox", kind="complaint").read()
        )
        assert {r.activity.value for r in crm.history.of("K-0")} == {"born", "changed"}
        assert crm.history.of("C-0")[0].activity.value == "forgotten"

    def test_a_place_in_a_readers_own_database_is_not_known_here(self) -> None:
        """He names himself by a rewind, or reads versions that were let go as such."""
        crm = crm_on(MemoryStore())
        fill(crm)

        crm.upkeep.compact(NOTHING)

        assert crm.follow("mirror").read(after=Position(""))[0].is_forgotten

    def test_readers_places_are_compacted_too(self) -> None:
        store = MemoryStore()
        crm = crm_on(store)
        fill(crm)
        while crm.follow("outbox").each(lambda entry: None, limit=2):
            pass

        crm.upkeep.compact(NOTHING)

        *past, last = journal(store, kind="cursor")
        assert past
        assert all(line.is_forgotten for line in past)
        assert not last.is_forgotten
        assert crm.follow("outbox").lag().entries == 0

    def test_a_store_that_cannot_let_go_says_so(self) -> None:
        held = MemoryStore()

        class SixVerbs:
            load, find, commit = held.load, held.find, held.commit
            entries, scan, redact = held.entries, held.scan, held.redact

        store: Store = SixVerbs()

        with pytest.raises(StorageError, match="SixVerbs: it cannot let go of values"):
            CRM(store).upkeep.compact(NOTHING)


class TestRetention:
    @pytest.mark.parametrize("keep_for", [timedelta(seconds=-1), 5, None])
    def test_refuses_a_time_that_is_none(self, keep_for: Any) -> None:
        with pytest.raises(InvalidValueError, match=r"keep_for is .* not negative"):
            Retention(keep_for=keep_for)

    @pytest.mark.parametrize("keep_last", [0, -1, True, 1.0, None])
    def test_refuses_a_number_that_is_none(self, keep_last: Any) -> None:
        with pytest.raises(InvalidValueError, match=r"keep_last is .*: it must be 1 or more"):
            Retention(keep_for=HOUR, keep_last=keep_last)


def test_what_is_no_retention_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"retention is .*: it must be a Retention"):
        crmkit.open().upkeep.compact(timedelta(days=1))  # type: ignore[arg-type]  # refused
