"""Kaplan–Meier against lifelines, and against a table that textbooks print."""

import re
import warnings
from datetime import timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.stats import kaplan_meier


with warnings.catch_warnings():
    # What it imports warns of today's pandas.
    warnings.simplefilter("ignore")
    from lifelines import KaplanMeierFitter  # type: ignore[import-untyped]  # it has no stubs


# Weeks in remission of 21 children on 6-mercaptopurine; True: the leukaemia came back.
# Freireich et al. (1963), Blood 21, 699–716, as tabled in Kleinbaum and Klein, "Survival analysis",
# 3rd ed., table 2.2.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
CAME_BACK = [place in (0, 1, 2, 4, 6, 9, 10, 14, 15) for place in range(21)]
PUBLISHED = [
    (6, 21, 3, 0.8571),
    (7, 17, 1, 0.8067),
    (10, 15, 1, 0.7529),
    (13, 12, 1, 0.6902),
    (16, 11, 1, 0.6275),
    (22, 7, 1, 0.5378),
    (23, 6, 1, 0.4482),
]

SEEN = st.lists(
    st.tuples(st.integers(0, 12) | st.floats(0, 50), st.booleans()), min_size=1, max_size=60
)


class TestKaplanMeier:
    def test_is_the_published_table(self) -> None:
        table = kaplan_meier(WEEKS, CAME_BACK).table()

        rows = table.loc[table["ended"] > 0, ["time", "at_risk", "ended", "survival"]]
        assert [(*row[:3], round(row[3], 4)) for row in rows.to_numpy().tolist()] == PUBLISHED

    @given(SEEN, st.sampled_from([0.8, 0.95, 0.99]))
    def test_is_that_of_lifelines(self, seen: list[tuple[float, bool]], confidence: float) -> None:
        durations, observed = (list(column) for column in zip(*seen, strict=True))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = KaplanMeierFitter(alpha=1 - confidence).fit(durations, observed)

        curve = kaplan_meier(durations, observed, confidence=confidence)

        survival = theirs.survival_function_.iloc[:, 0].reindex(curve.time).to_numpy()
        interval = theirs.confidence_interval_.reindex(curve.time).to_numpy()
        np.testing.assert_allclose(curve.survival, survival, rtol=0, atol=1e-12)
        # Where nobody is left, the formula has no value: lifelines says 0 to 0.
        known = curve.survival > 0
        np.testing.assert_allclose(curve.low[known], interval[known, 0], rtol=0, atol=1e-12)
        np.testing.assert_allclose(curve.high[known], interval[known, 1], rtol=0, atol=1e-12)
        events = theirs.event_table.reindex(curve.time)
        for ours, their in (
            ("at_risk", "at_risk"),
            ("ended", "observed"),
            ("censored", "censored"),
        ):
            assert getattr(curve, ours).tolist() == events[their].astype(int).tolist()

    def test_counts_missing_durations(self) -> None:
        curve = kaplan_meier([1.0, None, float("nan"), 2.0], [True, True, False, False])

        assert (curve.n, curve.n_missing) == (2, 2)
        assert curve.at(1).n_missing == 2
        assert "2 missing" in repr(curve)

    @pytest.mark.parametrize(
        "hours",
        [
            np.array([2, 3, "NaT"], dtype="timedelta64[h]"),
            pd.Series(pd.to_timedelta([2, 3, None], unit="h")),
            pl.Series([timedelta(hours=2), timedelta(hours=3), None]),
        ],
        ids=["numpy", "pandas", "polars"],
    )
    def test_counts_durations_in_hours_or_another_unit(self, hours: object) -> None:
        observed = [True, False, True]

        assert kaplan_meier(hours, observed).time.tolist() == [2.0, 3.0]
        days = kaplan_meier(hours, observed, unit=timedelta(days=1))
        assert days.time.tolist() == [2 / 24, 3 / 24]
        assert days.n_missing == 1

    @pytest.mark.parametrize(
        "observed",
        [(1, 0.0), np.array([True, False]), pd.Series([True, False]), pl.Series([True, False])],
        ids=["numbers", "numpy", "pandas", "polars"],
    )
    def test_takes_flags_in_any_form(self, observed: object) -> None:
        curve = kaplan_meier([1, 2], observed)

        assert curve.ended.tolist() == [1, 0]

    @pytest.mark.parametrize(
        ("durations", "observed", "says"),
        [
            ([1, -2], [True, True], "durations is -2.0: it must be finite and not negative"),
            ([1, float("inf")], [True, True], "must be finite"),
            (["1"], [True], "durations is '1': it must be a number"),
            ([], [], "must hold at least one that is known"),
            ([None], [True], "must hold at least one that is known"),
            ([1, 2], [True], "len(observed) is 1: it must be 2, as the durations"),
            ([1, 2], [True, None], "observed is None: it must be True or False, as in row 1"),
            ([1, 2], [True, 2], "observed is 2: it must be True or False, as in row 1"),
            ([1], pd.Series([pd.NA], dtype="boolean"), "must be True or False"),
            ([1], "yes", "observed is 'yes': it must be True or False"),
        ],
    )
    def test_refuses(self, durations: object, observed: object, says: str) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            kaplan_meier(durations, observed)

    def test_refuses_a_confidence_of_one_and_a_unit_of_nothing(self) -> None:
        with pytest.raises(InvalidValueError, match="confidence is 1"):
            kaplan_meier([1], [True], confidence=1)
        with pytest.raises(InvalidValueError, match=r"unit is .* must be a timedelta above 0"):
            kaplan_meier(np.array([1], dtype="timedelta64[h]"), [True], unit=timedelta(0))


