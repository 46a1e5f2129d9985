"""Where rows come from: files and frames."""

import gzip
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import duckdb
import narwhals.stable.v2 as nw
import pandas as pd
import polars as pl
import pytest

from crmkit.app.importing import csv_source
from crmkit.app.importing.cells import Cells, Form
from crmkit.app.importing.frame_source import FrameSource, cells_of
from crmkit.app.importing.opened import open_source
from crmkit.app.importing.source import Chunk, chosen_columns
from crmkit.errors import InvalidValueError


def chunks(
    source: object, *names: str, delimiter: str = ",", encoding: str = "utf-8"
) -> list[Chunk]:
    with open_source(source, delimiter=delimiter, encoding=encoding) as table:
        return list(table.chunks({name: name for name in names}))


def column(found: list[Chunk], name: str) -> list[object]:
    return [value for chunk in found for value in chunk.cells[name].values]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.csv"


class TestCsv:
    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
    @pytest.mark.parametrize("name", [b"id", b'"id"'], ids=["bare", "quoted"])
    def test_may_begin_with_a_byte_order_mark(self, path: Path, mark: bytes, name: bytes) -> None:
        path.write_bytes(mark + name + ",name\r\nC-1,Müller\r\n".encode())

        found = chunks(path, "id", "name")

        assert column(found, "id") == ["C-1"]
        assert column(found, "name") == ["Müller"]

    def test_may_be_compressed(self, tmp_path: Path) -> None:
        path = tmp_path / "some.csv.gz"
        path.write_bytes(gzip.compress("\ufeffid\nC-1\n".encode()))

        assert column(chunks(str(path), "id"), "id") == ["C-1"]

    def test_may_be_in_another_encoding(self, path: Path) -> None:
        path.write_text("id;name\nC-1;李伟\n", encoding="gb18030")

        assert column(chunks(path, "name", delimiter=";", encoding="GB18030"), "name") == ["李伟"]

    def test_takes_blanks_off_the_names_only(self, path: Path) -> None:
        path.write_text("id , name\n C-1, Li\n")

        found = chunks(path, "id", "name")

        assert (column(found, "id"), column(found, "name")) == ([" C-1"], [" Li"])

    def test_knows_rows_that_go_over_lines(self, path: Path) -> None:
        path.write_text('id,about\nK-1,"leaks,\nand ""rattles"""\nK-2,late\n')

        found = chunks(path, "about")

        assert column(found, "about") == ['leaks,\nand "rattles"', "late"]
        assert list(found[0].rows) == [1, 2]

    def test_counts_no_empty_lines(self, path: Path) -> None:
        path.write_text("\nid,name\n\nC-1,Li\n\n\nC-2,Wu\n\n")

        (found,) = chunks(path, "id")

        assert list(found.rows) == [1, 2]
        assert list(found.cells["id"].values) == ["C-1", "C-2"]

    def test_goes_on_after_many_empty_lines(self, path: Path) -> None:
        path.write_text("id,name\n" + "\n" * 1200 + "C-1,Li\n")

        assert column(chunks(path, "id"), "id") == ["C-1"]

    def test_tells_rows_of_another_length(self, path: Path) -> None:
        path.write_text("id,name\nC-1,Li\nC-2\nC-3,Wu,x\nC-4,Xu\n")

        (found,) = chunks(path, "id")

        assert list(found.rows) == [1, 4]
        assert list(found.cells["id"].values) == ["C-1", "C-4"]
        assert [(one.row, one.value, one.reason) for one in found.unread] == [
            (2, ("C-2",), "has 1 cells where the header has 2"),
            (3, ("C-3", "Wu", "x"), "has 3 cells where the header has 2"),
        ]

    def test_tells_when_every_row_has_another_length(self, path: Path) -> None:
        path.write_text("id,name\nC-1\nC-2\n")

        (found,) = chunks(path, "id", "name")

        assert list(found.rows) == []
        assert column([found], "name") == []
        assert [one.row for one in found.unread] == [1, 2]

    def test_goes_on_after_a_broken_row(self, path: Path) -> None:
        path.write_text('id,name\nC-1,Li\nC-2,"Wu" x\nC-3,Xu\nC-4,"never ends\n')

        (found,) = chunks(path, "id")

        assert list(found.cells["id"].values) == ["C-1", "C-3"]
        assert [one.row for one in found.unread] == [2, 4]
        assert found.unread[0].reason.startswith("cannot be taken apart: ")

    def test_goes_on_after_many_broken_rows(self, path: Path) -> None:
        path.write_text("id,name\n" + '"C-1" x,Li\n' * csv_source._CHUNK + "C-2,Wu\n")

        found = chunks(path, "id")

        assert column(found, "id") == ["C-2"]
        assert [len(chunk.unread) for chunk in found] == [csv_source._CHUNK, 0]

    def test_tells_how_far_it_is(self, path: Path) -> None:
        path.write_text("id,name\n" + "C-1,Li\n" * 3000)

        with open_source(path, delimiter=",", encoding="utf-8") as table:
            done = sum(chunk.done for chunk in table.chunks({"id": "id"}))
            assert (table.total, table.unit) == (done, "B")

    def test_goes_on_to_the_last_row_of_a_full_chunk(self, path: Path) -> None:
        rows = csv_source._CHUNK * 2
        path.write_text("id,name\n" + "C-1,Li\n" * rows)

        found = chunks(path, "id")

        assert [len(chunk.rows) for chunk in found] == [rows // 2, rows // 2]
        assert found[1].rows[0] == rows // 2 + 1


class TestOpened:
    def test_refuses_a_file_that_is_not_there(self, path: Path) -> None:
        with pytest.raises(InvalidValueError, match=r"cannot be read: .*No such file"):
            chunks(path)

    def test_refuses_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidValueError, match="cannot be read"):
            chunks(tmp_path)

    @pytest.mark.parametrize("text", ["", "\n\n"])
    def test_refuses_a_file_without_a_header(self, path: Path, text: str) -> None:
        path.write_text(text)

        with pytest.raises(InvalidValueError, match="must have a header"):
            chunks(path)

    @pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
    def test_says_when_the_encoding_is_another(self, path: Path, encoding: str) -> None:
        path.write_text("id,姓名\nC-7,Li\n", encoding=encoding)

        with pytest.raises(InvalidValueError, match="give encoding=, such as 'utf-16'"):
            chunks(path)

    def test_refuses_a_header_that_cannot_be_taken_apart(self, path: Path) -> None:
        path.write_text('id,"name\n')

        with pytest.raises(InvalidValueError, match=r"must have a header: .*: unexpected end"):
            chunks(path)

    def test_refuses_a_file_that_only_seems_compressed(self, tmp_path: Path) -> None:
        path = tmp_path / "some.csv.gz"
        path.write_text("id,name\n")

        with pytest.raises(InvalidValueError, match="cannot be read"):
            chunks(path)

    def test_refuses_a_file_that_breaks_off(self, tmp_path: Path) -> None:
        path = tmp_path / "some.csv.gz"
        whole = gzip.compress("".join(f"{n * n * n},x\n" for n in range(20_000)).encode())
        path.write_bytes(whole[: len(whole) // 2])

        with pytest.raises(InvalidValueError, match="cannot be read: Compressed file ended"):
            chunks(path, "0")

    @pytest.mark.parametrize("delimiter", ["", "||", "\n", '"', 7])
    def test_refuses_what_parts_no_cells(self, path: Path, delimiter: str) -> None:
        with pytest.raises(InvalidValueError, match="must be one sign"):
            chunks(path, delimiter=delimiter)

    @pytest.mark.parametrize("encoding", ["utf-88", "hex", 8])
    def test_refuses_what_is_no_encoding(self, path: Path, encoding: str) -> None:
        with pytest.raises(InvalidValueError, match="must be the name of a text encoding"):
            chunks(path, encoding=encoding)

    @pytest.mark.parametrize("source", [[("C-1", "Li")], {"id": ["C-1"]}, 7, None])
    def test_refuses_what_is_no_frame(self, source: object) -> None:
        with pytest.raises(InvalidValueError, match="give the path of a CSV file, or a pandas"):
            chunks(source)

    def test_refuses_a_frame_with_two_columns_of_one_name(self) -> None:
        frame = pd.DataFrame([["C-1", "C-2"]], columns=["id", "id"])

        with pytest.raises(InvalidValueError, match="is nothing to import"):
            chunks(frame)


class TestFrames:
    @pytest.mark.parametrize(
        "frame",
        [
            pd.DataFrame({"id": ["C-1", None]}),
            pl.DataFrame({"id": ["C-1", None]}),
            pl.LazyFrame({"id": ["C-1", None]}),
            duckdb.sql("SELECT unnest(['C-1', NULL]) AS id"),
        ],
        ids=["pandas", "polars", "polars lazy", "DuckDB"],
    )
    def test_may_be_of_any_engine(self, frame: object) -> None:
        found = chunks(frame, "id")

        assert column(found, "id") == ["C-1", None]
        assert [list(chunk.rows) for chunk in found] == [[1, 2]]

    def test_tell_how_far_they_are(self) -> None:
        frame = pl.DataFrame({"id": ["C-1"] * 60_000})

        source = FrameSource(frame)

        assert (source.total, source.unit) == (60_000, " rows")
        assert [chunk.done for chunk in source.chunks({"id": "id"})] == [25_000, 25_000, 10_000]

    def test_do_not_know_how_long_they_are_when_lazy(self) -> None:
        assert FrameSource(pl.LazyFrame({"id": ["C-1"]})).total is None


class TestCellsOf:
    @pytest.mark.parametrize(
        ("series", "cells"),
        [
            (pd.Series(["a", None]), Cells(["a", None], Form.TEXT)),
            (pd.Series(["a", "b"], dtype="category"), Cells(["a", "b"], Form.TEXT)),
            (pl.Series(["a"], dtype=pl.Enum(["a"])), Cells(["a"], Form.TEXT)),
            (pd.Series([1.5, float("nan")]), Cells([1.5, None], Form.PLAIN)),
            (pd.Series([1, None], dtype="Int64"), Cells([1, None], Form.PLAIN)),
            (pl.Series([Decimal("1.50")]), Cells([Decimal("1.50")], Form.PLAIN)),
            (pl.Series([True]), Cells([True], Form.OBJECTS)),
            (pl.Series([time(9)]), Cells([time(9)], Form.OBJECTS)),
            (pl.Series([date(1970, 1, 2), None]), Cells([86_400_000_000, None], Form.WALL)),
            (pl.Series([datetime(1970, 1, 1, 0, 0, 1)]), Cells([1_000_000], Form.WALL)),
            (
                pd.Series(pd.to_datetime(["1970-01-01T01:00+01:00", ""], utc=True)),
                Cells([0, None], Form.INSTANT),
            ),
            (
                pl.Series(
                    [datetime(1970, 1, 2, tzinfo=UTC)], dtype=pl.Datetime("ns", "Asia/Tokyo")
                ),
                Cells([86_400_000_000], Form.INSTANT),
            ),
        ],
    )
    def test_takes_the_simplest_form(self, series: object, cells: Cells) -> None:
        assert cells_of(nw.from_native(series, series_only=True)) == cells  # type: ignore[call-overload]  # of two engines


class TestChosenColumns:
    known = ("id", "name", "region")

    def chosen(
        self, columns: Mapping[str, str | None] | None, *names: str, needed: str = "id"
    ) -> dict[str, str]:
        return chosen_columns(self.known, [needed], names, columns, of="customers")

    def test_takes_those_of_the_standard_names(self) -> None:
        assert self.chosen(None, "name", "x", "id") == {"id": "id", "name": "name"}

    def test_takes_those_that_are_told(self) -> None:
        assert self.chosen({"id": "no"}, "no", "id", "name") == {"id": "no", "name": "name"}

    def test_takes_one_for_two_fields(self) -> None:
        assert self.chosen({"name": "id"}, "id") == {"id": "id", "name": "id"}

    def test_leaves_out_what_is_told_to_be_none(self) -> None:
        assert self.chosen({"region": None}, "id", "region") == {"id": "id"}

    def test_refuses_an_unknown_field(self) -> None:
        with pytest.raises(InvalidValueError, match=r"'regoin': it is no column of customers; did"):
            self.chosen({"regoin": "x"}, "id", "x")

    def test_refuses_a_column_that_is_not_there(self) -> None:
        with pytest.raises(InvalidValueError, match=r"no column of the source; did you mean 'nme'"):
            self.chosen({"name": "nmee"}, "id", "nme")

    @pytest.mark.parametrize("columns", [None, {"id": None}])
    def test_refuses_to_go_without_what_is_needed(
        self, columns: Mapping[str, str | None] | None
    ) -> None:
        with pytest.raises(InvalidValueError, match="must be a column of the source; write colum"):
            self.chosen(columns, "idd")

    @pytest.mark.parametrize("sign", [";", "\t", "|"])
    def test_says_when_another_sign_parts_the_columns(self, sign: str) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(f"give delimiter={sign!r}")):
            chosen_columns(("id", "name"), ("name",), [f"id{sign}name"], None, of="customers")

    def test_refuses_a_name_of_two_columns(self) -> None:
        with pytest.raises(InvalidValueError, match="is the name of two columns"):
            self.chosen(None, "id", "id")

    def test_lets_unused_columns_have_one_name(self) -> None:
        assert self.chosen(None, "id", "x", "x") == {"id": "id"}
