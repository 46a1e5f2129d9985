"""What msgspec would spoil in silence, found by walking a record's class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableSequence, MutableSet
from functools import cached_property
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import attrs

from .frozen_map import FrozenMap
from .tagged import is_family, members


def faults(record: type, seen: set[type] | None = None) -> Iterator[str]:
    """Yield every reason why records of a class would not be read back exactly."""
    seen = set() if seen is None else seen
    if record in seen:
        return
    seen.add(record)
    if not attrs.has(record):
        yield f"{record.__name__}: no attrs class"
        return
    hints = get_type_hints(record)
    for field in attrs.fields(record):
        where = f"{record.__name__}.{field.name}"
        yield from _field_faults(field, where)
        yield from _type_faults(hints[field.name], where, seen)
    yield from _slot_faults(record)


def _field_faults(field: attrs.Attribute[object], where: str) -> Iterator[str]:
    if field.name.startswith("_"):
        yield f"{where}: private, would not be stored"
    if not field.init:
        yield f"{where}: init=False, would be stored and not read"
    if field.converter is not None:
        yield f"{where}: a converter, would not run on reading"
    if getattr(field.default, "takes_self", False):
        yield f"{where}: a default of self, cannot be read"
    bare = field.default is attrs.NOTHING and field.type not in ("str", str)
    if bare and field.metadata.get("personal"):
        yield f"{where}: personal and no text, needs a default to be read as when taken out"


def _slot_faults(record: type) -> Iterator[str]:
    names = {field.name for field in attrs.fields(record)}
    for ancestor in record.__mro__:
        for name, value in vars(ancestor).items():
            if isinstance(value, cached_property):
                yield f"{record.__name__}.{name}: a cached property, would be stored"
        slots = vars(ancestor).get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            # attrs turns a cached property into a slot, and keeps a cached hash in one.
            if slot not in names and slot != "__weakref__":
                yield f"{record.__name__}.{slot}: a slot that is no field, would be stored"


def _type_faults(type_: object, where: str, seen: set[type]) -> Iterator[str]:
    origin = get_origin(type_)
    plain = origin or type_
    if plain in (list, set, dict) or _mutable(plain):
        yield f"{where}: changeable after reading; hold a tuple, a frozenset or a FrozenMap"
    arguments = get_args(type_)
    if origin in (Union, UnionType) and sum(map(_is_record, arguments)) > 1:
        yield f"{where}: a union of records, cannot be told apart; use a Tagged family"
    if _is_record(plain):
        yield from faults(plain, seen)  # type: ignore[arg-type]  # a class, by _is_record
    if isinstance(plain, type) and is_family(plain):
        for member in members(plain).values():
            yield from faults(member, seen)
    for argument in arguments:
        yield from _type_faults(argument, where, seen)


def _is_record(type_: object) -> bool:
    plain = get_origin(type_) or type_
    return isinstance(plain, type) and attrs.has(plain)


def _mutable(type_: object) -> bool:
    if not isinstance(type_, type) or issubclass(type_, FrozenMap):
        return False
    return issubclass(type_, (Mapping, MutableSequence, MutableSet))
