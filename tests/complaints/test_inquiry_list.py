"""The day's work list of inquiries."""

from datetime import date, timedelta

import pytest

from crmkit.cases import INQUIRY_TERMS, FollowUpPolicy, Inquiry, InquiryTerms
from crmkit.complaints import WorkItem, WorkKind, inquiry_work
from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar
from crmkit.sla import SEA_LION, open_promises
from crmkit.testing import NINE


HOUR = timedelta(hours=1)
CALLED = InquiryTerms(
    follow_up=FollowUpPolicy(name="all", within=HOUR, calendar=WorkCalendar.always("UTC"))
)
ASKED = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="Open today?")
ANSWERED = ASKED.answer("bob", NINE, text="Till six.")


def work(
    inquiry: Inquiry,
    *,
    hours: int = 0,
    terms: InquiryTerms = INQUIRY_TERMS,
    on: date | None = None,
) -> tuple[WorkItem, ...]:
    at = NINE + hours * HOUR
    promises = open_promises(inquiry, SEA_LION, as_of=at)
    return inquiry_work(inquiry, promises, terms=terms, as_of=at, on=on)


def kinds(items: tuple[WorkItem, ...]) -> list[WorkKind]:
    return [item.kind for item in items]


class TestInquiryWork:
    def test_tells_what_is_due_and_what_is_late(self) -> None:
        assert kinds(work(ASKED)) == [WorkKind.DUE]
        assert kinds(work(ASKED, hours=2)) == [WorkKind.OVERDUE]
        assert kinds(work(ASKED, on=date(2026, 3, 1))) == [WorkKind.OPEN]

    def test_tells_whom_to_call_closed_or_not(self) -> None:
        closed = ANSWERED.close("bob", NINE)

        for one in (ANSWERED, closed):
            (item,) = work(one, terms=CALLED)
            assert (item.kind, item.due_at) == (WorkKind.CALL, NINE + HOUR)
            assert "第1次回访" in item.explain().sentence("zh")
        assert kinds(work(closed, terms=CALLED, on=date(2026, 3, 1))) == []

    def test_tells_that_it_waits(self) -> None:
        replied = ASKED.reply("ann", NINE, text="Which shop?").wait("ann", NINE, party="customer")

        (item,) = work(replied)

        assert (item.kind, item.person) == (WorkKind.WAITING, "ann")

    def test_tells_what_is_to_be_closed_and_nothing_of_what_is_over(self) -> None:
        assert kinds(work(ANSWERED)) == [WorkKind.OPEN]
        assert work(ANSWERED.close("bob", NINE)) == ()
        assert work(ASKED.cancel("ann", NINE)) == ()

    def test_refuses_a_day_with_a_time(self) -> None:
        with pytest.raises(InvalidValueError, match="on"):
            work(ASKED, on=NINE)
