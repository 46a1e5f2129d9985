from fractions import Fraction

import attrs
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import Share
from crmkit.value import CURRY, CustomerTier, PyramidPolicy, customer_pyramid, explain_tier
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {"customer_id": pl.Int64, "category": pl.String, "amount": pl.Float64}
HALVES = PyramidPolicy(
    name="halves", vip_to=Share(0.25), major_to=Share(0.5), ordinary_to=Share(0.75), source="test"
)
# Values that are equal but for the noise of floats, and some that are below nothing.
VALUES = st.sampled_from([0.3, 0.1 + 0.2, -5.0, 0.0, 1e-6, 2e-6, 7.5]) | st.integers(-3, 9).map(
    float
)


def by_definition(values: list[float], policy: PyramidPolicy) -> list[str]:
    """V3 in fractions: the share of heads before, compared to six decimals."""
    near = [round(Fraction(value) * 10**6) for value in values]
    tiers = []
    for value in near:
        ahead = Fraction(sum(other > value for other in near), len(near))
        bars = (policy.vip_to, policy.major_to, policy.ordinary_to)
        place = sum(ahead >= Fraction(repr(float(bar))) for bar in bars)
        tiers.append(str([*CustomerTier][place].value))
    return tiers


def columns_of(values: list[float], categories: list[str] | None = None) -> Columns:
    told = categories or ["x"] * len(values)
    return {"customer_id": range(len(values)), "category": told, "amount": values}


class TestPolicy:
    def test_of_curry_is_1_4_15_and_80(self) -> None:
        assert CURRY.permilles == (10, 50, 200)

    def test_puts_four_fifths_of_all_heads_on_the_last_tier(self) -> None:
        # Domain fact V3: small customers are 80 % of heads; 1, 4 and 15 % stand above them.
        frame = pd.DataFrame({"customer_id": range(1000), "amount": range(1000)})

        told = customer_pyramid(frame)["tier"].value_counts().to_dict()

        assert told == {"vip": 10, "major": 40, "ordinary": 150, "small": 800}

    @pytest.mark.parametrize(
        ("bars", "message"),
        [
            ({"vip_to": 0.01}, r"write Share\(0\.01\)"),
            ({"vip_to": Share(0.0101)}, "tenths of a percent"),
            ({"vip_to": Share(0)}, "vip_to is '0 %': it must be above 0"),
            ({"major_to": Share(0.01)}, "above where the tier before it ends"),
        ],
    )
    def test_is_refused_where_its_tiers_do_not_part(
        self, bars: dict[str, Share], message: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=message):
            attrs.evolve(CURRY, **bars)  # type: ignore[arg-type]  # what is refused

    @pytest.mark.parametrize(
        ("ahead", "tier"), [(0, "vip"), (1, "major"), (5, "ordinary"), (20, "small")]
    )
    def test_begins_each_tier_where_the_one_above_ends(self, ahead: int, tier: str) -> None:
        assert CURRY.tier_at(ahead, 100) is CustomerTier(tier)

    def test_may_leave_nobody_small(self) -> None:
        assert attrs.evolve(CURRY, ordinary_to=Share(1)).tier_at(9, 10) is CustomerTier.ORDINARY


