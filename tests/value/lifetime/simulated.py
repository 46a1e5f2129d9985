"""Customers who buy and leave as the laws say, one event after another."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray


Floats = NDArray[np.float64]
Law = Literal["BG/NBD", "MBG/NBD", "Pareto/NBD"]


def histories(
    law: Law, parameters: tuple[float, ...], ages: Floats, ahead: float, rng: np.random.Generator
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return a table of customers, and how often each bought after its end."""
    r, alpha, third, fourth = parameters
    n = len(ages)
    rate = np.maximum(rng.gamma(r, 1 / alpha, n), 1e-300)
    if law == "Pareto/NBD":
        leaves = rng.exponential(1.0, n) / np.maximum(rng.gamma(third, 1 / fourth, n), 1e-300)
        lost = np.zeros(n)
    else:
        leaves = np.full(n, np.inf)
        lost = rng.beta(third, fourth, n)
    x, recency, later, at = (np.zeros(n) for _ in range(4))
    there = np.arange(n)
    if law == "MBG/NBD":
        there = there[rng.random(n) > lost]
    while len(there):
        at[there] += rng.exponential(1.0, len(there)) / rate[there]
        there = there[at[there] <= np.minimum(ages + ahead, leaves)[there]]
        seen = there[at[there] <= ages[there]]
        x[seen] += 1
        recency[seen] = at[seen]
        later[there[at[there] > ages[there]]] += 1
        there = there[rng.random(len(there)) >= lost[there]]
    columns = {"frequency": x.astype(np.int64), "recency": recency, "T": ages}
    return pd.DataFrame({"customer_id": np.arange(n), **columns, "unit": "W"}), later.astype(
        np.int64
    )
