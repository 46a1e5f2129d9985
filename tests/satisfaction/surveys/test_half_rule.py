"""The score of one respondent, by the half rule."""

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare
from crmkit.satisfaction import (
    RECOMMEND,
    SEA_LION,
    TEN_POINT,
    Answers,
    Item,
    ItemKind,
    Missing,
    Survey,
    SurveyScore,
)
from crmkit.testing import NINE


NO = Missing.DOES_NOT_APPLY
DELIVERY = Survey.of(
    "yearly",
    1,
    [
        Item("speed", dimension="delivery", weight=0.1),
        Item("care", dimension="delivery", weight=0.2, reverse=True),
        Item("crane", dimension="delivery", weight=0.3),
        Item("advice", weight=0.4, scale=RECOMMEND),
        Item("words", kind=ItemKind.COMMENT),
    ],
)
SIX = Survey.of(
    "six",
    1,
    [Item(f"q{n}", dimension=f"d{n % 3}", weight=n + 1) for n in range(6)],
    segment_weights={"hotel": {"d1": 3.5, "q2": 0}, "laundry": {}},
)


def scored(survey: Survey, *, segment: str | None = None, **cells: object) -> SurveyScore:
    answers = Answers.record(
        "A-1", "ann", NINE, survey=survey, customer="C-7", cells=cells, segment=segment
    )
    return survey.score(answers)


