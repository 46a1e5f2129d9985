"""Checks that many records share."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Channel,
    all_are,
    is_a,
    is_id,
    is_utc,
    member_of,
    not_blank,
    not_blank_if_given,
)
from crmkit.kernel.checks import checked_day, finite, of_kind, several, whole
from crmkit.testing import NINE


@attrs.frozen(kw_only=True)
class Guest:
    id: str = attrs.field(default="G-1", validator=is_id)
    name: str = attrs.field(default="Li", validator=not_blank)
    phone: str | None = attrs.field(default=None, validator=not_blank_if_given)
    channel: Channel | None = attrs.field(default=None, validator=optional(member_of(Channel)))
    since: date | None = attrs.field(default=None, validator=optional(is_a(date)))
    wishes: tuple[str, ...] = attrs.field(default=(), validator=all_are(str))
    called_at: datetime = attrs.field(default=NINE, validator=is_utc)
    party: Channel = attrs.field(default=Channel.SHOP, validator=member_of(Channel))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"id": "G-2", "name": "Wu", "phone": "1", "channel": Channel.SMS},
        {"since": date(2026, 3, 2), "wishes": ("tea", "")},
    ],
)
def test_what_fits_is_taken(fields: dict[str, str]) -> None:
    guest = Guest(**fields)  # type: ignore[arg-type]  # of several types

    assert {name: getattr(guest, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("id", " G-1", "must be printable text"),
        ("id", 7, "must be printable text"),
        ("name", " ", "must be text, and not blank"),
        ("name", None, "must be text, and not blank"),
        ("phone", "", "must be None, or text that is not blank"),
        ("phone", 1, "must be None, or text that is not blank"),
        ("channel", "phone", "must be one of Channel.PHONE, Channel.EMAIL"),
        ("since", datetime(2026, 3, 2, tzinfo=UTC), "must be a date"),
        ("since", "2026-03-02", "must be a date"),
        ("wishes", ["tea"], "must be a tuple of str"),
        ("called_at", NINE.replace(tzinfo=None), "must have a time zone"),
        ("called_at", NINE.astimezone(ZoneInfo("Asia/Shanghai")), "must be in UTC"),
        ("party", None, "must be one of Channel.PHONE"),
        ("wishes", ("tea", 1), "must be a tuple of str"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(
    name: str, value: object, rule: str
) -> None:
    with pytest.raises(InvalidValueError, match=f"^{name} is .*{rule}"):
        Guest(**{name: value})  # type: ignore[arg-type]  # refused


class TestSeveral:
    def test_are_a_tuple_whatever_held_them(self) -> None:
        assert several(iter(["tea", "milk"]), "wishes") == ("tea", "milk")

    @pytest.mark.parametrize("one", ["tea", 7, None])
    def test_are_not_one(self, one: object) -> None:
        with pytest.raises(InvalidValueError, match=r"^wishes is .*must be several values"):
            several(one, "wishes")  # type: ignore[arg-type]  # refused


class TestOfKind:
    def test_takes_what_is_made_from_it_too(self) -> None:
        assert of_kind(NINE, date, "on") is NINE

    def test_names_what_it_refuses(self) -> None:
        with pytest.raises(InvalidValueError, match="on is 'x': it must be a date"):
            of_kind("x", date, "on")


class TestCheckedDay:
    @pytest.mark.parametrize("day", [None, date(2026, 3, 2)])
    def test_is_a_day_or_left_out(self, day: date | None) -> None:
        assert checked_day(day, "on") is day

    @pytest.mark.parametrize("day", ["2026-03-02", NINE, 5])
    def test_is_nothing_else(self, day: date) -> None:
        with pytest.raises(InvalidValueError, match="must be a date without a time of day"):
            checked_day(day, "on")


class TestFinite:
    @pytest.mark.parametrize("number", [0, -2.5, Decimal("0.1"), np.float32(1), np.int64(7)])
    def test_is_any_number_that_is_one(self, number: float) -> None:
        assert finite(number, "amount") is number

    @pytest.mark.parametrize("number", [True, "20", None, float("nan"), float("-inf"), 1j])
    def test_is_nothing_else(self, number: float) -> None:
        with pytest.raises(InvalidValueError, match=r"amount is .*must be a finite number"):
            finite(number, "amount")


class TestWhole:
    @pytest.mark.parametrize("number", [2, 8, np.int64(5)])
    def test_lies_within_its_bounds(self, number: int) -> None:
        assert whole(number, "parts", least=2, most=8) == number

    @pytest.mark.parametrize("number", [1, 9, True, 2.0, "2", None])
    def test_is_nothing_else(self, number: int) -> None:
        with pytest.raises(InvalidValueError, match=r"parts is .*must be a whole number from 2 to"):
            whole(number, "parts", least=2, most=8)

    def test_needs_no_upper_bound(self) -> None:
        assert whole(10**9, "steps", least=0) == 10**9
        with pytest.raises(InvalidValueError, match="must be a whole number of at least 0"):
            whole(-1, "steps", least=0)
