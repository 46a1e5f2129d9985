from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.cases import RecurrenceRule, find_recurrences, recurrence_rate
from crmkit.errors import InvalidValueError

from ..value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {
    "case_id": pl.String,
    "received_at": pl.Datetime("us", "UTC"),
    "resolved_at": pl.Datetime("us", "UTC"),
    "customer_id": pl.String,
    "product": pl.String,
}
WHOLE: Schema = {**SCHEMA, "case_id": pl.Int64, "product": pl.Int64}
FIRST = datetime(2026, 3, 1, 9, tzinfo=UTC)
ADDED = ["recurs", "recurrence_of", "occurrence", "first_of_chain"]

Case = tuple[str | int, datetime, datetime | None, str | None, str | int | None]
Row = tuple[object, ...]


def day(number: float) -> datetime:
    return FIRST + timedelta(days=number)


def columns_of(cases: Sequence[Case]) -> Columns:
    return {name: [case[place] for case in cases] for place, name in enumerate(SCHEMA)}


def added(result: object, ids: int = 0) -> dict[object, Row]:
    """Return what was added to each case; pandas tells None as NaN or NA."""
    return {
        row[ids]: tuple(None if pd.isna(value) else value for value in row[-4:])  # type: ignore[call-overload]  # of any type
        for row in rows_of(result)
    }


def one_by_one(cases: Sequence[Case], rule: RecurrenceRule) -> dict[object, Row]:
    """Let the rule itself judge each case of a history."""
    names = ("id", "received_at", "resolved_at", "customer", "product")
    told = [dict(zip(names, case, strict=True)) for case in cases]
    found: dict[object, Row] = {}
    for case in told:
        match = rule.match(case, told)
        chain = (*match.verdict, case["id"])
        occurrence = match.find("occurrence").value
        first = chain[0] if occurrence else None
        found[case["id"]] = (len(chain) > 1, match.find("last").value, occurrence, first)
        if len(chain) == 1:
            found[case["id"]] = (False, None, occurrence, first)
    return found


@st.composite
def histories(draw: st.DrawFn, whole: bool) -> list[Case]:
    """Draw cases with ties, gaps at the very edge, open ones, and facts that nobody told."""
    steps = st.sampled_from([0.0, 0.0, 1 / 86_400_000_000, 1.0, 2.0, 7.0])
    products = [1, 2, None] if whole else ["P", "Q", "", None]
    ids: list[str | int] = [number if whole else f"K-{number}" for number in range(100)]
    cases: list[Case] = []
    at = FIRST
    for id in draw(st.lists(st.sampled_from(ids), unique=True, max_size=12)):
        at += timedelta(days=draw(steps))
        takes = draw(st.sampled_from([None, 0.0, 0.0, 1.0, 3.0, 9.0]))
        resolved = None if takes is None else at + timedelta(days=takes)
        customer = draw(st.sampled_from(["C-1", "C-1", "C-1", "C-2", None]))
        cases.append((id, at, resolved, customer, draw(st.sampled_from(products))))
    return draw(st.permutations(cases))


