"""Costs of a complaint."""

from typing import Any

import pytest

from crmkit.complaints import Cost, CostKind
from crmkit.errors import InvalidValueError
from crmkit.kernel import Money
from crmkit.testing import NINE


def told(**changes: object) -> dict[str, Any]:
    return {
        "at": NINE,
        "by": "ann",
        "kind": CostKind.REMEDY,
        "amount": Money.of(80, "CNY"),
        **changes,
    }


class TestCost:
    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"by": ""}, "by"),
            ({"amount": Money.of(0, "CNY")}, "amount"),
            ({"amount": Money.of(-1, "CNY")}, "amount"),
            ({"amount": 80}, "amount"),
            ({"kind": "remedy"}, "kind"),
            ({"promise": "complaint K-1 | ours | visit | 1"}, "promise"),
            ({"kind": CostKind.COMPENSATION}, "promise"),
            ({"kind": CostKind.COMPENSATION, "promise": " "}, "promise"),
            ({"approved_by": " "}, "approved_by"),
            ({"why": None}, "why"),
        ],
    )
    def test_refuses_what_is_no_cost(self, changes: dict[str, object], name: str) -> None:
        with pytest.raises(InvalidValueError) as error:
            Cost(**told(**changes))

        assert error.value.name == name

    def test_of_compensation_names_promise_and_approval(self) -> None:
        cost = Cost(**told(kind=CostKind.COMPENSATION, promise="key", approved_by="head"))

        assert (cost.promise, cost.approved_by) == ("key", "head")
