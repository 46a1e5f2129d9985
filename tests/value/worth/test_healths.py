import attrs
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import FrozenMap, Score, Share
from crmkit.value import (
    ACCOUNT_HEALTH,
    HealthFigure,
    HealthPolicy,
    HealthScale,
    account_health,
    explain_account_health,
)
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


FIGURES = ("stock_days", "margin", "problems_solved", "share_of_sales")
SCHEMA: Schema = {"customer_id": pl.Int64, **dict.fromkeys(FIGURES, pl.Float64())}
Row = tuple[float | None, float | None, float | None, float | None]

ROWS = st.tuples(
    st.none() | st.floats(0, 200),
    st.none() | st.floats(-2, 1),
    st.none() | st.floats(0, 1),
    st.none() | st.floats(0, 1),
)
UNEVEN = attrs.evolve(
    ACCOUNT_HEALTH,
    scales=FrozenMap(
        {
            HealthFigure.STOCK_DAYS: HealthScale(weight=Share(0.1), worst=90, best=30),
            HealthFigure.MARGIN: HealthScale(weight=Share(0.2), worst=0, best=0.3),
            HealthFigure.PROBLEMS_SOLVED: HealthScale(weight=Share(0.3), worst=0, best=1),
            HealthFigure.SHARE_OF_SALES: HealthScale(weight=Share(0.4), worst=0, best=0.5),
        }
    ),
)


def columns_of(rows: list[Row]) -> Columns:
    told = list(zip(*rows, strict=True)) if rows else [()] * 4
    return {"customer_id": range(len(rows)), **dict(zip(FIGURES, told, strict=True))}


