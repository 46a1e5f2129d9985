from collections import Counter
from datetime import date, timedelta
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.value import (
    RFM_EIGHT,
    RFM_GRID,
    RfmBars,
    RfmState,
    SegmentScheme,
    rfm_segments,
    rfm_state,
    segment_history,
    segment_movement,
)
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


SCORED: Schema = {
    "customer_id": pl.Int64,
    "r_score": pl.Int64,
    "f_score": pl.Int64,
    "m_score": pl.Int64,
}
NAMED: Schema = {"customer_id": pl.Int64, "segment": pl.String, "scheme": pl.String}
ORDERS: Schema = {"customer_id": pl.String, "ordered_at": pl.Date, "amount": pl.Float64}
BARS = RfmBars(
    name="house rules",
    unit="D",
    recency=(200, 100, 60, 30),
    frequency=(1, 2, 3, 4),
    amount=(10, 20, 40, 80),
    margin=0.2,
)
ENDS = [date(2026, 1, 31) + timedelta(days=30 * n) for n in range(6)]


def named(engine: str, segments: dict[int, str], scheme: str = "rfm-grid/1") -> Any:
    columns: Columns = {
        "customer_id": list(segments),
        "segment": list(segments.values()),
        "scheme": [scheme] * len(segments),
    }
    return in_engine(engine, columns, NAMED)


def state_of(engine: str, rows: list[tuple[str, date, float]]) -> RfmState[Any]:
    columns: Columns = {name: [row[place] for row in rows] for place, name in enumerate(ORDERS)}
    return rfm_state(in_engine(engine, columns, ORDERS))


@pytest.mark.parametrize("engine", ENGINES)
class TestRfmSegments:
    @pytest.mark.parametrize("scheme", [RFM_GRID, RFM_EIGHT])
    def test_are_those_of_each_record(self, engine: str, scheme: SegmentScheme) -> None:
        cells = list(scheme.cells())
        columns: Columns = {
            "customer_id": list(range(len(cells))),
            **{name: [cell[place] for cell in cells] for place, name in enumerate([*SCORED][1:])},
        }
        frame = in_engine(engine, columns, SCORED)

        found = rfm_segments(frame, scheme=scheme)

        assert type(found) is type(frame)
        assert sorted(row[-2:] for row in rows_of(found)) == sorted(
            (scheme.segment_of(*cell).code, scheme.tag) for cell in cells
        )
        assert {row[1:4]: row[4] for row in rows_of(found)} == {
            cell: scheme.segment_of(*cell).code for cell in cells
        }

    def test_of_nobody_are_none(self, engine: str) -> None:
        assert rows_of(rfm_segments(in_engine(engine, {name: [] for name in SCORED}, SCORED))) == []

    @pytest.mark.parametrize(
        ("score", "message"), [(6, "f_score is 6: it must be a whole"), (0, "")]
    )
    def test_are_refused_for_other_scores(self, engine: str, score: int, message: str) -> None:
        columns: Columns = dict(zip(SCORED, [[1], [1], [score], [1]], strict=True))

        with pytest.raises(InvalidValueError, match=message or "number from 1 to 5"):
            rfm_segments(in_engine(engine, columns, SCORED))

    def test_are_not_given_twice(self, engine: str) -> None:
        columns: Columns = dict(zip(SCORED, [[1]] * 4, strict=True))
        once = rfm_segments(in_engine(engine, columns, SCORED))

        with pytest.raises(InvalidValueError, match="segment is a column: it must not be there"):
            rfm_segments(once)


def test_a_scheme_must_be_one() -> None:
    scores = pl.DataFrame(schema=SCORED)

    with pytest.raises(InvalidValueError, match="scheme is 'rfm-grid': it must be a SegmentScheme"):
        rfm_segments(scores, scheme="rfm-grid")  # type: ignore[arg-type]  # what is refused


