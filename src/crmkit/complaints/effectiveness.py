"""Whether a corrective action worked: checked after it was implemented, by a criterion.

Law: the criterion and the day are set when the action is implemented, before anybody sees a result.

Source: ISO 13485:2016 clause 8.5.2 (f) (reviewing the effectiveness of corrective action taken);
8D, D6 (implement and validate).
"""

from __future__ import annotations

from datetime import date, datetime

import attrs
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import Labelled, instant, is_a, member_of, named_zone, not_blank


class CheckResult(Labelled):
    """What an effectiveness check showed."""

    PASSED = "passed", "Effective", "有效"
    FAILED = "failed", "Not effective", "无效"


@attrs.frozen(kw_only=True)
class EffectivenessCheck:
    """A check of one implemented action, from the day on which it may be made.

    Attributes:
        criterion: What must be seen for the action to count as effective.
        due: The first local day on which it may be checked.
        timezone: Of that day.
        observed: What was seen; empty while nobody has looked.
        result: What that showed; None while nobody has looked.

    Raises:
        InvalidValueError: If the criterion is blank, there is no such zone, or only one of what was
            seen and what it showed is told.

    Examples:
        >>> from crmkit.testing import NINE
        >>> check = EffectivenessCheck(criterion="no leak in 1,000", due=date(2026, 6, 1))
        >>> check.days_until(NINE)
        91
        >>> check.seen("2 leaks in 1,000", CheckResult.FAILED).result.label()
        'Not effective'
    """

    criterion: str = attrs.field(validator=not_blank)
    due: date = attrs.field(validator=is_a(date))
    timezone: str = attrs.field(default="UTC", validator=is_a(str))
    observed: str = attrs.field(default="", validator=is_a(str))
    result: CheckResult | None = attrs.field(
        default=None, validator=optional(member_of(CheckResult))
    )

    def __attrs_post_init__(self) -> None:
        named_zone(self.timezone)
        if bool(self.observed.strip()) is (self.result is None):
            rule = "must be told together with the result, and say something"
            raise InvalidValueError("observed", self.observed, rule)

    def days_until(self, at: datetime) -> int:
        """Return how many local days are left until it may be made; none are left from 0 on.

        Raises:
            InvalidValueError: If `at` is naive.
        """
        return (self.due - instant(at).astimezone(named_zone(self.timezone)).date()).days

    def seen(self, observed: str, result: CheckResult | str) -> EffectivenessCheck:
        """Return it with what was seen.

        Raises:
            InvalidValueError: If nothing was, or the result is unknown.
        """
        return attrs.evolve(self, observed=observed, result=CheckResult.of(result, "result"))
