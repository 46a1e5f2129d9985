"""What a scheme owes: the published example through the ledger, and laws that hold for all."""

from datetime import timedelta

import pytest
from hypothesis import given

from crmkit.errors import InvalidValueError
from crmkit.kernel import Share
from crmkit.loyalty import (
    PointsAccount,
    PointsLedger,
    PointsTerms,
    points_balances,
    points_liability,
    redemption_curve,
)
from crmkit.testing import NINE

from ...value.engines import ENGINES, FEW, rows_of
from .frames import Posted, a_day_later, frame_in, histories
from .schemes import CLUB, DAY, an_account, yuan


IFRS = PointsTerms(point_value=yuan(1), redeemed_share=Share(0.95))


def ledger_of(posted: Posted, engine: str = "polars") -> PointsLedger:
    return PointsLedger.of(frame_in(engine, posted), currency="CNY", timezone="UTC")


def posted_by(*accounts: PointsAccount) -> Posted:
    return [(one, line) for one in accounts for line in one.posted]


def example_52() -> Posted:
    """10,000 points with a sale of 100,000; 4,500, then 4,000 more are redeemed."""
    first = an_account(sales=(100_000,))
    second = first.redeem("ann", NINE + 90 * DAY, points=4500)
    third = second.redeem("ann", NINE + 200 * DAY, points=4000)
    return posted_by(first, second, third)


class TestExample52:
    """IFRS 15 Illustrative Examples, IE267-IE270; the text rounds to whole units."""

    @pytest.mark.parametrize("engine", ENGINES)
    def test_goes_through_the_ledger(self, engine: str) -> None:
        ledger = ledger_of(example_52(), engine)

        first = points_liability(ledger, as_of=NINE + 100 * DAY, terms=IFRS, expected=Share(0.95))
        second = points_liability(ledger, as_of=NINE + 300 * DAY, terms=IFRS, expected=Share(0.97))

        assert round(first.allocated.amount) == 8676
        assert round(first.revenue.amount) == 4110
        assert round(first.deferred.amount) == 4566
        assert round(second.revenue.amount) - round(first.revenue.amount) == 3493
        assert round(second.deferred.amount) == 1073

    def test_explains_itself(self) -> None:
        told = points_liability(
            ledger_of(example_52()), as_of=NINE + 100 * DAY, terms=IFRS, expected=Share(0.95)
        )

        assert str(told.explain()) == (
            "5500 points are open, 5000 more are expected to be redeemed: 4,566.21 CNY is owed of"
            " 8,675.80 CNY"
        )
        assert told.explain().sentence("zh").endswith("尚欠4,566.21 CNY")
        assert repr(told) == "<PointsLiability of 1 cohorts: 4566.21 CNY>"
        assert told.cohorts[0].breakage == 500

    def test_becomes_a_table(self) -> None:
        told = points_liability(
            ledger_of(example_52()), as_of=NINE + 100 * DAY, terms=IFRS, expected=Share(0.95)
        )

        assert told.summary.to_dict("records") == [
            {
                "cohort": "2026-03",
                "granted": 10_000,
                "redeemed": 4500,
                "expired": 0,
                "open": 5500,
                "expected": 9500,
                "breakage": 500,
                "amount": 100_000.0,
                "allocated": 8675.8,
                "revenue": 4109.59,
                "deferred": 4566.21,
            }
        ]


