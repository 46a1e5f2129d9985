"""What a complaint repeats, what was booked for it, and what it cost."""

from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.cases import Booking
from crmkit.complaints import (
    COMPLAINT_CODEC,
    Complaint,
    ComplaintId,
    CostKind,
    UndoneRepeat,
)
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Compare, Money
from crmkit.sla import (
    SEA_LION,
    Compensation,
    CompensationRule,
    booked_clocks,
    compensations,
)
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)
LATE = CompensationRule(
    name="late answer", per_hour=Money.of(20, "CNY"), approval_above=Money.of(50, "CNY")
)


def answered(hours: float) -> Complaint:
    return a_complaint().acknowledge("ann", NINE + hours * HOUR)


def owed(complaint: Complaint, hours: float) -> Compensation:
    """What is owed for the first response, looked at some hours after nine."""
    clocks = SEA_LION.clocks(complaint, as_of=NINE + hours * HOUR)
    (found,) = compensations(clocks, [LATE])
    return found


class TestBook:
    def test_agrees_a_time_with_the_customer(self) -> None:
        booked = a_complaint().book(
            "ann", NINE, what="visit", due_at=NINE + HOUR, timezone="Asia/Shanghai"
        )

        assert booked.bookings == (Booking(NINE, "ann", "visit", NINE + HOUR, "Asia/Shanghai"),)

    def test_is_refused_when_it_is_over(self) -> None:
        dropped = a_complaint().withdraw("ann", NINE)

        with pytest.raises(TransitionError) as refused:
            dropped.book("ann", NINE, what="visit", due_at=NINE + HOUR)

        assert refused.value.missing == ("it is over",)

    def test_goes_back_in_no_time(self) -> None:
        booked = a_complaint().book("ann", NINE + HOUR, what="visit", due_at=NINE + 2 * HOUR)

        with pytest.raises(InvalidValueError, match="must not be earlier"):
            booked.book("ann", NINE, what="visit", due_at=NINE + 3 * HOUR)

    def test_is_not_a_hundred_years_ahead(self) -> None:
        """36,525 days: the longest that a promise can be."""
        last = NINE + timedelta(days=36_525)

        booked = a_complaint().book("ann", NINE, what="visit", due_at=last)
        for mistyped in (last + timedelta(microseconds=1), last.replace(year=9999)):
            with pytest.raises(InvalidValueError, match="is the year mistyped"):
                a_complaint().book("ann", NINE, what="visit", due_at=mistyped)

        assert booked_clocks(booked, booked.bookings, as_of=NINE)[0].due_at == last

    def test_is_not_before_the_receipt(self) -> None:
        with pytest.raises(InvalidValueError, match=r"due_at is .* must be after the receipt"):
            a_complaint().book("ann", NINE - 2 * HOUR, what="visit", due_at=NINE - HOUR)

    def test_takes_no_naive_time(self) -> None:
        with pytest.raises(InvalidValueError, match="due_at"):
            a_complaint().book("ann", NINE, what="visit", due_at=datetime(2026, 3, 2, 12))


