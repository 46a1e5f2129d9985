"""Promises that others have made, against their sources."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmkit.cases import Case
from crmkit.kernel import WorkCalendar
from crmkit.sla import (
    CFPB,
    CHINA_BANKING,
    SEA_LION,
    VISIT_IN_A_DAY,
    BusinessDays,
    CalendarDays,
    EscalationLadder,
    Level,
    Limit,
    SlaPolicies,
    SlaPolicy,
    fca_disp,
    fca_disp_payments,
)
from crmkit.testing import a_complaint

from .stories import HOUR, MICRO, NINE, asked


MINUTE = timedelta(minutes=1)
LONDON, SHANGHAI = ZoneInfo("Europe/London"), ZoneInfo("Asia/Shanghai")
WEEK = {day: [("09:00", "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
BANK_HOLIDAYS = [date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4)]
FIRM = WorkCalendar("Europe/London", WEEK, holidays=BANK_HOLIDAYS)


def limits(policy: SlaPolicy | None) -> dict[str, Limit]:
    assert policy is not None
    return {target.name: target.limit for target in policy.targets}


def states(case: Case[Any], policy: SlaPolicy | SlaPolicies, as_of: datetime) -> dict[str, str]:
    return {one.target.name: str(one.state.value) for one in policy.clocks(case, as_of=as_of)}


class TestSeaLion:
    """K3 and example 1: 1 h to respond, 6 h to be on site, 30 min or 4 h to mend it."""

    REPAIR = asked("repair")
    MAJOR = REPAIR.prioritise("ann", NINE, severity="major")

    def test_an_ordinary_fault(self) -> None:
        assert limits(SEA_LION.match(self.REPAIR)) == {
            "first_response": HOUR,
            "on_site": 6 * HOUR,
            "resolution": 30 * MINUTE,
        }

    def test_a_major_fault(self) -> None:
        assert limits(SEA_LION.match(self.MAJOR)) == {
            "first_response": HOUR,
            "on_site": 6 * HOUR,
            "resolution": 4 * HOUR,
        }

    def test_anything_else_is_answered_within_the_hour(self) -> None:
        assert limits(SEA_LION.match(a_complaint())) == {"first_response": HOUR}

    def test_all_run_from_the_customers_notice_at_night_too(self) -> None:
        night = asked("repair", at=NINE + 9 * HOUR)  # 18:00 UTC: two in the morning there

        due = [clock.due_at for clock in SEA_LION.clocks(night, as_of=night.received_at)]

        assert due == [night.received_at + limit for limit in (HOUR, 6 * HOUR, 30 * MINUTE)]

    def test_a_fault_mended_by_telephone_asks_for_no_visit(self) -> None:
        mended = self.MAJOR.answer("bob", NINE + HOUR, text="reset")

        assert states(mended, SEA_LION, NINE + 9 * HOUR) == {
            "first_response": "met",
            "on_site": "cancelled",
            "resolution": "met",
        }

    def test_a_missed_limit_raises_the_case_level_by_level(self) -> None:
        """K4, 逐级跳闸: each level by itself, with everyone told on record."""
        ladder = EscalationLadder(
            levels=[
                Level(to=who, offset=n * HOUR) for n, who in enumerate(["班长", "部长", "厂长"])
            ]
        )

        told = [
            event.to
            for clock in SEA_LION.clocks(a_complaint(), as_of=NINE + 2 * HOUR)
            for event in ladder.events(clock)
        ]

        assert told == ["班长", "部长"]


class TestVisitInADay:
    """K3 and example 6: a visit, or an answer, within 24 hours."""

    @pytest.mark.parametrize(("late", "state"), [(timedelta(0), "met"), (MICRO, "breached")])
    def test_is_kept_by_a_visit(self, late: timedelta, state: str) -> None:
        visited = asked("repair").reach("bob", NINE + 24 * HOUR + late, milestone="visit")

        assert states(visited, VISIT_IN_A_DAY, NINE + 99 * HOUR) == {"visit": state}

    def test_or_by_an_answer(self) -> None:
        answered = asked("repair").answer("bob", NINE + 2 * HOUR, text="plug it in")

        assert states(answered, VISIT_IN_A_DAY, NINE + 99 * HOUR) == {"visit": "met"}


class TestCfpb:
    """Company Portal Manual, section 8.1: 15 calendar days, or in progress and then 60."""

    SENT = a_complaint(at=datetime(2026, 3, 2, 15, tzinfo=UTC)).acknowledge(
        "ann", datetime(2026, 3, 2, 16, tzinfo=UTC)
    )

    def test_counts_calendar_days(self) -> None:
        assert limits(CFPB) == {
            "in_progress": CalendarDays(15),
            "resolution": CalendarDays(60),
        }

    def test_an_acknowledgement_is_no_response(self) -> None:
        """By hand: 2 March and 15 days are 17 March, to midnight in New York, 04:00 UTC."""
        last = datetime(2026, 3, 18, 4, tzinfo=UTC) - MICRO

        assert states(self.SENT, CFPB, last)["in_progress"] == "running"
        assert states(self.SENT, CFPB, last + MICRO)["in_progress"] == "breached"

    def test_the_word_that_it_is_in_progress_is(self) -> None:
        told = self.SENT.reach("ann", NINE + 24 * HOUR, milestone="in_progress")

        assert states(told, CFPB, NINE + 30 * 24 * HOUR) == {
            "in_progress": "met",
            "resolution": "running",
        }

    def test_a_response_keeps_both(self) -> None:
        at = NINE + 24 * HOUR

        answered = self.SENT.investigate("ann", at).respond("ann", at)

        assert set(states(answered, CFPB, NINE + 99 * 24 * HOUR).values()) == {"met"}


class TestChinaBanking:
    """银行业保险业消费投诉处理管理办法, article 18: 15 days, 30, and 30 more."""

    CASE = a_complaint(at=datetime(2026, 3, 2, 1, tzinfo=UTC))

    @pytest.mark.parametrize(
        ("complexity", "days"), [(None, 15), ("complex", 30), ("extended", 60)]
    )
    def test_counts_days_by_complexity(self, complexity: str | None, days: int) -> None:
        facts = {"complexity": complexity}

        (clock,) = CHINA_BANKING.clocks(self.CASE, as_of=NINE, facts=facts)

        assert clock.due_at is not None
        due = clock.due_at.astimezone(SHANGHAI)
        assert (due + MICRO).date() == date(2026, 3, 3) + timedelta(days=days)
        assert (due + MICRO).hour == 0

    def test_is_in_force_since_march_2020(self) -> None:
        before = a_complaint(at=datetime(2020, 2, 29, 15, tzinfo=UTC))
        first = a_complaint(at=datetime(2020, 2, 29, 16, tzinfo=UTC))

        assert CHINA_BANKING.match(before) is None
        assert CHINA_BANKING.match(first) is CHINA_BANKING.default

    def test_names_the_decree_and_its_article(self) -> None:
        assert CHINA_BANKING.default is not None
        assert "令2020年第3号), article 18" in CHINA_BANKING.default.source


class TestFcaDisp:
    """Received on Tuesday, 31 March 2026; Good Friday is 3 April, Easter Monday the 6th."""

    CASE = a_complaint(at=datetime(2026, 3, 31, 13, tzinfo=UTC))

    def answered(self, at: datetime) -> Any:
        return self.CASE.acknowledge("ann", at).investigate("ann", at).respond("ann", at)

    def test_counts_as_disp_does(self) -> None:
        assert limits(fca_disp(FIRM)) == {
            "early_resolution": BusinessDays(3, ends="closing"),
            "resolution": CalendarDays(56),
        }

    @pytest.mark.parametrize(("late", "state"), [(timedelta(0), "met"), (MICRO, "breached")])
    def test_is_resolved_early_when_the_customer_accepts_by_close_of_the_third_business_day(
        self, late: timedelta, state: str
    ) -> None:
        """DISP 1.5.1R, 1.5.2AR: Wednesday, Thursday, and Tuesday after Easter, 17:00 BST."""
        close = datetime(2026, 4, 7, 17, tzinfo=LONDON).astimezone(UTC)
        accepted = self.answered(close - HOUR).accept("ann", close + late)

        assert states(accepted, fca_disp(FIRM), close + 99 * HOUR)["early_resolution"] == state

    def test_a_final_response_is_due_by_the_end_of_eight_weeks(self) -> None:
        """DISP 1.6.2R: 31 March and 56 days are 26 May."""
        midnight = datetime(2026, 5, 27, tzinfo=LONDON).astimezone(UTC)

        for at, state in ((midnight - MICRO, "met"), (midnight, "breached")):
            assert states(self.answered(at), fca_disp(FIRM), midnight)["resolution"] == state

    def test_a_payment_is_answered_or_held_within_fifteen_business_days(self) -> None:
        """DISP 1.6.2AR. By hand: 15 business days after 31 March 2026 are 23 April, 35: 22 May."""
        policy = fca_disp_payments(FIRM)
        (hold, final) = policy.clocks(self.CASE, as_of=self.CASE.received_at)

        due = [clock.due_at for clock in (hold, final)]

        assert [at.astimezone(LONDON).date() for at in due if at] == [
            date(2026, 4, 23),
            date(2026, 5, 22),
        ]
        answered = self.answered(NINE + 40 * 24 * HOUR)
        assert states(answered, policy, NINE + 99 * 24 * HOUR) == {
            "holding_response": "met",
            "resolution": "met",
        }
