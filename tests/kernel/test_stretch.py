from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from crmkit.kernel.stretch import Ruler, Stretch
from crmkit.kernel.work_hours import Spans, merged


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SPANS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 10)).map(lambda told: (told[0], sum(told)))
).map(merged)


def passed(spans: Spans, moment: int) -> int:
    return sum(1 for begin, end in spans for point in range(begin, end) if point < moment)


class TestStretch:
    @given(SPANS, st.integers(0, 100))
    def test_counts_the_open_time_before_an_instant(self, spans: Spans, moment: int) -> None:
        assert Stretch(0, 100, spans).passed(moment) == passed(spans, moment)

    @given(SPANS)
    def test_finds_the_first_and_the_last_instant_of_a_count(self, spans: Spans) -> None:
        stretch = Stretch(0, 100, spans)
        counts = [passed(spans, at) for at in range(101)]

        for count in range(1, stretch.total + 1):
            moments = [at for at in range(101) if counts[at] == count]
            assert stretch.first(count) == moments[0]
            if count < stretch.total:
                assert stretch.last(count) == moments[-1]

    def test_of_closed_time_counts_nothing(self) -> None:
        assert Stretch(0, 100, ()).total == 0
        assert Stretch(0, 100, ()).passed(50) == 0


class TestRuler:
    @given(SPANS, st.integers(0, 100), st.integers(0, 100))
    def test_counts_what_the_stretch_counts(self, spans: Spans, one: int, other: int) -> None:
        first, last = sorted((one, other))
        start, end = (EPOCH + timedelta(microseconds=at) for at in (first, last))

        found = Ruler(Stretch(0, 100, spans)).between(start, end)

        assert found == timedelta(microseconds=passed(spans, last) - passed(spans, first))

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            (EPOCH, EPOCH + timedelta(seconds=1)),  # beyond its end
            (EPOCH - timedelta(seconds=1), EPOCH),  # before its beginning
            (EPOCH + timedelta(microseconds=2), EPOCH),  # reversed
            (EPOCH.replace(tzinfo=None), EPOCH),  # naive
            (EPOCH, date(1970, 1, 1)),  # no instant
        ],
    )
    def test_leaves_to_others_what_takes_more(self, start: datetime, end: datetime) -> None:
        assert Ruler(Stretch(0, 100, [(10, 20)])).between(start, end) is None