class TestSegmentHistory:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_holds_a_segment_within_the_margin(self, engine: str) -> None:
        # V buys on 5 January, is silent for 26 days, then 56, 86, 116, 146, 176.
        # Recency: 5; 56 is beyond 36: 4; 86 beyond 72: 3; 116 within 120: 3; 146: 2; 176: 2.
        state = state_of(engine, [("V", date(2026, 1, 5), 15.0)])

        history = segment_history(state, ENDS, bars=BARS)

        rows = sorted(rows_of(history))
        assert [row[2] for row in rows] == [5, 4, 3, 3, 2, 2]
        assert [row[0] for row in rows] == [day.isoformat() for day in ENDS]
        assert [row[5] for row in rows][:4] == ["new", "promising", *["about_to_sleep"] * 2]
        assert {row[6] for row in rows} == {"rfm-grid/1"}

    @settings(FEW, max_examples=10)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from("VWX"),
                st.dates(ENDS[0] - timedelta(days=90), ENDS[-1]),
                st.integers(0, 40).map(float),
            ),
            max_size=15,
        ),
        st.integers(1, 5),
    )
    def test_goes_on_as_if_it_had_begun_at_the_start(
        self, rows: list[tuple[str, date, float]], cut: int
    ) -> None:
        state = state_of("polars", rows)
        whole = segment_history(state, ENDS, bars=BARS)

        first = segment_history(state, ENDS[:cut], bars=BARS)
        last = first.filter(pl.col("as_of") == ENDS[cut - 1].isoformat())
        rest = segment_history(state, ENDS[cut:], bars=BARS, before=last) if cut < 6 else last[:0]

        assert pl.concat([first, rest]).rows() == whole.rows()

    @pytest.mark.parametrize("dates", [[], [ENDS[1], ENDS[0]], [ENDS[0], ENDS[0]]])
    def test_needs_dates_that_rise(self, dates: list[date]) -> None:
        with pytest.raises(InvalidValueError, match="each later than the one before"):
            segment_history(state_of("polars", []), dates, bars=BARS)


class TestSegmentMovement:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_counts_pairs_newcomers_and_who_is_gone(self, engine: str) -> None:
        before = named(engine, {1: "loyal", 2: "loyal", 3: "new", 4: "at_risk"})
        after = named(engine, {1: "loyal", 2: "at_risk", 3: "loyal", 5: "new"})

        moved = segment_movement(before, after)

        assert type(moved) is type(before)
        assert sorted(rows_of(moved)) == [
            ("at_risk", "none", 1),
            ("loyal", "at_risk", 1),
            ("loyal", "loyal", 1),
            ("new", "loyal", 1),
            ("none", "new", 1),
        ]

    @FEW
    @given(
        st.dictionaries(st.integers(0, 30), st.sampled_from("abc")),
        st.dictionaries(st.integers(0, 30), st.sampled_from("abc")),
    )
    def test_adds_up_to_both_dates(self, was: dict[int, str], now: dict[int, str]) -> None:
        moved = segment_movement(named("polars", was), named("polars", now)).rows()

        for place, told in ((0, was), (1, now)):
            found: Counter[str] = Counter()
            for row in moved:
                found[row[place]] += row[2]
            del found["none"]
            assert found == Counter(told.values())
        assert sum(row[2] for row in moved) == len(was | now)

    def test_is_sorted_in_pandas(self) -> None:
        moved = segment_movement(named("pandas", {1: "b", 2: "a"}), named("pandas", {1: "a"}))

        assert isinstance(moved, pd.DataFrame)
        assert moved["segment_before"].tolist() == ["a", "b"]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_two_versions(self, engine: str) -> None:
        before, after = (named(engine, {1: "loyal"}, f"rfm-grid/{n}") for n in (1, 2))

        with pytest.raises(InvalidValueError, match="rules that move are two things"):
            segment_movement(before, after)

    def test_refuses_two_schemes_in_one_table(self) -> None:
        both = pl.concat([named("polars", {1: "a"}, "x/1"), named("polars", {2: "a"}, "x/2")])

        with pytest.raises(InvalidValueError, match="it must be one in before"):
            segment_movement(both, both)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_customer_who_stands_twice(self, engine: str) -> None:
        columns: Columns = {
            "customer_id": [1, 1],
            "segment": ["a", "b"],
            "scheme": ["x/1", "x/1"],
        }
        twice = in_engine(engine, columns, NAMED)

        with pytest.raises(InvalidValueError, match="must stand in one row of before"):
            segment_movement(twice, twice)

    def test_refuses_frames_of_two_kinds(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a frame of the same kind as before"):
            segment_movement(named("polars", {1: "a"}), named("polars lazy", {1: "a"}))
