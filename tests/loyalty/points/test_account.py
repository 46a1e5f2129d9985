"""What is done to an account: each act keeps the identity, and the balance is never below 0."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, Step, Text
from crmkit.loyalty import (
    POINTS_ACCOUNT_CODEC,
    POINTS_ENTRY_CODEC,
    EarnRule,
    PointsAccount,
    PointsAct,
    PointsEntry,
    PointsExpiry,
    PointsLot,
    PointsPosting,
    PointsScheme,
    PointsSource,
    points_account_id,
    points_entry_id,
    posting_row,
    transfer_points,
)
from crmkit.testing import NINE

from .schemes import BASIC, CLUB, DAY, an_account, identity, yuan


YEAR_LATER = datetime(2027, 3, 3, tzinfo=UTC)  # what was earned on 2 March 2026 is void from then


def entry_of(account: PointsAccount, reference: str = "R-1") -> PointsEntry:
    return PointsEntry.of(account, reference=reference, asked="it")


class TestOpen:
    def test_begins_with_nothing(self) -> None:
        account = an_account()

        assert identity(account) == (0, 0, 0, 0, 0)
        assert account.trail == (Step(PointsAct.OPENED, "ann", NINE),)
        assert (account.next_expiry, account.debt, account.posted) == (None, 0, ())


class TestEarn:
    def test_makes_a_lot_that_lapses_together(self) -> None:
        account = an_account(sales=(1000,))

        (lot,) = account.lots
        assert (lot.left, lot.expires_at, lot.source) == (100, YEAR_LATER, PointsSource.SALE)
        assert account.posted[0].amount == yuan(1000)
        assert account.next_expiry == YEAR_LATER

    def test_puts_down_a_sale_that_gives_no_points(self) -> None:
        account = an_account(sales=(5,))

        assert identity(account) == (0, 0, 0, 0, 0)
        assert account.posted[0].amount == yuan(5)

    def test_puts_down_a_sale_that_costs_nothing(self) -> None:
        assert an_account(sales=(0,)).posted[0].amount == yuan(0)

    def test_makes_a_gift_of_what_comes_without_a_sale(self) -> None:
        facts = {"occasion": "referral"}
        account = an_account().earn("ann", NINE, reference="F-1", scheme=CLUB, facts=facts)

        assert account.lots[0].source is PointsSource.GIFT
        assert account.balance == 50

    @pytest.mark.parametrize(
        ("facts", "way_out"), [({}, "; or tell occasion"), ({"occasion": "none"}, "")]
    )
    def test_refuses_what_no_rule_gives(self, facts: dict[str, object], way_out: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            an_account().earn("ann", NINE, reference="F-1", scheme=CLUB, facts=facts)

        rule = "amount is None: it must be told: without it no rule of the scheme gives points"
        assert str(refused.value) == rule + way_out

    def test_counts_from_when_it_was_earned(self) -> None:
        account = an_account(at=NINE + 9 * DAY).earn(
            "ann",
            NINE + 9 * DAY,
            reference="O-1",
            scheme=CLUB,
            amount=yuan(100),
            earned_at=NINE,
        )

        assert account.next_expiry == YEAR_LATER

    def test_lets_lapse_at_once_what_is_void_as_it_comes(self) -> None:
        late = YEAR_LATER + DAY
        account = an_account(at=late).earn(
            "ann", late, reference="O-1", scheme=CLUB, amount=yuan(100), earned_at=NINE
        )

        assert identity(account) == (10, 0, 0, 10, 0)
        assert [one.at for one in account.posted] == [late, late]

    @pytest.mark.parametrize(
        ("told", "problem"),
        [
            ({"reference": "O-1"}, "reference is 'O-1': it must not have earned before"),
            ({"earned_at": NINE + DAY}, "must not be later than it is put down"),
            ({"earned_at": datetime(2026, 3, 1)}, "must have a time zone"),
            ({"scheme": attrs.evolve(CLUB, name="other")}, "scheme is 'other': it must be 'club'"),
        ],
    )
    def test_refuses(self, told: dict[str, Any], problem: str) -> None:
        given = {"reference": "O-2", "scheme": CLUB, "amount": yuan(10)}

        with pytest.raises(InvalidValueError, match=problem):
            an_account(sales=(10,)).earn("ann", NINE, **{**given, **told})

    def test_tells_which_facts_it_lacked(self) -> None:
        account = an_account(sales=(100,))

        entry = entry_of(account, "O-1")

        assert (account.missing, entry.missing) == (("occasion",), ("occasion",))
        assert account.redeem("ann", NINE, points=1).missing == ()

    def test_refuses_a_fact_that_is_misspelt(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'occasion'"):
            an_account().earn(
                "ann",
                NINE,
                reference="O-1",
                scheme=CLUB,
                amount=yuan(100),
                facts={"ocasion": "referral"},
            )

    @pytest.mark.parametrize("reference", ["", " O-1", 7])
    def test_refuses_what_cannot_be_a_reference(self, reference: Any) -> None:
        with pytest.raises(InvalidValueError, match=r"reference is .*: it must be"):
            an_account().earn("ann", NINE, reference=reference, scheme=CLUB, amount=yuan(100))

    def test_knows_a_reference_as_long_as_its_lot_is_kept(self) -> None:
        account = an_account(sales=(100,)).expire("ann", NINE + 400 * DAY)

        again = account.earn(
            "ann", NINE + 400 * DAY, reference="O-1", scheme=CLUB, amount=yuan(100)
        )

        assert again.earned == 20

    @pytest.mark.parametrize("within", [timedelta.max, timedelta(days=2_912_500)])
    def test_takes_goods_back_for_ever_where_that_outlives_the_calendar(
        self, within: timedelta
    ) -> None:
        scheme = attrs.evolve(CLUB, returns_within=within)

        (lot,) = an_account(sales=(100,), scheme=scheme).lots

        assert lot.returnable_until is None

    def test_refuses_what_is_earlier_than_the_last_act(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be earlier than the last act"):
            an_account().earn("ann", NINE - DAY, reference="O-1", scheme=CLUB, amount=yuan(10))


class TestRedeem:
    def test_takes_first_what_lapses_first(self) -> None:
        account = an_account(sales=(100, 200, 300)).redeem("ann", NINE + 2 * DAY, points=25)

        assert [(one.lot, one.points) for one in account.posted] == [(1, -10), (2, -15)]
        assert [lot.left for lot in account.lots] == [0, 5, 30]
        assert identity(account) == (60, 0, 25, 0, 35)

    def test_takes_last_what_never_lapses(self) -> None:
        ever = attrs.evolve(CLUB, expiry=PointsExpiry(months=None))
        account = an_account().earn("ann", NINE, reference="O-1", scheme=ever, amount=yuan(100))
        account = account.earn("ann", NINE, reference="O-2", scheme=CLUB, amount=yuan(100))

        account = account.redeem("ann", NINE, points=12)

        assert [(one.lot, one.points) for one in account.posted] == [(2, -10), (1, -2)]

    def test_does_not_take_what_has_lapsed(self) -> None:
        account = an_account(sales=(100, 200))

        with pytest.raises(InvalidValueError, match="must not be more than the balance, 20"):
            account.redeem("ann", YEAR_LATER, points=25)

    def test_puts_down_first_what_lapsed_and_when(self) -> None:
        account = an_account(sales=(100, 200)).redeem("ann", YEAR_LATER + DAY / 2, points=5)

        told = [(one.act, one.points, one.at) for one in account.posted]
        assert told == [
            (PointsAct.EXPIRED, -10, YEAR_LATER),
            (PointsAct.REDEEMED, -5, YEAR_LATER + DAY / 2),
        ]
        assert identity(account) == (30, 0, 5, 10, 15)

    @pytest.mark.parametrize(
        ("points", "problem"),
        [
            (0, "must be a whole number of at least 1"),
            (-5, "must be a whole number of at least 1"),
            (1.5, "must be a whole number"),
        ],
    )
    def test_refuses_what_is_no_number_of_points(self, points: Any, problem: str) -> None:
        with pytest.raises(InvalidValueError, match=problem):
            an_account(sales=(100,)).redeem("ann", NINE, points=points)

    def test_leaves_the_original_untouched(self) -> None:
        account = an_account(sales=(100,))

        account.redeem("ann", NINE, points=10)

        assert account.balance == 10


class TestMayRedeem:
    def test_counts_what_has_not_lapsed(self) -> None:
        account = an_account(sales=(100, 200))

        why = account.may_redeem(25, at=YEAR_LATER)

        assert not why.verdict
        assert why.find("lapsed").value == 10
        assert why.sentence("zh") == "申请兑换25分，余额20分：否"
        assert account.may_redeem(20, at=YEAR_LATER).verdict

    def test_names_what_lapses_soon(self) -> None:
        account = an_account(sales=(100, 200, 300))

        assert account.lapsing(until=YEAR_LATER + DAY + DAY / 2) == (
            (YEAR_LATER, 10),
            (YEAR_LATER + DAY, 20),
        )


class TestExpire:
    def test_puts_down_what_has_lapsed(self) -> None:
        account = an_account(sales=(100, 200)).expire("night run", YEAR_LATER)

        assert identity(account) == (30, 0, 0, 10, 20)
        assert account.trail[0].stage is PointsAct.EXPIRED

    def test_returns_the_account_where_nothing_has(self) -> None:
        account = an_account(sales=(100,))

        assert account.expire("night run", NINE) is account

    def test_puts_down_several_lots_in_their_order(self) -> None:
        account = an_account(sales=(100, 200)).expire("night run", YEAR_LATER + 9 * DAY)

        assert [one.at for one in account.posted] == [YEAR_LATER, YEAR_LATER + DAY]


class TestAdjust:
    def test_gives_a_gift(self) -> None:
        account = an_account().adjust("ann", NINE, points=30, reason="goodwill", scheme=CLUB)

        assert identity(account) == (0, 30, 0, 0, 30)
        assert account.trail[0].note == "goodwill"
        assert account.lots[0].source is PointsSource.GIFT

    def test_takes_away_what_lapses_first(self) -> None:
        account = an_account(sales=(100, 200)).adjust(
            "ann", NINE + DAY, points=-15, reason="booked twice", scheme=CLUB
        )

        assert identity(account) == (30, -15, 0, 0, 15)
        assert [lot.left for lot in account.lots] == [0, 15]

    @pytest.mark.parametrize(
        ("points", "reason", "problem"),
        [
            (0, "none", "must be above 0 to give points, below 0 to take some away"),
            (-11, "too many", "points is -11: it must not take away more than the balance, 10"),
            (5, " ", "reason is ' ': it must be text, and not blank"),
        ],
    )
    def test_refuses(self, points: int, reason: str, problem: str) -> None:
        with pytest.raises(InvalidValueError, match=problem):
            an_account(sales=(100,)).adjust("ann", NINE, points=points, reason=reason, scheme=CLUB)


class TestTakeBack:
    def test_takes_what_is_left_of_those_points(self) -> None:
        account = an_account(sales=(100, 200)).take_back("ann", NINE + DAY, of="O-2")

        assert identity(account) == (30, -20, 0, 0, 10)
        assert account.posted[0].amount == yuan(-200)

    def test_makes_a_debt_of_what_was_spent(self) -> None:
        account = an_account(sales=(1000, 200)).redeem("ann", NINE + DAY, points=70)

        account = account.take_back("ann", NINE + DAY, of="O-1")

        assert (account.debt, account.balance) == (70, 20)
        assert identity(account) == (120, -30, 70, 0, 20)

    def test_takes_neither_twice_what_was_given_away(self) -> None:
        li, wang = transfer_points(
            an_account(sales=(100,)), an_account("C-8"), "ann", NINE, points=10
        )

        li = li.take_back("ann", NINE, of="O-1")

        assert (li.debt, li.balance, wang.balance) == (10, 0, 10)

    def test_does_not_ask_for_what_lapsed(self) -> None:
        ever = attrs.evolve(CLUB, returns_within=None)
        account = an_account(sales=(100,), scheme=ever).expire("ann", YEAR_LATER)

        account = account.take_back("ann", YEAR_LATER, of="O-1")

        assert (account.debt, identity(account)) == (0, (10, 0, 0, 10, 0))
        assert account.posted[0].amount == yuan(-100)

    @pytest.mark.parametrize(
        ("redeemed", "parts", "told"),
        [
            (0, ("1000",), [(0, 0)]),
            (30, ("1000",), [(0, 30)]),
            # What is kept gives 50: the shop took 40, so 10 are left.
            (0, ("500", "500"), [(10, 0), (0, 0)]),
            # What is kept gives 50, and 30 are spent: he owes none, though the shop took the rest.
            (30, ("500", "500"), [(0, 0), (0, 30)]),
            # What is kept gives 20, and 30 are spent: 10 are owed.
            (30, ("800", "200"), [(0, 10), (0, 30)]),
            (60, ("500", "500"), [(0, 10), (0, 60)]),
        ],
    )
    def test_makes_no_debt_of_what_the_shop_took_away(
        self, redeemed: int, parts: tuple[str, ...], told: list[tuple[int, int]]
    ) -> None:
        """100 points are earned; some are redeemed, and the shop takes 40 away."""
        account = an_account(sales=(1000,))
        if redeemed:
            account = account.redeem("ann", NINE, points=redeemed)
        account = account.adjust("ann", NINE, points=-40, reason="booked twice", scheme=CLUB)

        found = []
        for part in parts:
            account = account.take_back("ann", NINE, of="O-1", amount=yuan(part))
            found.append((account.balance, account.debt))

        assert found == told
        assert identity(account) == (100, redeemed - 100, redeemed, 0, 0)

    def test_asks_for_no_more_than_was_spent_beyond_the_points_of_what_is_kept(self) -> None:
        """Of 100 points 30 are redeemed, 40 taken away and 30 lapse; goods come back by tenths.

        What is kept gives 90, 80, … 30, and then 20 for 30 that are spent.
        """
        ever = attrs.evolve(CLUB, returns_within=None)
        account = an_account(sales=(1000,), scheme=ever).redeem("ann", NINE, points=30)
        account = account.adjust("ann", NINE, points=-40, reason="booked twice", scheme=CLUB)

        debts = []
        for _ in range(10):
            account = account.take_back("ann", YEAR_LATER, of="O-1", amount=yuan(100))
            debts.append(account.debt)

        assert debts == [0, 0, 0, 0, 0, 0, 0, 10, 20, 30]
        assert identity(account) == (100, -40, 30, 30, 0)

    def test_puts_nothing_down_where_a_gift_lapsed(self) -> None:
        ever = attrs.evolve(CLUB, returns_within=None)
        account = an_account(scheme=ever).earn(
            "ann", NINE, reference="F-1", scheme=ever, facts={"occasion": "referral"}
        )

        account = account.take_back("ann", YEAR_LATER, of="F-1")

        assert [one.act for one in account.posted] == [PointsAct.EXPIRED]

    @pytest.mark.parametrize(
        "parts", [("99",), ("33", "33", "33"), ("0.01", "98.99"), ("50", "25", "24")]
    )
    def test_gives_all_points_of_a_sale_for_all_of_its_parts(self, parts: tuple[str, ...]) -> None:
        account = an_account(sales=(99,))

        for part in parts:
            account = account.take_back("ann", NINE, of="O-1", amount=yuan(part))

        assert account.balance == 0
        assert account.lots[0].returned == yuan(99)

    def test_leaves_what_the_part_that_is_kept_would_give(self) -> None:
        """9 points for 99; 49 of it is kept, which would give 4."""
        account = an_account(sales=(99,)).take_back("ann", NINE, of="O-1", amount=yuan(50))

        assert account.balance == 4

    @pytest.mark.parametrize("amount", [yuan(100), yuan(0), yuan(-1), Money.of(1, "EUR")])
    def test_refuses_more_than_the_price(self, amount: Money) -> None:
        with pytest.raises(InvalidValueError, match=r"no more than 99.00 CNY that may go back"):
            an_account(sales=(99,)).take_back("ann", NINE, of="O-1", amount=amount)

    def test_refuses_what_went_back_already(self) -> None:
        account = an_account(sales=(99,)).take_back("ann", NINE, of="O-1")

        with pytest.raises(InvalidValueError, match=r"left of its price, .* all of it went back"):
            account.take_back("ann", NINE, of="O-1")

    def test_takes_a_gift_back_once(self) -> None:
        account = an_account().earn(
            "ann", NINE, reference="F-1", scheme=CLUB, facts={"occasion": "referral"}
        )

        account = account.take_back("ann", NINE, of="F-1")

        assert account.balance == 0
        with pytest.raises(InvalidValueError, match="has no points left to take back: all 50"):
            account.take_back("ann", NINE, of="F-1")

    @pytest.mark.parametrize("spent", [0, 30])
    def test_takes_points_of_free_goods_back_whole_and_once(self, spent: int) -> None:
        bonus = EarnRule(code="bonus", label=Text("Bonus", "奖励"), points=50)
        free = attrs.evolve(CLUB, rules=(bonus,))
        account = an_account().earn("ann", NINE, reference="O-9", scheme=free, amount=yuan(0))
        if spent:
            account = account.redeem("ann", NINE, points=spent)

        with pytest.raises(InvalidValueError, match=r"came for 0.00 CNY; leave it out"):
            account.take_back("ann", NINE, of="O-9", amount=yuan(1))
        account = account.take_back("ann", NINE, of="O-9")

        assert (account.balance, account.debt) == (0, spent)
        with pytest.raises(InvalidValueError, match="all 50 were; if more are to go, adjust"):
            account.take_back("ann", NINE, of="O-9")

    def test_refuses_goods_that_can_no_longer_be_returned(self) -> None:
        account = an_account(sales=(100,))

        with pytest.raises(InvalidValueError, match="adjust the points instead"):
            account.take_back("ann", NINE + 90 * DAY, of="O-1")

    def test_refuses_what_earned_nothing(self) -> None:
        with pytest.raises(InvalidValueError, match="of is 'O-9': it must be an act"):
            an_account(sales=(100,)).take_back("ann", NINE, of="O-9")

    def test_keeps_a_lot_that_is_spent_for_as_long_as_goods_may_be_returned(self) -> None:
        account = an_account(sales=(100, 100)).redeem("ann", NINE + DAY, points=10)

        assert [lot.number for lot in account.lots] == [1, 2]
        later = account.redeem("ann", NINE + 90 * DAY, points=1)
        assert [lot.number for lot in later.lots] == [2]


class TestGiveBack:
    def test_returns_points_to_lapse_when_they_would_have(self) -> None:
        account = an_account(sales=(100, 200)).redeem("ann", NINE + DAY, points=15)

        back = account.give_back("ann", NINE + 2 * DAY, entry=entry_of(account))

        assert [lot.left for lot in back.lots] == [10, 20]
        assert back.next_expiry == YEAR_LATER
        assert identity(back) == (30, 15, 15, 0, 30)

    def test_gives_back_first_what_was_drawn_last(self) -> None:
        account = an_account(sales=(100, 200)).redeem("ann", NINE + DAY, points=15)
        entry = entry_of(account)

        once = account.give_back("ann", NINE + DAY, entry=entry, points=3)
        entry = entry.give_back("ann", NINE + DAY, points=3)
        twice = once.give_back("ann", NINE + DAY, entry=entry, points=4)

        assert [(one.lot, one.points) for one in once.posted] == [(2, 3)]
        assert [(one.lot, one.points) for one in twice.posted] == [(2, 2), (1, 2)]

    def test_lets_lapse_what_would_have_lapsed_since(self) -> None:
        account = an_account(sales=(100,)).redeem("ann", NINE, points=10)

        back = account.give_back("ann", YEAR_LATER + DAY, entry=entry_of(account))

        assert [(one.act.value, one.points) for one in back.posted] == [
            ("given_back", 10),
            ("expired", -10),
        ]
        assert {one.at for one in back.posted} == {YEAR_LATER + DAY}
        assert identity(back) == (10, 10, 10, 10, 0)

    def test_finds_the_way_back_into_a_lot_that_was_let_go(self) -> None:
        account = an_account(sales=(100,)).redeem("ann", NINE, points=10)
        entry = entry_of(account)
        account = account.adjust("ann", NINE + 100 * DAY, points=1, reason="goodwill", scheme=CLUB)
        assert [lot.number for lot in account.lots] == [3]

        once = account.give_back("ann", NINE + 100 * DAY, entry=entry, points=4)
        entry = entry.give_back("ann", NINE + 100 * DAY, points=4)
        twice = once.give_back("ann", NINE + 101 * DAY, entry=entry)

        assert [(lot.number, lot.left) for lot in twice.lots] == [(1, 10), (3, 1)]
        assert twice.next_expiry == YEAR_LATER

    @pytest.mark.parametrize(
        ("points", "problem"),
        [
            (11, "must not be more than 10 that were redeemed"),
            (0, "must be a whole number of at least 1"),
        ],
    )
    def test_refuses_more_than_was_redeemed(self, points: int, problem: str) -> None:
        account = an_account(sales=(100,)).redeem("ann", NINE, points=10)

        with pytest.raises(InvalidValueError, match=problem):
            account.give_back("ann", NINE, entry=entry_of(account), points=points)

    def test_refuses_an_entry_of_another_account(self) -> None:
        account = an_account(sales=(100,)).redeem("ann", NINE, points=10)

        with pytest.raises(InvalidValueError, match="must be of the account club/C-8"):
            an_account("C-8").give_back("ann", NINE, entry=entry_of(account))

    def test_refuses_what_is_no_redemption(self) -> None:
        account = an_account(sales=(100,))

        with pytest.raises(InvalidValueError, match="must be that of a redemption, not: earned;"):
            account.give_back("ann", NINE, entry=entry_of(account))

    @pytest.mark.parametrize("points", [None, 1])
    def test_refuses_what_was_given_back_wholly(self, points: int | None) -> None:
        account = an_account(sales=(100,)).redeem("ann", NINE, points=10)
        given = entry_of(account).give_back("ann", NINE, points=10)

        with pytest.raises(InvalidValueError, match="no points left to give back: all 10 were"):
            account.give_back("ann", NINE, entry=given, points=points)


class TestDebt:
    def indebted(self) -> PointsAccount:
        """Return an account of 20 points that owes 70."""
        account = an_account(sales=(1000, 200)).redeem("ann", NINE + DAY, points=70)
        return account.take_back("ann", NINE + DAY, of="O-1")

    def test_is_settled_by_points(self) -> None:
        account = self.indebted().settle("ann", NINE + DAY)

        assert (account.debt, account.balance) == (50, 0)
        assert identity(account) == (120, -50, 70, 0, 0)

    def test_is_settled_in_part(self) -> None:
        account = self.indebted().settle("ann", NINE + DAY, points=5)

        assert (account.debt, account.balance) == (65, 15)

    def test_is_forgiven(self) -> None:
        account = self.indebted().forgive("ann", NINE + DAY, reason="our fault", points=60)

        assert (account.debt, account.balance) == (10, 20)
        assert account.forgive("ann", NINE + DAY, reason="all of it").debt == 0

    def test_refuses_more_than_is_owed(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be more than he owes, 70"):
            self.indebted().settle("ann", NINE + DAY, points=71)

    def test_refuses_more_than_there_is(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be more than the balance, 20"):
            self.indebted().settle("ann", NINE + DAY, points=30)

    @pytest.mark.parametrize("points", [None, 5])
    def test_refuses_to_settle_or_forgive_where_nothing_is_owed(self, points: int | None) -> None:
        account = an_account(sales=(100,))

        with pytest.raises(InvalidValueError, match=r"owes no points: .*; to give points, adjust"):
            account.settle("ann", NINE, points=points)
        with pytest.raises(InvalidValueError, match=r"owes no points: .*; to give points, adjust"):
            account.forgive("ann", NINE, reason="our fault", points=points)

    def test_refuses_to_settle_without_points(self) -> None:
        account = self.indebted().redeem("ann", NINE + DAY, points=20)

        with pytest.raises(InvalidValueError, match="debt of 70 with; settle it when it has some"):
            account.settle("ann", NINE + DAY)


class TestTransfer:
    def test_keeps_when_points_lapse_and_for_what_they_came(self) -> None:
        li, wang = transfer_points(
            an_account(sales=(100, 200)), an_account("C-8"), "ann", NINE + 2 * DAY, points=15
        )

        assert identity(li) == (30, -15, 0, 0, 15)
        assert [(lot.left, lot.expires_at) for lot in wang.lots] == [
            (10, YEAR_LATER),
            (5, YEAR_LATER + DAY),
        ]
        assert {lot.source for lot in wang.lots} == {PointsSource.SALE}
        assert identity(wang) == (0, 15, 0, 0, 15)

    def test_refuses_one_account(self) -> None:
        account = an_account(sales=(100,))

        with pytest.raises(InvalidValueError, match="must be another account"):
            transfer_points(account, account, "ann", NINE, points=5)

    def test_refuses_another_scheme(self) -> None:
        other = an_account("C-8", scheme=attrs.evolve(CLUB, name="other"))

        with pytest.raises(InvalidValueError, match="must be of 'club'"):
            transfer_points(an_account(sales=(100,)), other, "ann", NINE, points=5)

    def test_refuses_another_currency(self) -> None:
        basic = attrs.evolve(CLUB.rules[0], per=Money.of(10, "EUR"))
        euros = attrs.evolve(CLUB, currency="EUR", rules=(basic,))

        with pytest.raises(InvalidValueError, match="must be of 'club' in CNY"):
            transfer_points(
                an_account(sales=(100,)), an_account("C-8", scheme=euros), "ann", NINE, points=5
            )


ODD: list[tuple[Callable[[PointsAccount, Any], object], str]] = [
    (lambda one, odd: one.open("a", "ann", NINE, customer="C-7", scheme=odd), "a PointsScheme"),
    (lambda one, odd: one.earn("ann", NINE, reference="X", scheme=odd), "a PointsScheme"),
    (
        lambda one, odd: one.adjust("ann", NINE, points=1, reason="x", scheme=odd),
        "a PointsScheme",
    ),
    (lambda one, odd: one.give_back("ann", NINE, entry=odd), "a PointsEntry"),
    (lambda one, odd: transfer_points(odd, one, "ann", NINE, points=1), "a PointsAccount"),
    (lambda one, odd: transfer_points(one, odd, "ann", NINE, points=1), "a PointsAccount"),
    (lambda one, odd: PointsEntry.of(odd, reference="X", asked="it"), "a PointsAccount"),
    (lambda one, odd: PointsEntry.of(one, reference="X", asked=odd), "text, and not blank"),
    (lambda one, odd: points_account_id(odd, "C-7"), "printable text"),
    (lambda one, odd: points_account_id("club", odd), "printable text"),
    (lambda one, odd: points_entry_id(odd, "O-1"), "printable text"),
    (lambda one, odd: points_entry_id("club/C-7", odd), "printable text"),
]


class TestOddValues:
    @pytest.mark.parametrize(("act", "problem"), ODD)
    @pytest.mark.parametrize("odd", [None, 7])
    def test_are_refused_by_name(
        self, act: Callable[[PointsAccount, Any], object], problem: str, odd: Any
    ) -> None:
        with pytest.raises(InvalidValueError, match=f"is {odd}: it must be {problem}"):
            act(an_account(), odd)

    @pytest.mark.parametrize("amount", [100.0, "100"])
    def test_are_refused_for_money(self, amount: Any) -> None:
        account = an_account(sales=(100,))

        with pytest.raises(InvalidValueError, match=r"must be a Money; write Money\.of\(…, 'CNY'"):
            account.earn("ann", NINE, reference="X", scheme=CLUB, amount=amount)
        with pytest.raises(InvalidValueError, match=r"must be a Money; write Money\.of\(…, 'CNY'"):
            account.take_back("ann", NINE, of="O-1", amount=amount)

    def test_are_refused_for_the_price_of_a_gift(self) -> None:
        account = an_account().earn(
            "ann", NINE, reference="F-1", scheme=CLUB, facts={"occasion": "referral"}
        )

        with pytest.raises(InvalidValueError, match="must be None: the points came without"):
            account.take_back("ann", NINE, of="F-1", amount=yuan(5))


class TestEntry:
    def test_is_of_what_was_asked_for(self) -> None:
        entry = entry_of(an_account(sales=(100,)))

        assert entry.is_of("it")
        assert not entry.is_of("something else")
        assert not entry.is_of("half a \ud83d")

    def test_refuses_a_reference_of_points_that_lapse(self) -> None:
        with pytest.raises(InvalidValueError, match="must not begin as that of points that lapse"):
            entry_of(an_account(sales=(100,)), "expiry-1")

    def test_of_what_lapsed_is_named_by_its_first_posting(self) -> None:
        account = an_account(sales=(100, 200)).expire("ann", NINE + 400 * DAY)

        entry = PointsEntry.of_lapse(account)

        assert (entry.reference, entry.points, entry.number) == ("expiry-3", -30, 4)


class TestRecords:
    def test_refuse_to_be_put_back(self) -> None:
        account = an_account(sales=(100,))
        entry = entry_of(account)

        with pytest.raises(InvalidValueError, match="must not be put back; take points back"):
            account.restore("ann", NINE, earlier=account)
        with pytest.raises(InvalidValueError, match="must not be put back; take points back"):
            entry.restore("ann", NINE, earlier=entry)

    def test_are_read_back_as_they_were_stored(self) -> None:
        account = an_account(sales=(100, 200)).redeem("ann", NINE + DAY, points=15)
        entry = entry_of(account)

        stored = POINTS_ACCOUNT_CODEC.encode_exactly(account)
        assert POINTS_ACCOUNT_CODEC.decode(stored, POINTS_ACCOUNT_CODEC.schema) == account
        told = POINTS_ENTRY_CODEC.encode_exactly(entry)
        assert POINTS_ENTRY_CODEC.decode(told, POINTS_ENTRY_CODEC.schema) == entry

    def test_refuse_totals_that_do_not_add_up(self) -> None:
        with pytest.raises(InvalidValueError, match="must be redeemed"):
            attrs.evolve(an_account(sales=(100,)), earned=9)

    def test_refuse_a_debt_below_0(self) -> None:
        with pytest.raises(InvalidValueError, match="debt is -1: it must not be below 0"):
            attrs.evolve(an_account(), debt=-1)

    @pytest.mark.parametrize(
        ("told", "problem"),
        [
            ({"left": -1}, "left is -1: it must be a whole number of at least 0"),
            ({"spent": 1.0}, "spent is 1.0: it must be a whole number of at least 0"),
            ({"left": 11}, "must be no more than the 10 granted"),
            (
                {"withdrawn": 1},
                "^sum of left, spent, withdrawn and lapsed is 11: it must be no more",
            ),
            ({"reversed": 11}, "^reversed is 11: it must be no more than the 10 granted"),
        ],
    )
    def test_refuse_a_lot_of_more_than_was_granted(
        self, told: dict[str, Any], problem: str
    ) -> None:
        (lot,) = an_account(sales=(100,)).lots
        assert isinstance(lot, PointsLot)

        with pytest.raises(InvalidValueError, match=problem):
            attrs.evolve(lot, **told)

    @pytest.mark.parametrize("told", [{"points": 0, "amount": None}, {"act": PointsAct.OPENED}])
    def test_refuse_a_posting_that_does_nothing(self, told: dict[str, Any]) -> None:
        (posting,) = an_account(sales=(100,)).posted

        with pytest.raises(InvalidValueError, match="must change something"):
            attrs.evolve(posting, **told)

    def test_tell_of_an_entry_what_was_done(self) -> None:
        account = an_account(sales=(100,)).adjust(
            "bob", YEAR_LATER, points=5, reason="goodwill", scheme=CLUB
        )
        entry = entry_of(account)

        assert (entry.act, entry.by, entry.at, entry.reason) == (
            PointsAct.ADJUSTED,
            "bob",
            YEAR_LATER,
            "goodwill",
        )
        assert (entry.points, entry.number, entry.left) == (5, 3, 0)

    def test_name_the_row_of_a_posting(self) -> None:
        (posting,) = an_account(sales=(100,)).posted
        assert isinstance(posting, PointsPosting)

        row = posting_row(
            posting,
            account="club/C-7",
            customer="C-7",
            scheme="club",
            reference="O-1",
            currency="CNY",
        )

        assert (row["account_id"], row["points"], row["amount"]) == ("club/C-7", 10, 10_000)
        assert row["source"] == "sale"

    def test_stay_small_however_long_they_live(self) -> None:
        ever = PointsScheme(
            name="club", currency="CNY", rules=(BASIC,), expiry=PointsExpiry(months=1)
        )
        account = an_account(scheme=ever)
        for day in range(1000):
            at = NINE + timedelta(days=day)
            account = account.earn("ann", at, reference=f"O-{day}", scheme=ever, amount=yuan(100))

        # 90 days for returns, and a day that is not over.
        assert len(account.lots) <= 91
        assert account.number > 1900


class TestCheckDeletable:
    def test_lets_an_account_go_in_which_nothing_was_put_down(self) -> None:
        an_account(sales=()).check_deletable()

    def test_refuses_one_with_postings(self) -> None:
        with pytest.raises(InvalidValueError, match="its ledger holds 1 posting; take points"):
            an_account(sales=(100,)).check_deletable()
