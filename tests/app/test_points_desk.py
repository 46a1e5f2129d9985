"""The desk of points: asked twice, done once; all of it saved, or nothing."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

import crmkit
from crmkit.app import CRM
from crmkit.errors import ConflictError, InvalidValueError, NotFoundError
from crmkit.loyalty import PointsAct, points_balances
from crmkit.testing import NINE

from ..loyalty.points.schemes import CLUB, DAY, identity, yuan


LI, WANG = "club/C-7", "club/C-8"


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", durable=False) as opened:
        at_nine = opened.acting(at=NINE)
        for customer in ("C-7", "C-8"):
            at_nine.points.open(customer=customer, scheme=CLUB)
        yield at_nine


def a_sale(crm: CRM, reference: str = "O-1", *, amount: int = 1000) -> None:
    crm.points.earn(LI, reference=reference, scheme=CLUB, amount=yuan(amount))


Act = Callable[[CRM], object]
ACTS: list[Act] = [
    lambda crm: crm.points.earn(LI, reference="X", scheme=CLUB, amount=yuan(10)),
    lambda crm: crm.points.redeem(LI, reference="X", points=10),
    lambda crm: crm.points.adjust(LI, reference="X", points=5, reason="goodwill", scheme=CLUB),
    lambda crm: crm.points.take_back(LI, reference="X", of="O-1", amount=yuan(100)),
    lambda crm: crm.points.give_back(LI, reference="X", of="R-1", points=5),
    lambda crm: crm.points.settle(LI, reference="X", points=5),
    lambda crm: crm.points.forgive(LI, reference="X", reason="our fault", points=5),
    lambda crm: crm.points.transfer(LI, reference="X", to=WANG, points=5),
]


def with_debt(crm: CRM) -> None:
    """Let Li have points, a redemption that can be given back, and a debt."""
    a_sale(crm)
    a_sale(crm, "O-2")
    crm.points.redeem(LI, reference="R-1", points=150)
    crm.points.take_back(LI, reference="B-1", of="O-1", amount=yuan(500))


class TestReference:
    @pytest.mark.parametrize("act", ACTS)
    def test_does_once_what_is_asked_twice(self, crm: CRM, act: Act) -> None:
        with_debt(crm)
        first = act(crm)
        account = crm.points.get(LI)

        again = act(crm.acting(at=NINE + DAY))

        assert again == first
        assert crm.points.get(LI) == account

    def test_gives_what_was_put_down_whatever_happened_since(self, crm: CRM) -> None:
        a_sale(crm)
        first = crm.points.redeem(LI, reference="R-1", points=100)

        crm.points.give_back(LI, reference="G-1", of="R-1")

        again = crm.points.redeem(LI, reference="R-1", points=100)
        assert (again.postings, again.balance) == (first.postings, 0)
        assert again.given_back == 100

    def test_refuses_another_thing(self, crm: CRM) -> None:
        a_sale(crm)
        crm.points.redeem(LI, reference="R-1", points=10)

        with pytest.raises(InvalidValueError, match="was used before, for 'redeem points=10'"):
            crm.points.redeem(LI, reference="R-1", points=20)

    def test_is_of_one_account(self, crm: CRM) -> None:
        for id in (LI, WANG):
            crm.points.earn(id, reference="O-1", scheme=CLUB, amount=yuan(100))

        assert [crm.points.get(id).balance for id in (LI, WANG)] == [10, 10]


class TestDesk:
    def test_refuses_a_second_account_of_a_customer(self, crm: CRM) -> None:
        with pytest.raises(ConflictError):
            crm.points.open(customer="C-7", scheme=CLUB)

    def test_knows_no_other_account(self, crm: CRM) -> None:
        for act in (crm.points.expire, crm.points.get):
            with pytest.raises(NotFoundError):
                act("club/C-9")
        with pytest.raises(NotFoundError):
            crm.points.redeem("club/C-9", reference="R-1", points=1)
        with pytest.raises(NotFoundError):
            crm.points.statement("club/C-9", since=NINE)

    def test_knows_no_redemption_that_was_not(self, crm: CRM) -> None:
        with pytest.raises(NotFoundError):
            crm.points.give_back(LI, reference="G-1", of="R-9")

    def test_puts_down_every_act(self, crm: CRM) -> None:
        with_debt(crm)
        crm.points.give_back(LI, reference="G-1", of="R-1", points=30)
        crm.points.settle(LI, reference="S-1", points=20)
        crm.points.forgive(LI, reference="F-1", reason="our fault")
        crm.points.adjust(LI, reference="A-1", points=20, reason="goodwill", scheme=CLUB)
        crm.points.transfer(LI, reference="T-1", to=WANG, points=5)

        account = crm.points.get(LI)

        assert identity(account) == (200, 25, 150, 0, 75)
        assert account.debt == 0
        acts = [entry.act for entry in crm.points.entries(LI)]
        assert acts[:4] == [
            PointsAct.EARNED,
            PointsAct.EARNED,
            PointsAct.REDEEMED,
            PointsAct.TAKEN_BACK,
        ]
        assert crm.points.get(WANG).balance == 5
        assert crm.points.entries(WANG)[0].reference == "T-1"

    def test_keeps_every_posting_as_a_fact(self, crm: CRM) -> None:
        with_debt(crm)
        crm.points.transfer(LI, reference="T-1", to=WANG, points=5)

        facts = crm.frames.points_postings()

        told = sorted(facts[facts["account_id"] == LI]["number"])
        assert told == [*range(1, crm.points.get(LI).number + 1)]
        balances = points_balances(facts, as_of=NINE).set_index("account_id")
        for id in (LI, WANG):
            account = crm.points.get(id)
            row = balances.loc[id]
            assert [*row] == [*identity(account), account.debt]

    def test_stores_nothing_of_what_is_refused(self, crm: CRM) -> None:
        a_sale(crm)

        with pytest.raises(InvalidValueError):
            crm.points.transfer(LI, reference="T-1", to=WANG, points=101)

        assert crm.points.entries(WANG) == ()
        assert len(crm.frames.points_postings()) == 1

    def test_saves_with_other_records_or_not_at_all(self, crm: CRM) -> None:
        def work(tx: Any) -> None:
            tx.points.earn(LI, reference="O-1", scheme=CLUB, amount=yuan(100))
            tx.points.redeem(LI, reference="R-1", points=10)
            assert tx.points.statement(LI, since=NINE, until=NINE + DAY).closing == 0
            tx.customers.add_person(name=" ")

        with pytest.raises(InvalidValueError, match="name is ' '"):
            crm.run(work)

        assert crm.points.get(LI).number == 0
        assert crm.points.entries(LI) == ()

    def test_is_found_by_what_it_holds(self, crm: CRM) -> None:
        with_debt(crm)

        assert [one.id for one in crm.points.find(("debt", ">", 0))] == [LI]
        assert [one.id for one in crm.points.find(("balance", ">=", 1))] == [LI]
        assert [one.id for one in crm.points.find(customer="C-8")] == [WANG]

    def test_is_in_the_history_and_in_frames(self, crm: CRM) -> None:
        a_sale(crm)

        assert len(crm.history.of(LI, kind="points_account")) == 2
        assert crm.frames.points_accounts()["earned"].tolist() == [100, 0]
        assert crm.frames.points_entries()["reference"].tolist() == ["O-1"]
        with pytest.raises(InvalidValueError, match="must not be put back"):
            crm.history.of(LI, kind="points_account").restore(1)

    def test_keeps_an_entry_that_posts_nothing(self, crm: CRM) -> None:
        """A gift has lapsed, and is put down as such, before it is taken back."""
        ever = attrs.evolve(CLUB, returns_within=None)
        crm.points.earn(LI, reference="F-1", scheme=ever, facts={"occasion": "referral"})
        later = crm.acting(at=NINE + 400 * DAY)
        later.points.expire(LI)

        entry = later.points.take_back(LI, reference="B-1", of="F-1")

        assert (entry.postings, entry.number, entry.points) == ((), 0, 0)
        assert later.points.statement(LI, since=NINE).closing == 0


class TestErase:
    def test_takes_the_reason_out_and_keeps_the_points(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        reason = "Li Wei was ill"
        crm.points.adjust(LI, reference="A-1", points=20, reason=reason, scheme=CLUB)

        crm.acting(at=NINE + DAY).erase("C-7")

        (entry,) = crm.points.entries(LI)
        assert entry.reason == "REDACTED"
        assert crm.points.get(LI).trail[0].note == "REDACTED"
        assert crm.points.get(LI).balance == 20


class TestExpireDue:
    def test_puts_down_what_has_lapsed_and_only_that(self, crm: CRM) -> None:
        a_sale(crm)
        later = crm.acting(at=NINE + 400 * DAY)

        (entry,) = later.points.expire_due()

        assert (entry.account, entry.points, entry.reference) == (LI, -100, "expiry-2")
        assert later.points.expire_due() == ()
        assert later.points.expire(LI) is None


class TestStatement:
    def test_is_made_of_the_entries(self, crm: CRM) -> None:
        with_debt(crm)

        told = crm.acting(at=NINE + timedelta(hours=1)).points.statement(LI, since=NINE)

        assert (told.opening, told.closing, told.debt) == (0, 50, 50)
        assert [line.reference for line in told.lines] == ["O-1", "O-2", "R-1", "R-1", "B-1"]

    def test_ends_when_it_is_told(self, crm: CRM) -> None:
        a_sale(crm)
        noon: datetime = NINE + timedelta(hours=3)

        told = crm.points.statement(LI, since=NINE - DAY, until=noon)

        assert (told.until, told.closing) == (noon, 100)
