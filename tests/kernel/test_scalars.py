"""What every store can keep and compare alike."""

import math
import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Channel, Money, Share, checked_name, key_value, known_name
from crmkit.kernel.scalars import as_python


SCALARS = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"))
)


class TestKeyValue:
    @given(SCALARS)
    def test_leaves_plain_values_as_they_are(self, value: str | float | None) -> None:
        assert key_value(value, "key") == value

    @given(SCALARS)
    def test_is_given_back_by_a_store(self, value: str | float | None) -> None:
        with sqlite3.connect(":memory:") as store:
            (again,) = store.execute("SELECT ?", (key_value(value, "key"),)).fetchone()
        store.close()

        assert again == value

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (Channel.PHONE, "phone"),
            (True, 1),
            (False, 0),
            (datetime(1970, 1, 1, 8, 0, 1, tzinfo=timezone(timedelta(hours=8))), 1_000_000),
            (date(2026, 3, 2), "2026-03-02"),
            (Money.of("19.99", "EUR"), 1999),
            (Money.of("1200", "JPY"), 1200),
        ],
        ids=repr,
    )
    def test_turns_the_librarys_own_into_plain_ones(self, value: object, expected: object) -> None:
        stored = key_value(value, "key")

        assert stored == expected
        assert type(stored) is type(expected)

    @given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
    def test_orders_instants_as_time_does(self, left: datetime, right: datetime) -> None:
        try:
            keys = key_value(left, "at"), key_value(right, "at")
        except InvalidValueError:
            return  # at the ends of the calendar
        first, second = keys
        assert isinstance(first, int)
        assert isinstance(second, int)
        assert (first < second) == (left.astimezone(UTC) < right.astimezone(UTC))

    @pytest.mark.parametrize(
        ("value", "rule"),
        [
            (2**63, "must fit into 64 bits"),
            (-(2**63) - 1, "must fit into 64 bits"),
            (Money.of(10**20, "EUR"), "must fit into 64 bits"),
            (math.nan, "must be finite"),
            (-math.inf, "must be finite"),
            ("a\0b", "must be text without NUL"),
            ("\ud800", "must be text without NUL and without half characters"),
            (datetime(2026, 3, 2), "must have a time zone"),
            (Decimal(1), "cannot be compared in a store"),
            (Share(0.5), "cannot be compared in a store"),
            (timedelta(1), "cannot be compared in a store"),
            ((), "cannot be compared in a store"),
        ],
        ids=repr,
    )
    def test_refuses_what_stores_would_compare_each_in_its_own_way(
        self, value: object, rule: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=rf"^stage is .*{rule}"):
            key_value(value, "stage")


class TestCheckedName:
    @pytest.mark.parametrize("name", ["customer", "customer_id", "a1", "_x", "x" * 60])
    def test_takes_small_letters_digits_and_underscores(self, name: str) -> None:
        assert checked_name(name) == name

    @pytest.mark.parametrize(
        "name", ["", "Customer", "customer id", "1a", "客户", "a-b", "a;b", "x" * 61, None, 1]
    )
    def test_refuses_everything_else(self, name: object) -> None:
        with pytest.raises(InvalidValueError, match="lower-case letters, digits and underscores"):
            checked_name(name)  # type: ignore[arg-type]  # refused


class TestKnownName:
    def test_takes_what_is_known(self) -> None:
        assert known_name("amount", {"amount"}, "column") == "amount"

    def test_refuses_what_is_not_with_the_nearest(self) -> None:
        with pytest.raises(InvalidValueError, match=r"column is 'amont'.*did you mean 'amount'\?$"):
            known_name("amont", {"amount", "currency"}, "column")


class TestAsPython:
    @pytest.mark.parametrize(
        ("value", "own"),
        [
            (np.True_, True),
            (np.False_, False),
            (np.int64(-7), -7),
            (np.uint8(7), 7),
            (np.float64(0.25), 0.25),
            (np.float32(0.25), 0.25),
            (np.str_("far"), "far"),
        ],
    )
    def test_makes_a_cell_of_a_frame_pythons_own(self, value: object, own: object) -> None:
        found = as_python(value)

        assert found == own
        assert type(found) is type(own)

    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            Share(0.5),
            Decimal("1.5"),
            np.timedelta64(7, "D"),
            np.datetime64("2026-03-02"),
            np.array(7),
        ],
        ids=repr,
    )
    def test_leaves_all_else_as_it_is(self, value: object) -> None:
        assert as_python(value) is value
