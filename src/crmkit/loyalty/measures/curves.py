"""The curve of loyalty by satisfaction: how many are loyal at each level of it.

Law: every level is told by itself, with its interval; small levels are kept back, and whatever
would reveal them by subtraction. Whose satisfaction is not known has a row of his own.

Source: domain fact L5; Jones, T. O. and Sasser, W. E. (1995), "Why satisfied customers defect",
Harvard Business Review 73(6), 88–99; Wilson (1927).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel.customer_rows import unfit_if_given
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import frame_of
from crmkit.kernel.scalars import as_python
from crmkit.stats import GroupSize, SmallGroupRule
from crmkit.stats.group_columns import By, check_by
from crmkit.stats.group_sizes import SMALL_GROUPS, check_rule
from crmkit.stats.intervals import normal_quantile, score_ends
from crmkit.stats.small_groups import guard_people

from .group_sums import GroupSums, Sums, group_sums, table_of
from .respondents import Respondents, effective, number_columns, people_of


LEVELS: Final = (0, 20, 40, 60, 80)
"""Five levels, as the answers from 1 to 5 of the paper."""

_LEVEL: Final = "level of satisfaction"
_TOP: Final = 100.0
_ROUNDING: Final = 1e-12
_TABLE: Final = {
    "satisfaction_from": nw.Float64(),
    "satisfaction_to": nw.Float64(),
    "loyal_share": nw.Float64(),
    "low": nw.Float64(),
    "high": nw.Float64(),
    "n": nw.Int64(),
    "n_missing": nw.Int64(),
    "group_size": nw.String(),
}
_NOBODY: Final[Sums] = dict.fromkeys(("n", "gone", "weightless", "w", "ww", "loyal"), 0.0)


@attrs.frozen(eq=False)
class Level:
    """One level of one group, as it was added up.

    Attributes:
        first: From which score on; None for those whose satisfaction is not known.
        last: To which score.
        row: The sums.
        size: Whether it may be told.
    """

    first: float | None
    last: float | None
    row: Sums
    size: GroupSize

    @property
    def share(self) -> float:
        """The share of the loyal; 0 and 1 exactly, whatever the rounding of weights."""
        share = self.row["loyal"] / self.row["w"]
        return float(round(share)) if abs(share - round(share)) < _ROUNDING else share


@attrs.frozen(eq=False)
class Curves:
    """The curves of all groups.

    Attributes:
        sums: One row a group, its sums left out.
        levels: The levels of each group, in their order.
    """

    sums: GroupSums
    levels: tuple[tuple[Level, ...], ...]


def loyalty_curve(
    frame: IntoFrameT,
    *,
    satisfaction: str = "satisfaction",
    loyalty: str = "loyalty",
    by: By | None = None,
    levels: Sequence[float] = LEVELS,
    loyal_from: float = 75,
    weights: str | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT:
    """Tell how many are loyal at each level of satisfaction.

    Args:
        frame: One row per respondent, empty where a score is not known: pandas, polars (eager or
            lazy), DuckDB, PySpark. A lazy frame is asked two aggregate queries.
        satisfaction: Name of the column of scores of satisfaction.
        loyalty: Name of the column of scores of loyalty.
        by: Name or names of columns whose values make groups, such as the competition in their
            market; None for all together.
        levels: From which score on each level begins, rising from 0.
        loyal_from: From which score of loyalty on somebody is called loyal.
        weights: Name of the column of respondents' weights, none negative; None weighs all alike.
        rule: Which levels are too small to be told.
        confidence: Share of such intervals that hold the true share.

    Returns:
        The same kind of frame, for each group one row a level in rising order, and one more for
        those whose satisfaction is not known: the columns of `by`, then `satisfaction_from`,
        `satisfaction_to` (not included, but for the last level), `loyal_share` with `low` and
        `high` (Wilson's interval, of Kish's effective size where there are weights), `n`,
        `n_missing` and `group_size`, which says why a small level has no share.

    Raises:
        InvalidValueError: If a score is no number from 0 to 100, a column is missing or of another
            kind, a weight is none, a row is in no group, or the levels do not rise from 0.

    Units:
        Shares 0 to 1.

    Source:
        Jones and Sasser (1995), who draw such curves by the competition in the market; what part of
        the scale is loyal is ours.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame(
        ...     {"satisfaction": [50] * 20 + [90] * 20, "loyalty": [40] * 20 + [90] * 18 + [20] * 2}
        ... )
        >>> table = loyalty_curve(base, levels=(0, 75))
        >>> table[["satisfaction_from", "loyal_share", "n"]].values.tolist()
        [[0.0, 0.0, 20.0], [75.0, 0.9, 20.0], [nan, nan, 0.0]]
    """
    check_confidence(confidence)
    asked = (satisfaction, loyalty, weights)
    found = curves_of(frame, asked, by, (levels, loyal_from), rule)
    told: dict[str, list[object]] = {name: [] for name in _TABLE}
    for level in (level for group in found.levels for level in group):
        _tell(told, level, confidence)
    return table_of(found.sums, told, _TABLE, frame)


def curves_of(
    native: IntoFrame,
    columns: tuple[str, str, str | None],
    by: By | None,
    bars: tuple[Sequence[float], float],
    rule: SmallGroupRule,
) -> Curves:
    """Add the loyal up at each level of each group.

    Raises:
        InvalidValueError: As `loyalty_curve`.
    """
    check_rule(rule)
    satisfaction, loyalty, weights = columns
    levels, loyal_from = _checked_levels(bars[0]), _checked_bar(bars[1])
    asked = frame_of(native, "frame", number_columns(*columns))
    names = () if by is None else check_by(asked, by, {*_TABLE, _LEVEL})
    score, known = nw.col(satisfaction).cast(nw.Float64), ~nw.col(satisfaction).is_null()
    place = nw.when(known).then(
        sum(((score >= bar).cast(nw.Int64) for bar in levels[1:]), nw.lit(0))
    )
    placed = asked.with_columns(place.otherwise(len(levels)).cast(nw.Int64).alias(_LEVEL))
    respondents = Respondents.weighing(weights)
    said = "must be a number from 0 to 100, or empty"
    flaws = [flaw for name in columns[:2] for flaw in unfit_if_given(name, 0, 100, said)]
    is_loyal = nw.when(nw.col(loyalty).cast(nw.Float64) >= loyal_from).then(respondents.weight)
    there = known & ~nw.col(loyalty).is_null()
    parts = respondents.sums(there, {"loyal": is_loyal.otherwise(0.0)})
    sums = group_sums(placed, (*names, _LEVEL), [*flaws, *respondents.flaws], parts)
    return _by_group(sums, names, levels, rule)


def _by_group(
    sums: GroupSums, names: Sequence[str], levels: Sequence[float], rule: SmallGroupRule
) -> Curves:
    """Return the levels of every group, those of nobody too."""
    grid: dict[tuple[object, ...], dict[int, Sums]] = {}
    firsts: list[int] = []
    for place, ((*key, level), row) in enumerate(zip(sums.keys.rows(), sums.rows, strict=True)):
        if tuple(key) not in grid:
            firsts.append(place)
        grid.setdefault(tuple(key), {})[int(level)] = row
    ends = [*zip(levels, [*levels[1:], _TOP], strict=True), (None, None)]
    rows = [own.get(place, _NOBODY) for own in grid.values() for place in range(len(ends))]
    # Whoever shows a group as a whole, or a level of all groups, tells what is kept back of it.
    groups = [place // len(ends) for place in range(len(rows))]
    sizes = guard_people(people_of(rows), [groups, [p % len(ends) for p in range(len(rows))]], rule)
    told = [
        Level(*ends[place % len(ends)], row, size)
        for place, (row, size) in enumerate(zip(rows, sizes, strict=True))
    ]
    repeated = [first for first in firsts for _ in ends]
    return Curves(
        GroupSums(sums.keys.select(*names)[repeated] if names else sums.keys.select(), tuple(rows)),
        tuple(tuple(told[at : at + len(ends)]) for at in range(0, len(told), len(ends))),
    )


def _tell(told: dict[str, list[object]], level: Level, confidence: float) -> None:
    row, size = level.row, level.size
    if not row["n"] and row["weightless"]:
        size = GroupSize.WEIGHTLESS
    found: tuple[float | None, ...] = (None, None, None)
    if size.is_shown:
        ends = score_ends(level.share, effective(row), normal_quantile(confidence))
        found = (level.share, *ends)
    counts = (None, None) if size.is_kept_back else (int(row["n"]), int(row["gone"]))
    values = (level.first, level.last, *found, *counts, str(size.value))
    for name, value in zip(_TABLE, values, strict=True):
        told[name].append(value)


def _checked_levels(levels: Sequence[float]) -> tuple[float, ...]:
    told = tuple(as_python(one) for one in levels)
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in told)
    if not numbers or told[:1] != (0,) or list(told) != sorted(set(told)) or told[-1] >= _TOP:
        raise InvalidValueError("levels", told, "must rise from 0, and begin below 100")
    return tuple(map(float, told))


def _checked_bar(loyal_from: float) -> float:
    bar = as_python(loyal_from)
    number = isinstance(bar, int | float) and not isinstance(bar, bool)
    if not number or not 0 < bar <= _TOP:
        raise InvalidValueError("loyal_from", bar, "must be above 0, and 100 at most")
    return float(bar)
