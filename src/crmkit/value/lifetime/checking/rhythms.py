r"""Customers whose rhythm no lifetime model knows: those who buy like clocks, and by the season.

All the models take gaps between purchases to be of any length, one as likely long as another.
Whoever buys every four weeks tells of his loss in the fifth; whoever buys each December only is
taken to be lost in May.

*Regular*: given the first and the last of n + 1 purchases, gaps that know no rhythm are shares of
that time at random. Bartlett's statistic
$2n(\log \bar g - \overline{\log g}) / (1 + \frac{n + 1}{6n})$ is then $\chi^2$ with n − 1 degrees
of freedom, and small where they are alike. *Seasonal*: over whole years, days of the year are
spread evenly; Rayleigh's test tells whether they point to one part of it.

Source: Bartlett (1937), "Properties of sufficiency and statistical tests", Proceedings of the Royal
Society A 160, for gamma shapes; Wheat and Morrison (1990), "Estimating purchase regularity with two
interpurchase times", Journal of Marketing Research 27(1), for why it matters; Zar (1999),
"Biostatistical analysis", chapter 27, for Rayleigh's test. Half a day is taken off each gap, for
days are whole: our choice.
"""

from __future__ import annotations

from datetime import date
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from scipy.special import chdtr

from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import asked_again
from crmkit.stats import adjust_for_many
from crmkit.stats.sorted_rows import sums
from crmkit.value.lifetime.rows import Floats
from crmkit.value.purchases.bought_days import BoughtDays, bought_days, held_days
from crmkit.value.purchases.purchase_state import RfmState, days_of
from crmkit.value.purchases.purchase_window import Names


_LEAST_GAPS: Final = 4
_SHORTEST: Final = 7.0  # days: who buys more often has gaps of no length to judge
_LEAST_YEARS: Final = 2
_YEAR: Final = 365.25
_LEAST_DAYS: Final = 5


def buying_rhythms(
    orders: IntoFrameT | RfmState[IntoFrameT],
    *,
    as_of: date,
    timezone: str | None = None,
    confidence: float = 0.95,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str = "amount",
) -> IntoFrameT:
    """Point out customers who buy regularly, and by the season.

    One call is one family of tests: of all customers pointed out, few are so by chance. A season
    twice a year, such as June and December, is not seen: the two cancel.

    Args:
        orders: Orders, or the state of such; of a lazy frame the days of purchases are fetched.
        as_of: The last day of the record: what was ordered after it is not looked at.
        timezone: The shop's zone, as for `rfm_table`.
        confidence: The rest is how many of those pointed out may be so by chance.
        customer_id: Name of the column of customers.
        ordered_at: Name of the column of dates or instants.
        amount: Name of the column of amounts.

    Returns:
        One row a customer:

        * `customer_id`;
        * `gaps`: between his purchases, how many;
        * `regularity`: shape of their gamma distribution, 1 where there is no rhythm, more where
          they are alike, infinite where they are all the same; empty (NaN) where there are fewer
          than four, or they are shorter than a week on average;
        * `regular`: whether that is more than chance;
        * `season_day`: the day of the year, from 1, about which his purchases lie; empty (NaN)
          where he has bought for less than two years, or on fewer than five days;
        * `seasonal`: whether they lie closer to it than chance would have it.

    Raises:
        InvalidValueError: As `rfm_table`.

    Source:
        Bartlett (1937); Zar (1999), chapter 27.

    Examples:
        >>> from datetime import date, timedelta
        >>> import pandas
        >>> days = [date(2026, 1, 1) + timedelta(days=28 * k) for k in range(9)]
        >>> orders = pandas.DataFrame({"customer_id": "X", "ordered_at": days, "amount": 9.0})
        >>> told = buying_rhythms(orders, as_of=date(2026, 12, 31))
        >>> told[["gaps", "regularity", "regular", "seasonal"]].to_numpy().tolist()
        [[8, inf, True, False]]
    """
    check_confidence(confidence)
    names = Names(customer_id, ordered_at, amount)
    asked = bought_days(orders, until=as_of, timezone=timezone, names=names)
    bought = held_days(asked)
    gaps = _Gaps.of(bought)
    season_day, by_chance = _seasons(bought)
    columns = {
        "gaps": gaps.count,
        "regularity": gaps.regularity(),
        "regular": _found(gaps.by_chance(), confidence),
        "season_day": season_day,
        "seasonal": _found(by_chance, confidence),
    }
    own = bought.ids.implementation
    added = [nw.new_series(name, told, backend=own) for name, told in columns.items()]
    told = bought.ids.with_columns(*added)
    given = days_of(orders) if isinstance(orders, RfmState) else nw.from_native(
        cast("IntoFrame", orders)
    )  # fmt: skip
    if isinstance(given, nw.LazyFrame):
        return cast("IntoFrameT", asked_again(told, given).to_native())
    return cast("IntoFrameT", told.to_native())


