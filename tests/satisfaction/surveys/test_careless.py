"""Answers given without care are flagged, with the threshold told."""

import math

import pytest

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import (
    LIKERT7,
    Answers,
    Carelessness,
    CareRule,
    Item,
    ItemKind,
    Missing,
    Survey,
    find_careless,
)
from crmkit.testing import NINE


BATTERY = Survey.of(
    "battery",
    1,
    [
        *(Item(f"q{n}", reverse=n == 2) for n in range(6)),
        Item("x", scale=LIKERT7),
        Item("why", kind=ItemKind.COMMENT),
    ],
)


def said(*ratings: object, seconds: float | None = None, **others: object) -> Answers:
    cells = {f"q{n}": value for n, value in enumerate(ratings)} | others
    return Answers.record("A-1", "ann", NINE, survey=BATTERY, cells=cells, seconds=seconds)


class TestCareRule:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"min_items": 1}, "min_items"),
            ({"min_items": 2.0}, "min_items"),
            ({"same_share": 0}, "same_share"),
            ({"same_share": None}, "same_share"),
            ({"same_share": 1.1}, "same_share"),
            ({"median_share": 0}, "median_share"),
            ({"seconds_per_item": -1}, "seconds_per_item"),
            ({"seconds_per_item": math.nan}, "seconds_per_item"),
            ({"seconds_per_item": "2"}, "seconds_per_item"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, float], what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            CareRule(**changed)  # type: ignore[arg-type]  # refused

        assert refused.value.name == what


class TestFlags:
    def test_a_line_is_what_was_ticked_also_where_an_item_is_reversed(self) -> None:
        assert CareRule().flags(said(4, 4, 4, 4, 4, 4, seconds=60)) == (Carelessness.STRAIGHT_LINE,)
        assert CareRule().flags(said(4, 4, 2, 4, 4, 4, seconds=60)) == ()

    def test_few_alike_answers_are_ordinary(self) -> None:
        assert CareRule().flags(said(4, 4, 4, 4, seconds=60)) == ()
        assert CareRule(min_items=4).flags(said(4, 4, 4, 4, seconds=60)) != ()

    def test_a_share_of_alike_answers_can_be_enough(self) -> None:
        rule = CareRule(same_share=0.8)

        assert rule.flags(said(4, 4, 4, 4, 4, 1, seconds=60)) != ()
        assert rule.flags(said(4, 4, 4, 4, 1, 1, seconds=60)) == ()

    def test_only_ratings_on_one_scale_make_a_line(self) -> None:
        assert CareRule().flags(said(4, 4, 4, 4, x=4, seconds=60)) == ()
        assert CareRule().flags(said(seconds=60)) == ()

    def test_two_seconds_an_item_are_the_least(self) -> None:
        """Eight items were put: 16 s are enough, less is flagged (Huang and others 2012)."""
        assert CareRule().flags(said(1, 2, 3, seconds=15.9)) == (Carelessness.SPEED,)
        assert CareRule().flags(said(1, 2, 3, seconds=16)) == ()

    def test_what_was_not_put_takes_no_time(self) -> None:
        not_his = {"x": Missing.DOES_NOT_APPLY, "why": Missing.DOES_NOT_APPLY}

        assert CareRule().flags(said(1, 2, 3, seconds=12, **not_his)) == ()

    def test_a_share_of_the_usual_time_counts_where_it_is_longer(self) -> None:
        rule = CareRule(median_share=0.5)

        assert rule.flags(said(1, 2, seconds=40), median_seconds=100) == (Carelessness.SPEED,)
        assert rule.flags(said(1, 2, seconds=40), median_seconds=60) == ()
        untold = rule.explain(said(1, 2, seconds=40))
        assert (untold.verdict, untold.because[1].missing) == ((), ("median_seconds",))
        assert untold.missing == ("median_seconds",)

    def test_says_what_it_does_not_know(self) -> None:
        why = CareRule().explain(said(4, 4, 4, 4, 4, 4))

        assert (why.verdict, why.missing) == ((Carelessness.STRAIGHT_LINE,), ("seconds",))
        assert why.sentence("zh").splitlines()[0] == "标记：“直线作答”"


class TestFindCareless:
    def test_judges_by_the_median_of_all(self) -> None:
        """Of 100, 110, 120 and 30 seconds the median is 105; half of it are 52.5."""
        several = [said(1, 2, seconds=seconds) for seconds in (100, 110, 120, 30)]

        found = find_careless(several, rule=CareRule(median_share=0.5))

        assert [one.seconds for one, _ in found] == [30]
        assert found[0][1].because[1].find("least").value == 52.5

    def test_finds_lines_where_nobody_measured(self) -> None:
        found = find_careless([said(4, 4, 4, 4, 4), said(1, 2)], rule=CareRule(median_share=0.5))

        assert [why.verdict for _, why in found] == [(Carelessness.STRAIGHT_LINE,)]
        assert find_careless([], rule=CareRule()) == ()
