"""Whether a gap has closed: the next round's scores against the last, with their test.

Law: a gap is closed when the target is reached and the rise is more than chance; a score that went
up is no proof by itself.

Source: domain fact Q3 (checked in the next round); ISO 10004:2018, clause 7.6 (monitoring).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, Protocol

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Confidence,
    Estimate,
    Evidence,
    Explanation,
    Labelled,
    PValue,
    Rule,
    Text,
    is_a,
    not_blank_if_given,
)
from crmkit.kernel.estimate import check_confidence, doubt_of
from crmkit.stats.method_names import check_test, told_method

from .improvement_proposal import ImprovementProposal, check_points


class GapResult(Labelled):
    """What the next round shows of a gap."""

    CLOSED = "closed", "Closed", "已消除"
    NARROWED = "narrowed", "Narrowed", "已缩小"
    NOT_SHOWN = "not_shown", "No change shown", "未见变化"
    WIDENED = "widened", "Widened", "已扩大"


LEAST_ANSWERS: Final = 10
"""Of fewer answers nothing is told: as by `SmallGroupRule`, which stands among numbers."""

_ROUNDED: Final = 0.05  # what a score may lose where somebody wrote it down with one decimal
_TOLERANCE: Final = 1e-9
_SOURCE: Final = "the target is reached, and the rise is more than chance; Q3"
_CHECKED: Final = Rule(
    code="satisfaction.gap_check",
    says=Text(
        "the gap: {verdict}; {before} (n = {n_before}) became {after} (n = {n_after}), target "
        "{target}; a difference of {difference}, between {low} and {high} with {confidence} "
        "confidence, {p_value} ({method})",
        "差距：{verdict}；得分由{before}（n={n_before}）变为{after}（n={n_after}），目标{target}；"
        "差为{difference}，置信度{confidence}下介于{low}与{high}之间，{p_value}（{method}）",
    ),
    source=_SOURCE,
)


class Compared(Protocol):
    """What a comparison tells: the first group is the new round, the second the old one.

    Examples:
        >>> from crmkit.stats import compare_means
        >>> found: Compared = compare_means([75, 100, 75], [50, 75, 50])
        >>> print(f"{found.second:.4g} became {found.first:.4g}")
        58.33 became 83.33
    """

    @property
    def first(self) -> float: ...
    @property
    def second(self) -> float: ...
    @property
    def difference(self) -> Estimate: ...
    @property
    def p_value(self) -> float: ...
    @property
    def method(self) -> str: ...
    @property
    def n_1(self) -> int: ...
    @property
    def n_2(self) -> int: ...


@attrs.frozen(kw_only=True)
class GapEvidence:
    """The numbers of a comparison of two rounds.

    Attributes:
        before: The score in the old round.
        after: The score in the new one.
        difference: After less before.
        low: Lower end of the difference's interval.
        high: Upper end of it.
        p_value: How often chance alone would make such a difference.
        confidence: Of the interval; the rest is how much chance is allowed.
        n_before: How many answered in the old round; of pairs, how many there are.
        n_after: How many answered in the new one.
        method: Name of the test.
        round: The new round; None where it is none that is kept here.

    Raises:
        InvalidValueError: If a number is off its scale or not finite, the difference is not after
            less before, it lies outside its interval, the interval holds 0 although the p-value
            says that chance is no reason, or the method is no test of `crmkit.stats`.

    Units:
        Scores: 0 (the worst) to 100 (the best).

    Examples:
        >>> from crmkit.stats import compare_means
        >>> found = compare_means([75, 100, 75, 75] * 10, [50, 75, 50, 50] * 10)
        >>> evidence = GapEvidence.of(found, round="R-2")
        >>> evidence.before, evidence.after, evidence.is_more_than_chance
        (56.25, 81.25, True)
    """

    before: float
    after: float
    difference: float
    low: float
    high: float
    p_value: float
    confidence: float = 0.95
    n_before: int
    n_after: int
    method: str
    round: str | None = attrs.field(default=None, validator=not_blank_if_given)

    def __attrs_post_init__(self) -> None:
        check_points("before", self.before)
        check_points("after", self.after)
        for name in ("n_before", "n_after"):
            number = getattr(self, name)
            if type(number) is not int or number < 1:
                raise InvalidValueError(name, number, "must be a whole number of 1 or more")
        for name in ("difference", "low", "high", "p_value", "confidence"):
            number = getattr(self, name)
            if type(number) not in (int, float) or not math.isfinite(number):
                raise InvalidValueError(name, number, "must be a finite number")
        self._check_difference()
        if not 0 <= self.p_value <= 1:
            raise InvalidValueError("p_value", self.p_value, "must be from 0 to 1")
        check_confidence(self.confidence)
        check_test("method", self.method)
        self._check_agreement()

    def _check_difference(self) -> None:
        if not math.isclose(self.difference, self.after - self.before, abs_tol=1e-6):
            rule, way_out = "must be after less before", "compare the new round with the old one"
            raise InvalidValueError("difference", self.difference, rule, way_out)
        if not self.low <= self.difference <= self.high:
            rule = f"must lie in its interval, {self.low!r} to {self.high!r}"
            raise InvalidValueError("difference", self.difference, rule)

    def _check_agreement(self) -> None:
        """Refuse a test that its own interval contradicts; only Newcombe's may."""
        inside = self.low < -_TOLERANCE and self.high > _TOLERANCE
        if inside and self.is_more_than_chance and self.method != "newcombe":
            rule = f"must exceed {doubt_of(self.confidence)!r}: the interval holds 0"
            raise InvalidValueError("p_value", self.p_value, rule, "hand both of one test over")

    @classmethod
    def of(
        cls, comparison: Compared, *, round: str | None = None, p_value: float | None = None
    ) -> GapEvidence:
        """Take the numbers out of a comparison of the new round, first, with the old one, second.

        Args:
            comparison: Of scores from 0 to 100: `crmkit.stats.compare_means` of other people,
                `compare_paired_means` of the same ones.
            round: The new round.
            p_value: The p-value adjusted for many, where several gaps are checked at once; None for
                the comparison's own.

        Raises:
            InvalidValueError: If a number is off its scale.
        """
        told = comparison.difference
        return cls(
            before=float(comparison.second),
            after=float(comparison.first),
            difference=float(told.value),
            low=float(told.low),
            high=float(told.high),
            p_value=float(comparison.p_value if p_value is None else p_value),
            confidence=float(told.confidence),
            n_before=int(comparison.n_2),
            n_after=int(comparison.n_1),
            method=comparison.method,
            round=round,
        )

    @property
    def is_paired(self) -> bool:
        """Whether the same people were compared, of whom some may not have answered both times."""
        return self.method.startswith(("paired", "mcnemar"))

    def check_fits(
        self,
        proposal: ImprovementProposal,
        earlier: Iterable[GapCheck] = (),
        *,
        least: int = LEAST_ANSWERS,
    ) -> None:
        """Refuse numbers that are not of the gap that was found, or of too few answers.

        What is compared with is the score that was found, or that of a round that was checked
        since. Of paired answers, which not all have given, it must lie within the interval.

        Args:
            proposal: What was found.
            earlier: What later rounds have shown, oldest first.
            least: Of how many answers each round must be.

        Raises:
            InvalidValueError: If `before` is another score, or a round has fewer answers.

        Examples:
            >>> from crmkit.kernel import Share
            >>> found = dict(score=37.5, low=33, high=42, n=60, target=60, rank=1)
            >>> late = ImprovementProposal(part="delivery", importance=Share(0.4), **found)
            >>> told = dict(difference=98, low=97, high=99, p_value=0.001, method="welch-t")
            >>> GapEvidence(before=1, after=99, n_before=60, n_after=60, **told).check_fits(late)
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: before is 1: it must be the score that was found,\
 37.5; compare the new round with that one
        """
        for name in ("n_before", "n_after"):
            if getattr(self, name) < least:
                rule = f"must be {least} or more: so few answers are not told, and prove nothing"
                raise InvalidValueError(name, getattr(self, name), rule)
        scores = [proposal.score, *(one.evidence.after for one in earlier)]
        if any(one is not None and abs(self.before - one) <= _ROUNDED for one in scores):
            return
        low, high = proposal.low, proposal.high
        if self.is_paired and low is not None and high is not None and low <= self.before <= high:
            return
        rule, way_out = "must be the score that was found", "compare the new round with that one"
        raise InvalidValueError("before", self.before, f"{rule}, {proposal.score!r}", way_out)

    @property
    def is_more_than_chance(self) -> bool:
        """Whether chance alone would make such a difference too rarely."""
        return self.p_value <= doubt_of(self.confidence)


