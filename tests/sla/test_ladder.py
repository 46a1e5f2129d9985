"""Who is told when a promise is in danger: each level once per clock."""

import pickle
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.cases import Case
from crmkit.errors import InvalidValueError
from crmkit.sla import (
    WAITING,
    CalendarDays,
    Delivery,
    Escalation,
    EscalationLadder,
    Level,
    Reopening,
    SlaClock,
    SlaPolicy,
)

from .stories import (
    ALWAYS,
    HALF,
    HOUR,
    MICRO,
    NINE,
    NOTHING,
    OFFICE,
    Story,
    a_target,
    asked,
    instants,
    stories,
)


LEADER = Level(to="team leader", share=0.5)
HEAD = Level(to="head of service")
DIRECTOR = Level(to="director", offset=HOUR)
LADDER = EscalationLadder(levels=[LEADER, HEAD, DIRECTOR])


def clock(case: Case[Any], after: timedelta, **promise: Any) -> SlaClock:
    """Return the clock of a promise to resolve within four hours, so long after nine."""
    policy = SlaPolicy(name="Gold", targets=[a_target(**promise)])
    (found,) = policy.clocks(case, as_of=NINE + after)
    return found


def told(events: Iterable[Escalation]) -> list[tuple[int, float]]:
    """Return level and hours after nine."""
    return [(event.level, (event.at - NINE) / HOUR) for event in events]


