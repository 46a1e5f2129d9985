"""The desk of journeys, in memory and in a file."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest

import crmkit
from crmkit.app import CRM, stage_changes
from crmkit.errors import ConflictError, InvalidValueError, NotFoundError
from crmkit.kernel import FrozenMap, Text
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    LADDER,
    STATE_RULES,
    JourneyAct,
    JourneyMove,
    Lifecycle,
    Population,
    RelationshipStrategy,
    UsualStay,
    infer_stages,
    stage_dwell,
    stages_at,
)
from crmkit.testing import NINE


DAY = timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", durable=False) as opened:
        yield opened.acting(at=NINE)


class TestBegin:
    def test_refuses_a_second_journey_of_one_lifecycle(self, crm: CRM) -> None:
        crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="first order")

        with pytest.raises(ConflictError):
            crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="again")

    def test_lets_a_customer_be_on_several(self, crm: CRM) -> None:
        clasp = RelationshipStrategy.CLASP
        crm.journeys.begin(customer="C-7", lifecycle=LADDER, stage="repeat", why="two orders")
        crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="new", strategy=clasp)
        crm.journeys.begin(customer="C-8", lifecycle=LADDER, why="new")

        assert [one.lifecycle for one in crm.journeys.of("C-7")] == ["four_stage", "ladder"]
        assert [one.customer for one in crm.journeys.find(strategy="clasp")] == ["C-7"]


class TestLifecycle:
    def test_is_one_of_the_bundled(self, crm: CRM) -> None:
        assert crm.journeys.lifecycle("four_stage") is FOUR_STAGE

    def test_names_the_nearest_where_there_is_none(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match=r"lifecycle is 'four_stages'.*four_stage"):
            crm.journeys.lifecycle("four_stages")


class TestTakeUp:
    def test_stores_verdicts_with_their_history(self, crm: CRM) -> None:
        crm.journeys.take_up(FOUR_STAGE, {"C-7": "growth", "C-8": "growth"}, why="rules/1")
        later = crm.acting(by="rules", at=NINE + DAY).journeys

        changed = later.take_up(
            FOUR_STAGE,
            [("C-7", "decline"), ("C-8", "growth")],
            why="rules/1",
            reasons={"C-7": "silent for 3 rhythms"},
        )

        assert [(one.customer, one.act) for one in changed] == [("C-7", JourneyAct.FALLEN)]
        one = later.get("four_stage/C-7")
        assert (one.stage, one.trail[-1].by, one.trail[-1].note) == (
            "decline",
            "rules",
            "silent for 3 rhythms",
        )
        assert later.members("four_stage") == {"C-7": "decline", "C-8": "growth"}
        assert later.members("four_stage", at=NINE) == {"C-7": "growth", "C-8": "growth"}
        assert later.members("four_stage", at=NINE - DAY) == {}

    def test_takes_a_frame_of_inferred_stages(self, crm: CRM) -> None:
        orders = pl.DataFrame(
            {"customer_id": ["C-7", "C-8"], "ordered_at": [date(2025, 1, 5), date(2026, 2, 1)]}
        )
        told = infer_stages(
            orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2026, 3, 2)
        )

        pairs = zip(told["customer_id"], told["stage"], strict=True)
        crm.journeys.take_up(CUSTOMER_STATE, pairs, why=STATE_RULES.tag)

        assert crm.journeys.members("customer_state") == {"C-7": "at_risk", "C-8": "new"}

    def test_respects_what_was_set_by_hand_and_shows_it(self, crm: CRM) -> None:
        crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, stage="growth", why="a visit")

        crm.journeys.take_up(FOUR_STAGE, {"C-7": "decline"}, why="rules/1")

        assert crm.journeys.members("four_stage") == {"C-7": "growth"}
        (one,) = crm.journeys.differing("four_stage")
        assert (one.stage, one.verdict) == ("growth", "decline")

    def test_saves_all_or_nothing(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="'gone'"):
            crm.journeys.take_up(FOUR_STAGE, {"C-7": "growth", "C-8": "gone"}, why="rules/1")

        assert crm.journeys.find() == ()


class TestInfer:
    def test_saves_nothing_where_it_is_on_record(self, crm: CRM) -> None:
        crm.journeys.take_up(FOUR_STAGE, {"C-7": "growth"}, why="rules/1")
        told: list[object] = []
        crm.subscribe(told.append)

        one = crm.journeys.infer(
            "four_stage/C-7", lifecycle=FOUR_STAGE, verdict="growth", why="rules/1"
        )

        assert one.stage == "growth"
        assert len(crm.history.of(one.id)) == 1

    def test_needs_a_journey(self, crm: CRM) -> None:
        with pytest.raises(NotFoundError):
            crm.journeys.infer("four_stage/C-9", lifecycle=FOUR_STAGE, verdict="growth", why="?")


class TestQuestions:
    def test_moves_of_a_stretch_of_time(self, crm: CRM) -> None:
        crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="first order")
        later = crm.acting(at=NINE + 5 * DAY).journeys
        later.move("four_stage/C-7", lifecycle=FOUR_STAGE, to="growth", why="rising")
        later.begin(customer="C-7", lifecycle=LADDER, why="on the list")

        def after(moves: tuple[JourneyMove, ...]) -> list[str]:
            return [one.after for one in moves]

        assert after(crm.journeys.moves(NINE)) == ["exploration", "growth", "suspect"]
        assert after(crm.journeys.moves(NINE + DAY, lifecycle="four_stage")) == ["growth"]
        assert after(crm.journeys.moves(NINE, until=NINE + DAY)) == ["exploration"]
        with pytest.raises(InvalidValueError):
            crm.journeys.moves(datetime(2026, 3, 2))

    def test_who_is_stuck(self, crm: CRM) -> None:
        crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="first order")
        crm.journeys.begin(customer="C-8", lifecycle=FOUR_STAGE, stage="growth", why="rising")
        usual = {"exploration": UsualStay(stage="exploration", within=9 * DAY, spells=40)}

        told = {
            days: [
                one.find("record").value
                for one in crm.acting(at=NINE + days * DAY).journeys.stuck(FOUR_STAGE, usual)
            ]
            for days in (9, 10)
        }

        assert told == {9: [], 10: ["journey four_stage/C-7"]}

    def test_subscribers_are_told(self, crm: CRM) -> None:
        told: list[JourneyMove] = []
        crm.subscribe(lambda committed: told.extend(stage_changes(committed)))

        crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="first order")
        crm.customers.add_person(name="Li Wei")

        assert [(one.customer, one.after) for one in told] == [("C-7", "exploration")]


class TestHistory:
    def test_restores_an_earlier_stage(self, crm: CRM) -> None:
        crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="first order")
        crm.journeys.move("four_stage/C-7", lifecycle=FOUR_STAGE, to="decline", why="a slip")

        crm.history.of("four_stage/C-7", kind="journey").restore(1)

        one = crm.journeys.get("four_stage/C-7")
        assert (one.stage, one.trail[-1].stage) == ("exploration", JourneyAct.RESTORED)


class TestClasses:
    """Domain fact C3 derives from the customer's state."""

    def test_follow_from_the_state(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.customers.classify("C-7", closeness="potential", handling="key")

        assert crm.customers.classes("C-7") == {"closeness": "potential", "handling": "key"}
        crm.journeys.take_up(CUSTOMER_STATE, {"C-7": "loyal"}, why="rules/1")
        crm.journeys.take_up(CUSTOMER_STATE, {"C-7": "at_risk"}, why="rules/1")

        assert crm.customers.classes("C-7") == {
            "closeness": "current",
            "handling": "key",
            "relation": "loyal",
        }
        assert crm.customers.get("C-7").classes["closeness"] == "potential"

    def test_need_a_customer(self, crm: CRM) -> None:
        with pytest.raises(NotFoundError):
            crm.customers.classes("C-9")


class TestFrames:
    def test_tell_journeys_steps_and_stays(self, crm: CRM) -> None:
        crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="first order")
        later = crm.acting(at=NINE + DAY).journeys
        later.move("four_stage/C-7", lifecycle=FOUR_STAGE, to="growth", why="rising")

        journeys = crm.frames.journeys(backend="polars")
        moves = crm.frames.journey_moves(backend="polars")
        stays = crm.frames.journey_stays(backend="polars")

        assert journeys.select("customer", "stage", "origin").rows() == [("C-7", "growth", "hand")]
        told = moves.select("step", "act", "before", "after", "why").rows()
        assert told == [
            (1, "begun", None, "exploration", "first order"),
            (2, "advanced", "exploration", "growth", "rising"),
        ]
        told = stays.select("stage", "until", "was_seen_to_begin", "next_stage").rows()
        assert told == [("exploration", NINE + DAY, False, "growth"), ("growth", None, True, None)]

    def test_are_read_as_a_population_where_a_journey_was_put_back(self, crm: CRM) -> None:
        """From growth no way leads back to exploration, but a slip may be put right."""
        crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="first order")
        later = crm.acting(at=NINE + DAY)
        later.journeys.move("four_stage/C-7", lifecycle=FOUR_STAGE, to="growth", why="a slip")
        crm.acting(at=NINE + 3 * DAY).history.of("four_stage/C-7").restore(1)
        moves = crm.frames.journey_moves(backend="polars")
        stays = crm.frames.journey_stays(backend="polars")

        of_moves = Population.read(
            moves, as_of=NINE + 9 * DAY, lifecycle=FOUR_STAGE, stage="after", moved_at="at"
        )
        of_stays = Population.read(
            stays, as_of=NINE + 9 * DAY, lifecycle=FOUR_STAGE, moved_at="since", until="until"
        )

        assert stays["act"].to_list() == ["begun", "advanced", "restored"]
        for population in (of_moves, of_stays):
            assert stages_at(population, NINE + 2 * DAY)["stage"].item() == "growth"
            assert stages_at(population, NINE + 4 * DAY)["stage"].item() == "exploration"
            told = stage_dwell(population).select("n", "ended", "open").rows()
            assert told[:2] == [(2, 1, 1), (1, 0, 1)]


