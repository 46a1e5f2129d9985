"""A company's own terms for complaints."""

from typing import Any

import pytest

from crmkit.cases import RecurrenceRule
from crmkit.complaints import COMPLAINT_TERMS, MAJOR, ComplaintTerms
from crmkit.errors import InvalidValueError
from crmkit.kernel import Money
from crmkit.sla import haier_late


class TestComplaintTerms:
    @pytest.mark.parametrize("name", ["recurrence", "major", "follow_up"])
    def test_refuse_what_is_no_rule_of_the_kind(self, name: str) -> None:
        told: dict[str, Any] = {name: "often"}

        with pytest.raises(InvalidValueError, match=name):
            ComplaintTerms(**told)

    @pytest.mark.parametrize("rules", ["late", ["late"]])
    def test_refuse_what_is_no_rule_of_compensation(self, rules: Any) -> None:
        with pytest.raises(InvalidValueError, match="compensation"):
            ComplaintTerms(compensation=rules)

    def test_take_rules_in_their_order(self) -> None:
        rule = haier_late(Money.of(50, "CNY"))

        assert ComplaintTerms(compensation=[rule]).compensation == (rule,)

    def test_know_recurrence_and_major_unless_told_otherwise(self) -> None:
        assert ComplaintTerms() == COMPLAINT_TERMS
        assert COMPLAINT_TERMS.recurrence == RecurrenceRule()
        assert COMPLAINT_TERMS.major == MAJOR
        assert (COMPLAINT_TERMS.follow_up, COMPLAINT_TERMS.compensation) == (None, ())

    def test_can_do_without(self) -> None:
        terms = ComplaintTerms(recurrence=None, major=None)

        assert (terms.recurrence, terms.major) == (None, None)
