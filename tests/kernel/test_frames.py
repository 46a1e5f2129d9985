import math
import pickle
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import (
    COLUMNS,
    ColumnKind,
    Flaw,
    Values,
    empty,
    find_flaws,
    frame_of,
    not_finite,
    numbers,
)
from crmkit.orders import ORDERS
from crmkit.satisfaction import ANSWERS


class TestColumns:
    def test_know_every_column_that_is_stored(self) -> None:
        assert {*ORDERS.names, *ANSWERS.names} <= COLUMNS.keys()

    def test_are_kept_by_their_own_names(self) -> None:
        assert all(column.name == name for name, column in COLUMNS.items())

    def test_say_what_they_mean_in_both_languages(self) -> None:
        assert all(column.says("en") != column.says("zh") for column in COLUMNS.values())


class TestFrameOf:
    def test_wraps_what_holds_its_rows_and_what_is_lazy(self) -> None:
        told = {"amount": [1.0]}
        wanted = {"amount": ColumnKind.NUMBER}

        assert isinstance(frame_of(pd.DataFrame(told), "orders", wanted), nw.DataFrame)
        assert isinstance(frame_of(pl.LazyFrame(told), "orders", wanted), nw.LazyFrame)

    @pytest.mark.parametrize("native", [[1, 2], "orders.csv", pd.Series([1])])
    def test_refuses_what_is_no_frame(self, native: pd.DataFrame) -> None:
        with pytest.raises(InvalidValueError, match=r"orders is of type \w+: it must be a frame"):
            frame_of(native, "orders", {})

    def test_refuses_two_columns_of_one_name(self) -> None:
        twice = pd.DataFrame([[1, 2]], columns=["amount", "amount"])

        with pytest.raises(InvalidValueError, match="columns of different names"):
            frame_of(twice, "orders", {})

    def test_tells_the_column_that_was_meant(self) -> None:
        orders = pl.LazyFrame({"ammount": [1]})

        with pytest.raises(InvalidValueError, match=r"amount is missing.*did you mean 'ammount'\?"):
            frame_of(orders, "orders", {"amount": ColumnKind.NUMBER})

    def test_knows_frames_whose_columns_are_numbers(self) -> None:
        with pytest.raises(InvalidValueError, match="known are 0, b"):
            frame_of(pd.DataFrame({0: [1], "b": [2]}), "orders", {"zzz": ColumnKind.TEXT})

    @pytest.mark.parametrize(
        ("kind", "fitting"),
        [
            (ColumnKind.ID, [["C-1"], [7]]),
            (ColumnKind.TEXT, [["C-1"]]),
            (ColumnKind.TIME, [[date(2026, 1, 1)], [datetime(2026, 1, 1, tzinfo=UTC)]]),
            (ColumnKind.NUMBER, [[7], [0.5], [Decimal("0.5")]]),
            (ColumnKind.FLAG, [[True]]),
        ],
    )
    def test_takes_columns_that_hold_what_is_wanted_and_no_others(
        self, kind: ColumnKind, fitting: list[list[object]]
    ) -> None:
        each = [["C-1"], [7], [0.5], [Decimal("0.5")], [date(2026, 1, 1)], [True]]
        each.append([datetime(2026, 1, 1, tzinfo=UTC)])
        makers: list[Callable[[object], pd.DataFrame]] = [pd.DataFrame, pl.DataFrame, pl.LazyFrame]  # type: ignore[list-item]  # all make frames

        for values in each:
            for make in makers:
                frame = make({"column": values})
                if values in fitting:
                    frame_of(frame, "orders", {"column": kind})
                else:
                    with pytest.raises(InvalidValueError, match="convert it first"):
                        frame_of(frame, "orders", {"column": kind})

    @pytest.mark.parametrize("values", [[True, None, False], [None, None]])
    def test_takes_flags_with_gaps_of_pandas(self, values: list[bool | None]) -> None:
        frame = pd.DataFrame({"column": pd.Series(values, dtype=object)})

        taken = frame_of(frame, "orders", {"column": ColumnKind.FLAG})

        assert taken["column"].is_null().to_list() == [value is None for value in values]

    @pytest.mark.parametrize("gap", [None, float("nan"), pd.NA, pd.NaT])
    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (ColumnKind.NUMBER, 0.5),
            (ColumnKind.NUMBER, Decimal("0.5")),
            (ColumnKind.FLAG, True),
        ],
    )
    def test_takes_every_gap_of_pandas_for_the_same(
        self, kind: ColumnKind, value: object, gap: object
    ) -> None:
        column = pd.Series([gap, value], dtype=object, index=[5, 7])
        frame = pd.DataFrame({"column": column})

        taken = frame_of(frame, "orders", {"column": kind})

        assert taken["column"].to_list() == [None, value]
        native: Any = taken.with_columns(cast=nw.col("column").cast(nw.Float64)).to_native()
        assert native["cast"].isna().tolist() == [True, False]
        assert native.index.tolist() == [5, 7]

    def test_refuses_objects_that_are_no_flags(self) -> None:
        frame = pd.DataFrame({"column": pd.Series([True, "no"], dtype=object)})

        with pytest.raises(InvalidValueError, match="must hold true or false"):
            frame_of(frame, "orders", {"column": ColumnKind.FLAG})

    @pytest.mark.parametrize("dtype", ["category", "string", "object", "str"])
    def test_takes_ids_of_any_text_of_pandas(self, dtype: str) -> None:
        frame = pd.DataFrame({"customer_id": pd.Series(["C-1", "C-2"], dtype=dtype)})

        taken = frame_of(frame, "orders", {"customer_id": ColumnKind.ID})

        assert taken.collect_schema().names() == ["customer_id"]

    @pytest.mark.parametrize(
        "values", [[Decimal(1), "2"], [Decimal(1), True], [datetime(2026, 1, 1), Decimal(1)]]
    )
    def test_refuses_objects_of_several_kinds(self, values: list[object]) -> None:
        frame = pd.DataFrame({"column": pd.Series(values, dtype=object)})

        for kind in (ColumnKind.NUMBER, ColumnKind.TIME, ColumnKind.ID):
            with pytest.raises(InvalidValueError, match="convert it first"):
                frame_of(frame, "orders", {"column": kind})

    def test_names_the_rows_of_what_is_no_number(self) -> None:
        frame = pd.DataFrame({"amount": [1, "x", None, 3, "y"]})

        with pytest.raises(
            InvalidValueError,
            match=r"amount is \('x', 'y'\): it must be a number, as in rows 1 and 4; convert it",
        ):
            frame_of(frame, "orders", {"amount": ColumnKind.NUMBER})

    @pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
    def test_takes_a_column_without_any_value_for_numbers(
        self, make: Callable[[object], pd.DataFrame]
    ) -> None:
        frame = frame_of(make({"amount": [None] * 3}), "orders", {"amount": ColumnKind.NUMBER})

        assert isinstance(frame, nw.DataFrame)
        assert frame["amount"].dtype == nw.Float64
        assert frame["amount"].null_count() == 3
        with pytest.raises(InvalidValueError, match="must hold text"):
            frame_of(make({"city": [1.5, None]}), "orders", {"city": ColumnKind.TEXT})

    @pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pl.LazyFrame])
    def test_refuses_naive_times_with_the_way_out(
        self, make: Callable[[object], pd.DataFrame]
    ) -> None:
        frame = make({"ordered_at": [datetime(2026, 1, 1)]})

        with pytest.raises(InvalidValueError, match=r"naive times.*tz_localize.*\.dt\.date"):
            frame_of(frame, "orders", {"ordered_at": ColumnKind.TIME})

    @pytest.mark.parametrize("zone", ["America/New_York", "Etc/GMT+3"])
    def test_says_what_to_do_about_a_zone_that_narwhals_does_not_read(self, zone: str) -> None:
        wanted = {"ordered_at": ColumnKind.TIME}
        at = pd.to_datetime(["2026-01-01T12:00"]).tz_localize(zone)
        frame = pd.DataFrame({"ordered_at": at})

        way_out = re.escape(f"a column in {zone}") + r".*tz_convert\('UTC'\)"
        with pytest.raises(InvalidValueError, match=way_out):
            frame_of(frame, "orders", wanted)

        told = frame.assign(ordered_at=frame["ordered_at"].dt.tz_convert("UTC"))
        assert frame_of(told, "orders", wanted).collect_schema().names() == ["ordered_at"]

    def test_refuses_months_where_instants_are_wanted(self) -> None:
        frame = pd.DataFrame({"ordered_at": pd.period_range("2026-01", periods=2, freq="M")})

        with pytest.raises(InvalidValueError, match="column of Unknown: it must hold dates"):
            frame_of(frame, "orders", {"ordered_at": ColumnKind.TIME})

    def test_asks_no_kind_of_a_frame_without_rows(self) -> None:
        frame = frame_of(pd.DataFrame(columns=["amount"]), "orders", {"amount": ColumnKind.NUMBER})

        assert frame.collect_schema().names() == ["amount"]

    def test_makes_errors_that_survive_pickling(self) -> None:
        with pytest.raises(InvalidValueError) as refused:
            frame_of(pl.DataFrame(), "orders", {"amount": ColumnKind.NUMBER})

        assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)


