"""The desk of points: asked twice, done once; all of it saved, or nothing."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest

import crmkit
from crmkit.app import CRM, Transaction
from crmkit.errors import ConflictError, InvalidValueError, NotFoundError
from crmkit.kernel import AllOf, Channel, Compare, Text
from crmkit.loyalty import (
    POINTS_ENTRY_CODEC,
    EarnRule,
    PointsAct,
    PointsScheme,
    points_balances,
    points_entry_id,
)
from crmkit.storage import MemoryStore, Query, Record, journal
from crmkit.testing import NINE

from ..loyalty.points.schemes import BASIC, CLUB, DAY, REFERRAL, identity, yuan


LI, WANG = "club/C-7", "club/C-8"


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", durable=False) as opened:
        at_nine = opened.acting(at=NINE)
        for customer in ("C-7", "C-8"):
            at_nine.points.open(customer=customer, scheme=CLUB)
        yield at_nine


def a_sale(crm: CRM | Transaction, reference: str = "O-1", *, amount: int = 1000) -> None:
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


@attrs.define
class Interrupted:
    """A clock that ticks with each look, and lets somebody else act before the first one."""

    moment: datetime
    meanwhile: Callable[[], None] | None = None

    def __call__(self) -> datetime:
        self.moment += timedelta(microseconds=1)
        told, act, self.meanwhile = self.moment, self.meanwhile, None
        if act is not None:
            act()
        return told


def asking(*facts: str) -> PointsScheme:
    """Return the scheme with a rule that asks for more facts than its own."""
    more = EarnRule(
        code="more",
        label=Text("More", "加分"),
        points=1,
        when=AllOf(tuple(Compare(fact, "=", "never") for fact in facts)),
    )
    return attrs.evolve(CLUB, rules=(BASIC, more))


RICH = asking("occasion", "tier", "channel")
NUMBERED = attrs.evolve(
    CLUB,
    rules=(
        BASIC,
        attrs.evolve(
            REFERRAL,
            when=AllOf(
                (
                    Compare("occasion", "=", 7),
                    Compare("tier", "=", "gold"),
                    Compare("share", ">", 2),
                    Compare("channel", "=", "shop"),
                )
            ),
        ),
    ),
)


def occupy(crm: CRM, id: str) -> None:
    """Store an entry under the reference that the next lapse is given."""
    (entry,) = crm.points.entries(id)
    name = "expiry-2"
    other = attrs.evolve(entry, id=points_entry_id(id, name), reference=name, postings=())
    crm.work(lambda unit: unit.add(POINTS_ENTRY_CODEC, other))


def a_sale_of_one_opened(crm: CRM) -> None:
    """Open Li's account, and let him buy."""
    crm.points.open(customer="C-7", scheme=CLUB)
    a_sale(crm)


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

        with pytest.raises(InvalidValueError, match="for something else: redeemed; give"):
            crm.points.redeem(LI, reference="R-1", points=20)

    @pytest.mark.parametrize(
        ("act", "other"),
        [
            ("earn", {"earned_at": NINE - DAY}),
            ("earn", {"amount": yuan(101)}),
            ("earn", {"facts": {"occasion": "1 tier=2"}}),
            ("earn", {"facts": {"occasion": 1, "tier": "2"}}),
            ("earn", {"facts": {"occasion": "1"}}),
            ("adjust", {"reason": "goodwill, once more"}),
            ("adjust", {"points": 6}),
            ("forgive", {"reason": "his fault"}),
        ],
    )
    def test_refuses_the_same_told_otherwise(
        self, crm: CRM, act: str, other: dict[str, Any]
    ) -> None:
        with_debt(crm)
        told: dict[str, dict[str, Any]] = {
            "earn": {
                "scheme": RICH,
                "amount": yuan(100),
                "facts": {"occasion": "1", "tier": "2"},
                "earned_at": NINE,
            },
            "adjust": {"points": 5, "reason": "goodwill", "scheme": CLUB},
            "forgive": {"points": 5, "reason": "our fault"},
        }
        getattr(crm.points, act)(LI, reference="X", **told[act])

        with pytest.raises(InvalidValueError, match="was used before, for something else"):
            getattr(crm.points, act)(LI, reference="X", **told[act] | other)

    def test_knows_the_same_thing_in_other_words(self, crm: CRM) -> None:
        facts: dict[str, object] = {"occasion": Decimal(1), "tier": Channel.SHOP, "share": 0.5}
        first = crm.points.earn(
            LI, reference="X", scheme=NUMBERED, amount=yuan(100), facts=facts, earned_at=NINE
        )
        beijing = NINE.astimezone(ZoneInfo("Asia/Shanghai"))
        same: dict[str, object] = {
            "share": Fraction(1, 2),
            "tier": "shop",
            "channel": None,
            "occasion": np.int64(1),
        }

        again = crm.points.earn(
            LI, reference="X", scheme=NUMBERED, amount=yuan("100.00"), facts=same, earned_at=beijing
        )

        assert again == first

    def test_refuses_a_fact_that_cannot_be_told(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="object is neither text, nor a number"):
            crm.points.earn(
                LI, reference="X", scheme=RICH, amount=yuan(9), facts={"tier": object()}
            )

    def test_names_what_cannot_be_told(self, crm: CRM) -> None:
        odd: dict[Any, object] = {1: 2, "tier": "gold"}

        with pytest.raises(InvalidValueError, match=r"^name in facts is 1: it must be text$"):
            crm.points.earn(LI, reference="X", scheme=RICH, amount=yuan(9), facts=odd)
        with pytest.raises(InvalidValueError, match=r"^earned_at is .*: it must have a time zone"):
            crm.points.earn(
                LI, reference="X", scheme=CLUB, amount=yuan(9), earned_at=datetime(2026, 1, 1)
            )

    def test_is_not_that_of_points_that_lapse(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="must not begin as that of points that lapse"):
            a_sale(crm, "expiry-2")

        assert crm.points.get(LI).number == 0

    def test_can_be_one(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="reference is '': it must be printable text"):
            crm.points.redeem(LI, reference="", points=1)

    def test_is_of_one_account(self, crm: CRM) -> None:
        for id in (LI, WANG):
            crm.points.earn(id, reference="O-1", scheme=CLUB, amount=yuan(100))

        assert [crm.points.get(id).balance for id in (LI, WANG)] == [10, 10]


