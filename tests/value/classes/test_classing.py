import sys
from decimal import Decimal
from fractions import Fraction

import attrs
import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Share
from crmkit.value import HAIER, AbcPolicy, abc_classes
from crmkit.value.classes.class_arrays import in_order
from tests.value.engines import ENGINES, FEW, SESSION, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {"customer_id": pl.String, "category": pl.String, "amount": pl.Float64}
COUNTED: Schema = {"customer_id": pl.Int64, "amount": pl.Float64}

POLICIES = (
    st.tuples(st.integers(1, 1000), st.integers(1, 1000))
    .filter(lambda p: p[0] < p[1])
    .map(
        lambda p: AbcPolicy(
            name="any", a_to=Share(p[0] / 1000), b_to=Share(p[1] / 1000), source="test"
        )
    )
)
# Many equal amounts, many returns, some that differ by powers of ten.
CENTS = st.integers(-3, 12) | st.integers(-100, 5_000) | st.integers(0, 10**13)


def by_definition(cents: list[int], policy: AbcPolicy) -> list[str]:
    """Value.md §4 word for word, in fractions: the share before, of the positive total."""
    total = sum(cent for cent in cents if cent > 0)

    def letter(cent: int) -> str:
        if cent <= 0:
            return "C"
        before = Fraction(sum(other for other in cents if other > cent), total)
        if before < Fraction(policy.a_permille, 1000):
            return "A"
        return "B" if before < Fraction(policy.b_permille, 1000) else "C"

    return [letter(cent) for cent in cents]


def classes(engine: str, amounts: list[float]) -> list[object]:
    frame = in_engine(engine, {"customer_id": range(len(amounts)), "amount": amounts}, COUNTED)
    return [row[-1] for row in sorted(rows_of(abc_classes(frame)))]


