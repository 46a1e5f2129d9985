"""Tiers: reached at once, granted for a time, lost softly."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Text
from crmkit.loyalty import PointsTier, TierAct, TierScheme, TierWindow


BASIC = PointsTier("basic", Text("Basic", "普卡"), 0)
SILVER = PointsTier("silver", Text("Silver", "银卡"), 1000)
GOLD = PointsTier("gold", Text("Gold", "金卡"), 5000)
TIERS = (BASIC, SILVER, GOLD)
CALENDAR = TierScheme(name="club", tiers=TIERS)
ROLLING = TierScheme(name="club", tiers=TIERS, window=TierWindow.ROLLING)


def on(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def told(
    scheme: TierScheme, earned: list[tuple[datetime, int]], as_of: datetime
) -> list[tuple[str, str]]:
    return [(one.tier, one.act.value) for one in scheme.history(earned, as_of=as_of)]


class TestCalendar:
    def test_grants_a_tier_to_the_end_of_the_next_year(self) -> None:
        (_, gold) = CALENDAR.history([(on(2024, 3), 5000)], as_of=on(2024, 3))

        assert (gold.tier, gold.act) == ("gold", TierAct.RAISED)
        assert (gold.since, gold.until, gold.points) == (on(2024, 3), on(2026), 5000)

    def test_lets_nobody_fall_before_his_time_is_up(self) -> None:
        assert CALENDAR.history([(on(2024, 3), 5000)], as_of=on(2025, 12, 31))[-1].tier == "gold"

    def test_lets_him_fall_by_one_tier_a_year(self) -> None:
        assert told(CALENDAR, [(on(2024, 3), 5000)], on(2028)) == [
            ("basic", "began"),
            ("gold", "raised"),
            ("silver", "lowered"),
            ("basic", "lowered"),
        ]

    def test_lets_him_fall_to_what_he_has_where_nothing_is_soft(self) -> None:
        hard = TierScheme(name="club", tiers=TIERS, falls_by=None)

        assert told(hard, [(on(2024, 3), 5000)], on(2026))[-1] == ("basic", "lowered")

    def test_keeps_who_earns_it_again(self) -> None:
        earned = [(on(2024, 3), 5000), (on(2025, 6), 5000)]

        spans = CALENDAR.history(earned, as_of=on(2026, 6))

        assert (spans[-1].act, spans[-1].until) == (TierAct.KEPT, on(2027))

    def test_does_not_add_up_two_years(self) -> None:
        earned = [(on(2024, 12, 31), 600), (on(2025), 600)]

        assert told(CALENDAR, earned, on(2025, 6)) == [("basic", "began")]

    def test_counts_what_is_earned_piece_by_piece(self) -> None:
        earned = [(on(2024, month), 500) for month in range(1, 12)]

        assert told(CALENDAR, earned, on(2024, 12)) == [
            ("basic", "began"),
            ("silver", "raised"),
            *[("silver", "kept")] * 7,
            ("gold", "raised"),
            ("gold", "kept"),
        ]

    def test_keeps_the_years_of_its_own_zone(self) -> None:
        """31 December, 23:30 in Shanghai is the old year."""
        shanghai = TierScheme(name="club", tiers=TIERS, timezone="Asia/Shanghai")

        (_, silver) = shanghai.history(
            [(datetime(2024, 12, 31, 15, 30, tzinfo=UTC), 1000)], as_of=on(2025, 1, 2)
        )

        assert silver.until == datetime(2025, 12, 31, 16, tzinfo=UTC)

    def test_reviews_at_the_end_of_the_year(self) -> None:
        """Gold by 2024; in 2025 he earns silver, which he keeps in 2026, and then no more."""
        earned = [(on(2024, 3), 5000), (on(2025, 6), 1500)]

        assert told(CALENDAR, earned, on(2027)) == [
            ("basic", "began"),
            ("gold", "raised"),
            ("silver", "lowered"),
            ("basic", "lowered"),
        ]


class TestRolling:
    def test_adds_up_the_last_months(self) -> None:
        earned = [(on(2024, 12, 31), 600), (on(2025), 600)]

        spans = ROLLING.history(earned, as_of=on(2025, 6))

        assert (spans[-1].tier, spans[-1].until) == ("silver", on(2026))

    def test_forgets_what_is_older(self) -> None:
        earned = [(on(2024), 600), (on(2025, 1, 2), 600)]

        assert told(ROLLING, earned, on(2025, 6)) == [("basic", "began")]

    def test_keeps_at_the_review_what_was_earned_within_the_window(self) -> None:
        """Goods come back, so that the tier is not earned anew, but is earned at the review."""
        earned = [(on(2024), 1000), (on(2024, 6), -500), (on(2024, 7), 400), (on(2024, 8), 100)]

        assert told(ROLLING, earned, on(2025)) == [
            ("basic", "began"),
            ("silver", "raised"),
            ("silver", "kept"),
        ]


class TestTakenBack:
    def test_lowers_nobody_in_mid_period(self) -> None:
        earned = [(on(2024, 3), 5000), (on(2024, 4), -5000)]

        assert told(CALENDAR, earned, on(2024, 12))[-1] == ("gold", "raised")

    def test_does_not_count_at_the_review(self) -> None:
        earned = [(on(2025, 3), 5000), (on(2025, 4), -4500)]

        assert told(CALENDAR, earned, on(2027))[-1] == ("silver", "lowered")


class TestExplain:
    def test_tells_what_the_next_tier_takes(self) -> None:
        why = CALENDAR.explain([(on(2024, 3), 1200)], as_of=on(2024, 6))

        assert (why.verdict, why.find("next_tier").value) == ("silver", "gold")
        assert why.find("points_to_next").value == 3800
        assert str(why) == "1200 points since 2024-01-01 00:00 UTC, raised: silver"

    def test_knows_none_above_the_highest(self) -> None:
        why = CALENDAR.explain([(on(2024, 3), 9000)], as_of=on(2024, 6))

        assert why.find("next_tier").value is None
        assert why.find("points_to_next").value is None

    def test_does_not_count_what_is_to_come(self) -> None:
        assert CALENDAR.explain([(on(2024, 3), 9000)], as_of=on(2024, 2)).verdict == "basic"


class TestScheme:
    @pytest.mark.parametrize(
        ("given_", "problem"),
        [
            ({"tiers": ()}, "must rise from 0"),
            ({"tiers": (SILVER,)}, "must rise from 0"),
            ({"tiers": (BASIC, GOLD, SILVER)}, "must rise from 0"),
            (
                {"tiers": (BASIC, PointsTier("basic", Text("B", "B"), 5))},
                "must have names used once",
            ),
            ({"months": 0}, "months is 0: it must be at least 1"),
            ({"falls_by": 0}, "falls_by is 0: it must be None, or at least 1"),
            ({"falls_by": 0.5}, "must be None, or at least 1"),
            ({"timezone": "here"}, "must be the name of an IANA zone"),
        ],
    )
    def test_refuses_what_is_none(self, given_: dict[str, Any], problem: str) -> None:
        with pytest.raises(InvalidValueError, match=problem):
            TierScheme(**{"name": "club", "tiers": TIERS, **given_})

    def test_is_read_back_from_json(self) -> None:
        assert TierScheme.from_json(ROLLING.to_json()) == ROLLING

    def test_refuses_points_that_are_not_whole(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a whole number"):
            CALENDAR.history([(on(2024), 1.5)], as_of=on(2024))  # type: ignore[list-item]


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 2000).map(lambda day: on(2024) + timedelta(days=day)),
        st.integers(-2000, 4000),
    ),
    max_size=12,
)


class TestHistory:
    @given(EVENTS, st.sampled_from([CALENDAR, ROLLING]), st.integers(0, 2000))
    def test_is_the_same_when_more_is_known(
        self, earned: list[tuple[datetime, int]], scheme: TierScheme, day: int
    ) -> None:
        """Recomputed later, the past is what it was."""
        then, end = on(2024) + timedelta(days=day), on(2030)

        early = scheme.history([one for one in earned if one[0] <= then], as_of=then)
        late = scheme.history(earned, as_of=end)

        assert late[: len(early)] == early

    @given(EVENTS, st.sampled_from([CALENDAR, ROLLING]))
    def test_never_falls_but_when_the_time_is_up_and_softly(
        self, earned: list[tuple[datetime, int]], scheme: TierScheme
    ) -> None:
        spans = scheme.history(earned, as_of=on(2032))
        names = [tier.name for tier in scheme.tiers]

        for before, after in pairwise(spans):
            fall = names.index(before.tier) - names.index(after.tier)
            assert fall <= 1
            assert (fall == 1) == (after.act is TierAct.LOWERED)
            assert fall < 1 or after.since == before.until
