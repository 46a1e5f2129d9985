"""Waves of response: whether late ones answer otherwise, as a hint at those who never answer.

Law: it is a probe and no proof: who never answers is taken to go on where the late ones stopped.
What the trend tells of waves that are too small is kept back like the waves themselves.

Source: Armstrong, J. S. and Overton, T. S. (1977), "Estimating nonresponse bias in mail surveys",
Journal of Marketing Research 14(3), 396–402; the continuum of resistance: Lin, I.-F. and Schaeffer,
N. C. (1995), "Using survey participants to estimate the impact of nonparticipation", Public Opinion
Quarterly 59(2), 236–258.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Final, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame
from scipy.special import stdtr

from crmkit.errors import InvalidValueError
from crmkit.kernel import Confidence, Estimate, Evidence, Explanation, PValue, Rule, Text
from crmkit.kernel.estimate import doubt_of
from crmkit.kernel.frames import ColumnKind, frame_of
from crmkit.satisfaction.scores import Metric
from crmkit.satisfaction.scores.tallying import count_by
from crmkit.stats import Comparison, GroupSize, Histogram, SmallGroupRule
from crmkit.stats.group_sizes import SMALL_GROUPS
from crmkit.stats.intervals import student_quantile
from crmkit.stats.no_width import warn_caller

from .wave_guard import kept_back


if TYPE_CHECKING:
    import pandas as pd


_SIDES: Final = Text(
    "from wave to wave the result moves by {slope} (between {low} and {high} with {confidence} "
    "confidence, {p_value}); early {early}, late {late}; those who never answered would be "
    "at {projected}; do late ones answer otherwise by more than chance: {verdict}",
    "结果逐波变化{slope}（置信度{confidence}下介于{low}与{high}之间，{p_value}）；"
    "早答者{early}，晚答者{late}；推算未答者为{projected}；晚答者是否显著不同：{verdict}",
)
_ALONE: Final = Text(
    "from wave to wave the result moves by {slope} (between {low} and {high} with {confidence} "
    "confidence, {p_value}); early and late ones are kept back; those who never answered would be "
    "at {projected}; do late ones answer otherwise by more than chance: {verdict}",
    "结果逐波变化{slope}（置信度{confidence}下介于{low}与{high}之间，{p_value}）；"
    "早答者与晚答者不予公布；推算未答者为{projected}；晚答者是否显著不同：{verdict}",
)
_RULE: Final = Rule(
    code="satisfaction.wave_trend",
    says=_SIDES,
    source="Armstrong and Overton (1977); Lin and Schaeffer (1995)",
)
_METHOD: Final = "least squares"


@attrs.frozen
class Wave:
    """One wave: who answered the first call, or the first reminder.

    Attributes:
        wave: Its number.
        n: How many answered.
        n_missing: How many left the question out.
        value: The result of these; None where it is kept back, or nobody answered.
        size: Whether they are too few, or would tell of others that are.

    Examples:
        >>> Wave(1, 120, 3, 41.5, GroupSize.SHOWN).n
        120
    """

    wave: int
    n: int
    n_missing: int
    value: float | None
    size: GroupSize


@attrs.frozen(kw_only=True)
class WaveTrend:
    """How answers change from wave to wave, and where that leads.

    Attributes:
        waves: Every wave in rising order.
        mean: The result of all who answered.
        slope: By how much it changes with one wave more.
        statistic: The slope in standard errors, t.
        p_value: How often waves that do not differ would show as much of a trend, or more.
        projected: The result one wave further: of those who never answered, if they go on as the
            late ones did.
        early_late: Early ones against late ones; None where they would tell of a wave that is kept
            back.

    Units:
        Those of the metric.

    Examples:
        >>> answers = {"wave": [1] * 40 + [2] * 20, "score": [10, 9, 8, 6] * 10 + [9, 6] * 10}
        >>> import pandas
        >>> told = wave_trend(pandas.DataFrame(answers), metric=Metric.net_promoter())
        >>> told.slope.value, round(told.p_value, 3), told.is_significant
        (-25.0, 0.317, False)
    """

    waves: tuple[Wave, ...]
    mean: float
    slope: Estimate
    statistic: float
    p_value: float
    projected: Estimate
    early_late: Comparison | None

    @property
    def is_significant(self) -> bool:
        """Whether chance alone would make such a trend too rarely for the confidence asked."""
        return self.p_value <= doubt_of(self.slope.confidence)

    def adjusted(self, response_rate: float) -> float:
        r"""Return the result as if everyone had answered: $r \bar y + (1 - r) \hat y$.

        Args:
            response_rate: Which share answered: one of `crmkit.satisfaction.response_rates`.

        Raises:
            InvalidValueError: If it is no share above 0.
        """
        number = isinstance(response_rate, Real) and not isinstance(response_rate, bool)
        if not number or not 0 < response_rate <= 1:
            raise InvalidValueError("response_rate", response_rate, "must lie between 0 and 1")
        return response_rate * self.mean + (1 - response_rate) * self.projected.value

    @property
    def summary(self) -> pd.DataFrame:
        """One row per wave: `wave`, `n`, `n_missing`, `value`, `group_size`."""
        columns = {
            **{
                name: [getattr(wave, name) for wave in self.waves]
                for name in ("wave", "n", "n_missing", "value")
            },
            "group_size": [wave.size.value for wave in self.waves],
        }
        made: pd.DataFrame = nw.from_dict(columns, backend="pandas").to_native()
        return made

    def explain(self) -> Explanation[bool]:
        """Explain whether late respondents answer otherwise.

        Returns:
            The verdict with its evidence: `slope`, `low`, `high`, `confidence`, `p_value` against
            the share that the confidence leaves, `projected`, and, unless they are kept back,
            `early`, `late` and because of what: the comparison of both.
        """
        told, both = self.slope, self.early_late
        bar = doubt_of(told.confidence)
        return Explanation(
            verdict=self.is_significant,
            rule=_RULE if both else attrs.evolve(_RULE, says=_ALONE),
            evidence=(
                Evidence("slope", told.value),
                Evidence("low", told.low),
                Evidence("high", told.high),
                Evidence("confidence", Confidence(told.confidence)),
                Evidence("p_value", PValue(self.p_value), bar, self.is_significant),
                *_sides(both),
                Evidence("projected", self.projected.value),
            ),
            because=() if both is None else (both.explain(),),
        )

    def __str__(self) -> str:
        both = self.early_late
        apart = "kept back" if both is None else f"{both.difference.value:.4g}"
        return (
            f"slope {self.slope}, p = {self.p_value:.4g}; projected {self.projected.value:.4g}; "
            f"early less late {apart}"
        )


def wave_trend(
    frame: IntoFrame,
    *,
    metric: Metric,
    wave: str = "wave",
    score: str = "score",
    late_from: int | None = None,
    confidence: float = 0.95,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> WaveTrend:
    r"""Test whether answers change from wave to wave, and project it to those who are silent.

    The coded answers are regressed on the number of the wave by least squares,
    $t = \hat b / s_{\hat b}$ with $n - 2$ degrees of freedom. One wave beyond the last stands for
    those who never answered.

    Assumes that people differ by how hard they are to win: the last to answer are nearest to those
    who never do. Where there is no trend, silence may still hide one.

    The mean and the slope are sums over the waves, so of two waves that are kept back both could be
    found. As many more are kept back, the smallest first, as it takes that nothing tells of fewer
    than ten; where early and late ones would, these are kept back too.

    Args:
        frame: One row per answer, before any weighting: pandas, polars (eager or lazy), DuckDB. A
            lazy frame is asked two aggregate queries.
        metric: What is made of the answers.
        wave: Name of the column of waves: whole numbers, such as 1 for the first call and 2 for
            the reminder, or days until the answer.
        score: Name of the column of answers.
        late_from: The first wave that counts as late in `early_late`; None for the last one.
        confidence: Share of such intervals that hold the true value.
        rule: From how many answers on a wave is told.

    Raises:
        InvalidValueError: If a column is missing or of another kind, an answer is off the scale,
            there are fewer than two waves or three answers, all answer alike within each wave,
            `late_from` leaves nobody early or late, or the trend itself would tell of a wave that
            is too small.

    Warns:
        AssumptionWarning: If the line leaves the scale before it comes to those who never answered.

    Units:
        Those of the metric.

    Source:
        Armstrong and Overton (1977); Lin and Schaeffer (1995).

    Examples:
        >>> import polars
        >>> answers = polars.LazyFrame(
        ...     {"wave": [1] * 60 + [2] * 40, "score": [5, 4, 4] * 20 + [4, 3, 2, 4] * 10}
        ... )
        >>> told = wave_trend(answers, metric=Metric.mean())
        >>> print(told.slope)
        -1.083 (95 % interval -1.345 to -0.8219, n = 100, least squares)
        >>> round(told.projected.value, 3), round(told.early_late.p_value, 6)
        (2.167, 0.0)
        >>> round(told.adjusted(response_rate=0.25), 3)
        2.6
    """
    frame_of(frame, "frame", {wave: ColumnKind.NUMBER})
    tally = count_by(frame, metric, by=wave, score=score, weights=None)
    parts = {int(cast("int", key[0])): told for key, told in tally.parts.items()}
    coded = {number: told.recode(metric.code) for number, told in parts.items() if told.n}
    line = _fitted(coded, score, wave)
    scale = 100.0 if metric.kind == "net" else 1.0
    ends = (line.slope_error, line.error_at(max(coded) + _step(list(coded))))
    reach = [student_quantile(confidence, line.freedom) * scale * error for error in ends]
    statistic = line.slope / line.slope_error
    following = line.at(max(coded) + _step(list(coded)))
    missing = sum(told.n_missing for told in parts.values())
    from_wave = _from(parts, late_from)
    hidden, both_told = kept_back(
        {number: told.n for number, told in coded.items()}, from_wave, rule, wave
    )
    _warn_if_off(scale * following, metric)
    return WaveTrend(
        waves=_told(parts, hidden, metric, rule),
        mean=scale * line.mean_y,
        slope=_estimate(scale * line.slope, reach[0], line.n, missing, confidence),
        statistic=statistic,
        p_value=2 * float(stdtr(line.freedom, -abs(statistic))),
        projected=_estimate(scale * following, reach[1], line.n, missing, confidence),
        early_late=_compared(parts, metric, from_wave, confidence) if both_told else None,
    )


@attrs.frozen(kw_only=True)
class _Line:
    """A straight line through points, by least squares."""

    n: int
    slope: float
    mean_x: float
    mean_y: float
    spread_x: float
    variance: float

    @property
    def freedom(self) -> float:
        return self.n - 2.0

    @property
    def slope_error(self) -> float:
        return math.sqrt(self.variance / self.spread_x)

    def at(self, x: float) -> float:
        return self.mean_y + self.slope * (x - self.mean_x)

    def error_at(self, x: float) -> float:
        """Return the standard error of the line at a point."""
        return math.sqrt(self.variance * (1 / self.n + (x - self.mean_x) ** 2 / self.spread_x))


def _fitted(coded: dict[int, Histogram], score: str, wave: str) -> _Line:
    n = sum(told.n for told in coded.values())
    if len(coded) < 2 or n < 3:
        rule = "must hold two waves and three answers at least"
        raise InvalidValueError(wave, tuple(coded), rule)
    mean_x = sum(number * told.n for number, told in coded.items()) / n
    mean_y = sum(told.mean * told.n for told in coded.values()) / n
    spread_x = sum((number - mean_x) ** 2 * told.n for number, told in coded.items())
    products = ((number - mean_x) * (told.mean - mean_y) * told.n for number, told in coded.items())
    slope = math.fsum(products) / spread_x
    left = math.fsum(
        count * (value - mean_y - slope * (number - mean_x)) ** 2
        for number, told in coded.items()
        for value, count in zip(told.scores, told.counts, strict=True)
    )
    if all(len(told.scores) == 1 for told in coded.values()):
        rule = "must spread: where all of a wave answer alike there is nothing to judge a trend by"
        raise InvalidValueError(score, tuple(told.mean for told in coded.values()), rule)
    return _Line(
        n=n,
        slope=slope,
        mean_x=mean_x,
        mean_y=mean_y,
        spread_x=spread_x,
        variance=left / (n - 2),
    )


def _step(waves: Sequence[int]) -> float:
    """Return how far one wave is from the next, on average."""
    return (max(waves) - min(waves)) / (len(waves) - 1)


def _from(parts: Mapping[int, Histogram], late_from: int | None) -> int:
    """Return the first wave that counts as late."""
    from_wave = max(parts) if late_from is None else late_from
    if not min(parts) < from_wave <= max(parts):
        told = f"must part the waves, {min(parts)} to {max(parts)}, in early and late ones"
        raise InvalidValueError("late_from", late_from, told)
    return from_wave


def _told(
    parts: Mapping[int, Histogram], hidden: set[int], metric: Metric, rule: SmallGroupRule
) -> tuple[Wave, ...]:
    scale = 100.0 if metric.kind == "net" else 1.0
    waves = []
    for number, told in parts.items():
        size = rule.of(told.n)
        if number in hidden and size.is_shown:
            size = GroupSize.COMPLEMENTARY
        value = scale * told.recode(metric.code).mean if size.is_shown else None
        waves.append(Wave(number, told.n, told.n_missing, value, size))
    return tuple(waves)


def _warn_if_off(projected: float, metric: Metric) -> None:
    ends = metric.ends
    if ends is not None and not ends[0] <= projected <= ends[1]:
        warn_caller(
            f"projected is {projected:.4g}, off the scale of {ends[0]:g} to {ends[1]:g}: those who"
            " never answered cannot go on where the late ones stopped; do not adjust by it"
        )


def _compared(
    parts: Mapping[int, Histogram], metric: Metric, from_wave: int, confidence: float
) -> Comparison:
    early = [told for number, told in parts.items() if number < from_wave]
    late = [told for number, told in parts.items() if number >= from_wave]
    return metric.compare(Histogram.pooled(early), Histogram.pooled(late), confidence=confidence)


def _sides(both: Comparison | None) -> tuple[Evidence, ...]:
    return () if both is None else (Evidence("early", both.first), Evidence("late", both.second))


def _estimate(value: float, reach: float, n: int, missing: int, confidence: float) -> Estimate:
    return Estimate(
        value,
        value - reach,
        value + reach,
        confidence=confidence,
        n=n,
        n_missing=missing,
        method=_METHOD,
    )
