"""What a comparison finds: the difference, its interval and its test.

Law: what is compared is the difference. Whether two intervals overlap answers another question, and
finds too little.
"""

from __future__ import annotations

from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Confidence, Estimate, Evidence, Explanation, PValue, Rule, Text
from crmkit.kernel.estimate import doubt_of

from .histogram import Histogram
from .method_names import told_method


_RULE: Final = Rule(
    code="stats.comparison",
    says=Text(
        "{first} (n = {n_1}) against {second} (n = {n_2}): a difference of {difference}, between "
        "{low} and {high} with {confidence} confidence; {p_value} ({method}); "
        "more than chance: {verdict}",
        "{first}（n = {n_1}）与{second}（n = {n_2}）相比：差为{difference}，置信度{confidence}下"
        "介于{low}与{high}之间；{p_value}（{method}）；是否超出偶然：{verdict}",
    ),
    source="the difference is judged by its own test, not by whether two intervals overlap",
)


@attrs.frozen(kw_only=True)
class Comparison:
    """How much one group exceeds another, and how often chance alone would make such a difference.

    Attributes:
        first: The result of the first group.
        second: That of the second.
        difference: The first less the second, with its interval.
        statistic: The difference in standard errors: z, or t where the method says so.
        p_value: How often groups that do not differ would be found as far apart, or farther.
        method: Name of the test.
        n_1: How many answered in the first group; of pairs, how many there are.
        n_2: How many answered in the second.

    Examples:
        >>> from crmkit.stats import compare_means
        >>> found = compare_means([1, 2, 2, 3], [4, 5, 5, 4, 5])
        >>> print(found)
        -2.6 (95 % interval -3.82 to -1.38, n = 9, welch-t), p = 0.002704
        >>> found.is_significant
        True
    """

    first: float
    second: float
    difference: Estimate
    statistic: float
    p_value: float
    method: str
    n_1: int
    n_2: int

    @property
    def is_significant(self) -> bool:
        """Whether chance alone would do so too rarely for the confidence asked.

        Of one comparison; of many at once, ask `adjust_for_many`.
        """
        return self.p_value <= doubt_of(self.difference.confidence)

    def explain(self) -> Explanation[bool]:
        """Explain whether the groups differ by more than chance.

        Returns:
            The verdict with its evidence: `first`, `second`, `n_1`, `n_2`, `difference`, `low`,
            `high`, `confidence`, `p_value` against the share that the confidence leaves, `method`.
        """
        told = self.difference
        bar = doubt_of(told.confidence)
        return Explanation(
            verdict=self.is_significant,
            rule=_RULE,
            evidence=(
                Evidence("first", self.first),
                Evidence("n_1", self.n_1),
                Evidence("second", self.second),
                Evidence("n_2", self.n_2),
                Evidence("difference", told.value),
                Evidence("low", told.low),
                Evidence("high", told.high),
                Evidence("confidence", Confidence(told.confidence)),
                Evidence("p_value", PValue(self.p_value), bar, self.is_significant),
                Evidence("method", told_method(self.method)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.difference}, p = {self.p_value:.4g}"


def comparison_of(
    results: tuple[float, float],
    ends: tuple[float, float],
    test: tuple[float, float],
    groups: tuple[Histogram, ...],
    confidence: float,
    method: str,
) -> Comparison:
    """Put together what was found: of two groups, or of one of pairs."""
    return Comparison(
        first=results[0],
        second=results[1],
        difference=Estimate(
            results[0] - results[1],
            *ends,
            confidence=confidence,
            n=sum(group.n for group in groups),
            n_missing=sum(group.n_missing for group in groups),
            method=method,
        ),
        statistic=test[0],
        p_value=test[1],
        method=method,
        n_1=groups[0].n,
        n_2=groups[-1].n,
    )


def two_sided(tail: float) -> float:
    """Return the p-value of a tail that has an equal on the other side."""
    return min(2 * tail, 1.0)


def no_spread(name: str, found: object) -> InvalidValueError:
    """Return the error of groups that give nothing to judge a difference by."""
    rule = "must spread: where all answer alike there is nothing to judge a difference by"
    return InvalidValueError(name, found, rule, "compare shares, such as a top box")
