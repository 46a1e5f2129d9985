"""BG/BB and sBG: published numbers, and every way to buy or leave counted one by one."""

import csv
import itertools
import math
from collections.abc import Iterator

import pandas as pd
import pytest

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.value import BGBB, ShiftedBetaGeometric

from .cdnow import ORDERS


DONATIONS = ORDERS / "donations.csv"
SURVIVORS = ORDERS / "sbg_paper_survivors.csv"
DONORS = BGBB(1.204, 0.750, 0.657, 2.783)
REGULAR = (1000.0, 631.0, 468.0, 382.0, 326.0, 289.0, 262.0, 241.0)
HIGH_END = (1000.0, 869.0, 743.0, 653.0, 593.0, 551.0, 517.0, 491.0)


def beta(a: float, b: float) -> float:
    return math.exp(math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b))


def ways(model: BGBB, occasions: int) -> Iterator[tuple[tuple[int, ...], int, float]]:
    """Yield who buys when, after how many occasions he is lost, and how likely that is."""
    for lasted in range(occasions + 1):
        gone = lasted < occasions
        leave = beta(model.gamma + gone, model.delta + lasted) / beta(model.gamma, model.delta)
        for bought in itertools.product((0, 1), repeat=lasted):
            x = sum(bought)
            buy = beta(model.alpha + x, model.beta + lasted - x) / beta(model.alpha, model.beta)
            yield (*bought, *[0] * (occasions - lasted)), lasted, leave * buy


def last(bought: tuple[int, ...]) -> int:
    return max((place for place, one in enumerate(bought, 1) if one), default=0)


def donors(x: int, recency: int, age: int) -> pd.DataFrame:
    return pd.DataFrame({"frequency": [x], "recency": [recency], "T": [age]})


