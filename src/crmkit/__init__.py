"""The customer relationship as a Python library.

Plain immutable records, verbs that refuse what the business forbids, and well-founded measures,
over any storage. `crmkit.open()` opens the desks; each subdomain is one dot away.
"""

from typing import TYPE_CHECKING


__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import (
        app as app,
        cases as cases,
        complaints as complaints,
        customers as customers,
        errors as errors,
        kernel as kernel,
        lifecycle as lifecycle,
        loyalty as loyalty,
        orders as orders,
        satisfaction as satisfaction,
        sla as sla,
        stats as stats,
        storage as storage,
        testing as testing,
        value as value,
    )
    from .app import CRM as CRM, copy as copy, open as open, open_async as open_async
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
