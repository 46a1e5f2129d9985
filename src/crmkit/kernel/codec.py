"""Records as bytes: how one kind of record is stored, and found again.

Law: what cannot be read back exactly is refused when the codec is made, not when data are lost.
A codec writes JSON by msgspec onto the attrs class, whose validators run on reading.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, Generic, TypeAlias, TypeVar

import attrs
import msgspec

from crmkit.errors import CrmkitError, InvalidValueError, StorageError

from .clock import instant, to_micros
from .codec_faults import faults
from .frozen_map import FrozenMap
from .money import Money
from .nearest import did_you_mean
from .tagged import UNREADABLE, read_hook, write_hook


R = TypeVar("R")

Scalar: TypeAlias = str | int | float | None
"""What a store can compare: a key, or a value of a fact. Times are whole microseconds since 1970,
money is whole smallest coins."""

Fields: TypeAlias = dict[str, Any]
"""A stored record as JSON knows it, which is what upcasters work on."""

REDACTED: Final = "REDACTED"
"""What stands in store, and is read, where a personal value has been taken out."""

PERSONAL: Final[Mapping[Any, Any]] = FrozenMap({"personal": True})
"""Metadata of an attrs field that holds a personal value, which can be taken out on request."""

_LARGEST_INTEGER: Final = 2**63
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
        personal: Fields that hold personal values.

    Raises:
        InvalidValueError: If the class would not be read back exactly, or an upcaster is missing.

    Examples:
        >>> from crmkit.complaints import COMPLAINT_CODEC
        >>> from crmkit.testing import a_complaint
        >>> stored = COMPLAINT_CODEC.encode(a_complaint())
        >>> COMPLAINT_CODEC.decode(stored, 1) == a_complaint()
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
    ) -> None:
        for name in (kind, *(keys or ())):
            checked_name(name)
        if schema < 1:
            raise InvalidValueError("schema", schema, "must be 1 or more")
        if found := tuple(faults(record)):
            raise InvalidValueError("record", record.__name__, f"cannot be stored: {found}")
        wanted = set(range(1, schema))
        if set(upcasters) != wanted:
            rule = f"must hold exactly the schemas {sorted(wanted)}"
            raise InvalidValueError("upcasters", sorted(upcasters), rule)
        fields = attrs.fields(record)  # type: ignore[arg-type]  # checked by faults()
        marked = frozenset(field.name for field in fields if field.metadata.get("personal"))
        try:
            read = msgspec.json.Decoder(record, dec_hook=read_hook).decode
        except TypeError as error:
            rule = f"cannot be stored: {error}"
            raise InvalidValueError("record", record.__name__, rule) from error
        self.__attrs_init__(
            kind, record, schema, FrozenMap(upcasters), FrozenMap(keys or {}), marked, read
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
        """Return the values by which the store finds this record."""
        return {name: key_value(of(record), name) for name, of in self.keys.items()}

    def key_objects(self, record: R) -> dict[str, object]:
        """Return the same values as the caller knows them: instants, enumerations, money."""
        return {name: of(record) for name, of in self.keys.items()}

    def checked_key(self, name: str) -> str:
        """Return `name` if records of this kind can be found by it; "id" always can.

        Raises:
            InvalidValueError: If it is no key, with the nearest one that is.
        """
        if name != "id" and name not in self.keys:
            rule = f"is no key of {self.kind}"
            raise InvalidValueError("key", name, rule, did_you_mean(name, ("id", *self.keys)))
        return name

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


def key_value(value: object, name: str) -> Scalar:
    """Return a value as stores compare it.

    Enumerations go by their value, truth as 0 and 1, instants as microseconds, days as ISO text,
    money as its smallest coins.

    Raises:
        InvalidValueError: If it cannot be compared alike in every store: not finite, beyond 64
            bits, text with a NUL or half a surrogate pair, or of another type.

    Examples:
        >>> from datetime import UTC
        >>> key_value(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "at"), key_value(True, "safe")
        (1000000, 1)
        >>> key_value(Money.of("19.99", "EUR"), "amount")
        1999
    """
    match value:
        case None:
            return None
        case Enum():
            return key_value(value.value, name)
        case bool():
            return int(value)
        case str():
            if "\0" in value or not (value.isascii() or _encodable(value)):
                rule = "must be text without NUL and without half characters"
                raise InvalidValueError(name, value, rule)
            return value
        case int():
            if not -_LARGEST_INTEGER <= value < _LARGEST_INTEGER:
                raise InvalidValueError(name, value, "must fit into 64 bits")
            return value
        case float():
            if not math.isfinite(value):
                raise InvalidValueError(name, value, "must be finite")
            return value
        case datetime():
            return to_micros(instant(value, name))
        case date():
            return value.isoformat()
        case Money():
            return key_value(value.minor, name)
        case _:
            raise InvalidValueError(name, value, "cannot be compared in a store")


def checked_name(name: str) -> str:
    """Return `name` if a kind, a key, a table or a column of a store can be called so.

    Raises:
        InvalidValueError: If it is not lower-case letters, digits and underscores.

    Examples:
        >>> checked_name("customer_id")
        'customer_id'
    """
    fits = isinstance(name, str) and name.isascii() and name.isidentifier() and name.islower()
    if not fits or len(name) > 60:
        rule = "must be lower-case letters, digits and underscores, at most 60"
        raise InvalidValueError("name", name, rule)
    return name


def known_name(name: str, known: Collection[str], what: str) -> str:
    """Return `name` if it is among the known, else refuse it with the nearest one.

    Raises:
        InvalidValueError: If it is not.

    Examples:
        >>> known_name("amont", ["amount"], "column")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: column is 'amont': it is not known; did you mean 'amount'?
    """
    if name not in known:
        raise InvalidValueError(what, name, "is not known", did_you_mean(name, known))
    return name


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _unreadable(kind: str, error: Exception) -> StorageError:
    return StorageError(kind, f"a stored record cannot be read: {error}")
