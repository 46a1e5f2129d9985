import math
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import LIKERT5, Metric, nps, rolling_scores
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


NPS = Metric.net_promoter()
FIRST = date(2026, 1, 1)
SCHEMA: Schema = {"answered_at": pl.Date, "score": pl.Int64}
ANSWERS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 10) | st.none()), min_size=1, max_size=80
).map(lambda answers: [(0, 9), *answers])


def days(count: int) -> timedelta:
    return timedelta(days=count)


def columns(answers: list[tuple[int, int | None]]) -> Columns:
    return {
        "answered_at": [FIRST + days(day) for day, _ in answers],
        "score": [score for _, score in answers],
    }


class TestRollingScores:
    @FEW
    @given(ANSWERS, st.integers(1, 12), st.integers(1, 9))
    def test_is_the_score_of_all_answers_of_the_window(
        self, answers: list[tuple[int, int | None]], length: int, step: int
    ) -> None:
        last = max(day for day, _ in answers)
        if length > last + 1 or all(score is None for _, score in answers):
            return
        starts = [s for s in range(last + 1) if s + length <= last + 1]
        starts = [s for s in starts if (last + 1 - length - s) % step == 0]

        for engine in ENGINES:
            rows = rows_of(
                rolling_scores(
                    in_engine(engine, columns(answers), SCHEMA),
                    metric=NPS,
                    within=days(length),
                    every=days(step),
                )
            )

            assert [row[:2] for row in rows] == [
                (FIRST + days(s), FIRST + days(s + length)) for s in starts
            ], engine
            for start, row in zip(starts, rows, strict=True):
                inside = [score for day, score in answers if start <= day < start + length]
                there = [score for score in inside if score is not None]
                assert row[5:7] == (len(there), len(inside) - len(there))
                if row[8] == "complementary":
                    assert len(there) >= 10
                    assert row[2] is None or math.isnan(row[2])  # type: ignore[arg-type]  # a number
                elif len(there) >= 10:
                    score = nps(inside)
                    assert row[2:5] == pytest.approx((score.value, score.low, score.high))
                    assert row[7:] == ("adjusted-wald", "few" if len(there) < 30 else "shown")
                else:
                    assert row[2] is None or math.isnan(row[2])  # type: ignore[arg-type]  # a number
                    assert row[8] == ("suppressed" if there else "empty")

    @pytest.mark.parametrize("engine", ["polars", "polars lazy", "duckdb"])
    def test_counts_the_days_of_the_shop(self, engine: str) -> None:
        """Half past four in the afternoon in London is the next day in Shanghai."""
        at = [datetime(2026, 3, 1, 16, 30, tzinfo=UTC)] * 12
        at += [datetime(2026, 3, 1, 12, tzinfo=UTC)] * 12
        told: Columns = {"answered_at": at, "score": [10] * 12 + [0] * 12}
        schema: Schema = {"answered_at": pl.Datetime("us", "UTC"), "score": pl.Int64}
        frame = in_engine(engine, told, schema)

        here = rolling_scores(frame, metric=NPS, within=days(1), timezone="Asia/Shanghai")
        there = rolling_scores(frame, metric=NPS, within=days(1), timezone="Europe/London")

        assert [row[2] for row in rows_of(here)] == [-100, 100]
        assert [row[2] for row in rows_of(there)] == [0]

    def test_weighs(self) -> None:
        frame = pd.DataFrame(
            {"answered_at": [FIRST] * 40, "score": [10, 0] * 20, "weight": [3.0, 1.0] * 20}
        )

        table = rolling_scores(frame, metric=NPS, within=days(1), weights="weight")

        assert table["value"].to_list() == [50]

    def test_estimates_means_of_two_or_more(self) -> None:
        frame = pl.DataFrame({"answered_at": [FIRST] * 30, "score": [5, 3] * 15})

        table = rolling_scores(frame, metric=Metric.mean(LIKERT5), within=days(1))

        assert table.select("value", "method").rows() == [(4, "student-t")]

    def test_of_one_day_each_differs_from_the_mean_of_days(self) -> None:
        answers: list[tuple[int, int | None]] = [*[(0, 10)] * 90, *[(1, 0)] * 10]

        table = rolling_scores(pl.DataFrame(columns(answers)), metric=NPS, within=days(2))

        assert table["value"].to_list() == [80]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_keeps_back_the_window_that_would_tell_of_one_answer(self, engine: str) -> None:
        # 25 answers of 15 March; on 10 April one more comes in before any goes out.
        answers: list[tuple[int, int | None]] = [(0, 3)] * 20
        answers += [*[(14, 4)] * 13, *[(14, 1)] * 12, (40, 2), *[(50, 5)] * 20]
        frame = in_engine(engine, columns(answers), SCHEMA)

        rows = rows_of(rolling_scores(frame, metric=Metric.mean(LIKERT5), within=days(30)))

        told = {row[1]: (row[5], row[8]) for row in rows}
        assert told[FIRST + days(40)] == (25, "few")
        assert told[FIRST + days(41)] == (26, "complementary")
        # By and by 25 go out, and nothing tells the one any more.
        assert told[FIRST + days(51)] == (21, "few")
        shown = {row[5]: row[2] for row in rows if row[8] == "few"}
        assert 26 not in shown

    def test_keeps_back_under_weights_what_would_tell_of_one_answer(self) -> None:
        """Forty-one more answers came in within two days, of which forty weigh next to nothing."""
        counts = {0: 20, 14: 25, 41: 1, 42: 40, 50: 20}
        frame = pd.DataFrame(
            {
                "answered_at": [FIRST + days(day) for day, n in counts.items() for _ in range(n)],
                "score": [3, 1] * 53,
                "weight": [1.0] * 46 + [1e-12] * 40 + [1.0] * 20,
            }
        )

        table = rolling_scores(
            frame, metric=NPS, within=days(30), every=days(2), weights="weight"
        ).set_index("until")

        assert table["group_size"].to_dict()[FIRST + days(41)] == "few"
        assert table["group_size"].to_dict()[FIRST + days(43)] == "complementary"

    def test_keeps_back_what_the_total_would_tell(self) -> None:
        answers: list[tuple[int, int | None]] = [*[(0, 3)] * 40, *[(10, 1)] * 5, *[(29, 4)] * 40]

        table = rolling_scores(
            pl.DataFrame(columns(answers)), metric=NPS, within=days(10), every=days(10)
        )

        assert table["group_size"].to_list() == ["shown", "suppressed", "complementary"]

    def test_takes_the_days_before_the_first_window_for_told_in_the_total(self) -> None:
        answers: list[tuple[int, int | None]] = [*[(0, 3)] * 5, *[(5, 4)] * 40]

        table = rolling_scores(pl.DataFrame(columns(answers)), metric=NPS, within=days(4))

        assert table["group_size"].to_list()[-1] == "complementary"

    def test_refuses_what_is_no_rule(self) -> None:
        with pytest.raises(InvalidValueError, match="rule is 5: it must be a SmallGroupRule"):
            rolling_scores(
                pl.DataFrame(columns([(0, 9)])),
                metric=NPS,
                within=days(1),
                rule=5,  # type: ignore[arg-type]  # on purpose
            )

    def test_counts_nobody_who_has_no_weight(self) -> None:
        frame = pd.DataFrame(
            {
                "answered_at": [FIRST] * 40 + [FIRST + days(1)] * 40,
                "score": [10, 0] * 40,
                "weight": [1.0] * 9 + [0.0] * 31 + [0.0] * 40,
            }
        )

        table = rolling_scores(frame, metric=NPS, within=days(1), weights="weight")

        assert table["n"].to_list() == [9, 0]
        assert table["n_missing"].to_list() == [31, 40]
        assert table["group_size"].to_list() == ["suppressed", "weightless"]
        assert table["value"].isna().all()

    @pytest.mark.parametrize("within", [days(0), timedelta(hours=36), 7])
    def test_refuses_what_is_no_number_of_days(self, within: timedelta) -> None:
        frame = pl.DataFrame(columns([(0, 9)]))

        with pytest.raises(InvalidValueError, match=r"whole days, one at least; write timedelta"):
            rolling_scores(frame, metric=NPS, within=within)

    def test_refuses_a_window_longer_than_the_record(self) -> None:
        frame = pl.DataFrame(columns([(0, 9), (9, 9)]))

        with pytest.raises(InvalidValueError, match="must be 10 days at most"):
            rolling_scores(frame, metric=NPS, within=days(11))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_frame_without_rows(self, engine: str) -> None:
        if engine == "pandas":
            return  # an empty column of objects has no type
        frame = in_engine(engine, {"answered_at": [], "score": []}, SCHEMA)

        with pytest.raises(InvalidValueError, match="nobody answered"):
            rolling_scores(frame, metric=NPS, within=days(1))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_time_that_is_empty(self, engine: str) -> None:
        frame = in_engine(engine, {"answered_at": [FIRST, None], "score": [9, 9]}, SCHEMA)

        with pytest.raises(InvalidValueError, match=r"answered_at is .* must not be empty"):
            rolling_scores(frame, metric=NPS, within=days(1))
