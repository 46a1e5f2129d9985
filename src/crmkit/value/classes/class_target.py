"""Targets by class: what is wanted of, or for, the customers of one class in one period.

Law: a target is changed by verbs only; whether it is reached is told with its reason.

Source: domain facts V1 and P5: customers are classed so that each class is handled by what it is
worth, and targets are set by period.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Final, NewType

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Evidence,
    Explanation,
    Labelled,
    Language,
    Name,
    Period,
    Rule,
    Step,
    Text,
    Trail,
    instant,
    is_a,
    is_id,
    member_of,
    not_blank,
    not_blank_if_given,
    not_now,
    personal_in,
    unbroken,
)

from .class_scheme import ClassScheme


TargetId = NewType("TargetId", str)
"""Which target."""


class TargetSense(Labelled):
    """On which side of the target it is reached."""

    AT_LEAST = "at_least", "At least", "不低于"
    AT_MOST = "at_most", "At most", "不高于"


class TargetAct(Labelled):
    """What was done to a target."""

    SET = "set", "Set", "已设定"
    REVISED = "revised", "Revised", "已修订"
    WITHDRAWN = "withdrawn", "Withdrawn", "已撤回"
    RESTORED = "restored", "Restored", "已恢复"


_RULE: Final = Rule(
    code="value.class_target",
    says=Text(
        "class {class_label} of {scheme}, {measure} from {since} until before {until}: {actual}, "
        "wanted {sense} {target}; reached: {verdict}",
        "{scheme}的“{class_label}”，{since}起至{until}前的{measure}：实际{actual}，目标{sense}{target}；"
        "是否达成：{verdict}",
    ),
    source="P5: targets by period",
)


_ASKED: Final = {
    TargetAct.REVISED: Text("revised", "修订"),
    TargetAct.WITHDRAWN: Text("withdrawn", "撤回"),
}


@attrs.frozen(kw_only=True)
class ClassTarget:
    """What is wanted of one class of customers in one period.

    Targets are immutable: every verb returns a new one with a longer trail.

    Attributes:
        id: Unique among targets.
        scheme: Name of the scheme.
        class_name: Which of its classes.
        measure: What is counted, in the company's own words: sales, visits a customer, share kept.
        target: How much is wanted.
        sense: Whether at least or at most so much.
        period: In which days.
        owner: Who answers for it; None for nobody yet.
        class_label: What users read for the class; None in targets of older files, which say its
            name.
        trail: Every act so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If a value is unfit.

    Units:
        target in whatever the measure counts.

    Examples:
        >>> from crmkit.testing import NINE
        >>> from crmkit.value import ABC_SCHEME
        >>> visits = ClassTarget.set(
        ...     "T-1",
        ...     "ann",
        ...     NINE,
        ...     scheme=ABC_SCHEME,
        ...     class_name="A",
        ...     measure="visits a customer",
        ...     target=12,
        ...     period=Period.year(2026),
        ... )
        >>> print(visits.explain(9))
        class A of abc, visits a customer from 2026-01-01 until before 2027-01-01: 9, wanted at\
 least 12; reached: no
    """

    id: TargetId = attrs.field(validator=is_id)
    scheme: str = attrs.field(validator=is_id)
    class_name: str = attrs.field(validator=is_id)
    measure: str = attrs.field(validator=not_blank)
    target: float = attrs.field()
    sense: TargetSense = attrs.field(validator=member_of(TargetSense))
    period: Period = attrs.field(validator=is_a(Period))
    owner: str | None = attrs.field(default=None, validator=not_blank_if_given)
    class_label: Text | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_a(Text))
    )
    trail: Trail[TargetAct] = attrs.field(validator=unbroken, metadata=personal_in("note"))

    @target.validator
    def _check_target(self, _: object, target: float) -> None:
        _check_number("target", target)

    # -- verbs ---

    @classmethod
    def set(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        scheme: ClassScheme,
        class_name: str,
        measure: str,
        target: float,
        period: Period,
        sense: TargetSense = TargetSense.AT_LEAST,
        owner: str | None = None,
        note: str = "",
    ) -> ClassTarget:
        """Set it.

        Args:
            id: Unique among targets.
            by: Who sets it.
            at: When.
            scheme: Of which scheme.
            class_name: Of which of its classes.
            measure: What is counted, in words.
            target: How much is wanted.
            period: In which days.
            sense: Whether at least or at most so much.
            owner: Who answers for it.
            note: What was said on the occasion.

        Raises:
            InvalidValueError: If the scheme has no such class, or a value is unfit.
        """
        return cls(
            id=TargetId(id),
            scheme=scheme.name,
            class_name=scheme.checked(class_name),
            measure=measure,
            target=target,
            sense=sense,
            period=period,
            owner=owner,
            class_label=scheme.classes[class_name],
            trail=(Step(TargetAct.SET, by, instant(at), note),),
        )

    def revise(
        self,
        by: str,
        at: datetime,
        *,
        target: float,
        reason: str,
        owner: str | None = None,
    ) -> ClassTarget:
        """Want more or less from now on, and say why; the owner stays where none is named.

        Raises:
            TransitionError: If it is withdrawn.
            InvalidValueError: If no reason is given, or a value is unfit.
        """
        trail = self._longer(TargetAct.REVISED, by, at, reason)
        return attrs.evolve(self, target=target, owner=owner or self.owner, trail=trail)

    def withdraw(self, by: str, at: datetime, *, reason: str) -> ClassTarget:
        """Give it up, and say why.

        Raises:
            TransitionError: If it is withdrawn already.
            InvalidValueError: If no reason is given, or a value is unfit.
        """
        return attrs.evolve(self, trail=self._longer(TargetAct.WITHDRAWN, by, at, reason))

    def restore(self, by: str, at: datetime, *, earlier: ClassTarget) -> ClassTarget:
        """Want again what an earlier version wanted; what was in between stays on the trail.

        Raises:
            InvalidValueError: If `earlier` is another target.
        """
        if earlier.id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        trail = (*self.trail, Step(TargetAct.RESTORED, by, instant(at)))
        return attrs.evolve(earlier, trail=trail)

    # -- questions ---

    def label(self, language: Language = "en") -> str:
        """Return what a user reads for it: the word and the id."""
        return f"class target {self.id}" if language == "en" else f"分类目标{self.id}"

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was given up."""
        return self.trail[-1].stage is TargetAct.WITHDRAWN

    def holds_on(self, day: date) -> bool:
        """Tell whether it is wanted on a day."""
        return not self.is_withdrawn and day in self.period

    def explain(self, actual: float) -> Explanation[bool]:
        """Explain whether it is reached.

        Args:
            actual: What was counted.

        Raises:
            InvalidValueError: If that is no finite number.
        """
        _check_number("actual", actual)
        least = self.sense is TargetSense.AT_LEAST
        reached = actual >= self.target if least else actual <= self.target
        return Explanation(
            verdict=reached,
            rule=_RULE,
            evidence=(
                Evidence("actual", actual, self.target, reached),
                Evidence("target", self.target),
                Evidence("sense", self.sense),
                Evidence("class_name", self.class_name),
                Evidence("class_label", self.class_label or Name(self.class_name, self.class_name)),
                Evidence("scheme", self.scheme),
                Evidence("measure", self.measure),
                Evidence("since", self.period.since),
                Evidence("until", self.period.until),
            ),
        )

    def _longer(self, act: TargetAct, by: str, at: datetime, reason: str) -> Trail[TargetAct]:
        if self.is_withdrawn:
            why = Text("it was given up; set another one", "该目标已放弃，请另设目标")
            raise not_now(self, TargetAct.WITHDRAWN, _ASKED[act], why)
        if not isinstance(reason, str) or not reason.strip():
            raise InvalidValueError("reason", reason, "must be text, and not blank")
        return (*self.trail, Step(act, by, instant(at), reason))


def _check_number(name: str, value: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        raise InvalidValueError(name, value, "must be a finite number")
