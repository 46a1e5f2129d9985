"""An entry: what one act put down, under the reference that its caller gave.

Law: an entry is put down once. Who asks for the same thing again is given the same entry, and who
asks for another thing under that reference is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Final, NewType

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    PERSONAL,
    REDACTED,
    Step,
    Trail,
    all_are,
    checked_id,
    instant,
    is_a,
    is_id,
    personal_in,
    unbroken,
)
from crmkit.kernel.checks import told

from .holdings import HeldPoints, joined
from .lots import counted
from .postings import PointsAct, PointsPosting


PointsEntryId = NewType("PointsEntryId", str)
"""Which entry: account and reference in one."""

_LAPSED: Final = "expiry-"
_NOT_KNOWN: Final = ""


@attrs.frozen(kw_only=True)
class PointsEntry:
    """What one act put down in an account: the receipt of an idempotent posting.

    Attributes:
        id: Unique among entries; `points_entry_id` makes it.
        account: In which account.
        customer: Whose.
        scheme: By which scheme.
        currency: The scheme's.
        reference: What its caller calls it: number of an order, of a redemption, of a return.
        digest: What was asked for, as its SHA-256: facts that only the rules need are not kept.
            Empty in entries of the first schema, which kept other words.
        missing: Facts that rules of the scheme asked for, and that were not told: had they been,
            more points might have been earned.
        postings: What was put down, in order.
        balance: The balance after it.
        debt: The debt after it.
        given_back: Of a redemption, how many points were given back since.
        trail: The act, with its reason as the note; and each time that points were given back.

    Units:
        Points, whole.

    Examples:
        >>> from crmkit.kernel import Text
        >>> from crmkit.loyalty import EarnRule, PointsAccount, PointsExpiry, PointsScheme
        >>> from crmkit.testing import NINE
        >>> gift = EarnRule(code="gift", label=Text("Welcome", "欢迎礼"), points=50)
        >>> club = PointsScheme(
        ...     name="club", currency="CNY", rules=(gift,), expiry=PointsExpiry(months=1)
        ... )
        >>> one = PointsAccount.open("club/C-7", "ann", NINE, customer="C-7", scheme=club)
        >>> one = one.earn("ann", NINE, reference="W-1", scheme=club)
        >>> entry = PointsEntry.of(one, reference="W-1", asked="earn")
        >>> entry.id, entry.points, entry.balance
        ('club%2FC-7/W-1', 50, 50)
        >>> entry.is_of("earn"), entry.is_of("earn more")
        (True, False)
    """

    id: PointsEntryId = attrs.field(validator=is_id)
    account: str = attrs.field(validator=is_id)
    customer: str = attrs.field(validator=is_id)
    scheme: str = attrs.field(validator=is_id)
    currency: str = attrs.field(validator=is_id)
    reference: str = attrs.field(validator=is_id)
    # Whoever knows nearly all that was told could guess the rest by its digest.
    digest: str = attrs.field(default=_NOT_KNOWN, validator=is_a(str), metadata=PERSONAL)
    missing: tuple[str, ...] = attrs.field(default=(), validator=all_are(str))
    postings: tuple[PointsPosting, ...] = attrs.field(validator=all_are(PointsPosting))
    balance: int = attrs.field(validator=is_a(int))
    debt: int = attrs.field(validator=is_a(int))
    given_back: int = attrs.field(default=0, validator=is_a(int))
    trail: Trail[PointsAct] = attrs.field(validator=unbroken, metadata=personal_in("note"))

    @classmethod
    def of(cls, account: HeldPoints, *, reference: str, asked: str) -> PointsEntry:
        """Make the entry of an account's last act.

        Args:
            account: The account after it.
            reference: What its caller calls it; not as what lapses is called, `expiry-1`.
            asked: What was asked for, in words: the same words for the same thing.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        told(asked, "asked")
        if checked_id(reference, "reference").startswith(_LAPSED):
            rule = f"must not begin as that of points that lapse, with {_LAPSED!r}"
            raise InvalidValueError("reference", reference, rule, "call it otherwise")
        return cls._of(account, reference, asked)

    @classmethod
    def of_lapse(cls, account: HeldPoints) -> PointsEntry:
        """Make the entry of what lapsed in an account; its reference is made, and nobody else's.

        Args:
            account: The account after it.
        """
        first = min(one.number for one in account.posted)
        return cls._of(account, f"{_LAPSED}{first}", PointsAct.EXPIRED.value)

    @classmethod
    def _of(cls, account: HeldPoints, reference: str, asked: str) -> PointsEntry:
        if not isinstance(account, HeldPoints):
            raise InvalidValueError("account", account, "must be a PointsAccount")
        return cls(
            id=points_entry_id(account.id, reference),
            account=account.id,
            customer=account.customer,
            scheme=account.scheme,
            currency=account.currency,
            reference=reference,
            digest=_digest(asked),
            missing=account.missing,
            postings=account.posted,
            balance=account.balance,
            debt=account.debt,
            trail=account.trail,
        )

    @property
    def act(self) -> PointsAct:
        """What was done."""
        return self.trail[0].stage

    @property
    def at(self) -> datetime:
        """When, in UTC."""
        return self.trail[0].at

    @property
    def by(self) -> str:
        """Who did it."""
        return self.trail[0].by

    @property
    def reason(self) -> str:
        """Why; empty where nobody said."""
        return self.trail[0].note

    def is_of(self, asked: str) -> bool:
        """Whether it is of what was asked for in these words, as far as is still known."""
        return self.digest in (_digest(asked), _NOT_KNOWN, REDACTED)

    @property
    def number(self) -> int:
        """Number of its last posting."""
        return max((one.number for one in self.postings), default=0)

    @property
    def points(self) -> int:
        """By how much the act itself changed the balance; what lapsed before it is not counted."""
        return sum(one.points for one in self.postings if one.act is self.act)

    @property
    def left(self) -> int:
        """Of a redemption, how many points can yet be given back; else 0."""
        return -self.points - self.given_back if self.act is PointsAct.REDEEMED else 0

    def drawn(self, points: int) -> tuple[tuple[PointsPosting, int], ...]:
        """Return of which postings points are given back, the last drawn first.

        Raises:
            InvalidValueError: If it is no redemption, or there are not so many to give back.
        """
        if self.act is not PointsAct.REDEEMED:
            rule = f"must be that of a redemption, not: {self.act.label('en').lower()}"
            way_out = "name the reference under which the points were redeemed"
            raise InvalidValueError("reference", self.reference, rule, way_out)
        if not self.left:
            rule = f"has no points left to give back: all {self.given_back} were"
            raise InvalidValueError("reference", self.reference, rule)
        if counted(points) > self.left:
            rule = f"must not be more than {self.left} that were redeemed and not given back"
            raise InvalidValueError("points", points, rule)
        return tuple(self._drawn(points))

    def give_back(self, by: str, at: datetime, *, points: int) -> PointsEntry:
        """Put down that so many of its points were given back.

        Raises:
            InvalidValueError: If there are not so many to give back.
        """
        self.drawn(points)
        step = Step(PointsAct.GIVEN_BACK, by, instant(at))
        return attrs.evolve(self, given_back=self.given_back + points, trail=(*self.trail, step))

    def restore(self, by: str, at: datetime, *, earlier: PointsEntry) -> PointsEntry:
        """Refuse: an entry is put down once.

        Raises:
            InvalidValueError: Always.
        """
        way_out = "take points back, give them back, or adjust, with the reason"
        raise InvalidValueError("entry", self.id, "must not be put back", way_out)

    def _drawn(self, points: int) -> Iterator[tuple[PointsPosting, int]]:
        passed, wanted = self.given_back, points
        for one in reversed([one for one in self.postings if one.act is PointsAct.REDEEMED]):
            there = max(0, -one.points - passed)
            passed = max(0, passed + one.points)
            count = min(there, wanted)
            wanted -= count
            if count:
                yield one, count


def points_entry_id(account: str, reference: str) -> PointsEntryId:
    """Return the id of an account's entry: the same whoever asks.

    Raises:
        InvalidValueError: If one of them is no id.

    Examples:
        >>> points_entry_id("club/C-7", "O-1")
        'club%2FC-7/O-1'
    """
    return PointsEntryId(joined(checked_id(account, "account"), checked_id(reference, "reference")))


def _digest(asked: str) -> str:
    return sha256(asked.encode(errors="surrogatepass")).hexdigest()