class TestAbcClasses:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_puts_who_crosses_the_line_into_the_upper_class(self, engine: str) -> None:
        # By hand: 60, then 85 (crosses 80: A), then 96 (crosses 95: B), then the rest.
        assert classes(engine, [60, 25, 11, 4, -3, 0]) == ["A", "A", "B", "C", "C", "C"]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_flags_who_sent_back_more_than_he_bought(self, engine: str) -> None:
        columns: Columns = {"customer_id": [1, 2, 3], "amount": [60.0, -0.01, 0.0]}
        frame = in_engine(engine, columns, COUNTED)

        classed = abc_classes(frame, flag="below_zero")

        assert type(classed) is type(frame)
        names = nw.from_native(classed).collect_schema().names()
        assert names == [*columns, "abc_class", "below_zero"]
        told = [row[2:] for row in sorted(rows_of(classed))]
        assert told == [("A", False), ("C", True), ("C", False)]

    def test_overwrites_no_column_with_the_flag(self) -> None:
        frame = pl.DataFrame({"customer_id": [1], "amount": [1.0]})

        with pytest.raises(InvalidValueError, match="amount is a column: it must not be there"):
            abc_classes(frame, flag="amount")

    def test_refuses_what_is_no_policy(self) -> None:
        sales = pd.DataFrame({"customer_id": ["C-7"], "amount": [1]})

        with pytest.raises(InvalidValueError, match="must be an AbcPolicy; such as HAIER"):
            abc_classes(sales, policy="Haier")  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize("engine", ENGINES)
    def test_lets_equal_amounts_share_the_upper_class(self, engine: str) -> None:
        # 40 + 40 = 80 of 100: nobody else is in A, and three equal customers share B.
        assert classes(engine, [40, 40, 5, 5, 5, 5]) == ["A", "A", "B", "B", "B", "B"]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_gives_twenty_customers_of_19_99_one_class(self, engine: str) -> None:
        assert classes(engine, [19.99] * 20) == ["A"] * 20

    @pytest.mark.parametrize("engine", ENGINES)
    def test_keeps_the_seventeenth_out_of_a_where_floats_let_him_in(self, engine: str) -> None:
        # Sixteen of 19.99 make 319.84, exactly 80 % of 399.80, the sum of twenty of 19.99. Four
        # who make the other 79.96 between them, each below 19.99, are parted from A by no cent.
        amounts = [*[19.99] * 16, 19.98, 19.98, 19.98, 19.98, 0.04]
        in_floats = np.cumsum(amounts)

        assert in_floats[15] / in_floats[-1] < 0.80
        assert classes(engine, amounts) == [*["A"] * 16, "B", "B", "B", "B", "C"]

    @FEW
    @given(st.lists(CENTS, max_size=30), POLICIES)
    def test_is_the_definition_in_every_engine(self, cents: list[int], policy: AbcPolicy) -> None:
        expected = by_definition(cents, policy)
        columns: Columns = {
            "customer_id": range(len(cents)),
            "amount": [cent / 100 for cent in cents],
        }

        for engine in ENGINES:
            classed = abc_classes(in_engine(engine, columns, COUNTED), policy=policy)

            rows = rows_of(classed)
            if engine == "duckdb":
                rows = sorted(rows)
            assert [row[-1] for row in rows] == expected, engine

    @FEW
    @given(
        st.dictionaries(
            st.tuples(st.sampled_from("UVW"), st.sampled_from("xyz")), CENTS, min_size=1
        ),
        POLICIES,
    )
    def test_classes_within_each_category_alone(
        self, cents: dict[tuple[str, str], int], policy: AbcPolicy
    ) -> None:
        columns: Columns = {
            "customer_id": [customer for customer, _ in cents],
            "category": [category for _, category in cents],
            "amount": [cent / 100 for cent in cents.values()],
        }
        expected: dict[tuple[str, str], str] = {}
        for category in "xyz":
            inside = [key for key in cents if key[1] == category]
            letters = by_definition([cents[key] for key in inside], policy)
            expected.update(zip(inside, letters, strict=True))

        for engine in ENGINES:
            frame = in_engine(engine, columns, SCHEMA)
            rows = rows_of(abc_classes(frame, policy=policy, category="category"))
            assert {(row[0], row[1]): row[-1] for row in rows} == expected, engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_returns_the_kind_of_frame_it_was_given(self, engine: str) -> None:
        frame = in_engine(engine, {"customer_id": [1], "amount": [5.0]}, COUNTED)

        assert type(abc_classes(frame)) is type(frame)

    def test_keeps_rows_columns_and_index_as_they_are(self) -> None:
        sales = pd.DataFrame({"who": [3, 1], "paid": [1, 9], "note": ["a", "b"]}, index=[7, 5])

        classed = abc_classes(sales, customer_id="who", amount="paid")

        pd.testing.assert_frame_equal(classed.drop(columns="abc_class"), sales)
        assert classed["abc_class"].to_dict() == {7: "B", 5: "A"}
        assert list(sales.columns) == ["who", "paid", "note"]

    def test_makes_a_column_of_plain_text(self) -> None:
        classed = abc_classes(pd.DataFrame({"customer_id": ["V"], "amount": [5]}))

        assert classed["abc_class"].dtype == pd.Series(["A"]).dtype

    def test_needs_no_pyarrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sales = pd.DataFrame({"customer_id": ["V", "W", "X"], "amount": [90, 6, 4]})
        expected = abc_classes(sales)

        monkeypatch.setitem(sys.modules, "pyarrow", None)

        pd.testing.assert_frame_equal(abc_classes(sales), expected)

    @pytest.mark.parametrize("kind", ["str", "category", "object"])
    def test_within_categories_needs_no_pyarrow_either(
        self, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        columns = {"customer_id": [1, 1, 2, 2], "category": ["tvs", "irons"] * 2}
        sales = pd.DataFrame({**columns, "amount": [90, 5, 5, 90]}).astype({"category": kind})
        expected = abc_classes(sales, category="category")

        monkeypatch.setitem(sys.modules, "pyarrow", None)

        assert abc_classes(sales, category="category")["abc_class"].to_list() == [*"ABBA"]
        assert expected["abc_class"].to_list() == [*"ABBA"]

    @pytest.mark.parametrize("large", [3, 70_000])
    def test_keeps_the_rows_of_a_category_in_their_order(self, large: int) -> None:
        # By hand; numbers beyond 16 bits are compared, not counted.
        assert in_order(np.array([large, 1, large, 1])).tolist() == [1, 3, 0, 2]

    def test_of_a_customer_twice_in_a_category_is_refused(self) -> None:
        sales = pl.DataFrame(
            {"customer_id": ["V", "V", "W"], "category": ["tvs"] * 3, "amount": [1, 2, 3]}
        )

        with pytest.raises(InvalidValueError, match="must stand in one row per customer of a"):
            abc_classes(sales, category="category")

    def test_stays_lazy(self) -> None:
        sales = pl.LazyFrame({"customer_id": ["V", "W"], "amount": [9, 1]})

        classed = abc_classes(sales)

        assert classed.collect()["abc_class"].to_list() == ["A", "B"]

    def test_says_what_to_do_with_amounts_of_32_bits(self) -> None:
        sales = pd.DataFrame({"customer_id": ["V"], "amount": np.array([1234.56], np.float32)})

        with pytest.raises(InvalidValueError, match="round it as a 64-bit float"):
            abc_classes(sales)

        rounded = sales.assign(amount=sales["amount"].astype("float64").round(2))
        assert abc_classes(rounded)["abc_class"].to_list() == ["A"]

    def test_reads_decimals(self) -> None:
        amounts = [Decimal("90.10"), Decimal("9.90")]

        in_pandas = abc_classes(pd.DataFrame({"customer_id": ["V", "W"], "amount": amounts}))
        in_duckdb = abc_classes(
            SESSION.sql("select 'V' as customer_id, 90.10::decimal(9, 2) as amount")
        )

        assert in_pandas["abc_class"].to_list() == ["A", "B"]
        assert rows_of(in_duckdb) == [("V", Decimal("90.10"), "A")]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_nobody_is_empty(self, engine: str) -> None:
        nobody = in_engine(engine, {"customer_id": [], "amount": []}, COUNTED)

        assert rows_of(abc_classes(nobody)) == []

    @pytest.mark.parametrize(
        "nobody", [pd.DataFrame(columns=list(SCHEMA)), pl.DataFrame(schema=SCHEMA)]
    )
    def test_of_nobody_within_categories_is_empty(self, nobody: pd.DataFrame) -> None:
        classed = abc_classes(nobody, category="category")

        assert len(classed) == 0
        assert list(classed.columns) == [*SCHEMA, "abc_class"]

    @pytest.mark.parametrize("dtype", ["int8", "int16", "uint64"])
    def test_takes_ids_of_any_width(self, dtype: str) -> None:
        ids = pd.Series(range(-100, 100) if dtype[0] == "i" else range(200), dtype=dtype)
        sales = pd.DataFrame({"customer_id": ids, "amount": 1})

        assert set(abc_classes(sales)["abc_class"]) == {"A"}

    def test_takes_ids_beyond_64_bits_with_sign(self) -> None:
        ids = pd.Series([2**64 - 1, 2**64 - 2], dtype="uint64")

        assert set(abc_classes(pd.DataFrame({"customer_id": ids, "amount": 1}))["abc_class"]) == {
            "A"
        }

    def test_takes_ids_far_apart(self) -> None:
        sales = pd.DataFrame({"customer_id": [-(2**62), 2**62], "amount": [9, 1]})

        assert abc_classes(sales)["abc_class"].to_list() == ["A", "B"]

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("ids", "amounts", "message"),
        [
            ([None, 2, 3], [1, 2, 3], "customer_id is None: it must not be empty, as in"),
            ([1, 2, 3], [1, None, 3], "amount is None: it must not be empty, as in"),
            ([1, 2, 3], [1, 2, float("inf")], "amount is inf: it must be a finite number, as in"),
            ([1, 2, 3], [1, 2, 0.125], r"amount is 0\.125: it must have no more than 2 decimals"),
            ([1, 2, 2], [1, 2, 3], "it must stand in one row per customer, as in"),
            ([1, 2, 3], [1, 2, 1e14], r"sum of amount is 1\S+: it must be below 9007199254740992"),
        ],
    )
    def test_refuses_what_cannot_be_classed(
        self, engine: str, ids: list[int], amounts: list[float], message: str
    ) -> None:
        frame = in_engine(engine, {"customer_id": ids, "amount": amounts}, COUNTED)
        if engine == "pandas" and None in ids:
            assert isinstance(frame, pd.DataFrame)
            frame["customer_id"] = frame["customer_id"].astype("Int64")

        with pytest.raises(InvalidValueError, match=message):
            abc_classes(frame)

    @pytest.mark.parametrize("engine", ["polars", "polars lazy", "duckdb"])
    def test_refuses_what_is_no_number(self, engine: str) -> None:
        columns: Columns = {"customer_id": [1, 2], "amount": [1.0, float("nan")]}

        with pytest.raises(InvalidValueError, match="amount is nan: it must be a finite number"):
            abc_classes(in_engine(engine, columns, COUNTED))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_says_how_to_add_up_a_customer_of_two_rows(self, engine: str) -> None:
        columns: Columns = {"customer_id": ["V", "V"], "category": ["x", "x"], "amount": [1.0, 2.0]}

        with pytest.raises(InvalidValueError, match="group by customer_id and category"):
            abc_classes(in_engine(engine, columns, SCHEMA), category="category")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_an_empty_category(self, engine: str) -> None:
        columns: Columns = {
            "customer_id": ["V", "W"],
            "category": ["x", None],
            "amount": [1.0, 2.0],
        }

        with pytest.raises(InvalidValueError, match="category is None"):
            abc_classes(in_engine(engine, columns, SCHEMA), category="category")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_two_currencies(self, engine: str) -> None:
        columns: Columns = {
            "customer_id": [1, 2],
            "amount": [5.0, 5.0],
            "currency": ["EUR", "JPY"],
        }
        frame = in_engine(engine, columns, {**COUNTED, "currency": pl.String})

        with pytest.raises(InvalidValueError, match="currency is of several kinds"):
            abc_classes(frame)

    def test_refuses_to_write_over_classes(self) -> None:
        sales = pd.DataFrame({"customer_id": ["V"], "amount": [5]})

        with pytest.raises(InvalidValueError, match="must not be there already"):
            abc_classes(abc_classes(sales))


