"""What a sample is to be weighted to: how many there are of each category, margin by margin.

Law: every category of the sample has a target and every target has somebody to bear it; what does
not fit is named, never merged or left out in silence.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from numbers import Real
from typing import Final, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import did_you_mean

from .weight_cells import Cells, Floats, Whole


Target: TypeAlias = (
    Mapping[str, float]
    | Mapping[int, float]
    | Mapping[bool, float]
    | Mapping[date, float]
    | Mapping[tuple[str, str], float]
    | Mapping[Hashable, float]
)
"""How many there are of each category, or their shares."""

# The keys of a mapping are invariant: each kind is named.
Targets: TypeAlias = (
    Mapping[str, Target] | Mapping[tuple[str, ...], Target] | Mapping[str | tuple[str, ...], Target]
)
"""A target for each column, or for several columns together."""

MissingCategories: TypeAlias = Literal["refuse", "own_category", "leave_out"]
"""What becomes of people whose category is not known."""

_MISSING: Final = ("refuse", "own_category", "leave_out")
_ALIKE: Final = 1e-9


@attrs.frozen(eq=False, kw_only=True)
class Margin:
    """One margin: the categories of a column, or of several together, with their targets.

    Attributes:
        name: What it is called.
        categories: What there is; None for those of whom it is not known.
        targets: What the weights of each are to add up to.
        place: For each cell, which of them it is.
    """

    name: str
    categories: tuple[object, ...]
    targets: Floats
    place: Whole

    def title(self, place: int) -> str:
        """Return what the target of a category is called in messages."""
        return f"targets[{self.name!r}][{self.categories[place]!r}]"


@attrs.frozen(eq=False, kw_only=True)
class Fitting:
    """A sample with its margins, ready to be weighted.

    Attributes:
        cells: The cells of the sample.
        used: Which of them are weighted: not those that are left out.
        margins: What they are to meet.
        total: What all weights are to add up to.
    """

    cells: Cells
    used: NDArray[np.bool_]
    margins: tuple[Margin, ...]
    total: float

    @property
    def people(self) -> int:
        """How many people are weighted."""
        return int(self.cells.n[self.used].sum())

    @property
    def start(self) -> Floats:
        """The weights to begin with: what people brought along, scaled to the total."""
        told = np.where(self.used, self.cells.base, 0.0)
        return told * (self.total / float(np.dot(told, self.cells.n)))


def named(columns: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the columns of a margin."""
    return (columns,) if isinstance(columns, str) else tuple(columns)


def checked_missing(missing: MissingCategories) -> MissingCategories:
    """Return a policy for missing categories that there is.

    Raises:
        InvalidValueError: If there is none of that name.
    """
    if missing not in _MISSING:
        near = did_you_mean(missing, _MISSING)
        raise InvalidValueError("missing", missing, f"must be one of {', '.join(_MISSING)}", near)
    return missing


def check_targets(targets: Mapping[tuple[str, ...], Target], total: float | None) -> None:
    """Check targets by themselves, before any sample is asked.

    Raises:
        InvalidValueError: If there is none, one is no number of at least 0, a margin sums to 0,
            shares do not sum to 1, two do not sum alike, or the total is not above
            0.
    """
    if total is not None and not (_is_number(total) and total > 0):
        raise InvalidValueError("total", total, "must be above 0, and finite")
    sums: dict[str, float] = {}
    for columns, target in targets.items():
        name = _title(columns)
        _check_target(name, columns, target)
        sums[name] = math.fsum(target.values())
        if not sums[name]:
            raise InvalidValueError(f"targets[{name!r}]", dict(target), "must not all be 0")
        _check_shares(f"targets[{name!r}]", target, sums[name])
    first = next(iter(sums.values()), 1.0)
    if any(abs(told - first) > _ALIKE * first for told in sums.values()):
        way_out = "they count the same people: scale them to one total"
        raise InvalidValueError("targets", sums, "must sum alike", way_out)


def _check_shares(where: str, target: Target, whole: float) -> None:
    """Refuse what can be neither shares nor counts: parts of one person that make no whole."""
    told = list(target.values())
    # Ones and zeros may be counts.
    if max(told) <= 1 and any(0 < count < 1 for count in told) and abs(whole - 1) > _ALIKE:
        rule = f"must sum to 1, not to {whole:.6g}, where none exceeds 1"
        raise InvalidValueError(where, dict(target), rule, "do they mean shares?")


