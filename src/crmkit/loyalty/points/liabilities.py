"""What a scheme owes: deferred revenue and breakage, by the month in which points were earned.

Law: the price of every cohort is revenue or owed, to the coin; where all points of a cohort have
ended, nothing is owed. Gifts are no revenue deferred: they are told beside it.

Source: IFRS 15 B39-B47, Example 52; the portfolio of a month's sales is treated as one contract,
paragraph 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Final

import attrs
import narwhals.stable.v2 as nw
import numpy as np

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Money, Rule, Share, Text, instant, to_micros
from crmkit.stats.days import months_of

from .ledger import (
    EXPIRED,
    GIVEN_BACK,
    REDEEMED,
    TERM_CODES,
    PointsLedger,
    Whole,
    chosen,
    sums_by,
)
from .redemption import RedemptionCurve, redemption_curve
from .revenue import DeferredRevenue, PointsTerms, deferred_revenue


if TYPE_CHECKING:
    import pandas as pd

_DAY: Final = 86_400_000_000
_NOISE: Final = 1e-9
_OWED: Final = Rule(
    code="loyalty.points_liability",
    says=Text(
        "{open} points are open, {expected} more are expected to be redeemed: {verdict} is owed of"
        " {allocated}",
        "未用积分{open}分，预计还将兑换{expected}分：在分摊的{allocated}中尚欠{verdict}",
    ),
    source="IFRS 15 B44-B47, Example 52",
)


@attrs.frozen(kw_only=True)
class PointsCohort:
    """The points that were earned with the sales of one month.

    Attributes:
        cohort: The month, ISO 8601.
        granted: How many were earned, less what was taken back or away.
        redeemed: How many of them were redeemed, and not given back.
        expired: How many have lapsed.
        open: How many are left.
        expected: How many will have been redeemed in the end.
        amount: What was paid for the goods and the points, returns deducted.
        revenue: What became of the price of the points.

    Units:
        Points, whole.

    Examples:
        >>> from crmkit.kernel import Money
        >>> told = deferred_revenue(Money.of(8676, "CNY"), redeemed=4500, expected=9500)
        >>> month = PointsCohort(
        ...     cohort="2026-03",
        ...     granted=10_000,
        ...     redeemed=4500,
        ...     expired=0,
        ...     open=5500,
        ...     expected=9500,
        ...     amount=Money.of(100_000, "CNY"),
        ...     revenue=told,
        ... )
        >>> month.breakage, month.revenue.deferred
        (500, Money('4566.32', 'CNY'))
    """

    cohort: str
    granted: int
    redeemed: int
    expired: int
    open: int
    expected: int
    amount: Money
    revenue: DeferredRevenue

    @property
    def breakage(self) -> int:
        """How many nobody is expected to redeem, those that have lapsed among them."""
        return self.granted - self.expected


@attrs.frozen(kw_only=True, repr=False)
class PointsLiability:
    """What a scheme owes as of a day.

    Attributes:
        as_of: When, in UTC.
        cohorts: By month, the first month first.
        currency: Of the amounts.
        gift_points: How many points are open that came without a sale.
        debt: How many points customers owe.

    Examples:
        >>> from crmkit.testing import NINE
        >>> PointsLiability(as_of=NINE, cohorts=(), currency="CNY", gift_points=0, debt=0).deferred
        Money('0.00', 'CNY')
    """

    as_of: datetime
    cohorts: tuple[PointsCohort, ...]
    currency: str
    gift_points: int
    debt: int

    @property
    def allocated(self) -> Money:
        """The price of all points."""
        return self._sum("allocated")

    @property
    def revenue(self) -> Money:
        """How much of it is revenue."""
        return self._sum("revenue")

    @property
    def deferred(self) -> Money:
        """How much is still owed: the contract liability."""
        return self._sum("deferred")

    def explain(self) -> Explanation[Money]:
        """Tell what is owed, and on what that rests."""
        open_points = sum(one.open for one in self.cohorts)
        expected = sum(one.expected - one.redeemed for one in self.cohorts)
        return Explanation(
            verdict=self.deferred,
            rule=_OWED,
            evidence=(
                Evidence("open", open_points),
                Evidence("expected", expected),
                Evidence("allocated", self.allocated),
                Evidence("revenue", self.revenue),
                Evidence("gift_points", self.gift_points),
                Evidence("debt", self.debt),
            ),
        )

    @property
    def summary(self) -> pd.DataFrame:
        """One row a cohort.

        Columns: `cohort`, `granted`, `redeemed`, `expired`, `open`, `expected`, `breakage`,
        `amount`, `allocated`, `revenue`, `deferred`.
        """
        counts = ("cohort", "granted", "redeemed", "expired", "open", "expected", "breakage")
        told: dict[str, list[object]] = {
            name: [getattr(one, name) for one in self.cohorts] for name in counts
        }
        told["amount"] = [float(one.amount.amount) for one in self.cohorts]
        for name in ("allocated", "revenue", "deferred"):
            told[name] = [float(getattr(one.revenue, name).amount) for one in self.cohorts]
        made: pd.DataFrame = nw.from_dict(told, backend="pandas").to_native()
        return made

    def _sum(self, name: str) -> Money:
        return Money.sum((getattr(one.revenue, name) for one in self.cohorts), self.currency)

    def __repr__(self) -> str:
        cohorts = len(self.cohorts)
        return f"<PointsLiability of {cohorts} cohorts: {self.deferred.amount} {self.currency}>"


def points_liability(
    ledger: PointsLedger,
    *,
    as_of: datetime,
    terms: PointsTerms | Mapping[str, PointsTerms],
    expected: RedemptionCurve | Share | None = None,
) -> PointsLiability:
    """Tell what a scheme owes as of a day, by the month in which points were earned.

    The price of a month's sales is shared out between goods and points by what was assumed then,
    and is not shared out anew. How many points will have been redeemed is told anew every time.

    Args:
        ledger: All postings of the scheme.
        as_of: Until when; later postings do not count.
        terms: What was assumed when points were granted; by cohort, as "2026-03", where it changed.
        expected: Which share is expected to be redeemed in the end: by a curve learnt from more
            data, or one share of what was granted; None to learn it from this ledger.

    Raises:
        InvalidValueError: If `as_of` is naive, the terms are in another currency or lack a cohort,
            or there are too few accounts to learn from.

    Source:
        IFRS 15 B39-B47, Example 52.

    Examples:
        >>> import pandas
        >>> from datetime import timedelta
        >>> from crmkit.testing import NINE
        >>> rows = pandas.DataFrame(
        ...     {
        ...         "account_id": ["A", "A"],
        ...         "act": ["earned", "redeemed"],
        ...         "points": [10_000, -4500],
        ...         "debt": 0,
        ...         "posted_at": [NINE, NINE + timedelta(days=90)],
        ...         "earned_at": NINE,
        ...         "expires_at": NINE + timedelta(days=730),
        ...         "source": "sale",
        ...         "amount": [100_000.0, None],
        ...         "currency": "CNY",
        ...     }
        ... )
        >>> ledger = PointsLedger.of(rows, currency="CNY", timezone="UTC")
        >>> terms = PointsTerms(point_value=Money.of(1, "CNY"), redeemed_share=Share(0.95))
        >>> year = NINE + timedelta(days=365)
        >>> points_liability(ledger, as_of=year, terms=terms, expected=Share(0.95)).deferred
        Money('4566.21', 'CNY')
    """
    moment = instant(as_of, "as_of")
    sums = _by_day(ledger, moment)
    if expected is None:
        expected = redemption_curve(ledger, as_of=moment)
    further = _further(sums, expected, moment)
    months = months_of(sums["day"])
    cohorts = []
    for month in np.unique(months):
        of_month = months == month
        told = {name: int(part[of_month].sum()) for name, part in sums.items() if name != "day"}
        name = f"{month // 12:04d}-{month % 12 + 1:02d}"
        own = terms if isinstance(terms, PointsTerms) else _of(terms, name)
        open_share = float(further[of_month].sum())
        cohorts.append(_cohort(name, told, own, open_share, expected, ledger.currency))
    known = ledger.known(moment)
    gifts = known & ~ledger.is_sale & ~ledger.void(moment)
    return PointsLiability(
        as_of=moment,
        cohorts=tuple(cohorts),
        currency=ledger.currency,
        gift_points=int(ledger.rows.points[gifts].sum()),
        debt=int(ledger.rows.debt[known].sum()),
    )


def _by_day(ledger: PointsLedger, as_of: datetime) -> dict[str, Whole]:
    """Return what became of the points of each day, of those that came with a sale."""
    known = ledger.known(as_of) & ledger.is_sale
    if not known.any():
        return dict.fromkeys(("day", "granted", "redeemed", "expired", "open", "coins"), _NONE)
    picked = chosen(known)
    days = ledger.earned_day[picked]
    first = int(days.min())
    keys, size = days - first, int(days.max()) - first + 1
    points, term = ledger.rows.points[picked], ledger.rows.term[picked]
    table = sums_by(keys * TERM_CODES + term, points, size * TERM_CODES).reshape(-1, TERM_CODES)
    void = ledger.void(as_of)[picked]
    lapsed = sums_by(keys, points * void, size)
    redeemed = -table[:, REDEEMED] - table[:, GIVEN_BACK]
    expired = lapsed - table[:, EXPIRED]
    left = table.sum(axis=1) - lapsed
    coins = sums_by(keys, ledger.coins[picked], size)
    told = {
        "day": np.arange(first, first + size),
        "granted": left + redeemed + expired,
        "redeemed": redeemed,
        "expired": expired,
        "open": left,
        "coins": coins,
    }
    there = np.flatnonzero(np.bincount(keys, minlength=size))
    return {name: part[there] for name, part in told.items()}


_NONE: Final = np.zeros(0, dtype=np.int64)


def _further(
    sums: dict[str, Whole], expected: RedemptionCurve | Share, as_of: datetime
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how many of the open points of each day will yet be redeemed, by the curve."""
    if isinstance(expected, Share):
        return sums["open"].astype(np.float64)
    ages = np.maximum(to_micros(as_of) // _DAY - sums["day"], 0)
    return np.asarray(sums["open"] * expected.still_redeemed(ages))


def _cohort(
    name: str,
    told: dict[str, int],
    terms: PointsTerms,
    further: float,
    expected: RedemptionCurve | Share,
    currency: str,
) -> PointsCohort:
    if isinstance(expected, Share):
        in_the_end = max(told["redeemed"], round(float(expected) * told["granted"]))
        in_the_end = min(in_the_end, told["redeemed"] + told["open"])
    else:
        in_the_end = told["redeemed"] + ceil(further - _NOISE)
    amount = Money.from_minor(told["coins"], currency)
    allocated = terms.allocate(amount, points=told["granted"]).verdict
    revenue = deferred_revenue(allocated, redeemed=told["redeemed"], expected=in_the_end)
    return PointsCohort(
        cohort=name,
        granted=told["granted"],
        redeemed=told["redeemed"],
        expired=told["expired"],
        open=told["open"],
        expected=in_the_end,
        amount=amount,
        revenue=revenue,
    )


def _of(terms: Mapping[str, PointsTerms], cohort: str) -> PointsTerms:
    if cohort not in terms:
        rule = f"must tell what was assumed in {cohort}"
        raise InvalidValueError("terms", tuple(terms), rule)
    return terms[cohort]
