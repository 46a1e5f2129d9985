"""Where the boxes and the lines of a drawn workflow stand: rows from the start downwards.

Law: a line passes a row of boxes only in a lane of its own, so that it never runs over a box.

Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Transactions on Systems, Man, and Cybernetics 11 (1981) 109-125: rows, stand-ins
for lines that pass a row, order by barycentres. Places along a row are those nearest to where each
box's neighbours stand, found by pooling adjacent violators.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf
from typing import Final, TypeAlias

import attrs


Move: TypeAlias = tuple[int, int]
"""From one box to another, by their numbers; box 0 is the start."""

_LANE: Final = 4.0
_BETWEEN: Final = {0: 30.0, 1: 22.0, 2: 16.0}  # by how many of the two neighbours are lanes
_PULL: Final = {0: 1.0, 1: 2.0, 2: 8.0}  # likewise: lanes should be straight before all else
_SWEEPS: Final = 24


@attrs.frozen
class Layers:
    """The places of boxes and lanes.

    Attributes:
        rows: For each row, its boxes and lanes from left to right; a number that is no box's
            stands for a lane.
        x: The centre of each box and lane.
        chains: For each move, what it passes from the higher row to the lower; empty for a move
            from a box to itself.
        back: The moves that lead up, by their place in the list of moves.

    Units:
        Pixels.
    """

    rows: tuple[tuple[int, ...], ...]
    x: tuple[float, ...]
    chains: tuple[tuple[int, ...], ...]
    back: frozenset[int]


def layered(widths: Sequence[float], moves: Sequence[Move]) -> Layers:
    """Place boxes of given widths, so that moves lead down where they can and cross seldom.

    Args:
        widths: One per box, in pixels.
        moves: Every box can be reached from box 0 by them.

    Examples:
        >>> layers = layered([80, 80, 80], [(0, 1), (1, 2), (2, 1)])
        >>> layers.rows, sorted(layers.back)
        (((0,), (1,), (2,)), [2])
    """
    back = frozenset(_back_moves(len(widths), moves))
    ranks = _ranks(len(widths), [m[::-1] if i in back else m for i, m in enumerate(moves)])
    rows: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for box, rank in enumerate(ranks):
        rows[rank].append(box)
    chains, wide = [], list(widths)
    for source, target in moves:
        high, low = sorted((source, target), key=ranks.__getitem__)
        passed = range(ranks[high] + 1, ranks[low])
        lanes = range(len(wide), len(wide) + len(passed))
        for lane, rank in zip(lanes, passed, strict=True):
            rows[rank].append(lane)
        wide += [_LANE] * len(lanes)
        chains.append((high, *lanes, low) if high != low else ())
    links = _Links.of(len(wide), len(widths), chains)
    ordered = _ordered(rows, links)
    x = _across(ordered, wide, chains, links)
    return Layers(tuple(map(tuple, ordered)), x, tuple(chains), back)


def _back_moves(count: int, moves: Sequence[Move]) -> Iterator[int]:
    """Yield the moves that lead back to a box on the way from the start, depth first."""
    leaving: list[list[int]] = [[] for _ in range(count)]
    for place, (source, _) in enumerate(moves):
        leaving[source].append(place)
    seen, way = {0}, [(0, iter(leaving[0]))]
    while way:
        place = next(way[-1][1], -1)
        if place < 0:
            way.pop()
            continue
        target = moves[place][1]
        if any(target == box for box, _ in way):
            yield place
        elif target not in seen:
            seen.add(target)
            way.append((target, iter(leaving[target])))


def _ranks(count: int, moves: Sequence[Move]) -> list[int]:
    """Give each box the length of the longest way to it."""
    ranks = [0] * count
    for _ in range(count):
        for source, target in moves:
            if source != target:
                ranks[target] = max(ranks[target], ranks[source] + 1)
    return ranks


@attrs.frozen
class _Links:
    """What each box and lane is joined with in the row above and in the row below, how strongly."""

    boxes: int
    above: tuple[list[tuple[int, float]], ...]
    below: tuple[list[tuple[int, float]], ...]

    @classmethod
    def of(cls, count: int, boxes: int, chains: Sequence[Sequence[int]]) -> _Links:
        links = cls(boxes, tuple([] for _ in range(count)), tuple([] for _ in range(count)))
        for chain in chains:
            for high, low in pairwise(chain):
                pull = _PULL[(high >= boxes) + (low >= boxes)]
                links.above[low].append((high, pull))
                links.below[high].append((low, pull))
        return links


def _ordered(rows: list[list[int]], links: _Links) -> list[list[int]]:
    """Order each row so that few lines cross: the best of some sweeps down and up."""
    best, fewest = rows, _crossings(rows, links)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        rows = [list(row) for row in rows]
        for place in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            known = rows[place - 1 if down else place + 1]
            _sort_by_centres(rows[place], known, links.above if down else links.below)
        _swap_neighbours(rows, links)
        crossings = _crossings(rows, links)
        if crossings < fewest:
            best, fewest = rows, crossings
        if fewest == 0:
            break
    return best


def _sort_by_centres(
    row: list[int], known: Sequence[int], joined: Sequence[Sequence[tuple[int, float]]]
) -> None:
    at = {item: place for place, item in enumerate(known)}
    was = {item: place for place, item in enumerate(row)}

    def centre(item: int) -> float:
        places = [at[other] for other, _ in joined[item]]
        return sum(places) / len(places) if places else was[item] * len(known) / len(was)

    row.sort(key=lambda item: (centre(item), was[item]))


def _swap_neighbours(rows: list[list[int]], links: _Links) -> None:
    for number, row in enumerate(rows):
        around = rows[max(0, number - 1) : number + 2]
        fewest = _crossings(around, links)
        for place in range(len(row) - 1):
            row[place], row[place + 1] = row[place + 1], row[place]
            crossings = _crossings(around, links)
            if crossings < fewest:
                fewest = crossings
            else:
                row[place], row[place + 1] = row[place + 1], row[place]


def _crossings(rows: Sequence[Sequence[int]], links: _Links) -> int:
    crossings = 0
    for high, low in pairwise(rows):
        at = {item: place for place, item in enumerate(low)}
        ends = [sorted(at[other] for other, _ in links.below[item]) for item in high]
        flat = [end for item in ends for end in item]
        crossings += sum(
            flat[left] > flat[right]
            for left in range(len(flat))
            for right in range(left + 1, len(flat))
        )
    return crossings


def _across(
    rows: Sequence[Sequence[int]],
    widths: Sequence[float],
    chains: Sequence[Sequence[int]],
    links: _Links,
) -> tuple[float, ...]:
    """Give each box and lane its place along its row, near to its neighbours above and below."""
    x = [0.0] * len(widths)
    for row in rows:
        _spread(row, dict.fromkeys(row, (0.0, 1.0)), x, widths, links.boxes)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            wishes = {}
            for item in row:
                joined = links.above[item] + links.below[item]
                pull = sum(strength for _, strength in joined) or 1.0
                wish = sum(x[other] * strength for other, strength in joined) / pull
                wishes[item] = wish, pull
            _spread(row, wishes, x, widths, links.boxes)
    for _ in range(3):
        _straighten(rows, widths, chains, links.boxes, x)
    left = min(x[item] - widths[item] / 2 for row in rows for item in row)
    return tuple(place - left for place in x)


def _straighten(
    rows: Sequence[Sequence[int]],
    widths: Sequence[float],
    chains: Sequence[Sequence[int]],
    boxes: int,
    x: list[float],
) -> None:
    """Put the lanes of a line one below the other, as far as their neighbours let them."""
    home = {item: (row, place) for row in rows for place, item in enumerate(row)}
    for chain in chains:
        runs: list[tuple[list[int], float, float]] = []
        for lane in chain[1:-1]:
            least, most = _room(*home[lane], widths, boxes, x)
            if runs and max(runs[-1][1], least) <= min(runs[-1][2], most):
                run, low, high = runs.pop()
                runs.append(([*run, lane], max(low, least), min(high, most)))
            else:
                runs.append(([lane], least, most))
        for run, low, high in runs:
            mean = sum(x[lane] for lane in run) / len(run)
            for lane in run:
                x[lane] = min(max(mean, low), high)


def _room(
    row: Sequence[int], place: int, widths: Sequence[float], boxes: int, x: Sequence[float]
) -> tuple[float, float]:
    """Return between which places an item may be shifted."""
    item, least, most = row[place], -inf, inf
    if place > 0:
        left = row[place - 1]
        least = x[left] + _apart(left, item, widths, boxes)
    if place + 1 < len(row):
        right = row[place + 1]
        most = x[right] - _apart(item, right, widths, boxes)
    return least, most


def _apart(left: int, right: int, widths: Sequence[float], boxes: int) -> float:
    """Return how far the centres of two neighbours must be apart."""
    between = _BETWEEN[(left >= boxes) + (right >= boxes)]
    return (widths[left] + widths[right]) / 2 + between


def _spread(
    row: Sequence[int],
    wishes: dict[int, tuple[float, float]],
    x: list[float],
    widths: Sequence[float],
    boxes: int,
) -> None:
    """Place a row nearest to its wishes (least squares) without anything touching."""
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + _apart(left, right, widths, boxes))
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for item, offset in zip(row, offsets, strict=True):
        wish, pull = wishes[item]
        mean, weight, count = wish - offset, pull, 1
        while pools and pools[-1][0] > mean:
            mean_before, weight_before, count_before = pools.pop()
            mean = (mean * weight + mean_before * weight_before) / (weight + weight_before)
            weight, count = weight + weight_before, count + count_before
        pools.append((mean, weight, count))
    shifts = [mean for mean, _, count in pools for _ in range(count)]
    for item, offset, shift in zip(row, offsets, shifts, strict=True):
        x[item] = offset + shift
