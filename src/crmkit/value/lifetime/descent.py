"""The way down to where a loss is least: of a handful of parameters, all of one size.

Law: no parameters are worked out twice, for of ten million customers each answer takes a good
while. A way that ends before the bottom is seen by its slopes.

Source: Nocedal and Wright (2006), "Numerical optimization", chapters 3 and 6; Dauphin et al.
(2014), "Identifying and attacking the saddle point problem": Newton's steps, by the size of each
curvature whatever its sign.
"""

from __future__ import annotations

from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from .rows import CurvedObjective, Floats, Objective


BOUND: Final = 15.0
_EDGE: Final = 0.01
_STEP: Final = 1e-6
_STEPS: Final = 300
_NEAR: Final = 1e-6
_POLISH: Final = 60
_STEEP: Final = 1e-9
_FAR: Final = 1e-4  # a shorter step leaves the curvature as it is
_RIDGE: Final = 1e-10
_LONGEST: Final = 2.0
_SHORTEST: Final = 1e-12


@attrs.frozen(eq=False)
class Loss:
    r"""What is to be least: the mean loss of a customer, and $\text{penalty}\cdot\sum\theta^2$.

    Attributes:
        objective: The log-likelihood of all customers, and its slopes.
        customers: How many there are.
        penalty: 0 for none.
        curved: The same with its curvature; None where this is not to be had, or costs too much.
    """

    objective: Objective
    customers: float
    penalty: float
    curved: CurvedObjective | None = attrs.field(kw_only=True)
    _known: dict[bytes, tuple[float, Floats, Floats | None]] = attrs.field(factory=dict, init=False)

    @classmethod
    def of(cls, objective: Objective, customers: float, penalty: float, *, is_curved: bool) -> Loss:
        """Return the loss; whether curvatures are worth asking for wherever the value is."""
        curved = objective if is_curved and isinstance(objective, CurvedObjective) else None
        return cls(objective, customers, penalty, curved=curved)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return the loss and its slopes."""
        value, slopes, _ = self._at(theta)
        return value, slopes

    def curvature(self, theta: Floats) -> Floats:
        """Return how the slopes bend."""
        _, here, curve = self._at(theta)
        if curve is None:
            # From one side: right to a millionth, of half as many readings of the customers.
            sides = np.eye(len(theta)) * _STEP
            told = np.array([(self(theta + side)[1] - here) / _STEP for side in sides])
            curve = (told + told.T) / 2
        return curve

    def _at(self, theta: Floats) -> tuple[float, Floats, Floats | None]:
        key = theta.tobytes()
        if key not in self._known:
            self._known[key] = self._worked_out(theta)
        return self._known[key]

    def _worked_out(self, theta: Floats) -> tuple[float, Floats, Floats | None]:
        curve = None
        if self.curved is not None:
            value, slopes, bends = self.curved.curved(theta)
            curve = 2 * self.penalty * np.eye(len(theta)) - bends / self.customers
        else:
            value, slopes = self.objective(theta)
        value = self.penalty * float(theta @ theta) - value / self.customers
        return value, 2 * self.penalty * theta - slopes / self.customers, curve


def descended(loss: Loss, theta: Floats) -> tuple[Floats, Floats]:
    """Go down to the end, and return the curvature there."""
    if loss.curved is not None:
        found, curve = polished(loss, theta)
        slopes = loss(found)[1]
        if np.abs(slopes[free(found, slopes)]).max(initial=0.0) < _STEEP:
            return found, curve
    return polished(loss, quasi_newton(loss, theta))


def approached(loss: Loss, theta: Floats, curve: Floats) -> Floats:
    """Go on by steps of one curvature, which is not asked for again."""
    value, slopes = loss(theta)
    for _ in range(_POLISH):
        if np.abs(slopes).max() < _STEEP:
            break
        step = np.linalg.solve(curve, -slopes).astype(np.float64)
        found = _shortened(loss, theta, value, slopes, step)
        if found is None:
            break
        theta, value, slopes = found
    return theta


def polished(loss: Loss, theta: Floats) -> tuple[Floats, Floats]:
    """Go on by Newton's steps while they gain, and return the curvature at the end."""
    value, slopes = loss(theta)
    curve = loss.curvature(theta)
    for _ in range(_POLISH):
        loose = free(theta, slopes)
        if np.abs(slopes[loose]).max(initial=0.0) < _STEEP:
            break
        bends, sides = np.linalg.eigh(curve[loose][:, loose])
        # The size alone, and never none: down, where the loss bends the other way, too.
        step = np.zeros(len(theta))
        step[loose] = -sides @ ((slopes[loose] @ sides) / (np.abs(bends) + _RIDGE))
        found = _shortened(loss, theta, value, slopes, step)
        if found is None:
            break
        moved = float(np.abs(found[0] - theta).max())
        theta, value, slopes = found
        if loss.curved is not None or moved > _FAR:
            curve = loss.curvature(theta)
    return theta, curve


def quasi_newton(loss: Loss, theta: Floats) -> Floats:
    """Go down by the steps of Broyden, Fletcher, Goldfarb and Shanno, within the bounds.

    Of a handful of parameters: written out, for a library's general form spends a hundred times as
    long on itself as the likelihood takes.
    """
    one = np.eye(len(theta))
    value, slopes = loss(theta)
    inverse = one / max(1.0, float(np.abs(slopes).max()))
    for _ in range(_STEPS):
        loose = free(theta, slopes)
        step = -(inverse @ (slopes * loose)) * loose
        if not float(step @ slopes) < 0:
            inverse, step = one, -slopes * loose
        if np.abs(slopes * loose).max() < _NEAR:
            break
        found = _shortened(loss, theta, value, slopes, step)
        if found is None:
            break
        tried, value, their = found
        moved, bend = tried - theta, their - slopes
        if (along := float(moved @ bend)) > 1e-14:
            turn = one - np.outer(moved, bend) / along
            inverse = turn @ inverse @ turn.T + np.outer(moved, moved) / along
        theta, slopes = tried, their
    return theta


def free(theta: Floats, slopes: Floats) -> NDArray[np.bool_]:
    """Return which parameters may go on: not those that a bound holds back.

    Nor those almost at it: of a step that one of them cuts short the others gain nothing.
    """
    held: NDArray[np.bool_] = (np.abs(theta) >= BOUND - _EDGE) & (theta * slopes < 0)
    return ~held


def _shortened(
    loss: Loss, theta: Floats, value: float, slopes: Floats, step: Floats
) -> tuple[Floats, float, Floats] | None:
    """Go along a step as far as it gains; None where it does not gain at all."""
    length = min(1.0, _LONGEST / float(np.abs(step).max()))
    while True:
        tried = np.clip(theta + length * step, -BOUND, BOUND)
        told, their = loss(tried)
        enough = told <= value + 1e-4 * float(slopes @ (tried - theta))
        if enough or length < _SHORTEST:
            return (tried, told, their) if told < value else None
        length /= 3
