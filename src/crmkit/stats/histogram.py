"""Scores counted: how many gave each, and with what weight. What every group result is made of.

Law: groups are pooled by adding up their counts, never by averaging their results. Counts add up
exactly, in any order and in any blocks; sums of weights do so but for the rounding of floats.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Final, Self, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Values, bad_values, numbers


Floats: TypeAlias = NDArray[np.float64]

# Squares of weights beyond these would leave the floats.
LIGHTEST, HEAVIEST = 1e-100, 1e100
WEIGHS: Final = f"must be 0, or from {LIGHTEST:g} to {HEAVIEST:g}"
"""What a weight must be, so that its square can be told."""


@attrs.frozen(kw_only=True)
class Histogram:
    """How often each score was given: all that means, shares and net scores need to know.

    Attributes:
        scores: The scores that were given, each once, rising.
        counts: For each, how many gave it.
        weights: For each, the sum of their weights; the counts where nobody is weighted.
        squares: For each, the sum of the squares of their weights.
        n_missing: How many do not count: they gave none, or have a weight of 0.
        n_weightless: How many of these gave one, with a weight of 0.

    Raises:
        InvalidValueError: If the columns differ in length, the scores do not rise, a number is
            not finite, a count, weight or square not above 0, or more are weightless than missing.

    Examples:
        >>> north = Histogram.of([10, 10, 9, 3, None])
        >>> south = Histogram.of([9, 2])
        >>> both = north + south
        >>> both.scores, both.counts, both.n, both.n_missing
        ((2.0, 3.0, 9.0, 10.0), (1, 1, 2, 2), 6, 1)
        >>> round(both.mean, 4)
        7.1667
    """

    scores: tuple[float, ...]
    counts: tuple[int, ...]
    weights: tuple[float, ...]
    squares: tuple[float, ...]
    n_missing: int = 0
    n_weightless: int = 0

    def __attrs_post_init__(self) -> None:
        columns = (self.counts, self.weights, self.squares)
        if any(len(column) != len(self.scores) for column in columns):
            lengths = tuple(map(len, columns))
            raise InvalidValueError("columns", lengths, f"must be {len(self.scores)} long each")
        for name in ("scores", "counts", "weights", "squares"):
            told = getattr(self, name)
            is_free = name == "scores"
            # The end of the whole and the least tell of most columns that all is well.
            if math.isfinite(sum(told)) and (is_free or min(told, default=1) > 0):
                continue
            column = np.array(told, dtype=np.float64)
            if not (np.isfinite(column) & (is_free | (column > 0))).all():
                rule = "must be finite" if is_free else "must be above 0, and finite"
                raise InvalidValueError(name, told, rule)
        if not all(map(operator.lt, self.scores, self.scores[1:])):
            raise InvalidValueError("scores", self.scores, "must rise")
        if self.n_missing < 0:
            raise InvalidValueError("n_missing", self.n_missing, "must not be negative")
        if not 0 <= self.n_weightless <= self.n_missing:
            rule = f"must be from 0 to n_missing, {self.n_missing}"
            raise InvalidValueError("n_weightless", self.n_weightless, rule)

    @classmethod
    def of(cls, values: Values, *, weights: Values | None = None, name: str = "values") -> Self:
        """Count scores.

        Args:
            values: In one dimension; None and NaN are counted as missing.
            weights: One per value, in the same order, 0 or more; None counts all alike. Who has 0
                stands for nobody: he is counted as missing.
            name: What the caller calls them, for messages.

        Raises:
            InvalidValueError: If a value is infinite, or the weights are not as many, negative,
                missing, or so large or small that their squares cannot be told.

        Examples:
            >>> Histogram.of([5, 4, 5], weights=[1, 2, 0.5]).weights
            (2.0, 1.5)
        """
        told = numbers(values, name)
        if (infinite := np.flatnonzero(np.isinf(told))).size:
            found = told[infinite[:3]].tolist()
            raise bad_values(name, found, infinite.tolist(), "must be finite")
        heavy = None if weights is None else _fitting(checked_weights(weights), name, len(told))
        given = ~np.isnan(told)
        there = given if heavy is None else given & (heavy > 0)
        scores, place = np.unique(told[there] + 0.0, return_inverse=True)  # −0 is 0
        counts = np.bincount(place, minlength=len(scores))
        sums: Floats
        squares: Floats
        sums = squares = counts.astype(np.float64)
        if heavy is not None:
            own = heavy[there]
            sums, squares = (_sums(place, part, len(scores)) for part in (own, own * own))
        return cls(
            scores=tuple(scores.tolist()),
            counts=tuple(counts.tolist()),
            weights=tuple(sums.tolist()),
            squares=tuple(squares.tolist()),
            n_missing=int((~there).sum()),
            n_weightless=int((given & ~there).sum()),
        )

    @classmethod
    def of_counts(cls, counts: Mapping[float, int], *, n_missing: int = 0) -> Self:
        """Return the histogram of counts that are known: so many gave that score.

        Examples:
            >>> Histogram.of_counts({1: 45, 0: 5}).mean
            0.9
        """
        there = {float(score): counts[score] for score in sorted(counts) if counts[score]}
        weights = tuple(map(float, there.values()))
        return cls(
            scores=tuple(there),
            counts=tuple(there.values()),
            weights=weights,
            squares=weights,
            n_missing=n_missing,
        )

    @property
    def n(self) -> int:
        """How many gave a score, and have a weight."""
        return sum(self.counts)

    @property
    def weight(self) -> float:
        """The sum of all weights."""
        return math.fsum(self.weights)

    @property
    def effective_n(self) -> float:
        r"""How many unweighted answers would tell as much: $(\sum w)^2 / \sum w^2$."""
        self._check_somebody()
        return self.weight**2 / math.fsum(self.squares)

    @property
    def design_effect(self) -> float:
        r"""Kish's factor by which weights widen the variance: $n \sum w^2 / (\sum w)^2$."""
        return self.n / self.effective_n

    @property
    def mean(self) -> float:
        """The mean score, weighted."""
        self._check_somebody()
        return float(np.dot(self.weights, self.scores)) / self.weight

    def recode(self, rule: Callable[[float], float] | Mapping[float, float]) -> Histogram:
        """Return the histogram of what a rule makes of every score.

        Raises:
            InvalidValueError: If a mapping knows no number for a score.

        Examples:
            >>> Histogram.of([10, 9, 8, 2]).recode(lambda score: score >= 9).counts
            (2, 2)
        """
        if isinstance(rule, Mapping) and (gone := set(self.scores) - set(rule)):
            raise InvalidValueError("rule", min(gone), "must have a number for every score")
        find = rule.__getitem__ if isinstance(rule, Mapping) else rule
        return self._with_scores(np.array([float(find(score)) for score in self.scores]))

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram._joined(self, other)

    @staticmethod
    def pooled(parts: Mapping[object, Histogram] | list[Histogram]) -> Histogram:
        """Return the histogram of all groups together.

        Examples:
            >>> Histogram.pooled([Histogram.of([1, 2]), Histogram.of([2])]).counts
            (1, 2)
        """
        return Histogram._joined(*(parts.values() if isinstance(parts, Mapping) else parts))

    @staticmethod
    def _joined(*parts: Histogram) -> Histogram:
        scores = np.array([score for part in parts for score in part.scores])
        counts = np.array([count for part in parts for count in part.counts], dtype=np.int64)
        weights = np.array([weight for part in parts for weight in part.weights])
        squares = np.array([square for part in parts for square in part.squares])
        gone = [(part.n_missing, part.n_weightless) for part in parts]
        missing, weightless = (
            (sum(column) for column in zip(*gone, strict=True)) if gone else (0, 0)
        )
        return _added_up(scores, counts, weights, squares, (missing, weightless))

    def _with_scores(self, scores: Floats) -> Histogram:
        columns = (np.array(self.weights), np.array(self.squares))
        counts = np.array(self.counts, dtype=np.int64)
        return _added_up(scores, counts, *columns, (self.n_missing, self.n_weightless))

    def _check_somebody(self) -> None:
        if not self.n and not self.n_weightless:
            rule, way_out = "must hold at least one answer", "nobody answered: there is no score"
            raise InvalidValueError("values", (), rule, way_out)
        if not self.weight:
            rule = "must not all be 0 where somebody answered"
            raise InvalidValueError("weights", self.weights[:3], rule)


