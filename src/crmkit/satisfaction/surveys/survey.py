"""The survey: which questions are put together, and what each counts for whom.

Law: a survey never changes; another wording or another weight is another version. Weights are
proportions, taken as the decimal numbers they are written as: 0.1 is a tenth.

Source: domain fact Q2 (dimensions, weights that differ by segment).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Final, Protocol

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Language, Name, Text, all_are, did_you_mean, is_id

from .half_rule import SurveyScore, put_together
from .item import Item
from .missing import Cell, Missing
from .survey_checks import check_labels, check_names, refuse_map


_NONE: Final[FrozenMap[str, float]] = FrozenMap()
_NO_LABELS: Final[FrozenMap[str, Text]] = FrozenMap()
_NO_SEGMENTS: Final[FrozenMap[str, FrozenMap[str, float]]] = FrozenMap()

ALWAYS_KNOWN: Final = ("score", "segment", "occasion")
"""What conditions can ask about besides the answers."""


class Answered(Protocol):
    """What a score is made of: one respondent's cells, and the weights that count for him.

    Examples:
        >>> from crmkit.satisfaction import SEA_LION, Answers
        >>> from crmkit.testing import NINE
        >>> said: Answered = Answers.record("A-1", "ann", NINE, survey=SEA_LION, cells={"price": 3})
        >>> said.cells["price"], said.segment is None
        (3, True)
    """

    @property
    def survey(self) -> Survey: ...

    @property
    def cells(self) -> Mapping[str, Cell]: ...

    @property
    def segment(self) -> str | None: ...


@attrs.frozen
class Survey:
    """Questions with their dimensions and weights, in one version.

    The upper level of its score is made of parts: the dimensions, and each rating that has none.

    Attributes:
        id: Which survey.
        version: Which version of it, 1 or more.
        items: The questions, in the order in which they are put.
        min_answered: What share of the weight that applies must be answered to make a score.
        dimension_weights: What a dimension counts; one that is not named counts the sum of its
            items' weights. One that counts 0 is scored, but is no part of the whole.
        segment_weights: For a segment of customers, the weights of items and dimensions that differ
            from those of the others.
        title: What it is called, in one language or in both; empty for the id alone.
        labels: What a part is called in sentences, by dimension or item; without one, by its id.

    Raises:
        InvalidValueError: If a value is unfit, two items have one id, an item is asked on a
            condition over what is not asked before, a weight or a label is for nothing, or the
            weights of the parts, or of the items of a dimension, sum to 0.

    Examples:
        >>> survey = Survey.of("yearly", 1, [Item("quality", weight=3), Item("price")])
        >>> survey.parts, survey.part_weights()["quality"]
        (('quality', 'price'), 3)
        >>> Survey.of("yearly", 1, [Item("quality"), Item("quality")])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: items is 'quality': it must be used once in a survey
        >>> Survey.of("yearly", 1, [Item("quality", weight=0)])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: weights is ('quality',): it must not sum to 0
    """

    id: str = attrs.field(validator=is_id)
    version: int = attrs.field()
    items: tuple[Item, ...] = attrs.field(validator=all_are(Item))
    min_answered: float = attrs.field(default=0.5, kw_only=True)
    dimension_weights: FrozenMap[str, float] = attrs.field(default=_NONE, kw_only=True)
    segment_weights: FrozenMap[str, FrozenMap[str, float]] = attrs.field(
        default=_NO_SEGMENTS, kw_only=True
    )
    title: str | Text = attrs.field(default="", kw_only=True)
    labels: FrozenMap[str, Text] = attrs.field(default=_NO_LABELS, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if type(self.version) is not int or self.version < 1:
            raise InvalidValueError("version", self.version, "must be a whole number, 1 or more")
        share = self.min_answered
        if type(share) not in (int, float) or not 0 < share <= 1:
            raise InvalidValueError("min_answered", share, "must be above 0, and at most 1")
        if not isinstance(self.title, str | Text):
            raise InvalidValueError("title", self.title, "must be text, in one language or in both")
        self._check_items()
        self._check_weights()
        check_labels(self.labels, self._scored)

    @classmethod
    def of(
        cls,
        id: str,
        version: int,
        items: Iterable[Item],
        *,
        min_answered: float = 0.5,
        dimension_weights: Mapping[str, float] = _NONE,
        segment_weights: Mapping[str, Mapping[str, float]] = _NO_SEGMENTS,
        title: str | Text = "",
        labels: Mapping[str, Text] = _NO_LABELS,
    ) -> Survey:
        """Make a survey of any items and mappings.

        Raises:
            InvalidValueError: If a value is unfit.

        Examples:
            >>> items = [Item("quality"), Item("price")]
            >>> hotels = Survey.of("yearly", 1, items, segment_weights={"hotel": {"quality": 3}})
            >>> dict(hotels.part_weights("hotel"))
            {'quality': 3, 'price': 1}
        """
        by_segment = {name: FrozenMap(given) for name, given in segment_weights.items()}
        return cls(
            id,
            version,
            tuple(items),
            min_answered=min_answered,
            dimension_weights=FrozenMap(dimension_weights),
            segment_weights=FrozenMap(by_segment),
            title=title,
            labels=FrozenMap(labels),
        )

    @property
    def ratings(self) -> tuple[Item, ...]:
        """The items that are scored, in order."""
        return tuple(item for item in self.items if item.is_rating)

    @property
    def parts(self) -> tuple[str, ...]:
        """What the score is made of: dimensions, and ratings without one, in order."""
        return tuple(dict.fromkeys(item.dimension or item.id for item in self.ratings))

    def items_of(self, part: str) -> tuple[Item, ...]:
        """Return the ratings of a part.

        Raises:
            InvalidValueError: If there is no such part, with the nearest that is.
        """
        found = tuple(item for item in self.ratings if (item.dimension or item.id) == part)
        if not found:
            near = did_you_mean(part, self.parts)
            raise InvalidValueError("part", part, f"is no part of {self}", near)
        return found

    def item(self, id: str) -> Item:
        """Return the item of an id.

        Raises:
            InvalidValueError: If there is none, with the nearest that is.
        """
        for item in self.items:
            if item.id == id:
                return item
        near = did_you_mean(id, (item.id for item in self.items))
        raise InvalidValueError("item", id, f"is no item of {self}", near)

    def item_weights(self, segment: str | None = None) -> FrozenMap[str, float]:
        """Return what each rating counts within its part; one that is its own part counts there.

        Args:
            segment: For which customers; None for all others.

        Raises:
            InvalidValueError: If segments have weights of their own, and this one is not named.
        """
        given = self._item_weights(segment)
        # What counts for nothing in the whole is still told by itself.
        alone = {item.id: 1 for item in self.ratings if item.dimension is None}
        return FrozenMap({id: weight or alone.get(id, 0) for id, weight in given.items()})

    def part_weights(self, segment: str | None = None) -> FrozenMap[str, float]:
        """Return what each part counts: what is said of it, else the sum of its items' weights.

        Args:
            segment: For which customers; None for all others.

        Raises:
            InvalidValueError: If segments have weights of their own, and this one is not named.
        """
        said = self.dimension_weights | self._own(segment)
        weights = self._item_weights(segment)
        summed = {part: _sum(weights[i.id] for i in self.items_of(part)) for part in self.parts}
        return FrozenMap({part: said.get(part, summed[part]) for part in self.parts})

    def check_segment(self, segment: str | None) -> None:
        """Refuse a segment that would take the weights of all others by a slip of the pen.

        Raises:
            InvalidValueError: If segments have weights of their own, and this one is not named.

        Examples:
            >>> weights = {"hotel": {"quality": 3}, "laundry": {}}
            >>> survey = Survey.of("yearly", 1, [Item("quality")], segment_weights=weights)
            >>> survey.check_segment("laundry")
            >>> survey.check_segment("hotels")
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: segment is 'hotels': it must be named in the segment\
 weights of yearly v1, by {} where it counts as all others; did you mean 'hotel'?
        """
        if segment is not None and self.segment_weights and segment not in self.segment_weights:
            near = did_you_mean(segment, self.segment_weights)
            raise InvalidValueError("segment", segment, self.segment_rule, near)

    @property
    def segment_rule(self) -> str:
        """What a segment must keep to, where segments have weights, as the end of "it …"."""
        where = "by {} where it counts as all others"
        return f"must be named in the segment weights of {self}, {where}"

    def part_name(self, part: str) -> str | Name:
        """Return what a part is called in sentences: its label, else its id."""
        label = self.labels.get(part)
        return part if label is None else Name(label("en"), label("zh"))

    def score(self, answers: Answered) -> SurveyScore:
        """Score one respondent, as a whole and part by part, by the half rule at both levels.

        Raises:
            InvalidValueError: If they are answers to another survey, to another version, or of a
                segment that is not named where segments have weights of their own.

        Units:
            0 (wholly dissatisfied) to 100 (wholly satisfied).

        Examples:
            >>> from crmkit.satisfaction import SEA_LION, Answers
            >>> from crmkit.testing import NINE
            >>> one = Answers.record(
            ...     "A-1", "ann", NINE, survey=SEA_LION, customer="C-7", cells={"delivery": 4}
            ... )
            >>> print(SEA_LION.score(one))
            Sea-Lion satisfaction survey v1 has no score: 25 % of its weight is answered, less than\
 50 %
        """
        asked = getattr(answers, "survey", type(answers).__name__)
        if asked != self:
            raise InvalidValueError("answers", str(asked), f"must be answers to {self}")
        items = whole_weights(self.item_weights(answers.segment))
        enough = as_written(self.min_answered)
        made = {}
        for part in self.parts:
            scores = {item.id: _worth(item, answers.cells[item.id]) for item in self.items_of(part)}
            made[part] = put_together(self.part_name(part), scores, items, enough)
        exact = {part: score for part, (_, score) in made.items()}
        weights = whole_weights(self.part_weights(answers.segment))
        named = Name(self.label("en"), self.label("zh"))
        whole, _ = put_together(named, exact, weights, enough)
        parts = FrozenMap({part: told for part, (told, _) in made.items()})
        return SurveyScore(whole=whole, parts=parts, segment=answers.segment)

    def label(self, language: Language = "en") -> str:
        """Return what a user calls it: its title, else its id, and its version.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        title = self.title(language) if isinstance(self.title, Text) else self.title or self.id
        return f"{title} v{self.version}"

    def __str__(self) -> str:
        return self.label()

    def _own(self, segment: str | None) -> FrozenMap[str, float]:
        self.check_segment(segment)
        return _NONE if segment is None else self.segment_weights.get(segment, _NONE)

    def _item_weights(self, segment: str | None) -> dict[str, float]:
        own = self._own(segment)
        return {item.id: own.get(item.id, item.weight) for item in self.ratings}

    @property
    def _scored(self) -> set[str | None]:
        """What can have a weight or a label: dimensions, and items that are rated."""
        dimensions = {item.dimension for item in self.ratings} - {None}
        return {*dimensions, *(item.id for item in self.ratings)}

    def _check_items(self) -> None:
        ids = [item.id for item in self.items]
        told: set[str] = set()
        for place, item in enumerate(self.items):
            if item.id in ids[:place]:
                raise InvalidValueError("items", item.id, "must be used once in a survey")
            if item.dimension in ids:
                rule = "must not be called as an item"
                raise InvalidValueError("dimension", item.dimension, rule)
            self._check_facts(item, told)
            for fact in () if item.asked_if is None else item.asked_if.facts:
                if fact not in told:
                    rule = f"is not asked before {item.id!r}"
                    raise InvalidValueError("asked_if", fact, rule, did_you_mean(fact, told))
            told.update(item.facts)
        if not self.ratings:
            raise InvalidValueError("items", tuple(ids), "must hold at least one rating")

    def _check_facts(self, item: Item, told: set[str]) -> None:
        """Refuse names by which conditions would find something else."""
        for fact in item.facts:
            if fact in told or fact in ALWAYS_KNOWN or fact.startswith("score."):
                raise InvalidValueError("items", fact, "is the name of another fact in conditions")

    def _check_weights(self) -> None:
        dimensions = {item.dimension for item in self.ratings} - {None}
        known = self._scored
        check_names("dimension_weights", self.dimension_weights, dimensions)
        if not isinstance(self.segment_weights, FrozenMap):
            refuse_map("segment_weights", self.segment_weights)
        for segment, weights in self.segment_weights.items():
            check_names(f"segment_weights[{segment!r}]", weights, known)
        for one in (None, *self.segment_weights):
            self._check_sums(one)

    def _check_sums(self, segment: str | None) -> None:
        where = "weights" if segment is None else f"segment_weights[{segment!r}]"
        weights, above = self.item_weights(segment), self.part_weights(segment)
        if not any(above.values()):
            raise InvalidValueError(where, self.parts, "must not sum to 0")
        for part in self.parts:
            ids = tuple(item.id for item in self.items_of(part))
            if not any(weights[id] for id in ids):
                way_out = f"to tell {part!r} without counting it, weigh the dimension 0 instead"
                raise InvalidValueError(where, ids, "must not sum to 0", way_out)


