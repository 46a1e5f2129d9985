"""The times at which a case was in some state."""

from datetime import timedelta

from hypothesis import given, strategies as st

from crmkit.kernel import StateGroup
from crmkit.sla.spans import Turn, joined, stays, turns

from .stories import HOUR, NINE, asked


OPEN, WAITING = StateGroup.OPEN, StateGroup.WAITING_CUSTOMER
MINUTES = st.integers(0, 12).map(lambda minutes: NINE + timedelta(minutes=minutes))
SPANS = st.lists(st.tuples(MINUTES, MINUTES).map(lambda pair: (min(pair), max(pair))))


class TestTurns:
    def test_are_the_states_up_to_an_instant(self) -> None:
        case = asked().wait("bob", NINE + HOUR, party="customer").resume("bob", NINE + 2 * HOUR)

        assert turns(case, NINE + HOUR) == (Turn(NINE, OPEN), Turn(NINE + HOUR, WAITING))


class TestStays:
    def test_begin_no_earlier_than_asked(self) -> None:
        told = (Turn(NINE, WAITING), Turn(NINE + 2 * HOUR, OPEN))

        assert stays(told, {WAITING}, NINE + HOUR) == (((NINE + HOUR, NINE + 2 * HOUR),), None)
        assert stays(told, {WAITING}, NINE + 3 * HOUR) == ((), None)

    def test_go_on_through_states_of_one_kind(self) -> None:
        told = (Turn(NINE, WAITING), Turn(NINE + HOUR, StateGroup.WAITING_THIRD_PARTY))

        assert stays(told, {WAITING, StateGroup.WAITING_THIRD_PARTY}, NINE) == ((), NINE)

    def test_are_never_empty(self) -> None:
        assert stays((Turn(NINE, WAITING), Turn(NINE, OPEN)), {WAITING}, NINE) == ((), None)


class TestJoined:
    @given(SPANS)
    def test_cover_the_same_minutes_and_do_not_touch(
        self, spans: list[tuple[object, object]]
    ) -> None:
        """Against a set of minutes."""
        minutes = [NINE + timedelta(minutes=n) for n in range(13)]

        found = joined(spans)  # type: ignore[arg-type]  # pairs of instants

        covered = {at for at in minutes for since, until in spans if since <= at < until}  # type: ignore[operator]
        assert {at for at in minutes for since, until in found if since <= at < until} == covered
        flat = [at for span in found for at in span]
        assert flat == sorted(set(flat))
