import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]  # no types

from crmkit.errors import AssumptionWarning, InvalidValueError
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


class TestWeightedGroups:
    def base(self) -> pl.DataFrame:
        rng = np.random.default_rng(4)
        names = ["true"] * 60 + ["captive"] * 40
        return pl.DataFrame(
            {
                "loyalty_group": names,
                "customer_value": rng.uniform(10, 90, 100),
                "weight": np.where(np.arange(100) < 60, 1.0, rng.uniform(1, 4, 100)),
            }
        )

    @pytest.mark.parametrize("engine", ENGINES)
    def test_are_told_for_whom_they_stand(self, engine: str) -> None:
        """The share by hand, its interval Wilson's of statsmodels with Kish's size."""
        base = self.base()
        weighed = {**SCHEMA, "weight": pl.Float64}

        columns: Columns = {name: base[name].to_list() for name in weighed}
        table = loyalty_groups(in_engine(engine, columns, weighed), weights="weight")
        told = {row[0]: row for row in rows_of(table)}

        w, value = base["weight"].to_numpy(), base["customer_value"].to_numpy()
        own = slice(60, 100)
        share, size = w[own].sum() / w.sum(), w.sum() ** 2 / (w**2).sum()
        low, high = proportion_confint(share * size, size, method="wilson")
        assert told["captive"][1] == 40
        assert told["captive"][2:5] == pytest.approx((share, low, high))
        worth = (w * value)[own].sum()
        assert told["captive"][5:9] == pytest.approx(
            (40, worth, worth / (w * value).sum(), worth / w[own].sum())
        )
        assert [told[name][-2:] for name in ("true", "captive", "unknown")] == [
            (0, "shown"),
            (0, "shown"),
            (0, "empty"),
        ]

    def test_change_nothing_where_all_weigh_alike(self) -> None:
        base = self.base().with_columns(weight=pl.lit(3.0))

        told, plain = loyalty_groups(base, weights="weight"), loyalty_groups(base)

        names = ["customers", "share", "low", "high", "n_valued", "value_share", "mean_value"]
        assert told.select(names).to_pandas().to_numpy() == pytest.approx(
            plain.select(names).to_pandas().to_numpy(), nan_ok=True
        )

    def test_count_who_has_no_weight_as_missing(self) -> None:
        none = pl.DataFrame({"loyalty_group": "true", "customer_value": 1.0, "weight": [0.0] * 3})
        base = pl.concat([self.base(), none, none.with_columns(loyalty_group=pl.lit("unknown"))])

        told = {row[0]: row for row in loyalty_groups(base, weights="weight").rows()}

        assert (told["true"][1], told["true"][-2]) == (60, 3)
        assert told["unknown"][-2:] == (3, "weightless")

    def test_keep_back_who_weigh_as_few(self) -> None:
        heavy = pl.when(pl.col("loyalty_group") == "captive").then(1e-6).otherwise(1.0)
        base = self.base().with_columns(weight=heavy)
        base[60, "weight"] = 50.0

        with pytest.warns(AssumptionWarning, match="100 customers weigh as"):
            told = {row[0]: row for row in loyalty_groups(base, weights="weight").rows()}

        assert told["captive"][-1] == "suppressed"
        assert told["captive"][1:6] == (None,) * 5

    def test_need_somebody_who_weighs(self) -> None:
        base = self.base().with_columns(weight=pl.lit(0.0))

        with pytest.raises(InvalidValueError, match="one customer at least that weighs"):
            loyalty_groups(base, weights="weight")
