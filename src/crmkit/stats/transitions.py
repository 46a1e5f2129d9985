"""Transitions: what follows upon what in an event log.

Law: only what happened next in the same case follows; the end of a case is told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from .case_log import CaseLog, EventNames, log_of
from .intervals import wilson
from .log_columns import blocks


if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(kw_only=True, repr=False)
class TransitionMatrix:
    """How often each activity followed upon each other one.

    Attributes:
        activities: In the order in which cases come to them, by their mean place in a case.
        n: For each activity, how often each one came next in the case: rows of whole numbers.
        starts: How many cases began with each.
        ends: How many cases had nothing after it: they are over, or still there.

    Examples:
        >>> import pandas
        >>> day = pandas.Timestamp("2026-03-06", tz="UTC")
        >>> events = pandas.DataFrame(
        ...     {
        ...         "case_id": ["K-1", "K-1", "K-1", "K-2", "K-2"],
        ...         "activity": ["new", "wait", "done", "new", "done"],
        ...         "at": day,
        ...         "sequence": [1, 2, 3, 1, 2],
        ...     }
        ... )
        >>> matrix = transition_matrix(events)
        >>> matrix.counts
              new  wait  done
        new     0     1     1
        wait    0     0     1
        done    0     0     0
        >>> matrix.shares.loc["new"].tolist()
        [0.0, 0.5, 0.5]
    """

    activities: tuple[str, ...]
    n: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def counts(self) -> pd.DataFrame:
        """How often: from the activity of the row to that of the column, as a pandas frame."""
        import pandas as pd

        names = list(self.activities)
        return pd.DataFrame(self._array(), index=names, columns=names)

    @property
    def shares(self) -> pd.DataFrame:
        """The same as shares of the row: 0 to 1; NaN where nothing ever followed."""
        counts = self.counts
        totals = counts.sum(axis="columns")
        return counts.div(totals.where(totals > 0), axis="index")

    def table(self, *, confidence: float = 0.95) -> pd.DataFrame:
        """Return one row per transition that happened, the most frequent first, as a pandas frame.

        Columns: `activity`, `next`, `n`, `of` (how often anything followed), and `share` with
        `low` and `high`, the ends of Wilson's interval.

        Args:
            confidence: Share of such intervals that hold the true value.

        Raises:
            InvalidValueError: If the confidence is not between 0 and 1.
        """
        import pandas as pd

        counts = self._array()
        totals = counts.sum(axis=1).tolist()
        places = sorted(np.argwhere(counts).tolist(), key=lambda place: -counts[tuple(place)])
        rows = []
        for row, column in places:
            share = wilson(int(counts[row, column]), totals[row], confidence=confidence)
            names = self.activities[row], self.activities[column]
            rows.append(
                (*names, counts[row, column], totals[row], share.value, share.low, share.high)
            )
        columns = ["activity", "next", "n", "of", "share", "low", "high"]
        return pd.DataFrame(rows, columns=columns)

    def _array(self) -> NDArray[np.int64]:
        size = len(self.activities)
        return np.array(self.n, dtype=np.int64).reshape(size, size)

    def __repr__(self) -> str:
        steps = int(self._array().sum())
        return (
            f"TransitionMatrix({len(self.activities)} activities, {sum(self.starts)} cases, "
            f"{steps} transitions)"
        )


def transition_matrix(
    events: IntoFrameT | CaseLog[IntoFrameT],
    *,
    case_id: str = "case_id",
    activity: str = "activity",
    at: str = "at",
    sequence: str = "sequence",
) -> TransitionMatrix:
    """Count which activity follows upon which.

    Args:
        events: One row per event, or a log that was read already, as for `dwell_times`.
        case_id: Name of the column of cases: text or whole numbers.
        activity: Name of the column that tells what began.
        at: Name of the column of instants; naive times are refused.
        sequence: Name of the column of places in a case: whole numbers, each once in a case.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty, a sequence
            stands twice in a case, or times run backwards in a case.

    Examples:
        >>> import polars
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 3, 6, 12, tzinfo=UTC)
        >>> told = {"activity": ["new", "done", "new"], "sequence": [1, 2, 3]}
        >>> events = polars.DataFrame({"case_id": 1, "at": noon, **told})
        >>> transition_matrix(events)
        TransitionMatrix(2 activities, 1 cases, 2 transitions)
        >>> transition_matrix(events).table()[["activity", "next", "n", "share"]]
          activity  next  n  share
        0     done   new  1    1.0
        1      new  done  1    1.0
    """
    log = log_of(events, EventNames(case_id, activity, at, sequence))
    size = len(log.activities)
    first, last = log.activity[log.firsts], log.activity[log.lasts]
    starts, ends = (np.bincount(codes, minlength=size) for codes in (first, last))
    pairs = _pairs(log.activity, size)
    # What ends a case is followed by the next case's first event, and that is no transition.
    pairs -= np.bincount(_numbered(last[:-1], first[1:], size), minlength=size * size)
    n = pairs.reshape(size, size)
    order = _by_place(log, n.sum(axis=1) + ends)
    return TransitionMatrix(
        activities=tuple(log.activities[code] for code in order),
        n=tuple(map(tuple, n[np.ix_(order, order)].tolist())),
        starts=tuple(starts[order].tolist()),
        ends=tuple(ends[order].tolist()),
    )


def _pairs(codes: NDArray[np.int32], size: int) -> NDArray[np.intp]:
    """Count pairs of neighbours by their numbers."""
    counts = np.zeros(size * size, dtype=np.intp)
    for rows in blocks(len(codes) - 1, at_least=size * size):
        pairs = _numbered(codes[rows], codes[rows.start + 1 : rows.stop + 1], size)
        counts += np.bincount(pairs, minlength=size * size)
    return counts


def _numbered(one: NDArray[np.int32], other: NDArray[np.int32], size: int) -> NDArray[np.intp]:
    pairs = one.astype(np.intp)
    pairs *= size
    pairs += other
    return pairs


def _by_place(log: CaseLog[Any], counts: NDArray[np.intp]) -> list[int]:
    """Return the activities by their mean place in a case, equal ones by their names.

    Args:
        log: The log.
        counts: How many events there are of each activity.
    """
    # Places rise by one, and fall back to nothing where a case begins.
    steps = np.ones(len(log.at), dtype=np.int32)
    steps[log.firsts] -= np.diff(log.firsts, prepend=0)
    sums, place = np.zeros(len(counts)), -1
    for rows in blocks(len(steps), at_least=len(counts)):
        places = np.cumsum(steps[rows])
        places += place
        sums += np.bincount(log.activity[rows], weights=places, minlength=len(counts))
        place = int(places[-1])
    return [int(code) for code in np.argsort(sums / np.maximum(counts, 1), kind="stable")]
