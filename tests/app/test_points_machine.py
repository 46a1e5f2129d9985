"""The ledger of points under several processes at once, some of which are killed as they write.

Whatever they do: the identity holds, no balance is below 0, no point is spent twice, nothing is
done twice under one reference, and what is told is what was posted.
"""

from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import crmkit
from crmkit.loyalty import PointsAct, PointsEntry
from crmkit.testing import NINE

from ..loyalty.points.schemes import CLUB, DAY, identity, yuan
from .points_worker import Asked, Worker


CUSTOMERS = ("C-7", "C-8")
ACCOUNTS = tuple(f"club/{one}" for one in CUSTOMERS)
accounts = st.sampled_from(ACCOUNTS)
points = st.integers(1, 120)
places = st.integers(0, 1)


class PointsMachine(RuleBasedStateMachine):
    """Two processes at one desk, on one file."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(mkdtemp())
        url = f"sqlite:///{self.folder / 'crm.db'}"
        self.crm = crmkit.open(url, actor="ann", durable=False)
        for customer in CUSTOMERS:
            self.crm.acting(at=NINE).points.open(customer=customer, scheme=CLUB)
        self.workers = [Worker.hire(url) for _ in range(2)]
        self.now = NINE
        self.turn = 0

    def teardown(self) -> None:
        if hasattr(self, "crm"):
            for worker in self.workers:
                worker.dismiss()
            self.crm.close()
            rmtree(self.folder)

    def asked(self, verb: str, id: str, **named: Any) -> Asked:
        """Ask for something under a reference of its own."""
        self.turn += 1
        return self.now, verb, (id,), {"reference": f"{verb}-{self.turn}", **named}

    def done(self, place: int, asked: Asked) -> str:
        self.workers[place].ask(asked)
        return self.workers[place].answer()

    def entry(self, asked: Asked) -> PointsEntry | None:
        """Return what was put down under a reference; None where nothing was."""
        told = self.crm.points.entries(asked[2][0])
        return next((one for one in told if one.reference == asked[3]["reference"]), None)

    @rule(days=st.integers(1, 250))
    def time_passes(self, days: int) -> None:
        self.now += days * DAY

    @rule(place=places, id=accounts, count=points)
    def earn(self, place: int, id: str, count: int) -> None:
        asked = self.asked("earn", id, scheme=CLUB, amount=yuan(10 * count))

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

    @rule(place=places, id=accounts)
    def return_the_last_sale(self, place: int, id: str) -> None:
        lots = [lot for lot in self.crm.points.get(id).lots if lot.reference]
        if lots and lots[-1].is_returnable(self.now) and not lots[-1].reversed:
            asked = self.asked("take_back", id, of=lots[-1].reference)

            assert self.done(place, asked) == ""

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

    @rule(count=points)
    def transfer_both_ways_at_once(self, count: int) -> None:
        """Two transfers against each other; neither makes nor loses a point."""
        before = sum(self.crm.points.get(id).available(self.now) for id in ACCOUNTS)
        for worker, id, to in zip(self.workers, ACCOUNTS, ACCOUNTS[::-1], strict=True):
            worker.ask(self.asked("transfer", id, to=to, points=count))

        told = [worker.answer() for worker in self.workers]

        assert all("must not be more than the balance" in one for one in told if one)
        assert sum(self.crm.points.get(id).available(self.now) for id in ACCOUNTS) == before

    @rule(place=places, id=accounts)
    def settle(self, place: int, id: str) -> None:
        account = self.crm.points.get(id)
        may = bool(account.debt and account.available(self.now))

        assert (self.done(place, self.asked("settle", id)) == "") == may

    @invariant()
    def adds_up(self) -> None:
        if not hasattr(self, "crm"):
            return
        facts = self.crm.frames.points_postings()
        for id in ACCOUNTS:
            account = self.crm.points.get(id)
            earned, adjusted, redeemed, expired, balance = identity(account)
            assert earned + adjusted == redeemed + expired + balance
            assert balance >= 0
            own = facts[facts["account_id"] == id]
            told = self.crm.points.statement(id, since=NINE, until=self.now + timedelta(days=1))
            numbers = [line.posting.number for line in told.lines]
            # No number twice: no two processes put down the same place of the ledger.
            assert numbers == sorted(own["number"]) == [*range(1, account.number + 1)]
            assert told.closing == balance == own["points"].sum()
            assert told.debt == account.debt == own["debt"].sum()
            for term, value in zip(
                ("earned", "adjusted", "redeemed", "expired"), identity(account)[:4], strict=True
            ):
                assert told.total(term) == value


TestPointsMachine = PointsMachine.TestCase
TestPointsMachine.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
