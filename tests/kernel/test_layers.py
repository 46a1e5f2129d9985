"""Where the boxes and lines of a drawn workflow stand."""

from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from crmkit.kernel.layers import Layers, Move, layered


# Each example is a whole drawing.
A_FEW = settings(max_examples=settings().max_examples // 5)


@st.composite
def drawings(draw: st.DrawFn) -> tuple[list[float], list[Move]]:
    """Boxes and moves, each box reachable from the first."""
    count = draw(st.integers(1, 12))
    moves = [(draw(st.integers(0, box - 1)), box) for box in range(1, count)]
    any_box = st.integers(0, count - 1)
    moves += draw(st.lists(st.tuples(any_box, any_box), max_size=12))
    widths = draw(st.lists(st.floats(40, 200), min_size=count, max_size=count))
    return widths, list(dict.fromkeys(moves))


def home_of(layers: Layers) -> dict[int, int]:
    return {item: row for row, items in enumerate(layers.rows) for item in items}


class TestLayered:
    @A_FEW
    @given(drawings())
    def test_gives_every_box_one_place(self, drawing: tuple[list[float], list[Move]]) -> None:
        widths, moves = drawing

        layers = layered(widths, moves)

        placed = [item for row in layers.rows for item in row]
        assert sorted(placed) == list(range(len(layers.x)))
        assert layers.rows[0] == (0,)

    @A_FEW
    @given(drawings())
    def test_leads_down_where_a_move_is_not_called_back(
        self, drawing: tuple[list[float], list[Move]]
    ) -> None:
        widths, moves = drawing
        layers = layered(widths, moves)
        home = home_of(layers)

        for number, (source, target) in enumerate(moves):
            if source != target:
                assert (home[source] > home[target]) is (number in layers.back)

    @A_FEW
    @given(drawings())
    def test_calls_back_only_what_closes_a_circle(
        self, drawing: tuple[list[float], list[Move]]
    ) -> None:
        widths, moves = drawing
        layers = layered(widths, moves)
        onward = [move for n, move in enumerate(moves) if n not in layers.back]

        for number in layers.back:
            source, target = moves[number]
            reached = {target}
            for _ in widths:
                reached |= {end for start, end in onward if start in reached}
            assert source in reached

    @A_FEW
    @given(drawings())
    def test_passes_each_row_in_a_lane_of_its_own(
        self, drawing: tuple[list[float], list[Move]]
    ) -> None:
        widths, moves = drawing
        layers = layered(widths, moves)
        home = home_of(layers)

        lanes = [lane for chain in layers.chains for lane in chain[1:-1]]
        assert sorted(lanes) == list(range(len(widths), len(layers.x)))
        for chain, move in zip(layers.chains, moves, strict=True):
            if move[0] == move[1]:
                assert chain == ()
            else:
                assert {chain[0], chain[-1]} == set(move)
                assert all(home[low] == home[high] + 1 for high, low in pairwise(chain))

    @A_FEW
    @given(drawings())
    def test_lets_nothing_touch(self, drawing: tuple[list[float], list[Move]]) -> None:
        widths, moves = drawing
        layers = layered(widths, moves)
        wide = [*widths, *[4.0] * (len(layers.x) - len(widths))]

        for row in layers.rows:
            for left, right in pairwise(row):
                gap = layers.x[right] - layers.x[left] - (wide[left] + wide[right]) / 2
                assert gap > 15

    @A_FEW
    @given(drawings())
    def test_is_always_the_same(self, drawing: tuple[list[float], list[Move]]) -> None:
        assert layered(*drawing) == layered(*drawing)

    def test_of_one_box_is_one_row(self) -> None:
        assert layered([80], []).rows == ((0,),)

    def test_crosses_no_lines_that_need_not_cross(self) -> None:
        """Two pairs, listed crosswise: 0 → 1, 2; 1 → 4; 2 → 3."""
        layers = layered([80] * 5, [(0, 1), (0, 2), (1, 4), (2, 3)])

        above, below = layers.rows[1], layers.rows[2]
        assert (above.index(1) < above.index(2)) is (below.index(4) < below.index(3))

    def test_keeps_a_plain_sequence_straight(self) -> None:
        layers = layered([80, 120, 60], [(0, 1), (1, 2)])

        assert layers.x == pytest.approx((60, 60, 60))
