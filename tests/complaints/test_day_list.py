"""The day's work list."""

from datetime import date, datetime, timedelta

import pytest

from crmkit.cases import FollowUpPolicy
from crmkit.complaints import (
    COMPLAINT_TERMS,
    Complaint,
    ComplaintTerms,
    CorrectiveAction,
    Emergency,
    WorkItem,
    WorkKind,
    action_work,
    by_person,
    checks_due,
    complaint_work,
    owed_in,
    undertaking_work,
)
from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, WorkCalendar
from crmkit.sla import SEA_LION, CompensationRule, open_promises, promises_in
from crmkit.testing import NINE, a_complaint

from .test_corrective_action import implemented
from .test_joint_acts import closed, effective, implemented as due_today


HOUR = timedelta(hours=1)
SHANGHAI = "Asia/Shanghai"
CALLED = ComplaintTerms(
    follow_up=FollowUpPolicy(name="all", within=HOUR, calendar=WorkCalendar.always("UTC"))
)


def work(
    complaint: Complaint,
    *,
    hours: float = 0,
    terms: ComplaintTerms = COMPLAINT_TERMS,
    on: date | None = None,
    emergencies: tuple[Emergency, ...] = (),
) -> tuple[WorkItem, ...]:
    at = NINE + hours * HOUR
    return complaint_work(
        complaint,
        open_promises(complaint, SEA_LION, as_of=at),
        terms=terms,
        as_of=at,
        on=on,
        emergencies=emergencies,
    )


def kinds(items: tuple[WorkItem, ...]) -> list[WorkKind]:
    return [item.kind for item in items]


class TestCalledOff:
    """An emergency that was called off is no team."""

    def test_silences_nothing(self) -> None:
        grave = a_complaint().prioritise("ann", NINE, severity="critical")
        called = Emergency.call("E-1", "ann", NINE, complaint="K-1", about="motor on fire")
        off = called.call_off("ann", NINE, reason="only steam")

        assert WorkKind.MAJOR not in kinds(work(grave, emergencies=(called,)))
        assert WorkKind.MAJOR in kinds(work(grave, emergencies=(off,)))
        assert WorkKind.MAJOR not in kinds(
            work(grave.prioritise("ann", NINE, severity="minor"), emergencies=(off,))
        )


class TestOwed:
    RULE = CompensationRule(name="late", fixed=Money.of(20, "CNY"), per_hour=Money.of(1, "CNY"))

    def lines(self, complaint: Complaint) -> tuple[WorkItem, ...]:
        noon = NINE + 3 * HOUR
        clocks = SEA_LION.clocks(complaint, as_of=noon)
        terms = ComplaintTerms(compensation=[self.RULE])
        owed = owed_in(complaint, clocks, terms)
        assert len(owed) == 1
        return complaint_work(
            complaint, promises_in(complaint, clocks), terms=terms, as_of=noon, owed=owed
        )

    def test_is_a_line_of_whoever_has_the_complaint_once_it_grows_no_more(self) -> None:
        """Answered an hour late: 20 at once, 1 for the hour."""
        late = a_complaint().acknowledge("ann", NINE + 2 * HOUR).assign("ann", NINE, owner="bob")

        items = self.lines(late)

        assert kinds(items) == [WorkKind.OPEN, WorkKind.OWED]
        assert (items[1].person, items[1].missing) == ("bob", ())
        assert "21.00 CNY is owed by late" in str(items[1].explain())
        assert items[1].explain().sentence("zh").startswith("投诉K-1（已确认）：应付赔偿")

    def test_has_no_line_while_it_grows(self) -> None:
        assert kinds(self.lines(a_complaint())) == [WorkKind.OVERDUE]

    def test_outlives_the_complaint(self) -> None:
        dropped = a_complaint().withdraw("ann", NINE + 2 * HOUR)

        assert kinds(self.lines(dropped)) == [WorkKind.OWED]