class TestAt:
    def test_is_the_last_step_up_to_then(self) -> None:
        curve = kaplan_meier(WEEKS, CAME_BACK)

        assert round(curve.at(14), 4) == 0.6902
        assert curve.at(13) == curve.at(14)
        assert (curve.at(14).n, curve.at(14).method) == (21, "kaplan-meier")

    def test_is_certain_before_the_first_step(self) -> None:
        share = kaplan_meier([3], [True]).at(1)

        assert (share, share.low, share.high) == (1.0, 1.0, 1.0)

    def test_keeps_the_upper_end_where_nobody_is_left(self) -> None:
        curve = kaplan_meier([1, 2, 3], [True, True, True])

        none = curve.at(99)

        assert (none, none.low, none.high) == (0.0, 0.0, curve.at(2).high)
        assert kaplan_meier([1], [True]).at(1).high == 1.0

    def test_refuses_what_nobody_was_seen_for(self) -> None:
        curve = kaplan_meier(WEEKS, CAME_BACK)

        with pytest.raises(InvalidValueError, match="time is 36: it must not exceed the longest"):
            curve.at(36)
        for time in (-1, float("nan")):
            with pytest.raises(InvalidValueError, match="must be a number that is not negative"):
                curve.at(time)


class TestMedian:
    def test_is_the_published_one(self) -> None:
        """Kleinbaum and Klein: 23 weeks; R's survfit(conf.type = "log-log"): 13 to NA."""
        median = kaplan_meier(WEEKS, CAME_BACK).median

        assert (median.value, median.low, median.high) == (23.0, 13.0, None)
        assert str(median) == (
            "23 (95 % interval 13 to not reached, n = 21, 9 ended, kaplan-meier)"
        )

    def test_is_reached_when_exactly_half_are_left(self) -> None:
        """A product of shares such as 5/6 · 4/5 · 3/4 misses one half by its rounding."""
        for n in range(1, 60):
            curve = kaplan_meier(list(range(2 * n)), [True] * (2 * n))
            assert curve.median.value == n - 1

    def test_is_none_where_more_than_half_go_on(self) -> None:
        assert kaplan_meier([1, 2, 3], [False, True, False]).median.value is not None
        assert kaplan_meier([1, 2, 3], [True, False, False]).median.value is None


