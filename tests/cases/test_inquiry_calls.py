"""Which follow-up calls about inquiries are due."""

from datetime import date, timedelta

import pytest

from crmkit.cases import (
    FollowUpPolicy,
    Inquiry,
    InquiryTerms,
    inquiry_call_due,
    inquiry_calls_due,
)
from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare, WorkCalendar
from crmkit.testing import NINE


HOUR = timedelta(hours=1)
SHANGHAI = WorkCalendar.always("Asia/Shanghai")
POLICY = FollowUpPolicy(
    name="all", within=4 * HOUR, calendar=SHANGHAI, attempts=2, again_within=HOUR
)


def answered(id: str = "Q-1", *, hours: int = 0) -> Inquiry:
    asked = Inquiry.open(id, "ann", NINE, customer="C-7", about="drum", asks="repair")
    return asked.answer("bob", NINE + hours * HOUR, text="mended")


class TestInquiryCallDue:
    def test_is_counted_from_the_answer_and_then_from_the_call_in_vain(self) -> None:
        first = inquiry_call_due(answered(), POLICY)
        missed = answered().follow_up("eva", NINE + 2 * HOUR, outcome="unreachable")
        second = inquiry_call_due(missed, POLICY)

        assert first is not None
        assert second is not None
        assert (first.number, first.due_at) == (1, NINE + 4 * HOUR)
        assert (second.number, second.due_at) == (2, NINE + 3 * HOUR)

    def test_is_none_after_enough_calls_in_vain_or_his_word(self) -> None:
        missed = answered()
        for hours in (1, 2):
            missed = missed.follow_up("eva", NINE + hours * HOUR, outcome="unreachable")
        heard = answered().follow_up("eva", NINE, outcome="satisfied")

        assert inquiry_call_due(missed, POLICY) is None
        assert inquiry_call_due(heard, POLICY) is None

    def test_is_due_anew_after_a_new_answer_of_the_same_instant(self) -> None:
        unhappy = answered().follow_up("eva", NINE, outcome="not_satisfied")

        assert inquiry_call_due(unhappy, POLICY) is None
        again = inquiry_call_due(unhappy.answer("bob", NINE, text="now it runs"), POLICY)
        assert again is not None
        assert again.number == 1

    def test_is_for_whom_the_policy_draws(self) -> None:
        repairs = FollowUpPolicy(
            name="suggestions",
            within=HOUR,
            calendar=SHANGHAI,
            condition=Compare("kind", "=", "suggestion"),
        )

        assert inquiry_call_due(answered(), repairs) is None
        assert inquiry_call_due(answered(), None) is None

    def test_due_at_midnight_belongs_to_the_day_that_ends(self) -> None:
        """Nine and seven hours are 16:00 UTC: midnight in Shanghai."""
        midnight = inquiry_call_due(answered(hours=3), POLICY)

        assert midnight is not None
        assert midnight.is_due_by(date(2026, 3, 2))

    def test_is_told_in_the_zone_of_the_calendar(self) -> None:
        """Nine and eight hours are 17:00 UTC: one in the morning of the next day in Shanghai."""
        late = inquiry_call_due(answered(hours=4), POLICY)

        assert late is not None
        assert not late.is_due_by(date(2026, 3, 2))
        assert late.is_due_by(date(2026, 3, 3))
        assert late.today(NINE + 8 * HOUR) == date(2026, 3, 3)
        assert late.explain().sentence("zh").splitlines()[0] == (
            "报修Q-1：第1次回访（共2次）应于2026-03-03 01:00 CST进行，按“all”"
        )


class TestInquiryCallsDue:
    def test_are_those_due_by_now_the_longest_first(self) -> None:
        told = [answered("Q-1", hours=1), answered("Q-2"), answered("Q-3", hours=3)]

        due = inquiry_calls_due(told, POLICY, as_of=NINE + 5 * HOUR)

        assert [call.inquiry.id for call in due] == ["Q-2", "Q-1"]


class TestInquiryTerms:
    def test_refuses_what_is_no_policy(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a FollowUpPolicy, or None"):
            InquiryTerms(follow_up="all")  # type: ignore[arg-type]  # refused