class TestComplaintWork:
    def test_tells_what_is_due_today_and_what_is_late(self) -> None:
        (due,) = work(a_complaint())
        (late,) = work(a_complaint(), hours=2)

        assert (due.kind, late.kind) == (WorkKind.DUE, WorkKind.OVERDUE)
        assert due.due_at == late.due_at == NINE + HOUR
        assert late.explain().verdict is WorkKind.OVERDUE

    def test_tells_times_by_the_calendar_that_counts_them(self) -> None:
        """Sea-Lion counts in Shanghai, eight hours before UTC: an hour after nine is 18:00."""
        (due,) = work(a_complaint())

        assert (
            due.explain()
            .sentence()
            .startswith("complaint K-1, received: due, 2026-03-02 18:00 CST")
        )

    def test_tells_what_is_not_due_on_another_day_as_to_be_moved_on(self) -> None:
        assert kinds(work(a_complaint(), on=date(2026, 3, 1))) == [WorkKind.OPEN]

    def test_tells_that_it_waits(self) -> None:
        waits = a_complaint().acknowledge("ann", NINE).wait("ann", NINE, party="customer")

        (item,) = work(waits)

        assert item.kind is WorkKind.WAITING
        assert "等待客户" in item.explain().sentence("zh")

    def test_tells_what_is_missing_for_the_next_moves(self) -> None:
        """Answered, and the customer has said nothing yet."""
        answered = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        answered = answered.respond("bob", NINE, remedies=["refund"])

        (item,) = work(answered)

        assert item.kind is WorkKind.OPEN
        assert item.missing == (
            "the customer has not accepted the answer",
            "the remedy is not carried out: refund",
        )
        assert "补救措施尚未落实：退款" in item.explain().sentence("zh")

    def test_tells_since_when_by_a_calendar_that_the_company_goes_by(self) -> None:
        answered = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        shanghai = FollowUpPolicy(name="all", within=HOUR, calendar=WorkCalendar.always(SHANGHAI))

        told = [
            work(answered.respond("bob", NINE, remedies=["refund"]), terms=terms)[0].why.sentence()
            for terms in (COMPLAINT_TERMS, ComplaintTerms(follow_up=shanghai))
        ]

        assert told == [
            "complaint K-1 has been resolved since 2026-03-02 09:00 UTC",
            "complaint K-1 has been resolved since 2026-03-02 17:00 CST",
        ]

    def test_is_of_whoever_has_it(self) -> None:
        handed = a_complaint().assign("ann", NINE, owner="bob")

        assert [item.person for item in (*work(a_complaint()), *work(handed))] == ["ann", "bob"]

    def test_calls_a_team_for_a_major_one_until_there_is_one(self) -> None:
        major = a_complaint().acknowledge("ann", NINE).prioritise("ann", NINE, severity="critical")
        team = Emergency.call("E-1", "ann", NINE, complaint="K-1", about="fire")
        other = Emergency.call("E-2", "ann", NINE, complaint="K-2", about="fire")

        assert kinds(work(major, emergencies=(other,))) == [WorkKind.MAJOR]
        assert kinds(work(major, emergencies=(other, team))) == [WorkKind.OPEN]

    def test_calls_no_team_for_one_that_is_answered(self) -> None:
        major = closed("K-1").prioritise("ann", NINE, severity="critical")

        assert work(major) == ()

    def test_tells_the_call_that_is_due_even_when_it_is_closed(self) -> None:
        (item,) = work(closed("K-1"), terms=CALLED)

        assert (item.kind, item.due_at) == (WorkKind.CALL, NINE + HOUR)
        assert work(closed("K-1"), terms=CALLED, on=date(2026, 3, 1)) == ()

    @pytest.mark.parametrize("on", [None, date(2026, 3, 9)])
    def test_has_nothing_to_tell_of_one_that_is_over(self, on: date | None) -> None:
        assert work(closed("K-1"), on=on) == ()
        assert work(a_complaint().withdraw("ann", NINE), on=on) == ()

    def test_refuses_a_naive_instant(self) -> None:
        with pytest.raises(InvalidValueError, match="as_of"):
            complaint_work(a_complaint(), (), terms=COMPLAINT_TERMS, as_of=datetime(2026, 3, 2))

    @pytest.mark.parametrize("on", ["2026-03-02", NINE])
    def test_refuses_what_is_no_day_where_a_call_is_due(self, on: object) -> None:
        with pytest.raises(InvalidValueError, match=r"on is .*without a time of day"):
            work(closed("K-1"), terms=CALLED, on=on)  # type: ignore[arg-type]  # refused


