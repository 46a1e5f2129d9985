"""The columns whose values make the groups of a table.

Law: a group is named by text, whole numbers, flags or days; a column that the table makes is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from crmkit.errors import InvalidValueError
from crmkit.kernel import did_you_mean
from crmkit.kernel.frames import Eager, Lazy, Words


By: TypeAlias = str | Sequence[str]
"""Name or names of the columns whose values make a group."""


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
    return names
