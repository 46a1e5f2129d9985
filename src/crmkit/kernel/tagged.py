"""Families of attrs classes that are told apart by a tag when they are stored.

A family is a plain class directly under `Tagged`; its members are attrs classes under it, each with
a field `type: str = tag("…")`. Where a field of a record is of the family's type, members are read
by their tag.
"""

from __future__ import annotations

from typing import Final, TypeGuard, TypeVar, get_args, get_origin

import attrs
import msgspec

from crmkit.errors import InvalidValueError

from .frozen_map import FrozenMap


UNREADABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What msgspec raises on text that is not what it should be, or lies too deep."""


class Tagged:
    """Root of every family of classes told apart by a tag.

    Examples:
        >>> class Remedy(Tagged):
        ...     __slots__ = ()
        >>> @attrs.frozen
        ... class Discount(Remedy):
        ...     permille: int
        ...     type: str = tag("discount")
        >>> @attrs.frozen
        ... class Visit(Remedy):
        ...     days: int
        ...     type: str = tag("visit")
        >>> read_tagged('{"days": 2, "type": "visit"}', Remedy)
        Visit(days=2)
    """

    __slots__ = ()


T = TypeVar("T")
F = TypeVar("F", bound=Tagged)


def tag(name: str) -> str:
    """Declare the field that tells a member from the rest of its family.

    Examples:
        >>> class Shape(Tagged):
        ...     __slots__ = ()
        >>> @attrs.frozen
        ... class Square(Shape):
        ...     side: int
        ...     type: str = tag("square")
        >>> read_tagged('{"side": 2, "type": "square"}', Shape)
        Square(side=2)
    """
    field: str = attrs.field(
        default=name, kw_only=True, repr=False, validator=attrs.validators.in_({name})
    )
    return field


def is_family(type_: object) -> TypeGuard[type[Tagged]]:
    """Tell whether a type is a family: a plain class directly under `Tagged`."""
    return isinstance(type_, type) and Tagged in type_.__bases__ and not attrs.has(type_)


def members(family: type[F]) -> dict[str, type[F]]:
    """Return the members of a family by their tags.

    Raises:
        InvalidValueError: If a member has no tag, or one that another has.
    """
    found: dict[str, type[F]] = {}
    # attrs makes a class with slots anew; the class that it replaced may linger for a while.
    for member in [m for m in family.__subclasses__() if bool(attrs.has(m))]:
        name = _tag_of(member)
        if name in found:
            rule = f"must have a tag of its own, not that of {found[name].__name__}"
            raise InvalidValueError("type", member.__name__, rule)
        found[name] = member
    return found


def read_tagged(text: str | bytes, family: type[F]) -> F:
    """Read one member of a family from JSON.

    Raises:
        InvalidValueError: If the text is not JSON of a member.
    """
    return read_json(text, family, family.__name__.lower())


def read_json(text: str | bytes, kind: type[T], name: str) -> T:
    """Read one value from JSON.

    Args:
        text: What a user may have written by hand.
        kind: The class of the value.
        name: What it is called, for the message.

    Raises:
        InvalidValueError: If the text is none, or not JSON of such a value.

    Examples:
        >>> read_json("[1, 2]", list[int], "numbers")
        [1, 2]
        >>> read_json("{}", list[int], "numbers")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: numbers is '{}': it cannot be read: Expected `array`, got\
 `object`
    """
    if not isinstance(text, str | bytes):
        raise InvalidValueError(name, text, "must be text of JSON")
    try:
        return msgspec.json.decode(text, type=kind, dec_hook=read_hook)
    except UNREADABLE as error:
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
        of_map = dict[key, value]  # type: ignore[valid-type]  # made at run time
        # In JSON every key is text, whatever it stands for.
        return FrozenMap(msgspec.convert(raw, of_map, dec_hook=read_hook, str_keys=True))
    if is_family(type_):
        name = raw.get("type") if isinstance(raw, dict) else None
        known: dict[str, type[Tagged]] = members(type_)
        if name not in known:
            raise ValueError(f"type {name!r} is none of {', '.join(sorted(known))}")
        return msgspec.convert(raw, known[name], dec_hook=read_hook)
    raise TypeError(f"{type_!r} cannot be read")


def _tag_of(member: type) -> str:
    field = attrs.fields_dict(member).get("type")
    if field is None or not isinstance(field.default, str):
        rule = 'must have a field type: str = tag("…")'
        raise InvalidValueError("member", member.__name__, rule)
    return field.default
