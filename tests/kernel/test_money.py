"""No cent is lost, and two currencies never meet in silence."""

import copy
import decimal
import pickle
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, decimals_of


MINORS = st.integers(-(10**20), 10**20)
CURRENCIES = st.sampled_from(["EUR", "CNY", "JPY", "KWD", "CLF"])
MONEY = st.builds(Money.from_minor, MINORS, CURRENCIES)
WEIGHTS = st.lists(
    st.integers(0, 10**9) | st.decimals(0, 10**6, places=5), min_size=1, max_size=12
).filter(any)

# ISO 4217 list one (current codes), column "minor unit", wherever it is not 2 or N.A.
ISO_4217 = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}


class TestDecimalsOf:
    @pytest.mark.parametrize(
        ("currency", "decimals"),
        [(code, decimals) for decimals, codes in ISO_4217.items() for code in codes.split()],
    )
    def test_are_those_of_iso_4217(self, currency: str, decimals: int) -> None:
        assert decimals_of(currency) == decimals

    @pytest.mark.parametrize("currency", ["EUR", "CNY", "USD", "GBP", "INR", "MGA", "TWD"])
    def test_are_two_for_all_the_others(self, currency: str) -> None:
        assert decimals_of(currency) == 2

    @pytest.mark.parametrize(
        ("currency", "decimals"),
        [("DEM", 2), ("FRF", 2), ("NLG", 2), ("ITL", 0), ("ESP", 0), ("BYR", 0), ("HRK", 2)],
    )
    def test_are_known_of_currencies_that_old_orders_have(
        self, currency: str, decimals: int
    ) -> None:
        assert decimals_of(currency) == decimals

    @pytest.mark.parametrize(
        "currency", ["eur", "EU", "EURO", "E1R", "ÄÖÜ", "€", "", None, 978, []]
    )
    def test_refuse_what_is_no_code(self, currency: object) -> None:
        with pytest.raises(InvalidValueError, match="must be three capital letters, as in ISO"):
            decimals_of(currency)  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize(
        ("code", "meant"),
        [
            ("ERU", "EUR"),
            ("EUX", "EUR"),
            ("UDS", "USD"),
            ("USX", "USD"),
            ("GPB", "GBP"),
            ("CYN", "CNY"),
            ("RMB", "CNY"),
            ("YEN", "JPY"),
            ("GHX", "GHS"),
        ],
    )
    def test_refuse_what_is_no_currency_and_say_what_may_be_meant(
        self, code: str, meant: str
    ) -> None:
        with pytest.raises(InvalidValueError) as refused:
            decimals_of(code)

        assert str(refused.value) == (
            f"currency is {code!r}: it must be a currency of ISO 4217; did you mean {meant!r}?"
        )

    def test_refuse_what_is_like_nothing(self) -> None:
        with pytest.raises(InvalidValueError, match="of ISO 4217; write 'CNY', 'EUR'"):
            decimals_of("QQQ")

    @pytest.mark.parametrize("code", ["XAU", "XAG", "XDR", "XTS", "XXX"])
    def test_refuse_codes_of_iso_4217_that_have_no_coin(self, code: str) -> None:
        with pytest.raises(InvalidValueError, match="must have coins: ISO 4217 gives this none"):
            decimals_of(code)


