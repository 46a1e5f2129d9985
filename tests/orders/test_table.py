"""Orders as facts."""

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Money
from crmkit.orders import ORDERS
from crmkit.testing import NINE


def test_a_row_is_kept_in_coins_and_microseconds() -> None:
    """By hand: 19.99 EUR is 1999 cents; 2026-03-02 09:00 UTC is 1,772,442,000 Unix seconds."""
    row = ORDERS.row({"customer_id": "C-7", "ordered_at": NINE, "amount": Money.of("19.99", "EUR")})

    assert (row["amount"], row["currency"]) == (1999, "EUR")
    assert row["ordered_at"] == 1_772_442_000_000_000


def test_a_row_without_a_customer_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="customer_id"):
        ORDERS.row({"ordered_at": NINE, "amount": Money.of(1, "EUR")})
