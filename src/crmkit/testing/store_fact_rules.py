"""Rules for facts: rows in bulk, read back as they were given."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crmkit.errors import ConflictError, InvalidValueError
from crmkit.kernel import Scalar
from crmkit.storage import Rows, Store

from .store_access import StoreFixtures, batch, birth, facts
from .store_find_rules import CONDITIONS, VALUES


class FactRules(StoreFixtures):
    """What every store keeps of facts."""

    def test_rows_come_back_in_their_order(self, store: Store) -> None:
        first = Rows("orders", {"customer_id": ["C-2", "C-1"], "amount": [1999, None]})
        second = Rows("orders", {"amount": [500], "customer_id": ["C-3"]})

        store.commit(batch("B-1", rows=(first, second)))
        store.commit(batch("B-2", rows=(first,)))

        assert facts(store, "orders", "customer_id", "amount") == [
            ("C-2", 1999),
            ("C-1", None),
            ("C-3", 500),
            ("C-2", 1999),
            ("C-1", None),
        ]

    def test_values_keep_their_type_and_their_last_bit(self, store: Store) -> None:
        values: list[Scalar] = [
            1,
            1.0,
            "1",
            None,
            "",
            0.1 + 0.2,
            -(2**63),
            2**63 - 1,
            "海\n😀",
            5e-324,
        ]

        store.commit(batch("B-1", rows=(Rows("orders", {"value": values}),)))

        read = [value for (value,) in facts(store, "orders", "value")]
        assert read == values
        assert [type(value) for value in read] == [type(value) for value in values]

    @pytest.mark.parametrize("block", [1, 3, 7, 8, 100])
    def test_blocks_make_up_the_whole(self, store: Store, block: int) -> None:
        rows = tuple(Rows("orders", {"n": range(start, start + 4)}) for start in (0, 4))
        store.commit(batch("B-1", rows=rows))

        parts = [list(part["n"]) for part in store.scan("orders", ["n"], block=block)]

        assert [n for part in parts for n in part] == list(range(8))
        assert {len(part) for part in parts[:-1]} <= {block}

    def test_ten_thousand_rows_come_back(self, store: Store) -> None:
        numbers = range(10_000)
        store.commit(batch("B-1", rows=(Rows("orders", {"n": numbers}),)))

        assert facts(store, "orders", "n", block=999) == [(n,) for n in numbers]

    def test_a_table_never_written_is_empty(self, store: Store) -> None:
        store.commit(batch("B-1", rows=(Rows("orders", {"n": [1]}),)))

        assert not list(store.scan("receipts", ["anything"], where=[("n", "=", 1)]))

    def test_columns_left_out_are_empty(self, store: Store) -> None:
        store.commit(batch("B-1", rows=(Rows("orders", {"a": [1], "b": [2]}),)))
        store.commit(batch("B-2", rows=(Rows("orders", {"b": [3]}),)))

        assert facts(store, "orders", "a", "b") == [(1, 2), (None, 3)]

    def test_a_new_column_is_empty_in_older_rows(
        self, store: Store, again: Callable[[], Store]
    ) -> None:
        other = again()
        store.commit(batch("B-1", rows=(Rows("orders", {"a": [1]}),)))
        assert facts(other, "orders", "a") == [(1,)]

        store.commit(batch("B-2", rows=(Rows("orders", {"b": ["x"], "c": [None]}),)))

        for handle in (store, other):
            assert facts(handle, "orders", "a", "b", "c") == [(1, None, None), (None, "x", None)]

    def test_rows_of_no_length_make_their_columns_known(self, store: Store) -> None:
        store.commit(batch("B-1", rows=(Rows("orders", {"a": []}), Rows("receipts", {}))))

        assert facts(store, "orders", "a") == []
        with pytest.raises(InvalidValueError):
            store.scan("orders", ["b"])
        assert facts(store, "receipts", "b") == []

    def test_an_unknown_column_is_refused_with_the_nearest(self, store: Store) -> None:
        store.commit(batch("B-1", rows=(Rows("orders", {"customer_id": ["C-1"]}),)))

        with pytest.raises(InvalidValueError, match="did you mean 'customer_id'"):
            store.scan("orders", ["custmer_id"])
        with pytest.raises(InvalidValueError, match="did you mean 'customer_id'"):
            store.scan("orders", ["customer_id"], where=[("customer", "=", "C-1")])
        with pytest.raises(InvalidValueError, match=r"known are customer_id$"):
            store.scan("orders", ["amount"])

    def test_what_no_store_could_answer_is_refused(self, store: Store) -> None:
        store.commit(batch("B-1", rows=(Rows("orders", {"a": [1]}),)))

        for table, columns, block in (
            ("No Table", ["a"], 1),
            ("orders", [], 1),
            ("orders", "a", 1),
            ("orders", ['a"; --'], 1),
            ("orders", ["a"], 0),
        ):
            with pytest.raises(InvalidValueError):
                store.scan(table, columns, block=block)
        with pytest.raises(InvalidValueError):
            store.scan("orders", ["a"], where=[("a", "~", 1)])

    @pytest.mark.parametrize(("operator", "value", "wanted"), CONDITIONS)
    def test_a_condition_means_the_same_as_for_records(
        self, store: Store, operator: str, value: Scalar | tuple[Scalar, ...], wanted: str
    ) -> None:
        rows = Rows("orders", {"id": list(VALUES), "n": list(VALUES.values())})
        store.commit(batch("B-1", rows=(rows,)))

        parts = list(store.scan("orders", ["id"], where=[("n", operator, value)], block=4))

        assert "".join(str(id) for part in parts for id in part["id"]) == wanted
        assert {len(part["id"]) for part in parts[:-1]} <= {4}

    def test_all_conditions_of_a_scan_must_hold(self, store: Store) -> None:
        rows = Rows("orders", {"id": list(VALUES), "n": list(VALUES.values())})
        store.commit(batch("B-1", rows=(rows,)))

        (part,) = store.scan("orders", ["id", "n"], where=[("n", ">", 0), ("id", "<", "e")])

        assert {name: list(column) for name, column in part.items()} == {
            "id": ["c", "d"],
            "n": [0.5, 1],
        }

    def test_an_id_in_a_column_is_a_value_like_others(self, store: Store) -> None:
        store.commit(batch("B-1", rows=(Rows("orders", {"id": [5, "5", None, 5.0]}),)))

        def found(operator: str, value: Scalar | tuple[Scalar, ...]) -> list[Scalar]:
            blocks = store.scan("orders", ["id"], where=[("id", operator, value)])
            return [id for part in blocks for id in part["id"]]

        assert found("=", 5) == [5, 5.0]
        assert found("=", "5") == ["5"]
        assert found("=", None) == [None]
        assert found("in", (5, None)) == [5, None, 5.0]

    def test_rows_and_changes_are_stored_together_or_not_at_all(self, store: Store) -> None:
        store.commit(batch("B-1", birth("N-1")))
        rows = (Rows("orders", {"a": [1], "b": [1]}),)

        with pytest.raises(ConflictError):
            store.commit(batch("B-2", birth("N-1"), rows=rows))

        assert facts(store, "orders", "a") == []
        store.commit(batch("B-3", birth("N-2"), rows=rows))
        assert facts(store, "orders", "a", "b") == [(1, 1)]

    @pytest.mark.parametrize("where", [(), (("n", ">=", 0),)])
    def test_a_scan_sees_what_was_there_when_it_was_called(
        self, store: Store, where: tuple[tuple[str, str, int], ...]
    ) -> None:
        store.commit(batch("B-1", rows=(Rows("orders", {"n": [0, 1, 2]}),)))
        scan = store.scan("orders", ["n"], where=where, block=2)
        store.commit(batch("B-2", rows=(Rows("orders", {"n": [3, 4], "new": [1, 1]}),)))

        first = next(scan)
        store.commit(batch("B-3", rows=(Rows("orders", {"n": [5]}),)))

        assert list(first["n"]) == [0, 1]
        assert [list(part["n"]) for part in scan] == [[2]]

    def test_a_column_asked_for_twice_is_given_once(self, store: Store) -> None:
        store.commit(batch("B-1", rows=(Rows("orders", {"a": [1], "b": [2]}),)))

        (part,) = store.scan("orders", ["b", "a", "b"])

        assert list(part) == ["b", "a"]

    def test_names_may_be_words_of_a_database(self, store: Store) -> None:
        columns: dict[str, list[Scalar]] = {
            "order": [1],
            "select": ["x"],
            "rowid": [7],
            "batch": ["L-9"],
            "row": [2],
        }
        store.commit(batch("B-1", rows=(Rows("table", columns),)))
        store.commit(batch("B-2", rows=(Rows("table", columns),)))

        assert facts(store, "table", *columns, block=1) == [(1, "x", 7, "L-9", 2)] * 2

    def test_tables_are_apart(self, store: Store) -> None:
        store.commit(batch("B-1", rows=(Rows("orders", {"a": [1]}), Rows("receipts", {"a": [2]}))))

        assert facts(store, "orders", "a") == [(1,)]
        assert facts(store, "receipts", "a") == [(2,)]
