"""Families of attrs classes that are told apart by a tag when they are stored.

A family is a plain class directly under `Tagged`; its members are attrs classes under it, each with
a field `type: str = tag("…")`. Where a field of a record is of the family's type, members are read
by their tag.

Law: of what somebody wrote by hand nothing is passed over: a key that no field takes is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Any, Final, TypeGuard, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
import msgspec

from crmkit.errors import InvalidValueError

from .frozen_map import FrozenMap
from .nearest import did_you_mean


UNREADABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What msgspec raises on text that is not what it should be, or lies too deep."""


_SHOWN: Final = 60


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
        InvalidValueError: If the text is none, or not JSON of such a value, or a key in it is none
            of its fields, with the nearest that is.

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
        # Looked at first: what is misspelt is often what is then missing.
        _check_fields(msgspec.json.decode(text), kind, "$", (name, _begin(text)))
        return msgspec.json.decode(text, type=kind, dec_hook=read_hook)
    except UNREADABLE as error:
        raise InvalidValueError(name, _begin(text), f"cannot be read: {error}") from error


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


def _begin(text: str | bytes) -> str:
    """Return as much of a text as tells which it is."""
    told = text.decode(errors="replace") if isinstance(text, bytes) else text
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}…"


def _check_fields(raw: object, kind: object, place: str, told: tuple[str, str]) -> None:
    """Refuse a key that no field takes: msgspec passes over those of attrs classes."""
    if get_origin(kind) in (Union, UnionType):
        for one in get_args(kind):
            _check_fields(raw, one, place, told)
    elif isinstance(raw, dict):
        for key, value, type_ in _entries(raw, kind, place, told):
            _check_fields(value, type_, f"{place}.{key}", told)
    elif isinstance(raw, list):
        for number, (value, type_) in enumerate(_items(raw, kind)):
            _check_fields(value, type_, f"{place}[{number}]", told)


def _entries(
    raw: Mapping[str, object], kind: Any, place: str, told: tuple[str, str]
) -> Iterator[tuple[str, object, object]]:
    """Yield what an object holds, each with the type that it is read as."""
    if get_origin(kind) in (dict, FrozenMap):
        yield from ((key, value, get_args(kind)[1]) for key, value in raw.items())
        return
    if is_family(kind):
        kind = members(kind).get(str(raw.get("type")))
    fields = _fields(kind)
    for key, value in raw.items() if fields else ():
        if key not in fields:
            rule = f"cannot be read: {place} has no field {key!r}"
            # What is there already is not what was meant.
            raise InvalidValueError(*told, rule, did_you_mean(key, fields.keys() - raw.keys()))
        yield key, value, fields[key]


def _items(raw: list[object], kind: Any) -> Iterator[tuple[object, object]]:
    """Yield what an array holds, each with the type that it is read as."""
    types = get_args(kind)
    if get_origin(kind) is tuple and types[-1:] != (...,):
        yield from zip(raw, types, strict=False)
    elif types:
        yield from ((value, types[0]) for value in raw)


@cache
def _fields(kind: Any) -> Mapping[str, object]:
    """Return the type of each field of a class, by its name in JSON; nothing for other types."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    if isinstance(kind, type) and attrs.has(kind):
        hints = get_type_hints(kind)
        return {field.name: hints[field.name] for field in attrs.fields(kind) if field.init}
    return FrozenMap()


def _tag_of(member: type) -> str:
    field = attrs.fields_dict(member).get("type")
    if field is None or not isinstance(field.default, str):
        rule = 'must have a field type: str = tag("…")'
        raise InvalidValueError("member", member.__name__, rule)
    return field.default
