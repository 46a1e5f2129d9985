"""Sums of a base, or of its groups, by one query; and tables of what they tell.

Law: every row belongs to a group, and a group that has no name is refused; a table has one row a
group, in rising order, whatever the engine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.kernel.frames import Eager, Flaw, Lazy, empty, find_flaws
from crmkit.stats.log_columns import given_back, told_column


Sums: TypeAlias = Mapping[str, float]
"""Sums by name; NaN where there was nothing to add up."""

MIDDLE: Final = 50.0
"""Scores are added up less so much, that their squares do not swallow them."""


@attrs.frozen(eq=False)
class GroupSums:
    """Sums of each group.

    Attributes:
        keys: One row a group, in rising order; without columns where all rows are one.
        rows: The sums of each.
    """

    keys: Eager
    rows: tuple[Sums, ...]

    def name(self, place: int) -> str:
        """Return what a group is called in a message."""
        values = self.keys.row(place) if self.keys.columns else ()
        told = zip(self.keys.columns, values, strict=True)
        return " and ".join(f"{column} {value!r}" for column, value in told) or "all"


def group_sums(
    frame: Eager | Lazy, by: Sequence[str], flaws: Iterable[Flaw], sums: Mapping[str, nw.Expr]
) -> GroupSums:
    """Add up a frame, group by group.

    Args:
        frame: What `frame_of` returned.
        by: What `check_by` returned.
        flaws: What a row must not be.
        sums: Row by row, what is added up, by name.

    Raises:
        InvalidValueError: If a row is flawed, or in no group.
    """
    if told_flaws := [*(empty(name) for name in by), *flaws]:
        find_flaws(frame, told_flaws)
    keys = [f"by {place}" for place in range(len(by))]
    picked = frame.lazy().select(
        **{key: nw.col(name) for key, name in zip(keys, by, strict=True)},
        **{name: part.cast(nw.Float64) for name, part in sums.items()},
    )
    added = [nw.col(name).sum() for name in sums]
    told = picked.group_by(*keys).agg(*added) if keys else picked.select(*added)
    found = nw.maybe_reset_index(told.collect())
    found = found.sort(*keys) if keys else found
    rows = tuple(
        {
            name: math.nan if value is None else float(value)
            for name, value in zip(sums, row, strict=True)
        }
        for row in found.select(*sums).rows()
    )
    renamed = found.select(*keys).rename(dict(zip(keys, by, strict=True)))
    return GroupSums(cast("Eager", nw.maybe_reset_index(renamed)) if keys else renamed, rows)


def table_of(
    sums: GroupSums,
    told: Mapping[str, Sequence[object]],
    kinds: Mapping[str, nw.dtypes.DType],
    native: IntoFrameT,
) -> IntoFrameT:
    """Return a table of groups in the caller's kind of frame.

    Args:
        sums: The groups.
        told: What is said of each, by column.
        kinds: The types of these columns.
        native: What the caller passed.
    """
    backend = sums.keys.implementation
    columns: list[nw.Series[Any]] = [sums.keys[name] for name in sums.keys.columns]
    columns += [told_column(name, told[name], kind, backend) for name, kind in kinds.items()]
    return given_back(columns[0].to_frame().with_columns(*columns[1:]), native)
