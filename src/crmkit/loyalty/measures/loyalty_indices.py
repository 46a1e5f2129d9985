"""Loyalty by what customers say: the mean of their scores, with its interval.

Law: intent is not behaviour: the two are told side by side, never mixed.

Source: domain fact L7; Student (1908); under weights linearised, Binder (1983), as in
`crmkit.stats.weighted_mean`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, overload

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.customer_rows import unfit_if_given
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import Eager, Lazy, frame_of
from crmkit.stats import GroupSize, SmallGroupRule
from crmkit.stats.group_columns import By, check_by
from crmkit.stats.group_sizes import SMALL_GROUPS, check_rule
from crmkit.stats.intervals import cut_to, student_quantile
from crmkit.stats.no_width import warn_of_no_width
from crmkit.stats.weighted import warn_if_few_weigh

from .group_sums import MIDDLE, GroupSums, Sums, group_sums, table_of
from .respondents import ALIKE, TWO, Respondents, effective, number_columns, sizes_of


_ROUNDING: Final = 1e-12
_TABLE: Final = {
    "value": nw.Float64(),
    "low": nw.Float64(),
    "high": nw.Float64(),
    "n": nw.Int64(),
    "n_missing": nw.Int64(),
    "method": nw.String(),
    "group_size": nw.String(),
}


@overload
def loyalty_index(
    frame: IntoFrame,
    *,
    loyalty: str = "loyalty",
    weights: str | None = None,
    by: None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate: ...


@overload
def loyalty_index(
    frame: IntoFrameT,
    *,
    loyalty: str = "loyalty",
    weights: str | None = None,
    by: By,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def loyalty_index(
    frame: IntoFrame,
    *,
    loyalty: str = "loyalty",
    weights: str | None = None,
    by: By | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate | IntoFrame:
    r"""Estimate the mean loyalty of a base by what its customers say.

    The score of each comes as a column, from wherever it is made: `SEA_LION_LOYALTY.of` of two
    answers, or the scores of a survey's loyalty items by `survey_scores`.

    Args:
        frame: One row per respondent, empty where there is no score: pandas, polars (eager or
            lazy), DuckDB, PySpark. A lazy frame is asked two aggregate queries.
        loyalty: Name of the column of scores.
        weights: Name of the column of respondents' weights, none negative; None weighs all alike.
        by: Name or names of columns whose values make groups; None for all together.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The mean $\bar x \pm t_{n-1}\, s/\sqrt n$, cut at 0 and 100; linearised where there are
        weights. Who has a weight of 0 counts as missing. With `by` the same kind of frame, one row
        a group in rising order: the columns of `by`, then `value`, `low`, `high`, `n`, `n_missing`,
        `method` and `group_size`, which says why a small group has no value.

    Raises:
        InvalidValueError: If a score is no number from 0 to 100, a column is missing or of another
            kind, a weight is none, a row is in no group, or fewer than two have a score.

    Warns:
        AssumptionWarning: If all scores are alike, so that the interval has no width; or if few of
            many weigh anything, as of `crmkit.stats.weighted_mean`.

    Units:
        0 to 100.

    Source:
        Domain fact L7; Student (1908).

    Examples:
        >>> import pandas
        >>> answers = pandas.DataFrame({"loyalty": [75, 100, 50, None, 75]})
        >>> print(loyalty_index(answers))
        75 (95 % interval 42.52 to 100, n = 4, 1 missing, student-t)
    """
    check_confidence(confidence)
    check_rule(rule)
    asked = frame_of(frame, "frame", number_columns(loyalty, weights))
    names = () if by is None else check_by(asked, by, _TABLE)
    sums = _sums(asked, names, loyalty, weights)
    if by is None:
        return _mean(sums.rows[0], loyalty, "values", confidence)
    told: dict[str, list[object]] = {name: [] for name in _TABLE}
    for place, (row, size) in enumerate(zip(sums.rows, _sizes(sums, rule), strict=True)):
        found = None
        if size.is_shown:
            found = _mean(row, loyalty, f"values of {sums.name(place)}", confidence)
        _tell(told, found, row, size)
    return table_of(sums, told, _TABLE, frame)


def _sums(asked: Eager | Lazy, by: Sequence[str], loyalty: str, weights: str | None) -> GroupSums:
    score = nw.col(loyalty).cast(nw.Float64) - MIDDLE
    respondents = Respondents.weighing(weights)
    weight = respondents.weight
    square = weight * weight * score
    parts = {"x": weight * score, "wx": square, "wxx": square * score}
    flaws = unfit_if_given(loyalty, 0, 100, "must be a number from 0 to 100, or empty")
    sums = respondents.sums(~nw.col(loyalty).is_null(), parts)
    return group_sums(asked, by, [*flaws, *respondents.flaws], sums)


def _sizes(sums: GroupSums, rule: SmallGroupRule) -> Iterator[GroupSize]:
    """Yield whether each group may be shown: one person alone tells no spread."""
    for row, size in zip(sums.rows, sizes_of(sums.rows, rule), strict=True):
        yield size.without_estimate() if row["n"] and effective(row) < TWO else size


def _mean(row: Sums, column: str, what: str, confidence: float) -> Estimate:
    """Return a mean with its linearised interval from sums less the middle of the scale."""
    n = row["n"]
    if not n >= 2 or effective(row) < TWO:
        rule, way_out = "must hold two scores at least that weigh", "one tells no spread"
        raise InvalidValueError(column, int(n or 0), rule, way_out)
    mean = row["x"] / row["w"]
    spread = row["wxx"] - 2 * mean * row["wx"] + mean * mean * row["ww"]
    # What the rounding of sums leaves of scores that are all alike is no spread.
    spread = 0.0 if spread <= _ROUNDING * (row["wxx"] + row["ww"]) else spread
    if not spread:
        warn_of_no_width(f"all {int(n)} {what} are {mean + MIDDLE:g}")
    warn_if_few_weigh(int(n), effective(row), what=what)
    error = math.sqrt(n / (n - 1) * spread) / row["w"]
    middle, reach = mean + MIDDLE, student_quantile(confidence, n - 1) * error
    found = Estimate(
        middle,
        middle - reach,
        middle + reach,
        confidence=confidence,
        n=int(n),
        n_missing=int(row["gone"]),
        method="linearised" if abs(n / effective(row) - 1) > ALIKE else "student-t",
    )
    return cut_to(found, 0, 100)


def _tell(
    told: dict[str, list[object]], found: Estimate | None, row: Sums, size: GroupSize
) -> None:
    for name in ("value", "low", "high", "method"):
        told[name].append(None if found is None else getattr(found, name))
    for name, column in (("n", "n"), ("n_missing", "gone")):
        told[name].append(None if size.is_kept_back else int(row[column]))
    told["group_size"].append(str(size.value))
