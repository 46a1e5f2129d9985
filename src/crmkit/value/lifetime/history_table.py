"""Tables of customers as the models read them: checked, and with the unit of time they count in.

Law: a table that contradicts itself is refused with the rows named; so is a unit that is not the
model's, and, where a model is to be fitted, one that is not told.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, Literal, TypeAlias, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import (
    COLUMNS,
    Eager,
    Flaw,
    Lazy,
    Values,
    Words,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)
from crmkit.value.classes.class_arrays import is_unique
from crmkit.value.one_text import one_text

from .asked_tables import AskedTable, check_weights, floats, held, weights_of
from .row_kinds import in_blocks, unique_rows
from .rows import Floats, Histories


class Reading(Enum):
    """What the columns of a table count.

    TIME: ages in a unit of time. OCCASIONS: those that came, and the last one used. CONTRACTS:
    renewals that came due, all of them used until the customer left.
    """

    TIME = "time"
    OCCASIONS = "occasions"
    CONTRACTS = "contracts"


Unit: TypeAlias = Literal["D", "W"]
"""What time is counted in: days, or weeks of seven days."""

UNITS: Final = ("D", "W")
_LARGEST: Final = 10**6
_UNIT: Final = "unit"
_WAY_OUT: Final = "make the table by rfm_table, or look at these rows"


def checked_unit(unit: object) -> Unit:
    """Return a unit of time if it is one.

    Raises:
        InvalidValueError: If it is neither "D" nor "W".
    """
    if unit not in UNITS:
        way_out = "months differ in length"
        raise InvalidValueError("unit", unit, "must be 'D' (days) or 'W' (weeks)", way_out)
    return unit


@attrs.frozen(eq=False)
class Told(AskedTable[IntoFrameT]):
    """A table that was read.

    Attributes:
        kinds: The histories that are told of: one for each row of the table.
    """

    kinds: Histories

    def spread(self, *values: NDArray[Any]) -> list[NDArray[Any]]:
        """Return for every row of the table what is told of its kind: columns of one type."""
        return list(values)


@attrs.frozen(eq=False)
class Sorted(Told[IntoFrameT]):
    """A table of which those rows were found that are alike.

    Attributes:
        kinds: One for each history there is.
        kind: For every row of the table, which of them it has.
    """

    kind: NDArray[np.integer]

    def spread(self, *values: NDArray[Any]) -> list[NDArray[Any]]:
        """Return for every row of the table what is told of its kind: columns of one type."""
        found = np.empty((len(values), len(self.kind)), dtype=values[0].dtype)
        # Side by side, for the memory is read in any order: once for all columns.
        table = np.stack(values, axis=1)
        for rows in in_blocks(len(self.kind)):
            found[:, rows] = table.take(self.kind[rows], axis=0).T
        return list(found)


def read(
    table: IntoFrameT, unit: Unit | None, *, reading: Reading = Reading.TIME
) -> Told[IntoFrameT]:
    """Read a table to predict from, row by row.

    Args:
        table: With the columns of an RFM table.
        unit: The model's; None for one that counts occasions.
        reading: What its columns count.

    Raises:
        InvalidValueError: If the table is bad, or counts in another unit.
    """
    asked = _asked(table, reading)
    if unit is not None and (told := _told_unit(asked, table)) not in (unit, None):
        rule = f"must be {unit!r}, as of the model"
        raise InvalidValueError("unit of the table", told, rule, "make the table in that unit")
    frame = held(asked)
    return Told(frame, asked, _histories(frame, reading=reading))


def read_sorted(
    table: IntoFrameT, unit: Unit | None, *, reading: Reading = Reading.TIME
) -> Sorted[IntoFrameT]:
    """Read a table to predict from, each history once.

    Args:
        table: As for `read`.
        unit: As for `read`.
        reading: As for `read`.

    Raises:
        InvalidValueError: As for `read`.
    """
    told = read(table, unit, reading=reading)
    rows = told.kinds
    first, kind = unique_rows(rows.x, rows.age, rows.recency)
    return Sorted(told.frame, told.asked, rows.only(first), kind)


def read_unit(table: IntoFrame, told: Unit | None) -> Unit:
    """Return the unit of a table that a model is to be fitted on.

    Raises:
        InvalidValueError: If neither the table nor the caller tells it, or they do not agree.
    """
    return _agreed_unit(_told_unit(_asked(table, Reading.TIME), table), told)


def read_timed(
    table: IntoFrame, weights: str | Values | None, told: Unit | None
) -> tuple[Histories, Unit]:
    """Return what a model that counts time is to be fitted on: histories, and their unit.

    Raises:
        InvalidValueError: As `read_unit` and `read_weighted`.
    """
    asked = _asked(table, Reading.TIME)
    unit = _agreed_unit(_told_unit(asked, table), told)
    return _weighted(asked, weights, reading=Reading.TIME), unit


def read_weighted(
    table: IntoFrame, weights: str | Values | None, *, reading: Reading = Reading.TIME
) -> Histories:
    """Read a table to fit on; the engine of a lazy one counts equal histories.

    Args:
        table: With the columns of an RFM table.
        weights: How many customers each row stands for: a column, or numbers.
        reading: What its columns count.

    Raises:
        InvalidValueError: If the table or a weight is bad, or nobody is left.
    """
    return _weighted(_asked(table, reading), weights, reading=reading)


def _weighted(frame: Eager | Lazy, weights: str | Values | None, *, reading: Reading) -> Histories:
    column = None
    if isinstance(frame, nw.LazyFrame):
        frame, column = _counted(frame, weights, reading=reading)
    rows = _histories(frame, reading=reading)
    rows = attrs.evolve(rows, weight=weights_of(frame, column if column else weights))
    if not rows.weight.sum() > 0:
        raise InvalidValueError("table", Words("without customers"), "must have at least one")
    return rows


def _asked(table: IntoFrame, reading: Reading) -> Eager | Lazy:
    names = _names(reading)
    return frame_of(table, "table", {name: COLUMNS[name].kind for name in names})


def _told_unit(frame: Eager | Lazy, native: object) -> object:
    """Return the unit that a table tells, or None."""
    if _UNIT in (frame.columns if isinstance(frame, nw.DataFrame) else frame.collect_schema()):
        if isinstance(frame, nw.DataFrame):
            if not len(frame):
                return None
            if (unit := one_text(frame.get_column(_UNIT))) is not None:
                return unit
        find_flaws(frame, [empty(_UNIT)])
        ends = frame.select(nw.col(_UNIT).min().alias("low"), nw.col(_UNIT).max().alias("high"))
        low, high = held(ends).row(0)
        if low != high:
            rule, way_out = "must be one", "fit each by itself"
            raise InvalidValueError("unit of the table", (low, high), rule, way_out)
        return cast("object", low)
    attributes = getattr(native, "attrs", None)
    return attributes.get(_UNIT) if isinstance(attributes, dict) else None


def _agreed_unit(found: object, told: Unit | None) -> Unit:
    if told is None:
        if found is None:
            rule = "must be told by the table or by unit="
            way_out = "write unit='D' (days) or unit='W' (weeks), or make the table by rfm_table"
            raise InvalidValueError("unit", Words("missing"), rule, way_out)
        return checked_unit(found)
    if found not in (told, None):
        rule = f"must be {found!r}, as the table says"
        raise InvalidValueError("unit", told, rule, "leave unit= out")
    return checked_unit(told)


def _histories(frame: Eager, *, reading: Reading) -> Histories:
    frequency = _numbers(frame, "frequency")
    recency, age = (floats(frame, name) for name in (_names(reading)[-2], "T"))
    # What is sound needs no closer look.
    are_sound = reading is Reading.TIME and _are_sound(frequency, recency, age)
    if not (are_sound and _is_of_one_each(frame)):
        _check(frame, reading=reading)
    each = np.broadcast_to(np.float64(1.0), (len(age),))
    return Histories(frequency.astype(np.int64, copy=False), recency, age, each)


def _are_sound(frequency: NDArray[Any], recency: Floats, age: Floats) -> bool:
    with np.errstate(invalid="ignore"):
        for rows in in_blocks(len(age)):
            x, last, end = frequency[rows], recency[rows], age[rows]
            sound = (x >= 0) & (x < _LARGEST) & (x == np.floor(x)) & (last >= 0) & (last <= end)
            if not (sound & np.isfinite(end) & ((last > 0) == (x > 0))).all():
                return False
    return True


def _numbers(frame: Eager, name: str) -> NDArray[Any]:
    """Return a column as an array: whole numbers that lie there as such, all else as floats."""
    told = frame.get_column(name).to_numpy()
    return told if told.dtype.kind in "iu" else floats(frame, name)


def _is_of_one_each(frame: Eager) -> bool:
    """Say whether every row is of another customer, where it is told of whom."""
    if "customer_id" not in frame.columns:
        return True
    ids = frame.get_column("customer_id")
    # Whole numbers that lie there as such have no gap.
    without_gap = ids.dtype.is_integer() and ids.to_numpy().dtype.kind in "iu"
    return is_unique(ids) and (without_gap or not ids.null_count())


def _check(frame: Eager | Lazy, *, reading: Reading) -> None:
    """Refuse what contradicts itself."""
    flaws = _flaws(reading=reading)
    if "customer_id" in frame.collect_schema():
        copies = nw.generate_temporary_column_name(8, frame.collect_schema().names())
        frame = frame.with_columns(nw.len().over("customer_id").alias(copies))
        way_out = "a customer has one row: merge the orders and make the table again"
        twice = Flaw("customer_id", nw.col(copies) > 1, "must stand in one row", way_out)
        flaws = [empty("customer_id"), *flaws, twice]
    find_flaws(frame, flaws)


def _flaws(*, reading: Reading) -> list[Flaw]:
    told = [check(name) for name in _names(reading) for check in (empty, not_finite)]
    x, age = (nw.col(name).cast(nw.Float64) for name in ("frequency", "T"))
    told += [
        Flaw("frequency", x < 0, "must not be negative", _WAY_OUT),
        Flaw("frequency", x != x.floor(), "must be a whole number", _WAY_OUT),
        Flaw("frequency", x >= _LARGEST, f"must be below {_LARGEST}", _WAY_OUT),
        Flaw("T", age < 0, "must not be negative", _WAY_OUT),
    ]
    if reading is not Reading.TIME:
        told += [
            Flaw("T", age != age.floor(), "must be a whole number", _WAY_OUT),
            Flaw("T", age >= _LARGEST, f"must be below {_LARGEST}", _WAY_OUT),
        ]
    if reading is Reading.CONTRACTS:
        return [*told, Flaw("frequency", x > age, "must not exceed T", _WAY_OUT)]
    return [*told, *_flaws_of_recency(whole=reading is Reading.OCCASIONS)]


def _flaws_of_recency(*, whole: bool) -> list[Flaw]:
    x, recency, age = (nw.col(name).cast(nw.Float64) for name in ("frequency", "recency", "T"))
    told = [
        Flaw("recency", recency < 0, "must not be negative", _WAY_OUT),
        Flaw("recency", recency > age, "must not exceed T", _WAY_OUT),
        Flaw("recency", (recency > 0) & (x == 0), "must be 0 where frequency is", _WAY_OUT),
        Flaw("recency", (recency == 0) & (x > 0), "must be above 0 where frequency is", _WAY_OUT),
    ]
    if whole:
        told += [
            Flaw("recency", recency != recency.floor(), "must be a whole number", _WAY_OUT),
            Flaw("frequency", x > recency, "must not exceed recency", _WAY_OUT),
        ]
    return told


def _names(reading: Reading) -> tuple[str, ...]:
    """Return the columns that are read; of contracts `frequency` tells the last renewal, too."""
    if reading is Reading.CONTRACTS:
        return ("frequency", "T")
    return ("frequency", "recency", "T")


def _counted(frame: Lazy, weights: str | Values | None, *, reading: Reading) -> tuple[Eager, str]:
    """Let the engine count the customers of each history."""
    _check(frame, reading=reading)
    column = nw.generate_temporary_column_name(8, list(_names(reading)))
    if weights is None:
        count = nw.len().cast(nw.Float64)
    elif isinstance(weights, str):
        check_weights(frame, weights)
        count = nw.col(weights).cast(nw.Float64).sum()
    else:
        told = Words("numbers beside a lazy frame")
        raise InvalidValueError("weights", told, "must be a column of it")
    grouped = frame.group_by(*_names(reading)).agg(count.alias(column))
    return grouped.collect(), column
