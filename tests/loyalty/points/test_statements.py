"""A statement adds up, or is not made."""

from datetime import datetime

import attrs
import pytest

from crmkit.errors import InvalidValueError
from crmkit.loyalty import PointsAccount, PointsEntry, PointsStatement
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
            "届时到期：2027-03-04 00:00 UTC 20",
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
            "Lapse by then: 2027-03-03 00:00 UTC 10",
        ]

    def test_tells_nothing_of_points_that_never_lapse(self) -> None:
        account, entries = a_year()
        ever = [
            attrs.evolve(
                one,
                postings=tuple(attrs.evolve(line, expires_at=None) for line in one.postings),
            )
            for one in entries
        ]

        assert PointsStatement.of(account, ever, since=NINE, until=NINE + DAY).lapsing == ()

    def test_refuses_an_entry_that_is_missing(self) -> None:
        account, entries = a_year()

        with pytest.raises(InvalidValueError, match="must be all 4 of the account, each once"):
            PointsStatement.of(account, entries[1:], since=NINE, until=NINE + DAY)

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
