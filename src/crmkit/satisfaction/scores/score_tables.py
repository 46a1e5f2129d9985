"""Tables of a survey's scores: by segment, region or period, part by part and as a whole.

Law: a group's score is made of its respondents, never of other groups' scores; n, who has no score
and how much was answered are always told, and a small group is not: neither in a part, nor by its
whole.

Source: EORTC QLQ-C30 Scoring Manual (2001) for the score; Binder (1983) for intervals of weighted
means and of ratios.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT, IntoSeries
from numpy.typing import NDArray

from crmkit.kernel import Estimate, Labelled
from crmkit.kernel.frames import ColumnKind, Eager, Lazy, find_flaws
from crmkit.satisfaction.surveys import Missing, Survey
from crmkit.stats import GroupSize, SmallGroupRule
from crmkit.stats.group_columns import By, check_by
from crmkit.stats.group_sizes import SMALL_GROUPS
from crmkit.stats.intervals import cut_to, student_quantile
from crmkit.stats.no_width import ROUNDING, warn_of_no_width
from crmkit.stats.part_tables import guard_parts
from crmkit.stats.small_groups import People

from .answer_lines import weight_flaw
from .grouping import Column, Groups, grouped, groups_of, in_order
from .one_question import ESTIMATED, check_anybody, estimated, totals_of, whose_of
from .respondent_scores import names_for, needed, scoring_frame
from .score_blocks import Scored, scored_blocks
from .score_plan import OVERALL, Plan, Substitute, plan_of
from .score_query import Names, check, scored


class GroupMean(Labelled):
    """What the mean of a group is."""

    OF_RESPONDENTS = "of_respondents", "Mean of the respondents' scores", "受访者得分的均值"
    OF_TOTALS = "of_totals", "Ratio of totals", "总分之比"


_NO_CODES: Final[Mapping[float, Missing]] = {}
_MIDDLE: Final = 50.0  # scores are counted from here: squares of small numbers keep their digits
_SUMS: Final = ("n", "weightless", "x", "y", "xx", "xy", "yy", "answered", "applies")


def score_table(
    answers: IntoFrameT,
    *,
    survey: Survey,
    by: By = (),
    codes: Mapping[float, Missing | str] = _NO_CODES,
    segment: str | None = None,
    substitute: Substitute | str = Substitute.PERSON_MEAN,
    weights: str | None = None,
    group_mean: GroupMean | str = GroupMean.OF_RESPONDENTS,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT:
    r"""Score a survey group by group: each part, and the whole last.

    With a score $s_r$ for each respondent (`survey_scores`) the mean of a group is
    $\sum w_r s_r / \sum w_r$, or as a ratio of totals $\sum w_r a_r s_r / \sum w_r a_r$, where
    $a_r$ is the share of the part's weight that he answered: then who answered more counts more.
    The interval is that of a linearised mean or ratio, with $t_{n-1}$.

    Args:
        answers: One row per respondent, as `survey_scores` takes them.
        survey: The survey that was answered.
        by: Name or names of the columns whose values make groups: a segment, a region, a period;
            none for all together.
        codes: Numbers off all scales that stand for a reason why there is no answer.
        segment: Name of the column of segments whose weights count.
        substitute: What stands for a rating that is missing or refused.
        weights: Name of the column of respondents' weights, none negative; None weighs all alike.
            Who has 0 stands for nobody.
        group_mean: The mean of the respondents' scores, or the ratio of totals.
        rule: Which groups are too small to be told; each part is judged by its own n, under weights
            by its effective n. Where a part of a group is kept back, so is its "overall", which
            would tell it beside the other parts.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The same kind of frame, one row per group and part: the columns of `by` in rising order,
        `part` in the order of the survey with "overall" last, `value`, `low` and `high` (cut at 0
        and 100), `n` respondents with a score, `n_missing` without one, `method`, `group_size`, and
        `answered`, the mean share that was answered by those to whom the part applies. What is not
        told is missing. Of a frame that holds its rows one block is worked on at a time; a lazy
        frame is asked two aggregate queries.

    Raises:
        InvalidValueError: As `survey_scores`; if a group's name or a weight is missing, or nobody
            answered anything.

    Warns:
        AssumptionWarning: If all scores of a group are alike, so that the interval has no width; it
            names the parts and the groups.

    Units:
        Scores: 0 (the worst) to 100 (the best); shares: 0 to 1.

    Source:
        EORTC QLQ-C30 Scoring Manual (2001); Binder (1983).

    Examples:
        >>> import pandas
        >>> from crmkit.satisfaction import Item
        >>> survey = Survey.of("yearly", 1, [Item("quality", weight=3), Item("price")])
        >>> answers = pandas.DataFrame(
        ...     {"quality": [5, 4, 3, None] * 5, "price": [4, 3, None, 2] * 5}
        ... )
        >>> table = score_table(answers, survey=survey)
        >>> table[["part", "value", "n", "n_missing", "answered"]]
              part      value   n  n_missing  answered
        0  quality  75.000000  15          5      0.75
        1    price  50.000000  15          5      0.75
        2  overall  70.833333  15          5      0.75
    """
    plan = plan_of(survey, codes, segment, substitute)
    mean = GroupMean.of(group_mean, "group_mean")
    more = [] if weights is None else [(weights, ColumnKind.NUMBER)]
    frame = scoring_frame(answers, plan, more)
    names = check_by(frame, by, ("part", *ESTIMATED, "answered")) if by else ()
    if isinstance(frame, nw.LazyFrame):
        groups, sums, rows = _asked(frame, plan, names, weights, mean)
    else:
        groups, sums, rows = _summed(frame, plan, names, weights, mean)
    check_anybody("answers", sums["answered"].sum() + sums["weightless"].sum())
    shares = _shares_of_parts(plan, names, groups, sums["n"])
    table = _Table(groups, sums, rows, shares)
    keys, columns = table.columns([*survey.parts, OVERALL], rule, confidence)
    return grouped(keys, columns, answers)


@attrs.frozen(eq=False)
class _Table:
    """Sums of every group and part, and what they come to.

    Attributes:
        groups: The groups; of all together one.
        sums: By name of `_SUMS`, groups × parts.
        rows: How many rows each group has.
        shares: Groups × parts, how much of the whole each part is.
    """

    groups: Groups
    sums: Mapping[str, NDArray[np.float64]]
    rows: NDArray[np.int64]
    shares: NDArray[np.float64]

    def columns(
        self, parts: Sequence[str], rule: SmallGroupRule, confidence: float
    ) -> tuple[Eager, dict[str, Column]]:
        """Return the keys and columns of the table, a row for every group and part."""
        count = len(self.rows)
        n = self.sums["n"].astype(np.int64)
        sizes = self._sizes(rule)
        cells = [(group, part) for group in range(count) for part in range(len(parts))]
        told = [
            self._estimate(group, part, sizes[part][group], confidence) for group, part in cells
        ]
        _warn_of_alike(whose_of(self.groups.keys), parts, told)
        each = [int(n[cell]) for cell in cells]
        missing = [int(self.rows[cell[0]]) - size for cell, size in zip(cells, each, strict=True)]
        judged = [sizes[part][group] for group, part in cells]
        answered = [self._answered(cell) for cell in cells]
        columns: dict[str, Column] = {
            "part": (nw.String(), [parts[part] for _, part in cells]),
            **estimated(told, each, missing, judged),
            "answered": (nw.Float64(), answered),
        }
        return self._repeated(len(parts)), columns

    def _sizes(self, rule: SmallGroupRule) -> list[list[GroupSize]]:
        """Return, part by part, what is said of each group."""
        totals = totals_of(self.groups.keys) if self.groups.keys.columns else []
        told = [
            People(
                [int(n) for n in self.sums["n"][:, part]],
                self.sums["y"][:, part].tolist(),
                self.sums["yy"][:, part].tolist(),
            )
            for part in range(self.sums["n"].shape[1])
        ]
        weightless = (self.sums["n"] == 0) & (self.sums["weightless"] > 0)
        judged = guard_parts(told, shares=self.shares, totals=totals, rule=rule)
        return [
            [
                GroupSize.WEIGHTLESS if weightless[group, part] else size
                for group, size in enumerate(own)
            ]
            for part, own in enumerate(judged)
        ]

    def _answered(self, cell: tuple[int, int]) -> float | None:
        applies = self.sums["applies"][cell]
        return float(self.sums["answered"][cell] / applies) if applies else None

    def _repeated(self, times: int) -> Eager:
        keys = self.groups.keys
        if not keys.columns:
            return keys
        return keys[np.repeat(np.arange(len(self.rows)), times).tolist()]

    def _estimate(
        self, group: int, part: int, size: GroupSize, confidence: float
    ) -> Estimate | None:
        one = {name: float(self.sums[name][group, part]) for name in _SUMS}
        n, weight = int(one["n"]), one["y"]
        if n < 2 or not size.is_shown:
            return None
        ratio = one["x"] / weight
        spread = one["xx"] - 2 * ratio * one["xy"] + ratio**2 * one["yy"]
        # Scores that are all alike leave nothing but the rounding of the sums.
        spread = 0.0 if spread <= ROUNDING * (one["xx"] + ratio**2 * one["yy"]) else spread
        error = math.sqrt(n / (n - 1) * spread) / weight
        value, reach = ratio + _MIDDLE, student_quantile(confidence, n - 1) * error
        told = Estimate(
            value,
            value - reach,
            value + reach,
            confidence=confidence,
            n=n,
            n_missing=int(self.rows[group]) - n,
            # Where all count alike it is Student's.
            method="linearised" if n * one["yy"] > (1 + 1e-9) * weight**2 else "student-t",
        )
        return cut_to(told, 0, 100)


def _summed(
    frame: Eager, plan: Plan, names: Sequence[str], weights: str | None, mean: GroupMean
) -> tuple[Groups, dict[str, NDArray[np.float64]], NDArray[np.int64]]:
    """Add up the scores of a frame that holds its rows, block by block."""
    if weights is not None:
        find_flaws(frame.select(weights), [weight_flaw(weights)])
    groups = groups_of(frame, names) if names else _all_together(frame)
    count, parts = len(groups) if names else 1, len(plan.items) + 1
    sums = {name: np.zeros((count, parts)) for name in _SUMS}
    rows = groups.rows if names else np.array([len(frame)], dtype=np.int64)
    for block, told in scored_blocks(frame, plan):
        codes = groups.codes[block] if names else None
        heavy = None if weights is None else frame[weights][block].cast(nw.Float64).to_numpy()
        for place, part in enumerate(told):
            _add_up(sums, place, _columns(part, heavy, mean), codes)
        # A block goes before the next one comes: else two would be held.
        del told, part
    return groups, sums, rows


def _add_up(
    sums: Mapping[str, NDArray[np.float64]],
    place: int,
    columns: Iterable[tuple[str, NDArray[np.float64]]],
    codes: NDArray[np.integer] | None,
) -> None:
    """Add the columns of a block to the sums of one part, group by group."""
    for name, column in columns:
        if codes is None:
            sums[name][0, place] += column.sum()
        else:
            sums[name][:, place] += np.bincount(codes, column, len(sums[name]))


def _columns(
    part: Scored, heavy: NDArray[np.float64] | None, mean: GroupMean
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield what is added up, one by one: of who has no score nothing."""
    there = part.enough.astype(np.float64)
    y = there if heavy is None else there * heavy
    counts = np.ones(len(y)) if heavy is None else (heavy > 0).astype(np.float64)
    if mean is GroupMean.OF_TOTALS:
        y = y * part.weight
    x = np.multiply(y, part.score - _MIDDLE, out=np.zeros(len(y)), where=part.enough)
    applies = np.where(part.applies > 0, counts, 0.0)
    yield "n", there * counts
    yield "weightless", there * (1 - counts)
    yield "x", x
    yield "y", y
    yield "xx", x * x
    yield "xy", x * y
    yield "yy", y * y
    yield "answered", np.where(applies > 0, part.answered, 0.0)
    yield "applies", applies


