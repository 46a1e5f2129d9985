"""Checks that many records share, as attrs validators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from crmkit.errors import InvalidValueError

from .ids import checked_id
from .labels import Labelled


Field: TypeAlias = "attrs.Attribute[Any]"


def is_id(_: object, field: Field, value: str) -> None:
    """Check that a field holds what can be an id."""
    checked_id(value, field.name)


def not_blank(_: object, field: Field, value: str) -> None:
    """Check that a field holds text, and not only blanks."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidValueError(field.name, value, "must be text, and not blank")


def not_blank_if_given(_: object, field: Field, value: str | None) -> None:
    """Check that a field holds nothing, or text that is not blank."""
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise InvalidValueError(field.name, value, "must be None, or text that is not blank")


def member_of(kind: type[Labelled]) -> Callable[[object, Field, object], None]:
    """Return the check that a field holds a member of an enumeration, or None."""

    def check(_: object, field: Field, value: object) -> None:
        if value is not None and not isinstance(value, kind):
            allowed = ", ".join(f"{kind.__name__}.{member.name}" for member in kind)
            raise InvalidValueError(field.name, value, f"must be one of {allowed}")

    return check


def is_a(kind: type) -> Callable[[object, Field, object], None]:
    """Return the check that a field holds a value of exactly this class, or None.

    Exactly: a datetime is a date to Python, and is none to a calendar.
    """

    def check(_: object, field: Field, value: object) -> None:
        if value is not None and type(value) is not kind:
            raise InvalidValueError(field.name, value, f"must be a {kind.__name__}")

    return check


def all_are(kind: type) -> Callable[[object, Field, object], None]:
    """Return the check that a field holds a tuple of values of exactly this class."""

    def check(_: object, field: Field, value: object) -> None:
        if not isinstance(value, tuple) or any(type(item) is not kind for item in value):
            raise InvalidValueError(field.name, value, f"must be a tuple of {kind.__name__}")

    return check
