"""Where one customer is under one lifecycle, where he was, and who or what put him there.

Law: a stage is changed by verbs only, each with who, when and why; what he was is never
overwritten. What people set, rules do not move: where they differ, both are on record.

Source: domain facts S5 (moves checked, stamped and kept), S6 (set by hand as well as inferred, both
on record), S10 (strategy of the relationship).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Step, instant

from .definition import Lifecycle
from .journey_parts import ACTS, JourneyAct, JourneyId, JourneyPlace, StageOrigin
from .seen_journey import NO_FACTS, SeenJourney
from .strategies import RelationshipStrategy


@attrs.frozen(kw_only=True)
class Journey(SeenJourney):
    """A customer's way through one lifecycle; he may be on several at once.

    Journeys are immutable: every verb returns a new one with a longer trail.

    Attributes:
        id: Unique among journeys; `journey_id` makes it.
        customer: Whose.
        lifecycle: Name of the lifecycle.
        places: What each step of the trail said, oldest first.
        trail: Every step so far, oldest first, with its reason as the note.

    Raises:
        InvalidValueError: If a value is unfit, or places and trail do not agree.

    Examples:
        >>> from crmkit.lifecycle import FOUR_STAGE
        >>> from crmkit.testing import NINE
        >>> one = Journey.begin(
        ...     "four_stage/C-7", "ann", NINE, customer="C-7", lifecycle=FOUR_STAGE, why="an order"
        ... )
        >>> one = one.move("bob", NINE, lifecycle=FOUR_STAGE, to="growth", why="orders rise")
        >>> one.stage, one.trail[-1].note, one.origin.label()
        ('growth', 'orders rise', 'Set by hand')
        >>> one.move("bob", NINE, lifecycle=FOUR_STAGE, to="exploration", why="a slip")
        Traceback (most recent call last):
        crmkit.errors.TransitionError: journey four_stage/C-7 is in growth and can move to maturity\
 or decline, not exploration
    """

    @classmethod
    def begin(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        customer: str,
        lifecycle: Lifecycle,
        why: str,
        stage: str | None = None,
        strategy: RelationshipStrategy | None = None,
        origin: StageOrigin = StageOrigin.HAND,
    ) -> Journey:
        """Put a customer on record under a lifecycle; he may be in any stage by then.

        Args:
            id: Unique among journeys: `journey_id(lifecycle, customer)`.
            by: Who puts him there.
            at: When.
            customer: Whose journey.
            lifecycle: Under which lifecycle.
            why: Why there.
            stage: Which of its stages; None for its first.
            strategy: Who adapts to whom.
            origin: Whether people put him there, or rules.

        Raises:
            InvalidValueError: If the lifecycle has no such stage, or a value is unfit.
        """
        code = lifecycle.first if stage is None else lifecycle.checked(stage)
        rules = origin is StageOrigin.INFERRED
        place = JourneyPlace(
            stage=code,
            version=lifecycle.version,
            origin=origin,
            verdict=code if rules else None,
            strategy=strategy,
        )
        return cls(
            id=JourneyId(id),
            customer=customer,
            lifecycle=lifecycle.name,
            places=(place,),
            trail=(Step(JourneyAct.BEGUN, by, instant(at), _told(why)),),
        )

    def move(
        self,
        by: str,
        at: datetime,
        *,
        lifecycle: Lifecycle,
        to: str,
        why: str,
        facts: Mapping[str, object] = NO_FACTS,
    ) -> Journey:
        """Set the stage by hand; rules do not move him from there until he is released.

        Args:
            by: Who moves him.
            at: When.
            lifecycle: Of the journey's name, of its present version or a later one.
            to: The stage he enters.
            why: Why.
            facts: What the move's requirements are held against.

        Raises:
            TransitionError: If the lifecycle does not allow the move, or requires what is not so.
            InvalidValueError: If he is in that stage already, the lifecycle is another or of an
                earlier version, or a value is unfit.
        """
        self._check(lifecycle)
        if lifecycle.checked(to) == self.stage:
            raise InvalidValueError("to", to, "must be another stage than the present one")
        place = attrs.evolve(
            self.places[-1], stage=to, version=lifecycle.version, origin=StageOrigin.HAND
        )
        if self.stage not in lifecycle.codes:
            # The stage was of an earlier version: every move from it is allowed.
            return self._with(place, JourneyAct.MOVED, by, at, why)
        allowed = self.may_move(lifecycle, to, facts=facts)
        if not allowed.verdict:
            targets = lifecycle.allowed(self.stage)
            record = f"journey {self.id}"
            raise TransitionError(record, self.stage, to, targets, allowed.missing, allowed)
        return self._with(place, ACTS[lifecycle.way(self.stage, to)], by, at, why)

    def infer(
        self,
        by: str,
        at: datetime,
        *,
        lifecycle: Lifecycle,
        verdict: str,
        why: str,
        facts: Mapping[str, object] = NO_FACTS,
    ) -> Journey:
        """Take up what rules infer: he moves towards it by one allowed move, unless set by hand.

        What was set by hand stays, and the disagreement is put down. So it does where the lifecycle
        knows no way there, or a requirement of the move is not met. What is on record already
        changes nothing: then the journey is returned as it is.

        Args:
            by: Who, or what, applies the rules.
            at: When.
            lifecycle: Of the journey's name, of its present version or a later one.
            verdict: The stage that the rules infer.
            why: The rule, in a sentence.
            facts: What the move's requirements are held against.

        Raises:
            InvalidValueError: If the lifecycle is another, of an earlier version, or has no such
                stage, the present stage is of an earlier version, or a value is unfit.
        """
        self._check(lifecycle)
        lifecycle.checked(verdict)
        lifecycle.checked(self.stage)
        instant(at)
        step = None if self.is_held else lifecycle.next_on_way(self.stage, verdict)
        if step is not None and not self.may_move(lifecycle, step, facts=facts).verdict:
            step = None
        if step is not None and self.stage != verdict:
            place = attrs.evolve(
                self.places[-1],
                stage=step,
                version=lifecycle.version,
                origin=StageOrigin.INFERRED,
                verdict=verdict,
            )
            return self._with(place, ACTS[lifecycle.way(self.stage, step)], by, at, why)
        if verdict == self.verdict:
            return self
        act = JourneyAct.CONFIRMED if verdict == self.stage else JourneyAct.DISPUTED
        return self._with(attrs.evolve(self.places[-1], verdict=verdict), act, by, at, why)

    def release(self, by: str, at: datetime, *, why: str) -> Journey:
        """Let rules move him again from the stage that was set by hand.

        Raises:
            InvalidValueError: If rules may move him already, or a value is unfit.
        """
        if not self.is_held:
            rule = "must be held by hand to be released"
            raise InvalidValueError("origin", self.origin.value, rule)
        place = attrs.evolve(self.places[-1], origin=StageOrigin.RELEASED)
        return self._with(place, JourneyAct.RELEASED, by, at, why)

    def adopt(
        self, by: str, at: datetime, *, strategy: RelationshipStrategy | None, why: str
    ) -> Journey:
        """Settle who adapts to whom from now on; None for nothing settled.

        Raises:
            InvalidValueError: If that is settled so already, or a value is unfit.
        """
        if strategy is self.strategy:
            raise InvalidValueError("strategy", strategy, "must be another than the present one")
        place = attrs.evolve(self.places[-1], strategy=strategy)
        return self._with(place, JourneyAct.ADAPTED, by, at, why)

    def restore(self, by: str, at: datetime, *, earlier: Journey) -> Journey:
        """Put him back where an earlier version had him; what was in between stays on the trail.

        Raises:
            InvalidValueError: If `earlier` is another journey.
        """
        if earlier.id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        step = Step(JourneyAct.RESTORED, by, instant(at))
        places = (*self.places, earlier.places[-1])
        return attrs.evolve(self, places=places, trail=(*self.trail, step))

    def _check(self, lifecycle: Lifecycle) -> None:
        if lifecycle.name != self.lifecycle:
            raise InvalidValueError("lifecycle", lifecycle.name, f"must be {self.lifecycle!r}")
        if lifecycle.version < self.places[-1].version:
            rule = f"must not be before {self.places[-1].version}, by which he is placed now"
            raise InvalidValueError("version", lifecycle.version, rule)

    def _with(
        self, place: JourneyPlace, act: JourneyAct, by: str, at: datetime, why: str
    ) -> Journey:
        trail = (*self.trail, Step(act, by, instant(at), _told(why)))
        return attrs.evolve(self, places=(*self.places, place), trail=trail)


def _told(why: str) -> str:
    if not isinstance(why, str) or not why.strip():
        raise InvalidValueError("why", why, "must say why, and not be blank")
    return why
