"""What is known of a case: who asked what, how far it is, what was said, who had it.

Law: what passed is put beside what passed before; questions are answered from it alone.

Source: the page "How the clocks count" of the manual; domain fact K14 (ask once).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, Generic, TypeVar

import attrs
from attrs.validators import optional

from crmkit.customers import CustomerId
from crmkit.kernel import (
    PERSONAL,
    Channel,
    Labelled,
    Language,
    Party,
    StateGroup,
    Trail,
    Workflow,
    all_are,
    instant,
    is_id,
    member_of,
    not_blank,
    personal_in,
    time_in,
    unbroken,
)

from .gravity import Impact, Priority, Severity
from .kind import CaseKind
from .passed import Alert, Assignment, Grading, Message, Milestone, Participant, passed
from .waiting import state_of


S = TypeVar("S", bound=Labelled)
T = TypeVar("T")

_ON_US: Final = (StateGroup.OPEN, StateGroup.WAITING_THIRD_PARTY)
"""Where the customer waits for us, whoever else we wait for."""


@attrs.frozen(kw_only=True, slots=False)
class Request(ABC, Generic[S]):
    """What is known of a case: `Case` tells it field by field, and adds the acts."""

    id: str = attrs.field(validator=is_id)
    customer: CustomerId = attrs.field(validator=is_id)
    about: str = attrs.field(validator=not_blank, metadata=PERSONAL)
    channel: Channel | None = attrs.field(default=None, validator=optional(member_of(Channel)))
    raised_by: Party = attrs.field(default=Party.CUSTOMER, validator=member_of(Party))
    participants: tuple[Participant, ...] = attrs.field(default=(), validator=all_are(Participant))
    assignments: tuple[Assignment, ...] = attrs.field(default=(), validator=passed(Assignment))
    gradings: tuple[Grading, ...] = attrs.field(default=(), validator=passed(Grading))
    messages: tuple[Message, ...] = attrs.field(
        default=(), validator=passed(Message), metadata=personal_in("text")
    )
    milestones: tuple[Milestone, ...] = attrs.field(default=(), validator=passed(Milestone))
    alerts: tuple[Alert, ...] = attrs.field(default=(), validator=passed(Alert))
    trail: Trail[S] = attrs.field(validator=unbroken, metadata=personal_in("note"))

    @property
    @abstractmethod
    def kind(self) -> CaseKind:
        """The kind of case."""

    @property
    @abstractmethod
    def workflow(self) -> Workflow[S]:
        """Its stages, and the moves between them."""

    @abstractmethod
    def label(self, language: Language = "en") -> str:
        """Return what a user calls it: its kind and its id.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """

    @property
    def stage(self) -> S:
        """How far it is: the last line of its trail."""
        return self.trail[-1].stage

    @property
    def state(self) -> StateGroup:
        """What its stage, and whether it waits, come down to, as for every kind of case."""
        return state_of(self.workflow, self.trail[-1])

    @property
    def received_at(self) -> datetime:
        """When it was received, in UTC."""
        return self.trail[0].at

    @property
    def owner(self) -> str | None:
        """Who has it now; None for nobody."""
        return self.assignments[-1].owner if self.assignments else None

    @property
    def severity(self) -> Severity | None:
        """How grave it is, as it was last told; None while nobody has said."""
        return _last_told(grading.severity for grading in self.gradings)

    @property
    def impact(self) -> Impact | None:
        """How many it touches, as it was last told; None while nobody has said."""
        return _last_told(grading.impact for grading in self.gradings)

    @property
    def priority(self) -> Priority | None:
        """What is worked on first, as it was last told; None while nobody has said."""
        return _last_told(grading.priority for grading in self.gradings)

    @property
    def conversation(self) -> tuple[Message, ...]:
        """All that the customer, we and others said, in the order of time.

        Besides the messages these are the words that come with a stage: what the customer asked
        at first, what he was told when it was acknowledged.
        """
        return tuple(sorted((*self._spoken(), *self.messages), key=lambda said: said.at))

    @property
    def owners(self) -> tuple[str, ...]:
        """Everybody who has had it, in turn: whoever received it owns it until it is handed over.

        More than one means that the customer was passed on.
        """
        taken = (handed.owner for handed in self.assignments if handed.owner is not None)
        return tuple(one for one, _ in groupby((self.trail[0].by, *taken)))

    @property
    def responsible(self) -> str:
        """Who sees it through: who took it over last, or whoever received it.

        Who lets go of it without a successor is asked for it still.
        """
        return self.owners[-1]

    @property
    def contacts(self) -> int:
        """How often the customer had to come to us before it was resolved: once is enough.

        The request itself counts, where he made it; whatever he said unasked while it was open; and
        each answer that he sent back. What he answers to us while we wait for him does not count.
        """
        unasked = (said for said in self.messages if said.party is Party.CUSTOMER)
        return self._asked() + sum(self._state_before(said.at) in _ON_US for said in unasked)

    @property
    def facts(self) -> Mapping[str, object]:
        """What conditions can ask about it, by name; None for what nobody has said."""
        return {
            "kind": self.kind,
            "customer": self.customer,
            "channel": self.channel,
            "raised_by": self.raised_by,
            "severity": self.severity,
            "impact": self.impact,
            "priority": self.priority,
            "owner": self.owner,
            "stage": self.stage,
            "state": self.state,
        }

    def facts_at(self, at: datetime) -> Mapping[str, object]:
        """Return the same as they were at an instant, as far as the record tells.

        Its stage, state, owner, severity, impact and priority are those of that instant, None while
        nobody had said; the others never change.

        Raises:
            InvalidValueError: If `at` is naive.
        """
        as_of = instant(at)
        last = next((step for step in reversed(self.trail) if step.at <= as_of), None)
        taken = next((one for one in reversed(self.assignments) if one.at <= as_of), None)
        graded = [one for one in self.gradings if one.at <= as_of]
        return {
            **self.facts,
            "severity": _last_told(one.severity for one in graded),
            "impact": _last_told(one.impact for one in graded),
            "priority": _last_told(one.priority for one in graded),
            "owner": None if taken is None else taken.owner,
            "stage": None if last is None else last.stage,
            "state": None if last is None else state_of(self.workflow, last),
        }

    def time_in(self, stage: S, *, as_of: datetime | None = None) -> timedelta:
        """Return how long it has been in a stage, over all its stays there, in absolute time.

        A stay that has not ended is counted until `as_of`, and not at all without it.

        Raises:
            InvalidValueError: If `as_of` is naive.
        """
        return time_in(self.trail, stage, as_of=as_of)

    def __str__(self) -> str:
        return self.label()

    def _spoken(self) -> tuple[Message, ...]:
        """Return what was said by a move and not by a message."""
        if self.raised_by is not Party.CUSTOMER:
            return ()
        first = self.trail[0]
        return (Message(first.at, first.by, Party.CUSTOMER, text=self.about),)

    def _asked(self) -> int:
        """Return how often the customer asked by a move and not by a message."""
        return int(self.raised_by is Party.CUSTOMER)

    def _state_before(self, at: datetime) -> StateGroup:
        earlier = (step for step in reversed(self.trail) if step.at < at)
        return state_of(self.workflow, next(earlier, self.trail[0]))


def _last_told(told: Iterable[T | None]) -> T | None:
    """Return the last of what was told, oldest first, where not all tell it."""
    return next((one for one in reversed(tuple(told)) if one is not None), None)