def as_written(weight: float) -> Fraction:
    """Return a weight as the decimal number it is written as.

    Examples:
        >>> as_written(0.1) + as_written(0.2) == as_written(0.3)
        True
    """
    return Fraction(Decimal(repr(weight)))


def whole_weights(weights: Mapping[str, float]) -> FrozenMap[str, int]:
    """Return the smallest whole numbers in the same proportions.

    Sums of them are exact, and so is the half rule.

    Args:
        weights: As `Survey.item_weights` and `Survey.part_weights` return them.

    Examples:
        >>> dict(whole_weights({"quality": 0.5, "price": 0.2, "delivery": 0.3}))
        {'quality': 5, 'price': 2, 'delivery': 3}
    """
    exact = {name: as_written(weight) for name, weight in weights.items()}
    scale = lcm(*(weight.denominator for weight in exact.values()))
    whole = {name: int(weight * scale) for name, weight in exact.items()}
    shared = reduce(gcd, whole.values(), 0) or 1
    return FrozenMap({name: weight // shared for name, weight in whole.items()})


def _worth(item: Item, cell: Cell) -> Fraction | Missing:
    """Return what a rating is worth, exactly; see `Item.score`."""
    if not isinstance(cell, int):
        assert isinstance(cell, Missing)  # the cells of ratings hold nothing else
        return cell
    above = item.scale.high - cell if item.reverse else cell - item.scale.low
    return Fraction(100 * above, item.scale.points - 1)


def _sum(weights: Iterable[float]) -> float:
    """Add weights as they are written; a whole sum is a whole number."""
    total = sum(map(as_written, weights), Fraction(0))
    return int(total) if total.denominator == 1 else float(total)
