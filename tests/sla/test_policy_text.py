"""Policies as JSON."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, AnyOf, Compare, Not, WorkCalendar
from crmkit.sla import (
    CFPB,
    CHINA_BANKING,
    SEA_LION,
    WAITING,
    BusinessDays,
    CalendarDays,
    Delivery,
    EscalationLadder,
    Level,
    Reopening,
    SlaPolicies,
    SlaPolicy,
    SlaTarget,
    fca_disp,
)

from .stories import HOUR, OFFICE, a_target


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
COMPARED = st.builds(
    Compare,
    fact=TEXTS,
    operator=st.sampled_from(["=", "!=", "<", ">="]),
    value=TEXTS | st.integers(-(2**53), 2**53) | st.booleans() | st.floats(-9, 9),
)
CONDITIONS = st.recursive(
    COMPARED,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda each: AllOf(tuple(each)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda each: AnyOf(tuple(each)))
        | inner.map(Not)
    ),
    max_leaves=4,
)
LIMITS = (
    st.timedeltas(timedelta(microseconds=1), timedelta(days=36_525))
    | st.builds(BusinessDays, st.integers(1, 36_525), ends=st.sampled_from(["midnight", "closing"]))
    | st.builds(CalendarDays, st.integers(1, 36_525))
)
CALENDARS = st.sampled_from(
    [
        OFFICE,
        WorkCalendar.always("Asia/Shanghai"),
        WorkCalendar("UTC", {"sun": [("22:00", "06:00")]}),
    ]
)


@st.composite
def targets(draw: st.DrawFn, metric: str) -> SlaTarget:
    limit, reopening = draw(LIMITS), draw(st.sampled_from(list(Reopening)))
    window: st.SearchStrategy[timedelta | None] = st.none()
    if reopening is Reopening.RESTART:
        window |= st.timedeltas(timedelta(0), timedelta(days=99))
    return a_target(
        metric,
        limit,
        draw(CALENDARS),
        pauses=draw(st.sampled_from([(), WAITING])) if isinstance(limit, timedelta) else (),
        warning=draw(st.floats(0, 1)),
        boundary=draw(st.sampled_from(["close", "next_open"])),
        reopening=reopening,
        resume_within=draw(window),
        instead=draw(st.sampled_from([(), ("resolution",)])) if metric == "on_site" else (),
    )


@st.composite
def policies(draw: st.DrawFn) -> SlaPolicies:
    names = draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))
    told = []
    for name in names:
        metrics = draw(
            st.lists(
                st.sampled_from(["resolution", "on_site", "first_response"]),
                min_size=1,
                unique=True,
            )
        )
        first, last = sorted(draw(st.lists(st.dates(), min_size=2, max_size=2, unique=True)))
        told.append(
            SlaPolicy(
                name=name,
                targets=[draw(targets(metric)) for metric in metrics],
                condition=draw(st.none() | CONDITIONS),
                priority=draw(st.integers(-9, 9)),
                since=draw(st.sampled_from([None, first])),
                until=draw(st.sampled_from([None, last])),
                source=draw(st.text(st.characters(exclude_categories=["Cs"]))),
            )
        )
    default = told.pop() if told[-1].condition is None else None
    return SlaPolicies(policies=told, default=default)


class TestRoundTrip:
    @given(policies())
    def test_brings_back_what_was_written(self, told: SlaPolicies) -> None:
        assert SlaPolicies.from_json(told.to_json()) == told

    @pytest.mark.parametrize(
        "told",
        [SEA_LION, CHINA_BANKING, SlaPolicies(default=CFPB), SlaPolicies(default=fca_disp(OFFICE))],
    )
    def test_brings_back_the_presets(self, told: SlaPolicies) -> None:
        assert SlaPolicies.from_json(told.to_json()) == told

    def test_tells_a_calendar_once(self) -> None:
        assert SEA_LION.to_json().count('"Asia/Shanghai"') == 1


BY_HAND = """{
  "calendars": {"office": {"timezone": "Europe/Berlin", "week": {"mon": [["08:00", "17:00"]]}}},
  "policies": [{
    "name": "gold",
    "condition": {"type": "compare", "fact": "severity", "operator": "=", "value": "critical"},
    "priority": 1,
    "since": "2026-01-01",
    "targets": [{"metric": "first_response", "limit": {"working_time": "PT1H30M"},
                 "calendar": "office", "pauses": ["waiting_customer"]}]
  }],
  "default": {"name": "rest", "targets": [
    {"metric": "resolution", "limit": {"business_days": 3}, "calendar": "office"}]}
}"""


class TestFromJson:
    def test_reads_what_a_person_writes(self) -> None:
        told = SlaPolicies.from_json(BY_HAND)

        (gold,) = told.policies
        assert (gold.since, gold.condition) == (
            date(2026, 1, 1),
            Compare("severity", "=", "critical"),
        )
        assert gold.targets[0].limit == 1.5 * HOUR
        assert told.default is not None
        assert told.default.targets[0].limit == BusinessDays(3)

    @pytest.mark.parametrize(
        ("old", "new", "name"),
        [
            ('"calendars"', '"calenders"', "policies"),
            ("{", "", "policies"),
            ('"gold"', "7", "policies"),
            ('"gold"', '" "', "name"),
            ('"PT1H30M"', '"1:30"', "policies"),
            ('"working_time": "PT1H30M"', "", "limit"),
            ('"PT1H30M"', '"PT1H30M", "ends": "closing"', "ends"),
            ('"business_days": 3', '"business_days": 3, "calendar_days": 3', "limit"),
            ('"business_days": 3', '"business_days": 0', "days"),
            ('"business_days": 3', '"business_days": 3, "ends": "noon"', "policies"),
            ('"calendar": "office", "pauses"', '"calendar": "shop", "pauses"', "calendar"),
            ('"08:00"', '"8 o\'clock"', "mon"),
            ('"waiting_customer"', '"asleep"', "pauses"),
            ('"type": "compare"', '"type": "guess"', "condition"),
            ('"first_response"', '"first_response", "reopening": "never"', "reopening"),
            ('"first_response"', '"first_response", "warning": 80', "warning"),
            ('"first_response"', '"first_response", "colour": "red"', "policies"),
            ('"since": "2026-01-01"', '"since": "soon"', "policies"),
            ('"priority": 1', '"priority": "high"', "policies"),
        ],
    )
    def test_refuses_the_unreadable_by_name(self, old: str, new: str, name: str) -> None:
        assert old in BY_HAND

        with pytest.raises(InvalidValueError) as refused:
            SlaPolicies.from_json(BY_HAND.replace(old, new, 1))

        assert refused.value.name.split()[0] == name

    @pytest.mark.parametrize("text", ["", "null", "[]", "7", "\ud800", "[" * 100_000])
    def test_refuses_what_is_no_json_of_policies(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match="cannot be read"):
            SlaPolicies.from_json(text)

    def test_of_no_calendars_says_so(self) -> None:
        told: dict[str, Any] = msgspec.json.decode(BY_HAND)
        told["calendars"] = {}

        with pytest.raises(InvalidValueError, match="must be one of the calendars: none"):
            SlaPolicies.from_json(msgspec.json.encode(told).decode())


class TestLadder:
    def test_is_told_with_the_policies(self) -> None:
        ladder = EscalationLadder(
            levels=[Level(to="head of service", share=0.5), Level(to="director", offset=HOUR)],
            cool_down=HOUR,
            cap=2,
            delivery=Delivery.WHEN_OPEN,
        )
        policies = SlaPolicies(default=SEA_LION.default, ladder=ladder)

        assert SlaPolicies.from_json(policies.to_json()) == policies
        assert "ladder" not in SEA_LION.to_json()

    def test_must_be_one(self) -> None:
        with pytest.raises(InvalidValueError, match="ladder"):
            SlaPolicies(ladder="up")  # type: ignore[arg-type]  # refused
