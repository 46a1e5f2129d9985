from collections.abc import Sequence

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.customers import CreditStanding
from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import Share
from crmkit.value import (
    SECOND_LOOK,
    AbcClass,
    Dealings,
    abc_classes,
    explain_abc_class,
    explain_second_look,
    second_look,
)
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {
    "customer_id": pl.Int64,
    "abc_class": pl.String,
    "credit": pl.String,
    "dealing_years": pl.Float64,
    "steadiness": pl.Float64,
}
Row = tuple[str | None, str | None, float | None, float | None]

ROWS = st.tuples(
    st.sampled_from(["A", "B", "C", None]),
    st.sampled_from(["good", "fair", "poor", None]),
    st.sampled_from([0.0, 0.99, 1.0, 2.0, 3.0, 9.0, None]),
    st.sampled_from([0.0, 0.49, 0.5, 0.7, 0.75, 1.0, None]),
)


def columns_of(rows: Sequence[Row]) -> Columns:
    told = list(zip(*rows, strict=True)) if rows else [()] * 4
    names = list(SCHEMA)[1:]
    return {"customer_id": range(len(rows)), **dict(zip(names, told, strict=True))}


def known(value: object) -> object:
    return None if value is None or value != value else value  # NaN


def looked(letter: str | None, dealings: Dealings) -> tuple[str | None, str | None]:
    """The scalar rule, as columns tell it."""
    if letter is None:
        return None, None
    second, reasons = SECOND_LOOK.look(AbcClass(letter), dealings)
    return str(second.value), "; ".join(str(reason.value) for reason in reasons) or None


def dealings_of(credit: str | None, years: float | None, share: float | None) -> Dealings:
    return Dealings(
        credit=None if credit is None else CreditStanding(credit),
        years=years,
        steadiness=None if share is None else Share(share),
    )


class TestSecondLook:
    @FEW
    @given(st.lists(ROWS, max_size=8))
    def test_of_a_frame_is_that_of_each_customer_in_every_engine(self, rows: list[Row]) -> None:
        expected = [looked(row[0], dealings_of(row[1], row[2], row[3])) for row in rows]

        for engine in ENGINES:
            told = rows_of(second_look(in_engine(engine, columns_of(rows), SCHEMA)))

            told = sorted(told, key=lambda row: str(row[0])) if engine == "duckdb" else told
            assert [tuple(map(known, row[-2:])) for row in told] == expected, engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_returns_the_kind_of_frame_it_was_given(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([("A", "good", 3.0, 0.9)]), SCHEMA)

        assert type(second_look(frame)) is type(frame)

    def test_keeps_rows_columns_and_index_as_they_are(self) -> None:
        frame = in_engine("pandas", columns_of([("A", "poor", 3, 0.9), ("B", None, 1, 1)]), SCHEMA)
        assert isinstance(frame, pd.DataFrame)
        frame.index = pd.Index([7, 5])

        told = second_look(frame)

        pd.testing.assert_frame_equal(told.iloc[:, :-2], frame)
        assert list(told.columns[-2:]) == ["second_class", "class_reason"]

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("row", "message"),
        [
            (("D", "good", 1, 1), "abc_class is 'D': it must be one of A, B, C, or empty"),
            (("A", "bad", 1, 1), "credit is 'bad': it must be one of good, fair, poor, or empty"),
            (("A", "good", -1, 1), r"dealing_years is -1.0: it must be 0 or more years"),
            (("A", "good", 1, 80), "steadiness is 80.0: it must be a share from 0 to 1"),
            (("A", "good", float("inf"), 1), "must be a finite number, or empty"),
        ],
    )
    def test_refuses_what_a_column_cannot_mean(self, engine: str, row: Row, message: str) -> None:
        frame = in_engine(engine, columns_of([("A", "good", 1.0, 1.0), row]), SCHEMA)

        with pytest.raises(InvalidValueError, match=message):
            second_look(frame)

    def test_names_the_row(self) -> None:
        frame = in_engine(
            "polars", columns_of([("A", "good", 1.0, 1.0)] * 3 + [("A", "x", 1, 1)]), SCHEMA
        )

        with pytest.raises(InvalidValueError, match="as in row 3"):
            second_look(frame)

    def test_refuses_no_number(self) -> None:
        frame = in_engine("polars", columns_of([("A", "good", float("nan"), 1.0)]), SCHEMA)

        with pytest.raises(InvalidValueError, match="must be a finite number, or empty"):
            second_look(frame)

    def test_refuses_to_write_over_a_second_look(self) -> None:
        frame = in_engine("polars", columns_of([("A", "good", 1.0, 1.0)]), SCHEMA)

        with pytest.raises(InvalidValueError, match="must not be there already"):
            second_look(second_look(frame))

    def test_refuses_what_is_no_policy(self) -> None:
        frame = in_engine("polars", columns_of([("A", "good", 1.0, 1.0)]), SCHEMA)

        with pytest.raises(InvalidValueError, match="must be a SecondLookPolicy"):
            second_look(frame, policy="strict")  # type: ignore[arg-type]  # refused


