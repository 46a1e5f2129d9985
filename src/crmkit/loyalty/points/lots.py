"""Lots of points, and the books that an act writes in.

Law: points that lapse first are spent first. A lot remembers what became of its points, for as long
as the goods that they came with can be returned. What the shop took away the customer did not
spend, nor what lapsed: it is never his debt.

Source: science §3: redemption consumes the lot that expires earliest; domain fact L6.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import attrs
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, is_a, is_utc, member_of
from crmkit.kernel.checks import of_kind, whole

from .postings import PointsAct, PointsPosting, PointsSource


_COUNTS: Final = ("granted", "left", "spent", "withdrawn", "owed", "lapsed", "reversed")
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@attrs.frozen(kw_only=True)
class PointsLot:
    """Points that came together, and lapse together.

    Attributes:
        number: Number of the posting by which they came.
        source: For what they were given.
        earned_at: When they were earned, in UTC.
        expires_at: From when on they are void, in UTC; None for never.
        returnable_until: Until when the goods that they came with can be returned, in UTC; None for
            ever.
        reference: The act by which they came.
        granted: How many they were.
        left: How many of them are left.
        spent: How many were redeemed, given away or used against a debt.
        withdrawn: How many the shop took away, less those that returns reversed since.
        owed: How many of those spent are owed, since the goods were returned.
        lapsed: How many expired, less those that returns reversed since.
        reversed: How many of the granted were reversed by returns, whatever had become of them.
        price: The price that they came with; None for none.
        returned: How much of the price went back.

    Raises:
        InvalidValueError: If a number is below 0, or more are gone than there were.

    Units:
        Points, whole.

    Examples:
        >>> from crmkit.testing import NINE
        >>> lot = PointsLot(
        ...     number=1,
        ...     source=PointsSource.GIFT,
        ...     earned_at=NINE,
        ...     reference="B-1",
        ...     granted=10,
        ...     left=10,
        ... )
        >>> lot.left, lot.is_void(NINE)
        (10, False)
    """

    number: int = attrs.field(validator=is_a(int))
    source: PointsSource = attrs.field(validator=member_of(PointsSource))
    earned_at: datetime = attrs.field(validator=is_utc)
    expires_at: datetime | None = attrs.field(default=None, validator=optional(is_utc))
    returnable_until: datetime | None = attrs.field(default=None, validator=optional(is_utc))
    reference: str = attrs.field(validator=is_a(str))
    granted: int
    left: int
    spent: int = 0
    withdrawn: int = 0
    owed: int = 0
    lapsed: int = 0
    reversed: int = 0
    price: Money | None = attrs.field(default=None, validator=optional(is_a(Money)))
    returned: Money | None = attrs.field(default=None, validator=optional(is_a(Money)))

    def __attrs_post_init__(self) -> None:
        # All at once: an account has many lots, and every one is checked whenever it is read.
        for name in _COUNTS:
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                raise InvalidValueError(name, value, "must be a whole number of at least 0")
        held = self.left + self.spent + self.withdrawn + self.lapsed
        rule = f"must be no more than the {self.granted} granted"
        if held > self.granted:
            raise InvalidValueError("sum of left, spent, withdrawn and lapsed", held, rule)
        if self.reversed > self.granted:
            raise InvalidValueError("reversed", self.reversed, rule)

    def is_void(self, at: datetime) -> bool:
        """Whether its points have lapsed by then."""
        return self.expires_at is not None and self.expires_at <= at

    def is_returnable(self, at: datetime) -> bool:
        """Whether the goods that they came with may be returned then."""
        return self.returnable_until is None or at < self.returnable_until


@attrs.define
class Books:
    """The lots of an account while one act writes postings."""

    at: datetime
    number: int
    lots: dict[int, PointsLot]
    posted: list[PointsPosting] = attrs.field(factory=list)

    @classmethod
    def of(cls, lots: Iterable[PointsLot], number: int, at: datetime) -> Books:
        """Open the books, and put down what has lapsed by then."""
        books = cls(at, number, {lot.number: lot for lot in lots})
        books.lapse()
        return books

    @property
    def balance(self) -> int:
        """How many points are left."""
        return sum(lot.left for lot in self.lots.values())

    @property
    def kept(self) -> tuple[PointsLot, ...]:
        """The lots to keep: those with points, or whose goods may yet be returned."""
        told = (self.lots[number] for number in sorted(self.lots))
        return tuple(lot for lot in told if lot.left or lot.is_returnable(self.at))

    def add(
        self,
        act: PointsAct,
        points: int,
        *,
        source: PointsSource,
        earned_at: datetime,
        expires_at: datetime | None,
        returnable_until: datetime | None,
        reference: str = "",
        price: Money | None = None,
    ) -> None:
        """Put down a lot that comes."""
        lot = PointsLot(
            number=self.number + 1,
            source=source,
            earned_at=earned_at,
            expires_at=expires_at,
            returnable_until=returnable_until,
            reference=reference,
            granted=points,
            left=points,
            price=price,
        )
        self.lots[lot.number] = lot
        self.post(act, lot, points, amount=price)

    def draw(self, act: PointsAct, points: int, *, of_debt: bool = False) -> None:
        """Take points from the lots that lapse first.

        Raises:
            InvalidValueError: If there are not so many.
        """
        if points > self.balance:
            rule = f"must not be more than the balance, {self.balance}"
            raise InvalidValueError("points", points, rule)
        for lot in sorted(self.lots.values(), key=_order):
            taken = min(points, lot.left)
            if taken:
                gone = "withdrawn" if act is PointsAct.ADJUSTED else "spent"
                told = {"left": lot.left - taken, gone: getattr(lot, gone) + taken}
                self.lots[lot.number] = attrs.evolve(lot, **told)
                self.post(act, lot, -taken, debt=-taken if of_debt else 0)
                points -= taken

    def lapse(self) -> None:
        """Put down what has lapsed, each lot at the instant at which it did."""
        void = [lot for lot in self.lots.values() if lot.left and lot.is_void(self.at)]
        for lot in sorted(void, key=_order):
            gone = attrs.evolve(lot, left=0, lapsed=lot.lapsed + lot.left)
            self.lots[lot.number] = gone
            # What comes when it is void already lapses as it comes.
            came = max((one.at for one in self.posted), default=lot.expires_at or self.at)
            at = max(lot.expires_at or self.at, came)
            self.post(PointsAct.EXPIRED, lot, -lot.left, at=at)

    def take_back(self, lot: PointsLot, points: int, price: Money | None) -> None:
        """Take a lot's points back.

        First those that are left; then those that are gone and that the customer had nothing of,
        for the shop took them away or they lapsed; last those that were spent, which are owed.
        """
        taken = min(points, lot.left)
        withdrawn = min(points - taken, lot.withdrawn)
        lapsed = min(points - taken - withdrawn, lot.lapsed)
        owed = min(points - taken - withdrawn - lapsed, max(0, lot.spent - lot.owed))
        returned = price if lot.returned is None or price is None else lot.returned + price
        self.lots[lot.number] = attrs.evolve(
            lot,
            left=lot.left - taken,
            withdrawn=lot.withdrawn - withdrawn,
            lapsed=lot.lapsed - lapsed,
            owed=lot.owed + owed,
            reversed=lot.reversed + points,
            returned=returned,
        )
        if taken or owed or price is not None:
            amount = None if price is None else -price
            self.post(PointsAct.TAKEN_BACK, lot, -taken, debt=owed, amount=amount)

    def give_back(self, drawn: PointsPosting, points: int) -> None:
        """Put points back into the lot that they were drawn from."""
        lot = self.lots.get(drawn.lot) or _known_by(drawn)
        # Of a lot that was let go since, nobody knows any more how much was spent.
        unknown = max(0, points - lot.spent)
        self.lots[lot.number] = attrs.evolve(
            lot,
            granted=lot.granted + unknown,
            left=lot.left + points,
            spent=lot.spent + unknown - points,
        )
        self.post(PointsAct.GIVEN_BACK, lot, points)

    def forgive(self, points: int) -> None:
        """Put down that so many points are owed no more."""
        self.number += 1
        self.posted.append(
            PointsPosting(
                number=self.number,
                act=PointsAct.FORGIVEN,
                at=self.at,
                debt=-points,
                source=PointsSource.GIFT,
                earned_at=self.at,
            )
        )

    def post(
        self,
        act: PointsAct,
        lot: PointsLot,
        points: int,
        *,
        debt: int = 0,
        at: datetime | None = None,
        amount: Money | None = None,
    ) -> None:
        """Put down one posting of a lot."""
        self.number += 1
        self.posted.append(
            PointsPosting(
                number=self.number,
                act=act,
                at=at or self.at,
                points=points,
                debt=debt,
                lot=lot.number,
                source=lot.source,
                earned_at=lot.earned_at,
                expires_at=lot.expires_at,
                amount=amount,
            )
        )


def reversal(lot: PointsLot, amount: Money | None) -> tuple[int, Money | None]:
    """Return how many of a lot's points a return reverses, and how much of its price goes back.

    All returns together reverse the share of the points that is the share of the price, rounded up:
    what is kept gives no more than it would.

    Raises:
        InvalidValueError: If no more of it can go back.
    """
    if lot.price is None or not lot.price.minor:
        # Of a price of 0 there are no shares: what was free goes back as a gift does.
        return _all_of_gift(lot, amount), lot.price
    rest = lot.price if lot.returned is None else lot.price - lot.returned
    if not rest.minor:
        rule = f"has nothing left of its price, {lot.price}"
        raise InvalidValueError("of", lot.reference, rule, "all of it went back before")
    price = rest if amount is None else of_kind(amount, Money, "amount", way_out=_write(rest))
    if price.currency != rest.currency or not 0 < price.minor <= rest.minor:
        rule = f"must be above 0, and no more than {rest.amount} {rest.currency} that may go back"
        raise InvalidValueError("amount", price, rule)
    kept = lot.granted * (rest.minor - price.minor) // lot.price.minor
    return lot.granted - kept - lot.reversed, price


def _all_of_gift(lot: PointsLot, amount: Money | None) -> int:
    """Return how many points of a lot without a price are reversed: all that were not."""
    if amount is not None:
        price = "without a price" if lot.price is None else f"for {lot.price}"
        way_out = "leave it out, and all of them go back"
        rule = f"must be None: the points came {price}"
        raise InvalidValueError("amount", amount, rule, way_out)
    if lot.reversed == lot.granted:
        rule = f"has no points left to take back: all {lot.granted} were"
        way_out = "if more are to go, adjust the points, with the reason"
        raise InvalidValueError("of", lot.reference, rule, way_out)
    return lot.granted - lot.reversed


def _write(price: Money) -> str:
    return f"write Money.of(…, {price.currency!r})"


def counted(points: int) -> int:
    """Return points if they are a whole number above 0.

    Raises:
        InvalidValueError: If they are not.
    """
    return whole(points, "points", least=1)


def _known_by(drawn: PointsPosting) -> PointsLot:
    """Return an empty lot of which a posting is all that is known."""
    return PointsLot(
        number=drawn.lot,
        source=drawn.source,
        earned_at=drawn.earned_at,
        expires_at=drawn.expires_at,
        returnable_until=drawn.earned_at,
        reference="",
        granted=0,
        left=0,
    )


def _order(lot: PointsLot) -> tuple[datetime, datetime, int]:
    return lot.expires_at or _NEVER, lot.earned_at, lot.number
