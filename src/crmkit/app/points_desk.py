"""The desk of points: accounts of a scheme, and everything that is put down in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from crmkit.kernel import FrozenMap, Money, instant
from crmkit.loyalty import (
    POINTS_ACCOUNT_CODEC,
    PointsAccount,
    PointsEntry,
    PointsScheme,
    PointsStatement,
    points_account_id,
)

from . import points_posting as posting
from .desk import Desk, Office
from .unit import UnitOfWork


T = TypeVar("T")

_NO_FACTS: Final[FrozenMap[str, object]] = FrozenMap()


class PointsDesk(Desk[PointsAccount]):
    """Points of a scheme: one account per customer and scheme, and its ledger.

    Everything is put down under a reference of the caller's: the number of an order, a redemption,
    a return. Who asks for the same again is given what he was given, whatever has happened since.

    Keys to find by: customer, scheme, balance, debt, next_expiry, changed.

    Examples:
        >>> import crmkit
        >>> from crmkit.kernel import Text
        >>> from crmkit.loyalty import EarnRule, PointsExpiry
        >>> basic = EarnRule(
        ...     code="basic", label=Text("1 for 10", "每10元1分"), points=1, per=Money.of(10, "CNY")
        ... )
        >>> club = PointsScheme(
        ...     name="club", currency="CNY", rules=(basic,), expiry=PointsExpiry(months=24)
        ... )
        >>> desk = crmkit.open(actor="ann").points
        >>> one = desk.open(customer="C-7", scheme=club)
        >>> desk.earn(one.id, reference="O-1", scheme=club, amount=Money.of(1000, "CNY")).points
        100
        >>> desk.redeem(one.id, reference="R-1", points=70).balance
        30
        >>> desk.redeem(one.id, reference="R-1", points=70).balance  # asked again, done once
        30
        >>> desk.redeem(one.id, reference="R-2", points=70)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: points is 70: it must not be more than the balance, 30
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, POINTS_ACCOUNT_CODEC)

    def open(self, *, customer: str, scheme: PointsScheme) -> PointsAccount:
        """Open a customer's account in a scheme.

        Raises:
            InvalidValueError: If a value is unfit.
            ConflictError: If he has, or had, one.
        """
        return self._bear(
            points_account_id(scheme.name, customer),
            lambda id, by, at: PointsAccount.open(id, by, at, customer=customer, scheme=scheme),
        )

    def earn(
        self,
        id: str,
        /,
        *,
        reference: str,
        scheme: PointsScheme,
        amount: Money | None = None,
        facts: Mapping[str, object] = _NO_FACTS,
        earned_at: datetime | None = None,
    ) -> PointsEntry:
        """Earn what the scheme's rules give: see `PointsAccount.earn`.

        Args:
            id: In which account.
            reference: For what: an order's number; a return names it.
            scheme: The account's scheme.
            amount: What was paid; None where points come without a sale.
            facts: What the conditions of the rules ask for.
            earned_at: When they were earned; None for now.

        Raises:
            NotFoundError: If there is no such account.
            InvalidValueError: If the reference was used for something else, or a value is unfit.
        """
        return self._put_down(
            id,
            reference,
            posting.asked_of("earn", [("amount", amount), *sorted(facts.items())]),
            lambda account, by, at: account.earn(
                by,
                at,
                reference=reference,
                scheme=scheme,
                amount=amount,
                facts=facts,
                earned_at=earned_at,
            ),
        )

    def redeem(self, id: str, /, *, reference: str, points: int) -> PointsEntry:
        """Redeem points: those that lapse first go first.

        Raises:
            NotFoundError: If there is no such account.
            InvalidValueError: If there are not so many, or the reference was used for something
                else.
        """
        return self._put_down(
            id,
            reference,
            posting.asked_of("redeem", [("points", points)]),
            lambda account, by, at: account.redeem(by, at, points=points),
        )

    def adjust(
        self, id: str, /, *, reference: str, points: int, reason: str, scheme: PointsScheme
    ) -> PointsEntry:
        """Give points as a gift, or take some away, for a reason: see `PointsAccount.adjust`.

        Raises:
            NotFoundError: If there is no such account.
            InvalidValueError: If there are not so many to take away, the reference was used for
                something else, or a value is unfit.
        """
        return self._put_down(
            id,
            reference,
            posting.asked_of("adjust", [("points", points)]),
            lambda account, by, at: account.adjust(
                by, at, points=points, reason=reason, scheme=scheme
            ),
        )

    def take_back(
        self, id: str, /, *, reference: str, of: str, amount: Money | None = None
    ) -> PointsEntry:
        """Take back points of goods that are returned; those that were spent are owed.

        Args:
            id: In which account.
            reference: Number of the return.
            of: Reference under which they were earned.
            amount: How much of its price goes back; None for all that has not.

        Raises:
            NotFoundError: If there is no such account.
            InvalidValueError: If the goods can no longer be returned, or the reference was used for
                something else.
        """
        return self._put_down(
            id,
            reference,
            posting.asked_of("take back", [("of", of), ("amount", amount)]),
            lambda account, by, at: account.take_back(by, at, of=of, amount=amount),
        )

    def give_back(
        self, id: str, /, *, reference: str, of: str, points: int | None = None
    ) -> PointsEntry:
        """Give redeemed points back, each to lapse when it would have.

        Args:
            id: In which account.
            reference: Number of this act.
            of: Reference of the redemption.
            points: How many; None for all that were not given back yet.

        Raises:
            NotFoundError: If there is no such account, or no such redemption.
            InvalidValueError: If there are not so many to give back, or the reference was used for
                something else.
        """
        office = self._office
        return office.work(
            lambda unit: posting.give_back(
                unit, id, (reference, of), office.actor, office.now(), points
            )
        )

    def settle(self, id: str, /, *, reference: str, points: int | None = None) -> PointsEntry:
        """Use points against what the customer owes: see `PointsAccount.settle`.

        Raises:
            NotFoundError: If there is no such account.
            InvalidValueError: If he owes or has less, or nothing, or the reference was used for
                something else.
        """
        return self._put_down(
            id,
            reference,
            posting.asked_of("settle", [("points", points)]),
            lambda account, by, at: account.settle(by, at, points=points),
        )

    def forgive(
        self, id: str, /, *, reference: str, reason: str, points: int | None = None
    ) -> PointsEntry:
        """Let the customer off what he owes: see `PointsAccount.forgive`.

        Raises:
            NotFoundError: If there is no such account.
            InvalidValueError: If he owes less, or nothing, no reason is told, or the reference was
                used for something else.
        """
        return self._put_down(
            id,
            reference,
            posting.asked_of("forgive", [("points", points)]),
            lambda account, by, at: account.forgive(by, at, reason=reason, points=points),
        )

    def expire(self, id: str, /) -> PointsEntry | None:
        """Put down what has lapsed in an account; None where nothing has.

        Raises:
            NotFoundError: If there is no such account.
        """
        office = self._office
        return office.work(lambda unit: posting.expire(unit, id, office.actor, office.now()))

    def expire_due(self) -> tuple[PointsEntry, ...]:
        """Put down what has lapsed in all accounts, each in a transaction of its own.

        Nobody can spend what has lapsed in any case; run it before reports, or daily.

        Returns:
            What was put down, in the order of the accounts.

        Examples:
            >>> import crmkit
            >>> crmkit.open(actor="ann").points.expire_due()
            ()
        """
        now = self._office.now()
        due = [one.id for one in self.each(("next_expiry", "<=", now))]
        told = (self.expire(id) for id in due)
        return tuple(entry for entry in told if entry is not None)

    def transfer(
        self, id: str, /, *, reference: str, to: str, points: int
    ) -> tuple[PointsEntry, PointsEntry]:
        """Move points to another account of the scheme, of another customer or a merged one.

        Args:
            id: From which account.
            reference: Number of the transfer.
            to: Into which account.
            points: How many; those that lapse first.

        Returns:
            The entries of both accounts.

        Raises:
            NotFoundError: If one of the accounts is not there.
            InvalidValueError: If there are not so many, the accounts are one or of two schemes, or
                the reference was used for something else.
        """
        office = self._office
        return office.work(
            lambda unit: posting.transfer(
                unit, (id, to), reference, office.actor, office.now(), points
            )
        )

    def entries(self, id: str, /) -> tuple[PointsEntry, ...]:
        """Return everything that was put down in an account, in order."""
        return self._office.look(partial(posting.entries_of, account=id))

    def statement(
        self, id: str, /, *, since: datetime, until: datetime | None = None
    ) -> PointsStatement:
        """Return a statement for the customer.

        Args:
            id: Of which account.
            since: From when on.
            until: Until before when; None for now.

        Raises:
            NotFoundError: If there is no such account.
            InvalidValueError: If a time is naive, or the time is none.
        """
        end = self._office.now() if until is None else instant(until, "until")
        return self._office.look(lambda unit: posting.statement(unit, id, since, end))

    def _put_down(
        self,
        id: str,
        reference: str,
        asked: str,
        act: Callable[[PointsAccount, str, datetime], PointsAccount],
    ) -> PointsEntry:
        office = self._office

        def work(unit: UnitOfWork) -> PointsEntry:
            return posting.put_down(
                unit,
                id,
                reference,
                asked,
                lambda account: act(account, office.actor, office.now()),
            )

        return office.work(work)
