"""The cells of facts: what every store can keep, checked a column at a time.

Law: a column is checked whole before any of it is stored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Scalar, key_value


_PART: Final = 2_000
_CELLS: Final = frozenset({str, int, float, type(None)})


def frozen_columns(columns: Mapping[str, Sequence[Scalar]]) -> FrozenMap[str, Sequence[Scalar]]:
    """Return columns as nobody can change them.

    Raises:
        InvalidValueError: If one is a text, which is no column of letters.

    Examples:
        >>> frozen_columns({"amount": [1999, 500]})
        FrozenMap({'amount': (1999, 500)})
    """
    for name, column in columns.items():
        if isinstance(column, str | bytes):
            raise InvalidValueError(name, column, "must be a sequence of values, one per row")
    return FrozenMap({name: tuple(column) for name, column in columns.items()})


def check_column(name: str, column: Sequence[Scalar]) -> None:
    """Refuse a column that holds what is not text, a 64-bit whole number, a finite number or None.

    Raises:
        InvalidValueError: If it does.

    Examples:
        >>> check_column("amount", [1999, None, float("nan")])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: amount is nan: it must be finite
    """
    # In parts: what was just looked at lies near at hand for the next look.
    for start in range(0, len(column), _PART):
        _check_cells(name, column[start : start + _PART])


def _check_cells(name: str, column: Sequence[Scalar]) -> None:
    types = set(map(type, column))
    if not types <= _CELLS:
        # The rare case may be slow: an enumeration or a NumPy number, say which.
        wrong = next(value for value in column if type(value) not in _CELLS)
        raise InvalidValueError(name, wrong, "must be text, a number or None", "convert it first")
    if types == {str} and "".join(cast("Sequence[str]", column)).isprintable():
        return  # the usual column, at a glance
    for value in column if float in types else ():
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidValueError(name, value, "must be finite")
    if int in types:
        whole = [v for v in column if type(v) is int] if len(types) > 1 else cast("Any", column)
        for value in (min(whole), max(whole)):
            key_value(value, name)
    for value in column if str in types else ():
        if isinstance(value, str) and not value.isprintable():
            key_value(value, name)
