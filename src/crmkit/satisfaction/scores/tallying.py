"""What a metric needs of a frame: its answers counted, all together or group by group.

Law: a metric knows its scale, so nobody else says on what the answers are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import attrs
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Eager
from crmkit.stats import Histogram
from crmkit.stats.group_columns import By

from .counting import count_frame, count_groups
from .metric import Metric, check_metric
from .question import Question


Parts: TypeAlias = Mapping[tuple[object, ...], Histogram]
"""A histogram for every group, by the values that make it, in rising order."""


@attrs.frozen(kw_only=True)
class Tally:
    """What was counted in a frame.

    Attributes:
        parts: A histogram for every group.
        keys: One row a group, as the engine told them.
    """

    parts: Parts
    keys: Eager


def count_all(
    native: IntoFrame, argument: str, metric: Metric, score: str, weights: str | None
) -> Histogram:
    """Count all answers of a frame.

    Raises:
        InvalidValueError: If a column is missing or of another kind, an answer is off the scale, or
            a weight is none.
    """
    check_metric(metric)
    return count_frame(native, Question(score, metric.scale, weights, argument))


def count_by(
    native: IntoFrame,
    metric: Metric,
    *,
    by: By,
    score: str,
    weights: str | None,
    taken: Sequence[str] = (),
) -> Tally:
    """Count the answers of every group of a frame.

    Args:
        native: The frame.
        metric: What is made of the answers; it knows their scale.
        by: Name or names of the columns whose values make a group.
        score: Name of the column of answers.
        weights: Name of the column of weights; None weighs all alike.
        taken: Columns of the table that is made, which a group must not be called.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a group has no name, an answer
            is off the scale, a weight is none, or there is no row at all.
    """
    check_metric(metric)
    question = Question(score, metric.scale, weights, "frame")
    groups, parts = count_groups(native, question, by, taken)
    if not parts:
        rule, way_out = "must hold at least one answer", "nobody answered: there is no score"
        raise InvalidValueError(score, [], rule, way_out)
    return Tally(parts=dict(zip(groups.keys.rows(), parts, strict=True)), keys=groups.keys)
