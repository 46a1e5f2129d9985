"""What an index of several items is made of: sums over respondents, group by group.

Law: an index and its interval need sums only, of the answers and of their products two by two, so
groups are added up and an engine tells one row a group.

Source: Binder (1983) for the linearised variance that the products make.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.kernel.frames import Eager, Lazy
from crmkit.stats.row_blocks import blocks
from crmkit.stats.small_groups import People

from .answer_columns import known
from .grouping import Groups, groups_of, in_order


Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]

_BLOCK = 1 << 18  # rows worked on at a time


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
        """Return Kish's effective size of a group, 1 where rounding tells no more; 0 if empty."""
        if not self.square[group]:
            return 0.0
        size = float(self.weight[group] ** 2 / self.square[group])
        return 1.0 if size < 1 + 1e-9 else size

    def people(self) -> list[People]:
        """Return who is in the groups, item by item."""
        squares = np.diagonal(self.mm, axis1=1, axis2=2)
        return [
            People(self.each[:, item].tolist(), self.w[:, item].tolist(), squares[:, item].tolist())
            for item in range(self.each.shape[1])
        ]


def add_up(
    frame: Eager | Lazy,
    items: Sequence[str],
    middle: float,
    weights: str | None,
    names: Sequence[str],
) -> tuple[Groups, IndexSums]:
    """Add up the answers of every group, which has a name; without names all are one."""
    terms = dict(_terms(items, middle, weights))
    if isinstance(frame, nw.LazyFrame):
        return _asked(frame, terms, len(items), names)
    groups = groups_of(frame, names) if names else Groups(frame.select([]), np.zeros(0, np.int64))
    count = len(groups) if names else 1
    sums = {name: np.zeros(count) for name in terms}
    size = np.bincount(groups.codes, minlength=count) if names else np.array([len(frame)])
    for rows in blocks(len(frame), at_least=_BLOCK):
        told = frame[rows].select(**terms)
        for name, total in sums.items():
            column = told[name].to_numpy()
            if names:
                total += np.bincount(groups.codes[rows], column, count)
            else:
                total += column.sum()
    return groups, _sums(size, sums, len(items))


def _asked(
    frame: Lazy, terms: dict[str, nw.Expr], items: int, names: Sequence[str]
) -> tuple[Groups, IndexSums]:
    """Let the engine add up."""
    wanted = [nw.len().alias("n"), *(nw.col(name).sum() for name in terms)]
    keys = [nw.col(name).alias(f"by {place}") for place, name in enumerate(names)]
    made = frame.select(*keys, **terms)
    if names:
        asked = made.group_by(*(f"by {place}" for place in range(len(names)))).agg(*wanted)
        told, groups = in_order(asked.collect(), names)
    else:
        # Not grouped by a constant: some engines then hold every row.
        told = made.select(*wanted).collect()
        groups = Groups(told.select([]), np.zeros(0, np.int64))
    # None is the sum over no rows.
    sums = {name: np.array([float(one or 0) for one in told[name].to_list()]) for name in terms}
    rows = np.array(told["n"].to_list(), dtype=np.int64)
    return groups, _sums(rows, sums, items)


def _terms(
    items: Sequence[str], middle: float, weights: str | None
) -> Iterator[tuple[str, nw.Expr]]:
    """Yield what is added up of a row."""
    w = nw.lit(1.0) if weights is None else nw.col(weights).cast(nw.Float64)
    weighs = nw.when(w > 0).then(1.0).otherwise(0.0)
    there = [nw.when(~known(item).is_null()).then(1.0).otherwise(0.0) for item in items]
    apart = [
        nw.when(~known(item).is_null()).then(known(item) - middle).otherwise(0.0) for item in items
    ]
    one = nw.max_horizontal(*there)
    yield "any", one * weighs
    yield "weightless", one * (1.0 - weighs)
    yield "weight", one * w
    yield "square", one * w * w
    for i, (m, t) in enumerate(zip(there, apart, strict=True)):
        yield f"n {i}", m * weighs
        yield f"w {i}", m * w
        yield f"t {i}", t * w
        for j in range(len(items)):
            yield f"tm {i} {j}", (t * w) * (there[j] * w)
        for j in range(i + 1):
            yield f"tt {i} {j}", (t * w) * (apart[j] * w)
            yield f"mm {i} {j}", (m * w) * (there[j] * w)


def _sums(rows: NDArray[np.integer], told: dict[str, Floats], items: int) -> IndexSums:
    each = range(items)

    def by_item(name: str) -> Floats:
        return np.stack([told[f"{name} {i}"] for i in each], axis=1)

    def by_pair(name: str) -> Floats:
        """Of products that are told once, for either order."""
        each_row = [
            np.stack([told[f"{name} {max(i, j)} {min(i, j)}"] for j in each], axis=1) for i in each
        ]
        return np.stack(each_row, axis=1)

    tm = [np.stack([told[f"tm {i} {j}"] for j in each], axis=1) for i in each]
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
        tm=np.stack(tm, axis=1),
        mm=by_pair("mm"),
    )
