"""The recall: every unit followed to its end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crmkit.cases import StateGroup
from crmkit.complaints import (
    RECALL_CODEC,
    RECALL_WORKFLOW,
    UNIT_WORKFLOW,
    Recall,
    RecallStage as Stage,
    UnitStage,
    UnitStep,
)
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.testing import NINE


DAY: Final = timedelta(days=1)
UNITS: Final = ("W-1", "W-2", "W-3", "W-4", "W-5")


def decided(tries: int = 3) -> Recall:
    return Recall.open(
        "R-1",
        "ann",
        NINE,
        complaints=("K-1",),
        about="motor may burn",
        units=UNITS,
        product="W-200",
        tries=tries,
    )


def announced(tries: int = 3) -> Recall:
    return decided(tries).announce("ann", NINE)


def closed() -> Recall:
    return announced().repair("bob", NINE, units=UNITS).close("ann", NINE)


class TestOpen:
    def test_lists_every_unit(self) -> None:
        recall = decided()

        assert recall.units == recall.open_units == UNITS
        assert recall.progress[UnitStage.LISTED] == 5
        assert (str(recall), recall.label("zh")) == ("recall R-1", "召回R-1")
        assert recall.facts["open_units"] == 5
        assert recall.complaints == ("K-1",)

    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"units": ()}, "units"),
            ({"units": ("W-1", "W-1")}, "units"),
            ({"units": (1,)}, "units"),
            ({"units": "W-1"}, "units"),
            ({"units": (" ",)}, "unit"),
            ({"complaints": ()}, "complaints"),
            ({"tries": 0}, "tries"),
            ({"tries": True}, "tries"),
            ({"about": ""}, "about"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, object], what: str) -> None:
        told: dict[str, object] = {
            "complaints": ("K-1",),
            "about": "motor may burn",
            "units": UNITS,
            **changed,
        }

        with pytest.raises(InvalidValueError) as refused:
            Recall.open("R-1", "ann", NINE, **told)  # type: ignore[arg-type]  # refused

        assert refused.value.name == what


class TestUnits:
    def test_are_not_followed_before_the_announcement(self) -> None:
        with pytest.raises(TransitionError, match="it is not announced"):
            decided().notify("bob", NINE, units=("W-1",))

    def test_go_their_way_or_none_does(self) -> None:
        recall = announced().scrap("bob", NINE, units=("W-2",))

        with pytest.raises(TransitionError, match="unit W-2 is scrapped") as refused:
            recall.notify("bob", NINE, units=("W-1", "W-2"))

        assert recall.stage_of("W-1") is UnitStage.LISTED
        assert refused.value.explain().sentence("zh").startswith("产品W-2目前为“已报废”")

    def test_are_given_up_after_so_many_tries(self) -> None:
        recall = announced(tries=2).miss("bob", NINE, units=("W-1",), note="no answer")

        with pytest.raises(TransitionError, match="it was not tried often enough"):
            recall.give_up("bob", NINE, units=("W-1",))

        recall = recall.miss("bob", NINE + DAY, units=("W-1",))
        assert recall.give_up("bob", NINE + DAY, units=("W-1",)).open_units == UNITS[1:]

    def test_count_tries_anew_when_a_holder_was_heard(self) -> None:
        recall = announced(tries=2).miss("bob", NINE, units=("W-1",))
        recall = recall.notify("bob", NINE, units=("W-1",)).miss("bob", NINE, units=("W-1",))

        with pytest.raises(TransitionError, match="not tried often enough"):
            recall.give_up("bob", NINE, units=("W-1",))

    def test_can_come_to_a_better_end(self) -> None:
        recall = announced().notify("bob", NINE, units=("W-1", "W-2"))
        recall = recall.refuse("bob", NINE, units=("W-1",)).take_back("bob", NINE, units=("W-2",))

        recall = recall.repair("bob", NINE, units=("W-1",)).scrap("bob", NINE, units=("W-2",))

        assert recall.progress[UnitStage.REPAIRED] == recall.progress[UnitStage.SCRAPPED] == 1
        assert [line.stage.value for line in recall.course_of("W-2")] == [
            "listed",
            "notified",
            "returned",
            "scrapped",
        ]

    def test_cannot_refuse_what_nobody_told_them(self) -> None:
        with pytest.raises(TransitionError, match="can become"):
            announced().refuse("bob", NINE, units=("W-1",))

    def test_that_are_not_on_the_list_are_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="add it with add_units"):
            announced().notify("bob", NINE, units=("W-9",))
        with pytest.raises(InvalidValueError, match="add it with add_units"):
            announced().stage_of("W-9")

    def test_are_not_followed_backwards_in_time(self) -> None:
        later = announced().notify("bob", NINE + DAY, units=("W-1",))

        with pytest.raises(InvalidValueError, match="put down before it"):
            later.notify("bob", NINE - DAY, units=("W-2",))
        with pytest.raises(InvalidValueError, match="the line before it"):
            later.notify("bob", NINE, units=("W-2",))


class TestAddUnits:
    def test_adds_what_is_found_later(self) -> None:
        recall = announced().add_units("eve", NINE, units=("W-6",), note="same lot")

        assert recall.open_units == (*UNITS, "W-6")
        assert recall.course_of("W-6")[0].note == "same lot"

    def test_refuses_a_unit_that_is_there(self) -> None:
        with pytest.raises(InvalidValueError, match="on the list already"):
            announced().add_units("eve", NINE, units=("W-6", "W-1"))

    def test_asks_to_open_it_again_first(self) -> None:
        with pytest.raises(TransitionError, match="it is over"):
            closed().add_units("eve", NINE, units=("W-6",))

        recall = closed().reopen("eve", NINE, reason="lot 12, too")
        assert recall.add_units("eve", NINE, units=("W-6",)).open_units == ("W-6",)


class TestClose:
    def test_names_the_first_few_units_and_how_many(self) -> None:
        recall = announced().repair("bob", NINE, units=("W-2",))

        with pytest.raises(TransitionError) as refused:
            recall.close("ann", NINE)

        assert refused.value.missing == ("4 of 5 units without an end: W-1, W-3, W-4 and 1 more",)
        assert refused.value.explain().sentence("zh") == (
            "召回R-1目前为“已公告”，尚不能转为“已结束”：5件中有4件尚无结果：W-1、W-3、W-4等4个"
        )
        assert recall.explain(Stage.CLOSED).missing == refused.value.missing

    def test_comes_when_every_unit_has_its_end(self) -> None:
        assert closed().state is StateGroup.CLOSED
        assert closed().open_units == ()

    def test_is_not_before_the_last_end(self) -> None:
        recall = announced().repair("bob", NINE + DAY, units=UNITS)

        with pytest.raises(InvalidValueError, match="put down before it"):
            recall.close("ann", NINE)

    def test_leaves_nothing_to_follow(self) -> None:
        with pytest.raises(TransitionError, match="it is over"):
            closed().scrap("bob", NINE, units=("W-1",))


class TestReopen:
    def test_needs_a_reason(self) -> None:
        with pytest.raises(InvalidValueError, match="reason"):
            closed().reopen("eve", NINE, reason="")
        with pytest.raises(TransitionError, match="why it should be opened again"):
            closed().announce("eve", NINE)

    def test_needs_an_end(self) -> None:
        with pytest.raises(TransitionError, match="it is not closed"):
            decided().reopen("eve", NINE, reason="lot 12, too")


class TestLog:
    @pytest.mark.parametrize(
        ("stages", "what"),
        [
            ((UnitStage.NOTIFIED,), "cannot be the next of unit W-1"),
            ((UnitStage.LISTED, UnitStage.LISTED), "cannot be the next"),
            ((UnitStage.LISTED, UnitStage.REFUSED), "cannot be the next"),
        ],
    )
    def test_goes_by_the_table(self, stages: tuple[UnitStage, ...], what: str) -> None:
        log = tuple(UnitStep("W-1", stage, "ann", NINE) for stage in stages)

        with pytest.raises(InvalidValueError, match=what):
            attrs.evolve(decided(), log=log)

    @pytest.mark.parametrize(
        "log", [(), ("W-1",), [UnitStep("W-1", UnitStage.LISTED, "ann", NINE)]]
    )
    def test_is_a_tuple_of_lines(self, log: object) -> None:
        with pytest.raises(InvalidValueError, match="tuple of UnitStep"):
            attrs.evolve(decided(), log=log)  # type: ignore[arg-type]  # refused

    def test_of_a_closed_recall_leaves_no_unit_open(self) -> None:
        with pytest.raises(InvalidValueError, match="every unit to its end"):
            attrs.evolve(closed(), log=closed().log[:-1])


class TestLinks:
    def test_are_made_and_undone_on_record(self) -> None:
        recall = closed().link("ann", NINE, complaint="K-2").unlink("ann", NINE, complaint="K-1")

        assert recall.complaints == ("K-2",)


class TestRestore:
    def test_brings_back_what_was_said(self) -> None:
        earlier = attrs.evolve(decided(), about="motor smells", product=None)

        restored = closed().restore("ann", NINE, earlier=earlier)

        assert restored == attrs.evolve(closed(), about="motor smells", product=None)


Verb = Callable[[Recall, datetime, tuple[str, ...]], Recall]

UNIT_VERBS: Final[dict[str, tuple[Verb, str]]] = {
    "miss": (lambda one, at, units: one.miss("bob", at, units=units), "sought"),
    "notify": (lambda one, at, units: one.notify("bob", at, units=units), "notified"),
    "take_back": (lambda one, at, units: one.take_back("bob", at, units=units), "returned"),
    "repair": (lambda one, at, units: one.repair("bob", at, units=units), "repaired"),
    "scrap": (lambda one, at, units: one.scrap("bob", at, units=units), "scrapped"),
    "refuse": (lambda one, at, units: one.refuse("bob", at, units=units), "refused"),
    "give_up": (lambda one, at, units: one.give_up("bob", at, units=units), "unreachable"),
}

MENDED: Final = {"returned", "repaired", "scrapped"}
NEXT: Final[dict[str, set[str]]] = {
    "listed": {"sought", "notified"} | MENDED,
    "sought": {"sought", "notified", "unreachable"} | MENDED,
    "notified": {"sought", "refused"} | MENDED,
    "returned": {"repaired", "scrapped"},
    "refused": MENDED,
    "unreachable": {"notified"} | MENDED,
    "repaired": set(),
    "scrapped": set(),
}
"""Where a unit may go from where: domain fact K17 in our words."""

OPEN: Final = {"listed", "sought", "notified"}


class RecallMachine(RuleBasedStateMachine):
    """Any verb at any time is allowed by the tables, or refused; no unit is lost."""

    @initialize(announces=st.booleans())
    def open(self, announces: bool) -> None:
        """Begin where most units have their end, for else chance seldom comes to a close."""
        self.recall = decided(tries=2)
        self.now = NINE
        self.stage = "decided"
        self.units = dict.fromkeys(UNITS, "listed")
        self.tried = dict.fromkeys(UNITS, 0)
        self.versions = [self.recall]
        if announces:
            self.act("announce", 1)
            self.follow("repair", UNITS[2:], 1)

    @rule(verb=st.sampled_from(("announce", "close", "reopen")), hours=st.integers(0, 60))
    def try_any(self, verb: str, hours: int) -> None:
        self.act(verb, hours)

    def act(self, verb: str, hours: int) -> None:
        self.now += timedelta(hours=hours)
        done = not OPEN & set(self.units.values())
        acts: dict[str, tuple[Callable[[], Recall], str, str, bool]] = {
            "announce": (
                lambda: self.recall.announce("ann", self.now),
                "decided",
                "announced",
                True,
            ),
            "close": (lambda: self.recall.close("ann", self.now), "announced", "closed", done),
            "reopen": (
                lambda: self.recall.reopen("ann", self.now, reason="lot 12, too"),
                "closed",
                "announced",
                True,
            ),
        }
        act, from_, to, ready = acts[verb]
        if self.stage == from_ and ready:
            self.recall, self.stage = act(), to
            self.versions.append(self.recall)
        else:
            with pytest.raises(TransitionError) as refused:
                act()
            assert refused.value.explain().sentence("zh")

    def may(self, verb: str, units: tuple[str, ...]) -> bool:
        to = UNIT_VERBS[verb][1]
        return self.stage == "announced" and all(
            to in NEXT[self.units[unit]] and (to != "unreachable" or self.tried[unit] >= 2)
            for unit in units
        )

    def follow(self, verb: str, units: tuple[str, ...], hours: int) -> None:
        act, to = UNIT_VERBS[verb]
        self.now += timedelta(hours=hours)
        self.recall = act(self.recall, self.now, units)
        for unit in units:
            self.units[unit] = to
            self.tried[unit] = self.tried[unit] + 1 if to == "sought" else 0

    @precondition(lambda self: self.stage == "announced")
    @rule(
        data=st.data(),
        units=st.sampled_from((("W-1",), ("W-2",), ("W-1", "W-2"))),
        hours=st.integers(0, 60),
    )
    def follow_on(self, data: st.DataObject, units: tuple[str, ...], hours: int) -> None:
        ready = [verb for verb in sorted(UNIT_VERBS) if self.may(verb, units)]
        if ready:
            self.follow(data.draw(st.sampled_from(ready)), units, hours)

    @rule(units=st.lists(st.sampled_from(UNITS), min_size=1, unique=True).map(tuple))
    def try_every_verb(self, units: tuple[str, ...]) -> None:
        """Records are immutable: each verb can be tried in each state."""
        self.tried_on(units)

    @invariant()
    def every_verb_on_a_unit_does_what_we_say(self) -> None:
        self.tried_on(("W-1",))

    def tried_on(self, units: tuple[str, ...]) -> None:
        for verb, (act, to) in UNIT_VERBS.items():
            if self.may(verb, units):
                after = act(self.recall, self.now, units)
                assert {after.stage_of(unit).value for unit in units} == {to}
                continue
            with pytest.raises(TransitionError) as refused:
                act(self.recall, self.now, units)
            assert refused.value.explain().sentence("zh")

    @rule()
    def store_and_read(self) -> None:
        stored = RECALL_CODEC.encode_exactly(self.recall)
        assert RECALL_CODEC.decode(stored, 1) == self.recall

    @rule(number=st.integers(0, 20))
    def read_both_trails_up_to_a_line(self, number: int) -> None:
        """Any prefix of trail and log is what then was."""
        version = self.versions[min(number, len(self.versions) - 1)]
        trail = self.recall.trail[: len(version.trail)]
        log = self.recall.log[: len(version.log)]
        assert attrs.evolve(self.recall, trail=trail, log=log) == version

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert self.recall.stage.value == self.stage
        assert {unit: self.recall.stage_of(unit).value for unit in UNITS} == self.units
        assert sum(self.recall.progress.values()) == len(UNITS)
        assert self.stage != "closed" or not self.recall.open_units

    @invariant()
    def goes_by_the_tables(self) -> None:
        stages = [step.stage for step in self.recall.trail]
        assert all(after in RECALL_WORKFLOW.allowed(one) for one, after in pairwise(stages))
        for unit in UNITS:
            ways = [line.stage for line in self.recall.course_of(unit)]
            assert all(after in UNIT_WORKFLOW.allowed(one) for one, after in pairwise(ways))


TestRecallMachine = RecallMachine.TestCase
