"""Loyalty by intent: would buy again, would recommend.

Law: who would do the one but not the other is not loyal, so the two are multiplied, respondent by
respondent; the product of two means is another number. Intent is not behaviour.

Source: Jiangsu Sea-Lion satisfaction survey: loyalty = repurchase intent × recommendation intent;
domain facts L7, Q4.
"""

from __future__ import annotations

from typing import Any, Final, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoSeries
from numpy.typing import NDArray

from crmkit.kernel import Estimate, Score, is_a, not_blank
from crmkit.kernel.frames import ColumnKind, Flaw, find_flaws, frame_of
from crmkit.stats import Histogram, weighted_mean
from crmkit.stats.intervals import cut_to

from .answer_lines import histogram_of_lines, people, weighed, weight_flaw
from .scale import LIKERT5, Scale


@attrs.frozen(kw_only=True)
class IntentLoyalty:
    """Which two answers make loyalty, and on what scales.

    With both stretched to 0 to 1: 100 × repurchase × recommend.

    Attributes:
        name: Whose way to count it is.
        repurchase: The scale of "I would buy again".
        recommend: The scale of "I would recommend it".
        source: Where it comes from.

    Raises:
        InvalidValueError: If a text is blank, or a scale none.

    Examples:
        >>> SEA_LION_LOYALTY.of(repurchase=4, recommend=5)
        Score(75)
    """

    name: str = attrs.field(validator=not_blank)
    repurchase: Scale = attrs.field(default=LIKERT5, validator=is_a(Scale))
    recommend: Scale = attrs.field(default=LIKERT5, validator=is_a(Scale))
    source: str = attrs.field(validator=not_blank)

    def of(self, *, repurchase: int, recommend: int) -> Score:
        """Return the loyalty of one respondent.

        Raises:
            InvalidValueError: If an answer is off its scale.

        Units:
            0 (would do neither, or only one) to 100 (would surely do both).
        """
        again = self.repurchase.rescale(self.repurchase.check(repurchase, "repurchase"))
        tell = self.recommend.rescale(self.recommend.check(recommend, "recommend"))
        return Score(again * tell / 100)


SEA_LION_LOYALTY: Final = IntentLoyalty(
    name="Sea-Lion",
    source="Jiangsu Sea-Lion: loyalty from the repurchase and recommend items of the survey; L7. "
    "The document does not print its scales: five points are chosen here",
)
"""Repurchase intent × recommendation intent, each from 1 to 5."""


def intent_loyalty(
    answers: IntoFrame,
    *,
    policy: IntentLoyalty = SEA_LION_LOYALTY,
    weights: str | None = None,
    repurchase: str = "repurchase",
    recommend: str = "recommend",
    confidence: float = 0.95,
) -> Estimate:
    """Estimate the mean loyalty by intent.

    Args:
        answers: One row per respondent: pandas, polars (eager or lazy), DuckDB, PySpark. Who left
            either question out is counted as missing. A lazy frame is asked one aggregate query.
        policy: Which scales the answers are given on.
        weights: Name of the column of respondents' weights, none negative; None weighs all alike.
        repurchase: Name of the column of "I would buy again".
        recommend: Name of the column of "I would recommend it".
        confidence: Share of such intervals that hold the true value.

    Returns:
        The mean of the respondents' products, with Student's interval cut at 0 and 100; linearised
        where there are weights.

    Raises:
        InvalidValueError: If an answer is off its scale, a weight is none, a column is missing or
            of another kind, or fewer than two gave both answers.

    Warns:
        AssumptionWarning: If all products are alike, so that the interval has no width.

    Units:
        0 to 100.

    Source:
        Domain fact L7.

    Examples:
        >>> import pandas
        >>> answers = pandas.DataFrame({"repurchase": [5, 5, 1, 4], "recommend": [5, 1, 5, None]})
        >>> told = intent_loyalty(answers)
        >>> round(told, 4), told.n, told.n_missing
        (33.3333, 3, 1)
    """
    names = list(dict.fromkeys(filter(None, (repurchase, recommend, weights))))
    frame = frame_of(answers, "answers", dict.fromkeys(names, ColumnKind.NUMBER))
    told = frame.select(*names)
    again, tell = _known(repurchase), _known(recommend)
    flaws = [_off(repurchase, again, policy.repurchase), _off(recommend, tell, policy.recommend)]
    heavy = nw.lit(1.0)
    if weights is not None:
        heavy = nw.col(weights).cast(nw.Float64)
        flaws.append(weight_flaw(weights))
    find_flaws(told, flaws)
    # Every pair of answers and how often it was given: some hundred rows at most.
    pairs = told.select(
        again.alias("again"),
        tell.alias("tell"),
        *weighed(heavy),
    )
    counts = pairs.group_by("again", "tell").agg(*people())
    found = counts.collect() if isinstance(counts, nw.LazyFrame) else counts
    mean = weighted_mean(_products(found, policy), confidence=confidence)
    return cut_to(mean, 0, 100)


def _products(counts: nw.DataFrame[Any], policy: IntentLoyalty) -> Histogram:
    columns = {name: _floats(counts[name]) for name in ("again", "tell")}
    again = (columns["again"] - policy.repurchase.low) / (policy.repurchase.points - 1)
    tell = (columns["tell"] - policy.recommend.low) / (policy.recommend.points - 1)
    rows = counts.select("n", "heavy", "weight", "square").rows()
    parts = [
        histogram_of_lines(
            [
                (
                    None if score != score else score,
                    int(row[0]),
                    int(row[1]),
                    float(row[2]),
                    float(row[3]),
                )
            ]
        )
        for score, row in zip((100 * again * tell).tolist(), rows, strict=True)
    ]
    return Histogram.pooled(parts)


def _floats(column: nw.Series[IntoSeries]) -> NDArray[np.float64]:
    return np.array(
        [np.nan if value is None else float(cast("float", value)) for value in column.to_list()]
    )


def _known(name: str) -> nw.Expr:
    found = nw.col(name).cast(nw.Float64)
    # Engines differ on where NaN stands among numbers; as a null it is nowhere.
    return nw.when(~found.is_nan()).then(found)


def _off(name: str, found: nw.Expr, scale: Scale) -> Flaw:
    bad = (found < scale.low) | (found > scale.high) | (found != found.floor())
    rule = f"must be a whole number from {scale.low} to {scale.high}"
    return Flaw(name, ~found.is_null() & bad, rule)
