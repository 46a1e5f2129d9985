"""Scores of a frame that holds its rows, block by block: what is held at a time is one block.

Law: the same half rule as `Survey.score`, at both levels; weights are whole numbers, so that the
rule is exact here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.kernel.frames import Eager, find_flaws
from crmkit.satisfaction.surveys import Item
from crmkit.stats.row_blocks import blocks

from .score_plan import Plan, Substitute, slope
from .score_query import check, fails, unnamed_segment


Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

_NARROW: Final = (np.uint8, np.uint16)


@attrs.frozen(eq=False)
class Scored:
    """One part of a block of respondents, or the whole of it.

    Attributes:
        score: 0 to 100; NaN where there is none.
        answered: What share of the weight that applies is answered; NaN where nothing applies.
        applies: The weight that applies.
        enough: Where enough is answered.
        stands: The weight that the score stands on.
        total: The sum of all weights.
    """

    score: Floats
    answered: Floats
    applies: Floats
    enough: Flags
    stands: Floats
    total: float | Floats

    @property
    def weight(self) -> Floats:
        """What share of its weight the score stands on; 0 where there is none."""
        return np.divide(self.stands, self.total, out=np.zeros(len(self.stands)), where=self.enough)


@attrs.frozen(eq=False)
class _Sums:
    """Weight that is answered, weight that applies, and weighted worth, row by row."""

    there: Floats
    applies: Floats
    worth: Floats

    @classmethod
    def none(cls, rows: int) -> _Sums:
        return cls(np.zeros(rows), np.zeros(rows), np.zeros(rows))


@attrs.frozen(eq=False)
class _Cells:
    """The answers to one item in a block.

    Attributes:
        steps: How far each answer is from the one that is worth nothing; 0 where there is none.
        there: Where there is an answer; None where there is one everywhere.
        applies: Where the item applies; None where it does so everywhere.
    """

    steps: NDArray[Any]
    there: Flags | None
    applies: Flags | None


def scored_blocks(frame: Eager, plan: Plan) -> Iterator[tuple[slice, list[Scored]]]:
    """Yield blocks of rows, each with every part scored and the whole last.

    Raises:
        InvalidValueError: If a row is bad, with its place.
    """
    # Where the means of items are wanted they are asked before, and bad rows with them.
    means = check(frame, plan) if plan.substitute is Substitute.ITEM_MEAN else {}
    work = _Work(frame, plan, means)
    for rows in blocks(len(frame)):
        yield rows, work.block(rows)


class _Work:
    """What all blocks share."""

    def __init__(self, frame: Eager, plan: Plan, means: Mapping[str, float]) -> None:
        self.frame, self.plan, self.means = frame, plan, means
        self.items, self.enough = plan.items, plan.enough
        self.item_weights, self.part_weights = plan.item_weights(), plan.part_weights()
        self.sums = plan.sums()
        if plan.segment is not None:
            find_flaws(frame, [unnamed_segment(plan)])
        self.columns = {item.id: _column(frame, item.id) for item in plan.survey.ratings}
        self.kinds = [self._kind(items) for items in self.items]

    def block(self, rows: slice) -> list[Scored]:
        size, segments = rows.stop - rows.start, self._segments(rows)
        whole, made = _Sums.none(size), []
        for place, items in enumerate(self.items):
            sums = self._part(rows, items, segments, self.kinds[place])
            fills = self.plan.substitute is Substitute.ITEM_MEAN
            part = self._told(sums, fills, _weight(self.sums[place], segments))
            made.append(part)
            weight = _weight(self.part_weights[place], segments)
            _add(whole.there, weight, part.enough)
            _add(whole.applies, weight, sums.applies > 0)
            np.add(whole.worth, weight * part.score, out=whole.worth, where=part.enough)
        last = self._told(whole, False, _weight(self.sums[-1], segments))
        return [*made, last]

    def _kind(self, items: list[Item]) -> type[np.generic]:
        """Return the narrowest kind of number that holds a part's sums: bytes are quick to add."""
        steps = {abs(slope(item)[1]) for item in items}
        bytes_ = all(_is_bytes(self.columns[item.id], item) for item in items)
        if self.means or self.plan.segment is not None or len(steps) > 1 or not bytes_:
            return np.float64
        most = sum(float(self.item_weights[item.id][0]) * (item.scale.points - 1) for item in items)
        fitting = [kind for kind in _NARROW if most <= np.iinfo(kind).max]
        return fitting[0] if fitting else np.float64

    def _segments(self, rows: slice) -> NDArray[np.intp] | None:
        """Return the place of each row's segment; None where weights are the same for all."""
        if self.plan.segment is None:
            return None
        found = self.frame[self.plan.segment][rows].to_numpy()
        places = np.zeros(len(found), dtype=np.intp)
        for place, segment in enumerate(self.plan.segments[1:], start=1):
            places[found == segment] = place
        return places

    def _part(
        self, rows: slice, items: list[Item], segments: NDArray[np.intp] | None, kind: type[Any]
    ) -> _Sums:
        narrow = kind is not np.float64
        size, step = rows.stop - rows.start, abs(slope(items[0])[1]) if narrow else 1.0
        worth, gone, idle = (np.zeros(size, dtype=kind) for _ in range(3))
        scratch, total = np.empty(size, dtype=kind), 0.0
        for item in items:
            weight = _weight(self.item_weights[item.id], segments)
            cells, total = self._cells(item, rows, narrow), total + weight
            by = kind(weight) if narrow else weight * abs(slope(item)[1])
            worth += np.multiply(cells.steps, by, out=scratch, dtype=kind)
            if cells.there is not None:
                gone += _weighed(~cells.there, weight, scratch)
                if cells.applies is not None:
                    idle += _weighed(~cells.applies, weight, scratch)
                if self.means:
                    applies = True if cells.applies is None else cells.applies
                    _add(worth, weight * self.means[item.id], applies & ~cells.there)
        return _Sums(there=total - gone, applies=total - idle, worth=worth * step)

    def _cells(self, item: Item, rows: slice, narrow: bool) -> _Cells:
        """Return the answers to an item; at the first doubt the whole frame is checked."""
        block = self._values(item, rows)
        steps, there = _steps(block, item) if narrow else _float_steps(block, item)
        # Nearly all come as whole numbers; the rule that finds the others names their rows.
        if block.dtype.kind == "f" and not np.array_equal(np.floor(steps), steps):
            check(self.frame, self.plan)
        if there.all() and item.asked_if is None:
            return _Cells(steps, None, None)
        return _Cells(steps, there, self._applies(item, rows, block, there))

    def _applies(self, item: Item, rows: slice, block: NDArray[Any], there: Flags) -> Flags | None:
        known, gone, empty = np.count_nonzero(there), None, None
        for code in self.plan.codes:
            coded = block == code
            known += np.count_nonzero(coded)
            if code in self.plan.does_not_apply:
                gone = coded if gone is None else gone | coded
        if block.dtype.kind == "f":
            empty = np.isnan(block)
            known += np.count_nonzero(empty)
        if known != len(block):
            check(self.frame, self.plan)
        if item.asked_if is not None:
            not_asked = self._not_asked(item, rows)
            if (not_asked & there).any():
                check(self.frame, self.plan)
            if empty is not None:
                gone = not_asked & empty if gone is None else gone | (not_asked & empty)
        return ~gone if gone is not None and gone.any() else None

    def _not_asked(self, item: Item, rows: slice) -> Flags:
        asked = self.frame[rows].select(fails(self.plan, item).alias("fails"))
        flags: Flags = asked["fails"].to_numpy().astype(bool)
        return flags

    def _values(self, item: Item, rows: slice) -> NDArray[Any]:
        column = self.columns[item.id]
        if column is not None:
            return column[rows]
        part = self.frame[item.id][rows].cast(nw.Float64)
        return part.to_numpy().astype(np.float64, copy=False)

    def _told(self, sums: _Sums, fills: bool, total: float | Floats) -> Scored:
        """Return the score by the half rule, what it stands on, and the share that is answered."""
        part, of = self.enough
        enough = (sums.there > 0) & (sums.there * of >= sums.applies * part)
        stands = sums.applies if fills else sums.there
        score = _ratio(sums.worth, stands, enough)
        answered = _ratio(sums.there, sums.applies, sums.applies > 0)
        return Scored(score, answered, sums.applies, enough, stands, total)