class TestFindFlaws:
    FLAWS = (
        empty("amount"),
        not_finite("amount"),
        Flaw("amount", nw.col("amount") < 0, "must not be negative", "net returns first"),
    )

    @pytest.mark.parametrize(
        ("amounts", "message"),
        [
            ([1.0, None], "amount is None: it must not be empty, as in row 1; fill"),
            ([-1.0, 2.0, -3.0], r"amount is \(-1.0, -3.0\): .* rows 0 and 2; net returns first"),
            ([-1.0] * 3, r"as in rows 0, 1 and 2;"),
            ([2.0, *[-1.0] * 9], r"\(-1.0, -1.0, -1.0\): .* as in rows 1, 2, 3 and 6 more;"),
            ([-1.0, math.inf], "amount is inf: it must be a finite number, as in row 1"),
        ],
    )
    def test_names_the_first_rows_of_a_frame_that_holds_them(
        self, amounts: list[float], message: str
    ) -> None:
        for native in (pd.DataFrame({"amount": amounts}), pl.DataFrame({"amount": amounts})):
            frame = frame_of(native, "orders", {"amount": ColumnKind.NUMBER})
            with pytest.raises(InvalidValueError, match=message):
                find_flaws(frame, self.FLAWS)

    @pytest.mark.parametrize(
        ("amounts", "message"),
        [
            ([1.0, None], "amount is None: it must not be empty, as in 1 row; fill"),
            ([-1.0, 2.0, -3.0], "amount is -1.0: it must not be negative, as in 2 rows; net"),
            ([1.0, math.nan], "amount is nan: it must be a finite number, as in 1 row;"),
        ],
    )
    def test_counts_the_rows_of_a_lazy_frame(self, amounts: list[float], message: str) -> None:
        frame = frame_of(pl.LazyFrame({"amount": amounts}), "orders", {})

        with pytest.raises(InvalidValueError, match=message):
            find_flaws(frame, self.FLAWS)

    @pytest.mark.parametrize("dtype", ["str", "object", "category"])
    def test_names_the_rows_of_blank_texts(self, dtype: str) -> None:
        # A space of Chinese text, and one that does not break a line.
        ids = pd.Series(["C-1", "", "\u3000", "\t\xa0"], dtype=dtype)

        message = r"must not be blank, as in rows 1, 2 and 3; fill these rows"
        for native in (
            pd.DataFrame({"customer_id": ids}),
            pl.DataFrame({"customer_id": ids.astype("str").to_list()}),
        ):
            with pytest.raises(InvalidValueError, match=message):
                find_flaws(frame_of(native, "orders", {}), [empty("customer_id")])

    def test_counts_the_blank_texts_of_a_lazy_frame(self) -> None:
        frame = frame_of(pl.LazyFrame({"customer_id": ["C-1", " ", None]}), "orders", {})

        with pytest.raises(InvalidValueError, match="customer_id is None: it must not be empty"):
            find_flaws(frame, [empty("customer_id")])
        with pytest.raises(InvalidValueError, match="customer_id is ' ': it must not be blank, as"):
            find_flaws(frame.drop_nulls(), [empty("customer_id")])

    def test_asks_a_lazy_frame_once(self) -> None:
        asked = []

        def counted(frame: pl.DataFrame) -> pl.DataFrame:
            asked.append(len(frame))
            return frame

        lazy = pl.LazyFrame({"amount": [1.0, 2.0]}).map_batches(counted)

        find_flaws(frame_of(lazy, "orders", {}), self.FLAWS, most=nw.col("amount").max())

        assert asked == [2]

    def test_returns_the_facts_of_sound_rows(self) -> None:
        for native in (pd.DataFrame({"amount": [1.0, 2.0]}), pl.LazyFrame({"amount": [1.0, 2.0]})):
            frame = frame_of(native, "orders", {})
            assert find_flaws(frame, self.FLAWS, most=nw.col("amount").max()) == {"most": 2.0}

    def test_finds_nothing_in_no_rows(self) -> None:
        nobody = pl.DataFrame({"amount": []}, schema={"amount": pl.Float64})

        for native in (nobody, nobody.lazy(), nobody.to_pandas()):
            assert find_flaws(frame_of(native, "orders", {}), self.FLAWS) == {}


