"""Event logs: what happened to cases, read once and put in order.

Law: the order of a case's events is its sequence, never the time alone, for events of one moment
are common. What cannot be put in order is refused with its case and its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, Final, Generic, TypeAlias, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT, IntoSeries
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import from_micros, instant, to_micros
from crmkit.kernel.frames import COLUMNS, Eager, Flaw, bad_values, empty, find_flaws, frame_of

from .event_order import Whole, in_order
from .log_columns import text_codes, texts_of
from .row_blocks import blocks
from .time_columns import MISSING, Micros, instants_in


Places: TypeAlias = NDArray[np.intp] | slice

_WHOLE_FLOATS: Final = 2**53
_TOLD: Final = 3


@attrs.frozen
class EventNames:
    """What the caller calls his columns."""

    case_id: str
    activity: str
    at: str
    sequence: str


@attrs.frozen(eq=False, repr=False)
class CaseLog(Generic[IntoFrameT]):
    """An event log that was read, checked and put in order once, to be asked more than once.

    Whatever takes a frame of events takes it in its place.

    The arrays are as narrow as what they hold allows.

    Attributes:
        events: What the caller passed.
        frame: The caller's rows, in his order.
        names: What he calls his columns.
        order: The row of each event.
        cases: The number of each event's case, from 0 up; rises as the ids do.
        sequence: The place of each event in its case, as the caller counts.
        at: When each began, in microseconds since 1970.
        activity: What began, by its place in `activities`.
        activities: The names of all activities, in alphabetical order.

    Examples:
        >>> import pandas
        >>> from crmkit.stats import dwell_times, transition_matrix
        >>> nine = pandas.Timestamp("2026-03-06 09:00", tz="UTC")
        >>> told = {"activity": ["new", "done"], "sequence": [1, 2]}
        >>> log = CaseLog.read(pandas.DataFrame({"case_id": "K-1", "at": nine, **told}))
        >>> log
        CaseLog(2 events, 1 cases, 2 activities)
        >>> transition_matrix(log)
        TransitionMatrix(2 activities, 1 cases, 1 transitions)
        >>> len(dwell_times(log, as_of=nine))
        2
    """

    events: IntoFrameT
    frame: Eager
    names: EventNames
    order: Whole
    cases: Whole
    sequence: Whole
    at: Micros
    activity: Whole
    activities: tuple[str, ...]

    @classmethod
    def read(
        cls,
        events: IntoFrameT,
        *,
        case_id: str = "case_id",
        activity: str = "activity",
        at: str = "at",
        sequence: str = "sequence",
    ) -> CaseLog[IntoFrameT]:
        """Read events, check them, and put them in order.

        Args:
            events: One row per event, in any order: pandas, polars (eager or lazy), DuckDB. Of a
                lazy frame, the four columns are fetched.
            case_id: Name of the column of cases: text or whole numbers.
            activity: Name of the column that tells what began.
            at: Name of the column of instants; naive times are refused.
            sequence: Name of the column of places in a case: whole numbers, each once in a case.

        Raises:
            InvalidValueError: If a column is missing or of another kind, a value is empty, a
                sequence is no whole number or stands twice in a case, or times run backwards in a
                case.
        """
        return _read(events, EventNames(case_id, activity, at, sequence))

    def up_to(self, as_of: datetime) -> int:
        """Return an instant in microseconds, after a check that no event is later.

        Raises:
            InvalidValueError: If one is, or the instant is naive.
        """
        end = to_micros(instant(as_of, "as_of"))
        _check_end(self, end)
        return end

    @cached_property
    def firsts(self) -> NDArray[np.intp]:
        """Where each case's first event stands."""
        begins = np.ones(len(self.cases), dtype=bool)
        np.not_equal(self.cases[1:], self.cases[:-1], out=begins[1:])
        return np.flatnonzero(begins)

    @cached_property
    def lasts(self) -> NDArray[np.intp]:
        """Where each case's last event stands."""
        return np.append(self.firsts[1:], len(self.at))[: len(self.firsts)] - 1

    def case_blocks(self, *, at_least: int = 0) -> Iterator[tuple[slice, slice]]:
        """Yield slices of events, about as many as in `blocks`, with those of their cases.

        No case is parted.
        """
        begins = [rows.start for rows in blocks(len(self.at), at_least=at_least)]
        cuts = [*dict.fromkeys(np.searchsorted(self.firsts, begins).tolist()), len(self.firsts)]
        for begin, end in pairwise(dict.fromkeys(cuts)):
            yield slice(int(self.firsts[begin]), int(self.lasts[end - 1]) + 1), slice(begin, end)

    def following(self, values: Micros, end: int) -> Micros:
        """Return of each event the value of its successor in its case; the end for the last."""
        found = np.empty_like(values)
        found[:-1] = values[1:]
        found[self.lasts] = end
        return found

    def ids(self, events: Places) -> nw.Series[IntoSeries]:
        """Return the ids of events' cases, in the caller's kind."""
        given = self.frame[self.names.case_id]
        kind = getattr(given.to_native(), "dtype", None)
        if isinstance(kind, np.dtype) and kind.kind in "iu" and len(self.cases):
            first, last = (int(given[int(self.order[place])]) for place in (0, -1))
            # Without a gap that was closed, numbers of cases are ids, counted from the first.
            if last - first == int(self.cases[-1]):
                found = self.cases[events].astype(kind)
                found += kind.type(first)
                return nw.new_series("case_id", found, backend=given.implementation)
        return given[self.order[events]].alias("case_id")

    def texts(self, events: Places) -> nw.Series[IntoSeries]:
        """Return the activities of events as text."""
        return texts_of(self.activity[events], self.activities, "activity", self.frame)

    def __repr__(self) -> str:
        return (
            f"CaseLog({len(self.at)} events, {len(self.firsts)} cases, "
            f"{len(self.activities)} activities)"
        )


