"""Recurrences over whole histories: which cases repeat an earlier one, and how often that happens.

Law: the same as of `RecurrenceRule.match`, case by case: nothing is known to a case that happened
after its receipt, and what nobody told matches nothing.

Source: domain fact K6.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import (
    COLUMNS,
    ColumnKind,
    Eager,
    Flaw,
    Words,
    bad_values,
    empty,
    find_flaws,
    frame_of,
)
from crmkit.stats.intervals import wilson
from crmkit.stats.log_columns import given_back, text_codes
from crmkit.stats.time_columns import MISSING, Micros

from .recurrence_arrays import Repeats, Rows, Whole, repeats
from .recurrence_columns import has_gaps, ids_at, is_unique, keys_of, micros_of
from .recurrence_query import ask
from .recurrence_rule import CountedFrom, RecurrenceRule


_ADDED: Final = ("recurs", "recurrence_of", "occurrence", "first_of_chain")
_MICRO: Final = timedelta(microseconds=1)


@attrs.frozen
class _Names:
    """What the caller calls his columns."""

    case_id: str
    received_at: str
    resolved_at: str | None
    same: tuple[str, ...]

    @property
    def wanted(self) -> dict[str, ColumnKind]:
        times = [self.received_at, *([self.resolved_at] if self.resolved_at else [])]
        ids = dict.fromkeys((self.case_id, *self.same), ColumnKind.ID)
        return {**ids, **dict.fromkeys(times, ColumnKind.TIME)}


def find_recurrences(
    cases: IntoFrameT,
    *,
    rule: RecurrenceRule | None = None,
    same: Iterable[str] | None = None,
    within: timedelta | None = None,
    counted_from: CountedFrom | str | None = None,
    case_id: str = "case_id",
    received_at: str = "received_at",
    resolved_at: str = "resolved_at",
    customer_id: str = "customer_id",
    asset_id: str = "asset_id",
    product: str = "product",
    cause: str = "cause",
    symptom: str = "symptom",
) -> IntoFrameT:
    """Find the cases that repeat an earlier one, and chain them.

    Each case is judged by what was known at its receipt, as `RecurrenceRule.match` does. What lies
    before the first case on record is not known: leave the first `within` out of a rate.

    Args:
        cases: One row per case, in any order: pandas, polars (eager or lazy), DuckDB. Counted from
            receipt, a lazy frame is checked by one aggregate query and stays lazy; counted from
            resolution, its rows are fetched.
        rule: When a case repeats another; None for what the next three arguments say.
        same: In which facts both agree, as in `RecurrenceRule`.
        within: A case that comes so long after an earlier one still repeats it.
        counted_from: "receipt" or "resolution" of the earlier case.
        case_id: Name of the column of cases: text or whole numbers, each once. Cases of one moment
            are in the order of their ids.
        received_at: Name of the column of receipts: instants, or dates.
        resolved_at: Name of the column of resolutions, empty for open cases; read only where it is
            counted from these.
        customer_id: Name of the column that holds the fact `customer`.
        asset_id: Name of the column that holds the fact `asset`.
        product: Name of the column that holds the fact `product`.
        cause: Name of the column that holds the fact `cause`.
        symptom: Name of the column that holds the fact `symptom`. A further fact is in the column
            of its own name.

    Returns:
        The same kind of frame, its rows and columns as they are, with four columns more:

        * `recurs`: whether it repeats an earlier case;
        * `recurrence_of`: the last case that it repeats; empty for none;
        * `occurrence`: its place in its chain, 1 for the first; 0 where not all of `same` is told;
        * `first_of_chain`: the first case of its chain, perhaps itself; empty where not all of
          `same` is told.

        Rows keep their order where they have one: those of DuckDB do not.

    Raises:
        InvalidValueError: If a column is missing, of another kind or there already, an id or a
            receipt is empty, an id stands twice, a case was resolved before it was received, or
            both a rule and its parts are given.

    Source:
        Domain fact K6.

    Examples:
        >>> import pandas
        >>> told = ["2026-03-01", "2026-03-13", "2026-03-20", "2026-04-30"]
        >>> received = pandas.to_datetime(told).tz_localize("Asia/Shanghai")
        >>> cases = pandas.DataFrame(
        ...     {
        ...         "case_id": ["K-1", "K-2", "K-3", "K-4"],
        ...         "received_at": received,
        ...         "customer_id": ["C-7", "C-7", "C-7", "C-7"],
        ...         "product": ["washer", "washer", None, "washer"],
        ...     }
        ... )
        >>> find_recurrences(cases).iloc[:, -4:]
           recurs recurrence_of  occurrence first_of_chain
        0   False           NaN           1            K-1
        1    True           K-1           2            K-1
        2   False           NaN           0            NaN
        3   False           NaN           1            K-4
    """
    rule = _rule(rule, same, within, counted_from)
    columns = {
        "customer": customer_id,
        "asset": asset_id,
        "product": product,
        "cause": cause,
        "symptom": symptom,
    }
    agree = tuple(columns.get(name, name) for name in rule.same)
    ends = resolved_at if rule.counted_from is CountedFrom.RESOLUTION else None
    names = _Names(case_id, received_at, ends, agree)
    frame = frame_of(cases, "cases", names.wanted)
    if there := set(_ADDED).intersection(frame.collect_schema()):
        name = min(there)
        way_out = f"drop or rename it: it would be lost (cases.drop(columns={name!r}))"
        raise InvalidValueError(name, Words("a column"), "must not be there already", way_out)
    if isinstance(frame, nw.DataFrame):
        return cast("IntoFrameT", _added(frame, names, rule).to_native())
    if ends is not None:
        fetched = cast("Eager", frame.collect())
        return given_back(_added(fetched, names, rule), cases)
    copies = nw.generate_temporary_column_name(8, frame.collect_schema().names())
    counted = frame.with_columns(nw.len().over(case_id).alias(copies))
    asked = ask(counted, case_id, received_at, agree, rule.within, _flaws(names, copies))
    return cast("IntoFrameT", asked.drop(copies).to_native())


def recurrence_rate(cases: IntoFrame, *, confidence: float = 0.95) -> Estimate:
    """Estimate the share of cases that repeat an earlier one.

    Cases of the first days on record have nothing before them that they could repeat: leave them
    out, or the share is too low.

    Args:
        cases: What `find_recurrences` returned, or a part of it.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The share, with Wilson's interval. Cases of which not all was told are missing.

    Raises:
        InvalidValueError: If a column is missing, or of no case it can be told.

    Units:
        A share: 0 to 1.

    Source:
        Wilson (1927); see `crmkit.stats.wilson`.

    Examples:
        >>> import pandas
        >>> told = {"recurs": [False, True, False, False], "occurrence": [1, 2, 0, 1]}
        >>> print(recurrence_rate(pandas.DataFrame(told)))
        0.3333 (95 % interval 0.06149 to 0.7923, n = 3, 1 missing, wilson)
    """
    wanted = {name: COLUMNS[name].kind for name in ("recurs", "occurrence")}
    frame = frame_of(cases, "cases", wanted)
    told = find_flaws(
        frame,
        [*map(empty, wanted)],
        again=nw.col("recurs").cast(nw.Int64).sum(),
        known=(nw.col("occurrence") > 0).cast(nw.Int64).sum(),
        rows=nw.len(),
    )
    again, known, rows = (int(cast("float", count or 0)) for count in told.values())
    if not known:
        rule = "must hold a case of which it can be told whether it recurs"
        raise InvalidValueError("cases", Words(f"a frame of {rows} rows"), rule)
    return wilson(again, known, confidence=confidence, n_missing=rows - known)


def _rule(
    rule: RecurrenceRule | None,
    same: Iterable[str] | None,
    within: timedelta | None,
    counted_from: CountedFrom | str | None,
) -> RecurrenceRule:
    parts = {"same": same, "within": within, "counted_from": counted_from}
    given = {name: part for name, part in parts.items() if part is not None}
    if rule is None:
        usual = RecurrenceRule()
        return RecurrenceRule(
            same=usual.same if same is None else same,
            within=usual.within if within is None else within,
            counted_from=usual.counted_from if counted_from is None else counted_from,
        )
    if given:
        name, part = next(iter(given.items()))
        way_out = "change the rule: attrs.evolve(rule, …)"
        raise InvalidValueError(name, part, "must not be given beside a rule", way_out)
    return rule


def _flaws(names: _Names, copies: str) -> list[Flaw]:
    way_out = "keep one row of each case"
    twice = Flaw(names.case_id, nw.col(copies) > 1, "must stand in one row", way_out)
    return [empty(names.case_id), empty(names.received_at), twice]


def _added(frame: Eager, names: _Names, rule: RecurrenceRule) -> Eager:
    """Add the four columns to a frame that holds its rows."""
    at = micros_of(frame[names.received_at])
    _check(frame, names, at)
    rows, keys = keys_of(frame, names.same)
    found = _found(frame, names, rule, at, rows, keys)
    if rows is None:
        # What kept the keys is at hand, and new memory would have to be fetched.
        told, occurrence = np.ones(len(frame), dtype=bool), keys
        occurrence.fill(1)
    else:
        told, occurrence = np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=np.int64)
        told[rows], occurrence[rows] = True, 1
    recurs = np.zeros(len(frame), dtype=bool)
    recurs[found.row] = True
    occurrence[found.row] = found.occurrence
    ids = frame[names.case_id]
    return frame.with_columns(
        _series("recurs", recurs, frame),
        ids_at(ids, found.row, found.last, recurs).alias("recurrence_of"),
        _series("occurrence", occurrence, frame),
        ids_at(ids, found.row, found.first, told).alias("first_of_chain"),
    )


def _found(
    frame: Eager,
    names: _Names,
    rule: RecurrenceRule,
    at: Micros,
    rows: Rows | None,
    keys: Whole,
) -> Repeats:
    resolved = None if names.resolved_at is None else _resolved(frame, names, at)
    if not len(keys):
        none = np.zeros(0, dtype=np.intp)
        return Repeats(none, none, none, none)

    def ranks(some: Rows) -> NDArray[np.integer]:
        ids = frame[names.case_id][some if rows is None else rows[some]]
        return ids.to_numpy() if ids.dtype.is_integer() else text_codes(ids)[0]

    within = rule.within // _MICRO
    if rows is None:
        return repeats(keys, at, resolved, within, ranks)
    resolved = None if resolved is None else resolved[rows]
    return repeats(keys, at[rows], resolved, within, ranks).at(rows)


def _check(frame: Eager, names: _Names, at: Micros) -> None:
    # What is sound needs no closer look.
    ids = frame[names.case_id]
    sound = not has_gaps(ids) and at.min(initial=0) > MISSING and is_unique(ids)
    if not sound:
        copies = nw.generate_temporary_column_name(8, frame.columns)
        counted = frame.with_columns(nw.len().over(names.case_id).alias(copies))
        find_flaws(counted, _flaws(names, copies))


def _resolved(frame: Eager, names: _Names, at: Micros) -> Micros:
    assert names.resolved_at is not None
    received, times = frame[names.received_at], frame[names.resolved_at]
    resolved = micros_of(times)
    # A column without a value has no type of its own in pandas.
    if len(times) and isinstance(times.dtype, nw.Datetime) != isinstance(
        received.dtype, nw.Datetime
    ):
        rule = f"must hold dates or instants, as {names.received_at} does"
        raise InvalidValueError(names.resolved_at, Words(f"a column of {times.dtype}"), rule)
    bad = np.flatnonzero((resolved < at) & (resolved != MISSING))
    if len(bad):
        told = [str(value) for value in times[bad[:3]].to_list()]
        rule = f"must not be before {names.received_at}"
        raise bad_values(names.resolved_at, told, bad.tolist(), rule)
    return resolved


def _series(name: str, values: NDArray[np.generic], frame: Eager) -> nw.Series[Any]:
    return nw.new_series(name, values, backend=frame.implementation)
