"""How far a sample perceived more, or less, than it expected: the mean gap with its interval.

Law: the gap is each respondent's own, so the test is a paired one; who left out either answer has
none, and is counted.

Source: Oliver, R. L. (1980), Journal of Marketing Research 17(4), 460–469, for the gap; Student
(1908) and Binder (1983) for its interval, as of `crmkit.stats`.
"""

from __future__ import annotations

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.kernel import Estimate
from crmkit.kernel.frames import ColumnKind, find_flaws, frame_of
from crmkit.satisfaction.surveys import Scale
from crmkit.satisfaction.surveys.scale import check_scale
from crmkit.stats import weighted_mean
from crmkit.stats.intervals import cut_to

from .answer_columns import known, off_scale
from .counting import count_frame
from .question import Question


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
    find_flaws(frame, [off_scale(name, scale) for name in (expected, perceived)])
    own = nw.generate_temporary_column_name(8, names)
    gaps = frame.with_columns((known(perceived) - known(expected)).alias(own)).to_native()
    told = count_frame(gaps, Question(own, None, weights, "answers", is_made=True))
    mean = weighted_mean(told, confidence=confidence)
    widest = scale.high - scale.low
    return cut_to(mean, -widest, widest)