@attrs.frozen
class GapCheck:
    """What the next round showed, against the target that held then.

    Attributes:
        evidence: The comparison of the rounds.
        target: What was to be reached.

    Raises:
        InvalidValueError: If the target is off the scale.

    Examples:
        >>> from crmkit.stats import compare_means
        >>> found = compare_means([75, 100, 75, 75] * 10, [50, 75, 50, 50] * 10)
        >>> GapCheck(GapEvidence.of(found), 80).result.label()
        'Closed'
        >>> GapCheck(GapEvidence.of(found), 90).result.label("zh")
        '已缩小'
    """

    evidence: GapEvidence = attrs.field(validator=is_a(GapEvidence))
    target: float

    def __attrs_post_init__(self) -> None:
        check_points("target", self.target)

    @property
    def result(self) -> GapResult:
        """What came of the gap."""
        told = self.evidence
        if not told.is_more_than_chance:
            return GapResult.NOT_SHOWN
        if told.difference < 0:
            return GapResult.WIDENED
        return GapResult.CLOSED if told.after >= self.target else GapResult.NARROWED

    def explain(self) -> Explanation[GapResult]:
        """Say what came of the gap, and by which numbers.

        Returns:
            The result, with the evidence `before`, `after` against the target, `difference`, `low`,
            `high`, `p_value` against the share that the confidence leaves, and the rest.
        """
        told, doubt = self.evidence, doubt_of(self.evidence.confidence)
        return Explanation(
            verdict=self.result,
            rule=_CHECKED,
            evidence=(
                Evidence("before", told.before),
                Evidence("n_before", told.n_before),
                Evidence("after", told.after, self.target, told.after >= self.target),
                Evidence("n_after", told.n_after),
                Evidence("target", self.target),
                Evidence("difference", told.difference),
                Evidence("low", told.low),
                Evidence("high", told.high),
                Evidence("confidence", Confidence(told.confidence)),
                Evidence("p_value", PValue(told.p_value), doubt, told.is_more_than_chance),
                Evidence("method", told_method(told.method)),
            ),
        )

    def __str__(self) -> str:
        return self.explain().sentence()