def _steps(block: NDArray[Any], item: Item) -> tuple[NDArray[Any], Flags]:
    """Return the steps of answers in bytes: what lies below wraps round to far above."""
    low, high = np.uint8(item.scale.low), np.uint8(item.scale.high)
    steps = np.subtract(high, block) if item.reverse else np.subtract(block, low)
    there: Flags = steps <= high - low
    np.multiply(steps, there, out=steps)
    return steps, there


def _float_steps(block: NDArray[Any], item: Item) -> tuple[NDArray[Any], Flags]:
    low, high = item.scale.low, item.scale.high
    there: Flags = (block >= low) & (block <= high)
    nothing, way = (high, -1.0) if item.reverse else (low, 1.0)
    steps = np.where(there, block, nothing)
    return np.multiply(np.subtract(steps, nothing, dtype=np.float64), way), there


def _column(frame: Eager, name: str) -> NDArray[Any] | None:
    """Return a column that lies in memory as numbers; None where that would make a copy of it."""
    if frame.implementation.is_pandas():
        # As it lies there: narwhals would copy it.
        native: Any = frame.to_native()
        held = native[name]
        is_plain = isinstance(held.dtype, np.dtype) and held.dtype.kind in "iuf"
        return held.to_numpy() if is_plain else None
    column = frame[name]
    if frame.implementation.is_polars() and not column.null_count():
        chunks: Any = column.to_native()
        return column.to_numpy() if chunks.n_chunks() == 1 else None
    return None


def _is_bytes(column: NDArray[Any] | None, item: Item) -> bool:
    fits = item.scale.low >= 0 and item.scale.high < 256
    return fits and column is not None and column.dtype == np.uint8


def _weighed(flags: Flags, weight: Any, out: NDArray[Any]) -> NDArray[Any]:
    """Return the weight where a flag is set, else 0, in the kind of `out`."""
    by = weight if out.dtype.kind == "f" else out.dtype.type(weight)
    found: NDArray[Any] = np.multiply(flags.view(np.uint8), by, out=out, dtype=out.dtype)
    return found


def _weight(weights: Floats, segments: NDArray[np.intp] | None) -> Any:
    """Return one weight for all, or one a row."""
    return float(weights[0]) if segments is None else weights[segments]


def _ratio(above: Floats, below: Floats, where: Flags) -> Floats:
    """Return a ratio, NaN elsewhere; to divide everywhere is quicker than to pick the rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.divide(above, below)
    if not where.all():
        found[~where] = np.nan
    return found


def _add(sums: NDArray[Any], weight: Any, where: Flags) -> None:
    """Add a weight where a flag is set; everywhere is what most blocks come to, and quick."""
    if where.all():
        sums += weight
    else:
        np.add(sums, weight, out=sums, where=where)
