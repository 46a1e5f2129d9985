"""One question of a survey: how it is answered, what it counts, and whom it is put to.

Law: only ratings are scored. A question that is put on a condition asks about earlier ones.

Source: domain fact Q2 (dimensions, weights, item scales).
"""

from __future__ import annotations

import math

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Condition,
    Labelled,
    Language,
    Text,
    all_are,
    checked_id,
    checked_language,
    did_you_mean,
    is_a,
    is_id,
    member_of,
)

from .missing import Missing
from .scale import LIKERT5, Scale


class ItemKind(Labelled):
    """How a question is answered."""

    RATING = "rating", "Rating", "评分"
    MULTIPLE = "multiple_response", "Multiple response", "多选"
    COMMENT = "comment", "Comment", "意见"


def checked_weight(weight: float, name: str = "weight") -> float:
    """Return a weight.

    Raises:
        InvalidValueError: If it is no finite number, or below 0.

    Examples:
        >>> checked_weight(-1)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: weight is -1: it must be a finite number, 0 or more
    """
    if type(weight) not in (int, float) or not math.isfinite(weight) or weight < 0:
        raise InvalidValueError(name, weight, "must be a finite number, 0 or more")
    return weight


@attrs.frozen
class Item:
    """One question.

    Attributes:
        id: Unique among the items of a survey; the name of its column in files and frames.
        dimension: What it measures a part of: `delivery`; None for a part of its own.
        weight: What it counts among the items of its dimension; only proportions matter.
        scale: On what a rating is given.
        reverse: Whether a high rating is a bad one: "I had to wait long".
        text: The question as it is put, in one language or in both; empty for the id alone.
        kind: A rating, several choices out of a list, or a comment.
        choices: Of a multiple response: the ids of what may be chosen, in order.
        asked_if: On what condition over earlier items it is put; None for to everybody. A rating
            and a comment are facts by their ids, a choice by `item.choice`, true or false.

    Raises:
        InvalidValueError: If a value is unfit, or does not go with the kind.

    Examples:
        >>> from crmkit.kernel import Compare
        >>> speed = Item("speed", dimension="delivery", weight=2)
        >>> speed.check(4), speed.score(4), Item("wait", reverse=True).score(4)
        (4, 75.0, 25.0)
        >>> why = Item("why", kind=ItemKind.MULTIPLE, choices=("late", "damaged"))
        >>> why.check(("damagd",))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: why is ('damagd',): it has no choice 'damagd'; did you\
 mean 'damaged'?
        >>> slow = Item("slow", kind=ItemKind.COMMENT, asked_if=Compare("speed", "<=", 2))
        >>> slow.asked({"speed": 5}), slow.asked({"speed": 1})
        (False, True)
    """

    id: str = attrs.field(validator=is_id)
    dimension: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_id), kw_only=True
    )
    weight: float = attrs.field(default=1, kw_only=True)
    scale: Scale = attrs.field(default=LIKERT5, validator=is_a(Scale), kw_only=True)
    reverse: bool = attrs.field(default=False, validator=is_a(bool), kw_only=True)
    text: str | Text = attrs.field(default="", kw_only=True)
    kind: ItemKind = attrs.field(
        default=ItemKind.RATING, validator=member_of(ItemKind), kw_only=True
    )
    choices: tuple[str, ...] = attrs.field(default=(), validator=all_are(str), kw_only=True)
    asked_if: Condition | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        checked_weight(self.weight)
        if not isinstance(self.text, str | Text):
            raise InvalidValueError("text", self.text, "must be text, in one language or in both")
        if self.asked_if is not None and not isinstance(self.asked_if, Condition):
            raise InvalidValueError("asked_if", self.asked_if, "must be a Condition")
        if not self.is_rating and (self.weight != 1 or self.reverse or self.scale != LIKERT5):
            rule = "must have neither weight nor scale of its own: only ratings are scored"
            raise InvalidValueError("item", self.id, rule)
        self._check_choices()

    @property
    def is_rating(self) -> bool:
        """Whether it is answered on a scale, and so counts in the score."""
        return self.kind is ItemKind.RATING

    @property
    def facts(self) -> tuple[str, ...]:
        """The names by which conditions of later items can ask about its answer."""
        if self.kind is ItemKind.MULTIPLE:
            return tuple(f"{self.id}.{choice}" for choice in self.choices)
        return (self.id,)

    def label(self, language: Language = "en") -> str:
        """Return what a user reads: the question, or the id where none is worded.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        checked_language(language)
        return self.text(language) if isinstance(self.text, Text) else self.text or self.id

    def check(self, value: object) -> int | str | tuple[str, ...]:
        """Return an answer to it: a whole number, the choices in their order, or a text.

        Raises:
            InvalidValueError: If it is none.
        """
        if self.is_rating:
            return self.scale.check(value, self.id)
        if self.kind is ItemKind.COMMENT:
            if not isinstance(value, str) or not value.strip():
                raise InvalidValueError(self.id, value, "must be text, and not blank")
            return value
        if not isinstance(value, tuple | list | frozenset | set):
            way_out = f"write ({value!r},)" if isinstance(value, str) else ""
            raise InvalidValueError(self.id, value, "must be several choices, not one", way_out)
        for choice in value:
            if choice not in self.choices:
                near = did_you_mean(choice, self.choices)
                raise InvalidValueError(self.id, value, f"has no choice {choice!r}", near)
        if len(set(value)) < len(value):
            raise InvalidValueError(self.id, value, "must hold each choice once")
        return tuple(choice for choice in self.choices if choice in value)

    def score(self, value: float) -> float:
        """Return what a rating is worth: rescaled, turned round first where it is reversed.

        Raises:
            InvalidValueError: If it is off the scale.

        Units:
            0 (the worst) to 100 (the best).
        """
        return self.scale.rescale(self.scale.reversed(value) if self.reverse else value)

    def told(self, value: object) -> dict[str, object]:
        """Return what an answer lets conditions ask about, by name; nothing of what is missing."""
        if isinstance(value, Missing):
            return {}
        if isinstance(value, tuple):
            return {f"{self.id}.{choice}": choice in value for choice in self.choices}
        return {self.id: value}

    def asked(self, facts: dict[str, object]) -> bool | None:
        """Tell whether it is put to somebody who answered so; None where that is not known.

        Args:
            facts: What he answered before, as `told`.

        Raises:
            InvalidValueError: If an answer cannot be compared as the condition asks.
        """
        return True if self.asked_if is None else self.asked_if.holds(facts)

    def _check_choices(self) -> None:
        multiple = self.kind is ItemKind.MULTIPLE
        if multiple != bool(self.choices) or len(set(self.choices)) < len(self.choices):
            rule = "must be given for a multiple response, none twice, and for it alone"
            raise InvalidValueError("choices", self.choices, rule)
        for choice in self.choices:
            checked_id(choice, "choices")
