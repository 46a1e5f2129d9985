"""Rules for finding: every operator, every kind of value, pages in total order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Scalar
from crmkit.storage import Query, Store, Where

from .store_access import StoreFixtures, batch, birth, present, step


VALUES: Final[Mapping[str, Scalar]] = {
    "a": None,
    "b": -1,
    "c": 0.5,
    "d": 1,
    "e": 2**53 + 1,
    "f": "",
    "g": "10",
    "h": "9",
    "i": "z",
    "j": "Ω",
    "k": "\ufffd",
    "l": "😀",
}
"""Ids in the order of their values: empty, numbers, text by code point (not by UTF-16)."""

CONDITIONS: Final[list[tuple[str, Scalar | tuple[Scalar, ...], str]]] = [
    ("=", 1, "d"),
    ("=", 1.0, "d"),
    ("=", 0.5, "c"),
    ("=", 10, ""),
    ("=", "10", "g"),
    ("=", "", "f"),
    ("=", 2**53, ""),
    ("=", 2.0**53, ""),
    ("=", None, "a"),
    ("!=", 1, "abcefghijkl"),
    ("!=", "10", "abcdefhijkl"),
    ("!=", None, "bcdefghijkl"),
    ("<", 1, "bc"),
    ("<=", 1, "bcd"),
    (">", 1, "efghijkl"),
    (">=", 0.5, "cdefghijkl"),
    (">", 2.0**53, "efghijkl"),
    ("<", "", "bcde"),
    ("<", "10", "bcdef"),
    (">", "9", "ijkl"),
    (">=", "\ufffd", "kl"),
    ("<", None, ""),
    ("<=", None, ""),
    (">", None, ""),
    (">=", None, ""),
    ("in", (), ""),
    ("in", (1, "9", None), "adh"),
    ("in", (0.5, "😀", "no"), "cl"),
    ("in", (2.0**53, 1.0), "d"),
    ("in", (None,), "a"),
    ("=", "'; DROP TABLE crm_record; --", ""),
    ("=", 2**63 - 1, ""),
    (">", -(2**63), "bcdefghijkl"),
]
"""Operator, value, and the ids of `VALUES` that fulfil it, worked out by hand."""


class FindRules(StoreFixtures):
    """How every store answers a query."""

    @pytest.mark.parametrize(("operator", "value", "wanted"), CONDITIONS)
    def test_a_condition_means_the_same_everywhere(
        self, store: Store, operator: str, value: Scalar | tuple[Scalar, ...], wanted: str
    ) -> None:
        _keep(store)

        assert _found(store, ("n", operator, value)) == wanted

    @pytest.mark.parametrize(
        ("operator", "value", "wanted"),
        [
            ("=", "b", "b"),
            ("!=", "b", "acdefghijkl"),
            (">", "j", "kl"),
            ("<=", "b", "ab"),
            ("in", ("b", "zz", "a"), "ab"),
            ("in", ("b", 5, 0.5, None), "b"),
            ("=", 5, ""),
            ("!=", 5, "abcdefghijkl"),
            (">", 5, "abcdefghijkl"),
            ("<", 5, ""),
            ("=", None, ""),
            ("!=", None, "abcdefghijkl"),
            (">", None, ""),
        ],
    )
    def test_the_id_counts_as_a_key(
        self, store: Store, operator: str, value: Scalar | tuple[Scalar, ...], wanted: str
    ) -> None:
        _keep(store)

        assert _found(store, ("id", operator, value)) == wanted

    def test_an_id_of_digits_is_no_number(self, store: Store) -> None:
        store.commit(batch("B-1", birth("5"), birth("12")))

        assert _found(store, ("id", "=", 5)) == ""
        assert _found(store, ("id", "in", (5, "12"))) == "12"
        assert _found(store, ("id", "<", "5")) == "12"

    def test_all_conditions_must_hold(self, store: Store) -> None:
        _keep(store)

        assert _found(store, ("n", ">", 0), ("n", "!=", "z"), ("id", "<", "j")) == "cdefgh"

    def test_a_key_that_a_record_lacks_is_empty(self, store: Store) -> None:
        _keep(store)
        store.commit(batch("B-2", birth("m", keys={"other": 1})))

        assert _found(store, ("n", "=", None)) == "am"
        assert _found(store, ("other", "!=", 1)) == "abcdefghijkl"

    def test_numbers_are_compared_to_the_last_bit(self, store: Store) -> None:
        values = {"a": 0.1 + 0.2, "b": 0.3, "c": 1e22, "d": 5e-324, "e": 1.7976931348623157e308}
        store.commit(batch("B-1", *(birth(id, keys={"n": n}) for id, n in values.items())))

        for id, value in values.items():
            assert _found(store, ("n", "=", value)) == id
            assert _found(store, ("n", "in", (value,))) == id
        assert _found(store, ("n", "<", 0.1 + 0.2)) == "bd"

    @pytest.mark.parametrize("limit", [1, 2, 5, 12, 100])
    @pytest.mark.parametrize("order_by", ["id", "n", "half"])
    def test_pages_make_up_the_whole_in_order(
        self, store: Store, order_by: str, limit: int
    ) -> None:
        _keep(store)
        # Many records share a value of `half`: there the id decides.
        keys = {id: {"n": n, "half": _half(id), "id": id} for id, n in VALUES.items()}

        query: Query = Query("note", order_by=order_by, limit=limit)
        read = ""
        while page := store.find(query):
            assert len(page) <= limit
            read += "".join(record.id for record in page)
            query = query.next(keys[read[-1]][order_by], read[-1])

        assert read == ("acegikbdfhjl" if order_by == "half" else "abcdefghijkl")

    def test_a_page_may_begin_where_no_record_is(self, store: Store) -> None:
        _keep(store)

        def after(value: Scalar, id: str) -> str:
            query = Query("note", order_by="n", after=(value, id))
            return "".join(record.id for record in store.find(query))

        assert after(None, "0") == "abcdefghijkl"
        assert after(None, "zz") == "bcdefghijkl"
        assert after(0, "zz") == "cdefghijkl"
        assert after(0.5, "a") == "cdefghijkl"
        assert after(0.5, "c") == "defghijkl"
        assert after("5", "a") == "hijkl"
        assert after("😀", "zz") == ""

    def test_pages_keep_to_the_conditions(self, store: Store) -> None:
        _keep(store)
        query = Query("note", where=(("n", ">", 0),), order_by="n", after=(1, "d"), limit=3)

        assert [record.id for record in store.find(query)] == ["e", "f", "g"]

    def test_a_page_holds_whole_records(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1", {"v": 1}, keys={"n": 1})))

        assert list(store.find(Query("note"))) == [present(store, "N-1")]

    def test_a_changed_record_is_found_by_its_new_keys_only(self, store: Store) -> None:
        _keep(store)

        store.commit(batch("B-2", step(present(store, "d"), {}, keys={"n": 7})))

        assert _found(store, ("n", "=", 1)) == ""
        assert _found(store, ("n", "=", 7)) == "d"

    def test_a_deleted_record_is_not_found(self, store: Store) -> None:
        _keep(store)

        store.commit(batch("B-2", step(present(store, "d"), None, keys={"n": 1})))

        assert _found(store, ("n", "=", 1)) == ""

    def test_an_unknown_key_is_refused_with_the_nearest(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1", keys={"stage": "received"})))

        with pytest.raises(InvalidValueError, match="did you mean 'stage'"):
            store.find(Query("note", where=(("stagee", "=", "received"),)))
        with pytest.raises(InvalidValueError, match="did you mean 'stage'"):
            store.find(Query("note", order_by="stages"))

    def test_a_kind_without_records_knows_no_wrong_key(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1", keys={"stage": "received"})))

        assert not store.find(Query("task", where=(("stagee", "=", "received"),)))

    def test_a_key_may_come_later(self, store: Store, again: Callable[[], Store]) -> None:
        other = again()
        store.commit(batch("B-1", birth("N-1")))
        with pytest.raises(InvalidValueError):
            other.find(Query("note", order_by="stage"))

        store.commit(batch("B-2", birth("N-2", keys={"stage": "received"})))

        for handle in (store, other):
            found = handle.find(Query("note", order_by="stage"))
            assert [record.id for record in found] == ["N-1", "N-2"]

    def test_a_key_of_a_failed_batch_is_unknown(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1")))
        with pytest.raises(Exception, match="exists already"):
            store.commit(batch("B-2", birth("N-2", keys={"stage": "a"}), birth("N-1")))

        with pytest.raises(InvalidValueError, match="no key"):
            store.find(Query("note", order_by="stage"))
        store.commit(batch("B-2", birth("N-2", keys={"stage": "a"})))
        assert len(store.find(Query("note", order_by="stage"))) == 2

    def test_keys_may_be_called_like_words_of_a_database(self, store: Store) -> None:
        keys: dict[str, Scalar] = {"order": 1, "select": 2, "rowid": 3, "number": 4, "version": 9}
        store.commit(batch("B-1", birth("N-1", keys=keys)))

        for name, value in keys.items():
            assert _found(store, (name, "=", value)) == "N-1"


def _half(id: str) -> int:
    return (ord(id) + 1) % 2


def _keep(store: Store) -> None:
    changes = (birth(id, keys={"n": n, "half": _half(id)}) for id, n in VALUES.items())
    store.commit(batch("B-1", *changes))


def _found(store: Store, *where: Where) -> str:
    return "".join(record.id for record in store.find(Query("note", where=where)))
