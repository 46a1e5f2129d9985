"""The desks that are told of many customers at once read ids and gaps by one rule."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pytest

import crmkit
from crmkit.app import CRM
from crmkit.errors import InvalidValueError
from crmkit.lifecycle import FOUR_STAGE
from crmkit.testing import a_forecast
from crmkit.value import ABC_SCHEME, HAIER, abc_classes


Told = Iterable[tuple[Any, Any]]
TAKERS: list[tuple[Callable[[CRM, Told], object], object]] = [
    (lambda crm, told: crm.classes.assign(ABC_SCHEME, told), "A"),
    (lambda crm, told: crm.journeys.take_up(FOUR_STAGE, told, why="rules/1"), "growth"),
    (lambda crm, told: crm.lifetime_values.take_up(told), a_forecast()),
]
BIRTHS: list[Callable[[CRM, Any], object]] = [
    lambda crm, id: crm.classes.place(customer=id, scheme=ABC_SCHEME, name="A"),
    lambda crm, id: crm.journeys.begin(customer=id, lifecycle=FOUR_STAGE, why="an order"),
    lambda crm, id: crm.lifetime_values.record(customer=id, forecast=a_forecast()),
    lambda crm, id: crm.lifetime_values.of(id),
]
DESKS = ["classes", "journeys", "lifetime_values"]


@pytest.fixture
def crm() -> Iterator[CRM]:
    with crmkit.open(actor="ann") as opened:
        yield opened


class TestIds:
    @pytest.mark.parametrize("customer", [7, np.int64(7)], ids=["python", "numpy"])
    @pytest.mark.parametrize(("take", "value"), TAKERS, ids=DESKS)
    def test_that_are_numbers_are_refused_with_the_way_out(
        self, crm: CRM, take: Callable[[CRM, Told], object], value: object, customer: int
    ) -> None:
        with pytest.raises(InvalidValueError, match=r"^customer is 7: .* make text of it: '7'$"):
            take(crm, [(customer, value)])

    @pytest.mark.parametrize("bear", BIRTHS, ids=[*DESKS, "of"])
    def test_of_one_customer_are_read_by_the_same_rule(
        self, crm: CRM, bear: Callable[[CRM, Any], object]
    ) -> None:
        with pytest.raises(InvalidValueError, match=r"^customer is 7: .* make text of it: '7'$"):
            bear(crm, 7)

    def test_that_are_made_text_are_taken(self, crm: CRM) -> None:
        classed = abc_classes(pd.DataFrame({"customer_id": [1, 2], "amount": [5.0, 1.0]}))

        crm.classes.assign(
            ABC_SCHEME, zip(classed["customer_id"].astype(str), classed["abc_class"], strict=True)
        )

        assert crm.classes.members("abc") == {"1": "A", "2": "B"}

    def test_of_categories_are_text_too(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match=r"^category is 3: .* make text of it: '3'$"):
            crm.classes.assign(ABC_SCHEME, {"C-7": "A"}, category=3)  # type: ignore[arg-type]


class TestGaps:
    def test_of_a_category_that_is_not_classed_take_nobody_in(self, crm: CRM) -> None:
        sales = pd.DataFrame(
            {
                "customer_id": ["C-7", "C-8"],
                "category": ["fridges", "irons"],
                "amount": [50_000.0, 12.0],
            }
        )
        policy = attrs.evolve(HAIER, min_volume=Decimal(10_000))
        frame = abc_classes(sales, policy=policy, category="category")

        crm.classes.assign(ABC_SCHEME, zip(frame["customer_id"], frame["abc_class"], strict=True))

        assert crm.classes.members("abc") == {"C-7": "A"}

    @pytest.mark.parametrize("gap", [None, float("nan"), pd.NA], ids=str)
    def test_take_a_customer_out_of_his_class(self, crm: CRM, gap: Any) -> None:
        crm.classes.assign(ABC_SCHEME, {"C-7": "A"})

        (removed,) = crm.classes.assign(ABC_SCHEME, [("C-7", gap)])

        assert (removed.before, removed.after) == ("A", None)

    @pytest.mark.parametrize("gap", [None, float("nan"), pd.NA], ids=str)
    def test_leave_journeys_and_values_as_they_are(self, crm: CRM, gap: Any) -> None:
        crm.journeys.take_up(FOUR_STAGE, {"C-7": "growth"}, why="rules/1")
        crm.lifetime_values.take_up({"C-7": a_forecast()})

        told = [("C-7", gap), ("C-8", gap)]

        assert crm.journeys.take_up(FOUR_STAGE, told, why="rules/1") == ()
        assert crm.lifetime_values.take_up(told) == ()
        assert crm.journeys.members("four_stage") == {"C-7": "growth"}
        assert [one.customer for one in crm.lifetime_values.each()] == ["C-7"]


class TestReasons:
    def test_for_customers_who_are_not_named_are_refused(self, crm: CRM) -> None:
        says = r"^reasons is 'zz': it must be for customers that are named; name them too$"

        with pytest.raises(InvalidValueError, match=says):
            crm.classes.assign(ABC_SCHEME, {"C-7": "A"}, reasons={"zz": "gone"})
        with pytest.raises(InvalidValueError, match=says):
            crm.journeys.take_up(FOUR_STAGE, {"C-7": "growth"}, why="rules/1", reasons={"zz": "?"})

    def test_of_a_second_look_are_read_from_a_frame(self, crm: CRM) -> None:
        frame = pd.DataFrame(
            {"customer_id": ["C-7", "C-8"], "class_reason": ["poor_credit", float("nan")]}
        )
        reasons = dict(zip(frame["customer_id"], frame["class_reason"], strict=True))

        changed = crm.classes.assign(ABC_SCHEME, {"C-7": "B", "C-8": "A"}, reasons=reasons)

        assert [one.reason for one in changed] == ["poor_credit", ""]
