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

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Money, Rule, Share, Text, instant
from crmkit.kernel.checks import of_kind
from crmkit.kernel.warned import warn_caller

from .cohort_sums import by_month
from .ledger import PointsLedger, check_ledger
from .point_words import Points, of_points
from .redemption import RedemptionCurve, redemption_curve
from .revenue import DeferredRevenue, PointsTerms, deferred_revenue


if TYPE_CHECKING:
    import pandas as pd

_NOISE: Final = 1e-9
_COUNTS: Final = (
    "cohort",
    "granted",
    "redeemed",
    "expired",
    "withdrawn",
    "open",
    "expected",
    "breakage",
)
_OWED: Final = Rule(
    code="loyalty.points_liability",
    says=Text(
        "{open} points open, {expected} more expected to be redeemed: {verdict} is owed of"
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
        granted: How many were earned, less those of goods that came back, whatever had become of
            these.
        redeemed: How many of them were redeemed, and not given back; those that were used against
            a debt among them, for they pay for what was redeemed before. Not those that are a debt
            themselves since their goods came back.
        expired: How many have lapsed.
        withdrawn: How many were taken away by adjustments, and not of goods that came back since:
            `granted` less all others. Below 0 where points of goods that came back are open, or
            have lapsed since: such as were sent on, or given back later.
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
        ...     withdrawn=0,
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
    withdrawn: int
    open: int
    expected: int
    amount: Money
    revenue: DeferredRevenue

    @property
    def breakage(self) -> int:
        """How many nobody is expected to redeem, lapsed and withdrawn ones among them."""
        return max(0, self.granted - self.expected)


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
            rule=of_points(_OWED, open_points),
            evidence=(
                Evidence("open", Points(open_points)),
                Evidence("expected", Points(expected)),
                Evidence("allocated", self.allocated),
                Evidence("revenue", self.revenue),
                Evidence("gift_points", Points(self.gift_points)),
                Evidence("debt", Points(self.debt)),
            ),
        )

    @property
    def summary(self) -> pd.DataFrame:
        """One row a cohort.

        Columns: `cohort`, `granted`, `redeemed`, `expired`, `withdrawn`, `open`, `expected`,
        `breakage`, `amount`, `allocated`, `revenue`, `deferred`.
        """
        told: dict[str, list[object]] = {
            name: [getattr(one, name) for one in self.cohorts] for name in _COUNTS
        }
        told["amount"] = [float(one.amount.amount) for one in self.cohorts]
        for name in ("allocated", "revenue", "deferred"):
            told[name] = [float(getattr(one.revenue, name).amount) for one in self.cohorts]
        made: pd.DataFrame = nw.from_dict(told, backend="pandas").to_native()
        return made

    def _sum(self, name: str) -> Money:
        return Money.sum((getattr(one.revenue, name) for one in self.cohorts), self.currency)

    def __repr__(self) -> str:
        cohorts = f"{len(self.cohorts)} cohort{'' if len(self.cohorts) == 1 else 's'}"
        return f"<PointsLiability of {cohorts}: {self.deferred.amount:,} {self.currency}>"


def points_liability(
    ledger: PointsLedger,
    *,
    as_of: datetime,
    terms: PointsTerms | Mapping[str, PointsTerms],
    expected: RedemptionCurve | Share | None = None,
) -> PointsLiability:
    """Tell what a scheme owes as of a day, by the month in which points were earned.

    The price of a month's sales is shared out between goods and points by what was assumed then,
    and is not shared out anew when points end, settle a debt or are taken away. Goods that come
    back take their own price and their own points out of the month, as if they had not been sold:
    those that were redeemed are a debt then, and no revenue; what others' points are owed stays.
    How many points will have been redeemed is told anew every time.

    Args:
        ledger: All postings of the scheme.
        as_of: Until when; later postings do not count.
        terms: What was assumed when points were granted; by cohort, as "2026-03", where it changed.
        expected: Which share is expected to be redeemed in the end: by a curve learnt from more
            data, or one share of the points of a month, but for those that were withdrawn; None to
            learn it from this ledger.

    Raises:
        InvalidValueError: If `as_of` is naive, the terms are in another currency or lack a cohort,
            more went back of a month's sales than was paid, a value is of another kind, or there
            are too few accounts to learn from.

    Warns:
        AssumptionWarning: If more of a month's points were redeemed than the share that is expected
            of it, and others are open: nothing is owed for these then.

    Source:
        IFRS 15 B39-B47, Example 52; 88: what changes after the start of a contract does not share
        its price out anew; B20-B23: what goes back was not sold.

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
    check_ledger(ledger)
    if expected is None:
        expected = redemption_curve(ledger, as_of=moment)
    if not isinstance(expected, RedemptionCurve | Share):
        raise InvalidValueError("expected", expected, "must be a RedemptionCurve or a Share")
    cohorts = []
    for month, told, further in by_month(ledger, moment, expected):
        name = f"{month // 12:04d}-{month % 12 + 1:02d}"
        own = terms if isinstance(terms, PointsTerms) else _of(terms, name)
        cohorts.append(_cohort(name, told, own, further, expected, ledger.currency))
    known = ledger.known(moment)
    gifts = known & ~ledger.is_sale & ~ledger.void(moment)
    return PointsLiability(
        as_of=moment,
        cohorts=tuple(cohorts),
        currency=ledger.currency,
        gift_points=int(ledger.rows.points[gifts].sum()),
        debt=int(ledger.rows.debt[known].sum()),
    )


def _cohort(
    name: str,
    told: dict[str, int],
    terms: PointsTerms,
    further: float,
    expected: RedemptionCurve | Share,
    currency: str,
) -> PointsCohort:
    redeemed = told["redeemed"]
    if isinstance(expected, Share):
        in_the_end = _by_share(name, told, expected)
    else:
        in_the_end = redeemed + ceil(further - _NOISE * max(1.0, further))
    # Of points whose price went back none is expected.
    in_the_end = max(redeemed, min(in_the_end, told["granted"]))
    amount = Money.from_minor(told["coins"], currency)
    if amount.minor < 0:
        rule = f"must not be below 0 of the sales of {name}, returns deducted"
        raise InvalidValueError("amount", amount, rule, "pass every posting, sales and returns")
    allocated = terms.allocate(amount, points=told["granted"]).verdict
    revenue = deferred_revenue(allocated, redeemed=redeemed, expected=in_the_end)
    return PointsCohort(
        cohort=name,
        granted=told["granted"],
        redeemed=redeemed,
        expired=told["expired"],
        withdrawn=told["withdrawn"],
        open=told["open"],
        expected=in_the_end,
        amount=amount,
        revenue=revenue,
    )


def _by_share(name: str, told: dict[str, int], expected: Share) -> int:
    """Return how many points of a cohort will have been redeemed, by a share of all of them.

    Warns:
        AssumptionWarning: If the cohort's own points belie the share.
    """
    # Of points that are owed, and open all the same, none is expected.
    redeemed, most = told["redeemed"], told["redeemed"] + told["open"] - told["idle"]
    held = most + told["expired"] - told["idle_lapsed"]
    if told["open"] and redeemed > float(expected) * held:
        warn_caller(
            f"{redeemed:,} of {held:,} points of {name} are redeemed, more than the {expected} that"
            f" was expected: nothing is told to be owed for the {told['open']:,} that are open;"
            " expect more, or learn the share from the ledger"
        )
    return min(round(float(expected) * held), most)


def _of(terms: Mapping[str, PointsTerms], cohort: str) -> PointsTerms:
    if not isinstance(terms, Mapping):
        rule = "must be PointsTerms, or a mapping of cohorts to them"
        raise InvalidValueError("terms", terms, rule)
    if cohort not in terms:
        rule = f"must tell what was assumed in {cohort}"
        raise InvalidValueError("terms", tuple(terms), rule)
    return of_kind(terms[cohort], PointsTerms, "terms")
