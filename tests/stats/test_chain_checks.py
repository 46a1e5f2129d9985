"""Tests of order and homogeneity, row by row those of scipy's tables."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import chi2, chi2_contingency

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.stats import MarkovChain, homogeneity_test, order_test


CUBES = st.lists(st.integers(0, 60), min_size=27, max_size=27).map(
    lambda counts: np.array(counts).reshape(3, 3, 3)
)
SLOW = MarkovChain.of([[0.8, 0.2], [0.3, 0.7]], states=["buys", "rests"])


def by_scipy(tables: list[np.ndarray[tuple[int, ...], np.dtype[np.int64]]]) -> tuple[float, int]:
    """Add up scipy's chi-square of each table without its empty rows and columns."""
    statistic, freedom = 0.0, 0
    for table in tables:
        seen = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
        if min(seen.shape, default=0) > 1:
            found = chi2_contingency(seen, correction=False)
            statistic, freedom = statistic + found.statistic, freedom + found.dof
    return statistic, freedom


class TestOrderTest:
    @given(CUBES)
    def test_adds_up_the_tables_of_scipy(
        self, triples: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    ) -> None:
        statistic, freedom = by_scipy([triples[:, place] for place in range(3)])
        if not freedom:
            return

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = order_test(triples)

        assert found.statistic == pytest.approx(statistic, abs=1e-9)
        assert found.freedom == freedom
        assert found.p_value == pytest.approx(chi2.sf(statistic, freedom), abs=1e-12)
        assert found.method == "order 1"

    def test_of_pairs_asks_whether_it_matters_where_one_is(self) -> None:
        pairs = np.array([[80, 20], [30, 70]])

        found = order_test(pairs)

        assert found.statistic == pytest.approx(chi2_contingency(pairs, correction=False).statistic)
        assert (found.method, found.n) == ("order 0", 200)

    def test_refutes_a_chain_of_order_one_as_often_as_it_says(self) -> None:
        """Of four hundred chains of order 1, about one in twenty; of order 2, nearly all."""
        rng = np.random.default_rng(5)
        refuted = 0
        for _ in range(400):
            path = SLOW.walk(["buys"] * 40, 12, rng=rng)
            triples = np.zeros((2, 2, 2), dtype=np.int64)
            np.add.at(triples, (path[:, :-2], path[:, 1:-1], path[:, 2:]), 1)
            refuted += order_test(triples).p_value <= 0.05
        assert 0.02 < refuted / 400 < 0.08

    def test_finds_that_the_past_matters(self) -> None:
        verdict = order_test([[[90, 10], [20, 30]], [[30, 20], [10, 90]]]).explain()

        assert verdict.verdict is True
        assert verdict.sentence("zh").startswith("下一步去向还取决于此前所处阶段：是")
        assert verdict.find("p_value").met is True


class TestHomogeneityTest:
    @given(CUBES)
    def test_adds_up_the_tables_of_scipy(
        self, parts: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    ) -> None:
        statistic, freedom = by_scipy([parts[:, row] for row in range(3)])
        if not freedom:
            return

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = homogeneity_test(list(parts))

        assert found.statistic == pytest.approx(statistic, abs=1e-9)
        assert found.freedom == freedom

    def test_takes_parts_of_one_chain_for_alike(self) -> None:
        found = homogeneity_test([[[80, 20], [30, 70]], [[160, 40], [60, 140]]])

        assert found.p_value == 1
        assert found.explain().verdict is False
        assert found.explain().sentence() == (
            "the moves differ between the parts: no (p = 1; chi-square 0 with 2 degrees of "
            "freedom, 600 moves; 0 % of the cells hold fewer than five by expectation)"
        )

    def test_is_told_in_one_line(self) -> None:
        """By hand: four cells, each 3 off the 5 expected; a row that is alike; p = exp(-3.6)."""
        found = homogeneity_test([[[8, 2], [5, 5]], [[2, 8], [5, 5]]])

        assert str(found) == (
            "chi-square 7.2 with 2 degrees of freedom, p = 0.02732, n = 40, homogeneity"
        )

    def test_warns_of_small_cells(self) -> None:
        with pytest.warns(AssumptionWarning, match="100% of the cells hold fewer than five"):
            found = homogeneity_test([[[2, 1], [1, 2]], [[1, 2], [2, 1]]])

        assert found.explain().find("sparse").met is False

    @pytest.mark.parametrize(
        ("parts", "says"),
        [
            ([[[1, 2], [3, 4]]], "parts is 1 of them: it must hold two or more of one size"),
            ([[[1]], [[1, 2], [3, 4]]], "must hold two or more of one size"),
            ([[[1, 2]], [[1, 2]]], "parts is of shape (1, 2): it must have 2 dimensions"),
            ([[["a"]], [["b"]]], "parts is no numbers: it must be whole numbers"),
            ([[[1, -2], [3, 4]]] * 2, "parts is -2.0: it must hold whole numbers of 0 or more"),
            ([[[5, 0], [0, 5]]] * 2, "counts is one that does not: it must leave something"),
        ],
    )
    def test_refuses(self, parts: list[object], says: str) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            homogeneity_test(parts)
