"""What points owe: the price of a sale shared out, and revenue as points are redeemed.

Law: what was paid is revenue of the goods, revenue of the points, or still owed; to the coin. What
is expected to be redeemed is never less than what was.

Source: IFRS 15 B39-B43 (options that are a material right), B44-B47 (breakage), Example 52
(IE267-IE270). Printed sources round percentages and results to whole units.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Money, Rule, Share, Text, is_a
from crmkit.kernel.checks import of_kind, whole

from .point_words import Points, of_points


_ALLOCATED: Final = Rule(
    code="loyalty.price_of_points",
    says=Text(
        "{amount} paid, {points} points expected to be worth {worth}: {verdict} is for the points",
        "收款{amount}，{points}积分预计价值{worth}：分摊至积分{verdict}",
    ),
    source="IFRS 15 B42, Example 52",
)


@attrs.frozen(kw_only=True)
class PointsTerms:
    """What was assumed when points were granted.

    Attributes:
        point_value: What redeemed points are worth: the price of what is bought with them.
        points: How many are worth it; 1 unless told. Where a point is worth less than a coin, tell
            the price of several: 6 dollars for 1,000.
        redeemed_share: Which share of the points is expected to be redeemed.

    Raises:
        InvalidValueError: If the value is not above 0, the points are none, or a value is unfit.

    Examples:
        >>> terms = PointsTerms(point_value=Money.of(1, "CNY"), redeemed_share=Share(0.95))
        >>> print(terms.allocate(Money.of(100_000, "CNY"), points=10_000))
        100,000.00 CNY paid, 10,000 points expected to be worth 9,500.00 CNY: 8,675.80 CNY is for\
 the points
        >>> mileage = PointsTerms(
        ...     point_value=Money.of(6, "USD"), points=1000, redeemed_share=Share(1)
        ... )
        >>> mileage.worth(25_000)
        Money('150.00', 'USD')
    """

    point_value: Money = attrs.field(validator=is_a(Money))
    redeemed_share: Share = attrs.field(validator=is_a(Share))
    points: int = attrs.field(default=1, validator=is_a(int))

    def __attrs_post_init__(self) -> None:
        if self.point_value.minor < 1:
            raise InvalidValueError("point_value", self.point_value, "must be above 0")
        whole(self.points, "points", least=1)

    def worth(self, points: int) -> Money:
        """Return the stand-alone price of points: what those that are redeemed are worth.

        Raises:
            InvalidValueError: If points are no whole number from 0 on.
        """
        count = whole(points, "points", least=0)
        share = Decimal(str(float(self.redeemed_share)))
        value = self.point_value.amount * count * share / self.points
        return Money.rounded(value, self.point_value.currency)

    def allocate(
        self, amount: Money, *, points: int, goods: Money | None = None
    ) -> Explanation[Money]:
        """Tell which part of a price is for the points; the rest is for the goods.

        Args:
            amount: What was paid.
            points: How many points came with it.
            goods: What the goods cost by themselves; None for what was paid.

        Raises:
            InvalidValueError: If amounts are below 0 or of two currencies, or points below 0.

        Source:
            Relative stand-alone prices: T · S / (G + S), IFRS 15 B42 and Example 52.
        """
        alone = amount if goods is None else goods
        for name, value in (("amount", amount), ("goods", alone)):
            if of_kind(value, Money, name).minor < 0 or value.currency != self.point_value.currency:
                rule = f"must be {self.point_value.currency}, and not below 0"
                raise InvalidValueError(name, value, rule)
        worth = self.worth(points)
        both = alone.minor + worth.minor
        part = amount.amount * worth.minor / both if both else Decimal(0)
        return Explanation(
            verdict=Money.rounded(part, amount.currency),
            rule=of_points(_ALLOCATED, points),
            evidence=(
                Evidence("amount", amount),
                Evidence("goods", alone),
                Evidence("points", Points(points)),
                Evidence("worth", worth),
            ),
        )


@attrs.frozen(kw_only=True)
class DeferredRevenue:
    """What became of the price of points by some day.

    Attributes:
        allocated: The price that was for the points.
        revenue: How much of it is revenue by then.
        deferred: How much is still owed: the contract liability.

    Examples:
        >>> told = deferred_revenue(Money.of("8676", "CNY"), redeemed=4500, expected=9500)
        >>> told.revenue, told.deferred
        (Money('4109.68', 'CNY'), Money('4566.32', 'CNY'))
    """

    allocated: Money
    revenue: Money
    deferred: Money

    def since(self, earlier: DeferredRevenue) -> Money:
        """Return the revenue of the time in between; below 0 where expectations rose enough.

        Examples:
            >>> first = deferred_revenue(Money.of("8676", "CNY"), redeemed=4500, expected=9500)
            >>> second = deferred_revenue(Money.of("8676", "CNY"), redeemed=8500, expected=9700)
            >>> second.since(first)
            Money('3493.00', 'CNY')
        """
        return self.revenue - of_kind(earlier, DeferredRevenue, "earlier").revenue


def deferred_revenue(allocated: Money, *, redeemed: int, expected: int) -> DeferredRevenue:
    """Tell how much of the price of points is revenue: what is redeemed of what will be.

    So the price of points that nobody is expected to redeem, the breakage, becomes revenue as the
    others are redeemed. When the expectation changes, the revenue of all time is told anew.

    Args:
        allocated: The price that was for the points.
        redeemed: How many points were redeemed so far.
        expected: How many will have been redeemed in the end. Where that is 0 nothing is owed.

    Raises:
        InvalidValueError: If the price is below 0, points are no whole numbers from 0 on, or fewer
            are expected than were redeemed.

    Source:
        IFRS 15 B46 and Example 52.

    Examples:
        >>> deferred_revenue(Money.of(90, "CNY"), redeemed=5, expected=4)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: expected is 4: it must not be less than were redeemed, 5
    """
    if of_kind(allocated, Money, "allocated").minor < 0:
        raise InvalidValueError("allocated", allocated, "must not be below 0")
    done, in_all = whole(redeemed, "redeemed", least=0), whole(expected, "expected", least=0)
    if in_all < done:
        rule = f"must not be less than were redeemed, {done}"
        raise InvalidValueError("expected", expected, rule)
    part = allocated.amount * done / in_all if in_all else allocated.amount
    revenue = Money.rounded(part, allocated.currency)
    return DeferredRevenue(allocated=allocated, revenue=revenue, deferred=allocated - revenue)
