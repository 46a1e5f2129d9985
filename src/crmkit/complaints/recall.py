"""The recall: all units that a safety case concerns, each followed to its end.

Law: a recall is closed only when every unit has an end; units that are found later are added.

Source: domain fact K17.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, TypeAlias

import attrs

from crmkit.cases import CaseKind
from crmkit.errors import InvalidValueError
from crmkit.kernel import Step, Text, instant
from crmkit.kernel.checks import told

from .linking import born_with, linked, unlinked
from .recall_units import (
    UNIT_WORKFLOW,
    UnitStage,
    UnitStep,
    checked_units,
    last_steps,
    tries,
    unit_step,
)
from .undertaking import NOTHING_TOLD, check_onward
from .unit_list import RECALL_WORKFLOW, RecallId, RecallStage, UnitList


_Stage: TypeAlias = RecallStage

_FOLLOW: Final = Text("followed unit by unit", "逐件跟进")
_ADD: Final = Text("given more units", "增加产品")
_UNANNOUNCED: Final = Text("it is not announced", "尚未公告")
_IS_OVER: Final = Text("it is over", "已经结束")


@attrs.frozen(kw_only=True, slots=False)
class Recall(UnitList):
    """The calling back of units that may do harm, until each has an end.

    Its fields, and the questions that they answer, are told at `UnitList`. Recalls are immutable:
    every verb returns a new one. Verbs on units take many at once, and all of them go their way or
    none.

    Raises:
        InvalidValueError: If a value is unfit, or a trail breaks its workflow.

    Examples:
        >>> from crmkit.testing import NINE
        >>> recall = Recall.open(
        ...     "R-1", "ann", NINE, complaints=("K-1",), about="may burn", units=("W-1", "W-2")
        ... )
        >>> recall = recall.announce("ann", NINE).notify("bob", NINE, units=recall.units)
        >>> recall = recall.repair("bob", NINE, units=("W-2",))
        >>> print(recall.explain(RecallStage.CLOSED))
        recall R-1 is announced and cannot become closed yet: 1 of 2 units without an end: W-1
    """

    @classmethod
    def open(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        complaints: Iterable[str],
        about: str,
        units: Iterable[str],
        product: str | None = None,
        tries: int = 3,
    ) -> Recall:
        """Decide on a recall: units may do harm.

        Args:
            id: Unique among recalls.
            by: Who decides.
            at: When.
            complaints: The safety cases; at least one.
            about: What harm the units may do.
            units: The units concerned, by their ids; at least one.
            product: Of which product they are.
            tries: How often a holder must be tried in vain before a unit counts as unreachable.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        return cls(
            id=RecallId(id),
            about=about,
            product=product,
            links=born_with(by, at, complaints, "complaints"),
            tries=tries,
            log=_listed(checked_units(units), by, instant(at)),
            trail=(Step(RECALL_WORKFLOW.start, by, instant(at)),),
        )

    # -- the recall ---

    def announce(self, by: str, at: datetime, *, note: str = "") -> Recall:
        """Announce it: from now on holders are told.

        Raises:
            TransitionError: If it is not just decided.
            InvalidValueError: If a value is unfit.
        """
        return self._advance(_Stage.ANNOUNCED, by, at, note)

    def close(self, by: str, at: datetime, *, note: str = "") -> Recall:
        """Close it: every unit has its end.

        Raises:
            TransitionError: If a unit has none, or it is not announced.
            InvalidValueError: If a value is unfit.
        """
        return self._advance(_Stage.CLOSED, by, at, note)

    def reopen(self, by: str, at: datetime, *, reason: str) -> Recall:
        """Open it again: more units are concerned, or an end was none.

        Raises:
            TransitionError: If it is not closed.
            InvalidValueError: If no reason is given, or a value is unfit.
        """
        return self._advance(_Stage.ANNOUNCED, by, at, told(reason, "reason"), {"reopens": True})

    def link(self, by: str, at: datetime, *, complaint: str) -> Recall:
        """Link another case of the same harm; at any time.

        Raises:
            InvalidValueError: If it is linked already, or a value is unfit.
        """
        links = linked(self.links, by, at, complaint, CaseKind.COMPLAINT)
        return attrs.evolve(self, links=links)

    def unlink(self, by: str, at: datetime, *, complaint: str) -> Recall:
        """Undo a link. That the case was linked stays on record.

        Raises:
            InvalidValueError: If it is not linked, or a value is unfit.
        """
        links = unlinked(self.links, by, at, complaint, CaseKind.COMPLAINT)
        return attrs.evolve(self, links=links)

    def restore(self, by: str, at: datetime, *, earlier: Recall) -> Recall:
        """Put back what an earlier version said it was about; what was done since stays.

        Raises:
            InvalidValueError: If `earlier` is another recall, nobody acts, or `at` is naive.
        """
        self._check_restored(by, at, earlier)
        return attrs.evolve(self, about=earlier.about, product=earlier.product)

    # -- its units ---

    def add_units(self, by: str, at: datetime, *, units: Iterable[str], note: str = "") -> Recall:
        """Add units that were found to be concerned, too.

        Raises:
            TransitionError: If it is over: `reopen` it first.
            InvalidValueError: If one is on the list already, or a value is unfit.
        """
        if self.is_over:
            self._refuse(_ADD, _IS_OVER)
        check_onward(at, self.trail[-1].at)
        known = last_steps(self.log)
        named = checked_units(units)
        for unit in named:
            if unit in known:
                raise InvalidValueError("units", unit, "is on the list already")
        return attrs.evolve(self, log=(*self.log, *_listed(named, by, instant(at), note)))

    def miss(self, by: str, at: datetime, *, units: Iterable[str], note: str = "") -> Recall:
        """Put down that the holders of units were tried, in vain.

        Raises:
            TransitionError: If it is not announced, or a unit has its end.
            InvalidValueError: If a unit is not on the list, or a value is unfit.
        """
        return self._follow(UnitStage.SOUGHT, by, at, units, note)

    def notify(self, by: str, at: datetime, *, units: Iterable[str], note: str = "") -> Recall:
        """Put down that the holders of units were told.

        Raises:
            TransitionError: If it is not announced, or a unit has its end.
            InvalidValueError: If a unit is not on the list, or a value is unfit.
        """
        return self._follow(UnitStage.NOTIFIED, by, at, units, note)

    def take_back(self, by: str, at: datetime, *, units: Iterable[str], note: str = "") -> Recall:
        """Put down that units were returned; what is done with them may follow.

        Raises:
            TransitionError: If it is not announced, or a unit is past that.
            InvalidValueError: If a unit is not on the list, or a value is unfit.
        """
        return self._follow(UnitStage.RETURNED, by, at, units, note)

    def repair(self, by: str, at: datetime, *, units: Iterable[str], note: str = "") -> Recall:
        """Put down that units were made safe.

        Raises:
            TransitionError: If it is not announced, or a unit is repaired or scrapped.
            InvalidValueError: If a unit is not on the list, or a value is unfit.
        """
        return self._follow(UnitStage.REPAIRED, by, at, units, note)

    def scrap(self, by: str, at: datetime, *, units: Iterable[str], note: str = "") -> Recall:
        """Put down that units were destroyed.

        Raises:
            TransitionError: If it is not announced, or a unit is repaired or scrapped.
            InvalidValueError: If a unit is not on the list, or a value is unfit.
        """
        return self._follow(UnitStage.SCRAPPED, by, at, units, note)

    def refuse(self, by: str, at: datetime, *, units: Iterable[str], note: str = "") -> Recall:
        """Put down that the holders of units, who were told, keep them as they are.

        Raises:
            TransitionError: If it is not announced, or a holder was not told.
            InvalidValueError: If a unit is not on the list, or a value is unfit.
        """
        return self._follow(UnitStage.REFUSED, by, at, units, note)

    def give_up(self, by: str, at: datetime, *, units: Iterable[str], note: str = "") -> Recall:
        """Put down that the holders of units cannot be reached; they may turn up all the same.

        Raises:
            TransitionError: If it is not announced, or a holder was not tried often enough.
            InvalidValueError: If a unit is not on the list, or a value is unfit.
        """
        return self._follow(UnitStage.UNREACHABLE, by, at, units, note)

    def _follow(
        self, stage: UnitStage, by: str, at: datetime, units: Iterable[str], note: str
    ) -> Recall:
        if self.stage is not _Stage.ANNOUNCED:
            self._refuse(_FOLLOW, _IS_OVER if self.is_over else _UNANNOUNCED)
        check_onward(at, self.trail[-1].at)
        last, tried = last_steps(self.log), tries(self.log)
        lines = []
        for unit in checked_units(units):
            if unit not in last:
                raise InvalidValueError(
                    "units", unit, "is not on the list", "add it with add_units"
                )
            facts = {"tries_left": self.tries - tried[unit]}
            lines.append(unit_step(last[unit], stage, by, at, note=note, facts=facts))
        return attrs.evolve(self, log=(*self.log, *lines))

    def _advance(
        self,
        stage: RecallStage,
        by: str,
        at: datetime,
        note: str,
        facts: Mapping[str, object] = NOTHING_TOLD,
    ) -> Recall:
        step = self._step(stage, by, at, note, facts)
        check_onward(at, self.log[-1].at, self.trail[-1].at)
        return attrs.evolve(self, trail=(*self.trail, step))


def _listed(units: Iterable[str], by: str, at: datetime, note: str = "") -> tuple[UnitStep, ...]:
    return tuple(UnitStep(unit, UNIT_WORKFLOW.start, by, at, note) for unit in units)
