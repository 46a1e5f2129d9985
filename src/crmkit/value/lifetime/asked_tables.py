"""Tables that models are asked about: what comes back is the caller's own, with columns added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    Values,
    Words,
    asked_again,
    bad_values,
    empty,
    find_flaws,
    frame_of,
    not_finite,
    numbers,
)

from .rows import Floats


@attrs.frozen(eq=False)
class AskedTable(Generic[IntoFrameT]):
    """A caller's frame, and the same holding its rows.

    Attributes:
        frame: Holding its rows.
        asked: As the caller gave it.
    """

    frame: Eager
    asked: Eager | Lazy

    def money(self, name: str) -> Floats:
        """Return a column of amounts, one for each row of the table.

        Raises:
            InvalidValueError: If there is no such column, or an amount is missing.
        """
        frame_of(cast("IntoFrame", self.frame.to_native()), "table", {name: ColumnKind.NUMBER})
        find_flaws(self.frame, [empty(name), not_finite(name)])
        return floats(self.frame, name)

    def with_columns(self, columns: Mapping[str, Floats | NDArray[np.int64]]) -> IntoFrameT:
        """Return the caller's frame with columns added, of his kind and as lazy as his.

        Raises:
            InvalidValueError: If it has one of them already.
        """
        taken = [name for name in columns if name in self.frame.columns]
        if taken:
            rule = "must not be there already"
            way_out = f"drop or rename it: it would be lost (frame.drop(columns={taken[0]!r}))"
            raise InvalidValueError(taken[0], Words("a column"), rule, way_out)
        own = self.frame.implementation
        series = [nw.new_series(name, told, backend=own) for name, told in columns.items()]
        added = self.frame.with_columns(*series)
        if isinstance(self.asked, nw.LazyFrame):
            return cast("IntoFrameT", asked_again(added, self.asked).to_native())
        return cast("IntoFrameT", added.to_native())


def held(frame: Eager | Lazy) -> Eager:
    """Return a frame that holds its rows."""
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


def floats(frame: Eager, name: str) -> Floats:
    """Return a column of numbers as an array."""
    column = frame.get_column(name)
    told = column.to_numpy()
    # A cast copies, even where there is nothing to convert.
    if told.dtype.kind not in "fiu":
        told = column.cast(nw.Float64).to_numpy()
    return told.astype(np.float64, copy=False)


def weights_of(frame: Eager, weights: str | Values | None) -> Floats:
    """Return how many customers each row stands for.

    Raises:
        InvalidValueError: If there is no such column, or a weight is missing or negative.
    """
    if weights is None:
        return np.broadcast_to(np.float64(1.0), (len(frame),))
    if isinstance(weights, str):
        check_weights(frame, weights)
        return floats(frame, weights)
    told = numbers(weights, "weights")
    if len(told) != len(frame):
        raise InvalidValueError("len(weights)", len(told), f"must be {len(frame)}, as the table")
    bad = np.flatnonzero(~(np.isfinite(told) & (told >= 0)))
    if len(bad):
        found = told[bad].tolist()
        raise bad_values("weights", found, bad.tolist(), "must be finite and not negative")
    return told


def check_weights(frame: Eager | Lazy, name: str) -> None:
    """Check a column of weights.

    Raises:
        InvalidValueError: If there is none, or a weight is missing or negative.
    """
    if name not in frame.collect_schema():
        raise InvalidValueError("weights", name, "must be a column of the table, or numbers")
    below = nw.col(name).cast(nw.Float64) < 0
    way_out = "it says for how many customers a row stands"
    negative = Flaw(name, below, "must not be negative", way_out)
    find_flaws(frame, [empty(name), not_finite(name), negative])
