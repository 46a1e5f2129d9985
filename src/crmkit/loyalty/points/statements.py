"""A statement of points for the customer: what he had, what happened, what he has.

Law: what he had and all that happened is what he has; a statement that does not add up is not made.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Language, Text, checked_language, instant
from crmkit.kernel.explanation import spoken

from .entry import PointsEntry
from .holdings import HeldPoints
from .postings import PointsAct, PointsPosting


_TITLE: Final = Text("Points of {customer}", "{customer}的积分对账单")
_HAD: Final = Text("Balance before", "期初余额")
_HAS: Final = Text("Balance", "期末余额")
_OWES: Final = Text("Points owed", "欠分")
_LAPSES: Final = Text("Lapse by then", "届时到期")


@attrs.frozen(kw_only=True)
class StatementLine:
    """One line of a statement.

    Attributes:
        posting: What was put down.
        reference: Of which act.
        balance: The balance after it.

    Examples:
        >>> from crmkit.loyalty import PointsAct
        >>> from crmkit.testing import NINE
        >>> line = PointsPosting(
        ...     number=1, act=PointsAct.EARNED, at=NINE, points=10, lot=1, earned_at=NINE
        ... )
        >>> StatementLine(posting=line, reference="O-1", balance=10).balance
        10
    """

    posting: PointsPosting
    reference: str
    balance: int


@attrs.frozen(kw_only=True)
class PointsStatement:
    """What happened in an account within some time; `str()` is the English text.

    Attributes:
        account: Which account.
        customer: Whose.
        since: From when on, in UTC.
        until: Until before when, in UTC.
        opening: The balance before.
        lines: What happened, in order.
        closing: The balance after.
        debt: What he owes after.
        lapsing: When how many of the points left lapse, the earliest first.

    Units:
        Points, whole.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.kernel import Text
        >>> from crmkit.loyalty import EarnRule, PointsAccount, PointsExpiry, PointsScheme
        >>> from crmkit.testing import NINE
        >>> gift = EarnRule(code="gift", label=Text("Welcome", "欢迎礼"), points=50)
        >>> club = PointsScheme(
        ...     name="club", currency="CNY", rules=(gift,), expiry=PointsExpiry(months=1)
        ... )
        >>> one = PointsAccount.open("club/C-7", "ann", NINE, customer="C-7", scheme=club)
        >>> one = one.earn("ann", NINE, reference="W-1", scheme=club)
        >>> entries = [PointsEntry.of(one, reference="W-1", asked="earn")]
        >>> later = NINE + timedelta(days=1)
        >>> print(PointsStatement.of(one, entries, since=NINE, until=later))
        Points of C-7, 2026-03-02 09:00 UTC to 2026-03-03 09:00 UTC
        Balance before: 0
        2026-03-02 09:00 UTC  earned  +50  (W-1)  50
        Balance: 50
        Lapse by then: 2026-04-03 00:00 UTC 50
    """

    account: str
    customer: str
    since: datetime
    until: datetime
    opening: int
    lines: tuple[StatementLine, ...]
    closing: int
    debt: int
    lapsing: tuple[tuple[datetime, int], ...]

    @classmethod
    def of(
        cls,
        account: HeldPoints,
        entries: Iterable[PointsEntry],
        *,
        since: datetime,
        until: datetime,
    ) -> PointsStatement:
        """Make a statement from an account and all its entries.

        Args:
            account: As it now stands.
            entries: All that was ever put down in it, in any order.
            since: From when on.
            until: Until before when.

        Raises:
            InvalidValueError: If a time is naive, the time is none, an entry is of another account
                or missing, or they do not add up to the account.
        """
        first, last = instant(since, "since"), instant(until, "until")
        if first >= last:
            raise InvalidValueError("until", until, f"must be later than since, {first}")
        told = _in_order(account, entries)
        before = [one for one, _ in told if one.at < first]
        opening = sum(one.points for one in before)
        lines, balance = [], opening
        for one, reference in [pair for pair in told if first <= pair[0].at < last]:
            balance += one.points
            lines.append(StatementLine(posting=one, reference=reference, balance=balance))
        return cls(
            account=account.id,
            customer=account.customer,
            since=first,
            until=last,
            opening=opening,
            lines=tuple(lines),
            closing=balance,
            debt=sum(one.debt for one, _ in told if one.at < last),
            lapsing=_lapsing([one for one, _ in told if one.at < last]),
        )

    def total(self, term: str) -> int:
        """Return the sum of a term of the identity: earned, adjusted, redeemed or expired.

        Raises:
            InvalidValueError: If there is no such term.
        """
        if term not in _SIGNS:
            raise InvalidValueError("term", term, f"must be one of {', '.join(_SIGNS)}")
        posted = (line.posting for line in self.lines)
        return _SIGNS[term] * sum(one.points for one in posted if one.term == term)

    def text(self, language: Language = "en") -> str:
        """Write it for the customer.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        checked_language(language)
        to, comma, colon = (" to ", ", ", ": ") if language == "en" else ("至", "，", "：")
        when = spoken(self.since, language) + to + spoken(self.until, language)
        title = _TITLE(language).format(customer=self.customer)
        lines = [f"{title}{comma}{when}", f"{_HAD(language)}{colon}{self.opening}"]
        for _, several in groupby(self.lines, key=_act_of):
            lines.append(_line(tuple(several), language))
        lines.append(f"{_HAS(language)}{colon}{self.closing}")
        if self.debt:
            lines.append(f"{_OWES(language)}{colon}{self.debt}")
        for at, points in self.lapsing:
            lines.append(f"{_LAPSES(language)}{colon}{spoken(at, language)} {points}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()


def _act_of(line: StatementLine) -> tuple[str, PointsAct, datetime]:
    return line.reference, line.posting.act, line.posting.at


def _line(of_one_act: tuple[StatementLine, ...], language: Language) -> str:
    """Return one act as one line, from however many lots its points came."""
    last = of_one_act[-1]
    at, act = spoken(last.posting.at, language), spoken(last.posting.act, language)
    points, debt = (
        sum(getattr(line.posting, name) for line in of_one_act) for name in ("points", "debt")
    )
    owed = f"  {_OWES(language)} {debt:+d}" if debt else ""
    return f"{at}  {act}  {points:+d}{owed}  ({last.reference})  {last.balance}"


_SIGNS: Final = {"earned": 1, "adjusted": 1, "redeemed": -1, "expired": -1}


def _in_order(
    account: HeldPoints, entries: Iterable[PointsEntry]
) -> list[tuple[PointsPosting, str]]:
    """Return every posting with its reference, and refuse what does not add up to the account."""
    told = []
    for entry in entries:
        if entry.account != account.id:
            raise InvalidValueError("entries", entry.id, f"must be of the account {account.id}")
        told += [(one, entry.reference) for one in entry.postings]
    told.sort(key=lambda pair: pair[0].number)
    numbers = [one.number for one, _ in told]
    if numbers != [*range(1, account.number + 1)]:
        rule = f"must be all {account.number} of the account, each once"
        raise InvalidValueError("entries", len(numbers), rule)
    balance, debt = (sum(getattr(one, name) for one, _ in told) for name in ("points", "debt"))
    if (balance, debt) != (account.balance, account.debt):
        rule = f"must add up to the account, {account.balance} and a debt of {account.debt}"
        raise InvalidValueError("entries", (balance, debt), rule)
    return told


def _lapsing(postings: Iterable[PointsPosting]) -> tuple[tuple[datetime, int], ...]:
    sums: dict[datetime, int] = {}
    for one in postings:
        if one.expires_at is not None:
            sums[one.expires_at] = sums.get(one.expires_at, 0) + one.points
    return tuple(sorted((at, points) for at, points in sums.items() if points))
