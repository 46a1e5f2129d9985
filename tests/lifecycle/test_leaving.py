from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Share
from crmkit.lifecycle import CUSTOMER_STATE, FOUR_STAGE, LADDER, loss_warnings, win_back_list
from crmkit.value import LossReason, WinBackPolicy, win_back_worth


STAGES = pl.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d", "e"],
        "stage": ["at_risk", "loyal", "dormant", "at_risk", "lost"],
        "rule": ["silent", None, "silent", "silent", "silent"],
        "since": "2026-03-02",
    }
)
VALUES = pl.DataFrame({"customer_id": ["a", "c", "b"], "value_at_risk": [5.0, 5.0, 99.0]})
UNTOLD = pl.DataFrame({"customer_id": ["a", "c", "d"], "value_at_risk": [5.0, 5.0, None]})
ENGINES = ("pandas", "polars", "lazy", "duckdb")


def of_engine(frame: pl.DataFrame, engine: str) -> Any:
    made: dict[str, Any] = {
        "pandas": frame.to_pandas(),
        "polars": frame,
        "lazy": frame.lazy(),
        "duckdb": duckdb.sql("from frame"),
    }
    return made[engine]


class TestLossWarnings:
    def test_takes_other_names(self) -> None:
        ours = {"customer_id": "who", "stage": "where", "rule": "why", "since": "when"}

        told = loss_warnings(
            STAGES.rename(ours),
            VALUES.rename({"customer_id": "who"}),
            lifecycle=CUSTOMER_STATE,
            customer_id="who",
            stage="where",
            rule="why",
            since="when",
        )

        expected = loss_warnings(STAGES, VALUES, lifecycle=CUSTOMER_STATE)
        assert told.rows() == expected.rows()
        assert told.columns[:4] == [*ours.values()]

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("untold", [VALUES, UNTOLD], ids=["no row", "an empty value"])
    def test_ranks_by_what_is_at_risk_and_leaves_nobody_out(
        self, engine: str, untold: pl.DataFrame
    ) -> None:
        stages = of_engine(STAGES, engine)

        told: Any = loss_warnings(stages, of_engine(untold, engine), lifecycle=CUSTOMER_STATE)

        assert type(told) is type(stages)
        held = {"pandas": lambda: pl.from_pandas(told), "lazy": lambda: told.collect()}
        rows = held.get(engine, lambda: told.pl() if engine == "duckdb" else told)()
        listed = rows.select("customer_id", "value_at_risk", "rank").sort("customer_id").rows()
        assert listed == [("a", 5.0, 1), ("c", 5.0, 1), ("d", None, None)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_value_without_end(self, engine: str) -> None:
        values = of_engine(VALUES.with_columns(value_at_risk=pl.lit(float("inf"))), engine)

        with pytest.raises(InvalidValueError, match="must be a finite number, or empty"):
            loss_warnings(of_engine(STAGES, engine), values, lifecycle=CUSTOMER_STATE)

    def test_warns_of_the_stages_that_are_named(self) -> None:
        told = loss_warnings(STAGES, VALUES, lifecycle=CUSTOMER_STATE, warn_of=["loyal"])

        assert told["rank"].to_list() == [1]
        assert told["customer_id"].to_list() == ["b"]

    def test_needs_a_stage_of_those_on_the_way_out(self) -> None:
        with pytest.raises(InvalidValueError, match="name the stages yourself"):
            loss_warnings(STAGES, VALUES, lifecycle=LADDER)

    def test_takes_several_stages_and_no_lone_one(self) -> None:
        with pytest.raises(InvalidValueError, match="warn_of is 'loyal': it must be several"):
            loss_warnings(STAGES, VALUES, lifecycle=CUSTOMER_STATE, warn_of="loyal")
        with pytest.raises(InvalidValueError, match="lost_in is 'lost': it must be several"):
            win_back_list(STAGES, VALUES, lifecycle=CUSTOMER_STATE, lost_in="lost")

    def test_of_four_stages_decline_warns(self) -> None:
        stages = STAGES.with_columns(stage=pl.lit("decline"))

        assert len(loss_warnings(stages, VALUES, lifecycle=FOUR_STAGE)) == 5

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_stage_that_the_lifecycle_does_not_know(self, engine: str) -> None:
        stages = of_engine(STAGES.with_columns(stage=pl.lit("at risk")), engine)

        with pytest.raises(InvalidValueError, match=r"'at risk'.* known are .*, at_risk,"):
            loss_warnings(stages, of_engine(VALUES, engine), lifecycle=CUSTOMER_STATE)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_row_without_a_stage(self, engine: str) -> None:
        gone = pl.Series(["at_risk", None, "dormant", "at_risk", "lost"])
        stages = of_engine(STAGES.with_columns(stage=gone), engine)

        with pytest.raises(InvalidValueError, match="stage is None: it must not be empty, as in"):
            loss_warnings(stages, of_engine(VALUES, engine), lifecycle=CUSTOMER_STATE)

    def test_names_the_rows_of_another_lifecycle(self) -> None:
        with pytest.raises(InvalidValueError, match="stage of the lifecycle, as in rows 0, 1, 2 a"):
            loss_warnings(STAGES, VALUES, lifecycle=FOUR_STAGE)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_customers_of_two_kinds(self, engine: str) -> None:
        values = of_engine(pl.DataFrame({"customer_id": [1], "value_at_risk": [5.0]}), engine)

        with pytest.raises(InvalidValueError, match="must be of one kind in both frames"):
            loss_warnings(of_engine(STAGES, engine), values, lifecycle=CUSTOMER_STATE)

    @pytest.mark.parametrize(
        ("ours", "theirs", "message"),
        [
            ("pandas", "polars", "values is a frame of polars: it must be a frame of pandas"),
            ("polars", "lazy", "values is a lazy frame: .* same kind as the stages"),
            ("lazy", "polars", "values is a frame that holds its rows: .* same kind as the"),
        ],
    )
    def test_refuses_values_of_another_kind_of_frame(
        self, ours: str, theirs: str, message: str
    ) -> None:
        values: Any = of_engine(VALUES, theirs)

        with pytest.raises(InvalidValueError, match=message):
            loss_warnings(of_engine(STAGES, ours), values, lifecycle=CUSTOMER_STATE)

    def test_takes_values_of_nobody(self) -> None:
        """A column without a value has no type of its own in pandas."""
        stages = STAGES.with_columns(customer_id=pl.Series(range(5))).to_pandas()
        nobody = pd.DataFrame({"customer_id": [], "value_at_risk": []}, dtype=object)

        told = loss_warnings(stages, nobody, lifecycle=CUSTOMER_STATE)

        assert told["customer_id"].tolist() == [0, 2, 3]
        assert told["rank"].isna().all()

    def test_refuses_a_customer_twice(self) -> None:
        with pytest.raises(InvalidValueError, match="must stand in one row of values"):
            loss_warnings(STAGES, pl.concat([VALUES, VALUES]), lifecycle=CUSTOMER_STATE)

    def test_nobody_is_nobody(self) -> None:
        told = loss_warnings(STAGES.clear(), VALUES, lifecycle=CUSTOMER_STATE)

        assert len(told) == 0


class TestWinBackList:
    def test_takes_what_the_worth_of_winning_back_is(self) -> None:
        """The worth crosses as a column: neither package knows the other."""
        chances = FrozenMap(dict.fromkeys(LossReason, Share(0.25)))
        policy = WinBackPolicy(name="ours", chances=chances, cost=50, source="a guess")
        lost = pl.DataFrame(
            {"customer_id": ["e"], "loss_reason": ["service"], "value_at_stake": [1000.0]}
        )

        told = win_back_list(STAGES, win_back_worth(lost, policy=policy), lifecycle=CUSTOMER_STATE)

        columns = ("customer_id", "loss_reason", "win_back_worth", "rank")
        assert told.select(columns).rows() == [("e", "service", 200.0, 1)]

    def test_refuses_a_stage_that_the_lifecycle_does_not_know(self) -> None:
        lost = pl.DataFrame({"customer_id": ["a"], "loss_reason": ["x"], "win_back_worth": [1.0]})

        with pytest.raises(
            InvalidValueError, match="must be a stage of the lifecycle, as in row 4"
        ):
            win_back_list(
                STAGES.with_columns(stage=pl.col("stage").replace("lost", "gone")),
                lost,
                lifecycle=CUSTOMER_STATE,
            )

    def test_ranks_last_whose_worth_is_untold_in_pandas(self) -> None:
        lost = pl.DataFrame(
            {
                "customer_id": ["a", "d"],
                "loss_reason": ["price", None],
                "win_back_worth": [None, 4.0],
            }
        )

        told = win_back_list(
            STAGES.to_pandas(), lost.to_pandas(), lifecycle=CUSTOMER_STATE, lost_in=["at_risk"]
        )

        assert told["customer_id"].tolist() == ["d", "a"]
        assert told["rank"].isna().tolist() == [False, True]

    def test_of_another_stage(self) -> None:
        lost = pl.DataFrame({"customer_id": ["a"], "loss_reason": [None], "win_back_worth": [1.0]})
        lost = lost.with_columns(pl.col("loss_reason").cast(pl.String))

        told = win_back_list(STAGES, lost, lifecycle=CUSTOMER_STATE, lost_in=["at_risk"])

        assert told["customer_id"].to_list() == ["a", "d"]