class TestErasure:
    def test_takes_out_what_was_said(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="his wife called")

        crm.erase("C-7")

        assert "wife" not in str(crm.journeys.get("four_stage/C-7"))


class TestAwaited:
    def test_does_the_same(self) -> None:
        async def work() -> list[str]:
            async with crmkit.open_async(actor="ann") as opened:
                await opened.journeys.take_up(FOUR_STAGE, {"C-7": "growth"}, why="rules/1")
                return [move.after for move in (await opened.journeys.of("C-7"))[0].moves]

        assert asyncio.run(work()) == ["growth"]


class TestLifecycles:
    club = Lifecycle.of(
        "club",
        Text("Our club", "会员俱乐部"),
        stages={"guest": Text("Guest", "访客"), "member": Text("Member", "会员")},
        moves={"guest": ["member"]},
    )

    def test_of_the_company_go_by_their_names(self) -> None:
        desk = crmkit.open(actor="ann", lifecycles=[self.club]).journeys

        one = desk.begin(customer="C-7", lifecycle="club", why="a visit")

        assert desk.move(one.id, to="member", why="paid").stage == "member"
        assert desk.infer(one.id, verdict="guest", why="rules/1").differs
        assert desk.stuck("club", {}) == ()

    def test_take_the_place_of_a_bundled_one(self) -> None:
        """A company whose dormant customers are as good as lost."""
        ours = attrs.evolve(
            CUSTOMER_STATE,
            version=2,
            words=FrozenMap({"closeness": FrozenMap({"dormant": "lost", "new": "current"})}),
        )
        crm = crmkit.open(actor="ann", lifecycles=[ours])
        crm.customers.add_person(id="C-7", name="Li Wei")

        crm.journeys.begin(
            customer="C-7", lifecycle="customer_state", stage="dormant", why="silent"
        )

        assert crm.customers.classes("C-7") == {"closeness": "lost"}
        assert [one.id for one in crm.customers.classed(closeness="lost")] == ["C-7"]

    def test_are_refused_by_name(self) -> None:
        desk = crmkit.open(actor="ann").journeys

        with pytest.raises(InvalidValueError, match="did you mean 'ladder'"):
            desk.begin(customer="C-7", lifecycle="lader", why="a visit")

    @pytest.mark.parametrize(
        ("kept", "message"),
        [([club, club], "must be named once"), (["club"], "must be Lifecycles")],
    )
    def test_that_are_none_are_refused(self, kept: Any, message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            crmkit.open(lifecycles=kept).journeys.of("C-7")


class TestClassed:
    def test_finds_by_what_follows_and_by_what_was_put_down(self, crm: CRM) -> None:
        for id in ("C-7", "C-8", "C-9"):
            crm.customers.add_person(id=id, name="Li Wei")
        crm.customers.classify("C-8", relation="lost", handling="key")
        crm.customers.classify("C-9", relation="lost")
        crm.journeys.take_up(CUSTOMER_STATE, {"C-7": "lost", "C-8": "loyal"}, why="rules/1")

        assert [one.id for one in crm.customers.classed(relation="lost")] == ["C-7", "C-9"]
        told = crm.customers.classed(relation="loyal", handling="key")
        assert [one.id for one in told] == ["C-8"]

    @pytest.mark.parametrize(
        "asked",
        [
            lambda desk: desk.find(relation="lost"),
            lambda desk: desk.find(("closeness", "!=", "lost")),
            lambda desk: desk.find(order_by="relation"),
            lambda desk: list(desk.each(relation="lost")),
        ],
        ids=["equal", "where", "order", "each"],
    )
    def test_is_pointed_to_where_find_would_miss_some(self, crm: CRM, asked: Any) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        assert asked(crm.customers) is not None

        crm.journeys.take_up(CUSTOMER_STATE, {"C-7": "lost"}, why="rules/1")

        with pytest.raises(InvalidValueError, match=r"ask crm\.customers\.classed"):
            asked(crm.customers)

    def test_refuses_a_class_that_is_none(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="it is no term"):
            crm.customers.classed(relation="lots")