@attrs.frozen(eq=False)
class _Gaps:
    """Gaps between the purchases of each customer.

    Attributes:
        count: How many.
        unevenness: The logarithm of their mean less the mean of their logarithms; NaN where there
            is nothing to judge.
    """

    count: Floats
    unevenness: Floats

    @classmethod
    def of(cls, bought: BoughtDays) -> _Gaps:
        starts = bought.starts
        count = np.diff(starts, append=len(bought.day)) - 1
        gap = np.diff(bought.day, prepend=bought.day[:1]) - 0.5
        gap[starts] = 1.0  # the first purchase has none before it: its logarithm is 0
        logs = sums(np.log(gap), starts)
        gap[starts] = 0.0
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = sums(gap, starts) / count
            uneven = np.maximum(np.log(mean) - logs / count, 0.0)
        judged = (count >= _LEAST_GAPS) & (mean + 0.5 >= _SHORTEST)
        return cls(count, np.where(judged, np.where(uneven < 1e-12, 0.0, uneven), np.nan))

    def regularity(self) -> Floats:
        """Return the shape of the gamma distribution, by Thom's approximation of its likeliest."""
        s = self.unevenness
        with np.errstate(divide="ignore"):
            told: Floats = (3 - s + np.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s)
        return told

    def by_chance(self) -> Floats:
        """Return how likely gaps without a rhythm would be as alike."""
        n = np.maximum(self.count, 1)
        statistic = 2 * n * self.unevenness / (1 + (n + 1) / (6 * n))
        told: Floats = chdtr(np.maximum(n - 1, 1), statistic)
        return told


def _seasons(bought: BoughtDays) -> tuple[Floats, Floats]:
    """Return the day of the year of each customer, and how likely it is by chance."""
    starts = bought.starts
    first = bought.day[starts]
    last = bought.day[np.append(starts[1:], len(bought.day)) - 1] if len(starts) else first
    years = np.floor((last - first) / _YEAR)
    lengths = np.diff(starts, append=len(bought.day))
    ahead = bought.day - np.repeat(first, lengths)
    counts = ahead < np.repeat(years * _YEAR, lengths)
    angle = 2 * np.pi * np.modf(bought.day / _YEAR)[0]
    n = sums(counts.astype(np.float64), starts)
    east, north = (sums(np.where(counts, side(angle), 0.0), starts) for side in (np.cos, np.sin))
    judged = (years >= _LEAST_YEARS) & (n >= _LEAST_DAYS)
    length = np.hypot(east, north)
    # Days are counted from 1970, whose first is a first of January.
    day = np.floor(np.mod(np.arctan2(north, east) / (2 * np.pi), 1.0) * _YEAR) + 1
    likely = np.exp(np.sqrt(1 + 4 * n + 4 * np.maximum(n**2 - length**2, 0)) - (1 + 2 * n))
    return np.where(judged, day, np.nan), np.where(judged, np.minimum(likely, 1.0), np.nan)


def _found(by_chance: Floats, confidence: float) -> object:
    told = adjust_for_many(by_chance).significant(confidence=confidence)
    return np.array(told, dtype=bool)
