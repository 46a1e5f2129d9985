"""Postings of points: an account's next version, its entry and its facts, saved together.

Law: all of it is saved, or nothing. What was put down under a reference is put down once: who asks
again gets what he got, and the account's version keeps two from spending the same points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum
from numbers import Integral, Real
from typing import Final, TypeAlias

import msgspec

from crmkit.errors import CrmkitError, InvalidValueError, NotFoundError
from crmkit.kernel import instant
from crmkit.loyalty import (
    POINTS_ACCOUNT_CODEC,
    POINTS_ENTRY_CODEC,
    POINTS_POSTINGS,
    PointsAccount,
    PointsAct,
    PointsEntry,
    PointsStatement,
    points_entry_id,
    posting_row,
    transfer_points,
)
from crmkit.storage import Query, Where

from .collecting import add_rows
from .unit import UnitOfWork


Names: TypeAlias = tuple[str, str]
"""Two references, or two accounts."""

Actor: TypeAlias = tuple[str, Callable[[], datetime]]
"""Who acts, and what tells when: asked after all is loaded, so that nobody was there later."""


def _number(told: object) -> float:
    if isinstance(told, Integral):
        return int(told)
    if isinstance(told, Real):
        return float(told)
    raise TypeError(f"{type(told).__name__} is neither text, nor a number, nor a time")


_write: Final = msgspec.json.Encoder(
    enc_hook=_number, order="sorted", decimal_format="number"
).encode


def open_account(unit: UnitOfWork, account: PointsAccount) -> PointsAccount:
    """Store an account that was just opened, unless there is one; return the one there is.

    Raises:
        InvalidValueError: If there is one in another currency.
        NotFoundError: If there was one, which was deleted.
    """
    try:
        held = unit.get(POINTS_ACCOUNT_CODEC, account.id)
    except NotFoundError as error:
        if error.way_out:
            raise
        return unit.add(POINTS_ACCOUNT_CODEC, account)
    if held.currency != account.currency:
        rule = f"must be {held.currency}, in which {account.id!r} was opened"
        way_out = "call the scheme of another currency otherwise"
        raise InvalidValueError("currency", account.currency, rule, way_out)
    return held


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
        asked: What is asked for, as `asked_of` tells it.
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
    after = act(unit.get(POINTS_ACCOUNT_CODEC, account))
    return save(unit, after, PointsEntry.of(after, reference=reference, asked=asked))


def give_back(
    unit: UnitOfWork, account: str, names: Names, actor: Actor, points: int | None
) -> PointsEntry:
    """Give points of a redemption back; its entry remembers how many.

    Args:
        unit: Where it is kept.
        account: Which account.
        names: The reference of this act, and that of the redemption.
        actor: Who puts it down, and when.
        points: How many; None for all that were not given back yet.

    Raises:
        NotFoundError: If there is no such account, or no such redemption.
        InvalidValueError: If the reference was used for something else, or the account refuses.
    """
    reference, of = names
    asked = asked_of(PointsAct.GIVEN_BACK, of=of, points=points)
    before = entry_before(unit, account, reference, asked)
    if before is not None:
        return before
    held = unit.get(POINTS_ACCOUNT_CODEC, account)
    entry = unit.peek(POINTS_ENTRY_CODEC, points_entry_id(account, of))
    if entry is None:
        way_out = f"name the reference under which points of {account!r} were redeemed"
        raise NotFoundError(POINTS_ENTRY_CODEC.kind, of, way_out)
    given = entry.left if points is None else points
    by, at = actor[0], actor[1]()
    after = held.give_back(by, at, entry=entry, points=given)
    unit.put(POINTS_ENTRY_CODEC, entry.give_back(by, at, points=given))
    return save(unit, after, PointsEntry.of(after, reference=reference, asked=asked))


def transfer(
    unit: UnitOfWork, accounts: Names, reference: str, actor: Actor, points: int
) -> tuple[PointsEntry, PointsEntry]:
    """Move points from one account to another, each with an entry under the reference.

    Raises:
        NotFoundError: If one of the accounts is not there.
        InvalidValueError: If the reference was used for something else, or an account refuses.
    """
    sender, recipient = accounts
    told = (
        asked_of(PointsAct.SENT, to=recipient, points=points),
        asked_of(PointsAct.TAKEN_IN, sender=sender, points=points),
    )
    sent = entry_before(unit, sender, reference, told[0])
    taken = entry_before(unit, recipient, reference, told[1])
    if sent is not None and taken is not None:
        return sent, taken
    both = [unit.get(POINTS_ACCOUNT_CODEC, one) for one in accounts]
    by, now = actor
    first, second = (
        save(unit, one, PointsEntry.of(one, reference=reference, asked=asked))
        for one, asked in zip(
            transfer_points(both[0], both[1], by, now(), points=points), told, strict=True
        )
    )
    return first, second


def expire(unit: UnitOfWork, account: str, actor: Actor) -> PointsEntry | None:
    """Put down what has lapsed in an account; None where nothing has."""
    before = unit.get(POINTS_ACCOUNT_CODEC, account)
    by, now = actor
    after = before.expire(by, now())
    return None if after is before else save(unit, after, PointsEntry.of_lapse(after))


def due(unit: UnitOfWork, at: datetime, after: str | None) -> tuple[str, ...]:
    """Return which accounts have points that lapsed by then: one page of ids, undecoded."""
    lapsed = ("next_expiry", "<=", POINTS_ACCOUNT_CODEC.asked_value("next_expiry", at))
    query = Query(POINTS_ACCOUNT_CODEC.kind, where=(lapsed,), limit=1000)
    page = query if after is None else query.next(after, after)
    return tuple(record.id for record in unit.find_stored(POINTS_ACCOUNT_CODEC, page))


def expire_each(
    ids: Iterable[str], expire: Callable[[str], PointsEntry | None]
) -> tuple[PointsEntry, ...]:
    """Put down what has lapsed in several accounts: where one fails, in all others all the same.

    Raises:
        CrmkitError: What failed, after all others were done.
        ExceptionGroup: If several failed.
    """
    entries: list[PointsEntry] = []
    failures: list[CrmkitError] = []
    for id in ids:
        try:
            entry = expire(id)
        except CrmkitError as error:
            error.add_note(f"points of {id} that lapsed are not put down")
            failures.append(error)
        else:
            entries += [] if entry is None else [entry]
    if len(failures) > 1:
        raise ExceptionGroup("points that lapsed are not put down", failures)
    if failures:
        raise failures[0]
    return tuple(entries)


def save(unit: UnitOfWork, account: PointsAccount, entry: PointsEntry) -> PointsEntry:
    """Save an account after an act, with its entry and its facts."""
    unit.put(POINTS_ACCOUNT_CODEC, account)
    unit.add(POINTS_ENTRY_CODEC, entry)
    rows = [
        posting_row(
            posting,
            account=account.id,
            customer=account.customer,
            scheme=account.scheme,
            reference=entry.reference,
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
    if entry is not None and not _is_of(entry, asked):
        # What was told may be personal: only what was done is named.
        rule = f"was used before, for something else: {entry.act.label('en').lower()}"
        way_out = "give everything that is asked for a reference of its own"
        raise InvalidValueError("reference", reference, rule, way_out)
    return entry


def entries_of(unit: UnitOfWork, account: str, *where: Where) -> tuple[PointsEntry, ...]:
    """Return the entries of an account that meet some conditions, in the order of its postings."""
    found: list[PointsEntry] = []
    query = Query(
        POINTS_ENTRY_CODEC.kind,
        where=(("account", "=", account), *where),
        order_by="number",
        limit=1000,
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
    begin = POINTS_ENTRY_CODEC.asked_value("at", instant(since, "since"))
    # What was put down since the account was read is not in it.
    told = entries_of(unit, account, ("at", ">=", begin), ("number", "<=", held.number))
    before = held.number - sum(len(one.postings) for one in told)
    # The one before shows that none is missing.
    last = entries_of(unit, account, ("number", "=", before)) if before else ()
    return PointsStatement.of(held, (*last, *told), since=since, until=until)


def asked_of(act: PointsAct, **told: object) -> str:
    """Return what is asked for as JSON: the same for the same thing, another for another.

    Raises:
        InvalidValueError: If a value cannot be told.
    """
    plain = {name: _raw(value, name) for name, value in told.items() if value is not None}
    return _write([act.value, plain]).decode()


def _raw(told: object, name: str) -> msgspec.Raw:
    """Return a value as JSON, and refuse by its name what cannot be told."""
    try:
        return msgspec.Raw(_write(_plain(told, name)))
    except InvalidValueError:
        raise
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidValueError(name, told, f"cannot be told: {error}") from error


def _plain(told: object, name: str) -> object:
    """Return a value so that what is the same is written the same."""
    if isinstance(told, Mapping):
        for key in told:
            if not isinstance(key, str):
                raise InvalidValueError(f"name in {name}", key, "must be text")
        return {key: _plain(value, key) for key, value in told.items() if value is not None}
    if isinstance(told, datetime):
        return instant(told, name)
    return told.value if isinstance(told, Enum) else told


def _is_of(entry: PointsEntry, asked: str) -> bool:
    # Of old entries, and of those of erased customers, only the act is known.
    return entry.is_of(asked) and asked.startswith(f'["{entry.act.value}"')
