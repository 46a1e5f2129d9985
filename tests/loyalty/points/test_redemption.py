"""How points end, by their age."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, strategies as st
from lifelines import AalenJohansenFitter  # type: ignore[import-untyped]

from crmkit.errors import InvalidValueError
from crmkit.loyalty import PointsEntry, PointsLedger, redemption_curve
from crmkit.testing import NINE

from .frames import Posted
from .schemes import CLUB, DAY, an_account, yuan
from .test_liabilities import ledger_of, posted_by


def fates(seed: int = 7, people: int = 60) -> tuple[Posted, list[tuple[int, int]], int]:
    """Return postings of people with one point each, and when and how each point ended.

    Who redeems does so at an age of days; the others' points lapse after 366 days, or are open.
    """
    rng = np.random.default_rng(seed)
    end = 500
    told: list[tuple[int, int]] = []
    found: Posted = []
    for one in range(people):
        born, age = int(rng.integers(0, 400)), int(rng.integers(0, 500))
        account = an_account(f"C-{one}", at=NINE + born * DAY).earn(
            "ann", NINE + born * DAY, reference="O-1", scheme=CLUB, amount=yuan(10)
        )
        found += posted_by(account)
        lasts = (account.lots[0].expires_at - NINE - born * DAY).days  # type: ignore[operator]
        seen = end - born
        if age < min(lasts, seen):
            found += posted_by(account.redeem("ann", NINE + (born + age) * DAY, points=1))
            told.append((age, 1))
        else:
            told.append((lasts, 2) if lasts <= seen else (seen, 0))
    return found, told, end


class TestCurve:
    def test_is_that_of_aalen_and_johansen(self) -> None:
        """lifelines, whose ties it breaks at random: its answer without ties is asked."""
        posted, told, end = fates()
        curve = redemption_curve(ledger_of(posted), as_of=NINE + end * DAY)
        ages = np.array([age for age, _ in told], dtype=float)
        # Censored points are at risk on the day on which they were last seen.
        kinds = np.array([kind for _, kind in told])
        # One point ends after the other within a day; which is first changes little.
        order = np.lexsort((kinds == 0, ages))
        spread = ages[order] + np.linspace(0, 1e-6, len(ages))
        fitter = AalenJohansenFitter(calculate_variance=False)

        fitter.fit(spread, kinds[order], event_of_interest=1)

        theirs = float(fitter.cumulative_density_.iloc[-1, 0])
        assert curve.redeemed[-1] == pytest.approx(theirs, abs=0.002)

    def test_takes_for_redeemed_what_is_open_at_the_highest_age(self) -> None:
        posted: Posted = []
        for one in range(10):
            account = an_account(f"C-{one}", sales=(1000,))
            posted += posted_by(account, account.redeem("ann", NINE + 30 * DAY, points=25))

        curve = redemption_curve(ledger_of(posted), as_of=NINE + 60 * DAY)

        assert float(curve.rate) == 1.0
        assert curve.undecided == pytest.approx(0.75)
        assert curve.still_redeemed(np.array([0, 45, 999])) == pytest.approx([1, 1, 1])

    def test_tells_what_is_yet_to_be_redeemed_by_age(self) -> None:
        """Of 100, 60 are redeemed on day 30, and 40 lapse: of those open after it, none."""
        posted: Posted = []
        for one in range(10):
            account = an_account(f"C-{one}", sales=(1000,))
            spent = account.redeem("ann", NINE + 30 * DAY, points=60)
            posted += posted_by(account, spent)

        curve = redemption_curve(ledger_of(posted), as_of=NINE + 400 * DAY)

        assert curve.still_redeemed(np.array([0, 29, 30, 200])) == pytest.approx([0.6, 0.6, 0, 0])
        assert curve.still_redeemed(np.array([999])) == pytest.approx([1])
        assert repr(curve).startswith("<RedemptionCurve over 400 days: 0.6 (95 % interval 0.6 to")

    def test_expects_all_to_be_redeemed_of_which_nothing_is_known(self) -> None:
        """By day 5 half of the accounts have redeemed all; the others' points are put down on day

        20, and lapse on day 30. Of what is open on days 5 to 19 nobody can say what becomes of it.
        """
        late = _act("earned", 10, 20, 12).with_columns(
            account_id=pl.format("late {}", "account_id")
        )
        ledger = _plain([_came(12), _act("redeemed", -10, 5, 12), late], days=30)

        curve = redemption_curve(ledger, as_of=NINE + 60 * DAY)

        told = curve.still_redeemed(np.array([4, 5, 10, 19, 20, 29, 30]))
        assert told == pytest.approx([1, 1, 1, 1, 0, 0, 1])

    def test_knows_nothing_of_an_age_that_none_were_seen_to_outlive(self) -> None:
        """A young account's points are open on day 10; the old ones had come to an end by then."""
        old = [_came(12), _act("redeemed", -10, 5, 12)]
        late = _act("earned", 10, 20, 12).with_columns(
            account_id=pl.format("late {}", "account_id")
        )
        young = _came(1, later=50)

        curve = redemption_curve(_plain([*old, late, young], days=30), as_of=NINE + 60 * DAY)

        told = curve.still_redeemed(np.array([5, 9, 10, 20]))
        # What is open on day 9 is seen on day 10; no longer.
        assert told == pytest.approx([0, 0, 1, 0])

    def test_nets_what_was_given_back(self) -> None:
        posted: Posted = []
        for one in range(10):
            account = an_account(f"C-{one}", sales=(1000,))
            spent = account.redeem("ann", NINE + 30 * DAY, points=60)
            entry = PointsEntry.of(spent, reference="R-1", asked="it")
            back = spent.give_back("ann", NINE + 30 * DAY, entry=entry, points=20)
            posted += posted_by(account, spent, back)

        curve = redemption_curve(ledger_of(posted), as_of=NINE + 400 * DAY)

        assert curve.redeemed[-1] == pytest.approx(0.4)

    @pytest.mark.parametrize(
        ("redeemed", "undone", "share"), [(160, 40, 0.6), (200, 200, 0.0), (160, 160, 0.0)]
    )
    def test_opens_again_what_was_given_back_on_a_later_day(
        self, redeemed: int, undone: int, share: float
    ) -> None:
        """Of 200 customers so many redeem on day 5 and undo it on day 50; what is left lapses.

        By hand: (redeemed - undone) / 200.
        """
        ledger = _plain(
            [
                _came(200),
                _act("redeemed", -10, 5, redeemed),
                _act("given_back", 10, 50, undone),
            ]
        )

        curve = redemption_curve(ledger, as_of=NINE + 100 * DAY)

        assert float(curve.rate) == pytest.approx(share, abs=1e-12)
        assert curve.redeemed[10] == pytest.approx(redeemed / 200)
        assert curve.expired[-1] == pytest.approx(1 - share)
        # Whoever had not redeemed by day 10 lets his points lapse, as do those who undid it.
        assert curve.still_redeemed(np.array([0, 60])) == pytest.approx([share, 0])
        if redeemed < 200:
            assert curve.still_redeemed(np.array([10])) == pytest.approx([0])

    def test_expects_that_some_of_the_young_will_undo_it_too(self) -> None:
        """A year ago half of those who had redeemed undid it; of the young, half are expected to.

        By hand: both years' accounts redeem whole on day 5; the older half is open again on day 50,
        and lapses on day 90. The younger are at day 20.
        """
        old = [_came(100), _act("redeemed", -10, 5, 100), _act("given_back", 10, 50, 50)]
        young = [_came(100, later=400), _act("redeemed", -10, 5, 100, later=400)]

        curve = redemption_curve(_plain([*old, *young]), as_of=NINE + 420 * DAY)

        assert float(curve.rate) == pytest.approx(0.5)

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 100),
                st.integers(0, 100),
                st.integers(0, 100),
                st.tuples(*[st.integers(0, 80)] * 3),
            ),
            min_size=10,
            max_size=20,
        )
    )
    def test_is_plain_counting_where_all_has_ended(
        self, told: list[tuple[int, int, int, tuple[int, int, int]]]
    ) -> None:
        """Each redeems some of 100, gives some of it back, and redeems some of the rest."""
        rows: list[tuple[str, str, int, int]] = []
        net = 0
        for place, (first, back, again, days) in enumerate(told):
            back, (one, two, three) = min(first, back), sorted(days)
            again = min(again, 100 - first + back)
            net += first - back + again
            for act, points, day in (
                ("earned", 100, 0),
                ("redeemed", -first, one),
                ("given_back", back, two),
                ("redeemed", -again, three),
            ):
                rows.append((f"C-{place}", act, points, day))
        frame = pl.DataFrame(rows, schema=["account_id", "act", "points", "day"], orient="row")

        curve = redemption_curve(_plain([frame]), as_of=NINE + 100 * DAY)

        assert float(curve.rate) == pytest.approx(net / (100 * len(told)), abs=1e-9)
        assert curve.still_redeemed(np.array([99])) == pytest.approx([1])

    def test_counts_what_settles_a_debt_as_redeemed(self) -> None:
        """40 of 100 points pay for what had been redeemed of goods that went back; 60 lapse."""
        ledger = _plain([_came(20, points=100), _act("settled", -40, 9, 20)])

        assert float(redemption_curve(ledger, as_of=NINE + 100 * DAY).rate) == pytest.approx(0.4)

    def test_has_groups_of_the_accounts_that_are_there(self) -> None:
        """Numbers of accounts in steps of four tell the interval of numbers one after another."""
        redeemed = np.random.default_rng(3).integers(1, 99, 80)

        told = [
            redemption_curve(_two_ends(redeemed, step), as_of=NINE + 400 * DAY).rate
            for step in (1, 4)
        ]

        assert told[0] == told[1]

    def test_has_the_interval_of_few_accounts(self) -> None:
        """Ten groups of one: Student's t of nine degrees on the jackknife, worked out plainly."""
        redeemed = np.array([10, 20, 30, 40, 50, 60, 70, 80, 90, 99])
        without = np.array([np.delete(redeemed, place).mean() / 100 for place in range(10)])
        spread = np.sqrt(9 / 10 * ((without - without.mean()) ** 2).sum())

        told = redemption_curve(_two_ends(redeemed), as_of=NINE + 400 * DAY).rate

        assert told.high - told.value == pytest.approx(2.262157 * spread, rel=1e-6)

    def test_has_an_interval_of_accounts(self) -> None:
        posted, _, end = fates()

        told = redemption_curve(ledger_of(posted), as_of=NINE + end * DAY).rate

        assert told.low < told.value < told.high
        assert told.n == 60

    def test_holds_the_true_share_as_often_as_it_says(self) -> None:
        """Two hundred schemes of eighty people, each redeeming a share of his own, 60 % in mean."""
        rng = np.random.default_rng(11)
        held = 0
        for _ in range(200):
            shares = rng.beta(3, 2, 80)
            redeemed = rng.binomial(100, shares)
            ledger = _two_ends(redeemed)
            told = redemption_curve(ledger, as_of=NINE + 400 * DAY).rate
            held += told.low <= 0.6 <= told.high

        assert 0.90 <= held / 200 <= 0.99

    def test_refuses_too_few_accounts(self) -> None:
        with pytest.raises(
            InvalidValueError, match=r"^ledger is of 1 account: it must be of at least"
        ):
            redemption_curve(ledger_of(posted_by(an_account(sales=(10,)))), as_of=NINE)

    @pytest.mark.parametrize("days", [0, -1])
    def test_refuses_what_nobody_knows_yet(self, days: int) -> None:
        posted, _, _ = fates(people=9)

        with pytest.raises(InvalidValueError, match="must be of at least 10 accounts"):
            redemption_curve(ledger_of(posted), as_of=NINE + days * DAY)


