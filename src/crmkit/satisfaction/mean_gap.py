"""How far a sample perceived more, or less, than it expected: the mean gap with its interval.

Law: the gap is each respondent's own, so the test is a paired one; who left out either answer has
none, and is counted.

Source: Oliver, R. L. (1980), Journal of Marketing Research 17(4), 460–469, for the gap; Student
(1908) and Binder (1983) for its interval, as of `crmkit.stats`.
"""

from __future__ import annotations

from typing import cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.kernel import Estimate
from crmkit.kernel.frames import ColumnKind, find_flaws, frame_of
from crmkit.stats import weighted_mean
from crmkit.stats.intervals import cut_to

from .answer_lines import Line, histogram_of_lines, people, weighed, weight_flaw
from .expectation import check_scale, known, off_scale
from .scale import Scale


def mean_disconfirmation(
    answers: IntoFrame,
    *,
    scale: Scale,
    weights: str | None = None,
    expected: str = "expected",
    perceived: str = "perceived",
    confidence: float = 0.95,
) -> Estimate:
    r"""Estimate the mean gap: perceived less expected, respondent by respondent.

    $$\bar g = \frac{\sum_r w_r (p_r - e_r)}{\sum_r w_r}$$

    An interval that lies below 0 wholly says that the sample is worse served than it expected, by
    more than chance: it is the one of the paired t test.

    Args:
        answers: One row per respondent: pandas, polars (eager or lazy), DuckDB, PySpark. Empty
            cells and NaN are missing. A lazy frame is asked two aggregate queries.
        scale: On what both are given.
        weights: Name of the column of respondents' weights, none negative; None weighs all alike.
        expected: Name of the column of what was expected.
        perceived: Name of the column of what was perceived.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The mean gap with Student's interval, linearised where there are weights, cut at the widest
        gap that the scale allows; `n_missing` is how many left out either answer.

    Raises:
        InvalidValueError: If a number is off the scale, with its rows, a weight is none, a column
            is missing or of another kind, or fewer than two gave both answers.

    Warns:
        AssumptionWarning: If all gaps are alike, so that the interval has no width.

    Units:
        Points of the scale: negative where it is worse than expected.

    Source:
        Oliver (1980); Student (1908); Binder (1983) for weights.

    Examples:
        >>> import pandas
        >>> from crmkit.satisfaction import LIKERT5
        >>> answers = pandas.DataFrame(
        ...     {"expected": [4, 5, 3, 4, None], "perceived": [5, 3, 3, 2, 4]}
        ... )
        >>> print(mean_disconfirmation(answers, scale=LIKERT5))
        -0.75 (95 % interval -3.137 to 1.637, n = 4, 1 missing, student-t)
    """
    check_scale(scale)
    names = list(dict.fromkeys(filter(None, (expected, perceived, weights))))
    frame = frame_of(answers, "answers", dict.fromkeys(names, ColumnKind.NUMBER)).select(*names)
    flaws, heavy = [off_scale(name, scale) for name in (expected, perceived)], nw.lit(1.0)
    if weights is not None:
        heavy = nw.col(weights).cast(nw.Float64)
        flaws.append(weight_flaw(weights))
    find_flaws(frame, flaws)
    gap = (known(perceived) - known(expected)).alias("gap")
    counts = frame.select(gap, *weighed(heavy)).group_by("gap").agg(*people())
    found = counts.collect() if isinstance(counts, nw.LazyFrame) else counts
    rows = found.select("gap", "n", "heavy", "weight", "square").rows()
    told = histogram_of_lines([_line(cast("Line", row)) for row in rows])
    mean = weighted_mean(told, confidence=confidence)
    widest = scale.high - scale.low
    return cut_to(mean, -widest, widest)


def _line(row: Line) -> Line:
    gap, n, heavy, weight, square = row
    # Pandas has NaN for what is missing, the others None.
    there = None if gap is None or gap != gap else float(gap)
    return there, int(n), int(heavy), float(weight), float(square)