class TestNumbers:
    @pytest.mark.parametrize(
        "values",
        [
            [1, None, 2.5],
            (Decimal(1), math.nan, 2.5),
            np.array([1, np.nan, 2.5], dtype=np.float32),
            np.array([1, None, 2.5], dtype=object),
            pd.Series([1, None, 2.5]),
            pd.Series([1, None, 2.5], dtype=object),
            pd.Series([Decimal(1), pd.NA, 2.5], dtype=object),
            pd.Series([1, None, 2.5], dtype="Float64"),
            pl.Series([1.0, None, 2.5]),
            pl.Series([Decimal(1), None, Decimal("2.5")]),
        ],
        ids=repr,
    )
    def test_are_read_from_any_form(self, values: Values) -> None:
        found = numbers(values, "values")

        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, [1, np.nan, 2.5])

    def test_are_read_from_whole_numbers_of_numpy(self) -> None:
        assert numbers(np.array([1, 2], dtype=np.uint8), "values").tolist() == [1, 2]
        assert numbers([np.int64(1), np.float32(2)], "values").tolist() == [1, 2]  # type: ignore[list-item]  # numbers

    def test_of_nothing_are_none(self) -> None:
        assert numbers([], "values").tolist() == []

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([1, "2"], "values is '2': it must be a number, as in row 1"),
            ([True, 2], "values is True: it must be a number, as in row 0"),
            (np.array(["1", "2"]), r"values is \('1', '2'\): .* rows 0 and 1"),
            (np.array([True]), "values is True"),
            (pd.Series(["1"]), "values is '1'"),
            (pl.Series([True]), "values is True"),
            (pd.Series([1, "2"], dtype=object), "values is '2'"),
        ],
    )
    def test_refuse_what_is_no_number_with_its_row(self, values: Values, message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            numbers(values, "values")

    @pytest.mark.parametrize(
        "values", ["12", b"12", 7, None, {1, 2}, np.zeros((2, 2)), pd.DataFrame({"a": [1]})]
    )
    def test_refuse_what_is_not_in_one_dimension(self, values: Values) -> None:
        with pytest.raises(InvalidValueError, match="a sequence, an array in one dimension, or"):
            numbers(values, "values")


class TestCurrencies:
    @pytest.mark.parametrize(
        ("currencies", "held", "asked"),
        [
            (
                ["EUR", "EUR", "JPY"],
                "must be one, not 'EUR' as in row 0 and 'JPY' as in row 2",
                "must be one, not 'EUR' and 'JPY'",
            ),
            (
                [None, "EUR", "EUR"],
                "must be one, not None as in row 0 and 'EUR' as in row 1",
                "must be one, not 'EUR' and empty",
            ),
        ],
    )
    def test_of_several_kinds_are_named_with_their_rows(
        self, currencies: list[str | None], held: str, asked: str
    ) -> None:
        frame = pl.DataFrame({"amount": [1, 2, 3], "currency": currencies})
        wanted = {"amount": ColumnKind.NUMBER}

        for native, told in ((frame, held), (frame.to_pandas(), held), (frame.lazy(), asked)):
            with pytest.raises(InvalidValueError) as refused:
                find_flaws(frame_of(native, "frame", wanted), [])

            assert f"currency is of several kinds: it {told}; convert" in str(refused.value)
