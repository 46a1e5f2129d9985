"""The rows of a table of moves: checked, as numbers, and in the order of customer and time.

Law: whatever cannot be a customer's way through the lifecycle is refused with its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, TypeAlias, cast
from zoneinfo import ZoneInfo

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import did_you_mean, from_micros, instant, named_zone, to_micros
from crmkit.kernel.frames import ColumnKind, Eager, bad_values, empty, find_flaws, frame_of
from crmkit.stats.days import MICROS_OF_DAY, day_number, instants, local_days, shop_zone
from crmkit.stats.log_columns import text_codes

from .definition import Lifecycle
from .journey_parts import JourneyAct


Micros: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int64]

OPEN: Final = np.iinfo(np.int64).max
"""What stands for the end of a stay that goes on."""

_UTC: Final = ZoneInfo("UTC")


@attrs.frozen
class MoveNames:
    """What the caller calls his columns."""

    customer_id: str
    stage: str
    moved_at: str
    until: str | None
    sequence: str | None
    act: str | None

    @property
    def times(self) -> tuple[str, ...]:
        """The columns of days or instants."""
        return (self.moved_at,) if self.until is None else (self.moved_at, self.until)

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """What the other columns must hold."""
        wanted = {self.customer_id: ColumnKind.ID, self.stage: ColumnKind.TEXT}
        if self.sequence is not None:
            wanted[self.sequence] = ColumnKind.NUMBER
        return wanted


@attrs.frozen(eq=False)
class Rows:
    """The rows as they stand, as numbers."""

    customer: Codes
    stage: Codes
    stages: tuple[str, ...]
    since: Micros
    until: Micros
    corrected: NDArray[np.bool_]
    zone: ZoneInfo | None
    in_days: bool

    @classmethod
    def of(
        cls,
        frame: Eager,
        names: MoveNames,
        lifecycle: Lifecycle | None,
        timezone: str | None,
        *,
        in_session: bool,
    ) -> Rows:
        """Read them; stages that are not known are refused."""
        codes, words = text_codes(frame[names.stage]) if len(frame) else (np.zeros(0, int), [])
        stages = tuple(words) if lifecycle is None else lifecycle.codes
        _check_stages(codes, words, stages, names.stage)
        places = np.array([stages.index(word) for word in words], dtype=np.int64)
        dtype = frame.collect_schema()[names.moved_at]
        in_days = not isinstance(dtype, nw.Datetime)
        since = _micros(frame[names.moved_at])
        until = np.full(len(since), OPEN)
        if names.until is not None and len(frame):
            ended = frame[names.until]
            there = ~ended.is_null().to_numpy()
            until[there] = _micros(ended.filter(there.tolist()))
        return cls(
            customer=_numbered(frame[names.customer_id]),
            stage=places[codes],
            stages=stages,
            since=since,
            until=until,
            corrected=_corrected(frame, names),
            zone=_UTC if in_days else _zone(dtype, timezone, names, in_session=in_session),
            in_days=in_days,
        )


def fetched(moves: IntoFrameT, names: MoveNames) -> tuple[Eager, bool]:
    """Return the columns of a table of moves, and whether its engine keeps zones in its session."""
    schema = frame_of(moves, "moves", names.kinds).collect_schema()
    # Days may also be told as text, as `stage_history` does.
    kinds = {
        name: ColumnKind.TEXT if schema.get(name) == nw.String else ColumnKind.TIME
        for name in names.times
    }
    asked = frame_of(moves, "moves", {**names.kinds, **kinds})
    acts = [] if names.act is None or names.act not in schema else [names.act]
    picked = asked.select(*dict.fromkeys((*names.kinds, *kinds, *acts)))
    frame = (
        cast("Eager", picked.collect())
        if isinstance(picked, nw.LazyFrame)
        else nw.maybe_reset_index(picked)
    )
    find_flaws(frame, [empty(name) for name in (*names.kinds, *kinds) if name != names.until])
    lazy = isinstance(asked, nw.LazyFrame)
    return frame, lazy and not asked.implementation.is_polars()


def _zone(
    dtype: nw.dtypes.DType, timezone: str | None, names: MoveNames, *, in_session: bool
) -> ZoneInfo | None:
    """Return the zone of instants; None where nobody tells one, which only periods need."""
    if timezone is not None:
        return named_zone(timezone)
    try:
        return shop_zone(dtype, None, names.moved_at, in_session=in_session)
    except InvalidValueError:
        return None


def _corrected(frame: Eager, names: MoveNames) -> NDArray[np.bool_]:
    """Return which rows put back what an earlier one said, where there is a column of acts."""
    if names.act is None or names.act not in frame.columns or not len(frame):
        return np.zeros(len(frame), dtype=bool)
    restored = nw.col(names.act).cast(nw.String) == JourneyAct.RESTORED.value
    told = frame.select(nw.when(restored).then(1).otherwise(0).alias(names.act))
    return told[names.act].to_numpy().astype(bool)


def _check_stages(
    codes: NDArray[np.integer], words: Sequence[str], stages: Sequence[str], name: str
) -> None:
    for place, word in enumerate(words):
        if word not in stages:
            rows = np.flatnonzero(codes == place).tolist()
            rule = f"must be one of {', '.join(stages)}"
            way_out = did_you_mean(word, stages)
            raise bad_values(name, [word] * len(rows), rows, rule, way_out=way_out)


def _micros(column: nw.Series[Any]) -> Micros:
    if not len(column):
        return np.zeros(0, dtype=np.int64)
    if isinstance(column.dtype, nw.String):
        codes, days = text_codes(column)
        told = [_day(text, codes, place, column.name) for place, text in enumerate(days)]
        return np.array(told, dtype=np.int64).take(codes)
    if isinstance(column.dtype, nw.Datetime):
        return instants(column)
    return local_days(column, None) * MICROS_OF_DAY


def _day(text: str, codes: NDArray[np.integer], place: int, name: str) -> int:
    try:
        return day_number(date.fromisoformat(text)) * MICROS_OF_DAY
    except ValueError:
        rows = np.flatnonzero(codes == place).tolist()
        raise bad_values(name, [text] * len(rows), rows, "must be a day, as 2026-03-31") from None


def _numbered(ids: nw.Series[Any]) -> Codes:
    if not len(ids):
        return np.zeros(0, dtype=np.int64)
    if ids.dtype.is_integer():
        return np.unique(ids.to_numpy(), return_inverse=True)[1].astype(np.int64)
    return text_codes(ids)[0].astype(np.int64)


def moment_in(at: date, name: str, *, in_days: bool) -> int:
    """Return a day's midnight, or an instant, in microseconds since 1970.

    Raises:
        InvalidValueError: If it is a plain day where instants are told, or naive.
    """
    if isinstance(at, datetime) or not in_days:
        return to_micros(instant(cast("datetime", at), name))
    if not isinstance(at, date):
        raise InvalidValueError(name, at, "must be a date")
    return day_number(at) * MICROS_OF_DAY


def bounds_of(told: Rows, as_of: date, observed_from: date | None) -> tuple[int, int | None]:
    """Return up to when all is known, and since when; None for the first move."""
    end = moment_in(as_of, "as_of", in_days=told.in_days)
    # A day counts in full: the next one is not known.
    end += MICROS_OF_DAY if told.in_days and not isinstance(as_of, datetime) else 0
    if observed_from is None:
        return end, None
    begin = moment_in(observed_from, "observed_from", in_days=told.in_days)
    if begin >= end:
        raise InvalidValueError("observed_from", observed_from, "must come before as_of")
    return end, begin


def ordered(told: Rows, frame: Eager, names: MoveNames) -> Codes:
    """Return the rows by customer and time, or by the order that the caller tells."""
    rank = told.since if names.sequence is None else frame[names.sequence].to_numpy()
    order = np.lexsort((rank, told.customer))
    same = told.customer[order][1:] == told.customer[order][:-1]
    tied = np.flatnonzero(same & (rank[order][1:] == rank[order][:-1])) + 1
    if len(tied):
        rows = np.sort(np.concatenate([order[tied - 1], order[tied]])).tolist()
        if names.sequence is None:
            way_out = "name a column that tells which came first: sequence=…"
            raise _refused(
                names.moved_at, told.since, rows, "must differ within a customer", way_out
            )
        values = [rank[row].item() for row in rows[:3]]
        raise bad_values(names.sequence, values, rows, "must stand once within a customer")
    back = np.flatnonzero(same & (told.since[order][1:] < told.since[order][:-1])) + 1
    if len(back):
        way_out = "see which is wrong, the time or the sequence"
        rule = "must not be before the move before it"
        raise _refused(names.moved_at, told.since, order[back].tolist(), rule, way_out)
    return order.astype(np.int64)


def check_times(told: Rows, order: Codes, end: int, names: MoveNames) -> None:
    """Refuse moves later than all is known, and ends that are none."""
    beyond = told.since >= end if told.in_days else told.since > end
    if beyond.any():
        way_out = "leave out what happened later, if it is not to count"
        rows = np.flatnonzero(beyond).tolist()
        raise _refused(names.moved_at, told.since, rows, "must not be after as_of", way_out)
    if names.until is None:
        return
    since, until, customer = (part[order] for part in (told.since, told.until, told.customer))
    later = np.append(np.where(customer[1:] == customer[:-1], since[1:], OPEN), OPEN)[: len(order)]
    limit = np.where(later == OPEN, end, later)
    wrong = (until != OPEN) & ((until < since) | (until > limit))
    if wrong.any():
        rows = np.sort(order[wrong]).tolist()
        rule = "must lie between its own move, and the next one or as_of"
        raise _refused(names.until, told.until, rows, rule, "")


def _refused(
    name: str, micros: Micros, rows: Sequence[int], rule: str, way_out: str
) -> InvalidValueError:
    values = [from_micros(int(micros[row])).isoformat() for row in rows[:3]]
    return bad_values(name, values, rows, rule, way_out=way_out)


def stays_of(told: Rows, order: Codes) -> dict[str, Codes]:
    """Return the stays by customer and time: rows that name no other stage are put together.

    What a correction ends was not left for another stage: no move leads from it.
    """
    customer, stage, since, until = (
        part[order] for part in (told.customer, told.stage, told.since, told.until)
    )
    same = customer[1:] == customer[:-1]
    # Where no end is told, the next move is it.
    until[:-1] = np.where(same, np.minimum(until[:-1], since[1:]), until[:-1])
    follows = same & (until[:-1] == since[1:])
    stays = stage[1:] == stage[:-1]
    begins = np.append([True], ~(follows & stays))[: len(order)]
    follows &= stays | ~told.corrected[order][1:]
    kept = np.flatnonzero(begins)
    lasts = np.append(kept[1:], len(order))[: len(kept)] - 1
    after = np.append(np.where(follows, stage[1:], -1), -1)[: len(order)]
    return {
        "row": order[kept],
        "customer": customer[kept],
        "stage": stage[kept],
        "since": since[kept],
        "until": until[lasts],
        "next": after[lasts],
    }


def check_moves(lifecycle: Lifecycle, stays: dict[str, Codes], names: MoveNames) -> None:
    """Refuse moves that the lifecycle does not allow."""
    codes = lifecycle.codes
    allowed = np.array([[to in lifecycle.allowed(one) for to in codes] for one in codes])
    stage, after = stays["stage"], stays["next"]
    bad = np.flatnonzero((after >= 0) & ~allowed[stage, after])
    if len(bad):
        first = bad[0]
        one, to = codes[stage[first]], codes[after[first]]
        ways = ", ".join(lifecycle.allowed(one)) or "nothing"
        rule = f"must follow upon {one}, which may become {ways}"
        way_out = "see whether a move is missing, or allow this one"
        rows = stays["row"][bad + 1].tolist()
        raise bad_values(names.stage, [to] * len(rows), rows, rule, way_out=way_out)