def _asked(
    frame: Lazy, plan: Plan, names: Sequence[str], weights: str | None, mean: GroupMean
) -> tuple[Groups, dict[str, NDArray[np.float64]], NDArray[np.int64]]:
    """Let the engine score and add up: one row a group comes back."""
    own = [] if weights is None else [weights]
    if own:
        find_flaws(frame.select(*own), [weight_flaw(own[0])])
    means = check(frame.select(*needed(plan)), plan)
    temporary, keys = names_for(frame), [f"by {place}" for place in range(len(names))]
    told = scored(frame, plan, temporary, means)
    heavy = nw.col(own[0]).cast(nw.Float64) if own else nw.lit(1.0)
    parts = range(len(plan.items) + 1)
    made = [one for place in parts for one in _terms(temporary, place, heavy, mean)]
    wanted = [nw.col(f"{name} {place}").sum() for place in parts for name in _SUMS]
    if not names:
        # Not grouped by a constant: some engines then hold every row.
        rows = told.select(*made).select(nw.len().alias("n"), *wanted).collect()
        return _all_together(rows), *_told(rows, parts)
    renamed = [nw.col(name).alias(key) for name, key in zip(names, keys, strict=True)]
    added = told.select(*renamed, *made).group_by(*keys).agg(nw.len().alias("n"), *wanted)
    rows, groups = in_order(added.collect(), names)
    return groups, *_told(rows, parts)


