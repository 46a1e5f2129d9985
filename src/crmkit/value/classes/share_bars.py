"""Shares at which classes and tiers end, and what parts a customer from the next: for both of them.

Source: domain facts V1 and V3.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from crmkit.kernel import Share, Text


RISES: Final = Text("he would rise with {rises_at}", "达到{rises_at}可升级")
FALLS: Final = Text("he would fall below {stays_from}", "低于{stays_from}则降级")


def permille_of(share: Share) -> Decimal:
    """Return a share in tenths of a percent, exact where a float is not.

    Examples:
        >>> permille_of(Share(0.655))
        Decimal('655.000')
    """
    # The decimal that was written, not the binary number next to it.
    return 1000 * Decimal(repr(float(share)))
