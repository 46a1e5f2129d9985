"""Local days: on which day of the shop an instant falls.

Law: the shop's named zone first, the day second. Engines disagree on zones and keep some in the
session; here the offsets come from one database, and both forms count the same days.

Source: IANA time zone database, through `zoneinfo`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoSeriesT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import from_micros, named_zone, to_micros
from crmkit.kernel.frames import Words
from crmkit.kernel.zones import offset_at, offsets


_EPOCH: Final = date(1970, 1, 1).toordinal()
_FIRST_MONTH: Final = 1970 * 12
MICROS_OF_DAY: Final = 86_400_000_000
"""Microseconds of a day."""

_EARLIEST: Final = date(1900, 1, 1).toordinal() - _EPOCH
_LATEST: Final = date(2199, 12, 31).toordinal() - _EPOCH
_BLOCK: Final = 1 << 20
_NOT_A_PLACE: Final = ("UTC", "UCT", "GMT", "GMT0", "Greenwich", "Universal", "Zulu")


def day_number(day: date) -> int:
    """Return a day as days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """Return the day of an instant in a zone."""
    return at.astimezone(zone).date()


def shop_zone(
    dtype: nw.dtypes.DType, timezone: str | None, column: str, *, in_session: bool
) -> ZoneInfo | None:
    """Return the zone in which a column's days are counted; None where it holds days already.

    Args:
        dtype: The column's type.
        timezone: The zone that the caller named.
        column: The column's name.
        in_session: Whether the engine keeps the zone in its session and not in the column.

    Raises:
        InvalidValueError: If a column of instants tells no place and the caller named no zone.
    """
    if timezone is not None:
        return named_zone(timezone)
    if not isinstance(dtype, nw.Datetime):
        return None
    own = str(dtype.time_zone)
    if in_session or not _is_place(own):
        told = "the session's time zone" if in_session else own
        rule = f"must be given: {column} is in {told}, which does not say where the shop is"
        way_out = "write timezone='Asia/Shanghai', 'Europe/Berlin' …, or 'UTC' if days end there"
        raise InvalidValueError("timezone", None, rule, way_out)
    return named_zone(own)


def local_days(column: nw.Series[IntoSeriesT], zone: ZoneInfo | None) -> NDArray[np.int64]:
    """Return the local day of every row, as days since 1970-01-01.

    Args:
        column: Dates, or instants of any zone; at least one, none empty.
        zone: The shop's zone; None for dates.

    Raises:
        InvalidValueError: If one lies before 1900 or after 2199.
    """
    if isinstance(column.dtype, nw.Datetime):
        assert zone is not None
        ends = [(int(micros.min()), int(micros.max())) for _, micros in _instants(column)]
        first, last = min(low for low, _ in ends), max(high for _, high in ends)
        check_range(column.name, first // MICROS_OF_DAY, last // MICROS_OF_DAY)
        return _days_of(column, zone, first, last)
    told = column.to_list() if isinstance(column.dtype, nw.Object) else column.to_numpy()
    days = np.array(told, dtype="datetime64[D]").astype(np.int64)
    check_range(column.name, int(days.min()), int(days.max()))
    return days


def instants(column: nw.Series[IntoSeriesT]) -> NDArray[np.int64]:
    """Return instants as microseconds since 1970 in UTC; finer parts are cut."""
    return column.dt.timestamp("us").to_numpy().astype(np.int64, copy=False)


def shop_clock(
    column: str, dtype: nw.dtypes.DType, zone: ZoneInfo | None, first: datetime, last: datetime
) -> nw.Expr:
    """Return what the clock at the shop shows, as an expression for any engine.

    Args:
        column: Name of a column of dates or instants.
        dtype: Its type; engines that keep a zone in their session tell it there.
        zone: The shop's zone; None for dates.
        first: No instant lies before it.
        last: No instant lies after it.

    Returns:
        Naive times; dates as they are.
    """
    if not isinstance(dtype, nw.Datetime):
        return nw.col(column)
    assert zone is not None
    # The engine tells the time on its own clock; ours differs by so much, from then to then.
    # Instants are compared, so that the hour which a clock shows twice is no riddle.
    theirs = nw.col(column).dt.replace_time_zone(None)
    shifts = _differences(named_zone(str(dtype.time_zone)), zone, first, last)
    ours = theirs + nw.lit(shifts[0][1])
    for since, shift in shifts[1:]:
        ours = nw.when(nw.col(column) < nw.lit(since)).then(ours).otherwise(theirs + nw.lit(shift))
    return ours


def day_in(column: str) -> nw.Expr:
    """Return the day of a column of dates or naive times: days since 1970-01-01."""
    before = nw.col(column).dt.year().cast(nw.Int64) - 1
    leap_days = before // 4 - before // 100 + before // 400
    # Proleptic Gregorian count, as `date.toordinal`: every engine knows years and days of a year.
    of_year = nw.col(column).dt.ordinal_day().cast(nw.Int64)
    return before * 365 + leap_days + of_year - _EPOCH


def month_in(column: str) -> nw.Expr:
    """Return the month of a column of dates or naive times: months since that of 0000-01.

    Units:
        12 × year + month − 1.
    """
    at = nw.col(column).dt
    return at.year().cast(nw.Int64) * 12 + at.month().cast(nw.Int64) - 1


def months_of(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the month of days since 1970-01-01, as `month_in` counts them."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + _FIRST_MONTH


def check_range(name: str, *days: int) -> None:
    """Check that days are of our age, and no stand-ins such as 0001-01-01 or 9999-12-31.

    Args:
        name: The column.
        days: Its first and last day, as days since 1970-01-01.

    Raises:
        InvalidValueError: If one lies before 1900 or after 2199.
    """
    for day in days:
        if not _EARLIEST <= day <= _LATEST:
            told = Words(np.datetime64(day, "D"))
            way_out = "leave out rows whose time stands for none"
            raise InvalidValueError(name, told, "must lie in 1900 to 2199", way_out)


def _instants(column: nw.Series[IntoSeriesT]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield the instants of blocks with their first rows: whole columns would cost their memory."""
    for start in range(0, len(column), _BLOCK):
        yield start, instants(column[start : start + _BLOCK])


def _days_of(
    column: nw.Series[IntoSeriesT], zone: ZoneInfo, first: int, last: int
) -> NDArray[np.int64]:
    known = offsets(zone, from_micros(first), from_micros(last))
    starts = np.array([to_micros(since) for since, _ in known[1:]], dtype=np.int64)
    shifts = np.array([offset // timedelta(microseconds=1) for _, offset in known])
    days = np.empty(len(column), dtype=np.int64)
    for start, block in _instants(column):
        local = block + (shifts[np.searchsorted(starts, block, "right")] if starts.size else shifts)
        np.floor_divide(local, MICROS_OF_DAY, out=days[start : start + len(block)])
    return days


def _differences(
    theirs: ZoneInfo, ours: ZoneInfo, first: datetime, last: datetime
) -> Sequence[tuple[datetime, timedelta]]:
    since = {start for zone in (theirs, ours) for start, _ in offsets(zone, first, last)}
    return [(start, offset_at(ours, start) - offset_at(theirs, start)) for start in sorted(since)]


def _is_place(zone: str) -> bool:
    if zone in _NOT_A_PLACE or zone.startswith("Etc/"):
        return False
    try:
        named_zone(zone)
    except InvalidValueError:
        return False
    return True
