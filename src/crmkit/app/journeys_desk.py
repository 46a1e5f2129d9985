"""The desk of journeys: where customers are under each lifecycle, where they were, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from crmkit.kernel import Explanation, FrozenMap, WorkCalendar, instant
from crmkit.lifecycle import (
    JOURNEY_CODEC,
    Journey,
    JourneyMove,
    Lifecycle,
    RelationshipStrategy,
    UsualStay,
    each_once,
    journey_id,
    taken_up,
)

from .desk import Desk, Office, verb
from .kept_lifecycles import lifecycle_for, lifecycle_of
from .unit import Committed, UnitOfWork


_NO_REASONS: Final[FrozenMap[str, str]] = FrozenMap()
_NO_FACTS: Final[FrozenMap[str, object]] = FrozenMap()
_NOBODYS_FACTS: Final[FrozenMap[str, Mapping[str, object]]] = FrozenMap()


class JourneysDesk(Desk[Journey]):
    """A customer's way through each lifecycle: one record per customer and lifecycle.

    Keys to find by: customer, lifecycle, stage, origin, verdict, strategy, act, since, changed.

    Examples:
        >>> import crmkit
        >>> desk = crmkit.open(actor="ann").journeys
        >>> one = desk.begin(customer="C-7", lifecycle="four_stage", why="first order")
        >>> desk.move(one.id, to="growth", why="orders rise").stage
        'growth'
        >>> [move.why for move in desk.get("four_stage/C-7").moves]
        ['first order', 'orders rise']
    """

    def __init__(self, office: Office, lifecycles: Mapping[str, Lifecycle]) -> None:
        super().__init__(office, JOURNEY_CODEC)
        self._kept = lifecycles

    def lifecycle(self, name: str) -> Lifecycle:
        """Return a lifecycle of this CRM: one of the company, or a bundled one.

        Raises:
            InvalidValueError: If there is none of that name, with the nearest that there is.

        Examples:
            >>> import crmkit
            >>> from crmkit.kernel import Text
            >>> from crmkit.lifecycle import Lifecycle
            >>> stages = {"guest": Text("Guest", "访客"), "member": Text("Member", "会员")}
            >>> club = Lifecycle.of(
            ...     "club", Text("Our club", "俱乐部"), stages=stages, moves={"guest": ["member"]}
            ... )
            >>> crm = crmkit.open(actor="ann", lifecycles=[club])
            >>> crm.journeys.lifecycle("club").label("guest", "zh")
            '访客'
        """
        return lifecycle_of(self._kept, name)

    def begin(
        self,
        *,
        customer: str,
        lifecycle: Lifecycle | str,
        why: str,
        stage: str | None = None,
        strategy: RelationshipStrategy | None = None,
    ) -> Journey:
        """Put one customer on record under a lifecycle, by hand. Many by rules: `take_up`.

        Args:
            customer: Whose journey.
            lifecycle: Under which lifecycle: one of this CRM by its name, or any.
            why: Why in that stage.
            stage: Which of its stages; None for its first.
            strategy: Who adapts to whom.

        Raises:
            InvalidValueError: If the lifecycle has no such stage, or a value is unfit.
            ConflictError: If he is, or was, on record under it.
        """
        under = lifecycle_of(self._kept, lifecycle)
        return self._bear(
            journey_id(under.name, customer),
            lambda id, by, at: Journey.begin(
                id,
                by,
                at,
                customer=customer,
                lifecycle=under,
                why=why,
                stage=stage,
                strategy=strategy,
            ),
        )

    def move(
        self,
        id: str,
        /,
        *,
        to: str,
        why: str,
        lifecycle: Lifecycle | str | None = None,
        facts: Mapping[str, object] = _NO_FACTS,
    ) -> Journey:
        """Set the stage by hand; rules do not move him from there until he is released.

        Args:
            id: Of the journey.
            to: The stage he enters.
            why: Why.
            lifecycle: By which lifecycle; None for the one of the journey's name.
            facts: What the move's requirements are held against.

        Raises:
            NotFoundError: If there is no such journey.
            TransitionError: If the lifecycle does not allow the move, or requires what is not so.
            InvalidValueError: As for `Journey.move`, or if no lifecycle has that name.
        """
        return self._act(
            id,
            lambda one, by, at: one.move(
                by,
                at,
                lifecycle=lifecycle_for(self._kept, one, lifecycle),
                to=to,
                why=why,
                facts=facts,
            ),
        )

    release = verb(Journey.release)
    adopt = verb(Journey.adopt)

    def infer(
        self,
        id: str,
        /,
        *,
        verdict: str,
        why: str,
        lifecycle: Lifecycle | str | None = None,
        facts: Mapping[str, object] = _NO_FACTS,
    ) -> Journey:
        """Take up what rules infer of one customer; what is on record already is not saved again.

        Args:
            id: Of the journey.
            verdict: The stage that the rules infer.
            why: The rule, in a sentence.
            lifecycle: By which lifecycle; None for the one of the journey's name.
            facts: What the move's requirements are held against.

        Raises:
            NotFoundError: If there is no such journey.
            InvalidValueError: As for `Journey.infer`, or if no lifecycle has that name.
        """
        return self._act(
            id,
            lambda one, by, at: one.infer(
                by,
                at,
                lifecycle=lifecycle_for(self._kept, one, lifecycle),
                verdict=verdict,
                why=why,
                facts=facts,
            ),
        )

    def take_up(
        self,
        lifecycle: Lifecycle | str,
        verdicts: Mapping[str, str | None] | Iterable[tuple[str, str | None]],
        *,
        why: str,
        reasons: Mapping[str, str] = _NO_REASONS,
        facts: Mapping[str, Mapping[str, object]] = _NOBODYS_FACTS,
    ) -> tuple[JourneyMove, ...]:
        """Take up what rules say of many customers, all or none; only what changes is saved.

        Args:
            lifecycle: Under which lifecycle: one of this CRM by its name, or any.
            verdicts: The stage that rules infer for each: a mapping, or pairs such as
                `zip(frame["customer_id"], frame["stage"])`, with ids that are text. Who is not
                named, or of whom nothing is inferred (None), stays.
            why: The reason for those of whom there is no other, such as the tag of the rules.
            reasons: Why, for those of whom there is more to say.
            facts: What the requirements of a customer's move are held against.

        Returns:
            What changed, disputes included, in the order of the customers named.

        Raises:
            InvalidValueError: If the lifecycle has no such stage, a customer is named twice, there
                is a reason for one who is not named, or a value is unfit.

        Examples:
            >>> import crmkit
            >>> from crmkit.lifecycle import FOUR_STAGE
            >>> desk = crmkit.open(actor="rules").journeys
            >>> (one,) = desk.take_up(FOUR_STAGE, {"C-7": "decline"}, why="stage-by-trend/2")
            >>> one.act.label(), one.after, one.origin.label()
            ('Begun', 'decline', 'Inferred by rules')
        """
        office, told = self._office, each_once(verdicts)
        under = lifecycle_of(self._kept, lifecycle)
        ids = [journey_id(under.name, customer) for customer in told]

        def act(unit: UnitOfWork) -> tuple[JourneyMove, ...]:
            present = unit.peek_all(self._codec, ids)
            changed = taken_up(
                present.values(),
                office.actor,
                office.now(),
                lifecycle=under,
                verdicts=told,
                why=why,
                reasons=reasons,
                facts=facts,
            )
            for one in changed:
                save = unit.put if one.id in present else unit.add
                save(self._codec, one)
            return tuple(one.history[-1] for one in changed)

        return office.work(act)

    def of(self, customer: str) -> tuple[Journey, ...]:
        """Return all journeys of one customer, in the order of their ids."""
        return tuple(self.each(customer=customer))

    def members(self, lifecycle: str, *, at: datetime | None = None) -> FrozenMap[str, str]:
        """Return the stage of every customer who is on record under a lifecycle.

        Args:
            lifecycle: Its name.
            at: At which moment; None for now.

        Raises:
            InvalidValueError: If `at` is naive.
        """
        moment = self._office.now() if at is None else instant(at, "at")
        told = ((one.customer, one.stage_at(moment)) for one in self.each(lifecycle=lifecycle))
        return FrozenMap({customer: stage for customer, stage in told if stage is not None})

    def moves(
        self, since: datetime, *, until: datetime | None = None, lifecycle: str | None = None
    ) -> tuple[JourneyMove, ...]:
        """Return what changed stage from a moment on, oldest first.

        Args:
            since: From when on.
            until: Until before when; None for no end.
            lifecycle: Under which, by name; None for all.

        Raises:
            InvalidValueError: If a time is naive.
        """
        first, last = instant(since, "since"), until and instant(until, "until")
        names = [("lifecycle", "=", lifecycle)] * (lifecycle is not None)
        found = [
            move
            for one in self.each(("changed", ">=", first), *names)
            for move in one.moves
            if first <= move.at and (last is None or move.at < last)
        ]
        return tuple(sorted(found, key=lambda move: move.at))

    def differing(self, lifecycle: str) -> tuple[Journey, ...]:
        """Return the journeys where rules inferred another stage than the one on record."""
        return tuple(one for one in self.each(lifecycle=lifecycle) if one.differs)

    def stuck(
        self,
        lifecycle: Lifecycle | str,
        usual: Mapping[str, UsualStay],
        *,
        calendar: WorkCalendar | None = None,
    ) -> tuple[Explanation[bool | None], ...]:
        """Return who has been in his stage for longer than is usual there, each explained.

        Args:
            lifecycle: Under which lifecycle: one of this CRM by its name, or any.
            usual: For each stage what is usual, as `usual_stays` tells it; in stages that are not
                named nobody is stuck.
            calendar: Whose open hours are counted; None for all hours.

        Examples:
            >>> from datetime import timedelta
            >>> import crmkit
            >>> from crmkit.lifecycle import FOUR_STAGE, UsualStay
            >>> crm = crmkit.open(actor="ann")
            >>> one = crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="first order")
            >>> usual = UsualStay(stage="exploration", within=timedelta(0), spells=41)
            >>> (told,) = crm.journeys.stuck(FOUR_STAGE, {"exploration": usual})
            >>> told.find("record").value
            'journey four_stage/C-7'
        """
        now, under = self._office.now(), lifecycle_of(self._kept, lifecycle)
        judged = (
            one.explain_stay(now, lifecycle=under, usual=usual[one.stage], calendar=calendar)
            for one in self.each(lifecycle=under.name)
            if one.stage in usual
        )
        return tuple(one for one in judged if one.verdict)


def stage_changes(committed: Committed) -> tuple[JourneyMove, ...]:
    """Return what one batch did to journeys: the events, for a subscriber.

    What is stored once more as it was, after an erasure or a deletion, is no event.

    Args:
        committed: What a subscriber is told.

    Examples:
        >>> import crmkit
        >>> from crmkit.lifecycle import FOUR_STAGE
        >>> crm, told = crmkit.open(actor="ann"), []
        >>> end = crm.subscribe(lambda committed: told.extend(stage_changes(committed)))
        >>> one = crm.journeys.begin(customer="C-7", lifecycle=FOUR_STAGE, why="first order")
        >>> tuple(told) == one.moves
        True
    """
    records = (changed.record for changed in committed.changed if not changed.is_as_it_was)
    return tuple(one.history[-1] for one in records if isinstance(one, Journey))
