"""What an account of points holds, and what can be asked of it.

Law: earned + adjusted = redeemed + expired + balance, always; the balance is never below 0. What a
customer owes for returned goods whose points he has spent is a debt of its own.

Source: domain fact L6; science §3 and §9 (returned goods whose points are spent become a separate
debt, not a negative balance).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NewType, TypeVar

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Evidence,
    Explanation,
    Rule,
    Step,
    Text,
    Trail,
    all_are,
    checked_id,
    instant,
    is_a,
    is_id,
    personal_in,
    unbroken,
)

from .lots import Books, PointsLot, counted
from .point_words import Points, of_points
from .postings import PointsAct, PointsPosting


PointsAccountId = NewType("PointsAccountId", str)
"""Which account: scheme and customer in one."""

H = TypeVar("H", bound="HeldPoints")

_OUT: Final = ("redeemed", "expired")
_MAY: Final = Rule(
    code="loyalty.may_redeem",
    says=Text(
        "{points} points asked of a balance of {balance}: {verdict}",
        "申请兑换{points}分，余额{balance}分：{verdict}",
    ),
    source="domain fact L6",
)


@attrs.frozen(kw_only=True)
class HeldPoints:
    """The state of an account of points, and questions to it; its verbs are in `PointsAccount`."""

    id: PointsAccountId = attrs.field(validator=is_id)
    customer: str = attrs.field(validator=is_id)
    scheme: str = attrs.field(validator=is_id)
    currency: str = attrs.field(validator=is_id)
    lots: tuple[PointsLot, ...] = attrs.field(default=(), validator=all_are(PointsLot))
    earned: int = attrs.field(default=0, validator=is_a(int))
    adjusted: int = attrs.field(default=0, validator=is_a(int))
    redeemed: int = attrs.field(default=0, validator=is_a(int))
    expired: int = attrs.field(default=0, validator=is_a(int))
    debt: int = attrs.field(default=0, validator=is_a(int))
    number: int = attrs.field(default=0, validator=is_a(int))
    posted: tuple[PointsPosting, ...] = attrs.field(default=(), validator=all_are(PointsPosting))
    missing: tuple[str, ...] = attrs.field(default=(), validator=all_are(str))
    trail: Trail[PointsAct] = attrs.field(validator=unbroken, metadata=personal_in("note"))

    def __attrs_post_init__(self) -> None:
        if self.earned + self.adjusted != self.redeemed + self.expired + self.balance:
            rule = "must be redeemed + expired + balance - adjusted"
            raise InvalidValueError("earned", self.earned, rule)
        if self.debt < 0:
            raise InvalidValueError("debt", self.debt, "must not be below 0")

    @property
    def balance(self) -> int:
        """How many points there are, those that lapsed since the last act among them."""
        return sum(lot.left for lot in self.lots)

    @property
    def next_expiry(self) -> datetime | None:
        """When the next points lapse, in UTC; None where none will."""
        ends = [lot.expires_at for lot in self.lots if lot.left and lot.expires_at is not None]
        return min(ends, default=None)

    def available(self, at: datetime) -> int:
        """Return how many points may be redeemed at a moment: those that have not lapsed.

        Raises:
            InvalidValueError: If `at` is naive.
        """
        moment = instant(at)
        return sum(lot.left for lot in self.lots if not lot.is_void(moment))

    def lapsing(self, *, until: datetime) -> tuple[tuple[datetime, int], ...]:
        """Return when how many points lapse before a moment, the earliest first.

        Raises:
            InvalidValueError: If `until` is naive.
        """
        sums: dict[datetime, int] = {}
        for lot in self.lots:
            if lot.left and lot.expires_at is not None and lot.expires_at < instant(until, "until"):
                sums[lot.expires_at] = sums.get(lot.expires_at, 0) + lot.left
        return tuple(sorted(sums.items()))

    def check_deletable(self) -> None:
        """Refuse to delete an account in which something was put down: its postings stay for ever.

        Raises:
            InvalidValueError: If it has postings.
        """
        if self.number:
            held = f"{self.number} posting{'s' * (self.number > 1)}"
            rule = f"must not be deleted: its ledger holds {held}"
            way_out = "take points back, give them back, or adjust, with the reason"
            raise InvalidValueError("account", self.id, rule, way_out)

    def may_redeem(self, points: int, *, at: datetime) -> Explanation[bool]:
        """Tell whether so many points may be redeemed at a moment, and why.

        Raises:
            InvalidValueError: If `at` is naive, or the points are no whole number above 0.

        Examples:
            >>> from crmkit.loyalty import EarnRule, PointsAccount, PointsExpiry, PointsScheme
            >>> from crmkit.testing import NINE
            >>> gift = EarnRule(code="gift", label=Text("Welcome", "欢迎礼"), points=50)
            >>> club = PointsScheme(
            ...     name="club", currency="CNY", rules=(gift,), expiry=PointsExpiry(months=1)
            ... )
            >>> one = PointsAccount.open("club/C-7", "ann", NINE, customer="C-7", scheme=club)
            >>> one = one.earn("ann", NINE, reference="W-1", scheme=club)
            >>> print(one.may_redeem(80, at=NINE))
            80 points asked of a balance of 50: no
        """
        balance = self.available(at)
        allowed = counted(points) <= balance
        return Explanation(
            verdict=allowed,
            rule=of_points(_MAY, points),
            evidence=(
                Evidence("points", Points(points), balance, allowed),
                Evidence("balance", Points(balance)),
                Evidence("lapsed", self.balance - balance),
                Evidence("debt", self.debt),
            ),
        )


def open_books(account: HeldPoints, at: datetime) -> Books:
    """Open an account's books; what has lapsed is put down first.

    Raises:
        InvalidValueError: If `at` is naive, or earlier than the last act.
    """
    moment, last = instant(at), account.trail[-1].at
    if moment < last:
        rule = f"must not be earlier than the last act on {account.id!r}, at {last.isoformat()}"
        raise InvalidValueError("at", at, rule)
    return Books.of(account.lots, account.number, moment)


def close_books(
    account: H,
    books: Books,
    act: PointsAct,
    by: str,
    note: str = "",
    *,
    missing: tuple[str, ...] = (),
) -> H:
    """Close an account's books: totals, lots and debt follow from what was posted."""
    sums = {name: getattr(account, name) for name in ("earned", "adjusted", *_OUT)}
    for one in books.posted:
        sums[one.term] += -one.points if one.term in _OUT else one.points
    return attrs.evolve(
        account,
        lots=books.kept,
        debt=account.debt + sum(one.debt for one in books.posted),
        number=books.number,
        posted=tuple(books.posted),
        missing=missing,
        trail=(Step(act, by, books.at, note),),
        **sums,
    )


def points_account_id(scheme: str, customer: str) -> PointsAccountId:
    """Return the id of a customer's account in a scheme: the same whoever asks.

    Raises:
        InvalidValueError: If one of them is no id.

    Examples:
        >>> points_account_id("club", "C-7"), points_account_id("club", "a/b")
        ('club/C-7', 'club/a%2Fb')
    """
    return PointsAccountId(joined(checked_id(scheme, "scheme"), checked_id(customer, "customer")))


def joined(*parts: str) -> str:
    """Return parts in one id: no two share it, whatever they are called."""
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)
