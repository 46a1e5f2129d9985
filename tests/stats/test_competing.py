"""Aalen–Johansen against lifelines, statsmodels, and shares worked out by hand."""

import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.stats import aalen_johansen, kaplan_meier


with warnings.catch_warnings():
    # What they import warns of today's pandas.
    warnings.simplefilter("ignore")
    from lifelines import AalenJohansenFitter  # type: ignore[import-untyped]  # it has no stubs
    from statsmodels.duration.survfunc import (  # type: ignore[import-untyped]  # nor this
        CumIncidenceRight,
    )


SEEN = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from(["lost", "grew", None])), min_size=1, max_size=40
).filter(lambda seen: any(way for _, way in seen))


class TestAalenJohansen:
    @given(SEEN.filter(lambda seen: len({time for time, _ in seen}) == len(seen)))
    def test_is_that_of_lifelines(self, seen: list[tuple[int, str | None]]) -> None:
        """Without ties, which lifelines scatters at random."""
        durations, ways = (list(column) for column in zip(*seen, strict=True))
        found = aalen_johansen(durations, ways)

        for row, way in enumerate(found.ways):
            codes = [0 if one is None else 1 + (one != way) for one in ways]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = AalenJohansenFitter().fit(durations, codes, event_of_interest=1)
            share = theirs.cumulative_density_.iloc[:, 0].reindex(found.time).to_numpy()
            np.testing.assert_allclose(found.incidence[row], share, rtol=0, atol=1e-12)
            interval = theirs.confidence_interval_.reindex(found.time).to_numpy()
            # Where all have ended, their formula divides by nothing.
            told = (share > 0) & (share < 1 - 1e-9) & np.isfinite(interval).all(axis=1)
            np.testing.assert_allclose(found.low[row][told], interval[told, 0], atol=1e-9)
            np.testing.assert_allclose(found.high[row][told], interval[told, 1], atol=1e-9)

    @given(SEEN)
    def test_is_that_of_statsmodels_with_ties(self, seen: list[tuple[int, str | None]]) -> None:
        durations, ways = (list(column) for column in zip(*seen, strict=True))
        found = aalen_johansen(durations, ways)
        codes = [0 if way is None else 1 + found.ways.index(way) for way in ways]

        theirs = CumIncidenceRight(np.array(durations), np.array(codes))

        times = np.array(theirs.times)
        for row in range(len(found.ways)):
            ours = found.incidence[row][np.searchsorted(found.time, times)]
            np.testing.assert_allclose(ours, theirs.cinc[row], rtol=0, atol=1e-12)

    @given(SEEN)
    def test_ways_and_what_goes_on_add_up_to_one(self, seen: list[tuple[int, str | None]]) -> None:
        durations, ways = (list(column) for column in zip(*seen, strict=True))

        found = aalen_johansen(durations, ways)

        whole = found.incidence.sum(axis=0) + found.survival
        np.testing.assert_allclose(whole, 1, rtol=0, atol=1e-12)
        curve = kaplan_meier(durations, [way is not None for way in ways])
        np.testing.assert_allclose(found.survival, curve.survival, rtol=0, atol=1e-12)
        assert (found.low <= found.incidence).all()
        assert (found.incidence <= found.high).all()

    def test_is_a_share_by_hand(self) -> None:
        """At 2 one of five is lost; at 3 one of four grew; at 5 one of two is lost."""
        found = aalen_johansen([2, 3, 3, 5, 8], ["lost", "grew", None, "lost", None])

        assert found.at_risk.tolist() == [5, 4, 2, 1]
        lost = [0.2, 0.2, 0.2 + 0.8 * 0.75 / 2, 0.2 + 0.8 * 0.75 / 2]
        grew = [0, 0.2, 0.2, 0.2]
        np.testing.assert_allclose(found.incidence, [grew, lost], rtol=0, atol=1e-15)

    def test_counts_late_comers_from_then_on(self) -> None:
        """By hand: at 2 the first alone of two at risk; at 6 two of two who are there."""
        found = aalen_johansen([2, 6, 6, 7], ["lost", "lost", "grew", None], entries=[0, 0, 3, 5])

        assert found.at_risk.tolist() == [2, 3, 1]
        np.testing.assert_allclose(found.incidence, [[0, 1 / 6, 1 / 6], [0.5, 4 / 6, 4 / 6]])
        assert repr(found) == (
            "CumulativeIncidence(n=4, grew 1, lost 2, censored 1, 2 seen late, up to 7)"
        )

    def test_warns_where_nobody_was_left_before_others_came(self) -> None:
        with pytest.warns(AssumptionWarning, match="others came later"):
            aalen_johansen([2, 9], ["lost", "lost"], entries=[0, 5])

    @pytest.mark.parametrize(
        "ways",
        [
            np.array(["lost", None, "grew"], dtype=object),
            pd.Series(["lost", None, "grew"]),
            pd.Series(["lost", pd.NA, "grew"], dtype="string"),
            pl.Series(["lost", None, "grew"]),
        ],
        ids=["numpy", "pandas", "pandas string", "polars"],
    )
    def test_takes_ways_in_any_form(self, ways: object) -> None:
        assert aalen_johansen([1, 2, 3], ways).ended.tolist() == [[0, 0, 1], [1, 0, 0]]

    def test_counts_missing_durations(self) -> None:
        found = aalen_johansen([1, None, 3], ["lost", "lost", None])

        assert (found.n, found.n_missing, found.at("lost", 2).n_missing) == (2, 1, 1)
        assert "1 missing" in repr(found)

    @pytest.mark.parametrize(
        ("durations", "ways", "says"),
        [
            ([1, 2], ["lost"], "len(ways) is 1: it must be 2, as the durations"),
            ([1, 2], [None, None], "ways is None: it must hold at least one end"),
            ([1, 2], ["lost", 5], "ways is 5: it must be text, or None where it goes on, as in"),
            ([None], ["lost"], "must hold at least one that is known"),
            ([-1], ["lost"], "durations is -1.0: it must be finite and not negative"),
        ],
    )
    def test_refuses(self, durations: object, ways: object, says: str) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            aalen_johansen(durations, ways)


class TestAt:
    FOUND = aalen_johansen([2, 3, 5, 8], ["lost", "grew", None, "lost"])

    def test_is_the_last_step_up_to_then(self) -> None:
        assert self.FOUND.at("lost", 4) == 0.25
        assert self.FOUND.at("lost", 99) == 0.75
        early = self.FOUND.at("grew", 1)
        assert [early.value, early.low, early.high] == [0, 0, 0]

    @pytest.mark.parametrize(
        ("way", "time", "says"),
        [
            ("lsot", 1, "way is 'lsot': it must be one of grew, lost; did you mean 'lost'?"),
            ("lost", -1, "time is -1: it must be a number that is not negative"),
        ],
    )
    def test_refuses(self, way: str, time: float, says: str) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            self.FOUND.at(way, time)

    def test_refuses_what_lies_beyond_the_observed(self) -> None:
        with pytest.raises(InvalidValueError, match=r"must not exceed the longest, 9\.0"):
            aalen_johansen([1, 9], ["lost", None]).at("lost", 10)

    def test_table_has_a_row_where_something_ended_so(self) -> None:
        table = self.FOUND.table()

        assert table[["way", "time", "at_risk", "ended"]].to_numpy().tolist() == [
            ["grew", 3.0, 3, 1],
            ["lost", 2.0, 4, 1],
            ["lost", 8.0, 1, 1],
        ]
