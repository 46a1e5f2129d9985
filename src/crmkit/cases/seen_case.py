"""Cases as a rule of recurrence sees them: an id, a receipt, perhaps a resolution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import instant


Id: TypeAlias = str | int
"""What a case is known by."""


@attrs.frozen
class Seen:
    """A case as a rule sees it.

    Attributes:
        id: Text or a whole number.
        at: When it was received, in UTC.
        resolved_at: When it was resolved; None while it is open.
    """

    id: Id
    at: datetime
    resolved_at: datetime | None

    @property
    def place(self) -> tuple[datetime, str, int]:
        """Where it stands among others: those of one moment are in the order of their ids."""
        if isinstance(self.id, str):
            return self.at, self.id, 0
        return self.at, "", self.id


def seen(facts: Mapping[str, object]) -> Seen:
    """Read `id`, `received_at` and `resolved_at` of a case.

    Raises:
        InvalidValueError: If the id or the receipt is missing, a time is naive, or it was resolved
            before it was received.

    Examples:
        >>> seen({"id": "K-1"})
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: received_at is None: it must be a datetime with a time zone
    """
    id = facts.get("id")
    if not isinstance(id, str | int) or isinstance(id, bool) or id == "":
        raise InvalidValueError("id", id, "must be text or a whole number")
    at = _moment(facts.get("received_at"), "received_at")
    resolved = facts.get("resolved_at")
    if resolved is None:
        return Seen(id, at, None)
    ended = _moment(resolved, "resolved_at")
    if ended < at:
        rule = f"must not be before the receipt of {id}, {at.isoformat()}"
        raise InvalidValueError("resolved_at", ended.isoformat(), rule)
    return Seen(id, at, ended)


def _moment(value: object, name: str) -> datetime:
    if not isinstance(value, datetime):
        raise InvalidValueError(name, value, "must be a datetime with a time zone")
    return instant(value, name)


def cases_before(
    new: Seen, earlier: Iterable[Mapping[str, object]]
) -> list[tuple[Seen, Mapping[str, object]]]:
    """Return the cases that are before a new one, in their order, with their facts.

    Raises:
        InvalidValueError: If one stands twice, its id is of another type, or `seen` refuses it.
    """
    found: dict[Id, tuple[Seen, Mapping[str, object]]] = {}
    for facts in earlier:
        other = seen(facts)
        if isinstance(other.id, str) is not isinstance(new.id, str):
            rule = f"must be of one type with {new.id!r}, the id of the new case"
            raise InvalidValueError("id", other.id, rule)
        if other.id in found:
            raise InvalidValueError("id", other.id, "must stand once among the earlier cases")
        found[other.id] = other, facts
    before = [pair for pair in found.values() if pair[0].place < new.place]
    return sorted(before, key=lambda pair: pair[0].place)


def is_told(value: object) -> bool:
    """Return whether a fact is known: not None, no empty text.

    Examples:
        >>> is_told("washer"), is_told(""), is_told(float("nan"))
        (True, False, False)
    """
    # NaN, which is what frames tell for a missing value, differs from itself.
    return value is not None and value != "" and value == value
