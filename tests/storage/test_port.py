"""What crosses the port: unfit values are refused before a store sees them."""

import json
from collections import UserDict
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap
from crmkit.storage import Batch, Change, Record, Rows


AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def change(**told: Any) -> Change:
    whole: dict[str, Any] = {
        "kind": "note",
        "id": "N-1",
        "expected": 0,
        "data": b"{}",
        "delta": b"{}",
    }
    return Change(**{**whole, **told})


class TestChange:
    @pytest.mark.parametrize(
        "told",
        [
            {"kind": "No Kind"},
            {"id": " N-1"},
            {"expected": -1},
            {"data": b"[1]"},
            {"data": b'{"a":1'},
            {"data": b'{"a":"\xff"}'},
            {"delta": b"true"},
            {"delta": b"[1"},
            {"delta": b'[{"a":"\xff"}]'},
            {"delta": b"null"},
            {"data": None},
            {"keys": {"No Key": 1}},
            {"keys": {"n": True}},
            {"keys": {"n": AT}},
            {"keys": {"n": float("nan")}},
            {"keys": {"n": "a\0"}},
        ],
    )
    def test_refuses_what_no_store_could_keep(self, told: dict[str, Any]) -> None:
        with pytest.raises(InvalidValueError):
            change(**told)

    def test_may_delete(self) -> None:
        assert change(data=None, delta=b"null", expected=1).data is None

    def test_holds_its_keys_by_itself(self) -> None:
        keys = UserDict({"n": 1})
        made = change(keys=keys)
        keys["n"] = 2

        assert made.keys == FrozenMap({"n": 1})

    def test_keeps_keys_that_cannot_change(self) -> None:
        keys = FrozenMap({"n": 1})

        assert change(keys=keys).keys is keys


class TestChangeOf:
    def before(self, version: int, *, schema: int = 1) -> Record:
        return Record("note", "N-1", version, schema, b'{"a":1,"log":[1]}')

    def test_a_birth_is_whole(self) -> None:
        made = Change.of("note", "N-1", b'{"a":1}', keys={"n": 1})

        assert (made.expected, made.schema, made.delta) == (0, 1, b'{"a":1}')
        assert made.keys == FrozenMap({"n": 1})

    def test_a_later_version_tells_what_changed(self) -> None:
        made = Change.of("note", "N-1", b'{"a":2,"log":[1,2]}', before=self.before(3))

        assert made.expected == 3
        assert json.loads(made.delta) == [{"a": 2}, {"log": [2]}]

    @pytest.mark.parametrize("version", [19, 39, 59])
    def test_every_twentieth_version_is_whole(self, version: int) -> None:
        made = Change.of("note", "N-1", b'{"a":2}', before=self.before(version))

        assert made.delta == made.data == b'{"a":2}'

    def test_a_new_schema_is_whole(self) -> None:
        made = Change.of("note", "N-1", b'{"a":2}', before=self.before(3), schema=2)

        assert made.delta == b'{"a":2}'

    def test_a_deletion_has_no_data(self) -> None:
        made = Change.of("note", "N-1", None, before=self.before(3))

        assert (made.expected, made.data, made.delta) == (3, None, b"null")

    def test_what_was_deleted_comes_back_whole(self) -> None:
        made = Change.of("note", "N-1", b'{"a":1}', expected=4)

        assert (made.expected, made.delta) == (4, b'{"a":1}')


class TestRows:
    def test_holds_its_columns_by_itself(self) -> None:
        amounts = [1, 2]
        rows = Rows("orders", {"amount": amounts})
        amounts.append(3)

        assert rows.columns == {"amount": (1, 2)}
        assert len(rows) == 2
        assert len(Rows("orders", {})) == 0

    @pytest.mark.parametrize(
        "column",
        [
            [True],
            [1, AT],
            [np.float64(1.0)],
            np.array([1, 2]),
            [b"x"],
            [1.0, float("nan")],
            [float("-inf")],
            [1, 2**63],
            [-(2**63) - 1],
            ["fine", "a\0"],
            ["\ud800"],
            "text",
            b"bytes",
        ],
    )
    def test_refuses_what_no_store_could_keep(self, column: Any) -> None:
        with pytest.raises(InvalidValueError):
            Rows("orders", {"amount": column})

    def test_takes_every_kind_of_value(self) -> None:
        column = [None, "", "a\nb", "😀", 0, -(2**63), 2**63 - 1, 0.1, -0.0]

        assert Rows("orders", {"amount": column}).columns["amount"] == tuple(column)

    @pytest.mark.parametrize(
        ("table", "columns"),
        [("No Table", {"a": [1]}), ("orders", {"No Column": [1]}), ("orders", {"a": [1], "b": []})],
    )
    def test_refuses_unfit_names_and_lengths(self, table: str, columns: dict[str, Any]) -> None:
        with pytest.raises(InvalidValueError):
            Rows(table, columns)


class TestBatch:
    @pytest.mark.parametrize(
        "told",
        [
            {"id": ""},
            {"at": datetime(2026, 3, 2, 9)},
            {"at": "now"},
            {"actor": " "},
            {"actor": None},
            {"actor": "ann\0"},
            {"actor": "\ud800"},
        ],
    )
    def test_refuses_what_no_store_could_keep(self, told: dict[str, Any]) -> None:
        whole: dict[str, Any] = {"id": "B-1", "at": AT, "actor": "ann"}

        with pytest.raises(InvalidValueError):
            Batch(**{**whole, **told})

    def test_holds_its_changes_by_itself(self) -> None:
        changes, rows = [change()], [Rows("orders", {"a": [1]})]
        batch = Batch(id="B-1", at=AT, actor="ann", changes=changes, rows=rows)
        changes.clear()
        rows.clear()

        assert (len(batch.changes), len(batch.rows)) == (1, 1)
