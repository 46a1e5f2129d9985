"""Compensation rules as JSON."""

import pytest

from crmkit.errors import InvalidValueError
from crmkit.sla import CompensationRule


class TestRead:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "{}",
            "\ud800",
            '{"name": "late", "fixd": 1}',
            '{"name": "late", "fixed": {"amount": "1.999", "currency": "CNY"}}',
            '{"name": "late", "fixed": {"amount": "1.99", "currency": "ERU"}}',
        ],
    )
    def test_json_of_nothing_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match="cannot be read") as refused:
            CompensationRule.from_json(text)

        assert refused.value.name == "rule"

    @pytest.mark.parametrize(
        ("part", "name"),
        [
            ('"counted": "al_time"', "counted"),
            ('"condition": {"type": "like"}', "rule"),
            ('"ladder": {"levels": []}', "levels"),
            ('"ladder": {"levels": [{"to": " "}]}', "to"),
            ('"ladder": {"levels": [{"to": "head"}], "delivery": "later"}', "delivery"),
        ],
    )
    def test_an_unfit_value_is_refused_by_name(self, part: str, name: str) -> None:
        money = '{"amount": "1", "currency": "CNY"}'
        text = f'{{"name": "late", "fixed": {money}, "per_level": {money}, {part}}}'

        with pytest.raises(InvalidValueError) as refused:
            CompensationRule.from_json(text)

        assert refused.value.name == name
