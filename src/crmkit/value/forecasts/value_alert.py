"""An alert on a customer's value: raised, attended to, ended; and the event of each.

Law: an alert keeps the rule that raised it, so that it explains itself whatever becomes of the
policy; by whom and when is said by the trail, and there alone.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Explanation, Labelled, is_a

from .value_alert_rule import ValueAlertRule


class ValueAlertAct(Labelled):
    """What became of an alert."""

    RAISED = "raised", "Raised", "已发出"
    ACKNOWLEDGED = "acknowledged", "Acknowledged", "已确认"
    ENDED = "ended", "Ended", "已解除"


@attrs.frozen(kw_only=True)
class ValueAlert:
    """One alert of one customer.

    Attributes:
        rule: The rule that raised it.
        raised: At which step of the trail, from 1.
        acknowledged: At which step somebody took it up; None for nobody yet.
        ended: At which step it ended; None while it is open.

    Raises:
        InvalidValueError: If a step comes before the alert was raised.

    Examples:
        >>> from crmkit.kernel import Share
        >>> one = ValueAlert(rule=ValueAlertRule.silence(Share(0.3)), raised=1)
        >>> one.is_open, one.is_unanswered
        (True, True)
    """

    rule: ValueAlertRule = attrs.field(validator=is_a(ValueAlertRule))
    raised: int = attrs.field(validator=is_a(int))
    acknowledged: int | None = None
    ended: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.raised < 1:
            raise InvalidValueError("raised", self.raised, "must be a step, from 1 on")
        for name in ("acknowledged", "ended"):
            step = getattr(self, name)
            if step is not None and step <= self.raised:
                rule = f"must come after it was raised, at step {self.raised}"
                raise InvalidValueError(name, step, rule)

    @property
    def code(self) -> str:
        """The code of its rule."""
        return self.rule.code

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None

    @property
    def is_unanswered(self) -> bool:
        """Whether it is open, and nobody took it up."""
        return self.is_open and self.acknowledged is None

    @property
    def last_step(self) -> int:
        """The last step of the trail that it speaks of."""
        return max(self.raised, self.acknowledged or 0, self.ended or 0)


@attrs.frozen(kw_only=True)
class ValueAlertChanged:
    """The event: an alert was raised, acknowledged, or has ended.

    Attributes:
        customer: Of whom.
        code: Which rule's.
        act: What became of it.
        at: When, in UTC.
        by: Who did it.
        note: What was said on the occasion; empty where nothing was.
        why: Why it was raised or has ended, by the forecast of that time.

    Examples:
        >>> from crmkit.kernel import Share
        >>> from crmkit.testing import NINE, a_forecast
        >>> from crmkit.value import LifetimeValue, ValueAlertPolicy
        >>> one = LifetimeValue.record(
        ...     "lifetime_value/C-7", "ann", NINE, customer="C-7",
        ...     forecast=a_forecast(p_active=0.1),
        ...     policy=ValueAlertPolicy(name="us", rules=(ValueAlertRule.silence(Share(0.3)),)),
        ... )
        >>> (told,) = one.latest_changes
        >>> told.act.label(), str(told.why)
        ('Raised', 'customer C-7: chance to buy low, by chance to buy 10 % (< 0.3)')
    """

    customer: str
    code: str
    act: ValueAlertAct
    at: datetime
    by: str
    note: str
    why: Explanation[bool | None]
