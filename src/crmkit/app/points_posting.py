"""Postings of points: an account's next version, its entry and its facts, saved together.

Law: all of it is saved, or nothing. What was put down under a reference is put down once: who asks
again gets what he got, and the account's version keeps two from spending the same points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.loyalty import (
    POINTS_ACCOUNT_CODEC,
    POINTS_ENTRY_CODEC,
    POINTS_POSTINGS,
    PointsAccount,
    PointsEntry,
    PointsStatement,
    points_entry_id,
    posting_row,
    transfer_points,
)
from crmkit.storage import Query

from .collecting import add_rows
from .unit import UnitOfWork


def put_down(
    unit: UnitOfWork,
    account: str,
    reference: str,
    asked: str,
    act: Callable[[PointsAccount], PointsAccount],
) -> PointsEntry:
    """Do something to an account, unless it was done under that reference before.

    Args:
        unit: Where it is kept.
        account: Which account.
        reference: What the caller calls it.
        asked: What is asked for, in words.
        act: What is done.

    Returns:
        What was put down, now or before.

    Raises:
        NotFoundError: If there is no such account.
        InvalidValueError: If the reference was used for something else, or the account refuses.
    """
    before = entry_before(unit, account, reference, asked)
    if before is not None:
        return before
    return save(unit, act(unit.get(POINTS_ACCOUNT_CODEC, account)), reference, asked)


def give_back(
    unit: UnitOfWork,
    account: str,
    names: tuple[str, str],
    by: str,
    at: datetime,
    points: int | None,
) -> PointsEntry:
    """Give points of a redemption back; its entry remembers how many.

    Args:
        unit: Where it is kept.
        account: Which account.
        names: The reference of this act, and that of the redemption.
        by: Who puts it down.
        at: When.
        points: How many; None for all that were not given back yet.

    Raises:
        NotFoundError: If there is no such account, or no such redemption.
        InvalidValueError: If the reference was used for something else, or the account refuses.
    """
    reference, of = names
    asked = _asked("give back", points, f"of {of}")
    before = entry_before(unit, account, reference, asked)
    if before is not None:
        return before
    entry = unit.get(POINTS_ENTRY_CODEC, points_entry_id(account, of))
    given = entry.left if points is None else points
    held = unit.get(POINTS_ACCOUNT_CODEC, account).give_back(by, at, entry=entry, points=given)
    unit.put(POINTS_ENTRY_CODEC, entry.give_back(by, at, points=given))
    return save(unit, held, reference, asked)


def transfer(
    unit: UnitOfWork, accounts: tuple[str, str], reference: str, by: str, at: datetime, points: int
) -> tuple[PointsEntry, PointsEntry]:
    """Move points from one account to another, each with an entry under the reference.

    Raises:
        NotFoundError: If one of the accounts is not there.
        InvalidValueError: If the reference was used for something else, or an account refuses.
    """
    sender, recipient = accounts
    told = (_asked("send", points, f"to {recipient}"), _asked("take in", points, f"from {sender}"))
    sent = entry_before(unit, sender, reference, told[0])
    taken = entry_before(unit, recipient, reference, told[1])
    if sent is not None and taken is not None:
        return sent, taken
    both = transfer_points(
        unit.get(POINTS_ACCOUNT_CODEC, sender),
        unit.get(POINTS_ACCOUNT_CODEC, recipient),
        by,
        at,
        points=points,
    )
    first, second = (
        save(unit, one, reference, asked) for one, asked in zip(both, told, strict=True)
    )
    return first, second


def expire(unit: UnitOfWork, account: str, by: str, at: datetime) -> PointsEntry | None:
    """Put down what has lapsed in an account; None where nothing has."""
    before = unit.get(POINTS_ACCOUNT_CODEC, account)
    after = before.expire(by, at)
    if after is before:
        return None
    return save(unit, after, f"expiry-{before.number + 1}", "expire")


def save(unit: UnitOfWork, account: PointsAccount, reference: str, asked: str) -> PointsEntry:
    """Save an account after an act, with its entry and its facts."""
    unit.put(POINTS_ACCOUNT_CODEC, account)
    entry = PointsEntry.of(account, reference=reference, asked=asked)
    unit.add(POINTS_ENTRY_CODEC, entry)
    rows = [
        posting_row(
            posting,
            account=account.id,
            customer=account.customer,
            scheme=account.scheme,
            reference=reference,
            currency=account.currency,
        )
        for posting in account.posted
    ]
    if rows:
        add_rows(unit, POINTS_POSTINGS, rows)
    return entry


def entry_before(unit: UnitOfWork, account: str, reference: str, asked: str) -> PointsEntry | None:
    """Return what was put down under a reference before; None where nothing was.

    Raises:
        InvalidValueError: If that was something else.
    """
    entry = unit.peek(POINTS_ENTRY_CODEC, points_entry_id(account, reference))
    if entry is not None and entry.asked != asked:
        rule = f"was used before, for {entry.asked!r}"
        way_out = "give everything that is asked for a reference of its own"
        raise InvalidValueError("reference", reference, rule, way_out)
    return entry


def entries_of(unit: UnitOfWork, account: str) -> tuple[PointsEntry, ...]:
    """Return every entry of an account, in the order of its postings."""
    found: list[PointsEntry] = []
    query = Query(
        POINTS_ENTRY_CODEC.kind, where=(("account", "=", account),), order_by="number", limit=1000
    )
    while page := unit.find(POINTS_ENTRY_CODEC, query):
        found += page
        query = query.next(page[-1].number, page[-1].id)
    return tuple(found)


def statement(unit: UnitOfWork, account: str, since: datetime, until: datetime) -> PointsStatement:
    """Return an account's statement.

    Raises:
        NotFoundError: If there is no such account.
    """
    held = unit.peek(POINTS_ACCOUNT_CODEC, account)
    if held is None:
        raise NotFoundError("points_account", account)
    # What was put down since the account was read is not in it.
    entries = [one for one in entries_of(unit, account) if one.number <= held.number]
    return PointsStatement.of(held, entries, since=since, until=until)


def _asked(act: str, *told: object) -> str:
    return " ".join([act, *(str(one) for one in told if one is not None)])


def asked_of(act: str, told: Iterable[tuple[str, object]]) -> str:
    """Return what is asked for, in words: the same words for the same thing."""
    return _asked(act, *(f"{name}={value}" for name, value in told if value is not None))
