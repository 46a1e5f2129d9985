"""Models with covariates that are yet to be fitted: their names, and what they become."""

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap
from crmkit.value import BGNBD, MBGNBD, NBD, CovariateModel, ParetoNBD, WithCovariates


class TestWithCovariates:
    def test_is_what_a_fitted_model_is_its_numbers_aside(self) -> None:
        model = CovariateModel(
            BGNBD(1, 1, 1, 1, unit="W"),
            buying=FrozenMap({"web": 0.1}),
            loss=FrozenMap({"age": 0.2, "web": 0.3}),
        )

        told = WithCovariates.of(model)

        assert told == WithCovariates(kind=BGNBD, buying=["web"], loss=["age", "web"])
        assert told.every == ("web", "age")

    def test_refuses_none_and_one_twice(self) -> None:
        with pytest.raises(InvalidValueError, match="covariates is missing"):
            WithCovariates(kind=MBGNBD)
        with pytest.raises(InvalidValueError, match="must be named once"):
            WithCovariates(buying=["web", "web"])

    @pytest.mark.parametrize("kind", [ParetoNBD, NBD, int])
    def test_refuses_a_kind_that_knows_no_covariates(self, kind: type[MBGNBD]) -> None:
        with pytest.raises(InvalidValueError, match="must be MBGNBD or BGNBD"):
            WithCovariates(kind=kind, buying=["web"])

    @pytest.mark.parametrize("told", ["web", 5])
    def test_refuses_what_is_no_list_of_columns(self, told: list[str]) -> None:
        with pytest.raises(InvalidValueError, match=r"must be a list of columns; write \['web'\]"):
            WithCovariates(buying=told)
