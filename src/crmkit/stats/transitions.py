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
    starts, ends = (
        np.bincount(log.activity[events], minlength=size) for events in (log.firsts, log.lasts)
    )
    n, places = _counted(log, size)
    # By their mean place in a case, equal ones by their names.
    order = np.argsort(places / np.maximum(n.sum(axis=1) + ends, 1), kind="stable").tolist()
    return TransitionMatrix(
        activities=tuple(log.activities[code] for code in order),
        n=tuple(map(tuple, n[np.ix_(order, order)].tolist())),
        starts=tuple(starts[order].tolist()),
        ends=tuple(ends[order].tolist()),
    )


def _counted(log: CaseLog[Any], size: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Count what follows upon what, and add up the places of each activity in the cases."""
    # One more for what nothing follows upon, which is no transition.
    cells = size * size + 1
    pairs, places = np.zeros(cells, dtype=np.intp), np.zeros(size)
    for events, cases in log.case_blocks(at_least=cells):
        codes = log.activity[events].astype(np.intp)
        firsts, lasts = log.firsts[cases] - events.start, log.lasts[cases] - events.start
        place = np.arange(len(codes))
        place -= np.repeat(firsts, lasts - firsts + 1)
        places += np.bincount(codes, weights=place, minlength=size)
        numbers = codes * size
        numbers[:-1] += codes[1:]
        numbers[lasts] = cells - 1
        pairs += np.bincount(numbers, minlength=cells)
    return pairs[:-1].reshape(size, size), places
