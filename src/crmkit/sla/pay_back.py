"""What the customer gets back: compensation, which is owed, and goodwill, which is given.

Law: owed is what a rule says of a missed promise, to the coin; given is what somebody decided, and
says why. Neither is ever booked as the other.

Source: domain fact K5 (超时赔偿).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NoReturn

import attrs
from attrs.validators import optional

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import (
    Evidence,
    Explanation,
    Labelled,
    Money,
    Name,
    Rule,
    Text,
    checked_actor,
    checked_utc,
    instant,
    is_a,
    is_id,
    is_utc,
    member_of,
    not_blank,
    spoken,
)

from .clock_words import policy_told


_OWED: Final = Text(
    "{record}: {promise} was missed by {delay} ({counted}); {verdict} is owed by {rule}: {basis};"
    " {standing}",
    "{record}，{promise}：迟{delay}（{counted}），按“{rule}”应赔偿{verdict}：{basis}；{standing}",
)
_NO_APPROVAL: Final = Rule(
    code="sla.compensation.approve",
    says=Text("{record}: {why}", "{record}：{why}"),
    source="the compensation rule's own terms",
)
_GROWS: Final = Text("it still grows, for the promise is still open", "承诺尚未兑现，赔偿仍在增加")
_NEEDS_NONE: Final = Text("it needs no approval", "无须审批")
_IS_APPROVED: Final = Text("it is approved already", "已经审批")


class CountedDelay(Labelled):
    """How the delay of a missed promise is counted."""

    WORKING_TIME = "working_time", "Working time", "工作时间"
    ALL_TIME = "all_time", "All time", "全部时间"


@attrs.frozen(kw_only=True)
class Compensation:
    """What is owed for one promise that was missed, at one instant.

    Attributes:
        key: The key of the clock: for each clock there is one compensation.
        case: The case, by its kind and id in both languages.
        promise: What was promised.
        rule: The name of the rule.
        source: Where the rule comes from.
        as_of: The instant at which it is looked at.
        is_final: Whether it grows no more: the promise was kept late, or is asked for no more.
        delay: By how much the promise was missed.
        counted: How the delay is counted.
        fixed: What is owed once; None for nothing.
        per_hour: What is owed for each hour begun; None for nothing.
        hours: How many hours have begun.
        per_level: What is owed for each level of the ladder; None for nothing.
        levels: How many levels were reached since it was due.
        cap: The most that is owed; None for no limit.
        approval_above: Above what amount somebody has to approve it; None for never.
        approved_by: Who approved it; None while nobody has.
        approved_at: When; None while nobody has.

    Raises:
        InvalidValueError: If nothing is owed, two currencies meet, or a value is unfit.

    Examples:
        >>> from crmkit.sla import SEA_LION, CompensationRule, owed
        >>> from crmkit.testing import NINE, a_complaint
        >>> rule = CompensationRule(
        ...     name="late answer",
        ...     per_hour=Money.of(20, "CNY"),
        ...     approval_above=Money.of(50, "CNY"),
        ... )
        >>> late = a_complaint().reply("ann", NINE + timedelta(hours=3, minutes=30))
        >>> (clock, *_) = SEA_LION.clocks(late, as_of=NINE + timedelta(hours=5))
        >>> found = owed(clock, [rule])
        >>> found.amount, found.hours, found.is_final, found.is_payable
        (Money('60.00', 'CNY'), 3, True, False)
        >>> found.approve("head of service", NINE + timedelta(hours=6)).is_payable
        True
        >>> print(found.explain())
        complaint K-1: first response within 1 h was missed by 2 h 30 min (working time);\
 60.00 CNY is owed by late answer: 20.00 CNY for each of 3 hours begun; final, to be approved
    """

    key: str = attrs.field(validator=not_blank)
    case: Name = attrs.field(validator=is_a(Name))
    promise: Text = attrs.field(validator=is_a(Text))
    rule: str = attrs.field(validator=not_blank)
    source: str = ""
    as_of: datetime = attrs.field(validator=is_utc)
    is_final: bool = attrs.field(validator=is_a(bool))
    delay: timedelta = attrs.field(validator=is_a(timedelta))
    counted: CountedDelay = attrs.field(validator=member_of(CountedDelay))
    fixed: Money | None = attrs.field(default=None, validator=optional(is_a(Money)))
    per_hour: Money | None = attrs.field(default=None, validator=optional(is_a(Money)))
    hours: int = attrs.field(default=0, validator=is_a(int))
    per_level: Money | None = attrs.field(default=None, validator=optional(is_a(Money)))
    levels: int = attrs.field(default=0, validator=is_a(int))
    cap: Money | None = attrs.field(default=None, validator=optional(is_a(Money)))
    approval_above: Money | None = attrs.field(default=None, validator=optional(is_a(Money)))
    approved_by: str | None = None
    approved_at: datetime | None = None

    def __attrs_post_init__(self) -> None:
        amount, needs_approval = self.amount, self.needs_approval
        if amount.minor <= 0:
            raise InvalidValueError("amount", amount, "must be more than nothing")
        if (self.approved_by is None) != (self.approved_at is None):
            rule = "must be told exactly where approved_by is"
            raise InvalidValueError("approved_at", self.approved_at, rule)
        if self.approved_by is not None:
            checked_actor(self.approved_by, "approved_by")
        if self.approved_at is not None:
            checked_utc(self.approved_at, "approved_at")
            if not (self.is_final and needs_approval):
                rule = "must be None where it still grows or needs no approval"
                raise InvalidValueError("approved_by", self.approved_by, rule)

    @property
    def amount(self) -> Money:
        """What is owed: the sum of its parts, and no more than the cap."""
        parts = tuple(
            rate * count
            for rate, count in (
                (self.fixed, 1),
                (self.per_hour, self.hours),
                (self.per_level, self.levels),
            )
            if rate is not None
        )
        if not parts:
            rule = "must be told, or per_hour, or per_level"
            raise InvalidValueError("fixed", None, rule)
        total = Money.sum(parts, parts[0].currency)
        return total if self.cap is None else min(total, self.cap)

    @property
    def needs_approval(self) -> bool:
        """Whether somebody has to approve it before it is paid."""
        return self.approval_above is not None and self.amount > self.approval_above

    @property
    def is_payable(self) -> bool:
        """Whether it can be paid: it grows no more, and is approved where that is needed."""
        return self.is_final and (self.approved_by is not None or not self.needs_approval)

    def approve(self, by: str, at: datetime) -> Compensation:
        """Let it be paid, at the amount at which it stands.

        Raises:
            TransitionError: If it still grows, needs no approval, or has it.
            InvalidValueError: If nobody acts, or `at` is naive or before the instant at which the
                compensation was looked at.
        """
        if not self.is_final:
            self._refuse(_GROWS)
        if not self.needs_approval:
            self._refuse(_NEEDS_NONE)
        if self.approved_by is not None:
            self._refuse(_IS_APPROVED)
        approved_at = instant(at)
        if approved_at < self.as_of:
            rule = f"must not be earlier than the amount's own time, {self.as_of.isoformat()}"
            raise InvalidValueError("at", at, rule)
        return attrs.evolve(self, approved_by=checked_actor(by), approved_at=approved_at)

    def explain(self) -> Explanation[Money]:
        """Say how much is owed, and why."""
        told = (
            Evidence("record", self.case),
            Evidence("promise", self.promise),
            Evidence("clock", self.key),
            Evidence("rule", policy_told(self.rule)),
            Evidence("as_of", self.as_of),
            Evidence("delay", self.delay),
            Evidence("counted", self.counted),
            Evidence("fixed", self.fixed),
            Evidence("per_hour", self.per_hour),
            Evidence("hours", self.hours),
            Evidence("per_level", self.per_level),
            Evidence("levels", self.levels),
            Evidence("cap", self.cap),
            Evidence("is_final", self.is_final),
            Evidence("needs_approval", self.needs_approval, self.approval_above),
            Evidence("approved_by", self.approved_by),
            Evidence("basis", self._basis),
            Evidence("standing", self._standing),
        )
        rule = Rule(code="sla.compensation", says=_OWED, source=self.source)
        return Explanation(verdict=self.amount, rule=rule, evidence=told)

    @property
    def _basis(self) -> Text:
        en, zh = [], []
        if self.fixed is not None:
            en.append(f"{self.fixed} once")
            zh.append(f"一次性{self.fixed}")
        if self.per_hour is not None:
            en.append(f"{self.per_hour} for each of {_counted(self.hours, 'hour')} begun")
            zh.append(f"每开始一小时{self.per_hour}，计{self.hours}小时")
        if self.per_level is not None:
            en.append(f"{self.per_level} for each of {_counted(self.levels, 'level')}")
            zh.append(f"每级{self.per_level}，计{self.levels}级")
        if self.cap is not None:
            en.append(f"{self.cap} at most")
            zh.append(f"最高{self.cap}")
        return Text(", ".join(en), "，".join(zh))

    @property
    def _standing(self) -> Text:
        if not self.is_final:
            return Text("still growing", "仍在增加")
        if self.approved_by is not None:
            by = self.approved_by.replace("{", "(").replace("}", ")")
            return Text(f"final, approved by {by}", f"已确定，由{by}审批")
        if self.needs_approval:
            return Text("final, to be approved", "已确定，待审批")
        return Text("final", "已确定")

    def _refuse(self, why: Text) -> NoReturn:
        told = (Evidence("record", self.case), Evidence("why", why, None, False))
        verdict = Explanation(verdict=False, rule=_NO_APPROVAL, evidence=told, missing=(why("en"),))
        record = f"compensation for {spoken(self.case)}"
        stage = "final" if self.is_final else "growing"
        raise TransitionError(record, stage, "approved", (), verdict.missing, verdict)


@attrs.frozen(kw_only=True)
class Goodwill:
    """What is given though it is not owed: by whom, and why.

    Attributes:
        case: The id of the case for which it is given.
        amount: How much.
        at: When it was given, in UTC.
        by: Who gave it.
        why: Why; never blank.

    Raises:
        InvalidValueError: If it is nothing or less, nobody gave it, nobody said why, or `at` is not
            in UTC.

    Examples:
        >>> from crmkit.testing import NINE
        >>> gift = Goodwill(
        ...     case="K-1",
        ...     amount=Money.of(100, "CNY"),
        ...     at=NINE,
        ...     by="head of service",
        ...     why="the customer's child was ill while the heater was cold",
        ... )
        >>> str(gift.amount)
        '100.00 CNY'
        >>> attrs.evolve(gift, why=" ")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: why is ' ': it must be text, and not blank
    """

    case: str = attrs.field(validator=is_id)
    amount: Money = attrs.field(validator=is_a(Money))
    at: datetime = attrs.field(validator=is_utc)
    by: str
    why: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        if self.amount.minor <= 0:
            raise InvalidValueError("amount", self.amount, "must be more than nothing")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
