"""What is known of a customer."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from crmkit.customers import Address, Behaviour, Contact, Demographics, Finances
from crmkit.errors import InvalidValueError
from crmkit.kernel import Channel, Money


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Address(), "address"),
        (lambda: Address(city=" "), "city"),
        (lambda: Contact(name=""), "name"),
        (lambda: Contact(name="Wu", phone=5328893), "phone"),  # type: ignore[arg-type]  # refused
        (lambda: Demographics(born_on=datetime(1980, 1, 1, tzinfo=UTC)), "born_on"),
        (lambda: Demographics(household=0), "household"),
        (lambda: Behaviour(preferred_channel="phone"), "preferred_channel"),  # type: ignore[arg-type]  # refused
        (lambda: Behaviour(interests=["ovens"]), "interests"),  # type: ignore[arg-type]  # refused
        (lambda: Finances(payment_days=-1), "payment_days"),
        (lambda: Finances(credit_limit=100), "credit_limit"),  # type: ignore[arg-type]  # refused
    ],
)
def test_an_unfit_value_is_refused_by_name(make: Callable[[], Any], what: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        make()

    assert refused.value.name == what


def test_fit_values_are_kept() -> None:
    assert str(Address(street="1 Haier Road", city="Qingdao")) == "1 Haier Road, Qingdao"
    assert Demographics(born_on=date(1980, 1, 1), household=3).household == 3
    assert Behaviour(preferred_channel=Channel.VISIT).interests == ()
    assert Finances(credit_limit=Money.of(5000, "CNY"), payment_days=0).payment_days == 0
