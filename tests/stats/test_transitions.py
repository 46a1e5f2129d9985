from collections import Counter
from datetime import datetime
from itertools import pairwise

import pandas as pd
import polars as pl
import pytest
from hypothesis import given

from crmkit.errors import InvalidValueError
from crmkit.stats import transition_matrix, wilson

from ..value.engines import ENGINES, FEW, in_engine
from .event_logs import (
    FRIDAY,
    SCHEMA,
    Event,
    by_case,
    columns_of,
    in_parts,
    logs,
    many_events,
)


LOG: list[Event] = [
    *(("A", name, FRIDAY, place) for place, name in enumerate(["new", "wait", "new", "done"])),
    *(("B", name, FRIDAY, place) for place, name in enumerate(["new", "done", "done"])),
    ("C", "new", FRIDAY, 9),
]


class TestTransitionMatrix:
    @FEW
    @given(logs(["new", "wait", "done"]))
    def test_is_the_definition_in_every_engine(self, log: tuple[list[Event], datetime]) -> None:
        cases = [[event[1] for event in own] for own in by_case(log[0]).values()]
        expected = Counter(pair for own in cases for pair in pairwise(own))

        for engine in ENGINES:
            matrix = transition_matrix(in_engine(engine, columns_of(log[0]), SCHEMA))

            stacked = matrix.counts.stack()
            assert {pair: n for pair, n in stacked.items() if n} == dict(expected)
            starts = dict(zip(matrix.activities, matrix.starts, strict=True))
            ends = dict(zip(matrix.activities, matrix.ends, strict=True))
            assert {k: n for k, n in starts.items() if n} == Counter(own[0] for own in cases)
            assert {k: n for k, n in ends.items() if n} == Counter(own[-1] for own in cases)

    def test_shares_add_up_to_one_where_anything_followed(self) -> None:
        shares = transition_matrix(pl.DataFrame(columns_of(LOG), SCHEMA)).shares

        assert shares.loc["new"].to_dict() == {"new": 0.0, "wait": 1 / 3, "done": 2 / 3}
        assert shares.loc["done"].to_dict() == {"new": 0.0, "wait": 0.0, "done": 1.0}
        alone = transition_matrix(pl.DataFrame(columns_of(LOG[-1:]), SCHEMA)).shares
        assert bool(alone.isna().all(axis=None))

    def test_stands_in_the_order_in_which_cases_come_to_them(self) -> None:
        """By hand: new at places 0, 2, 0, 0; wait at 1; done at 3, 1, 2."""
        matrix = transition_matrix(pl.DataFrame(columns_of(LOG), SCHEMA))

        assert matrix.activities == ("new", "wait", "done")
        assert repr(matrix) == "TransitionMatrix(3 activities, 3 cases, 5 transitions)"

    def test_tells_each_transition_with_its_interval(self) -> None:
        table = transition_matrix(pl.DataFrame(columns_of(LOG), SCHEMA)).table(confidence=0.9)

        first = table.iloc[0].to_dict()
        share = wilson(2, 3, confidence=0.9)
        assert first == {
            "activity": "new",
            "next": "done",
            "n": 2,
            "of": 3,
            "share": share.value,
            "low": share.low,
            "high": share.high,
        }
        assert table["n"].tolist() == [2, 1, 1, 1]

    def test_of_many_cases_are_those_of_some_at_a_time(self) -> None:
        events = many_events(["new", "wait", "done"], 40_000)

        matrix = transition_matrix(events)

        some = [transition_matrix(part) for part in in_parts(events, 30)]
        assert (
            matrix.counts
            == sum(part.counts.loc[[*matrix.activities], [*matrix.activities]] for part in some)
        ).all(axis=None)
        assert sum(matrix.starts) == sum(sum(part.starts) for part in some)
        place = events["sequence"].groupby(events["activity"]).mean()
        assert [*matrix.activities] == place.sort_values().index.to_list()

    def test_equals_another_of_the_same_events(self) -> None:
        one = transition_matrix(pl.DataFrame(columns_of(LOG), SCHEMA))

        assert one == transition_matrix(pl.DataFrame(columns_of(LOG[::-1]), SCHEMA))

    def test_takes_other_names(self) -> None:
        events = pd.DataFrame(columns_of(LOG)).set_axis(["who", "what", "when", "step"], axis=1)

        matrix = transition_matrix(
            events, case_id="who", activity="what", at="when", sequence="step"
        )

        assert sum(matrix.starts) == 3

    def test_refuses_a_log_out_of_order(self) -> None:
        events = pl.DataFrame(columns_of([*LOG, ("C", "new", FRIDAY, 9)]), SCHEMA)

        with pytest.raises(InvalidValueError, match="must stand once in a case"):
            transition_matrix(events)
