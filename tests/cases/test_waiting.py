"""Who waits for whom."""

from datetime import timedelta

import pytest

from crmkit.cases import Inquiry, StateGroup
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Explanation, Party
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)


class TestWait:
    def test_keeps_the_stage_and_changes_the_state(self) -> None:
        waits = a_complaint().wait("ann", NINE + HOUR, party="customer", note="which model?")

        assert waits.stage is a_complaint().stage
        assert waits.state is StateGroup.WAITING_CUSTOMER
        assert (waits.trail[-1].awaits, waits.trail[-1].note) == (Party.CUSTOMER, "which model?")

    def test_may_turn_from_one_to_the_other(self) -> None:
        waits = a_complaint().wait("ann", NINE, party="customer")

        waits = waits.wait("ann", NINE + HOUR, party=Party.THIRD_PARTY)

        assert waits.state is StateGroup.WAITING_THIRD_PARTY

    def test_does_not_begin_twice(self) -> None:
        waits = a_complaint().wait("ann", NINE, party="customer")

        with pytest.raises(TransitionError, match="it waits for him already"):
            waits.wait("ann", NINE + HOUR, party="customer")

    def test_is_for_cases_that_are_worked_on(self) -> None:
        asked = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="open today?")
        answered = asked.answer("ann", NINE, text="yes")

        with pytest.raises(TransitionError, match="only a case that is worked on waits") as refused:
            answered.wait("ann", NINE + HOUR, party="customer")

        why = refused.value.explain()
        assert isinstance(why, Explanation)
        assert why.sentence("zh") == (
            "咨询Q-1目前为“已解决”，不能等待客户：只有处理中的事项才能等待"
        )

    def test_nobody_waits_for_ourselves(self) -> None:
        with pytest.raises(InvalidValueError, match="must be customer or third_party"):
            a_complaint().wait("ann", NINE, party="staff")

    def test_time_does_not_run_backwards(self) -> None:
        with pytest.raises(InvalidValueError, match="earlier than the step before"):
            a_complaint().wait("ann", NINE - HOUR, party="customer")


class TestResume:
    def test_goes_on_where_it_was(self) -> None:
        waits = a_complaint().wait("ann", NINE, party="third_party")

        goes_on = waits.resume("ann", NINE + HOUR, note="the part has come")

        assert goes_on.state is StateGroup.OPEN
        assert goes_on.trail[-1].awaits is None

    def test_needs_a_wait(self) -> None:
        with pytest.raises(TransitionError, match="it waits for nobody"):
            a_complaint().resume("ann", NINE)

    def test_any_move_ends_a_wait(self) -> None:
        waits = a_complaint().wait("ann", NINE, party="customer")

        assert waits.acknowledge("ann", NINE + HOUR).state is StateGroup.OPEN

    def test_waits_count_as_time_in_the_stage(self) -> None:
        """By hand: received at nine, waited from ten to twelve, acknowledged at one: four hours."""
        waits = a_complaint().wait("ann", NINE + HOUR, party="customer")
        told = waits.resume("ann", NINE + 3 * HOUR).acknowledge("ann", NINE + 4 * HOUR)

        assert told.time_in(a_complaint().stage) == 4 * HOUR
