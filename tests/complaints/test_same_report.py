"""Two reports of the same."""

import pytest

from crmkit.complaints import Complaint, Stage, set_aside
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.testing import NINE, a_complaint


def answered(id: str) -> Complaint:
    known = a_complaint(id=id).acknowledge("ann", NINE).investigate("bob", NINE)
    return known.respond("bob", NINE)


class TestSetAside:
    @pytest.mark.parametrize("other", [a_complaint(), answered("K-1").accept("ann", NINE)])
    def test_is_for_one_that_is_dealt_with(self, other: Complaint) -> None:
        again = set_aside(a_complaint(id="K-2"), other, "ann", NINE, note="rang twice")

        assert (again.stage, again.duplicate_of) == (Stage.DUPLICATE, "K-1")
        assert again.trail[-1].note == "rang twice"

    def test_is_for_no_duplicate_and_says_what_to_take(self) -> None:
        again = set_aside(a_complaint(id="K-2"), a_complaint(), "ann", NINE)

        with pytest.raises(InvalidValueError, match="and is duplicate; take 'K-1'"):
            set_aside(a_complaint(), again, "ann", NINE)

    def test_is_for_none_that_is_withdrawn(self) -> None:
        withdrawn = a_complaint().withdraw("ann", NINE)

        with pytest.raises(InvalidValueError, match=r"dealt with itself, and is withdrawn$"):
            set_aside(a_complaint(id="K-2"), withdrawn, "ann", NINE)

    def test_is_not_for_itself(self) -> None:
        with pytest.raises(InvalidValueError, match="must be another complaint"):
            set_aside(a_complaint(), a_complaint(), "ann", NINE)

    def test_is_too_late_after_the_answer(self) -> None:
        with pytest.raises(TransitionError, match="not duplicate"):
            set_aside(answered("K-2"), a_complaint(), "ann", NINE)
