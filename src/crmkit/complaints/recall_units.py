"""The units of a recall: each followed, line by line, to its end.

Law: a unit is given up only after as many tries as the recall asks for.

Source: domain fact K17 (the recall of all units concerned, each followed to its end).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Compare,
    Labelled,
    Language,
    Requirement,
    StateGroup,
    Step,
    Text,
    Workflow,
    checked_actor,
    is_a,
    is_id,
    is_utc,
    member_of,
)
from crmkit.kernel.checks import several


class UnitStage(Labelled):
    """How far one unit of a recall is."""

    LISTED = "listed", "Listed", "已列入"
    SOUGHT = "sought", "Tried in vain", "未联系上"
    NOTIFIED = "notified", "Notified", "已通知"
    RETURNED = "returned", "Returned", "已退回"
    REPAIRED = "repaired", "Repaired", "已修复"
    SCRAPPED = "scrapped", "Scrapped", "已报废"
    REFUSED = "refused", "Refused", "持有人拒绝"
    UNREACHABLE = "unreachable", "Unreachable", "无法联系"


_ENOUGH_TRIES: Final = Requirement(
    Text("it was not tried often enough", "联系次数不足"), Compare("tries_left", "<=", 0)
)
_MENDED: Final = (UnitStage.RETURNED, UnitStage.REPAIRED, UnitStage.SCRAPPED)

UNIT_WORKFLOW: Final = Workflow(
    {
        # Some holders hear of it elsewhere, and come before anybody has found them.
        UnitStage.LISTED: dict.fromkeys((UnitStage.SOUGHT, UnitStage.NOTIFIED, *_MENDED), ()),
        UnitStage.SOUGHT: {
            **dict.fromkeys((UnitStage.SOUGHT, UnitStage.NOTIFIED, *_MENDED), ()),
            UnitStage.UNREACHABLE: (_ENOUGH_TRIES,),
        },
        UnitStage.NOTIFIED: dict.fromkeys((UnitStage.SOUGHT, UnitStage.REFUSED, *_MENDED), ()),
        UnitStage.RETURNED: dict.fromkeys((UnitStage.REPAIRED, UnitStage.SCRAPPED), ()),
        # A holder may turn up after all, or change his mind.
        UnitStage.REFUSED: dict.fromkeys(_MENDED, ()),
        UnitStage.UNREACHABLE: dict.fromkeys((UnitStage.NOTIFIED, *_MENDED), ()),
    },
    groups={
        **dict.fromkeys(UnitStage, StateGroup.CLOSED),
        UnitStage.LISTED: StateGroup.OPEN,
        UnitStage.SOUGHT: StateGroup.OPEN,
        UnitStage.NOTIFIED: StateGroup.OPEN,
    },
)
"""The stages of one unit of a recall; those that end it are closed, and some can still improve."""


@attrs.frozen
class UnitStep:
    """One line on one unit.

    Attributes:
        unit: Which unit.
        stage: What became of it.
        by: Who says so.
        at: When, in UTC.
        note: What was said on the occasion; empty when nothing was.

    Raises:
        InvalidValueError: If a value is unfit.

    Examples:
        >>> from crmkit.testing import NINE
        >>> UnitStep("W-17", UnitStage.LISTED, "ann", NINE).stage.label("zh")
        '已列入'
    """

    unit: str = attrs.field(validator=is_id)
    stage: UnitStage = attrs.field(validator=member_of(UnitStage))
    by: str
    at: datetime = attrs.field(validator=is_utc)
    note: str = attrs.field(default="", validator=is_a(str))

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)


def last_steps(log: Iterable[UnitStep]) -> dict[str, UnitStep]:
    """Return the last line of each unit, units in the order in which they were listed.

    Examples:
        >>> last_steps(())
        {}
    """
    return {line.unit: line for line in log}


def tries(log: Iterable[UnitStep]) -> Counter[str]:
    """Return how often each unit's holder was tried in vain since anything else was heard.

    Examples:
        >>> from crmkit.testing import NINE
        >>> tries([UnitStep("W-17", UnitStage.SOUGHT, "ann", NINE)])["W-17"]
        1
    """
    count: Counter[str] = Counter()
    for line in log:
        count[line.unit] = count[line.unit] + 1 if line.stage is UnitStage.SOUGHT else 0
    return count


def checked_units(units: Iterable[str]) -> tuple[str, ...]:
    """Return the units that a caller names: at least one, none twice.

    Raises:
        InvalidValueError: If there is none, or one stands there twice.

    Examples:
        >>> checked_units("W-17")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: units is 'W-17': it must be several values, not one;\
 write ('W-17',)
    """
    named = several(units, "units")
    if not named:
        raise InvalidValueError("units", (), "must name at least one")
    seen: set[str] = set()
    for unit in named:
        if not isinstance(unit, str) or unit in seen:
            raise InvalidValueError("units", unit, "must be ids, and none twice")
        seen.add(unit)
    return named


def unit_step(
    last: UnitStep,
    asked: UnitStage,
    by: str,
    at: datetime,
    *,
    note: str,
    facts: Mapping[str, object],
) -> UnitStep:
    """Return the next line of one unit.

    Raises:
        TransitionError: If its table forbids it.
        InvalidValueError: If a value is unfit.

    Examples:
        >>> from crmkit.testing import NINE
        >>> last = UnitStep("W-17", UnitStage.SCRAPPED, "ann", NINE)
        >>> unit_step(last, UnitStage.REPAIRED, "ann", NINE, note="", facts={})
        Traceback (most recent call last):
        crmkit.errors.TransitionError: unit W-17 is scrapped, which is final, and cannot become\
 repaired
    """
    trail = (Step(last.stage, last.by, last.at),)
    step = UNIT_WORKFLOW.step(_Unit(last.unit), trail, asked, by, at, note=note, facts=facts)
    return UnitStep(last.unit, asked, by, step.at, note)


def check_log(_: object, field: attrs.Attribute[tuple[UnitStep, ...]], log: object) -> None:
    """Check, as an attrs validator, that every unit goes its way by the table, and time onward.

    Raises:
        InvalidValueError: If one does not, or there is none.

    Examples:
        >>> from crmkit.testing import NINE
        >>> check_log(None, attrs.fields(UnitStep).unit, ())
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: unit is (): it must be a tuple of UnitStep, at least one
    """
    if not isinstance(log, tuple) or not log or any(type(line) is not UnitStep for line in log):
        raise InvalidValueError(field.name, log, "must be a tuple of UnitStep, at least one")
    last: dict[str, UnitStage] = {}
    latest = log[0].at
    for line in log:
        allowed = _AFTER[last[line.unit]] if line.unit in last else _FIRST
        if line.stage not in allowed:
            rule = f"cannot be the next of unit {line.unit}"
            raise InvalidValueError(field.name, line.stage.value, rule)
        if line.at < latest:
            rule = f"must not be earlier than the line before it, at {latest.isoformat()}"
            raise InvalidValueError("at", line.at, rule)
        last[line.unit], latest = line.stage, line.at


_FIRST: Final = frozenset({UNIT_WORKFLOW.start})
_AFTER: Final = {stage: frozenset(UNIT_WORKFLOW.allowed(stage)) for stage in UnitStage}


@attrs.frozen
class _Unit:
    id: str

    def label(self, language: Language = "en") -> str:
        return f"unit {self.id}" if language == "en" else f"产品{self.id}"
