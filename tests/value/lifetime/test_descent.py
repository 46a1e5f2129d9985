"""The way down: curvatures that are told or not, and no place worked out twice."""

import attrs
import numpy as np
import pytest

from crmkit.value.lifetime.descent import Loss, descended, polished
from crmkit.value.lifetime.rows import CurvedObjective, Floats, Objective


CENTRE = np.array([1.5, -2.0])


@attrs.define(eq=False)
class Bowl:
    """A likelihood of a hundred customers, highest at the centre; `wrong` are its curvatures."""

    wrong: float = 1.0
    asked: list[list[float]] = attrs.field(factory=list, init=False)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        self.asked.append(theta.tolist())
        away = theta - CENTRE
        return float(-100 * (np.cosh(away) - 1).sum()), -100 * np.sinh(away)

    def curved(self, theta: Floats) -> tuple[float, Floats, Floats]:
        value, slopes = self(theta)
        return value, slopes, -100 * self.wrong * np.diag(np.cosh(theta - CENTRE))


def loss_of(objective: Objective, *, penalty: float = 0.0, is_curved: bool = True) -> Loss:
    return Loss.of(objective, 100, penalty, is_curved=is_curved)


class TestLoss:
    def test_is_a_customers_mean_with_the_penalty(self) -> None:
        """At (1.5, -1): cosh 0 + cosh 1 - 2 = 0.5430806; 0.1 × (1.5² + 1) = 0.325."""
        value, slopes = loss_of(Bowl(), penalty=0.1)(np.array([1.5, -1.0]))

        assert value == pytest.approx(0.5430806348 + 0.325)
        assert slopes == pytest.approx([0.3, 1.1752011936 - 0.2])

    @pytest.mark.parametrize("is_curved", [True, False])
    def test_bends_as_told_or_as_its_slopes_differ(self, *, is_curved: bool) -> None:
        loss = loss_of(Bowl(), penalty=0.1, is_curved=is_curved)

        assert isinstance(loss.objective, CurvedObjective)
        assert loss.curvature(np.array([1.5, -1.0])) == pytest.approx(
            np.diag([1.2, 1.5430806348 + 0.2]), abs=1e-5
        )

    def test_works_out_no_parameters_twice(self) -> None:
        bowl = Bowl()
        loss = loss_of(bowl)

        for theta in ([1.0, 2.0], [1.0, 3.0], [1.0, 2.0]):
            loss(np.array(theta))
            loss.curvature(np.array(theta))

        assert bowl.asked == [[1, 2], [1, 3]]


class TestDescended:
    def test_takes_few_steps_where_curvatures_are_told(self) -> None:
        told, plain = Bowl(), Bowl()

        found, curve = descended(loss_of(told), np.zeros(2))
        same, _ = descended(loss_of(plain, is_curved=False), np.zeros(2))

        assert found == pytest.approx(CENTRE, abs=1e-8)
        assert same == pytest.approx(CENTRE, abs=1e-8)
        assert curve == pytest.approx(np.eye(2))
        assert 2 * len(told.asked) < len(plain.asked)

    def test_goes_another_way_where_curvatures_lead_nowhere(self) -> None:
        """So steep, it is said, that all of Newton's steps do not get far."""
        found, _ = descended(loss_of(Bowl(wrong=1e6)), np.zeros(2))

        assert found == pytest.approx(CENTRE, abs=1e-3)


class TestPolished:
    def test_goes_down_where_the_loss_bends_the_other_way(self) -> None:
        """A hill of one parameter, between two valleys: away from its top, not up to it."""

        def valleys(theta: Floats) -> tuple[float, Floats]:
            told = theta**2 - 4
            return float(-100 * (told**2).sum()), -400 * theta * told

        found, _ = polished(loss_of(valleys), np.array([0.1, -0.1]))

        assert found == pytest.approx([2, -2])
