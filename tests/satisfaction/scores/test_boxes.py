import math

import polars as pl
import pytest
from hypothesis import given, strategies as st
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]  # no stubs
    proportion_confint,
)

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import LIKERT5, LIKERT7, Scale, bottom_box, net_box, nps, top_box
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {"satisfied": pl.Int64, "weight": pl.Float64, "region": pl.String}
ANSWERS = st.lists(st.integers(1, 7), min_size=1, max_size=60)


class TestTopBox:
    def test_counts_the_two_highest(self) -> None:
        # 5, 4, 4 of 5 answers.
        share = top_box([5, 4, 4, 3, 1, None], scale=LIKERT5)

        assert (share.value, share.n, share.n_missing) == (0.6, 5, 1)
        assert share.method == "top 2 of 5, wilson"

    @given(ANSWERS, st.integers(1, 3))
    def test_has_wilsons_interval_of_statsmodels(self, scores: list[int], k: int) -> None:
        inside = sum(score > 7 - k for score in scores)
        low, high = proportion_confint(inside, len(scores), alpha=0.1, method="wilson")

        share = top_box(scores, scale=LIKERT7, k=k, confidence=0.9)

        assert share.value == pytest.approx(inside / len(scores))
        assert share.low == pytest.approx(max(low, 0), abs=1e-12)
        assert share.high == pytest.approx(min(high, 1), abs=1e-12)

    @given(ANSWERS, st.integers(1, 6))
    def test_leaves_the_rest_to_the_bottom(self, scores: list[int], k: int) -> None:
        top, rest = top_box(scores, scale=LIKERT7, k=k), bottom_box(scores, scale=LIKERT7, k=7 - k)

        assert top.value + rest.value == pytest.approx(1)
        assert top.low == pytest.approx(1 - rest.high)

    def test_weighs_by_effective_size(self) -> None:
        # Weights 1, 1, 3, 1: share 3/6; effective n = 36 / 12 = 3.
        share = top_box([5, 5, 1, 4], scale=LIKERT5, weights=[1, 1, 3, 1])

        low, high = proportion_confint(1.5, 3, method="wilson")
        assert [share.value, share.low, share.high] == pytest.approx([0.5, low, high])

    @pytest.mark.parametrize("k", [0, 5, 7, True, 1.5])
    def test_refuses_boxes_that_leave_none(self, k: int) -> None:
        with pytest.raises(InvalidValueError, match=r"k is .*parts the scale from 1 to 5"):
            top_box([5, 4], scale=LIKERT5, k=k)

    def test_refuses_what_is_no_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a Scale"):
            top_box([5, 4], scale=(1, 5))  # type: ignore[call-overload]  # refused

    def test_refuses_groups_of_what_is_no_frame(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a frame where by is given"):
            top_box([5, 4], scale=LIKERT5, by="region")  # type: ignore[call-overload]  # refused


class TestBottomBox:
    def test_counts_the_lowest(self) -> None:
        assert bottom_box([5, 2, 1, 3], scale=LIKERT5).value == 0.5
        assert bottom_box([5, 2, 1, 3], scale=LIKERT5, k=1).value == 0.25
        assert bottom_box([0, 10], scale=Scale(0, 10), k=1).method == "bottom 1 of 11, wilson"


class TestNetBox:
    @given(ANSWERS, st.integers(1, 3))
    def test_is_top_less_bottom(self, scores: list[int], k: int) -> None:
        net = net_box(scores, scale=LIKERT7, k=k)

        top, bottom = (box(scores, scale=LIKERT7, k=k) for box in (top_box, bottom_box))
        assert net.value == pytest.approx(top.value - bottom.value)
        assert -1 <= net.low <= net.high <= 1

    def test_has_the_interval_of_rocks(self) -> None:
        # By hand: n' = 8, p' = 3.75/8, d' = 1.75/8, reach = 1.96 √((.6875 − .0625) / 8).
        net = net_box([5, 4, 4, 3, 1], scale=LIKERT5)

        reach = 1.959963984540054 * math.sqrt(0.625 / 8)
        assert [net.low, net.high] == pytest.approx([0.25 - reach, 0.25 + reach])
        assert net.method == "net 2 of 5, adjusted-wald"

    def test_may_leave_no_box_between(self) -> None:
        assert net_box([1, 2, 2, 2], scale=Scale(1, 2), k=1).value == 0.5

    def test_refuses_ends_that_meet(self) -> None:
        with pytest.raises(InvalidValueError, match=r"k is 3"):
            net_box([5, 4], scale=LIKERT5, k=3)


class TestGroups:
    @FEW
    @given(
        st.lists(
            st.tuples(st.integers(1, 5) | st.none(), st.floats(0.1, 10), st.sampled_from("abc")),
            min_size=1,
            max_size=60,
        ).filter(lambda rows: any(row[0] is not None for row in rows))
    )
    def test_are_each_what_their_answers_say(
        self, rows: list[tuple[int | None, float, str]]
    ) -> None:
        columns: Columns = {name: [row[i] for row in rows] for i, name in enumerate(SCHEMA)}

        for engine in ENGINES:
            table = top_box(
                in_engine(engine, columns, SCHEMA), scale=LIKERT5, weights="weight", by="region"
            )

            told = rows_of(table)
            assert [row[0] for row in told] == sorted({row[2] for row in rows})
            for region, value, low, high, n, missing, method, size in told:
                own = [row for row in rows if row[2] == region]
                there = [row for row in own if row[0] is not None]
                assert (n, missing) == (len(there), len(own) - len(there)), engine
                if size in ("suppressed", "complementary") or not there:
                    assert value is None or value != value
                    assert method is None or method != method
                    continue
                alone = top_box(
                    [row[0] for row in there], scale=LIKERT5, weights=[row[1] for row in there]
                )
                expected = [alone.value, alone.low, alone.high]
                assert [value, low, high] == pytest.approx(expected, abs=1e-9), engine
                assert method == alone.method

    @pytest.mark.parametrize("engine", ENGINES)
    def test_may_be_of_days_flags_and_numbers(self, engine: str) -> None:
        from datetime import date

        schema: Schema = {
            "satisfied": pl.Int64,
            "day": pl.Date,
            "vip": pl.Boolean,
            "shop": pl.Int64,
        }
        days = [date(2026, 3, 2), date(2026, 3, 1)]
        columns: Columns = {
            "satisfied": [5, 1] * 30,
            "day": days * 30,
            "vip": [True, False] * 30,
            "shop": [2**40, -5] * 30,
        }
        frame = in_engine(engine, columns, schema)

        for by, values in (
            ("day", days[::-1]),
            ("vip", [False, True]),
            ("shop", [-5, 2**40]),
        ):
            told = rows_of(top_box(frame, scale=LIKERT5, by=by))
            assert [row[:2] for row in told] == [(values[0], 0.0), (values[1], 1.0)]

    def test_of_two_columns_of_many_far_numbers_stand_in_order(self) -> None:
        schema: Schema = dict.fromkeys(("satisfied", "shop", "till"), pl.Int64)
        shops = list(range(2_000, 0, -1))
        columns: Columns = {
            "satisfied": [5] * 2_000,
            "shop": shops,
            "till": [shop % 2 * 1_000 for shop in shops],
        }

        told = rows_of(
            top_box(in_engine("pandas", columns, schema), scale=LIKERT5, by=["shop", "till"])
        )

        assert [row[:2] for row in told] == [(shop, shop % 2 * 1_000) for shop in shops[::-1]]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_two_columns_hide_what_either_total_would_tell(self, engine: str) -> None:
        # Nine of a·2025 are too few; a's total, 2025's and the whole would tell them.
        sizes = {("a", 2025): 9, ("a", 2026): 40, ("b", 2025): 50, ("b", 2026): 60}
        keys = [key for key, size in sizes.items() for _ in range(size)]
        columns: Columns = {
            "satisfied": [1 + place % 5 for place in range(len(keys))],
            "region": [key[0] for key in keys],
            "year": [key[1] for key in keys],
        }
        schema: Schema = {"satisfied": pl.Int64, "region": pl.String, "year": pl.Int64}

        told = rows_of(
            top_box(in_engine(engine, columns, schema), scale=LIKERT5, by=["region", "year"])
        )

        assert [row[-1] for row in told] == ["suppressed", *["complementary"] * 3]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_without_a_name_are_refused(self, engine: str) -> None:
        columns: Columns = {
            "satisfied": [5, 4, 3],
            "weight": [1.0] * 3,
            "region": ["a", None, None],
        }

        with pytest.raises(InvalidValueError, match=r"^region is .*must not be empty, as in"):
            top_box(in_engine(engine, columns, SCHEMA), scale=LIKERT5, by="region")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuse_answers_off_the_scale(self, engine: str) -> None:
        columns: Columns = {"satisfied": [5, 7], "weight": [1.0, 1.0], "region": ["a", "b"]}

        with pytest.raises(InvalidValueError, match="satisfied is 7: it must be a whole number fr"):
            top_box(in_engine(engine, columns, SCHEMA), scale=LIKERT5, by="region")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_that_weigh_nothing_have_no_result(self, engine: str) -> None:
        columns: Columns = {
            "satisfied": [5, 4] * 20,
            "weight": [0.0, 1.0] * 20,
            "region": ["a", "b"] * 20,
        }

        table = top_box(
            in_engine(engine, columns, SCHEMA), scale=LIKERT5, weights="weight", by="region"
        )

        told = [(row[0], *row[4:6], row[7]) for row in rows_of(table)]
        assert told == [("a", 0, 20, "weightless"), ("b", 20, 0, "few")]

    @pytest.mark.parametrize("by", [[], ["region", "region"]])
    def test_must_be_named_once_each(self, by: list[str]) -> None:
        frame = pl.DataFrame({"satisfied": [5], "region": ["a"]})

        with pytest.raises(InvalidValueError, match="at least one column, each once"):
            top_box(frame, scale=LIKERT5, by=by)

    def test_must_be_columns_that_make_groups(self) -> None:
        frame = pl.DataFrame({"satisfied": [5], "n": ["a"], "size": [1.5]})

        with pytest.raises(InvalidValueError, match=r"regio is missing: .* column of the frame"):
            top_box(frame, scale=LIKERT5, by="regio")
        with pytest.raises(InvalidValueError, match="column of the table that is made; rename it"):
            top_box(frame, scale=LIKERT5, by="n")
        with pytest.raises(InvalidValueError, match="size is a column of Float64"):
            top_box(frame, scale=LIKERT5, by="size")

    def test_may_be_many(self) -> None:
        # More than a million values between the lowest and the highest, and two such columns.
        shops = [place * 30_000_000 for place in range(40)] * 30
        frame = pl.DataFrame({"recommend": [10] * 1200, "shop": shops, "town": shops})

        table = nps(frame, by=["shop", "town"])

        assert table["shop"].to_list() == sorted(set(shops))
        assert set(table["n"]) == {30}
