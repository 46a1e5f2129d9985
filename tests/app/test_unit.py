"""One batch in the making."""

from collections.abc import Sequence

import pytest

from crmkit.app.unit import UnitOfWork
from crmkit.complaints import COMPLAINT_CODEC
from crmkit.customers import CUSTOMER_CODEC
from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.storage import Batch, Change, MemoryStore, Query, Record
from crmkit.testing import NINE, a_complaint, a_customer


class TestPeekAll:
    def test_sees_what_the_unit_did_and_what_is_stored(self) -> None:
        store = MemoryStore()
        first = UnitOfWork(store)
        for id in ("C-1", "C-2", "C-3"):
            first.add(CUSTOMER_CODEC, a_customer(id))
        first.commit("B-1", NINE, "ann")
        unit = UnitOfWork(store)
        unit.get(CUSTOMER_CODEC, "C-1")
        unit.remove(CUSTOMER_CODEC, "C-2")
        unit.add(CUSTOMER_CODEC, a_customer("C-4"))

        found = unit.peek_all(CUSTOMER_CODEC, ["C-1", "C-2", "C-3", "C-4", "C-5"])

        assert found == {id: a_customer(id) for id in ("C-1", "C-3", "C-4")}

    def test_is_what_the_next_version_is_made_from(self) -> None:
        """As with one at a time: who changed it meanwhile was first."""
        store = MemoryStore()
        first = UnitOfWork(store)
        first.add(CUSTOMER_CODEC, a_customer())
        first.commit("B-1", NINE, "ann")
        unit = UnitOfWork(store)

        unit.peek_all(CUSTOMER_CODEC, ["C-7"])

        assert unit.version(CUSTOMER_CODEC, "C-7") == 1


class TestFind:
    def test_a_key_that_is_newer_than_all_records_is_named_with_the_way_out(self) -> None:
        store = MemoryStore()
        data = COMPLAINT_CODEC.encode_exactly(a_complaint())
        old = Change.of("complaint", "K-1", data, schema=1, keys={"stage": "received"})
        store.commit(Batch(id="B-1", at=NINE, actor="ann", changes=(old,)))

        with pytest.raises(
            InvalidValueError, match=r"no stored complaint has yet; .* crm\.upkeep\.rewrite"
        ):
            UnitOfWork(store).find(COMPLAINT_CODEC, Query("complaint", order_by="owner"))

    def test_what_a_store_refuses_for_another_reason_is_its_own_to_tell(self) -> None:
        class Small(MemoryStore):
            def find(self, query: Query) -> Sequence[Record]:
                raise InvalidValueError("limit", query.limit, "must be at most 10")

        with pytest.raises(InvalidValueError, match="limit is 100: it must be at most 10"):
            UnitOfWork(Small()).find(COMPLAINT_CODEC, Query("complaint"))


class TestPut:
    def test_refuses_a_record_that_was_never_born(self) -> None:
        unit = UnitOfWork(MemoryStore())

        with pytest.raises(NotFoundError, match="complaint 'K-1'"):
            unit.put(COMPLAINT_CODEC, a_complaint())

        assert unit.is_empty


class TestCommit:
    def test_tells_nothing_where_nothing_was_to_save(self) -> None:
        assert UnitOfWork(MemoryStore()).commit("B-1", NINE, "ann") is None