def log_of(events: IntoFrameT | CaseLog[IntoFrameT], names: EventNames) -> CaseLog[IntoFrameT]:
    """Return events as a log; one that was read already has its columns, whatever the names."""
    return events if isinstance(events, CaseLog) else _read(events, names)


def _read(events: IntoFrameT, names: EventNames) -> CaseLog[IntoFrameT]:
    frame = _fetched(events, names)
    if not len(frame):
        none = np.zeros(0, dtype=np.int64)
        return CaseLog(events, frame, names, none, none, none, none, none, ())
    at = _filled(frame, names)
    codes, activities = text_codes(frame[names.activity])
    numbers, least = _case_numbers(frame[names.case_id])
    sequence = _whole(frame, names.sequence)
    told = in_order(numbers, least, sequence, at, codes, texts=len(activities))
    log = CaseLog(
        events,
        frame,
        names,
        order=told.rows,
        cases=told.cases,
        sequence=told.sequence,
        at=told.at,
        activity=told.codes,
        activities=tuple(activities),
    )
    _check_order(log)
    return log


def _fetched(events: IntoFrameT, names: EventNames) -> Eager:
    """Return the four columns, of a lazy frame from its engine."""
    wanted = {told: COLUMNS[name].kind for name, told in attrs.asdict(names).items()}
    asked = frame_of(events, "events", wanted)
    if isinstance(asked, nw.LazyFrame):
        return cast("Eager", asked.select(*wanted).collect())
    return nw.maybe_reset_index(asked.select(*wanted))


def _filled(frame: Eager, names: EventNames) -> Micros:
    """Check that nothing is missing, and return the times."""
    at = instants_in(frame[names.at].to_native(), names.at)
    others = (names.case_id, names.activity, names.sequence)
    # Counting what is missing is quicker than telling where, which the second look does.
    if int(at.min()) == MISSING or any(_missing(frame[name]) for name in others):
        find_flaws(frame, [*map(empty, attrs.astuple(names))])
    return at


