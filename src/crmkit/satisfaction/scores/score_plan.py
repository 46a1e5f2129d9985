"""What is scored, and how: a survey, the codes of a file, whose weights count, what fills gaps.

Law: every cell is an answer on its scale, a code that was named, or empty; a code never lies on a
scale, so that no answer is taken for a gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import Labelled
from crmkit.satisfaction.surveys import Item, Missing, Survey, whole_weights
from crmkit.satisfaction.surveys.survey import as_written


OVERALL: Final = "overall"


class Substitute(Labelled):
    """What stands for a rating that is missing or refused, where enough is answered."""

    PERSON_MEAN = "person_mean", "The respondent's own mean", "本人均值"
    ITEM_MEAN = "item_mean", "The mean of the item", "题目均值"


@attrs.frozen(kw_only=True)
class Plan:
    """How answers are scored.

    Attributes:
        survey: Which items, with which weights.
        codes: Numbers that stand for a reason why there is no answer.
        segment: Name of the column of segments; None gives all the weights of all others.
        substitute: What stands for a gap.
    """

    survey: Survey
    codes: Mapping[float, Missing]
    segment: str | None
    substitute: Substitute

    @property
    def enough(self) -> tuple[int, int]:
        """The share that must be answered, as a fraction: exact where a float is not."""
        share = as_written(self.survey.min_answered)
        return share.numerator, share.denominator

    @property
    def segments(self) -> tuple[str | None, ...]:
        """All others first, then the segments that have weights of their own."""
        return (None, *(() if self.segment is None else self.survey.segment_weights))

    @property
    def items(self) -> list[list[Item]]:
        """The ratings of each part, in order."""
        return [list(self.survey.items_of(part)) for part in self.survey.parts]

    @property
    def does_not_apply(self) -> tuple[float, ...]:
        """The codes of what does not apply."""
        return tuple(code for code, why in self.codes.items() if why is Missing.DOES_NOT_APPLY)

    @property
    def facts(self) -> list[str]:
        """The columns besides the ratings that conditions ask about."""
        ratings = {item.id for item in self.survey.ratings}
        asked = [item.asked_if for item in self.survey.ratings if item.asked_if is not None]
        told = dict.fromkeys(fact for condition in asked for fact in condition.facts)
        return [fact for fact in told if fact not in ratings]

    def item_weights(self) -> dict[str, NDArray[np.float64]]:
        """Return the weight of each item in its part, segment by segment: whole numbers."""
        weights = [whole_weights(self.survey.item_weights(segment)) for segment in self.segments]
        return {
            item.id: np.array([float(whole[item.id]) for whole in weights])
            for item in self.survey.ratings
        }

    def part_weights(self) -> list[NDArray[np.float64]]:
        """Return the weight of each part, segment by segment: whole numbers."""
        weights = [whole_weights(self.survey.part_weights(segment)) for segment in self.segments]
        return [np.array([float(whole[part]) for whole in weights]) for part in self.survey.parts]

    def sums(self) -> list[NDArray[np.float64]]:
        """Return the sum of the weights of each part's items, and of all parts, by segment."""
        items = self.item_weights()
        parts = [np.sum([items[item.id] for item in part], axis=0) for part in self.items]
        return [*parts, np.sum(self.part_weights(), axis=0)]


def plan_of(
    survey: Survey,
    codes: Mapping[float, Missing | str],
    segment: str | None,
    substitute: Substitute | str,
) -> Plan:
    """Return how answers are scored, after checking that codes and scales are apart.

    Raises:
        InvalidValueError: If it is no survey, a code is no number or lies on a scale, a reason or a
            substitute is unknown, a part is called "overall", or segments are asked of a survey
            that knows none.
    """
    if not isinstance(survey, Survey):
        raise InvalidValueError("survey", survey, "must be a Survey", "Survey.of(…) makes one")
    if OVERALL in survey.parts:
        rule = f"must not have a part called {OVERALL!r}: so the whole is called"
        raise InvalidValueError("survey", str(survey), rule)
    known = {code: Missing.of(why, f"codes[{code!r}]") for code, why in codes.items()}
    for code in known:
        if isinstance(code, bool) or not isinstance(code, int | float) or code != code:
            raise InvalidValueError("codes", code, "must be numbers", "empty cells need no code")
        for item in survey.ratings:
            if item.scale.low <= code <= item.scale.high:
                rule = f"must lie off the scale of {item.id!r}, {item.scale}"
                raise InvalidValueError("codes", code, rule, "code such cells otherwise first")
    if segment is not None and not survey.segment_weights:
        rule = f"must be left out: {survey} has no weights for segments"
        raise InvalidValueError("segment", segment, rule)
    return Plan(
        survey=survey,
        codes=known,
        segment=segment,
        substitute=Substitute.of(substitute, "substitute"),
    )


def slope(item: Item) -> tuple[float, float]:
    """Return which answer is worth nothing, and what a step away from it is worth."""
    step = 100 / (item.scale.high - item.scale.low)
    return (item.scale.high, -step) if item.reverse else (item.scale.low, step)