class TestScore:
    def test_weighs_items_into_dimensions_and_those_into_the_whole(self) -> None:
        """By hand: speed 4 is 75, care 2 reversed is 75, crane 1 is 0, advice 8 is 80.

        Delivery (.1 x 75 + .2 x 75 + .3 x 0) / .6 = 37.5; the whole (.6 x 37.5 + .4 x 80) = 54.5.
        """
        score = scored(DELIVERY, speed=4, care=2, crane=1, advice=8)

        assert score.parts["delivery"].value == 37.5
        assert score.parts["advice"].value == 80
        assert score.value == 54.5

    def test_is_the_index_of_the_acsi_where_nothing_is_missing(self) -> None:
        """State of Ohio weights: 8, 7.5 and 7 of 1 to 10 make 72.7556 (8 and 7 alone, by hand)."""
        weights = {"satisfaction": 0.3885, "expectancy": 0.3190, "performance": 0.2925}
        items = [Item(name, weight=weight, scale=TEN_POINT) for name, weight in weights.items()]

        score = scored(Survey.of("acsi", 1, items), satisfaction=8, expectancy=7, performance=7)

        by_hand = (7 * 0.3885 + 6 * 0.3190 + 6 * 0.2925) / 9 * 100
        assert score.value == pytest.approx(by_hand, abs=1e-12)
        assert by_hand == pytest.approx(72.7556 - 0.5 * 0.3190 / 9 * 100, abs=5e-5)

    def test_exactly_half_of_the_weight_is_enough(self) -> None:
        """.1 + .2 against .3: as floats the sum is more, and half of .6 is not their double."""
        kept = scored(DELIVERY, speed=5, care=1, advice=10)
        lost = scored(DELIVERY, care=1, advice=10)

        assert kept.parts["delivery"].value == 100
        assert str(kept.parts["delivery"].answered) == "50 %"
        assert lost.parts["delivery"].value is None
        assert lost.value is None  # advice is .4 of 1
        assert lost.explain().missing == ("answers",)

    def test_what_does_not_apply_leaves_both_sums_and_a_refusal_only_one(self) -> None:
        without = scored(DELIVERY, speed=5, care=NO, crane=NO, advice=Missing.REFUSED)
        refused = scored(DELIVERY, speed=5, care=Missing.REFUSED, crane=NO, advice=NO)

        assert (without.parts["delivery"].value, without.value) == (100, 100)
        assert str(refused.parts["delivery"].answered) == "33.33 %"
        assert refused.value is None

    def test_a_part_that_does_not_apply_leaves_the_whole(self) -> None:
        score = scored(DELIVERY, speed=NO, care=NO, crane=NO, advice=5)

        assert not score.parts["delivery"].applies
        assert score.value == 50
        assert str(score.parts["delivery"]) == (
            "delivery has no score: nothing that counts in it applies"
        )

    def test_nobody_is_scored_by_what_does_not_apply(self) -> None:
        score = scored(DELIVERY, speed=NO, care=NO, crane=NO, advice=NO)

        assert (score.value, score.score, score.whole.answered) == (None, None, None)

    def test_an_item_that_was_not_to_be_asked_does_not_count(self) -> None:
        late = Item("days", asked_if=Compare("delivery", "<=", 2), weight=9)
        survey = Survey.of("late", 1, [Item("delivery"), late])

        assert scored(survey, delivery=5).value == 100
        assert scored(survey, delivery=1).value is None

    def test_counts_by_the_weights_of_the_segment(self) -> None:
        weights = {"hotel": {"delivery": 9, "advice": 1}, "laundry": {"crane": 0}}
        survey = Survey.of("yearly", 2, DELIVERY.items, segment_weights=weights)
        cells = {"speed": 5, "care": 1, "crane": 1, "advice": 0}

        hotel, laundry = (scored(survey, segment=one, **cells) for one in ("hotel", "laundry"))

        assert hotel.value == pytest.approx(45)
        assert laundry.parts["delivery"].value == 100
        assert laundry.value == pytest.approx(100 * 0.3 / 0.7)
        assert hotel.explain().find("segment").value == "hotel"

    def test_an_item_of_no_weight_makes_no_score(self) -> None:
        survey = Survey.of("x", 1, [Item("a", dimension="d", weight=0), Item("b", dimension="d")])

        assert scored(survey, a=5).value is None
        assert scored(survey, a=5, b=1).value == 0

    def test_refuses_answers_to_another_survey_or_version(self) -> None:
        other = Answers.record("A-1", "ann", NINE, survey=SEA_LION, cells={})

        with pytest.raises(InvalidValueError, match="must be answers to yearly v1"):
            DELIVERY.score(other)
        with pytest.raises(InvalidValueError, match="answers is 'dict': it must be answers to"):
            DELIVERY.score({"a": 5})  # type: ignore[arg-type]  # refused

    def test_says_why_part_by_part_in_both_languages(self) -> None:
        score = scored(SEA_LION, product_quality=5, delivery=3)

        assert score.explain().sentence("zh").splitlines()[:2] == [
            "海狮顾客满意度调查 v1得分75：已答权重占50%，达到规定的50%",
            "  产品质量得分100：已答权重占100%，达到规定的50%",
        ]
        assert score.facts["score.delivery"] == 50
        assert str(score) == str(score.explain()).splitlines()[0]

    @given(
        st.lists(st.none() | st.integers(1, 5) | st.sampled_from(Missing), min_size=6, max_size=6),
        st.sampled_from([None, "hotel", "laundry"]),
    )
    def test_never_leaves_the_range_and_follows_its_definition(
        self, cells: list[object], segment: str | None
    ) -> None:
        """Against the formula written out once more, in Fractions, over both levels."""
        told = {f"q{n}": cell for n, cell in enumerate(cells)}

        score = scored(SIX, segment=segment, **told)

        weights = {f"q{n}": Fraction(n + 1) for n in range(6)}
        if segment == "hotel":
            weights["q2"] = Fraction(0)
        above = {f"d{d}": weights[f"q{d}"] + weights[f"q{d + 3}"] for d in range(3)}
        if segment == "hotel":
            above["d1"] = Fraction(7, 2)
        top = bottom = applying = Fraction(0)
        for d in range(3):
            ids = [id for id in (f"q{d}", f"q{d + 3}") if told[id] is not NO]
            weight = sum(weights[id] for id in ids)
            if not weight:
                assert not score.parts[f"d{d}"].applies
                continue
            applying += above[f"d{d}"]
            known = [(id, v) for id in ids if isinstance(v := told[id], int) and weights[id]]
            answered = sum((weights[id] for id, _ in known), Fraction(0))
            if 2 * answered >= weight:
                worth = sum((weights[id] * (v - 1) * 25 for id, v in known), Fraction(0))
                part = worth / answered
                top, bottom = top + above[f"d{d}"] * part, bottom + above[f"d{d}"]
                assert score.parts[f"d{d}"].value == float(part)
            else:
                assert score.parts[f"d{d}"].value is None
        expected = float(top / bottom) if applying and 2 * bottom >= applying else None
        assert score.value == expected
