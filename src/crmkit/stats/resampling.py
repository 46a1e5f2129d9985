"""The bootstrap on a histogram: one multinomial draw of the counts stands for n draws of answers.

Law: the time does not grow with the number of answers but with that of distinct scores; the same
`rng` gives the same interval.

Source: Efron, B. and Tibshirani, R. J. (1993), "An introduction to the bootstrap", Chapman & Hall,
sections 13.3 (percentile) and 14.3 (BCa).
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Final, Literal, TypeAlias

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import Values, Words, bad_values, numbers

from .histogram import Floats, Histogram, Scores, checked_weights, histogram_of
from .no_width import warn_of_no_width


Statistic: TypeAlias = Callable[[Floats, Floats], Floats]
"""From k scores and draws × k sums of weights to one number a draw."""

_METHODS: Final = ("percentile", "bca")
_CELLS: Final = 1 << 20  # drawn at a time


def bootstrap(
    values: Scores,
    *,
    statistic: Statistic | None = None,
    weights: Values | None = None,
    draws: int = 2_000,
    method: Literal["percentile", "bca"] = "bca",
    rng: np.random.Generator | int | None = None,
    confidence: float = 0.95,
) -> Estimate:
    r"""Estimate any statistic of scores, with an interval from samples drawn of the sample.

    The percentile interval runs from the $\alpha/2$ to the $1 - \alpha/2$ quantile of the draws.
    BCa moves these two for bias, $z_0$, and for a spread that changes with the value, $a$:

    $$\alpha' = \Phi\left(z_0 + \frac{z_0 + z_\alpha}{1 - a (z_0 + z_\alpha)}\right)$$

    Assumes independent answers, and enough of them: with fewer than some thirty the interval is too
    short, whatever its name.

    Args:
        values: In one dimension, None and NaN missing; or an unweighted `Histogram`.
        statistic: What to estimate, from k distinct scores and an array of draws × k sums of
            weights, to one number a draw; None for the mean.
        weights: One per value; each draw takes an answer together with its weight. Who has 0 is
            counted as missing.
        draws: How many samples are drawn.
        method: "percentile" or "bca".
        rng: A generator or a seed; None for a fresh one.
        confidence: Share of such intervals that hold the true value.

    Raises:
        InvalidValueError: If fewer than two answered, all alike, the weights do not fit or are in a
            histogram, there are fewer than a hundred draws, `rng` is no seed, a draw has no finite
            statistic, or all draws have the same.

    Warns:
        AssumptionWarning: If nearly all draws have the same, so that the interval has no width.

    Units:
        Those of the statistic.

    Source:
        Efron and Tibshirani (1993).

    Examples:
        >>> answers = Histogram.of_counts({5: 60, 4: 25, 3: 5, 2: 4, 1: 6})
        >>> print(bootstrap(answers, rng=7))
        4.29 (95 % interval 4.05 to 4.49, n = 100, bootstrap bca)
        >>> def top_box(scores, sums):
        ...     return sums[:, scores >= 5].sum(axis=1) / sums.sum(axis=1)
        >>> print(bootstrap(answers, statistic=top_box, method="percentile", rng=7))
        0.6 (95 % interval 0.5098 to 0.7, n = 100, bootstrap percentile)
    """
    found = resampled(
        values,
        statistic=statistic,
        weights=weights,
        draws=draws,
        method=method,
        rng=rng,
        confidence=confidence,
    )
    warn_if_flat(found)
    return found


def resampled(
    values: Scores,
    *,
    statistic: Statistic | None = None,
    weights: Values | None = None,
    draws: int,
    method: Literal["percentile", "bca"],
    rng: np.random.Generator | int | None,
    confidence: float,
) -> Estimate:
    """Estimate as `bootstrap` does; whoever asks says so where the interval has no width."""
    told = _drawn_from(values, weights)
    _check(told, draws, method, confidence)
    find = _mean if statistic is None else _one_a_draw(statistic)
    found = float(find(told.scores, (told.counts * told.weights)[None, :])[0])
    drawn = _draws(told, find, draws, generator_of(rng))
    _check_spread(drawn)
    tails = np.array([0.5 - confidence / 2, 0.5 + confidence / 2])
    if method == "bca":
        tails = _moved(tails, told, find, found, drawn)
    low, high = np.quantile(drawn, tails).tolist()
    return Estimate(
        found,
        low,
        high,
        confidence=confidence,
        n=int(told.counts.sum()),
        n_missing=told.n_missing,
        method=f"bootstrap {method}",
    )


def warn_if_flat(drawn: Estimate, where: str = "") -> None:
    """Warn where nearly all draws told the same.

    Args:
        drawn: What was estimated.
        where: Of whose answers, as " in region 'N'".

    Warns:
        AssumptionWarning: If they did, at the line that called crmkit.
    """
    if drawn.low == drawn.high:
        share = f"{100 * drawn.confidence:.4g} %"
        warn_of_no_width(f"{share} of the draws and more{where} tell {drawn.low:.4g}")


@attrs.frozen(kw_only=True, eq=False)
class _Answers:
    """Distinct answers: the score, the weight of one of them, and how many there are."""

    scores: Floats
    weights: Floats
    counts: np.ndarray[tuple[int], np.dtype[np.int64]]
    n_missing: int


def _drawn_from(values: Scores, weights: Values | None) -> _Answers:
    if weights is not None and not isinstance(values, Histogram):
        return _weighted(values, weights)
    told = histogram_of(values, name="values")
    counts = np.array(told.counts, dtype=np.int64)
    # Sums of weights do not tell which answer had which.
    if weights is not None or not np.array_equal(counts, told.weights):
        rule, way_out = "must come with the values", "give the values and the weights themselves"
        raise InvalidValueError("weights", told.weights[:3], rule, way_out)
    ones, scores = np.ones(len(counts)), np.array(told.scores)
    return _Answers(scores=scores, weights=ones, counts=counts, n_missing=told.n_missing)


def _weighted(values: Values, weights: Values) -> _Answers:
    """Return the distinct pairs of a score and a weight."""
    asked = numbers(values, "values")
    if (infinite := np.flatnonzero(np.isinf(asked))).size:
        found = asked[infinite[:3]].tolist()
        raise bad_values("values", found, infinite.tolist(), "must be finite")
    heavy = checked_weights(weights)
    if len(heavy) != len(asked):
        rule = f"must be as many as the values, {len(asked)}"
        raise InvalidValueError("len(weights)", len(heavy), rule)
    # Who has no weight stands for nobody: he is not drawn.
    there = ~np.isnan(asked) & (heavy > 0)
    pairs = np.stack([asked[there], heavy[there]])
    (scores, weight), counts = np.unique(pairs, axis=1, return_counts=True)
    missing = int((~there).sum())
    return _Answers(scores=scores, weights=weight, counts=counts, n_missing=missing)


def _check(told: _Answers, draws: int, method: str, confidence: float) -> None:
    check_confidence(confidence)
    if method not in _METHODS:
        raise InvalidValueError("method", method, f"must be {' or '.join(_METHODS)}")
    if not isinstance(draws, Integral) or draws < 100:
        raise InvalidValueError("draws", draws, "must be a whole number of at least 100")
    if told.counts.sum() < 2 or len(np.unique(told.scores[told.weights > 0])) < 2:
        rule = "must hold two different answers that carry weight"
        way_out = "samples of one answer are all alike, and tell no interval"
        raise InvalidValueError("values", told.scores[:3].tolist(), rule, way_out)


def generator_of(rng: np.random.Generator | int | None) -> np.random.Generator:
    """Return a generator, or that of a seed; a fresh one for None.

    Raises:
        InvalidValueError: If it is neither.

    Examples:
        >>> generator_of("a")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: rng is 'a': it must be a generator, a seed of 0 or more,\
 or None; write rng=7
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is not None and (isinstance(rng, bool) or not isinstance(rng, Integral) or rng < 0):
        rule = "must be a generator, a seed of 0 or more, or None"
        raise InvalidValueError("rng", rng, rule, "write rng=7")
    return np.random.default_rng(rng)


