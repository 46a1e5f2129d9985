"""What an index of several items is made of: sums over respondents, group by group.

Law: an index and its interval need sums only, of the answers and of their products two by two, so
groups are added up and an engine tells one row a group.

Source: Binder (1983) for the linearised variance that the products make.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Final, Generic, TypeAlias, TypeVar

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.kernel.frames import Eager, Lazy, numbers
from crmkit.stats.row_blocks import blocks
from crmkit.stats.small_groups import People

from .answer_columns import known
from .grouping import Groups, groups_of, in_order


Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]

Operand = TypeVar("Operand", nw.Expr, Floats)

BLOCK: Final = 1 << 18  # rows worked on at a time
_BY_ITEM: Final = ("there", "apart")


@attrs.frozen(eq=False, kw_only=True)
class IndexSums:
    """Sums over respondents: t is an answer less the middle of its scale, w a respondent's weight.

    Attributes:
        rows: By group, how many rows it has.
        n: By group, who answered at least one item and has a weight.
        weightless: By group, who answered one and has a weight of 0.
        weight: By group, the sum of weights of who answered at least one item.
        square: By group, the sum of their squares.
        each: Groups × items, who answered the item and has a weight.
        w: Groups × items, the sum of their weights.
        t: Groups × items, the sum of w t.
        tt: Groups × items × items, the sum of w² t t of who answered both.
        tm: Groups × items × items, the sum of w² t of the first, of who answered both.
        mm: Groups × items × items, the sum of w² of who answered both.
    """

    rows: Whole
    n: Whole
    weightless: Whole
    weight: Floats
    square: Floats
    each: Whole
    w: Floats
    t: Floats
    tt: Floats
    tm: Floats
    mm: Floats

    def size(self, group: int) -> float:
        """Return Kish's effective size of a group of somebody, 1 where rounding tells no more."""
        size = float(self.weight[group] ** 2 / self.square[group])
        return 1.0 if size < 1 + 1e-9 else size

    def people(self) -> list[People]:
        """Return who is in the groups, item by item."""
        squares = np.diagonal(self.mm, axis1=1, axis2=2)
        return [
            People(self.each[:, item].tolist(), self.w[:, item].tolist(), squares[:, item].tolist())
            for item in range(self.each.shape[1])
        ]


@attrs.frozen(eq=False)
class _Row(Generic[Operand]):
    """What is known of a row, or of all rows of a block: columns of an engine, or arrays.

    Attributes:
        w: The weight.
        weighs: 1 where it is above 0, else 0.
        one: 1 where at least one item is answered, else 0.
        there: For each item, 1 where it is answered, else 0.
        apart: For each item, the answer less the middle of its scale; 0 where there is none.
    """

    w: Operand
    weighs: Operand
    one: Operand
    there: Sequence[Operand]
    apart: Sequence[Operand]

    def terms(self) -> Iterator[tuple[str, Operand]]:
        """Yield what is added up of a row."""
        yield "any", self.one * self.weighs
        yield "weightless", self.one * (1.0 - self.weighs)
        yield "weight", self.one * self.w
        yield "square", self.one * self.w * self.w
        for i, (m, t) in enumerate(zip(self.there, self.apart, strict=True)):
            yield f"n {i}", m * self.weighs
            yield f"w {i}", m * self.w
            yield f"t {i}", t * self.w
            for j in range(len(self.there)):
                yield f"tm {i} {j}", (t * self.w) * (self.there[j] * self.w)
            for j in range(i + 1):
                yield f"tt {i} {j}", (t * self.w) * (self.apart[j] * self.w)
                yield f"mm {i} {j}", (m * self.w) * (self.there[j] * self.w)


def add_up(
    frame: Eager | Lazy,
    items: Sequence[str],
    middle: float,
    weights: str | None,
    names: Sequence[str],
) -> tuple[Groups, IndexSums]:
    """Add up the answers of every group, which has a name; without names all are one."""
    if isinstance(frame, nw.LazyFrame):
        return _asked(frame, items, middle, weights, names)
    groups = groups_of(frame, names) if names else Groups(frame.select([]), np.zeros(0, np.int64))
    count = len(groups) if names else 1
    size = groups.rows if names else np.array([len(frame)], dtype=np.int64)
    sums: dict[str, Floats] = {}
    for rows in [*blocks(len(frame), at_least=BLOCK)] or [slice(0)]:
        for name, column in _arrays(frame[rows], items, middle, weights).terms():
            total = sums.setdefault(name, np.zeros(count))
            if names:
                total += np.bincount(groups.codes[rows], column, count)
            else:
                total += column.sum()
    return groups, _sums(size, sums, len(items))


