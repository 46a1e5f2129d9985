"""One text in every row of a column: a unit of time, a currency.

Law: told without reading the text of each row, where the engine keeps its texts as Arrow does.
"""

from __future__ import annotations

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoSeries


def one_text(column: nw.Series[IntoSeries]) -> str | None:
    """Return the text that every row holds; None where there are several, a gap, or no row.

    Examples:
        >>> import pandas
        >>> units = nw.from_native(pandas.Series(["W", "W", None]), series_only=True)
        >>> one_text(units.head(2)), one_text(units), one_text(units.head(0))
        ('W', None, None)
    """
    first: object = column[0] if len(column) else None
    if not isinstance(first, str):
        return None
    dtype = getattr(column.to_native(), "dtype", None)
    if getattr(dtype, "storage", "") == "pyarrow":
        # Arrow compares a column with itself, moved by one row, ten times faster than with a text.
        told = column.to_arrow()
        is_one = bool(told.slice(1).equals(told.slice(0, len(told) - 1)))
    else:
        is_one = not column.null_count() and bool((column == first).all())
    return first if is_one else None