class TestExplainSecondLook:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_the_class_of_the_frame(self, engine: str) -> None:
        rows: list[Row] = [
            ("A", "poor", 2.0, None),
            ("C", "good", 6.0, 0.9),
            ("B", None, None, None),
        ]
        frame = in_engine(engine, columns_of(rows), SCHEMA)
        classed = sorted(rows_of(second_look(frame)), key=lambda row: str(row[0]))

        for place, row in enumerate(classed):
            why = explain_second_look(frame, place)

            assert why.verdict.value == row[-2]
            assert (why.find("reasons").value is None) is (known(row[-1]) is None)

    def test_rests_on_the_first_class(self) -> None:
        sales = pl.DataFrame({"customer_id": ["V", "W"], "amount": [80, 20]})
        classed = abc_classes(sales).with_columns(
            credit=pl.Series(["fair", "good"]), dealing_years=5.0, steadiness=0.8
        )

        why = explain_second_look(classed, "W", because=explain_abc_class(sales, "W"))

        assert why.verdict is AbcClass.A
        assert "\n  customer W is class B" in why.sentence()

    def test_needs_one_row_and_a_class(self) -> None:
        frame = pl.DataFrame(columns_of([(None, "good", 1.0, 1.0)]), schema=SCHEMA)

        with pytest.raises(InvalidValueError, match="must be known before it is looked at again"):
            explain_second_look(frame, 0)
        with pytest.raises(NotFoundError, match="there is no customer '9'"):
            explain_second_look(frame, 9)
        with pytest.raises(InvalidValueError, match="must stand in one row, not in 2"):
            explain_second_look(pl.concat([frame, frame]), 0)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_of_one_category_as_the_frame_does(self, engine: str) -> None:
        rows: Columns = {
            "customer_id": [1, 1, 2],
            "category": ["fridges", "irons", "irons"],
            "abc_class": ["C", "A", "B"],
            "credit": ["good", "good", "fair"],
            "dealing_years": [6.0, 0.5, 2.0],
            "steadiness": [0.9, 0.9, 0.6],
        }
        frame = in_engine(engine, rows, {**SCHEMA, "category": pl.String})

        fridges, irons = (
            explain_second_look(frame, 1, category="category", within=name)
            for name in ("fridges", "irons")
        )

        assert (fridges.verdict, irons.verdict) == (AbcClass.B, AbcClass.B)
        assert fridges.find("first").value is AbcClass.C
        assert irons.find("first").value is AbcClass.A
        assert explain_second_look(frame, 2, category="category").verdict is AbcClass.B

    def test_asks_for_the_category_of_who_has_several(self) -> None:
        one = pl.DataFrame(columns_of([("A", "good", 1.0, 1.0)]), schema=SCHEMA)
        frame = pl.concat([one.with_columns(category=pl.lit(name)) for name in ("irons", "tvs")])

        with pytest.raises(InvalidValueError, match=r"within is None: .* his are 'irons', 'tvs'"):
            explain_second_look(frame, 0, category="category")
        with pytest.raises(NotFoundError, match="not in the category 'lamps'"):
            explain_second_look(frame, 0, category="category", within="lamps")
        with pytest.raises(NotFoundError, match="there is no customer '9'"):
            explain_second_look(frame, 9, category="category")
        with pytest.raises(InvalidValueError, match=r"category .*must not be empty"):
            explain_second_look(
                frame.with_columns(category=pl.lit(None, pl.String)), 0, category="category"
            )
