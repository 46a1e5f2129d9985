"""Columns for frames, made of records and facts.

The engine that holds the frame is loaded here, and only when a frame is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from importlib import import_module
from typing import Any, Final, get_args, get_origin, get_type_hints

import attrs
import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    FactColumn,
    FactTable,
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
        # A tuple, of however many records, is one cell.
        choices = () if get_origin(held) is tuple else (held, *get_args(held))
        parts = [type_ for type_ in choices if _has_parts(type_)]
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
    return [column.told(v) for v in values] if column.allowed else list(values)


def by_column(names: Sequence[str], rows: Iterable[Sequence[object]]) -> dict[str, list[object]]:
    """Return rows as columns."""
    columns: dict[str, list[object]] = {name: [] for name in names}
    for row in rows:
        for name, value in zip(names, row, strict=True):
            columns[name].append(value)
    return columns


def frame(
    columns: Mapping[str, Sequence[object]], backend: str, *, table: FactTable | None = None
) -> Any:
    """Return columns as a frame of an engine.

    Args:
        columns: The values of each.
        backend: The engine, by the name that narwhals knows it by.
        table: The table of facts that the columns are of, which tells their types; None where the
            values tell them.

    Raises:
        InvalidValueError: If narwhals knows no eager engine of that name.
    """
    narwhals = import_module("narwhals")
    try:
        engine = narwhals.Implementation.from_backend(backend)
        data = {name: [_cell(value) for value in values] for name, values in columns.items()}
        kinds = {name: _kind(name, values, table) for name, values in data.items()}
        schema = {name: _dtype(narwhals, kinds[name], data[name], backend) for name in data}
        data |= {name: _texts(values) for name, values in data.items() if kinds[name] is str}
        return narwhals.from_dict(data, schema=schema, backend=engine).to_native()
    except (ValueError, TypeError, ImportError) as error:
        rule = f"is no engine that can hold a frame here: {error}"
        raise InvalidValueError("backend", backend, rule, "write 'pandas' or 'polars'") from error


def _kind(name: str, values: Sequence[object], table: FactTable | None) -> type:
    """Return what a column holds: by its table, its values, or, where it is empty, its name."""
    if table is not None:
        return _HELD.get(table.column(name).type, str)
    held = {type(value) for value in values if value is not None}
    if not held:
        return datetime if name == "at" or name.endswith("_at") else str
    if len(held) == 1:
        return held.pop()
    return float if held == {int, float} else str


def _dtype(narwhals: Any, kind: type, values: Sequence[object], backend: str) -> Any:
    if kind is datetime:
        return narwhals.Datetime("us", "UTC")
    if kind is int and backend == "pandas" and any(value is None for value in values):
        return narwhals.Float64()  # pandas' own whole numbers know no absent value
    return {bool: narwhals.Boolean, int: narwhals.Int64, float: narwhals.Float64}.get(
        kind, narwhals.String
    )()


_HELD: Final = {
    FactType.TIME: datetime,
    FactType.MONEY: float,
    FactType.NUMBER: float,
    FactType.WHOLE: int,
}


def _texts(values: Sequence[object]) -> list[object]:
    return [None if value is None else str(value) for value in values]


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
