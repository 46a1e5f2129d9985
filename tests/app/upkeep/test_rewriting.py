"""A kind brought to its newest schema on disk says what it said, and its past is left alone."""

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from crmkit.app import CRM
from crmkit.app.upkeep.rewriting import rewrite
from crmkit.complaints import COMPLAINT_CODEC
from crmkit.customers import CUSTOMER_CODEC, Customer
from crmkit.errors import InvalidValueError, StorageError, TransitionError
from crmkit.kernel import PERSONAL, Codec
from crmkit.storage import Batch, Change, MemoryStore, Query, Store, journal, versions
from crmkit.testing import NINE, a_complaint
from crmkit.testing.store_access import present

from .keeping import HOUR, PLACES, crm_on, fill, new_store


@attrs.frozen
class FirstGuest:
    """Schema 1: one line of text."""

    id: str
    guest: str


@attrs.frozen
class Guest:
    """Schema 3: a name, and how often he came."""

    id: str
    name: str = attrs.field(metadata=PERSONAL)
    visits: int


def renamed(fields: dict[str, Any]) -> dict[str, Any]:
    return {"id": fields["id"], "name": fields["guest"]}


def counted(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "visits": 1}


FIRST = Codec("guest", FirstGuest, keys={"name": lambda guest: guest.guest})
NEWEST = Codec(
    "guest",
    Guest,
    schema=3,
    upcasters={1: renamed, 2: counted},
    keys={"name": lambda guest: guest.name, "visits": lambda guest: guest.visits},
    key_types={"visits": int},
    once_personal=("guest",),
)


def guests(store: Store, count: int = 450) -> CRM:
    """Guests of the first schema, one of them deleted."""
    crm = crm_on(store)
    for number in range(count):
        _enter(crm, FirstGuest(f"G-{number:03}", f"Li {number}"))
    crm.work(lambda unit: unit.remove(FIRST, "G-000"))
    return crm


def _enter(crm: CRM, guest: FirstGuest) -> None:
    crm.work(lambda unit: unit.add(FIRST, guest))


class TestRewrite:
    @pytest.mark.parametrize("place", PLACES)
    def test_brings_every_record_to_the_newest_schema(self, place: str, tmp_path: Path) -> None:
        store = new_store(place, tmp_path)
        crm = guests(store)
        before = NEWEST.decode(present(store, "G-007", kind="guest").data, 1)

        assert rewrite(crm, store, NEWEST, progress=True) == 449

        record = present(store, "G-007", kind="guest")
        assert (record.version, record.schema) == (2, 3)
        assert NEWEST.decode(record.data, 3) == before == Guest("G-007", "Li 7", 1)
        assert store.load("guest", ["G-000"]) == {}
        first, second = versions(journal(store, kind="guest", id="G-007"))
        assert first.entry.schema == 1
        assert json.loads(first.data or b"") == {"id": "G-007", "guest": "Li 7"}
        assert (second.entry.schema, second.entry.actor) == (3, "ann")
        assert rewrite(crm, store, NEWEST) == 0
        assert len(store.find(Query("guest", where=(("visits", "=", 1),), limit=500))) == 449
        store.close()

    def test_goes_on_where_others_change_meanwhile(self) -> None:
        class Busy(MemoryStore):
            """Somebody deletes a guest just before the first commit."""

            busy = False

            def commit(self, batch: Any) -> bool:
                if self.busy and (left := self.load("guest", ["G-001"])):
                    self.busy = False
                    assert left
                    other.work(lambda unit: unit.remove(NEWEST, "G-001"))
                return super().commit(batch)

        store = Busy()
        crm = guests(store, 5)
        other = CRM(store, actor="bob")
        store.busy = True

        assert rewrite(crm, store, NEWEST) == 3
        assert store.load("guest", ["G-001"]) == {}

    def test_is_dated_no_earlier_than_the_last_act(self) -> None:
        """Else nobody could tell any more what was so at ten."""
        store = MemoryStore()
        crm = crm_on(store)
        fill(crm)
        newer = Codec("customer", Customer, schema=2, upcasters={1: dict}, keys=CUSTOMER_CODEC.keys)

        with pytest.raises(InvalidValueError, match="earlier than the last act on customer 'C-"):
            rewrite(crm.acting(at=NINE - HOUR), store, newer)

        assert rewrite(crm, store, newer) == 2

    @pytest.mark.parametrize("place", PLACES)
    def test_has_complaints_of_before_found_by_what_they_are_duplicates_of(
        self, place: str, tmp_path: Path
    ) -> None:
        """Of schema 2, which had no key `duplicate_of`."""
        store = new_store(place, tmp_path)
        aside = a_complaint(id="K-2").mark_duplicate("ann", NINE, of="K-1")
        changes = []
        for one in (a_complaint(), aside):
            keys = dict(COMPLAINT_CODEC.key_values(one))
            del keys["duplicate_of"]
            data = COMPLAINT_CODEC.encode(one)
            changes.append(Change.of("complaint", one.id, data, before=None, schema=2, keys=keys))
        store.commit(Batch(id="B-1", at=NINE, actor="ann", changes=changes))
        crm = crm_on(store)

        with pytest.raises(InvalidValueError, match=r"crm.upkeep.rewrite\('complaint'\)"):
            crm.complaints.find(duplicate_of="K-1")
        assert crm.upkeep.verify().outdated == ("complaint",)

        assert crm.upkeep.rewrite("complaint") == 2

        assert [one.id for one in crm.complaints.find(duplicate_of="K-1")] == ["K-2"]
        assert crm.upkeep.verify().outdated == ()
        with pytest.raises(TransitionError, match="set aside for it, too: K-2"):
            crm.complaints.withdraw("K-1")
        store.close()

    def test_of_a_desks_kind(self) -> None:
        crm = crm_on(MemoryStore())
        fill(crm)

        assert crm.upkeep.rewrite("customer") == 0
        with pytest.raises(InvalidValueError, match="did you mean 'customer'"):
            crm.upkeep.rewrite("custmer")

    def test_what_a_newer_library_wrote_is_refused(self) -> None:
        store = MemoryStore()
        crm = guests(store, 3)
        rewrite(crm, store, NEWEST)

        with pytest.raises(StorageError, match="schema 3 is newer than this library's, 1; update"):
            crm.look(lambda unit: unit.get(FIRST, "G-001"))
        assert rewrite(crm, store, FIRST) == 0

    def test_old_names_of_personal_fields_are_taken_out_too(self) -> None:
        store = MemoryStore()
        crm = guests(store, 3)
        rewrite(crm, store, NEWEST)

        store.redact("guest", "G-001", NEWEST.personal)

        assert b"Li 1" not in b"".join(line.delta for line in journal(store))
        past = [
            NEWEST.decode(version.data, version.entry.schema)
            for version in versions(journal(store, kind="guest", id="G-001"))
            if version.data
        ]
        assert [guest.name for guest in past] == ["REDACTED", "REDACTED"]