class TestLiability:
    def test_owes_nothing_where_all_points_have_ended(self) -> None:
        told = points_liability(
            ledger_of(example_52()), as_of=NINE + 400 * DAY, terms=IFRS, expected=Share(0.95)
        )

        assert (told.deferred, told.revenue) == (yuan(0), told.allocated)
        assert told.cohorts[0].expired == 1500

    def test_tells_gifts_and_debts_beside_it(self) -> None:
        account = an_account(sales=(1000,))
        gift = account.adjust("ann", NINE, points=30, reason="goodwill", scheme=CLUB)
        spent = gift.redeem("ann", NINE, points=70)
        back = spent.take_back("ann", NINE, of="O-1")

        told = points_liability(
            ledger_of(posted_by(account, gift, spent, back)),
            as_of=NINE + DAY,
            terms=IFRS,
            expected=Share(1),
        )

        assert (told.gift_points, told.debt) == (30, 70)
        assert (told.cohorts[0].granted, told.cohorts[0].amount) == (70, yuan(0))

    def test_keeps_cohorts_by_the_month_in_which_points_were_earned(self) -> None:
        first = an_account(sales=(1000,))
        later = first.earn("ann", NINE + 40 * DAY, reference="O-2", scheme=CLUB, amount=yuan(500))
        spent = later.redeem("ann", NINE + 41 * DAY, points=110)

        told = points_liability(
            ledger_of(posted_by(first, later, spent)),
            as_of=NINE + 50 * DAY,
            terms={"2026-03": IFRS, "2026-04": IFRS},
            expected=Share(0.95),
        )

        assert [(one.cohort, one.granted, one.redeemed) for one in told.cohorts] == [
            ("2026-03", 100, 100),
            ("2026-04", 50, 10),
        ]

    def test_refuses_terms_without_a_cohort(self) -> None:
        with pytest.raises(InvalidValueError, match="must tell what was assumed in 2026-03"):
            points_liability(
                ledger_of(example_52()),
                as_of=NINE + DAY,
                terms={"2026-04": IFRS},
                expected=Share(1),
            )

    def test_is_nothing_before_the_first_sale(self) -> None:
        told = points_liability(
            ledger_of(example_52()), as_of=NINE - DAY, terms=IFRS, expected=Share(1)
        )

        assert (told.cohorts, told.deferred) == ((), yuan(0))

    @FEW
    @given(histories())
    def test_shares_every_price_out_to_the_coin(
        self, told: tuple[dict[str, PointsAccount], Posted]
    ) -> None:
        _, posted = told
        as_of = a_day_later(posted)
        if not posted:
            return
        frame = frame_in("polars", posted)

        liability = points_liability(
            PointsLedger.of(frame, currency="CNY", timezone="UTC"),
            as_of=as_of,
            terms=IFRS,
            expected=Share(0.8),
        )

        assert liability.revenue + liability.deferred == liability.allocated
        balances = rows_of(points_balances(frame, as_of=as_of))
        open_points = sum(one.open for one in liability.cohorts) + liability.gift_points
        assert open_points == sum(row[5] for row in balances)  # type: ignore[misc]
        for one in liability.cohorts:
            assert one.redeemed <= one.expected <= one.redeemed + one.open
            assert one.granted == one.redeemed + one.expired + one.open


class TestLearnt:
    def test_counts_on_what_earlier_cohorts_did(self) -> None:
        """20 customers spend 60 of 100 and let 40 lapse; a year later 100 are open."""
        posted: Posted = []
        for one in range(20):
            account = an_account(f"C-{one}", sales=(1000,))
            spent = account.redeem("ann", NINE + 30 * DAY, points=60)
            again = spent.earn(
                "ann", NINE + 400 * DAY, reference="O-2", scheme=CLUB, amount=yuan(1000)
            )
            posted += posted_by(account, spent, again)
        ledger = ledger_of(posted)

        told = points_liability(ledger, as_of=NINE + 401 * DAY, terms=IFRS)

        old, new = told.cohorts
        assert (old.expected, old.expired, old.revenue.deferred) == (1200, 800, yuan(0))
        assert (new.open, new.expected) == (2000, 1200)
        curve = redemption_curve(ledger, as_of=NINE + 401 * DAY)
        assert float(curve.rate) == pytest.approx(0.6)
        assert (
            points_liability(ledger, as_of=NINE + 401 * DAY, terms=IFRS, expected=curve).deferred
            == told.deferred
        )


class TestLedger:
    def test_tells_how_much_it_holds(self) -> None:
        assert repr(ledger_of(example_52())) == "<PointsLedger of 3 postings in 1 account>"

    def test_refuses_another_currency(self) -> None:
        with pytest.raises(InvalidValueError, match="must be that of the rows, CNY"):
            PointsLedger.of(frame_in("polars", example_52()), currency="EUR", timezone="UTC")

    def test_refuses_no_posting(self) -> None:
        with pytest.raises(InvalidValueError, match="must hold a posting at least"):
            PointsLedger.of(frame_in("polars", []), currency="CNY", timezone="UTC")

    def test_counts_several_accounts(self) -> None:
        posted = posted_by(an_account(sales=(10,)), an_account("C-8", sales=(10,)))

        assert repr(ledger_of(posted)) == "<PointsLedger of 2 postings in 2 accounts>"

    def test_keeps_the_months_of_its_zone(self) -> None:
        """31 March, 23:30 UTC is April in Shanghai."""
        at = NINE + timedelta(days=29, hours=14.5)
        posted = posted_by(an_account(at=at, sales=(100,)))
        frame = frame_in("polars", posted)

        told = [
            points_liability(
                PointsLedger.of(frame, currency="CNY", timezone=zone),
                as_of=at,
                terms=IFRS,
                expected=Share(1),
            ).cohorts[0]
            for zone in ("UTC", "Asia/Shanghai")
        ]

        assert [one.cohort for one in told] == ["2026-03", "2026-04"]
