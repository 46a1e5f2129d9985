"""Workflows as data: stages, the moves between them, and what a move requires.

Law: the table is the only place that says what is allowed. The guard, the diagram, the stateful
test and the explanation of a refusal all derive from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Final, Generic, Protocol, TypeVar

import attrs

from crmkit.errors import InvalidValueError, TransitionError

from .clock import instant
from .conditions import Condition
from .explanation import Evidence, Explanation, Name, Rule, plain
from .frozen_map import FrozenMap
from .labels import Labelled, Language, Text
from .trail import Step, Trail


S = TypeVar("S", bound=Labelled)

_ALLOWED: Final = Rule(
    code="workflow.allowed",
    says=Text(
        "{record} is {stage} and may become {asked}",
        "{record}目前为“{stage}”，可以转为“{asked}”",
    ),
    source="the workflow's own table of moves",
)
_REFUSED: Final = Rule(
    code="workflow.refused",
    says=Text(
        "{record} is {stage} and can become {allowed}, not {asked}",
        "{record}目前为“{stage}”，只能转为{allowed}，不能转为“{asked}”",
    ),
    source="the workflow's own table of moves",
)
_FINAL: Final = Rule(
    code="workflow.final",
    says=Text(
        "{record} is {stage}, which is final, and cannot become {asked}",
        "{record}目前为“{stage}”，已是最终阶段，不能转为“{asked}”",
    ),
    source="the workflow's own table of moves",
)
_UNREADY: Final = Rule(
    code="workflow.unready",
    says=Text(
        "{record} is {stage} and cannot become {asked} yet: {missing}",
        "{record}目前为“{stage}”，尚不能转为“{asked}”：{missing}",
    ),
    source="the requirements in the workflow's own table of moves",
)


class StateGroup(Labelled):
    """What every workflow's stages come down to, whatever the case."""

    OPEN = "open", "Open", "处理中"
    WAITING_CUSTOMER = "waiting_customer", "Waiting for the customer", "等待客户"
    WAITING_THIRD_PARTY = "waiting_third_party", "Waiting for a third party", "等待第三方"
    RESOLVED = "resolved", "Resolved", "已解决"
    CLOSED = "closed", "Closed", "已关闭"
    CANCELLED = "cancelled", "Cancelled", "已取消"
    DUPLICATE = "duplicate", "Duplicate", "重复"


class Labels(Protocol):
    """Anything that a user can be told of by name, in both languages."""

    def label(self, language: Language = "en") -> str: ...


@attrs.frozen
class Requirement:
    """What must be so before a move.

    Attributes:
        says: What is missing when it is not so: "the cause is not known".
        condition: What the record's facts must fulfil.

    Raises:
        InvalidValueError: If the text speaks of evidence: it is said as it stands.

    Examples:
        >>> from crmkit.kernel import Compare, Labelled
        >>> class Stage(Labelled):
        ...     OPEN = "open", "Open", "待办"
        ...     DONE = "done", "Done", "完成"
        >>> cause = Requirement(Text("no cause is known", "原因不明"), Compare("causes", ">", 0))
        >>> workflow = Workflow({Stage.OPEN: {Stage.DONE: (cause,)}})
        >>> print(workflow.judge("task T-1", Stage.OPEN, Stage.DONE, {"causes": 0}))
        task T-1 is open and cannot become done yet: no cause is known
    """

    says: Text = attrs.field()
    condition: Condition

    @says.validator
    def _as_it_stands(self, _: object, says: Text) -> None:
        if says.names:
            raise InvalidValueError("says", says.en, "must stand without names in braces")


