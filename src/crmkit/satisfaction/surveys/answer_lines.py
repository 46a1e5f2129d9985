"""Answers that an engine counted: one line for each answer, with who has a weight and how much.

Law: who has no weight stands for nobody: he is counted with those who gave no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import narwhals.stable.v2 as nw

from crmkit.kernel.frames import Flaw
from crmkit.stats import Histogram
from crmkit.stats.histogram import HEAVIEST, LIGHTEST, WEIGHS


Line: TypeAlias = tuple[float | None, int, int, float, float]
"""A score, None for none; rows, rows that have a weight, the sum of weights and of squares."""


def weight_flaw(weights: str) -> Flaw:
    """Return the flaw of a row whose weight is none, or no number whose square can be told."""
    told = nw.col(weights).cast(nw.Float64)
    fit = (told == 0) | ((told >= LIGHTEST) & (told <= HEAVIEST))
    return Flaw(weights, told.is_null() | told.is_nan() | ~fit, WEIGHS)


def weighed(told: nw.Expr) -> list[nw.Expr]:
    """Return what is added up of a row: its weight, the square, and whether it has one."""
    weighing = nw.when(told > 0).then(1).otherwise(0)
    return [told.alias("weight"), (told * told).alias("square"), weighing.alias("weighing")]


def people() -> list[nw.Expr]:
    """Return how rows are counted: all, who has a weight, the weights and their squares."""
    sums = (nw.col(name).sum() for name in ("weighing", "weight", "square"))
    return [nw.len().alias("n"), *sums]


def histogram_of_lines(lines: Sequence[Line]) -> Histogram:
    """Return the histogram of lines.

    Examples:
        >>> told = histogram_of_lines([(5.0, 3, 2, 2.5, 3.25), (None, 4, 4, 4.0, 4.0)])
        >>> told.counts, told.n_missing, told.n_weightless
        ((2,), 5, 1)
    """
    weightless = sum(n - weighing for score, n, weighing, _, _ in lines if score is not None)
    given = sorted(
        (score, weighing, weight, square)
        for score, _, weighing, weight, square in lines
        if score is not None and weighing
    )
    columns = zip(*given, strict=True) if given else ((), (), (), ())
    told, counts, weights, squares = (tuple(column) for column in columns)
    return Histogram(
        scores=told,
        counts=counts,
        weights=weights,
        squares=squares,
        n_missing=weightless + sum(n for score, n, _, _, _ in lines if score is None),
        n_weightless=weightless,
    )
