"""The likelihood of BG/NBD and MBG/NBD: its slopes and how they bend, against differences."""

import mpmath  # type: ignore[import-untyped]  # it has no types
import numpy as np
import pytest

from crmkit.value.lifetime.beta_likelihood import BetaLikelihood
from crmkit.value.lifetime.rows import Histories


ROWS = Histories(
    np.array([0, 0, 1, 3, 3, 40]),
    np.array([0.0, 0.0, 0.2, 0.9, 0.5, 1.0]),
    np.array([1.0, 0.01, 1.0, 1.0, 0.6, 1.0]),
    np.array([5.0, 1.0, 2.0, 1.0, 3.0, 0.5]),
)


def exact(theta: list[float], first: int) -> mpmath.mpf:
    """The formula of the source, term by term, in gamma functions of 40 digits."""
    r, alpha, a, b = (mpmath.exp(one) for one in theta)
    total = mpmath.mpf(0)
    for x, recency, age, weight in zip(
        *(column.tolist() for column in (ROWS.x, ROWS.recency, ROWS.age, ROWS.weight)), strict=True
    ):
        m = x + first
        stay = mpmath.beta(a, b + m) / mpmath.beta(a, b)
        told = stay / (alpha + age) ** (r + x)
        if m:
            lost = mpmath.beta(a + 1, b + m - 1) / mpmath.beta(a, b)
            told += lost / (alpha + recency) ** (r + x)
        total += weight * mpmath.log(mpmath.rf(r, x) * alpha**r * told)
    return total


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    "theta",
    [
        [-1.4, -2.2, -0.2, 0.9],
        [3.9, -3.5, -3.8, 3.1],
        [-3.3, 3.7, 4.0, -4.0],
        [0.0, 2.0, -7.0, -6.0],
    ],
)
def test_value_slopes_and_curvature_are_those_of_forty_digits(
    theta: list[float], first: int
) -> None:
    value, slopes, curve = BetaLikelihood.of(ROWS, first).curved(np.array(theta))

    with mpmath.workdps(40):

        def at(*told: mpmath.mpf) -> mpmath.mpf:
            return exact(list(told), first)

        orders = np.eye(4, dtype=int).tolist()
        by_one = [mpmath.diff(at, theta, tuple(order)) for order in orders]
        by_two = [
            [
                mpmath.diff(at, theta, tuple(np.add(one, other).tolist()))
                for other in orders[: place + 1]
            ]
            for place, one in enumerate(orders)
        ]
        size = max(1.0, float(abs(at(*theta))))

    assert value == pytest.approx(float(at(*theta)), rel=1e-9)
    assert slopes == pytest.approx([float(one) for one in by_one], abs=1e-9 * size)
    assert curve == pytest.approx(curve.T)
    for row, told in zip(curve, by_two, strict=True):
        assert row[: len(told)] == pytest.approx([float(one) for one in told], abs=1e-9 * size)


@pytest.mark.parametrize("first", [0, 1])
def test_in_blocks_it_is_the_same(first: int) -> None:
    """Seven thousand times the same rows: two blocks and a part of one."""
    places = np.tile(np.arange(len(ROWS)), 7_000)
    theta = np.array([-1.4, -2.2, -0.2, 0.9])

    one = BetaLikelihood.of(ROWS, first).curved(theta)
    many = BetaLikelihood.of(ROWS.only(places), first).curved(theta)

    for few, all_of_them in zip(one, many, strict=True):
        assert np.asarray(all_of_them) / 7_000 == pytest.approx(np.asarray(few), rel=1e-9)
