"""How points end, by their age."""

import numpy as np
import polars as pl
import pytest
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
        with pytest.raises(InvalidValueError, match="must be of at least 10 accounts"):
            redemption_curve(ledger_of(posted_by(an_account(sales=(10,)))), as_of=NINE)

    @pytest.mark.parametrize("days", [0, -1])
    def test_refuses_what_nobody_knows_yet(self, days: int) -> None:
        posted, _, _ = fates(people=9)

        with pytest.raises(InvalidValueError, match="must be of at least 10 accounts"):
            redemption_curve(ledger_of(posted), as_of=NINE + days * DAY)


def _two_ends(redeemed: np.ndarray[tuple[int], np.dtype[np.int64]]) -> PointsLedger:
    """Return the ledger of people with a hundred points each, of whom each redeems some."""
    ids = [f"C-{one:03d}" for one in range(len(redeemed))]
    came = pl.DataFrame({"account_id": ids, "act": "earned", "points": [100] * len(ids)})
    gone = pl.DataFrame({"account_id": ids, "act": "redeemed", "points": -redeemed})
    frame = pl.concat([came, gone]).with_columns(
        debt=0,
        posted_at=pl.lit(NINE),
        earned_at=pl.lit(NINE),
        expires_at=pl.lit(NINE + 365 * DAY),
        source=pl.lit("sale"),
        amount=pl.lit(None, dtype=pl.Float64),
        currency=pl.lit("CNY"),
    )
    return PointsLedger.of(frame, currency="CNY", timezone="UTC")