def _missing(values: nw.Series[IntoSeries]) -> int:
    # numpy's whole numbers are all there; Arrow has counted already.
    if (
        isinstance(getattr(values.to_native(), "dtype", None), np.dtype)
        and values.dtype.is_integer()
    ):
        return 0
    return values.null_count()


def _whole(frame: Eager, column: str) -> Whole:
    values = frame[column]
    if not values.dtype.is_integer():
        number = nw.col(column).cast(nw.Float64)
        bad = ~number.is_finite() | (number.abs() >= _WHOLE_FLOATS) | (number.floor() != number)
        find_flaws(frame, [Flaw(column, bad, "must be a whole number")])
        return values.cast(nw.Float64).to_numpy().astype(np.int64)
    array = values.to_numpy()
    if array.dtype.kind == "u" and int(array.max()) >= 2**63:
        raise InvalidValueError(column, int(array.max()), "must be below 2**63")
    return array.astype(np.int64, copy=False)


def _case_numbers(ids: nw.Series[IntoSeries]) -> tuple[Whole, int]:
    """Return numbers that rise as the ids of cases do, and the lowest of them."""
    if not ids.dtype.is_integer():
        return text_codes(ids)[0], 0
    array = ids.to_numpy()
    low, high = int(array.min()), int(array.max())
    if high - low < 2**31 and high < 2**63:
        return array, low
    return np.unique(array, return_inverse=True)[1], 0


def _check_order(log: CaseLog[Any]) -> None:
    if all(_is_ordered(log, slice(rows.start, rows.stop + 1)) for rows in blocks(len(log.at))):
        return
    same = log.cases[1:] == log.cases[:-1]
    twice = np.flatnonzero(same & (log.sequence[1:] == log.sequence[:-1])) + 1
    if len(twice):
        rule = f"must stand once in a case{_of_case(log, twice)}"
        way_out = "number the events of each case in the order in which they happened"
        raise _refusal(log, log.names.sequence, log.sequence[twice].tolist(), twice, rule, way_out)
    back = np.flatnonzero(same & (log.at[1:] < log.at[:-1])) + 1
    rule = f"must not be before the event before it{_of_case(log, back)}"
    way_out = "see which is wrong, the time or the sequence"
    raise _refusal(log, log.names.at, _times(log.at[back]), back, rule, way_out)


def _is_ordered(log: CaseLog[Any], rows: slice) -> bool:
    case, place, at = log.cases[rows], log.sequence[rows], log.at[rows]
    bad = place[1:] == place[:-1]
    bad |= at[1:] < at[:-1]
    bad &= case[1:] == case[:-1]
    return not bad.any()


def _check_end(log: CaseLog[Any], end: int) -> None:
    if int(log.at.max(initial=MISSING)) <= end:
        return
    late = np.flatnonzero(log.at > end)
    rule = f"must not be after as_of, {from_micros(end).isoformat()}{_of_case(log, late)}"
    way_out = "leave out what happened later, if it is not to count"
    raise _refusal(log, log.names.at, _times(log.at[late]), late, rule, way_out)


def _of_case(log: CaseLog[Any], events: NDArray[np.intp]) -> str:
    first = events[:1]
    case, place = log.ids(first).to_list()[0], int(log.sequence[first[0]])
    return f" (case {case!r}, {log.names.sequence} {place})"


def _times(micros: Micros) -> list[str]:
    return [from_micros(int(moment)).isoformat() for moment in micros[:_TOLD]]


def _refusal(
    log: CaseLog[Any],
    column: str,
    values: Sequence[object],
    events: NDArray[np.intp],
    rule: str,
    way_out: str,
) -> InvalidValueError:
    places = log.order[events].tolist()
    return bad_values(column, values, places, rule, way_out=way_out)