def _two_ends(redeemed: np.ndarray[tuple[int], np.dtype[np.int64]], step: int = 1) -> PointsLedger:
    """Return the ledger of people with a hundred points each, of whom each redeems some."""
    ids = [step * one for one in range(len(redeemed))]
    came = pl.DataFrame({"account_id": ids, "act": "earned", "points": [100] * len(ids)})
    gone = pl.DataFrame({"account_id": ids, "act": "redeemed", "points": -redeemed})
    return _plain([pl.concat([came, gone]).with_columns(day=pl.lit(0))], days=365)


def _came(people: int, *, points: int = 10, later: int = 0) -> pl.DataFrame:
    return _act("earned", points, 0, people, later=later)


def _act(act: str, points: int, day: int, people: int, *, later: int = 0) -> pl.DataFrame:
    """Return what so many people, whose points were earned so many days later, do on a day."""
    ids = [f"C-{later}-{one:03d}" for one in range(people)]
    return pl.DataFrame({"account_id": ids}).with_columns(
        act=pl.lit(act), points=pl.lit(points, pl.Int64), day=pl.lit(day), later=pl.lit(later)
    )


def _plain(parts: list[pl.DataFrame], *, days: int = 90) -> PointsLedger:
    """Return the ledger of such acts; points lapse after so many days."""
    frame = pl.concat(parts)
    if "later" not in frame.columns:
        frame = frame.with_columns(later=pl.lit(0))
    earned = pl.lit(NINE) + pl.duration(days=pl.col("later"))
    frame = frame.with_columns(
        debt=0,
        posted_at=earned + pl.duration(days=pl.col("day")),
        earned_at=earned,
        expires_at=earned + pl.duration(days=days),
        source=pl.lit("sale"),
        amount=pl.lit(0.0),
        currency=pl.lit("CNY"),
    )
    return PointsLedger.of(frame, currency="CNY", timezone="UTC")
