"""Columns for frames, made of records and facts.

The engine that holds the frame is loaded here, and only when a frame is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from importlib import import_module
from typing import Any, get_args, get_type_hints

import attrs
import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    FactColumn,
    FactType,
    Money,
    Scalar,
    decimals_of,
    from_micros,
    plain,
)


def columns_of(record: type, prefix: str = "") -> Iterator[str]:
    """Yield the columns that records of a class fill, in the order of their fields.

    Examples:
        >>> from crmkit.customers import Customer
        >>> [name for name in columns_of(Customer) if name.startswith("address")]
        ['address_street', 'address_city', 'address_region', 'address_postcode', 'address_country']
    """
    hints = get_type_hints(record)
    for field in attrs.fields(record):
        held = hints[field.name]
        parts = [type_ for type_ in (held, *get_args(held)) if _has_parts(type_)]
        if field.name == "trail":
            continue
        if parts:
            yield from columns_of(parts[0], f"{prefix}{field.name}_")
        elif not _is_mapping(held):  # its columns are its keys, which the class does not know
            yield prefix + field.name


def flat(record: Any, prefix: str = "") -> dict[str, object]:
    """Return a record as one row: parts of a field as `field_part`, lists as JSON text.

    Fields that hold nothing, and the trail, are left out.
    """
    row: dict[str, object] = {}
    for field in attrs.fields(type(record)):
        value = getattr(record, field.name)
        if field.name == "trail" or value is None:
            continue
        if _has_parts(type(value)):
            row |= flat(value, f"{prefix}{field.name}_")
        elif isinstance(value, Mapping):
            row |= {f"{prefix}{field.name}_{key}": item for key, item in value.items()}
        else:
            row[prefix + field.name] = _listed(value) if isinstance(value, tuple) else value
    return row


def restored(column: FactColumn, block: Mapping[str, Sequence[Scalar]]) -> list[object]:
    """Return one column of stored facts as a frame holds it."""
    values = block[column.name]
    if column.type is FactType.TIME:
        return [from_micros(v) if isinstance(v, int) else None for v in values]
    if column.type is FactType.MONEY:
        coins = {currency: 10 ** decimals_of(str(currency)) for currency in set(block["currency"])}
        pairs = zip(values, block["currency"], strict=True)
        return [v / coins[currency] if isinstance(v, int) else None for v, currency in pairs]
    return list(values)


def by_column(names: Sequence[str], rows: Iterable[Sequence[object]]) -> dict[str, list[object]]:
    """Return rows as columns."""
    columns: dict[str, list[object]] = {name: [] for name in names}
    for row in rows:
        for name, value in zip(names, row, strict=True):
            columns[name].append(value)
    return columns


def frame(columns: Mapping[str, Sequence[object]], backend: str) -> Any:
    """Return columns as a frame of an engine.

    Raises:
        InvalidValueError: If narwhals knows no eager engine of that name.
    """
    narwhals = import_module("narwhals")
    try:
        engine = narwhals.Implementation.from_backend(backend)
        schema = {n: _dtype(narwhals, n, v, backend) for n, v in columns.items()}
        data = {name: [_cell(value) for value in values] for name, values in columns.items()}
        return narwhals.from_dict(data, schema=schema, backend=engine).to_native()
    except (ValueError, TypeError, ImportError) as error:
        rule = f"is no engine that can hold a frame here: {error}"
        raise InvalidValueError("backend", backend, rule, "write 'pandas' or 'polars'") from error


def _dtype(narwhals: Any, name: str, values: Sequence[object], backend: str) -> Any:
    """Return a column's type, from what it holds; an empty one is told by its name."""
    known = next((value for value in values if value is not None), None)
    if isinstance(known, datetime) or name == "at" or name.endswith("_at"):
        return narwhals.Datetime("us", "UTC")
    if isinstance(known, bool):
        return narwhals.Boolean()
    if isinstance(known, int):
        # pandas' own whole numbers know no absent value.
        gaps = backend == "pandas" and any(value is None for value in values)
        return narwhals.Float64() if gaps else narwhals.Int64()
    return narwhals.Float64() if isinstance(known, float) else narwhals.String()


def _cell(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str | datetime):
        return value
    return _cell(value.value) if isinstance(value, Enum) else str(value)


def _listed(value: tuple[object, ...]) -> str:
    items = [attrs.asdict(item) if attrs.has(type(item)) else item for item in value]  # type: ignore[arg-type]  # checked
    return msgspec.json.encode(plain(items)).decode()


def _has_parts(type_: object) -> bool:
    return isinstance(type_, type) and attrs.has(type_) and type_ is not Money


def _is_mapping(type_: object) -> bool:
    origin = getattr(type_, "__origin__", type_)
    return isinstance(origin, type) and issubclass(origin, Mapping)
