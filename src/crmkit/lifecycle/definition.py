"""Lifecycles as data: stages, the moves between them, and what a move requires.

Law: the lifecycle is the only place that says what is allowed; the guard, the way of a move, the
diagram and the refusal all derive from it. What a company means by its stages, it writes itself.

Source: domain facts S1 to S5, S7 and S9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

import attrs
import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    FrozenMap,
    Language,
    Requirement,
    Text,
    all_are,
    is_a,
    is_id,
    known_name,
    not_blank,
)
from crmkit.kernel.tagged import read_json, write_hook

from .stages import LEAVING, LifecycleMove, LifecycleStage, MoveWay, StageStanding


_NO_REQUIREMENTS: Final[Mapping[tuple[str, str], Iterable[Requirement]]] = FrozenMap()
_NO_WAYS: Final[Mapping[tuple[str, str], MoveWay]] = FrozenMap()
_NO_WORDS: Final[FrozenMap[str, FrozenMap[str, str]]] = FrozenMap()


@attrs.frozen(kw_only=True, slots=False)
class Lifecycle:
    """The stages a customer can be in, and the moves between them; `of` makes one in a few lines.

    Attributes:
        name: Unique among lifecycles; journeys are stored under it.
        says: What a user reads.
        stages: In their order: where a relationship usually begins first.
        moves: What is allowed.
        version: Of what the stages mean: one more where that changes.
        words: What stages are called elsewhere: for each other way to sort customers, such as
            another lifecycle, the word for each stage that has one there.
        source: Where the stages come from.

    Raises:
        InvalidValueError: If a code stands twice, a move leads from or to no stage, from a stage to
            itself or stands twice, or a stage cannot be reached from the first.

    Examples:
        >>> club = Lifecycle.of(
        ...     "club",
        ...     Text("Our club", "会员俱乐部"),
        ...     stages={"guest": Text("Guest", "访客"), "member": Text("Member", "会员")},
        ...     moves={"guest": ["member"], "member": ["guest"]},
        ... )
        >>> club.allowed("guest"), club.way("member", "guest").label()
        (('member',), 'Back')
        >>> Lifecycle.from_json(club.to_json()) == club
        True
        >>> club.checked("membr")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: stage is 'membr': it is not known; did you mean 'member'?
    """

    name: str = attrs.field(validator=is_id)
    says: Text = attrs.field(validator=is_a(Text))
    stages: tuple[LifecycleStage, ...] = attrs.field(validator=all_are(LifecycleStage))
    moves: tuple[LifecycleMove, ...] = attrs.field(validator=all_are(LifecycleMove))
    version: int = attrs.field(default=1, validator=is_a(int))
    words: FrozenMap[str, FrozenMap[str, str]] = attrs.field(
        default=_NO_WORDS, validator=is_a(FrozenMap)
    )
    source: str = attrs.field(default="the company's own", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        if self.version < 1:
            raise InvalidValueError("version", self.version, "must be 1 or more")
        if not self.stages:
            raise InvalidValueError("stages", (), "must be one at least")
        self._check_reach()
        for words in self.words.values():
            for code in words:
                self.checked(code)

    @classmethod
    def of(
        cls,
        name: str,
        says: Text,
        *,
        stages: Mapping[str, Text],
        moves: Mapping[str, Iterable[str]],
        prospective: Iterable[str] = (),
        waning: Iterable[str] = (),
        lost: Iterable[str] = (),
        requires: Mapping[tuple[str, str], Iterable[Requirement]] = _NO_REQUIREMENTS,
        ways: Mapping[tuple[str, str], MoveWay] = _NO_WAYS,
        words: Mapping[str, Mapping[str, str]] = _NO_WORDS,
        version: int = 1,
        source: str = "the company's own",
    ) -> Lifecycle:
        """Make a lifecycle from plain tables.

        Args:
            name: Unique among lifecycles.
            says: What a user reads.
            stages: Code to label, in their order.
            moves: For each stage the stages that may follow.
            prospective: Stages of those who are not yet customers.
            waning: Stages of those on the way out.
            lost: Stages of those who are gone; all others deal with us.
            requires: For a move, from and to, what must be so before it.
            ways: For a move whose way is not the one that standings and order say.
            words: What stages are called elsewhere.
            version: One more where the meaning of a stage changes.
            source: Where the stages come from.

        Raises:
            InvalidValueError: If something named is no stage or no move, or as for the class.

        Examples:
            >>> Lifecycle.of("a", Text("A", "甲"), stages={"x": Text("X", "乙")}, moves={}).first
            'x'
        """
        standings = {
            **dict.fromkeys(prospective, StageStanding.PROSPECTIVE),
            **dict.fromkeys(waning, StageStanding.WANING),
            **dict.fromkeys(lost, StageStanding.LOST),
        }
        pairs = {(one, to) for one, targets in moves.items() for to in targets}
        _check_told(stages, standings, pairs, [*requires, *ways])
        active = StageStanding.ACTIVE
        return cls(
            name=name,
            says=says,
            stages=tuple(
                LifecycleStage(code=code, says=text, standing=standings.get(code, active))
                for code, text in stages.items()
            ),
            moves=tuple(
                _move(pair, requires, ways) for pair in ((a, b) for a in moves for b in moves[a])
            ),
            version=version,
            words=FrozenMap({scheme: FrozenMap(told) for scheme, told in words.items()}),
            source=source,
        )

    # -- questions ---

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the stages, in their order."""
        return tuple(stage.code for stage in self.stages)

    @property
    def first(self) -> str:
        """The stage in which a relationship usually begins."""
        return self.stages[0].code

    def checked(self, code: str) -> str:
        """Return a stage of this lifecycle.

        Raises:
            InvalidValueError: If there is none of that code, with the nearest that is.
        """
        return known_name(code, self._table, "stage")

    def stage(self, code: str) -> LifecycleStage:
        """Return the stage of a code.

        Raises:
            InvalidValueError: If there is none.
        """
        return self.stages[self.codes.index(self.checked(code))]

    def label(self, code: str, language: Language = "en") -> str:
        """Return the word a user reads for a stage.

        Raises:
            InvalidValueError: If there is no such stage.
        """
        return self.stage(code).says(language)

    def allowed(self, code: str) -> tuple[str, ...]:
        """Return the stages that may follow, in the order of the stages.

        Raises:
            InvalidValueError: If there is no such stage.
        """
        targets = self._table[self.checked(code)]
        return tuple(one for one in self.codes if one in targets)

    def requirements(self, of: str, to: str) -> tuple[Requirement, ...]:
        """Return what a move requires; nothing where it is not allowed.

        Raises:
            InvalidValueError: If there is no such stage.
        """
        move = self._table[self.checked(of)].get(self.checked(to))
        return () if move is None else move.requires

    def way(self, of: str, to: str) -> MoveWay:
        """Return which way a move leads, allowed or not.

        Raises:
            InvalidValueError: If there is no such stage.
        """
        before, after = self.stage(of), self.stage(to)
        told = self._table[of].get(to)
        if told is not None and told.way is not None:
            return told.way
        later = self.codes.index(to) > self.codes.index(of)
        leaving = before.standing in LEAVING
        if after.standing is StageStanding.LOST and before.standing is not after.standing:
            return MoveWay.LOSS
        if after.standing in LEAVING and (later or not leaving):
            return MoveWay.FALL
        if before.standing is StageStanding.LOST:
            return MoveWay.WIN_BACK
        if leaving:
            return MoveWay.RECOVERY
        return MoveWay.FORWARD if later else MoveWay.BACK

    def next_on_way(self, of: str, to: str) -> str | None:
        """Return the next stage on the shortest way of allowed moves; None where none leads there.

        Of two ways of one length, the one by the earlier stage. No way to those who deal with us
        leads by way of those on the way out, or gone: who grows is not in decline.

        Raises:
            InvalidValueError: If there is no such stage.

        Examples:
            >>> from crmkit.lifecycle import FOUR_STAGE
            >>> FOUR_STAGE.next_on_way("exploration", "maturity")
            'growth'
            >>> FOUR_STAGE.next_on_way("maturity", "growth") is None
            True
        """
        shut = () if self.stage(to).standing in LEAVING else LEAVING
        steps, waiting = {one: one for one in self.allowed(of)}, list(self.allowed(of))
        while waiting and to not in steps:
            here = waiting.pop(0)
            if self.stage(here).standing in shut:
                continue
            for one in self.allowed(here):
                if one not in steps:
                    steps[one] = steps[here]
                    waiting.append(one)
        return steps.get(to)

    def word(self, code: str, scheme: str) -> str | None:
        """Return what a stage is called in another way to sort customers; None for nothing.

        Raises:
            InvalidValueError: If there is no such stage, or nothing is known of that way.

        Examples:
            >>> from crmkit.lifecycle import DWYER
            >>> DWYER.word("commitment", "four_stage")
            'maturity'
        """
        return self.words[known_name(scheme, self.words, "scheme")].get(self.checked(code))

    # -- forms ---

    def to_json(self) -> str:
        """Write the lifecycle as JSON."""
        told = {f.name: getattr(self, f.name) for f in attrs.fields(Lifecycle) if f.init}
        return msgspec.json.encode(told, enc_hook=write_hook).decode()

    @staticmethod
    def from_json(text: str) -> Lifecycle:
        """Read what `to_json` wrote, or somebody by hand.

        Raises:
            InvalidValueError: If the text is no lifecycle.
        """
        return read_json(text, Lifecycle, "lifecycle")

    def mermaid(self, language: Language = "en") -> str:
        """Return the diagram as text that Mermaid draws.

        Examples:
            >>> from crmkit.lifecycle import FOUR_STAGE
            >>> print(FOUR_STAGE.mermaid().splitlines()[1].strip())
            exploration: Exploration
        """
        lines = [f"    {one.code}: {one.says(language)}" for one in self.stages]
        lines.append(f"    [*] --> {self.first}")
        lines += [f"    {move.of} --> {move.to}" for move in self.moves]
        return "\n".join(["stateDiagram-v2", *lines])

    def svg(self, language: Language = "en") -> str:
        """Return the diagram as a picture: SVG text that needs nothing from elsewhere.

        Examples:
            >>> from crmkit.lifecycle import FOUR_STAGE
            >>> "成长期" in FOUR_STAGE.svg("zh")
            True
        """
        # Loaded here, for drawing is rare and every start of a program would pay for it.
        from crmkit.kernel.diagram import Arrow, drawn

        place = self.codes.index
        arrows = [
            Arrow(place(one.of), place(one.to), tuple(need.says(language) for need in one.requires))
            for one in self.moves
        ]
        return drawn([one.says(language) for one in self.stages], arrows, language=language)

    def _repr_svg_(self) -> str:
        return self.svg()

    @cached_property
    def _table(self) -> dict[str, dict[str, LifecycleMove]]:
        """For each stage, the moves that lead from it."""
        table: dict[str, dict[str, LifecycleMove]] = {}
        for stage in self.stages:
            if stage.code in table:
                raise InvalidValueError("stage", stage.code, "must stand once in a lifecycle")
            table[stage.code] = {}
        for move in self.moves:
            _enter(table, move)
        return table

    def _check_reach(self) -> None:
        reached, waiting = {self.first}, [self.first]
        while waiting:
            fresh = self._table[waiting.pop()].keys() - reached
            reached |= fresh
            waiting += fresh
        for code in self.codes[1:]:
            if code not in reached:
                rule = f"cannot be reached from {self.first}"
                raise InvalidValueError("stage", code, rule, "allow a move that leads there")


def _enter(table: dict[str, dict[str, LifecycleMove]], move: LifecycleMove) -> None:
    known_name(move.of, table, "stage")
    known_name(move.to, table, "stage")
    if move.of == move.to:
        raise InvalidValueError("move", move.to, "must lead to another stage than its own")
    if move.to in table[move.of]:
        raise InvalidValueError("move", (move.of, move.to), "must stand once in a lifecycle")
    table[move.of][move.to] = move


def _move(
    pair: tuple[str, str],
    requires: Mapping[tuple[str, str], Iterable[Requirement]],
    ways: Mapping[tuple[str, str], MoveWay],
) -> LifecycleMove:
    needs = tuple(requires.get(pair, ()))
    return LifecycleMove(of=pair[0], to=pair[1], requires=needs, way=ways.get(pair))


def _check_told(
    stages: Mapping[str, Text],
    standings: Mapping[str, StageStanding],
    pairs: set[tuple[str, str]],
    moves: Iterable[tuple[str, str]],
) -> None:
    for code in standings:
        known_name(code, stages, "stage")
    for move in moves:
        if move not in pairs:
            raise InvalidValueError("move", move, "is no move of this lifecycle")
