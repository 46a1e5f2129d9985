"""What a tie of satisfaction and loyalty is found to be, and whether a moderator loosens it.

Law: a tie is told with its interval; a moderator is judged by one test of all its groups.

Source: domain fact L5, and as `crmkit.loyalty.satisfaction_tie`.
"""

from __future__ import annotations

from typing import Final

import attrs

from crmkit.kernel import Confidence, Estimate, Evidence, Explanation, PValue, Rule, Text
from crmkit.kernel.estimate import doubt_of


_TIED: Final = Rule(
    code="loyalty.tie",
    says=Text(
        "how far satisfaction and loyalty go together, where 1 is fully, 0 not at all and -1 the "
        "one against the other: {correlation}, between {low} and {high} with {confidence} "
        "confidence ({n} answers); with each point of satisfaction loyalty is {slope} points "
        "higher on average; more than chance: {verdict}",
        "满意度与忠诚度的联系程度（1为完全一致，0为无关，-1为完全相反）为{correlation}，"
        "置信度{confidence}下介于{low}与{high}之间（{n}份作答）；"
        "满意度每高1分，忠诚度平均高{slope}分；是否超出偶然：{verdict}",
    ),
    source="L5; Fisher (1921)",
)
_MODERATED: Final = Rule(
    code="loyalty.moderator",
    says=Text(
        "by {moderator} the tie of satisfaction and loyalty is tightest where it is {tightest} "
        "({tightest_tie}) and loosest where it is {loosest} ({loosest_tie}); the test whether the "
        "tie is the same in all groups gives {p_value}, corrected for the number of "
        "moderators asked at once, {family}; more than chance: {verdict}",
        "按{moderator}区分，满意度与忠诚度的联系在{tightest}中最紧（{tightest_tie}），"
        "在{loosest}中最松（{loosest_tie}）；检验各组联系是否相同：{p_value}，"
        "已按同时检验的{family}个调节因素校正；是否超出偶然：{verdict}",
    ),
    source="L5; Hedges and Olkin (1985); Holm (1979)",
)
# Where chance alone may part the groups, none of them is told to be the tightest.
_NOT_MODERATED: Final = Rule(
    code="loyalty.no_moderator",
    says=Text(
        "by {moderator} the tie of satisfaction and loyalty is not found to differ: the test "
        "whether it is the same in all groups gives {p_value}, corrected for the number of "
        "moderators asked at once, {family}; more than chance: {verdict}",
        "按{moderator}区分，未发现满意度与忠诚度的联系有差异：检验各组联系是否相同：{p_value}，"
        "已按同时检验的{family}个调节因素校正；是否超出偶然：{verdict}",
    ),
    source="L5; Hedges and Olkin (1985); Holm (1979)",
)
_NO_ERROR: Final = "an interval with a width: all answers lie on one line"
_UNTOLD: Final = "a tie of {}: too few answers, or one of the two does not vary"


@attrs.frozen(kw_only=True)
class SatisfactionTie:
    """How satisfaction and loyalty go together in one base.

    Attributes:
        correlation: Pearson's, with Fisher's interval.
        slope: With how many points of loyalty one point of satisfaction goes.
        effective_n: As how many unweighted answers they tell; without weights n.

    Examples:
        >>> import pandas
        >>> base = pandas.DataFrame({"satisfaction": [20, 40, 60, 80], "loyalty": [30, 30, 60, 90]})
        >>> from crmkit.loyalty import satisfaction_tie
        >>> tie = satisfaction_tie(base)
        >>> print(tie.correlation)
        0.9439 (95 % interval -0.1853 to 0.9989, n = 4, fisher-z)
        >>> round(tie.slope, 2), tie.explain().verdict
        (1.05, False)
    """

    correlation: Estimate
    slope: Estimate
    effective_n: float

    @property
    def is_without_error(self) -> bool:
        """Whether all answers lie on one line: its intervals have no width then."""
        return abs(self.correlation.value) == 1

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
            missing=(_NO_ERROR,) if self.is_without_error else (),
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
        ...         "loyalty": [*[5, 0] * 2, *range(20, 100, 5), *[60, 40] * 10],
        ...     }
        ... )
        >>> from crmkit.loyalty import compare_ties
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
        """The group whose correlation is furthest from 0, either way; of equals the first."""
        return max(self.ties, key=lambda tie: abs(tie[1].value))[0]

    @property
    def loosest(self) -> str:
        """The group whose correlation is nearest to 0; of equals the first."""
        return min(self.ties, key=lambda tie: abs(tie[1].value))[0]

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
            ...         "loyalty": [*[5, 0] * 2, *range(20, 100, 5), *[60, 40] * 10],
            ...     }
            ... )
            >>> from crmkit.loyalty import compare_ties
            >>> (found,) = compare_ties(answers, by="market")
            >>> print(found.explain().sentence("zh")[:28])
            按market区分，满意度与忠诚度的联系在open中最紧
        """
        ties = dict(self.ties)
        bar = doubt_of(self.confidence)
        return Explanation(
            verdict=self.is_significant,
            rule=_MODERATED if self.is_significant else _NOT_MODERATED,
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
            missing=tuple(_UNTOLD.format(name) for name in self.left_out),
        )
