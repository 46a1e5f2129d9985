"""Tiers: reached at once, granted for a time, lost softly."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Text
from crmkit.loyalty import PointsTier, TierAct, TierScheme, TierWindow
from crmkit.loyalty.points.tiers import TierPoints


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

        before = CALENDAR.history(earned, as_of=on(2025, 7))[-1]
        spans = CALENDAR.history(earned, as_of=on(2026, 6))

        assert (before.act, before.since, before.until) == (TierAct.RAISED, on(2024, 3), on(2027))
        assert [(one.act, one.since, one.until) for one in spans[1:]] == [
            (TierAct.RAISED, on(2024, 3), on(2026)),
            (TierAct.KEPT, on(2026), on(2027)),
        ]

    def test_does_not_add_up_two_years(self) -> None:
        earned = [(on(2024, 12, 31), 600), (on(2025), 600)]

        assert told(CALENDAR, earned, on(2025, 6)) == [("basic", "began")]

    def test_counts_what_is_earned_piece_by_piece(self) -> None:
        earned = [(on(2024, month), 500) for month in range(1, 12)]

        assert told(CALENDAR, earned, on(2024, 12)) == [
            ("basic", "began"),
            ("silver", "raised"),
            ("gold", "raised"),
        ]

    def test_keeps_the_years_of_its_own_zone(self) -> None:
        """31 December, 23:30 in Shanghai is the old year."""
        shanghai = TierScheme(name="club", tiers=TIERS, timezone="Asia/Shanghai")

        (_, silver) = shanghai.history(
            [(datetime(2024, 12, 31, 15, 30, tzinfo=UTC), 1000)], as_of=on(2025, 1, 2)
        )

        assert silver.until == datetime(2025, 12, 31, 16, tzinfo=UTC)

    @pytest.mark.parametrize(
        "timezone", ["America/New_York", "America/Sao_Paulo", "Europe/London", "Asia/Shanghai"]
    )
    @pytest.mark.parametrize("window", TierWindow)
    def test_stands_in_every_zone(self, timezone: str, window: TierWindow) -> None:
        scheme = TierScheme(name="club", tiers=TIERS, timezone=timezone, window=window)

        why = scheme.explain([(on(2024, 3, 2), 5200)], as_of=on(2024, 3, 2))

        assert (why.verdict, why.find("tier_since").value) == ("gold", on(2024, 3, 2))
        assert scheme.explain([], as_of=on(2024)).find("tier_since").value is None

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

        assert (spans[-1].tier, spans[-1].until) == ("silver", on(2026, 1, 2))

    def test_forgets_what_is_older(self) -> None:
        earned = [(on(2024), 600), (on(2025), 600)]

        assert told(ROLLING, earned, on(2025, 6)) == [("basic", "began")]

    def test_keeps_who_reaches_it_again_for_as_many_months_after_that(self) -> None:
        """Silver by 1000 on 1 January; the 600 and 400 of July and August are as many again."""
        earned = [(on(2024), 1000), (on(2024, 7), 600), (on(2024, 8), 400)]

        spans = ROLLING.history(earned, as_of=on(2025, 12))

        assert [(one.tier, one.act.value, one.until) for one in spans[1:]] == [
            ("silver", "raised", on(2025, 1, 2)),
            ("silver", "kept", on(2025, 8, 2)),
            ("basic", "lowered", None),
        ]

    def test_keeps_at_the_review_who_has_as_many_in_its_months(self) -> None:
        """What went back on 1 January, nobody knows of what, counts no more on 2 January 2025."""
        earned = [(on(2024), 1000), (on(2024) + timedelta(hours=1), -1500), (on(2024, 8), 1000)]

        spans = ROLLING.history(earned, as_of=on(2025, 12))

        assert [(one.act.value, one.until) for one in spans[1:]] == [
            ("raised", on(2025, 1, 2)),
            ("kept", on(2026, 1, 2)),
        ]

    def test_grants_a_tier_that_one_purchase_reached_once(self) -> None:
        """5000 points on 2 March 2026, 15:00, and nothing more: gold through 2 March 2027."""
        earned = [(datetime(2026, 3, 2, 15, tzinfo=UTC), 5000)]

        spans = ROLLING.history(earned, as_of=on(2029))

        assert [(one.tier, one.act.value, one.until) for one in spans] == [
            ("basic", "began", earned[0][0]),
            ("gold", "raised", on(2027, 3, 3)),
            ("silver", "lowered", on(2028, 3, 3)),
            ("basic", "lowered", None),
        ]

    @given(st.dates(date(2020, 1, 1), date(2028, 12, 31)), st.integers(1, 30))
    def test_counts_no_day_again_at_the_review_of_what_it_granted(
        self, day: date, months: int
    ) -> None:
        times = attrs.evolve(ROLLING, months=months).times

        until = times.until(day)

        last = (until - timedelta(microseconds=1)).date()
        assert times.since(last).date() > day
        assert (times.since(last).date() - day).days <= 4
        assert times.since(day).date() <= day


class TestTakenBack:
    def test_lowers_nobody_in_mid_period(self) -> None:
        earned = [(on(2024, 3), 5000), (on(2024, 4), -5000)]

        assert told(CALENDAR, earned, on(2024, 12))[-1] == ("gold", "raised")

    def test_does_not_count_at_the_review(self) -> None:
        earned = [(on(2025, 3), 5000), (on(2025, 4), -4500)]

        assert told(CALENDAR, earned, on(2027))[-1] == ("silver", "lowered")

    @pytest.mark.parametrize("scheme", [CALENDAR, ROLLING])
    def test_lowers_only_what_was_earned_with_it(self, scheme: TierScheme) -> None:
        """Goods of last December go back in January: the 6000 of June are gold all the same."""
        december = on(2024, 12, 30)
        earned: list[TierPoints] = [
            (december, 5200),
            (on(2026, 1, 5), -5200, december),
            (on(2026, 6), 6000),
        ]

        why = scheme.explain(earned, as_of=on(2026, 2))
        later = scheme.explain(earned, as_of=on(2026, 7))

        assert why.find("points").value == 0
        assert (later.verdict, later.find("points").value) == ("gold", 6000)
        assert later.find("granted_until").value == scheme.times.until(on(2026, 6).date())

    def test_counts_no_more_where_it_had_counted(self) -> None:
        """Of 6000 in March 2500 go back in May; 1000 in June do not make up for them."""
        march = on(2025, 3)
        earned: list[TierPoints] = [(march, 6000), (on(2025, 5), -2500, march), (on(2025, 6), 1000)]

        why = CALENDAR.explain(earned, as_of=on(2025, 7))

        assert (why.verdict, why.find("act").value) == ("gold", TierAct.RAISED)
        assert why.find("points").value == 4500
        assert CALENDAR.explain(earned, as_of=on(2027)).verdict == "silver"

    @pytest.mark.parametrize("odd", [(on(2025, 3), 10, on(2025)), (on(2025, 3), -10, on(2025, 4))])
    def test_refuses_two_times_of_others(self, odd: TierPoints) -> None:
        with pytest.raises(InvalidValueError, match="must be told of points taken back alone"):
            CALENDAR.history([odd], as_of=on(2026))


class TestExplain:
    def test_tells_what_the_next_tier_takes(self) -> None:
        why = CALENDAR.explain([(on(2024, 3), 1200)], as_of=on(2024, 6))

        assert (why.verdict, why.find("next_tier").value) == ("silver", "gold")
        assert why.find("points_to_next").value == 3800
        assert str(why) == "1,200 points since 2024-01-01 00:00 UTC, raised: Silver"
        one = CALENDAR.explain([(on(2024, 3), 1)], as_of=on(2024, 6))
        assert str(one) == "1 point since 2024-01-01 00:00 UTC, as everybody begins: Basic"
        assert why.find("next_label").value == GOLD.label

    def test_speaks_of_the_zone_and_the_label_of_the_scheme(self) -> None:
        shanghai = TierScheme(name="club", tiers=TIERS, timezone="Asia/Shanghai")

        why = shanghai.explain([(on(2024, 3), 1200)], as_of=on(2024, 6))

        assert why.sentence("zh") == "自2024-01-01 00:00 CST起计1,200分，升级：银卡"

    def test_tells_since_when_he_has_stood_there(self) -> None:
        """A little more, and a review that he passes, are no new time in gold."""
        earned = [(on(2024, 3), 5000), (on(2024, 5), 10), (on(2025, 6), 5000)]

        bought = CALENDAR.explain(earned[:2], as_of=on(2024, 6))
        kept = CALENDAR.explain(earned, as_of=on(2026, 2))

        assert (bought.find("act").value, kept.find("act").value) == (TierAct.RAISED, TierAct.KEPT)
        assert bought.find("tier_since").value == on(2024, 3)
        assert kept.find("tier_since").value == on(2024, 3)
        assert kept.find("granted_until").value == on(2027)

    def test_begins_anew_when_he_comes_back_to_it(self) -> None:
        earned = [(on(2024, 3), 5000), (on(2026, 6), 5000)]

        assert CALENDAR.explain(earned, as_of=on(2026, 7)).find("tier_since").value == on(2026, 6)

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
            ({"tiers": ("x",)}, "must be a tuple of PointsTier"),
            ({"tiers": [BASIC, GOLD]}, "must be a tuple of PointsTier"),
            ({"months": 0}, "months is 0: it must be 1 to 1200"),
            ({"months": 36_000}, "months is 36000: it must be 1 to 1200"),
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

    @pytest.mark.parametrize(
        ("earned", "problem"),
        [
            (None, "earned is None: it must be several values"),
            ([5], "earned is 5: it must be of tuples: when, how many points"),
            ([(on(2026),)], "it must be of tuples: when, how many points"),
            ([(on(2026), 5, on(2026), 5)], "it must be of tuples: when, how many points"),
        ],
    )
    def test_refuses_what_is_not_told_as_points_are(self, earned: Any, problem: str) -> None:
        with pytest.raises(InvalidValueError, match=problem):
            CALENDAR.explain(earned, as_of=on(2026, 2))

    def test_refuses_points_that_are_not_whole(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a whole number"):
            CALENDAR.history([(on(2024), 1.5)], as_of=on(2024))  # type: ignore[list-item]


TIMES = st.integers(0, 2000).map(lambda day: on(2024) + timedelta(days=day))
BACK = st.tuples(TIMES, st.integers(-2000, 0), TIMES).map(
    lambda one: (max(one[0], one[2]), one[1], min(one[0], one[2]))
)
EVENTS: st.SearchStrategy[list[TierPoints]] = st.lists(
    st.tuples(TIMES, st.integers(-2000, 4000)) | BACK, max_size=12
)


def standing(scheme: TierScheme, earned: list[TierPoints], end: datetime) -> tuple[str, int]:
    """Return tier and points by plain counting, event by event: slow, and short to read."""
    times, tiers = scheme.times, scheme.tiers
    level, due, granted = 0, None, None
    told = sorted((one[0], one[1], one[-1] if len(one) == 3 else one[0]) for one in earned)

    def total(since: datetime, known: list[tuple[datetime, int, datetime]]) -> int:
        return sum(points for _, points, earned_at in known if earned_at >= since)

    def reached(points: int) -> int:
        return max(place for place, tier in enumerate(tiers) if tier.from_points <= max(points, 0))

    for place in range(len(told) + 1):
        known = told[:place]
        at = told[place][0] if place < len(told) and told[place][0] <= end else end
        while due is not None and due <= at:
            last = times.day(due - timedelta(microseconds=1))
            if granted is not None and granted > due:
                due = granted
                continue
            level = max(min(level, reached(total(times.since(last), known))), level - 1)
            due = granted = times.until(last) if level else None
        if place == len(told) or told[place][0] > end:
            return tiers[level].name, total(times.since(times.day(end)), known)
        now = reached(total(times.since(times.day(at)), told[: place + 1]))
        if told[place][1] > 0 and now and now >= level:
            granted = times.until(times.day(at))
            level, due = now, granted if now > level else due
    raise AssertionError


class TestHistory:
    @given(EVENTS, st.sampled_from([CALENDAR, ROLLING]), st.integers(0, 2000))
    def test_is_the_same_when_more_is_known(
        self, earned: list[TierPoints], scheme: TierScheme, day: int
    ) -> None:
        """Recomputed later, the past is what it was; how the last time in it ends is new."""
        then, end = on(2024) + timedelta(days=day), on(2030)

        early = scheme.history([one for one in earned if one[0] <= then], as_of=then)
        late = scheme.history(earned, as_of=end)

        assert late[: len(early) - 1] == early[:-1]
        assert attrs.evolve(late[len(early) - 1], until=None) == attrs.evolve(early[-1], until=None)

    @given(EVENTS, st.sampled_from([CALENDAR, ROLLING]))
    def test_never_falls_but_when_the_time_is_up_and_softly(
        self, earned: list[TierPoints], scheme: TierScheme
    ) -> None:
        spans = scheme.history(earned, as_of=on(2032))
        names = [tier.name for tier in scheme.tiers]

        for before, after in pairwise(spans):
            fall = names.index(before.tier) - names.index(after.tier)
            assert fall <= 1
            assert (fall == 1) == (after.act is TierAct.LOWERED)
            assert before.until == after.since
            assert before.since <= after.since

    @given(EVENTS, st.sampled_from([CALENDAR, ROLLING]), st.integers(0, 2200))
    def test_is_that_of_plain_counting(
        self, earned: list[TierPoints], scheme: TierScheme, day: int
    ) -> None:
        end = on(2024) + timedelta(days=day)

        why = scheme.explain(earned, as_of=end)

        assert (why.verdict, why.find("points").value) == standing(scheme, earned, end)
