from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import Allocation, allocate_sample


SIZES = st.dictionaries(st.text(min_size=1), st.integers(1, 10_000), min_size=1, max_size=6)


class TestAllocateSample:
    def test_shares_out_in_proportion(self) -> None:
        told = allocate_sample(100, {"a": 500, "b": 300, "c": 200})

        assert dict(told.counts) == {"a": 50, "b": 30, "c": 20}
        assert (told.n, told.method) == (100, "proportional")

    def test_gives_fractions_to_the_largest_remainders(self) -> None:
        # Shares of 10: 4.6, 3.3, 2.1: the floors make 9, and .6 is the largest remainder.
        assert dict(allocate_sample(10, {"a": 46, "b": 33, "c": 21}).counts) == {
            "a": 5,
            "b": 3,
            "c": 2,
        }

    def test_follows_neyman_where_spreads_are_known(self) -> None:
        # By hand: N S = 155·5, 62·15, 93·10 = 775, 930, 930 of 2635; of 40: 11.76, 14.12, 14.12.
        sizes, spreads = {"A": 155, "B": 62, "C": 93}, {"C": 10.0, "A": 5.0, "B": 15.0}

        told = allocate_sample(40, sizes, spreads=spreads)

        assert dict(told.counts) == {"A": 12, "B": 14, "C": 14}
        assert told.method == "neyman"

    @given(
        st.lists(st.tuples(st.integers(20, 500), st.floats(0.5, 20)), min_size=2, max_size=3),
        st.integers(6, 20),
    )
    def test_neyman_is_the_best_there_is(self, strata: list[tuple[int, float]], n: int) -> None:
        """No neighbour has a smaller variance Σ N² S² / n_h than rounding can make up for."""
        sizes = {str(place): size for place, (size, _) in enumerate(strata)}
        spreads = {str(place): spread for place, (_, spread) in enumerate(strata)}
        told = allocate_sample(n, sizes, spreads=spreads, least=1)
        pull = np.array([size * spread for size, spread in strata])

        best = pull.sum() ** 2 / n
        found = sum(p**2 / count for p, count in zip(pull, told.counts.values(), strict=True))

        assert found >= best * (1 - 1e-9)
        shares = n * pull / pull.sum()
        if (shares >= 1).all():
            assert (np.abs(np.array(list(told.counts.values())) - shares) < 1).all()

    @given(SIZES, st.floats(0, 1), st.integers(0, 20))
    def test_adds_up_within_its_limits(
        self, sizes: dict[str, int], part: float, least: int
    ) -> None:
        low = sum(min(size, least) for size in sizes.values())
        n = max(low + round(part * (sum(sizes.values()) - low)), 1)

        told = allocate_sample(n, sizes, least=least)

        assert told.n == n
        for name, size in sizes.items():
            assert min(size, least) <= told.counts[name] <= size

    def test_asks_nobody_twice(self) -> None:
        """Two strata give all they have; the third gives the rest."""
        told = allocate_sample(
            70, {"a": 10, "b": 20, "c": 200}, spreads={"a": 100, "b": 60, "c": 1}
        )

        assert dict(told.counts) == {"a": 10, "b": 20, "c": 40}

    def test_asks_strata_without_spread_last(self) -> None:
        sizes, spreads = {"a": 10, "b": 10, "c": 10}, {"a": 1, "b": 0, "c": 0}

        told = allocate_sample(20, sizes, spreads=spreads)

        assert dict(told.counts) == {"a": 10, "b": 5, "c": 5}

    @pytest.mark.parametrize(
        ("bad", "told"),
        [
            ({"sizes": {}}, "must name one stratum at least"),
            ({"sizes": {"a": 0}}, r"sizes\['a'\] is 0: it must be a whole number of at least 1"),
            ({"least": -1}, "least is -1"),
            ({"n": 0}, "n is 0: it must be a whole number of at least 1"),
            ({"n": 31}, "must lie between 0, the least of all strata, and 30, all people"),
            ({"n": 3, "least": 2}, "must lie between 4"),
            ({"spreads": {"a": 1, "bb": 2}}, "did you mean 'b'"),
            ({"spreads": {"a": 1}}, "must be a stratum of spreads too"),
            ({"spreads": {"a": 1, "b": -1}}, r"spreads\['b'\] is -1: it must be 0 or more"),
            ({"spreads": {"a": 0, "b": 0}}, "must not all be 0; leave them out"),
        ],
    )
    def test_refuses_what_cannot_be_shared_out(self, bad: dict[str, Any], told: str) -> None:
        asked: dict[str, Any] = {"n": 10, "sizes": {"a": 10, "b": 20}} | bad

        with pytest.raises(InvalidValueError, match=told):
            allocate_sample(**asked)


class TestExplain:
    def test_says_why(self) -> None:
        told = allocate_sample(10, {"a": 60, "b": 40})

        assert str(told.explain("a")) == (
            "stratum a gets 6 of 10 answers: proportional, for 60 of 100 people; no stratum gets "
            "fewer than 0 or more than it has"
        )
        assert "奈曼" in allocate_sample(10, {"a": 60}, spreads={"a": 2}).explain("a").sentence(
            "zh"
        )

    def test_tells_the_spread_where_there_is_one(self) -> None:
        told: Allocation = allocate_sample(10, {"a": 60}, spreads={"a": 2})

        assert told.explain("a").find("spread").value == 2

    def test_knows_its_strata(self) -> None:
        with pytest.raises(InvalidValueError, match="known are a"):
            allocate_sample(10, {"a": 60}).explain("x")