def _arrays(block: Eager, items: Sequence[str], middle: float, weights: str | None) -> _Row[Floats]:
    told = [numbers(block[item].to_native(), item) for item in items]
    there = [(~np.isnan(one)).astype(np.float64) for one in told]
    w = np.ones(len(block)) if weights is None else numbers(block[weights].to_native(), weights)
    return _Row(
        w,
        (w > 0).astype(np.float64),
        np.maximum.reduce(there),
        there,
        [np.where(np.isnan(one), 0.0, one - middle) for one in told],
    )


def _asked(
    frame: Lazy, items: Sequence[str], middle: float, weights: str | None, names: Sequence[str]
) -> tuple[Groups, IndexSums]:
    """Let the engine add up."""
    made, row = _expressions(items, middle, weights)
    terms = dict(row.terms())
    wanted = [nw.len().alias("n"), *(nw.col(name).sum() for name in terms)]
    keys = [f"by {place}" for place in range(len(names))]
    own = [nw.col(name).alias(key) for name, key in zip(names, keys, strict=True)]
    asked = frame.select(*own, **made).select(*keys, **terms)
    if names:
        told, groups = in_order(asked.group_by(*keys).agg(*wanted).collect(), names)
    else:
        # Not grouped by a constant: some engines then hold every row.
        told = asked.select(*wanted).collect()
        groups = Groups(told.select([]), np.zeros(0, np.int64))
    # None is the sum over no rows.
    sums = {name: np.array([float(one or 0) for one in told[name].to_list()]) for name in terms}
    return groups, _sums(np.array(told["n"].to_list(), dtype=np.int64), sums, len(items))


def _expressions(
    items: Sequence[str], middle: float, weights: str | None
) -> tuple[dict[str, nw.Expr], _Row[nw.Expr]]:
    """Return what an engine makes of a row first, and the row that is made of it."""
    w = nw.lit(1.0) if weights is None else nw.col(weights).cast(nw.Float64)
    answered = [~known(item).is_null() for item in items]
    made = {"w": w, "weighs": _flag(w > 0), "one": _flag(reduce(or_, answered))}
    for place, (item, is_told) in enumerate(zip(items, answered, strict=True)):
        made[f"there {place}"] = _flag(is_told)
        made[f"apart {place}"] = nw.when(is_told).then(known(item) - middle).otherwise(0.0)
    there, apart = ([nw.col(f"{what} {i}") for i in range(len(items))] for what in _BY_ITEM)
    return made, _Row(nw.col("w"), nw.col("weighs"), nw.col("one"), there, apart)


def _flag(holds: nw.Expr) -> nw.Expr:
    return nw.when(holds).then(1.0).otherwise(0.0)


def _sums(rows: NDArray[np.integer], told: dict[str, Floats], items: int) -> IndexSums:
    def by_item(name: str) -> Floats:
        return np.stack([told[f"{name} {i}"] for i in range(items)], axis=1)

    def by_pair(name: str, *, told_once: bool = True) -> Floats:
        """Of pairs in either order, or told once, for the higher item first."""
        first, second = np.indices((items, items))
        if told_once:
            first, second = np.maximum(first, second), np.minimum(first, second)
        pairs = zip(first.ravel(), second.ravel(), strict=True)
        made = np.stack([told[f"{name} {i} {j}"] for i, j in pairs], axis=1)
        return made.reshape(-1, items, items)

    return IndexSums(
        rows=rows.astype(np.int64),
        n=told["any"].astype(np.int64),
        weightless=told["weightless"].astype(np.int64),
        weight=told["weight"],
        square=told["square"],
        each=by_item("n").astype(np.int64),
        w=by_item("w"),
        t=by_item("t"),
        tt=by_pair("tt"),
        tm=by_pair("tm", told_once=False),
        mm=by_pair("mm"),
    )