class TestLevel:
    @pytest.mark.parametrize(
        ("level", "name"),
        [
            ({"to": " "}, "to"),
            ({"to": "x", "share": -0.1}, "share"),
            ({"to": "x", "share": 101}, "share"),
            ({"to": "x", "share": float("nan")}, "share"),
            ({"to": "x", "share": True}, "share"),
            ({"to": "x", "share": "half"}, "share"),
            ({"to": "x", "offset": 3}, "offset"),
            ({"to": "x", "offset": timedelta(days=-36_526)}, "offset"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, level: dict[str, Any], name: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            Level(**level)

        assert refused.value.name == name


class TestEscalationLadder:
    @pytest.mark.parametrize(
        ("ladder", "name"),
        [
            ({"levels": []}, "levels"),
            ({"levels": ["boss"]}, "levels"),
            ({"levels": HEAD}, "levels"),
            ({"levels": [HEAD], "cool_down": -HOUR}, "cool_down"),
            ({"levels": [HEAD], "cool_down": 3}, "cool_down"),
            ({"levels": [HEAD], "cap": -1}, "cap"),
            ({"levels": [HEAD], "cap": 1.5}, "cap"),
            ({"levels": [HEAD], "delivery": "at_onse"}, "delivery"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, ladder: dict[str, Any], name: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            EscalationLadder(**ladder)

        assert refused.value.name == name

    def test_survives_pickling(self) -> None:
        assert pickle.loads(pickle.dumps(LADDER)) == LADDER


class TestEvents:
    def test_come_level_by_level(self) -> None:
        """By hand: of four hours half is two; an hour after the fourth is the fifth."""
        found = [told(LADDER.events(clock(asked(), hours * HOUR))) for hours in (1, 2, 4, 5)]

        assert found == [[], [(1, 2)], [(1, 2), (2, 4)], [(1, 2), (2, 4), (3, 5)]]

    def test_escalation_is_not_breach(self) -> None:
        """At the due instant the promise can still be kept, and its level is reached."""
        found = clock(asked(), 4 * HOUR)

        assert found.state.value == "running"
        assert told(LADDER.events(found)) == [(1, 2), (2, 4)]

    def test_that_were_delivered_do_not_come_again(self) -> None:
        found = clock(asked(), 5 * HOUR)
        first, *_ = LADDER.events(found)

        assert told(LADDER.events(found, told=[first.key])) == [(2, 4), (3, 5)]

    def test_do_not_come_while_the_clock_stands_still(self) -> None:
        case = asked().wait("bob", NINE + HOUR, party="customer")

        assert LADDER.events(clock(case, 50 * HOUR, pauses=WAITING)) == ()

    def test_do_not_come_once_it_is_done(self) -> None:
        case = asked().answer("bob", NINE + 3 * HOUR, text="so")

        assert told(LADDER.events(clock(case, 50 * HOUR))) == [(1, 2)]

    def test_do_not_come_of_what_is_done_just_then(self) -> None:
        case = asked().answer("bob", NINE + 2 * HOUR, text="so")

        assert LADDER.events(clock(case, 50 * HOUR)) == ()

    def test_do_not_come_once_it_is_cancelled(self) -> None:
        case = asked().cancel("bob", NINE + 3 * HOUR)

        assert told(LADDER.events(clock(case, 50 * HOUR))) == [(1, 2)]

    def test_keep_their_distance(self) -> None:
        """By hand: half past ten and eleven, but two hours apart."""
        ladder = EscalationLadder(
            levels=[Level(to="a", share=0.375), Level(to="b", share=0.5)], cool_down=2 * HOUR
        )

        assert told(ladder.events(clock(asked(), 5 * HOUR))) == [(1, 1.5), (2, 3.5)]
        assert told(ladder.events(clock(asked(), 3 * HOUR))) == [(1, 1.5)]

    def test_are_no_more_than_the_cap(self) -> None:
        ladder = EscalationLadder(levels=LADDER.levels, cap=2)
        found = clock(asked(), 9 * HOUR)
        first, _ = ladder.events(found)

        assert told(ladder.events(found)) == [(1, 2), (2, 4)]
        assert told(ladder.events(found, told=[first.key])) == [(2, 4)]
        assert EscalationLadder(levels=LADDER.levels, cap=0).events(found) == ()

    def test_may_wait_for_open_hours(self) -> None:
        """By hand: nine hours from three o'clock on Monday are used up on Tuesday at three.

        A level one hour after that is at four. A level of days lies at night: it waits for nine.
        """
        days = {"limit": CalendarDays(1), "calendar": OFFICE}
        at_once = EscalationLadder(levels=[HEAD])
        when_open = EscalationLadder(levels=[HEAD], delivery=Delivery.WHEN_OPEN)

        (now,) = at_once.events(clock(asked(), 99 * HOUR, **days))
        (later,) = when_open.events(clock(asked(), 99 * HOUR, **days))

        assert now.at == now.reached_at == later.reached_at == NINE + 39 * HOUR - MICRO
        # Wednesday is free and Thursday a holiday: the office opens on Friday.
        assert later.at == NINE + 96 * HOUR
        assert when_open.events(clock(asked(), 95 * HOUR, **days)) == ()

    def test_of_levels_of_one_moment_come_as_they_stand(self) -> None:
        ladder = EscalationLadder(levels=[Level(to="a"), Level(to="b", share=0.0, offset=4 * HOUR)])

        assert [event.to for event in ladder.events(clock(asked(), 4 * HOUR))] == ["a", "b"]

    def test_of_levels_beyond_all_years_never_come(self) -> None:
        ladder = EscalationLadder(levels=[Level(to="a", share=100)])

        assert ladder.events(clock(asked(), HOUR, limit=timedelta(days=36_525))) == ()

    def test_of_a_new_start_come_anew(self) -> None:
        case = asked().answer("bob", NINE + 3 * HOUR, text="so").reopen("ann", NINE + 4 * HOUR)
        policy = SlaPolicy(name="Gold", targets=[a_target(reopening=Reopening.RESTART)])

        found = policy.clocks(case, as_of=NINE + 7 * HOUR)

        events = [event for one in found for event in LADDER.events(one)]
        assert told(events) == [(1, 2), (1, 6)]
        assert len({event.key for event in events}) == 2


PROMISES = st.fixed_dictionaries(
    {
        "metric": st.sampled_from(["resolution", "first_response", "next_response", "on_site"]),
        "limit": st.sampled_from([HOUR, 3 * HOUR, 9 * HOUR]),
        "calendar": st.sampled_from([ALWAYS, OFFICE]),
        "pauses": st.sampled_from([(), WAITING]),
        "boundary": st.sampled_from(["close", "next_open"]),
    }
)
REOPENINGS = st.sampled_from([{}, {"reopening": Reopening.RESTART}])
LADDERS = st.builds(
    EscalationLadder,
    levels=st.lists(
        st.builds(
            Level,
            to=st.just("boss"),
            share=st.sampled_from([0.0, 0.5, 1.0, 1.5]),
            offset=st.sampled_from([-HOUR, NOTHING, HALF]),
        ),
        min_size=1,
        max_size=4,
    ),
    cool_down=st.sampled_from([NOTHING, HOUR]),
    cap=st.none() | st.integers(0, 3),
    delivery=st.sampled_from(list(Delivery)),
)


class TestPolls:
    @given(stories(), PROMISES, REOPENINGS, LADDERS, st.lists(instants(), max_size=6), instants())
    def test_find_each_event_once_and_all_that_one_look_at_the_end_finds(
        self,
        story: Story,
        promise: dict[str, Any],
        reopening: dict[str, Any],
        ladder: EscalationLadder,
        polls: list[datetime],
        end: datetime,
    ) -> None:
        policy = SlaPolicy(name="Gold", targets=[a_target(**promise, **reopening)])
        delivered: list[Escalation] = []

        for at in sorted({*(poll for poll in polls if poll < end), end}):
            case = story.told_by(at)
            for found in () if case is None else policy.clocks(case, as_of=at):
                keys = {event.key for event in delivered}
                delivered += ladder.events(found, told=keys)

        known = story.told_by(end)
        clocks = () if known is None else policy.clocks(known, as_of=end)
        at_the_end = [event for one in clocks for event in ladder.events(one)]
        assert sorted(delivered, key=lambda event: event.key) == sorted(
            at_the_end, key=lambda event: event.key
        )

    @given(stories(), PROMISES, REOPENINGS, LADDERS, instants())
    def test_bring_what_the_ladder_promises(
        self,
        story: Story,
        promise: dict[str, Any],
        reopening: dict[str, Any],
        ladder: EscalationLadder,
        as_of: datetime,
    ) -> None:
        policy = SlaPolicy(name="Gold", targets=[a_target(**promise, **reopening)])

        for found in policy.clocks(story.case, as_of=as_of):
            events = ladder.events(found)
            over_at = found.done_at or found.ended_at
            assert len({event.level for event in events}) == len(events)
            assert ladder.cap is None or len(events) <= ladder.cap
            for before, after in pairwise(events):
                assert after.at - before.at >= ladder.cool_down
            for event in events:
                assert found.started_at <= event.reached_at <= event.at <= as_of
                assert over_at is None or event.at < over_at
                if ladder.delivery is Delivery.WHEN_OPEN:
                    assert found.target.calendar.is_open(event.at)


class TestEscalation:
    def test_explains_itself_in_both_languages(self) -> None:
        _, second = LADDER.events(clock(asked(), 4 * HOUR))

        why = second.explain()

        assert why.verdict == "head of service"
        assert why.sentence("en") == (
            "enquiry Q-1, resolution within 4 h: level 2 is reached at 2026-03-02 13:00 UTC;"
            " tell head of service at 2026-03-02 13:00 UTC"
        )
        assert why.sentence("zh") == (
            "咨询Q-1（4小时内解决）：2026-03-02 13:00 UTC达到第2级；"
            "2026-03-02 13:00 UTC通知head of service"
        )
