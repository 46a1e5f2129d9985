"""What is owed in a complaint, and what was paid."""

from datetime import timedelta

from crmkit.complaints import ComplaintTerms, explain_owed_in, owed_in
from crmkit.kernel import Money
from crmkit.sla import SEA_LION, CompensationRule, SlaClock
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)
TERMS = ComplaintTerms(
    compensation=[
        CompensationRule(
            name="late answer",
            per_hour=Money.of(20, "CNY"),
            approval_above=Money.of(10, "CNY"),
        )
    ]
)
LATE = a_complaint().acknowledge("ann", NINE + 4 * HOUR)


def clocks() -> tuple[SlaClock, ...]:
    return SEA_LION.clocks(LATE, as_of=NINE + 4 * HOUR)


class TestOwedIn:
    def test_is_what_is_not_paid_yet(self) -> None:
        """Three hours late, 20 CNY for each of them."""
        (owed,) = owed_in(LATE, clocks(), TERMS)
        approved = owed.approve("head", NINE + 4 * HOUR)
        paid = LATE.compensate("bob", NINE + 5 * HOUR, owed=approved)

        assert str(owed.amount) == "60.00 CNY"
        assert owed_in(paid, clocks(), TERMS) == ()


class TestExplainOwedIn:
    def test_says_that_it_is_to_be_approved_while_it_is(self) -> None:
        (why,) = explain_owed_in(LATE, clocks(), TERMS)

        assert str(why).endswith("final, to be approved")

    def test_says_who_paid_it_and_who_approved(self) -> None:
        (owed,) = owed_in(LATE, clocks(), TERMS)
        approved = owed.approve("head", NINE + 4 * HOUR)
        paid = LATE.compensate("bob", NINE + 5 * HOUR, owed=approved)

        (why,) = explain_owed_in(paid, clocks(), TERMS)

        assert why.verdict == Money.of(60, "CNY")
        assert str(why) == (
            "complaint K-1: first response within 1 h was missed; 60.00 CNY, owed by late answer,"
            " was paid by bob at 2026-03-02 14:00 UTC, approved by head"
        )
        assert why.sentence("zh").endswith("已由bob于2026-03-02 14:00 UTC支付（head审批）")

    def test_says_why_nothing_is_owed(self) -> None:
        (why,) = explain_owed_in(LATE, clocks(), ComplaintTerms())

        assert why.verdict is None
