"""A survey's scores for many respondents at once.

Law: one home of the formula is `Survey.score`; this is the same for frames, and a test holds the
two equal. Who answered too little has no score, and a column says how much he answered.

Source: Fayers and others, EORTC QLQ-C30 Scoring Manual, 3rd edition 2001, "Missing data".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import ColumnKind, Eager, Lazy, Words, frame_of
from crmkit.satisfaction.surveys import Missing, Survey

from .score_blocks import scored_blocks
from .score_plan import Plan, Substitute, plan_of
from .score_query import Names, check, scored


_NO_CODES: Final[Mapping[float, Missing]] = {}


def survey_scores(
    answers: IntoFrameT,
    *,
    survey: Survey,
    codes: Mapping[float, Missing | str] = _NO_CODES,
    segment: str | None = None,
    substitute: Substitute | str = Substitute.PERSON_MEAN,
) -> IntoFrameT:
    r"""Score every respondent, part by part and as a whole.

    With weights $w_i$ and ratings $u_i$ stretched to 0 to 100, reversed items turned round first,
    $s = \sum w_i u_i / \sum w_i$ over the items that are answered, where the weight answered is at
    least `survey.min_answered` of the weight that applies. The whole is made of the parts by the
    same rule.

    Args:
        answers: One row per respondent, with a column for each rating of the survey, called by its
            id: pandas, polars (eager or lazy), DuckDB, PySpark. Empty cells and NaN are missing, or
            do not apply where the item was not to be asked.
        survey: The survey that was answered.
        codes: Numbers off all scales that stand for a reason why there is no answer, such as
            `{98: "refused", 99: "does_not_apply"}`.
        segment: Name of the column of segments, whose weights count; None for the weights of all
            others.
        substitute: What stands for a rating that is missing or refused, where enough is answered:
            the respondent's own mean of the part, which is to leave the rating out, or the mean of
            the item over all rows. Only ratings are filled: a part without a score stays out.

    Returns:
        The same kind of frame, rows and columns as they are, and behind them `score` and
        `answered`, the share of the weight of the parts that has a score, then for each part
        `score_<part>` and `answered_<part>`. A score is missing where too little is answered;
        `answered` is so where nothing applies. A lazy frame is checked by one aggregate query and
        stays lazy.

    Raises:
        InvalidValueError: If a column is missing or of another kind, an answer is off its scale, an
            item is answered that was not to be asked, a code lies on a scale, or a column that is
            added is there already.

    Units:
        Scores: 0 (the worst) to 100 (the best); shares: 0 to 1.

    Source:
        EORTC QLQ-C30 Scoring Manual (2001); domain fact Q2.

    Examples:
        >>> import pandas
        >>> from crmkit.satisfaction import Item
        >>> items = [Item("quality", weight=2), Item("price"), Item("waiting", reverse=True)]
        >>> survey = Survey.of("yearly", 1, items)
        >>> answers = pandas.DataFrame(
        ...     {"quality": [5, 4, None], "price": [4, None, None], "waiting": [1, 2, 99]}
        ... )
        >>> told = survey_scores(answers, survey=survey, codes={99: "refused"})
        >>> told["score"].to_list(), told["answered"].to_list()
        ([93.75, 75.0, nan], [1.0, 0.75, 0.0])
    """
    plan = plan_of(survey, codes, segment, substitute)
    asked = scoring_frame(answers, plan)
    added = _added(plan)
    check_free(asked, added)
    if isinstance(asked, nw.LazyFrame):
        return cast("IntoFrameT", _asked(asked, plan, added).to_native())
    columns = dict(zip(added, np.empty((len(added), len(asked))), strict=True))
    for rows, parts in scored_blocks(asked, plan):
        for place, part in enumerate([parts[-1], *parts[:-1]]):
            columns[added[2 * place]][rows] = part.score
            columns[added[2 * place + 1]][rows] = part.answered
        # A block goes before the next one comes: else two would be held.
        del parts, part
    return cast("IntoFrameT", _with(asked, columns).to_native())


def scoring_frame(
    answers: IntoFrame, plan: Plan, more: Iterable[tuple[str, ColumnKind]] = ()
) -> Eager | Lazy:
    """Wrap a caller's frame after checking that it has what is needed to score it.

    Raises:
        InvalidValueError: If it is no frame, or a column is missing or of another kind.
    """
    wanted = dict.fromkeys((item.id for item in plan.survey.ratings), ColumnKind.NUMBER)
    wanted |= {} if plan.segment is None else {plan.segment: ColumnKind.TEXT}
    frame = frame_of(answers, "answers", wanted | dict(more))
    for fact in plan.facts:
        if fact not in frame.collect_schema():
            rule = "must be a column of answers: whether an item was to be asked hangs on it"
            raise InvalidValueError(fact, Words("missing"), rule)
    return frame


def check_free(frame: Eager | Lazy, added: Iterable[str]) -> None:
    """Refuse a frame that has a column that is to be added.

    Raises:
        InvalidValueError: If it has.
    """
    there = frame.collect_schema()
    for name in added:
        if name in there:
            way_out = "drop or rename it: it would be lost"
            raise InvalidValueError(name, Words("a column"), "must not be there already", way_out)


def names_for(frame: Lazy) -> Names:
    """Return names for columns on the way that the frame does not have."""
    return Names(nw.generate_temporary_column_name(8, frame.collect_schema().names()))


def _added(plan: Plan) -> list[str]:
    """Return the columns that are added: of the whole, then of each part."""
    ends = ["", *(f"_{part}" for part in plan.survey.parts)]
    return [f"{what}{end}" for end in ends for what in ("score", "answered")]


def _asked(frame: Lazy, plan: Plan, added: list[str]) -> Lazy:
    columns, names = frame.collect_schema().names(), names_for(frame)
    means = check(frame.select(*needed(plan)), plan)
    told = scored(frame, plan, names, means)
    last = len(plan.items)
    made = []
    for place, part in enumerate([last, *range(last)]):
        made.append(nw.col(names("score", part)).alias(added[2 * place]))
        made.append(nw.col(names("answered", part)).alias(added[2 * place + 1]))
    return told.select(*columns, *made)


def needed(plan: Plan) -> list[str]:
    """Return the columns that scores are made of."""
    own = [item.id for item in plan.survey.ratings]
    return [*own, *plan.facts, *(() if plan.segment is None else (plan.segment,))]


def _with(frame: Eager, columns: Mapping[str, NDArray[np.float64]]) -> Eager:
    native: Any = frame.to_native()
    if frame.implementation.is_pandas_like():
        # In numpy NaN is the word for what is missing, elsewhere a number among others.
        pandas: Any = frame.implementation.to_native_namespace()
        behind = pandas.DataFrame(columns, index=native.index, copy=False)
        return nw.from_native(pandas.concat([native, behind], axis=1), eager_only=True)
    added = frame.with_columns(
        *(
            nw.new_series(name, values, nw.Float64(), backend=frame.implementation)
            for name, values in columns.items()
        )
    )
    return added.with_columns(*(nw.when(~nw.col(name).is_nan()).then(name) for name in columns))
