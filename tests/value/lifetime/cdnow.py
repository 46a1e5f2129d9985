"""The published CDNOW sample as a table of customers, to the end of the 39th week."""

from datetime import date, datetime
from functools import cache
from pathlib import Path

import pandas as pd
import polars as pl

from crmkit.value import rfm_table


ROOT = Path(__file__).parents[3]
ORDERS = ROOT.parent / "shared" / "data" / "orders"


@cache
def orders() -> pl.DataFrame:
    """The 1/10 sample of the publishers: a customer, a day and an amount each."""
    lines = (ROOT / "examples" / "data" / "CDNOW_sample.txt").read_text().splitlines()
    told = [line.split() for line in lines]
    return pl.DataFrame(
        {
            "customer_id": [int(words[1]) for words in told],
            "ordered_at": [datetime.strptime(words[2], "%Y%m%d").date() for words in told],
            "amount": [float(words[4]) for words in told],
        }
    )


@cache
def sample() -> pd.DataFrame:
    """Frequency, recency, T and monetary of its 2,357 customers, in weeks."""
    table = rfm_table(
        orders(),
        as_of=date(1997, 9, 30),
        unit="W",
        observed_from=date(1997, 1, 1),
        later="leave_out",
    )
    return table.to_pandas()
