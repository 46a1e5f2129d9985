"""Policies as JSON: conditions, limits and calendars, each calendar told once.

Law: what was written is read back equal; what cannot be read is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final, Literal, Protocol

import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import Condition, StateGroup, Text, WorkCalendar
from crmkit.kernel.tagged import read_json

from .compensation_text import LadderTold, ladder_told
from .ladder import EscalationLadder
from .limits import BusinessDays, CalendarDays, Limit
from .target import Reopening, SlaTarget


_NULL: Final = msgspec.Raw(b"null")


class LimitTold(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A limit as JSON tells it: one of its three kinds."""

    working_time: timedelta | None = None
    business_days: int | None = None
    ends: Literal["midnight", "closing"] = "midnight"
    calendar_days: int | None = None


class TargetTold(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A target as JSON tells it; its calendar by the name it has there."""

    metric: str
    limit: LimitTold
    calendar: str
    pauses: list[str] = []
    warning: float = 0.8
    boundary: Literal["close", "next_open"] = "close"
    reopening: str = Reopening.RESUME.value
    resume_within: timedelta | None = None
    instead: list[str] = []
    labels: dict[str, Text] = {}


class PolicyTold(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A policy as JSON tells it."""

    name: str
    targets: list[TargetTold] = []
    condition: msgspec.Raw = _NULL
    priority: int = 100
    since: date | None = None
    until: date | None = None
    source: str = ""


class PoliciesTold(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All policies as JSON tells them."""

    calendars: dict[str, msgspec.Raw]
    policies: list[PolicyTold] = []
    default: PolicyTold | None = None
    labels: dict[str, Text] = {}
    ladder: LadderTold | None = None


class Promised(Protocol):
    """What of a policy is written."""

    @property
    def name(self) -> str: ...
    @property
    def targets(self) -> tuple[SlaTarget, ...]: ...
    @property
    def condition(self) -> Condition | None: ...
    @property
    def priority(self) -> int: ...
    @property
    def since(self) -> date | None: ...
    @property
    def until(self) -> date | None: ...
    @property
    def source(self) -> str: ...


def write_policies(
    policies: Iterable[Promised],
    default: Promised | None,
    labels: Mapping[str, Text],
    ladder: EscalationLadder | None,
) -> str:
    """Write policies as JSON."""
    names: dict[WorkCalendar, str] = {}
    told = [_policy_told(policy, names) for policy in policies]
    last = None if default is None else _policy_told(default, names)
    calendars = {name: msgspec.Raw(one.to_json().encode()) for one, name in names.items()}
    everything = PoliciesTold(
        calendars=calendars,
        policies=told,
        default=last,
        labels=dict(labels),
        ladder=None if ladder is None else ladder_told(ladder),
    )
    return msgspec.json.encode(everything).decode()


def read_policies(text: str) -> PoliciesTold:
    """Read policies' JSON.

    Raises:
        InvalidValueError: If it is none.
    """
    return read_json(text, PoliciesTold, "policies")


def target_of(told: TargetTold, all_told: PoliciesTold) -> SlaTarget:
    """Return a target as it was told.

    Raises:
        InvalidValueError: If its calendar is not there, or a value is unfit.
    """
    if told.calendar not in all_told.calendars:
        known = ", ".join(map(repr, all_told.calendars)) or "none"
        raise InvalidValueError("calendar", told.calendar, f"must be one of the calendars: {known}")
    return SlaTarget(
        metric=told.metric,
        limit=_limit_of(told.limit),
        calendar=WorkCalendar.from_json(bytes(all_told.calendars[told.calendar]).decode()),
        pauses=frozenset(StateGroup.of(group, "pauses") for group in told.pauses),
        warning=told.warning,
        boundary=told.boundary,
        reopening=Reopening.of(told.reopening, "reopening"),
        resume_within=told.resume_within,
        instead=told.instead,
        labels=told.labels,
    )


def condition_of(told: PolicyTold) -> Condition | None:
    """Return a policy's condition as it was told; None for none.

    Raises:
        InvalidValueError: If it is none.
    """
    text = bytes(told.condition).decode()
    return None if text == "null" else Condition.from_json(text)


def _policy_told(policy: Promised, names: dict[WorkCalendar, str]) -> PolicyTold:
    condition = policy.condition
    return PolicyTold(
        name=policy.name,
        targets=[_target_told(target, names) for target in policy.targets],
        condition=_NULL if condition is None else msgspec.Raw(condition.to_json().encode()),
        priority=policy.priority,
        since=policy.since,
        until=policy.until,
        source=policy.source,
    )


def _target_told(target: SlaTarget, names: dict[WorkCalendar, str]) -> TargetTold:
    return TargetTold(
        metric=target.name,
        limit=_limit_told(target.limit),
        calendar=names.setdefault(target.calendar, f"calendar {len(names) + 1}"),
        pauses=sorted(str(group.value) for group in target.pauses),
        warning=float(target.warning),
        boundary=target.boundary,
        reopening=str(target.reopening.value),
        resume_within=target.resume_within,
        instead=list(target.instead),
        labels=dict(target.labels),
    )


def _limit_told(limit: Limit) -> LimitTold:
    if isinstance(limit, timedelta):
        return LimitTold(working_time=limit)
    if isinstance(limit, BusinessDays):
        return LimitTold(business_days=limit.days, ends=limit.ends)
    return LimitTold(calendar_days=limit.days)


def _limit_of(told: LimitTold) -> Limit:
    kinds: tuple[Limit | None, ...] = (
        told.working_time,
        None if told.business_days is None else BusinessDays(told.business_days, ends=told.ends),
        None if told.calendar_days is None else CalendarDays(told.calendar_days),
    )
    found = [limit for limit in kinds if limit is not None]
    if len(found) != 1:
        rule = "must be one of working_time, business_days and calendar_days"
        raise InvalidValueError("limit", msgspec.to_builtins(told), rule)
    if told.ends != "midnight" and told.business_days is None:
        raise InvalidValueError("ends", told.ends, "must be left out: only business days have it")
    return found[0]