Scores: TypeAlias = Values | Histogram
"""Scores one by one, or counted already."""


def histogram_of(scores: Scores, *, weights: Values | None = None, name: str) -> Histogram:
    """Return scores counted; those that are counted already bring their weights with them.

    Raises:
        InvalidValueError: If weights are given for scores that are counted already, or as
            `Histogram.of` does.
    """
    if not isinstance(scores, Histogram):
        return Histogram.of(scores, weights=weights, name=name)
    if weights is not None:
        rule, way_out = "must be None: these scores are counted", "give them to Histogram.of"
        raise InvalidValueError("weights", type(weights).__name__, rule, way_out)
    return scores


def checked_weights(weights: Values, name: str = "weights") -> Floats:
    """Return weights as an array after checking them.

    Args:
        weights: In one dimension.
        name: What the caller calls them, for messages.

    Raises:
        InvalidValueError: If one is negative, missing, or so large or small that its square cannot
            be told.
    """
    told = numbers(weights, name)
    fit = (told == 0) | ((told >= LIGHTEST) & (told <= HEAVIEST))
    if (bad := np.flatnonzero(~fit)).size:
        raise bad_values(name, told[bad[:3]].tolist(), bad.tolist(), WEIGHS)
    return told


def _fitting(weights: Floats, name: str, rows: int) -> Floats:
    if len(weights) != rows:
        rule = f"must be as many as the {name}, {rows}"
        raise InvalidValueError("len(weights)", len(weights), rule)
    return weights


def _added_up(
    scores: Floats,
    counts: NDArray[np.int64],
    weights: Floats,
    squares: Floats,
    gone: tuple[int, int],
) -> Histogram:
    """Add up what several lines say of one score; `gone` are those missing and weightless."""
    distinct, place = np.unique(scores + 0.0, return_inverse=True)
    # Whole numbers are added as such: floats would lose them beyond 2⁵³.
    sums = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(sums, place, counts)
    heavy, square = (_sums(place, part, len(distinct)) for part in (weights, squares))
    return Histogram(
        scores=tuple(distinct.tolist()),
        counts=tuple(sums.tolist()),
        weights=tuple(heavy.tolist()),
        squares=tuple(square.tolist()),
        n_missing=gone[0],
        n_weightless=gone[1],
    )


def _sums(place: NDArray[np.intp], parts: Floats, size: int) -> Floats:
    return np.bincount(place, parts, size).astype(np.float64)
