"""Who is promised what: policies, tried in order, each with the cases it is for.

Law: a policy whose condition asks for nothing is for nobody; only the default is for everybody
else. What a policy promises holds for cases received while it is in force. Changing a policy moves
no clock's start and forgets no pause: clocks are made of the case anew.

Source: the page "How the clocks count" of the manual.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
from attrs.validators import optional

from crmkit.cases import Case
from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Condition,
    Explanation,
    FrozenMap,
    Name,
    Text,
    instant,
    is_a,
    not_blank,
)
from crmkit.kernel.checks import several

from .compensation_text import ladder_of
from .courses import courses
from .judging import judged
from .ladder import EscalationLadder
from .matching import Trial, explain_match, has_empty_part, is_empty
from .policy_text import (
    PoliciesTold,
    PolicyTold,
    condition_of,
    read_policies,
    target_of,
    write_policies,
)
from .sla_clock import SlaClock
from .target import SlaTarget
from .trade_words import checked_labels


_NONE: Final[Mapping[str, object]] = FrozenMap()
_NO_LABELS: Final[Mapping[str, Text]] = FrozenMap()


def _targets(targets: Iterable[SlaTarget]) -> tuple[SlaTarget, ...]:
    return several(targets, "targets")


@attrs.frozen(kw_only=True)
class SlaPolicy:
    """What is promised to some cases.

    Attributes:
        name: What it is called.
        targets: What is promised; of each metric one.
        condition: Which cases it is for, by their facts; None, or one that asks for nothing, for
            none, but as the default.
        priority: The policy with the lowest number is tried first.
        since: The first day on which cases received are promised it, in the zone of its first
            target; None for always.
        until: The day on which they no longer are; None for no end.
        source: Where the promise comes from: a contract, a law.

    Raises:
        InvalidValueError: If it has no name or no target, two for one metric, a condition with an
            empty group in it, or ends before it begins.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.kernel import Compare
        >>> from crmkit.sla import WorkCalendar
        >>> at_once = SlaTarget(
        ...     metric="first_response",
        ...     limit=timedelta(minutes=15),
        ...     calendar=WorkCalendar.always("Asia/Shanghai"),
        ... )
        >>> grave = SlaPolicy(
        ...     name="grave", targets=[at_once], condition=Compare("severity", "=", "critical")
        ... )
        >>> [target.label() for target in grave.targets]
        ['first response within 15 min']
    """

    name: str = attrs.field(validator=not_blank)
    targets: tuple[SlaTarget, ...] = attrs.field(converter=_targets)
    condition: Condition | None = attrs.field(default=None)
    priority: int = attrs.field(default=100)
    since: date | None = None
    until: date | None = None
    source: str = ""

    @targets.validator
    def _check_targets(self, _: object, targets: tuple[SlaTarget, ...]) -> None:
        if not targets:
            raise InvalidValueError("targets", targets, "must hold at least one target")
        for target in targets:
            if not isinstance(target, SlaTarget):
                raise InvalidValueError("targets", target, "must be a SlaTarget")
        names = [target.name for target in targets]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise InvalidValueError("metric", name, "must be promised once in a policy")

    @condition.validator
    def _check_condition(self, _: object, condition: Condition | None) -> None:
        if condition is None:
            return
        if not isinstance(condition, Condition):
            raise InvalidValueError("condition", condition, "must be a Condition, or None")
        if has_empty_part(condition):
            rule = "must hold no empty group: it would be met by every case, or by none"
            raise InvalidValueError("condition", str(condition), rule, "leave the group out")

    @priority.validator
    def _check_priority(self, _: object, priority: int) -> None:
        if type(priority) is not int:
            raise InvalidValueError("priority", priority, "must be a whole number")

    def __attrs_post_init__(self) -> None:
        for name in ("since", "until"):
            day = getattr(self, name)
            if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
                raise InvalidValueError(name, day, "must be a date without a time of day, or None")
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise InvalidValueError("until", self.until, f"must be after since, {self.since}")

    def is_in_force(self, at: datetime) -> bool:
        """Tell whether cases received at an instant are promised it.

        Raises:
            InvalidValueError: If `at` is naive.
        """
        zone = ZoneInfo(self.targets[0].calendar.timezone)
        day = instant(at).astimezone(zone).date()
        return (self.since is None or self.since <= day) and (
            self.until is None or day < self.until
        )

    def clocks(self, case: Case[Any], *, as_of: datetime) -> tuple[SlaClock, ...]:
        """Return every clock of a case under this policy, whether or not the case meets it.

        Args:
            case: The case.
            as_of: The instant at which it is looked at.

        Returns:
            Target by target, the runs of each oldest first; none before the case was received.

        Raises:
            InvalidValueError: If `as_of` is naive.
        """
        at = instant(as_of, "as_of")
        name = Name(case.label("en"), case.label("zh"))
        return tuple(
            judged(course, case=name, policy=self.name, target=target, run=run, as_of=at)
            for target in self.targets
            for run, course in enumerate(courses(case, target, at), 1)
        )


def _policies(policies: Iterable[SlaPolicy]) -> tuple[SlaPolicy, ...]:
    found = several(policies, "policies")
    for policy in found:
        if not isinstance(policy, SlaPolicy):
            raise InvalidValueError("policies", policy, "must be a SlaPolicy")
    return tuple(sorted(found, key=lambda policy: policy.priority))


@attrs.frozen(kw_only=True)
class SlaPolicies:
    """All the policies of a company, in the order in which they are tried.

    Attributes:
        policies: By priority; of one priority in the order given.
        default: What is promised where no condition is met, itself without one; None for nothing.
        labels: What your own facts are called in explanations, and those of their values that are
            texts; those of cases and customers have words of ours.
        ladder: Who is told when a promise is in danger, level by level; None where none is told,
            and alerts are asked for under a ladder of their own.

    Raises:
        InvalidValueError: If two policies of one name are in force at one time, the default has a
            condition, or the ladder is none.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import a_complaint
        >>> print(SEA_LION.explain(a_complaint()))
        complaint K-1 meets no policy's condition, and is promised what Sea-Lion says by default
          Sea-Lion, major fault: not met (kind is complaint, not = repair; not known: severity)
          Sea-Lion, ordinary fault: not met (kind is complaint, not = repair)
    """

    policies: tuple[SlaPolicy, ...] = attrs.field(default=(), converter=_policies)
    default: SlaPolicy | None = None
    labels: Mapping[str, Text] = attrs.field(default=_NO_LABELS, converter=checked_labels)
    ladder: EscalationLadder | None = attrs.field(
        default=None, validator=optional(is_a(EscalationLadder))
    )

    def __attrs_post_init__(self) -> None:
        if self.default is not None and not isinstance(self.default, SlaPolicy):
            raise InvalidValueError("default", self.default, "must be a SlaPolicy, or None")
        if self.default is not None and self.default.condition is not None:
            rule = "must be None: the default is for everybody else"
            raise InvalidValueError("condition", str(self.default.condition), rule)
        everyone = self.policies if self.default is None else (*self.policies, self.default)
        for place, policy in enumerate(everyone):
            for other in everyone[:place]:
                if other.name == policy.name and _overlap(policy, other):
                    rule = "must be the name of one policy at a time"
                    raise InvalidValueError("name", policy.name, rule)

    def match(
        self,
        case: Case[Any],
        *,
        as_of: datetime | None = None,
        facts: Mapping[str, object] = _NONE,
    ) -> SlaPolicy | None:
        """Return the policy that a case meets; None for none.

        Args:
            case: The case.
            as_of: The instant whose stage, state and owner count; None for the last known.
            facts: What else conditions ask about, such as the customer's class.

        Raises:
            InvalidValueError: If `as_of` is naive, or a fact cannot be compared as a condition
                asks.
        """
        known = _known(case, as_of, facts)
        return next((p for p in self.policies if _holds(p, case, known)), self._fallback(case))

    def explain(
        self,
        case: Case[Any],
        *,
        as_of: datetime | None = None,
        facts: Mapping[str, object] = _NONE,
    ) -> Explanation[str | None]:
        """Say which policy a case meets, and of each that was tried what failed.

        Arguments and errors as for `match`.
        """
        known = _known(case, as_of, facts)
        found = self.match(case, as_of=as_of, facts=facts)
        tried = self.policies
        if found in tried:
            tried = tried[: tried.index(found) + 1]
        elif found is None and self.default is not None:
            tried = (*tried, self.default)  # it is not in force
        return explain_match(
            Name(case.label("en"), case.label("zh")),
            None if found is None else found.name,
            [_trial(policy, case, known, self.labels) for policy in tried],
            is_default=found is not None and found not in tried,
        )

    def clocks(
        self, case: Case[Any], *, as_of: datetime, facts: Mapping[str, object] = _NONE
    ) -> tuple[SlaClock, ...]:
        """Return every clock of a case under the policy that it meets; none where it meets none.

        Args:
            case: The case.
            as_of: The instant at which it is looked at.
            facts: What else conditions ask about.

        Raises:
            InvalidValueError: If `as_of` is naive, or a fact cannot be compared.
        """
        policy = self.match(case, as_of=as_of, facts=facts)
        return () if policy is None else policy.clocks(case, as_of=as_of)

    def timezone_for(
        self,
        case: Case[Any],
        *,
        as_of: datetime | None = None,
        facts: Mapping[str, object] = _NONE,
    ) -> str:
        """Return the zone in which days are promised in a case: that of its policy's first target.

        Returns:
            Where it meets none, the zone of the default, or of the first policy; "UTC" where there
            is none. Arguments and errors as for `match`.

        Examples:
            >>> from crmkit.sla import SEA_LION
            >>> from crmkit.testing import a_complaint
            >>> SEA_LION.timezone_for(a_complaint())
            'Asia/Shanghai'
        """
        found = self.match(case, as_of=as_of, facts=facts)
        known = (found, self.default, *self.policies)
        zones = (policy.targets[0].calendar.timezone for policy in known if policy is not None)
        return next(zones, "UTC")

    def to_json(self) -> str:
        """Return them as JSON, which `from_json` reads.

        Examples:
            >>> from crmkit.sla import SEA_LION
            >>> SlaPolicies.from_json(SEA_LION.to_json()) == SEA_LION
            True
        """
        return write_policies(self.policies, self.default, self.labels, self.ladder)

    @staticmethod
    def from_json(text: str) -> SlaPolicies:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If it is no JSON of policies, or a value in it is unfit.

        Examples:
            >>> SlaPolicies.from_json('{"calendars": {}, "policies": [{"name": "gold"}]}')
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: targets is (): it must hold at least one target
        """
        told = read_policies(text)
        return SlaPolicies(
            policies=[_policy_of(one, told) for one in told.policies],
            default=None if told.default is None else _policy_of(told.default, told),
            labels=told.labels,
            ladder=None if told.ladder is None else ladder_of(told.ladder),
        )

    def _fallback(self, case: Case[Any]) -> SlaPolicy | None:
        default = self.default
        return default if default and default.is_in_force(case.received_at) else None


