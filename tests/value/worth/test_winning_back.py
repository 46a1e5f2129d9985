import attrs
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Share
from crmkit.value import LossReason, WinBackPolicy, win_back_worth
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {"customer_id": pl.Int64, "loss_reason": pl.String, "value_at_stake": pl.Float64}
POLICY = WinBackPolicy(
    name="ours",
    chances=FrozenMap({reason: Share(place / 10) for place, reason in enumerate(LossReason)}),
    cost=50,
    source="a test",
)


def columns_of(rows: list[tuple[LossReason, float]]) -> Columns:
    return {
        "customer_id": range(len(rows)),
        "loss_reason": [reason.value for reason, _ in rows],
        "value_at_stake": [value for _, value in rows],
    }


class TestPolicy:
    def test_weighs_chance_against_cost(self) -> None:
        # By hand: service is the third reason, 20 % of 1000 less 50.
        assert POLICY.worth(LossReason.SERVICE, 1000) == 150
        assert POLICY.worth(LossReason.PRICE, 1000) == -50

    def test_needs_a_chance_for_every_reason(self) -> None:
        some = FrozenMap({LossReason.PRICE: Share(0.2)})

        with pytest.raises(InvalidValueError, match="reason is 'quality': it must have a chance"):
            attrs.evolve(POLICY, chances=some)

    @pytest.mark.parametrize("cost", [-1, float("nan"), True, "5"])
    def test_refuses_what_is_no_cost(self, cost: float) -> None:
        with pytest.raises(InvalidValueError, match="must be a number, 0 or more"):
            attrs.evolve(POLICY, cost=cost)

    def test_refuses_what_it_cannot_judge(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a LossReason"):
            POLICY.worth("price", 5)  # type: ignore[arg-type]  # what is refused
        with pytest.raises(InvalidValueError, match="must be a finite number"):
            POLICY.worth(LossReason.PRICE, float("inf"))

    @pytest.mark.parametrize(("value", "verdict"), [(250.0, False), (250.5, True), (-9.0, False)])
    def test_explains_with_evidence_that_gives_the_verdict(
        self, value: float, verdict: bool
    ) -> None:
        why = POLICY.explain("C-7", LossReason.SERVICE, value)

        chance, stake, cost = (why.find(name).value for name in ("chance", "value", "cost"))
        assert isinstance(chance, Share)
        assert isinstance(stake, float)
        assert isinstance(cost, int)
        assert (float(chance) * stake - cost > 0) is why.verdict is verdict

    def test_says_it_in_chinese(self) -> None:
        assert POLICY.explain("C-7", LossReason.SERVICE, 1000).sentence("zh") == (
            "客户C-7流失原因：服务原因；挽回机会20%，价值1000，扣除挽回成本50，值150；是否值得挽回：是"
        )


class TestWinBackWorth:
    @FEW
    @given(st.lists(st.tuples(st.sampled_from(LossReason), st.integers(-9, 9_999)), max_size=9))
    def test_of_a_frame_is_that_of_each_customer_in_every_engine(
        self, rows: list[tuple[LossReason, float]]
    ) -> None:
        for engine in ENGINES:
            told = rows_of(
                win_back_worth(in_engine(engine, columns_of(rows), SCHEMA), policy=POLICY)
            )

            for row, (reason, value) in zip(sorted(told, key=str), rows, strict=True):
                assert row[3] == float(POLICY.chances[reason])
                assert row[4] == pytest.approx(POLICY.worth(reason, value))
                assert row[5] == (POLICY.worth(reason, value) > 0)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_returns_the_kind_of_frame_it_was_given(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([(LossReason.PRICE, 5)]), SCHEMA)

        assert type(win_back_worth(frame, policy=POLICY)) is type(frame)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("reason", "value", "message"),
        [
            ("bored", 5.0, "loss_reason is 'bored': it must be one of price, quality"),
            (None, 5.0, "loss_reason is None: it must not be empty"),
            ("price", None, "value_at_stake is None: it must not be empty"),
            ("price", float("inf"), "value_at_stake is inf: it must be a finite number"),
        ],
    )
    def test_refuses_what_it_cannot_judge(
        self, engine: str, reason: str, value: float, message: str
    ) -> None:
        columns: Columns = {
            "customer_id": [1, 2],
            "loss_reason": ["price", reason],
            "value_at_stake": [1.0, value],
        }

        with pytest.raises(InvalidValueError, match=message):
            win_back_worth(in_engine(engine, columns, SCHEMA), policy=POLICY)

    def test_refuses_to_write_over_a_worth(self) -> None:
        frame = pl.DataFrame(columns_of([(LossReason.PRICE, 5)]), schema=SCHEMA)

        with pytest.raises(InvalidValueError, match="must not be there already"):
            win_back_worth(win_back_worth(frame, policy=POLICY), policy=POLICY)
