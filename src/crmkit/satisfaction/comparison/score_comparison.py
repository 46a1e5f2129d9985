"""Scores of two periods or segments compared: of other people, or of the same people twice.

Law: the difference is tested on the answers. Two finished scores do not tell whether they differ,
and neither do two intervals that overlap.

Source: Lewis and Sauro, MeasuringU, "How to statistically compare two net promoter scores"; the
tests of the other kinds stand at `crmkit.stats`.
"""

from __future__ import annotations

from typing import Final, cast, overload

import numpy as np
from narwhals.stable.v2.typing import IntoFrame
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Values, numbers
from crmkit.satisfaction.scores import Metric
from crmkit.satisfaction.scores.counting import is_frame
from crmkit.satisfaction.scores.metric import check_metric
from crmkit.satisfaction.scores.tallying import count_all
from crmkit.stats import Comparison, Histogram


_NPS: Final = Metric.net_promoter()
_POINTS: Final = 100.0


@overload
def compare_nps(
    first: Values,
    second: Values,
    *,
    weights: tuple[Values, Values] | None = None,
    confidence: float = 0.95,
) -> Comparison: ...


@overload
def compare_nps(
    first: IntoFrame,
    second: IntoFrame,
    *,
    weights: str | None = None,
    recommend: str = "recommend",
    confidence: float = 0.95,
) -> Comparison: ...


def compare_nps(
    first: Values | IntoFrame,
    second: Values | IntoFrame,
    *,
    weights: tuple[Values, Values] | str | None = None,
    recommend: str = "recommend",
    confidence: float = 0.95,
) -> Comparison:
    """Compare the Net Promoter Scores of two groups of other people.

    The z test of the adjusted scores: three answers are added to each group, three quarters of one
    to each side. Under weights (Σw)²/Σw² stands for the number of answers.

    Args:
        first: Whole numbers from 0 to 10, None and NaN missing; or a frame with a column of them,
            of which one aggregate query is asked where it is lazy.
        second: The other group: nobody may be in both.
        weights: One per score, for each group; of frames the name of the column in both.
        recommend: Name of the column of scores, where there are frames.
        confidence: Share of such intervals that hold the true difference.

    Returns:
        The first less the second, in points.

    Raises:
        InvalidValueError: If a score is off the scale, nobody answered in a group, the weights do
            not fit, or one is a frame and the other not.

    Units:
        Points: −200 to 200.

    Source:
        Lewis and Sauro, MeasuringU.

    Examples:
        >>> june = [10] * 45 + [8] * 30 + [4] * 25
        >>> july = [10] * 60 + [8] * 25 + [4] * 15
        >>> print(compare_nps(july, june))
        25 (95 % interval 3.043 to 45.5, n = 200, adjusted-wald-z), p = 0.02503
    """
    told = _counted(first, second, _NPS, weights, recommend, "recommend")
    return _NPS.compare(*told, confidence=confidence)


def compare_paired_nps(
    first: Values, second: Values, *, weights: Values | None = None, confidence: float = 0.95
) -> Comparison:
    """Compare the Net Promoter Scores of the same people, asked twice.

    Everybody counts 100, 0 or −100 points each time; Student's test is made of the differences.

    Args:
        first: The first answer of each, 0 to 10; None and NaN are missing.
        second: The second, of the same people in the same order.
        weights: One per person; None weighs all alike.
        confidence: Share of such intervals that hold the true difference.

    Raises:
        InvalidValueError: If a score is off the scale, the two are not as many, fewer than two
            answered both, or all moved alike.

    Units:
        Points: −200 to 200.

    Source:
        Student (1908).

    Examples:
        >>> before, after = [9, 7, 3, 10, 8, 6], [10, 9, 7, 10, 9, 6]
        >>> print(compare_paired_nps(after, before))
        50 (95 % interval -7.48 to 107.5, n = 6, paired-t), p = 0.07559
    """
    return compare_paired_scores(first, second, metric=_NPS, weights=weights, confidence=confidence)


@overload
def compare_scores(
    first: Values,
    second: Values,
    *,
    metric: Metric,
    weights: tuple[Values, Values] | None = None,
    confidence: float = 0.95,
) -> Comparison: ...


@overload
def compare_scores(
    first: IntoFrame,
    second: IntoFrame,
    *,
    metric: Metric,
    weights: str | None = None,
    score: str = "score",
    confidence: float = 0.95,
) -> Comparison: ...