def _check_target(name: str, columns: tuple[str, ...], target: Target) -> None:
    if not name:
        raise InvalidValueError("targets", columns, "must name one column at least")
    if not isinstance(target, Mapping) or not target:
        rule = "must be a mapping that names one category at least"
        raise InvalidValueError(f"targets[{name!r}]", target, rule)
    if None in target:
        way_out = "say what becomes of those who are not known: missing='own_category'"
        raise InvalidValueError(f"targets[{name!r}]", dict(target), "must not name None", way_out)
    for category, count in target.items():
        if not _is_number(count) or count < 0:
            where = f"targets[{name!r}][{category!r}]"
            raise InvalidValueError(where, count, "must be a number of 0 or more")


def fitting_of(
    cells: Cells,
    targets: Mapping[tuple[str, ...], Target],
    missing: MissingCategories,
    total: float | None,
) -> Fitting:
    """Hold the targets against a sample.

    Raises:
        InvalidValueError: If a category is missing and that is refused, has no target, or has a
            target and nobody to bear it.
    """
    used = np.ones(len(cells.n), dtype=bool)
    for columns in targets:
        for name in columns:
            gone = cells.codes[name] < 0
            if missing == "refuse" and gone.any():
                way = "say missing='own_category' or 'leave_out'"
                raise cells.refuse(name, [None], gone, "must not be empty", way)
            used &= ~gone | (missing == "own_category")
    for values in cells.numbers.values():
        used &= ~np.isnan(values)
    if not np.dot(cells.base * used, cells.n):
        rule = "must weigh more than 0 together: those whose categories are known"
        raise InvalidValueError("respondents", int(cells.n[used].sum()), rule, "nobody is left")
    sums = [math.fsum(target.values()) for target in targets.values()]
    whole = total if total is not None else _total(sums, cells, used)
    margins = tuple(_margin(cells, used, pair, whole) for pair in targets.items())
    return Fitting(cells=cells, used=used, margins=margins, total=whole)


def _total(sums: Sequence[float], cells: Cells, used: NDArray[np.bool_]) -> float:
    """Return what weights add up to: what the targets do; people, where these are shares."""
    if not sums:
        return float(np.dot(cells.base[used], cells.n[used]))
    return float(cells.n[used].sum()) if abs(sums[0] - 1) <= _ALIKE else sums[0]


def _margin(
    cells: Cells,
    used: NDArray[np.bool_],
    pair: tuple[tuple[str, ...], Target],
    total: float,
) -> Margin:
    columns, target = pair
    name = _title(columns)
    place = _places(cells, used, columns, tuple(target))
    weights = np.bincount(place, cells.base * cells.n * used, len(target) + 1)
    told = np.array(list(target.values()), dtype=np.float64)
    for category, count, weight in zip(target, told, weights, strict=False):
        if count and not weight:
            where = f"targets[{name!r}][{category!r}]"
            rule = "must have somebody in the sample"
            way_out = "merge it with a category that answered, or leave it out of the targets"
            raise InvalidValueError(where, float(count), rule, way_out)
    silent = weights[-1] / weights.sum()
    scaled = told * (total / math.fsum(told)) * (1 - silent)
    categories: tuple[object, ...] = tuple(target)
    if silent:
        # Who does not tell keeps the share that he has in the sample.
        categories, scaled = (*categories, None), np.append(scaled, total * silent)
    return Margin(name=name, categories=categories, targets=scaled, place=place)


def _places(
    cells: Cells, used: NDArray[np.bool_], columns: tuple[str, ...], known: tuple[object, ...]
) -> Whole:
    """Return which of the known categories every cell is; one more for those that are not told."""
    keys = _categories(cells, columns)
    place_of = {category: place for place, category in enumerate((*known, None))}
    for cell in np.flatnonzero(used):
        if keys[cell] not in place_of:
            at = np.array([key == keys[cell] for key in keys]) & used
            near = did_you_mean(keys[cell], map(str, known))
            raise cells.refuse(_title(columns), [keys[cell]], at, "must have a target", near)
    return np.array([place_of.get(key, 0) for key in keys]) * used


def _categories(cells: Cells, columns: tuple[str, ...]) -> list[object]:
    """Return the category of every cell: a tuple where there are several columns; None missing."""
    told: list[list[object]] = []
    for name in columns:
        known = [*cells.known[name], None]  # at −1
        told.append([known[code] for code in cells.codes[name].tolist()])
    if len(columns) == 1:
        return told[0]
    rows = zip(*told, strict=True)
    return [None if any(value is None for value in row) else row for row in rows]


def _title(columns: tuple[str, ...]) -> str:
    return " × ".join(columns)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def unnamed(example: str, targets: object) -> InvalidValueError:
    """Return the error of targets that name no margin."""
    rule = "must be a mapping that names one margin at least"
    return InvalidValueError("targets", targets, rule, f"write {example}")
