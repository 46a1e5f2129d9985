"""A statement adds up, or is not made."""

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from crmkit.errors import InvalidValueError
from crmkit.loyalty import PointsAccount, PointsEntry, PointsExpiry, PointsStatement
from crmkit.testing import NINE

from .schemes import CLUB, DAY, an_account, yuan


def a_year() -> tuple[PointsAccount, list[PointsEntry]]:
    """Return an account with two sales, a redemption and a return that leaves a debt."""
    account = an_account()
    entries = []

    def keep(after: PointsAccount, reference: str) -> PointsAccount:
        entries.append(PointsEntry.of(after, reference=reference, asked="it"))
        return after

    for place, amount in enumerate((1000, 200)):
        at, reference = NINE + place * DAY, f"O-{place + 1}"
        account = keep(
            account.earn("ann", at, reference=reference, scheme=CLUB, amount=yuan(amount)),
            reference,
        )
    account = keep(account.redeem("ann", NINE + 2 * DAY, points=70), "R-1")
    account = keep(account.take_back("ann", NINE + 3 * DAY, of="O-1"), "B-1")
    return account, entries


class TestWithdrawn:
    def test_are_no_debt_when_the_goods_come_back(self) -> None:
        """100 earned, 30 redeemed, 40 taken away by the shop; all goods come back: 30 are owed."""
        first = an_account(sales=(1000,))
        spent = first.redeem("ann", NINE + DAY, points=30)
        less = spent.adjust("ann", NINE + 2 * DAY, points=-40, reason="twice", scheme=CLUB)
        back = less.take_back("ann", NINE + 3 * DAY, of="O-1")
        named = zip((first, spent, less, back), ("O-1", "R-1", "A-1", "B-1"), strict=True)
        entries = [PointsEntry.of(one, reference=name, asked="it") for one, name in named]

        told = PointsStatement.of(back, entries, since=NINE, until=NINE + 9 * DAY)

        assert [line.posting.points for line in told.lines] == [100, -30, -40, -30]
        assert [line.posting.debt for line in told.lines] == [0, 0, 0, 30]
        assert (told.closing, told.debt) == (0, 30)
        assert (told.total("earned"), told.total("adjusted")) == (100, -70)


