"""Records as bytes: read back exactly, or refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import attrs
import msgspec
import pytest
from attrs.validators import optional
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError, StorageError
from crmkit.kernel import (
    PERSONAL,
    REDACTED,
    Channel,
    Codec,
    FrozenMap,
    Money,
    Share,
    Step,
    Tagged,
    Trail,
    instant,
    is_a,
    not_blank,
    tag,
    unbroken,
)


NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
NO_MARKS: FrozenMap[int, str] = FrozenMap()


class Work(Tagged):
    """What was done on a visit."""

    __slots__ = ()


@attrs.frozen
class Repair(Work):
    part: str
    took: timedelta
    type: str = tag("repair")


@attrs.frozen
class Both(Work):
    first: Work
    second: Work
    type: str = tag("both")


def an_instant(_: object, field: attrs.Attribute[datetime], at: datetime) -> None:
    instant(at, field.name)


@attrs.frozen(kw_only=True)
class Visit:
    id: str = attrs.field(validator=not_blank)
    at: datetime = attrs.field(validator=an_instant)
    trail: Trail[Channel] = attrs.field(validator=unbroken)
    price: Money | None = None
    sure: Share | None = None
    pieces: tuple[int, ...] = ()
    tags: frozenset[str] = frozenset()
    marks: FrozenMap[int, str] = NO_MARKS
    days: FrozenMap[str, tuple[date, ...]] = attrs.field(factory=FrozenMap)
    work: Work | None = None
    rate: Decimal = Decimal(1)


CODEC = Codec(
    "visit",
    Visit,
    keys={
        "at": lambda visit: visit.at,
        "price": lambda visit: visit.price,
        "channel": lambda visit: visit.trail[-1].stage,
    },
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
WORK: st.SearchStrategy[Work] = st.recursive(
    st.builds(Repair, TEXT, st.timedeltas()), lambda some: st.builds(Both, some, some), max_leaves=4
)
TRAILS = st.lists(INSTANTS, min_size=1, max_size=4).map(
    lambda times: tuple(Step(Channel.VISIT, "ann", at) for at in sorted(times))
)
VISITS = st.builds(
    Visit,
    id=TEXT.filter(str.strip),
    at=INSTANTS,
    trail=TRAILS,
    price=st.none() | st.integers(-(10**20), 10**20).map(lambda n: Money.from_minor(n, "EUR")),
    sure=st.none() | st.floats(0, 1).map(Share),
    pieces=st.lists(st.integers(), max_size=3).map(tuple),
    tags=st.frozensets(TEXT, max_size=3),
    marks=st.dictionaries(st.integers(-5, 5), TEXT, max_size=3).map(FrozenMap),
    days=st.dictionaries(TEXT, st.lists(st.dates(), max_size=2).map(tuple)).map(FrozenMap),
    work=st.none() | WORK,
    rate=st.decimals(allow_nan=False, allow_infinity=False, places=6),
)


def a_visit(**fields: Any) -> Visit:
    told: dict[str, Any] = {"id": "V-1", "at": NINE, "trail": (Step(Channel.VISIT, "ann", NINE),)}
    return Visit(**(told | fields))


def stored(**fields: object) -> bytes:
    """A stored visit, with some fields as somebody else wrote them."""
    return msgspec.json.encode(msgspec.json.decode(CODEC.encode(a_visit())) | fields)


class TestRoundTrip:
    @given(VISITS)
    def test_brings_back_exactly_what_was_stored(self, visit: Visit) -> None:
        again = CODEC.decode(CODEC.encode(visit), 1)

        assert again == visit
        assert again.at.tzinfo is UTC
        assert type(again.marks) is FrozenMap

    @given(VISITS)
    def test_brings_it_back_through_every_earlier_schema(self, visit: Visit) -> None:
        """Upcasters that rename a field there and back."""
        codec = Codec(
            "visit",
            Visit,
            schema=3,
            upcasters={
                1: lambda fields: {**fields, "name": fields.pop("id")},
                2: lambda fields: {**fields, "id": fields.pop("name")},
            },
        )

        assert codec.decode(CODEC.encode(visit), 1) == visit
        assert codec.decode(codec.encode(visit), 3) == visit

    @given(VISITS)
    def test_keeps_the_order_of_maps(self, visit: Visit) -> None:
        again = CODEC.decode(CODEC.encode(visit), 1)

        assert list(again.days) == list(visit.days)


class TestDecode:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b"{}",
            stored(id=7),
            stored(at="yesterday"),
            stored(pieces="1"),
            stored(trail=[{"stage": "pigeon", "by": "ann", "at": "2026-03-02T09:00:00Z"}]),
            stored(work={"type": "nap"}),
            stored(work=[]),
            stored().replace(b'"V-1"', b"NaN"),
            b'"\xff"',
        ],
        ids=repr,
    )
    def test_refuses_what_is_no_record_of_the_kind(self, data: bytes) -> None:
        with pytest.raises(
            StorageError, match=r"visit: a stored record cannot be read: "
        ) as refused:
            CODEC.decode(data, 1)

        assert refused.value.__cause__ is not None

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"id": " "}, "must be text, and not blank"),
            ({"at": "2026-03-02T09:00:00"}, "must have a time zone"),
            ({"trail": []}, "must have at least one step"),
            ({"sure": {"value": 80}}, "must be a number from 0 to 1"),
            ({"price": {"amount": "0.001", "currency": "EUR"}}, "has more than the 2 decimals"),
            ({"price": {"amount": "NaN", "currency": "EUR"}}, "must be a finite Decimal"),
            ({"price": {"amount": "1e999", "currency": "EUR"}}, "must be less than"),
        ],
        ids=str,
    )
    def test_names_the_rule_of_the_domain_that_stored_data_break(
        self, fields: dict[str, object], rule: str
    ) -> None:
        with pytest.raises(StorageError, match=rule) as refused:
            CODEC.decode(stored(**fields), 1)

        assert isinstance(refused.value.__cause__, InvalidValueError)
        assert rule in str(refused.value.__cause__)

    def test_refuses_data_of_a_library_to_come(self) -> None:
        with pytest.raises(StorageError, match=r"schema 2 is newer than .*, 1; update crmkit$"):
            CODEC.decode(stored(), 2)

    @pytest.mark.parametrize("schema", [0, -1])
    def test_refuses_a_schema_that_never_was(self, schema: int) -> None:
        with pytest.raises(StorageError, match=rf"schema {schema} never was"):
            CODEC.decode(stored(), schema)

    @pytest.mark.parametrize("data", [b"{}", b"[]", b"{", b'"REDACTED"', b'{"no": "REDACTED"}'])
    def test_refuses_what_an_upcaster_trips_over(self, data: bytes) -> None:
        codec = Codec(
            "visit", Visit, schema=2, upcasters={1: lambda f: {**f, "id": f["old"].strip()}}
        )

        with pytest.raises(StorageError, match="visit: a stored record cannot be read"):
            codec.decode(data, 1)


class TestEncode:
    @pytest.mark.parametrize(
        "visit",
        [a_visit(id="\ud800"), a_visit(work=object()), a_visit(pieces=(1j,))],
        ids=["half a character", "an object", "a complex number"],
    )
    def test_refuses_what_json_cannot_hold(self, visit: Visit) -> None:
        with pytest.raises(InvalidValueError, match=r"visit is .*: it cannot be stored: "):
            CODEC.encode(visit)


class TestCodec:
    @pytest.mark.parametrize("kind", ["Visit", "", "a visit", "访问"])
    def test_refuses_a_kind_that_is_no_name(self, kind: str) -> None:
        with pytest.raises(InvalidValueError, match="must be lower-case letters"):
            Codec(kind, Visit)

    def test_refuses_a_key_that_is_no_name(self) -> None:
        with pytest.raises(InvalidValueError, match="name is 'At'"):
            Codec("visit", Visit, keys={"At": lambda visit: visit.at})

    @pytest.mark.parametrize("given", [(), (1,), (2,), (1, 3), (1, 2, 3), (0, 1, 2)])
    def test_refuses_a_gap_in_the_chain_of_upcasters(self, given: tuple[int, ...]) -> None:
        with pytest.raises(InvalidValueError, match=r"must hold exactly the schemas \[1, 2\]"):
            Codec("visit", Visit, schema=3, upcasters=dict.fromkeys(given, dict))

    @pytest.mark.parametrize("schema", [0, -1, True, 1.0, "1", None])
    def test_refuses_a_schema_that_is_no_number(self, schema: Any) -> None:
        with pytest.raises(InvalidValueError, match=r"schema is .*: it must be a whole number, 1"):
            Codec("visit", Visit, schema=schema)

    @pytest.mark.parametrize("given", [(True, 2), (1.0, 2), ("1", 2), (1, "2"), (None, 1, 2)])
    def test_refuses_steps_that_are_no_schemas(self, given: tuple[Any, ...]) -> None:
        """Some of them are equal to 1, and would be found under it."""
        with pytest.raises(InvalidValueError, match=r"must hold exactly the schemas \[1, 2\]"):
            Codec("visit", Visit, schema=3, upcasters=dict.fromkeys(given, dict))

    def test_refuses_an_upcaster_that_cannot_be_called(self) -> None:
        upcasters: Any = {1: dict, 2: "dict"}
        with pytest.raises(InvalidValueError, match=r"upcasters\[2\] is 'dict': it must be a func"):
            Codec("visit", Visit, schema=3, upcasters=upcasters)

    def test_lists_what_only_earlier_schemas_held_of_a_person(self) -> None:
        codec = Codec(
            "visit", Visit, schema=2, upcasters={1: dict}, once_personal=("visitor", "log.note")
        )

        assert codec.personal == CODEC.personal | {"visitor", "log.note"}

    def test_refuses_what_msgspec_itself_cannot_read(self) -> None:
        @attrs.frozen
        class Ambiguous:
            at: str | timedelta

        with pytest.raises(InvalidValueError, match="cannot be stored: Type unions"):
            Codec("ambiguous", globals_record(Ambiguous))

    def test_refuses_an_enumeration_that_json_cannot_hold(self) -> None:
        class Odd(Enum):
            HALF = 0.5

        with pytest.raises(InvalidValueError, match="cannot be stored: "):
            Codec("odd", attrs.make_class("Record", {"odd": attrs.field(type=Odd)}))


def globals_record(record: type) -> type:
    """A record made in a function, its annotations resolved: they are text in this module."""
    return attrs.resolve_types(record, globals(), locals())


class TestKeys:
    def test_are_what_a_store_compares(self) -> None:
        visit = a_visit(price=Money.of("19.99", "EUR"))

        assert CODEC.key_values(visit) == {
            "at": 1_772_442_000_000_000,
            "price": 1999,
            "channel": "visit",
        }

    def test_are_told_as_the_caller_knows_them_too(self) -> None:
        price = Money.of("19.99", "EUR")

        assert CODEC.key_objects(a_visit(price=price)) == {
            "at": NINE,
            "price": price,
            "channel": Channel.VISIT,
        }

    def test_are_checked_by_name(self) -> None:
        assert CODEC.checked_key("price") == "price"
        assert CODEC.checked_key("id") == "id"
        with pytest.raises(InvalidValueError, match=r"key of visit; did you mean 'price'\?"):
            CODEC.checked_key("prise")

    @pytest.mark.parametrize("unfit", [[], {}, None, 5])
    def test_are_checked_by_what_can_be_a_name(self, unfit: Any) -> None:
        with pytest.raises(InvalidValueError, match=r"key is .* it is no key of"):
            CODEC.checked_key(unfit)

    def test_are_refused_when_no_store_can_compare_them(self) -> None:
        codec = Codec("visit", Visit, keys={"rate": lambda visit: visit.rate})

        with pytest.raises(InvalidValueError, match=r"rate is .*cannot be compared in a store"):
            codec.key_values(a_visit())


@attrs.frozen(kw_only=True)
class Guest:
    name: str = attrs.field(validator=not_blank, metadata=PERSONAL)
    born_on: date | None = attrs.field(
        default=None, validator=optional(is_a(date)), metadata=PERSONAL
    )
    visits: tuple[int, ...] = attrs.field(default=(0,), metadata=PERSONAL)
    size: int = 1


GUEST_CODEC = Codec("guest", Guest)


class TestRedaction:
    def test_knows_what_is_personal(self) -> None:
        assert GUEST_CODEC.personal == {"name", "born_on", "visits"}
        assert CODEC.personal == frozenset()

    def test_reads_text_that_was_taken_out_as_such(self) -> None:
        guest = GUEST_CODEC.decode(b'{"name":"REDACTED","size":3}', 1)

        assert guest == Guest(name=REDACTED, size=3)

    def test_reads_anything_else_that_was_taken_out_as_its_default(self) -> None:
        data = b'{"name":"REDACTED","born_on":"REDACTED","visits":"REDACTED","size":3}'

        assert GUEST_CODEC.decode(data, 1) == Guest(name=REDACTED, size=3)

    def test_reads_it_through_upcasters(self) -> None:
        codec = Codec(
            "guest", Guest, schema=2, upcasters={1: lambda f: {**f, "born_on": f.pop("born")}}
        )

        guest = codec.decode(b'{"name":"Li","born":"REDACTED"}', 1)

        assert guest == Guest(name="Li")

    @pytest.mark.parametrize(
        "data",
        [
            b'{"name":"REDACTED","size":"REDACTED","born_on":7}',
            b'{"born_on":"REDACTED"}',
            b'{"name":"REDACTED"',
            b'"REDACTED"',
            b'["REDACTED"]',
        ],
        ids=repr,
    )
    def test_still_refuses_what_is_no_record(self, data: bytes) -> None:
        with pytest.raises(StorageError, match="guest: a stored record cannot be read") as refused:
            GUEST_CODEC.decode(data, 1)

        assert refused.value.__cause__ is not None


class TestEncodeExactly:
    def test_refuses_what_would_be_read_back_as_something_else(self) -> None:
        @attrs.frozen
        class Note:
            id: str
            text: str

        codec = Codec("note", Note)

        assert codec.encode_exactly(Note("N-1", "hello")) == codec.encode(Note("N-1", "hello"))
        with pytest.raises(InvalidValueError, match="could not be read back"):
            codec.encode_exactly(Note("N-1", 3))  # type: ignore[arg-type]  # refused
        with pytest.raises(InvalidValueError, match="would be read back as"):
            codec.encode_exactly(Note("N-1", b"hello"))  # type: ignore[arg-type]  # refused


def test_a_key_bears_no_name_that_every_store_knows() -> None:
    @attrs.frozen
    class Note:
        id: str

    with pytest.raises(InvalidValueError, match="known to every store"):
        Codec("note", Note, keys={"id": lambda note: note.id})