class TestFindRecurrences:
    # A hand counts: K-2 comes 30 days after K-1 to the second, K-3 one second too late for K-2,
    # K-4 is of another product, K-5 and K-6 come at one moment, after K-3.
    CASES: tuple[Case, ...] = (
        ("K-6", day(65), None, "C-1", "P"),
        ("K-1", day(0), None, "C-1", "P"),
        ("K-5", day(65), None, "C-1", "P"),
        ("K-2", day(30), None, "C-1", "P"),
        ("K-4", day(31), None, "C-1", "Q"),
        ("K-3", day(60) + timedelta(seconds=1), None, "C-1", "P"),
        ("K-7", day(65), None, "C-1", None),
        ("K-8", day(66), None, "C-1", None),
        ("K-9", day(66), None, "C-1", ""),
        ("K-91", day(66), None, "C-1", ""),
    )
    FOUND: ClassVar[Mapping[object, Row]] = {
        "K-1": (False, None, 1, "K-1"),
        "K-2": (True, "K-1", 2, "K-1"),
        "K-3": (False, None, 1, "K-3"),
        "K-4": (False, None, 1, "K-4"),
        "K-5": (True, "K-3", 2, "K-3"),
        "K-6": (True, "K-5", 3, "K-3"),
        "K-7": (False, None, 0, None),
        "K-8": (False, None, 0, None),
        "K-9": (False, None, 0, None),
        "K-91": (False, None, 0, None),
    }

    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_what_a_hand_counts(self, engine: str) -> None:
        frame = in_engine(engine, columns_of(self.CASES), SCHEMA)

        found = find_recurrences(frame)

        assert added(found) == self.FOUND

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("counted_from", ["receipt", "resolution"])
    def test_stays_in_its_engine_with_its_columns(self, engine: str, counted_from: str) -> None:
        frame = in_engine(engine, columns_of(self.CASES), SCHEMA)

        found = find_recurrences(frame, counted_from=counted_from)

        assert type(found) is type(frame)
        names = found.collect_schema().names() if isinstance(found, pl.LazyFrame) else found.columns
        assert list(names) == [*SCHEMA, *ADDED]

    @pytest.mark.parametrize("engine", ["pandas", "polars", "polars lazy"])
    @pytest.mark.parametrize("counted_from", ["receipt", "resolution"])
    def test_keeps_the_order_of_rows(self, engine: str, counted_from: str) -> None:
        frame = in_engine(engine, columns_of(self.CASES), SCHEMA)

        found = find_recurrences(frame, counted_from=counted_from)

        assert [row[0] for row in rows_of(found)] == [case[0] for case in self.CASES]

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("counted_from", ["receipt", "resolution"])
    @pytest.mark.parametrize("whole", [False, True], ids=["texts", "whole numbers"])
    @FEW
    @given(st.data())
    def test_is_the_rule_case_by_case(
        self, engine: str, counted_from: str, whole: bool, data: st.DataObject
    ) -> None:
        cases = data.draw(histories(whole))
        within = timedelta(days=data.draw(st.sampled_from([1.0, 2.0, 5.0])))
        rule = RecurrenceRule(within=within, counted_from=counted_from)
        schema = WHOLE if whole else SCHEMA
        frame = in_engine(engine, columns_of(cases), schema)
        if whole and isinstance(frame, pd.DataFrame):
            # pandas has made floats of the whole numbers with gaps.
            frame["product"] = frame["product"].astype("Int64")

        found = find_recurrences(frame, rule=rule)

        assert added(found) == one_by_one(cases, rule)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_chains_visits_that_come_back_after_a_repair(self, engine: str) -> None:
        """R-2 and R-3 both come back after R-1; R-4 comes back after R-2, the last resolved."""
        cases: list[Case] = [
            ("R-1", day(0), day(1), "C", "P"),
            ("R-2", day(2), day(9), "C", "P"),
            ("R-3", day(5), None, "C", "P"),
            ("R-4", day(10), None, "C", "P"),
        ]
        frame = in_engine(engine, columns_of(cases), SCHEMA)

        found = find_recurrences(frame, counted_from="resolution")

        assert added(found) == {
            "R-1": (False, None, 1, "R-1"),
            "R-2": (True, "R-1", 2, "R-1"),
            "R-3": (True, "R-1", 3, "R-1"),
            "R-4": (True, "R-2", 4, "R-1"),
        }

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("counted_from", ["receipt", "resolution"])
    def test_counts_dates_as_days(self, engine: str, counted_from: str) -> None:
        """Of two cases of one day the one with the lower id is the earlier."""
        first = date(2026, 3, 1)
        told: Columns = {
            "case_id": ["K-2", "K-1", "K-3", "K-4"],
            "received_at": [first, first, first + timedelta(days=5), first + timedelta(days=11)],
            "resolved_at": [first, first, first + timedelta(days=5), None],
            "customer_id": ["C"] * 4,
            "product": ["P"] * 4,
        }
        schema: Schema = {**SCHEMA, "received_at": pl.Date, "resolved_at": pl.Date}
        frame = in_engine(engine, told, schema)

        found = find_recurrences(frame, within=timedelta(days=5), counted_from=counted_from)

        assert added(found) == {
            "K-1": (False, None, 1, "K-1"),
            "K-2": (True, "K-1", 2, "K-1"),
            "K-3": (True, "K-2", 3, "K-1"),
            "K-4": (False, None, 1, "K-4"),
        }

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("counted_from", ["receipt", "resolution"])
    def test_takes_no_cases(self, engine: str, counted_from: str) -> None:
        frame = in_engine(engine, columns_of([]), SCHEMA)

        assert added(find_recurrences(frame, counted_from=counted_from)) == {}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_takes_histories_without_any_resolution(self, engine: str) -> None:
        frame = in_engine(engine, columns_of(self.CASES), SCHEMA)

        found = find_recurrences(frame, counted_from="resolution")

        assert not any(row[0] for row in added(found).values())

    def test_keeps_the_index_of_pandas(self) -> None:
        frame = in_engine("pandas", columns_of(self.CASES), SCHEMA)
        assert isinstance(frame, pd.DataFrame)
        frame.index = pd.Index(range(100, 0, -10))

        found = find_recurrences(frame)

        assert found.index.tolist() == list(range(100, 0, -10))
        assert added(found) == self.FOUND

    @pytest.mark.parametrize("dtype", ["int64", "Int64", "uint32", "int64[pyarrow]"])
    def test_keeps_whole_numbers_whole(
        self, dtype: Literal["int64", "Int64", "uint32", "int64[pyarrow]"]
    ) -> None:
        huge = 2**53 + 1 if "64" in dtype else 7
        told: list[Case] = [(huge, day(0), None, "C", 1), (huge + 1, day(1), None, "C", 1)]
        frame = in_engine("pandas", columns_of(told), WHOLE)
        assert isinstance(frame, pd.DataFrame)
        frame["case_id"] = frame["case_id"].astype(dtype)

        found = find_recurrences(frame)

        assert added(found) == {huge: (False, None, 1, huge), huge + 1: (True, huge, 2, huge)}
        assert found["recurrence_of"].iloc[1] == huge

    def test_takes_categories(self) -> None:
        frame = in_engine("polars", columns_of(self.CASES), SCHEMA)
        assert isinstance(frame, pl.DataFrame)
        texts = pl.col("case_id", "customer_id", "product").cast(pl.Categorical)

        for told in (frame.with_columns(texts), frame.lazy().with_columns(texts)):
            assert added(find_recurrences(told)) == self.FOUND

    def test_takes_ids_far_apart(self) -> None:
        """Numbers of which no table could be made, and which fill one number of 64 bits."""
        far = [0, 2**31 - 2, 2**62]
        rng = np.random.default_rng(7)
        cases: list[Case] = [
            (far[n % 3] + n, day(int(rng.integers(0, 60))), None, "C", far[int(rng.integers(0, 3))])
            for n in range(60)
        ]
        other = {name: rng.choice([0, 2**31 - 2], 60) for name in ("batch", "site", "line")}
        frame = in_engine("polars", columns_of(cases), WHOLE)
        assert isinstance(frame, pl.DataFrame)
        frame = frame.with_columns(**{name: pl.Series(told) for name, told in other.items()})
        same = ("customer", "product", "batch", "site", "line")
        rule = RecurrenceRule(same=same, within=timedelta(days=15))
        facts = [
            {
                "id": case[0],
                "received_at": case[1],
                "customer": case[3],
                "product": case[4],
                **{name: int(told[place]) for name, told in other.items()},
            }
            for place, case in enumerate(cases)
        ]

        found = find_recurrences(frame, rule=rule)

        matches = [rule.match(case, facts) for case in facts]
        assert found["occurrence"].to_list() == [m.find("occurrence").value for m in matches]
        assert found["recurrence_of"].drop_nulls().to_list() == [
            match.find("last").value for match in matches if match.verdict
        ]
        assert found["recurs"].sum() > 5

    def test_reads_other_names(self) -> None:
        frame = in_engine("polars", columns_of(self.CASES), SCHEMA)
        assert isinstance(frame, pl.DataFrame)
        told = frame.rename({"case_id": "nr", "received_at": "at", "customer_id": "who"})
        told = told.with_columns(batch=pl.col("product"))

        found = find_recurrences(
            told, same=("customer", "batch"), case_id="nr", received_at="at", customer_id="who"
        )

        assert added(found) == self.FOUND

    def test_needs_no_resolutions_by_receipt(self) -> None:
        frame = in_engine("polars", columns_of(self.CASES), SCHEMA)
        assert isinstance(frame, pl.DataFrame)

        assert added(find_recurrences(frame.drop("resolved_at"))) == self.FOUND

    def test_takes_a_rule_or_its_parts(self) -> None:
        frame = in_engine("polars", columns_of(self.CASES), SCHEMA)
        assert isinstance(frame, pl.DataFrame)

        with pytest.raises(InvalidValueError, match=r"within is .*: it must not be given beside"):
            find_recurrences(frame, rule=RecurrenceRule(), within=timedelta(days=3))


