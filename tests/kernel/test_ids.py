"""Ids: RFC 9562 says what the bits of a version 7 UUID mean and that they sort by time."""

import threading
import time
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import asked_id, checked_id, uuid7
from crmkit.kernel.clock import unix_milliseconds


class TestUuid7:
    def test_has_version_and_variant_where_the_rfc_puts_them(self) -> None:
        """RFC 9562 section 5.7: ver = 0b0111 in bits 48 to 51, var = 0b10 in bits 64 to 65."""
        bits = UUID(uuid7()).int

        assert bits >> 76 & 0xF == 0b0111
        assert bits >> 62 & 0b11 == 0b10
        assert UUID(int=bits).version == 7
        assert UUID(int=bits).variant == RFC_4122

    def test_begins_with_the_milliseconds_since_1970(self) -> None:
        """RFC 9562 section 5.7: unix_ts_ms in the first 48 bits, big-endian."""
        before = unix_milliseconds()

        bits = UUID(uuid7()).int

        assert before <= bits >> 80 <= unix_milliseconds()

    def test_is_written_as_the_rfc_writes_it(self) -> None:
        """RFC 9562 section 4: 8-4-4-4-12 hexadecimal digits."""
        text = uuid7()

        assert str(UUID(text)) == text

    def test_rises_with_every_call_even_within_a_millisecond(self) -> None:
        made = [uuid7() for _ in range(50_000)]

        assert made == sorted(made)
        assert len(set(made)) == len(made)

    def test_is_unique_and_rising_in_every_thread(self) -> None:
        made: list[list[str]] = [[] for _ in range(8)]

        def work(mine: list[str]) -> None:
            mine.extend(uuid7() for _ in range(2_000))

        threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert all(mine == sorted(mine) for mine in made)
        assert len({id for mine in made for id in mine}) == 16_000

    def test_rises_when_the_machines_clock_is_set_back(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RFC 9562 section 6.2: keep the last timestamp and count on."""
        before = uuid7()
        monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000_000_000_000)

        after = [uuid7() for _ in range(100)]

        assert [before, *after] == sorted([before, *after])

    def test_leaves_the_last_32_bits_to_chance(self) -> None:
        tails = {UUID(uuid7()).int & 0xFFFF_FFFF for _ in range(1_000)}

        # Two of 1,000 fall together with a chance of 1 in 8,600; three pairs practically never.
        assert len(tails) > 997

    def test_starts_each_millisecond_in_the_lower_half_of_the_counter(self) -> None:
        """RFC 9562 section 6.2, method 1: the counter's top bit starts at 0, as room to count."""
        seen = dict[int, int]()
        deadline = unix_milliseconds() + 50
        while unix_milliseconds() < deadline:
            bits = UUID(uuid7()).int
            counter = (bits >> 64 & 0xFFF) << 30 | bits >> 32 & 0x3FFF_FFFF
            seen.setdefault(bits >> 80, counter)

        assert max(seen.values()) < 2**41
        assert len(set(seen.values())) == len(seen)


class TestAskedId:
    @pytest.mark.parametrize("id", ["K-1", " K-1", "订单 7", "x" * 300])
    def test_takes_any_text_that_can_be_printed(self, id: str) -> None:
        assert asked_id(id) is id

    @pytest.mark.parametrize("id", ["a\nb", "\ud800", "a\0b"])
    def test_of_what_no_id_can_be_makes_the_empty_one(self, id: str) -> None:
        assert asked_id(id) == ""

    @pytest.mark.parametrize("id", [None, ["K-1"], b"K-1", 7.0, True])
    def test_refuses_what_is_no_text(self, id: object) -> None:
        with pytest.raises(InvalidValueError, match=r"^customer is .* must be text$"):
            asked_id(id, "customer")  # type: ignore[arg-type]  # refused

    def test_tells_how_a_number_is_asked_for(self) -> None:
        with pytest.raises(InvalidValueError, match=r"ask for '7'$"):
            asked_id(7)  # type: ignore[arg-type]  # refused


class TestCheckedId:
    @given(st.uuids())
    def test_takes_what_uuid_makes(self, id: UUID) -> None:
        assert checked_id(str(id)) == str(id)

    @pytest.mark.parametrize("id", ["K-1", "订单 7", "x" * 200, "a b"])
    def test_takes_printable_text(self, id: str) -> None:
        assert checked_id(id) is id

    @pytest.mark.parametrize("id", ["", " ", " K-1", "K-1 ", "x" * 201, "a\nb", "a\0b", 7, None])
    def test_refuses_what_would_be_lost_on_a_screen(self, id: object) -> None:
        with pytest.raises(InvalidValueError, match=r"^customer is .* printable text of 1 to 200"):
            checked_id(id, "customer")  # type: ignore[arg-type]  # refused