def _known(
    case: Case[Any], as_of: datetime | None, facts: Mapping[str, object]
) -> Mapping[str, object]:
    return {**(case.facts if as_of is None else case.facts_at(as_of)), **facts}


def _holds(policy: SlaPolicy, case: Case[Any], known: Mapping[str, object]) -> bool:
    condition = policy.condition
    # A condition that asks for nothing is met by nobody: only the default takes all the others.
    if condition is None or is_empty(condition) or not policy.is_in_force(case.received_at):
        return False
    return condition.holds(known) is True


def _trial(
    policy: SlaPolicy, case: Case[Any], known: Mapping[str, object], labels: Mapping[str, Text]
) -> Trial:
    return Trial(
        policy=policy.name,
        condition=policy.condition,
        known=known,
        is_met=_holds(policy, case, known),
        is_in_force=policy.is_in_force(case.received_at),
        since=policy.since,
        until=policy.until,
        labels=labels,
    )


def _policy_of(told: PolicyTold, all_told: PoliciesTold) -> SlaPolicy:
    return SlaPolicy(
        name=told.name,
        targets=[target_of(target, all_told) for target in told.targets],
        condition=condition_of(told),
        priority=told.priority,
        since=told.since,
        until=told.until,
        source=told.source,
    )


def _overlap(policy: SlaPolicy, other: SlaPolicy) -> bool:
    first, second = (date.min if one.since is None else one.since for one in (policy, other))
    ends = (date.max if one.until is None else one.until for one in (policy, other))
    return max(first, second) < min(ends)