class TestClock:
    """Somebody else saves between two looks at the clock: who comes later is not refused."""

    @pytest.mark.parametrize("act", [*ACTS, lambda crm: crm.points.expire(LI)])
    def test_is_read_after_the_account(self, act: Act) -> None:
        clock = Interrupted(NINE - DAY)
        with crmkit.open(actor="ann", clock=clock) as crm:
            for customer in ("C-7", "C-8"):
                crm.points.open(customer=customer, scheme=CLUB)
            with_debt(crm)
            clock.moment = NINE
            clock.meanwhile = lambda: a_sale(crm, "O-9")

            act(crm)

            assert clock.meanwhile is None
            references = [entry.reference for entry in crm.points.entries(LI)]
            assert "O-9" in references


class TestDesk:
    def test_opens_one_account_however_often_it_is_asked(self, crm: CRM) -> None:
        a_sale(crm)

        again = crm.acting(at=NINE + DAY).points.open(customer="C-7", scheme=CLUB)

        assert again == crm.points.get(LI)
        assert again.balance == 100

    def test_opens_one_account_although_another_was_quicker(self) -> None:
        clock = Interrupted(NINE)
        with crmkit.open(actor="ann", clock=clock) as crm:
            clock.meanwhile = lambda: a_sale_of_one_opened(crm)

            told = crm.points.open(customer="C-7", scheme=CLUB)

            assert told == crm.points.get(LI)
            assert told.balance == 100

    def test_opens_no_second_account_in_another_currency(self, crm: CRM) -> None:
        euro = attrs.evolve(CLUB, currency="EUR", rules=(REFERRAL,))

        with pytest.raises(InvalidValueError, match="must be CNY, in which 'club/C-7' was opened"):
            crm.points.open(customer="C-7", scheme=euro)

    def test_says_how_to_open_what_was_deleted(self, crm: CRM) -> None:
        crm.points.delete(LI)

        with pytest.raises(NotFoundError, match="it was deleted: undelete it first"):
            crm.points.open(customer="C-7", scheme=CLUB)

    @pytest.mark.parametrize("scheme", [None, "club"])
    def test_refuses_what_is_no_scheme(self, crm: CRM, scheme: Any) -> None:
        for act in (
            lambda: crm.points.open(customer="C-7", scheme=scheme),
            lambda: crm.points.earn(LI, reference="X", scheme=scheme),
            lambda: crm.points.adjust(LI, reference="X", points=5, reason="x", scheme=scheme),
        ):
            with pytest.raises(InvalidValueError, match="it must be a PointsScheme"):
                act()

    def test_knows_no_other_account(self, crm: CRM) -> None:
        for act in (crm.points.expire, crm.points.get):
            with pytest.raises(NotFoundError):
                act("club/C-9")
        with pytest.raises(NotFoundError):
            crm.points.redeem("club/C-9", reference="R-1", points=1)
        with pytest.raises(NotFoundError):
            crm.points.statement("club/C-9", since=NINE)

    def test_knows_no_redemption_that_was_not(self, crm: CRM) -> None:
        with pytest.raises(NotFoundError, match="no points_entry 'R-9'; name the reference under"):
            crm.points.give_back(LI, reference="G-1", of="R-9")

    def test_gives_no_sale_back(self, crm: CRM) -> None:
        a_sale(crm)

        with pytest.raises(InvalidValueError, match="'O-1': it must be that of a redemption"):
            crm.points.give_back(LI, reference="G-1", of="O-1")

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


