import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # it has no stubs
import pytest

from crmkit.errors import InvalidValueError
from crmkit.stats import CaseLog, dwell_times, log_columns, transition_matrix

from ..value.engines import ENGINES, in_engine, rows_of
from .event_logs import FRIDAY, SCHEMA, columns_of


HOUR = timedelta(hours=1)
GOOD = [
    ("B", "new", FRIDAY, 1),
    ("A", "new", FRIDAY, 1),
    ("A", "done", FRIDAY, 2),
]


def changed(change: Mapping[str, list[object]], engine: str = "pandas") -> Any:
    return in_engine(engine, {**columns_of(GOOD), **change}, SCHEMA)


def cases_of(events: Any) -> list[object]:
    return [row[0] for row in rows_of(dwell_times(events, as_of=FRIDAY + HOUR))]


class TestRead:
    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("column", list(SCHEMA))
    def test_refuses_what_is_missing(self, engine: str, column: str) -> None:
        values = list(columns_of(GOOD)[column])

        with pytest.raises(InvalidValueError, match=f"{column}.* must not be empty, as in row 1"):
            CaseLog.read(changed({column: [values[0], None, values[2]]}, engine))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_place_that_stands_twice_in_a_case(self, engine: str) -> None:
        says = (
            "sequence is 2: it must stand once in a case (case 'A', sequence 2), as in row 2; "
            "number the events of each case"
        )
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            CaseLog.read(changed({"sequence": [1, 2, 2]}, engine))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_times_that_run_backwards(self, engine: str) -> None:
        says = (
            "at is '2026-03-06T08:00:00+00:00': it must not be before the event before it "
            "(case 'A', sequence 2), as in row 2"
        )
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            CaseLog.read(changed({"at": [FRIDAY, FRIDAY, FRIDAY - HOUR]}, engine))

    def test_refuses_a_sequence_that_is_not_whole(self) -> None:
        for place in (1.5, float("inf"), 2.0**60):
            events = changed({}).assign(sequence=[1.0, 1.0, place])
            with pytest.raises(InvalidValueError, match="must be a whole number, as in row 2"):
                CaseLog.read(events)
        huge = pl.DataFrame(columns_of(GOOD), {**SCHEMA, "sequence": pl.UInt64}).with_columns(
            sequence=pl.lit(2**63, pl.UInt64)
        )
        with pytest.raises(InvalidValueError, match=r"must be below 2\*\*63"):
            CaseLog.read(huge)

    def test_reads_whole_numbers_of_any_type(self) -> None:
        for kind in ("float64", "int8", "uint64", "Int64"):
            assert repr(CaseLog.read(changed({}).astype({"sequence": kind}))).startswith(
                "CaseLog(3"
            )
        decimals = changed({}).assign(sequence=[Decimal(1), Decimal(1), Decimal(2)])
        assert cases_of(decimals) == ["A", "A", "B"]

    def test_refuses_naive_times_and_days(self) -> None:
        naive = changed({}).assign(at=datetime(2026, 3, 6))
        with pytest.raises(InvalidValueError, match="at is a column of naive times"):
            CaseLog.read(naive)
        with pytest.raises(InvalidValueError, match="must hold instants with a time zone"):
            CaseLog.read(pl.DataFrame(columns_of(GOOD)).with_columns(at=date(2026, 3, 6)))

    def test_names_a_missing_column(self) -> None:
        with pytest.raises(InvalidValueError, match=r"case is missing.*did you mean 'case_id'"):
            CaseLog.read(changed({}), case_id="case")

    def test_sorts_whole_numbers_near_and_far_apart(self) -> None:
        for ids in ([7, -3, -3], [2**62, -(2**62), -(2**62)], [2**63 - 1, 5, 5]):
            assert cases_of(changed({}).assign(case_id=ids)) == [ids[1], ids[1], ids[0]]

    def test_sorts_rows_whose_numbers_are_too_wide_to_pack(self) -> None:
        events = changed({}).assign(case_id=[2, 1, 1], sequence=[0, 2**62, -(2**62)])

        log = CaseLog.read(events.assign(activity=["b", "last", "first"]))

        assert transition_matrix(log).counts.loc["first", "last"] == 1

    def test_leaves_sorted_rows_as_they_are(self) -> None:
        events = changed({}).iloc[[1, 2, 0]]

        assert CaseLog.read(events).order.tolist() == [0, 1, 2]

    @pytest.mark.parametrize("kind", ["category", "object", "str"])
    def test_reads_texts_of_any_type(self, kind: str) -> None:
        events = changed({}).astype({"activity": kind, "case_id": kind})
        if kind == "category":
            events["activity"] = events["activity"].cat.add_categories(["never"])

        log = CaseLog.read(events)

        assert log.activities == ("done", "new")
        assert cases_of(events) == ["A", "A", "B"]

    def test_reads_categories_of_polars_and_arrow(self) -> None:
        frame = pl.DataFrame(columns_of(GOOD), SCHEMA)
        categories = frame.cast({"activity": pl.Categorical, "case_id": pl.Enum(["Z", "B", "A"])})
        chunks = pa.concat_tables([categories.to_arrow(), categories[:0].to_arrow()])

        for events in (categories, categories.to_arrow(), chunks):
            assert CaseLog.read(events).activities == ("done", "new")

    def test_keeps_no_rows_apart_by_their_index(self) -> None:
        events = changed({})
        events.index = pd.Index([5, 5, 5])

        stays = dwell_times(events, as_of=FRIDAY)

        assert stays.index.tolist() == [0, 1, 2]

    def test_of_a_bare_pandas_frame_is_empty(self) -> None:
        bare = pd.DataFrame(columns=list(SCHEMA))

        assert repr(CaseLog.read(bare)) == "CaseLog(0 events, 0 cases, 0 activities)"
        assert transition_matrix(bare).activities == ()

    def test_needs_no_arrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        events = changed({})
        expected = dwell_times(events, as_of=FRIDAY)
        monkeypatch.setattr(
            log_columns, "find_spec", lambda name: None if name == "pyarrow" else find_spec(name)
        )

        stays = dwell_times(events, as_of=FRIDAY)

        pd.testing.assert_frame_equal(stays, expected)

    def test_reads_texts_without_a_letter(self) -> None:
        log = CaseLog.read(changed({"activity": ["", "", ""]}))

        assert log.activities == ("",)

    def test_reads_texts_that_come_late(self) -> None:
        common = ["new", "done"] * 5_000
        told = [*common, "lost", "found", "lost"]
        events = pd.DataFrame(
            {
                "case_id": 1,
                "activity": told,
                "at": pd.Timestamp(FRIDAY),
                "sequence": np.arange(len(told)),
            }
        )

        stays = dwell_times(events, as_of=FRIDAY)

        assert CaseLog.read(events).activities == ("done", "found", "lost", "new")
        assert stays["activity"].tolist() == told

    @pytest.mark.parametrize("texts", [3, 300])
    @pytest.mark.parametrize("common", [0, 10_000])
    def test_reads_texts_in_chunks(self, texts: int, common: int) -> None:
        """As pandas holds what it joined, or read from a file of several row groups."""
        told = ["new"] * common + [f"step {place % texts}" for place in range(2 * texts)]
        halves = [told[: len(told) // 2], told[len(told) // 2 :]]
        events = pd.DataFrame(
            {
                "case_id": 1,
                "activity": pd.array(pa.chunked_array(halves), dtype=pd.ArrowDtype(pa.string())),
                "at": pd.Timestamp(FRIDAY),
                "sequence": np.arange(len(told)),
            }
        )

        stays = dwell_times(events, as_of=FRIDAY)

        assert CaseLog.read(events).activities == tuple(sorted(set(told)))
        assert stays["activity"].tolist() == told

    @pytest.mark.parametrize("kind", ["int8", "int64", "uint64", "Int64"])
    def test_gives_ids_back_in_their_type(self, kind: str) -> None:
        low = 0 if kind == "uint64" else -100
        events = changed({}).assign(case_id=[low + 3, low, low]).astype({"case_id": kind})

        stays = dwell_times(events, as_of=FRIDAY)

        assert stays["case_id"].tolist() == [low, low, low + 3]
        assert str(stays["case_id"].dtype) == kind

    def test_is_not_changed_by_what_becomes_of_answers(self) -> None:
        events = changed({}).iloc[[1, 2, 0]].reset_index(drop=True)
        log = CaseLog.read(events)
        before = dwell_times(log, as_of=FRIDAY)

        answer = dwell_times(log, as_of=FRIDAY)
        answer.loc[0, "sequence"] = 7
        answer.loc[0, "since"] = pd.Timestamp(FRIDAY + HOUR)

        pd.testing.assert_frame_equal(dwell_times(log, as_of=FRIDAY), before)
        assert events["sequence"].tolist() == [1, 2, 1]


class TestCaseBlocks:
    def test_tell_once_where_each_case_ends(self) -> None:
        cases = np.repeat(np.arange(4), [40_000, 1, 16_384, 50_000])
        events = pd.DataFrame(
            {
                "case_id": cases,
                "activity": "new",
                "at": pd.Timestamp(FRIDAY),
                "sequence": np.arange(len(cases)),
            }
        )
        log = CaseLog.read(events)

        found = list(log.case_blocks())

        assert [case for _, ends in found for case in range(4)[ends]] == [0, 1, 2, 3]
        assert [row for rows, _ in found for row in range(rows.start, rows.stop)] == [
            *range(len(cases))
        ]
        for rows, ends in found:
            last = log.lasts[ends]
            assert ((rows.start <= last) & (last < rows.stop)).all()
            assert log.firsts[ends][0] == rows.start
            assert last[-1] + 1 == rows.stop
