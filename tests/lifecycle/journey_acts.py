"""Every verb of a journey at any time, in any order, beside a plain model of it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmkit.errors import CrmkitError, InvalidValueError, TransitionError
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    LADDER,
    Journey,
    JourneyAct,
    Lifecycle,
    RelationshipStrategy,
    StageOrigin,
    journey_id,
)
from crmkit.testing import NINE


LIFECYCLES = (FOUR_STAGE, CUSTOMER_STATE, LADDER)
WAITS = st.integers(0, 40).map(lambda days: timedelta(days=days))
PLACES = st.integers(0, 6)
FACTS: dict[str, object] = {"orders": 2, "recommends": True}
KNOWN: tuple[dict[str, object], ...] = ({}, {"orders": 1}, {"orders": 2}, FACTS)
# What the ladder requires, by hand: domain fact S3.
NEEDS: dict[tuple[str, str], dict[str, int]] = {
    ("suspect", "first_time"): {"orders": 1},
    ("prospect", "first_time"): {"orders": 1},
    ("first_time", "repeat"): {"orders": 2},
    ("repeat", "advocate"): {"recommends": 1},
}


def step_towards(lifecycle: Lifecycle, of: str, to: str) -> str | None:
    """Return the first step of the shortest way, worked out backwards from its end."""
    leaving = {"waning", "lost"}
    shut = {one.code for one in lifecycle.stages if one.standing.value in leaving}
    if lifecycle.stage(to).standing.value in leaving:
        shut = set()
    steps, distance, reached = {to: 0}, 0, {to}
    while reached:
        distance += 1
        found = {move.of for move in lifecycle.moves if move.to in reached} - steps.keys()
        steps |= dict.fromkeys(found, distance)
        # Who would have to pass a stage of the leaving does not come this way.
        reached = found - shut
    ways = [one for one in lifecycle.codes if one in steps and (one == to or one not in shut)]
    near = [one for one in ways if any((m.of, m.to) == (of, one) for m in lifecycle.moves)]
    return min(near, key=lambda one: steps[one], default=None)


def is_ready(of: str, to: str, facts: dict[str, object]) -> bool:
    """Return whether what a move requires is known to be so."""
    return all(facts.get(name, 0) >= least for name, least in NEEDS.get((of, to), {}).items())  # type: ignore[operator]  # numbers and flags


class JourneyMachine(RuleBasedStateMachine):
    """A journey of C-7, and what it should be."""

    lifecycle: Lifecycle
    journey: Journey

    @initialize(which=st.sampled_from(LIFECYCLES), place=PLACES)
    def start(self, which: Lifecycle, place: int) -> None:
        self.lifecycle, self.now = which, NINE
        self.journey = self.begun(which, self.code(place))
        self.model: list[str] = [self.journey.stage]
        self.times = [NINE]
        self.held = True
        self.verdict: str | None = None
        self.steps = 1
        self.strategy: RelationshipStrategy | None = None

    # -- what the desk does otherwise ---

    def begun(self, lifecycle: Lifecycle, stage: str) -> Journey:
        return Journey.begin(
            journey_id(lifecycle.name, "C-7"),
            "ann",
            NINE,
            customer="C-7",
            lifecycle=lifecycle,
            stage=stage,
            why="on record",
        )

    def done(self, verb: str, **told: Any) -> Journey:
        done: Journey = getattr(self.journey, verb)("ann", self.now, **told)
        return done

    # -- the rules ---

    def code(self, place: int) -> str:
        codes = self.lifecycle.codes
        return codes[place % len(codes)]

    def is_allowed(self, to: str) -> bool:
        return any((move.of, move.to) == (self.model[-1], to) for move in self.lifecycle.moves)

    def entered(self, stage: str) -> None:
        self.model.append(stage)
        self.times.append(self.now)

    @rule(wait=WAITS)
    def wait(self, wait: timedelta) -> None:
        self.now += wait

    @rule(place=PLACES)
    def move(self, place: int) -> None:
        to = self.code(place)
        asked = {"lifecycle": self.lifecycle, "to": to, "why": "by hand", "facts": FACTS}
        if to == self.model[-1]:
            with pytest.raises(InvalidValueError):
                self.done("move", **asked)
        elif not self.is_allowed(to):
            with pytest.raises(TransitionError):
                self.done("move", **asked)
        else:
            self.journey = self.done("move", **asked)
            self.entered(to)
            self.held = True
            self.steps += 1

    @rule(place=PLACES)
    def move_without_facts(self, place: int) -> None:
        """Of the ladder, what is required is not known."""
        to = self.code(place)
        if self.lifecycle.requirements(self.model[-1], to):
            with pytest.raises(TransitionError):
                self.done("move", lifecycle=self.lifecycle, to=to, why="by hand")

    @rule(place=PLACES, facts=st.sampled_from(KNOWN))
    def infer(self, place: int, facts: dict[str, object]) -> None:
        verdict, here = self.code(place), self.model[-1]
        before = self.journey
        self.journey = self.done(
            "infer", lifecycle=self.lifecycle, verdict=verdict, why="by rules", facts=facts
        )
        step = None if verdict == here else step_towards(self.lifecycle, here, verdict)
        if not self.held and step is not None and is_ready(here, step, facts):
            assert self.journey.stage == step
            self.entered(step)
            self.steps += 1
        elif verdict == self.verdict:
            assert self.journey == before
        else:
            acts = (JourneyAct.CONFIRMED, JourneyAct.DISPUTED)
            assert self.journey.trail[-1].stage is acts[verdict != self.model[-1]]
            self.steps += 1
        self.verdict = verdict

    @rule()
    def release(self) -> None:
        if not self.held:
            with pytest.raises(InvalidValueError):
                self.done("release", why="over")
        else:
            self.journey = self.done("release", why="over")
            self.held = False
            self.steps += 1

    @rule(strategy=st.sampled_from([None, *RelationshipStrategy]))
    def adopt(self, strategy: RelationshipStrategy | None) -> None:
        if strategy is self.strategy:
            with pytest.raises(InvalidValueError):
                self.done("adopt", strategy=strategy, why="again")
        else:
            self.journey = self.done("adopt", strategy=strategy, why="settled")
            self.strategy = strategy
            self.steps += 1

    @rule(verb=st.sampled_from(["move", "infer", "release", "adopt"]))
    def say_nothing(self, verb: str) -> None:
        """Without a reason nothing is done."""
        told: dict[str, Any] = {"why": " "}
        if verb in ("move", "infer"):
            told["lifecycle"] = self.lifecycle
            told["to" if verb == "move" else "verdict"] = "nowhere"
        if verb == "adopt":
            told["strategy"] = self.strategy
        with pytest.raises(CrmkitError):
            self.done(verb, **told)

    @invariant()
    def is_as_the_model(self) -> None:
        one = self.journey
        assert one.stage == self.model[-1]
        assert one.is_held is self.held
        assert (one.origin is StageOrigin.INFERRED) <= (one.verdict is not None)
        assert one.verdict == self.verdict
        assert one.strategy is self.strategy
        assert len(one.trail) == len(one.places) == self.steps

    @invariant()
    def tells_the_stage_at_any_date(self) -> None:
        assert [move.after for move in self.journey.moves] == self.model
        assert self.journey.since == self.times[-1]
        for at in (NINE - timedelta(days=1), *self.times, self.now):
            known = [s for s, since in zip(self.model, self.times, strict=True) if since <= at]
            assert self.journey.stage_at(at) == (known[-1] if known else None)

    @invariant()
    def has_no_time_left_over(self) -> None:
        told = sum(
            (self.journey.time_in(code, self.now) for code in self.lifecycle.codes), timedelta()
        )
        assert told == self.now - NINE
