"""Contacts per resolution."""

from datetime import timedelta

from crmkit.cases import ContactCount, Inquiry, contacts_per_resolution
from crmkit.complaints import Complaint
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)


def answered(id: str = "K-1") -> Complaint:
    known = a_complaint(id=id).acknowledge("ann", NINE).investigate("bob", NINE)
    return known.respond("bob", NINE + HOUR)


class TestContactsPerResolution:
    def test_counts_the_request_what_was_said_unasked_and_each_answer_sent_back(self) -> None:
        """By hand: 1 for the first; 1 + 1 unasked + 1 rejection for the second."""
        later = NINE + 2 * HOUR
        twice = a_complaint(id="K-2").hear("ann", NINE, text="and?").acknowledge("ann", NINE)
        twice = twice.investigate("bob", NINE).respond("bob", NINE + HOUR)
        twice = twice.reject("ann", later).respond("bob", later)

        count = contacts_per_resolution([answered(), twice])

        assert count == ContactCount(resolved=2, contacts=4, once=1, passed_on=0)
        assert (count.mean, count.share_once) == (2.0, 0.5)

    def test_leaves_out_what_is_open_dropped_or_a_duplicate(self) -> None:
        dropped = a_complaint(id="K-2").withdraw("ann", NINE)
        duplicate = a_complaint(id="K-3").mark_duplicate("ann", NINE, of="K-1")

        assert contacts_per_resolution([a_complaint(), dropped, duplicate]).resolved == 0

    def test_counts_those_that_were_passed_on(self) -> None:
        handed = answered().assign("ann", NINE, owner="ann").assign("ann", NINE, owner="bob")
        kept = answered().assign("ann", NINE, owner="ann")

        assert contacts_per_resolution([handed, kept]).passed_on == 1

    def test_is_of_every_kind_of_case(self) -> None:
        asked = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="Open today?")

        assert contacts_per_resolution([asked.answer("ann", NINE, text="Yes.")]).mean == 1.0

    def test_counts_what_we_saw_first_as_resolved_at_the_first(self) -> None:
        seen = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="leaks", raised_by="staff")

        count = contacts_per_resolution([seen.answer("ann", NINE, text="Mended.")])

        assert (count.contacts, count.once) == (0, 1)


class TestExplain:
    def test_tells_the_counts_in_both_languages(self) -> None:
        why = ContactCount(resolved=4, contacts=6, once=3, passed_on=1).explain()

        assert why.verdict == 1.5
        assert "6, 1.5 for each" in why.sentence("en")
        assert "平均每件1.5次" in why.sentence("zh")

    def test_says_that_nothing_is_resolved(self) -> None:
        count = ContactCount(resolved=0, contacts=0, once=0, passed_on=0)

        assert (count.mean, count.share_once, count.explain().verdict) == (None, None, None)
        assert str(count.explain()) == "nothing is resolved yet"
        assert count.explain().sentence("zh") == "尚无已解决的事项"
