"""What to improve first: importance times gap, ties, small groups, and every row told."""

import math
from fractions import Fraction
from typing import Any, Final

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, FrozenMap, Share, Text
from crmkit.satisfaction import (
    ImprovementProposal,
    Item,
    Survey,
    SurveyLevel,
    rank_improvements,
    rank_survey_improvements,
    score_table,
)
from crmkit.stats import SmallGroupRule


SURVEY: Final = Survey.of(
    "yearly",
    1,
    [
        Item("speed", dimension="delivery", weight=3),
        Item("care", dimension="delivery"),
        Item("price"),
        Item("colour", dimension="looks"),
    ],
    dimension_weights={"delivery": 2, "looks": 0},
)
ANSWERS: Final = {
    "speed": [2, 3, 2, 1] * 8,
    "care": [5, 4, 5, 4] * 8,
    "price": [3, 3, 2, 4] * 8,
    "colour": [1, 2, 3, 4] * 8,
}


def score(value: float, *, n: int = 100) -> Estimate:
    low, high = max(value - 5, 0), min(value + 5, 100)
    return Estimate(value, low, high, 0.95, n, 0, "student-t")


def parts(proposals: tuple[ImprovementProposal, ...]) -> list[str]:
    return [one.part for one in proposals]


def proposal(**changed: Any) -> ImprovementProposal:
    told: dict[str, Any] = {"part": "price", "score": 55.0, "low": 50.0, "high": 60.0, "n": 120}
    told |= {"target": 75.0, "importance": Share(0.4), "rank": 1}
    return ImprovementProposal(**(told | changed))