def _told(rows: Eager, parts: range) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int64]]:
    """Return what an engine added up, and how many rows each group has."""
    sums = {
        name: np.array([_floats(rows[f"{name} {place}"]) for place in parts]).T for name in _SUMS
    }
    return sums, np.array(_floats(rows["n"])).astype(np.int64)


def _floats(column: nw.Series[IntoSeries]) -> list[float]:
    # None is the sum over no rows.
    return [float(cast("float", value or 0)) for value in column.to_list()]


def _terms(names: Names, place: int, heavy: nw.Expr, mean: GroupMean) -> Iterable[nw.Expr]:
    score, answered = nw.col(names("score", place)), nw.col(names("answered", place))
    there = nw.when(~score.is_null()).then(1.0).otherwise(0.0)
    counts = nw.col(names("weight", place)) if mean is GroupMean.OF_TOTALS else there
    weight = there * heavy
    y = weight * counts
    weighs = nw.when(heavy > 0).then(1.0).otherwise(0.0)
    x = nw.when(~score.is_null()).then(y * (score - _MIDDLE)).otherwise(0.0)
    terms = {
        "n": there * weighs,
        "weightless": there * (1.0 - weighs),
        "x": x,
        "y": y,
        "xx": x * x,
        "xy": x * y,
        "yy": y * y,
        "answered": nw.when(~answered.is_null()).then(answered * weighs).otherwise(0.0),
        "applies": nw.when(~answered.is_null()).then(weighs).otherwise(0.0),
    }
    return [term.alias(f"{name} {place}") for name, term in terms.items()]