@attrs.frozen(init=False)
class Workflow(Generic[S]):
    """Stages and moves, the first stage of the table being where records begin.

    Attributes:
        moves: For each stage, the stages it may lead to, each with what that requires.
        groups: The state group of each stage; empty where the workflow needs none.

    Raises:
        InvalidValueError: If a stage of the enumeration cannot be reached, a stage can never come
            to an end while others can, a stage has no state group while others have, or a stage is
            not of the enumeration.

    Examples:
        >>> from crmkit.kernel import Labelled
        >>> class Stage(Labelled):
        ...     OPEN = "open", "Open", "待办"
        ...     DONE = "done", "Done", "完成"
        >>> workflow = Workflow({Stage.OPEN: {Stage.DONE}})
        >>> workflow.start.value, [stage.value for stage in workflow.final]
        ('open', ['done'])
        >>> print(workflow.judge("task T-1", Stage.DONE, Stage.OPEN))
        task T-1 is done, which is final, and cannot become open
        >>> Workflow({Stage.DONE: set()})
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: stage is 'open': it cannot be reached from done
    """

    moves: FrozenMap[S, FrozenMap[S, tuple[Requirement, ...]]]
    groups: FrozenMap[S, StateGroup]
    # The moves once more, for the guard: every verb asks, and a dict answers faster.
    _guard: dict[S, dict[S, tuple[Requirement, ...]]] = attrs.field(repr=False, eq=False)

    def __init__(
        self,
        moves: Mapping[S, Iterable[S] | Mapping[S, Iterable[Requirement]]],
        *,
        groups: Mapping[S, StateGroup] | None = None,
    ) -> None:
        if not moves:
            raise InvalidValueError("moves", moves, "must name at least one stage")
        stages: Iterable[S] = _enumeration(next(iter(moves)))
        table = {stage: _targets(stages, moves.get(stage, ())) for stage in (*moves, *stages)}
        guard = {stage: dict(targets) for stage, targets in table.items()}
        self.__attrs_init__(FrozenMap(table), FrozenMap(groups or {}), guard)
        self._check_reach()
        for stage in self.groups:
            self._known(stage)
        for stage in table:
            if self.groups and stage not in self.groups:
                raise InvalidValueError("stage", stage.value, "must have a state group")

    @property
    def start(self) -> S:
        """The stage in which records begin: the first of the table."""
        return next(iter(self.moves))

    @property
    def stages(self) -> tuple[S, ...]:
        """Every stage, in the order of the table."""
        return tuple(self.moves)

    @property
    def final(self) -> tuple[S, ...]:
        """The stages that lead nowhere."""
        return tuple(stage for stage, targets in self.moves.items() if not targets)

    def allowed(self, stage: S) -> tuple[S, ...]:
        """Return the stages that may follow, in the order of the enumeration.

        Raises:
            InvalidValueError: If `stage` is no stage of this workflow.
        """
        return tuple(self._known(stage))

    def judge(
        self, record: str | Labels, stage: S, asked: S, facts: Mapping[str, object] | None = None
    ) -> Explanation[bool]:
        """Say whether a record may make a move, and why.

        Args:
            record: The record, or its kind and id as a text: `complaint K-1`.
            stage: Where it is.
            asked: Where it would go; its stored value will do.
            facts: What the move's requirements are held against.

        Returns:
            The verdict: true exactly when `asked` is among the stages that the evidence allows and
            every evidence called `requirement` is met. A requirement is held against its condition,
            over the facts that are told before it.

        Raises:
            InvalidValueError: If `stage` or `asked` is no stage of this workflow, or a fact cannot
                be compared as a requirement asks.
        """
        allowed = self.allowed(stage)
        if not isinstance(asked, Labelled):
            asked = type(self.start).of(asked, "asked")
        known = facts or {}
        needs = self.moves[stage].get(asked, ())
        unmet = _unmet(needs, known)
        missing = tuple(need.says("en") for need in unmet)
        told: tuple[Evidence, ...] = (
            Evidence("record", _named(record)),
            Evidence("stage", stage),
            Evidence("allowed", allowed),
            Evidence("asked", asked, allowed, asked in allowed),
        )
        for need in needs:
            told += need.condition.evidence(known)
            told += (Evidence("requirement", need.says, need.condition, need not in unmet),)
        if unmet:
            says = Text("; ".join(missing), "；".join(need.says("zh") for need in unmet))
            told += (Evidence("missing", says, None, False),)
        rule = _UNREADY if unmet else _ALLOWED
        if asked not in allowed:
            rule = _REFUSED if allowed else _FINAL
        return Explanation(verdict=rule is _ALLOWED, rule=rule, evidence=told, missing=missing)

    def step(
        self,
        record: str | Labels,
        trail: Trail[S],
        asked: S,
        by: str,
        at: datetime,
        *,
        note: str = "",
        facts: Mapping[str, object] | None = None,
    ) -> Step[S]:
        """Return the next line of a record's trail.

        Args:
            record: The record, or its kind and id as a text: `complaint K-1`.
            trail: Its trail so far.
            asked: The stage it would enter.
            by: Who acts.
            at: When.
            note: What is said on the occasion.
            facts: What the move's requirements are held against.

        Raises:
            TransitionError: If the table forbids the move, or it requires what is not so.
            InvalidValueError: If `at` is naive or nobody acts.
        """
        stage = trail[-1].stage
        needs = self._guard.get(stage, {}).get(asked)
        # Most moves are allowed: only a refusal is worth the making of its explanation.
        if needs is None or (needs and _unmet(needs, facts or {})):
            raise _refusal(self.judge(record, stage, asked, facts))
        return Step(asked, by, instant(at), note)

    def follows(self, _: object, field: attrs.Attribute[Trail[S]], trail: Trail[S]) -> None:
        """Check, as an attrs validator, that a trail begins at the start and makes allowed moves.

        Raises:
            InvalidValueError: If it does not.

        Examples:
            >>> from datetime import timedelta
            >>> from crmkit.testing import a_complaint
            >>> complaint = a_complaint(acknowledged_after=timedelta(minutes=70))
            >>> attrs.evolve(complaint, trail=complaint.trail[1:])
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: trail is 'acknowledged': it must begin with received
        """
        if trail[0].stage is not self.start:
            rule = f"must begin with {self.start.value}"
            raise InvalidValueError(field.name, trail[0].stage.value, rule)
        for before, after in pairwise(trail):
            if after.stage is before.stage and after.awaits is not before.awaits:
                continue  # it waits, or goes on
            if after.stage not in self._guard[before.stage]:
                rule = f"cannot follow on {before.stage.value}"
                raise InvalidValueError(field.name, after.stage.value, rule)

    def mermaid(self, language: Language = "en") -> str:
        """Return the diagram as text that Mermaid draws.

        Examples:
            >>> from crmkit.complaints import WORKFLOW
            >>> print(WORKFLOW.mermaid().splitlines()[1].strip())
            received: Received
        """
        lines = [f"    {stage.value}: {stage.label(language)}" for stage in self.stages]
        lines.append(f"    [*] --> {self.start.value}")
        for stage, targets in self.moves.items():
            lines += [f"    {stage.value} --> {target.value}" for target in targets]
        lines += [f"    {stage.value} --> [*]" for stage in self.final]
        return "\n".join(["stateDiagram-v2", *lines])

    def svg(self, language: Language = "en") -> str:
        """Return the diagram as a picture: SVG text that needs nothing from elsewhere.

        Moves that lead back have a colour of their own; those that require something are dashed,
        and say what when pointed at.

        Examples:
            >>> from crmkit.complaints import WORKFLOW
            >>> picture = WORKFLOW.svg("zh")
            >>> picture.startswith("<svg"), "已受理" in picture
            (True, True)
        """
        # Loaded here, for drawing is rare and every start of a program would pay for it.
        from .diagram import Arrow, drawn

        number = {stage: place for place, stage in enumerate(self.stages)}
        arrows = [
            Arrow(number[stage], number[target], tuple(need.says(language) for need in needs))
            for stage, targets in self.moves.items()
            for target, needs in targets.items()
        ]
        return drawn([stage.label(language) for stage in self.stages], arrows, language=language)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _known(self, stage: S) -> FrozenMap[S, tuple[Requirement, ...]]:
        if stage not in self.moves:
            rule = f"is no stage of this workflow, which begins with {self.start}"
            raise InvalidValueError("stage", stage, rule)
        return self.moves[stage]

    def _check_reach(self) -> None:
        reached = self._reach(self.start)
        for stage in self.stages:
            if stage not in reached:
                rule = f"cannot be reached from {self.start.value}"
                raise InvalidValueError("stage", stage.value, rule)
            if self.final and not self._reach(stage) & set(self.final):
                raise InvalidValueError("stage", stage.value, "can never come to an end")

    def _reach(self, start: S) -> set[S]:
        reached, waiting = {start}, [start]
        while waiting:
            fresh = set(self.moves[waiting.pop()]) - reached
            reached |= fresh
            waiting += fresh
        return reached


