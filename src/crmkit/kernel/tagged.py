"""Families of attrs classes that are told apart by a tag when they are stored.

A family is a plain class directly under `Tagged`; its members are attrs classes under it, each with
a field `type: str = tag("…")`. Where a field of a record is of the family's type, members are read
by their tag.
"""

from __future__ import annotations

from typing import TypeGuard, TypeVar, get_args, get_origin

import attrs
import msgspec

from crmkit.errors import InvalidValueError

from .frozen_map import FrozenMap


class Tagged:
    """Root of every family of classes told apart by a tag."""

    __slots__ = ()


F = TypeVar("F", bound=Tagged)


def tag(name: str) -> str:
    """Declare the field that tells a member from the rest of its family."""
    field: str = attrs.field(
        default=name, kw_only=True, repr=False, validator=attrs.validators.in_({name})
    )
    return field


def is_family(type_: object) -> TypeGuard[type[Tagged]]:
    """Tell whether a type is a family: a plain class directly under `Tagged`."""
    return isinstance(type_, type) and Tagged in type_.__bases__ and not attrs.has(type_)


def members(family: type[F]) -> dict[str, type[F]]:
    """Return the members of a family by their tags."""
    return {_tag_of(member): member for member in family.__subclasses__()}


def read_tagged(text: str | bytes, family: type[F]) -> F:
    """Read one member of a family from JSON.

    Raises:
        InvalidValueError: If the text is not JSON of a member.
    """
    try:
        return msgspec.json.decode(text, type=family, dec_hook=read_hook)
    except msgspec.MsgspecError as error:
        name = family.__name__.lower()
        raise InvalidValueError(name, text, f"cannot be read: {error}") from error


def write_hook(value: object) -> object:
    """Tell msgspec how to write what it does not know."""
    if isinstance(value, FrozenMap):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def read_hook(type_: type, raw: object) -> object:
    """Tell msgspec how to read what it does not know: frozen maps and families."""
    if get_origin(type_) is FrozenMap:
        key, value = get_args(type_)
        return FrozenMap(msgspec.convert(raw, dict[key, value], dec_hook=read_hook))  # type: ignore[valid-type]  # made at run time
    if is_family(type_):
        name = raw.get("type") if isinstance(raw, dict) else None
        known: dict[str, type[Tagged]] = members(type_)
        if name not in known:
            raise ValueError(f"type {name!r} is none of {', '.join(sorted(known))}")
        return msgspec.convert(raw, known[name], dec_hook=read_hook)
    raise TypeError(f"{type_!r} cannot be read")


def _tag_of(member: type) -> str:
    (field,) = (field for field in attrs.fields(member) if field.name == "type")
    return str(field.default)
