"""Frames of what is told of a population, in the kind of the frame of moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.stats.log_columns import given_back, told_column

from .population import Population


def frame_like(
    population: Population[IntoFrameT],
    told: Mapping[str, Sequence[object]],
    schema: Mapping[str, nw.dtypes.DType | None],
) -> IntoFrameT:
    """Return columns as a frame of the kind that the caller passed.

    Args:
        population: What he passed was read into.
        told: The columns.
        schema: Their types; None for dates, for which pandas has no type.
    """
    backend = population.frame.implementation
    columns = [told_column(name, told[name], kind, backend) for name, kind in schema.items()]
    return given_back(columns[0].to_frame().with_columns(*columns[1:]), population.moves)
