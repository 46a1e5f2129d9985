import numpy as np
from hypothesis import given, strategies as st

from crmkit.stats.row_blocks import blocks, taken


class TestBlocks:
    @given(st.integers(0, 100_000), st.integers(0, 50_000))
    def test_hold_every_row_once(self, rows: int, at_least: int) -> None:
        found = [*blocks(rows, at_least=at_least)]

        assert sum(block.stop - block.start for block in found) == rows
        assert [block.start for block in found[1:]] == [block.stop for block in found[:-1]]
        assert all(block.stop - block.start >= at_least for block in found[:-1])


class TestTaken:
    def test_is_what_numpy_takes(self) -> None:
        values, places = np.arange(300) * 7, np.arange(40_000) % 300

        found = taken(values, places.astype(np.int16))

        assert (found == values[places]).all()
        assert found.dtype == values.dtype
