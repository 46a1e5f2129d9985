"""Small populations for tests: in every engine, and as Hypothesis draws them."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
from hypothesis import strategies as st

from crmkit.lifecycle import FOUR_STAGE, Population

from ..value.engines import Columns, Schema


Move = tuple[str, str, date]

SCHEMA: Schema = {"customer_id": pl.String, "stage": pl.String, "moved_at": pl.Date}
FIRST = date(2026, 1, 1)
LAST = date(2026, 6, 30)

# X grows and declines; Y is lost sight of by nobody; Z comes in May.
MOVES: list[Move] = [
    ("X", "exploration", date(2026, 1, 5)),
    ("X", "growth", date(2026, 2, 10)),
    ("X", "decline", date(2026, 4, 1)),
    ("Y", "exploration", date(2026, 1, 31)),
    ("Y", "growth", date(2026, 3, 31)),
    ("Z", "exploration", date(2026, 5, 15)),
]


def columns_of(moves: Sequence[Move]) -> Columns:
    return {name: [move[place] for move in moves] for place, name in enumerate(SCHEMA)}


def read(moves: Sequence[Move], as_of: date = LAST) -> Population[pl.DataFrame]:
    frame = pl.DataFrame(columns_of(moves), SCHEMA, orient="row")
    return Population.read(frame, as_of=as_of, lifecycle=FOUR_STAGE)


@st.composite
def populations(draw: st.DrawFn) -> list[Move]:
    """Draw the moves of up to six customers through the four stages, in any order."""
    moves: list[Move] = []
    for customer in draw(st.lists(st.sampled_from("ABCDEF"), unique=True, min_size=1)):
        stage = draw(st.sampled_from(FOUR_STAGE.codes))
        days = draw(st.lists(st.integers(0, 180), unique=True, min_size=1, max_size=6))
        for place, day in enumerate(sorted(days)):
            if place:
                stage = draw(st.sampled_from([stage, *FOUR_STAGE.allowed(stage)]))
            moves.append((customer, stage, FIRST + timedelta(days=day)))
    return draw(st.permutations(moves))


def stage_on(moves: Sequence[Move], customer: str, day: date) -> str | None:
    """Return the stage of a customer at the end of a day: that of his last move by then."""
    own = [(at, stage) for who, stage, at in moves if who == customer and at <= day]
    return max(own)[1] if own else None
