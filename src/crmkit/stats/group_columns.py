"""The columns whose values make the groups of a table.

Law: a group is named by text, whole numbers, flags or days; a column that the table makes is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from numbers import Integral
from typing import Final, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoSeries

from crmkit.errors import InvalidValueError
from crmkit.kernel import did_you_mean
from crmkit.kernel.frames import Eager, Lazy, Words


By: TypeAlias = str | Sequence[str]
"""Name or names of the columns whose values make a group."""

_KINDS: Final[Mapping[type | tuple[type, ...], str]] = {
    str: "text",
    (bool, np.bool_): "flags",
    Integral: "whole numbers",
    date: "days",
}


def check_by(frame: Eager | Lazy, by: By, taken: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the columns that make groups.

    Args:
        frame: What is grouped.
        by: What the caller said.
        taken: Columns of the table that is made, which a group must not be called.

    Raises:
        InvalidValueError: If there is none, one is missing, named twice or taken, or it holds
            neither text nor whole numbers, flags or days.

    Examples:
        >>> import narwhals.stable.v2 as nw
        >>> import polars
        >>> frame = nw.from_native(polars.DataFrame({"region": ["N"], "value": [0.5]}))
        >>> check_by(frame, "region", ("n",))
        ('region',)
        >>> check_by(frame, "value", ("n",))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: value is a column of Float64: it must hold text, whole\
 numbers, flags or days; make groups of it first
    """
    if not isinstance(by, Iterable):
        raise InvalidValueError("by", by, "must be the name of a column, or several")
    names = (by,) if isinstance(by, str) else tuple(by)
    if not all(isinstance(name, str) for name in names):
        raise InvalidValueError("by", by, "must be the name of a column, or several")
    if not names or len(set(names)) < len(names):
        raise InvalidValueError("by", names, "must name at least one column, each once")
    schema = frame.collect_schema()
    for name in names:
        if name not in schema:
            near = did_you_mean(str(name), map(str, schema))
            raise InvalidValueError(name, Words("missing"), "must be a column of the frame", near)
        if name in taken:
            rule = "must not be a column of the table that is made"
            raise InvalidValueError("by", name, rule, "rename it")
        dtype = schema[name]
        if dtype.is_float() or dtype.is_decimal() or dtype.is_nested():
            told, rule = (
                Words(f"a column of {dtype}"),
                "must hold text, whole numbers, flags or days",
            )
            raise InvalidValueError(name, told, rule, "make groups of it first")
        if isinstance(frame, nw.DataFrame) and isinstance(dtype, nw.Object):
            _check_objects(frame[name], name)
    return names


def _check_objects(column: nw.Series[IntoSeries], name: str) -> None:
    """Refuse Python objects of several kinds: text and numbers have no order among each other."""
    held = {
        next((word for kind, word in _KINDS.items() if isinstance(one, kind)), type(one).__name__)
        for one in column.drop_nulls()
    }
    if len(held) > 1:
        told, rule = Words(f"a column of {' and '.join(sorted(held))}"), "must hold one kind alone"
        raise InvalidValueError(name, told, rule, "make text of all: .astype(str)")
