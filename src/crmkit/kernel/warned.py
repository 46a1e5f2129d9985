"""Warnings that are told where the caller stands.

Law: a warning names the line that called crmkit, however deep in it the doubt arose.

Source: PEP 565 and the manual of `warnings`: a warning is shown to whoever wrote the line it names.
"""

from __future__ import annotations

import inspect
import warnings

from crmkit.errors import AssumptionWarning, CrmkitWarning


def warn_caller(message: str, category: type[CrmkitWarning] = AssumptionWarning) -> None:
    """Warn at the line that called crmkit.

    Args:
        message: What does not hold, and what to do instead.
        category: What kind of warning it is.

    Warns:
        CrmkitWarning: Of that kind, at that line.

    Examples:
        >>> import warnings
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     warn_caller("8 customers: pool quarters")
        >>> str(caught[0].message)
        '8 customers: pool quarters'
    """
    level, frame = 1, inspect.currentframe()
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] == "crmkit":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
