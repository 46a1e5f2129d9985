"""Flaws: in which ways a row of a caller's frame can be bad.

Law: a blank text is as missing as none at all, on every engine alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import narwhals.stable.v2 as nw


_FILL: Final = "fill these rows, or leave them out yourself"
# What Python strips; engines strip less of their own, each in its way.
_SPACES: Final = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


@attrs.frozen
class Flaw:
    """One way in which a row can be bad.

    Attributes:
        column: The caller's name of the column.
        bad: True where a row is bad.
        rule: What it breaks, as the end of "it …".
        way_out: What to do instead.
        shown: Whether the bad value says more than its absence.
        nor_blank: Whether a text that is blank is as bad as none.
        named_by: Columns by which a bad row of a lazy frame, which has no number, is named: the
            first that has a value, such as the order's. None told: `order_id`, `customer_id`.

    Examples:
        >>> Flaw("amount", nw.col("amount") < 0, "must not be negative").shown
        True
    """

    column: str
    bad: nw.Expr
    rule: str
    way_out: str = ""
    shown: bool = True
    nor_blank: bool = False
    named_by: tuple[str, ...] = ()


def empty(column: str) -> Flaw:
    """Return the flaw of a row whose `column` is empty, or blank where it is text.

    Examples:
        >>> empty("customer_id").rule
        'must not be empty'
    """
    gone = nw.col(column).is_null()
    return Flaw(column, gone, "must not be empty", _FILL, shown=False, nor_blank=True)


def blank(column: str, dtype: nw.dtypes.DType) -> nw.Expr:
    """Return whether text is blank: who is called "" or " " has no name.

    Examples:
        >>> import polars
        >>> frame = nw.from_native(polars.DataFrame({"customer_id": ["C-1", "", " "]}))
        >>> frame.select(blank("customer_id", nw.String()))["customer_id"].to_list()
        [False, True, True]
    """
    text = nw.col(column) if isinstance(dtype, nw.String) else nw.col(column).cast(nw.String)
    told: nw.Expr = text.str.strip_chars(_SPACES).str.len_chars() == 0
    return told


def not_finite(column: str) -> Flaw:
    """Return the flaw of a row whose `column` is infinite or no number.

    Examples:
        >>> not_finite("amount").rule
        'must be a finite number'
    """
    bad = ~nw.col(column).cast(nw.Float64).is_finite()
    return Flaw(column, bad, "must be a finite number", "fill these rows, or leave them out")


def is_text(dtype: nw.dtypes.DType) -> bool:
    """Return whether a column holds text.

    Examples:
        >>> is_text(nw.Categorical()), is_text(nw.Int64())
        (True, False)
    """
    return isinstance(dtype, nw.String | nw.Categorical | nw.Enum)


def with_blanks(schema: Mapping[str, nw.dtypes.DType], flaws: Sequence[Flaw]) -> Sequence[Flaw]:
    """Return flaws with that of a blank text behind each of an empty one.

    Args:
        schema: Of the frame.
        flaws: In the order in which they are told.

    Examples:
        >>> schema = {"customer_id": nw.String()}
        >>> [flaw.rule for flaw in with_blanks(schema, [empty("customer_id")])]
        ['must not be empty', 'must not be blank']
    """
    told = []
    for flaw in flaws:
        told.append(flaw)
        if flaw.nor_blank and is_text(schema[flaw.column]):
            bad = blank(flaw.column, schema[flaw.column])
            told.append(Flaw(flaw.column, bad, "must not be blank", _FILL, named_by=flaw.named_by))
    return told


def named_by(flaws: Sequence[Flaw], *columns: str | None) -> list[Flaw]:
    """Return flaws whose bad rows are named by columns of the frame; None for one it lacks.

    Examples:
        >>> [flaw.named_by for flaw in named_by([empty("amount")], None, "customer_id")]
        [('customer_id',)]
    """
    told = tuple(column for column in columns if column is not None)
    return [attrs.evolve(flaw, named_by=told) for flaw in flaws]
