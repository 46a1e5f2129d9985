"""The willingness to recommend: the Net Promoter Score with its interval.

Law: answers off the scale are refused, missing ones are counted, and rounding is left to whoever
shows the number. Never average the scores of segments: ask the answers again.

Source: Reichheld, "The one number you need to grow", Harvard Business Review, December 2003.
"""

from __future__ import annotations

import math
from typing import Final, Literal, TypeAlias, overload

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, did_you_mean
from crmkit.kernel.frames import Values
from crmkit.satisfaction.surveys import RECOMMEND, Scale
from crmkit.satisfaction.surveys.scale import check_scale
from crmkit.stats import (
    Histogram,
    SmallGroupRule,
    adjusted_wald,
)
from crmkit.stats.group_columns import By
from crmkit.stats.group_sizes import SMALL_GROUPS
from crmkit.stats.intervals import cut_to, normal_quantile
from crmkit.stats.no_width import warn_if_alone, warn_of_no_width
from crmkit.stats.resampling import resampled, warn_if_flat
from crmkit.stats.weighted import linearised, warn_if_few_weigh

from .one_question import Asked, by_group


IntervalMethod: TypeAlias = Literal["adjusted-wald", "wald", "student-t", "bootstrap"]
"""Which interval a net score gets."""

_RECOMMEND: Final = "recommend"
_METHODS: Final = ("adjusted-wald", "wald", "student-t", "bootstrap")
_BREAKS: Final = (6, 9)
_SIDES: Final = {-1: "detractors", 0: "passives", 1: "promoters"}


@overload
def nps(
    scores: Values,
    *,
    weights: Values | None = None,
    by: None = None,
    scale: Scale = RECOMMEND,
    breaks: tuple[int, int] = (6, 9),
    method: IntervalMethod = "adjusted-wald",
    draws: int = 2_000,
    rng: np.random.Generator | int | None = None,
    confidence: float = 0.95,
) -> Estimate: ...


@overload
def nps(
    scores: IntoFrame,
    *,
    weights: str | None = None,
    recommend: str = "recommend",
    by: None = None,
    scale: Scale = RECOMMEND,
    breaks: tuple[int, int] = (6, 9),
    method: IntervalMethod = "adjusted-wald",
    draws: int = 2_000,
    rng: np.random.Generator | int | None = None,
    confidence: float = 0.95,
) -> Estimate: ...


