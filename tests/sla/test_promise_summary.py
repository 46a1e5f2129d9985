"""What a table of promises says, checked by hand, by lifelines and by a truth that is known."""

import re
import warnings
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar
from crmkit.sla import kept_share, promises_kept, rows_due_within, rows_next_due
from crmkit.stats import wilson

from ..stats.event_logs import FRIDAY, OFFICE, SCHEMA, columns_of
from ..value.engines import ENGINES, Columns, Schema, in_engine, rows_of
from .test_promise_table import GROUPS


with warnings.catch_warnings():
    # What it imports warns of today's pandas.
    warnings.simplefilter("ignore")
    from lifelines import KaplanMeierFitter  # type: ignore[import-untyped]  # it has no stubs


HOUR = timedelta(hours=1)
LIMIT = 10 * HOUR
TABLE: Schema = {
    "case_id": pl.String,
    "due_at": pl.Datetime("us", "UTC"),
    "state": pl.String,
    "margin": pl.Duration("us"),
    "elapsed": pl.Duration("us"),
}
ROWS: list[tuple[object, ...]] = [
    ("A", FRIDAY, "met", HOUR),
    ("B", FRIDAY + 9 * HOUR, "running", 9 * HOUR),
    ("C", FRIDAY + 2 * HOUR, "running", 2 * HOUR),
    ("D", None, "paused", HOUR),
    ("E", FRIDAY - HOUR, "breached", -HOUR),
    ("F", FRIDAY, "cancelled", HOUR),
]


def columns(rows: list[tuple[object, ...]]) -> Columns:
    told = [(*row, LIMIT - row[3]) for row in rows if isinstance(row[3], timedelta)]
    return {name: [row[place] for row in told] for place, name in enumerate(TABLE)}


def table_of(*clocks: tuple[str, float]) -> pl.DataFrame:
    """Return a table of clocks: their state, and the hours used of ten."""
    rows = [("A", FRIDAY, state, LIMIT - used * HOUR) for state, used in clocks]
    return pl.DataFrame(columns([*rows]), TABLE)


@pytest.mark.parametrize("engine", ENGINES)
class TestInEveryEngine:
    def test_share_counts_all_clocks_as_long_as_they_were_seen(self, engine: str) -> None:
        """By hand: after nine hours one of the four that were seen for so long is met."""
        share = kept_share(in_engine(engine, columns(ROWS), TABLE))

        assert share.value == pytest.approx(1 / 4)
        assert (share.n, share.n_missing) == (6, 0)
        assert share.method == "kaplan-meier, 4 censored"

    def test_share_of_what_is_met_or_broken_is_the_plain_one(self, engine: str) -> None:
        rows = [*ROWS[:1], *ROWS[4:5]] * 3

        share = kept_share(in_engine(engine, columns(rows), TABLE), confidence=0.9)

        assert share.to_dict() == wilson(3, 6, confidence=0.9).to_dict()

    def test_share_of_nothing_is_refused(self, engine: str) -> None:
        for rows, told in ((ROWS[1:2], "1 clocks"), ([], "0 clocks")):
            with pytest.raises(InvalidValueError, match=f"table is of {told}: it must hold"):
                kept_share(in_engine(engine, columns(rows), TABLE))

    def test_next_due_is_the_earliest_that_runs(self, engine: str) -> None:
        due = rows_next_due(in_engine(engine, columns(ROWS), TABLE))

        assert due == FRIDAY + 2 * HOUR
        assert type(due) is datetime
        assert due.tzinfo is UTC

    def test_nothing_is_due_where_no_clock_runs(self, engine: str) -> None:
        for rows in (ROWS[3:], []):
            assert rows_next_due(in_engine(engine, columns(rows), TABLE)) is None

    def test_due_within_is_by_the_time_that_is_left(self, engine: str) -> None:
        frame = in_engine(engine, columns(ROWS), TABLE)

        found = rows_due_within(frame, 9 * HOUR)

        assert type(found) is type(frame)
        assert [row[0] for row in rows_of(found)] == ["C", "B"]
        assert [row[0] for row in rows_of(rows_due_within(frame, 2 * HOUR))] == ["C"]
        assert rows_of(rows_due_within(frame, timedelta(0))) == []