class TestOf:
    @pytest.mark.parametrize(
        ("amount", "currency", "shown"),
        [
            ("19.99", "EUR", "Money('19.99', 'EUR')"),
            (20, "EUR", "Money('20.00', 'EUR')"),
            (Decimal("1E+3"), "EUR", "Money('1000.00', 'EUR')"),
            (Decimal("1.500"), "EUR", "Money('1.50', 'EUR')"),
            ("-0", "EUR", "Money('0.00', 'EUR')"),
            ("1200", "JPY", "Money('1200', 'JPY')"),
            ("1.234", "KWD", "Money('1.234', 'KWD')"),
        ],
    )
    def test_reads_an_exact_amount(
        self, amount: str | int | Decimal, currency: str, shown: str
    ) -> None:
        assert repr(Money.of(amount, currency)) == shown

    @pytest.mark.parametrize("amount", [0.1, True, float("nan")])
    def test_refuses_a_float(self, amount: object) -> None:
        with pytest.raises(InvalidValueError, match=r"must be exact; .* or use Money\.rounded"):
            Money.of(amount, "EUR")  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize("amount", ["", "19,99", "ten", None, [1]])
    def test_refuses_what_is_no_number(self, amount: object) -> None:
        with pytest.raises(InvalidValueError, match="must be a number, such as"):
            Money.of(amount, "EUR")  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize("amount", ["NaN", "inf", "-Infinity"])
    def test_refuses_what_is_not_finite(self, amount: str) -> None:
        with pytest.raises(InvalidValueError, match="must be finite"):
            Money.of(amount, "EUR")

    @pytest.mark.parametrize(("amount", "currency"), [("0.001", "EUR"), ("0.1", "JPY")])
    def test_refuses_less_than_a_coin(self, amount: str, currency: str) -> None:
        with pytest.raises(InvalidValueError, match=r"decimals of (EUR|JPY); use Money\.rounded"):
            Money.of(amount, currency)

    @pytest.mark.parametrize("amount", ["1e30", "-1e30", "1e999999"])
    def test_refuses_more_than_there_is(self, amount: str) -> None:
        with pytest.raises(InvalidValueError, match="must be less than"):
            Money.of(amount, "EUR")

    def test_takes_the_largest(self) -> None:
        assert Money.of(10**30 - 1, "CLF").minor == (10**30 - 1) * 10**4


class TestMoney:
    def test_is_never_in_a_currency_that_there_is_not(self) -> None:
        births: tuple[Callable[[], Money], ...] = (
            lambda: Money(Decimal(1), "ERU"),
            lambda: Money.of("1", "ERU"),
            lambda: Money.rounded(1.0, "ERU"),
            lambda: Money.from_minor(100, "ERU"),
            lambda: Money.sum([], "ERU"),
        )

        for make in births:
            with pytest.raises(InvalidValueError, match="did you mean 'EUR'"):
                make()

    @pytest.mark.parametrize("amount", [1, 1.5, "1", Decimal("NaN"), Decimal("Infinity")])
    def test_is_made_of_a_finite_decimal_only(self, amount: object) -> None:
        with pytest.raises(InvalidValueError, match="must be a finite Decimal"):
            Money(amount, "EUR")  # type: ignore[arg-type]  # refused

    def test_is_equal_however_its_zeros_are_written(self) -> None:
        assert Money(Decimal("1.5"), "EUR") == Money(Decimal("1.50"), "EUR")
        assert hash(Money(Decimal("1.5"), "EUR")) == hash(Money(Decimal("1.50"), "EUR"))

    def test_differs_by_currency(self) -> None:
        assert Money.of(1, "EUR") != Money.of(1, "USD")

    def test_is_told_with_its_currency(self) -> None:
        assert str(Money.of("1234567.5", "EUR")) == "1,234,567.50 EUR"

    def test_is_true_unless_nothing(self) -> None:
        assert Money.of("0.01", "EUR")
        assert not Money.of(0, "EUR")

    @given(MONEY)
    def test_survives_copying_and_pickling(self, money: Money) -> None:
        assert copy.deepcopy(money) == pickle.loads(pickle.dumps(money)) == money


