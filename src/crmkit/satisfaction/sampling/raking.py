"""Post-stratification and raking: weights that bring categories to what is known of the population.

Law: every margin is met, or the refusal says which one is not; who cannot be weighted is counted.

Source: Deming, W. E. and Stephan, F. F. (1940), "On a least squares adjustment of a sampled
frequency table when the expected marginal totals are known", Annals of Mathematical Statistics
11(4), 427–444; Holt, D. and Smith, T. M. F. (1979), "Post stratification", Journal of the Royal
Statistical Society A 142(1), 33–46.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, overload

import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError

from .weight_cells import Floats, Listed, cells_of
from .weight_targets import (
    Fitting,
    MissingCategories,
    Target,
    Targets,
    check_targets,
    checked_missing,
    fitting_of,
    named,
    unnamed,
)
from .weighting import Plan, Weighting, weighting


_EXACT: Final = 1e-10


@overload
def poststratify(
    sample: Mapping[str, Listed],
    targets: Target,
    *,
    by: str | tuple[str, ...],
    weights: str | None = None,
    missing: MissingCategories = "refuse",
    total: float | None = None,
    weight: str = "weight",
) -> Weighting[dict[str, Listed]]: ...


@overload
def poststratify(
    sample: IntoFrameT,
    targets: Target,
    *,
    by: str | tuple[str, ...],
    weights: str | None = None,
    missing: MissingCategories = "refuse",
    total: float | None = None,
    weight: str = "weight",
) -> Weighting[IntoFrameT]: ...


def poststratify(
    sample: IntoFrame | Mapping[str, Listed],
    targets: Target,
    *,
    by: str | tuple[str, ...],
    weights: str | None = None,
    missing: MissingCategories = "refuse",
    total: float | None = None,
    weight: str = "weight",
) -> Weighting[IntoFrame | dict[str, Listed]]:
    r"""Weight a sample so that one set of strata has its known size: $w_h = N_h / n_h$.

    With weights $d$ that people brought along, $w = d\,N_h / \sum_{i \in h} d_i$. It assumes that
    within a stratum those who answered are like those who did not.

    Args:
        sample: One row per respondent: pandas, polars (eager or lazy), DuckDB; or columns by name.
            A lazy frame is asked one aggregate query and stays lazy.
        targets: How many people there are of each stratum, or their shares; a stratum of several
            columns is a tuple.
        by: Name of the column of strata, or names of several whose combinations they are.
        weights: Name of a column of weights to begin with, of a design; None weighs all alike.
        missing: Whose stratum is empty: "refuse"; "own_category", which keeps the share that such
            people have in the sample; or "leave_out", which gives them weight 0.
        total: What the weights are to add up to; None for the sum of the targets, or for the
            number of respondents where these are shares that sum to 1.
        weight: Name of the column to be added.

    Raises:
        InvalidValueError: If a column is missing or of another kind, there are fewer than two
            respondents, a stratum is missing, has no target, or has a target and nobody to bear
            it, a target is negative, or weights are none or all 0.

    Units:
        People of the population for whom a respondent stands.

    Source:
        Holt and Smith (1979).

    Examples:
        >>> import pandas
        >>> sample = pandas.DataFrame({"segment": ["key", "key", "key", "small"]})
        >>> poststratify(sample, {"key": 30, "small": 90}, by="segment").frame
          segment  weight
        0     key    10.0
        1     key    10.0
        2     key    10.0
        3   small    90.0
    """
    plan = _planned(sample, {named(by): targets}, weights, missing, total, weight, _EXACT)
    found, _ = _fitted(plan.fitting, 1, _EXACT)
    return weighting(plan, found, "post-stratification", 1)


@overload
def rake(
    sample: Mapping[str, Listed],
    targets: Targets,
    *,
    weights: str | None = None,
    missing: MissingCategories = "refuse",
    total: float | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 1_000,
    weight: str = "weight",
) -> Weighting[dict[str, Listed]]: ...


@overload
def rake(
    sample: IntoFrameT,
    targets: Targets,
    *,
    weights: str | None = None,
    missing: MissingCategories = "refuse",
    total: float | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 1_000,
    weight: str = "weight",
) -> Weighting[IntoFrameT]: ...


def rake(
    sample: IntoFrame | Mapping[str, Listed],
    targets: Targets,
    *,
    weights: str | None = None,
    missing: MissingCategories = "refuse",
    total: float | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 1_000,
    weight: str = "weight",
) -> Weighting[IntoFrame | dict[str, Listed]]:
    r"""Weight a sample so that several margins have their known sizes, by proportional fitting.

    Margin after margin, each weight is multiplied by target over weighted count of its category,
    round after round, until all margins are met. Of all weights that meet them these are nearest to
    the first ones in the sense of $\sum w \log(w/d)$. It assumes that the categories act on who
    answers each by itself.

    Args:
        sample: One row per respondent: pandas, polars (eager or lazy), DuckDB; or columns by name.
            A lazy frame is asked one aggregate query and stays lazy.
        targets: For each column, how many people there are of each category, or their shares;
            a tuple of columns has tuples for categories. All must sum alike.
        weights: Name of a column of weights to begin with, of a design; None weighs all alike.
        missing: Whose category is empty: "refuse"; "own_category", which keeps the share that such
            people have in the sample; or "leave_out", which gives them weight 0.
        total: What the weights are to add up to; None for the sum of the targets, or for the
            number of respondents where these are shares that sum to 1.
        tolerance: How far a margin may be off, as a share of the total.
        max_iterations: After how many rounds to give up.
        weight: Name of the column to be added.

    Raises:
        InvalidValueError: As `poststratify`, or if the targets of two margins do not sum alike, or
            the margins are not met: targets contradict each other where combinations are empty.

    Units:
        People of the population for whom a respondent stands.

    Source:
        Deming and Stephan (1940).

    Examples:
        >>> import pandas
        >>> sample = pandas.DataFrame({"sex": [*"ffffmm"], "age": ["old", *["young"] * 4, "old"]})
        >>> raked = rake(sample, {"sex": {"f": 50, "m": 50}, "age": {"young": 60, "old": 40}})
        >>> raked.frame["weight"].round(3).to_list()
        [13.589, 12.137, 12.137, 12.137, 23.589, 26.411]
        >>> rake(sample, {"sex": {"f": 50, "male": 50}})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: sex is 'm': it must have a target, as in rows 4 and 5; ...
    """
    if not isinstance(targets, Mapping) or not targets:
        raise unnamed("{'sex': {'female': 0.5, 'male': 0.5}}", targets)
    margins = {named(columns): target for columns, target in targets.items()}
    if not max_iterations >= 1:
        raise InvalidValueError("max_iterations", max_iterations, "must be 1 or more")
    plan = _planned(sample, margins, weights, missing, total, weight, tolerance)
    found, rounds = _fitted(plan.fitting, max_iterations, tolerance)
    return weighting(plan, found, "raking", rounds)


def _planned(
    sample: IntoFrame | Mapping[str, Listed],
    margins: Mapping[tuple[str, ...], Target],
    weights: str | None,
    missing: MissingCategories,
    total: float | None,
    added: str,
    tolerance: float,
) -> Plan:
    if not tolerance > 0:
        raise InvalidValueError("tolerance", tolerance, "must be above 0")
    check_targets(margins, total)
    names = list(dict.fromkeys(name for columns in margins for name in columns))
    cells = cells_of(sample, names, [], weights, added)
    return Plan(
        fitting=fitting_of(cells, margins, checked_missing(missing), total),
        sums={},
        columns=(*names, *([] if weights is None else [weights])),
        added=added,
        tolerance=tolerance,
        sample=sample,
    )


def _fitted(fitting: Fitting, rounds: int, tolerance: float) -> tuple[Floats, int]:
    """Fit margin after margin until all are met.

    Raises:
        InvalidValueError: If they are not, with the one that is farthest off.
    """
    n = np.where(fitting.used, fitting.cells.n, 0)
    weights = fitting.start
    for done in range(1, rounds + 1):
        for margin in fitting.margins:
            sums = np.bincount(margin.place, weights * n, len(margin.targets))
            # Nobody is left where another margin's target of 0 took him; that shows below.
            factors = np.divide(margin.targets, sums, out=np.zeros(len(sums)), where=sums > 0)
            weights = weights * factors[margin.place]
        if _farthest(fitting, weights * n)[0] <= tolerance:
            return weights, done
    gap, name, target = _farthest(fitting, weights * n)
    often = f"{rounds} round{'s' * (rounds > 1)}"
    rule = f"must be met, but is off by {gap:.2g} of the total after {often}"
    way_out = "targets contradict each other where combinations are empty: merge categories"
    raise InvalidValueError(name, target, rule, way_out)


def _farthest(fitting: Fitting, sums: Floats) -> tuple[float, str, float]:
    """Return how far the farthest category is off, which it is, and its target."""
    worst = (-1.0, "", 0.0)
    for margin in fitting.margins:
        found = np.bincount(margin.place, sums, len(margin.targets))
        gaps = np.abs(found - margin.targets) / fitting.total
        at = int(gaps.argmax())
        if gaps[at] > worst[0]:
            worst = (float(gaps[at]), margin.title(at), float(margin.targets[at]))
    return worst
