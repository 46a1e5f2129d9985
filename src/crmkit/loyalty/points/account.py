"""An account of points, and what can be done to it.

Law: every act puts down what lapsed before it, and changes the balance by postings alone. What is
spent goes by the lot that lapses first.

Source: domain fact L6; science §3 and §9.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Money, Step, checked_id, instant
from crmkit.kernel.checks import of_kind, told, whole

from .earning import PointsScheme
from .entry import PointsEntry
from .holdings import HeldPoints, PointsAccountId, close_books, open_books
from .lots import Books, PointsLot, counted, reversal
from .postings import PointsAct, PointsSource


_NO_FACTS: Final[FrozenMap[str, object]] = FrozenMap()
_MOST: Final = 2**53 - 1  # points: what measures count exactly
_LAST: Final = datetime.max.replace(tzinfo=UTC)


@attrs.frozen(kw_only=True)
class PointsAccount(HeldPoints):
    """A customer's account in one scheme.

    Accounts are immutable: every verb returns a new one. What it did stands in `posted`; the
    postings before are kept as facts and entries, so that the account stays small.

    Attributes:
        id: Unique among accounts; `points_account_id` makes it.
        customer: Whose.
        scheme: Name of the scheme.
        currency: Of the amounts that it counts.
        lots: The points there are, and those whose goods may yet be returned, oldest first.
        earned: How many points were earned in all.
        adjusted: Sum of all that is neither earned, redeemed nor expired, with its sign.
        redeemed: How many were redeemed in all.
        expired: How many expired in all.
        debt: How many he owes.
        number: How many postings there are.
        posted: What the last act put down.
        missing: Facts that rules asked for when he last earned, and that were not told.
        trail: The last act.

    Raises:
        InvalidValueError: If a value is unfit, or the identity does not hold.

    Units:
        Points, whole.

    Examples:
        >>> from crmkit.kernel import Text
        >>> from crmkit.loyalty import EarnRule, PointsExpiry
        >>> from crmkit.testing import NINE
        >>> basic = EarnRule(
        ...     code="basic",
        ...     label=Text("A point for every 10", "每10元1分"),
        ...     points=1,
        ...     per=Money.of(10, "CNY"),
        ... )
        >>> club = PointsScheme(
        ...     name="club", currency="CNY", rules=(basic,), expiry=PointsExpiry(months=24)
        ... )
        >>> one = PointsAccount.open("club/C-7", "ann", NINE, customer="C-7", scheme=club)
        >>> one = one.earn("ann", NINE, reference="O-1", scheme=club, amount=Money.of(1000, "CNY"))
        >>> one = one.redeem("ann", NINE, points=70)
        >>> one = one.take_back("ann", NINE, of="O-1")  # all goods are returned, 70 points are gone
        >>> one.balance, one.debt, (one.earned, one.adjusted, one.redeemed, one.expired)
        (0, 70, (100, -30, 70, 0))
        >>> one.redeem("ann", NINE, points=1)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: points is 1: it must not be more than the balance, 0
    """

    @classmethod
    def open(
        cls, id: str, by: str, at: datetime, *, customer: str, scheme: PointsScheme
    ) -> PointsAccount:
        """Open an account without points.

        Args:
            id: Unique among accounts: `points_account_id(scheme.name, customer)`.
            by: Who opens it.
            at: When.
            customer: Whose.
            scheme: By which scheme.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        return cls(
            id=PointsAccountId(id),
            customer=customer,
            scheme=of_kind(scheme, PointsScheme, "scheme").name,
            currency=scheme.currency,
            trail=(Step(PointsAct.OPENED, by, instant(at)),),
        )

    def earn(
        self,
        by: str,
        at: datetime,
        *,
        reference: str,
        scheme: PointsScheme,
        amount: Money | None = None,
        facts: Mapping[str, object] = _NO_FACTS,
        earned_at: datetime | None = None,
    ) -> PointsAccount:
        """Earn what the scheme's rules give; what they do not reach is put down without points.

        Whether he earned under a reference before is known as long as the account keeps the lot:
        while it has points, or its goods may be returned. The desk knows it for ever, by its entry.

        Args:
            by: Who puts it down.
            at: When.
            reference: For what: an order's number; a return names it.
            scheme: The account's scheme.
            amount: What was paid; None where points come without a sale.
            facts: What the conditions of the rules ask for; those not told stand in `missing`.
            earned_at: When they were earned; None for `at`.

        Raises:
            InvalidValueError: If the scheme is another, a lot that the account keeps was earned
                under that reference, no rule asks for a fact, or a value is unfit.
        """
        self._check_scheme(scheme)
        checked_id(reference, "reference")
        told_points = scheme.explain_earn(amount, facts)
        if not told_points.verdict and amount is None:
            rule = "must be told: without it no rule of the scheme gives points"
            way_out = f"or tell {' and '.join(told_points.missing)}" if told_points.missing else ""
            raise InvalidValueError("amount", None, rule, way_out)
        books = open_books(self, at)
        since = _since(earned_at, books.at)
        if any(lot.reference == reference for lot in books.lots.values()):
            rule = "must not have earned before"
            raise InvalidValueError("reference", reference, rule, "give each sale its own")
        books.add(
            PointsAct.EARNED,
            told_points.verdict,
            source=PointsSource.GIFT if amount is None else PointsSource.SALE,
            earned_at=since,
            expires_at=scheme.expires_at(since),
            returnable_until=_returnable_until(since, scheme.returns_within),
            reference=reference,
            price=amount,
        )
        books.lapse()
        return close_books(self, books, PointsAct.EARNED, by, missing=told_points.missing)

    def redeem(self, by: str, at: datetime, *, points: int) -> PointsAccount:
        """Redeem points: those that lapse first go first.

        Raises:
            InvalidValueError: If there are not so many, or a value is unfit.
        """
        books = open_books(self, at)
        books.draw(PointsAct.REDEEMED, counted(points))
        return close_books(self, books, PointsAct.REDEEMED, by)

    def expire(self, by: str, at: datetime) -> PointsAccount:
        """Put down what has lapsed; where nothing has, the account is returned as it is."""
        books = open_books(self, at)
        return close_books(self, books, PointsAct.EXPIRED, by) if books.posted else self

    def adjust(
        self, by: str, at: datetime, *, points: int, reason: str, scheme: PointsScheme
    ) -> PointsAccount:
        """Give points as a gift, or take some away, for a reason.

        Args:
            by: Who decides.
            at: When.
            points: How many; below 0 to take away, those that lapse first.
            reason: Why.
            scheme: The account's scheme: it says how long a gift is good.

        Raises:
            InvalidValueError: If no reason is told, there are not so many points to take away, the
                scheme is another, or a value is unfit.
        """
        self._check_scheme(scheme)
        reason = told(reason, "reason")
        books = open_books(self, at)
        change = whole(points, "points", least=-_MOST, most=_MOST)
        if not change:
            rule = "must be above 0 to give points, below 0 to take some away"
            raise InvalidValueError("points", points, rule)
        if -change > books.balance:
            rule = f"must not take away more than the balance, {books.balance}"
            raise InvalidValueError("points", points, rule)
        if change < 0:
            books.draw(PointsAct.ADJUSTED, -change)
        else:
            books.add(
                PointsAct.ADJUSTED,
                change,
                source=PointsSource.GIFT,
                earned_at=books.at,
                expires_at=scheme.expires_at(books.at),
                returnable_until=books.at,
            )
        return close_books(self, books, PointsAct.ADJUSTED, by, reason)

    def take_back(
        self, by: str, at: datetime, *, of: str, amount: Money | None = None
    ) -> PointsAccount:
        """Take back points of goods that are returned; what the customer spent of them is owed.

        First those that are left go, then those that the shop took away, then those that lapsed; he
        owes only what he spent beyond these. Parts of a sale that go back one after the other
        reverse what the whole would.

        Args:
            by: Who puts it down.
            at: When.
            of: Reference of the act that earned them.
            amount: How much of its price goes back; None for all that has not.

        Raises:
            InvalidValueError: If nothing was earned by that act, its goods can no longer be
                returned, or no more of its price can go back.
        """
        books = open_books(self, at)
        lot = _returned(books, of)
        points, price = reversal(lot, amount)
        books.take_back(lot, points, price)
        return close_books(self, books, PointsAct.TAKEN_BACK, by)

    def give_back(
        self, by: str, at: datetime, *, entry: PointsEntry, points: int | None = None
    ) -> PointsAccount:
        """Give redeemed points back, each to lapse when it would have; the last drawn first.

        Args:
            by: Who puts it down.
            at: When.
            entry: Of the redemption.
            points: How many; None for all that were not given back yet.

        Raises:
            InvalidValueError: If the entry is of another account or no redemption, or there are
                not so many to give back.
        """
        if of_kind(entry, PointsEntry, "entry").account != self.id:
            raise InvalidValueError("entry", entry.id, f"must be of the account {self.id}")
        wanted = entry.left if points is None else points
        drawn = entry.drawn(wanted)
        books = open_books(self, at)
        for posting, count in drawn:
            books.give_back(posting, count)
        books.lapse()
        return close_books(self, books, PointsAct.GIVEN_BACK, by)

    def settle(self, by: str, at: datetime, *, points: int | None = None) -> PointsAccount:
        """Use points against what he owes, those that lapse first.

        Args:
            by: Who puts it down.
            at: When.
            points: How many; None for as many as he owes and has.

        Raises:
            InvalidValueError: If he owes or has less, or nothing.
        """
        self._check_owes()
        books = open_books(self, at)
        if not books.balance:
            rule = f"has no points to settle its debt of {self.debt} with"
            way_out = "settle it when it has some, or forgive it"
            raise InvalidValueError("account", self.id, rule, way_out)
        wanted = min(self.debt, books.balance) if points is None else points
        books.draw(PointsAct.SETTLED, self._of_debt(wanted), of_debt=True)
        return close_books(self, books, PointsAct.SETTLED, by)

    def forgive(
        self, by: str, at: datetime, *, reason: str, points: int | None = None
    ) -> PointsAccount:
        """Let him off what he owes.

        Args:
            by: Who decides.
            at: When.
            reason: Why.
            points: How many; None for all.

        Raises:
            InvalidValueError: If he owes less, or nothing, or no reason is told.
        """
        self._check_owes()
        books = open_books(self, at)
        books.forgive(self._of_debt(self.debt if points is None else points))
        return close_books(self, books, PointsAct.FORGIVEN, by, told(reason, "reason"))

    def restore(self, by: str, at: datetime, *, earlier: PointsAccount) -> PointsAccount:
        """Refuse: a ledger is not put back; what was wrong is put right by another posting.

        Raises:
            InvalidValueError: Always.
        """
        way_out = "take points back, give them back, or adjust, with the reason"
        raise InvalidValueError("account", self.id, "must not be put back", way_out)

    def _check_scheme(self, scheme: PointsScheme) -> None:
        of_kind(scheme, PointsScheme, "scheme")
        if scheme.name != self.scheme or scheme.currency != self.currency:
            rule = f"must be {self.scheme!r} in {self.currency}"
            raise InvalidValueError("scheme", scheme.name, rule)

    def _check_owes(self) -> None:
        if not self.debt:
            rule = "owes no points: there are none to settle or forgive"
            way_out = "to give points, adjust them, with the reason"
            raise InvalidValueError("account", self.id, rule, way_out)

    def _of_debt(self, points: int) -> int:
        wanted = counted(points)
        if wanted > self.debt:
            rule = f"must not be more than he owes, {self.debt}"
            raise InvalidValueError("points", points, rule)
        return wanted


def _since(earned_at: datetime | None, at: datetime) -> datetime:
    """Return when points were earned: not after they are put down."""
    since = at if earned_at is None else instant(earned_at, "earned_at")
    if since > at:
        raise InvalidValueError("earned_at", earned_at, "must not be later than it is put down")
    return since


def _returnable_until(since: datetime, within: timedelta | None) -> datetime | None:
    # What ends later than the calendar ends never.
    return None if within is None or within >= _LAST - since else since + within


def _returned(books: Books, of: str) -> PointsLot:
    """Return the lot whose goods come back."""
    for lot in books.lots.values():
        if lot.reference == of and lot.is_returnable(books.at):
            return lot
    rule = "must be an act that earned points, of goods that can still be returned"
    way_out = "adjust the points instead, with the reason"
    raise InvalidValueError("of", of, rule, way_out)
