"""Many customers' ways through one lifecycle: a table of moves, read and checked once.

Law: a customer is in the stage of his last move until the next one; what cannot be put in order,
or the lifecycle does not know, is refused with its rows. Nothing is known beyond `as_of`.

Source: domain facts S5 and S8.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from typing import Generic
from zoneinfo import ZoneInfo

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.kernel import from_micros
from crmkit.kernel.frames import Eager
from crmkit.stats.chain_arrays import place_of

from .definition import Lifecycle
from .population_rows import (
    Codes,
    Micros,
    MoveNames,
    Rows,
    bounds_of,
    check_moves,
    check_times,
    fetched,
    ordered,
    stays_of,
)


@attrs.frozen(eq=False, repr=False, kw_only=True)
class Population(Generic[IntoFrameT]):
    """The stays of many customers in the stages of one lifecycle, to be asked more than once.

    The arrays are in the order of customer and time.

    Attributes:
        moves: What the caller passed.
        frame: His rows.
        id_name: What he calls the column of customers.
        lifecycle: Whose stages they are; None where they are just words.
        stages: Their codes, in the order of the lifecycle.
        zone: In which days begin; None where nobody told.
        in_days: Whether moves are told by the day.
        is_cut: Whether some of it may have happened before the record begins.
        end: Up to when all is known, in microseconds since 1970.
        begin: Since when all is known, likewise.
        row: In which of the caller's rows each stay begins.
        customer: The number of its customer, from 0 up; rises as the ids do.
        stage: The place of its stage.
        since: When it began, in microseconds since 1970.
        until: When it ended; the largest number where it goes on.
        next: The place of the stage that followed; -1 where none did.

    Examples:
        >>> import pandas
        >>> moves = pandas.DataFrame(
        ...     {
        ...         "customer_id": ["X", "X", "Y"],
        ...         "stage": ["exploration", "growth", "exploration"],
        ...         "moved_at": [date(2026, 1, 5), date(2026, 3, 1), date(2026, 2, 1)],
        ...     }
        ... )
        >>> from crmkit.lifecycle import FOUR_STAGE
        >>> Population.read(moves, as_of=date(2026, 3, 31), lifecycle=FOUR_STAGE)
        Population(2 customers, 3 stays, 4 stages, up to 2026-03-31)
    """

    moves: IntoFrameT
    frame: Eager
    id_name: str
    lifecycle: Lifecycle | None
    stages: tuple[str, ...]
    zone: ZoneInfo | None
    in_days: bool
    is_cut: bool
    end: int
    begin: int
    row: Codes
    customer: Codes
    stage: Codes
    since: Micros
    until: Micros
    next: Codes

    @classmethod
    def read(
        cls,
        moves: IntoFrameT,
        *,
        as_of: date,
        lifecycle: Lifecycle | None = None,
        observed_from: date | None = None,
        timezone: str | None = None,
        customer_id: str = "customer_id",
        stage: str = "stage",
        moved_at: str = "moved_at",
        until: str | None = None,
        sequence: str | None = None,
        act: str | None = "act",
    ) -> Population[IntoFrameT]:
        """Read moves, check them, and put them in order.

        A row that names the stage a customer is in already is no move: his stay goes on.

        Args:
            moves: One row per move, in any order: pandas, polars (eager or lazy), DuckDB,
                PySpark. Of a lazy frame the columns are fetched.
            as_of: Up to when all is known: a day that counts in full, or an instant.
            lifecycle: Whose stages and moves they are; None takes any words and any moves.
            observed_from: Since when all is known: who was there before counts from then on. None
                for the first move, of all.
            timezone: In which days and months begin; None takes that of the column, where it names
                a place. Dates need none, nor does what asks for no periods.
            customer_id: Name of the column of customers.
            stage: Name of the column of stages, as the lifecycle stores them.
            moved_at: Name of the column of dates, days as text in ISO 8601, or instants; naive
                times are refused.
            until: Name of a column that tells when the stay ended, empty where the next move did or
                it goes on. After an end before the next move, a customer was out of sight.
            sequence: Name of a column of whole numbers that tells the order of a customer's moves;
                needed where two moves of his are of one moment.
            act: Name of a column that tells what each row did, as `crm.frames.journey_moves()` and
                `journey_stays()` have it; it may be missing. Where it is "restored" a journey was
                put back by hand: no lifecycle need allow that, and no table counts it as a move.
                The stay before it was in sight until then, and led nowhere.

        Raises:
            InvalidValueError: If a column is missing or of another kind, a value is empty, a stage
                is unknown, a move is not allowed or later than `as_of`, two moves of a customer are
                of one moment, times run backwards, or an end is before its beginning or after the
                next move: with the rows, counted from 0.
        """
        names = MoveNames(customer_id, stage, moved_at, until, sequence, act)
        frame, in_session = fetched(moves, names)
        told = Rows.of(frame, names, lifecycle, timezone, in_session=in_session)
        end, begin = bounds_of(told, as_of, observed_from)
        order = ordered(told, frame, names)
        stays = stays_of(told, order)
        check_times(told, order, end, names)
        if lifecycle is not None:
            check_moves(lifecycle, stays, names)
        first = int(told.since.min()) if len(told.since) else end
        return cls(
            moves=moves,
            frame=frame,
            id_name=customer_id,
            lifecycle=lifecycle,
            stages=told.stages,
            zone=told.zone,
            in_days=told.in_days,
            is_cut=begin is not None,
            end=end,
            begin=first if begin is None else begin,
            **stays,
        )

    @property
    def customers(self) -> int:
        """How many there are."""
        return int(self.customer[-1]) + 1 if len(self.customer) else 0

    def place(self, stage: str) -> int:
        """Return the place of a stage among the stages.

        Raises:
            InvalidValueError: If it is none of them.
        """
        return place_of(stage, self.stages, "stage")

    def stays_at(self, ends: Sequence[int]) -> NDArray[np.int32]:
        """Return customers × instants of the stays just before each instant, by their places.

        It is -1 before the first move, and where a customer is out of sight.

        Args:
            ends: In microseconds since 1970, rising.
        """
        found = np.full((self.customers, len(ends)), -1, dtype=np.int32)
        asked = np.array(ends, dtype=np.int64)
        # Each stay covers the instants after its beginning up to its end.
        low, high = (np.searchsorted(asked, times, "right") for times in (self.since, self.until))
        place, stays = low.copy(), np.flatnonzero(low < high)
        while len(stays):
            found[self.customer[stays], place[stays]] = stays
            place[stays] += 1
            stays = stays[place[stays] < high[stays]]
        return found

    @property
    def runs(self) -> Codes:
        """The number of the stretch in which a customer was always in sight, for each stay."""
        begins = np.append([True], self.next[:-1] < 0)[: len(self.next)]
        return np.cumsum(begins)

    def __repr__(self) -> str:
        last = from_micros(self.end - self.in_days).astimezone(self.zone or UTC).date()
        return (
            f"Population({self.customers} customers, {len(self.stage)} stays, "
            f"{len(self.stages)} stages, up to {last})"
        )
