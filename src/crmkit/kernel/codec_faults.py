"""What msgspec would spoil in silence, found by walking a record's class.

Law: a field's type is refused unless it is known to be read back exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableSequence, MutableSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cached_property
from types import NoneType, UnionType
from typing import Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs

from .frozen_map import FrozenMap
from .tagged import is_family, members


_EXACT: Final = frozenset(
    {str, bytes, bool, int, float, Decimal, UUID, date, time, datetime, timedelta, NoneType}
)
_HOLDS: Final = frozenset({tuple, frozenset, FrozenMap, Union, UnionType})
# JSON turns a NaN into nothing, and msgspec takes a naive time as readily as an aware one.
_NEEDS_A_CHECK: Final = frozenset({float, datetime})


def faults(record: type, seen: set[object] | None = None) -> Iterator[str]:
    """Yield every reason why records of a class would not be read back exactly."""
    nested = seen is not None
    seen = set() if seen is None else seen
    if record in seen:
        return
    seen.add(record)
    if not attrs.has(record):
        yield f"{record.__name__}: no attrs class"
        return
    hints = get_type_hints(record)
    checked = hasattr(record, "__attrs_post_init__")
    for field in attrs.fields(record):
        where = f"{record.__name__}.{field.name}"
        type_ = _unnamed(hints[field.name])
        yield from _field_faults(field, where)
        yield from _type_faults(type_, where, seen)
        if not checked and field.validator is None and _NEEDS_A_CHECK & set(_parts(type_)):
            yield f"{where}: needs a validator, against NaN or a time without a zone"
        if personal := field.metadata.get("personal"):
            yield from _personal_faults(field, type_, where, nested, personal)
    yield from _class_faults(record)


def _personal_faults(
    field: attrs.Attribute[object],
    type_: object,
    where: str,
    nested: bool,
    personal: tuple[str, ...] | Literal[True],
) -> Iterator[str]:
    if nested:
        yield f"{where}: personal, would not be taken out; mark the outer record's field"
    elif personal is not True:
        yield from _part_faults(type_, where, personal)
    elif field.default is attrs.NOTHING and type_ is not str:
        yield f"{where}: personal and no text, needs a default to be read as when taken out"


def _part_faults(type_: object, where: str, parts: tuple[str, ...]) -> Iterator[str]:
    """Say which parts could not be taken out of records in a list, or not be read afterwards."""
    arguments = get_args(type_)
    held = arguments[0] if get_origin(type_) is tuple and arguments[1:] == (Ellipsis,) else None
    plain = get_origin(held) or held
    texts = get_type_hints(plain) if isinstance(plain, type) and attrs.has(plain) else {}
    for part in parts:
        if texts.get(part) is not str:
            yield f"{where}: its part {part!r} is no text of records in a tuple"


def _field_faults(field: attrs.Attribute[object], where: str) -> Iterator[str]:
    if field.name.startswith("_"):
        yield f"{where}: private, would not be stored"
    if not field.init:
        yield f"{where}: init=False, would be stored and not read"
    if field.converter is not None:
        yield f"{where}: a converter, would not run on reading"
    if getattr(field.default, "takes_self", False):
        yield f"{where}: a default of self, cannot be read"


def _class_faults(record: type) -> Iterator[str]:
    name = record.__name__
    if "__attrs_init__" in vars(record):
        yield f"{name}: an __init__ of its own, would not run on reading"
    fields = {field.name for field in attrs.fields(record)}
    for ancestor in record.__mro__:
        if ancestor in _EXACT | _HOLDS:
            yield f"{name}: a kind of {ancestor.__name__}, of which only the fields would be read"
        for held, value in vars(ancestor).items():
            if isinstance(value, cached_property):
                yield f"{name}.{held}: a cached property, would be stored"
        slots = vars(ancestor).get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            # attrs turns a cached property into a slot, and keeps a cached hash in one.
            if slot not in fields and slot != "__weakref__":
                yield f"{name}.{slot}: a slot that is no field, would be stored"


def _type_faults(type_: object, where: str, seen: set[object]) -> Iterator[str]:
    type_ = _unnamed(type_)
    origin, arguments = get_origin(type_), get_args(type_)
    plain = origin or type_
    if isinstance(plain, type) and is_family(plain):
        if plain not in seen:
            seen.add(plain)
            for member in members(plain).values():
                yield from faults(member, seen)
        return
    if isinstance(plain, type) and attrs.has(plain):
        yield from faults(plain, seen)
    if reason := _unfit(type_, plain, arguments):
        yield f"{where}: {reason}"
    if plain is not Literal:
        for argument in arguments:
            if argument is not Ellipsis:
                yield from _type_faults(argument, where, seen)


def _unfit(type_: object, plain: object, arguments: tuple[object, ...]) -> str:
    """Say what is wrong with a type, its arguments left aside; empty when nothing is."""
    if isinstance(plain, type) and attrs.has(plain):
        bare = getattr(plain, "__parameters__", ()) and not arguments
        return "a generic class, must say of what" if bare else ""
    if plain in (Union, UnionType) and sum(map(_is_record, arguments)) > 1:
        return "a union of records, cannot be told apart; use a Tagged family"
    if plain in _HOLDS and arguments:
        return ""
    if plain in _EXACT or plain is Literal or isinstance(type_, TypeVar):
        return ""
    if isinstance(plain, type) and issubclass(plain, Enum):
        return ""
    if isinstance(plain, type) and _changeable(plain):
        return "changeable after reading; hold a tuple, a frozenset or a FrozenMap"
    return f"{type_!r} is not known to be read back exactly"


def _unnamed(type_: object) -> object:
    """Return what a `NewType`, or an alias made by the statement `type`, stands for."""
    while (meant := getattr(type_, "__supertype__", getattr(type_, "__value__", None))) is not None:
        type_ = meant
    return type_


def _parts(type_: object) -> Iterator[object]:
    """Yield a type and every type inside it, records left closed."""
    type_ = _unnamed(type_)
    yield type_
    if not _is_record(type_):
        for argument in get_args(type_):
            yield from _parts(argument)


def _is_record(type_: object) -> bool:
    plain = get_origin(type_) or type_
    return isinstance(plain, type) and attrs.has(plain)


def _changeable(type_: type) -> bool:
    return issubclass(type_, (Mapping, MutableSequence, MutableSet)) and type_ is not FrozenMap
