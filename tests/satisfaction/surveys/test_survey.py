"""Surveys: questions, dimensions, weights."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare, FrozenMap, Name, Text
from crmkit.satisfaction import DEALERS, SEA_LION, Answers, Item, ItemKind, Survey, whole_weights
from crmkit.satisfaction.surveys.survey import as_written
from crmkit.testing import NINE


ITEMS = (
    Item("speed", dimension="delivery", weight=2),
    Item("care", dimension="delivery"),
    Item("price", weight=3),
    Item("words", kind=ItemKind.COMMENT, asked_if=Compare("speed", "<=", 2)),
)


class TestSurvey:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"id": ""}, "id"),
            ({"version": 0}, "version"),
            ({"version": True}, "version"),
            ({"version": 1.0}, "version"),
            ({"min_answered": 0}, "min_answered"),
            ({"min_answered": 1.1}, "min_answered"),
            ({"min_answered": "half"}, "min_answered"),
            ({"title": None}, "title"),
            ({"items": ()}, "items"),
            ({"items": ITEMS[3:]}, "asked_if"),
            ({"items": [Item("speed")]}, "items"),
            ({"items": (Item("words", kind=ItemKind.COMMENT),)}, "items"),
            ({"items": (Item("speed"), Item("speed"))}, "items"),
            ({"items": (Item("speed"), Item("care", dimension="speed"))}, "dimension"),
            ({"items": (Item("speed", asked_if=Compare("speed", "=", 1)),)}, "asked_if"),
            ({"items": (Item("speed", weight=0), Item("care", weight=0))}, "weights"),
            ({"items": (Item("a", dimension="d"), Item("b", weight=0))}, None),
            ({"items": (Item("a", weight=0, dimension="d"), Item("b"))}, "weights"),
            (
                {
                    "items": (Item("a", weight=0, dimension="d"), Item("b")),
                    "dimension_weights": FrozenMap({"d": 1}),
                },
                "weights",
            ),
            ({"items": (Item("score"),)}, "items"),
            ({"items": (Item("segment"),)}, "items"),
            ({"items": (Item("score.x"),)}, "items"),
            (
                {
                    "items": (
                        Item("why", kind=ItemKind.MULTIPLE, choices=("late",)),
                        Item("why.late"),
                    )
                },
                "items",
            ),
            ({"dimension_weights": {"delivery": 1}}, "dimension_weights"),
            ({"dimension_weights": FrozenMap({"delivry": 1})}, "dimension_weights"),
            ({"dimension_weights": FrozenMap({"price": 1})}, "dimension_weights"),
            ({"dimension_weights": FrozenMap({"delivery": -1})}, "dimension_weights['delivery']"),
            ({"segment_weights": {"hotel": FrozenMap({"price": 1})}}, "segment_weights"),
            ({"segment_weights": FrozenMap({"hotel": {"price": 1}})}, "segment_weights['hotel']"),
            (
                {"segment_weights": FrozenMap({"hotel": FrozenMap({"words": 1})})},
                "segment_weights['hotel']",
            ),
            (
                {"segment_weights": FrozenMap({"hotel": FrozenMap({"price": 0, "delivery": 0})})},
                "segment_weights['hotel']",
            ),
            (
                {"segment_weights": FrozenMap({"hotel": FrozenMap({"speed": 0, "care": 0})})},
                "segment_weights['hotel']",
            ),
        ],
    )
    def test_refuses_an_unfit_value_by_name(
        self, changed: dict[str, Any], what: str | None
    ) -> None:
        given = {"id": "yearly", "version": 1, "items": ITEMS, **changed}

        if what is None:
            assert Survey(**given)
            return
        with pytest.raises(InvalidValueError) as refused:
            Survey(**given)

        assert refused.value.name == what

    def test_is_called_by_its_title_and_its_version(self) -> None:
        both = Survey("yearly", 2, ITEMS, title=Text("Yearly", "年度调查"))

        assert (both.label(), both.label("zh"), str(both)) == (
            "Yearly v2",
            "年度调查 v2",
            "Yearly v2",
        )
        assert str(Survey("yearly", 2, ITEMS)) == "yearly v2"

    def test_finds_items_and_parts_by_name_with_the_nearest_for_others(self) -> None:
        survey = Survey("yearly", 1, ITEMS)

        assert survey.parts == ("delivery", "price")
        assert [item.id for item in survey.items_of("delivery")] == ["speed", "care"]
        assert survey.item("words").kind is ItemKind.COMMENT
        with pytest.raises(InvalidValueError, match="no item of yearly v1; did you mean 'speed'"):
            survey.item("sped")
        with pytest.raises(
            InvalidValueError, match="no part of yearly v1; did you mean 'delivery'"
        ):
            survey.items_of("delivry")


class TestWeights:
    def test_a_dimension_counts_the_sum_of_its_items_unless_it_is_told(self) -> None:
        plain = Survey.of("yearly", 1, ITEMS)
        told = Survey.of("yearly", 1, ITEMS, dimension_weights={"delivery": 0.5})

        assert dict(plain.part_weights()) == {"delivery": 3, "price": 3}
        assert dict(told.part_weights()) == {"delivery": 0.5, "price": 3}
        assert dict(told.item_weights()) == {"speed": 2, "care": 1, "price": 3}

    def test_says_how_to_tell_a_dimension_without_counting_it(self) -> None:
        told = Survey.of("yearly", 1, ITEMS, dimension_weights={"delivery": 0})

        assert dict(told.part_weights()) == {"delivery": 0, "price": 3}
        with pytest.raises(InvalidValueError, match=r"'delivery' .* weigh the dimension 0"):
            Survey.of("yearly", 1, ITEMS, segment_weights={"hotel": {"speed": 0, "care": 0}})

    def test_a_rating_that_counts_for_nothing_is_told_by_itself(self) -> None:
        """Such as "all in all", which is asked beside the others."""
        survey = Survey.of("yearly", 1, [*ITEMS[:3], Item("all_in_all", weight=0)])
        cells = {"speed": 5, "care": 5, "price": 5, "all_in_all": 3}

        score = survey.score(Answers.record("A-1", "ann", NINE, survey=survey, cells=cells))

        assert (score.value, score.parts["all_in_all"].value) == (100, 50)
        assert (survey.part_weights()["all_in_all"], survey.item_weights()["all_in_all"]) == (0, 1)

    def test_a_segment_has_weights_of_its_own_and_else_those_of_all(self) -> None:
        hotels = {"hotel": {"speed": 5, "price": 1}, "laundry": {"delivery": 10}}
        survey = Survey.of("yearly", 1, ITEMS, segment_weights=hotels)

        assert dict(survey.item_weights("hotel")) == {"speed": 5, "care": 1, "price": 1}
        assert dict(survey.part_weights("hotel")) == {"delivery": 6, "price": 1}
        assert dict(survey.part_weights("laundry")) == {"delivery": 10, "price": 3}

    def test_refuses_a_segment_that_is_not_named(self) -> None:
        hotels = {"hotel": {"speed": 5}, "laundry": {}}
        survey = Survey.of("yearly", 1, ITEMS, segment_weights=hotels)

        assert survey.part_weights("laundry") == survey.part_weights() == survey.part_weights(None)
        for weights in (survey.part_weights, survey.item_weights):
            with pytest.raises(InvalidValueError, match=r"by {} where .*; did you mean 'hotel'"):
                weights("hotels")

    def test_any_segment_goes_where_none_has_weights(self) -> None:
        survey = Survey.of("yearly", 1, ITEMS)

        assert survey.part_weights("hospital") == survey.part_weights()

    def test_tenths_sum_to_tenths(self) -> None:
        """As floats, 0.1 + 0.2 is 0.30000000000000004."""
        items = [Item("a", dimension="d", weight=0.1), Item("b", dimension="d", weight=0.2)]

        assert dict(Survey.of("x", 1, items).part_weights()) == {"d": 0.3}

    @given(
        st.dictionaries(
            st.text(min_size=1, max_size=3), st.floats(0, 1e6) | st.integers(0, 99), min_size=1
        )
    )
    def test_whole_weights_keep_the_proportions(self, weights: dict[str, float]) -> None:
        whole = whole_weights(weights)

        total, exact = sum(whole.values()), sum(map(as_written, weights.values()), Fraction(0))
        for name, weight in weights.items():
            assert whole[name] * exact == as_written(weight) * total


class TestLabels:
    def test_are_what_parts_are_called_in_sentences(self) -> None:
        told = Survey.of("yearly", 1, ITEMS, labels={"delivery": Text("the delivery", "交货")})

        assert told.part_name("delivery") == Name("the delivery", "交货")
        assert told.part_name("price") == "price"

    @pytest.mark.parametrize(
        ("labels", "rule"),
        [
            ({"pricee": Text("price", "价格")}, "no such dimension or item; did you mean 'price'"),
            ({"price": "price"}, "must be a Text, in both languages"),
        ],
    )
    def test_that_are_unfit_are_refused(self, labels: dict[str, Any], rule: str) -> None:
        with pytest.raises(InvalidValueError, match=rule):
            Survey.of("yearly", 1, ITEMS, labels=labels)

    def test_are_refused_as_a_plain_mapping(self) -> None:
        with pytest.raises(InvalidValueError, match=r"labels is .* must be a FrozenMap"):
            Survey("yearly", 1, ITEMS, labels={})  # type: ignore[arg-type]  # refused


class TestPresets:
    def test_have_the_dimensions_of_the_practice_documents_with_equal_weights(self) -> None:
        """Domain fact Q2."""
        assert SEA_LION.parts == ("product_quality", "delivery", "after_sales_service", "price")
        assert DEALERS.parts == ("quality", "brand_image", "dealer_support", "delivery_time")
        for survey in (SEA_LION, DEALERS):
            assert set(survey.part_weights().values()) == {1}
            assert all(isinstance(item.text, Text) for item in survey.items)
            assert tuple(survey.labels) == survey.parts