class TestSurvivalCurve:
    def test_cannot_be_changed(self) -> None:
        curve = kaplan_meier([1, 2], [True, False])

        with pytest.raises(ValueError, match="read-only"):
            curve.survival[0] = 1.0

    def test_tells_what_it_is(self) -> None:
        told = repr(kaplan_meier(WEEKS, CAME_BACK))

        assert told == "SurvivalCurve(n=21, ended=9, censored=12, median 23, up to 35)"
        assert "median not reached" in repr(kaplan_meier([1, 2, 3], [True, False, False]))


LATE = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 9), st.booleans()), min_size=1, max_size=40
)


class TestEntries:
    @given(LATE)
    def test_delay_as_those_of_lifelines(self, seen: list[tuple[int, int, bool]]) -> None:
        # Two who are always there, for without them lifelines refuses what we warn of.
        there = [(0, 60, False)] * 2
        entries, spans, observed = (list(column) for column in zip(*seen, *there, strict=True))
        durations = [entry + span for entry, span in zip(entries, spans, strict=True)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = KaplanMeierFitter().fit(durations, observed, entry=entries)

        curve = kaplan_meier(durations, observed, entries=entries)

        survival = theirs.survival_function_.iloc[:, 0].reindex(curve.time).to_numpy()
        interval = theirs.confidence_interval_.reindex(curve.time).to_numpy()
        np.testing.assert_allclose(curve.survival, survival, rtol=0, atol=1e-12)
        inside = (curve.survival > 0) & (curve.survival < 1)
        for ours, column in ((curve.low, 0), (curve.high, 1)):
            np.testing.assert_allclose(ours[inside], interval[inside, column], rtol=0, atol=1e-12)
        assert curve.n_delayed == sum(entry > 0 for entry in entries)

    def test_put_late_comers_at_risk_from_after_then(self) -> None:
        """By hand: at 4 the first two, for the third came at 4; at 5 the second and the third."""
        curve = kaplan_meier([4, 5, 8], [True, True, False], entries=[0, 3, 4])

        assert curve.at_risk.tolist() == [2, 2, 1]
        assert curve.survival.tolist() == [0.5, 0.25, 0.25]
        assert "2 seen late" in repr(curve)

    def test_of_zero_are_no_entries(self) -> None:
        plain = kaplan_meier([0, 2, 3], [True, True, False])

        assert (
            kaplan_meier([0, 2, 3], [True, True, False], entries=[0, 0, 0])
            .table()
            .equals(plain.table())
        )

    def test_take_durations_and_skip_what_is_missing(self) -> None:
        durations = pd.Series(pd.to_timedelta([4, None, 8], unit="D"))
        entries = pd.Series(pd.to_timedelta([1, 2, 0], unit="D"))

        curve = kaplan_meier(
            durations, [True, True, False], entries=entries, unit=timedelta(days=1)
        )

        assert (curve.time.tolist(), curve.n_missing, curve.n_delayed) == ([4.0, 8.0], 1, 1)

    def test_warn_where_nobody_was_left_before_others_came(self) -> None:
        with pytest.warns(AssumptionWarning, match="all who were under observation at 2 ended"):
            curve = kaplan_meier([2, 9], [True, True], entries=[0, 5])

        assert curve.survival.tolist() == [0.0, 0.0]

    @pytest.mark.parametrize(
        ("entries", "says"),
        [
            ([0], "len(entries) is 1: it must be 2, as the durations"),
            ([0, None], "entries is nan: it must be there, and come before the end, as in row 1"),
            ([3, 0], "entries is 3.0: it must be there, and come before the end, as in row 0"),
            ([-1, 0], "entries is -1.0: it must be finite and not negative"),
        ],
    )
    def test_refuse_what_cannot_be(self, entries: object, says: str) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            kaplan_meier([3, 5], [True, True], entries=entries)