def _draws(told: _Answers, find: Statistic, draws: int, rng: np.random.Generator) -> Floats:
    """Draw in blocks of bounded memory."""
    n = int(told.counts.sum())
    shares = told.counts / n
    at_once = max(_CELLS // len(shares), 1)
    parts = []
    for start in range(0, draws, at_once):
        counts = rng.multinomial(n, shares, size=min(at_once, draws - start))
        parts.append(find(told.scores, counts * told.weights))
    return np.concatenate(parts)


def _check_spread(drawn: Floats) -> None:
    if not np.isfinite(drawn).all():
        rule, way_out = "must be a finite number in every draw", "too few answers for it"
        raise InvalidValueError("statistic", float(drawn[~np.isfinite(drawn)][0]), rule, way_out)
    if np.ptp(drawn) <= 1e-12 * np.abs(drawn).max():
        rule = "must differ between draws"
        way_out = "they tell no interval; of a share or a net score ask wilson or adjusted_wald"
        raise InvalidValueError("statistic", float(drawn[0]), rule, way_out)


def _moved(tails: Floats, told: _Answers, find: Statistic, found: float, drawn: Floats) -> Floats:
    """Return the tails that BCa reads instead."""
    # Of draws that equal the value, of which discrete scores make many, half lie below it.
    below = float((drawn < found).mean() + (drawn == found).mean() / 2)
    edge = 0.5 / len(drawn)
    bias = float(ndtri(min(max(below, edge), 1 - edge)))
    left_out = _without_one(told, find)
    apart = np.average(left_out, weights=told.counts) - left_out
    spread = float(np.dot(told.counts, apart**2))
    # Where no single answer moves the value, nothing is skewed.
    skew = float(np.dot(told.counts, apart**3)) / (6 * spread**1.5) if spread else 0.0
    reach = bias + ndtri(tails)
    moved: Floats = ndtr(bias + reach / (1 - skew * reach))
    return moved


def _without_one(told: _Answers, find: Statistic) -> Floats:
    """Return the statistic without one answer, for each distinct answer."""
    counts, kinds = told.counts, len(told.counts)
    at_once = max(_CELLS // kinds, 1)
    parts = []
    for start in range(0, kinds, at_once):
        places = np.arange(start, min(start + at_once, kinds))
        fewer = np.repeat(counts[None, :], len(places), axis=0)
        fewer[np.arange(len(places)), places] -= 1
        parts.append(find(told.scores, fewer * told.weights))
    return np.concatenate(parts)


def _one_a_draw(statistic: Statistic) -> Statistic:
    """Return a caller's statistic that refuses to return anything but a number a draw."""

    def find(scores: Floats, sums: Floats) -> Floats:
        try:
            found = np.asarray(statistic(scores, sums), dtype=np.float64)
        except (TypeError, ValueError, ArithmeticError) as cause:
            rule = "must return one number a draw"
            raise InvalidValueError("statistic", Words(repr(cause)), rule) from cause
        if found.shape != (len(sums),):
            told, rule = Words(f"of shape {found.shape}"), "must return one number a draw"
            way_out = f"for {len(sums)} draws an array of shape ({len(sums)},)"
            raise InvalidValueError("statistic", told, rule, way_out)
        return found

    return find


def _mean(scores: Floats, sums: Floats) -> Floats:
    with np.errstate(invalid="ignore"):  # a draw without weight has no mean, and is refused
        mean: Floats = (sums @ scores) / sums.sum(axis=1)
    return mean
