"""What comes back from comparisons is of the kind that went in."""

from typing import assert_type

import pandas as pd
import polars as pl

from crmkit.satisfaction import (
    CrossTable,
    Metric,
    compare_groups,
    compare_nps,
    cross_table,
    standardised_trend,
)
from crmkit.stats import Comparison, GroupSize, Histogram, guard_small_groups


def frames(table: pd.DataFrame, lazy: pl.LazyFrame) -> None:
    nps = Metric.net_promoter()
    assert_type(compare_groups(table, metric=nps, by="region"), pd.DataFrame)
    assert_type(compare_groups(lazy, metric=nps, by="region"), pl.LazyFrame)
    assert_type(cross_table(lazy, rows="again", columns="region"), CrossTable[pl.LazyFrame])
    assert_type(standardised_trend(table, metric=nps, mix={"north": 1.0}), pd.DataFrame)
    assert_type(compare_nps(table, table, recommend="q1"), Comparison)


def values() -> None:
    assert_type(compare_nps([10, 9], [3, None]), Comparison)
    assert_type(Histogram.of([1, 2]) + Histogram.of([3]), Histogram)
    assert_type(guard_small_groups([12, 3]), tuple[GroupSize, ...])
