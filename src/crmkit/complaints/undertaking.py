"""What complaints set going beside themselves: corrective actions, emergencies, requests, recalls.

Law: an undertaking is over when its own table says so; a refusal names what is still open.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Generic, NoReturn, TypeVar

import attrs

from crmkit.cases import state_of
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import (
    PERSONAL,
    Explanation,
    FrozenMap,
    Labelled,
    Language,
    Name,
    StateGroup,
    Step,
    Text,
    Trail,
    Workflow,
    checked_act,
    checked_language,
    instant,
    is_id,
    not_blank,
    not_now,
    time_in,
    unbroken,
)

from .still_open import detailed


S = TypeVar("S", bound=Labelled)

NOTHING_TOLD: Final[Mapping[str, object]] = FrozenMap()
"""What a move is told where its requirements ask for nothing more than is known."""


@attrs.frozen(kw_only=True, slots=False)
class Undertaking(ABC, Generic[S]):
    """What is undertaken because of complaints, from its birth until it is over.

    Corrective actions, emergencies, product requests and recalls are undertakings, each with a
    workflow of its own. They are immutable: every verb returns a new one.

    Attributes:
        id: Unique among its kind of record.
        about: What it is about; never blank.
        trail: Every stage so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If `about` is blank, the id unfit, or the trail goes back in time.

    Examples:
        >>> from crmkit.complaints import Emergency
        >>> from crmkit.testing import NINE
        >>> called = Emergency.call("E-1", "ann", NINE, complaint="K-1", about="motor on fire")
        >>> str(called), called.state.label(), called.days_open(NINE + timedelta(hours=60))
        ('emergency E-1', 'Open', 2)
    """

    id: str = attrs.field(validator=is_id)
    about: str = attrs.field(validator=not_blank, metadata=PERSONAL)
    trail: Trail[S] = attrs.field(validator=unbroken)

    @property
    @abstractmethod
    def workflow(self) -> Workflow[S]:
        """Its stages, and the moves between them."""

    @property
    @abstractmethod
    def _called(self) -> Text:
        """What its kind is called."""

    @property
    def stage(self) -> S:
        """How far it is: the last line of its trail."""
        return self.trail[-1].stage

    @property
    def state(self) -> StateGroup:
        """What its stage, and whether it waits, come down to, as for every kind of case."""
        return state_of(self.workflow, self.trail[-1])

    @property
    def opened_at(self) -> datetime:
        """When it began, in UTC."""
        return self.trail[0].at

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in (StateGroup.CLOSED, StateGroup.CANCELLED)

    @property
    def facts(self) -> Mapping[str, object]:
        """What conditions can ask about it, by name."""
        return {"stage": self.stage, "state": self.state}

    def time_in(self, stage: S, *, as_of: datetime | None = None) -> timedelta:
        """Return how long it has been in a stage, over all its stays there, in absolute time.

        A stay that has not ended is counted until `as_of`, and not at all without it.

        Raises:
            InvalidValueError: If `as_of` is naive.
        """
        return time_in(self.trail, stage, as_of=as_of)

    def days_open(self, as_of: datetime) -> int:
        """Return for how many days it was open: until it was over, or until `as_of`.

        Units:
            Whole days of 24 hours; part of a day does not count.

        Raises:
            InvalidValueError: If `as_of` is naive.
        """
        until = instant(as_of, "as_of")
        if self.is_over:
            until = min(until, self.trail[-1].at)
        return max(0, (until - self.opened_at).days)

    def explain(self, stage: S) -> Explanation[bool]:
        """Say whether it may move to a stage now, by what is known, and why."""
        return self._judged(stage, self._known)

    def label(self, language: Language = "en") -> str:
        """Return what a user calls it: its kind and its id.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        kind = self._called(checked_language(language))
        return f"{kind} {self.id}" if language == "en" else f"{kind}{self.id}"

    def __str__(self) -> str:
        return self.label()

    @property
    @abstractmethod
    def _known(self) -> Mapping[str, object]:
        """What the requirements of moves are held against, before anything is told."""

    @property
    @abstractmethod
    def _details(self) -> Mapping[Text, Name]:
        """For a requirement that may be unmet: what exactly is open."""

    def _judged(self, asked: S, facts: Mapping[str, object]) -> Explanation[bool]:
        verdict = self.workflow.judge(self, self.stage, asked, facts)
        return detailed(verdict, self._details) if verdict.missing else verdict

    def _step(
        self, asked: S, by: str, at: datetime, note: str, facts: Mapping[str, object]
    ) -> Step[S]:
        """Return the next line of the trail; whom it waits for, it waits for still."""
        known = {**self._known, **facts}
        try:
            step = self.workflow.step(self, self.trail, asked, by, at, note=note, facts=known)
        except TransitionError:
            raise self._refusal(self._judged(asked, known), asked.value) from None
        return attrs.evolve(step, awaits=self.trail[-1].awaits)

    def _refuse(self, asked: Text, why: Text | Name) -> NoReturn:
        """Refuse an act that is no move."""
        raise not_now(self, self.stage, asked, why)

    def _refusal(self, verdict: Explanation[bool], asked: str) -> TransitionError:
        # Only what is refused by the table names the stages that it allows.
        allowed = next((fact.against for fact in verdict.evidence if fact.name == "asked"), None)
        stages = tuple(stage.value for stage in allowed) if isinstance(allowed, tuple) else ()
        stage = str(self.stage.value)
        return TransitionError(self.label(), stage, asked, stages, verdict.missing, verdict)

    def _check_restored(self, by: str, at: datetime, earlier: Undertaking[S]) -> None:
        """Check who restores, when, and from what."""
        if type(earlier) is not type(self) or earlier.id != self.id:
            found = getattr(earlier, "id", earlier)
            raise InvalidValueError("earlier", found, f"must be a version of {self.id!r}")
        checked_act(by, at)


def check_onward(at: datetime, *before: datetime) -> None:
    """Refuse an instant that is earlier than one that must lie before it.

    Raises:
        InvalidValueError: If it is, or is naive.

    Examples:
        >>> from crmkit.testing import NINE
        >>> check_onward(NINE.replace(hour=8), NINE)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: at is datetime.datetime(2026, 3, 2, 8, 0,\
 tzinfo=datetime.timezone.utc): it must not be earlier than what was put down before it, at\
 2026-03-02T09:00:00+00:00
    """
    latest = max(before)
    if (moment := instant(at)) < latest:
        rule = f"must not be earlier than what was put down before it, at {latest.isoformat()}"
        raise InvalidValueError("at", moment, rule)
