"""Orders as numbers: the same table as the general way, and what goes that way."""

from datetime import UTC, date, datetime, timedelta

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.kernel.frames import Eager
from crmkit.value import rfm_table
from crmkit.value.coins import BLOCK
from crmkit.value.purchases.purchase_arrays import purchases_in, tabulate
from crmkit.value.purchases.purchase_keys import packed
from crmkit.value.purchases.purchase_window import Names, Window


NAMES = Names("customer_id", "ordered_at", "amount")
FIRST = date(2026, 1, 1)
UNTIL = (date(2026, 12, 31) - date(1970, 1, 1)).days


def window(until: int = UNTIL, since: int | None = None, at: datetime | None = None) -> Window:
    return Window(None, since, until, at)


def frame_of(rows: list[tuple[int, int, float]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "customer_id": [row[0] for row in rows],
            "ordered_at": [FIRST + timedelta(days=row[1]) for row in rows],
            "amount": [row[2] for row in rows],
        }
    )


def both_ways(native: pl.DataFrame | pd.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame: Eager = nw.from_native(native, eager_only=True)
    keys = packed(frame, NAMES, window())
    assert keys is not None
    ours = keys.tabulate(frame["customer_id"], window(), "W")
    theirs = tabulate(frame["customer_id"], purchases_in(frame, NAMES, window()), window(), "W")
    return ours.to_polars(), theirs.to_polars()


class TestTabulate:
    @given(
        st.lists(
            st.tuples(
                st.sampled_from([-(2**61), -3, 0, 1, 2, 5, 2**58, 2**58 + 1, 2**61]),
                st.integers(0, 364),
                st.integers(0, 10**6).map(lambda n: n / 100),
            ),
            min_size=1,
        )
    )
    def test_is_the_table_of_the_general_way(self, rows: list[tuple[int, int, float]]) -> None:
        ours, theirs = both_ways(frame_of(rows))

        assert ours.schema == theirs.schema
        assert ours.rows() == theirs.rows()

    @settings(max_examples=1)
    @given(st.just(0))
    def test_takes_customers_whole_at_the_ends_of_blocks(self, seed: int) -> None:
        """One of them has more orders than a block holds."""
        rng = np.random.default_rng(seed)
        customer = np.concatenate((np.full(BLOCK + 99, 7), rng.integers(0, 5000, 3 * BLOCK)))
        native = pd.DataFrame(
            {
                "customer_id": customer.astype(np.int32),
                "ordered_at": pd.to_datetime("2026-01-01", utc=True)
                + pd.to_timedelta(rng.integers(0, 360, len(customer)), unit="D"),
                "amount": rng.integers(1, 9999, len(customer)) / 100,
            }
        )
        native["ordered_at"] = native["ordered_at"].dt.date

        ours, theirs = both_ways(native)

        assert ours.schema == theirs.schema
        assert ours.rows() == theirs.rows()


ROWS = [(1, 0, 5.0), (2, 9, 1.25), (1, 30, 2.0)]


class TestPacked:
    @pytest.mark.parametrize(
        ("native", "asked"),
        [
            (frame_of([]), window()),
            (frame_of(ROWS), window(since=UNTIL - 400)),
            (frame_of(ROWS), window(at=datetime(2026, 12, 31, tzinfo=UTC))),
            (frame_of(ROWS), window(until=UNTIL - 350)),
            (frame_of([(1, 0, 0.123456)]), window()),
            (frame_of([(1, 0, 9e11)] * 2), window()),
            (frame_of([(-(2**62), 0, 1.0)]), window()),
            (frame_of([(2**62, 0, 1.0)]), window()),
            (frame_of([(0, -9000, 1.0), (2**58, 364, 4e11), (3, 5, 1.0)]), window()),
            (frame_of(ROWS).cast({"customer_id": pl.String}), window()),
            (frame_of(ROWS).to_pandas().astype({"customer_id": "Int64"}), window()),
        ],
    )
    def test_leaves_to_the_general_way_what_does_not_fit(
        self, native: pl.DataFrame | pd.DataFrame, asked: Window
    ) -> None:
        frame: Eager = nw.from_native(native, eager_only=True)

        assert packed(frame, NAMES, asked) is None

    def test_gives_ids_back_as_they_were(self) -> None:
        native = frame_of(ROWS).cast({"customer_id": pl.UInt16})

        told = rfm_table(native, as_of=date(2026, 12, 31))

        assert told["customer_id"].dtype == pl.UInt16
        assert told["customer_id"].to_list() == [1, 2]
