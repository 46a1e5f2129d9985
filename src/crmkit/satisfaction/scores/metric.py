"""How answers become one number that can be compared: a net score, a share, a mean.

Law: a comparison needs the answers, never two finished scores; interval and test belong to the kind
of number.
"""

from __future__ import annotations

from typing import Literal, Self

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import Values
from crmkit.satisfaction.surveys import RECOMMEND, Scale
from crmkit.stats import (
    Comparison,
    Histogram,
    compare_means,
    compare_net_scores,
    compare_paired_means,
    compare_paired_shares,
    compare_shares,
    weighted_mean,
    weighted_net_score,
    weighted_share,
)


@attrs.frozen(kw_only=True)
class Metric:
    """What is made of the answers to one question, so that groups of them can be compared.

    Attributes:
        kind: "net" (points, −100 to 100), "share" (0 to 1) or "mean".
        scale: On what the answers are given; None for any finite numbers, such as the scores of
            respondents.
        counts_from: The lowest answer that counts for it; None of a mean.
        against_to: The highest answer that counts against it, of a net score.

    Raises:
        InvalidValueError: If the borders do not fit the kind or the scale.

    Examples:
        >>> answers = Histogram.of([10, 9, 8, 3])
        >>> print(Metric.net_promoter().estimate(answers))
        25 (95 % interval -44.16 to 72.73, n = 4, adjusted-wald)
        >>> print(Metric.top_box(Scale(1, 5), k=2).estimate(Histogram.of([5, 4, 4, 1])))
        0.75 (95 % interval 0.3006 to 0.9544, n = 4, wilson)
    """

    kind: Literal["net", "share", "mean"]
    scale: Scale | None = None
    counts_from: float | None = None
    against_to: float | None = None

    def __attrs_post_init__(self) -> None:
        kinds = ("net", "share", "mean")
        if self.kind not in kinds:
            raise InvalidValueError("kind", self.kind, f"must be one of {', '.join(kinds)}")
        given = (self.counts_from is not None, self.against_to is not None)
        if given != (self.kind != "mean", self.kind == "net"):
            told = (self.counts_from, self.against_to)
            rule = "must be both given of a net score, the first of a share, and none of a mean"
            raise InvalidValueError("counts_from, against_to", told, rule)
        if self.counts_from is not None and self.against_to is not None:
            self._check_order(self.counts_from, self.against_to)

    @classmethod
    def net_promoter(cls) -> Self:
        """The Net Promoter Score: 9 and 10 of 0 to 10 less 0 to 6.

        Examples:
            >>> Metric.net_promoter().against_to
            6
        """
        return cls.net_score(RECOMMEND, counts_from=9, against_to=6)

    @classmethod
    def net_score(cls, scale: Scale, *, counts_from: int, against_to: int) -> Self:
        """A net score with borders of its own: of a five-point scale, of a net box.

        Examples:
            >>> Metric.net_score(Scale(1, 5), counts_from=5, against_to=3).kind
            'net'
        """
        for name, border in (("counts_from", counts_from), ("against_to", against_to)):
            scale.check(border, name)
        return cls(kind="net", scale=scale, counts_from=counts_from, against_to=against_to)

    @classmethod
    def top_box(cls, scale: Scale, *, k: int = 2) -> Self:
        """The share of the k highest answers.

        Examples:
            >>> Metric.top_box(Scale(1, 5)).counts_from
            4
        """
        if not isinstance(k, int) or isinstance(k, bool) or not 1 <= k < scale.points:
            rule = f"must be a whole number from 1 to {scale.points - 1}"
            raise InvalidValueError("k", k, rule, "all answers together are no box")
        return cls(kind="share", scale=scale, counts_from=scale.high - k + 1)

    @classmethod
    def mean(cls, scale: Scale | None = None) -> Self:
        """The mean, in the units of the answers.

        Examples:
            >>> print(Metric.mean().estimate(Histogram.of([72.5, 80.0, 64.0])))
            72.17 (95 % interval 52.28 to 92.05, n = 3, student-t)
        """
        return cls(kind="mean", scale=scale)

    @property
    def least(self) -> int:
        """From how many answers an estimate can be made at all."""
        return 2 if self.kind == "mean" else 1

    @property
    def ends(self) -> tuple[float, float] | None:
        """Between which numbers it lies; None where it has no ends.

        Examples:
            >>> Metric.net_promoter().ends, Metric.mean(Scale(1, 5)).ends
            ((-100.0, 100.0), (1.0, 5.0))
        """
        if self.kind == "mean":
            return None if self.scale is None else (float(self.scale.low), float(self.scale.high))
        return (-100.0 if self.kind == "net" else 0.0, 100.0 if self.kind == "net" else 1.0)

    def code(self, score: float) -> float:
        """Return what one answer counts: 1, 0 or −1; of a mean the answer itself."""
        if self.counts_from is None:
            return score
        if score >= self.counts_from:
            return 1.0
        return -1.0 if self.against_to is not None and score <= self.against_to else 0.0

    def check(self, told: Histogram, name: str) -> Histogram:
        """Return answers that are on the scale.

        Raises:
            InvalidValueError: If one is not.
        """
        scale = self.scale
        if scale is not None:
            for score in told.scores:
                scale.check(int(score) if score.is_integer() else score, name)
        return told

    def estimate(self, told: Histogram, *, confidence: float = 0.95) -> Estimate:
        """Estimate it of answers that are counted.

        Raises:
            InvalidValueError: If an answer is off the scale, or there are too few.
        """
        coded = self.check(told, "scores").recode(self.code)
        if self.kind == "net":
            return weighted_net_score(coded, confidence=confidence)
        if self.kind == "share":
            return weighted_share(coded, confidence=confidence)
        return weighted_mean(coded, confidence=confidence)

    def compare(
        self, first: Histogram, second: Histogram, *, confidence: float = 0.95
    ) -> Comparison:
        """Compare it in two groups of other people.

        Raises:
            InvalidValueError: If an answer is off the scale, or there are too few.
        """
        one = self.check(first, "first").recode(self.code)
        two = self.check(second, "second").recode(self.code)
        if self.kind == "net":
            return compare_net_scores(one, two, confidence=confidence)
        if self.kind == "share":
            return compare_shares(one, two, confidence=confidence)
        return compare_means(one, two, confidence=confidence)

    def compare_paired(
        self, first: Values, second: Values, *, weights: Values | None, confidence: float
    ) -> Comparison:
        """Compare two codings of the same people: of a net score in points."""
        if self.kind == "share":
            return compare_paired_shares(first, second, weights=weights, confidence=confidence)
        return compare_paired_means(first, second, weights=weights, confidence=confidence)

    def _check_order(self, counts_from: float, against_to: float) -> None:
        if not against_to < counts_from:
            rule = f"must be below counts_from, {counts_from!r}"
            raise InvalidValueError("against_to", against_to, rule, "no answer counts both ways")


def check_metric(metric: Metric) -> None:
    """Refuse what is no metric.

    Raises:
        InvalidValueError: If it is none.

    Examples:
        >>> check_metric("nps")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: metric is 'nps': it must be a Metric; write\
 Metric.net_promoter()
    """
    if not isinstance(metric, Metric):
        way_out = "write Metric.net_promoter()"
        raise InvalidValueError("metric", metric, "must be a Metric", way_out)
