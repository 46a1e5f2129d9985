"""Recurrences as a question to an engine: cases of one kind, each beside the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw

from crmkit.kernel import instant
from crmkit.kernel.frames import Flaw, Lazy, find_flaws
from crmkit.stats.days import shop_clock


_UTC: Final = ZoneInfo("UTC")
_ANY_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)


def ask(
    frame: Lazy,
    case_id: str,
    received_at: str,
    same: Sequence[str],
    within: timedelta,
    flaws: Sequence[Flaw],
) -> Lazy:
    """Add what `find_recurrences` adds, counted from receipt, to a frame that is still a question.

    Args:
        frame: The cases.
        case_id: Name of the column of ids.
        received_at: Name of the column of receipts.
        same: Names of the columns in which cases agree.
        within: After so much time a case still repeats another.
        flaws: What must not be there.
    """
    columns = frame.collect_schema().names()
    at, id, told, last, chain = _new_names(columns, 5)
    asked = frame.with_columns(
        _moment(frame, received_at, flaws).alias(at),
        _sortable(frame, case_id).alias(id),
        _all_told(frame, same).alias(told),
    )
    order = [at, id]
    before = nw.col(at).shift(1).over(*same, order_by=order)
    near = nw.col(told) & (before + nw.lit(within) >= nw.col(at))
    recurs = nw.when(near.is_null()).then(nw.lit(False)).otherwise(near)
    asked = asked.with_columns(
        recurs.alias("recurs"), nw.col(case_id).shift(1).over(*same, order_by=order).alias(last)
    ).with_columns(nw.when("recurs").then(nw.lit(0)).otherwise(nw.lit(1)).alias(chain))
    asked = asked.with_columns(nw.col(chain).cum_sum().over(*same, order_by=order))
    place = nw.col(id).cum_count().over(*same, chain, order_by=order).cast(nw.Int64)
    first = nw.col(case_id).first().over(*same, chain, order_by=order)
    return asked.with_columns(
        nw.when("recurs").then(nw.col(last)).alias("recurrence_of"),
        nw.when(told).then(place).otherwise(nw.lit(0)).alias("occurrence"),
        nw.when(told).then(first).alias("first_of_chain"),
    ).select(*columns, "recurs", "recurrence_of", "occurrence", "first_of_chain")


def _moment(frame: Lazy, received_at: str, flaws: Sequence[Flaw]) -> nw.Expr:
    """Return receipts as naive times in UTC, after the check."""
    at = nw.col(received_at)
    ends = find_flaws(frame, flaws, first=at.min(), last=at.max())
    first, last = (
        instant(end) if isinstance(end, datetime) else _ANY_MOMENT for end in ends.values()
    )
    dtype = frame.collect_schema()[received_at]
    # Finer parts of a microsecond are cut, here as in arrays.
    return shop_clock(received_at, dtype, _UTC, first, last).cast(nw.Datetime("us"))


def _sortable(frame: Lazy, case_id: str) -> nw.Expr:
    # Categories have an order of their own.
    whole = frame.collect_schema()[case_id].is_integer()
    return nw.col(case_id) if whole else nw.col(case_id).cast(nw.String)


def _all_told(frame: Lazy, same: Sequence[str]) -> nw.Expr:
    schema = frame.collect_schema()
    parts = [~nw.col(name).is_null() for name in same]
    texts = [nw.col(name) for name in same if not schema[name].is_integer()]
    parts += [~text.is_null() & (text.cast(nw.String) != "") for text in texts]
    return nw.all_horizontal(*parts, ignore_nulls=True)


def _new_names(columns: Sequence[str], count: int) -> list[str]:
    names: list[str] = []
    for _ in range(count):
        names.append(nw.generate_temporary_column_name(8, [*columns, *names]))
    return names