class TestActionWork:
    def test_tells_the_check_from_its_day_on(self) -> None:
        """It may be checked from 1 June."""
        june = NINE.replace(month=6, day=1)

        (early,) = action_work(implemented(), as_of=NINE)
        (due,) = action_work(implemented(), as_of=june)
        (ahead,) = action_work(implemented(), as_of=NINE, on=date(2026, 6, 1))

        assert (early.kind, due.kind, ahead.kind) == (
            WorkKind.OPEN,
            WorkKind.CHECK,
            WorkKind.CHECK,
        )
        assert (due.due_on, due.due_at) == (date(2026, 6, 1), None)
        assert "验证效果" in due.explain().sentence("zh")

    def test_tells_that_it_waits_for_the_supplier(self) -> None:
        sent = implemented().send_to_supplier("ann", NINE + 99 * HOUR, supplier="S-3", about="age")

        (item,) = action_work(sent, as_of=NINE + 99 * HOUR)

        assert item.kind is WorkKind.WAITING

    def test_is_of_whoever_leads_the_team_or_else_opened_it(self) -> None:
        action = CorrectiveAction.open("CA-1", "ann", NINE, complaints=("K-1",), about="leaks")
        led = action.form_team("ann", NINE, team=[("eve", "quality"), ("bob", "lead")])
        unled = action.form_team("ann", NINE, team=[("eve", "quality")])

        assert [action_work(one, as_of=NINE)[0].person for one in (action, led, unled)] == [
            "ann",
            "bob",
            "ann",
        ]

    def test_tells_what_is_missing(self) -> None:
        action = CorrectiveAction.open("CA-1", "ann", NINE, complaints=("K-1",), about="leaks")

        (item,) = action_work(effective(action), as_of=NINE)

        assert item.missing == ("nobody has told how recurrence is prevented",)

    def test_has_nothing_to_tell_of_one_that_is_closed(self) -> None:
        action = CorrectiveAction.open("CA-1", "ann", NINE, complaints=("K-1",), about="leaks")
        done = effective(action).prevent("bob", NINE, systemic="press plan")

        assert action_work(done.close("ann", NINE, recognition="thanks"), as_of=NINE) == ()


class TestUndertakingWork:
    def test_is_of_whoever_began_it_until_it_is_over(self) -> None:
        called = Emergency.call("E-1", "ann", NINE, complaint="K-1", about="motor on fire")

        (item,) = undertaking_work(called)

        assert (item.person, item.kind, item.record) == ("ann", WorkKind.OPEN, called)
        assert undertaking_work(called.call_off("bob", NINE, reason="smoke of a cigar")) == ()

    def test_tells_what_is_missing_in_both_languages(self) -> None:
        called = Emergency.call("E-1", "ann", NINE, complaint="K-1", about="motor on fire")

        (item,) = undertaking_work(called.join("ann", NINE, who="bob", role="quality"))

        assert item.missing == ("nobody is there for production planning, engineering, workshop",)
        assert item.explain().sentence("zh").startswith("应急响应E-1（已召集）：待推进")

    def test_tells_that_it_waits(self) -> None:
        sent = CorrectiveAction.open("CA-1", "ann", NINE, complaints=("K-1",), about="leaks")
        sent = sent.send_to_supplier("ann", NINE, supplier="S-1", about="soft seals")

        (item,) = undertaking_work(sent)

        assert item.kind is WorkKind.WAITING


class TestChecksDue:
    def test_are_the_longest_due_first(self) -> None:
        action = CorrectiveAction.open("CA-2", "ann", NINE, complaints=("K-1",), about="leaks")
        june = NINE.replace(month=6, day=2)

        due = checks_due([implemented(), action, due_today(action)], as_of=june)

        assert [one.id for one in due] == ["CA-2", "CA-1"]
        assert [one.id for one in checks_due(due, as_of=NINE)] == ["CA-2"]
        assert checks_due(due, as_of=NINE, on=date(2026, 3, 1)) == ()


class TestByPerson:
    def test_puts_first_what_is_late_and_each_under_his_name(self) -> None:
        late = work(a_complaint(id="K-2"), hours=2)
        due = work(a_complaint(id="K-1"))
        bobs = work(a_complaint(id="K-3").assign("ann", NINE, owner="bob"))

        listed = by_person([*bobs, *due, *late])

        assert list(listed) == ["ann", "bob"]
        assert [item.record.id for item in listed["ann"]] == ["K-2", "K-1"]

    def test_puts_those_without_a_time_last_of_their_kind(self) -> None:
        waits = a_complaint(id="K-0").acknowledge("ann", NINE)
        check = due_today(
            CorrectiveAction.open("CA-1", "ann", NINE, complaints=("K-1",), about="leaks")
        )
        items = [*work(waits), *action_work(check, as_of=NINE), *work(a_complaint())]

        told = [item for theirs in by_person(items).values() for item in theirs]

        assert [item.kind for item in told] == [WorkKind.DUE, WorkKind.OPEN, WorkKind.CHECK]
