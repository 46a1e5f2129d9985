"""Why there is no answer: three reasons that are never thrown together.

Law: what does not apply to somebody leaves both sums of a score; what he did not or would not
answer stays in the denominator of the half rule.
"""

from typing import TypeAlias

from crmkit.kernel import Labelled


class Missing(Labelled):
    """Why a question has no answer."""

    MISSING = "missing", "Missing", "缺失"
    REFUSED = "refused", "Refused", "拒答"
    DOES_NOT_APPLY = "does_not_apply", "Does not apply", "不适用"


Cell: TypeAlias = int | str | tuple[str, ...] | Missing
"""A rating, a comment, choices, or the reason why there is none."""
