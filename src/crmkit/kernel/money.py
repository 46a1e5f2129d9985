"""Money: an exact amount in one currency.

Law: no cent is lost, and two currencies never meet in silence.

Source: ISO 4217 for the currencies and how many decimals each has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from fractions import Fraction
from functools import total_ordering
from math import lcm
from operator import index
from typing import Final

import attrs

from crmkit.errors import InvalidValueError

from .currencies import COINLESS, DECIMALS, nearest_currency


# Figures as the world writes them to machines; and what is no finite number, to be refused as such.
_WRITTEN: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?(?:inf|infinity|s?nan)", re.IGNORECASE
)
_LARGEST: Final = Decimal("1E+30")
# The caller's own context may have few digits, and would then round in silence.
_WIDE: Final = Context(prec=60, traps=[InvalidOperation])


def decimals_of(currency: str) -> int:
    """Return how many decimals a currency of ISO 4217 has.

    Currencies that were withdrawn are known too, for old orders: DEM, FRF, ITL. Codes of ISO 4217
    that have no coin are not: gold (XAU), drawing rights (XDR), tests (XTS).

    Args:
        currency: Three capital letters of ISO 4217.

    Raises:
        InvalidValueError: If it is not three capital letters, or of no currency.

    Examples:
        >>> decimals_of("CNY"), decimals_of("JPY"), decimals_of("KWD")
        (2, 0, 3)
        >>> decimals_of("ERU")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: currency is 'ERU': it must be a currency of ISO 4217;\
 did you mean 'EUR'?
    """
    if isinstance(currency, str) and (decimals := DECIMALS.get(currency)) is not None:
        return decimals
    raise _no_currency(currency)


@total_ordering
@attrs.frozen(order=False)
class Money:
    """An exact amount in one currency.

    Attributes:
        amount: Units of the currency, with no more decimals than it has.
        currency: Three capital letters of ISO 4217: a currency that is, or was, one.

    Raises:
        InvalidValueError: If the amount is a float, not finite, finer than the currency's smallest
            coin, or 10^30 and more; if ISO 4217 does not know the currency; if two currencies
            meet.

    Examples:
        >>> price = Money.of("19.99", "EUR")
        >>> price + price, -price, price * 3
        (Money('39.98', 'EUR'), Money('-19.99', 'EUR'), Money('59.97', 'EUR'))
        >>> price + Money.of(1, "USD")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: currency is 'USD': it must be EUR like the other amount;\
 convert it first, at the rate of its day
    """

    amount: Decimal = attrs.field()
    currency: str = attrs.field()

    def __attrs_post_init__(self) -> None:
        decimals = decimals_of(self.currency)
        if not isinstance(self.amount, Decimal) or not self.amount.is_finite():
            rule = "must be a finite Decimal"
            raise InvalidValueError("amount", self.amount, rule, "use Money.of or Money.rounded")
        if self.amount != _rounded(self.amount, decimals):
            rule = f"has more than the {decimals} decimals of {self.currency}"
            raise InvalidValueError("amount", self.amount, rule, "use Money.rounded")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """Read an exact amount from text, a whole number or a Decimal.

        Raises:
            InvalidValueError: If it is a float or no number, or finer than the smallest coin.

        Examples:
            >>> Money.of("1200", "JPY")
            Money('1200', 'JPY')
            >>> Money.of(0.1, "EUR")
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: amount is 0.1: it must be exact; give text or a\
 Decimal, or use Money.rounded
        """
        exact = _exact("amount", amount)
        padded = _rounded(exact, decimals_of(currency))
        return cls(padded if padded == exact else exact, currency)

    @classmethod
    def rounded(
        cls,
        amount: str | float | Decimal,
        currency: str,
        *,
        rounding: str = ROUND_HALF_EVEN,
    ) -> Money:
        """Round an amount to the currency's smallest coin, half to even unless told.

        Args:
            amount: Any finite number; a float is taken at its exact binary value.
            currency: Three capital letters of ISO 4217.
            rounding: A rounding mode of Python's `decimal` module, such as `ROUND_HALF_UP`;
                `ROUND_HALF_EVEN` unless told.

        Raises:
            InvalidValueError: If it is no finite number, or 10^30 and more; if there is no such
                rounding mode.

        Examples:
            >>> Money.rounded(0.125, "EUR"), Money.rounded(2 / 3, "JPY")
            (Money('0.12', 'EUR'), Money('1', 'JPY'))
        """
        exact = _exact("amount", Decimal(amount) if isinstance(amount, float) else amount)
        return cls(_rounded(exact, decimals_of(currency), rounding), currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """Make money from a whole number of the currency's smallest coins.

        Raises:
            InvalidValueError: If it is no whole number, or 10^30 units and more.

        Examples:
            >>> Money.from_minor(1999, "EUR"), Money.from_minor(1999, "JPY")
            (Money('19.99', 'EUR'), Money('1999', 'JPY'))
        """
        try:
            coins = Decimal(index(minor))
        except TypeError:
            raise InvalidValueError("minor", minor, "must be a whole number") from None
        return cls(coins.scaleb(-decimals_of(currency), context=_WIDE), currency)

    @classmethod
    def sum(cls, values: Iterable[Money], currency: str) -> Money:
        """Add money of one currency; nothing adds up to zero.

        Raises:
            InvalidValueError: If ISO 4217 does not know the currency, a value is in another one,
                or the sum is 10^30 and more.

        Examples:
            >>> Money.sum([], "EUR")
            Money('0.00', 'EUR')
        """
        total = cls.from_minor(0, currency)
        for value in values:
            total = total + value
        return total

    @property
    def minor(self) -> int:
        """The amount as a whole number of the currency's smallest coins."""
        return int(self.amount.scaleb(decimals_of(self.currency), context=_WIDE))

    def allocate(self, weights: Sequence[int | Decimal]) -> tuple[Money, ...]:
        """Share it out by weights so that the parts add up to the whole.

        Each part is cut to the smallest coin; the coins left over go one each to the parts
        that were cut most, the earlier first.

        Args:
            weights: None negative, not all zero.

        Returns:
            One part per weight, in their order.

        Raises:
            InvalidValueError: If there is no weight above zero, or one below.

        Source:
            Largest-remainder method (Hamilton).

        Examples:
            >>> Money.of("100.00", "EUR").allocate([1, 1, 1])
            (Money('33.34', 'EUR'), Money('33.33', 'EUR'), Money('33.33', 'EUR'))
        """
        exact = [_exact("weight", weight) for weight in weights]
        if any(weight < 0 for weight in exact) or not any(exact):
            raise InvalidValueError("weights", tuple(weights), "must be positive, at least one")
        sign = -1 if self.amount < 0 else 1
        # Whole numbers throughout: a Decimal division would round.
        scale = lcm(*(Fraction(weight).denominator for weight in exact))
        whole = [int(Fraction(weight) * scale) for weight in exact]
        shares = [divmod(abs(self.minor) * weight, sum(whole)) for weight in whole]
        coins = [share for share, _ in shares]
        left = abs(self.minor) - sum(coins)
        most_cut = sorted(range(len(coins)), key=lambda place: (-shares[place][1], place))
        for place in most_cut[:left]:
            coins[place] += 1
        return tuple(Money.from_minor(sign * coin, self.currency) for coin in coins)

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money.from_minor(self.minor + self._alike(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money.from_minor(self.minor - self._alike(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money.from_minor(-self.minor, self.currency)

    def __mul__(self, count: int) -> Money:
        """Take it a whole number of times; a fraction of it must be rounded: `Money.rounded`."""
        if not isinstance(count, int):
            return NotImplemented
        return Money.from_minor(self.minor * count, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount < self._alike(other).amount

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"

    def __repr__(self) -> str:
        return f"Money('{self.amount}', '{self.currency}')"

    def _alike(self, other: Money) -> Money:
        if other.currency != self.currency:
            rule = f"must be {self.currency} like the other amount"
            way_out = "convert it first, at the rate of its day"
            raise InvalidValueError("currency", other.currency, rule, way_out)
        return other


def _no_currency(code: object) -> InvalidValueError:
    way_out = "write 'CNY', 'EUR', 'USD' …"
    letters = isinstance(code, str) and code.isascii() and code.isalpha() and code.isupper()
    if not (letters and len(str(code)) == 3):
        rule = "must be three capital letters, as in ISO 4217"
        return InvalidValueError("currency", code, rule, way_out)
    if code in COINLESS:
        rule = "must have coins: ISO 4217 gives this none"
        return InvalidValueError("currency", code, rule, way_out)
    if near := nearest_currency(str(code)):
        way_out = f"did you mean {near!r}?"
    return InvalidValueError("currency", code, "must be a currency of ISO 4217", way_out)


def _exact(name: str, number: str | int | Decimal) -> Decimal:
    if isinstance(number, bool | float):
        way_out = "give text or a Decimal"
        if name == "amount":
            way_out += ", or use Money.rounded"
        raise InvalidValueError(name, number, "must be exact", way_out)
    if isinstance(number, str) and not _WRITTEN.fullmatch(number.strip()):
        # Decimal would read figures of every script, and blanks between them as nothing.
        raise InvalidValueError(name, number, "must be a number, such as '19.99'")
    try:
        exact = Decimal(number)
    except (InvalidOperation, TypeError, ValueError):
        raise InvalidValueError(name, number, "must be a number, such as '19.99'") from None
    if not exact.is_finite():
        raise InvalidValueError(name, number, "must be finite")
    return exact


def _rounded(amount: Decimal, decimals: int, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """Round to so many decimals, and write them all; minus nothing is nothing."""
    if amount.copy_abs() >= _LARGEST:
        raise InvalidValueError("amount", amount, "must be less than 10^30")
    coin = Decimal(1).scaleb(-decimals)
    try:
        return _WIDE.plus(amount.quantize(coin, rounding, _WIDE))
    except TypeError:
        rule = "must be a rounding mode of the decimal module"
        raise InvalidValueError("rounding", rounding, rule, "write ROUND_HALF_UP") from None
