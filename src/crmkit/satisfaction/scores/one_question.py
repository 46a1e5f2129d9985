"""From counted answers to estimates: of all together, or a table of groups.

Law: a group is estimated from its own answers, never from other groups' results, and a small one
is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeAlias

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import Eager, Values, Words
from crmkit.satisfaction.surveys import Scale
from crmkit.stats import GroupSize, Histogram, SmallGroupRule
from crmkit.stats.group_columns import By
from crmkit.stats.small_groups import guard_histograms

from .counting import count_groups, counted, is_frame, weights_column
from .grouping import Column, grouped
from .question import Question


Measure: TypeAlias = Callable[[Histogram, str], Estimate]
"""What makes an estimate of counted answers; the text tells whose they are, for its warnings."""

ESTIMATED: Final = ("value", "low", "high", "n", "n_missing", "method", "group_size")
"""The columns of a table of groups, after those that make the groups."""


@attrs.frozen
class Asked:
    """What a measure of one question was asked: which answers, where, with what weights.

    Attributes:
        scores: Values in one dimension, or a frame.
        weights: One per value, or the name of a column; None weighs all alike.
        column: Name of the column of answers, where there is a frame.
        name: The argument by which a caller names that column; also its standard name.
        scale: On what the answers are given.
    """

    scores: Values | IntoFrame
    weights: Values | str | None
    column: str
    name: str
    scale: Scale

    def whole(self, measure: Measure) -> Estimate:
        """Estimate it of all answers together.

        Raises:
            InvalidValueError: If the answers or weights do not fit, or nobody answered.
        """
        told = counted(self.scores, self.weights, self.column, self.scale, self.name)
        return measure(told, "")


def by_group(
    asked: Asked, by: By, measure: Measure, rule: SmallGroupRule, *, least: int
) -> IntoFrame:
    """Estimate it of every group of a frame.

    Args:
        asked: What was asked.
        by: Name or names of the columns whose values make a group.
        measure: What makes the estimate.
        rule: Which groups are too small to be told.
        least: From how many answers on an estimate can be made at all.

    Returns:
        The same kind of frame: one row a group with the columns `ESTIMATED`; what is not told is
        missing.

    Raises:
        InvalidValueError: If it is no frame, answers, weights or groups do not fit, or nobody
            answered.
    """
    scores = asked.scores
    if not is_frame(scores):
        kind, must = Words(f"of type {type(scores).__name__}"), "must be a frame where by is given"
        raise InvalidValueError("scores", kind, must, "its columns make the groups")
    question = Question(asked.column, asked.scale, weights_column(asked.weights))
    return table_of(scores, question, by, measure, rule, least=least)


def table_of(
    native: IntoFrame,
    question: Question,
    by: By,
    measure: Measure,
    rule: SmallGroupRule,
    *,
    least: int,
) -> IntoFrame:
    """Estimate what is asked of every group of a frame, as `by_group`."""
    groups, parts = count_groups(native, question, by, ESTIMATED)
    n = [part.n for part in parts]
    check_anybody(question.called, sum(n) + sum(part.n_weightless for part in parts))
    sizes = guard_histograms(parts, totals=totals_of(groups.keys), rule=rule)
    told = [
        measure(part, whose) if size.is_shown and part.n >= least else None
        for part, size, whose in zip(parts, sizes, whose_of(groups.keys), strict=True)
    ]
    missing = [part.n_missing for part in parts]
    return grouped(groups.keys, estimated(told, n, missing, sizes), native)


def whose_of(keys: Eager) -> list[str]:
    """Return for each group how a warning names it: " in region 'N'"."""
    told = [[f"{name} {value!r}" for value in keys[name].to_list()] for name in keys.columns]
    return [" in " + ", ".join(row) for row in zip(*told, strict=True)]


def check_anybody(name: str, answers: float) -> None:
    """Refuse to make a table of nobody's answers.

    Raises:
        InvalidValueError: If there are none.
    """
    if not answers:
        rule, way_out = "must hold at least one answer", "nobody answered: there is no score"
        raise InvalidValueError(name, [], rule, way_out)


def totals_of(keys: Eager) -> list[list[Hashable]]:
    """Return what may be told besides a table of groups: the whole, and the totals by column."""
    each = [list(keys[name].to_list()) for name in keys.columns] if len(keys.columns) > 1 else []
    return [[None] * len(keys), *each]


def estimated(
    told: Sequence[Estimate | None],
    n: Sequence[int],
    n_missing: Sequence[int],
    sizes: Sequence[GroupSize],
) -> dict[str, Column]:
    """Return estimates as the columns `ESTIMATED`; None for what is not told."""
    floats, whole, text = nw.Float64(), nw.Int64(), nw.String()
    return {
        **{
            name: (floats, [None if one is None else getattr(one, name) for one in told])
            for name in ("value", "low", "high")
        },
        "n": (whole, n),
        "n_missing": (whole, n_missing),
        "method": (text, [None if one is None else one.method for one in told]),
        "group_size": (
            text,
            [
                (size.without_estimate() if one is None else size).value
                for one, size in zip(told, sizes, strict=True)
            ],
        ),
    }
