"""How a complaint was judged at first sight, and why.

Law: every judgement keeps its reason; one that a rule gave, in both languages.

Source: ISO 10002:2018, clause 7.5 (initial assessment).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs
from attrs.validators import optional

from crmkit.cases import Urgency
from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Labelled,
    Language,
    checked_actor,
    checked_language,
    did_you_mean,
    is_a,
    is_utc,
    member_of,
    not_blank,
)


class Complexity(Labelled):
    """How hard a complaint is to clear up; limits of some laws hang on it."""

    SIMPLE = "simple", "Simple", "简单"
    COMPLEX = "complex", "Complex", "复杂"
    EXTENDED = "extended", "Complex, extension approved", "复杂（已批准延期）"


@attrs.frozen(kw_only=True)
class Judgement:
    """How a complaint was judged at first sight; severity, impact and priority stand in the case.

    Attributes:
        safety: Whether somebody could come to harm; None where nobody said.
        urgency: How soon it must be dealt with; None where nobody said.
        complexity: How hard it is to clear up; None where nobody said.

    Raises:
        InvalidValueError: If a value is unfit.

    Examples:
        >>> Judgement(safety=True, complexity=Complexity.SIMPLE).complexity.label()
        'Simple'
    """

    safety: bool | None = attrs.field(default=None, validator=optional(is_a(bool)))
    urgency: Urgency | None = attrs.field(default=None, validator=optional(member_of(Urgency)))
    complexity: Complexity | None = attrs.field(
        default=None, validator=optional(member_of(Complexity))
    )


CRITERIA: Final = ("severity", "safety", "complexity", "impact", "urgency", "priority")
"""What a complaint is judged by, and the priority that comes of it."""


@attrs.frozen
class Reason:
    """Why a complaint was judged so.

    Attributes:
        at: When it was judged, in UTC.
        by: Who judged.
        criterion: What it is the reason of: one of `CRITERIA`.
        says: The reason.
        zh: The same in Chinese, where a rule gave it; empty where a person did, in his own words.

    Raises:
        InvalidValueError: If there is no such criterion, the reason is blank, nobody judged, or
            `at` is not in UTC.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Reason(NINE, "ann", "saftey", "sparks at the plug")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: criterion is 'saftey': it must be one of severity, safety,\
 complexity, impact, urgency, priority; did you mean 'safety'?

    Source:
        ISO 10002:2018, clause 7.5.
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    criterion: str
    says: str = attrs.field(validator=not_blank)
    zh: str = attrs.field(default="", kw_only=True, validator=is_a(str))

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        if self.criterion not in CRITERIA:
            rule = f"must be one of {', '.join(CRITERIA)}"
            way_out = did_you_mean(self.criterion, CRITERIA)
            raise InvalidValueError("criterion", self.criterion, rule, way_out)

    def told(self, language: Language = "en") -> str:
        """Return the reason in a language, as far as it was told in it.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        return self.zh if checked_language(language) == "zh" and self.zh else self.says