@overload
def nps(
    scores: IntoFrameT,
    *,
    weights: str | None = None,
    recommend: str = "recommend",
    by: By,
    scale: Scale = RECOMMEND,
    breaks: tuple[int, int] = (6, 9),
    method: IntervalMethod = "adjusted-wald",
    draws: int = 2_000,
    rng: np.random.Generator | int | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def nps(
    scores: Values | IntoFrame,
    *,
    weights: Values | str | None = None,
    recommend: str = _RECOMMEND,
    by: By | None = None,
    scale: Scale = RECOMMEND,
    breaks: tuple[int, int] = _BREAKS,
    method: IntervalMethod = "adjusted-wald",
    draws: int = 2_000,
    rng: np.random.Generator | int | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate | IntoFrame:
    """Estimate the Net Promoter Score: promoters (9, 10) less detractors (0 to 6).

    $100 (p - d)$ of those who answered. With weights $w$ the shares are weighted, and
    (Σw)²/Σw² stands for the number of answers in the interval.

    Intervals, by name: "adjusted-wald", which holds what it promises in small samples; "wald", the
    plain one, p − d ± z √((p + d − (p − d)²)/n), which does not; "student-t", of the mean of 100, 0
    and −100; "bootstrap", the percentiles of samples drawn of the sample, each as one multinomial
    draw of promoters, passives and detractors.

    Args:
        scores: Whole numbers from 0 to 10, in one dimension; or a frame that has them in a
            column: pandas, polars (eager or lazy), DuckDB, PyArrow, PySpark. None and NaN are
            counted as missing. A lazy frame is asked one aggregate query, and no row leaves its
            engine.
        weights: One per score, in the same order, none negative; of a frame, the name of the
            column that holds them; None weighs all alike.
        recommend: Name of the column of scores, where there is a frame.
        by: Name or names of the columns of a frame whose values make groups, such as a segment or
            a month; None for all together.
        scale: On what the answers are given; one of five points, as asked of employees, needs
            `breaks` of its own.
        breaks: The highest answer of a detractor, and the lowest of a promoter.
        method: Name of the interval.
        draws: How many samples the bootstrap draws.
        rng: For the bootstrap: a generator or a seed; None for a fresh one.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The raw score, with its interval cut at ±100; that of "adjusted-wald" is centred on the
        adjusted score (`crmkit.stats.adjusted_wald`). With `by` the same kind of frame, one row a
        group in rising order: the columns of `by`, then `value`, `low`, `high`, `n`, `n_missing`,
        `method`, and `group_size`, which says why a small group has no value.

    Raises:
        InvalidValueError: If a score is off the scale, with its row, or of a lazy frame with how
            many are; if nobody answered; if the weights do not fit the scores; if a column is
            missing or of another kind; if the bootstrap is asked of weighted answers, or of a
            single one.

    Warns:
        AssumptionWarning: If all who answered stand on one side, so that the interval of "wald",
            "student-t" or "bootstrap" has no width; or if few of many weigh anything, of the first
            two; or if one person alone answered. With `by` it names the group.

    Units:
        Points: −100 (all detract) to 100 (all promote).

    Source:
        Reichheld (2003); interval: Rocks (2016), Lewis and Sauro; weights: Kish's effective
        sample size.

    Examples:
        >>> print(nps([10, 9, 8, 3, None]))
        25 (95 % interval -44.16 to 72.73, n = 4, 1 missing, adjusted-wald)
        >>> nps([10, 11])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: scores is 11: it must be a whole number from 0 to 10, as\
 in row 1
        >>> import polars
        >>> answers = polars.LazyFrame({"recommend": [10, 9, 8, 3, None]})
        >>> print(nps(answers))
        25 (95 % interval -44.16 to 72.73, n = 4, 1 missing, adjusted-wald)
        >>> frame = polars.DataFrame({"recommend": [10, 8] * 12, "region": ["N", "S"] * 12})
        >>> nps(frame, by="region").select("region", "value", "n", "group_size").rows()
        [('N', 100.0, 12, 'few'), ('S', 0.0, 12, 'few')]
    """
    asked = Asked(scores, weights, recommend, _RECOMMEND, scale)
    score = _Score(scale, breaks, method, confidence, draws, rng)
    if method == "bootstrap" and weights is not None:
        way_out = "its histogram does not know whose weight is whose: leave method to its default"
        raise InvalidValueError("method", method, "must not go with weights", way_out)
    if by is None:
        return asked.whole(score.of)
    return by_group(asked, by, score.of, rule, least=1 if "wald" in method else 2)


@attrs.frozen
class _Score:
    """How counted answers become a net score."""

    scale: Scale
    breaks: tuple[int, int]
    method: str
    confidence: float
    draws: int
    rng: np.random.Generator | int | None

    def __attrs_post_init__(self) -> None:
        if self.method not in _METHODS:
            near = did_you_mean(str(self.method), _METHODS)
            raise InvalidValueError("method", self.method, f"must be one of {_METHODS}", near)
        check_scale(self.scale)
        told = tuple(self.breaks)
        fits = len(told) == 2 and all(one in self.scale for one in told) and told[0] < told[1]
        if not fits:
            rule = f"must be two answers of the scale from {self.scale}, rising"
            raise InvalidValueError("breaks", self.breaks, rule)

    def of(self, told: Histogram, where: str) -> Estimate:
        """Estimate it of the answers of one group; `where` names it in warnings."""
        detracts, promotes = self.breaks
        if self.method == "adjusted-wald":
            warn_if_alone(told.n, where=where)
            return self._adjusted(told)
        sides = told.recode(lambda score: float(score >= promotes) - float(score <= detracts))
        if self.method == "wald":
            return self._wald(sides, where)
        points = sides.recode(lambda side: 100 * side)
        if self.method == "student-t":
            return self._student(points, sides, where)
        if len(points.scores) == 1 and points.n > 1:
            # Samples of one answer are all alike: as Student's, which then has no width either.
            alike = self._student(points, sides, where)
            return attrs.evolve(alike, method="bootstrap percentile")
        drawn = resampled(
            points,
            draws=self.draws,
            method="percentile",
            rng=self.rng,
            confidence=self.confidence,
        )
        warn_if_flat(drawn, where)
        return drawn

    def _student(self, points: Histogram, sides: Histogram, where: str) -> Estimate:
        mean = linearised(points, confidence=self.confidence)
        if mean.low == mean.high:
            warn_of_no_width(_all_on(sides, where))
        warn_if_few_weigh(sides.n, sides.effective_n, what=f"answers{where}")
        return cut_to(mean, -100, 100)

    def _adjusted(self, told: Histogram) -> Estimate:
        detracts, promotes = self.breaks
        lines = list(zip(told.scores, told.weights, strict=True))
        up = sum(weight for score, weight in lines if score >= promotes)
        down = sum(weight for score, weight in lines if score <= detracts)
        return adjusted_wald(
            # Added up in another order a part may miss the whole by its rounding.
            min(up, told.weight),
            min(down, told.weight),
            told.weight,
            n=told.n,
            effective_n=told.effective_n,
            n_missing=told.n_missing,
            confidence=self.confidence,
        )

    def _wald(self, sides: Histogram, where: str) -> Estimate:
        mean = sides.mean
        spread = np.dot(sides.squares, (np.array(sides.scores) - mean) ** 2)
        if not spread:
            warn_of_no_width(_all_on(sides, where))
        warn_if_few_weigh(sides.n, sides.effective_n, what=f"answers{where}")
        reach = normal_quantile(self.confidence) * math.sqrt(float(spread)) / sides.weight
        told = Estimate(
            100 * mean,
            100 * (mean - reach),
            100 * (mean + reach),
            confidence=self.confidence,
            n=sides.n,
            n_missing=sides.n_missing,
            method=self.method,
        )
        return cut_to(told, -100, 100)


def _all_on(sides: Histogram, where: str) -> str:
    return f"all {sides.n} who answered{where} are {_SIDES[round(sides.mean)]}"
