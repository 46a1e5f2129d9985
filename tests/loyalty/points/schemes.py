"""A scheme for tests, and accounts in it."""

from datetime import datetime, timedelta
from typing import Final

from crmkit.kernel import Compare, Money, Text
from crmkit.loyalty import (
    EarnRule,
    PointsAccount,
    PointsExpiry,
    PointsScheme,
    points_account_id,
)
from crmkit.testing import NINE


DAY: Final = timedelta(days=1)
BASIC: Final = EarnRule(
    code="basic", label=Text("A point for every 10", "每10元1分"), points=1, per=Money.of(10, "CNY")
)
REFERRAL: Final = EarnRule(
    code="referral",
    label=Text("A friend was won", "推荐新客户"),
    points=50,
    when=Compare("occasion", "=", "referral"),
)
CLUB: Final = PointsScheme(
    name="club", currency="CNY", rules=(BASIC, REFERRAL), expiry=PointsExpiry(months=12)
)


def yuan(amount: int | str) -> Money:
    return Money.of(amount, "CNY")


def an_account(
    customer: str = "C-7",
    *,
    at: datetime = NINE,
    sales: tuple[int, ...] = (),
    scheme: PointsScheme = CLUB,
) -> PointsAccount:
    """Return an account, one day older for each sale: O-1, O-2, …"""
    id = points_account_id(scheme.name, customer)
    account = PointsAccount.open(id, "ann", at, customer=customer, scheme=scheme)
    for place, amount in enumerate(sales):
        account = account.earn(
            "ann",
            at + place * DAY,
            reference=f"O-{place + 1}",
            scheme=scheme,
            amount=yuan(amount),
        )
    return account


def identity(account: PointsAccount) -> tuple[int, int, int, int, int]:
    """Return earned, adjusted, redeemed, expired and balance."""
    told = account
    return (told.earned, told.adjusted, told.redeemed, told.expired, told.balance)