class TestJournal:
    def test_tells_an_act_alike_however_many_lots_there_are(self) -> None:
        """A lot is about 300 bytes: a line that held all 200 would have 60,000."""
        store = MemoryStore()
        crm = CRM(store, actor="ann").acting(at=NINE)
        crm.points.open(customer="C-7", scheme=CLUB)
        with crm.transaction() as tx:
            for place in range(200):
                a_sale(tx, f"O-{place}")

        for place in range(3):
            crm.points.redeem(LI, reference=f"R-{place}", points=150)

        last = [len(line.delta) for line in journal(store, kind="points_account", id=LI)][-3:]
        assert max(last) < 2000
        past = crm.history.of(LI, kind="points_account")
        told = [one.record.balance for one in past if one.record is not None]
        assert told[-3:] == [19850, 19700, 19550]


class TestDelete:
    def test_lets_an_account_go_in_which_nothing_was_put_down(self, crm: CRM) -> None:
        opened = crm.points.get(LI)

        crm.points.delete(LI)

        assert [one.id for one in crm.points.each()] == [WANG]
        assert crm.points.undelete(LI) == opened

    def test_refuses_one_that_has_postings_even_without_points(self, crm: CRM) -> None:
        a_sale(crm)
        crm.points.redeem(LI, reference="R-1", points=100)
        before = crm.points.get(LI)

        with pytest.raises(InvalidValueError, match="its ledger holds 2 postings; take points"):
            crm.points.delete(LI)

        assert crm.points.get(LI) == before
        assert len(crm.points.entries(LI)) == 2

    def test_knows_no_other_account(self, crm: CRM) -> None:
        with pytest.raises(NotFoundError, match="club/C-9"):
            crm.points.delete("club/C-9")

    def test_refuses_within_a_transaction_too(self, crm: CRM) -> None:
        def earn_and_delete() -> None:
            with crm.transaction() as tx:
                tx.points.earn(LI, reference="O-1", scheme=CLUB, amount=yuan(1000))
                tx.points.delete(LI)

        with pytest.raises(InvalidValueError, match="must not be deleted"):
            earn_and_delete()

        assert crm.points.get(LI).number == 0


class TestHistory:
    @pytest.mark.parametrize("kind", ["points_account", "points_entry"])
    def test_puts_nothing_back(self, crm: CRM, kind: str) -> None:
        a_sale(crm)
        id = LI if kind == "points_account" else crm.points.entries(LI)[0].id

        with pytest.raises(InvalidValueError, match="must not be put back"):
            crm.history.of(id, kind=kind).restore(1)


