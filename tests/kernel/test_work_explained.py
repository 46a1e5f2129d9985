from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given

from crmkit.kernel import Explanation, WorkCalendar

from .calendars import HOUR, OFFICE, OFFICE_WEEK, SHANGHAI, Case, cases, china


CALENDAR = WorkCalendar(
    "Asia/Shanghai",
    OFFICE_WEEK,
    holidays=[date(2026, 10, day) for day in (1, 2, 3)],
    yearly_holidays=["10-05", "02-29"],
    special={date(2026, 10, 10): [("10:00", "14:00")], date(2026, 10, 12): []},
    breaks={date(2026, 10, 6): [("11:30", "13:30")]},
)


def recomputed(told: dict[str, object]) -> timedelta:
    """Sum the windows of an explanation up, less what the pauses take out, from plain data."""
    evidence = told["evidence"]
    assert isinstance(evidence, list)
    facts = {fact["name"]: fact["value"] for fact in evidence}
    windows, pauses = (spans(facts[name]) for name in ("windows", "pauses"))
    passed = timedelta(0)
    for opens, closes in windows:
        passed += closes - opens
        for since, until in pauses:
            passed -= max(min(until, closes) - max(since, opens), timedelta(0))
    return passed


def spans(told: Sequence[Sequence[str]]) -> list[tuple[datetime, datetime]]:
    return [
        (
            datetime.fromisoformat(begin).astimezone(UTC),
            datetime.fromisoformat(end).astimezone(UTC),
        )
        for begin, end in told
    ]


class TestExplainElapsed:
    def test_reads_well_to_a_service_manager(self) -> None:
        pauses = [(china(6, 14), china(6, 15))]

        told = CALENDAR.explain(china(5, 9), china(6, 16), pauses=pauses)

        assert str(told) == (
            "4 h of working time passed from 2026-10-05 09:00 CST to 2026-10-06 16:00 CST;"
            " open for 6 h (windows: 2, days: 1), paused for 1 h of it\n"
            "  open from 2026-10-06 08:00 CST to 2026-10-06 11:30 CST: 3 h 30 min\n"
            "  open from 2026-10-06 13:30 CST to 2026-10-06 16:00 CST: 2 h 30 min\n"
            "  2026-10-05 is a holiday: closed\n"
            "  2026-10-06 has a break: 11:30–13:30\n"
            "  paused from 2026-10-06 14:00 CST to 2026-10-06 15:00 CST:"
            " 1 h of open time do not count"
        ).replace("4 h of", "5 h of")

    def test_reads_well_in_chinese(self) -> None:
        pauses = [(china(6, 14), china(6, 15))]

        told = CALENDAR.explain(china(5, 9), china(6, 16), pauses=pauses)

        assert told.sentence("zh") == (
            "从2026-10-05 09:00 CST到2026-10-06 16:00 CST，经过工作时间5小时；"
            "开放6小时（2个时段，1天），其中暂停1小时\n"
            "  2026-10-06 08:00 CST至2026-10-06 11:30 CST开放：3小时30分钟\n"
            "  2026-10-06 13:30 CST至2026-10-06 16:00 CST开放：2小时30分钟\n"
            "  2026-10-05为节假日：不开放\n"
            "  2026-10-06中间休息：11:30–13:30\n"
            "  2026-10-06 14:00 CST至2026-10-06 15:00 CST暂停：1小时开放时间不计"
        )

    def test_names_windows_holidays_special_dates_breaks_and_pauses(self) -> None:
        pauses = [(china(9, 9), china(9, 10)), (china(9, 9, 30), china(9, 11))]

        told = CALENDAR.explain(china(1, 0), china(13, 0), pauses=pauses)

        assert told.find("holidays").value == tuple(date(2026, 10, day) for day in (1, 2, 5))
        assert told.find("special").value == {
            date(2026, 10, 10): (("10:00", "14:00"),),
            date(2026, 10, 12): (),
        }
        assert told.find("breaks").value == {date(2026, 10, 6): (("11:30", "13:30"),)}
        assert told.find("pauses").value == ((china(9, 9), china(9, 11)),)
        assert told.find("paused").value == 2 * HOUR
        assert told.find("days").value == 5
        assert told.find("count").value == len(told.find("windows").value) == 9  # type: ignore[arg-type]  # a tuple
        assert "2026-10-12 has hours of its own: closed" in str(told)

    def test_tells_a_pause_outside_the_interval_as_taking_nothing(self) -> None:
        told = CALENDAR.explain(china(6, 9), china(6, 10), pauses=[(china(7, 9), china(7, 10))])

        assert told.verdict == HOUR
        assert told.find("paused").value == timedelta(0)

    def test_of_a_long_time_is_still_a_page(self) -> None:
        told = CALENDAR.explain(china(1, 0), datetime(2056, 10, 1, tzinfo=SHANGHAI))

        assert len(str(told).splitlines()) < 20
        listed = [why.verdict for why in told.because if isinstance(why.verdict, timedelta)]
        assert sum(listed, timedelta()) == told.verdict
        # On 5 October the week is open in 21 of the 30 years, and on 29 February in six of eight.
        assert len(told.find("holidays").value) == len(closed_days())  # type: ignore[arg-type]  # a tuple
        assert told.verdict == recomputed(told.to_dict())

    def test_many_pauses_are_summed_up(self) -> None:
        pauses = [(china(8, hour), china(8, hour, 30)) for hour in (*range(8, 12), *range(13, 18))]
        pauses += [(china(9, hour), china(9, hour, 30)) for hour in (*range(8, 12), *range(13, 18))]

        told = CALENDAR.explain(china(8, 8), china(9, 18), pauses=pauses)

        assert "10 more pauses: 5 h of open time do not count" in str(told)
        assert "另有10次暂停：5小时开放时间不计" in told.sentence("zh")

    def test_of_closed_time_says_so(self) -> None:
        told = CALENDAR.explain(china(8, 18), china(8, 20))

        assert str(told).splitlines()[1:] == ["  it was never open meanwhile: 0 s"]

    @given(cases())
    def test_can_be_recomputed_from_the_evidence_alone(self, case: Case) -> None:
        calendar, start, end = case.calendar, case.start, case.end

        explained = calendar.explain(start, end, pauses=case.pauses)

        assert explained.verdict == recomputed(explained.to_dict())
        assert explained.find("open").value == calendar.elapsed(start, end)