class TestMinVolume:
    """Domain fact V1: categories with low volume are not classified."""

    @pytest.mark.parametrize("engine", ENGINES)
    def test_leaves_who_buys_in_a_small_category_without_a_class(self, engine: str) -> None:
        columns: Columns = {
            "customer_id": ["V", "W", "V", "W"],
            "category": ["x", "x", "y", "y"],
            "amount": [99.99, 0.0, 90.0, 10.0],
        }
        policy = attrs.evolve(HAIER, min_volume=Decimal(100))

        classed = abc_classes(
            in_engine(engine, columns, SCHEMA), policy=policy, category="category"
        )

        told = {(row[0], row[1]): row[-1] for row in rows_of(classed)}
        assert [told["V", "y"], told["W", "y"]] == ["A", "B"]
        assert [pd.isna(told[who, "x"]) for who in "VW"] == [True, True]  # type: ignore[call-overload]  # any value

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(("least", "named"), [("100", "A"), ("100.001", None), ("1e30", None)])
    def test_holds_for_all_together_too(self, engine: str, least: str, named: str | None) -> None:
        frame = in_engine(engine, {"customer_id": [1, 2], "amount": [100.0, -50.0]}, COUNTED)

        classed = abc_classes(frame, policy=attrs.evolve(HAIER, min_volume=Decimal(least)))

        letter = sorted(rows_of(classed))[0][-1]
        assert (None if pd.isna(letter) else letter) == named  # type: ignore[call-overload]  # any value

    def test_needs_no_pyarrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sales = pd.DataFrame({"customer_id": ["V", "W"], "amount": [90, 6]})
        monkeypatch.setitem(sys.modules, "pyarrow", None)

        classed = abc_classes(sales, policy=attrs.evolve(HAIER, min_volume=Decimal(100)))

        assert classed["abc_class"].isna().all()