class TestErase:
    def test_takes_the_reason_out_and_keeps_the_points(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        reason = "Li Wei was ill"
        crm.points.adjust(LI, reference="A-1", points=20, reason=reason, scheme=CLUB)

        crm.acting(at=NINE + DAY).erase("C-7")

        (entry,) = crm.points.entries(LI)
        assert (entry.reason, entry.digest) == ("REDACTED", "REDACTED")
        assert crm.points.get(LI).trail[0].note == "REDACTED"
        assert crm.points.get(LI).balance == 20

    def test_leaves_what_is_asked_again_as_it_was(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.points.adjust(LI, reference="A-1", points=20, reason="ill", scheme=CLUB)
        late = crm.acting(at=NINE + DAY)
        late.erase("C-7")

        again = late.points.adjust(LI, reference="A-1", points=20, reason="ill", scheme=CLUB)

        assert (again.points, late.points.get(LI).balance) == (20, 20)
        with pytest.raises(InvalidValueError, match="for something else: adjusted"):
            late.points.redeem(LI, reference="A-1", points=20)

    def test_finds_no_fact_that_only_the_rules_needed(self, tmp_path: Path) -> None:
        path = tmp_path / "crm.db"
        with crmkit.open(f"sqlite:///{path}", actor="ann", durable=False) as opened:
            crm = opened.acting(at=NINE)
            crm.points.open(customer="C-7", scheme=CLUB)
            scheme = asking("friend")
            facts = {"friend": "Wang Fang, 13800001111"}
            crm.points.earn(LI, reference="O-1", scheme=scheme, amount=yuan(100), facts=facts)

        written = b"".join(one.read_bytes() for one in tmp_path.iterdir())

        assert b"club/C-7" in written
        assert b"13800001111" not in written


class TestExpireDue:
    def test_puts_down_what_has_lapsed_and_only_that(self, crm: CRM) -> None:
        a_sale(crm)
        later = crm.acting(at=NINE + 400 * DAY)

        (entry,) = later.points.expire_due()

        assert (entry.account, entry.points, entry.reference) == (LI, -100, "expiry-2")
        assert later.points.expire_due() == ()
        assert later.points.expire(LI) is None

    def test_goes_on_after_an_account_that_fails(self, crm: CRM) -> None:
        """A store of before holds an entry under the reference that lapses are given."""
        for id in (LI, WANG):
            crm.points.earn(id, reference="O-1", scheme=CLUB, amount=yuan(1000))
        occupy(crm, LI)
        later = crm.acting(at=NINE + 400 * DAY)

        with pytest.raises(ConflictError, match="expiry-2") as one:
            later.points.expire_due()

        assert one.value.__notes__ == ["points of club/C-7 that lapsed are not put down"]
        assert [later.points.get(id).balance for id in (LI, WANG)] == [100, 0]

    def test_raises_together_what_failed_in_several_accounts(self, crm: CRM) -> None:
        for id in (LI, WANG):
            crm.points.earn(id, reference="O-1", scheme=CLUB, amount=yuan(1000))
            occupy(crm, id)

        with pytest.raises(ExceptionGroup, match="points that lapsed are not put down") as told:
            crm.acting(at=NINE + 400 * DAY).points.expire_due()

        assert [type(one) for one in told.value.exceptions] == [ConflictError, ConflictError]

    def test_finds_more_accounts_than_one_page_has(self) -> None:
        with crmkit.open(actor="ann") as opened:
            crm = opened.acting(at=NINE)
            with crm.transaction() as tx:
                for place in range(1001):
                    id = tx.points.open(customer=f"C-{place:04d}", scheme=CLUB).id
                    tx.points.earn(id, reference="O-1", scheme=CLUB, amount=yuan(10))

            told = crm.acting(at=NINE + 400 * DAY).points.expire_due()

        assert [entry.customer for entry in told] == [f"C-{place:04d}" for place in range(1001)]

    def test_sees_what_its_transaction_did(self, crm: CRM) -> None:
        a_sale(crm)

        def work(tx: Any) -> tuple[str, ...]:
            tx.points.expire(LI)
            tx.points.earn(
                WANG, reference="O-1", scheme=CLUB, amount=yuan(10), earned_at=NINE + DAY
            )
            return tuple(entry.account for entry in tx.points.expire_due())

        assert crm.acting(at=NINE + 400 * DAY).run(work) == ()


class CountingStore(MemoryStore):
    """A store that counts the entries it hands over."""

    handed = 0

    def find(self, query: Query) -> Sequence[Record]:
        found = super().find(query)
        self.handed += len(found)
        return found


class TestStatement:
    def test_reads_the_entries_of_its_own_account_alone(self) -> None:
        """The store looks them up by the key `account`, of which SQLite keeps an index."""
        store = CountingStore()
        crm = CRM(store, actor="ann").acting(at=NINE)
        for number in range(20):
            id = crm.points.open(customer=f"C-{number}", scheme=CLUB).id
            crm.points.earn(id, reference="O-1", scheme=CLUB, amount=yuan(100))
        store.handed = 0

        crm.points.statement("club/C-7", since=NINE, until=NINE + DAY)

        assert store.handed == 1

    def test_reads_the_entries_since_and_one_before(self) -> None:
        store = CountingStore()
        crm = CRM(store, actor="ann")
        crm.acting(at=NINE).points.open(customer="C-7", scheme=CLUB)
        for day in range(20):
            a_sale(crm.acting(at=NINE + day * DAY), f"O-{day}", amount=100)
        store.handed = 0

        told = crm.points.statement(LI, since=NINE + 18 * DAY, until=NINE + 20 * DAY)

        assert (told.opening, told.closing) == (180, 200)
        assert store.handed == 3

    def test_of_a_quiet_time_tells_what_there_was(self, crm: CRM) -> None:
        a_sale(crm)

        told = crm.points.statement(LI, since=NINE + DAY, until=NINE + 2 * DAY)

        assert (told.opening, told.lines, told.closing) == (100, (), 100)

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
