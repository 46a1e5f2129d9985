"""Complaints that somebody says are repeated by a later one."""

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from crmkit.complaints import Complaint, mark_repeated
from crmkit.errors import InvalidValueError
from crmkit.testing import NINE, a_complaint


DAY = timedelta(days=1)


def received(id: str, day: int = 0) -> Complaint:
    return Complaint.receive(id, "ann", NINE + day * DAY, customer="C-7", about="leaks")


class TestMarkRepeated:
    def test_puts_down_the_earlier_ones(self) -> None:
        marked = mark_repeated(
            received("K-3", 2), [received("K-1"), received("K-2", 1)], "ann", NINE
        )

        assert (marked.repeats, marked.occurrence) == (("K-1", "K-2"), 3)

    def test_refuses_a_later_one_and_says_which_way_round(self) -> None:
        with pytest.raises(InvalidValueError, match="mark K-3 as the one that repeats it"):
            mark_repeated(received("K-1"), [received("K-3", 1)], "ann", NINE)

    def test_refuses_what_is_no_complaint_of_its_own(self) -> None:
        gone = received("K-1").withdraw("ann", NINE)
        aside = received("K-2").mark_duplicate("ann", NINE, of="K-9")

        with pytest.raises(InvalidValueError, match=r"of its own, and is withdrawn$"):
            mark_repeated(received("K-3", 1), [gone], "ann", NINE)
        with pytest.raises(InvalidValueError, match="and is duplicate; take 'K-9'"):
            mark_repeated(received("K-3", 1), [aside], "ann", NINE)
        with pytest.raises(InvalidValueError, match="complaint is 'K-2'"):
            mark_repeated(aside, [received("K-1")], "ann", NINE)

    def test_refuses_itself_and_nothing(self) -> None:
        for named in ([a_complaint()], []):
            with pytest.raises(InvalidValueError, match="must name other complaints"):
                mark_repeated(a_complaint(), named, "ann", NINE)

    @given(st.lists(st.integers(0, 3), min_size=2, max_size=5), st.data())
    def test_leads_in_no_circle(self, days: list[int], data: st.DataObject) -> None:
        known = {f"K-{n}": received(f"K-{n}", day) for n, day in enumerate(days)}
        names = st.sampled_from(sorted(known))
        for _ in range(6):
            one, other = data.draw(names), data.draw(names)
            try:
                known[one] = mark_repeated(known[one], [known[other]], "ann", NINE + 9 * DAY)
            except InvalidValueError:
                continue

        waiting = {id: set(one.repeats) for id, one in known.items()}
        while done := {id for id, repeats in waiting.items() if not repeats}:
            waiting = {id: left - done for id, left in waiting.items() if id not in done}

        assert waiting == {}
