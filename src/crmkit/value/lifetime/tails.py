"""How likely customers buy so often at least: one count after another, for all of them at once.

Source: the negative binomial law of arrivals: Ehrenberg (1959); its sums: NIST Digital Library of
Mathematical Functions, 8.17.20, by which each follows from the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincc

from .rows import Floats, Value


_DEEP: Final = -600.0  # a logarithm below which a chance is told by its series
_LAST: Final = 1e-17
_FEW: Final = 64  # factors of a product that are multiplied one by one


def fold_of(within: Value, age: Value) -> Floats:
    """Return log(1 + within/age), also where the ratio leaves the floats.

    Examples:
        >>> fold_of(np.array([1e300]), 1e-300).round(1).tolist()
        [1381.6]
    """
    with np.errstate(over="ignore", divide="ignore"):
        ratio = np.asarray(within / age, dtype=np.float64)
        told: Floats = np.where(np.isinf(ratio), np.log(within) - np.log(age), np.log1p(ratio))
    return told


def log_count(rate: Floats, age: Floats, within: Value, count: int) -> Floats:
    """Return the logarithm of the chance that just so many purchases come within a time."""
    told: Floats = (
        log_ways(rate, count) - rate * fold_of(within, age) - count * fold_of(age, within)
    )
    return told


def log_ways(rate: Floats, count: int) -> Floats:
    r"""Return the logarithm of $\Gamma(R + n) / (\Gamma(R)\, n!)$, whatever the count.

    Examples:
        >>> np.exp(log_ways(np.array([1.0, 2.0]), 1000)).round(6).tolist()
        [1.0, 1001.0]
    """
    # As a product: of a few factors exact.
    log = np.zeros_like(rate)
    for place in range(min(count, _FEW)):
        log = log + np.log((rate + place) / (place + 1))
    return log + _log_rest(np.float64(1.0), rate - 1.0, count)


def log_stays(leave: float, stay: Floats, count: int) -> Floats:
    r"""Return the logarithm of the chance to survive so many purchases.

    $B(a, B + n) / B(a, B)$, whatever the count.

    Examples:
        >>> np.exp(log_stays(1.0, np.array([1.0, 2.0]), 999)).round(6).tolist()
        [0.001, 0.001998]
    """
    log = np.zeros_like(stay)
    for place in range(min(count, _FEW)):
        log = log - np.log1p(leave / (stay + place))
    return log - _log_rest(stay, leave, count)


def _log_rest(base: Value, more: Value, count: int) -> Floats | float:
    r"""Return $\log \prod_{j = 64}^{n - 1} (z + d + j)/(z + j)$: by Stirling's series of both ends.

    Written so that what is alike in the two gamma functions of an end is never there: it keeps its
    digits whether d is small or large.

    Source:
        NIST Digital Library of Mathematical Functions, 5.11.1.
    """
    if count <= _FEW:
        return 0.0
    low, high = base + _FEW, base + count
    told: Floats = (
        (high - 0.5) * np.log1p(more / high)
        - (low - 0.5) * np.log1p(more / low)
        + more * np.log1p((high - low) / (low + more))
        + (_series(high + more) - _series(high))
        - (_series(low + more) - _series(low))
    )
    return told


def _series(z: Value) -> Value:
    """Return what is left of the logarithm of a gamma function beside its main part."""
    square = z * z
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / z


def log_arrival(rate: Floats, age: Floats, within: float, count: int) -> Floats:
    r"""Return the logarithm of the chance that so many purchases at least, 1 or more, come in time.

    Where it leaves the floats, by its series $\frac{z^n (1 - z)^R}{n B(n, R)} \sum_j
    \prod_{i < j} \frac{R + n + i}{n + 1 + i} z$ with $z = t/(A + t)$, whose terms fall there.

    Source:
        NIST Digital Library of Mathematical Functions, 8.17.8.

    Examples:
        >>> log_arrival(np.array([1.0]), np.array([1.0]), 1.0, 3).round(4).tolist()
        [-2.0794]
    """
    share, rest = np.exp(-fold_of(age, within)), np.exp(-fold_of(within, age))
    early, late = betainc(float(count), rate, share), betaincc(rate, float(count), rest)
    with np.errstate(divide="ignore"):
        # Of the smaller of two shares that make 1: the other has lost its digits.
        told: Floats = np.log(np.where(share < rest, early, late))
    far = np.flatnonzero(told < _DEEP)
    r, z = rate[far], share[far]
    term, total, place = np.ones(len(far)), np.ones(len(far)), 0
    while (term > _LAST * total).any():
        term = term * (z * (r + count + place) / (count + 1 + place))
        total, place = total + term, place + 1
    log = log_count(r, age[far], within, count)
    # Beside the n-th of the negative binomial, whose coefficient is Γ(R + n)/(Γ(R) n!).
    told[far] = log + np.log(total)
    return told


class Counted(Protocol):
    """Customers whose counts can be asked about."""

    def only(self, places: NDArray[np.integer]) -> Self: ...

    def tail(self, within: float, count: Floats) -> Floats: ...


def asked_one_by_one(customers: Counted, size: int, within: float, bar: float) -> Iterator[Floats]:
    """Yield the chances of at least one purchase within a time, of two at least, and so on.

    Args:
        customers: Whose.
        size: How many they are.
        within: For how long counts are.
        bar: Who is not more likely than this to buy so often is not asked about more: 0.
    """
    likely, least = np.arange(size), 0
    while True:
        least += 1
        told = np.zeros(size)
        told[likely] = customers.only(likely).tail(within, np.full(len(likely), float(least)))
        yield told
        likely = likely[told[likely] > bar]


def arrivals(rate: Floats, age: Floats, within: float) -> Iterator[Floats]:
    r"""Yield the chances that the first purchase comes within a time, the second, and so on.

    $I_z(n + 1, R) = I_z(n, R) - z^n (1 - z)^R / (n B(n, R))$ with $z = t/(A + t)$: right to the
    rounding of 1.

    Examples:
        >>> told = arrivals(np.array([1.0]), np.array([1.0]), 1.0)
        >>> [float(next(told)[0]) for _ in range(3)]
        [0.5, 0.25, 0.125]
    """
    share = within / (age + within)
    fold = -rate * np.log1p(within / age)
    comes, term, least = -np.expm1(fold), np.exp(fold) * rate * share, 0
    while True:
        yield comes
        least += 1
        comes = np.maximum(comes - term, 0.0)
        term = term * (share * (rate + least) / (least + 1))
