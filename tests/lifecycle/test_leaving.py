from typing import Any

import duckdb
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

    @pytest.mark.parametrize("engine", ["pandas", "polars", "lazy", "duckdb"])
    def test_ranks_by_what_is_at_risk_and_leaves_nobody_out(self, engine: str) -> None:
        def of(frame: pl.DataFrame) -> Any:
            made: dict[str, Any] = {
                "pandas": frame.to_pandas(),
                "polars": frame,
                "lazy": frame.lazy(),
                "duckdb": duckdb.sql("from frame"),
            }
            return made[engine]

        told: Any = loss_warnings(of(STAGES), of(VALUES), lifecycle=CUSTOMER_STATE)

        assert type(told) is type(of(STAGES))
        held = {"pandas": lambda: pl.from_pandas(told), "lazy": lambda: told.collect()}
        rows = held.get(engine, lambda: told.pl() if engine == "duckdb" else told)()
        listed = rows.select("customer_id", "value_at_risk", "rank").sort("customer_id").rows()
        assert listed == [("a", 5.0, 1), ("c", 5.0, 1), ("d", None, None)]

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

    def test_of_another_stage(self) -> None:
        lost = pl.DataFrame({"customer_id": ["a"], "loss_reason": [None], "win_back_worth": [1.0]})
        lost = lost.with_columns(pl.col("loss_reason").cast(pl.String))

        told = win_back_list(STAGES, lost, lifecycle=CUSTOMER_STATE, lost_in=["at_risk"])

        assert told["customer_id"].to_list() == ["a", "d"]