class TestRankImprovements:
    def test_is_by_importance_times_gap(self) -> None:
        """By hand, of shares .2, .5, .3: .2 × 50 = 10, .5 × 30 = 15, .3 × 20 = 6."""
        scores = {"price": score(40), "delivery": score(60), "service": score(70)}

        ranked = rank_improvements(
            scores, importance={"price": 2, "delivery": 5, "service": 3}, targets=90
        )

        assert parts(ranked) == ["delivery", "price", "service"]
        assert [one.rank for one in ranked] == [1, 2, 3]
        assert [one.priority for one in ranked] == pytest.approx([15, 10, 6])

    def test_the_lowest_score_need_not_be_first(self) -> None:
        scores = {"lobby": score(20), "repair": score(60)}

        ranked = rank_improvements(scores, importance={"lobby": 1, "repair": 9})

        assert parts(ranked) == ["repair", "lobby"]

    def test_takes_a_target_for_each_or_what_was_expected(self) -> None:
        scores = {"price": score(40), "delivery": score(60)}

        ranked = rank_improvements(
            scores, importance={"price": 1, "delivery": 1}, targets={"price": 45, "delivery": 80}
        )

        assert [(one.part, one.gap) for one in ranked] == [("delivery", 20), ("price", 5)]

    def test_equal_priorities_share_a_place_and_the_more_important_stands_first(self) -> None:
        """Tenths that floats cannot write: .1 × 30 and .3 × 10 are equal all the same."""
        scores = {"a": score(70), "b": score(90), "c": score(70), "d": score(95)}

        ranked = rank_improvements(scores, importance={"a": 0.1, "b": 0.3, "c": 0.1, "d": 0.1})

        assert parts(ranked) == ["b", "a", "c", "d"]
        assert [one.rank for one in ranked] == [1, 1, 1, 4]

    def test_takes_numbers_of_numpy_and_gives_pythons_own(self) -> None:
        """So that a proposal can be stored."""
        scores = {"a": score(50), "b": score(60)}
        ranked = rank_improvements(
            scores,
            importance={"a": np.float64(1), "b": np.float64(3)},
            targets=np.float64(80),
        )

        assert parts(ranked) == ["b", "a"]
        assert {type(one.target) for one in ranked} == {float}

    def test_what_reaches_its_target_has_no_priority(self) -> None:
        (price,) = rank_improvements({"price": score(80)}, importance={"price": 1}, targets=80)

        assert (price.gap, price.priority, price.falls_short) == (0, 0, False)
        assert str(price) == (
            "price needs no improvement: it scores 80 (n = 100), and its target is 80"
        )

    def test_keeps_the_flag_that_the_table_has_under_weights(self) -> None:
        """Forty people of whom four weigh 10: Kish's size is 76² / 436 = 13.2."""
        answers = pd.DataFrame({"q": [1, 3, 5, 4] * 10, "w": [10.0] * 4 + [1.0] * 36})
        survey = Survey.of("s", 1, [Item("q")])
        table = score_table(answers, survey=survey, weights="w")

        (one,) = rank_improvements(table, importance={"q": 1})

        assert (one.n, one.is_few) == (40, True)

    def test_small_groups_are_kept_back_or_flagged_and_all_are_told(self) -> None:
        scores = {"tiny": score(10, n=9), "few": score(50, n=29), "many": score(90, n=30)}
        even = dict.fromkeys(scores, 1.0)

        ranked = rank_improvements(scores, importance=even)

        assert [(one.part, one.rank, one.is_few) for one in ranked] == [
            ("few", 1, True),
            ("many", 2, False),
            ("tiny", None, False),
        ]
        assert ranked[0].explain().sentence("zh").startswith("few排第1，但样本较少：得分50")
        assert str(ranked[2]) == "tiny is not ranked: it has no score that may be told (n = 9)"
        assert ranked[2].explain().missing == ("answers",)
        shown = rank_improvements(
            scores, importance=even, rule=SmallGroupRule(suppress_below=5, flag_below=5)
        )
        assert parts(shown) == ["tiny", "few", "many"]

    @pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pl.LazyFrame])
    def test_takes_a_table_of_scores_with_columns_of_importance_and_targets(
        self, kind: Any
    ) -> None:
        """Derived importances are joined on by the caller; the row of the whole is left out."""
        table = {
            "part": ["price", "delivery", "overall"],
            "value": [40.0, 60.0, 55.0],
            "low": [35.0, 55.0, 50.0],
            "high": [45.0, 65.0, 60.0],
            "n": [50, 50, 50],
            "driver": [0.1, 0.5, None],
            "expected": [60.0, 70.0, None],
        }

        ranked = rank_improvements(kind(table), importance="driver", targets="expected")

        assert [(one.part, one.gap, one.rank) for one in ranked] == [
            ("delivery", 10, 1),
            ("price", 20, 2),
        ]
        assert [one.priority for one in ranked] == pytest.approx([50 / 6, 20 / 6])

    def test_what_a_table_keeps_back_stays_back(self) -> None:
        table = pd.DataFrame(
            {
                "part": ["price", "delivery"],
                "value": [40.0, math.nan],
                "low": [35.0, math.nan],
                "high": [45.0, math.nan],
                "n": [50, 12],
                "group_size": ["shown", "complementary"],
            }
        )

        ranked = rank_improvements(table, importance={"price": 1, "delivery": 1})

        assert [(one.part, one.score) for one in ranked] == [("price", 40), ("delivery", None)]

    @pytest.mark.parametrize(
        ("told", "what"),
        [
            ({"scores": {}}, "scores is .*: it must hold at least one part"),
            ({"scores": {"a": 5.0}}, "a is 5.0: it must be an Estimate"),
            ({"importance": {"a": 1}}, "importance is 'b': it must be told: this part has none"),
            ({"importance": {"a": 1, "b": 1, "aa": 1}}, "'aa': it is for no part; did you mean"),
            (
                {"importance": {"a": 1, "b": -1}},
                "importance of b is -1.0: it must be 0 or more; what",
            ),
            ({"importance": {"a": 1, "b": math.nan}}, "importance of b is nan"),
            ({"importance": {"a": 1, "b": math.inf}}, "importance of b is inf"),
            ({"importance": {"a": 0, "b": 0}}, "it must not sum to 0"),
            ({"importance": {"a": 1, "b": "x"}}, "importance of b is 'x': it must be a number"),
            ({"importance": None}, "importance is None: it must be told by part, or name a column"),
            ({"importance": "driver"}, "must be told by part where scores are no table"),
            ({"targets": {"a": 80}}, "targets is 'b'"),
            ({"targets": True}, "targets is True: it must be a number"),
            ({"targets": 800}, "target of a is 800.0: it must be a number from 0 to 100; rescale"),
        ],
    )
    def test_refuses_what_it_cannot_rank(self, told: dict[str, Any], what: str) -> None:
        given_: dict[str, Any] = {
            "scores": {"a": score(50), "b": score(60)},
            "importance": {"a": 1, "b": 1},
            **told,
        }

        with pytest.raises(InvalidValueError, match=what):
            rank_improvements(given_.pop("scores"), **given_)

    def test_takes_what_engines_have_for_missing_and_refuses_it_in_part(self) -> None:
        table = pd.DataFrame(
            {
                "part": ["price", "delivery", "overall"],
                "value": pd.array([40, None, 50], dtype="Float64"),
                "low": pd.array([30, None, 50], dtype="Float64"),
                "high": pd.array([50, None, 50], dtype="Float64"),
                "n": pd.array([50, 5, 50], dtype="Int64"),
                "driver": pd.array([1, 2, None], dtype="Int64"),
            }
        )

        ranked = rank_improvements(table, importance="driver")

        assert [(one.part, one.rank, one.n) for one in ranked] == [
            ("price", 1, 50),
            ("delivery", None, 5),
        ]
        with pytest.raises(InvalidValueError, match="part is None: it must not be empty"):
            rank_improvements(
                table.assign(part=pd.Series(["price", None, "overall"])), importance="driver"
            )

    def test_refuses_a_table_of_several_groups(self) -> None:
        answers = pd.DataFrame({**ANSWERS, "region": ["north"] * 16 + ["south"] * 16})
        table = score_table(answers, survey=SURVEY, by="region")

        with pytest.raises(
            InvalidValueError, match="must stand once in the scores; rank one group"
        ):
            rank_improvements(table, importance=SURVEY.part_weights())

    @given(
        told=st.dictionaries(
            st.sampled_from("abcdefgh"),
            st.tuples(st.integers(0, 100), st.integers(0, 9), st.integers(1, 60)),
            min_size=1,
        ).filter(lambda told: any(weight for _, weight, _ in told.values())),
        times=st.sampled_from([0.1, 1, 7]),
    )
    def test_ranks_by_the_exact_product_whatever_unit_importance_has(
        self, told: dict[str, tuple[int, int, int]], times: float
    ) -> None:
        scores = {part: score(value, n=n) for part, (value, _, n) in told.items()}
        weights = {part: weight * times for part, (_, weight, _) in told.items()}

        ranked = rank_improvements(scores, importance=weights)

        exact = {
            part: Fraction(weight * (100 - value)) for part, (value, weight, _) in told.items()
        }
        shown = [one.part for one in ranked if one.rank is not None]
        assert sorted(parts(ranked)) == sorted(told)
        assert {part for part in told if told[part][2] >= 10} == set(shown)
        for one in ranked[: len(shown)]:
            assert one.rank == 1 + sum(exact[other] > exact[one.part] for other in shown)
        assert [exact[part] for part in shown] == sorted((exact[p] for p in shown), reverse=True)


