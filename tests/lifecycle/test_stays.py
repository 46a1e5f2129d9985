from datetime import timedelta

import attrs
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar
from crmkit.lifecycle import FOUR_STAGE, Journey, Stay, UsualStay, journey_id, usual_stays
from crmkit.lifecycle.permission import named
from crmkit.testing import NINE


GROWTH = named(FOUR_STAGE, "growth")
OFFICE = WorkCalendar("UTC", {"mon": [("09:00", "17:00")]})


def a_stay() -> Stay:
    return Stay(stage="growth", since=NINE, until=None, was_seen_to_begin=True)


class TestStay:
    def test_has_no_length_before_it_begins(self) -> None:
        assert a_stay().length(NINE - timedelta(days=1)) == timedelta()


class TestUsualStay:
    def test_says_nothing_of_too_few(self) -> None:
        usual = UsualStay(stage="growth", within=None, spells=12)

        told = usual.judge("C-7", GROWTH, a_stay(), NINE + timedelta(days=100), None)

        assert (told.verdict, told.missing) == (None, ("18 more ended stays",))
        assert "无法判断" in told.sentence("zh")

    def test_is_told_from_thirty_stays_on(self) -> None:
        usual = UsualStay(stage="growth", within=timedelta(days=90), spells=30)

        assert usual.within == timedelta(days=90)
        with pytest.raises(InvalidValueError, match="spells is 29: it must be 30 or more"):
            attrs.evolve(usual, spells=29)

    def test_counts_what_it_leaves_out(self) -> None:
        with pytest.raises(InvalidValueError, match="left_out is 'many': it must be a int"):
            UsualStay(stage="growth", within=None, spells=0, left_out="many")  # type: ignore[arg-type]  # refused

    def test_tells_of_all_stays_and_by_how_many_that_ended(self) -> None:
        """Of 32 that ended, nine in ten of all is told, not of those that ended."""
        usual = UsualStay(stage="growth", within=timedelta(days=60), spells=32)

        told = usual.judge("C-7", GROWTH, a_stay(), NINE + timedelta(days=10), None)

        assert "by 32 ended stays, 90 % of all end within 60 d" in str(told)

    def test_tells_working_time_in_hours(self) -> None:
        usual = UsualStay(stage="growth", within=timedelta(hours=30), spells=40)

        told = usual.judge("C-7", GROWTH, a_stay(), NINE + timedelta(days=40), OFFICE)

        assert (told.verdict, told.find("stay").value) == (True, timedelta(hours=48))
        assert "for 48 h;" in str(told)

    def test_judges_stays_in_its_own_stage(self) -> None:
        usual = UsualStay(stage="decline", within=None, spells=0)

        with pytest.raises(InvalidValueError, match="must be 'decline'"):
            usual.judge("C-7", GROWTH, a_stay(), NINE, None)


def grown(customer: int, days: int | None) -> Journey:
    """One who entered growth on the first day, and perhaps left it after some."""
    one = Journey.begin(
        journey_id("four_stage", str(customer)),
        "ann",
        NINE - timedelta(days=1),
        customer=str(customer),
        lifecycle=FOUR_STAGE,
        why="on record",
    ).move("ann", NINE, lifecycle=FOUR_STAGE, to="growth", why="rising")
    if days is None:
        return one
    at = NINE + timedelta(days=days)
    return one.move("ann", at, lifecycle=FOUR_STAGE, to="decline", why="falling")


class TestUsualStays:
    def test_ended_ones_alone_give_their_quantile(self) -> None:
        """Of 40 that stay 1 to 40 days, nine in ten have left after 36."""
        journeys = [grown(days, days) for days in range(1, 41)]

        usual = usual_stays(journeys, lifecycle=FOUR_STAGE, as_of=NINE + timedelta(days=99))[
            "growth"
        ]

        assert (usual.within, usual.spells) == (timedelta(days=36), 40)

    def test_those_who_stay_count_for_as_long_as_they_have(self) -> None:
        """By hand: 30 leave after 1 to 30 days, 10 stay: the curve ends at 10 of 40."""
        journeys = [grown(days, days) for days in range(1, 31)]
        journeys += [grown(100 + number, None) for number in range(10)]
        as_of = NINE + timedelta(days=99)

        usual = usual_stays(journeys, lifecycle=FOUR_STAGE, as_of=as_of)["growth"]

        assert (usual.within, usual.spells) == (None, 30)
        told = usual.judge("C-7", GROWTH, a_stay(), as_of, None)
        assert (told.verdict, told.missing) == (None, ("stays that are watched for longer",))
        assert "30 stays have ended, but so many go on" in str(told)
        assert "仍在继续的停留较多" in told.sentence("zh")

    def test_what_comes_later_is_not_known(self) -> None:
        journeys = [grown(days, days) for days in range(1, 41)]

        usual = usual_stays(journeys, lifecycle=FOUR_STAGE, as_of=NINE + timedelta(days=10))

        assert usual["growth"].spells == 10
        assert (usual["exploration"].spells, usual["exploration"].left_out) == (0, 40)
