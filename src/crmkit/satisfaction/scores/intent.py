"""Loyalty by intent: would buy again, would recommend.

Law: who would do the one but not the other is not loyal, so the two are multiplied, respondent by
respondent; the product of two means is another number. Intent is not behaviour.

Source: Jiangsu Sea-Lion satisfaction survey: loyalty = repurchase intent × recommendation intent;
domain facts L7, Q4.
"""

from __future__ import annotations

import math
from typing import Final, overload

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, Score, is_a, not_blank
from crmkit.kernel.frames import ColumnKind, find_flaws, frame_of
from crmkit.satisfaction.surveys import LIKERT5, Scale
from crmkit.stats import Histogram, SmallGroupRule
from crmkit.stats.group_columns import By, check_by
from crmkit.stats.group_sizes import SMALL_GROUPS
from crmkit.stats.intervals import cut_to
from crmkit.stats.weighted import linearised, warn_of_weak

from .answer_columns import known, no_answer_of
from .counting import count_frame, somebody
from .one_question import ESTIMATED, table_of
from .question import Question


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


@overload
def intent_loyalty(
    answers: IntoFrame,
    *,
    policy: IntentLoyalty = SEA_LION_LOYALTY,
    weights: str | None = None,
    repurchase: str = "repurchase",
    recommend: str = "recommend",
    by: None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate: ...


@overload
def intent_loyalty(
    answers: IntoFrameT,
    *,
    policy: IntentLoyalty = SEA_LION_LOYALTY,
    weights: str | None = None,
    repurchase: str = "repurchase",
    recommend: str = "recommend",
    by: By,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def intent_loyalty(
    answers: IntoFrame,
    *,
    policy: IntentLoyalty = SEA_LION_LOYALTY,
    weights: str | None = None,
    repurchase: str = "repurchase",
    recommend: str = "recommend",
    by: By | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate | IntoFrame:
    """Estimate the mean loyalty by intent.

    Args:
        answers: One row per respondent: pandas, polars (eager or lazy), DuckDB, PySpark. Who left
            either question out is counted as missing. A lazy frame is asked two aggregate queries.
        policy: Which scales the answers are given on.
        weights: Name of the column of respondents' weights, none negative; None weighs all alike.
        repurchase: Name of the column of "I would buy again".
        recommend: Name of the column of "I would recommend it".
        by: Name or names of columns whose values make groups; None for all together.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The mean of the respondents' products, with Student's interval cut at 0 and 100; linearised
        where there are weights. With `by` the same kind of frame, one row a group in rising order:
        the columns of `by`, then `value`, `low`, `high`, `n`, `n_missing`, `method` and
        `group_size`, which says why a small group has no value.

    Raises:
        InvalidValueError: If an answer is off its scale, a weight is none, a column is missing or
            of another kind, or fewer than two gave both answers.

    Warns:
        AssumptionWarning: If all products are alike, so that the interval has no width; or if few
            of many weigh anything, as of `crmkit.stats.weighted_mean`.

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
        >>> regions = pandas.DataFrame(
        ...     {"repurchase": [5, 4] * 12, "recommend": [5, 3] * 12, "region": list("NNSS") * 6}
        ... )
        >>> intent_loyalty(regions, by="region")[["region", "value", "n", "group_size"]]
          region  value   n group_size
        0      N  68.75  12        few
        1      S  68.75  12        few
    """
    if not isinstance(policy, IntentLoyalty):
        raise InvalidValueError("policy", policy, "must be an IntentLoyalty", "SEA_LION_LOYALTY")
    columns = dict.fromkeys(filter(None, (repurchase, recommend, weights)), ColumnKind.NUMBER)
    frame = frame_of(answers, "answers", columns)
    names = () if by is None else check_by(frame, by, ESTIMATED)
    told = frame.select(*dict.fromkeys([*columns, *names]))
    asked = ((repurchase, policy.repurchase), (recommend, policy.recommend))
    find_flaws(told, [no_answer_of(scale, column) for column, scale in asked])
    again, tell = (known(column) - scale.low for column, scale in asked)
    own = nw.generate_temporary_column_name(8, told.collect_schema().names())
    products = told.with_columns((again * tell).alias(own)).to_native()
    most = math.prod(scale.points - 1 for _, scale in asked)

    def measure(told: Histogram, where: str) -> Estimate:
        worth = told.recode(lambda product: 100 * product / most)
        mean = linearised(worth, confidence=confidence)
        warn_of_weak(worth, what=f"products{where}")
        return cut_to(mean, 0, 100)

    question = Question(own, None, weights, "answers", is_made=True)
    if by is None:
        return measure(somebody(count_frame(products, question), question, []), "")
    return table_of(products, question, by, measure, rule, least=2)