class TestScore:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            # By hand: 50 + 50 + 100 + 60 points, a quarter each.
            ((60, 0.15, 1, 0.3), 65),
            ((30, 0.3, 1, 0.5), 100),
            ((10, 0.9, 1, 1), 100),
            ((90, 0, 0.5, 0), 0),
            ((200, -1, 0, 0), 0),
            # Two of four are half of the weight: 100 and 50 points.
            ((30, 0.15, None, None), 75),
            ((30, None, None, None), None),
            ((None, None, None, None), None),
        ],
    )
    def test_is_the_weighted_mean_of_what_is_known(self, row: Row, expected: float | None) -> None:
        found = ACCOUNT_HEALTH.score(dict(zip(FIGURES, row, strict=True)))

        assert found == (None if expected is None else Score(expected))

    def test_weighs_by_the_policy(self) -> None:
        # By hand: (0.3 × 100 + 0.4 × 0) / 0.7; and 0.3 of the weight is too little.
        found = UNEVEN.score({"problems_solved": 1, "share_of_sales": 0})

        assert float(found or 0) == pytest.approx(300 / 7)
        assert UNEVEN.score({"stock_days": 30, "margin": 0.3}) is None
        assert UNEVEN.score({"stock_days": 30, "share_of_sales": 0.5}) == Score(100)

    @pytest.mark.parametrize(
        ("figures", "message"),
        [
            ({"stock_days": -1}, "must be 0 or more days"),
            ({"margin": 1.1}, "must be at most 1"),
            ({"problems_solved": 80}, "must be a share from 0 to 1"),
            ({"share_of_sales": float("nan")}, "must be a finite number"),
            ({"share_of_sales": True}, "must be a finite number"),
            ({"margn": 0.2}, "did you mean 'margin'"),
        ],
    )
    def test_refuses_what_a_figure_cannot_be(self, figures: dict[str, float], message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            ACCOUNT_HEALTH.score(figures)


class TestPolicy:
    def test_needs_a_scale_for_each_figure(self) -> None:
        scales: dict[HealthFigure, HealthScale] = {
            k: v for k, v in ACCOUNT_HEALTH.scales.items() if k is not HealthFigure.MARGIN
        }

        with pytest.raises(InvalidValueError, match="a scale for each figure"):
            HealthPolicy(name="ours", scales=FrozenMap(scales), source="test")

    def test_has_weights_that_sum_to_1(self) -> None:
        light = attrs.evolve(ACCOUNT_HEALTH.scales[HealthFigure.MARGIN], weight=Share(0.2))
        scales = ACCOUNT_HEALTH.scales | {HealthFigure.MARGIN: light}

        with pytest.raises(InvalidValueError, match="must sum to 1"):
            attrs.evolve(ACCOUNT_HEALTH, scales=scales)

    @pytest.mark.parametrize(("worst", "best"), [(1, 1), (float("nan"), 1), (0, float("inf"))])
    def test_has_scales_that_go_somewhere(self, worst: float, best: float) -> None:
        with pytest.raises(InvalidValueError):
            HealthScale(weight=Share(1), worst=worst, best=best)


class TestAccountHealth:
    @FEW
    @given(st.lists(ROWS, max_size=6), st.sampled_from([ACCOUNT_HEALTH, UNEVEN]))
    def test_of_a_frame_is_that_of_each_account_in_every_engine(
        self, rows: list[Row], policy: HealthPolicy
    ) -> None:
        for engine in ENGINES:
            frame = in_engine(engine, columns_of(rows), SCHEMA)
            told = sorted(rows_of(account_health(frame, policy=policy)), key=lambda row: row[0])  # type: ignore[arg-type,return-value]  # whole numbers

            for row, known in zip(told, rows, strict=True):
                *parts, health, missing = row[5:]
                score = policy.score(dict(zip(FIGURES, known, strict=True)))
                assert missing == known.count(None)
                for figure, value, part in zip(HealthFigure, known, parts, strict=True):
                    if value is None:
                        assert pd.isna(part)  # type: ignore[call-overload]  # any value
                    else:
                        assert part == pytest.approx(policy.scales[figure].score(value))
                if score is None:
                    assert pd.isna(health)  # type: ignore[call-overload]  # any value
                else:
                    assert health == pytest.approx(float(score))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_returns_the_kind_of_frame_it_was_given(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([(60, 0.15, 1, 0.3)]), SCHEMA)

        assert type(account_health(frame)) is type(frame)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_what_a_figure_cannot_be(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([(60, 0.15, 1, 0.3), (60, 15, 1, 0.3)]), SCHEMA)

        with pytest.raises(InvalidValueError, match=r"margin is 15\.0: it must be at most 1"):
            account_health(frame)

    def test_refuses_to_write_over_a_score(self) -> None:
        frame = pl.DataFrame(columns_of([(60, 0.15, 1, 0.3)]), schema=SCHEMA)

        with pytest.raises(InvalidValueError, match="must not be there already"):
            account_health(account_health(frame))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_customer_twice(self, engine: str) -> None:
        columns = columns_of([(60, 0.15, 1, 0.3), (60, 0.15, 1, 0.3)])
        frame = in_engine(engine, {**columns, "customer_id": [7, 7]}, SCHEMA)

        with pytest.raises(InvalidValueError, match="must stand in one row per customer"):
            account_health(frame)


class TestExplainAccountHealth:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_gives_evidence_that_gives_the_score(self, engine: str) -> None:
        rows: list[Row] = [(60, 0.15, 1, 0.3), (45, None, 0.8, None), (None, None, None, 0.4)]
        frame = in_engine(engine, columns_of(rows), SCHEMA)

        for customer in range(3):
            why = explain_account_health(frame, customer, policy=UNEVEN)

            weight = points = 0.0
            for name in FIGURES:
                score = why.find(f"{name}_score").value
                if isinstance(score, float):
                    share = why.find(f"{name}_weight").value
                    assert isinstance(share, Share)
                    weight, points = weight + float(share), points + float(share) * score
            if why.verdict is None:
                assert weight < 0.5
            else:
                assert float(why.verdict) == pytest.approx(points / weight)

    def test_says_it_in_both_languages(self) -> None:
        why = ACCOUNT_HEALTH.explain("C-7", {"stock_days": 30, "margin": 0.15})

        assert why.missing == ("problems_solved is not known", "share_of_sales is not known")
        assert why.sentence("zh") == (
            "客户C-7健康度75分（满分100）：库存周转天数30（100分），客户毛利率0.15（50分）"
        )

    def test_says_why_there_is_no_score(self) -> None:
        why = ACCOUNT_HEALTH.explain("C-7", {"margin": None})

        assert why.sentence() == (
            "account C-7 has no score: only 0 % of the weight is known, and it takes 50 %"
        )
        assert why.sentence("zh") == "客户C-7无法评分：已知指标权重仅0%，至少需要50%"

    def test_refuses_who_is_not_there(self) -> None:
        with pytest.raises(NotFoundError):
            explain_account_health(pl.DataFrame(columns_of([(60, 0.15, 1, 0.3)])), 9)
