"""The desk of points: accounts of a scheme, and everything that is put down in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from crmkit.kernel import FrozenMap, Money, instant
from crmkit.kernel.checks import of_kind
from crmkit.loyalty import (
    POINTS_ACCOUNT_CODEC,
    PointsAccount,
    PointsAct,
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
        """Open a customer's account in a scheme; who has one is given that, as it now stands.

        Raises:
            InvalidValueError: If a value is unfit, or he has one in another currency.
            NotFoundError: If he had one that was deleted: undelete it.
        """
        office = self._office
        id = points_account_id(of_kind(scheme, PointsScheme, "scheme").name, customer)
        born = PointsAccount.open(id, office.actor, office.now(), customer=customer, scheme=scheme)
        return office.work(partial(posting.open_account, account=born))

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
            posting.asked_of(
                PointsAct.EARNED,
                amount=amount,
                facts=facts,
                earned_at=earned_at,
                scheme=of_kind(scheme, PointsScheme, "scheme").name,
            ),
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
            posting.asked_of(PointsAct.REDEEMED, points=points),
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
            posting.asked_of(
                PointsAct.ADJUSTED,
                points=points,
                reason=reason,
                scheme=of_kind(scheme, PointsScheme, "scheme").name,
            ),
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
            posting.asked_of(PointsAct.TAKEN_BACK, of=of, amount=amount),
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
        actor = (office.actor, office.now)
        return office.work(lambda unit: posting.give_back(unit, id, (reference, of), actor, points))

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
            posting.asked_of(PointsAct.SETTLED, points=points),
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
            posting.asked_of(PointsAct.FORGIVEN, points=points, reason=reason),
            lambda account, by, at: account.forgive(by, at, reason=reason, points=points),
        )

    def expire(self, id: str, /) -> PointsEntry | None:
        """Put down what has lapsed in an account; None where nothing has.

        Raises:
            NotFoundError: If there is no such account.
        """
        actor = (self._office.actor, self._office.now)
        return self._office.work(lambda unit: posting.expire(unit, id, actor))

    def expire_due(self) -> tuple[PointsEntry, ...]:
        """Put down what has lapsed in all accounts, each in a transaction of its own.

        Nobody can spend what has lapsed in any case; run it before reports, or daily. Where an
        account fails the others are put down all the same, and the error is raised in the end;
        several come as one `ExceptionGroup`.

        Returns:
            What was put down, in the order of the accounts.

        Raises:
            ConflictError: If others saved an account first, each time.
            StorageError: If an account cannot be read.

        Examples:
            >>> import crmkit
            >>> crmkit.open(actor="ann").points.expire_due()
            ()
        """
        return posting.expire_each([*self._due(self._office.now())], self.expire)

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
        actor = (office.actor, office.now)
        return office.work(lambda unit: posting.transfer(unit, (id, to), reference, actor, points))

    def delete(self, id: str) -> None:
        """Delete an account in which nothing was put down yet; `undelete` brings it back.

        Raises:
            NotFoundError: If there is none.
            InvalidValueError: If it has postings: they stay for ever, and so does their account.
        """

        def act(unit: UnitOfWork) -> None:
            unit.get(self._codec, id).check_deletable()
            unit.remove(self._codec, id)

        self._office.work(act)

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

    def _due(self, at: datetime) -> Iterator[str]:
        """Yield the id of every account with points that lapsed by then."""
        last: str | None = None
        while page := self._office.look(partial(posting.due, at=at, after=last)):
            yield from page
            last = page[-1]

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
