from datetime import UTC, time
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel.work_hours import DAY, Spans, merged, spans_of, without, written


HOUR = 3_600_000_000
SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda told: (told[0], sum(told)))
)


def points(spans: Spans | list[tuple[int, int]]) -> set[int]:
    return {point for begin, end in spans for point in range(begin, end)}


class TestSpansOf:
    def test_takes_text_and_times(self) -> None:
        told = spans_of([("8:00", time(12)), ("13:00:30", "18:00:00.5")], "mon")

        afternoon = 13 * HOUR + 30_000_000, 18 * HOUR + 500_000
        assert told == (((8 * HOUR, 12 * HOUR), afternoon), ())

    def test_takes_windows_that_overlap_or_touch_as_one(self) -> None:
        told = spans_of([("10:00", "14:00"), ("08:00", "12:00"), ("14:00", "15:00")], "mon")

        assert told == (((8 * HOUR, 15 * HOUR),), ())

    def test_parts_what_runs_over_midnight(self) -> None:
        assert spans_of([("22:00", "06:00")], "mon") == (((22 * HOUR, DAY),), ((0, 6 * HOUR),))
        assert spans_of([("22:00", "00:00")], "mon") == (((22 * HOUR, DAY),), ())

    def test_takes_a_whole_day(self) -> None:
        assert spans_of([("00:00", "24:00")], "mon") == (((0, DAY),), ())

    @pytest.mark.parametrize("window", [("08:00", "08:00"), ("24:00", "06:00"), ("24:00", "24:00")])
    def test_refuses_a_window_that_never_closes(self, window: tuple[str, str]) -> None:
        with pytest.raises(InvalidValueError, match=r"mon is .*must close after it opens; for a"):
            spans_of([window], "mon")

    @pytest.mark.parametrize(
        "told",
        ["25:00", "24:00:01", "8", "0800", "08:60", "08:00:60", "noon", "", "08:00Z", "８:00",
         "08:00:00.0000001", time(8, tzinfo=UTC), 8, None],
    )  # fmt: skip
    def test_refuses_what_is_no_time_of_day(self, told: str) -> None:
        with pytest.raises(InvalidValueError, match="must be a time of day without a zone"):
            spans_of([(told, "18:00")], "mon")

    @pytest.mark.parametrize("window", ["08", ("08:00",), ("08:00", "09:00", "10:00"), 8])
    def test_refuses_a_window_that_is_no_pair(self, window: tuple[str, str]) -> None:
        with pytest.raises(InvalidValueError, match="must be a pair of times"):
            spans_of([window], "mon")

    @pytest.mark.parametrize("windows", ["08:00-12:00", None, 8])
    def test_refuses_what_are_no_windows(self, windows: list[tuple[str, str]]) -> None:
        with pytest.raises(InvalidValueError, match="must be pairs of times"):
            spans_of(windows, "mon")


class TestMerged:
    @given(SPANS)
    def test_holds_the_same_points_and_never_touches(self, spans: list[tuple[int, int]]) -> None:
        found = merged(spans)

        assert points(found) == points(spans)
        assert all(end < begin for (_, end), (begin, _) in pairwise(found))


class TestWithout:
    @given(SPANS.map(merged), SPANS.map(merged))
    def test_holds_the_points_that_are_not_cut(self, spans: Spans, cuts: Spans) -> None:
        assert points(without(spans, cuts)) == points(spans) - points(cuts)


class TestWritten:
    @pytest.mark.parametrize(
        "told", [("08:00", "24:00"), ("08:00:01", "09:00"), ("08:00:00.000001", "09:30:59.500000")]
    )
    def test_is_read_again(self, told: tuple[str, str]) -> None:
        (span,), _ = spans_of([told], "mon")

        assert written(span) == told