class TestStatement:
    def test_tells_what_happened_within_the_time(self) -> None:
        account, entries = a_year()

        told = PointsStatement.of(account, entries, since=NINE + DAY, until=NINE + 3 * DAY)

        assert (told.opening, told.closing, told.debt) == (100, 50, 0)
        assert [(one.reference, one.balance) for one in told.lines] == [("O-2", 120), ("R-1", 50)]

    def test_holds_the_identity(self) -> None:
        account, entries = a_year()

        told = PointsStatement.of(account, entries, since=NINE, until=NINE + 9 * DAY)

        sums = {term: told.total(term) for term in ("earned", "adjusted", "redeemed", "expired")}
        assert sums == {"earned": 120, "adjusted": -30, "redeemed": 70, "expired": 0}
        assert sums["earned"] + sums["adjusted"] == sums["redeemed"] + told.closing

    def test_reads_in_chinese(self) -> None:
        account, entries = a_year()

        told = PointsStatement.of(account, entries, since=NINE + 3 * DAY, until=NINE + 4 * DAY)

        assert told.text("zh").splitlines() == [
            "C-7的积分对账单，2026-03-05 09:00 UTC至2026-03-06 09:00 UTC",
            "期初余额：50",
            "2026-03-05 09:00 UTC  退货扣回积分  -30  欠分 +70  (B-1)  20",
            "期末余额：20",
            "欠分：70",
            "2027-03-04 00:00 UTC到期：20",
        ]

    def test_tells_an_act_in_one_line_and_nothing_owed_where_nothing_is(self) -> None:
        """90 points of the first sale are gone; 20 come from both."""
        account, entries = an_account(), []
        for place, amount in enumerate((1000, 200)):
            reference = f"O-{place}"
            account = account.earn(
                "ann", NINE, reference=reference, scheme=CLUB, amount=yuan(amount)
            )
            entries.append(PointsEntry.of(account, reference=reference, asked="it"))
        for place, points in enumerate((90, 20)):
            account = account.redeem("ann", NINE, points=points)
            entries.append(PointsEntry.of(account, reference=f"R-{place}", asked="it"))

        told = PointsStatement.of(account, entries, since=NINE, until=NINE + DAY)

        assert len(told.lines) == 5
        assert str(told).splitlines()[4:] == [
            "2026-03-02 09:00 UTC  redeemed  -90  (R-0)  30",
            "2026-03-02 09:00 UTC  redeemed  -20  (R-1)  10",
            "Balance: 10",
            "Lapse at 2027-03-03 00:00 UTC: 10",
        ]

    def test_tells_nothing_of_points_that_never_lapse(self) -> None:
        ever = attrs.evolve(CLUB, expiry=PointsExpiry(months=None))
        account = an_account(sales=(100,), scheme=ever)
        entries = [PointsEntry.of(account, reference="O-1", asked="it")]

        told = PointsStatement.of(account, entries, since=NINE, until=NINE + DAY)

        assert (told.closing, told.lapsing) == (10, ())

    def test_does_not_count_what_has_lapsed_although_nobody_put_it_down(self) -> None:
        """20 points of the second sale lapse on 4 March 2027; the 70 owed stay."""
        account, entries = a_year()

        told = PointsStatement.of(account, entries, since=NINE + 9 * DAY, until=NINE + 400 * DAY)

        assert (told.opening, told.closing, told.total("expired"), told.debt) == (20, 0, 20, 70)
        assert told.lapsing == ()
        assert str(told).splitlines()[2] == "2027-03-04 00:00 UTC  expired  -20  0"
        ended = account.expire("ann", NINE + 400 * DAY)
        entry = PointsEntry.of(ended, reference="E-1", asked="it")
        put_down = PointsStatement.of(
            ended, [*entries, entry], since=NINE + 9 * DAY, until=NINE + 400 * DAY
        )
        assert put_down.closing == told.closing
        assert [one.posting for one in put_down.lines] == [one.posting for one in told.lines]

    def test_counts_up_to_its_end_what_lapses_there(self) -> None:
        """To midnight of 4 March 2027 he has 20, which lapse at that instant."""
        account, entries = a_year()
        midnight = datetime(2027, 3, 4, tzinfo=UTC)

        until = PointsStatement.of(account, entries, since=NINE, until=midnight)
        after = PointsStatement.of(account, entries, since=midnight, until=midnight + DAY)

        assert (until.closing, until.lapsing) == (20, ((midnight, 20),))
        assert (after.opening, after.closing, after.lapsing) == (20, 0, ())

    def test_speaks_of_the_zone_of_the_scheme(self) -> None:
        account, entries = a_year()
        told = PointsStatement.of(account, entries, since=NINE + 3 * DAY, until=NINE + 4 * DAY)

        lines = told.text("zh", timezone="Asia/Shanghai").splitlines()

        assert lines[0] == "C-7的积分对账单，2026-03-05 17:00 CST至2026-03-06 17:00 CST"
        assert lines[2].startswith("2026-03-05 17:00 CST")
        assert lines[-1] == "2027-03-04 08:00 CST到期：20"

    def test_refuses_an_entry_that_is_missing(self) -> None:
        account, entries = a_year()

        with pytest.raises(InvalidValueError, match="must be all 4 of the account, each once"):
            PointsStatement.of(account, entries[1:], since=NINE, until=NINE + DAY)

    def test_needs_no_entry_older_than_the_last_before_it(self) -> None:
        account, entries = a_year()
        for place in (1, 2, 3):
            since, until = NINE + place * DAY, NINE + (place + 1) * DAY

            told = PointsStatement.of(account, entries[place - 1 :], since=since, until=until)

            assert told == PointsStatement.of(account, entries, since=since, until=until)

    def test_refuses_to_begin_with_what_may_not_be_the_first(self) -> None:
        """Without the sale of the day before, nobody knows whether one of this day is missing."""
        account, entries = a_year()

        with pytest.raises(
            InvalidValueError, match=r"those before the last entry before .* may be"
        ):
            PointsStatement.of(account, entries[1:], since=NINE + DAY, until=NINE + 2 * DAY)

    @pytest.mark.parametrize("left", [0, 1, 2, 3])
    def test_refuses_an_entry_that_leaves_another_balance(self, left: int) -> None:
        account, entries = a_year()
        entries[left] = attrs.evolve(entries[left], balance=entries[left].balance + 1)

        with pytest.raises(InvalidValueError, match="must leave a balance of"):
            PointsStatement.of(account, entries, since=NINE, until=NINE + DAY)

    @pytest.mark.parametrize("odd", [None, 7, "O-1"])
    def test_refuses_what_is_no_entry(self, odd: Any) -> None:
        account, _ = a_year()

        with pytest.raises(InvalidValueError, match=r"entries is .*: it must be several values"):
            PointsStatement.of(account, odd, since=NINE, until=NINE + DAY)
        with pytest.raises(InvalidValueError, match=r"entry is .*: it must be a PointsEntry"):
            PointsStatement.of(account, [odd], since=NINE, until=NINE + DAY)
        with pytest.raises(InvalidValueError, match=r"account is .*: it must be a PointsAccount"):
            PointsStatement.of(odd, [], since=NINE, until=NINE + DAY)

    def test_refuses_an_entry_of_another_account(self) -> None:
        _, entries = a_year()

        with pytest.raises(InvalidValueError, match="must be of the account club/C-8"):
            PointsStatement.of(an_account("C-8"), entries, since=NINE, until=NINE + DAY)

    def test_refuses_what_does_not_add_up(self) -> None:
        account, entries = a_year()
        (first,) = entries[0].postings
        forged = attrs.evolve(entries[0], postings=(attrs.evolve(first, points=101),))

        with pytest.raises(InvalidValueError, match="must add up to the account, 20 and a debt"):
            PointsStatement.of(account, [forged, *entries[1:]], since=NINE, until=NINE + DAY)

    @pytest.mark.parametrize("until", [NINE, NINE - DAY])
    def test_refuses_a_time_that_is_none(self, until: datetime) -> None:
        account, entries = a_year()

        with pytest.raises(InvalidValueError, match="must be later than since"):
            PointsStatement.of(account, entries, since=NINE, until=until)

    def test_refuses_a_term_that_is_none(self) -> None:
        account, entries = a_year()
        told = PointsStatement.of(account, entries, since=NINE, until=NINE + DAY)

        with pytest.raises(InvalidValueError, match="must be one of earned, adjusted"):
            told.total("spent")
        with pytest.raises(InvalidValueError, match=r"term is \[\]: it must be one of earned"):
            told.total([])  # type: ignore[arg-type]  # the caller's mistake
