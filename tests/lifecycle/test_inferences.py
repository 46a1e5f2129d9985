"""Batch inference equals the one-customer form, recomputed equals continued, both a plain fold."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, AnyOf, Compare, Condition, Not, Rule, Text
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    FOUR_STAGE_RULES,
    STATE_RULES,
    Behaviour,
    Lifecycle,
    Signal,
    StageRule,
    StageRules,
    evaluations,
    infer_stages,
    stage_history,
)


START = date(2024, 1, 1)
END = date(2025, 12, 31)

Orders = list[tuple[str, date, float]]
Signals = list[tuple[str, date, float | None, float | None, float | None]]

names = st.sampled_from(["C-1", "C-2", "C-3"])
days = st.integers(0, 760).map(lambda number: START + timedelta(days=number))
amounts = st.integers(0, 100_000).map(lambda cents: cents / 100)
histories = st.lists(st.tuples(names, days, amounts), min_size=1, max_size=40)
shares = st.one_of(st.none(), st.integers(0, 10).map(lambda tenth: tenth / 10))
marks = st.one_of(st.none(), st.integers(0, 5).map(float))
hints = st.lists(st.tuples(names, days, shares, marks, marks), max_size=8)


def rule(stage: str, code: str, enter: Condition, stay: Condition | None = None) -> StageRule:
    says = Rule(code=code, says=Text("as it is", "如此"), source="the test")
    return StageRule(stage=stage, rule=says, enter=enter, stay=stay)


ODD_RULES = StageRules(
    name="odd",
    lifecycle="customer_state",
    rules=(
        rule("lost", "a", AllOf((Compare("silence", ">", 200), Not(Compare("p_alive", ">", 0.5))))),
        rule("won_back", "b", Compare("stage", "in", ("lost", "dormant"))),
        rule(
            "dormant",
            "c",
            AnyOf((Not(AllOf((Compare("age", "<", 300), Compare("orders", "<=", 3)))), AnyOf(()))),
            AllOf((Compare("steps_in_stage", "<", 2), Compare("stage", "!=", "lost"))),
        ),
        rule(
            "at_risk",
            "d",
            AllOf(
                (
                    Not(AnyOf((Compare("recent_orders", ">=", 2), Compare("complaints", "=", 3)))),
                    Compare("satisfaction", "!=", 1),
                )
            ),
            Not(Not(Compare("recent_amount", "<", 50.0))),
        ),
        rule(
            "loyal",
            "e",
            AllOf((Compare("earlier_orders", ">", 0), Compare("rhythm", "in", (90.0, 70.0)))),
        ),
        rule(
            "new",
            "f",
            AllOf((Compare("earlier_amount", ">=", 10), Not(Compare("stage", "=", "new")))),
        ),
    ),
    otherwise="potential",
    usual_rhythm=61.5,
    step=30,
    window=3,
    source="the test",
)

ALL = [
    (STATE_RULES, CUSTOMER_STATE),
    (FOUR_STAGE_RULES, FOUR_STAGE),
    (ODD_RULES, CUSTOMER_STATE),
]


def frame(orders: Orders) -> pl.DataFrame:
    schema = {"customer_id": pl.String, "ordered_at": pl.Date, "amount": pl.Float64}
    return pl.DataFrame(orders, schema=schema, orient="row")


def signal_frame(signals: Signals) -> pl.DataFrame:
    schema = {
        "customer_id": pl.String,
        "told_at": pl.Date,
        "p_alive": pl.Float64,
        "complaints": pl.Float64,
        "satisfaction": pl.Float64,
    }
    return pl.DataFrame(signals, schema=schema, orient="row")


ENGINES = ("pandas", "polars", "lazy", "duckdb")


def of_engine(held: pl.DataFrame, engine: str) -> Any:
    made: dict[str, Any] = {
        "pandas": held.to_pandas(date_as_object=True),
        "polars": held,
        "lazy": held.lazy(),
        "duckdb": duckdb.sql("from held"),
    }
    return made[engine]


def rows_of(told: Any, engine: str) -> list[tuple[object, ...]]:
    made: dict[str, Callable[[], pl.DataFrame]] = {
        "pandas": lambda: pl.from_pandas(told),
        "polars": lambda: told,
        "lazy": lambda: told.collect(),
        "duckdb": lambda: told.pl(),
    }
    return made[engine]().sort("customer_id").rows()


KNOWN = ("p_alive", "complaints", "satisfaction")


def behaviour(
    customer: str, orders: Orders, signals: Signals, names: Sequence[str] = KNOWN
) -> Behaviour:
    told = [
        Signal(on=on, name=name, value=value)
        for whose, on, *values in signals
        for name, value in zip(names, values, strict=True)
        if whose == customer and value is not None
    ]
    bought = [(on, amount) for whose, on, amount in orders if whose == customer]
    return Behaviour.of(customer, bought, signals=told)


def one_by_one(
    orders: Orders,
    signals: Signals,
    rules: StageRules,
    lifecycle: Lifecycle,
    as_of: date,
    names: Sequence[str] = KNOWN,
) -> list[tuple[object, ...]]:
    """Infer each customer by himself."""
    told: list[tuple[object, ...]] = []
    for customer in sorted({whose for whose, _, _ in orders}):
        whole = evaluations(
            behaviour(customer, orders, signals, names),
            rules=rules,
            lifecycle=lifecycle,
            as_of=as_of,
        )
        if whole:
            last = whole[-1]
            code = None if last.rule is None else last.rule.rule.code
            told.append(
                (
                    customer,
                    f"{last.on}",
                    last.stage,
                    last.verdict,
                    code,
                    f"{last.since}",
                    last.steps,
                )
            )
    return told


def batch(told: pl.DataFrame) -> list[tuple[object, ...]]:
    columns = ("customer_id", "as_of", "stage", "verdict", "rule", "since", "steps_in_stage")
    return told.select(columns).rows()


@pytest.mark.parametrize(("rules", "lifecycle"), ALL, ids=lambda one: one.name)
class TestInferStages:
    @given(orders=histories, signals=hints, as_of=days)
    @settings(max_examples=25, deadline=None)
    def test_equals_the_one_customer_form(
        self,
        rules: StageRules,
        lifecycle: Lifecycle,
        orders: Orders,
        signals: Signals,
        as_of: date,
    ) -> None:
        told = infer_stages(
            frame(orders),
            rules=rules,
            lifecycle=lifecycle,
            as_of=as_of,
            signals=signal_frame(signals),
        )

        assert batch(told) == one_by_one(orders, signals, rules, lifecycle, as_of)

    @pytest.mark.parametrize("engine", ENGINES)
    @given(orders=histories, signals=hints, middle=days, jump=st.integers(0, 200))
    @settings(max_examples=6, deadline=None)
    def test_continued_equals_recomputed(
        self,
        rules: StageRules,
        lifecycle: Lifecycle,
        engine: str,
        orders: Orders,
        signals: Signals,
        middle: date,
        jump: int,
    ) -> None:
        """Also from a day on which nobody had bought yet."""
        asked: dict[str, Any] = {"rules": rules, "lifecycle": lifecycle}
        asked["signals"] = of_engine(signal_frame(signals), engine)
        bought = of_engine(frame(orders), engine)
        before = infer_stages(bought, as_of=middle, **asked)
        as_of = middle + timedelta(days=jump)

        whole = infer_stages(bought, as_of=as_of, **asked)
        continued = infer_stages(bought, as_of=as_of, before=before, **asked)

        assert rows_of(continued, engine) == rows_of(whole, engine)

    @given(orders=histories, seed=st.integers(0, 99), others=histories)
    @settings(max_examples=12, deadline=None)
    def test_hangs_on_no_order_of_rows_and_on_no_other_customers(
        self,
        rules: StageRules,
        lifecycle: Lifecycle,
        orders: Orders,
        seed: int,
        others: Orders,
    ) -> None:
        own = frame(orders)
        more = frame([(f"D-{whose}", on, amount) for whose, on, amount in others])

        alone = infer_stages(own, rules=rules, lifecycle=lifecycle, as_of=END)
        mixed = infer_stages(
            pl.concat([more, own]).sample(fraction=1.0, shuffle=True, seed=seed),
            rules=rules,
            lifecycle=lifecycle,
            as_of=END,
        )

        assert mixed.filter(~pl.col("customer_id").str.starts_with("D-")).equals(alone)

    @given(orders=histories, signals=hints)
    @settings(max_examples=12, deadline=None)
    def test_history_is_every_evaluation(
        self, rules: StageRules, lifecycle: Lifecycle, orders: Orders, signals: Signals
    ) -> None:
        told = stage_history(
            frame(orders),
            rules=rules,
            lifecycle=lifecycle,
            as_of=END,
            signals=signal_frame(signals),
        )

        expected = [
            (customer, one.on.isoformat(), one.stage)
            for customer in sorted({whose for whose, _, _ in orders})
            for one in evaluations(
                behaviour(customer, orders, signals), rules=rules, lifecycle=lifecycle, as_of=END
            )
        ]
        assert told.rows() == expected
        for (whose, _, before), (again, _, after) in pairwise(expected):
            if whose == again and before != after:
                assert after in lifecycle.allowed(before)


class TestSignalNames:
    @given(
        orders=histories,
        signals=hints,
        names=st.lists(
            st.sampled_from(["last", "recent_coins", "earlier_coins", "day", "counts", "held"]),
            unique=True,
            min_size=3,
            max_size=3,
        ),
        as_of=days,
    )
    @settings(max_examples=25, deadline=None)
    def test_may_be_any_but_those_of_behaviour(
        self, orders: Orders, signals: Signals, names: list[str], as_of: date
    ) -> None:
        """Also those by which the arrays know their own steps."""
        rules = StageRules(
            name="named",
            lifecycle="customer_state",
            rules=(
                rule("at_risk", "a", Compare(names[0], "<", 0.5)),
                rule("dormant", "b", Compare(names[1], ">=", 3)),
                rule("loyal", "c", AllOf((Compare(names[2], ">", 2), Compare("silence", "<", 90)))),
                rule("lost", "d", Compare("volume_trend", "<", 0.5)),
            ),
            otherwise="new",
            usual_rhythm=90.0,
            source="the test",
        )
        told_by = dict(zip(("p_alive", "complaints", "satisfaction"), names, strict=True))

        told = infer_stages(
            frame(orders),
            rules=rules,
            lifecycle=CUSTOMER_STATE,
            as_of=as_of,
            signals=signal_frame(signals).rename(told_by),
        )

        expected = one_by_one(orders, signals, rules, CUSTOMER_STATE, as_of, names)
        assert batch(told) == expected


class TestPlainReference:
    @given(gaps=st.lists(st.integers(1, 40), min_size=5, max_size=15), tail=st.integers(0, 150))
    @settings(max_examples=30, deadline=None)
    def test_silence_is_folded_as_by_hand(self, gaps: list[int], tail: int) -> None:
        rules = StageRules(
            name="silence",
            lifecycle="customer_state",
            rules=(
                rule(
                    "at_risk",
                    "risk",
                    AllOf((Compare("orders", ">=", 5), Compare("silence_ratio", ">=", 3))),
                    Compare("silence_ratio", ">=", 1),
                ),
                rule("new", "new", Compare("orders", ">=", 1)),
            ),
            otherwise="new",
            usual_rhythm=1.0,
            source="the test",
        )
        bought = [START - timedelta(days=700)]
        for gap in gaps:
            bought.append(bought[-1] + timedelta(days=gap))
        as_of = bought[-1] + timedelta(days=tail)
        orders = pl.DataFrame({"customer_id": "C-1", "ordered_at": bought})

        told = infer_stages(orders, rules=rules, lifecycle=CUSTOMER_STATE, as_of=as_of)

        flagged, on = False, rules.last_day(bought[0] + timedelta(days=27))
        while on <= as_of:
            known = [day for day in bought if day <= on]
            span = (known[-1] - known[0]).days + max(0, 5 - len(known)) * 1.0
            ratio = (on - known[-1]).days / (span / max(4, len(known) - 1))
            flagged = ratio >= 1 if flagged else len(known) >= 5 and ratio >= 3
            on += timedelta(days=28)
        expected = ["at_risk" if flagged else "new"]
        if on == rules.last_day(bought[0] + timedelta(days=27)):
            expected = []
        assert told["stage"].to_list() == expected


ORDERS: Orders = [
    ("C-1", date(2025, 1, 5), 20.0),
    ("C-1", date(2025, 2, 5), 20.0),
    ("C-2", date(2025, 11, 5), 5.5),
]


class TestEngines:
    def expected(self) -> list[tuple[object, ...]]:
        return one_by_one(ORDERS, [], FOUR_STAGE_RULES, FOUR_STAGE, END)

    @pytest.mark.parametrize("engine", ["pandas", "pandas, times", "lazy", "lazy, times", "duckdb"])
    def test_gives_back_what_it_was_given(self, engine: str) -> None:
        """Days of Berlin: a minute before midnight in UTC is the next day there."""
        own = frame(ORDERS)
        late = pl.col("ordered_at").cast(pl.Datetime("us", "UTC")) - pl.duration(minutes=1)
        given: Any = {
            "pandas": own.to_pandas(date_as_object=True),
            "pandas, times": own.with_columns(late).to_pandas(),
            "lazy": own.lazy(),
            "lazy, times": own.with_columns(late).lazy(),
            "duckdb": duckdb.sql("from own"),
        }[engine]
        zone = "Europe/Berlin" if "times" in engine else None

        told = infer_stages(
            given, rules=FOUR_STAGE_RULES, lifecycle=FOUR_STAGE, as_of=END, timezone=zone
        )

        assert type(told) is type(given)
        held: Any = told
        if engine.startswith("lazy"):
            held = told.collect()
        elif engine == "duckdb":
            held = told.pl()
        elif engine.startswith("pandas"):
            held = pl.from_pandas(told)
        assert batch(held.sort("customer_id")) == self.expected()

    @pytest.mark.parametrize("engine", ENGINES)
    def test_goes_on_from_whom_no_rule_held(self, engine: str) -> None:
        bought = of_engine(frame(ORDERS), engine)
        seldom = StageRules(
            name="seldom",
            lifecycle="customer_state",
            rules=(rule("at_risk", "silent", Compare("silence", ">", 90)),),
            otherwise="new",
            usual_rhythm=90.0,
            source="the test",
        )
        asked: dict[str, Any] = {"rules": seldom, "lifecycle": CUSTOMER_STATE}
        before = infer_stages(bought, as_of=date(2025, 12, 5), **asked)

        continued = infer_stages(bought, as_of=END, before=before, **asked)

        assert [one[4] for one in rows_of(before, engine)] == ["silent", None]
        whole = infer_stages(bought, as_of=END, **asked)
        assert rows_of(continued, engine) == rows_of(whole, engine)

    def test_what_is_not_known_is_empty(self) -> None:
        told = infer_stages(frame(ORDERS), rules=FOUR_STAGE_RULES, lifecycle=FOUR_STAGE, as_of=END)

        assert told["volume_trend"].to_list() == [0.0, None]
        assert told["silence"].to_list()[0] == (date(2025, 12, 29) - date(2025, 2, 5)).days

    def test_nobody_gives_nobody(self) -> None:
        told = infer_stages(
            frame(ORDERS).clear(), rules=FOUR_STAGE_RULES, lifecycle=FOUR_STAGE, as_of=END
        )
        lazily = infer_stages(
            frame(ORDERS).clear().lazy(),
            rules=STATE_RULES,
            lifecycle=CUSTOMER_STATE,
            as_of=END,
        )
        history = stage_history(
            frame(ORDERS).clear(), rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=END
        )

        assert (len(told), len(lazily.collect()), len(history)) == (0, 0, 0)

    def test_ids_may_lie_far_apart(self) -> None:
        orders = pl.DataFrame(
            {"customer_id": [7, 900_000_000], "ordered_at": [date(2025, 11, 5), date(2025, 1, 5)]}
        )

        told = infer_stages(orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=END)

        assert told.select("customer_id", "stage").rows() == [(7, "new"), (900_000_000, "at_risk")]

    def test_history_can_begin_later(self) -> None:
        told = stage_history(
            frame(ORDERS),
            rules=STATE_RULES,
            lifecycle=CUSTOMER_STATE,
            as_of=END,
            since=date(2025, 12, 1),
        )

        assert set(told["as_of"].to_list()) == {"2025-12-01", "2025-12-29"}


class TestRecordStart:
    def test_flags_all_where_nobody_tells_when_it_began(self) -> None:
        told = infer_stages(frame(ORDERS), rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=END)

        assert told["maybe_older"].to_list() == [True, True]

    @pytest.mark.parametrize("kind", ["eager", "lazy"])
    def test_earlier_orders_tell_who_is_older_and_do_not_count(self, kind: str) -> None:
        asked: dict[str, Any] = {"rules": STATE_RULES, "lifecycle": CUSTOMER_STATE, "as_of": END}
        orders = frame(ORDERS) if kind == "eager" else frame(ORDERS).lazy()

        told: Any = infer_stages(orders, observed_from=date(2025, 2, 1), **asked)

        held = told if kind == "eager" else told.collect().sort("customer_id")
        assert held.select("customer_id", "orders", "maybe_older").rows() == [
            ("C-1", 1, True),
            ("C-2", 1, False),
        ]
        later = [one for one in ORDERS if one[1] >= date(2025, 2, 1)]
        expected = infer_stages(frame(later), **asked)
        assert batch(held) == batch(expected)

    def test_history_begins_with_it(self) -> None:
        told = stage_history(
            frame(ORDERS),
            rules=STATE_RULES,
            lifecycle=CUSTOMER_STATE,
            as_of=END,
            observed_from=date(2025, 2, 1),
        )

        assert told["as_of"].min() == "2025-02-24"


class TestRefusals:
    orders = frame(ORDERS)

    def ask(self, **more: Any) -> object:
        told = {"rules": STATE_RULES, "lifecycle": CUSTOMER_STATE, "as_of": END, **more}
        return infer_stages(told.pop("orders", self.orders), **told)

    def test_refuses_rules_of_another_lifecycle(self) -> None:
        with pytest.raises(InvalidValueError, match="must be 'customer_state'"):
            self.ask(lifecycle=FOUR_STAGE)

    def test_refuses_an_amount_beyond_the_exact(self) -> None:
        bad = self.orders.with_columns(amount=pl.lit(1e15))

        with pytest.raises(InvalidValueError, match="must be below"):
            self.ask(orders=bad, rules=FOUR_STAGE_RULES, lifecycle=FOUR_STAGE)

    def test_refuses_signals_of_instants(self) -> None:
        bad = pl.DataFrame(
            {"customer_id": ["C-1"], "told_at": [datetime(2025, 1, 1, tzinfo=UTC)], "p_alive": 0.5}
        )

        with pytest.raises(InvalidValueError, match="must hold dates"):
            self.ask(signals=bad)

    def test_refuses_a_signal_without_end(self) -> None:
        bad = pl.DataFrame(
            {"customer_id": ["C-1"], "told_at": [date(2025, 1, 1)], "p_alive": [float("inf")]}
        )

        with pytest.raises(InvalidValueError, match="must be finite, or empty"):
            self.ask(signals=bad)

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            (["p_alve"], "tells p_alve: it must tell what .*; did you mean 'p_alive'"),
            (["a_note", "complants"], "tells complants: .*; did you mean 'complaints'"),
            (["note"], "tells note: .*; known are complaints, p_alive, satisfaction"),
            ([], "signals is a frame that tells nothing"),
        ],
    )
    def test_refuses_signals_that_no_rule_asks_for(self, columns: list[str], message: str) -> None:
        bad = pl.DataFrame(
            {"customer_id": ["C-1"], "told_at": [date(2025, 1, 1)], **dict.fromkeys(columns, 0.05)}
        )

        with pytest.raises(InvalidValueError, match=message):
            self.ask(signals=bad)

    def test_takes_other_columns_beside_a_signal(self) -> None:
        told = pl.DataFrame(
            {"customer_id": ["C-1"], "told_at": [date(2025, 1, 1)], "p_alive": 0.9, "note": "x"}
        )

        assert isinstance(self.ask(signals=told), pl.DataFrame)

    @pytest.mark.parametrize("as_of", [None, "2025-12-31", datetime(2025, 12, 31, tzinfo=UTC)])
    def test_refuses_a_day_that_is_none(self, as_of: object) -> None:
        with pytest.raises(InvalidValueError, match=r"as_of is .*: it must be a date"):
            self.ask(as_of=as_of)

    @pytest.mark.parametrize("name", ["signals", "before"])
    def test_refuses_a_frame_of_another_engine(self, name: str) -> None:
        before = infer_stages(
            self.orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 6, 30)
        )
        told = {"before": before, "signals": signal_frame([])}[name]

        with pytest.raises(InvalidValueError, match=f"{name} is a frame of polars: .* of pandas"):
            self.ask(orders=of_engine(self.orders, "pandas"), **{name: told})

    def test_refuses_ids_of_two_kinds(self) -> None:
        bad = pl.DataFrame({"customer_id": [1], "told_at": [date(2025, 1, 1)], "p_alive": [0.5]})

        with pytest.raises(InvalidValueError, match="must be of one kind"):
            self.ask(signals=bad)

    def test_leaves_out_signals_of_who_never_bought(self) -> None:
        strange = pl.DataFrame(
            {"customer_id": ["C-9"], "told_at": [date(2025, 1, 1)], "p_alive": [0.5]}
        ).lazy()

        told = self.ask(signals=strange, orders=self.orders)

        assert isinstance(told, pl.DataFrame)
        assert told["customer_id"].to_list() == ["C-1", "C-2"]

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"rules": "other/1"}, "must be 'state-by-rhythm/2'"),
            ({"as_of": "2025-12-28"}, "must be on the grid"),
            ({"as_of": "2026-12-28"}, "must be on the grid"),
            ({"as_of": "soon"}, "must be a day in ISO 8601"),
            ({"customer_id": "C-9"}, "customers who are in the orders"),
            ({"stage": "gone"}, "stage is 'gone'"),
            ({"verdict": "gone"}, "verdict is 'gone'"),
            ({"rule": "gone"}, "rule is 'gone'"),
        ],
    )
    def test_refuses_an_earlier_result_that_is_none(
        self, changed: dict[str, str], message: str
    ) -> None:
        before = infer_stages(
            self.orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 6, 30)
        )
        bad = before.with_columns(**{name: pl.lit(value) for name, value in changed.items()})

        with pytest.raises(InvalidValueError, match=message):
            self.ask(before=bad)

    def test_refuses_an_earlier_result_that_names_a_customer_twice(self) -> None:
        before = infer_stages(
            self.orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 6, 30)
        )

        with pytest.raises(InvalidValueError, match="must stand in one row of before"):
            self.ask(before=pl.concat([before, before]))

    def test_refuses_an_earlier_result_that_lacks_who_had_bought_by_then(self) -> None:
        before = infer_stages(
            self.orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2025, 6, 30)
        )
        late = frame([*ORDERS, ("C-3", date(2025, 3, 1), 5.0)])

        with pytest.raises(InvalidValueError, match="and lacks 1; orders came in later"):
            self.ask(orders=late, before=before)

    @pytest.mark.parametrize("kind", ["eager", "lazy"])
    @pytest.mark.parametrize("rules", [STATE_RULES, FOUR_STAGE_RULES], ids=lambda one: one.name)
    def test_refuses_what_was_sent_back(self, kind: str, rules: StageRules) -> None:
        orders = self.orders.with_columns(amount=pl.Series([20.0, -20.0, 5.5]))
        lifecycle = CUSTOMER_STATE if rules is STATE_RULES else FOUR_STAGE

        with pytest.raises(
            InvalidValueError, match=r"every row is a purchase, as in .*; book returns"
        ):
            self.ask(
                orders=orders if kind == "eager" else orders.lazy(),
                rules=rules,
                lifecycle=lifecycle,
            )

    def test_takes_orders_whose_amounts_are_no_numbers_where_none_are_asked_for(self) -> None:
        told = self.ask(orders=self.orders.with_columns(amount=pl.lit("unknown")))

        assert isinstance(told, pl.DataFrame)
        assert len(told) == 2

    def test_refuses_more_rules_than_can_be_numbered(self) -> None:
        many = tuple(rule("new", f"r{number}", Compare("orders", ">", 0)) for number in range(128))
        rules = StageRules(
            name="many",
            lifecycle="customer_state",
            rules=many,
            otherwise="new",
            usual_rhythm=90.0,
            source="the test",
        )

        with pytest.raises(InvalidValueError, match=r"len\(rules\) is 128: it must be 127 at most"):
            self.ask(rules=rules)

    def test_refuses_a_record_that_begins_after_its_end(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be after as_of"):
            self.ask(observed_from=date(2026, 1, 1))

    def test_pandas_keeps_no_index_of_the_orders(self) -> None:
        orders = pd.DataFrame(
            {"customer_id": ["C-1", "C-2"], "ordered_at": [date(2025, 11, 5)] * 2}, index=[7, 9]
        )

        told = infer_stages(orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=END)

        assert told.index.tolist() == [0, 1]
        assert np.array_equal(told["orders"], [1, 1])