class TestExplainDue:
    def test_reads_well_to_a_service_manager(self) -> None:
        told = CALENDAR.explain(china(9, 16), 4 * HOUR)

        assert str(told) == (
            "4 h of working time from 2026-10-09 16:00 CST is used up at 2026-10-10 12:00 CST;"
            " open for 4 h (windows: 2, days: 2)\n"
            "  open from 2026-10-09 16:00 CST to 2026-10-09 18:00 CST: 2 h\n"
            "  open from 2026-10-10 10:00 CST to 2026-10-10 12:00 CST: 2 h\n"
            "  2026-10-10 has hours of its own: 10:00–14:00"
        )

    def test_reads_well_in_chinese(self) -> None:
        first_line = CALENDAR.explain(china(9, 16), 4 * HOUR).sentence("zh").splitlines()[0]

        assert first_line == (
            "从2026-10-09 16:00 CST起，4小时工作时间于2026-10-10 12:00 CST用完；"
            "开放4小时（2个时段，2天）"
        )

    def test_adds_up_to_the_target(self) -> None:
        pauses = [(china(9, 17), china(10, 11))]

        told: Explanation[datetime] = CALENDAR.explain(china(9, 16), 4 * HOUR, pauses=pauses)

        # 16:00–17:00, 11:00–14:00 on the tenth.
        assert told.verdict == china(10, 14)
        assert recomputed(told.to_dict()) == 4 * HOUR

    def test_tells_what_runs_over_from_a_special_date(self) -> None:
        night = WorkCalendar(
            "UTC", {"mon": OFFICE}, special={date(2026, 10, 6): [("22:00", "02:00")]}
        )

        told = night.explain(datetime(2026, 10, 7, tzinfo=UTC), HOUR)

        assert told.find("special").value == {date(2026, 10, 7): (("00:00", "02:00"),)}


def closed_days() -> list[date]:
    """Return the working days that the calendar's holidays close in thirty years from 2026."""
    days = [date(2026, 10, 1), date(2026, 10, 2)]
    days += [date(year, 10, 5) for year in range(2026, 2056)]
    days += [date(year, 2, 29) for year in range(2028, 2057, 4)]
    return [day for day in days if day.weekday() < 5]
