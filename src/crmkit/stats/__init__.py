"""How sure we are: intervals and comparisons that several subdomains need.

Law: an estimate never leaves without its interval, its sample size and the name of its method.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .intervals import (
        adjusted_wald as adjusted_wald,
        mean_difference as mean_difference,
        mean_interval as mean_interval,
        wilson as wilson,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
