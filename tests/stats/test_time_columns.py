from datetime import UTC, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # it has no stubs
import pytest

from crmkit.errors import InvalidValueError
from crmkit.stats.time_columns import MISSING, durations_in, instants_in, like, same_rows


TIMES = [datetime(2026, 3, 1, 12, 30, 0, 1, tzinfo=UTC), None, datetime(1969, 1, 1, tzinfo=UTC)]
MICROS = [1_772_368_200_000_001, MISSING, -31_536_000_000_000]
LASTS = [timedelta(hours=1), None, timedelta(microseconds=-1)]
COUNTED = [3_600_000_000, MISSING, -1]


class TestInstantsIn:
    @pytest.mark.parametrize(
        "column",
        [
            pd.Series(TIMES),
            pd.Series(TIMES).dt.tz_convert("Asia/Shanghai"),
            pd.Series(TIMES).astype("datetime64[ns, UTC]"),
            pd.Series(TIMES).astype(pd.ArrowDtype(pa.timestamp("us", "Europe/Berlin"))),
            pl.Series(TIMES, dtype=pl.Datetime("us", "UTC")),
            pl.Series(TIMES, dtype=pl.Datetime("ns", "Asia/Shanghai")),
            pa.chunked_array([TIMES], type=pa.timestamp("us", "Asia/Shanghai")),
            np.array(MICROS, dtype="datetime64[us]"),
        ],
    )
    def test_are_microseconds_in_utc(self, column: object) -> None:
        assert instants_in(column, "starts").tolist() == MICROS

    @pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps"])
    def test_take_datetimes_of_every_unit(self, unit: str) -> None:
        told = np.array(["1970-01-01", "NaT"], dtype=f"datetime64[{unit}]")

        assert instants_in(told, "starts").tolist() == [0, MISSING]

    def test_cut_what_is_finer_than_a_microsecond(self) -> None:
        told = np.array([-1, 1_999], dtype="datetime64[ns]")

        assert instants_in(told, "starts").tolist() == [-1, 1]

    def test_of_an_empty_column_are_none(self) -> None:
        assert instants_in(np.array([], dtype="datetime64[D]"), "starts").tolist() == []

    @pytest.mark.parametrize("column", [pd.Series(TIMES).dt.tz_localize(None), pl.Series([1, 2])])
    def test_refuse_a_column_without_a_zone(self, column: object) -> None:
        with pytest.raises(InvalidValueError, match=r"must hold instants with a time"):
            instants_in(column, "starts")

    @pytest.mark.parametrize("column", [TIMES, TIMES[0], "2026-03-01", None, pd.DataFrame()])
    def test_refuse_what_is_no_column(self, column: object) -> None:
        with pytest.raises(InvalidValueError, match="must be an array or a Series"):
            instants_in(column, "starts")

    @pytest.mark.parametrize("column", [np.zeros(2), np.zeros((2, 2), dtype="datetime64[s]")])
    def test_refuse_another_array(self, column: object) -> None:
        with pytest.raises(InvalidValueError, match="must be datetime64 of one dimension"):
            instants_in(column, "starts")

    @pytest.mark.parametrize("told", ["300000-01-01", "-0010-01-01"])
    def test_refuse_what_numpy_would_wrap_in_silence(self, told: str) -> None:
        column = np.array(["2026-01-01", told], dtype="datetime64[s]")

        with pytest.raises(InvalidValueError, match="within 10,000 years, as row 1 does not"):
            instants_in(column, "starts")


class TestDurationsIn:
    @pytest.mark.parametrize(
        "column",
        [
            pd.Series(LASTS),
            pd.Series(LASTS).astype(pd.ArrowDtype(pa.duration("us"))),
            pl.Series(LASTS, dtype=pl.Duration("us")),
            np.array(COUNTED, dtype="timedelta64[us]"),
        ],
    )
    def test_are_microseconds(self, column: object) -> None:
        assert durations_in(column, "durations", 3).tolist() == COUNTED

    def test_of_one_for_all_are_as_many(self) -> None:
        assert durations_in(timedelta(hours=1), "durations", 2).tolist() == [3_600_000_000] * 2

    def test_take_weeks(self) -> None:
        told = np.array([1, "NaT"], dtype="timedelta64[W]")

        assert durations_in(told, "durations", 2).tolist() == [7 * 86_400_000_000, MISSING]

    @pytest.mark.parametrize("unit", ["M", "Y"])
    def test_refuse_units_of_no_one_length(self, unit: str) -> None:
        with pytest.raises(InvalidValueError, match="must be in units of one length, up to weeks"):
            durations_in(np.array([1], dtype=f"timedelta64[{unit}]"), "durations", 1)

    def test_refuse_what_numpy_would_wrap_in_silence(self) -> None:
        with pytest.raises(InvalidValueError, match="within 10,000 years, as row 0 does not"):
            durations_in(np.array([10**9], dtype="timedelta64[D]"), "durations", 1)

    def test_refuse_a_column_of_numbers(self) -> None:
        with pytest.raises(InvalidValueError, match="must hold durations, not Int64"):
            durations_in(pl.Series([1]), "durations", 1)

    @pytest.mark.parametrize("column", [pd.Series(LASTS), np.array(COUNTED, "timedelta64[us]")])
    def test_refuse_another_number_of_rows(self, column: object) -> None:
        with pytest.raises(InvalidValueError, match=r"len\(durations\) is 3: it must be 2, as the"):
            durations_in(column, "durations", 2)


class TestLike:
    @pytest.mark.parametrize("make", [pl.Series, lambda told: pa.chunked_array([told])])
    def test_gives_back_a_column_of_the_same_engine(self, make: Any) -> None:
        column = make(TIMES)

        found = like(column, np.array(MICROS, dtype="datetime64[us]"), "due")

        assert type(found) is type(column)
        assert nw.from_native(found, series_only=True).to_list() == TIMES

    def test_keeps_the_index_of_pandas(self) -> None:
        column = pd.Series(TIMES, index=["c", "b", "a"])

        found = like(column, np.array(COUNTED, dtype="timedelta64[us]"), "elapsed")

        expected = pd.Series(LASTS, index=["c", "b", "a"], name="elapsed")
        pd.testing.assert_series_equal(found, expected)


def is_refused(first: object, second: object) -> bool:
    try:
        same_rows(first, second, "ends")
    except InvalidValueError:
        return True
    return False


class TestSameRows:
    def test_takes_columns_of_one_frame_and_such_as_have_no_index(self) -> None:
        frame = pd.DataFrame({"one": TIMES, "other": TIMES}, index=["c", "b", "a"])

        assert not is_refused(frame["one"], frame["other"])
        assert not is_refused(frame["one"], frame["one"].to_numpy())
        assert not is_refused(pl.Series(TIMES), pl.Series(TIMES))
        assert not is_refused(frame["one"], timedelta(1))
        assert is_refused(frame["one"], frame["other"].reset_index(drop=True))

    def test_refuses_rows_in_another_order(self) -> None:
        column = pd.Series(TIMES)

        with pytest.raises(InvalidValueError, match="must have the index of the starts; give two"):
            same_rows(column, column.sort_values(), "ends")
