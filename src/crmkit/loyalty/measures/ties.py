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

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from scipy.special import chdtrc

from crmkit.errors import InvalidValueError
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import Words, frame_of
from crmkit.stats import GroupSize, SmallGroupRule, adjust_for_many
from crmkit.stats.group_columns import By, check_by
from crmkit.stats.group_sizes import SMALL_GROUPS, check_rule
from crmkit.stats.no_width import warn_caller, warn_of_no_width
from crmkit.stats.weighted import warn_if_few_weigh

from .group_sums import GroupSums, Sums, table_of
from .respondents import number_columns, sizes_of
from .tie_findings import SatisfactionTie, TieModerator
from .tie_sums import FEWEST, tie_of, tie_sums


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


@overload
def satisfaction_tie(
    frame: IntoFrame,
    *,
    satisfaction: str = "satisfaction",
    loyalty: str = "loyalty",
    weights: str | None = None,
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
    weights: str | None = None,
    by: By,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def satisfaction_tie(
    frame: IntoFrame,
    *,
    satisfaction: str = "satisfaction",
    loyalty: str = "loyalty",
    weights: str | None = None,
    by: By | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> SatisfactionTie | IntoFrame:
    r"""Estimate how tight satisfaction and loyalty are tied.

    Pearson's correlation r with Fisher's interval
    $\tanh(\operatorname{artanh} r \pm z/\sqrt{n - 3})$, and the least-squares slope
    $b \pm t_{n-2}\, s_b$; under weights with Kish's effective size in the place of n. Both assume a
    line and independent answers.

    Args:
        frame: One row per respondent, empty where a score is not known: pandas, polars (eager or
            lazy), DuckDB, PySpark. A lazy frame is asked two aggregate queries.
        satisfaction: Name of the column of scores of satisfaction.
        loyalty: Name of the column of scores of loyalty.
        weights: Name of the column of respondents' weights, none negative; None weighs all alike.
        by: Name or names of columns whose values make groups, such as the competition, the
            switching cost in bands, being in the points scheme; None for all together.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The tie. With `by` the same kind of frame, one row a group in rising order: the columns of
        `by`, then `correlation`, `low`, `high`, `slope`, `slope_low`, `slope_high`, `n`,
        `n_missing` and `group_size`, which says why a small group has no tie. Who has a weight of 0
        counts as missing.

    Raises:
        InvalidValueError: If a score is no number from 0 to 100, a column is missing or of another
            kind, a weight is none, a row is in no group, or all together fewer than four have both
            scores, or weigh as four would, or one of the two does not vary.

    Warns:
        AssumptionWarning: If of a group fewer than four have both scores, or weigh as four would,
            or one of the two does not vary: it has no tie, and its row says none; if all answers
            lie on one line, so that the intervals have no width; or if few of many weigh anything,
            as of `crmkit.stats.weighted_mean`.

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
    asked = frame_of(frame, "frame", number_columns(satisfaction, loyalty, weights))
    names = () if by is None else check_by(asked, by, _TABLE)
    sums = tie_sums(asked, names, satisfaction, loyalty, weights)
    if by is None:
        return _only_tie(sums.rows[0], f"{satisfaction} and {loyalty}", confidence)
    sizes = sizes_of(sums.rows, rule)
    told: dict[str, list[object]] = {name: [] for name in _TABLE}
    for place, size in enumerate(sizes):
        _tell(told, _tie_of(sums, place, size, confidence), sums.rows[place], size)
    return table_of(sums, told, _TABLE, frame)


def compare_ties(
    frame: IntoFrame,
    *,
    by: By,
    satisfaction: str = "satisfaction",
    loyalty: str = "loyalty",
    weights: str | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> tuple[TieModerator, ...]:
    """Judge of each moderator whether the tie differs between its groups.

    Args:
        frame: As for `satisfaction_tie`.
        by: Name or names of the columns of moderators; all that are asked are one family.
        satisfaction: Name of the column of scores of satisfaction.
        loyalty: Name of the column of scores of loyalty.
        weights: Name of the column of respondents' weights, none negative; None weighs all alike.
        rule: Which groups are too small to be told; they are left out, and named.
        confidence: Against what confidence all of them are judged together.

    Returns:
        One per moderator, in the order asked.

    Raises:
        InvalidValueError: As `satisfaction_tie`, or if a moderator has fewer than two groups that
            can be told.

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
    asked = frame_of(frame, "frame", number_columns(satisfaction, loyalty, weights))
    added = {
        name: tie_sums(asked, (name,), satisfaction, loyalty, weights)
        for name in check_by(asked, by, _TABLE)
    }
    found = [(name, _ties_by(sums, rule, confidence)) for name, sums in added.items()]
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


def _ties_by(
    sums: GroupSums, rule: SmallGroupRule, confidence: float
) -> list[tuple[str, SatisfactionTie | None]]:
    """Return each group's value as text, with its tie; None where it has none to tell."""
    return [
        (str(sums.keys.row(place)[0]), _tie_of(sums, place, size, confidence))
        for place, size in enumerate(sizes_of(sums.rows, rule))
    ]


def _test(
    moderator: str, told: Sequence[tuple[str, SatisfactionTie | None]]
) -> tuple[float, int, float]:
    """Return the statistic, its degrees of freedom and its p-value."""
    ties = [tie for _, tie in told if tie is not None]
    if len(ties) < 2:
        rule = "must have two groups at least that are large enough to be told"
        raise InvalidValueError(moderator, Words(f"of {len(ties)}"), rule, "make wider groups")
    weights = [tie.effective_n - 3 for tie in ties]
    # A tie without any error is held to be as near to one as floats can tell.
    told_ties = (tie.correlation.value for tie in ties)
    z = [math.atanh(min(max(one, -1 + 1e-15), 1 - 1e-15)) for one in told_ties]
    mean = math.fsum(w * one for w, one in zip(weights, z, strict=True)) / sum(weights)
    statistic = math.fsum(w * (one - mean) ** 2 for w, one in zip(weights, z, strict=True))
    return statistic, len(ties) - 1, float(chdtrc(len(ties) - 1, statistic))


def _tie_of(
    sums: GroupSums, place: int, size: GroupSize, confidence: float
) -> SatisfactionTie | None:
    """Return the tie of a group that is shown; None, with a warning, where it has none."""
    if not size.is_shown:
        return None
    found = tie_of(sums.rows[place], confidence)
    if found is None:
        warn_caller(
            f"of {sums.name(place)} satisfaction or loyalty does not vary, or fewer than "
            f"{FEWEST} are known: it has no tie"
        )
        return None
    _warn_of(found, f"answers of {sums.name(place)}")
    return found


def _only_tie(row: Sums, what: str, confidence: float) -> SatisfactionTie:
    found = tie_of(row, confidence)
    if found is None:
        told = Words(f"known of {int(row['n'])}")
        raise InvalidValueError(what, told, "must be known of four at least, and vary")
    _warn_of(found, "answers")
    return found


def _warn_of(found: SatisfactionTie, what: str) -> None:
    n = found.correlation.n
    if found.is_without_error:
        warn_of_no_width(f"all {n} {what} lie on one line")
    warn_if_few_weigh(n, found.effective_n, what=what)


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
