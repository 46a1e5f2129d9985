"""Calibration: weights as near as can be to the first ones that bring sums to what is known.

Law: every sum is met, or the refusal says which one is not; no weight below 0 is made in silence.

Source: Deville, J.-C. and Särndal, C.-E. (1992), "Calibration estimators in survey sampling", JASA
87(418), 376–382: case 1 (linear, the generalised regression estimator) and case 6 (logit).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Final, TypeAlias, overload

import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from scipy.special import expit, logit

from crmkit.errors import AssumptionWarning, InvalidValueError

from .weight_cells import Floats, Listed, cells_of
from .weight_targets import (
    MissingCategories,
    Target,
    check_targets,
    checked_missing,
    fitting_of,
    named,
    unnamed,
)
from .weighting import Plan, Weighting, weighting


CalibrationTarget: TypeAlias = float | Target
"""What a sum of numbers is to be, or how many there are of each category."""

CalibrationTargets: TypeAlias = (
    Mapping[str, CalibrationTarget]
    | Mapping[tuple[str, ...], CalibrationTarget]
    | Mapping[str | tuple[str, ...], CalibrationTarget]
)
"""A target for each column, or for several columns together."""

_TOLERANCE: Final = 1e-9
_ROUNDS: Final = 100


@overload
def calibrate(
    sample: Mapping[str, Listed],
    targets: CalibrationTargets,
    *,
    weights: str | None = None,
    bounds: tuple[float, float] | None = None,
    missing: MissingCategories = "refuse",
    total: float | None = None,
    weight: str = "weight",
) -> Weighting[dict[str, Listed]]: ...


@overload
def calibrate(
    sample: IntoFrameT,
    targets: CalibrationTargets,
    *,
    weights: str | None = None,
    bounds: tuple[float, float] | None = None,
    missing: MissingCategories = "refuse",
    total: float | None = None,
    weight: str = "weight",
) -> Weighting[IntoFrameT]: ...


def calibrate(
    sample: IntoFrame | Mapping[str, Listed],
    targets: CalibrationTargets,
    *,
    weights: str | None = None,
    bounds: tuple[float, float] | None = None,
    missing: MissingCategories = "refuse",
    total: float | None = None,
    weight: str = "weight",
) -> Weighting[IntoFrame | dict[str, Listed]]:
    r"""Weight a sample so that sums of numbers, and sizes of categories, are what is known.

    $w_i = d_i F(x_i'\lambda)$ with $\sum w_i x_i = T$. Without bounds $F(u) = 1 + u$, the linear
    case, which a mean then shares with the regression on $x$ (GREG):
    $\lambda = (\sum d\,x x')^{-1} (T - \sum d\,x)$. With bounds $L < 1 < U$ it is the logit case,
    which keeps every $w/d$ between them:

    $$F(u) = \frac{L(U - 1) + U(1 - L)e^{Au}}{(U - 1) + (1 - L)e^{Au}}, \qquad
    A = \frac{U - L}{(1 - L)(U - 1)}$$

    The first weights $d$ are scaled to the total, where that is known.

    Args:
        sample: One row per respondent: pandas, polars (eager or lazy), DuckDB; or columns by name.
            A lazy frame is asked one aggregate query, one row for every combination of the columns
            named, and stays lazy.
        targets: For each column a number, what its values sum to in the population; or how many
            people there are of each category, as for `crmkit.satisfaction.rake`.
        weights: Name of a column of weights to begin with, of a design; None weighs all alike.
        bounds: How many times its first value a weight may be, at least and at most; None for
            the linear case.
        missing: Whose category is empty: "refuse"; "own_category", which keeps the share that such
            people have in the sample; or "leave_out", which gives them weight 0. An empty number
            is refused, but for "leave_out".
        total: What the weights are to add up to; None for the sum of the targets of categories,
            or for the number of respondents where these are shares. Where there are only numbers,
            None leaves it open.
        weight: Name of the column to be added.

    Raises:
        InvalidValueError: As `crmkit.satisfaction.rake`, or if a number is missing or not finite,
            or the bounds do not enclose 1 or are too narrow for the targets.

    Warns:
        AssumptionWarning: If a weight is negative.

    Units:
        People of the population for whom a respondent stands.

    Source:
        Deville and Särndal (1992), equations 2.1 to 2.5 and case 6.

    Examples:
        >>> sample = {"orders": [1, 2, 3, 6]}
        >>> found = calibrate(sample, {"orders": 360}, total=100)
        >>> found.weights.round(2).tolist()
        [16.43, 20.71, 25.0, 37.86]
        >>> close = calibrate(sample, {"orders": 360}, total=100, bounds=(0.5, 1.45))
        >>> close.weights.round(2).tolist()
        [14.31, 19.96, 29.53, 36.2]
    """
    margins, sums = _parted(targets)
    check_targets(margins, total)
    limits = None if bounds is None else _bounds(bounds)
    names = list(dict.fromkeys(name for columns in margins for name in columns))
    cells = cells_of(sample, names, list(sums), weights, weight)
    for name, values in cells.numbers.items():
        bad = np.isinf(values) | (np.isnan(values) & (missing != "leave_out"))
        if bad.any():
            way = "fill these rows, or say missing='leave_out'"
            raise cells.refuse(name, [float(values[bad][0])], bad, "must be a finite number", way)
    fitting = fitting_of(cells, margins, checked_missing(missing), total)
    columns = (*names, *sums, *([] if weights is None else [weights]))
    plan = Plan(
        fitting=fitting,
        sums=sums,
        columns=columns,
        added=weight,
        tolerance=_TOLERANCE,
        sample=sample,
    )
    found, rounds = _calibrated(plan, limits, total)
    method = "linear calibration" if limits is None else "logit calibration"
    return weighting(plan, found, method, rounds)


def _parted(
    targets: CalibrationTargets,
) -> tuple[dict[tuple[str, ...], Target], dict[str, float]]:
    """Part targets of categories from sums of numbers."""
    if not isinstance(targets, Mapping) or not targets:
        raise unnamed("{'revenue': 4_100_000, 'segment': {'key': 30, 'small': 90}}", targets)
    margins: dict[tuple[str, ...], Target] = {}
    sums: dict[str, float] = {}
    for columns, target in targets.items():
        if isinstance(target, Mapping):
            margins[named(columns)] = target
            continue
        number = isinstance(target, Real) and not isinstance(target, bool)
        if not number or not math.isfinite(target) or not isinstance(columns, str):
            rule = "must be a finite number for one column, or have a number for each category"
            raise InvalidValueError(f"targets[{columns!r}]", target, rule)
        sums[columns] = float(target)
    return margins, sums


def _bounds(bounds: tuple[float, float]) -> tuple[float, float]:
    told = tuple(bounds)
    fits = len(told) == 2 and all(isinstance(end, Real) and math.isfinite(end) for end in told)
    if not fits or not 0 <= told[0] < 1 < told[1]:
        rule = "must be two numbers, 0 or more, that enclose 1"
        raise InvalidValueError("bounds", bounds, rule, "write (0.5, 2)")
    return float(told[0]), float(told[1])


def _calibrated(
    plan: Plan, bounds: tuple[float, float] | None, total: float | None
) -> tuple[Floats, int]:
    fitting = plan.fitting
    matrix, target = _equations(plan, total)
    start = fitting.start
    mass = start * fitting.cells.n
    # Of a scale of their own: revenues beside heads would spoil the solution.
    scale = np.maximum(np.abs(matrix).T @ np.abs(mass), np.abs(target))
    scale[scale == 0] = 1.0
    factor, slope = (_linear, _flat) if bounds is None else _logit(*bounds)
    found, rounds, gap = _solved(matrix / scale, target / scale, mass, factor, slope)
    if np.abs(gap).max() > _TOLERANCE:
        raise _unmet(plan, int(np.abs(gap).argmax()), float(np.abs(gap).max()), bounds)
    weights = np.where(fitting.used, start * factor(found), 0.0)
    if negative := int(fitting.cells.n[weights < 0].sum()):
        advice = f"{negative} weights are negative: say bounds, such as bounds=(0.2, 5)"
        warnings.warn(advice, AssumptionWarning, stacklevel=3)
    return weights, rounds


def _equations(plan: Plan, total: float | None) -> tuple[Floats, Floats]:
    """Return what a person adds to every sum, one row a cell, and what the sums are to be."""
    fitting = plan.fitting
    size = len(fitting.cells.n)
    columns: list[Floats] = []
    targets: list[float] = []
    for margin in fitting.margins:
        for place, goal in enumerate(margin.targets):
            columns.append((margin.place == place).astype(np.float64))
            targets.append(float(goal))
    for name, goal in plan.sums.items():
        columns.append(np.where(fitting.used, fitting.cells.numbers[name], 0.0))
        targets.append(goal)
    if not fitting.margins and total is not None:
        columns.append(np.ones(size))
        targets.append(total)
    return np.column_stack(columns), np.array(targets)


Factor: TypeAlias = Callable[[Floats], Floats]


def _linear(u: Floats) -> Floats:
    return 1 + u


def _flat(u: Floats) -> Floats:
    return np.ones(len(u))


def _logit(low: float, high: float) -> tuple[Factor, Factor]:
    """Return the logit case and its slope: a logistic curve from one bound to the other."""
    steep = (high - low) / ((1 - low) * (high - 1))
    middle = float(logit((1 - low) / (high - low)))

    def factor(u: Floats) -> Floats:
        told: Floats = low + (high - low) * expit(steep * u + middle)
        return told

    def slope(u: Floats) -> Floats:
        part = expit(steep * u + middle)
        told: Floats = (high - low) * steep * part * (1 - part)
        return told

    return factor, slope


def _solved(
    matrix: Floats, target: Floats, mass: Floats, factor: Factor, slope: Factor
) -> tuple[Floats, int, Floats]:
    """Solve the equations by Newton's steps, halved where they lead too far.

    Returns:
        For every cell the argument of its factor; the rounds; how far each sum is off.
    """
    multipliers = np.zeros(matrix.shape[1])
    gap = target - matrix.T @ (mass * factor(matrix @ multipliers))
    done = 0
    while True:
        done += 1
        weighted = mass * slope(matrix @ multipliers)
        # Margins overlap in their totals: the shortest of all solutions is taken.
        step = np.linalg.lstsq(matrix.T @ (matrix * weighted[:, None]), gap, rcond=1e-13)[0]
        for _ in range(30):
            tried = multipliers + step
            left = target - matrix.T @ (mass * factor(matrix @ tried))
            if np.linalg.norm(left) < np.linalg.norm(gap):
                break
            step = step / 2
        else:
            return matrix @ multipliers, done, gap
        multipliers, gap = tried, left
        if np.abs(gap).max() <= _TOLERANCE / 1e4 or done == _ROUNDS:
            break
    return matrix @ multipliers, done, gap


def _unmet(
    plan: Plan, place: int, gap: float, bounds: tuple[float, float] | None
) -> InvalidValueError:
    """Return the error that names the sum that is farthest off."""
    names = [
        margin.title(at) for margin in plan.fitting.margins for at in range(len(margin.categories))
    ]
    name = [*names, *(f"targets[{name!r}]" for name in plan.sums), "total"][place]
    off = f"{name} is off by {gap:.2g} of its sum"
    if bounds is None:
        rule = f"must be met together, but {off}"
        way_out = "these sums contradict each other in this sample: drop one, or merge categories"
        return InvalidValueError("targets", plan.fitting.total, rule, way_out)
    rule = f"must leave room to meet the targets, but {off}"
    return InvalidValueError("bounds", bounds, rule, "widen them, or merge categories")
