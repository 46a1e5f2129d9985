"""Slopes of who is still a customer: formulas held to mpmath's derivatives."""

from typing import Any

import mpmath as mp  # type: ignore[import-untyped]  # it has no stubs
import numpy as np
import pytest

from crmkit.value.lifetime.beta_drop_out import BetaDropOut
from crmkit.value.lifetime.contract_law import ContractLaw
from crmkit.value.lifetime.never_lost import NeverLost
from crmkit.value.lifetime.occasion_law import OccasionLaw
from crmkit.value.lifetime.rows import Histories
from crmkit.value.lifetime.slopes import differenced


THETA = np.log([0.525, 6.183, 0.891, 1.614])
ROWS = Histories(
    np.array([0, 2, 30]), np.array([0.0, 30.43, 20.0]), np.array([38.86, 38.86, 90.0]), np.ones(3)
)


def log_odds(theta: list[object], x: int, recency: float, age: float, first: int) -> object:
    """Batislam, Denizel and Filiztekin (2007), as a ratio of the two terms of the likelihood."""
    r, alpha, a, b = (mp.exp(one) for one in theta)
    lost = a / (b + x + first - 1) * ((alpha + age) / (alpha + recency)) ** (r + x)
    return -mp.log(lost)


class TestAliveSlopes:
    @pytest.mark.parametrize("first", [0, 1])
    def test_of_who_may_be_lost_with_a_purchase_are_the_derivatives(self, first: int) -> None:
        law = BetaDropOut(first)

        told = law.alive_slopes(THETA, ROWS, law.alive(THETA, ROWS))

        for row in range(1 - first, 3):
            own = int(ROWS.x[row]), float(ROWS.recency[row]), float(ROWS.age[row]), first
            for place in range(4):

                def moved(
                    at: object, own: tuple[int, float, float, int] = own, place: int = place
                ) -> object:
                    return log_odds([*THETA[:place], at, *THETA[place + 1 :]], *own)

                with mp.workdps(30):
                    assert told[place, row] == pytest.approx(float(mp.diff(moved, THETA[place])))

    def test_of_who_is_asked_on_occasions_are_the_derivatives(self) -> None:
        """Fader, Hardie and Shang (2010): likelihood, and chance to be there next time."""

        def chance(theta: list[Any], x: int, last: int, n: int) -> Any:
            alpha, beta, gamma, delta = (mp.exp(one) for one in theta)

            def term(bought: int, used: int, left: int) -> Any:
                uses = mp.beta(alpha + bought, beta + used - bought) / mp.beta(alpha, beta)
                return uses * mp.beta(gamma + (left < n), delta + left) / mp.beta(gamma, delta)

            whole = term(x, n, n) + sum(term(x, last + i, last + i) for i in range(n - last))
            uses = mp.beta(alpha + x, beta + n - x) / mp.beta(alpha, beta)
            alive = uses * mp.beta(gamma, delta + n + 1) / mp.beta(gamma, delta) / whole
            return mp.log(alive / (1 - alive))

        theta, law = np.log([1.204, 0.750, 0.657, 2.783]), OccasionLaw()
        rows = Histories(np.array([0, 2]), np.array([0.0, 4.0]), np.array([6.0, 6.0]), np.ones(2))

        told = law.alive_slopes(theta, rows, law.alive(theta, rows))

        for row, own in enumerate([(0, 0, 6), (2, 4, 6)]):
            for place in range(4):

                def moved(at: object, own: tuple[int, ...] = own, place: int = place) -> object:
                    return chance([*theta[:place], at, *theta[place + 1 :]], *own)

                with mp.workdps(30):
                    right = float(mp.diff(moved, theta[place]))
                    assert told[place, row] == pytest.approx(right, rel=1e-5)

    def test_of_who_cannot_be_lost_are_none(self) -> None:
        law = BetaDropOut(0)

        told = law.alive_slopes(THETA, ROWS, law.alive(THETA, ROWS))

        assert told[2:, 0].tolist() == [0, 0]

    @pytest.mark.parametrize("law", [NeverLost(), ContractLaw()])
    def test_of_what_is_certain_are_none(self, law: NeverLost | ContractLaw) -> None:
        rows = Histories(np.array([0, 2]), np.array([0.0, 2.0]), np.array([1.0, 2.0]), np.ones(2))
        theta = np.log([0.5, 2.0])

        assert (law.alive_slopes(theta, rows, law.alive(theta, rows)) == 0).all()


class TestDifferenced:
    def test_is_right_to_a_millionth(self) -> None:
        at = np.array([2.0, 0.5])

        told = differenced(lambda theta: np.array([theta[0] ** 3 * theta[1]]), at, np.array([4.0]))

        assert told[:, 0] == pytest.approx([6.0, 8.0], rel=1e-5)
