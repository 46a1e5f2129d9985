"""What type checkers know of money."""

from decimal import Decimal
from typing import assert_type

from crmkit.kernel import Money, Score, Share


price = Money.of("19.99", "EUR")

assert_type(price + price, Money)
assert_type(price - price, Money)
assert_type(-price, Money)
assert_type(price * 3, Money)
assert_type(3 * price, Money)
assert_type(price < price, bool)
assert_type(price >= price, bool)
assert_type(price.minor, int)
assert_type(price.amount, Decimal)
assert_type(price.allocate([1, 1, Decimal("0.5")]), tuple[Money, ...])
assert_type(Money.sum([price, price], "EUR"), Money)
assert_type(Money.rounded(0.125, "EUR"), Money)

# What would lose a cent, or mix money with numbers, is refused before it runs.
price + 1  # type: ignore[operator]
price * 1.5  # type: ignore[operator]
print(price < 1)  # type: ignore[operator]
Money.of(0.1, "EUR")  # type: ignore[arg-type]
price.allocate([0.1])  # type: ignore[list-item]

print(Share(0.5) < Score(50))  # type: ignore[operator]
assert_type(float(Share(0.5)), float)