class TestRounded:
    @pytest.mark.parametrize(
        ("amount", "expected"),
        [("0.125", "0.12"), ("0.135", "0.14"), (0.125, "0.12"), (1, "1"), ("-0.001", "0")],
    )
    def test_rounds_half_to_even(self, amount: str | float, expected: str) -> None:
        assert Money.rounded(amount, "EUR") == Money.of(expected, "EUR")

    def test_takes_a_float_at_its_binary_value(self) -> None:
        """2.675 is 2.67499999999999982236431605997495353221893310546875 in binary."""
        assert Money.rounded(2.675, "EUR", rounding=ROUND_HALF_UP) == Money.of("2.67", "EUR")

    def test_rounds_as_told(self) -> None:
        assert Money.rounded("0.129", "EUR", rounding=ROUND_DOWN) == Money.of("0.12", "EUR")
        assert Money.rounded("0.125", "EUR", rounding=ROUND_HALF_UP) == Money.of("0.13", "EUR")

    def test_leaves_no_minus_before_nothing(self) -> None:
        assert repr(Money.rounded("-0.001", "EUR")) == "Money('0.00', 'EUR')"

    def test_refuses_an_unknown_way_to_round(self) -> None:
        with pytest.raises(InvalidValueError, match="rounding is 'up'"):
            Money.rounded("0.125", "EUR", rounding="up")

    @pytest.mark.parametrize("amount", [float("nan"), float("inf"), True])
    def test_refuses_what_is_no_finite_number(self, amount: float) -> None:
        with pytest.raises(InvalidValueError, match=r"^amount is"):
            Money.rounded(amount, "EUR")

    @given(st.decimals(-(10**20), 10**20, places=8), CURRENCIES)
    def test_is_off_by_half_a_coin_at_most(self, amount: Decimal, currency: str) -> None:
        off = abs(Fraction(Money.rounded(amount, currency).amount) - Fraction(amount))

        assert off <= Fraction(1, 2 * 10 ** decimals_of(currency))


class TestMinor:
    @given(MINORS, CURRENCIES)
    def test_comes_back_exactly(self, minor: int, currency: str) -> None:
        assert Money.from_minor(minor, currency).minor == minor

    def test_takes_the_whole_numbers_of_numpy(self) -> None:
        assert Money.from_minor(np.int64(1999), "EUR") == Money.of("19.99", "EUR")  # type: ignore[arg-type]  # it has __index__

    @pytest.mark.parametrize("minor", [19.0, "19", None, Decimal(19)])
    def test_refuses_what_is_no_whole_number(self, minor: object) -> None:
        with pytest.raises(InvalidValueError, match=r"minor is .*: it must be a whole number"):
            Money.from_minor(minor, "EUR")  # type: ignore[arg-type]  # refused

    def test_refuses_more_than_there_is(self) -> None:
        with pytest.raises(InvalidValueError, match="must be less than"):
            Money.from_minor(10**5000, "EUR")


class TestArithmetic:
    @given(MINORS, MINORS, st.integers(-1000, 1000), CURRENCIES)
    def test_is_that_of_whole_coins(self, a: int, b: int, n: int, currency: str) -> None:
        left, right = Money.from_minor(a, currency), Money.from_minor(b, currency)

        assert (left + right).minor == a + b
        assert (left - right).minor == a - b
        assert (-left).minor == -a
        assert (left * n).minor == (n * left).minor == a * n

    def test_loses_no_cent_where_the_caller_rounds_to_six_digits(self) -> None:
        with decimal.localcontext(prec=6):
            total = Money.of("12345678.67", "EUR") + Money.of("0.01", "EUR")

            assert total.minor == 1_234_567_868
            assert (-total).minor == -1_234_567_868
            assert Money.rounded("12345678.675", "EUR") == total

    @given(MINORS, MINORS, CURRENCIES)
    def test_order_is_that_of_whole_coins(self, a: int, b: int, currency: str) -> None:
        left, right = Money.from_minor(a, currency), Money.from_minor(b, currency)

        assert (left < right, left <= right, left > right, left >= right) == (
            a < b,
            a <= b,
            a > b,
            a >= b,
        )

    def test_refuses_two_currencies(self) -> None:
        euro, dollar = Money.of(1, "EUR"), Money.of(1, "USD")

        for meet in (
            lambda: euro + dollar,
            lambda: euro - dollar,
            lambda: euro < dollar,
            lambda: euro >= dollar,
            lambda: Money.sum([euro, dollar], "EUR"),
        ):
            with pytest.raises(InvalidValueError, match="currency is 'USD': it must be EUR"):
                meet()

    @pytest.mark.parametrize("other", [1, 1.0, Decimal(1), "1", None])
    def test_refuses_what_is_no_money(self, other: object) -> None:
        euro = Money.of(1, "EUR")

        for meet in (
            lambda: euro + other,  # type: ignore[operator]  # refused
            lambda: euro - other,  # type: ignore[operator]  # refused
            lambda: euro < other,  # type: ignore[operator]  # refused
        ):
            with pytest.raises(TypeError):
                meet()
        assert euro != other

    @pytest.mark.parametrize("count", [1.5, Decimal(2), "2"])
    def test_takes_it_whole_times_only(self, count: object) -> None:
        with pytest.raises(TypeError):
            Money.of(1, "EUR") * count  # type: ignore[operator]  # refused


