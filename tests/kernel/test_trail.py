"""The present stage is the last line of the trail, and time never runs backwards along it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Labelled,
    Party,
    Step,
    Trail,
    checked_act,
    entered,
    instant,
    lengthened,
    time_in,
    unbroken,
)


class Stage(Labelled):
    OPEN = "open", "Open", "待办"
    WAITING = "waiting", "Waiting", "等待"
    DONE = "done", "Done", "完成"


@attrs.frozen(kw_only=True, slots=False)
class Errand:
    id: str
    about: str
    trail: Trail[Stage] = attrs.field(validator=unbroken)


NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOURS = st.lists(st.integers(0, 1000), min_size=1, max_size=12).map(sorted)


def a_trail(*stays: tuple[Stage, int]) -> Trail[Stage]:
    return tuple(Step(stage, "ann", NINE + timedelta(hours=hour)) for stage, hour in stays)


TRAILS = st.builds(
    lambda hours, stages: a_trail(*zip(stages, hours, strict=False)),
    HOURS,
    st.lists(st.sampled_from(Stage), min_size=12, max_size=12),
)


class TestCheckedAct:
    def test_tells_when_in_utc(self) -> None:
        at = datetime(2026, 3, 2, 17, tzinfo=ZoneInfo("Asia/Shanghai"))

        assert checked_act("ann", at) == NINE
        assert checked_act("ann", at).tzinfo is UTC

    def test_refuses_what_no_step_would_take(self) -> None:
        with pytest.raises(InvalidValueError, match="by is ' ': it must name who acts"):
            checked_act(" ", NINE)
        with pytest.raises(InvalidValueError, match="must have a time zone"):
            checked_act("ann", datetime(2026, 3, 2, 9))


class TestStep:
    def test_waits_for_somebody_else_or_for_nobody(self) -> None:
        waits = Step(Stage.OPEN, "ann", NINE, awaits=Party.CUSTOMER)

        assert (waits.awaits, Step(Stage.OPEN, "ann", NINE).awaits) == (Party.CUSTOMER, None)

    @pytest.mark.parametrize("awaits", [Party.STAFF, "customer", True])
    def test_never_waits_for_ourselves(self, awaits: Party) -> None:
        with pytest.raises(InvalidValueError, match="must be somebody else than ourselves"):
            Step(Stage.OPEN, "ann", NINE, awaits=awaits)

    def test_keeps_who_when_and_what_was_said(self) -> None:
        step = Step(Stage.OPEN, "ann", NINE, "by phone")

        assert (step.stage, step.by, step.at, step.note) == (Stage.OPEN, "ann", NINE, "by phone")

    @pytest.mark.parametrize("by", ["", "  ", None])
    def test_is_nobodys_act_never(self, by: object) -> None:
        with pytest.raises(InvalidValueError, match=r"by is .*: it must name who acts"):
            Step(Stage.OPEN, by, NINE)  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize("at", [datetime(2026, 3, 2), "now"])
    def test_is_at_an_instant(self, at: object) -> None:
        with pytest.raises(InvalidValueError, match=r"^at is"):
            Step(Stage.OPEN, "ann", at)  # type: ignore[arg-type]  # refused

    def test_is_in_utc(self) -> None:
        """Else the hours between two steps would be those of the wall clock."""
        before = datetime(2026, 3, 29, 1, tzinfo=ZoneInfo("Europe/Berlin"))

        with pytest.raises(InvalidValueError, match=r"must be in UTC; pass it through"):
            Step(Stage.OPEN, "ann", before)
        assert Step(Stage.OPEN, "ann", instant(before)).at == before


class TestUnbroken:
    @given(TRAILS)
    def test_takes_steps_in_the_order_of_time(self, trail: Trail[Stage]) -> None:
        assert Errand(id="E-1", about="keys", trail=trail).trail == trail

    def test_refuses_a_trail_that_never_began(self) -> None:
        with pytest.raises(InvalidValueError, match="must have at least one step"):
            Errand(id="E-1", about="keys", trail=())

    def test_refuses_to_go_back_in_time(self) -> None:
        with pytest.raises(InvalidValueError, match="not be earlier than the step before it, at"):
            Errand(id="E-1", about="keys", trail=a_trail((Stage.OPEN, 2), (Stage.DONE, 1)))


class TestLengthened:
    @given(TRAILS, st.integers(0, 100))
    def test_is_what_evolving_the_record_makes(self, trail: Trail[Stage], later: int) -> None:
        errand = Errand(id="E-1", about="keys", trail=trail)
        step = Step(Stage.DONE, "bob", trail[-1].at + timedelta(hours=later))

        longer = lengthened(errand, step)

        assert longer == attrs.evolve(errand, trail=(*trail, step))
        assert type(longer) is Errand
        assert errand.trail == trail

    def test_refuses_to_go_back_in_time(self) -> None:
        errand = Errand(id="E-1", about="keys", trail=a_trail((Stage.OPEN, 2)))

        with pytest.raises(InvalidValueError, match="not be earlier than the step before it, at"):
            lengthened(errand, Step(Stage.DONE, "bob", NINE))


class TestEntered:
    def test_is_when_a_stage_came_first(self) -> None:
        trail = a_trail((Stage.OPEN, 0), (Stage.WAITING, 1), (Stage.OPEN, 2))

        assert entered(trail, Stage.OPEN) == NINE
        assert entered(trail, Stage.WAITING) == NINE + timedelta(hours=1)
        assert entered(trail, Stage.DONE) is None


class TestTimeIn:
    def test_adds_up_every_stay(self) -> None:
        """By hand: open 0–1 and 4–9, waiting 1–4."""
        trail = a_trail((Stage.OPEN, 0), (Stage.WAITING, 1), (Stage.OPEN, 4), (Stage.DONE, 9))

        assert time_in(trail, Stage.OPEN) == timedelta(hours=6)
        assert time_in(trail, Stage.WAITING) == timedelta(hours=3)
        assert time_in(trail, Stage.DONE) == timedelta(0)

    def test_counts_a_stay_that_has_not_ended_only_when_told_until_when(self) -> None:
        trail = a_trail((Stage.OPEN, 0))
        ten = datetime(2026, 3, 2, 18, tzinfo=ZoneInfo("Asia/Shanghai"))

        assert time_in(trail, Stage.OPEN) == timedelta(0)
        assert time_in(trail, Stage.OPEN, as_of=ten) == timedelta(hours=1)
        assert time_in(trail, Stage.DONE, as_of=ten) == timedelta(0)

    def test_counts_nothing_before_the_stay_began(self) -> None:
        early = NINE - timedelta(days=1)

        assert time_in(a_trail((Stage.OPEN, 0)), Stage.OPEN, as_of=early) == timedelta(0)

    @given(TRAILS, st.integers(0, 100))
    def test_of_all_stages_is_the_time_gone_by(self, trail: Trail[Stage], later: int) -> None:
        as_of = trail[-1].at + timedelta(hours=later)

        total = sum((time_in(trail, stage, as_of=as_of) for stage in Stage), timedelta())

        assert total == as_of - trail[0].at

    def test_refuses_a_naive_end(self) -> None:
        with pytest.raises(InvalidValueError, match=r"^as_of is"):
            time_in(a_trail((Stage.OPEN, 0)), Stage.OPEN, as_of=datetime(2026, 3, 2))


def test_a_step_leads_to_a_stage() -> None:
    with pytest.raises(InvalidValueError, match="must be a stage of a workflow"):
        Step("received", "ann", NINE)  # type: ignore[type-var]  # refused
