from datetime import datetime, timedelta

import attrs
import pytest

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Text, WorkCalendar
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    JOURNEY_CODEC,
    LADDER,
    Journey,
    JourneyAct,
    Lifecycle,
    RelationshipStrategy,
    StageOrigin,
    UsualStay,
    journey_id,
    taken_up,
)
from crmkit.testing import NINE


def day(number: int) -> datetime:
    return NINE + timedelta(days=number)


def a_journey(
    stage: str = "growth",
    *,
    lifecycle: Lifecycle = FOUR_STAGE,
    origin: StageOrigin = StageOrigin.INFERRED,
) -> Journey:
    return Journey.begin(
        journey_id(lifecycle.name, "C-7"),
        "ann",
        NINE,
        customer="C-7",
        lifecycle=lifecycle,
        stage=stage,
        why="on record",
        origin=origin,
    )


class TestBegin:
    def test_begins_in_the_first_stage_by_hand(self) -> None:
        one = Journey.begin("x", "ann", NINE, customer="C-7", lifecycle=FOUR_STAGE, why="hello")

        assert (one.stage, one.is_held, one.verdict) == ("exploration", True, None)

    def test_refuses_an_unknown_stage(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'growth'"):
            a_journey("grwth")

    @pytest.mark.parametrize("why", [" ", None])
    def test_needs_a_reason(self, why: str) -> None:
        with pytest.raises(InvalidValueError, match="must say why"):
            Journey.begin("x", "ann", NINE, customer="C-7", lifecycle=FOUR_STAGE, why=why)

    def test_places_and_trail_must_agree(self) -> None:
        with pytest.raises(InvalidValueError, match="one for each step"):
            attrs.evolve(a_journey(), places=())


class TestMove:
    def test_leaves_the_original_untouched(self) -> None:
        before = a_journey()

        after = before.move("bob", day(1), lifecycle=FOUR_STAGE, to="maturity", why="steady")

        assert (before.stage, after.stage, after.is_held) == ("growth", "maturity", True)
        assert after.trail[-1].stage is JourneyAct.ADVANCED

    def test_is_refused_with_what_is_allowed(self) -> None:
        with pytest.raises(TransitionError, match="maturity or decline, not exploration") as told:
            a_journey().move("bob", day(1), lifecycle=FOUR_STAGE, to="exploration", why="no")

        assert told.value.allowed == ("maturity", "decline")
        assert "不能转入" in told.value.explain().sentence("zh")

    def test_is_refused_while_a_requirement_is_not_met(self) -> None:
        one = a_journey("first_time", lifecycle=LADDER)

        with pytest.raises(TransitionError, match="nothing was bought again yet"):
            one.move("bob", day(1), lifecycle=LADDER, to="repeat", why="?", facts={"orders": 1})

        moved = one.move("b", day(1), lifecycle=LADDER, to="repeat", why="!", facts={"orders": 2})
        assert moved.stage == "repeat"

    def test_needs_another_stage(self) -> None:
        with pytest.raises(InvalidValueError, match="another stage than the present"):
            a_journey().move("bob", day(1), lifecycle=FOUR_STAGE, to="growth", why="again")

    def test_needs_its_own_lifecycle(self) -> None:
        with pytest.raises(InvalidValueError, match="must be 'four_stage'"):
            a_journey().move("bob", day(1), lifecycle=LADDER, to="repeat", why="no")

    def test_refuses_an_earlier_version(self) -> None:
        later = attrs.evolve(FOUR_STAGE, version=2)
        one = a_journey().move("bob", day(1), lifecycle=later, to="maturity", why="new rules")

        with pytest.raises(InvalidValueError, match="must not be before 2"):
            one.move("bob", day(2), lifecycle=FOUR_STAGE, to="decline", why="old rules")

    def test_leads_out_of_a_stage_that_a_later_version_dropped(self) -> None:
        stages = {"young": Text("Young", "新"), "old": Text("Old", "老")}
        later = Lifecycle.of(
            "four_stage", Text("New", "新"), stages=stages, moves={"young": ["old"]}, version=2
        )

        one = a_journey().move("bob", day(1), lifecycle=later, to="old", why="new words")

        assert (one.stage, one.trail[-1].stage) == ("old", JourneyAct.MOVED)
        with pytest.raises(InvalidValueError, match="stage is 'growth'"):
            a_journey().infer("bob", day(1), lifecycle=later, verdict="old", why="rules")


class TestInfer:
    def test_moves_by_one_allowed_move(self) -> None:
        one = a_journey("exploration")

        one = one.infer("rules", day(1), lifecycle=FOUR_STAGE, verdict="maturity", why="steady")
        assert (one.stage, one.verdict, one.differs) == ("growth", "maturity", True)

        one = one.infer("rules", day(2), lifecycle=FOUR_STAGE, verdict="maturity", why="steady")
        assert (one.stage, one.differs, one.origin) == ("maturity", False, StageOrigin.INFERRED)

    def test_changes_nothing_where_it_is_on_record(self) -> None:
        one = a_journey()

        assert one.infer("r", day(1), lifecycle=FOUR_STAGE, verdict="growth", why="still") is one

    def test_respects_what_was_set_by_hand_and_puts_the_disagreement_down(self) -> None:
        held = a_journey(origin=StageOrigin.HAND)

        one = held.infer("rules", day(1), lifecycle=FOUR_STAGE, verdict="decline", why="silent")

        assert (one.stage, one.verdict, one.differs) == ("growth", "decline", True)
        assert one.trail[-1].stage is JourneyAct.DISPUTED
        assert one.infer("r", day(2), lifecycle=FOUR_STAGE, verdict="decline", why="s") is one

    def test_confirms_what_was_set_by_hand(self) -> None:
        held = a_journey(origin=StageOrigin.HAND)

        one = held.infer("rules", day(1), lifecycle=FOUR_STAGE, verdict="growth", why="rising")

        assert (one.trail[-1].stage, one.differs, one.is_held) == (
            JourneyAct.CONFIRMED,
            False,
            True,
        )

    def test_disputes_where_no_way_leads(self) -> None:
        one = a_journey("first_time", lifecycle=LADDER)

        one = one.infer("rules", day(1), lifecycle=LADDER, verdict="suspect", why="silent")

        assert (one.stage, one.trail[-1].stage) == ("first_time", JourneyAct.DISPUTED)

    def test_waits_for_what_the_move_requires(self) -> None:
        one = a_journey("first_time", lifecycle=LADDER)

        waits = one.infer("r", day(1), lifecycle=LADDER, verdict="repeat", why="two orders")
        goes = one.infer(
            "r", day(1), lifecycle=LADDER, verdict="repeat", why="two", facts={"orders": 2}
        )

        assert (waits.stage, goes.stage) == ("first_time", "repeat")


class TestRelease:
    def test_lets_rules_move_him_again(self) -> None:
        one = a_journey(origin=StageOrigin.HAND).release("ann", day(1), why="visit is over")

        one = one.infer("rules", day(2), lifecycle=FOUR_STAGE, verdict="decline", why="silent")

        assert (one.stage, one.origin) == ("decline", StageOrigin.INFERRED)

    def test_needs_a_stage_set_by_hand(self) -> None:
        with pytest.raises(InvalidValueError, match="must be held by hand"):
            a_journey().release("ann", day(1), why="?")


class TestAdopt:
    def test_keeps_the_strategy_through_moves(self) -> None:
        velcro = RelationshipStrategy.VELCRO
        one = a_journey().adopt("ann", day(1), strategy=velcro, why="key account")

        moved = one.move("ann", day(2), lifecycle=FOUR_STAGE, to="maturity", why="steady")

        assert (one.strategy, moved.strategy) == (velcro, velcro)
        before = one.place_at(NINE)
        assert before is not None
        assert before.strategy is None
        with pytest.raises(InvalidValueError, match="another than the present"):
            one.adopt("ann", day(3), strategy=velcro, why="again")


class TestRestore:
    def test_puts_back_and_keeps_what_was_in_between(self) -> None:
        before = a_journey()
        moved = before.move("bob", day(1), lifecycle=FOUR_STAGE, to="decline", why="slip")

        one = moved.restore("ann", day(2), earlier=before)

        assert (one.stage, len(one.trail), one.trail[-1].stage) == (
            "growth",
            3,
            JourneyAct.RESTORED,
        )

    def test_needs_a_version_of_itself(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a version of"):
            a_journey().restore("ann", day(1), earlier=a_journey("suspect", lifecycle=LADDER))


class TestQuestions:
    def lost_and_back(self) -> Journey:
        one = a_journey("loyal", lifecycle=CUSTOMER_STATE)
        for number, to in enumerate(("at_risk", "lost", "won_back"), 1):
            one = one.move("ann", day(10 * number), lifecycle=CUSTOMER_STATE, to=to, why="heard")
        return one.release("ann", day(40), why="done")

    def test_stage_at_any_date(self) -> None:
        one = self.lost_and_back()

        told = [one.stage_at(day(number)) for number in (-1, 0, 10, 25, 99)]

        assert told == [None, "loyal", "at_risk", "lost", "won_back"]

    def test_regressions_and_win_backs(self) -> None:
        one = self.lost_and_back()

        assert [move.after for move in one.regressions] == ["at_risk", "lost"]
        assert [move.before for move in one.win_backs] == ["lost"]

    def test_steps_that_leave_the_stage_are_history_but_no_moves(self) -> None:
        one = self.lost_and_back()

        assert (len(one.history), len(one.moves)) == (5, 4)
        assert one.since == day(30)

    def test_time_in_a_stage_counts_every_stay(self) -> None:
        one = self.lost_and_back()
        one = one.move("ann", day(50), lifecycle=CUSTOMER_STATE, to="at_risk", why="silent")

        assert one.time_in("at_risk", day(53)) == timedelta(days=13)
        assert one.time_in("at_risk", day(15)) == timedelta(days=5)

    def test_time_in_a_stage_in_working_time(self) -> None:
        """NINE is nine o'clock of a Monday in UTC: five days of eight hours a week."""
        days = ("mon", "tue", "wed", "thu", "fri")
        office = WorkCalendar("UTC", {name: [("09:00", "17:00")] for name in days})
        one = a_journey().move("ann", day(7), lifecycle=FOUR_STAGE, to="maturity", why="steady")

        assert one.time_in("growth", day(9), calendar=office) == timedelta(hours=40)

    def test_first_stay_was_not_seen_to_begin(self) -> None:
        told = [stay.was_seen_to_begin for stay in self.lost_and_back().stays]

        assert told == [False, True, True, True]
        assert self.lost_and_back().next_stages == ("at_risk", "lost", "won_back", None)

    def test_is_stuck_longer_than_usual(self) -> None:
        usual = UsualStay(stage="growth", within=timedelta(days=30), spells=50)
        one = a_journey()

        told = [
            one.explain_stay(day(n), lifecycle=FOUR_STAGE, usual=usual).verdict for n in (30, 31)
        ]

        assert told == [False, True]

    def test_relation_of_one_at_risk_is_what_he_was(self) -> None:
        one = a_journey("new", lifecycle=CUSTOMER_STATE)
        one = one.move("ann", day(1), lifecycle=CUSTOMER_STATE, to="at_risk", why="silent")

        assert one.word(CUSTOMER_STATE, "relation") == "new"
        assert (
            a_journey("potential", lifecycle=CUSTOMER_STATE).word(CUSTOMER_STATE, "relation")
            is None
        )


class TestCodec:
    def test_brings_a_journey_back(self) -> None:
        one = a_journey().adopt("ann", day(1), strategy=RelationshipStrategy.CLASP, why="tender")

        stored = JOURNEY_CODEC.encode_exactly(one)

        assert JOURNEY_CODEC.decode(stored, 1) == one
        assert JOURNEY_CODEC.key_values(one)["act"] == "adapted"


class TestTakenUp:
    def test_returns_only_what_changes(self) -> None:
        held = a_journey()

        changed = taken_up(
            [held],
            "rules",
            day(1),
            lifecycle=FOUR_STAGE,
            verdicts=[("C-7", "growth"), ("C-8", "decline")],
            why="rules/1",
            reasons={"C-8": "silent"},
        )

        assert [(one.customer, one.stage, one.trail[-1].note) for one in changed] == [
            ("C-8", "decline", "silent")
        ]

    def test_moves_who_is_on_record(self) -> None:
        (one,) = taken_up(
            [a_journey()], "r", day(1), lifecycle=FOUR_STAGE, verdicts={"C-7": "decline"}, why="r/1"
        )

        assert (one.stage, len(one.trail)) == ("decline", 2)

    def test_refuses_a_customer_twice(self) -> None:
        twice = [("C-7", "growth"), ("C-7", "decline")]

        with pytest.raises(InvalidValueError, match="must be named once"):
            taken_up([], "r", NINE, lifecycle=FOUR_STAGE, verdicts=twice, why="r/1")
