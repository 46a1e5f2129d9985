"""The clock of one promise: how it stands, and what it says."""

import copy
import pickle
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from crmkit.cases import Case
from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar
from crmkit.sla import (
    WAITING,
    BusinessDays,
    CalendarDays,
    ClockState,
    SlaClock,
    SlaPolicy,
    SlaTarget,
    next_due,
)
from crmkit.testing import a_complaint

from .stories import (
    HALF,
    HOUR,
    MICRO,
    NINE,
    NOTHING,
    OFFICE,
    Story,
    a_target,
    asked,
    instants,
    stories,
)


SHANGHAI = WorkCalendar(
    "Asia/Shanghai",
    {day: [("08:00", "12:00"), ("13:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri")},
    holidays=[date(2026, 3, 3)],
)
FOUR_HOURS = a_target(calendar=SHANGHAI, pauses=WAITING)


def clock(case: Case[Any], at: datetime, target: SlaTarget = FOUR_HOURS) -> SlaClock:
    (found,) = SlaPolicy(name="Gold", targets=[target]).clocks(case, as_of=at)
    return found


class TestState:
    def test_is_met_at_the_due_instant_and_breached_one_microsecond_later(self) -> None:
        case, due = asked(), NINE + 4 * HOUR

        done = [
            clock(case.answer("bob", at, text="so"), due + HOUR, a_target())
            for at in (due, due + MICRO)
        ]

        assert [one.state for one in done] == [ClockState.MET, ClockState.BREACHED]

    def test_undone_is_late_one_microsecond_after_it_is_due(self) -> None:
        due = NINE + 4 * HOUR

        found = [clock(asked(), at, a_target()) for at in (due, due + MICRO)]

        assert [one.state for one in found] == [ClockState.RUNNING, ClockState.BREACHED]
        assert [one.is_overdue for one in found] == [False, True]

    def test_of_days_is_met_at_the_last_instant_of_the_last_day(self) -> None:
        midnight = datetime(2026, 3, 4, tzinfo=UTC)
        target = a_target(limit=CalendarDays(1))

        done = [
            clock(asked().answer("bob", at, text="so"), midnight + HOUR, target).state.value
            for at in (midnight - MICRO, midnight)
        ]

        assert done == ["met", "breached"]

    def test_is_breached_in_closed_hours_though_no_working_time_passed(self) -> None:
        """By hand: three hours from nine, due at noon, answered in the break."""
        case = asked().answer("bob", NINE + 3 * HOUR + HALF, text="so")

        found = clock(case, NINE + 9 * HOUR, a_target(limit=3 * HOUR, calendar=OFFICE))

        assert (found.state, found.margin) == (ClockState.BREACHED, NOTHING)
        assert "30 min late, 0 s of it working time" in found.explain().sentence()

    def test_is_not_broken_there_where_the_next_opening_is_the_end(self) -> None:
        case = asked().answer("bob", NINE + 3 * HOUR + HALF, text="so")
        target = a_target(limit=3 * HOUR, calendar=OFFICE, boundary="next_open")

        assert clock(case, NINE + 9 * HOUR, target).state is ClockState.MET

    def test_done_in_a_pause_is_in_time(self) -> None:
        case = asked().wait("bob", NINE + HOUR, party="customer").reply("bob", NINE + 9 * HOUR)
        target = a_target("first_response", pauses=WAITING)

        found = clock(case, NINE + 10 * HOUR, target)

        assert (found.state, found.elapsed) == (ClockState.MET, HOUR)
        assert found.due_at == NINE + 12 * HOUR

    def test_dropped_in_a_pause_is_cancelled(self) -> None:
        case = asked().wait("bob", NINE + HOUR, party="customer").cancel("bob", NINE + 9 * HOUR)

        found = clock(case, NINE + 10 * HOUR, a_target(pauses=WAITING))

        assert (found.state, found.is_paused) == (ClockState.CANCELLED, False)
        assert found.explain().sentence().endswith("1 h of open time do not count") is False


class TestPaused:
    WAITS = asked().wait("bob", NINE + HOUR, party="customer")

    def test_has_no_due_instant_for_that_moves(self) -> None:
        found = clock(self.WAITS, NINE + 9 * HOUR, a_target(pauses=WAITING))

        assert (found.state, found.due_at) == (ClockState.PAUSED, None)
        assert (found.remaining, found.paused_since) == (3 * HOUR, NINE + HOUR)

    def test_keeps_the_warning_that_came_before(self) -> None:
        warned = clock(self.WAITS, NINE + 9 * HOUR, a_target(pauses=WAITING, warning=0.25))

        assert warned.warning_at == NINE + HOUR
        assert clock(self.WAITS, NINE + 9 * HOUR, a_target(pauses=WAITING)).warning_at is None

    def test_once_late_stays_late(self) -> None:
        late = asked().wait("bob", NINE + 5 * HOUR, party="customer")

        found = clock(late, NINE + 9 * HOUR, a_target(pauses=WAITING))

        assert (found.state, found.is_paused) == (ClockState.BREACHED, True)
        assert (found.elapsed, found.margin, found.remaining) == (5 * HOUR, -HOUR, NOTHING)

    def test_from_the_instant_asked_for_has_no_pause_yet(self) -> None:
        found = clock(self.WAITS, NINE + HOUR, a_target(pauses=WAITING))

        assert (found.state, found.is_paused) == (ClockState.PAUSED, True)
        assert found.reaches(0.25) == NINE + HOUR
        assert found.reaches(0.5) is None


class TestWarning:
    def test_comes_at_its_share_of_the_limit(self) -> None:
        """By hand: 80 % of four hours are 3 h 12 min."""
        found = clock(asked(), NINE, a_target())

        assert found.warning_at == NINE + timedelta(hours=3, minutes=12)

    def test_counts_working_time(self) -> None:
        """By hand: half of eight hours from nine: noon is three, two o'clock is four."""
        found = clock(asked(), NINE, a_target(limit=8 * HOUR, calendar=OFFICE, warning=0.5))

        assert found.warning_at == NINE + 5 * HOUR


class TestNextDue:
    def test_is_the_earliest_of_the_running_clocks(self) -> None:
        policy = SlaPolicy(
            name="p",
            targets=[a_target("first_response", HOUR), a_target(), a_target("on_site", 9 * HOUR)],
        )

        assert next_due(policy.clocks(asked(), as_of=NINE)) == NINE + HOUR
        told = asked().reply("bob", NINE + HALF)
        assert next_due(policy.clocks(told, as_of=NINE + HALF)) == NINE + 4 * HOUR

    def test_is_none_while_paused_or_late(self) -> None:
        waits = asked().wait("bob", NINE, party="customer")

        assert next_due([clock(waits, NINE + HOUR)]) is None
        assert next_due([clock(asked(), NINE + 99 * HOUR)]) is None
        assert next_due([]) is None


class TestReaches:
    def test_later_than_due_counts_on(self) -> None:
        found = clock(asked(), NINE, a_target())

        assert found.reaches(1.5) == NINE + 6 * HOUR
        assert found.reaches(1.0, offset=HOUR) == NINE + 5 * HOUR

    def test_beyond_all_years_is_refused(self) -> None:
        found = clock(asked(), NINE, a_target(limit=timedelta(days=36_525)))

        with pytest.raises(InvalidValueError):
            found.reaches(100.0)
        assert not found.has_used(100.0)


class TestRepr:
    @pytest.mark.parametrize(
        ("case", "told"),
        [
            (asked(), "running, due 2026-03-04 11:00 CST"),
            (
                asked().wait("bob", NINE + HALF, party="customer"),
                "paused since 2026-03-02 17:30 CST",
            ),
        ],
    )
    def test_tells_what_is_promised_and_how_it_stands(self, case: Case[Any], told: str) -> None:
        found = clock(case, NINE + HOUR)

        assert repr(found) == f"<SlaClock enquiry Q-1: resolution within 4 h, {told}>"


class TestExplain:
    """Asked on Monday at 17:00 in Shanghai; Tuesday is a holiday; four hours, less the waiting."""

    WAITS = asked().wait("bob", NINE + HALF, party="customer")
    BACK = WAITS.resume("bob", NINE + 40 * HOUR)

    @pytest.mark.parametrize(
        ("case", "after", "en", "zh"),
        [
            (
                asked(),
                HALF,
                "is running: 30 min of working time used, 3 h 30 min left,"
                " due 2026-03-04 11:00 CST",
                "计时中，已用工作时间30分钟，剩余3小时30分钟，应于2026-03-04 11:00 CST前完成",
            ),
            (
                WAITS,
                20 * HOUR,
                "is paused since 2026-03-02 17:30 CST: 30 min of working time used,"
                " 3 h 30 min left",
                "已暂停，自2026-03-02 17:30 CST起停止计时，已用工作时间30分钟，剩余3小时30分钟",
            ),
            (
                BACK.answer("bob", NINE + 42 * HOUR, text="so"),
                50 * HOUR,
                "is met: done 2026-03-04 11:00 CST after 2 h 30 min of working time,"
                " due 2026-03-04 13:30 CST",
                "已达成，2026-03-04 11:00 CST完成，共用工作时间2小时30分钟，"
                "期限2026-03-04 13:30 CST",
            ),
            (
                BACK.answer("bob", NINE + 52 * HOUR, text="so"),
                60 * HOUR,
                "is breached: due 2026-03-04 13:30 CST, done 2026-03-04 21:00 CST, 7 h 30 min late,"
                " 4 h 30 min of it working time",
                "已违约，期限2026-03-04 13:30 CST，2026-03-04 21:00 CST完成，迟7小时30分钟，"
                "其中工作时间4小时30分钟",
            ),
            (
                BACK,
                50 * HOUR,
                "is breached: due 2026-03-04 13:30 CST, not done yet, 5 h 30 min late,"
                " 4 h 30 min of it working time",
                "已违约，期限2026-03-04 13:30 CST，尚未完成，已迟5小时30分钟，"
                "其中工作时间4小时30分钟",
            ),
            (
                BACK.cancel("bob", NINE + 50 * HOUR),
                60 * HOUR,
                "is breached: due 2026-03-04 13:30 CST, dropped undone 2026-03-04 19:00 CST,"
                " 5 h 30 min late, 4 h 30 min of it working time",
                "已违约，期限2026-03-04 13:30 CST，未完成即于2026-03-04 19:00 CST取消，"
                "迟5小时30分钟，其中工作时间4小时30分钟",
            ),
            (
                BACK.cancel("bob", NINE + 41 * HOUR),
                60 * HOUR,
                "is cancelled: no longer asked for since 2026-03-04 10:00 CST,"
                " after 1 h 30 min of working time",
                "已取消，自2026-03-04 10:00 CST起不再需要，已用工作时间1小时30分钟",
            ),
        ],
    )
    def test_says_how_it_stands_in_both_languages(
        self, case: Case[Any], after: timedelta, en: str, zh: str
    ) -> None:
        why = clock(case, NINE + after).explain()

        first = [why.sentence("en").splitlines()[0], why.sentence("zh").splitlines()[0]]

        assert first == [
            f"enquiry Q-1: resolution within 4 h (Gold) {en}",
            f"咨询Q-1，4小时内解决（Gold）：{zh}",
        ]

    def test_tells_the_windows_holidays_and_pauses_that_counted(self) -> None:
        why = clock(self.BACK, NINE + 42 * HOUR).explain()

        assert [line.strip() for line in why.sentence().splitlines()[2:]] == [
            "open from 2026-03-02 17:00 CST to 2026-03-02 18:00 CST: 1 h",
            "open from 2026-03-04 08:00 CST to 2026-03-04 11:00 CST: 3 h",
            "2026-03-03 is a holiday: closed",
            "paused from 2026-03-02 17:30 CST to 2026-03-04 09:00 CST: 1 h 30 min of open time do"
            " not count",
        ]

    @pytest.mark.parametrize(
        ("done", "en", "zh"),
        [
            (
                None,
                "is running: due 2026-04-07 23:59 BST, 7 d 14 h left",
                "应于2026-04-07 23:59 BST前完成，剩余7天14小时",
            ),
            (
                datetime(2026, 4, 1, 8, tzinfo=UTC),
                "is met: done 2026-04-01 09:00 BST, due 2026-04-07 23:59 BST",
                "2026-04-01 09:00 BST完成，期限2026-04-07 23:59 BST",
            ),
            (
                datetime(2026, 4, 8, 8, tzinfo=UTC),
                "is breached: due 2026-04-07 23:59 BST, done 2026-04-08 09:00 BST, 9 h late",
                "期限2026-04-07 23:59 BST，2026-04-08 09:00 BST完成，迟9小时",
            ),
        ],
    )
    def test_of_days_says_how_they_were_counted(
        self, done: datetime | None, en: str, zh: str
    ) -> None:
        """By hand, Easter 2026: Good Friday 3 April, Easter Monday 6 April."""
        week = {day: [("09:00", "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
        office = WorkCalendar("Europe/London", week, holidays=[date(2026, 4, 3), date(2026, 4, 6)])
        received = datetime(2026, 3, 31, 10, tzinfo=ZoneInfo("Europe/London")).astimezone(UTC)
        complaint = a_complaint(at=received)
        target = a_target("acknowledged", BusinessDays(3), office)
        if done is not None:
            complaint = complaint.acknowledge("ann", done)

        why = clock(complaint, done or received, target).explain()

        assert why.sentence("en").splitlines() == [
            f"complaint K-1: acknowledged within 3 business days (Gold) {en}",
            "  3 business days, counted from the day after 2026-03-31 10:00 BST:"
            " day 1 is 2026-04-01, day 3 is 2026-04-07, due 2026-04-07 23:59 BST",
            "    holidays, not counted: 2026-04-03, 2026-04-06",
            "    free days, not counted: 2026-04-04, 2026-04-05",
        ]
        assert why.sentence("zh").splitlines()[0].endswith(zh)

    def test_overdue_or_dropped_in_days_is_told_too(self) -> None:
        target = a_target(limit=CalendarDays(1))
        late = datetime(2026, 3, 4, 9, tzinfo=UTC)

        told = [
            clock(case, late, target).explain().sentence().splitlines()[0].partition(") ")[2]
            for case in (
                asked(),
                asked().cancel("bob", late),
                asked().cancel("bob", NINE + HOUR),
            )
        ]

        assert told == [
            "is breached: due 2026-03-03 23:59 UTC, not done yet, 9 h late",
            "is breached: due 2026-03-03 23:59 UTC, dropped undone 2026-03-04 09:00 UTC, 9 h late",
            "is cancelled: no longer asked for since 2026-03-02 10:00 UTC",
        ]

    @given(
        stories(),
        instants(),
        st.sampled_from(["resolution", "first_response", "next_response", "on_site"]),
        st.sampled_from([HOUR, CalendarDays(1)]),
    )
    def test_never_speaks_of_nothing(
        self, story: Story, as_of: datetime, metric: str, limit: Any
    ) -> None:
        pauses = WAITING if limit == HOUR else ()
        policy = SlaPolicy(name="p", targets=[a_target(metric, limit, OFFICE, pauses=pauses)])

        for found in policy.clocks(story.case, as_of=as_of):
            for language, nothing in (("en", "nothing"), ("zh", "无")):
                assert nothing not in found.explain().sentence(language)  # type: ignore[arg-type]
            assert found.explain().find("margin").value == found.margin


class TestSlaClock:
    def test_survives_pickling_and_copying(self) -> None:
        found = clock(asked(), NINE + HOUR)

        assert pickle.loads(pickle.dumps(found)) == found == copy.deepcopy(found)

    def test_has_nothing_left_where_nothing_is_to_be_done(self) -> None:
        done = clock(asked().answer("bob", NINE, text="so"), NINE + HOUR)

        assert (done.remaining, done.is_open) == (None, False)

    def test_of_a_naive_instant_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="as_of is"):
            clock(asked(), datetime(2026, 3, 2, 9))
