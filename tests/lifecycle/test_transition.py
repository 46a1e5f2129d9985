"""From stage to stage, beside counting one customer at a time, and beside chains that are known."""

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given

from crmkit.errors import InvalidValueError
from crmkit.kernel import Text
from crmkit.lifecycle import (
    FOUR_STAGE,
    Lifecycle,
    Population,
    stage_chain,
    stage_forecast,
    stage_homogeneity_test,
    stage_order_test,
)
from crmkit.stats import MarkovChain

from ..value.engines import ENGINES, FEW, in_engine, rows_of
from .populations import FIRST, LAST, MOVES, SCHEMA, Move, columns_of, populations, read, stage_on


CLUB = Lifecycle.of(
    "club",
    Text("Club", "俱乐部"),
    stages={"active": Text("Active", "活跃"), "away": Text("Away", "休眠")},
    moves={"active": ["away"], "away": ["active"]},
)
SLOW = MarkovChain.of([[0.9, 0.1], [0.3, 0.7]], states=["active", "away"])


def walked(chain: MarkovChain, customers: int, months: int, seed: int) -> list[Move]:
    """Return a row a month of customers who walk by a chain."""
    paths = chain.walk(["active"] * customers, months - 1, rng=seed)
    firsts = [date(2024 + month // 12, month % 12 + 1, 1) for month in range(months)]
    return [
        (f"C-{number}", chain.states[place], at)
        for number, path in enumerate(paths.tolist())
        for place, at in zip(path, firsts, strict=True)
    ]


def club(moves: list[Move], months: int) -> Population[pl.DataFrame]:
    last = date(2024 + months // 12, months % 12 + 1, 1) - timedelta(days=1)
    frame = pl.DataFrame(columns_of(moves), SCHEMA, orient="row")
    return Population.read(frame, as_of=last, lifecycle=CLUB)


class TestStageChain:
    @FEW
    @given(populations())
    def test_counts_pairs_of_month_ends_in_every_engine(self, moves: list[Move]) -> None:
        ends = [date(2026, month, 1) - timedelta(days=1) for month in range(2, 8)]
        pairs: Counter[tuple[str | None, str | None]] = Counter()
        for customer in {move[0] for move in moves}:
            pairs.update(pairwise(stage_on(moves, customer, end) for end in ends))
        expected = {pair: n for pair, n in pairs.items() if pair[0]}

        for engine in ENGINES:
            frame = in_engine(engine, columns_of(moves), SCHEMA)
            population = Population.read(frame, as_of=LAST, lifecycle=FOUR_STAGE)
            try:
                chain = stage_chain(population)
            except InvalidValueError:
                assert min(at for *_, at in moves) >= date(2026, 6, 1)
                continue
            assert chain.n is not None
            told = {
                (one, to): chain.n[row][column]
                for row, one in enumerate(chain.states)
                for column, to in enumerate(chain.states)
                if chain.n[row][column]
            }
            assert told == expected

    def test_smooths_only_what_is_allowed(self) -> None:
        """By hand: of four ends of months in exploration two led to itself, two to growth."""
        exploration, growth, maturity, _ = stage_chain(read(MOVES)).p

        # Half a move is added to each of the three that are allowed.
        assert exploration == pytest.approx((2.5 / 5.5, 2.5 / 5.5, 0, 0.5 / 5.5))
        assert growth[0] == 0
        # Nobody was in maturity: half a move to stay, half a move to decline.
        assert maturity == (0, 0, 0.5, 0.5)

    def test_takes_several_moves_in_one_month_for_possible(self) -> None:
        moves = [
            ("X", "exploration", date(2026, 1, 5)),
            ("X", "growth", date(2026, 2, 1)),
            ("X", "maturity", date(2026, 2, 20)),
        ]

        chain = stage_chain(read(moves))

        assert chain.matrix.loc["exploration", "maturity"] == pytest.approx(1.5 / 3)
        assert chain.matrix.loc["exploration", "exploration"] == pytest.approx(0.5 / 3)

    def test_counts_nobody_who_was_out_of_sight_between(self) -> None:
        moves = [
            ("X", "growth", date(2026, 1, 5)),
            ("X", "exploration", date(2026, 2, 20)),
            ("Y", "growth", date(2026, 1, 5)),
        ]
        frame = pl.DataFrame(
            {**columns_of(moves), "until": [date(2026, 2, 10), None, None]},
            {**SCHEMA, "until": pl.Date},
        )
        population = Population.read(
            frame, as_of=date(2026, 2, 28), lifecycle=FOUR_STAGE, until="until"
        )

        chain = stage_chain(population)

        assert sum(map(sum, chain.n or ())) == 1

    def test_allows_every_move_without_a_lifecycle(self) -> None:
        population = Population.read(pl.DataFrame(columns_of(MOVES), SCHEMA), as_of=LAST)

        assert (stage_chain(population).array > 0).all()

    def test_finds_the_chain_that_customers_walk_by(self) -> None:
        chain = stage_chain(club(walked(SLOW, 800, 24, seed=1), 24))

        table = chain.table(confidence=0.999)
        assert (table["low"] <= SLOW.array.ravel()).all()
        assert (SLOW.array.ravel() <= table["high"]).all()
        assert chain.stays()["steps"].to_list() == pytest.approx([10, 10 / 3], rel=0.1)
        assert chain.until("away").steps[0] == pytest.approx(10, rel=0.1)

    def test_needs_two_periods_and_somebody(self) -> None:
        with pytest.raises(InvalidValueError, match=re.escape("must fit 2 times into the record")):
            stage_chain(read(MOVES[:1], date(2026, 2, 1)))
        frame = pl.DataFrame(
            {**columns_of(MOVES[:1]), "until": [date(2026, 1, 9)]}, {**SCHEMA, "until": pl.Date}
        )
        with pytest.raises(InvalidValueError, match="must put customers in stages"):
            stage_chain(Population.read(frame, as_of=LAST, until="until"))


class TestOrder:
    def test_is_not_refuted_of_a_chain(self) -> None:
        assert stage_order_test(club(walked(SLOW, 300, 24, seed=2), 24)).p_value > 0.01

    def test_is_refuted_by_hysteresis(self) -> None:
        """Who left stays away for three months at least: the month before tells which it is."""
        rng = np.random.default_rng(3)
        moves: list[Move] = []
        for number in range(200):
            path: list[str] = []
            while len(path) < 24:
                path += ["active"] * int(rng.geometric(0.2)) + ["away"] * 3
            firsts = [date(2024 + month // 12, month % 12 + 1, 1) for month in range(24)]
            moves += [(f"C-{number}", *pair) for pair in zip(path, firsts, strict=False)]

        found = stage_order_test(club(moves, 24))

        assert found.explain().verdict is True
        assert found.method == "order 1"

    def test_needs_three_periods(self) -> None:
        with pytest.raises(InvalidValueError, match="must fit 3 times into the record, not 2"):
            stage_order_test(read(MOVES[:1], date(2026, 2, 28)))


class TestHomogeneity:
    def test_is_not_refuted_of_one_chain(self) -> None:
        assert stage_homogeneity_test(club(walked(SLOW, 300, 24, seed=4), 24)).p_value > 0.01

    def test_is_refuted_where_the_second_year_differs(self) -> None:
        first = walked(SLOW, 300, 12, seed=5)
        fast = MarkovChain.of([[0.6, 0.4], [0.3, 0.7]], states=SLOW.states)
        second = [
            (one, stage, at.replace(year=2025)) for one, stage, at in walked(fast, 300, 12, 6)
        ]

        found = stage_homogeneity_test(club([*first, *second], 24))

        assert found.explain().verdict is True

    @pytest.mark.parametrize("parts", [1, 6, True, "2"])
    def test_refuses_parts_that_are_none(self, parts: int) -> None:
        with pytest.raises(InvalidValueError, match="must be a whole number from 2 to 5"):
            stage_homogeneity_test(read(MOVES), parts=parts)

    def test_needs_three_periods(self) -> None:
        """Two steps at least, for two parts of one step each."""
        with pytest.raises(InvalidValueError, match="must fit 3 times into the record, not 2"):
            stage_homogeneity_test(read(MOVES[:1], date(2026, 2, 28)))


class TestForecast:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_follows_upon_the_record_in_every_engine(self, engine: str) -> None:
        frame = in_engine(engine, columns_of(MOVES), SCHEMA)
        population = Population.read(frame, as_of=date(2026, 7, 9), lifecycle=FOUR_STAGE)

        told = stage_forecast(population, periods=2, rng=1)

        assert type(told) is type(frame)
        rows = rows_of(told)
        assert [str(row[0])[:10] for row in rows[::4]] == ["2026-07-01", "2026-08-01"]
        assert sum(float(str(row[3])) for row in rows[:4]) == pytest.approx(3)

    def test_newcomers_join_and_move_on(self) -> None:
        """By hand: with 50 a month and nobody who leaves, 3 and then 53 and 103."""
        told = stage_forecast(read(MOVES), periods=2, newcomers={"exploration": 50}, rng=1)

        sums = told.group_by("since", maintain_order=True).agg(pl.col("expected").sum())
        assert sums["expected"].to_list() == pytest.approx([53, 103], rel=0.02)

    def test_newcomers_join_in_a_stage_that_there_is(self) -> None:
        with pytest.raises(InvalidValueError, match="must be one of exploration"):
            stage_forecast(read(MOVES), periods=1, newcomers={"explored": 50})

    def test_interval_holds_what_happened(self) -> None:
        """Twelve months foretold from twelve: at least ten of the counts lie inside."""
        moves = walked(SLOW, 1_000, 24, seed=7)
        known = [move for move in moves if move[2] < date(2025, 1, 1)]

        told = stage_forecast(club(known, 12), periods=12, rng=8)

        held = 0
        for since, until, stage, _, low, high in told.filter(pl.col("stage") == "away").rows():
            there = sum(1 for _, what, at in moves if at == since and what == stage)
            held += low <= there <= high
            assert until > since > FIRST - timedelta(days=600)
        assert held >= 10