def compare_scores(
    first: Values | IntoFrame,
    second: Values | IntoFrame,
    *,
    metric: Metric,
    weights: tuple[Values, Values] | str | None = None,
    score: str = "score",
    confidence: float = 0.95,
) -> Comparison:
    """Compare a box, a mean or a net score of two groups of other people.

    Args:
        first: Answers, None and NaN missing; or a frame with a column of them.
        second: The other group: nobody may be in both.
        metric: What is made of the answers; it decides the test.
        weights: One per answer, for each group; of frames the name of the column in both.
        score: Name of the column of answers, where there are frames.
        confidence: Share of such intervals that hold the true difference.

    Returns:
        The first less the second.

    Raises:
        InvalidValueError: If an answer is off the scale, too few answered, the weights do not fit,
            means do not spread at all, or one is a frame and the other not.

    Units:
        Those of the metric.

    Source:
        Welch (1947) for means, Mee (1984) for shares, Lewis and Sauro for net scores.

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> late, punctual = [1, 2, 2, 3, 4, 5], [4, 5, 5, 4, 5, 3]
        >>> print(compare_scores(late, punctual, metric=Metric.top_box(LIKERT5)))
        -0.5 (95 % interval -0.821 to 0.05788, n = 12, score), p = 0.07898
    """
    check_metric(metric)
    told = _counted(first, second, metric, weights, score, "score")
    return metric.compare(*told, confidence=confidence)


def compare_paired_scores(
    first: Values,
    second: Values,
    *,
    metric: Metric,
    weights: Values | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """Compare a box, a mean or a net score of the same people, asked twice.

    Args:
        first: The first answer of each; None and NaN are missing. Columns of a frame as they are:
            `frame["before"]`.
        second: The second, of the same people in the same order.
        metric: What is made of the answers; it decides the test: McNemar's of a share, else
            Student's.
        weights: One per person; None weighs all alike.
        confidence: Share of such intervals that hold the true difference.

    Raises:
        InvalidValueError: If an answer is off the scale, the two are not as many, too few answered
            both, or, but for shares, all moved alike.

    Units:
        Those of the metric.

    Source:
        McNemar (1947), Tango (1998), Student (1908).

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> before, after = [3, 3, 2, 4, 5, 3, 2, 4], [4, 4, 4, 4, 5, 4, 3, 4]
        >>> print(compare_paired_scores(after, before, metric=Metric.top_box(LIKERT5)))
        0.5 (95 % interval 0.01339 to 0.7848, n = 8, mcnemar, tango), p = 0.0455
    """
    check_metric(metric)
    coded = [
        _coded(answers, metric, name) for name, answers in (("first", first), ("second", second))
    ]
    return metric.compare_paired(*coded, weights=weights, confidence=confidence)


def _coded(answers: Values, metric: Metric, name: str) -> NDArray[np.float64]:
    asked = numbers(answers, name)
    told = metric.check(Histogram.of(asked, name=name), name)
    # The place of every answer among those that were given; that of who is silent is not read.
    codes = np.array([*(metric.code(score) for score in told.scores), np.nan])
    place = np.where(np.isnan(asked), len(told.scores), np.searchsorted(told.scores, asked))
    found: NDArray[np.float64] = codes[place] * (_POINTS if metric.kind == "net" else 1.0)
    return found


def _counted(
    first: Values | IntoFrame,
    second: Values | IntoFrame,
    metric: Metric,
    weights: tuple[Values, Values] | str | None,
    column: str,
    name: str,
) -> tuple[Histogram, Histogram]:
    framed = is_frame(first), is_frame(second)
    if framed[0] != framed[1]:
        kinds = tuple(type(group).__name__ for group in (first, second))
        raise InvalidValueError("first, second", kinds, "must both be frames, or both values")
    if framed[0]:
        if not (weights is None or isinstance(weights, str)):
            kind = type(weights).__name__
            raise InvalidValueError("weights", kind, "must name a column of both frames")
        one, two = (
            count_all(cast("IntoFrame", group), argument, metric, column, weights)
            for argument, group in (("first", first), ("second", second))
        )
        return one, two
    if column != name:
        rule = "must be left out where there are no frames: it names a column"
        raise InvalidValueError(name, column, rule)
    pair = (None, None) if weights is None else weights
    if not (isinstance(pair, tuple) and len(pair) == 2):
        rule = "must be a pair: the weights of the first group, and those of the second"
        raise InvalidValueError("weights", type(weights).__name__, rule)
    return (
        Histogram.of(cast("Values", first), weights=pair[0], name="first"),
        Histogram.of(cast("Values", second), weights=pair[1], name="second"),
    )
