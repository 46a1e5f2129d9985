"""A statement of points for the customer: what he had, what happened, what he has.

Law: what he had and all that happened is what he has; a statement that does not add up is not made.
What has lapsed has lapsed, whether or not it was put down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Language, Text, checked_language, instant, named_zone
from crmkit.kernel.checks import of_kind, several
from crmkit.kernel.explanation import spoken

from .account import PointsAccount
from .entry import PointsEntry
from .holdings import open_books
from .postings import PointsAct, PointsPosting


_TITLE: Final = Text("Points of {customer}", "{customer}的积分对账单")
_HAD: Final = Text("Balance before", "期初余额")
_HAS: Final = Text("Balance", "期末余额")
_OWES: Final = Text("Points owed", "欠分")
_LAPSES: Final = Text("Lapse at {at}", "{at}到期")
_MICRO: Final = timedelta(microseconds=1)


@attrs.frozen(kw_only=True)
class StatementLine:
    """One line of a statement.

    Attributes:
        posting: What was put down.
        reference: Of which act; blank of what lapsed and was not put down yet.
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
        closing: The balance after, without what has lapsed by then.
        debt: What he owes after.
        lapsing: When how many of these points lapse, the earliest first.

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
        Lapse at 2026-04-03 00:00 UTC: 50
        >>> much_later = NINE + timedelta(days=90)
        >>> PointsStatement.of(one, entries, since=NINE, until=much_later).closing
        0
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
        account: PointsAccount,
        entries: Iterable[PointsEntry],
        *,
        since: datetime,
        until: datetime,
    ) -> PointsStatement:
        """Make a statement from an account and what was put down in it since then.

        What he had before is what he has now, less what was put down since.

        Args:
            account: As it now stands.
            entries: All that was put down in it from `since` on, and the last entry before; older
                ones may be left out. In any order.
            since: From when on.
            until: Until before when.

        Raises:
            InvalidValueError: If a time is naive, the time is none, an entry is of another account
                or missing, or they do not add up to the account.
        """
        of_kind(account, PointsAccount, "account")
        first, last = instant(since, "since"), instant(until, "until")
        if first >= last:
            raise InvalidValueError("until", until, f"must be later than since, {first}")
        told, lapsed = _in_order(account, entries, first), _lapsed(account, last)
        told += [(one, "") for one in lapsed]
        late = [one for one, _ in told if one.at >= last]
        now = account.balance + sum(one.points for one in lapsed)
        opening = now - sum(one.points for one, _ in told if one.at >= first)
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
            debt=account.debt - sum(one.debt for one in late),
            lapsing=_lapsing(account, lapsed, late),
        )

    def total(self, term: str) -> int:
        """Return the sum of a term of the identity: earned, adjusted, redeemed or expired.

        Raises:
            InvalidValueError: If there is no such term.
        """
        if not isinstance(term, str) or term not in _SIGNS:
            raise InvalidValueError("term", term, f"must be one of {', '.join(_SIGNS)}")
        posted = (line.posting for line in self.lines)
        return _SIGNS[term] * sum(one.points for one in posted if one.term == term)

    def text(self, language: Language = "en", *, timezone: str = "UTC") -> str:
        """Write it for the customer.

        Args:
            language: "en" or "zh".
            timezone: In which zone times are told: that of the scheme.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh", or there is no such zone.
        """
        checked_language(language)
        zone = named_zone(timezone)
        to, comma, colon = (" to ", ", ", ": ") if language == "en" else ("至", "，", "：")
        since, until = (_time(at, zone, language) for at in (self.since, self.until))
        title = _TITLE(language).format(customer=self.customer)
        lines = [f"{title}{comma}{since}{to}{until}", f"{_HAD(language)}{colon}{self.opening}"]
        for _, of_one_act in groupby(self.lines, key=_act_of):
            lines.append(_line(tuple(of_one_act), zone, language))
        lines.append(f"{_HAS(language)}{colon}{self.closing}")
        if self.debt:
            lines.append(f"{_OWES(language)}{colon}{self.debt}")
        for at, points in self.lapsing:
            when = _LAPSES(language).format(at=_time(at, zone, language))
            lines.append(f"{when}{colon}{points}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()


def _act_of(line: StatementLine) -> tuple[str, PointsAct, datetime]:
    return line.reference, line.posting.act, line.posting.at


def _time(at: datetime, zone: ZoneInfo, language: Language) -> str:
    return spoken(at.astimezone(zone), language)


def _line(of_one_act: tuple[StatementLine, ...], zone: ZoneInfo, language: Language) -> str:
    """Return one act as one line, from however many lots its points came."""
    last = of_one_act[-1]
    at, act = _time(last.posting.at, zone, language), spoken(last.posting.act, language)
    points, debt = (
        sum(getattr(line.posting, name) for line in of_one_act) for name in ("points", "debt")
    )
    owed = f"  {_OWES(language)} {debt:+d}" if debt else ""
    reference = f"  ({last.reference})" if last.reference else ""
    return f"{at}  {act}  {points:+d}{owed}{reference}  {last.balance}"


_SIGNS: Final = {"earned": 1, "adjusted": 1, "redeemed": -1, "expired": -1}


def _in_order(
    account: PointsAccount, entries: Iterable[PointsEntry], first: datetime
) -> list[tuple[PointsPosting, str]]:
    """Return the postings with their references, and refuse what does not add up to the account."""
    given = [of_kind(one, PointsEntry, "entry") for one in several(entries, "entries")]
    for entry in given:
        if entry.account != account.id:
            raise InvalidValueError("entries", entry.id, f"must be of the account {account.id}")
    posted = sorted((one for one in given if one.postings), key=_number)
    told = [(one, entry.reference) for entry in posted for one in entry.postings]
    numbers = [one.number for one, _ in told]
    begin = account.number - len(told)
    # What is older may be left out, if it is shown that it is older.
    whole = not begin or (posted and posted[0].at < first)
    if not whole or numbers != [*range(begin + 1, account.number + 1)]:
        rule = f"must be all {account.number} of the account, each once"
        way_out = f"those before the last entry before {first} may be left out"
        raise InvalidValueError("entries", len(numbers), rule, way_out)
    _check_sums(account, posted)
    return told


def _check_sums(account: PointsAccount, posted: Sequence[PointsEntry]) -> None:
    """Refuse entries that do not lead from one balance to the next, and to that of the account."""
    balance, debt = account.balance, account.debt
    for entry in reversed(posted):
        if (entry.balance, entry.debt) != (balance, debt):
            rule = f"must leave a balance of {balance} and a debt of {debt}"
            raise InvalidValueError("entries", entry.id, rule)
        balance -= sum(one.points for one in entry.postings)
        debt -= sum(one.debt for one in entry.postings)
    before = account.number - sum(len(one.postings) for one in posted)
    if min(balance, debt) < 0 or (not before and (balance or debt)):
        rule = f"must add up to the account, {account.balance} and a debt of {account.debt}"
        raise InvalidValueError("entries", (account.balance - balance, account.debt - debt), rule)


def _number(entry: PointsEntry) -> int:
    return entry.number


def _lapsed(account: PointsAccount, until: datetime) -> tuple[PointsPosting, ...]:
    """Return what lapsed in an account before a moment, and was not put down yet."""
    last = until - _MICRO
    # What had lapsed by the last act was put down with it.
    return tuple(open_books(account, last).posted) if last >= account.trail[-1].at else ()


def _lapsing(
    account: PointsAccount, lapsed: Iterable[PointsPosting], late: Iterable[PointsPosting]
) -> tuple[tuple[datetime, int], ...]:
    """Return when how many points lapse: with what has lapsed, and without what was too late."""
    sums: dict[datetime, int] = {}
    held = [(lot.expires_at, lot.left) for lot in account.lots]
    held += [(one.expires_at, one.points) for one in lapsed]
    held += [(one.expires_at, -one.points) for one in late]
    for at, points in held:
        if at is not None:
            sums[at] = sums.get(at, 0) + points
    return tuple(sorted((at, points) for at, points in sums.items() if points))
