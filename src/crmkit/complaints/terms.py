"""A company's own terms for complaints: what recurs, what is major, who is called, what is owed.

Law: the desk asks these rules and decides nothing by itself.

Source: domain facts K5, K6, K7 and K9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

# Named through its package, which loads it when it is first asked for.
from crmkit import sla
from crmkit.cases import FollowUpPolicy, RecurrenceRule, Severity
from crmkit.errors import InvalidValueError
from crmkit.kernel import AnyOf, Compare, Condition, FrozenMap
from crmkit.kernel.checks import several


MAJOR: Final = AnyOf(
    (
        Compare("severity", "in", (Severity.MAJOR.value, Severity.CRITICAL.value)),
        Compare("safety", "=", True),
        Compare("occurrence", ">=", 3),
    )
)
"""What makes a complaint a major one, unless a company says otherwise: grave, a matter of safety,
or the third of its chain."""

_RECURRENCE: Final[RecurrenceRule | None] = RecurrenceRule()
_KINDS: Final[Mapping[str, type]] = FrozenMap(
    {"recurrence": RecurrenceRule, "major": Condition, "follow_up": FollowUpPolicy}
)


def _rules(rules: Iterable[sla.CompensationRule]) -> tuple[sla.CompensationRule, ...]:
    return several(rules, "compensation")


@attrs.frozen(kw_only=True)
class ComplaintTerms:
    """What a company's desk of complaints goes by.

    Attributes:
        recurrence: When a complaint repeats an earlier one; it is looked for on receipt. None for
            a company that does not look.
        major: What makes a complaint a major one, by its facts; None for nothing.
        follow_up: Who is called after the fix, by when and how often; None for only those to whom
            calls are planned one by one.
        compensation: What is owed for a missed promise: the first rule that is for it decides.

    Raises:
        InvalidValueError: If a value is none of its kind.

    Examples:
        >>> import crmkit
        >>> from crmkit.complaints import Goods
        >>> crm = crmkit.open(actor="ann", complaint_terms=ComplaintTerms())
        >>> washer = Goods(product="XPB-20")
        >>> for id in ("K-1", "K-2"):
        ...     last = crm.complaints.receive(id=id, customer="C-7", about="leaks", goods=washer)
        >>> last.repeats, last.occurrence
        (('K-1',), 2)
    """

    recurrence: RecurrenceRule | None = attrs.field(default=_RECURRENCE)
    major: Condition | None = attrs.field(default=MAJOR)
    follow_up: FollowUpPolicy | None = attrs.field(default=None)
    compensation: tuple[sla.CompensationRule, ...] = attrs.field(default=(), converter=_rules)

    @property
    def pays(self) -> bool:
        """Whether anybody is ever owed anything for a missed promise."""
        return bool(self.compensation)

    def __attrs_post_init__(self) -> None:
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                raise InvalidValueError(name, value, f"must be a {kind.__name__}, or None")
        for rule in self.compensation:
            if not isinstance(rule, sla.CompensationRule):
                raise InvalidValueError("compensation", rule, "must hold CompensationRules")


COMPLAINT_TERMS: Final = ComplaintTerms()
"""The terms of whoever has none of his own: the same customer and product within 30 days recurs;
nobody is called who was not chosen, and nothing is owed."""
