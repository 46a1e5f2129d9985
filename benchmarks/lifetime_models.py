# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "lifetimes==0.11.3", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Fits and expectations of lifetime models against lifetimes, on CDNOW and on simulated customers.

Simulated customers buy and are lost by BG/NBD with the published parameters of CDNOW, first on some
day of twelve weeks and seen for thirty-nine; ages are whole days told in weeks. Both are handed the
same table, and both fit every customer. Lifetimes tells no interval of an expectation, which takes
four expectations more, and none of counts: what these may cost is a limit of ours. Small fits are
done ten times in a row by both, for a sample of one is too short to tell. `--customers` makes the
large table smaller for a look.
"""

import argparse
import contextlib
import io
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import Goal, Sense, report

from crmkit.value import BGNBD, MBGNBD, rfm_table


with warnings.catch_warnings():
    # The package sets an option that pandas has dropped.
    warnings.simplefilter("ignore")
    from lifetimes import (  # type: ignore[import-untyped]  # it has no stubs
        BetaGeoFitter,
        ModifiedBetaGeoFitter,
    )


CDNOW = Path(__file__).parents[1] / "examples" / "data" / "CDNOW_sample.txt"
PARAMETERS = (0.243, 4.414, 0.793, 2.426)
AHEAD = 39.0


def goals(_: Path, *, customers: int) -> Iterator[Goal]:
    """Name the goals."""
    sample, many = _cdnow(), _simulated(customers, np.random.default_rng(20260301))
    # MBG/NBD takes one step more to the same digits.
    small = ((BGNBD, BetaGeoFitter, 20.0), (MBGNBD, ModifiedBetaGeoFitter, 15.0))
    for kind, fitter, limit in small:
        yield Goal(
            f"{kind.__name__} fits on CDNOW, 2,357 customers, against lifetimes",
            ours=partial(_ten_times, partial(kind.fit, sample)),
            peer=partial(_ten_times, partial(_fitted, fitter, sample)),
            limit=limit,
            sense=Sense.SPEED_AT_LEAST,
            things=10,
        )
    yield Goal(
        f"BGNBD fit on {customers:,} customers against lifetimes",
        ours=lambda: BGNBD.fit(many),
        peer=lambda: _fitted(BetaGeoFitter, many),
        limit=80.0,
        sense=Sense.SPEED_AT_LEAST,
        things=customers,
    )
    plain, sure = BGNBD(*PARAMETERS, unit="W"), BGNBD.fit(sample)
    theirs = _fitted(BetaGeoFitter, sample)
    asked = (
        ("expectation", plain.expected, 1.0),
        ("expectation with its interval", sure.expected, 0.2),
        ("count interval", plain.count_interval, 0.5),
    )
    for name, ours, limit in asked:
        yield Goal(
            f"{name} of {customers:,} customers against lifetimes' expectation",
            ours=partial(ours, many, AHEAD),
            peer=partial(_expected, theirs, many),
            limit=limit,
            sense=Sense.SPEED_AT_LEAST,
            things=customers,
        )


def _ten_times(done: Callable[[], object]) -> None:
    for _ in range(10):
        done()


def _fitted(fitter: type[BetaGeoFitter], table: pd.DataFrame) -> BetaGeoFitter:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return fitter().fit(table["frequency"], table["recency"], table["T"])


def _expected(model: BetaGeoFitter, table: pd.DataFrame) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.conditional_expected_number_of_purchases_up_to_time(
            AHEAD, table["frequency"], table["recency"], table["T"]
        )


def _cdnow() -> pd.DataFrame:
    told = [line.split() for line in CDNOW.read_text().splitlines()]
    orders = pd.DataFrame(
        {
            "customer_id": [int(words[1]) for words in told],
            "ordered_at": pd.to_datetime([words[2] for words in told]).date,
            "amount": [float(words[4]) for words in told],
        }
    )
    first, last = date(1997, 1, 1), date(1997, 9, 30)
    return rfm_table(orders, as_of=last, unit="W", observed_from=first, later="leave_out")


def _simulated(customers: int, rng: np.random.Generator) -> pd.DataFrame:
    r, alpha, a, b = PARAMETERS
    ages = rng.integers(27 * 7, 39 * 7 + 1, customers) / 7
    rate, lost = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    x, recency, at = (np.zeros(customers) for _ in range(3))
    there = np.flatnonzero(rate > 0)
    while len(there):
        at[there] += rng.exponential(1.0, len(there)) / rate[there]
        there = there[at[there] <= ages[there]]
        x[there] += 1
        # No purchase lies on the day of the first one.
        recency[there] = np.maximum(np.floor(at[there] * 7), 1) / 7
        there = there[rng.random(len(there)) >= lost[there]]
    table = {"frequency": x.astype(np.int64), "recency": recency, "T": ages}
    return pd.DataFrame({"customer_id": np.arange(customers), **table, "unit": "W"})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    asked = parser.parse_args()
    sys.exit(report(partial(goals, customers=asked.customers), samples=3))