class TestRankSurveyImprovements:
    def test_takes_the_surveys_own_weights(self) -> None:
        """By hand: delivery (3 × 25 + 87.5) / 4 = 40.625 and price 50, weights 2 to 1."""
        ranked = rank_survey_improvements(pd.DataFrame(ANSWERS), survey=SURVEY, targets=80)

        told = {one.part: (one.score, float(one.importance), one.priority) for one in ranked}
        assert told["delivery"] == pytest.approx((40.625, 2 / 3, 26.25))
        assert told["price"] == pytest.approx((50, 1 / 3, 10))
        # What has no weight is scored, and gains nothing.
        assert told["looks"] == (37.5, 0, 0)
        assert parts(ranked) == ["delivery", "price", "looks"]

    def test_closing_a_gap_lifts_the_whole_by_its_priority(self) -> None:
        """The whole is (2 × 40.625 + 50) / 3 = 43.75; with delivery at 80 it is 70."""
        first, *_ = rank_survey_improvements(pd.DataFrame(ANSWERS), survey=SURVEY, targets=80)
        table = score_table(pd.DataFrame(ANSWERS), survey=SURVEY)
        (overall,) = table.loc[table["part"] == "overall", "value"]

        assert first.priority is not None
        assert overall + first.priority == pytest.approx((2 * 80 + 50) / 3)

    def test_ranks_single_items_by_their_share_of_the_whole(self) -> None:
        """Speed has 3 of 4 parts of 2, so that 1.5 of 3; care .5; price 1; colour nothing."""
        ranked = rank_survey_improvements(pl.DataFrame(ANSWERS), survey=SURVEY, level="item")

        told = {one.part: (one.score, float(one.importance)) for one in ranked}
        assert told == {
            "speed": pytest.approx((25, 0.5)),
            "price": pytest.approx((50, 1 / 3)),
            "care": pytest.approx((87.5, 1 / 6)),
            "colour": pytest.approx((37.5, 0)),
        }
        assert parts(ranked) == ["speed", "price", "care", "colour"]

    def test_takes_other_importance_and_lazy_frames(self) -> None:
        ranked = rank_survey_improvements(
            pl.LazyFrame(ANSWERS),
            survey=SURVEY,
            level=SurveyLevel.PART,
            importance={"delivery": 1, "price": 9, "looks": 0},
        )

        assert parts(ranked) == ["price", "delivery", "looks"]

    def test_calls_parts_by_their_labels(self) -> None:
        survey = attrs.evolve(SURVEY, labels=FrozenMap({"delivery": Text("the delivery", "交货")}))

        ranked = rank_survey_improvements(pl.LazyFrame(ANSWERS), survey=survey)

        told = {one.part: one.explain().sentence("zh") for one in ranked}
        assert told["delivery"].startswith("交货排第")
        assert told["price"].startswith("price")


class TestProposal:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"n": -1}, "n"),
            ({"target": 101.0}, "target"),
            ({"score": math.nan}, "score"),
            ({"score": True}, "score"),
            ({"low": 61.0}, "low"),
            ({"rank": 0}, "rank"),
            ({"rank": None}, "score, low, high, rank"),
            ({"importance": 0.4}, "importance"),
            ({"part": ""}, "part"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            proposal(**changed)

        assert refused.value.name == what

    def test_knows_whether_its_gap_is_sure(self) -> None:
        assert proposal().is_sure
        assert not attrs.evolve(proposal(), target=58.0).is_sure
        assert not proposal(score=None, low=None, high=None, rank=None).is_sure
        assert proposal().explain().find("high").met is False
        assert proposal().explain().sentence("zh").endswith("乘以重要性40%，优先度为8")
