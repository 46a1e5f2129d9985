"""Records as bytes: how one kind of record is stored, and found again.

Law: what cannot be read back exactly is refused when the codec is made, not when data are lost.
A codec writes JSON by msgspec onto the attrs class, whose validators run on reading.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar

import attrs
import msgspec

from crmkit.errors import CrmkitError, InvalidValueError, StorageError

from .codec_faults import faults
from .frozen_map import FrozenMap
from .labels import Labelled
from .nearest import did_you_mean
from .scalars import Scalar, checked_name, key_value
from .tagged import UNREADABLE, read_hook, write_hook


R = TypeVar("R")

Fields: TypeAlias = dict[str, Any]
"""A stored record as JSON knows it, which is what upcasters work on."""

REDACTED: Final = "REDACTED"
"""What stands in store, and is read, where a personal value has been taken out."""

PERSONAL: Final[Mapping[Any, Any]] = FrozenMap({"personal": True})
"""Metadata of an attrs field that holds a personal value, which can be taken out on request."""


def personal_in(*parts: str) -> Mapping[Any, Any]:
    """Return metadata of a field that holds records of which some parts are personal.

    Examples:
        >>> from crmkit.customers import CUSTOMER_CODEC
        >>> "trail.note" in CUSTOMER_CODEC.personal
        True
    """
    return FrozenMap({"personal": parts})


# An upcaster trips over damaged fields in its own way; damaged bytes are msgspec's to find.
_UNREADABLE: Final = (
    *UNREADABLE,
    CrmkitError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
_NO_UPCASTERS: Final[Mapping[int, Callable[[Fields], Fields]]] = FrozenMap()


@attrs.frozen(init=False)
class Codec(Generic[R]):
    """How one kind of record is stored: its name, its class, its schema, its keys.

    Attributes:
        kind: The kind's name in the store: lower-case letters and underscores.
        record: The attrs class.
        schema: Version of the stored form; 1 at first, one more for every change of it.
        upcasters: For every earlier schema, what turns its fields into those of the next.
        keys: What the store can search and sort by: a name and what gives its value.
        key_types: What a key holds where that is no text: an enumeration, `datetime`, `date`.
        personal: Fields that hold personal values; `trail.note` for the part `note` of each record
            in the field `trail`. Those that only earlier schemas had are named to the codec as
            `once_personal`: what was stored then is taken out, too.

    Raises:
        InvalidValueError: If the class would not be read back exactly, or the upcasters are not
            one for each earlier schema.

    Examples:
        >>> from crmkit.complaints import COMPLAINT_CODEC
        >>> from crmkit.testing import a_complaint
        >>> stored = COMPLAINT_CODEC.encode(a_complaint())
        >>> COMPLAINT_CODEC.decode(stored, COMPLAINT_CODEC.schema) == a_complaint()
        True
        >>> @attrs.frozen
        ... class Guest:
        ...     name: str = attrs.field(metadata=PERSONAL)
        >>> sorted(Codec("guest", Guest).personal)
        ['name']
    """

    kind: str
    record: type[R]
    schema: int
    upcasters: Mapping[int, Callable[[Fields], Fields]]
    keys: Mapping[str, Callable[[R], object]]
    key_types: Mapping[str, type]
    personal: frozenset[str]
    _read: Callable[[bytes], R]

    def __init__(
        self,
        kind: str,
        record: type[R],
        *,
        schema: int = 1,
        upcasters: Mapping[int, Callable[[Fields], Fields]] = _NO_UPCASTERS,
        keys: Mapping[str, Callable[[R], object]] | None = None,
        key_types: Mapping[str, type] | None = None,
        once_personal: Collection[str] = (),
    ) -> None:
        for name in (kind, *(keys or ())):
            checked_name(name)
        if "id" in (keys or ()):
            raise InvalidValueError("key", "id", "is known to every store already")
        if found := tuple(faults(record)):
            raise InvalidValueError("record", record.__name__, f"cannot be stored: {found}")
        _check_chain(schema, upcasters)
        fields = attrs.fields(record)  # type: ignore[arg-type]  # checked by faults()
        marked = frozenset(name for field in fields for name in _personal(field))
        marked = marked.union(once_personal)
        try:
            read = msgspec.json.Decoder(record, dec_hook=read_hook).decode
        except TypeError as error:
            rule = f"cannot be stored: {error}"
            raise InvalidValueError("record", record.__name__, rule) from error
        typed = FrozenMap(dict.fromkeys(keys or (), str) | dict(key_types or {}))
        self.__attrs_init__(
            kind, record, schema, FrozenMap(upcasters), FrozenMap(keys or {}), typed, marked, read
        )

    def encode(self, record: R) -> bytes:
        """Write a record as JSON.

        Raises:
            InvalidValueError: If it holds what JSON cannot, such as half a character.
        """
        try:
            return msgspec.json.encode(record, enc_hook=write_hook)
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidValueError(self.kind, record, f"cannot be stored: {error}") from error

    def encode_exactly(self, record: R) -> bytes:
        """Write a record as JSON that is read back as the same record.

        Raises:
            InvalidValueError: If it holds what would be read back as something else, or not at all.
        """
        data = self.encode(record)
        try:
            again = self._read(data)
        except UNREADABLE as error:
            rule = f"could not be read back: {error}"
            raise InvalidValueError(self.kind, record, rule) from error
        if again != record:
            raise InvalidValueError(self.kind, record, f"would be read back as {again!r}")
        return data

    def decode(self, data: bytes, schema: int) -> R:
        """Read a record of this schema or an earlier one.

        Raises:
            StorageError: If the data are of a later schema, or no valid record of the kind; the
                domain's own error is its cause.
        """
        if schema > self.schema:
            problem = f"schema {schema} is newer than this library's, {self.schema}"
            raise StorageError(self.kind, problem, "update crmkit")
        if schema < 1:
            raise StorageError(self.kind, f"schema {schema} never was", "verify the store")
        try:
            if schema == self.schema:
                return self._read(data)
            return self._convert(self._raised(data, schema))
        except _UNREADABLE as error:
            if REDACTED.encode() in data:
                return self._decode_redacted(data, schema)
            raise _unreadable(self.kind, error) from (error.__cause__ or error)

    def key_values(self, record: R) -> dict[str, Scalar]:
        """Return the values by which the store finds this record; empty where taken out.

        Raises:
            InvalidValueError: If a value cannot be compared alike in every store.
        """
        values = {name: key_value(of(record), name) for name, of in self.keys.items()}
        if REDACTED in values.values():
            return {name: None if v == REDACTED else v for name, v in values.items()}
        return values

    def key_objects(self, record: R) -> dict[str, object]:
        """Return the same values as the caller knows them: instants, enumerations, money."""
        return {name: of(record) for name, of in self.keys.items()}

    def checked_key(self, name: str) -> str:
        """Return `name` if records of this kind can be found by it; "id" always can.

        Raises:
            InvalidValueError: If it is no key, with the nearest one that is.
        """
        if not isinstance(name, str) or (name != "id" and name not in self.keys):
            rule = f"is no key of {self.kind}"
            raise InvalidValueError("key", name, rule, did_you_mean(name, ("id", *self.keys)))
        return name

    def asked_value(self, name: str, value: object) -> Scalar:
        """Return what a caller compares a key with, as stores keep it.

        Args:
            name: The key, or "id".
            value: A value of what the key holds; an enumeration also by its stored value.

        Raises:
            InvalidValueError: If the key holds nothing of the kind, so that nothing could be found.

        Examples:
            >>> from crmkit.complaints import COMPLAINT_CODEC
            >>> COMPLAINT_CODEC.asked_value("stage", "receivd")
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: stage is 'receivd': it is no Stage; did you mean\
 'received'?
        """
        held = self.key_types.get(self.checked_key(name), str)
        if value is None:
            return None
        if issubclass(held, Labelled) and isinstance(value, Labelled | str):
            return key_value(held.of(value, name), name)
        if type(value) is not held:
            raise InvalidValueError(name, value, f"must be a {held.__name__}, as the key holds")
        return key_value(value, name)

    def _raised(self, data: bytes, schema: int) -> Fields:
        fields: Fields = msgspec.json.decode(data)
        for older in range(schema, self.schema):
            fields = self.upcasters[older](fields)
        return fields

    def _convert(self, fields: Fields) -> R:
        return msgspec.convert(fields, self.record, dec_hook=read_hook)

    def _decode_redacted(self, data: bytes, schema: int) -> R:
        """Read fields that were taken out, and are no text, as their defaults."""
        optional = {
            field.name
            for field in attrs.fields(self.record)  # type: ignore[arg-type]
            if field.default is not attrs.NOTHING
        }
        try:
            fields = self._raised(data, schema)
            left = {k: v for k, v in fields.items() if v != REDACTED or k not in optional}
            return self._convert(left)
        except _UNREADABLE as error:
            raise _unreadable(self.kind, error) from (error.__cause__ or error)


def _personal(field: attrs.Attribute[object]) -> Iterator[str]:
    marked = field.metadata.get("personal", ())
    if marked is True:
        yield field.name
    else:
        yield from (f"{field.name}.{part}" for part in marked)


def _check_chain(schema: int, upcasters: Mapping[int, Callable[[Fields], Fields]]) -> None:
    """Refuse upcasters that do not lead from every earlier schema to the next."""
    if type(schema) is not int or schema < 1:
        raise InvalidValueError("schema", schema, "must be a whole number, 1 or more")
    # Compared with their types: True and 1.0 would pass for 1.
    steps = {(type(older), older) for older in upcasters}
    if steps != {(int, older) for older in range(1, schema)}:
        rule = f"must hold exactly the schemas {[*range(1, schema)]}"
        way_out = "give for each of them what turns its fields into those of the next"
        raise InvalidValueError("upcasters", tuple(upcasters), rule, way_out)
    for older, upcaster in upcasters.items():
        if not callable(upcaster):
            raise InvalidValueError(f"upcasters[{older}]", upcaster, "must be a function")


def _unreadable(kind: str, error: Exception) -> StorageError:
    return StorageError(kind, f"a stored record cannot be read: {error}")
