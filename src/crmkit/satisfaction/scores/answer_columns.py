"""Columns of answers as expressions: what is known of them, and what is off the scale.

Law: what is missing is null, whatever the engine calls it: engines differ on where NaN stands among
numbers, as a null it is nowhere.
"""

from __future__ import annotations

import narwhals.stable.v2 as nw

from crmkit.kernel.frames import Flaw
from crmkit.satisfaction.surveys import Scale


def known(column: str) -> nw.Expr:
    """Return a column as floats, null where one is missing."""
    found = nw.col(column).cast(nw.Float64)
    return nw.when(~found.is_nan()).then(found)


def is_answer(column: str, scale: Scale) -> nw.Expr:
    """Return 1 = 1 where a column holds a whole number of a scale; false where it holds none."""
    found = known(column)
    fits = (found >= scale.low) & (found <= scale.high) & (found == found.floor())
    # A comparison with nothing is neither true nor false, and falls to `otherwise`.
    return nw.when(fits).then(1).otherwise(0) == 1


def no_answer_of(scale: Scale, column: str) -> Flaw:
    """Return the flaw of a row that holds something else than a whole number of the scale."""
    return Flaw(column, ~known(column).is_null() & ~is_answer(column, scale), scale.rule)


def off_scale(column: str, scale: Scale) -> Flaw:
    """Return the flaw of a row whose number, whole or not, lies off a scale."""
    found = known(column)
    bad = (found < scale.low) | (found > scale.high)
    return Flaw(column, ~found.is_null() & bad, ends_rule(scale))


def ends_rule(scale: Scale) -> str:
    """Return what a number, whole or not, must be."""
    return f"must lie on the scale, from {scale.low} to {scale.high}"