def _warn_of_alike(
    whose: Sequence[str], parts: Sequence[str], told: Sequence[Estimate | None]
) -> None:
    """Warn, once a table, of scores that are all alike, and in which groups they are."""
    flat: dict[str, list[str]] = {}
    for (group, part), one in zip(product(whose or [""], parts), told, strict=True):
        if one is not None and one.low == one.high:
            flat.setdefault(group, []).append(part)
    if flat:
        where = "; ".join(f"in {', '.join(names)}{group}" for group, names in flat.items())
        warn_of_no_width(f"all scores are alike {where}")


def _shares_of_parts(
    plan: Plan, names: Sequence[str], groups: Groups, n: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how much of a group's whole each part is, where all answer the parts that they know.

    Weights that differ by segment are known of a group where groups are segments. Where a group is
    of several segments its whole is no sum of its parts, with whatever shares; those of all other
    segments stand for them, so that what is nearly told is kept back as well.
    """
    weights = np.array(plan.part_weights())
    place = np.zeros(len(n), dtype=np.intp)
    if plan.segment is not None and plan.segment in names:
        known = {segment: number for number, segment in enumerate(plan.segments)}
        place[:] = [known.get(name, 0) for name in groups.keys[plan.segment].to_list()]
    own = np.where(n[:, :-1] > 0, weights[:, place].T, 0.0)
    whole = own.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(own, whole, out=np.zeros_like(own), where=whole > 0)
    return shares


def _all_together(frame: Eager) -> Groups:
    return Groups(frame.select([]), np.zeros(0, dtype=np.int64))