class TestCompensate:
    def test_pays_what_is_owed_once(self) -> None:
        """Two hours begun after the promised one, 20 CNY each."""
        complaint = answered(2.5)

        paid = complaint.compensate("ann", NINE + 3 * HOUR, owed=owed(complaint, 3))

        assert str(paid.cost("CNY")) == "40.00 CNY"
        (cost,) = paid.costs
        assert (cost.kind, cost.why, cost.approved_by) == (
            CostKind.COMPENSATION,
            "late answer",
            None,
        )
        assert paid.compensated == {cost.promise}
        with pytest.raises(TransitionError) as refused:
            paid.compensate("ann", NINE + 3 * HOUR, owed=owed(complaint, 3))
        assert refused.value.missing == ("it was compensated for that promise already",)

    def test_waits_for_what_still_grows(self) -> None:
        complaint = a_complaint()

        with pytest.raises(TransitionError) as refused:
            complaint.compensate("ann", NINE + 3 * HOUR, owed=owed(complaint, 3))

        assert refused.value.missing == (
            "the promise is still open, so that what is owed still grows",
        )

    def test_waits_for_approval_where_it_is_needed(self) -> None:
        complaint, at = answered(4), NINE + 5 * HOUR
        found = owed(complaint, 5)

        with pytest.raises(TransitionError) as refused:
            complaint.compensate("ann", at, owed=found)
        paid = complaint.compensate("ann", at, owed=found.approve("head", at))

        assert refused.value.missing == ("what is owed is not approved",)
        assert (str(paid.cost("CNY")), paid.costs[0].approved_by) == ("60.00 CNY", "head")

    def test_is_not_paid_before_it_was_looked_at_or_approved(self) -> None:
        complaint = answered(4)
        found = owed(complaint, 5)

        with pytest.raises(InvalidValueError, match="looked at or approved"):
            complaint.compensate("ann", NINE + 4 * HOUR, owed=found)
        with pytest.raises(InvalidValueError, match="looked at or approved"):
            complaint.compensate(
                "ann", NINE + 5 * HOUR, owed=found.approve("head", NINE + 6 * HOUR)
            )

    def test_is_paid_for_no_other_case(self) -> None:
        complaint = answered(2)
        other = attrs.evolve(complaint, id=ComplaintId("K-2"))

        with pytest.raises(InvalidValueError, match="must be owed for complaint K-2"):
            other.compensate("ann", NINE + 3 * HOUR, owed=owed(complaint, 3))
        with pytest.raises(InvalidValueError, match="owed"):
            other.compensate("ann", NINE, owed="50 CNY")  # type: ignore[arg-type]  # refused


class TestGive:
    def test_is_goodwill_and_no_compensation(self) -> None:
        given = a_complaint().give("head", NINE, amount=Money.of(100, "CNY"), why="ill child")

        assert given.costs[0].kind is CostKind.GOODWILL
        assert given.compensated == frozenset()

    @pytest.mark.parametrize(("amount", "why"), [(0, "ill child"), (1, " ")])
    def test_is_refused_without_a_reason_or_an_amount(self, amount: int, why: str) -> None:
        with pytest.raises(InvalidValueError):
            a_complaint().give("head", NINE, amount=Money.of(amount, "CNY"), why=why)


class TestSpend:
    @pytest.mark.parametrize("kind", ["compensation", "goodwill"])
    def test_is_neither_owed_nor_given(self, kind: str) -> None:
        with pytest.raises(InvalidValueError, match="compensate"):
            a_complaint().spend("ann", NINE, amount=Money.of(1, "CNY"), on=kind)

    def test_is_other_where_nobody_says(self) -> None:
        spent = a_complaint().spend("ann", NINE, amount=Money.of(1, "CNY"), note="stamps")

        assert (spent.costs[0].kind, spent.costs[0].why) == (CostKind.OTHER, "stamps")

    def test_goes_back_in_no_time(self) -> None:
        spent = a_complaint().spend("ann", NINE + HOUR, amount=Money.of(1, "CNY"))

        with pytest.raises(InvalidValueError, match="must not be earlier"):
            spent.spend("ann", NINE, amount=Money.of(1, "CNY"))


class TestCost:
    @given(
        st.lists(st.tuples(st.sampled_from(["remedy", "handling", "other"]), st.integers(1, 999)))
    )
    def test_adds_up_and_its_kinds_add_up_to_it(self, told: list[tuple[str, int]]) -> None:
        complaint = a_complaint()
        for kind, coins in told:
            amount = Money.from_minor(coins, "CNY")
            complaint = complaint.spend("ann", NINE, amount=amount, on=kind)

        parts = [complaint.cost("CNY", kind=kind) for kind in CostKind]

        assert complaint.cost("CNY").minor == sum(coins for _, coins in told)
        assert Money.sum(parts, "CNY") == complaint.cost("CNY")

    def test_is_not_told_in_another_currency(self) -> None:
        spent = a_complaint().spend("ann", NINE, amount=Money.of(1, "EUR"))

        with pytest.raises(InvalidValueError):
            spent.cost("CNY")

    def test_is_nothing_where_nothing_was_spent(self) -> None:
        assert a_complaint().cost("CNY") == Money.of(0, "CNY")


