"""Tiers of many at once are those of each, on every engine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.loyalty import (
    PointsAccount,
    PointsAct,
    TierAct,
    TierScheme,
    TierWindow,
    points_tiers,
)
from crmkit.loyalty.points.tiers import TierPoints
from crmkit.testing import NINE

from ...value.engines import ENGINES, FEWEST, rows_of
from .frames import Posted, a_day_later, frame_in, histories
from .schemes import DAY, an_account
from .test_liabilities import posted_by
from .test_tiers import CALENDAR, ROLLING, TIERS, on


HISTORY = st.lists(
    st.tuples(
        st.integers(0, 4),
        # Often at one moment, or at midnight, or a moment before.
        st.integers(0, 90).map(lambda one: 20 * one * DAY)
        | st.integers(0, 4 * 24 * 366).map(lambda hours: timedelta(hours=hours))
        | st.sampled_from([366 * DAY, 366 * DAY - timedelta(microseconds=1), timedelta(0)]),
        st.sampled_from([1000, 600, 400, 5000, 4999]) | st.integers(-6000, 6000),
        # How long before it was put down it was earned.
        st.sampled_from([timedelta(0), timedelta(0), DAY, 30 * DAY, 200 * DAY, 400 * DAY])
        | st.integers(0, 24 * 500).map(lambda hours: timedelta(hours=hours)),
    ),
    min_size=1,
    max_size=40,
)
SCHEMES = st.builds(
    TierScheme,
    name=st.just("club"),
    tiers=st.just(TIERS),
    window=st.sampled_from(TierWindow),
    months=st.sampled_from([1, 6, 12, 13]),
    falls_by=st.sampled_from([None, 1, 2]),
    timezone=st.sampled_from(["UTC", "Asia/Shanghai", "America/Havana"]),
)


def of_each(
    told: dict[Any, list[TierPoints]], scheme: TierScheme, as_of: datetime
) -> list[tuple[object, ...]]:
    """Return what the scheme says of each account by itself."""
    rows: list[tuple[object, ...]] = []
    for id in sorted(told):
        why = scheme.explain(told[id], as_of=as_of)
        act = why.find("act").value
        assert isinstance(act, TierAct)
        names = ("granted_until", "points", "points_to_next")
        rows.append((id, why.verdict, act.value, *(why.find(name).value for name in names)))
    return rows


Told = tuple[int, datetime, int, datetime]
"""Account, when it was put down, how many points, and when they were earned."""


def a_frame(told: list[Told]) -> pl.DataFrame:
    posted, earned = (
        pl.Series([row[place] for row in told], dtype=pl.Datetime("us", "UTC")) for place in (1, 3)
    )
    return pl.DataFrame(
        {
            "account_id": [3 * account for account, _, _, _ in told],
            "act": ["earned" if points > 0 else "taken_back" for _, _, points, _ in told],
            # What is owed for returned goods counts as what was taken back does.
            "points": [points + (points < 0) for _, _, points, _ in told],
            "debt": [int(points < 0) for _, _, points, _ in told],
            "posted_at": posted,
            "earned_at": earned,
        }
    )


def counted(posted: datetime, points: int, earned: datetime) -> TierPoints:
    """Return what a scheme is told of a posting: what was taken back has two times."""
    return (earned, points) if points > 0 else (posted, points, earned)


class TestTiers:
    @given(HISTORY, SCHEMES, st.integers(0, 5 * 366))
    def test_are_what_the_scheme_says_of_each(
        self,
        history: list[tuple[int, timedelta, int, timedelta]],
        scheme: TierScheme,
        days: int,
    ) -> None:
        told = [
            (account, on(2024) + since, points, on(2024) + since - before)
            for account, since, points, before in history
        ]
        as_of = on(2024) + days * DAY
        own: dict[int, list[TierPoints]] = {}
        for account, at, points, earned in told:
            if at <= as_of:
                own.setdefault(3 * account, []).append(counted(at, points, earned))

        found = points_tiers(a_frame(told), scheme=scheme, as_of=as_of)

        assert found.rows() == of_each(own, scheme, as_of)

    @FEWEST
    @given(told=histories())
    def test_are_alike_in_every_engine(self, told: tuple[dict[str, PointsAccount], Posted]) -> None:
        _, posted = told
        as_of = a_day_later(posted) + timedelta(days=100)
        acts = (PointsAct.EARNED, PointsAct.TAKEN_BACK)
        own: dict[str, list[TierPoints]] = {}
        for account, one in posted:
            if one.act in acts:
                points = one.points - one.debt
                own.setdefault(account.id, []).append(counted(one.at, points, one.earned_at))
        for scheme in (CALENDAR, ROLLING):
            expected = [row[:3] for row in of_each(own, scheme, as_of)]

            for engine in ENGINES:
                found: Any = points_tiers(frame_in(engine, posted), scheme=scheme, as_of=as_of)
                assert [row[:3] for row in rows_of(found)] == expected

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tell_what_the_next_takes(self, engine: str) -> None:
        posted = posted_by(an_account(sales=(12_000,)), an_account("C-8", sales=(60_000,)))
        frame = frame_in(engine, posted)

        found = points_tiers(frame, scheme=CALENDAR, as_of=NINE + DAY)

        rows = rows_of(found)
        assert [row[:3] for row in rows] == [
            ("club/C-7", "silver", "raised"),
            ("club/C-8", "gold", "raised"),
        ]
        assert [row[4] for row in rows] == [1200, 6000]
        assert rows[0][5] == 3800

    def test_are_of_those_who_earned_by_then(self) -> None:
        frame = frame_in("polars", posted_by(an_account(sales=(12_000,))))

        assert rows_of(points_tiers(frame, scheme=CALENDAR, as_of=NINE - DAY)) == []

    def test_do_not_hang_on_how_much_one_account_does(self) -> None:
        """A shop's own account with thousands of postings, beside one with a single posting."""
        rng = np.random.default_rng(1)
        began = np.datetime64("2024-01-01", "us")
        hours = np.append(rng.integers(0, 24 * 900, 3000), 5)
        times = pd.Series(began + hours.astype("timedelta64[h]")).dt.tz_localize("UTC")
        points = np.append(rng.integers(1, 900, 3000), 1000)
        frame = pd.DataFrame(
            {
                "account_id": np.append(np.repeat("shop", 3000), "C-7"),
                "act": "earned",
                "points": points,
                "debt": 0,
                "posted_at": times,
                "earned_at": times,
            }
        )
        own: dict[Any, list[TierPoints]] = {
            id: [(at.to_pydatetime(), int(count)) for at, count in zip(rows, numbers, strict=True)]
            for id, rows, numbers in (
                ("C-7", times[-1:], points[-1:]),
                ("shop", times[:-1], points[:-1]),
            )
        }

        found = points_tiers(frame, scheme=ROLLING, as_of=on(2026, 6))

        assert found[["tier", "tier_act", "points"]].values.tolist() == [
            [row[1], row[2], row[4]] for row in of_each(own, ROLLING, on(2026, 6))
        ]

    def test_count_points_where_they_were_earned(self) -> None:
        """Earned on 30 December 2025, put down on 2 January: gold to the end of 2026, no longer."""
        frame = a_frame([(1, on(2026, 1, 2), 5200, on(2025, 12, 30))])

        found = points_tiers(frame, scheme=CALENDAR, as_of=on(2026, 1, 3))

        assert found.rows() == [(3, "gold", "raised", on(2027), 0, None)]
        assert not len(points_tiers(frame, scheme=CALENDAR, as_of=on(2026)))

    def test_lower_no_year_by_goods_of_another(self) -> None:
        """Goods of December go back in January; the 6000 of June are gold, in either order."""
        december = on(2025, 12, 20)
        told = [
            (1, on(2026, 6), 6000, on(2026, 6)),
            (1, on(2026, 1, 5), -5200, december),
            (1, december, 5200, december),
        ]

        found = points_tiers(a_frame(told), scheme=CALENDAR, as_of=on(2027, 6))

        assert found.rows() == [(3, "gold", "kept", on(2028), 0, None)]

    def test_refuse_a_posting_of_another_age(self) -> None:
        long_ago = datetime(1600, 1, 1, tzinfo=UTC)
        frame = a_frame([(1, long_ago, 5, long_ago)])

        with pytest.raises(InvalidValueError, match="posted_at"):
            points_tiers(frame, scheme=CALENDAR, as_of=on(2026))


class TestTierTimes:
    def test_are_read_from_the_scheme(self) -> None:
        times = attrs.evolve(ROLLING, months=1).times

        assert times.since(on(2026, 3, 31).date()) == on(2026, 3, 1)
        assert times.until(on(2026, 1, 31).date()) == on(2026, 3, 1)