class TestBGBB:
    @pytest.mark.skipif(not DONATIONS.exists(), reason="data beside the checkout are not there")
    def test_gives_the_published_parameters(self) -> None:
        """Fader, Hardie and Shang (2010), table 3: the cohort of 1995."""
        table = pd.read_csv(DONATIONS).rename(columns={"periods": "T"})

        model = BGBB.fit(table, weights="weights")

        assert list(model.parameters.values()) == pytest.approx(
            [1.204, 0.750, 0.657, 2.783], abs=1e-3
        )
        assert model.log_likelihood == pytest.approx(-33225.6, abs=0.05)

    @pytest.mark.parametrize(("x", "recency"), [(0, 0), (1, 1), (1, 3), (2, 3), (3, 3)])
    def test_sums_over_every_way_to_buy_and_to_leave(self, x: int, recency: int) -> None:
        within = 3
        seen = there = ahead = 0.0
        counts = [0.0] * (within + 1)
        for bought, lasted, chance in ways(DONORS, 3 + within):
            known = bought[:3]
            if sum(known) == x and last(known) == recency:
                seen += chance
                there += chance * (lasted > 3)
                ahead += chance * sum(bought[3:])
                counts[sum(bought[3:])] += chance
        table = donors(x, recency, 3)
        patterns = math.comb(recency - 1, x - 1) if x else 1

        told = DONORS.expected(DONORS.p_alive(table), within)
        pmf = [float(DONORS.pmf(table, within, n)["pmf"][0]) for n in range(within + 1)]

        assert DONORS.log_likelihood_of(table) == pytest.approx(math.log(seen / patterns))
        assert float(told["p_alive"][0]) == pytest.approx(there / seen)
        assert float(told["expected"][0]) == pytest.approx(ahead / seen)
        assert pmf == pytest.approx([count / seen for count in counts])
        active = float(DONORS.p_active(table, within)["p_active"][0])
        assert active == pytest.approx(1 - counts[0] / seen)

    def test_interval_ends_where_the_chances_do(self) -> None:
        table = donors(4, 5, 6)
        pmf = [float(DONORS.pmf(table, 5, n)["pmf"][0]) for n in range(6)]

        told = DONORS.count_interval(table, 5, confidence=0.8)

        low, high = int(told["count_low"][0]), int(told["count_high"][0])
        assert sum(pmf[: low + 1]) >= 0.1 > sum(pmf[:low])
        assert sum(pmf[: high + 1]) >= 0.9 > sum(pmf[:high])

    def test_waits_for_occasions(self) -> None:
        table = pd.concat([donors(6, 6, 6), donors(0, 0, 6)])

        told = DONORS.next_purchase(table, chance=0.8)["next_purchase"].tolist()

        assert told == [1.0, math.inf]

    def test_wait_is_the_first_occasion_by_which_that_share_has_come(self) -> None:
        table = donors(2, 6, 6)
        active = [float(DONORS.p_active(table, n)["p_active"].iloc[0]) for n in range(1, 6)]
        first = next(n for n, share in enumerate(active, 1) if share >= 0.6)

        assert first > 1
        assert DONORS.next_purchase(table, chance=0.6)["next_purchase"].tolist() == [first]

    def test_may_never_come(self) -> None:
        alive = float(DONORS.p_alive(donors(2, 6, 6))["p_alive"].iloc[0])

        told = DONORS.next_purchase(donors(2, 6, 6), chance=0.999 * alive)

        assert told["next_purchase"].tolist() == [math.inf]

    def test_newcomer_is_asked_about_the_occasions_to_come(self) -> None:
        newcomer = DONORS.new_customer()
        by_hand = sum(sum(bought) * chance for bought, _, chance in ways(DONORS, 4))

        assert newcomer.expected(4) == pytest.approx(by_hand)

    def test_discounts_by_the_occasion(self) -> None:
        newcomer = DONORS.new_customer()
        sums = [0.0, *(newcomer.expected(n) for n in range(1, 80))]
        by_hand = sum(
            (now - before) / 1.5**place
            for place, (before, now) in enumerate(itertools.pairwise(sums), 1)
        )

        assert newcomer.dert(0.5) == pytest.approx(by_hand, rel=1e-9)

    def test_refuses_half_an_occasion(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a whole number of occasions"):
            DONORS.expected(donors(1, 1, 2), 1.5)


class TestShiftedBetaGeometric:
    @pytest.mark.parametrize(
        ("survivors", "published"), [(REGULAR, (0.704, 1.182)), (HIGH_END, (0.668, 3.806))]
    )
    def test_gives_the_published_parameters(
        self, survivors: tuple[float, ...], published: tuple[float, float]
    ) -> None:
        """Fader and Hardie (2007), seven years of two segments."""
        model = ShiftedBetaGeometric.fit_survivors(survivors)

        assert (model.alpha, model.beta) == pytest.approx(published, abs=1e-3)

    @pytest.mark.skipif(not SURVIVORS.exists(), reason="data beside the checkout are not there")
    def test_reads_the_paper_s_numbers(self) -> None:
        with SURVIVORS.open() as file:
            told = list(csv.DictReader(file))[:8]

        assert tuple(float(row["regular"]) for row in told) == REGULAR
        assert tuple(float(row["highend"]) for row in told) == HIGH_END

    def test_fits_contracts_as_it_fits_survivors(self) -> None:
        left = [(n, n + 1, REGULAR[n] - REGULAR[n + 1]) for n in range(7)]
        contracts = pd.DataFrame(
            [*left, (7, 7, REGULAR[7])], columns=["frequency", "T", "customers"]
        )

        model = ShiftedBetaGeometric.fit(contracts, weights="customers")

        assert model.parameters == pytest.approx(
            ShiftedBetaGeometric.fit_survivors(REGULAR).parameters, rel=1e-6
        )

    def test_expects_renewals_as_the_published_chain_of_retention(self) -> None:
        """Retention in period t is (beta + t - 1)/(alpha + beta + t - 1), equation 7."""
        model = ShiftedBetaGeometric(0.668, 3.806)
        table = pd.DataFrame({"frequency": [2, 1], "T": [2, 2]})
        first, second = ((3.806 + n) / (0.668 + 3.806 + n) for n in (2, 3))

        told = model.expected(model.p_alive(table), 2)

        assert told["p_alive"].tolist() == [1.0, 0.0]
        assert told["expected"].tolist() == pytest.approx([first + first * second, 0.0])
        pmf = [model.pmf(table, 2, n)["pmf"].tolist() for n in range(4)]
        assert [one[0] for one in pmf] == pytest.approx(
            [1 - first, first * (1 - second), first * second, 0]
        )
        assert [one[1] for one in pmf] == [1, 0, 0, 0]

    def test_counts_and_waits(self) -> None:
        model = ShiftedBetaGeometric(0.668, 3.806)
        table = pd.DataFrame({"frequency": [2, 1], "T": [2, 2]})

        counts = model.count_interval(table, 2)[["count_low", "count_high"]].to_numpy().tolist()
        waits = model.next_purchase(table)["next_purchase"].tolist()

        assert counts == [[0, 2], [0, 0]]
        assert waits == [1.0, math.inf]

    def test_is_worth_its_renewals(self) -> None:
        """Fader and Hardie (2010), "Customer-base valuation in a contractual setting": DERL."""
        model = ShiftedBetaGeometric(0.668, 3.806)
        table = pd.DataFrame({"frequency": [0], "T": [0], "price": [100.0]})
        by_hand, stays = 0.0, 1.0
        for period in range(1, 2000):
            stays *= (3.806 + period - 1) / (0.668 + 3.806 + period - 1)
            by_hand += stays / 1.1**period

        told = model.clv(table, math.inf, 0.1, spend="price", margin=0.5)

        assert float(told["clv"][0]) == pytest.approx(50 * by_hand)

    @pytest.mark.parametrize("survivors", [[5], [], [0, 0], [5, 6], [5, -1], [5, None]])
    def test_refuses_survivors_that_rise_or_are_none(self, survivors: list[float]) -> None:
        with pytest.raises(InvalidValueError, match="survivors is"):
            ShiftedBetaGeometric.fit_survivors(survivors)

    def test_of_a_year_in_which_nobody_left_is_flat(self) -> None:
        with pytest.warns(AssumptionWarning, match="flat in alpha and beta"):
            ShiftedBetaGeometric.fit_survivors([9, 9])