class TestMarkRecurrence:
    def test_makes_it_a_later_one_of_its_chain(self) -> None:
        again = a_complaint(id="K-3").mark_recurrence("ann", NINE, of=["K-1"])
        again = again.mark_recurrence("ann", NINE, of=["K-2"])

        assert (again.repeats, again.occurrence) == (("K-1", "K-2"), 3)
        assert Compare("occurrence", ">=", 3).holds(again.facts)

    @pytest.mark.parametrize("of", [[], ["K-1"], ["K-0", "K-0"], [" "]])
    def test_refuses_what_it_cannot_repeat(self, of: list[str]) -> None:
        with pytest.raises(InvalidValueError, match="of"):
            a_complaint().mark_recurrence("ann", NINE, of=of)

    def test_refuses_what_it_repeats_already(self) -> None:
        again = a_complaint().mark_recurrence("ann", NINE, of=["K-0"])

        with pytest.raises(InvalidValueError, match="none that is named already"):
            again.mark_recurrence("ann", NINE, of=["K-0"])


class TestUnmarkRecurrence:
    def test_keeps_what_was_undone_and_why(self) -> None:
        again = a_complaint(id="K-3").mark_recurrence("ann", NINE, of=["K-1", "K-2"])

        healed = again.unmark_recurrence("bob", NINE + HOUR, of=["K-1"], reason="another machine")

        assert (healed.repeats, healed.occurrence) == (("K-2",), 2)
        assert healed.repeats_undone == (
            UndoneRepeat(NINE + HOUR, "bob", "K-1", "another machine"),
        )

    def test_can_be_marked_again(self) -> None:
        again = a_complaint(id="K-3").mark_recurrence("ann", NINE, of=["K-1"])
        healed = again.unmark_recurrence("bob", NINE, of=["K-1"], reason="another machine")

        assert healed.mark_recurrence("bob", NINE, of=["K-1"]).repeats == ("K-1",)

    @pytest.mark.parametrize("of", [[], ["K-9"], ["K-1", "K-9"]])
    def test_refuses_what_is_not_repeated(self, of: list[str]) -> None:
        again = a_complaint(id="K-3").mark_recurrence("ann", NINE, of=["K-1"])

        with pytest.raises(InvalidValueError, match=r"must name one of \['K-1'\]"):
            again.unmark_recurrence("bob", NINE, of=of, reason="another machine")

    def test_refuses_it_of_one_that_repeats_nothing(self) -> None:
        with pytest.raises(InvalidValueError, match="what it repeats: nothing"):
            a_complaint().unmark_recurrence("bob", NINE, of=["K-1"], reason="another machine")

    def test_refuses_it_for_no_reason(self) -> None:
        again = a_complaint(id="K-3").mark_recurrence("ann", NINE, of=["K-1"])

        with pytest.raises(InvalidValueError, match="reason"):
            again.unmark_recurrence("bob", NINE, of=["K-1"], reason=" ")


class TestStoredForm:
    def test_is_read_back_equal_and_says_whose_words_are_personal(self) -> None:
        complaint = answered(2).book("ann", NINE, what="visit", due_at=NINE + HOUR)
        complaint = complaint.compensate("ann", NINE + 3 * HOUR, owed=owed(complaint, 3))
        complaint = complaint.mark_recurrence("ann", NINE, of=["K-0"])

        stored = COMPLAINT_CODEC.encode_exactly(complaint)

        assert COMPLAINT_CODEC.decode(stored, COMPLAINT_CODEC.schema) == complaint
        assert "costs.why" in COMPLAINT_CODEC.personal

    def test_restored_it_keeps_what_was_paid_and_booked(self) -> None:
        complaint = a_complaint().give("head", NINE, amount=Money.of(1, "CNY"), why="x")
        complaint = complaint.mark_recurrence("ann", NINE, of=["K-0"])

        restored = complaint.restore("ann", NINE, earlier=a_complaint())

        assert (restored.costs, restored.repeats) == (complaint.costs, complaint.repeats)
