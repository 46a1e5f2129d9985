"""Ends of the interval of a difference of two shares: of other people, or of the same.

Law: the interval and the test come from one statistic, so that they never contradict each other:
zero lies outside exactly where the test finds a difference. Newcombe's is the exception, by name.

Source: Mee, R. W. (1984), "Confidence bounds for the difference between two probabilities",
Biometrics 40(4), 1175–1176, with the closed form of Miettinen, O. and Nurminen, M. (1985),
"Comparative analysis of two rates", Statistics in Medicine 4(2), 213–226, and without their factor
N/(N − 1); Tango, T. (1998), "Equivalence test and confidence interval for the difference in
proportions for the paired-sample design", Statistics in Medicine 17(8), 891–908; Newcombe, R. G.
(1998), "Interval estimation for the difference between independent proportions", Statistics in
Medicine 17(8), 873–890, method 10.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from scipy.optimize import brentq

from .intervals import score_ends


_NEXT_TO: Final = 1e-9


def mee_ends(first: tuple[float, float], second: tuple[float, float], z: float) -> Ends:
    r"""Return the differences $\delta$ that the score test does not refuse.

    $$\frac{|\hat p_1 - \hat p_2 - \delta|}{\sqrt{\tilde p_1 (1 - \tilde p_1)/n_1 +
    \tilde p_2 (1 - \tilde p_2)/n_2}} \le z$$

    with $\tilde p_1 = \tilde p_2 + \delta$ the likeliest shares that differ by $\delta$.

    Args:
        first: The share, and of how many.
        second: The other.
        z: How many standard errors.
    """
    (p, n), (q, m) = first, second

    def excess(delta: float) -> float:
        near = _likeliest(first, second, delta)
        far = near + delta
        return (p - q - delta) ** 2 - z * z * (far * (1 - far) / n + near * (1 - near) / m)

    return _ends(p - q, excess)


def tango_ends(only_first: float, only_second: float, n: float, z: float) -> Ends:
    r"""Return the differences $\delta$ that the score test of pairs does not refuse.

    $$\frac{|b - c - n\delta|}{\sqrt{n (2 \tilde q + \delta (1 - \delta))}} \le z$$

    with $\tilde q$ the likeliest share of those who say yes only the second time.

    Args:
        only_first: The share $b/n$ of pairs with yes the first time alone.
        only_second: The share $c/n$ of pairs with yes the second time alone.
        n: How many pairs.
        z: How many standard errors.
    """
    b, c = only_first, only_second

    def excess(delta: float) -> float:
        middle = (2 - b + c) * delta - b - c
        root = math.sqrt(max(middle * middle + 8 * c * delta * (1 - delta), 0.0))
        variance = (root - middle) / 2 + delta * (1 - delta)
        return (b - c - delta) ** 2 - z * z * max(variance, 0.0) / n

    return _ends(b - c, excess)


def newcombe_ends(first: tuple[float, float], second: tuple[float, float], z: float) -> Ends:
    r"""Return the ends of Newcombe's hybrid of two Wilson intervals.

    $$d - \sqrt{(p_1 - l_1)^2 + (u_2 - p_2)^2}, \qquad d + \sqrt{(u_1 - p_1)^2 + (p_2 - l_2)^2}$$

    Args:
        first: The share, and of how many.
        second: The other.
        z: How many standard errors of Wilson's intervals.
    """
    (p, n), (q, m) = first, second
    (low, high), (low_2, high_2) = score_ends(p, n, z), score_ends(q, m, z)
    return (
        p - q - math.hypot(p - low, high_2 - q),
        p - q + math.hypot(high - p, q - low_2),
    )


Ends = tuple[float, float]


def _ends(found: float, excess: Callable[[float], float]) -> Ends:
    """Return where the excess over the bar crosses 0 on either side of the difference found."""
    ends = []
    for edge in (-1.0, 1.0):
        # At the difference itself the variance can be 0, and the excess with it.
        inside = found + math.copysign(min(_NEXT_TO, abs(edge - found)), edge)
        at_edge = abs(edge - found) <= _NEXT_TO or excess(edge) <= 0
        ends.append(edge if at_edge else float(brentq(excess, inside, edge, xtol=1e-13)))
    return ends[0], ends[1]


def _likeliest(first: tuple[float, float], second: tuple[float, float], delta: float) -> float:
    """Return the likeliest second share where the first is larger by delta (a cubic's root)."""
    (p, n), (q, m) = first, second
    x, y, total = p * n, q * m, n + m
    two = ((n + 2 * m) * delta - total - x - y) / (3 * total)
    one = ((m * delta - total - 2 * y) * delta + x + y) / total
    none = y * delta * (1 - delta) / total
    half = two**3 - two * one / 2 + none / 2
    size = math.sqrt(max(two * two - one / 3, 0.0))
    turn = math.copysign(size, half)
    # The rounding of a quotient of two cubes may leave the range of a cosine.
    cosine = min(max(half / turn**3, -1.0), 1.0) if turn else 0.0
    root = 2 * turn * math.cos((math.pi + math.acos(cosine)) / 3) - two
    return min(max(root, 0.0, -delta), 1.0, 1.0 - delta)
