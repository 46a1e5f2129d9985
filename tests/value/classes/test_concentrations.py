from decimal import Decimal
from fractions import Fraction

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Share
from crmkit.value import abc_classes, concentration, pareto_curve
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {"customer_id": pl.Int64, "category": pl.String, "amount": pl.Float64}
CENTS = st.lists(st.integers(-3, 12) | st.integers(-100, 50_000), max_size=15)


def columns_of(cents: list[int], categories: list[str] | None = None) -> Columns:
    told = categories or ["x"] * len(cents)
    amounts = [cent / 100 for cent in cents]
    return {"customer_id": range(len(cents)), "category": told, "amount": amounts}


def gini_of(gains: list[int]) -> Fraction:
    """Half the mean difference of all pairs over the mean: the definition."""
    differences = sum(abs(one - other) for one in gains for other in gains)
    return Fraction(differences, 2 * len(gains) * sum(gains))


def top_of(gains: list[int], share: Fraction) -> Fraction:
    """What the first customers make, the last of them in part."""
    left, made = share * len(gains), Fraction()
    for gain in sorted(gains, reverse=True):
        part = min(Fraction(1), left)
        made, left = made + part * gain, left - part
    return made / sum(gains)


class TestConcentration:
    @FEW
    @given(CENTS)
    def test_is_the_definition_in_every_engine(self, cents: list[int]) -> None:
        gains = [max(cent, 0) for cent in cents]
        for engine in ENGINES:
            found = concentration(in_engine(engine, columns_of(cents), SCHEMA), tops=[0.2, 0.5, 1])

            assert (found.customers, found.buyers) == (len(cents), sum(gain > 0 for gain in gains))
            assert found.total == Decimal(sum(gains)) / 100
            if not sum(gains):
                assert (found.gini, found.herfindahl, len(found.tops)) == (None, None, 0)
                continue
            assert found.gini == pytest.approx(float(gini_of(gains)), abs=1e-12)
            squares = sum(Fraction(gain, sum(gains)) ** 2 for gain in gains)
            assert found.herfindahl == pytest.approx(float(squares))
            for share in (Fraction(1, 5), Fraction(1, 2), Fraction(1)):
                told = float(found.top(float(share)))
                assert told == pytest.approx(float(top_of(gains, share)))

    def test_of_all_alike_is_none(self) -> None:
        found = concentration(pl.DataFrame(columns_of([1999] * 20)))

        assert found.gini == pytest.approx(0, abs=1e-12)
        assert found.herfindahl == pytest.approx(1 / 20)
        assert float(found.top(Share(0.2))) == pytest.approx(0.2)

    def test_knows_only_what_it_was_asked(self) -> None:
        found = concentration(pl.DataFrame(columns_of([5, 1])))

        with pytest.raises(InvalidValueError, match=r"those asked: 1 %, 5 %, 20 %; ask for it: "):
            found.top(0.5)

    @pytest.mark.parametrize("tops", [[20], 0.2, [-0.1]])
    def test_refuses_what_are_no_shares(self, tops: list[float]) -> None:
        with pytest.raises(InvalidValueError):
            concentration(pl.DataFrame(columns_of([5, 1])), tops=tops)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_customer_in_two_rows(self, engine: str) -> None:
        columns: Columns = {**columns_of([5, 1]), "customer_id": [1, 1]}

        with pytest.raises(InvalidValueError, match="must stand in one row per customer"):
            concentration(in_engine(engine, columns, SCHEMA))


class TestParetoCurve:
    @FEW
    @given(CENTS)
    def test_adds_up_equal_amounts_from_the_largest_on(self, cents: list[int]) -> None:
        gains = sorted((max(cent, 0) for cent in cents), reverse=True)
        expected = []
        for gain in sorted(set(gains), reverse=True):
            so_far = [other for other in gains if other >= gain]
            expected.append((gain / 100, gains.count(gain), len(so_far), sum(so_far)))

        for engine in ENGINES:
            rows = rows_of(pareto_curve(in_engine(engine, columns_of(cents), SCHEMA)))

            rows = sorted(rows, key=lambda row: -float(str(row[0])))
            told = [(row[0], row[1], row[2], round(float(str(row[4])) * 100)) for row in rows]
            assert told == expected
            for row, (*_, heads, sales) in zip(rows, expected, strict=True):
                assert row[3] == pytest.approx(heads / len(gains))
                if sum(gains):
                    assert row[5] == pytest.approx(sales / sum(gains))
                else:
                    assert pd.isna(row[5])  # type: ignore[call-overload]  # any value

    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_drawn_for_each_category(self, engine: str) -> None:
        columns = columns_of([300, 100, 100], ["x", "x", "y"])

        curve = pareto_curve(in_engine(engine, columns, SCHEMA), category="category")

        rows = sorted(rows_of(curve), key=lambda row: (str(row[0]), -float(str(row[1]))))
        assert [(row[0], row[1], row[6]) for row in rows] == [
            ("x", 3, 0.75),
            ("x", 1, 1),
            ("y", 1, 1),
        ]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_returns_the_kind_of_frame_it_was_given(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([5]), SCHEMA)

        assert type(pareto_curve(frame)) is type(frame)

    def test_comes_sorted_with_rows_counted_from_0(self) -> None:
        frame = pd.DataFrame(columns_of([5, 7, 5, 9]), index=[3, 1, 4, 1])

        curve = pareto_curve(frame)

        assert curve["amount"].to_list() == [0.09, 0.07, 0.05]
        assert list(curve.index) == [0, 1, 2]

    def test_passes_80_percent_where_class_a_ends(self) -> None:
        frame = pl.DataFrame(columns_of([6000, 2500, 1100, 400]))

        curve, classes = pareto_curve(frame), abc_classes(frame)

        in_a = classes.filter(pl.col("abc_class") == "A")
        last = curve.filter(pl.col("amount_share") >= 0.8)[0]
        assert last["customers_so_far"].to_list() == [len(in_a)]