def _targets(
    stages: Iterable[S], targets: Iterable[S] | Mapping[S, Iterable[Requirement]]
) -> FrozenMap[S, tuple[Requirement, ...]]:
    """Order the targets as the enumeration does: a set has no order of its own."""
    wanted = targets if isinstance(targets, Mapping) else dict.fromkeys(targets, ())
    for target in wanted.keys() - set(stages):
        rule = "cannot be moved to: it is of another enumeration"
        raise InvalidValueError("stage", target, rule)
    return FrozenMap({stage: tuple(wanted[stage]) for stage in stages if stage in wanted})


def _enumeration(stage: S) -> Iterable[S]:
    if not isinstance(stage, Labelled):  # from callers without a type checker
        raise InvalidValueError("stage", stage, "must be a member of an enumeration of stages")
    return type(stage)


def _named(record: str | Labels) -> str | Name:
    return record if isinstance(record, str) else Name(record.label("en"), record.label("zh"))


def _unmet(needs: Iterable[Requirement], facts: Mapping[str, object]) -> list[Requirement]:
    return [need for need in needs if need.condition.holds(facts) is not True]


def _refusal(verdict: Explanation[bool]) -> TransitionError:
    def value(name: str) -> str:
        return str(plain(verdict.find(name).value))

    allowed = verdict.find("asked").against
    assert isinstance(allowed, tuple)
    return TransitionError(
        value("record"),
        value("stage"),
        value("asked"),
        tuple(stage.value for stage in allowed),
        verdict.missing,
        verdict,
    )
