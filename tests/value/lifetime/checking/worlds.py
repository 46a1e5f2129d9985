"""Orders of made-up customers, day by day, by laws that are known."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray


FIRST = date(2024, 1, 1)


def day(number: float) -> date:
    """The day so many days after the first."""
    return FIRST + timedelta(days=int(number))


def orders_of(days: list[NDArray[np.int64]]) -> pd.DataFrame:
    """One order of 10.00 a customer and day."""
    rows = [(who, day(at)) for who, bought in enumerate(days) for at in sorted(set(bought))]
    table = pd.DataFrame(rows, columns=["customer_id", "ordered_at"])
    return table.assign(amount=10.0)


def poisson(
    rng: np.random.Generator, customers: int, days: int, *, mean_gap: float, lost: float = 0.0
) -> pd.DataFrame:
    """Customers with gamma rates, of mean one purchase in `mean_gap` days; lost by chance."""
    told = []
    for _ in range(customers):
        rate = rng.gamma(1.5, 1 / (1.5 * mean_gap))
        at, bought = rng.uniform(0, days / 3), []
        while at < days:
            bought.append(int(at))
            if rng.random() < lost:
                break
            at += rng.exponential(1 / rate)
        told.append(np.array(bought, dtype=np.int64))
    return orders_of(told)
