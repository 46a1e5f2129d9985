import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.value import (
    RFM_GRID,
    explain_rfm_segment,
    rfm_quintiles,
    rfm_scores,
    rfm_segments,
)
from tests.value.engines import ENGINES, FEW, rows_of

from .test_rfm_bars import CUSTOMERS, HOUSE, Customer, table_of


class TestExplainRfmSegment:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_values_bars_and_scores(self, engine: str) -> None:
        table = table_of(engine, [(3, 20.0, 240.0), (0, 0.0, 0.0)])

        why = explain_rfm_segment(table, 0, bars=HOUSE)

        assert (why.verdict, str(why.find("segment").value)) == (
            "potential_loyal",
            str(RFM_GRID.segment_of(5, 3, 3).label),
        )
        assert [why.find(name).value for name in "rfm"] == [5, 3, 3]
        assert [reason.find("value").value for reason in why.because] == [20.0, 3.0, 240.0]
        assert [reason.find("next_bar").value for reason in why.because] == [None, 4, 500]
        assert why.sentence("zh") == (
            "客户0属于rfm-grid/1的“潜在忠诚客户”：最近购买得5分，购买频率得3分，金额得3分\n"
            "  已有20天未购买：得5分，进入该分需30；下一分需无\n"
            "  首日之后有3天购买：得3分，进入该分需2；下一分需4\n"
            "  共购买240：得3分，进入该分需100；下一分需500"
        )

    def test_tells_what_was_kept_from_before(self) -> None:
        table = table_of("polars", [(4, 31.0, 460.0)])
        before = rfm_scores(table_of("polars", [(4, 30.0, 500.0)]), bars=HOUSE)

        why = explain_rfm_segment(table, 0, bars=HOUSE, before=before)

        recency, _, amount = why.because
        assert [why.find(name).value for name in "rfm"] == [5, 4, 4]
        assert str(recency) == (
            "silent for 31 days: score 5 of before, kept until 33; it is entered at 30"
        )
        assert amount.find("leave_bar").value == 450
        assert amount.find("value").met is False

    def test_knows_that_a_newcomer_had_no_score(self) -> None:
        table = table_of("polars", [(4, 31.0, 460.0), (4, 31.0, 460.0)])
        before = rfm_scores(table_of("polars", [(4, 30.0, 500.0)]), bars=HOUSE)

        assert explain_rfm_segment(table, 1, bars=HOUSE, before=before).find("r").value == 4

    @settings(FEW, max_examples=10)
    @given(CUSTOMERS, CUSTOMERS, st.data())
    def test_recomputes_what_the_tables_say(
        self, customers: list[Customer], later: list[Customer], data: st.DataObject
    ) -> None:
        own = data.draw(st.integers(0, len(later) - 1), "customer")
        table = table_of("polars", later)
        bars = rfm_quintiles(table, margin=0.2)
        before = rfm_scores(table_of("polars", customers), bars=bars)

        why = explain_rfm_segment(table, own, bars=bars, before=before)

        scored = rfm_segments(rfm_scores(table, bars=bars, before=before))
        row = rows_of(scored.filter(pl.col("customer_id") == own))[0]
        assert row[-5:-1] == (*(why.find(name).value for name in "rfm"), why.verdict)
        for reason in why.because:
            bar, value = reason.find("bar").value, reason.find("value").value
            assert isinstance(value, float)
            assert math.isfinite(value)
            assert bar is None or math.isfinite(float(str(bar)))

    @pytest.mark.parametrize(
        ("customer", "message"),
        [(9, "there is no customer '9'; not in the table"), ("0", "must be a whole number")],
    )
    def test_refuses_whom_the_table_does_not_know(self, customer: Any, message: str) -> None:
        with pytest.raises((NotFoundError, InvalidValueError), match=message):
            explain_rfm_segment(table_of("polars", [(1, 1.0, 1.0)]), customer, bars=HOUSE)

    def test_refuses_whom_an_empty_table_does_not_know(self) -> None:
        with pytest.raises(NotFoundError, match="there is no customer '0'"):
            explain_rfm_segment(table_of("polars", []), 0, bars=HOUSE)

    def test_refuses_two_dates_and_other_units(self) -> None:
        table = table_of("polars", [(1, 1.0, 1.0)])

        with pytest.raises(InvalidValueError, match="must stand in one row of the table"):
            explain_rfm_segment(pl.concat([table, table]), 0, bars=HOUSE)
        with pytest.raises(InvalidValueError, match="unit is 'W': it must be that of the bars"):
            explain_rfm_segment(table.with_columns(unit=pl.lit("W")), 0, bars=HOUSE)
