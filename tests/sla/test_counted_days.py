"""How a limit in days was counted."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from crmkit.kernel import WorkCalendar
from crmkit.sla import BusinessDays, CalendarDays
from crmkit.sla.counted_days import explain_days
from crmkit.sla.limits import due_in_days


HERE = ZoneInfo("Asia/Shanghai")
WEEK = {day: [("08:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
GOLDEN_WEEK = [date(2026, 10, day) for day in range(1, 8)]
OFFICE = WorkCalendar(
    "Asia/Shanghai",
    WEEK,
    holidays=GOLDEN_WEEK,
    special={date(2026, 10, 10): [("09:00", "15:00")]},
)
RECEIVED = datetime(2026, 9, 30, 17, 30, tzinfo=HERE)


class TestExplainDays:
    def test_names_holidays_free_days_and_make_up_days(self) -> None:
        """By hand: the golden week is from Thursday to Wednesday; Saturday the 10th is worked."""
        why = explain_days(BusinessDays(3), RECEIVED, OFFICE)

        assert why.sentence("en").splitlines() == [
            "3 business days, counted from the day after 2026-09-30 17:30 CST:"
            " day 1 is 2026-10-08, day 3 is 2026-10-10, due 2026-10-10 23:59 CST",
            "  holidays, not counted: 2026-10-01, 2026-10-02, 2026-10-05, 2026-10-06, 2026-10-07",
            "  free days, not counted: 2026-10-03, 2026-10-04",
            "  worked though their weekday is free, counted: 2026-10-10",
        ]
        assert why.sentence("zh").splitlines()[0] == (
            "3个工作日，自2026-09-30 17:30 CST的次日起算：第1天为2026-10-08，"
            "第3天为2026-10-10，应于2026-10-10 23:59 CST前完成"
        )
        assert why.verdict == due_in_days(BusinessDays(3), RECEIVED, OFFICE)

    def test_of_calendar_days_says_that_each_counts(self) -> None:
        why = explain_days(CalendarDays(15), RECEIVED, OFFICE)

        assert why.sentence().splitlines()[1].strip() == (
            "every day counts: holidays and free days too"
        )
        assert why.find("last").value == date(2026, 10, 15)

    def test_of_many_days_only_counts_them(self) -> None:
        why = explain_days(BusinessDays(60), RECEIVED, OFFICE)

        assert "free days, not counted: 25 days" in why.sentence()
        assert "休息日不计：25天" in why.sentence("zh")

    def test_of_a_calendar_that_never_closes_has_nothing_to_leave_out(self) -> None:
        why = explain_days(BusinessDays(3), RECEIVED, WorkCalendar.always("Asia/Shanghai"))

        assert why.because == ()

    @given(st.dates(date(2026, 9, 1), date(2026, 11, 1)), st.integers(1, 40))
    def test_the_days_told_and_the_days_counted_are_all_days(self, day: date, days: int) -> None:
        received = datetime(day.year, day.month, day.day, 12, tzinfo=HERE)

        why = explain_days(BusinessDays(days), received, OFFICE)

        last = why.find("last").value
        assert isinstance(last, date)
        left_out = 0
        for reason in why.because:
            told = reason.find("days").value
            assert isinstance(told, tuple)
            left_out += len(told) * (reason.rule.code != "sla.made_up")
        assert last - day == timedelta(days=days + left_out)
