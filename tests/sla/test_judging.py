"""From what happened to a promise to its clock."""

from crmkit.kernel import Name
from crmkit.sla import ClockState
from crmkit.sla.judging import Course, judged

from .stories import HOUR, NINE, a_target


class TestJudged:
    def test_looks_at_pauses_that_ended_and_at_the_one_that_has_not(self) -> None:
        """By hand: nine to ten, eleven to noon: two hours used of four."""
        course = Course(
            started_at=NINE,
            pauses=((NINE + HOUR, NINE + 2 * HOUR),),
            paused_since=NINE + 3 * HOUR,
        )

        clock = judged(
            course,
            case=Name("case", "事项"),
            policy="p",
            target=a_target(),
            run=1,
            as_of=NINE + 9 * HOUR,
        )

        assert (clock.elapsed, clock.margin) == (2 * HOUR, 2 * HOUR)
        assert (clock.state, clock.due_at) == (ClockState.PAUSED, None)
        assert clock.pauses == (
            (NINE + HOUR, NINE + 2 * HOUR),
            (NINE + 3 * HOUR, NINE + 9 * HOUR),
        )
