"""Rolling windows: a score of the last so many days, again and again.

Law: every window is estimated from its own answers, pooled day by day; it is never a mean of the
days. Windows that share days share answers, and must not be compared as if they did not; and what
they do not share is not told where it is of too few, nor what the total of the record has besides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, instant
from crmkit.kernel.frames import ColumnKind, Eager, empty, find_flaws, frame_of
from crmkit.satisfaction.scores import Metric
from crmkit.satisfaction.scores.grouping import Column
from crmkit.satisfaction.scores.one_question import check_anybody, estimated
from crmkit.satisfaction.scores.tallying import Tally, count_by
from crmkit.stats import GroupSize, Histogram, SmallGroupRule
from crmkit.stats.days import check_range, day_in, day_number, local_days, shop_clock, shop_zone
from crmkit.stats.group_sizes import SMALL_GROUPS
from crmkit.stats.log_columns import given_back
from crmkit.stats.overlapping import guard_windows
from crmkit.stats.small_groups import People


_DAY: Final = timedelta(days=1)
_EPOCH: Final = date(1970, 1, 1).toordinal()
_ANY_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)


def rolling_scores(
    frame: IntoFrameT,
    *,
    metric: Metric,
    within: timedelta,
    every: timedelta = _DAY,
    answered_at: str = "answered_at",
    timezone: str | None = None,
    score: str = "score",
    weights: str | None = None,
    confidence: float = 0.95,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> IntoFrameT:
    """Estimate a score of every window of so many days, the last one ending with the last answer.

    Assumes that answers of different windows are of other people, as those of one are.

    Args:
        frame: One row per answer: pandas, polars (eager or lazy), DuckDB. A lazy frame is asked
            three aggregate queries at the call.
        metric: What is made of the answers.
        within: How long a window is, in whole days.
        every: How far one window is from the next, in whole days.
        answered_at: Name of the column of dates or instants; naive times are refused.
        timezone: In whose days instants are counted, such as "Asia/Shanghai".
        score: Name of the column of answers.
        weights: Name of the column of weights; None weighs all alike.
        confidence: Share of such intervals that hold the true value.
        rule: Which windows hold too few answers. A window that would tell, by its difference from
            those before it or from the total of the record, of fewer answers than that is kept back
            too: exactly so without weights, on the safe side with them.

    Returns:
        The same kind of frame, one row per window that the record holds whole, the oldest first:
        `since` and `until` (a day that no longer belongs to it), `value`, `low`, `high`, `n`,
        `n_missing`, `method`, `group_size`. What is kept back is missing.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a time is empty, an answer is
            off the scale, a duration is no whole number of days, the record is shorter than a
            window, or nobody answered.

    Warns:
        AssumptionWarning: If all answers of a window are alike, so that the mean's interval
            has no width.

    Units:
        Those of the metric.

    Source:
        Pooling by sufficient statistics: the window's answers are counted as one group.

    Examples:
        >>> import pandas
        >>> days = pandas.date_range("2026-03-01", periods=40, tz="UTC").repeat(3)
        >>> answers = pandas.DataFrame({"answered_at": days, "score": [10, 9, 5] * 20 + [10] * 60})
        >>> table = rolling_scores(
        ...     answers,
        ...     metric=Metric.net_promoter(),
        ...     within=timedelta(days=20),
        ...     every=timedelta(days=10),
        ...     timezone="Europe/Berlin",
        ... )
        >>> table[["since", "until", "value", "n"]]
                since       until       value   n
        0  2026-03-01  2026-03-21   33.333333  60
        1  2026-03-11  2026-03-31   66.666667  60
        2  2026-03-21  2026-04-10  100.000000  60
    """
    length, step = _days("within", within), _days("every", every)
    tally = _by_day(frame, metric, answered_at, timezone, score, weights)
    check_anybody(score, sum(told.n + told.n_weightless for told in tally.parts.values()))
    by_day = {int(day): told for (day,), told in tally.parts.items()}  # type: ignore[call-overload]  # numbers
    starts = _starts(min(by_day), max(by_day), length, step)
    told = [_pooled(by_day, start, length) for start in starts]
    sizes = _sizes(by_day, starts, length, told, rule)
    estimates: list[Estimate | None] = [
        metric.estimate(part, confidence=confidence)
        if size.is_shown and part.n >= metric.least
        else None
        for part, size in zip(told, sizes, strict=True)
    ]
    missing = [part.n_missing for part in told]
    columns = estimated(estimates, [part.n for part in told], missing, sizes)
    ends = {
        "since": [_date(start) for start in starts],
        "until": [_date(start + length) for start in starts],
    }
    return given_back(_made(ends, columns, tally), frame)


def _days(name: str, duration: timedelta) -> int:
    if not isinstance(duration, timedelta) or duration < _DAY or duration % _DAY:
        rule, way_out = "must be whole days, one at least", "write timedelta(days=90)"
        raise InvalidValueError(name, duration, rule, way_out)
    return duration // _DAY


def _by_day(
    native: IntoFrame,
    metric: Metric,
    answered_at: str,
    timezone: str | None,
    score: str,
    weights: str | None,
) -> Tally:
    """Count the answers of every local day."""
    wanted = {answered_at: ColumnKind.TIME, score: ColumnKind.NUMBER}
    frame = frame_of(native, "frame", wanted)
    own = nw.generate_temporary_column_name(8, frame.collect_schema().names())
    ends = find_flaws(
        frame.select(answered_at),
        [empty(answered_at)],
        first=nw.col(answered_at).min(),
        last=nw.col(answered_at).max(),
    )
    if ends["first"] is None:
        check_anybody(score, 0)
    dtype = frame.collect_schema()[answered_at]
    in_session = isinstance(frame, nw.LazyFrame) and frame.implementation.is_duckdb()
    zone = shop_zone(dtype, timezone, answered_at, in_session=in_session)
    if isinstance(frame, nw.DataFrame):
        days = local_days(frame[answered_at], zone)
        column = nw.new_series(own, days, nw.Int64(), backend=frame.implementation)
        dated: IntoFrame = nw.maybe_reset_index(frame).with_columns(column).to_native()
    else:
        first, last = (_moment(answered_at, ends[end]) for end in ("first", "last"))
        shown = frame.with_columns(shop_clock(answered_at, dtype, zone, first, last).alias(own))
        dated = shown.with_columns(day_in(own).alias(own)).to_native()
    return count_by(dated, metric, by=own, score=score, weights=weights)


def _moment(name: str, end: object) -> datetime:
    if isinstance(end, datetime):
        return instant(end, name)
    assert isinstance(end, date)
    check_range(name, day_number(end))
    return _ANY_MOMENT  # dates need no offsets


def _starts(first: int, last: int, length: int, step: int) -> list[int]:
    """Return the first days of all windows, counted back from the last day of the record."""
    newest = last + 1 - length
    if newest < first:
        rule = f"must be {last + 1 - first} days at most: the record is no longer"
        raise InvalidValueError("within", timedelta(days=length), rule)
    return list(range(newest, first - 1, -step))[::-1]


def _pooled(by_day: Mapping[int, Histogram], start: int, length: int) -> Histogram:
    return Histogram.pooled([by_day[day] for day in range(start, start + length) if day in by_day])


def _sizes(
    by_day: Mapping[int, Histogram],
    starts: Sequence[int],
    length: int,
    told: Sequence[Histogram],
    rule: SmallGroupRule,
) -> list[GroupSize]:
    """Judge every window by itself, and by what the total, those before it and it tell together."""
    first, nobody = min(by_day), Histogram.of_counts({})
    days = [by_day.get(day, nobody) for day in range(first, starts[-1] + length)]
    windows = People.of(told)
    judged = guard_windows(
        People.of(days).lengths(),
        [(start - first, start - first + length) for start in starts],
        windows.sizes,
        rule=rule,
    )
    return [
        GroupSize.WEIGHTLESS if part.n_weightless and not part.n else size
        for part, size in zip(told, judged, strict=True)
    ]


def _date(day: int) -> date:
    return date.fromordinal(day + _EPOCH)


def _made(ends: Mapping[str, Sequence[date]], told: Mapping[str, Column], tally: Tally) -> Eager:
    """Return columns as a frame of the engine that counted; days are Python's own in pandas."""
    backend = tally.keys.implementation
    days = [nw.new_series(name, list(values), backend=backend) for name, values in ends.items()]
    rest = [
        nw.new_series(name, list(values), dtype, backend=backend)
        for name, (dtype, values) in told.items()
    ]
    return days[0].to_frame().with_columns(*days[1:], *rest)
