# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""The whole chain of customer value, against one pandas `groupby` on the same orders.

Ours makes of orders a table of every customer, fits MBG/NBD to it, tells of each what is expected
of him and between what numbers his purchases will lie, and puts him in his class. The peer is what
an analyst writes to begin with, in one call: count, first, last and sum by customer. Orders have
dates as instants in UTC at midnight, put on the days of a shop there.

    uv run benchmarks/lifetime_chain.py                        10 million customers
    uv run benchmarks/lifetime_chain.py --customers 1000000    a tenth of it
    uv run benchmarks/lifetime_chain.py --ids arbitrary        ids are any 64-bit numbers

Law: CPU time, one BLAS thread; each side is measured in a process of its own, so that its largest
memory is its own too, and the two in turn. Both pay for memory that the machine hands out anew,
which costs now more and now less: the ratio is that of the medians. Prints what each step takes,
and exits non-zero where a limit is missed.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from statistics import median
from typing import TypeVar

import numpy as np
import pandas as pd
from measuring import table

from crmkit.value import MBGNBD, abc_classes, rfm_table


DAYS = 1096
FIRST = np.datetime64("2023-01-01", "us")
LAST_DAY = date(2025, 12, 31)
LIMITS = {"whole": 0.8, "arbitrary": 1.2}
LARGEST_GB = 6.0
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

T = TypeVar("T")


class Clock:
    """CPU seconds of each step."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float]] = []

    def __call__(self, name: str, act: Callable[[], T]) -> T:
        before = time.process_time()
        told = act()
        self.steps.append((name, time.process_time() - before))
        return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=10_000_000)
    parser.add_argument("--ids", choices=list(LIMITS), default="whole")
    parser.add_argument("--samples", type=int, default=3)
    asked = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in _ONE_THREAD.items()):
        # BLAS reads these when it is loaded, before this line.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **_ONE_THREAD})
    runs = [(measured(chain, asked), measured(grouped, asked)) for _ in range(asked.samples)]
    totals = [[sum(spent for _, spent in side[0]) for side in run] for run in runs]
    total, one = (median(side) for side in zip(*totals, strict=True))
    memory = max(ours[1] for ours, _ in runs)
    # The steps of the run in the middle.
    steps = sorted((run[0][0] for run in runs), key=lambda told: sum(spent for _, spent in told))
    rows = [
        (name, f"{spent:.2f} s", f"{spent / total:.0%}") for name, spent in steps[len(steps) // 2]
    ]
    print(table([("step", "CPU", "share"), *rows, ("all of it", f"{total:.2f} s", "")]))
    ratios = ", ".join(f"{ours / peer:.2f}" for ours, peer in totals)
    limit = LIMITS[asked.ids]
    met = total <= limit * one and memory <= LARGEST_GB
    print(f"\none groupby: {one:.2f} s; ratio {total / one:.2f} ({ratios}), limit {limit}")
    print(f"largest memory {memory:.1f} GB, limit {LARGEST_GB:g} GB: {'met' if met else 'MISSED'}")
    return 0 if met else 1


def measured(
    act: Callable[[Clock, pd.DataFrame], None], asked: argparse.Namespace
) -> tuple[list[tuple[str, float]], float]:
    """Return the steps of one side, and its largest memory in GB, from a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_run, (act, asked.customers, asked.ids))


def _run(
    act: Callable[[Clock, pd.DataFrame], None], customers: int, ids: str
) -> tuple[list[tuple[str, float]], float]:
    clock = Clock()
    act(clock, orders_of(customers, ids))
    return clock.steps, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def chain(clock: Clock, orders: pd.DataFrame) -> None:
    customers = clock(
        "orders to customers", lambda: rfm_table(orders, as_of=LAST_DAY, timezone="Etc/UTC")
    )
    model = clock("fit of MBG/NBD", lambda: MBGNBD.fit(customers))
    customers = clock("expectation, count interval", lambda: model.forecast(customers, 365))
    clock("class of each", lambda: abc_classes(customers))


def grouped(clock: Clock, orders: pd.DataFrame) -> None:
    clock(
        "one groupby",
        lambda: orders.groupby("customer_id").agg(
            count=("ordered_at", "size"),
            first=("ordered_at", "min"),
            last=("ordered_at", "max"),
            total=("amount", "sum"),
        ),
    )


def orders_of(customers: int, ids: str) -> pd.DataFrame:
    """Orders of customers who buy and leave by MBG/NBD, about five each, in any order."""
    rng = np.random.default_rng(8)
    rate = rng.gamma(0.6, 1 / 30, customers).astype(np.float32)
    lost = rng.beta(0.8, 2.5, customers).astype(np.float32)
    at = rng.uniform(0, DAYS * 0.9, customers).astype(np.float32)
    there = np.arange(customers, dtype=np.int32)
    who, when = [], []
    while len(there):
        who.append(there)
        when.append(at[there].astype(np.int16))
        there = there[rng.random(len(there), dtype=np.float32) >= lost[there]]
        at[there] += rng.standard_exponential(len(there), dtype=np.float32) / rate[there]
        there = there[at[there] < DAYS]
    who_bought, day = np.concatenate(who), np.concatenate(when)
    del who, when, rate, lost, at
    mixed = rng.permutation(len(day)).astype(np.int32)
    numbers = who_bought[mixed].astype(np.int64)
    if ids == "arbitrary":
        numbers = (numbers * 0x9E3779B97F4A7C1 + 12345) & ((1 << 62) - 1)
    times = FIRST + day[mixed].astype("timedelta64[D]")
    del who_bought, day, mixed
    amount = np.rint(rng.gamma(2.0, 1500.0, len(times))) / 100
    frame = pd.DataFrame({"customer_id": numbers, "amount": amount}, copy=False)
    return frame.assign(ordered_at=pd.Series(times, copy=False).dt.tz_localize("UTC"))


if __name__ == "__main__":
    sys.exit(main())
