"""What they bought: orders as facts, their columns and their checks.

Law: facts are never changed; a correction is another fact.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .entry import OrderEntry as OrderEntry
    from .table import ORDERS as ORDERS
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
