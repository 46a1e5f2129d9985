"""Cells, one by one."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from crmkit.app.importing.parsing import (
    check_time_format,
    coins_in,
    read_day,
    read_money,
    read_number,
    read_text,
    read_time,
    read_whole,
)
from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, decimals_of


BERLIN = ZoneInfo("Europe/Berlin")


class TestReadText:
    def test_keeps_blanks(self) -> None:
        assert read_text("about", " leaks ") == " leaks "

    @pytest.mark.parametrize("cell", ["", None])
    def test_knows_nothing_of_an_empty_cell(self, cell: str | None) -> None:
        assert read_text("about", cell) is None

    def test_writes_whole_numbers_out(self) -> None:
        assert read_text("id", 4711) == "4711"

    @pytest.mark.parametrize("cell", [4.0, True, b"K-1", ["K-1"]])
    def test_refuses_what_is_no_text(self, cell: object) -> None:
        with pytest.raises(InvalidValueError, match="must be text or a whole number"):
            read_text("id", cell)

    def test_refuses_bytes_of_another_encoding(self) -> None:
        cell = "Müller".encode("cp1252").decode("utf-8", errors="surrogateescape")

        with pytest.raises(InvalidValueError, match="no text in the encoding of the file; give en"):
            read_text("name", cell)

    def test_refuses_what_no_store_can_hold(self) -> None:
        with pytest.raises(InvalidValueError, match="without NUL"):
            read_text("name", "Li\0Wei")

    def test_takes_lines(self) -> None:
        assert read_text("about", "leaks\nand rattles") == "leaks\nand rattles"


class TestReadNumber:
    @pytest.mark.parametrize(
        ("cell", "number"),
        [
            ("12", 12),
            (" -3 ", -3),
            ("1.5", 1.5),
            (".5", 0.5),
            ("2.", 2.0),
            ("1e3", 1000.0),
            (Decimal("2.00"), 2),
            (Decimal("2.5"), 2.5),
            (7, 7),
        ],
    )
    def test_reads_what_people_write(self, cell: object, number: float) -> None:
        found = read_number(cell)

        assert found == number
        assert type(found) is type(number)

    @pytest.mark.parametrize("cell", ["1_000", "nan", "inf", "١٢", "1,5", "twelve", None])
    def test_leaves_what_is_none_as_it_is(self, cell: object) -> None:
        assert read_number(cell) == cell

    def test_leaves_a_decimal_that_is_none(self) -> None:
        assert str(read_number(Decimal("NaN"))) == "NaN"


class TestReadWhole:
    @pytest.mark.parametrize("cell", ["9", "9.0", 9.0, 9, Decimal(9)])
    def test_takes_what_is_whole(self, cell: object) -> None:
        found = read_whole(cell)

        assert found == 9
        assert type(found) is int

    def test_leaves_a_fraction_for_its_column_to_refuse(self) -> None:
        assert read_whole("9.5") == 9.5


class TestReadDay:
    @pytest.mark.parametrize(
        "cell",
        ["2026-03-01", " 2026-03-01 ", "2026-03-01T00:00", date(2026, 3, 1), datetime(2026, 3, 1)],
    )
    def test_reads_iso_and_days(self, cell: object) -> None:
        assert read_day("since", cell, None) == date(2026, 3, 1)

    def test_reads_other_spellings_by_their_pattern(self) -> None:
        assert read_day("since", "1.3.2026", "%d.%m.%Y") == date(2026, 3, 1)

    @pytest.mark.parametrize("cell", ["", None])
    def test_knows_nothing_of_an_empty_cell(self, cell: str | None) -> None:
        assert read_day("since", cell, None) is None

    @pytest.mark.parametrize(
        "cell", ["2026-03-01T09:30", datetime(2026, 3, 1, tzinfo=UTC), 20260301]
    )
    def test_refuses_a_time_of_day(self, cell: object) -> None:
        with pytest.raises(InvalidValueError, match="without a time of day"):
            read_day("since", cell, None)

    def test_refuses_what_is_no_day(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a day as in ISO 8601"):
            read_day("since", "2026-02-30", None)


class TestReadTime:
    @pytest.mark.parametrize(
        ("cell", "instant"),
        [
            ("2026-03-01T09:30", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
            (" 2026-03-01 09:30:15.25 ", datetime(2026, 3, 1, 8, 30, 15, 250_000, tzinfo=UTC)),
            ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
            (date(2026, 7, 1), datetime(2026, 6, 30, 22, tzinfo=UTC)),
            (datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ],
    )
    def test_reads_a_naive_time_as_its_zone_showed_it(self, cell: object, instant: object) -> None:
        assert read_time("at", cell, BERLIN, None) == instant

    @pytest.mark.parametrize(
        "cell", ["2026-03-01T09:30+08:00", datetime(2026, 3, 1, 1, 30, tzinfo=UTC)]
    )
    def test_takes_an_aware_time_as_it_is(self, cell: object) -> None:
        eight = timezone(timedelta(hours=8))

        assert read_time("at", cell, None, None) == datetime(2026, 3, 1, 9, 30, tzinfo=eight)

    def test_reads_other_spellings_by_their_pattern(self) -> None:
        found = read_time("at", "10/2/2017 9:05", ZoneInfo("UTC"), "%m/%d/%Y %H:%M")

        assert found == datetime(2017, 10, 2, 9, 5, tzinfo=UTC)

    def test_refuses_a_time_that_the_clocks_skipped(self) -> None:
        """In Berlin, 02:00 on 29 March 2026 became 03:00."""
        with pytest.raises(InvalidValueError, match="never was in Europe/Berlin") as refused:
            read_time("at", "2026-03-29T02:30", BERLIN, None)

        assert "give the instant, with its offset" in str(refused.value)

    def test_takes_the_first_of_two_times_that_look_alike(self) -> None:
        """In Berlin, 03:00 on 25 October 2026 became 02:00 again."""
        found = read_time("at", "2026-10-25T02:30", BERLIN, None)

        assert found is not None
        # Python holds a time that comes twice unequal to every time of another zone.
        assert found.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    def test_asks_for_the_zone(self) -> None:
        with pytest.raises(InvalidValueError, match="must have a time zone; give timezone="):
            read_time("at", "2026-03-01T09:30", None, None)

    @pytest.mark.parametrize("cell", ["soon", 1_772_357_400, "2026-02-30T10:00"])
    def test_refuses_what_is_no_time(self, cell: object) -> None:
        with pytest.raises(InvalidValueError, match="must be a time as in ISO 8601"):
            read_time("at", cell, BERLIN, None)

    def test_tells_the_pattern_that_did_not_fit(self) -> None:
        with pytest.raises(InvalidValueError, match=r"written as '%d\.%m\.%Y'"):
            read_time("at", "2026-03-01", BERLIN, "%d.%m.%Y")


class TestReadMoney:
    @pytest.mark.parametrize(
        ("cell", "amount"),
        [
            ("19.99", "19.99"),
            (" -5 ", "-5.00"),
            (5, "5.00"),
            (19.99, "19.99"),
            (0.1 + 0.2, "0.30"),
            (Decimal("1.5"), "1.50"),
        ],
    )
    def test_is_exact(self, cell: object, amount: str) -> None:
        assert read_money(cell, "EUR") == Money.of(amount, "EUR")

    @pytest.mark.parametrize("cell", ["0.305", 0.305, 19.994999, 1e13 + 0.002, Decimal("0.001")])
    def test_refuses_what_is_finer_than_the_coin(self, cell: object) -> None:
        with pytest.raises(InvalidValueError, match="more than the 2 decimals of EUR"):
            read_money(cell, "EUR")

    def test_keeps_every_coin_of_a_large_float(self) -> None:
        assert read_money(10_000_000_000_000.03, "EUR") == Money.of("10000000000000.03", "EUR")

    @pytest.mark.parametrize("cell", ["free", "1,50", float("nan"), float("inf"), True, date.max])
    def test_refuses_what_is_no_amount(self, cell: object) -> None:
        with pytest.raises(InvalidValueError):
            read_money(cell, "EUR")

    @given(st.integers(-(10**12), 10**12), st.sampled_from(["JPY", "EUR", "KWD"]))
    def test_takes_every_float_that_stands_for_coins(self, coins: int, currency: str) -> None:
        price = Money.from_minor(coins, currency)

        assert read_money(float(price.amount), currency) == price


class TestCoinsIn:
    @given(
        st.from_regex(r"-?[0-9]{1,16}(\.[0-9]{0,5})?", fullmatch=True),
        st.sampled_from(["JPY", "EUR", "KWD"]),
    )
    def test_answers_as_read_money_or_not_at_all(self, text: str, currency: str) -> None:
        coins = coins_in(text, decimals_of(currency))

        if coins is not None:
            assert coins == read_money(text, currency).minor
        else:
            assert len(text) > 14 or text.endswith(".") or "." in text

    @pytest.mark.parametrize("text", ["", "1_0", "1e3", "+5", " 5", "٥", "5."])
    def test_leaves_what_is_not_plain(self, text: str) -> None:
        assert coins_in(text, 2) is None


class TestCheckTimeFormat:
    @pytest.mark.parametrize("pattern", [None, "%Y%m%d", "%d.%m.%Y %H:%M", ""])
    def test_takes_patterns(self, pattern: str | None) -> None:
        check_time_format(pattern)

    @pytest.mark.parametrize("pattern", ["%Q", "%", 5])
    def test_refuses_what_is_none(self, pattern: str) -> None:
        with pytest.raises(InvalidValueError, match=r"must be a pattern of datetime\.strptime"):
            check_time_format(pattern)