class TestRefusals:
    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("place", "value", "told"),
        [
            (0, None, "case_id is .*: it must not be empty"),
            (0, "K-2", "case_id is .*: it must stand in one row"),
            (1, None, "received_at is .*: it must not be empty"),
        ],
    )
    def test_name_the_rows(self, engine: str, place: int, value: object, told: str) -> None:
        cases: list[list[object]] = [list(case) for case in TestFindRecurrences.CASES]
        cases[0][place] = value
        columns: Columns = {
            name: [case[number] for case in cases] for number, name in enumerate(SCHEMA)
        }

        with pytest.raises(InvalidValueError, match=told):
            find_recurrences(in_engine(engine, columns, SCHEMA))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_take_whole_numbers_twice_for_one_case(self, engine: str) -> None:
        cases: list[Case] = [(1, day(0), None, "C", 1), (1, day(1), None, "C", 1)]

        with pytest.raises(InvalidValueError, match=r"case_id is .*: it must stand in one row"):
            find_recurrences(in_engine(engine, columns_of(cases), WHOLE))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_take_no_resolution_before_the_receipt(self, engine: str) -> None:
        cases: list[Case] = [("K-1", day(1), day(0), "C", "P")]
        frame = in_engine(engine, columns_of(cases), SCHEMA)

        with pytest.raises(
            InvalidValueError, match=r"resolved_at is .*before received_at, as in ro"
        ):
            find_recurrences(frame, counted_from="resolution")

    def test_take_no_dates_beside_instants(self) -> None:
        frame = in_engine("polars", columns_of(TestFindRecurrences.CASES), SCHEMA)
        assert isinstance(frame, pl.DataFrame)
        dated = frame.with_columns(resolved_at=pl.lit(date(2027, 1, 1)))

        with pytest.raises(InvalidValueError, match="must hold dates or instants, as received_at"):
            find_recurrences(dated, counted_from="resolution")

    def test_overwrite_no_column(self) -> None:
        frame = in_engine("polars", columns_of(TestFindRecurrences.CASES), SCHEMA)
        assert isinstance(frame, pl.DataFrame)

        with pytest.raises(InvalidValueError, match="occurrence is a column: it must not be there"):
            find_recurrences(frame.with_columns(occurrence=pl.lit(1)))

    def test_name_the_column_that_is_missing(self) -> None:
        frame = in_engine("polars", columns_of(TestFindRecurrences.CASES), SCHEMA)
        assert isinstance(frame, pl.DataFrame)

        with pytest.raises(InvalidValueError, match="asset_id is missing"):
            find_recurrences(frame, same=("asset",))
        with pytest.raises(InvalidValueError, match="must have a time zone"):
            find_recurrences(frame.with_columns(pl.col("received_at").dt.replace_time_zone(None)))


class TestRecurrenceRate:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_the_share_of_cases_that_repeat_one(self, engine: str) -> None:
        """Three of the six that can be told, four cannot; Wilson's interval of 3 of 6 by hand.

        With z² = 3.8415: (0.5 + 0.32012 ∓ 1.96 √(0.25/6 + 3.8415/144)) / 1.64025 = 0.5 ∓ 0.3124.
        """
        frame = in_engine(engine, columns_of(TestFindRecurrences.CASES), SCHEMA)

        rate = recurrence_rate(find_recurrences(frame))

        assert (rate.value, rate.n, rate.n_missing, rate.method) == (0.5, 6, 4, "wilson")
        assert (rate.low, rate.high) == pytest.approx((0.1876, 0.8124), abs=1e-4)

    def test_refuses_where_nothing_can_be_told(self) -> None:
        told = pd.DataFrame({"recurs": [False], "occurrence": [0]})

        with pytest.raises(InvalidValueError, match="cases is a frame of 1 rows: it must hold a"):
            recurrence_rate(told)
