import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.loyalty import LoyaltyGroup, loyalty_groups
from crmkit.stats import SmallGroupRule, wilson
from tests.value.engines import ENGINES, FEWEST, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {"loyalty_group": pl.String, "customer_value": pl.Float64}
NAMES = [str(group.value) for group in LoyaltyGroup]
ALL = SmallGroupRule(suppress_below=1, flag_below=1)


class TestLoyaltyGroups:
    @FEWEST
    @given(
        st.lists(
            st.tuples(st.sampled_from(NAMES), st.none() | st.integers(-5, 100).map(float)),
            min_size=1,
            max_size=20,
        )
    )
    def test_counts_and_adds_up_in_every_engine(self, rows: list[tuple[str, float | None]]) -> None:
        columns: Columns = dict(zip(SCHEMA, zip(*rows, strict=True), strict=True))
        worth = sum(value or 0 for _, value in rows)

        for engine in ENGINES:
            told = rows_of(loyalty_groups(in_engine(engine, columns, SCHEMA), rule=ALL))
            assert [row[0] for row in told] == NAMES
            for row in told:
                own = [value for name, value in rows if name == row[0]]
                known = [value for value in own if value is not None]
                share = wilson(len(own), len(rows))
                assert row[1] == len(own)
                assert row[2:5] == (
                    pytest.approx(share.value),
                    pytest.approx(share.low),
                    pytest.approx(share.high),
                )
                assert (row[5], row[6]) == (len(known), pytest.approx(sum(known)))
                if worth:
                    assert row[7] == pytest.approx(sum(known) / worth)
                if known:
                    assert row[8] == pytest.approx(sum(known) / len(known))
                assert row[9] == ("shown" if own else "empty")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_keeps_small_groups_back_and_what_would_reveal_them(self, engine: str) -> None:
        groups = ["captive"] * 6 + ["vulnerable"] * 15 + ["true"] * 60
        columns: Columns = {"loyalty_group": groups, "customer_value": [1.0] * 81}

        told = {row[0]: row for row in rows_of(loyalty_groups(in_engine(engine, columns, SCHEMA)))}

        assert told["captive"][-1] == "suppressed"
        assert told["vulnerable"][-1] == "complementary"
        assert told["true"][-1] == "shown"
        assert told["unknown"][1] == 0
        for name in ("captive", "vulnerable"):
            assert all(value is None or value != value for value in told[name][1:9])

    def test_keeps_values_back_that_are_known_of_few(self) -> None:
        groups = ["captive"] * 40 + ["true"] * 40
        values = [1.0] * 3 + [None] * 37 + [1.0] * 40
        frame = pl.DataFrame({"loyalty_group": groups, "customer_value": values})

        told = loyalty_groups(frame)

        assert told["customers"].to_list() == [40, 0, 40, 0, 0]
        assert told["value"].to_list() == [None, 0, None, 0, 0]
        assert told["group_size"].to_list() == [
            "suppressed",
            "empty",
            "complementary",
            "empty",
            "empty",
        ]

    def test_leaves_values_out(self) -> None:
        frame = pd.DataFrame({"loyalty_group": ["true"] * 30})

        told = loyalty_groups(frame, customer_value=None)

        assert told.columns.to_list() == [
            "loyalty_group",
            "customers",
            "share",
            "low",
            "high",
            "group_size",
        ]

    @pytest.mark.parametrize(
        ("frame", "message"),
        [
            ({"loyalty_group": ["loyal"], "customer_value": [1.0]}, "must be one of captive"),
            ({"loyalty_group": [None], "customer_value": [1.0]}, "must not be empty"),
            ({"loyalty_group": ["true"], "customer_value": [float("inf")]}, "must be a finite"),
            ({"loyalty_group": [], "customer_value": []}, "must be told of one customer at least"),
            ({"loyalty_group": ["true"]}, "customer_value is missing"),
        ],
    )
    def test_refuses_what_is_no_base(self, frame: dict[str, list[object]], message: str) -> None:
        schema = {name: SCHEMA[name] for name in frame}

        with pytest.raises(InvalidValueError, match=message):
            loyalty_groups(pl.DataFrame(frame, schema=schema))
