"""The ledger of points under several processes at once, some of which are killed as they write.

Whatever they do: the identity holds, no balance is below 0, no point is spent twice, nothing is
done twice under one reference, nobody is refused because others were quicker, and what is told is
what was posted and what may be spent, whether or not anybody put down what has lapsed.
"""

from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import attrs
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import crmkit
from crmkit.loyalty import PointsAct, PointsEntry, PointsExpiry, points_balances
from crmkit.testing import NINE

from ..loyalty.points.schemes import CLUB, DAY, identity, yuan
from .points_worker import Asked, Ticking, Worker


# Points lapse soon, so that some have at nearly every look.
SHORT = attrs.evolve(CLUB, expiry=PointsExpiry(months=1))
TRANSFERS = 8  # of each process, one after the other: somebody is overtaken
CUSTOMERS = ("C-7", "C-8")
ACCOUNTS = tuple(f"club/{one}" for one in CUSTOMERS)
_OWN = ("redeemed", "sent", "settled")  # what a customer does with his points
accounts = st.sampled_from(ACCOUNTS)
points = st.integers(1, 120)
places = st.integers(0, 1)
parts = st.integers(1, 3)  # all of it, a half, a third


class PointsMachine(RuleBasedStateMachine):
    """Two processes at one desk, on one file."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(mkdtemp())
        url = f"sqlite:///{self.folder / 'crm.db'}"
        self.clock = Ticking()
        self.crm = crmkit.open(url, actor="ann", clock=self.clock, durable=False)
        for customer in CUSTOMERS:
            self.crm.points.open(customer=customer, scheme=SHORT)
        # Of one account goods came back whose points were spent: 25 are owed, 30 are there.
        desk = self.crm.points
        desk.earn(ACCOUNTS[1], reference="O-0", scheme=SHORT, amount=yuan(900))
        desk.redeem(ACCOUNTS[1], reference="R-0", points=70)
        desk.take_back(ACCOUNTS[1], reference="B-0", of="O-0", amount=yuan(450))
        desk.earn(ACCOUNTS[1], reference="O-00", scheme=SHORT, amount=yuan(300))
        self.workers = [Worker.hire(url) for _ in range(2)]
        self.turn = 0

    @property
    def now(self) -> datetime:
        return self.clock()

    def teardown(self) -> None:
        if hasattr(self, "crm"):
            for worker in self.workers:
                worker.dismiss()
            self.crm.close()
            rmtree(self.folder)

    def asked(self, verb: str, id: str, **named: Any) -> Asked:
        """Ask for something under a reference of its own."""
        self.turn += 1
        return self.clock.put_on, verb, (id,), {"reference": f"{verb}-{self.turn}", **named}

    def done(self, place: int, asked: Asked) -> str:
        self.workers[place].ask(asked)
        return self.workers[place].answer()

    def entry(self, asked: Asked) -> PointsEntry | None:
        """Return what was put down under a reference; None where nothing was."""
        told = self.crm.points.entries(asked[2][0])
        return next((one for one in told if one.reference == asked[3]["reference"]), None)

    @rule(days=st.integers(1, 45))
    def time_passes(self, days: int) -> None:
        self.clock.put_on += days * DAY

    @rule(place=places, id=accounts, count=points)
    def earn(self, place: int, id: str, count: int) -> None:
        asked = self.asked("earn", id, scheme=SHORT, amount=yuan(10 * count))

        assert self.done(place, asked) == ""

    @rule(id=accounts, count=points)
    def redeem_at_once(self, id: str, count: int) -> None:
        """Both processes redeem from one account; together they get no more than there is."""
        balance = self.crm.points.get(id).available(self.now)
        both = [self.asked("redeem", id, points=count) for _ in self.workers]
        for worker, asked in zip(self.workers, both, strict=True):
            worker.ask(asked)

        told = [worker.answer() for worker in self.workers]

        assert told.count("") == min(2, balance // count)
        assert all("must not be more than the balance" in one for one in told if one)
        assert [self.entry(asked) is not None for asked in both] == [not one for one in told]

    @rule(id=accounts, count=points)
    def ask_twice_at_once(self, id: str, count: int) -> None:
        """Both processes are asked for the same; it is done once, and both are told so."""
        before = self.crm.points.get(id).available(self.now)
        asked = self.asked("redeem", id, points=count)
        for worker in self.workers:
            worker.ask(asked)

        told = [worker.answer() for worker in self.workers]

        allowed = count <= before
        assert told.count("") == (2 if allowed else 0)
        after = self.crm.points.get(id).available(self.now)
        assert after == before - (count if allowed else 0)

    @rule(place=places, id=accounts, count=points, pause=st.integers(0, 8))
    def kill(self, place: int, id: str, count: int, pause: int) -> None:
        """A process is killed as it redeems; another is asked for the same, and all is well."""
        before = self.crm.points.get(id).available(self.now)
        asked = self.asked("redeem", id, points=count)
        worker = self.workers[place]
        worker.ask(asked)
        worker.line.poll(pause / 2000)
        worker.kill()
        self.workers[place] = Worker.hire(worker.url)

        told = self.done(1 - place, asked)

        assert (told == "") == (count <= before)
        entry = self.entry(asked)
        assert (entry is not None) == (count <= before)
        assert entry is None or entry.points == -count

    @rule(place=places, id=accounts, part=parts)
    def return_the_last_sale(self, place: int, id: str, part: int) -> None:
        """Part of the goods come back, or all that have not; what is kept gives no more."""
        lots = [lot for lot in self.crm.points.get(id).lots if lot.price is not None]
        if lots and lots[-1].is_returnable(self.now):
            lot = lots[-1]
            price = lot.price.minor // 100 if lot.price else 0
            rest = price - (lot.returned.minor // 100 if lot.returned else 0)
            back = -(-rest // part)
            asked = self.asked("take_back", id, of=lot.reference, amount=yuan(back))

            told = self.done(place, asked)

            assert ("nothing left of its price" in told) == (not rest)
            (after,) = [one for one in self.crm.points.get(id).lots if one.number == lot.number]
            kept = rest - back
            assert after.granted - after.reversed == lot.granted * kept // price

    @rule(place=places, id=accounts, part=parts)
    def give_back_in_part(self, place: int, id: str, part: int) -> None:
        """Some points of a redemption are given back; those that lapsed since lapse again."""
        spent = [one for one in self.crm.points.entries(id) if one.act is PointsAct.REDEEMED]
        if spent and spent[-1].left:
            count = -(-spent[-1].left // part)
            asked = self.asked("give_back", id, of=spent[-1].reference, points=count)

            assert self.done(place, asked) == ""

            given, after = self.entry(asked), self.crm.points.entries(id)
            assert given is not None
            assert given.points == count
            (same,) = [one for one in after if one.reference == spent[-1].reference]
            assert (same.given_back, same.left) == (
                spent[-1].given_back + count,
                spent[-1].left - count,
            )

    @rule(id=accounts)
    def give_back_at_once(self, id: str) -> None:
        """Both processes give one redemption back; one of them may."""
        spent = [
            one for one in self.crm.points.entries(id) if one.act is PointsAct.REDEEMED and one.left
        ]
        if spent:
            both = [self.asked("give_back", id, of=spent[-1].reference) for _ in self.workers]
            for worker, asked in zip(self.workers, both, strict=True):
                worker.ask(asked)

            told = [worker.answer() for worker in self.workers]

            assert sorted(map(bool, told)) == [False, True]
            assert any("no points left to give back" in one for one in told)

    @rule(count=points)
    def transfer_both_ways_at_once(self, count: int) -> None:
        """Transfers against each other; none makes nor loses a point, and none comes too late."""
        before = sum(self.crm.points.get(id).available(self.now) for id in ACCOUNTS)
        for _ in range(TRANSFERS):
            for worker, id, to in zip(self.workers, ACCOUNTS, ACCOUNTS[::-1], strict=True):
                worker.ask(self.asked("transfer", id, to=to, points=count))

        told = [worker.answer() for worker in self.workers for _ in range(TRANSFERS)]

        assert all("must not be more than the balance" in one for one in told if one)
        assert sum(self.crm.points.get(id).available(self.now) for id in ACCOUNTS) == before

    @rule()
    def expire_due_at_once(self) -> None:
        """Both processes put down what has lapsed; it is put down once, and neither fails."""
        for worker in self.workers:
            worker.ask((self.clock.put_on, "expire_due", (), {}))

        told = [worker.answer() for worker in self.workers]

        assert told == ["", ""]
        for account in (self.crm.points.get(id) for id in ACCOUNTS):
            assert account.balance == account.available(self.now)

    @rule(place=places, id=accounts)
    def settle(self, place: int, id: str) -> None:
        account = self.crm.points.get(id)
        may = bool(account.debt and account.available(self.now))

        assert (self.done(place, self.asked("settle", id)) == "") == may

    @rule(place=places, id=accounts, part=parts)
    def settle_in_part(self, place: int, id: str, part: int) -> None:
        account = self.crm.points.get(id)
        there = account.available(self.now)
        count = -(-max(1, min(account.debt, there)) // part)

        told = self.done(place, self.asked("settle", id, points=count))

        done = count if account.debt and there else 0
        assert (told == "") == bool(done)
        after = self.crm.points.get(id)
        assert (after.debt, after.available(self.now)) == (account.debt - done, there - done)

    @rule(place=places, id=accounts, part=parts)
    def forgive(self, place: int, id: str, part: int) -> None:
        """A part of what is owed, or all of it; no point is made by it."""
        account = self.crm.points.get(id)
        there, count = account.available(self.now), -(-max(1, account.debt) // part)

        told = self.done(place, self.asked("forgive", id, points=count, reason="our fault"))

        done = count if account.debt else 0
        assert (told == "") == bool(done)
        assert done or "owes no points" in told
        after = self.crm.points.get(id)
        assert (after.debt, after.available(self.now)) == (account.debt - done, there)

    @rule(id=accounts, count=st.integers(-120, 120).filter(bool))
    def adjust_at_once(self, id: str, count: int) -> None:
        """Both processes give a gift, or take points away: never more than there are."""
        before = self.crm.points.get(id).available(self.now)
        both = [
            self.asked("adjust", id, points=count, reason="goodwill", scheme=SHORT)
            for _ in self.workers
        ]
        for worker, asked in zip(self.workers, both, strict=True):
            worker.ask(asked)

        told = [worker.answer() for worker in self.workers]

        done = 2 if count > 0 else min(2, before // -count)
        assert told.count("") == done
        assert self.crm.points.get(id).available(self.now) == before + done * count

    @rule(place=places, id=accounts, count=points, part=parts)
    def return_what_points_were_taken_away_of(
        self, place: int, id: str, count: int, part: int
    ) -> None:
        """The shop takes all points away; goods of which nobody spent any make no debt."""
        sale = self.asked("earn", id, scheme=SHORT, amount=yuan(10 * count))
        assert self.done(place, sale) == ""
        before = self.crm.points.get(id)
        away = {"points": -before.available(self.now), "reason": "fraud", "scheme": SHORT}
        assert self.done(place, self.asked("adjust", id, **away)) == ""
        back = yuan(-(-10 * count // part))

        told = self.done(
            1 - place, self.asked("take_back", id, of=sale[3]["reference"], amount=back)
        )

        after = self.crm.points.get(id)
        assert told == ""
        assert (after.balance, after.debt) == (0, before.debt)

    @rule(id=accounts)
    def open_again_at_once(self, id: str) -> None:
        """Both processes open an account that there is; both are given it, and it stays."""
        before = self.crm.points.get(id)
        for worker in self.workers:
            named = {"customer": before.customer, "scheme": SHORT}
            worker.ask((self.clock.put_on, "open", (), named))

        assert [worker.answer() for worker in self.workers] == ["", ""]
        assert self.crm.points.get(id) == before

    @rule(place=places, id=accounts)
    def delete(self, place: int, id: str) -> None:
        """No process can take an account away in which something was put down."""
        number = self.crm.points.get(id).number

        told = self.done(place, (self.clock.put_on, "delete", (id,), {}))

        assert ("must not be deleted" in told) == bool(number)
        if not number:
            assert self.done(1 - place, (self.clock.put_on, "undelete", (id,), {})) == ""

    @invariant()
    def adds_up(self) -> None:
        if not hasattr(self, "crm"):
            return
        facts = self.crm.frames.points_postings()
        as_of = self.now
        balances = points_balances(facts, as_of=as_of).set_index("account_id")["balance"]
        for id in ACCOUNTS:
            account = self.crm.points.get(id)
            earned, adjusted, redeemed, expired, balance = identity(account)
            assert earned + adjusted == redeemed + expired + balance
            assert balance >= 0
            own = facts[facts["account_id"] == id]
            # Nobody owes for points of returned goods that he did not spend himself.
            for _, lot in own.groupby("lot"):
                used = -lot.loc[lot["act"].isin(_OWN), "points"].sum()
                assert lot.loc[lot["act"] == "taken_back", "debt"].sum() <= used
            told = self.crm.points.statement(id, since=NINE, until=as_of)
            # What has lapsed and was not put down yet stands in no entry.
            numbers = [line.posting.number for line in told.lines if line.reference]
            # No number twice: no two processes put down the same place of the ledger.
            assert numbers == sorted(own["number"]) == [*range(1, account.number + 1)]
            assert balance == own["points"].sum()
            may_be_spent = account.available(as_of)
            # What was before a day is what there was at its begin.
            begin = max(as_of - 20 * DAY, NINE + DAY)
            earlier = self.crm.points.statement(id, since=NINE, until=begin)
            later = self.crm.points.statement(id, since=begin, until=as_of + DAY)
            assert (earlier.opening, earlier.closing) == (0, later.opening)
            assert set(earlier.lines).isdisjoint(later.lines)
            assert told.closing == balances.get(id, 0) == may_be_spent
            assert all(at > as_of for at, _ in told.lapsing)
            assert told.debt == account.debt == own["debt"].sum()
            kept = zip(("earned", "adjusted", "redeemed"), identity(account)[:3], strict=True)
            for term, value in kept:
                assert told.total(term) == value
            assert told.total("expired") == expired + balance - told.closing


TestPointsMachine = PointsMachine.TestCase
TestPointsMachine.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