class TestKeptShare:
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["met", "breached", "running", "paused", "cancelled"]),
                st.integers(0, 9),
            ),
            min_size=1,
            max_size=40,
        )
    )
    def test_is_that_of_lifelines(self, drawn: list[tuple[str, int]]) -> None:
        clocks = [(state, used + 10 * (state == "breached")) for state, used in drawn]
        met = {used for state, used in clocks if state == "met"}
        assume(met and any(state == "breached" for state, _ in clocks))
        assume(not all(state in ("met", "breached") for state, _ in clocks))
        fitted = KaplanMeierFitter().fit(
            [11 if state == "breached" else used for state, used in clocks],
            [state == "met" for state, _ in clocks],
        )

        share = kept_share(table_of(*clocks))

        low, high = fitted.confidence_interval_survival_function_.loc[max(met)]
        assert share.value == pytest.approx(1 - fitted.predict(10), abs=1e-12)
        assert (share.low, share.high) == pytest.approx((1 - high, 1 - low), abs=1e-9)
        assert (share.n, share.n_missing) == (len(clocks), 0)

    def test_holds_the_true_share_of_a_young_log(self) -> None:
        """An ending takes 10 h on average, exponentially: 1 - 1/e of them take 10 h at most."""
        drawn = np.random.default_rng(4)
        n = 20_000
        starts, lasting = drawn.uniform(0, 12, n), drawn.exponential(10, n)
        ended = starts + lasting <= 12
        as_of = FRIDAY + 12 * HOUR
        told = [
            (f"C{case}", activity, FRIDAY + after * HOUR, place)
            for case in range(n)
            for place, (activity, after) in enumerate(
                [("open", starts[case]), ("resolved", starts[case] + lasting[case])]
            )
            if place == 0 or ended[case]
        ]
        table = promises_kept(
            pl.DataFrame(columns_of(told), SCHEMA),
            calendar=WorkCalendar.always("UTC"),
            limit=LIMIT,
            groups=GROUPS,
            as_of=as_of,
        )

        share = kept_share(table)

        assert share.low < 1 - np.exp(-1) < share.high
        assert share.high - share.low < 0.05
        # Of what was met or broken alone it would be this, and its interval far off.
        decided = table.filter(pl.col("state").is_in(["met", "breached"]))
        assert int((decided["state"] == "met").sum()) / len(decided) > 0.8

    def test_counts_what_is_broken_as_lasting_longer_however_little_was_used(self) -> None:
        """Broken while the calendar was closed, no more than the limit was used."""
        share = kept_share(table_of(("met", 10), ("breached", 10), ("running", 2)))

        assert share.value == pytest.approx(1 / 2)

    @pytest.mark.parametrize("state", ["running", "paused", "cancelled"])
    def test_holds_nothing_for_broken_that_may_still_be_met(self, state: str) -> None:
        """The limit is used up, and it is not due before the next opening."""
        share = kept_share(table_of(("met", 10), ("breached", 12), (state, 10)))

        assert share.value == pytest.approx(1 / 2)
        assert share.method == "kaplan-meier, 1 censored"

    def test_of_none_that_was_met_reaches_up_to_wilson(self) -> None:
        """Of 0 in 3, as R's `prop.test(0, 3, correct = FALSE)` has it: 0 to 0.5615."""
        share = kept_share(table_of(*[("breached", 11)] * 3, ("running", 4)))

        assert (share.value, share.low) == (0, 0)
        assert share.high == pytest.approx(0.5615, abs=5e-5)
        assert (share.n, share.method) == (4, "kaplan-meier, 1 censored")

    def test_of_all_that_went_on_is_one(self) -> None:
        """After two hours nobody else is left: by hand, 1 - S(1 h) of 1/2 and its interval."""
        share = kept_share(table_of(("met", 1), ("met", 2), ("running", 0)))

        assert (share.value, share.high) == (1, 1)
        assert share.low == pytest.approx(1 - 0.9104, abs=5e-5)

    def test_is_not_known_as_long_as_none_was_seen_up_to_the_limit(self) -> None:
        says = (
            "table is of 2 clocks, of which none that goes on was seen beyond 7:00:00: "
            "it must reach beyond the limit, 10:00:00; ask again when one was broken"
        )
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            kept_share(table_of(("met", 5), ("running", 7)))

    def test_refuses_several_limits(self) -> None:
        one = table_of(("met", 5), ("breached", 11))
        both = pl.concat([one, one.with_columns(margin=pl.col("margin") + HOUR)])

        says = (
            "table is of limits from 10:00:00 to 11:00:00: it must be of one; "
            "measure each promise by itself"
        )
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            kept_share(both)

    @pytest.mark.parametrize("column", ["elapsed", "margin"])
    def test_refuses_a_missing_duration(self, column: str) -> None:
        table = table_of(("met", 5), ("met", 5), ("breached", 11))
        one = pl.Series(column, [HOUR, None, None])

        says = f"{column} is (None, None): it must not be empty, as in rows 1 and 2"
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            kept_share(table.with_columns(one))

    def test_refuses_a_table_without_durations(self) -> None:
        with pytest.raises(InvalidValueError, match="elapsed is missing: it must hold durations"):
            kept_share(table_of(("met", 5)).drop("elapsed"))

    def test_refuses_a_state_of_no_clock(self) -> None:
        with pytest.raises(InvalidValueError, match=r"state is 'kept': it must be .*, as in row 1"):
            kept_share(table_of(("met", 5), ("kept", 5)))

    @pytest.mark.parametrize(
        "clocks", [[("met", 5)], [("met", 5), ("breached", 11), ("paused", 5)]]
    )
    def test_refuses_a_confidence_that_is_none(self, clocks: list[tuple[str, float]]) -> None:
        with pytest.raises(InvalidValueError, match="confidence is 95"):
            kept_share(table_of(*clocks), confidence=95)


