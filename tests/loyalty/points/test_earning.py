"""What is earned by which rule, and when it lapses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare, Money, Text
from crmkit.loyalty import EarnRule, ExpiryEnd, PointsExpiry, PointsScheme
from crmkit.testing import NINE

from .schemes import BASIC, CLUB, REFERRAL, yuan


NAMED = Text("A rule", "规则")


class TestOnePoint:
    def test_is_told_as_one(self) -> None:
        """One point for 10; the rest of the sentence is that of several."""
        told = str(CLUB.explain_earn(yuan(10)))

        assert told == "club gives 1 point\n  A point for every 10 gives 1 point"


class TestPointsExpiry:
    @pytest.mark.parametrize(
        ("end", "void"),
        [
            (ExpiryEnd.DAY, "2027-02-28T16:00:00+00:00"),
            (ExpiryEnd.MONTH, "2027-02-28T16:00:00+00:00"),
            (ExpiryEnd.YEAR, "2027-12-31T16:00:00+00:00"),
        ],
    )
    def test_lasts_to_the_end_of_a_local_day_month_or_year(self, end: ExpiryEnd, void: str) -> None:
        """28 February 2026, 23:30 in Shanghai; a year later that day, month and year end."""
        earned = datetime(2026, 2, 28, 15, 30, tzinfo=UTC)

        found = PointsExpiry(months=12, end=end).expires_at(earned, "Asia/Shanghai")

        assert found is not None
        assert found.isoformat() == void

    def test_ends_with_a_shorter_month(self) -> None:
        earned = datetime(2026, 1, 31, 9, tzinfo=UTC)

        found = PointsExpiry(months=1).expires_at(earned, "UTC")

        assert found == datetime(2026, 3, 1, tzinfo=UTC)

    def test_refuses_less_than_no_months(self) -> None:
        with pytest.raises(InvalidValueError, match="months is -1: it must not be below 0"):
            PointsExpiry(months=-1)

    @pytest.mark.parametrize("months", [12_001, 12 * 7973])
    def test_refuses_more_than_a_thousand_years(self, months: int) -> None:
        with pytest.raises(InvalidValueError, match="nor above 12,000; say None for ever"):
            PointsExpiry(months=months)

    @pytest.mark.parametrize("end", ExpiryEnd)
    @pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
    def test_refuses_what_outlives_the_calendar(self, end: ExpiryEnd, zone: str) -> None:
        earned = datetime(9999, 12, 31, 20, tzinfo=UTC)

        with pytest.raises(InvalidValueError, match="so early that points lapse by the year 9999"):
            PointsExpiry(months=0, end=end).expires_at(earned, zone)

    def test_refuses_a_naive_time(self) -> None:
        with pytest.raises(InvalidValueError, match=r"earned_at is .*: it must have a time zone"):
            PointsExpiry(months=0).expires_at(datetime(2026, 3, 2), "UTC")


class TestEarnRule:
    @pytest.mark.parametrize(("amount", "points"), [("9.99", 0), ("10", 1), ("29.99", 2)])
    def test_counts_full_amounts_only(self, amount: str, points: int) -> None:
        assert BASIC.points_for(yuan(amount)) == points

    def test_gives_nothing_for_no_amount(self) -> None:
        assert BASIC.points_for(None) == 0

    def test_refuses_another_currency(self) -> None:
        with pytest.raises(InvalidValueError, match="must be CNY, like the rules of the scheme"):
            BASIC.points_for(Money.of(10, "EUR"))

    @pytest.mark.parametrize(
        ("told", "problem"),
        [
            ({"points": 0}, "points is 0: it must be at least 1"),
            ({"per": yuan(0)}, "it must be above 0"),
            ({"when": "always"}, "when is 'always': it must be a Condition"),
        ],
    )
    def test_refuses_what_gives_nothing(self, told: dict[str, object], problem: str) -> None:
        with pytest.raises(InvalidValueError, match=problem):
            EarnRule(**{"code": "a", "label": NAMED, "points": 1, **told})  # type: ignore[arg-type]


class TestScheme:
    def test_adds_up_every_rule_that_holds(self) -> None:
        why = CLUB.explain_earn(yuan(100), {"occasion": "referral"})

        assert why.verdict == 60
        assert [reason.verdict for reason in why.because] == [10, 50]
        assert why.sentence("zh").splitlines()[0] == "club计60分"

    def test_names_the_facts_that_it_lacks(self) -> None:
        why = CLUB.explain_earn(yuan(100))

        assert (why.verdict, why.missing) == (10, ("occasion",))

    def test_leaves_out_rules_that_do_not_hold(self) -> None:
        why = CLUB.explain_earn(yuan(5), {"occasion": "birthday"})

        assert (why.verdict, why.because, why.missing) == (0, (), ())

    @pytest.mark.parametrize("amount", [Money.of(1, "EUR"), yuan(-1)])
    def test_refuses_amounts_that_it_does_not_count(self, amount: Money) -> None:
        with pytest.raises(InvalidValueError, match="must be CNY, and not below 0"):
            CLUB.explain_earn(amount)

    def test_refuses_a_fact_that_no_rule_asks_for(self) -> None:
        with pytest.raises(
            InvalidValueError, match="asked for by no rule; did you mean 'occasion'"
        ):
            CLUB.explain_earn(yuan(100), {"ocasion": "referral"})
        with pytest.raises(InvalidValueError, match="asked for by no rule; none is known"):
            attrs.evolve(CLUB, rules=(BASIC,)).explain_earn(yuan(100), {"occasion": "referral"})
        with pytest.raises(InvalidValueError, match=r"facts is .*: it must be a mapping"):
            CLUB.explain_earn(yuan(100), ["occasion"])  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("told", "problem"),
        [
            ({"rules": ()}, "must be EarnRules, at least one"),
            ({"rules": ("basic",)}, "must be a tuple of EarnRule"),
            ({"rules": [BASIC]}, "must be a tuple of EarnRule"),
            ({"rules": (BASIC, BASIC)}, "must be used once in a scheme"),
            ({"currency": "EUR"}, "must be in the currency; write the amount in EUR"),
            ({"currency": "ABC"}, "must be a currency of ISO 4217"),
            ({"timezone": "Asia/Peking"}, "must be the name of an IANA zone"),
            ({"returns_within": timedelta(-1)}, "must not be below 0"),
        ],
    )
    def test_refuses_what_is_no_scheme(self, told: dict[str, object], problem: str) -> None:
        given = {"name": "club", "currency": "CNY", "rules": (BASIC,), "expiry": CLUB.expiry}

        with pytest.raises(InvalidValueError, match=problem):
            PointsScheme(**{**given, **told})  # type: ignore[arg-type]

    @pytest.mark.parametrize("name", [1, None])
    def test_refuses_a_fact_without_a_name(self, name: Any) -> None:
        with pytest.raises(InvalidValueError, match=f"fact is {name}: it must be named by text"):
            CLUB.explain_earn(yuan(5), {name: 2})

    def test_is_read_back_from_json(self) -> None:
        scheme = PointsScheme(
            name="club",
            currency="CNY",
            rules=(BASIC, REFERRAL),
            expiry=PointsExpiry(months=None),
            returns_within=None,
        )

        assert PointsScheme.from_json(scheme.to_json()) == scheme
        assert scheme.expires_at(NINE) is None

    def test_may_tie_its_points_to_a_tier(self) -> None:
        gold = EarnRule(
            code="gold", label=NAMED, points=1, per=yuan(20), when=Compare("tier", "=", "gold")
        )
        scheme = PointsScheme(name="club", currency="CNY", rules=(BASIC, gold), expiry=CLUB.expiry)

        assert scheme.explain_earn(yuan(100), {"tier": "gold"}).verdict == 15
