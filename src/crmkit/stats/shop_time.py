"""What it takes to tell on which day of the shop a row of any engine is: zone, ends, days.

Law: the shop's local day counts; no time is read without a zone, and none outside 1900 to 2199.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.kernel import instant
from crmkit.kernel.frames import Eager, Lazy

from .days import check_range, day_number, local_days, shop_zone


_ANY_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)


def zone_at(frame: Eager | Lazy, column: str, timezone: str | None) -> ZoneInfo | None:
    """Return the shop's zone by which a column of times is read; None for dates.

    Raises:
        InvalidValueError: If no zone is told.

    Examples:
        >>> import polars
        >>> at = polars.Series([datetime(2026, 3, 2, tzinfo=UTC)])
        >>> frame = nw.from_native(polars.DataFrame({"ordered_at": at}))
        >>> zone_at(frame, "ordered_at", "Asia/Shanghai").key
        'Asia/Shanghai'
    """
    lazy = isinstance(frame, nw.LazyFrame)
    in_session = lazy and not frame.implementation.is_polars()
    return shop_zone(frame.collect_schema()[column], timezone, column, in_session=in_session)


def days_at(frame: Eager, column: str, zone: ZoneInfo | None) -> NDArray[np.int64]:
    """Return the local day of every row of a frame that holds its rows; of none, none.

    Raises:
        InvalidValueError: If a time lies outside 1900 to 2199.

    Examples:
        >>> import polars
        >>> frame = nw.from_native(polars.DataFrame({"on": [date(1970, 1, 2)]}))
        >>> days_at(frame, "on", None).tolist(), days_at(frame.head(0), "on", None).tolist()
        ([1], [])
    """
    return local_days(frame[column], zone) if len(frame) else np.zeros(0, np.int64)


def moment(name: str, end: object) -> datetime:
    """Return an end of a column's times, checked, for the offsets of zones up to it.

    Raises:
        InvalidValueError: If it lies outside 1900 to 2199.

    Examples:
        >>> moment("ordered_at", datetime(2026, 3, 2, tzinfo=UTC)).isoformat()
        '2026-03-02T00:00:00+00:00'
    """
    if isinstance(end, date):
        check_range(name, day_number(end))
    # Dates need no offsets, and no orders need none either.
    return instant(end, name) if isinstance(end, datetime) else _ANY_MOMENT