class TestSum:
    @given(st.lists(MINORS, max_size=20), CURRENCIES)
    def test_is_that_of_whole_coins(self, minors: list[int], currency: str) -> None:
        values = [Money.from_minor(minor, currency) for minor in minors]

        assert Money.sum(values, currency).minor == sum(minors)


class TestAllocate:
    def test_gives_the_coin_left_over_to_the_first_of_equals(self) -> None:
        """By hand: 100.00 / 3 = 33.33 and one cent left."""
        parts = Money.of(100, "EUR").allocate([1, 1, 1])

        assert [part.minor for part in parts] == [3334, 3333, 3333]

    def test_follows_hamiltons_method(self) -> None:
        """Five seats by 4700, 1600, 1580, 1200 of 10,000 and one more 920.

        By hand: quotas 2.35, 0.80, 0.79, 0.60, 0.46 give 2, 0, 0, 0, 0; the three seats left go to
        the largest remainders 0.80, 0.79, 0.60.
        """
        seats = Money.from_minor(5, "JPY").allocate([4700, 1600, 1580, 1200, 920])

        assert [part.minor for part in seats] == [2, 1, 1, 1, 0]

    def test_shares_out_a_debt_likewise(self) -> None:
        parts = Money.of("-0.05", "EUR").allocate([Decimal("0.5"), Decimal("0.5")])

        assert [part.minor for part in parts] == [-3, -2]

    @given(MONEY, WEIGHTS)
    def test_never_loses_a_coin(self, money: Money, weights: list[int | Decimal]) -> None:
        parts = money.allocate(weights)

        assert len(parts) == len(weights)
        assert Money.sum(parts, money.currency) == money

    @given(MONEY, WEIGHTS)
    def test_is_less_than_a_coin_off_the_exact_share(
        self, money: Money, weights: list[int | Decimal]
    ) -> None:
        whole = sum(map(Fraction, weights), Fraction())

        for part, weight in zip(money.allocate(weights), weights, strict=True):
            exact = money.minor * Fraction(weight) / whole
            assert abs(part.minor - exact) < 1

    @given(MONEY, st.lists(st.integers(0, 10**9), min_size=1).filter(any), st.integers(2, 1000))
    def test_depends_on_the_proportions_only(
        self, money: Money, weights: list[int], factor: int
    ) -> None:
        assert money.allocate([weight * factor for weight in weights]) == money.allocate(weights)

    def test_is_exact_where_decimals_are_long(self) -> None:
        """One part in 10^40 of 1 euro is no coin."""
        with decimal.localcontext(prec=6):
            parts = Money.of(1, "EUR").allocate([Decimal(10**40), Decimal(1)])

        assert [part.minor for part in parts] == [100, 0]

    @pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [2, -1]])
    def test_refuses_weights_that_share_nothing(self, weights: list[int]) -> None:
        with pytest.raises(InvalidValueError, match=r"weights is .*: it must be positive"):
            Money.of(1, "EUR").allocate(weights)

    def test_refuses_a_weight_that_is_a_float(self) -> None:
        with pytest.raises(InvalidValueError, match=r"weight is 0\.1: it must be exact; give text"):
            Money.of(1, "EUR").allocate([0.1])  # type: ignore[list-item]  # refused


class TestWritten:
    @pytest.mark.parametrize("amount", ["1_000", "１２", "٣", "1 000", "", ".", "0x1f", "1e"])
    def test_refuses_what_is_not_written_in_plain_figures(self, amount: str) -> None:
        with pytest.raises(InvalidValueError, match="must be a number, such as"):
            Money.of(amount, "EUR")

    @pytest.mark.parametrize("amount", ["12", " 12 ", "+12.00", "12.", "1.2e1", "1200E-2"])
    def test_takes_plain_figures(self, amount: str) -> None:
        assert Money.of(amount, "EUR") == Money.of(12, "EUR")
