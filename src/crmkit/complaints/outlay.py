"""What a complaint costs: each amount with its kind, who put it down, when and why.

Law: what is owed is never booked as a gift, nor a gift as what is owed.

Source: domain facts K5 (late compensation; goodwill apart) and K10 (cost of a complaint).
"""

from __future__ import annotations

from datetime import datetime

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Labelled,
    Money,
    checked_actor,
    is_a,
    is_utc,
    member_of,
    not_blank_if_given,
)


class CostKind(Labelled):
    """What money was spent on."""

    COMPENSATION = "compensation", "Compensation for a missed promise", "违约赔偿"
    GOODWILL = "goodwill", "Goodwill", "善意给付"
    REMEDY = "remedy", "Remedy", "补救费用"
    HANDLING = "handling", "Visits, transport, calls", "上门、运输与通话费用"
    OTHER = "other", "Other cost", "其他费用"


@attrs.frozen(kw_only=True)
class Cost:
    """An amount that a complaint cost.

    Attributes:
        at: When it was put down, in UTC.
        by: Who put it down.
        kind: What it was spent on.
        amount: How much.
        why: What for: the rule by which it was owed, the reason of a gift, a note.
        promise: The key of the clock of the missed promise; None for all but compensation.
        approved_by: Who approved it; None where nobody had to.

    Raises:
        InvalidValueError: If it is nothing or less, nobody put it down, `at` is not in UTC, or a
            promise is named for what is no compensation.

    Examples:
        >>> from crmkit.testing import NINE
        >>> cost = Cost(at=NINE, by="ann", kind=CostKind.REMEDY, amount=Money.of(80, "CNY"))
        >>> cost.kind.label("zh"), str(cost.amount)
        ('补救费用', '80.00 CNY')
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    kind: CostKind = attrs.field(validator=member_of(CostKind))
    amount: Money = attrs.field(validator=is_a(Money))
    why: str = attrs.field(default="", validator=is_a(str))
    promise: str | None = attrs.field(default=None, validator=not_blank_if_given)
    approved_by: str | None = None

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        if self.approved_by is not None:
            checked_actor(self.approved_by, "approved_by")
        if self.amount.minor <= 0:
            raise InvalidValueError("amount", self.amount, "must be more than nothing")
        if (self.promise is None) is (self.kind is CostKind.COMPENSATION):
            rule = "must be told exactly where compensation is"
            raise InvalidValueError("promise", self.promise, rule)
