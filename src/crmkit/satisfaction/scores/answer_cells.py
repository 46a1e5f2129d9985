"""Answers in arrays, counted: a cell for each answer of the scale and one for the silent.

Law: one count of whole numbers, block by block; what is off the scale is named with all its rows.
"""

from __future__ import annotations

from itertools import compress

import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import bad_values
from crmkit.satisfaction.surveys import Scale
from crmkit.stats import Histogram
from crmkit.stats.row_blocks import blocks

from .grouping import Groups
from .question import Question


def count_cells(
    question: Question,
    scale: Scale,
    asked: NDArray[np.generic],
    weights: NDArray[np.float64] | None,
    groups: Groups | None,
) -> list[Histogram]:
    """Count arrays: a cell for each answer of the scale and one for the silent, group by group."""
    width, count = scale.points + 1, 1 if groups is None else len(groups)
    cells = np.zeros(count * width, dtype=np.int64)
    weightless = np.zeros(count * width, dtype=np.int64)
    sums, squares = np.zeros((2, count * width))
    parts = [*blocks(len(asked), at_least=4 * len(cells))]
    # Written over by every block: fresh memory would cost as much as the counting.
    places, begins = np.empty((2, max((one.stop - one.start for one in parts), default=0)), np.intp)
    for rows in parts:
        place = _places(question, scale, asked, rows, out=places[: rows.stop - rows.start])
        if groups is not None:
            begin = begins[: len(place)]
            place += np.multiply(groups.codes[rows], width, out=begin, dtype=np.intp)
        cells += np.bincount(place, minlength=len(cells))
        if weights is not None:
            block = weights[rows]
            sums += np.bincount(place, block, len(cells))
            squares += np.bincount(place, block * block, len(cells))
            if (block == 0).any():
                weightless += np.bincount(place[block == 0], minlength=len(cells))
    if weights is None:
        sums = squares = cells.astype(np.float64)
    scores = [float(score) for score in range(scale.low, scale.high + 1)]
    columns = (cells, weightless, sums, squares)
    lines = (column.reshape(count, width).tolist() for column in columns)
    return [_histogram(scores, *line) for line in zip(*lines, strict=True)]


def _places(
    question: Question,
    scale: Scale,
    asked: NDArray[np.generic],
    rows: slice,
    *,
    out: NDArray[np.intp],
) -> NDArray[np.intp]:
    """Return the cell of each answer of a block, written into `out`."""
    block = asked[rows]
    if block.dtype.kind in "iu":
        np.subtract(block, scale.low, out=out, dtype=np.intp)
        # Read without a sign what lies below is huge: one look finds it and what lies above.
        if int(out.view(np.uintp).max()) >= scale.points:
            raise _off(question, scale, asked)
        return out
    silent = np.isnan(block)
    filled = np.where(silent, scale.high, block)
    if filled.min() < scale.low or filled.max() > scale.high:
        raise _off(question, scale, asked)
    out[:] = filled.astype(np.intp)
    if not np.array_equal(out, filled):
        raise _off(question, scale, asked)
    out -= scale.low
    out[silent] = scale.points
    return out


def _off(question: Question, scale: Scale, asked: NDArray[np.generic]) -> InvalidValueError:
    """Return the error that names every answer off the scale."""
    told = asked.astype(np.float64)
    # NaN is not off the scale: it compares false.
    bad = (told < scale.low) | (told > scale.high) | (~np.isnan(told) & (told != np.floor(told)))
    places = np.flatnonzero(bad)
    first = [float(value) for value in told[places[:3]]]
    found = [int(value) if is_short(value) else value for value in first]
    return bad_values(question.column, found, places.tolist(), question.rule)


def _histogram(
    scores: list[float],
    cells: list[int],
    weightless: list[int],
    sums: list[float],
    squares: list[float],
) -> Histogram:
    """Return the histogram of cells, the last of the silent."""
    given = [n - none for n, none in zip(cells[:-1], weightless, strict=False)]
    gone = sum(weightless[:-1])
    return Histogram(
        scores=tuple(compress(scores, given)),
        counts=tuple(filter(None, given)),
        weights=tuple(compress(sums, given)),
        squares=tuple(compress(squares, given)),
        n_missing=cells[-1] + gone,
        n_weightless=gone,
    )


def is_short(number: float) -> bool:
    """Whether a number reads best as a whole one."""
    return abs(number) < 1e15 and number.is_integer()
