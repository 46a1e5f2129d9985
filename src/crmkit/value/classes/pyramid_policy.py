"""The tiers of the customer pyramid, and the policies that part them.

Law: a tier is a share of heads, not of sales; who is worth the same stands on the same tier.

Source: domain fact V3: VIP 重要, major 主要, ordinary 普通, small 小, the last four fifths of all
customers. Jay Curry and Adam Curry, "The Customer Marketing Method" (2000): 1, 4, 15 and 80 %.
"""

from __future__ import annotations

from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Labelled, Share
from crmkit.kernel.checks import not_blank

from .share_bars import permille_of


class CustomerTier(Labelled):
    """Where a customer stands on the pyramid, from its top."""

    VIP = "vip", "VIP", "重要客户"
    MAJOR = "major", "Major", "主要客户"
    ORDINARY = "ordinary", "Ordinary", "普通客户"
    SMALL = "small", "Small", "小客户"


@attrs.frozen(kw_only=True)
class PyramidPolicy:
    """Where the tiers end, as cumulated shares of customers.

    Attributes:
        name: Whose policy it is.
        vip_to: VIP are those before whom less than this share of customers stands.
        major_to: Major are the next, up to this share.
        ordinary_to: Ordinary are the next, up to this share; the rest is small.
        source: Where the policy comes from.

    Raises:
        InvalidValueError: If the shares do not rise from above 0 to at most 1, or are finer than a
            tenth of a percent.

    Units:
        Shares of heads: 0 to 1.

    Source:
        Domain fact V3.

    Examples:
        >>> CURRY.vip_to, CURRY.major_to, CURRY.ordinary_to
        (Share(0.01), Share(0.05), Share(0.2))
        >>> CURRY.tier_at(ahead=4, customers=100)
        <CustomerTier.MAJOR: 'major'>
    """

    name: str = attrs.field(validator=not_blank)
    vip_to: Share
    major_to: Share
    ordinary_to: Share
    source: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        last = 0
        for name in _BARS:
            share = getattr(self, name)
            if not isinstance(share, Share):
                raise InvalidValueError(name, share, "must be a Share", "write Share(0.01)")
            permille = permille_of(share)
            if permille % 1:
                rule = "must be a whole number of tenths of a percent"
                raise InvalidValueError(name, str(share), rule)
            if permille <= last:
                rule = "must be above 0, and above where the tier before it ends"
                raise InvalidValueError(name, str(share), rule)
            last = int(permille)

    @property
    def permilles(self) -> tuple[int, int, int]:
        """Where VIP, major and ordinary end, in tenths of a percent: exact where a float is not."""
        vip, major, ordinary = (int(permille_of(getattr(self, name))) for name in _BARS)
        return vip, major, ordinary

    def tier_at(self, ahead: int, customers: int) -> CustomerTier:
        """Return the tier of one customer: the rule itself, for one record.

        Args:
            ahead: How many are worth more.
            customers: How many there are, with him.

        Examples:
            >>> CURRY.tier_at(ahead=0, customers=3)
            <CustomerTier.VIP: 'vip'>
        """
        for tier, permille in zip(CustomerTier, self.permilles, strict=False):
            if 1000 * ahead < permille * customers:
                return tier
        return CustomerTier.SMALL


_BARS: Final = ("vip_to", "major_to", "ordinary_to")


CURRY: Final = PyramidPolicy(
    name="Curry",
    vip_to=Share(0.01),
    major_to=Share(0.05),
    ordinary_to=Share(0.20),
    source="V3; Curry and Curry, The Customer Marketing Method (2000): 1, 4, 15 and 80 %",
)
"""The first 1 % of customers, the next 4 %, the next 15 %, and the last 80 %."""
