"""Short texts as numbers, against a look into the list."""

import sys

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it has no stubs
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from crmkit.stats.short_texts import short_codes


SHORT = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


def coded(told: list[str], texts: list[str]) -> list[int] | None:
    ends = np.cumsum([0, *(len(text.encode()) for text in told)])
    laid = np.frombuffer("".join(told).encode(), dtype=np.uint8)
    found = short_codes(ends, laid, texts)
    return None if found is None else found.tolist()


class TestShortCodes:
    @given(st.lists(SHORT, unique=True, min_size=1, max_size=120), st.data())
    def test_are_the_places_in_the_list_or_none(
        self, texts: list[str], data: st.DataObject
    ) -> None:
        told = data.draw(st.lists(st.sampled_from(texts), max_size=60))
        is_short = all(0 < len(text.encode()) <= 8 and "\0" not in text for text in texts)

        expected = [texts.index(text) for text in told]

        assert coded(told, texts) == (expected if is_short else None)

    @given(st.lists(SHORT, unique=True, min_size=2, max_size=9), st.lists(st.integers(0, 8)))
    def test_are_none_where_a_text_is_not_expected(self, texts: list[str], at: list[int]) -> None:
        *known, other = texts
        told = [known[place % len(known)] for place in at]

        for early, late in ((told, []), ([], told), (told, told)):
            assert coded([*early, other, *late], known) is None

    @pytest.mark.parametrize("other", ["\0a", "a\0", "\0", "", "abcdefgha", "a       ", "A"])
    def test_tell_apart_what_looks_alike(self, other: str) -> None:
        known = ["a", "abcdefgh"]

        for told in ([other, *known * 9], [*known * 9, other]):
            assert coded(told, known) is None

    def test_of_many_rows_are_those_of_each(self) -> None:
        texts = [f"step {place}" for place in range(100)]
        codes = np.random.default_rng(3).integers(0, 100, 50_000)

        assert coded([texts[code] for code in codes], texts) == codes.tolist()

    @pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
    def test_read_a_part_of_a_column(self, kind: object) -> None:
        column = pa.array(["long before", "new", "done", "new", "x", "behind it all"], kind)[1:5]
        wide = np.dtype(np.int32 if kind == pa.string() else np.int64)
        ends: NDArray[np.integer] = np.frombuffer(column.buffers()[1], wide, count=7)[1:6]

        found = short_codes(
            ends, np.frombuffer(column.buffers()[2], np.uint8), ["done", "new", "x"]
        )

        assert found is not None
        assert found.tolist() == [1, 0, 1, 2]

    def test_need_the_lowest_byte_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "byteorder", "big")

        assert coded(["a"], ["a"]) is None