class TestDueWithin:
    def test_reaches_over_closed_hours(self) -> None:
        """By hand, Berlin: 4 h from Friday 16:00 reach to Monday 11:00; 5 h are asked from then."""
        at = datetime(2026, 3, 6, 15, tzinfo=UTC)
        table = promises_kept(
            pl.DataFrame(columns_of([("A", "open", at, 1)]), SCHEMA),
            calendar=OFFICE,
            limit=4 * HOUR,
            groups=GROUPS,
            as_of=at + HOUR / 2,
        )

        assert table["due_at"].item() == datetime(2026, 3, 9, 10, tzinfo=UTC)
        assert len(rows_due_within(table, 3.5 * HOUR)) == 1
        assert len(rows_due_within(table, 3.4 * HOUR)) == 0

    @pytest.mark.parametrize("within", [-HOUR, 5, None])
    def test_refuses_what_is_no_stretch_of_time(self, within: timedelta) -> None:
        with pytest.raises(InvalidValueError, match="must be a timedelta that is not negative"):
            rows_due_within(pl.DataFrame(columns(ROWS), TABLE), within)

    def test_refuses_a_frame_without_margins(self) -> None:
        frame = pl.DataFrame(columns(ROWS), TABLE)

        with pytest.raises(InvalidValueError, match="margin is missing"):
            rows_due_within(frame.drop("margin"), HOUR)
        with pytest.raises(InvalidValueError, match="margin is a column of Int32"):
            rows_due_within(frame.with_columns(margin=3), HOUR)

    def test_counts_rows_anew(self) -> None:
        frame = in_engine("pandas", columns(ROWS), TABLE)
        assert isinstance(frame, pd.DataFrame)

        assert rows_due_within(frame, 9 * HOUR).index.tolist() == [0, 1]


def test_names_a_missing_column() -> None:
    says = "state is missing: it must be a column of table"
    with pytest.raises(InvalidValueError, match=re.escape(says)):
        kept_share(pd.DataFrame({"stat": ["met"]}))
