"""What msgspec would spoil in silence is refused when the codec is made.

Beside each refusal that is not plain to see stands a test that msgspec does spoil it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Generic, Literal, NewType, Optional, TypedDict, TypeVar
from uuid import UUID

import attrs
import msgspec
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    PERSONAL,
    Channel,
    Codec,
    Estimate,
    FrozenMap,
    Labelled,
    Money,
    Share,
    Step,
    Tagged,
    personal_in,
    tag,
)
from crmkit.kernel.codec_faults import faults


T = TypeVar("T")
S = TypeVar("S", bound=Labelled)
Names = NewType("Names", list[str])
PhoneNumber = NewType("PhoneNumber", str)


class Loose(TypedDict):
    name: str


class Plain:
    """A class like any other."""


@attrs.frozen
class Part:
    name: str


@attrs.frozen
class OtherPart:
    name: str


@attrs.frozen
class Box(Generic[T]):
    holds: T


@attrs.frozen
class Private:
    _name: str


@attrs.frozen
class NotGiven:
    name: str
    size: int = attrs.field(init=False, default=0)


def stripped(name: str) -> str:
    return name.strip()


@attrs.frozen
class Converted:
    name: str = attrs.field(converter=stripped)


@attrs.frozen
class OfSelf:
    name: str
    short: str = attrs.field(default=attrs.Factory(lambda self: self.name[:1], takes_self=True))


@attrs.frozen
class Cached:
    name: str

    @cached_property
    def long(self) -> str:
        return self.name * 2


@attrs.frozen(slots=False)
class CachedInDict:
    name: str

    @cached_property
    def long(self) -> str:
        return self.name * 2


@attrs.frozen(cache_hash=True)
class HashKept:
    name: str


class WithSlot:
    __slots__ = "extra"


@attrs.frozen(slots=False)
class MoreSlots(WithSlot):
    name: str


@attrs.frozen(init=False)
class OwnBirth:
    name: str

    def __init__(self, name: str) -> None:
        self.__attrs_init__(name.strip())


@attrs.frozen
class HoldsAnEstimate:
    estimate: Estimate


@attrs.frozen
class NaiveTime:
    at: datetime


@attrs.frozen
class MaybeNaN:
    sizes: tuple[float | None, ...]


@attrs.frozen
class BareGeneric:
    box: Box  # type: ignore[type-arg]  # refused


@attrs.frozen
class OfTwoRecords:
    part: Part | OtherPart


@attrs.frozen
class OfTwoRecordsInside:
    parts: tuple[Optional[Part | OtherPart], ...]  # noqa: UP045  # as older code writes it


@attrs.frozen
class PersonalNumber:
    born: int = attrs.field(metadata=PERSONAL)


@attrs.frozen
class PersonalInside:
    inner: "PersonalPart"


@attrs.frozen
class PersonalPart:
    name: str = attrs.field(metadata=PERSONAL)


@attrs.frozen
class WordOnly:
    word: str
    count: int = 0


@attrs.frozen
class PersonalParts:
    words: tuple[WordOnly, ...] = attrs.field(metadata=personal_in("word", "wrod", "count"))
    pair: tuple[WordOnly, WordOnly] = attrs.field(metadata=personal_in("word"))
    one: WordOnly = attrs.field(metadata=personal_in("word"))
    plain: tuple[str, ...] = attrs.field(metadata=personal_in("word"))


@attrs.frozen
class PersonalPartsInside:
    inner: tuple[PersonalParts, ...]


class Family(Tagged):
    __slots__ = ()


@attrs.frozen
class BadMember(Family):
    names: list[str]
    next: "Family | None" = None
    type: str = tag("bad")


@attrs.frozen
class HoldsAFamily:
    first: Family
    second: tuple[Family, ...]


@attrs.frozen
class Nested:
    inside: tuple[FrozenMap[str, Private], ...]


FAULTS = [
    (Plain, "Plain: no attrs class"),
    (Private, "Private._name: private, would not be stored"),
    (NotGiven, "NotGiven.size: init=False, would be stored and not read"),
    (Converted, "Converted.name: a converter, would not run on reading"),
    (OfSelf, "OfSelf.short: a default of self, cannot be read"),
    (Cached, "Cached.long: a slot that is no field, would be stored"),
    (CachedInDict, "CachedInDict.long: a cached property, would be stored"),
    (HashKept, "HashKept._attrs_cached_hash: a slot that is no field, would be stored"),
    (MoreSlots, "MoreSlots.extra: a slot that is no field, would be stored"),
    (OwnBirth, "OwnBirth: an __init__ of its own, would not run on reading"),
    (HoldsAnEstimate, "Estimate: a kind of float, of which only the fields would be read"),
    (NaiveTime, "NaiveTime.at: needs a validator, against NaN or a time without a zone"),
    (MaybeNaN, "MaybeNaN.sizes: needs a validator, against NaN or a time without a zone"),
    (BareGeneric, "BareGeneric.box: a generic class, must say of what"),
    (OfTwoRecords, "OfTwoRecords.part: a union of records, cannot be told apart; use a Tagged"),
    (OfTwoRecordsInside, "OfTwoRecordsInside.parts: a union of records, cannot be told apart"),
    (PersonalNumber, "PersonalNumber.born: personal and no text, needs a default"),
    (PersonalInside, "PersonalPart.name: personal, would not be taken out; mark the outer"),
    (PersonalParts, "PersonalParts.words: its part 'wrod' is no text of records in a tuple"),
    (PersonalParts, "PersonalParts.words: its part 'count' is no text of records in a tuple"),
    (PersonalParts, "PersonalParts.pair: its part 'word' is no text of records in a tuple"),
    (PersonalParts, "PersonalParts.one: its part 'word' is no text of records in a tuple"),
    (PersonalParts, "PersonalParts.plain: its part 'word' is no text of records in a tuple"),
    (PersonalPartsInside, "PersonalParts.words: personal, would not be taken out; mark the outer"),
    (HoldsAFamily, "BadMember.names: changeable after reading; hold a tuple"),
    (Nested, "Private._name: private, would not be stored"),
]

CHANGEABLE = [
    list[str],
    set[str],
    dict[str, str],
    bytearray,
    Mapping[str, str],
    Loose,
    Names,
    tuple[list[str], ...],
    FrozenMap[str, dict[str, int]],
    list[str] | None,
    Box[list[str]],
]
UNKNOWN = [object, Any, Plain, complex, Sequence[str], tuple, frozenset, FrozenMap, type]
EXACT = [
    str,
    int,
    bool,
    bytes,
    Decimal,
    UUID,
    date,
    time,
    timedelta,
    Channel,
    Money,
    Share,
    PhoneNumber,
    Literal["a", 1],
    None | str,
    str | int | bool | None,
    tuple[int, str],
    tuple[Part, ...],
    frozenset[int],
    FrozenMap[str, tuple[int, ...]],
    FrozenMap[Channel, Part],
    Part | None,
    Box[int],
    Box[tuple[Part, ...]],
    tuple[Step[Channel], ...],
]


def record_of(type_: Any) -> type:
    """A record class with one field of a type."""
    return attrs.make_class("Record", {"field": attrs.field(type=type_)}, frozen=True)


class TestFaults:
    @pytest.mark.parametrize(
        ("record", "fault"), FAULTS, ids=lambda value: getattr(value, "__name__", "")
    )
    def test_are_found(self, record: type, fault: str) -> None:
        found = list(faults(record))

        assert [one for one in found if one.startswith(fault)], found

    @pytest.mark.parametrize(
        ("record", "fault"), FAULTS, ids=lambda value: getattr(value, "__name__", "")
    )
    def test_are_refused_by_the_codec_that_names_them(self, record: type, fault: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            Codec("thing", record)

        assert str(refused.value).startswith(f"record is {record.__name__!r}: it cannot be stored")
        assert fault in str(refused.value)

    @pytest.mark.parametrize("type_", CHANGEABLE, ids=str)
    def test_are_found_in_what_can_be_changed(self, type_: object) -> None:
        found = list(faults(record_of(type_)))

        assert [one for one in found if "changeable after reading" in one]

    @pytest.mark.parametrize("type_", UNKNOWN, ids=str)
    def test_are_found_in_what_nobody_vouches_for(self, type_: object) -> None:
        (found,) = faults(record_of(type_))

        assert "is not known to be read back exactly" in found

    @pytest.mark.parametrize("type_", EXACT, ids=str)
    def test_are_not_found_in_what_is_read_back_exactly(self, type_: object) -> None:
        assert list(faults(record_of(type_))) == []
        Codec("thing", record_of(type_))

    def test_are_not_found_where_a_check_stands_guard(self) -> None:
        @attrs.frozen
        class Checked:
            at: datetime = attrs.field(validator=attrs.validators.instance_of(datetime))
            size: float = attrs.field(validator=attrs.validators.ge(0))

        @attrs.frozen
        class CheckedAsAWhole:
            at: datetime

            def __attrs_post_init__(self) -> None:
                assert self.at.tzinfo

        assert list(faults(Checked)) == list(faults(CheckedAsAWhole)) == []
        assert CheckedAsAWhole(datetime.now(UTC)).at

    def test_are_told_once_though_a_class_is_met_twice(self) -> None:
        record = attrs.make_class(
            "Record", {"a": attrs.field(type=Private), "b": attrs.field(type=Private)}
        )

        assert len(list(faults(record))) == 1


class TestWhatMsgspecSpoils:
    """Were these to fail, a rule of the codec could be dropped."""

    def test_a_private_field_is_not_stored(self) -> None:
        assert msgspec.json.encode(Private("a")) == b"{}"

    def test_a_converter_does_not_run(self) -> None:
        assert msgspec.json.decode(b'{"name":" a "}', type=Converted).name == " a "

    def test_a_birth_of_ones_own_does_not_run(self) -> None:
        assert msgspec.json.decode(b'{"name":" a "}', type=OwnBirth).name == " a "

    def test_a_cached_property_is_stored_once_it_was_asked_for(self) -> None:
        record = CachedInDict("a")
        before = msgspec.json.encode(record)

        assert record.long == "aa"
        assert msgspec.json.encode(record) != before

    def test_an_estimate_loses_its_number(self) -> None:
        estimate = Estimate(0.5, 0.4, 0.6, confidence=0.95, n=3, n_missing=0, method="m")

        again = msgspec.json.decode(msgspec.json.encode(estimate), type=Estimate)

        assert again.value == 0.5
        assert float(again) == 0.0

    def test_a_nan_becomes_nothing(self) -> None:
        stored = msgspec.json.encode(MaybeNaN((float("nan"),)))

        assert msgspec.json.decode(stored, type=MaybeNaN).sizes == (None,)

    def test_a_naive_time_is_taken(self) -> None:
        assert (
            msgspec.json.decode(b'{"at":"2026-03-02T09:00:00"}', type=NaiveTime).at.tzinfo is None
        )
