"""Rules of what is owed when a promise is missed, as data.

Law: a rule says which promises it is for, what they cost, and from which delay on.

Source: domain fact K5 (超时赔偿: late compensation, owed automatically when a promised time is
missed) and example 7.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Condition,
    Money,
    member_of,
    not_blank,
    not_blank_if_given,
)

from .compensation_text import (
    RuleTold,
    ladder_of,
    ladder_told,
    read_rule,
    write_rule,
)
from .ladder import EscalationLadder
from .pay_back import CountedDelay
from .target import Metric


_NONE: Final = timedelta(0)
_AMOUNTS: Final = ("fixed", "per_hour", "per_level", "cap", "approval_above")


def _metric(told: Metric | str | None) -> str | None:
    return str(told.value) if isinstance(told, Metric) else told


@attrs.frozen(kw_only=True)
class CompensationRule:
    """What is owed when a promise is missed.

    What is fixed, what is owed by the hour and what is owed by the level are added up.

    Attributes:
        name: What it is called.
        policy: The name of the policy for whose promises it is; None for any.
        metric: The metric or milestone for which it is; None for any.
        condition: Which cases it is for, by their facts; None for all.
        fixed: Owed once, as soon as the promise is missed.
        per_hour: Owed for each hour of the delay that has begun.
        per_level: Owed for each level of the ladder that was reached since the promise was due.
        ladder: The ladder, where something is owed by the level; its cool-down, cap and delivery
            say when somebody is told, and change nothing here.
        counted: Whether the delay is working time, without the pauses, or all time since it was
            due. For limits in days it is all time either way.
        minimum: From which delay on something is owed.
        cap: The most that is owed for one promise, and no less than is fixed; None for no limit.
        approval_above: Above which amount somebody has to approve it; None for never.
        source: Where the rule comes from.

    Raises:
        InvalidValueError: If it gives nothing, an amount is not above 0, two currencies meet, the
            cap is below what is fixed, the ladder and what is owed by the level are not both there,
            or a value is unfit.

    Examples:
        >>> rule = CompensationRule(
        ...     name="late visit",
        ...     metric="visit",
        ...     fixed=Money.of(50, "CNY"),
        ...     per_hour=Money.of(20, "CNY"),
        ...     cap=Money.of(200, "CNY"),
        ... )
        >>> CompensationRule.from_json(rule.to_json()) == rule
        True
        >>> CompensationRule(name="late visit", metric="visit")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: fixed is None: it must be an amount, or else per_hour or\
 per_level
    """

    name: str = attrs.field(validator=not_blank)
    policy: str | None = attrs.field(default=None, validator=not_blank_if_given)
    metric: str | None = attrs.field(default=None, converter=_metric, validator=not_blank_if_given)
    condition: Condition | None = None
    fixed: Money | None = None
    per_hour: Money | None = None
    per_level: Money | None = None
    ladder: EscalationLadder | None = None
    counted: CountedDelay = attrs.field(
        default=CountedDelay.WORKING_TIME, validator=member_of(CountedDelay)
    )
    minimum: timedelta = timedelta(0)
    cap: Money | None = None
    approval_above: Money | None = None
    source: str = ""

    def __attrs_post_init__(self) -> None:
        condition, ladder = self.condition, self.ladder
        if condition is not None and not isinstance(condition, Condition):
            raise InvalidValueError("condition", condition, "must be a Condition, or None")
        if condition is not None and not condition.facts:
            rule = "must ask for something"
            raise InvalidValueError("condition", str(condition), rule, "leave it out for all cases")
        if ladder is not None and not isinstance(ladder, EscalationLadder):
            raise InvalidValueError("ladder", ladder, "must be an EscalationLadder, or None")
        if (ladder is None) != (self.per_level is None):
            raise InvalidValueError("ladder", ladder, "must be there exactly where per_level is")
        if not isinstance(self.minimum, timedelta) or self.minimum < _NONE:
            rule = "must be a timedelta that is not negative"
            raise InvalidValueError("minimum", self.minimum, rule)
        self._check_amounts()

    def _check_amounts(self) -> None:
        told = {name: getattr(self, name) for name in _AMOUNTS}
        if all(told[name] is None for name in _AMOUNTS[:3]):
            rule = "must be an amount, or else per_hour or per_level"
            raise InvalidValueError("fixed", None, rule)
        given = {name: amount for name, amount in told.items() if amount is not None}
        for name, amount in given.items():
            if not isinstance(amount, Money):
                raise InvalidValueError(name, amount, "must be Money, or None")
            least = 0 if name == "approval_above" else 1
            if amount.minor < least:
                raise InvalidValueError(
                    name, amount, "must be above 0" if least else "must be 0 up"
                )
        # Adding says which two currencies meet.
        Money.sum(given.values(), next(iter(given.values())).currency)
        if self.cap is not None and self.fixed is not None and self.cap.minor < self.fixed.minor:
            raise InvalidValueError(
                "cap", self.cap, f"must be at least what is fixed, {self.fixed}"
            )

    def to_json(self) -> str:
        """Write it as JSON."""
        return write_rule(
            RuleTold(
                name=self.name,
                policy=self.policy,
                metric=self.metric,
                condition=self.condition,
                fixed=self.fixed,
                per_hour=self.per_hour,
                per_level=self.per_level,
                ladder=None if self.ladder is None else ladder_told(self.ladder),
                counted=str(self.counted.value),
                minimum=self.minimum,
                cap=self.cap,
                approval_above=self.approval_above,
                source=self.source,
            )
        )

    @staticmethod
    def from_json(text: str) -> CompensationRule:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no rule.
        """
        told = read_rule(text)
        return CompensationRule(
            name=told.name,
            policy=told.policy,
            metric=told.metric,
            condition=told.condition,
            fixed=told.fixed,
            per_hour=told.per_hour,
            per_level=told.per_level,
            ladder=None if told.ladder is None else ladder_of(told.ladder),
            counted=CountedDelay.of(told.counted, "counted"),
            minimum=told.minimum,
            cap=told.cap,
            approval_above=told.approval_above,
            source=told.source,
        )


def haier_late(amount: Money, *, approval_above: Money | None = None) -> CompensationRule:
    """Return Haier's late compensation: a fixed amount as soon as any promised time is missed.

    Args:
        amount: How much; the source does not say.
        approval_above: Above which amount somebody has to approve it; None for never: it is owed
            automatically.

    Source:
        Haier, 超时赔偿: domain fact K5 and example 7 (the technician is not there at the booked
        time).

    Examples:
        >>> from crmkit.sla import VISIT_IN_A_DAY, owed
        >>> from crmkit.testing import NINE, a_complaint
        >>> came = a_complaint().reach("bob", NINE + timedelta(hours=25), milestone="visit")
        >>> (clock,) = VISIT_IN_A_DAY.clocks(came, as_of=NINE + timedelta(hours=26))
        >>> owed(clock, [haier_late(Money.of(50, "CNY"))]).amount
        Money('50.00', 'CNY')
    """
    return CompensationRule(
        name="Haier, late compensation",
        fixed=amount,
        counted=CountedDelay.ALL_TIME,
        approval_above=approval_above,
        source="Haier, 超时赔偿: domain fact K5",
    )
