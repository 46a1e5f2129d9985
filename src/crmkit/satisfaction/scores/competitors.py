"""Own satisfaction against competitors': how far ahead, and whether a claimed lead holds.

Law: a claim such as "more than 10 % ahead" is tested as it is said: that the own mean exceeds the
rival's, times 1.1. A percentage needs a zero that means something: answers are stretched to 0 to
100 first.

Source: Fieller, E. C. (1954), "Some problems in interval estimation", Journal of the Royal
Statistical Society B 16(2), 175–185; Welch (1947) for unequal spreads; domain fact Q9.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import attrs
from scipy.special import stdtr

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Estimate,
    Evidence,
    Explanation,
    Name,
    PValue,
    Rule,
    Text,
    spoken,
)
from crmkit.kernel.estimate import doubt_of
from crmkit.kernel.frames import Values
from crmkit.satisfaction.surveys import Scale
from crmkit.stats import adjust_for_many
from crmkit.stats.intervals import cut_to, student_quantile
from crmkit.stats.method_names import told_method
from crmkit.stats.no_width import warn_of_no_width
from crmkit.stats.weighted import Mean, mean_of

from .counting import counted


_HOLDS: Final = Text(
    "the claim of a lead of more than {claimed} % over {rival} holds: {own} against {theirs}, "
    "a lead of {lead} % ({p_value}{adjusted})",
    "“领先{rival}超过{claimed}%”的说法成立：{own}对{theirs}，领先{lead}%（{p_value}{adjusted}）",
)
_FAILS: Final = Text(
    "the claim of a lead of more than {claimed} % over {rival} is not shown: {own} against "
    "{theirs}, a lead of {lead} % ({p_value}{adjusted})",
    "“领先{rival}超过{claimed}%”的说法未得证实：{own}对{theirs}，领先{lead}%（{p_value}{adjusted}）",
)
_RULE: Final = Rule(code="satisfaction.lead", says=_HOLDS, source="Fieller (1954); Q9")


@attrs.frozen(kw_only=True)
class Lead:
    """How far ahead of one rival we are.

    Attributes:
        rival: Which rival.
        own: Our mean.
        theirs: The rival's mean.
        points: Our mean less theirs, with Welch's interval.
        percent: By how many percent ours exceeds theirs, with Fieller's interval.
        claimed: The lead that is claimed, in percent.
        p_value: How likely so large a lead is if the true one is just as claimed, one-sided;
            adjusted for the number of rivals that were tested together.
        confidence: Of the intervals; the claim holds where p does not exceed the rest.
        tested: How many rivals were tested together, for which the p-value is adjusted.
        adjustment: How it is; None of a rival that was tested alone.

    Units:
        Means and points: 0 to 100; leads in percent of the rival's mean.

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> own, rival = [5, 4, 5, 5, 4, 5] * 5, [3, 3, 4, 2, 3, 4] * 5
        >>> lead = lead_over(own, rival, scale=LIKERT5)
        >>> print(lead.points)
        37.5 (95 % interval 29.73 to 45.27, n = 60, welch-t)
        >>> lead.holds
        True
    """

    rival: str
    own: Estimate
    theirs: Estimate
    points: Estimate
    percent: Estimate
    claimed: float
    p_value: float
    confidence: float
    tested: int = 1
    adjustment: str | None = None

    @property
    def holds(self) -> bool:
        """Whether the claim is shown."""
        return self.p_value <= doubt_of(self.confidence)

    def explain(self) -> Explanation[bool]:
        """Return whether the claim holds, with the numbers that it rests on.

        Examples:
            >>> from crmkit.satisfaction import LIKERT5
            >>> rivals = {"Blue": [3, 3, 4, 2] * 8, "Green": [4, 4, 4, 5] * 8}
            >>> leads = leads_over([5, 5, 4, 5] * 8, rivals, scale=LIKERT5)
            >>> print(leads[1].explain())
            the claim of a lead of more than 10 % over Green is not shown: 93.75 against 81.25, a\
 lead of 15.38 % (p = 0.06762, adjusted for 2 rivals by Holm's method)
        """
        told = (
            Evidence("rival", self.rival),
            Evidence("claimed", float(self.claimed)),
            Evidence("own", self.own.value),
            Evidence("theirs", self.theirs.value),
            Evidence("lead", self.percent.value, float(self.claimed), self.holds),
            Evidence("low", self.percent.low),
            Evidence("high", self.percent.high),
            Evidence("p_value", PValue(self.p_value), doubt_of(self.confidence), self.holds),
            Evidence("tested", self.tested),
            Evidence("adjusted", self._adjusted()),
        )
        rule = _RULE if self.holds else attrs.evolve(_RULE, says=_FAILS)
        return Explanation(verdict=self.holds, rule=rule, evidence=told)

    def _adjusted(self) -> Name:
        if self.adjustment is None:
            return Name("", "")
        method = told_method(self.adjustment)
        zh = f"，按{self.tested}个竞争对手以{spoken(method, 'zh')}校正"
        return Name(f", adjusted for {self.tested} rivals by {spoken(method)}", zh)


def lead_over(
    own: Values,
    rival: Values,
    *,
    scale: Scale,
    more_than: float = 10.0,
    name: str = "the rival",
    confidence: float = 0.95,
) -> Lead:
    """Estimate our lead over one rival, and test the claim of a larger one than a percentage.

    With means x and y, stretched to 0 to 100, the claim is that x − (1 + c/100) y is above 0; its
    one-sided test has Welch's degrees of freedom.

    Args:
        own: Answers about us, in one dimension; None and NaN are missing.
        rival: Answers of other people about the rival, to the same question.
        scale: On what both are given.
        more_than: The lead that is claimed, in percent.
        name: The rival's name.
        confidence: Share of such intervals that hold the true value.

    Raises:
        InvalidValueError: If an answer is off the scale, a group has fewer than two, nobody differs
            in either, or the rival's mean cannot be told from 0, so that no percentage of it is
            known.

    Warns:
        AssumptionWarning: If all answers of one side are alike, so that the interval has no width.

    Units:
        Means: 0 to 100; leads in percent.

    Source:
        Fieller (1954); Welch (1947); the claim: domain fact Q9.

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> lead = lead_over([5, 4, 4, 5, 4] * 4, [4, 4, 3, 5, 4] * 4, scale=LIKERT5)
        >>> print(lead.explain())
        the claim of a lead of more than 10 % over the rival is not shown: 85 against 75, a lead of\
 13.33 % (p = 0.3059)
    """
    if type(more_than) not in (int, float) or not -100 < more_than < math.inf:
        rule = "must be a percentage above -100, and finite"
        raise InvalidValueError("more_than", more_than, rule)
    sides = [_side(scores, scale, what) for scores, what in ((own, "own"), (rival, "rival"))]
    (ours, mine), (theirs, other) = sides
    if not ours.variance + theirs.variance:
        rule = "must differ in one group at least"
        raise InvalidValueError("answers", (ours.value, theirs.value), rule, "ask more people")
    counts = (mine[0] + other[0], mine[1] + other[1])
    # First what may be refused, then what is only warned of.
    percent = _percent(ours, theirs, counts, confidence)
    return Lead(
        rival=name,
        own=_estimate(ours, *mine, confidence),
        theirs=_estimate(theirs, *other, confidence),
        points=_points(ours, theirs, counts, confidence),
        percent=percent,
        claimed=more_than,
        p_value=_p_value(ours, theirs, 1 + more_than / 100),
        confidence=confidence,
    )


def leads_over(
    own: Values,
    rivals: Mapping[str, Values],
    *,
    scale: Scale,
    more_than: float = 10.0,
    confidence: float = 0.95,
) -> tuple[Lead, ...]:
    """Estimate our lead over several rivals; the claims are tested together.

    Args:
        own: Answers about us.
        rivals: Answers about each rival, by name.
        scale: On what all are given.
        more_than: The lead that is claimed over each, in percent.
        confidence: Share of such intervals that hold the true value.

    Returns:
        One lead per rival, in their order, with p-values adjusted for all of them: Holm's, above
        twenty Benjamini and Hochberg's.

    Raises:
        InvalidValueError: As `lead_over`, or if there is no rival.

    Units:
        Means: 0 to 100; leads in percent.

    Source:
        As `lead_over`; `crmkit.stats.adjust_for_many`.

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> rivals = {"Blue": [3, 3, 4, 2] * 8, "Green": [4, 4, 4, 5] * 8}
        >>> [one.holds for one in leads_over([5, 5, 4, 5] * 8, rivals, scale=LIKERT5)]
        [True, False]
    """
    if not rivals:
        raise InvalidValueError("rivals", dict(rivals), "must hold one rival at least")
    leads = [
        lead_over(own, scores, scale=scale, more_than=more_than, name=name, confidence=confidence)
        for name, scores in rivals.items()
    ]
    adjusted = adjust_for_many([lead.p_value for lead in leads])
    if len(leads) == 1:
        return tuple(leads)
    told = zip(leads, adjusted.adjusted, strict=True)
    return tuple(
        attrs.evolve(
            lead,
            p_value=lead.p_value if p is None else p,
            tested=len(leads),
            adjustment=adjusted.method,
        )
        for lead, p in told
    )


def _side(scores: Values, scale: Scale, what: str) -> tuple[Mean, tuple[int, int]]:
    told = counted(scores, None, what, scale, what)
    rescaled = told.recode(scale.rescale)
    return mean_of(rescaled, name=what), (told.n, told.n_missing)


def _estimate(mean: Mean, n: int, missing: int, confidence: float) -> Estimate:
    if not mean.variance:
        warn_of_no_width(f"all {n} answers of one side are worth {mean.value:g}")
    reach = student_quantile(confidence, mean.freedom) * math.sqrt(mean.variance)
    low, high = mean.value - reach, mean.value + reach
    told = Estimate(mean.value, low, high, confidence, n, missing, "student-t")
    return cut_to(told, 0, 100)


def _freedom(ours: Mean, theirs: Mean, factor: float) -> float:
    parts = ours.variance, factor**2 * theirs.variance
    return sum(parts) ** 2 / (parts[0] ** 2 / ours.freedom + parts[1] ** 2 / theirs.freedom)


def _points(ours: Mean, theirs: Mean, counts: tuple[int, int], confidence: float) -> Estimate:
    value = ours.value - theirs.value
    quantile = student_quantile(confidence, _freedom(ours, theirs, 1.0))
    reach = quantile * math.sqrt(ours.variance + theirs.variance)
    return Estimate(value, value - reach, value + reach, confidence, *counts, "welch-t")


def _percent(ours: Mean, theirs: Mean, counts: tuple[int, int], confidence: float) -> Estimate:
    """Return the ratio less 1, in percent: those that the test would not refuse."""
    x, y = ours.value, theirs.value
    quantile = student_quantile(confidence, _freedom(ours, theirs, x / y if y else 1.0))
    square = quantile**2
    below = y**2 - square * theirs.variance
    if below <= 0:
        rule, way_out = "cannot be told from 0", "tell the lead in points"
        raise InvalidValueError("rival", y, rule, way_out)
    root = square * (
        ours.variance * y**2 + theirs.variance * x**2 - square * ours.variance * theirs.variance
    )
    reach = math.sqrt(max(root, 0.0))
    low, high = (100 * ((x * y + way * reach) / below - 1) for way in (-1, 1))
    return Estimate(100 * (x / y - 1), low, high, confidence, *counts, "fieller")


def _p_value(ours: Mean, theirs: Mean, factor: float) -> float:
    error = math.sqrt(ours.variance + factor**2 * theirs.variance)
    statistic = (ours.value - factor * theirs.value) / error
    return float(stdtr(_freedom(ours, theirs, factor), -statistic))