class TestCustomerPyramid:
    @FEW
    @given(st.lists(st.tuples(VALUES, st.sampled_from("xy")), max_size=12), st.booleans())
    def test_is_the_definition_in_every_engine(
        self, rows: list[tuple[float, str]], apart: bool
    ) -> None:
        values, categories = [row[0] for row in rows], [row[1] for row in rows]
        expected = by_definition(values, HALVES)
        if apart:
            for one in "xy":
                places = [place for place, other in enumerate(categories) if other == one]
                within = by_definition([values[place] for place in places], HALVES)
                for place, tier in zip(places, within, strict=True):
                    expected[place] = tier

        for engine in ENGINES:
            frame = in_engine(engine, columns_of(values, categories), SCHEMA)
            told = rows_of(
                customer_pyramid(frame, policy=HALVES, category="category" if apart else None)
            )

            told = sorted(told, key=lambda row: int(str(row[0]))) if engine == "duckdb" else told
            assert [row[-1] for row in told] == expected, engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_returns_the_kind_of_frame_it_was_given(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([1.0]), SCHEMA)

        assert type(customer_pyramid(frame)) is type(frame)

    def test_keeps_rows_columns_and_index_as_they_are(self) -> None:
        frame = pd.DataFrame({"who": ["V", "W"], "worth": [1, 9]}, index=[7, 5])

        told = customer_pyramid(frame, customer_id="who", measure="worth")

        pd.testing.assert_frame_equal(told.drop(columns="tier"), frame)
        assert told["tier"].to_dict() == {7: "small", 5: "vip"}

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("ids", "values", "message"),
        [
            ([1, None], [1, 2], "customer_id is None: it must not be empty"),
            ([1, 2], [1, None], "amount is None: it must not be empty"),
            ([1, 2], [1, float("inf")], "must be a finite number"),
            ([1, 2], [1, -1e10], r"must be below 9007199254740992 / 10\^6"),
            ([2, 2], [1, 2], "must stand in one row per customer"),
        ],
    )
    def test_refuses_what_cannot_be_ranked(
        self, engine: str, ids: list[int], values: list[float], message: str
    ) -> None:
        columns: Columns = {"customer_id": ids, "category": ["x", "x"], "amount": values}
        frame = in_engine(engine, columns, SCHEMA)
        if isinstance(frame, pd.DataFrame):
            frame["customer_id"] = frame["customer_id"].astype("Int64")

        with pytest.raises(InvalidValueError, match=message):
            customer_pyramid(frame)

    @pytest.mark.parametrize("decimals", [-1, 10, 2.0, True])
    def test_refuses_decimals_that_floats_do_not_have(self, decimals: int) -> None:
        with pytest.raises(InvalidValueError, match="from 0 to 9"):
            customer_pyramid(pl.DataFrame(columns_of([1.0])), decimals=decimals)

    def test_refuses_to_write_over_tiers(self) -> None:
        frame = customer_pyramid(pl.DataFrame(columns_of([1.0])))

        with pytest.raises(InvalidValueError, match="must not be there already"):
            customer_pyramid(frame)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_two_currencies(self, engine: str) -> None:
        columns = {**columns_of([1.0, 2.0]), "currency": ["EUR", "JPY"]}
        frame = in_engine(engine, columns, {**SCHEMA, "currency": pl.String})

        with pytest.raises(InvalidValueError, match="currency is of several kinds"):
            customer_pyramid(frame)


class TestExplainTier:
    @FEW
    @given(st.lists(st.integers(-3, 9), min_size=1, max_size=9), st.data())
    def test_tells_the_same_tier_and_where_it_changes(
        self, values: list[int], data: st.DataObject
    ) -> None:
        place = data.draw(st.integers(0, len(values) - 1))

        def with_value(value: float) -> str:
            changed = [float(v) for v in [*values[:place], value, *values[place + 1 :]]]
            return by_definition(changed, HALVES)[place]

        tiers = [str(tier.value) for tier in CustomerTier]
        for engine in ENGINES:
            frame = in_engine(engine, columns_of([float(v) for v in values]), SCHEMA)
            why = explain_tier(frame, place, policy=HALVES)

            own = with_value(values[place])
            assert why.verdict.value == own
            ahead, heads = (int(str(why.find(name).value)) for name in ("ahead", "customers"))
            assert HALVES.tier_at(ahead, heads) is why.verdict
            rises, stays = why.find("rises_at").value, why.find("stays_from").value
            if isinstance(rises, float):
                assert tiers.index(with_value(rises)) < tiers.index(own)
                assert tiers.index(with_value(rises - 0.5)) >= tiers.index(own)
            else:
                assert own == with_value(1e6)
            if isinstance(stays, float):
                assert with_value(stays) == own
                assert tiers.index(with_value(stays - 0.5)) > tiers.index(own)
            else:
                assert own == with_value(-1e6)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_says_it_in_both_languages(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([9.0, 5.0, 4.0, 1.0]), SCHEMA)

        why = explain_tier(frame, 1, policy=HALVES)

        assert why.sentence() == (
            "customer 1 is major: 1 of 4 customers, 25 %, are worth more than his 5; VIP goes to "
            "25 %, major to 50 %, ordinary to 75 %; he would rise with 9, and he would fall below 4"
        )
        assert why.sentence("zh") == (
            "客户1为主要客户：4位客户中有1位（25%）高于其5；重要客户至25%，主要客户至50%，"
            "普通客户至75%；达到9可升级，低于4则降级"
        )

    def test_of_the_only_customer_tells_no_other(self) -> None:
        why = explain_tier(pl.DataFrame(columns_of([9.0])), 0)

        assert why.verdict is CustomerTier.VIP
        assert why.sentence().endswith("ordinary to 20 %")

    def test_looks_within_one_category(self) -> None:
        frame = pl.DataFrame(
            {"customer_id": ["V", "V", "W"], "category": ["x", "y", "x"], "amount": [1, 2, 3]}
        )

        why = explain_tier(frame, "V", category="category", within="x", policy=HALVES)

        assert (why.verdict, why.find("ahead").value) == (CustomerTier.ORDINARY, 1)
        with pytest.raises(InvalidValueError, match="his are 'x', 'y'"):
            explain_tier(frame, "V", category="category")
        with pytest.raises(NotFoundError, match="not in the category 'y'"):
            explain_tier(frame, "W", category="category", within="y")
