"""Rules of what is owed."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, Compare, Money
from crmkit.sla import (
    CompensationRule,
    CountedDelay,
    Delivery,
    EscalationLadder,
    Level,
    Metric,
    haier_late,
)


LADDER = EscalationLadder(
    levels=[Level(to="leader", share=0.5), Level(to="head", offset=timedelta(hours=1))],
    cool_down=timedelta(minutes=5),
    cap=3,
    delivery=Delivery.WHEN_OPEN,
)
GRAVE = Compare("severity", "in", ("major", "critical"))


def yuan(amount: str | int) -> Money:
    return Money.of(amount, "CNY")


AMOUNTS = st.integers(1, 10**9).map(lambda minor: Money.from_minor(minor, "CNY"))


@st.composite
def rules(draw: st.DrawFn) -> CompensationRule:
    """Draw any rule."""
    fixed, per_hour = (draw(st.none() | AMOUNTS) for _ in range(2))
    needs_level = fixed is None and per_hour is None
    per_level = draw(AMOUNTS if needs_level else st.none() | AMOUNTS)
    return CompensationRule(
        name=draw(st.sampled_from(["late", "迟到"])),
        policy=draw(st.sampled_from([None, "Gold"])),
        metric=draw(st.sampled_from([None, "visit", "resolution"])),
        condition=draw(st.sampled_from([None, GRAVE])),
        fixed=fixed,
        per_hour=per_hour,
        per_level=per_level,
        ladder=None if per_level is None else LADDER,
        counted=draw(st.sampled_from(CountedDelay)),
        minimum=draw(st.timedeltas(timedelta(0), timedelta(days=3))),
        cap=draw(st.none() | AMOUNTS.filter(lambda cap: fixed is None or cap >= fixed)),
        approval_above=draw(st.none() | AMOUNTS),
        source=draw(st.sampled_from(["", "contract"])),
    )


class TestRule:
    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"name": " "}, "name"),
            ({"policy": ""}, "policy"),
            ({"metric": " "}, "metric"),
            ({"metric": 3}, "metric"),
            ({"condition": "grave"}, "condition"),
            ({"condition": AllOf(())}, "condition"),
            ({"fixed": None}, "fixed"),
            ({"fixed": 3}, "fixed"),
            ({"fixed": yuan(0)}, "fixed"),
            ({"per_hour": yuan(-1)}, "per_hour"),
            ({"cap": yuan(0)}, "cap"),
            ({"fixed": yuan(5), "cap": yuan(1)}, "cap"),
            ({"approval_above": yuan(-1)}, "approval_above"),
            ({"per_level": yuan(1)}, "ladder"),
            ({"ladder": LADDER}, "ladder"),
            ({"ladder": "ladder"}, "ladder"),
            ({"counted": "all_time"}, "counted"),
            ({"minimum": timedelta(-1)}, "minimum"),
            ({"minimum": 3}, "minimum"),
            ({"cap": Money.of(9, "EUR")}, "currency"),
            ({"approval_above": Money.of(9, "EUR")}, "currency"),
        ],
    )
    def test_an_unfit_value_is_refused_by_name(self, changed: dict[str, Any], name: str) -> None:
        told: dict[str, Any] = {"name": "late", "fixed": yuan(1), **changed}

        with pytest.raises(InvalidValueError) as refused:
            CompensationRule(**told)

        assert refused.value.name == name

    def test_everything_may_need_approval(self) -> None:
        rule = CompensationRule(name="late", fixed=yuan(1), approval_above=yuan(0))

        assert rule.approval_above == yuan(0)

    def test_takes_a_metric_by_its_name(self) -> None:
        by_name = CompensationRule(name="late", metric="resolution", fixed=yuan(1))

        assert CompensationRule(name="late", metric=Metric.RESOLUTION, fixed=yuan(1)) == by_name


class TestHaier:
    def test_is_for_any_promise_and_automatic(self) -> None:
        rule = haier_late(yuan(50))

        assert (rule.policy, rule.metric, rule.condition) == (None, None, None)
        assert (rule.fixed, rule.minimum, rule.approval_above) == (yuan(50), timedelta(0), None)

    def test_takes_the_company_s_own_bar_for_approval(self) -> None:
        assert haier_late(yuan(50), approval_above=yuan(20)).approval_above == yuan(20)


class TestJson:
    @given(rules())
    def test_is_read_back(self, rule: CompensationRule) -> None:
        assert CompensationRule.from_json(rule.to_json()) == rule

    def test_can_be_written_by_hand(self) -> None:
        text = """{
            "name": "late visit",
            "metric": "visit",
            "condition": {"type": "compare", "fact": "severity", "operator": "=", "value": "major"},
            "per_hour": {"amount": "20.00", "currency": "CNY"},
            "minimum": "PT15M"
        }"""

        rule = CompensationRule.from_json(text)

        assert rule == CompensationRule(
            name="late visit",
            metric="visit",
            condition=Compare("severity", "=", "major"),
            per_hour=yuan(20),
            minimum=timedelta(minutes=15),
        )
