"""The desk of journeys: where customers are under each lifecycle, where they were, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    journey_id,
    taken_up,
)

from .desk import Desk, Office, verb
from .unit import Committed, UnitOfWork


_NO_REASONS: Final[FrozenMap[str, str]] = FrozenMap()
_NO_FACTS: Final[FrozenMap[str, object]] = FrozenMap()
_NOBODYS_FACTS: Final[FrozenMap[str, Mapping[str, object]]] = FrozenMap()


class JourneysDesk(Desk[Journey]):
    """A customer's way through each lifecycle: one record per customer and lifecycle.

    Keys to find by: customer, lifecycle, stage, origin, verdict, strategy, act, since, changed.

    Examples:
        >>> import crmkit
        >>> from crmkit.lifecycle import FOUR_STAGE
        >>> desk = crmkit.open(actor="ann").journeys
        >>> one = desk.begin(customer="C-7", lifecycle=FOUR_STAGE, why="first order")
        >>> desk.move(one.id, lifecycle=FOUR_STAGE, to="growth", why="orders rise").stage
        'growth'
        >>> [move.why for move in desk.get("four_stage/C-7").moves]
        ['first order', 'orders rise']
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, JOURNEY_CODEC)

    def begin(
        self,
        *,
        customer: str,
        lifecycle: Lifecycle,
        why: str,
        stage: str | None = None,
        strategy: RelationshipStrategy | None = None,
    ) -> Journey:
        """Put one customer on record under a lifecycle, by hand. Many by rules: `take_up`.

        Args:
            customer: Whose journey.
            lifecycle: Under which lifecycle.
            why: Why in that stage.
            stage: Which of its stages; None for its first.
            strategy: Who adapts to whom.

        Raises:
            InvalidValueError: If the lifecycle has no such stage, or a value is unfit.
            ConflictError: If he is, or was, on record under it.
        """
        return self._bear(
            journey_id(lifecycle.name, customer),
            lambda id, by, at: Journey.begin(
                id,
                by,
                at,
                customer=customer,
                lifecycle=lifecycle,
                why=why,
                stage=stage,
                strategy=strategy,
            ),
        )

    move = verb(Journey.move)
    release = verb(Journey.release)
    adopt = verb(Journey.adopt)

    def infer(
        self,
        id: str,
        /,
        *,
        lifecycle: Lifecycle,
        verdict: str,
        why: str,
        facts: Mapping[str, object] = _NO_FACTS,
    ) -> Journey:
        """Take up what rules say of one customer; what is on record already is not saved again.

        Raises:
            NotFoundError: If there is no such journey.
            InvalidValueError: As for `Journey.infer`.
        """
        office = self._office

        def act(unit: UnitOfWork) -> Journey:
            one = unit.get(self._codec, id)
            changed = taken_up(
                [one],
                office.actor,
                office.now(),
                lifecycle=lifecycle,
                verdicts={one.customer: verdict},
                why=why,
                facts={one.customer: facts},
            )
            for later in changed:
                unit.put(self._codec, later)
            return unit.get(self._codec, id)

        return office.work(act)

    def take_up(
        self,
        lifecycle: Lifecycle,
        verdicts: Mapping[str, str] | Iterable[tuple[str, str]],
        *,
        why: str,
        reasons: Mapping[str, str] = _NO_REASONS,
        facts: Mapping[str, Mapping[str, object]] = _NOBODYS_FACTS,
    ) -> tuple[JourneyMove, ...]:
        """Take up what rules say of many customers, all or none; only what changes is saved.

        Args:
            lifecycle: Under which lifecycle.
            verdicts: The stage that rules name for each: a mapping, or pairs such as
                `zip(frame["customer_id"], frame["stage"])`. Who is not named stays.
            why: The reason for those of whom there is no other, such as the tag of the rules.
            reasons: Why, for those of whom there is more to say.
            facts: What the requirements of a customer's move are held against.

        Returns:
            What changed, disputes included, in the order of the customers named.

        Raises:
            InvalidValueError: If the lifecycle has no such stage, a customer is named twice, or a
                value is unfit.

        Examples:
            >>> import crmkit
            >>> from crmkit.lifecycle import FOUR_STAGE
            >>> desk = crmkit.open(actor="rules").journeys
            >>> (one,) = desk.take_up(FOUR_STAGE, {"C-7": "decline"}, why="stage-by-trend/1")
            >>> one.act.label(), one.after, one.origin.label()
            ('Begun', 'decline', 'Inferred by rules')
        """
        office, told = self._office, tuple(_pairs(verdicts))
        ids = [journey_id(lifecycle.name, customer) for customer, _ in told]

        def act(unit: UnitOfWork) -> tuple[JourneyMove, ...]:
            present = unit.peek_all(self._codec, ids)
            changed = taken_up(
                present.values(),
                office.actor,
                office.now(),
                lifecycle=lifecycle,
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
        """Return the journeys where rules name another stage than the one on record."""
        return tuple(one for one in self.each(lifecycle=lifecycle) if one.differs)

    def stuck(
        self,
        lifecycle: Lifecycle,
        usual: Mapping[str, UsualStay],
        *,
        calendar: WorkCalendar | None = None,
    ) -> tuple[Explanation[bool | None], ...]:
        """Return who has been in his stage for longer than is usual there, each explained.

        Args:
            lifecycle: Under which lifecycle.
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
        now = self._office.now()
        judged = (
            one.explain_stay(now, lifecycle=lifecycle, usual=usual[one.stage], calendar=calendar)
            for one in self.each(lifecycle=lifecycle.name)
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


def _pairs(
    verdicts: Mapping[str, str] | Iterable[tuple[str, str]],
) -> Iterator[tuple[str, str]]:
    yield from verdicts.items() if isinstance(verdicts, Mapping) else verdicts
