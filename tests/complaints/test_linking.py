"""Links between cases and what they set going."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.cases import CaseKind
from crmkit.complaints import CaseLink, LinkAct
from crmkit.complaints.linking import cases_of, complaints_of, linked, unlinked
from crmkit.errors import InvalidValueError
from crmkit.testing import NINE

from .test_corrective_action import opened


class TestLinks:
    @given(acts=st.lists(st.tuples(st.booleans(), st.sampled_from("abc"))))
    def test_are_what_was_linked_and_not_undone_since(self, acts: list[tuple[bool, str]]) -> None:
        """Against a set that is kept beside them."""
        links: tuple[CaseLink, ...] = ()
        expected: set[str] = set()
        for adds, case in acts:
            act = linked if adds else unlinked
            if (case in expected) is adds:
                with pytest.raises(InvalidValueError):
                    act(links, "ann", NINE, case, CaseKind.COMPLAINT)
            else:
                links = act(links, "ann", NINE, case, CaseKind.COMPLAINT)
                expected ^= {case}

        assert set(complaints_of(links)) == expected

    def test_of_two_kinds_are_two(self) -> None:
        links = linked((), "ann", NINE, "7", CaseKind.COMPLAINT)
        links = linked(links, "ann", NINE, "7", CaseKind.ENQUIRY)

        assert len(cases_of(links)) == 2
        assert complaints_of(links) == ("7",)

    def test_of_a_record_go_by_turns_and_forward_in_time(self) -> None:
        link = CaseLink(NINE, "ann", "K-1")
        undone = CaseLink(NINE - timedelta(hours=1), "ann", "K-1", act=LinkAct.UNLINKED)

        for links, what in (((link, link), "by turns"), ((link, undone), "not be earlier")):
            with pytest.raises(InvalidValueError, match=what):
                attrs.evolve(opened(), links=links)

    def test_name_who_made_them(self) -> None:
        with pytest.raises(InvalidValueError, match="must name who acts"):
            CaseLink(NINE, "", "K-1")
