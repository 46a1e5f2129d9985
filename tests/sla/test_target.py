"""What is promised."""

import pickle
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Share, StateGroup
from crmkit.sla import BusinessDays, CalendarDays, Metric, Reopening, SlaTarget

from .stories import ALWAYS, HALF, HOUR, MICRO, NINE, NOTHING, OFFICE, a_target


NAIVE = datetime(2026, 3, 2, 9)
LIMITS = st.sampled_from([HOUR, 5 * HOUR, 30 * HOUR, BusinessDays(2), CalendarDays(3)])
STARTS = st.integers(0, 24 * 9).map(lambda hours: NINE + hours * HOUR)


class TestSlaTarget:
    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"metric": " "}, "metric"),
            ({"metric": None}, "metric"),
            ({"limit": NOTHING}, "limit"),
            ({"limit": -HOUR}, "limit"),
            ({"limit": timedelta(days=36_526)}, "limit"),
            ({"limit": 4}, "limit"),
            ({"calendar": "Asia/Shanghai"}, "calendar"),
            ({"pauses": ["asleep"]}, "pauses"),
            ({"pauses": [StateGroup.OPEN]}, "pauses"),
            ({"pauses": [StateGroup.RESOLVED], "limit": BusinessDays(3)}, "pauses"),
            ({"warning": 80}, "warning"),
            ({"pauses": "waiting_customer"}, "pauses"),
            ({"boundary": "noon"}, "boundary"),
            ({"reopening": "resumee"}, "reopening"),
            ({"resume_within": HOUR}, "resume_within"),
            ({"resume_within": -HOUR, "reopening": Reopening.RESTART}, "resume_within"),
            ({"resume_within": 3, "reopening": Reopening.RESTART}, "resume_within"),
            ({"instead": ["visit"]}, "instead"),
            ({"metric": "visit", "instead": "resolution"}, "instead"),
            ({"metric": "visit", "instead": ["next_response"]}, "instead"),
            ({"metric": "visit", "instead": [" "]}, "metric"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], name: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            attrs.evolve(a_target(), **changed)

        assert refused.value.name == name

    def test_takes_words_for_members(self) -> None:
        target = a_target("first_response", pauses=["waiting_customer"], warning=0.5)

        assert target.metric is Metric.FIRST_RESPONSE
        assert target.pauses == {StateGroup.WAITING_CUSTOMER}
        assert target.warning == Share(0.5)
        assert a_target("visit", instead=[Metric.RESOLUTION]).instead == ("resolution",)

    def test_names_its_metric_as_it_is_stored(self) -> None:
        assert (a_target().name, a_target("on_site").name) == ("resolution", "on_site")

    def test_is_told_in_both_languages(self) -> None:
        on_site = a_target("on_site", 6 * HOUR)
        days = a_target(limit=BusinessDays(3))

        assert (on_site.label(), on_site.label("zh")) == ("on site within 6 h", "6小时内到达现场")
        assert (days.label(), days.label("zh")) == (
            "resolution within 3 business days",
            "3个工作日内解决",
        )

    def test_survives_pickling(self) -> None:
        target = a_target(calendar=OFFICE, pauses=["waiting_customer"])

        assert pickle.loads(pickle.dumps(target)) == target


class TestDue:
    def test_used_up_at_closing_is_due_at_closing_or_at_the_next_opening(self) -> None:
        """By hand: three hours from nine are used up at noon; the next window opens at one."""
        close, opening = (
            a_target(limit=3 * HOUR, calendar=OFFICE, boundary=boundary)
            for boundary in ("close", "next_open")
        )

        assert close.due(NINE) == NINE + 3 * HOUR
        assert opening.due(NINE) == NINE + 4 * HOUR

    @given(LIMITS, STARTS)
    def test_is_the_whole_share(self, limit: Any, start: datetime) -> None:
        target = a_target(limit=limit, calendar=OFFICE)

        assert target.at_share(start, 1.0) == target.due(start)
        assert target.portion(start, 1.0) == target.passed(start, target.due(start))


class TestAtShare:
    def test_is_never_before_the_start(self) -> None:
        assert a_target().at_share(NINE, 0.5, offset=-9 * HOUR) == NINE

    def test_of_days_is_a_share_of_all_time_to_the_due_instant(self) -> None:
        """By hand: received at nine, due at the next midnight but one: 39 hours, half is 19.5."""
        target = a_target(limit=CalendarDays(1))

        half = target.at_share(NINE, 0.5)

        assert half is not None
        assert abs(half - (NINE + 19.5 * HOUR)) <= MICRO

    def test_moves_while_the_clock_stands_still_before_it(self) -> None:
        target = a_target()

        assert target.at_share(NINE, 0.5, still_since=NINE + HOUR) is None
        assert target.at_share(NINE, 0.5, still_since=NINE + 2 * HOUR) == NINE + 2 * HOUR

    def test_moves_with_a_pause_at_that_instant_where_the_last_such_instant_counts(self) -> None:
        target = a_target(limit=3 * HOUR, calendar=OFFICE, boundary="next_open")

        assert target.at_share(NINE, 1.0, still_since=NINE + 4 * HOUR) is None
        assert target.at_share(NINE, 0.0, still_since=NINE) is None

    def test_nothing_of_the_limit_is_reached_when_the_clock_first_runs(self) -> None:
        """As `WorkCalendar.due` has it: of a target of zero, the first open, unpaused instant."""
        assert a_target().at_share(NINE, 0.0, still_since=NINE) is None
        assert a_target().at_share(NINE, 0.0, pauses=[(NINE, NINE + HOUR)]) == NINE + HOUR

    @given(LIMITS, STARTS, st.floats(0, 3), st.floats(0, 3))
    def test_is_later_for_more(self, limit: Any, start: datetime, one: float, two: float) -> None:
        target = a_target(limit=limit, calendar=OFFICE)
        shares = sorted([one, two])

        first, second = (target.at_share(start, share) for share in shares)

        assert first is not None
        assert second is not None
        assert first <= second


class TestPassed:
    def test_of_days_is_all_the_time(self) -> None:
        target: SlaTarget = a_target(limit=BusinessDays(1), calendar=OFFICE)

        assert target.passed(NINE, NINE + 30 * HOUR) == 30 * HOUR

    def test_of_hours_is_working_time(self) -> None:
        assert a_target(calendar=OFFICE).passed(NINE, NINE + 24 * HOUR) == 8 * HOUR

    @pytest.mark.parametrize("limit", [HOUR, BusinessDays(1)])
    def test_refuses_a_reversed_interval_and_naive_times(self, limit: Any) -> None:
        target = a_target(limit=limit, calendar=ALWAYS)

        with pytest.raises(InvalidValueError):
            target.passed(NINE, NINE - HALF)
        with pytest.raises(InvalidValueError, match="time zone"):
            target.passed(NAIVE, NINE)
