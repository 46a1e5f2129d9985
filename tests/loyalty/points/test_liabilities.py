"""What a scheme owes: the published example through the ledger, and laws that hold for all."""

from collections import Counter
from datetime import timedelta
from typing import Any

import attrs
import pandas as pd
import pytest
from hypothesis import given

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel import Share, Text
from crmkit.loyalty import (
    EarnRule,
    PointsAccount,
    PointsCohort,
    PointsEntry,
    PointsLedger,
    PointsSource,
    PointsTerms,
    ledger_balances,
    points_balances,
    points_contribution,
    points_liability,
    points_tiers,
    redemption_curve,
    transfer_points,
)
from crmkit.testing import NINE

from ...value.engines import ENGINES, FEW, in_engine, rows_of
from .frames import SCHEMA, Posted, a_day_later, columns_of, frame_in, histories
from .schemes import CLUB, DAY, an_account, yuan
from .test_tiers import CALENDAR


FOR_EVER = attrs.evolve(CLUB, returns_within=None)
BONUS = attrs.evolve(CLUB, rules=(EarnRule(code="bonus", label=Text("Bonus", "奖励"), points=500),))
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
            "5,500 points open, 5,000 more expected to be redeemed: 4,566.21 CNY is owed of"
            " 8,675.80 CNY"
        )
        assert told.explain().sentence("zh").endswith("尚欠4,566.21 CNY")
        assert repr(told) == "<PointsLiability of 1 cohort: 4,566.21 CNY>"
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
                "withdrawn": 0,
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
        assert (told.cohorts[0].granted, told.cohorts[0].amount) == (0, yuan(0))

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

    @pytest.mark.filterwarnings("ignore::crmkit.errors.AssumptionWarning")
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
        # What came back is what the records of the lots say, and no posting tells in one number.
        lots = {
            (account.id, lot.number): lot
            for account, _ in posted
            for lot in account.lots
            if lot.source is PointsSource.SALE
        }
        kept = sum(lot.granted - lot.reversed for lot in lots.values())
        assert sum(one.granted for one in liability.cohorts) == kept
        for one in liability.cohorts:
            assert one.redeemed <= one.expected <= one.redeemed + one.open
            assert one.granted == one.redeemed + one.expired + one.withdrawn + one.open
            assert one.granted >= one.redeemed


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

    @pytest.mark.parametrize("timezone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
    def test_has_ages_of_the_curve(self, timezone: str) -> None:
        """60 of 100 are redeemed at an age of 29 days and 6 hours; a young lot is 28 days and 22.

        It was earned at 04:00, and is looked at at 02:00: 60 of its 100 are yet to come, in every
        zone; two hours after its 29th day none are.
        """
        posted: Posted = []
        early = NINE - timedelta(hours=5)
        for one in range(20):
            account = an_account(f"C-{one}", at=early, sales=(1000,))
            spent = account.redeem("ann", early + timedelta(days=29, hours=6), points=60)
            posted += posted_by(account, spent)
        late = early + 400 * DAY
        posted += posted_by(an_account("C-99", at=late, sales=(1000,)))
        frame = frame_in("polars", posted)
        ledger = PointsLedger.of(frame, currency="CNY", timezone=timezone)

        young, old = (
            points_liability(ledger, as_of=late + age, terms=IFRS).cohorts[-1].expected
            for age in (timedelta(days=28, hours=22), timedelta(days=29, hours=2))
        )

        assert (young, old) == (60, 0)

    def test_does_not_share_a_price_out_anew_when_a_debt_is_settled(self) -> None:
        """100 points with 1000, of 1 each: 1000 · 100 / 1100 = 90.91; 70 of them settle a debt.

        The debt is of earlier goods that went back, of which 70 points were spent: 70 of the 100
        are revenue then, and 30 are owed.
        """
        whole = PointsTerms(point_value=yuan(1), redeemed_share=Share(1))
        first = an_account(sales=(1000,))
        spent = first.redeem("ann", NINE, points=70)
        back = spent.take_back("ann", NINE + DAY, of="O-1")
        again = back.earn("ann", NINE + 40 * DAY, reference="O-2", scheme=CLUB, amount=yuan(1000))
        settled = again.settle("ann", NINE + 42 * DAY)
        ledger = ledger_of(posted_by(first, spent, back, again, settled))

        before, after = (
            points_liability(
                ledger, as_of=NINE + days * DAY, terms=whole, expected=Share(1)
            ).cohorts[-1]
            for days in (41, 43)
        )

        assert (before.revenue.allocated, before.revenue.deferred) == (yuan("90.91"),) * 2
        assert (after.granted, after.redeemed, after.open) == (100, 70, 30)
        assert after.revenue.allocated == yuan("90.91")
        assert (after.revenue.revenue, after.revenue.deferred) == (yuan("63.64"), yuan("27.27"))


def of_two(*returned: PointsAccount, at: float) -> PointsCohort:
    """Return the cohort of C-8, who keeps 100 points with 1,000, and of another who returns his."""
    posted = posted_by(an_account("C-8", sales=(1000,)), *returned)
    (cohort,) = points_liability(
        ledger_of(posted), as_of=NINE + at * DAY, terms=IFRS, expected=Share(0.95)
    ).cohorts
    return cohort


def alone(at: float) -> PointsCohort:
    """Return the cohort of C-8 alone: 1000 · 95 / 1095 = 86.76 is for his points."""
    return of_two(at=at)


class TestReturns:
    """IFRS 15 B20-B23: goods that go back were not sold; what others are owed stays."""

    def test_of_one_do_not_move_what_another_is_owed(self) -> None:
        account = an_account(sales=(1000,))
        spent = account.redeem("ann", NINE + DAY, points=100)
        back = spent.take_back("ann", NINE + 2 * DAY, of="O-1")

        told = of_two(account, spent, back, at=3)

        assert told == alone(at=3)
        assert (told.revenue.allocated, told.revenue.revenue) == (yuan("86.76"), yuan(0))
        assert (told.granted, told.redeemed, told.open) == (100, 0, 100)

    def test_take_their_own_points_away_however_many_there_were(self) -> None:
        """A sale of 10 came with 500 points: of both the price is not shared out by the rate."""
        account = an_account()
        bonus = account.earn("ann", NINE, reference="O-1", scheme=BONUS, amount=yuan(10))
        spent = bonus.redeem("ann", NINE + DAY, points=200)
        back = spent.take_back("ann", NINE + 2 * DAY, of="O-1")

        assert of_two(bonus, spent, back, at=3) == alone(at=3)

    def test_of_a_part_leave_the_other_part(self) -> None:
        """500 of the 1,000 go back: 50 of the 80 redeemed points and the 20 open ones do.

        20 of the 50 that go back are open, 30 are owed: 50 of the 80 stay redeemed of 150.
        150 points with 1,500: 1500 · 142.5 / 1642.5 = 130.14; 50 are redeemed, and 100 are open of
        which 93 are expected: 0.95 of 150 is 142.5, in even halves 142. 130.14 · 50 / 142 = 45.82.
        """
        account = an_account(sales=(1000,))
        spent = account.redeem("ann", NINE + DAY, points=80)
        back = spent.take_back("ann", NINE + 2 * DAY, of="O-1", amount=yuan(500))

        told = of_two(account, spent, back, at=3)

        assert (told.granted, told.redeemed, told.open, told.expected) == (150, 50, 100, 142)
        assert told.revenue.allocated == yuan("130.14")
        assert told.revenue.revenue == yuan("45.82")

    def test_take_lapsed_points_away_although_no_posting_tells_of_them(self) -> None:
        """Of 100 points 60 are redeemed and 40 lapse; then half goes back, then the other half.

        Of 50 that are reversed 40 lapsed and 10 were redeemed: 50 are kept, all redeemed.
        """
        account = an_account(sales=(1000,), scheme=FOR_EVER)
        spent = account.redeem("ann", NINE + DAY, points=60)
        half = spent.take_back("ann", NINE + 370 * DAY, of="O-1", amount=yuan(500))
        whole = half.take_back("ann", NINE + 371 * DAY, of="O-1")

        first = of_two(account, spent, half, at=370)
        told = of_two(account, spent, half, whole, at=372)

        assert (first.granted, first.redeemed, first.expired) == (150, 50, 100)
        assert told == alone(at=372)
        assert (told.granted, told.expired) == (100, 100)

    @pytest.mark.parametrize("days", [1, 370])
    def test_of_free_goods_take_all_of_their_points_away(self, days: int) -> None:
        """500 points for nothing: 60 are redeemed, 40 taken away, and after a year 400 lapse."""
        free = attrs.evolve(BONUS, returns_within=None)
        account = an_account(sales=(0,), scheme=free)
        spent = account.redeem("ann", NINE, points=60)
        less = spent.adjust("ann", NINE, points=-40, reason="fraud", scheme=free)
        whole = less.take_back("ann", NINE + days * DAY, of="O-1")

        before = of_two(account, spent, less, at=days)
        told = of_two(account, spent, less, whole, at=days)

        assert (before.granted, before.amount) == (600, yuan(1000))
        assert whole.posted[-1].amount == yuan(0)
        assert told == alone(at=days)

    def test_leave_points_that_were_sent_on_without_a_price(self) -> None:
        """C-9 keeps the 100 that C-7 sent on and owes: nothing more is expected of the month."""
        account = an_account(sales=(1000,))
        sent, got = transfer_points(account, an_account("C-9"), "ann", NINE + DAY, points=100)
        back = sent.take_back("ann", NINE + 2 * DAY, of="O-1")

        told = of_two(account, sent, got, back, at=3)

        assert (told.granted, told.open, told.withdrawn) == (100, 200, -100)
        # 95 of the 100 of C-8.
        assert (told.expected, told.breakage) == (95, 5)
        assert told.revenue == alone(at=3).revenue


class TestIdlePoints:
    """Points that are owed, for their goods came back, and that somebody holds all the same."""

    def test_given_back_leave_what_others_are_owed(self) -> None:
        """C-7 redeems, brings the goods back, and then what he had redeemed the points for."""
        other = an_account("C-6", sales=(1000,))
        paid = other.redeem("ann", NINE + DAY, points=50)
        account = an_account(sales=(1000,))
        spent = account.redeem("ann", NINE + DAY, points=100)
        entry = PointsEntry.of(spent, reference="R-1", asked="it")
        back = spent.take_back("ann", NINE + 2 * DAY, of="O-1")
        undone = back.give_back("ann", NINE + 3 * DAY, entry=entry)

        before = of_two(other, paid, account, spent, back, at=2)
        after = of_two(other, paid, account, spent, back, undone, at=3)
        void = of_two(other, paid, account, spent, back, undone, at=900)

        # C-8 and C-6 keep 200, of which 190 will be redeemed and 50 are.
        assert (before.granted, before.redeemed, before.open) == (200, 50, 150)
        assert (after.granted, after.redeemed, after.open, after.withdrawn) == (200, 50, 250, -100)
        assert before.expected == after.expected == 190
        assert before.revenue == after.revenue
        assert (void.redeemed, void.expired, void.withdrawn, void.expected) == (50, 250, -100, 50)

    @pytest.mark.parametrize(
        ("redeemed", "days", "expired", "still"),
        [(40, 3, 0, 160), (100, 3, 0, 100), (40, 900, 160, 0)],
    )
    def test_sent_on_are_nobodys_revenue(
        self, redeemed: int, days: int, expired: int, still: int
    ) -> None:
        """C-9 took 100 in, which C-7 owes since, and redeems some of them."""
        account = an_account(sales=(1000,))
        sent, got = transfer_points(account, an_account("C-9"), "ann", NINE + DAY, points=100)
        back = sent.take_back("ann", NINE + 2 * DAY, of="O-1")
        spent = got.redeem("ann", NINE + 3 * DAY, points=redeemed)

        told = of_two(account, sent, got, back, spent, at=days)

        assert (told.granted, told.redeemed) == (100, 0)
        assert (told.expired, told.open) == (expired, still)
        assert told.revenue == alone(at=days).revenue

    def test_of_a_price_of_billions_are_counted_exactly(self) -> None:
        """Points times price is beyond 64 bits: half of the goods come back, and half of points."""
        rich = attrs.evolve(
            FOR_EVER,
            rules=(EarnRule(code="all", label=Text("All", "全部"), points=1, per=yuan("0.01")),),
        )
        account = an_account(sales=(20_000_000_000,), scheme=rich)
        half = account.take_back("ann", NINE + 900 * DAY, of="O-1", amount=yuan(10_000_000_000))
        (cohort,) = points_liability(
            ledger_of(posted_by(account, half)),
            as_of=NINE + 901 * DAY,
            terms=IFRS,
            expected=Share(1),
        ).cohorts

        assert (cohort.granted, cohort.expired) == (10**12, 10**12)

    @FEW
    @given(histories(people=3))
    def test_of_a_month_are_those_of_its_accounts(
        self, told: tuple[dict[str, PointsAccount], Posted]
    ) -> None:
        accounts, posted = told
        if not posted:
            return
        names = ("granted", "redeemed", "expired", "withdrawn", "open")
        ids = {one.id for one in accounts.values()}
        found: list[Counter[tuple[str, str]]] = []
        for parts in ([posted], [[one for one in posted if one[0].id == id] for id in ids]):
            found.append(Counter())
            for part in filter(None, parts):
                liability = points_liability(
                    ledger_of(part), as_of=a_day_later(posted), terms=IFRS, expected=Share(1)
                )
                for cohort in liability.cohorts:
                    found[-1].update(
                        {(cohort.cohort, name): getattr(cohort, name) for name in names}
                    )

        assert +found[0] == +found[1]
        assert -found[0] == -found[1]


class TestAdjustments:
    def test_do_not_share_a_price_out_anew(self) -> None:
        """50 of 100 are redeemed and 50 taken away: the whole 86.76 is revenue."""
        account = an_account(sales=(1000,))
        spent = account.redeem("ann", NINE + DAY, points=50)
        less = spent.adjust("ann", NINE + 3 * DAY, points=-50, reason="fraud", scheme=CLUB)
        ledger = ledger_of(posted_by(account, spent, less))

        before, after = (
            points_liability(
                ledger, as_of=NINE + days * DAY, terms=IFRS, expected=Share(0.95)
            ).cohorts[0]
            for days in (2, 4)
        )

        assert before.revenue.allocated == after.revenue.allocated == yuan("86.76")
        assert (after.granted, after.redeemed, after.withdrawn) == (100, 50, 50)
        assert after.revenue.deferred == yuan(0)
        assert after.breakage == 50

    def test_leave_what_is_expected_of_the_others(self) -> None:
        """30 of 100 are taken away, 95 % of 70 are 66.5: 66; 86.76 is owed."""
        account = an_account(sales=(1000,))
        less = account.adjust("ann", NINE + DAY, points=-30, reason="fraud", scheme=CLUB)

        told = points_liability(
            ledger_of(posted_by(account, less)),
            as_of=NINE + 2 * DAY,
            terms=IFRS,
            expected=Share(0.95),
        ).cohorts[0]

        assert (told.granted, told.withdrawn, told.expected) == (100, 30, 66)
        assert told.revenue.deferred == yuan("86.76")

    @pytest.mark.parametrize(
        ("redeemed", "back", "granted", "withdrawn", "still"),
        [(0, 1000, 0, 0, 0), (30, 1000, 0, 0, 0), (0, 500, 50, 40, 10), (30, 500, 50, 20, 0)],
    )
    def test_go_with_the_goods_that_come_back(
        self, redeemed: int, back: int, granted: int, withdrawn: int, still: int
    ) -> None:
        """Of 100 points the shop takes 40 away; then half of the goods go back, or all.

        Nothing lapsed, and what is neither redeemed nor open of what is kept was taken away.
        """
        account = an_account(sales=(1000,))
        spent = account.redeem("ann", NINE + DAY, points=redeemed) if redeemed else account
        less = spent.adjust("ann", NINE + 2 * DAY, points=-40, reason="fraud", scheme=CLUB)
        goods = less.take_back("ann", NINE + 3 * DAY, of="O-1", amount=yuan(back))
        acts = (account, spent, less, goods) if redeemed else (account, less, goods)

        told = of_two(*acts, at=4)

        kept_spent = min(redeemed, granted)
        assert (told.granted, told.redeemed, told.expired, told.withdrawn, told.open) == (
            100 + granted,
            kept_spent,
            0,
            withdrawn,
            100 + still,
        )
        if not granted:
            assert told == alone(at=4)

    def test_are_told_apart_from_what_lapsed(self) -> None:
        """Of 100 points 30 are redeemed, 40 taken away and 30 lapse; then 800, then 200 go back.

        Of 80 that are reversed 40 were taken away, 30 lapsed and 10 were redeemed: 20 are kept, and
        redeemed.
        """
        account = an_account(sales=(1000,), scheme=FOR_EVER)
        spent = account.redeem("ann", NINE + DAY, points=30)
        less = spent.adjust("ann", NINE + 2 * DAY, points=-40, reason="fraud", scheme=CLUB)
        most = less.take_back("ann", NINE + 370 * DAY, of="O-1", amount=yuan(800))
        whole = most.take_back("ann", NINE + 371 * DAY, of="O-1")

        first = of_two(account, spent, less, most, at=370)
        told = of_two(account, spent, less, most, whole, at=372)

        assert (first.granted, first.redeemed, first.expired) == (120, 20, 100)
        assert first.withdrawn == 0
        assert told == alone(at=372)

    def test_of_one_sale_do_not_hang_on_another_of_that_moment(self) -> None:
        """10 points with 100, 500 with 10, at one time: the 100 go back, 5 of the 500 are gone."""
        account = an_account(sales=(100,))
        bonus = account.earn("ann", NINE, reference="O-2", scheme=BONUS, amount=yuan(10))
        back = bonus.take_back("ann", NINE + DAY, of="O-1")
        less = back.adjust("ann", NINE + 2 * DAY, points=-5, reason="fraud", scheme=CLUB)

        told = of_two(account, bonus, back, less, at=3)

        assert (told.granted, told.withdrawn, told.open) == (600, 5, 595)

    def test_need_no_column_of_lots_where_no_two_were_earned_at_once(self) -> None:
        account = an_account(sales=(1000,))
        less = account.adjust("ann", NINE + DAY, points=-40, reason="fraud", scheme=CLUB)
        back = less.take_back("ann", NINE + 2 * DAY, of="O-1", amount=yuan(500))
        frame = frame_in("pandas", posted_by(account, less, back))

        whole, part = (
            points_liability(
                PointsLedger.of(rows, currency="CNY", timezone="UTC"),
                as_of=NINE + 3 * DAY,
                terms=IFRS,
                expected=Share(0.95),
            ).cohorts
            for rows in (frame, frame.drop(columns="lot"))
        )

        assert whole == part
        assert (whole[0].granted, whole[0].withdrawn, whole[0].open) == (50, 40, 10)


class TestDoubts:
    def test_warns_of_a_share_that_the_ledger_belies(self) -> None:
        """60 of 100 are redeemed, half were expected: of 40 that are open nothing is told."""
        account = an_account(sales=(1000,))
        spent = account.redeem("ann", NINE + DAY, points=60)
        ledger = ledger_of(posted_by(account, spent))

        with pytest.warns(AssumptionWarning, match="60 of 100 points of 2026-03 are redeemed"):
            points_liability(ledger, as_of=NINE + 2 * DAY, terms=IFRS, expected=Share(0.5))

    def test_names_the_month_of_which_more_went_back_than_was_paid(self) -> None:
        columns = columns_of(posted_by(an_account(sales=(100,)), an_account("C-8", sales=(200,))))
        columns |= {"act": ["earned", "taken_back"], "points": [10, 0], "amount": [100.0, -200.0]}
        ledger = PointsLedger.of(
            in_engine("pandas", {**columns}, SCHEMA), currency="CNY", timezone="UTC"
        )

        with pytest.raises(InvalidValueError, match="must not be below 0 of the sales of 2026-03"):
            points_liability(ledger, as_of=NINE + DAY, terms=IFRS, expected=Share(1))

    @pytest.mark.parametrize(
        ("told", "problem"),
        [
            ({"ledger": None}, "ledger is of type NoneType: it must be a PointsLedger; read one"),
            ({"terms": None}, "must be PointsTerms, or a mapping of cohorts to them"),
            ({"terms": {"2026-03": 5}}, "terms is 5: it must be a PointsTerms"),
            ({"expected": 0.5}, "expected is 0.5: it must be a RedemptionCurve or a Share"),
        ],
    )
    def test_refuses_values_of_another_kind(self, told: dict[str, Any], problem: str) -> None:
        asked = {"ledger": ledger_of(example_52()), "terms": IFRS, "expected": Share(1), **told}
        ledger = asked.pop("ledger")

        with pytest.raises(InvalidValueError, match=problem):
            points_liability(ledger, as_of=NINE + DAY, **asked)

    def test_refuses_frames_where_a_ledger_is_asked_for(self) -> None:
        frame = frame_in("pandas", example_52())
        problem = "of type DataFrame: it must be a PointsLedger"

        with pytest.raises(InvalidValueError, match=problem):
            ledger_balances(frame, as_of=NINE)
        with pytest.raises(InvalidValueError, match=problem):
            redemption_curve(frame, as_of=NINE)

    def test_refuses_tiers_of_no_scheme_and_times_that_run_backwards(self) -> None:
        frame = frame_in("pandas", example_52())
        scheme: Any = None

        with pytest.raises(InvalidValueError, match="scheme is None: it must be a TierScheme"):
            points_tiers(frame, scheme=scheme, as_of=NINE)
        with pytest.raises(InvalidValueError, match=r"until .* must not be before since"):
            points_contribution(frame, since=NINE + DAY, until=NINE)


class TestLedger:
    def test_tells_how_much_it_holds(self) -> None:
        assert repr(ledger_of(example_52())) == "<PointsLedger of 3 postings in 1 account>"

    def test_refuses_another_currency(self) -> None:
        with pytest.raises(InvalidValueError, match="must be that of the rows, CNY"):
            PointsLedger.of(frame_in("polars", example_52()), currency="EUR", timezone="UTC")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_two_schemes(self, engine: str) -> None:
        columns = columns_of(posted_by(an_account(sales=(100,)), an_account("C-8", sales=(200,))))
        columns["scheme"] = ["club", "other"]
        frame = in_engine(engine, {**columns}, SCHEMA)

        for ask in (
            lambda: PointsLedger.of(frame, currency="CNY", timezone="UTC"),
            lambda: points_contribution(frame, since=NINE, until=NINE + DAY),
            lambda: points_tiers(frame, scheme=CALENDAR, as_of=NINE),
        ):
            with pytest.raises(InvalidValueError, match="must be postings of one scheme; filter"):
                ask()

    def test_refuses_numbers_and_schemes_of_several_kinds(self) -> None:
        columns = columns_of(posted_by(an_account(sales=(100,)), an_account("C-8", sales=(200,))))
        frame: Any = in_engine("pandas", {**columns}, SCHEMA)
        mixed = {
            "number": "number is 'x': it must be a number, as in row 1; convert it first",
            "lot": "lot is 'x': it must be a number, as in row 1; convert it first",
            "scheme": r"scheme is \(1, 'x'\): it must be postings of one scheme",
        }

        for name, problem in mixed.items():
            told = frame.assign(**{name: pd.Series([1, "x"], dtype=object)})
            with pytest.raises(InvalidValueError, match=problem):
                PointsLedger.of(told, currency="CNY", timezone="UTC")

    @pytest.mark.parametrize("name", ["number", "lot"])
    def test_refuses_text_for_numbers(self, name: str) -> None:
        columns = columns_of(posted_by(an_account(sales=(100,)), an_account("C-8", sales=(200,))))
        frame: Any = in_engine("pandas", {**columns}, SCHEMA)
        told = frame.assign(**{name: ["1", "x"]})

        problem = f"{name} is a column of String: it must hold numbers; convert it first"
        with pytest.raises(InvalidValueError, match=problem):
            PointsLedger.of(told, currency="CNY", timezone="UTC")

    @pytest.mark.parametrize(
        ("amounts", "problem"),
        [
            ([1e20, 1.0], "amount .* must add up to less than 2.53"),
            ([5e13, 5e13], "amount .* must add up to less than 2.53"),
        ],
    )
    def test_refuses_amounts_that_are_not_counted_exactly(
        self, amounts: list[float], problem: str
    ) -> None:
        columns = columns_of(posted_by(an_account(sales=(100,)), an_account("C-8", sales=(200,))))
        columns["amount"] = [*amounts]
        frame = in_engine("pandas", {**columns}, SCHEMA)

        with pytest.raises(InvalidValueError, match=problem):
            PointsLedger.of(frame, currency="CNY", timezone="UTC")

    @pytest.mark.parametrize(
        ("told", "problem"),
        [
            ({"amount": [float("inf"), 1.0]}, "amount is inf: it must be finite, as in row 0"),
            ({"amount": [1.005, 1.0]}, "amount is 1.005: it must be in whole coins, .* in row 0"),
            ({"amount": [1.0, None]}, "it must be told where points are earned .* as in row 1"),
            ({"amount": [1.0, -1.0]}, "amount is -1.0: it must not be below 0 where .* row 1"),
            ({"source": ["SALE", "sale"]}, "source is 'SALE': it must be one of sale, gift.* 0"),
            ({"source": ["gift", "sale"]}, "amount is 1000.0: it must not be above 0 but .* row 0"),
            ({"lot": [1, None]}, "lot is None: it must not be empty, as in row 1"),
            ({"act": ["earned", "stolen"]}, "act is 'stolen': it must be one of .* in row 1"),
        ],
    )
    def test_refuses_what_no_posting_can_be(
        self, told: dict[str, list[object]], problem: str
    ) -> None:
        columns = columns_of(posted_by(an_account(sales=(1000,)), an_account("C-8", sales=(200,))))
        frame = in_engine("pandas", {**columns, **told}, SCHEMA)

        with pytest.raises(InvalidValueError, match=problem):
            PointsLedger.of(frame, currency="CNY", timezone="UTC")

    def test_takes_amounts_that_floats_hold_but_nearly(self) -> None:
        """0.29 · 100 is 28.999999999999996 in floats: 29 coins."""
        columns = columns_of(posted_by(an_account(sales=(1000,)), an_account("C-8", sales=(200,))))
        columns["amount"] = [0.29, 70_000_000_000.07]
        frame = in_engine("pandas", {**columns}, SCHEMA)

        ledger = PointsLedger.of(frame, currency="CNY", timezone="UTC")

        assert ledger.coins.tolist() == [29, 7_000_000_000_007]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_points_against_their_act(self, engine: str) -> None:
        columns = columns_of(posted_by(an_account(sales=(100,)), an_account("C-8", sales=(200,))))
        columns["points"] = [10, -20]
        frame = in_engine(engine, {**columns}, SCHEMA)

        problem = "must not be below 0 where points are earned"

        with pytest.raises(InvalidValueError, match=problem):
            points_contribution(frame, since=NINE, until=NINE + DAY)
        with pytest.raises(InvalidValueError, match=problem):
            points_tiers(frame, scheme=CALENDAR, as_of=NINE)

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
