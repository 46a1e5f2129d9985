"""What each line of the journal did, whatever form the line has."""

import pytest

from crmkit.app.activity import Activity, activities
from crmkit.storage import MemoryStore, journal
from crmkit.testing.store_access import batch, birth, present, step


RESTORED = {"stage": "restored", "by": "ann"}


class TestActivities:
    @pytest.mark.parametrize(
        "trail",
        [None, "REDACTED", [], ["added"], [{"by": "ann"}], [RESTORED, {"stage": "changed"}]],
    )
    def test_a_trail_that_ends_otherwise_was_changed(self, trail: object) -> None:
        store = MemoryStore()
        store.commit(batch("B-1", birth("N-1", {"trail": 1})))
        store.commit(batch("B-2", step(present(store, "N-1"), {"trail": trail})))

        assert list(activities(journal(store))) == [Activity.BORN, Activity.CHANGED]

    def test_every_twentieth_line_is_whole_and_tells_no_less(self) -> None:
        store = MemoryStore()
        trail: list[object] = [{"stage": "added"}]
        store.commit(batch("B-1", birth("N-1", {"trail": trail})))
        for number in range(2, 22):
            trail.append(RESTORED)
            store.commit(batch(f"B-{number}", step(present(store, "N-1"), {"trail": trail})))

        assert [line.version for line in journal(store) if line.delta.startswith(b"{")] == [1, 20]
        assert set(list(activities(journal(store)))[1:]) == {Activity.RESTORED}

    def test_a_record_is_born_anew_only_by_its_return(self) -> None:
        """Deletions of others, and of the same id in another kind, are their own."""
        store = MemoryStore()
        store.commit(batch("B-1", birth("N-1"), birth("N-2"), birth("N-1", kind="task")))
        store.commit(batch("B-2", step(present(store, "N-1"), None)))
        for id, kind in (("N-2", "note"), ("N-1", "task")):
            record = present(store, id, kind=kind)
            store.commit(batch(f"{kind}-{id}", step(record, {"n": 1})))

        assert [activity.value for activity in activities(journal(store))] == [
            "born",
            "born",
            "born",
            "deleted",
            "changed",
            "changed",
        ]
