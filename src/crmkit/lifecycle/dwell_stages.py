"""How long customers stay in a stage, and where they go from there.

Law: a stay that goes on counts for as long as it has lasted; one that began before the record does
counts from the record on, for had it ended earlier, nobody would know; one that ended in one way
cannot end in another.

Source: domain facts S5 and S8; Kaplan and Meier (1958), Aalen and Johansen (1978): see
`crmkit.stats.kaplan_meier` and `aalen_johansen`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar
from crmkit.kernel.estimate import check_confidence
from crmkit.stats import CumulativeIncidence, SmallGroupRule, SurvivalCurve, elapsed_many
from crmkit.stats.competing import incidence_of
from crmkit.stats.days import MICROS_OF_DAY
from crmkit.stats.group_sizes import SMALL_GROUPS, check_rule
from crmkit.stats.survival import curve_of

from .population import Population
from .population_frames import frame_like
from .population_rows import OPEN, Codes, Micros


_MICRO: Final = timedelta(microseconds=1)


def stage_dwell(
    population: Population[IntoFrameT],
    *,
    calendar: WorkCalendar | None = None,
    confidence: float = 0.95,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> IntoFrameT:
    """Tell for each stage how long customers stay in it.

    Args:
        population: The stays of all customers.
        calendar: Whose working time counts; None for absolute time.
        confidence: Share of such intervals that hold the true value.
        rule: Of how many stays on a median is told, and told without a flag.

    Returns:
        The same kind of frame as the moves, by the order of stages: `stage`, `n` (stays in sight),
        `ended`, `open`, `delayed` (began before the record), `before` (ended before it, and not
        counted), `median` with `low` and `high` (durations, empty where they lie beyond what was
        observed, or nothing was), and `group_size`, by how many have ended: "shown", "few", or
        "suppressed", with the median empty; "empty" where none has.

    Raises:
        InvalidValueError: If the confidence is not between 0 and 1, or the rule is none.

    Warns:
        AssumptionWarning: As `kaplan_meier`.

    Units:
        Durations: of the calendar's working time, or absolute.

    Source:
        Kaplan and Meier (1958).

    Examples:
        >>> import pandas
        >>> from datetime import date
        >>> moves = pandas.DataFrame(
        ...     {
        ...         "customer_id": [1, 1, 2],
        ...         "stage": ["exploration", "growth", "exploration"],
        ...         "moved_at": [date(2026, 1, 5), date(2026, 2, 10), date(2026, 1, 20)],
        ...     }
        ... )
        >>> from crmkit.lifecycle import Population
        >>> population = Population.read(moves, as_of=date(2026, 4, 30))
        >>> stage_dwell(population)[["stage", "n", "ended", "open", "median", "group_size"]]
                 stage  n  ended  open median  group_size
        0  exploration  2      1     1    NaT  suppressed
        1       growth  1      0     1    NaT       empty
    """
    check_confidence(confidence)
    check_rule(rule)
    rows = []
    for place, stage in enumerate(population.stages):
        stays = _stays_in(population, place, calendar)
        times: list[timedelta | None] = [None] * 3
        ended = int(stays.ended.sum())
        size = rule.of(ended)
        if stays.n and not size.is_kept_back:
            median = _curve(stays, confidence).median
            times = [_duration(told) for told in (median.value, median.low, median.high)]
        counts = (stays.n, ended, stays.n - ended, int((stays.entries > 0).sum()), stays.before)
        rows.append((stage, *counts, *times, size.value))
    told = {name: [row[place] for row in rows] for place, name in enumerate(_DWELL)}
    return frame_like(population, told, _DWELL)


def stage_survival(
    population: Population[Any],
    stage: str,
    *,
    calendar: WorkCalendar | None = None,
    confidence: float = 0.95,
) -> SurvivalCurve:
    """Return what share of the stays in a stage goes on beyond each time.

    Args:
        population: The stays of all customers.
        stage: Which.
        calendar: Whose working time counts; None for absolute time.
        confidence: Share of such intervals that hold the true value.

    Raises:
        InvalidValueError: If the stage is unknown, or nobody was seen in it.

    Warns:
        AssumptionWarning: As `kaplan_meier`.

    Units:
        Times in days of 24 hours; shares 0 to 1.

    Source:
        Kaplan and Meier (1958).

    Examples:
        >>> import pandas
        >>> from datetime import date
        >>> moves = pandas.DataFrame(
        ...     {"customer_id": [1, 1], "stage": ["new", "loyal"]}
        ... ).assign(moved_at=[date(2026, 1, 5), date(2026, 2, 10)])
        >>> from crmkit.lifecycle import Population
        >>> population = Population.read(moves, as_of=date(2026, 4, 30))
        >>> stage_survival(population, "new")
        SurvivalCurve(n=1, ended=1, censored=0, median 36, up to 36)
    """
    check_confidence(confidence)
    return _curve(_seen(population, stage, calendar), confidence)


def stage_exits(
    population: Population[Any],
    stage: str,
    *,
    calendar: WorkCalendar | None = None,
    confidence: float = 0.95,
) -> CumulativeIncidence:
    """Return what share of the stays in a stage has ended in which other stage by each time.

    Who was out of sight after an end is censored there: nobody knows where he went.

    Args:
        population: The stays of all customers.
        stage: Which.
        calendar: Whose working time counts; None for absolute time.
        confidence: Share of such intervals that hold the true value.

    Raises:
        InvalidValueError: If the stage is unknown, nobody was seen in it, or nobody left it.

    Warns:
        AssumptionWarning: As `kaplan_meier`.

    Units:
        Times in days of 24 hours; shares 0 to 1.

    Source:
        Aalen and Johansen (1978).

    Examples:
        >>> import pandas
        >>> from datetime import date
        >>> moves = pandas.DataFrame(
        ...     {"customer_id": [1, 1, 2, 2], "stage": ["new", "loyal", "new", "lost"]}
        ... ).assign(moved_at=[date(2026, month, 1) for month in (1, 2, 1, 4)])
        >>> from crmkit.lifecycle import Population
        >>> population = Population.read(moves, as_of=date(2026, 4, 30))
        >>> stage_exits(population, "new")
        CumulativeIncidence(n=2, lost 1, loyal 1, censored 0, up to 90)
    """
    check_confidence(confidence)
    stays = _seen(population, stage, calendar)
    ways = sorted({population.stages[place] for place in np.unique(stays.next[stays.next >= 0])})
    if not ways:
        rule, way_out = "must have been left by somebody", "ask stage_survival(…) instead"
        raise InvalidValueError("stage", stage, rule, way_out)
    place_of = np.full(len(population.stages) + 1, -1, dtype=np.int64)
    for number, way in enumerate(ways):
        place_of[population.stages.index(way)] = number
    codes = place_of[stays.next]
    return incidence_of(stays.lengths, codes, tuple(ways), confidence, entries=stays.entries)


@attrs.frozen(eq=False)
class _Stays:
    """Stays in one stage, in days, as far as they were in sight."""

    lengths: NDArray[np.float64]
    entries: NDArray[np.float64]
    next: Codes
    before: int

    @property
    def n(self) -> int:
        return len(self.lengths)

    @property
    def ended(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.next >= 0
        return found


def _stays_in(population: Population[Any], place: int, calendar: WorkCalendar | None) -> _Stays:
    here = population.stage == place
    since, after = population.since[here], population.next[here]
    until = np.where(population.until[here] == OPEN, population.end, population.until[here])
    # What ended before the record begins was in sight of nobody.
    late = (since < population.begin) & (until <= population.begin)
    since, until, after = since[~late], until[~late], after[~late]
    begin = np.maximum(since, population.begin)
    lengths, entries = (_days(since, ends, calendar) for ends in (until, begin))
    # In working time nothing may have passed since he came into sight: he was there for no time.
    shown = (entries < lengths) | (entries <= 0)
    return _Stays(lengths[shown], entries[shown], after[shown], int(late.sum() + (~shown).sum()))


def _seen(population: Population[Any], stage: str, calendar: WorkCalendar | None) -> _Stays:
    stays = _stays_in(population, population.place(stage), calendar)
    if not stays.n:
        raise InvalidValueError("stage", stage, "must be one that somebody was seen in")
    return stays


def _days(since: Micros, until: Micros, calendar: WorkCalendar | None) -> NDArray[np.float64]:
    if calendar is None:
        return (until - since) / MICROS_OF_DAY
    spans = elapsed_many(calendar, *(part.view("datetime64[us]") for part in (since, until)))
    return spans.astype("timedelta64[us]").astype(np.int64) / MICROS_OF_DAY


def _curve(stays: _Stays, confidence: float) -> SurvivalCurve:
    return curve_of(stays.lengths, stays.ended, confidence, entries=stays.entries)


def _duration(days: float | None) -> timedelta | None:
    return None if days is None else round(days * MICROS_OF_DAY) * _MICRO


_DWELL: Final = {
    "stage": nw.String(),
    "n": nw.Int64(),
    "ended": nw.Int64(),
    "open": nw.Int64(),
    "delayed": nw.Int64(),
    "before": nw.Int64(),
    "median": nw.Duration("us"),
    "low": nw.Duration("us"),
    "high": nw.Duration("us"),
    "group_size": nw.String(),
}
