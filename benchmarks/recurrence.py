# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "polars", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Recurrences within 30 days by customer and product, against pandas, polars and numpy.

A million cases of 200 thousand customers and 100 products over three years, in no order; one in
ten or so repeats another. Ids of cases and customers are whole numbers. Products are texts, kept in
Arrow, against pandas and polars; against `np.sort` they are whole numbers, too, because numbering
a million texts takes Arrow longer than sorting a million numbers takes numpy.

The pandas and the polars are what an analyst writes: sort, shift, compare, and put the rows back.
They answer half of the question, whether a case recurs and of which one, without the chains, and
check nothing.
"""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from measuring import Goal, Sense, report

from crmkit.cases import find_recurrences


MILLION = 1_000_000
WITHIN = timedelta(days=30)
KEYS = ["customer_id", "product"]


def goals(_: Path) -> Iterator[Goal]:
    """Name the goals."""
    rng = np.random.default_rng(20260301)
    cases = _cases(rng, MILLION)
    in_polars = pl.from_pandas(cases)
    numbered = _numbered(cases)
    numbers = rng.integers(0, 2**62, MILLION)
    yield Goal(
        "recurrences of a million cases against pandas",
        ours=lambda: find_recurrences(cases, within=WITHIN),
        peer=lambda: _pandas(cases),
        limit=4.0,
        sense=Sense.SPEED_AT_LEAST,
        things=MILLION,
    )
    yield Goal(
        "recurrences of a million cases against polars",
        ours=lambda: find_recurrences(in_polars, within=WITHIN),
        peer=lambda: _polars(in_polars),
        limit=4.0,
        sense=Sense.SPEED_AT_LEAST,
        things=MILLION,
    )
    yield Goal(
        "recurrences of a million cases against np.sort",
        ours=lambda: find_recurrences(numbered, within=WITHIN),
        peer=lambda: np.sort(numbers),
        limit=4.0,
        sense=Sense.TIME_AT_MOST,
        things=MILLION,
    )
    many = _numbered(_cases(rng, 10 * MILLION))
    yield Goal(
        "recurrences of ten million cases against a million",
        ours=lambda: find_recurrences(many, within=WITHIN),
        peer=lambda: find_recurrences(numbered, within=WITHIN),
        limit=20.0,
        sense=Sense.TIME_AT_MOST,
    )


def _cases(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Draw cases, a tenth of them some days after another of the same customer and product."""
    customer = rng.integers(0, size // 5, size)
    product = rng.integers(0, 100, size)
    seconds = rng.integers(0, 3 * 365 * 86_400, size)
    again = rng.permutation(size)[: size // 10]
    of = rng.integers(0, size, len(again))
    customer[again], product[again] = customer[of], product[of]
    seconds[again] = seconds[of] + rng.exponential(10 * 86_400, len(again)).astype(np.int64)
    at = np.datetime64("2023-01-01", "us") + seconds.astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "case_id": rng.permutation(size),
            "received_at": pd.Series(at).dt.tz_localize("UTC"),
            "customer_id": customer,
            "product": np.array([f"product {number}" for number in range(100)])[product],
        }
    )


def _numbered(cases: pd.DataFrame) -> pd.DataFrame:
    return cases.assign(product=cases["product"].str.removeprefix("product ").astype("int64"))


def _pandas(cases: pd.DataFrame) -> object:
    told = cases.sort_values([*KEYS, "received_at", "case_id"])
    before = told.shift(1)
    recurs = (
        (told["customer_id"] == before["customer_id"])
        & (told["product"] == before["product"])
        & (told["received_at"] - before["received_at"] <= WITHIN)
    )
    last = before["case_id"].where(recurs)
    return told.assign(recurs=recurs, recurrence_of=last).sort_index()


def _polars(cases: pl.DataFrame) -> object:
    told = cases.with_row_index().sort(*KEYS, "received_at", "case_id")
    recurs = (
        (pl.col("customer_id") == pl.col("customer_id").shift(1))
        & (pl.col("product") == pl.col("product").shift(1))
        & (pl.col("received_at") - pl.col("received_at").shift(1) <= WITHIN)
    ).fill_null(False)
    last = pl.when(recurs).then(pl.col("case_id").shift(1))
    return told.with_columns(recurs=recurs, recurrence_of=last).sort("index")


if __name__ == "__main__":
    sys.exit(report(goals, samples=7))
