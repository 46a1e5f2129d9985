"""What is known of a recall: its units, how far each is, and which have no end yet.

Law: a recall is closed only when every unit has an end.

Source: domain fact K17.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, NewType, TypeAlias

import attrs

from crmkit.cases.passed import passed
from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Compare,
    FrozenMap,
    Labelled,
    Name,
    Requirement,
    StateGroup,
    Text,
    Trail,
    Workflow,
    is_id,
    not_blank_if_given,
    personal_in,
    unbroken,
)

from .linking import CaseLink, check_links, complaints_of
from .recall_units import UNIT_WORKFLOW, UnitStage, UnitStep, check_log, last_steps
from .still_open import first_few
from .undertaking import Undertaking


RecallId = NewType("RecallId", str)
"""Which recall."""


class RecallStage(Labelled):
    """How far a recall is."""

    DECIDED = "decided", "Decided", "已决定"
    ANNOUNCED = "announced", "Announced", "已公告"
    CLOSED = "closed", "Closed", "已结束"


_Stage: TypeAlias = RecallStage

_UNITS_ARE_OPEN: Final = Text("units have no end yet", "有产品尚无结果")
_FOR_THE_FIRST_TIME: Final = Requirement(
    Text("it is not closed, so that it could be opened again", "尚未结束，无从重新启动"),
    Compare("reopens", "=", False),
)
_A_REASON: Final = Requirement(
    Text("nobody has said why it should be opened again", "尚无重新启动的理由"),
    Compare("reopens", "=", True),
)
_EVERY_END: Final = Requirement(_UNITS_ARE_OPEN, Compare("open_units", "=", 0))

RECALL_WORKFLOW: Final = Workflow(
    {
        _Stage.DECIDED: {_Stage.ANNOUNCED: (_FOR_THE_FIRST_TIME,)},
        _Stage.ANNOUNCED: {_Stage.CLOSED: (_EVERY_END,)},
        # More units may be found to be concerned.
        _Stage.CLOSED: {_Stage.ANNOUNCED: (_A_REASON,)},
    },
    groups={
        _Stage.DECIDED: StateGroup.OPEN,
        _Stage.ANNOUNCED: StateGroup.OPEN,
        _Stage.CLOSED: StateGroup.CLOSED,
    },
)
"""The stages of a recall and the moves between them."""


@attrs.frozen(kw_only=True, slots=False)
class UnitList(Undertaking[RecallStage]):
    """The units of a recall, and the questions that their log answers.

    Attributes:
        id: Unique among recalls.
        about: What harm the units may do; never blank.
        product: Of which product they are; None where that is not said.
        links: The safety cases, linked and unlinked, oldest first.
        tries: How often a holder must be tried in vain before a unit counts as unreachable.
        log: What became of each unit, line by line, oldest first; every unit begins as listed.
        trail: Every stage so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If a value is unfit, or a trail breaks its workflow.

    Examples:
        >>> from crmkit.complaints import Recall
        >>> from crmkit.testing import NINE
        >>> recall = Recall.open(
        ...     "R-1", "ann", NINE, complaints=("K-1",), about="may burn", units=("W-1", "W-2")
        ... )
        >>> recall.progress[UnitStage.LISTED], recall.open_units, recall.stage_of("W-2").label()
        (2, ('W-1', 'W-2'), 'Listed')
    """

    id: RecallId = attrs.field(validator=is_id)
    product: str | None = attrs.field(default=None, validator=not_blank_if_given)
    links: tuple[CaseLink, ...] = attrs.field(validator=[passed(CaseLink), check_links])
    tries: int = 3
    log: tuple[UnitStep, ...] = attrs.field(validator=check_log, metadata=personal_in("note"))
    trail: Trail[RecallStage] = attrs.field(
        validator=[unbroken, RECALL_WORKFLOW.follows], metadata=personal_in("note")
    )

    def __attrs_post_init__(self) -> None:
        if type(self.tries) is not int or self.tries < 1:
            raise InvalidValueError("tries", self.tries, "must be a whole number, 1 or more")
        if self.stage is _Stage.CLOSED and self.open_units:
            raise InvalidValueError("log", self.open_units, "must bring every unit to its end")

    @property
    def workflow(self) -> Workflow[RecallStage]:
        """Its stages, and the moves between them."""
        return RECALL_WORKFLOW

    @property
    def complaints(self) -> tuple[str, ...]:
        """Ids of the safety cases that are linked now."""
        return complaints_of(self.links)

    @property
    def units(self) -> tuple[str, ...]:
        """Every unit concerned, in the order in which they were listed."""
        return tuple(last_steps(self.log))

    @property
    def open_units(self) -> tuple[str, ...]:
        """The units that have no end yet, in the order in which they were listed."""
        last = last_steps(self.log)
        return tuple(unit for unit, step in last.items() if step.stage in _OPEN)

    @property
    def progress(self) -> Mapping[UnitStage, int]:
        """How many units are how far; every stage is there, with 0 where no unit is."""
        count = Counter(step.stage for step in last_steps(self.log).values())
        return FrozenMap({stage: count[stage] for stage in UnitStage})

    @property
    def facts(self) -> Mapping[str, object]:
        """What conditions can ask about it, by name; None for what nobody has said."""
        return {
            **super().facts,
            "product": self.product,
            "complaints": len(self.complaints),
            "units": len(self.units),
            "open_units": len(self.open_units),
        }

    def stage_of(self, unit: str) -> UnitStage:
        """Return how far one unit is.

        Raises:
            InvalidValueError: If it is not on the list.
        """
        return self.course_of(unit)[-1].stage

    def course_of(self, unit: str) -> tuple[UnitStep, ...]:
        """Return what became of one unit, line by line, oldest first.

        Raises:
            InvalidValueError: If it is not on the list.
        """
        course = tuple(line for line in self.log if line.unit == unit)
        if not course:
            raise InvalidValueError("unit", unit, "is not on the list", "add it with add_units")
        return course

    @property
    def _called(self) -> Text:
        return Text("recall", "召回")

    @property
    def _known(self) -> Mapping[str, object]:
        return {"open_units": len(self.open_units), "reopens": False}

    @property
    def _details(self) -> Mapping[Text, Name]:
        open_, every = self.open_units, len(self.units)
        english = f"{len(open_)} of {every} units without an end"
        return {_UNITS_ARE_OPEN: first_few(english, f"{every}件中有{len(open_)}件尚无结果", open_)}


_OPEN: Final = frozenset(
    stage for stage, group in UNIT_WORKFLOW.groups.items() if group is StateGroup.OPEN
)
