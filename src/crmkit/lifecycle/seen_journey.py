"""What can be asked of a journey: where the customer is, since when, and how he came there.

Law: the present stage is the last place; nothing that the trail tells is kept twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Explanation,
    FrozenMap,
    Trail,
    WorkCalendar,
    all_are,
    instant,
    is_id,
    personal_in,
    unbroken,
)

from .definition import Lifecycle
from .journey_parts import JourneyAct, JourneyId, JourneyMove, JourneyPlace, StageOrigin
from .permission import may_move, named
from .stays import Stay, UsualStay
from .strategies import RelationshipStrategy


NO_FACTS: Final[FrozenMap[str, object]] = FrozenMap()
"""Nothing is known."""


@attrs.frozen(kw_only=True)
class SeenJourney:
    """A journey as it is read: `Journey` adds the verbs."""

    id: JourneyId = attrs.field(validator=is_id)
    customer: str = attrs.field(validator=is_id)
    lifecycle: str = attrs.field(validator=is_id)
    places: tuple[JourneyPlace, ...] = attrs.field(validator=all_are(JourneyPlace))
    trail: Trail[JourneyAct] = attrs.field(validator=unbroken, metadata=personal_in("note"))

    def __attrs_post_init__(self) -> None:
        if len(self.places) != len(self.trail):
            rule = f"must be one for each step of the trail, {len(self.trail)}"
            raise InvalidValueError("places", len(self.places), rule)

    @property
    def stage(self) -> str:
        """The present stage."""
        return self.places[-1].stage

    @property
    def origin(self) -> StageOrigin:
        """Whether people set the present stage, or rules."""
        return self.places[-1].origin

    @property
    def is_held(self) -> bool:
        """Whether the stage was set by hand, so that rules do not move him."""
        return self.origin is StageOrigin.HAND

    @property
    def verdict(self) -> str | None:
        """The stage that rules inferred when they were last taken up; None for never."""
        return self.places[-1].verdict

    @property
    def differs(self) -> bool:
        """Whether rules inferred another stage than the one on record."""
        return self.verdict is not None and self.verdict != self.stage

    @property
    def strategy(self) -> RelationshipStrategy | None:
        """Who adapts to whom; None where nothing is settled."""
        return self.places[-1].strategy

    @property
    def since(self) -> datetime:
        """Since when he is in his stage, in UTC."""
        return self.moves[-1].at

    @property
    def set_by(self) -> str:
        """Who moved him into his stage."""
        return self.moves[-1].by

    @property
    def history(self) -> tuple[JourneyMove, ...]:
        """Every step so far as an event, oldest first; those that leave the stage included."""
        before = (None, *(place.stage for place in self.places))
        return tuple(
            JourneyMove(
                customer=self.customer,
                lifecycle=self.lifecycle,
                act=step.stage,
                before=before[number],
                after=place.stage,
                verdict=place.verdict,
                origin=place.origin,
                at=step.at,
                by=step.by,
                why=step.note,
            )
            for number, (step, place) in enumerate(zip(self.trail, self.places, strict=True))
        )

    @property
    def moves(self) -> tuple[JourneyMove, ...]:
        """Every change of stage, oldest first; the beginning included."""
        return tuple(one for one in self.history if one.before != one.after)

    @property
    def regressions(self) -> tuple[JourneyMove, ...]:
        """The moves that led back, towards leaving, or out."""
        led_away = (JourneyAct.RETREATED, JourneyAct.FALLEN, JourneyAct.LOST)
        return tuple(one for one in self.moves if one.act in led_away)

    @property
    def win_backs(self) -> tuple[JourneyMove, ...]:
        """The moves by which he was won back."""
        return tuple(one for one in self.moves if one.act is JourneyAct.WON_BACK)

    def place_at(self, at: datetime) -> JourneyPlace | None:
        """Return what was on record at a moment; None before the journey began.

        Raises:
            InvalidValueError: If `at` is naive.
        """
        moment, found = instant(at, "at"), None
        for place, step in zip(self.places, self.trail, strict=True):
            if step.at <= moment:
                found = place
        return found

    def stage_at(self, at: datetime) -> str | None:
        """Return the stage at a moment; None before the journey began.

        Raises:
            InvalidValueError: If `at` is naive.
        """
        place = self.place_at(at)
        return None if place is None else place.stage

    @property
    def stays(self) -> tuple[Stay, ...]:
        """Every stay in a stage, oldest first; the last one goes on."""
        moves = self.moves
        ends = (*(one.at for one in moves[1:]), None)
        return tuple(
            Stay(stage=one.after, since=one.at, until=end, was_seen_to_begin=one.before is not None)
            for one, end in zip(moves, ends, strict=True)
        )

    @property
    def next_stages(self) -> tuple[str | None, ...]:
        """For every stay the stage that followed; None for the one that goes on."""
        return (*(one.after for one in self.moves[1:]), None)

    def time_in(
        self, stage: str, as_of: datetime, *, calendar: WorkCalendar | None = None
    ) -> timedelta:
        """Return how long he has been in a stage, over all his stays there.

        Args:
            stage: Which.
            as_of: What comes later is left out.
            calendar: Whose open hours are counted; None for all hours.

        Raises:
            InvalidValueError: If `as_of` is naive.
        """
        found = (one for one in self.stays if one.stage == stage)
        return sum((one.length(as_of, calendar=calendar) for one in found), timedelta())

    def explain_stay(
        self,
        as_of: datetime,
        *,
        lifecycle: Lifecycle,
        usual: UsualStay,
        calendar: WorkCalendar | None = None,
    ) -> Explanation[bool | None]:
        """Explain whether he is stuck: in his stage for longer than is usual there.

        Args:
            as_of: When.
            lifecycle: Of the journey's name: what stages are called.
            usual: How long customers stay in his present stage, in hours of the same kind.
            calendar: Whose open hours are counted; None for all hours.

        Raises:
            InvalidValueError: If `usual` is of another stage, or `as_of` is naive.
        """
        stage = named(lifecycle, self.stage)
        return usual.judge(f"journey {self.id}", stage, self.stays[-1], as_of, calendar)

    def may_move(
        self, lifecycle: Lifecycle, to: str, *, facts: Mapping[str, object] = NO_FACTS
    ) -> Explanation[bool]:
        """Explain whether he may move to a stage now.

        Raises:
            InvalidValueError: If the lifecycle has no such stage, or not the present one.
        """
        return may_move(f"journey {self.id}", lifecycle, self.stage, to, facts)

    def word(self, lifecycle: Lifecycle, scheme: str) -> str | None:
        """Return what he is in another way to sort customers; None where it has no word for him.

        A stage without a word there leaves the one before in force: who is at risk is still new, or
        loyal.

        Raises:
            InvalidValueError: If the lifecycle knows nothing of that way.

        Examples:
            >>> from crmkit.lifecycle import CUSTOMER_STATE, Journey
            >>> from crmkit.testing import NINE
            >>> one = Journey.begin(
            ...     "customer_state/C-7", "ann", NINE, customer="C-7", lifecycle=CUSTOMER_STATE,
            ...     stage="loyal", why="bought for years",
            ... ).move("ann", NINE, lifecycle=CUSTOMER_STATE, to="at_risk", why="silent")
            >>> one.word(CUSTOMER_STATE, "relation"), one.word(CUSTOMER_STATE, "closeness")
            ('loyal', 'current')
        """
        known = (place.stage for place in reversed(self.places) if place.stage in lifecycle.codes)
        words = (lifecycle.word(stage, scheme) for stage in known)
        return next((word for word in words if word is not None), None)
