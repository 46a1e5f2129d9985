"""What a complaint repeats, and whether it is a major one."""

from datetime import timedelta

import attrs
import pytest

from crmkit.cases import LITTLE_WASHING_MACHINE, CountedFrom, RecurrenceRule
from crmkit.complaints import (
    COMPLAINT_TERMS,
    Complaint,
    ComplaintTerms,
    Goods,
    explain_major,
    recurrence_facts,
    recurrence_keys,
    recurrence_of,
    told_of_recurrence,
)
from crmkit.kernel import Compare
from crmkit.testing import NINE, a_complaint


DAY = timedelta(days=1)


def washer(id: str, days: int = 0) -> Complaint:
    at = NINE + days * DAY
    return Complaint.receive(
        id,
        "ann",
        at,
        customer="C-7",
        about="leaks",
        goods=Goods(product="XPB-20", unit="SN-1", batch="2026-01"),
    )


class TestRecurrenceFacts:
    def test_tell_the_unit_as_asset_and_when_it_came(self) -> None:
        facts = recurrence_facts(washer("K-1"))

        assert (facts["id"], facts["asset"], facts["received_at"]) == ("K-1", "SN-1", NINE)

    def test_tell_since_when_it_is_resolved(self) -> None:
        known = washer("K-1").acknowledge("ann", NINE).investigate("bob", NINE)
        answered = known.respond("bob", NINE + DAY)
        closed = answered.accept("ann", NINE + 2 * DAY)
        again = answered.reject("ann", NINE + 2 * DAY)
        later = again.respond("bob", NINE + 3 * DAY)

        resolved = [recurrence_facts(one)["resolved_at"] for one in (answered, closed, later)]

        assert resolved == [NINE + DAY, NINE + DAY, NINE + 3 * DAY]
        assert recurrence_facts(again)["resolved_at"] is None
        assert recurrence_facts(known.withdraw("ann", NINE))["resolved_at"] is None


class TestRecurrenceKeys:
    def test_are_nothing_without_a_rule_or_where_not_all_is_told(self) -> None:
        assert recurrence_keys(washer("K-1"), None) == {}
        assert recurrence_keys(a_complaint(), RecurrenceRule()) == {}

    def test_are_what_both_agree_in(self) -> None:
        rule = RecurrenceRule(same=("asset", "batch"))

        assert recurrence_keys(washer("K-1"), rule) == {"unit": "SN-1", "batch": "2026-01"}


class TestRecurrenceOf:
    def test_finds_the_chain(self) -> None:
        """Domain example 6: the third visit to one unit; 20 days from one to the next."""
        earlier = [washer("K-1"), washer("K-2", 20)]

        found = recurrence_of(washer("K-3", 40), earlier, LITTLE_WASHING_MACHINE)

        assert found.verdict == ("K-1", "K-2")
        assert LITTLE_WASHING_MACHINE.is_major(found)

    def test_passes_itself_and_duplicates_over(self) -> None:
        duplicate = washer("K-2").mark_duplicate("ann", NINE, of="K-1")
        new = washer("K-3", 1)

        assert recurrence_of(new, [duplicate, new], RecurrenceRule()).verdict == ()

    def test_passes_over_what_was_withdrawn(self) -> None:
        withdrawn = washer("K-1").withdraw("ann", NINE)

        assert recurrence_of(washer("K-2", 1), [withdrawn], RecurrenceRule()).verdict == ()

    def test_counts_from_the_resolution_where_the_rule_does(self) -> None:
        rule = RecurrenceRule(within=2 * DAY, counted_from=CountedFrom.RESOLUTION)
        known = washer("K-1").acknowledge("ann", NINE).investigate("bob", NINE)
        answered = known.respond("bob", NINE + 9 * DAY)

        assert recurrence_of(washer("K-2", 10), [answered], rule).verdict == ("K-1",)
        assert recurrence_of(washer("K-2", 12), [answered], rule).verdict == ()


class TestToldOfRecurrence:
    def test_puts_down_what_is_new(self) -> None:
        marked = washer("K-3", 2).mark_recurrence("ann", NINE, of=["K-1"])

        told = told_of_recurrence(
            marked, [washer("K-1"), washer("K-2", 1)], RecurrenceRule(), "ann", NINE
        )

        assert told.repeats == ("K-1", "K-2")

    @pytest.mark.parametrize("rule", [None, RecurrenceRule(within=DAY / 2)])
    def test_leaves_alone_what_repeats_nothing(self, rule: RecurrenceRule | None) -> None:
        new = washer("K-2", 1)

        assert told_of_recurrence(new, [washer("K-1")], rule, "ann", NINE) is new


class TestExplainMajor:
    @pytest.mark.parametrize("severity", ["major", "critical"])
    def test_is_for_what_is_grave(self, severity: str) -> None:
        grave = a_complaint().prioritise("ann", NINE, severity=severity)

        assert explain_major(grave, COMPLAINT_TERMS).verdict is True

    def test_is_for_what_is_not_safe(self) -> None:
        unsafe = a_complaint().acknowledge("ann", NINE).assess("ann", NINE, safety=True)

        why = explain_major(unsafe, COMPLAINT_TERMS)

        assert str(why) == "complaint K-1 is a major complaint: safety at stake"
        assert why.sentence("zh") == "投诉K-1是重大投诉：涉及安全"

    def test_is_for_the_third_of_its_chain(self) -> None:
        third = a_complaint().mark_recurrence("ann", NINE, of=["K-8", "K-9"])

        assert explain_major(third, COMPLAINT_TERMS).verdict is True

    def test_is_for_as_many_as_the_rule_of_recurrence_says(self) -> None:
        terms = ComplaintTerms(recurrence=RecurrenceRule(major_from=2), major=None)
        second = a_complaint().mark_recurrence("ann", NINE, of=["K-9"])

        why = explain_major(second, terms)

        assert str(why) == "complaint K-1 is a major complaint: number in its chain 2"
        both = attrs.evolve(terms, major=Compare("occurrence", ">", 1))
        assert str(explain_major(second, both)) == str(why)
        assert explain_major(a_complaint(), terms).verdict is False

    def test_names_what_is_not_known(self) -> None:
        why = explain_major(a_complaint(), COMPLAINT_TERMS)

        assert (why.verdict, why.missing) == (False, ("severity", "safety"))
        assert str(why).startswith("whether complaint K-1 is a major complaint is not known yet")
        assert why.sentence("zh") == "投诉K-1是否为重大投诉尚不能判断；未知：严重程度、涉及安全"

    def test_says_that_it_is_none_where_all_is_known(self) -> None:
        harmless = a_complaint().prioritise("ann", NINE, severity="minor")
        harmless = harmless.acknowledge("ann", NINE).assess("ann", NINE, safety=False)

        why = explain_major(harmless, COMPLAINT_TERMS)

        assert (why.verdict, why.missing) == (False, ())
        assert why.sentence("zh") == "投诉K-1不是重大投诉"

    def test_is_for_nothing_without_a_condition(self) -> None:
        why = explain_major(a_complaint(), ComplaintTerms(major=None, recurrence=None))

        assert (why.verdict, why.missing) == (False, ())

    def test_takes_a_companys_own_condition(self) -> None:
        terms = ComplaintTerms(major=Compare("customer", "=", "C-7"))

        why = explain_major(attrs.evolve(a_complaint(), symptom="smoke"), terms)

        assert str(why) == "complaint K-1 is a major complaint: customer C-7"
