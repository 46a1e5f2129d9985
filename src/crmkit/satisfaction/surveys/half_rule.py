r"""The half rule: a weighted score of what was answered, where enough was.

Law: $s = \sum w_i u_i / \sum w_i$ over what is answered, and only where the weight answered is at
least `min_answered` of the weight that applies. What does not apply leaves both sums; what is
missing or refused stays below. A survey is put together of its parts by the same rule: a part
without a score stays below, one that does not apply leaves.

Source: Fayers and others, EORTC QLQ-C30 Scoring Manual, 3rd edition 2001, "Missing data": a scale
is scored if at least half of its items are answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import attrs

from crmkit.kernel import Evidence, Explanation, FrozenMap, Name, Rule, Score, Share, Text

from .missing import Missing


_SOURCE: Final = "EORTC QLQ-C30 Scoring Manual, 2001: missing data; domain fact Q2"
_SCORED: Final = Rule(
    code="satisfaction.score",
    says=Text(
        "{what} scores {verdict}: {answered} of its weight is answered, {min_answered} is enough",
        "{what}得分{verdict}：已答权重占{answered}，达到规定的{min_answered}",
    ),
    source=_SOURCE,
)
_TOO_LITTLE: Final = Rule(
    code="satisfaction.too_little_answered",
    says=Text(
        "{what} has no score: {answered} of its weight is answered, less than {min_answered}",
        "{what}没有得分：已答权重占{answered}，低于规定的{min_answered}",
    ),
    source=_SOURCE,
)
_DOES_NOT_APPLY: Final = Rule(
    code="satisfaction.does_not_apply",
    says=Text(
        "{what} has no score: nothing that counts in it applies",
        "{what}没有得分：其中计分的项目均不适用",
    ),
    source=_SOURCE,
)


@attrs.frozen(kw_only=True)
class PartScore:
    """What a dimension, or a whole survey, came to for one respondent.

    Attributes:
        name: The dimension, the item that stands alone, or the survey.
        score: The score; None where too little is answered, or nothing applies.
        answered: What share of the weight that applies is answered; None where nothing applies.
        min_answered: What share is enough.

    Units:
        0 (the worst) to 100 (the best).

    Examples:
        >>> half = Share(0.5)
        >>> print(PartScore(name="delivery", score=None, answered=Share(0.4), min_answered=half))
        delivery has no score: 40 % of its weight is answered, less than 50 %
    """

    name: str | Name
    score: Score | None
    answered: Share | None
    min_answered: Share

    @property
    def value(self) -> float | None:
        """The score as a number."""
        return None if self.score is None else float(self.score)

    @property
    def applies(self) -> bool:
        """Whether anything that counts in it applies to the respondent."""
        return self.answered is not None

    def explain(self) -> Explanation[Score | None]:
        """Say how high it is and by which rule, or why there is none."""
        told: tuple[Evidence, ...] = (Evidence("what", self.name),)
        if self.answered is None:
            return Explanation(verdict=None, rule=_DOES_NOT_APPLY, evidence=told)
        enough = self.score is not None
        told += (
            Evidence("answered", self.answered, self.min_answered, enough),
            Evidence("min_answered", self.min_answered),
        )
        missing = () if enough else ("answers",)
        rule = _SCORED if enough else _TOO_LITTLE
        return Explanation(verdict=self.score, rule=rule, evidence=told, missing=missing)

    def __str__(self) -> str:
        return self.explain().sentence()


@attrs.frozen(kw_only=True)
class SurveyScore:
    """What a survey came to for one respondent, as a whole and part by part.

    Attributes:
        whole: The overall score.
        parts: The scores that it is made of, by dimension, or by item where one stands alone.
        segment: The segment whose weights counted; None for those of all others.

    Units:
        0 (wholly dissatisfied) to 100 (wholly satisfied).

    Examples:
        >>> from crmkit.satisfaction import SEA_LION, Answers
        >>> from crmkit.testing import NINE
        >>> cells = {"product_quality": 5, "delivery": 3, "after_sales_service": 4}
        >>> said = Answers.record("A-1", "ann", NINE, survey=SEA_LION, customer="C-7", cells=cells)
        >>> score = SEA_LION.score(said)
        >>> score.value, score.parts["delivery"].value, score.parts["price"].value
        (75.0, 50.0, None)
        >>> print(score.explain().sentence().splitlines()[0])
        Sea-Lion satisfaction survey v1 scores 75: 75 % of its weight is answered, 50 % is enough
    """

    whole: PartScore
    parts: FrozenMap[str, PartScore]
    segment: str | None = None

    @property
    def score(self) -> Score | None:
        """The overall score; None where too little is answered."""
        return self.whole.score

    @property
    def value(self) -> float | None:
        """The overall score as a number."""
        return self.whole.value

    @property
    def facts(self) -> dict[str, object]:
        """What conditions can ask about: `score`, and each part as `score.delivery`."""
        parts = {f"score.{name}": part.value for name, part in self.parts.items()}
        return {"score": self.value, **parts}

    def explain(self) -> Explanation[Score | None]:
        """Say how high it is and why, part by part."""
        said = self.whole.explain()
        weighed = (Evidence("segment", self.segment),) if self.segment is not None else ()
        because = tuple(part.explain() for part in self.parts.values())
        return attrs.evolve(said, evidence=(*said.evidence, *weighed), because=because)

    def __str__(self) -> str:
        return str(self.whole)


def put_together(
    name: str | Name,
    scores: Mapping[str, Fraction | Missing],
    weights: Mapping[str, int],
    min_answered: Fraction,
) -> tuple[PartScore, Fraction | Missing]:
    """Weigh scores into one, where enough is answered.

    Args:
        name: What it is the score of.
        scores: By name, from 0 to 100; or why there is none.
        weights: By name, whole numbers.
        min_answered: What share of the weight that applies must be answered.

    Returns:
        The score as it is told, and the same exactly: what the level above weighs on.

    Examples:
        >>> no = Missing.DOES_NOT_APPLY
        >>> scores = {"speed": Fraction(75), "care": Missing.REFUSED, "crane": no}
        >>> weights = {"speed": 2, "care": 1, "crane": 7}
        >>> part, exact = put_together("delivery", scores, weights, Fraction(1, 2))
        >>> part.value, str(part.answered), exact
        (75.0, '66.67 %', Fraction(75, 1))
    """
    applying = {n: s for n, s in scores.items() if s is not Missing.DOES_NOT_APPLY}
    total = sum(weights[n] for n in applying)
    share = Share(float(min_answered))
    if total == 0:
        part = PartScore(name=name, score=None, answered=None, min_answered=share)
        return part, Missing.DOES_NOT_APPLY
    known = {n: s for n, s in applying.items() if isinstance(s, Fraction)}
    answered = sum(weights[n] for n in known)
    told = Share(answered / total)
    if answered == 0 or answered < min_answered * total:
        part = PartScore(name=name, score=None, answered=told, min_answered=share)
        return part, Missing.MISSING
    exact = sum(weights[n] * s for n, s in known.items()) / Fraction(answered)
    score = Score(float(exact))
    return PartScore(name=name, score=score, answered=told, min_answered=share), exact
