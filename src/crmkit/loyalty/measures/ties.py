r"""How tight satisfaction and loyalty are tied in a base, and what loosens the tie.

Law: the tie is told with its interval, group by group; whether a moderator matters is judged by one
test of all its groups, never by whether intervals overlap, and several moderators are one family.

Source: domain fact L5; Jones and Sasser (1995). Intervals and test of correlations: Fisher, R. A.
(1921), "On the probable error of a coefficient of correlation", Metron 1, 3–32; Hedges, L. V. and
Olkin, I. (1985), "Statistical methods for meta-analysis", section 11.B.1: the sum of
$(n_i - 3)(z_i - \bar z)^2$ as $\chi^2$ of one degree of freedom less than there are groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, overload

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from scipy.special import chdtrc

from crmkit.errors import InvalidValueError
from crmkit.kernel import Confidence, Estimate, Evidence, Explanation, PValue, Rule, Text
from crmkit.kernel.customer_rows import unfit_if_given
from crmkit.kernel.estimate import check_confidence, doubt_of
from crmkit.kernel.frames import ColumnKind, Eager, Lazy, Words, frame_of
from crmkit.stats import GroupSize, SmallGroupRule, adjust_for_many, guard_small_groups
from crmkit.stats.group_sizes import SMALL_GROUPS, check_rule
from crmkit.stats.intervals import normal_quantile, student_quantile
from crmkit.stats.no_width import warn_caller

from .group_sums import MIDDLE, By, GroupSums, Sums, checked_by, group_sums, table_of


_FEWEST: Final = 4  # answers, for Fisher's interval
_TABLE: Final = {
    "correlation": nw.Float64(),
    "low": nw.Float64(),
    "high": nw.Float64(),
    "slope": nw.Float64(),
    "slope_low": nw.Float64(),
    "slope_high": nw.Float64(),
    "n": nw.Int64(),
    "n_missing": nw.Int64(),
    "group_size": nw.String(),
}
_TIED: Final = Rule(
    code="loyalty.tie",
    says=Text(
        "satisfaction and loyalty go together by {correlation}, between {low} and {high} with "
        "{confidence} confidence ({n} answers); a point of satisfaction goes with {slope} points "
        "of loyalty; tied: {verdict}",
        "满意度与忠诚度的相关系数为{correlation}，置信度{confidence}下介于{low}与{high}之间"
        "（{n}份作答）；满意度每高1分，忠诚度相应高{slope}分；是否相关：{verdict}",
    ),
    source="L5; Fisher (1921)",
)
_MODERATED: Final = Rule(
    code="loyalty.moderator",
    says=Text(
        "by {moderator} the tie of satisfaction and loyalty is tightest in {tightest} "
        "({tightest_tie}) and loosest in {loosest} ({loosest_tie}); {p_value}, of {family} "
        "moderators asked; more than chance: {verdict}",
        "按{moderator}区分，满意度与忠诚度的联系在{tightest}中最紧（{tightest_tie}），"
        "在{loosest}中最松（{loosest_tie}）；{p_value}，共检验{family}个调节因素；"
        "是否超出偶然：{verdict}",
    ),
    source="L5; Hedges and Olkin (1985); Holm (1979)",
)


@attrs.frozen(kw_only=True)
class SatisfactionTie:
    """How satisfaction and loyalty go together in one base.

    Attributes:
        correlation: Pearson's, with Fisher's interval.
        slope: With how many points of loyalty one point of satisfaction goes.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"satisfaction": [20, 40, 60, 80], "loyalty": [30, 30, 60, 90]})
        >>> tie = satisfaction_tie(base)
        >>> print(tie.correlation)
        0.9439 (95 % interval -0.1853 to 0.9989, n = 4, fisher-z)
        >>> round(tie.slope, 2), tie.explain().verdict
        (1.05, False)
    """

    correlation: Estimate
    slope: Estimate

    def explain(self) -> Explanation[bool]:
        """Explain whether the two go together by more than chance."""
        told = self.correlation
        tied = not told.low <= 0 <= told.high
        return Explanation(
            verdict=tied,
            rule=_TIED,
            evidence=(
                Evidence("correlation", told.value, 0, tied),
                Evidence("low", told.low),
                Evidence("high", told.high),
                Evidence("confidence", Confidence(told.confidence)),
                Evidence("n", told.n),
                Evidence("slope", self.slope.value),
            ),
        )


@attrs.frozen(kw_only=True)
class TieModerator:
    """Whether the tie differs between the groups that one moderator makes; `compare_ties` makes it.

    Attributes:
        moderator: The column that made the groups.
        ties: The correlation of each group that is told, by its value as text.
        left_out: The groups that are too small, or where one of the two does not vary.
        statistic: Fisher's transforms about their mean: a sum of squares.
        freedom: Its degrees of freedom: one less than there are groups.
        p_value: How often chance alone would part the groups so, or more.
        adjusted: The same, for so many moderators asked at once.
        family: How many that were.
        confidence: Against what confidence it is judged.

    Examples:
        >>> import pandas
        >>> answers = pandas.DataFrame(
        ...     {
        ...         "market": ["open"] * 20 + ["closed"] * 20,
        ...         "satisfaction": [*range(0, 100, 5)] * 2,
        ...         "loyalty": [*range(0, 100, 5), *[60, 40] * 10],
        ...     }
        ... )
        >>> (found,) = compare_ties(answers, by="market")
        >>> found.tightest, found.loosest, found.is_significant
        ('open', 'closed', True)
    """

    moderator: str
    ties: tuple[tuple[str, Estimate], ...]
    left_out: tuple[str, ...]
    statistic: float
    freedom: int
    p_value: float
    adjusted: float
    family: int
    confidence: float

    @property
    def tightest(self) -> str:
        """The group whose tie is tightest; of equals the first."""
        return max(self.ties, key=lambda tie: tie[1].value)[0]

    @property
    def loosest(self) -> str:
        """The group whose tie is loosest; of equals the first."""
        return min(self.ties, key=lambda tie: tie[1].value)[0]

    @property
    def is_significant(self) -> bool:
        """Whether chance alone would part the groups so too rarely, for all moderators asked."""
        return self.adjusted <= doubt_of(self.confidence)

    def explain(self) -> Explanation[bool]:
        """Explain whether the moderator matters.

        Examples:
            >>> import pandas
            >>> answers = pandas.DataFrame(
            ...     {
            ...         "market": ["open"] * 20 + ["closed"] * 20,
            ...         "satisfaction": [*range(0, 100, 5)] * 2,
            ...         "loyalty": [*range(1, 100, 5), *[60, 40] * 10],
            ...     }
            ... )
            >>> (found,) = compare_ties(answers, by="market")
            >>> print(found.explain().sentence("zh")[:28])
            按market区分，满意度与忠诚度的联系在open中最紧
        """
        ties = dict(self.ties)
        bar = doubt_of(self.confidence)
        return Explanation(
            verdict=self.is_significant,
            rule=_MODERATED,
            evidence=(
                Evidence("moderator", self.moderator),
                Evidence("tightest", self.tightest),
                Evidence("tightest_tie", ties[self.tightest].value),
                Evidence("loosest", self.loosest),
                Evidence("loosest_tie", ties[self.loosest].value),
                Evidence("statistic", self.statistic),
                Evidence("freedom", self.freedom),
                Evidence("p_value", PValue(self.adjusted), bar, self.is_significant),
                Evidence("family", self.family),
            ),
            missing=tuple(f"too few of {name}" for name in self.left_out),
        )


@overload
def satisfaction_tie(
    frame: IntoFrame,
    *,
    satisfaction: str = "satisfaction",
    loyalty: str = "loyalty",
    by: None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> SatisfactionTie: ...


@overload
def satisfaction_tie(
    frame: IntoFrameT,
    *,
    satisfaction: str = "satisfaction",
    loyalty: str = "loyalty",
    by: By,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def satisfaction_tie(
    frame: IntoFrame,
    *,
    satisfaction: str = "satisfaction",
    loyalty: str = "loyalty",
    by: By | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> SatisfactionTie | IntoFrame:
    r"""Estimate how tight satisfaction and loyalty are tied.

    Pearson's correlation r with Fisher's interval
    $\tanh(\operatorname{artanh} r \pm z/\sqrt{n - 3})$, and the least-squares slope
    $b \pm t_{n-2}\, s_b$. Both assume a line and independent answers.

    Args:
        frame: One row per respondent, empty where a score is not known: pandas, polars (eager or
            lazy), DuckDB, PySpark. A lazy frame is asked two aggregate queries.
        satisfaction: Name of the column of scores of satisfaction.
        loyalty: Name of the column of scores of loyalty.
        by: Name or names of columns whose values make groups, such as the competition, the
            switching cost in bands, being in the points scheme; None for all together.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The tie. With `by` the same kind of frame, one row a group in rising order: the columns of
        `by`, then `correlation`, `low`, `high`, `slope`, `slope_low`, `slope_high`, `n`,
        `n_missing` and `group_size`, which says why a small group has no tie.

    Raises:
        InvalidValueError: If a score is no number from 0 to 100, a column is missing or of another
            kind, a row is in no group, or all together fewer than four have both scores, or one of
            the two does not vary.

    Warns:
        AssumptionWarning: If of a group fewer than four have both scores, or one of the two does
            not vary: it has no tie, and its row says none.

    Units:
        Correlation −1 to 1; slope in points of loyalty per point of satisfaction.

    Source:
        Fisher (1921).

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"satisfaction": [20, 40, 60, 80], "loyalty": [30, 30, 60, 90]})
        >>> print(satisfaction_tie(base).slope)
        1.05 (95 % interval -0.06786 to 2.168, n = 4, least squares)
    """
    check_confidence(confidence)
    check_rule(rule)
    asked = _asked(frame, satisfaction, loyalty)
    names = () if by is None else checked_by(asked, by, _TABLE)
    sums = _sums(asked, names, satisfaction, loyalty)
    if by is None:
        found = _tie(sums.rows[0], confidence)
        if found is None:
            told = Words(f"known of {int(sums.rows[0]['n'] or 0)}")
            rule_ = "must be known of four at least, and vary"
            raise InvalidValueError(f"{satisfaction} and {loyalty}", told, rule_)
        return found
    sizes = guard_small_groups([int(row["n"]) for row in sums.rows], rule=rule)
    told_: dict[str, list[object]] = {name: [] for name in _TABLE}
    for place, size in enumerate(sizes):
        _tell(told_, _tie_of(sums, place, size, confidence), sums.rows[place], size)
    return table_of(sums, told_, _TABLE, frame)


def compare_ties(
    frame: IntoFrame,
    *,
    by: By,
    satisfaction: str = "satisfaction",
    loyalty: str = "loyalty",
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> tuple[TieModerator, ...]:
    """Judge of each moderator whether the tie differs between its groups.

    Args:
        frame: As for `satisfaction_tie`.
        by: Name or names of the columns of moderators; all that are asked are one family.
        satisfaction: Name of the column of scores of satisfaction.
        loyalty: Name of the column of scores of loyalty.
        rule: Which groups are too small to be told; they are left out, and named.
        confidence: Against what confidence all of them are judged together.

    Returns:
        One per moderator, in the order asked.

    Raises:
        InvalidValueError: As `satisfaction_tie`, or if a moderator has fewer than two groups that
            can be told, or a group is tied without any error.

    Warns:
        AssumptionWarning: As `satisfaction_tie`.

    Source:
        Hedges and Olkin (1985), section 11.B.1; Holm (1979), or Benjamini and Hochberg (1995) above
        twenty.

    Examples:
        >>> import pandas
        >>> answers = pandas.DataFrame(
        ...     {
        ...         "scheme": [True, False] * 20,
        ...         "satisfaction": [*range(0, 100, 5)] * 2,
        ...         "loyalty": [*range(3, 100, 5), *range(97, 0, -5)],
        ...     }
        ... )
        >>> compare_ties(answers, by="scheme")[0].is_significant
        False
    """
    check_confidence(confidence)
    check_rule(rule)
    asked = _asked(frame, satisfaction, loyalty)
    found = []
    for name in checked_by(asked, by, _TABLE):
        sums = _sums(asked, (name,), satisfaction, loyalty)
        sizes = guard_small_groups([int(row["n"]) for row in sums.rows], rule=rule)
        words = [str(sums.keys.row(place)[0]) for place in range(len(sums.rows))]
        told = [
            (word, _tie_of(sums, place, size, confidence))
            for place, (word, size) in enumerate(zip(words, sizes, strict=True))
        ]
        found.append((name, told))
    tests = [_test(name, told) for name, told in found]
    adjusted = adjust_for_many([p for _, _, p in tests]).adjusted
    return tuple(
        TieModerator(
            moderator=name,
            ties=tuple((word, tie.correlation) for word, tie in told if tie is not None),
            left_out=tuple(word for word, tie in told if tie is None),
            statistic=statistic,
            freedom=freedom,
            p_value=p,
            adjusted=float(own or 0.0),
            family=len(tests),
            confidence=confidence,
        )
        for (name, told), (statistic, freedom, p), own in zip(found, tests, adjusted, strict=True)
    )


def _test(
    moderator: str, told: Sequence[tuple[str, SatisfactionTie | None]]
) -> tuple[float, int, float]:
    """Return the statistic, its degrees of freedom and its p-value."""
    ties = [tie.correlation for _, tie in told if tie is not None]
    if len(ties) < 2:
        rule = "must have two groups at least that are large enough to be told"
        raise InvalidValueError(moderator, Words(f"of {len(ties)}"), rule, "make wider groups")
    weights = [tie.n - 3 for tie in ties]
    # A tie without any error is held to be as near to one as floats can tell.
    z = [math.atanh(min(max(tie.value, -1 + 1e-15), 1 - 1e-15)) for tie in ties]
    mean = math.fsum(w * one for w, one in zip(weights, z, strict=True)) / sum(weights)
    statistic = math.fsum(w * (one - mean) ** 2 for w, one in zip(weights, z, strict=True))
    return statistic, len(ties) - 1, float(chdtrc(len(ties) - 1, statistic))


def _asked(native: IntoFrame, satisfaction: str, loyalty: str) -> Eager | Lazy:
    wanted = {satisfaction: ColumnKind.NUMBER, loyalty: ColumnKind.NUMBER}
    return frame_of(native, "frame", wanted)


def _sums(asked: Eager | Lazy, by: Sequence[str], satisfaction: str, loyalty: str) -> GroupSums:
    x, y = (nw.col(name).cast(nw.Float64) - MIDDLE for name in (satisfaction, loyalty))
    there = ~nw.col(satisfaction).is_null() & ~nw.col(loyalty).is_null()
    parts = {"x": x, "y": y, "xx": x * x, "xy": x * y, "yy": y * y}
    rule = "must be a number from 0 to 100, or empty"
    flaws = [
        flaw for name in (satisfaction, loyalty) for flaw in unfit_if_given(name, 0, 100, rule)
    ]
    return group_sums(
        asked,
        by,
        flaws,
        {
            "n": there,
            "gone": ~there,
            **{name: nw.when(there).then(part).otherwise(0.0) for name, part in parts.items()},
        },
    )


def _tie_of(
    sums: GroupSums, place: int, size: GroupSize, confidence: float
) -> SatisfactionTie | None:
    """Return the tie of a group that is shown; None, with a warning, where it has none."""
    if not size.is_shown:
        return None
    found = _tie(sums.rows[place], confidence)
    if found is None:
        warn_caller(
            f"of {sums.name(place)} satisfaction or loyalty does not vary, or fewer than "
            f"{_FEWEST} are known: it has no tie"
        )
    return found


def _tie(row: Sums, confidence: float) -> SatisfactionTie | None:
    """Return the tie that sums tell; None where there are fewer than four, or no spread."""
    n = row["n"]
    if not n >= _FEWEST:
        return None
    xx, yy = (row[f"{one}{one}"] - row[one] ** 2 / n for one in "xy")
    # What the rounding of sums leaves of scores that are all alike is no spread.
    if xx <= 1e-9 * (1 + row["xx"]) or yy <= 1e-9 * (1 + row["yy"]):
        return None
    xy = row["xy"] - row["x"] * row["y"] / n
    r, slope = min(max(xy / math.sqrt(xx * yy), -1.0), 1.0), xy / xx
    reach = normal_quantile(confidence) / math.sqrt(n - 3)
    z = math.atanh(r) if abs(r) < 1 else math.copysign(math.inf, r)
    error = math.sqrt(max(yy - slope * xy, 0.0) / (n - 2) / xx)
    wide = student_quantile(confidence, n - 2) * error
    counts = {"n": int(n), "n_missing": int(row["gone"])}
    return SatisfactionTie(
        correlation=Estimate(
            r,
            math.tanh(z - reach),
            math.tanh(z + reach),
            confidence=confidence,
            method="fisher-z",
            **counts,
        ),
        slope=Estimate(
            slope,
            slope - wide,
            slope + wide,
            confidence=confidence,
            method="least squares",
            **counts,
        ),
    )


def _tell(
    told: dict[str, list[object]], found: SatisfactionTie | None, row: Sums, size: GroupSize
) -> None:
    parts = {
        "correlation": ("correlation", "value"),
        "low": ("correlation", "low"),
        "high": ("correlation", "high"),
        "slope": ("slope", "value"),
        "slope_low": ("slope", "low"),
        "slope_high": ("slope", "high"),
    }
    for name, (part, end) in parts.items():
        told[name].append(None if found is None else getattr(getattr(found, part), end))
    for name, column in (("n", "n"), ("n_missing", "gone")):
        told[name].append(None if size.is_kept_back else int(row[column]))
    told["group_size"].append(str(size.value))
