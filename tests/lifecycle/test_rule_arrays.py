"""What arrays are asked is what one record is asked."""

from typing import Any

import numpy as np
from hypothesis import given, settings, strategies as st

from crmkit.kernel import AllOf, AnyOf, Compare, Condition, Not
from crmkit.lifecycle.rule_arrays import Columns, may_be, surely, surely_not


STAGES = {"new": 0, "lost": 1}
NUMBERS = st.integers(0, 3)
COMPARED = st.one_of(
    st.builds(
        Compare,
        st.sampled_from(["orders", "p_alive"]),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        NUMBERS,
    ),
    st.builds(Compare, st.just("p_alive"), st.just("in"), st.tuples(NUMBERS, NUMBERS)),
    st.builds(Compare, st.just("stage"), st.sampled_from(["=", "!="]), st.sampled_from([*STAGES])),
    st.builds(Compare, st.just("stage"), st.just("in"), st.just(("new", "lost"))),
)
CONDITIONS: Any = st.recursive(
    COMPARED,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
ROWS = st.lists(
    st.tuples(NUMBERS, st.one_of(st.none(), NUMBERS), st.sampled_from([None, *STAGES])),
    min_size=1,
    max_size=6,
)


class TestSurely:
    @given(condition=CONDITIONS, rows=ROWS)
    @settings(max_examples=200, deadline=None)
    def test_is_what_one_record_is_told(
        self, condition: Condition, rows: list[tuple[int, int | None, str | None]]
    ) -> None:
        orders, chances, stages = zip(*rows, strict=True)
        columns = Columns(
            {
                "orders": np.array(orders),
                "p_alive": np.array([np.nan if one is None else one for one in chances]),
                "stage": np.array([STAGES.get(one, -1) for one in stages], dtype=np.int8),
            }
        )

        held = [
            condition.holds({"orders": order, "p_alive": chance, "stage": stage})
            for order, chance, stage in rows
        ]

        assert surely(condition, columns, STAGES).tolist() == [one is True for one in held]
        assert surely_not(condition, columns, STAGES).tolist() == [one is False for one in held]

    @given(condition=CONDITIONS, rows=ROWS)
    @settings(max_examples=100, deadline=None)
    def test_never_comes_about_where_it_cannot_be(
        self, condition: Condition, rows: list[tuple[int, int | None, str | None]]
    ) -> None:
        true, false = may_be(condition, {"p_alive"})

        held = {condition.holds({"orders": order, "stage": stage}) for order, _, stage in rows}

        assert true or True not in held
        assert false or False not in held

    def test_of_none_all_are_true_and_any_is_false(self) -> None:
        columns = Columns({"orders": np.array([1, 2])})

        assert surely(AllOf(()), columns, {}).tolist() == [True, True]
        assert surely_not(AllOf(()), columns, {}).tolist() == [False, False]
        assert surely_not(AnyOf(()), columns, {}).tolist() == [True, True]
