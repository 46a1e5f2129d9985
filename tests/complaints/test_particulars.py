"""What is put down of a complaint on its way."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from crmkit.complaints import (
    ActionLink,
    CallPlan,
    Finding,
    Goods,
    Judgement,
    Reason,
    Referral,
    Remedy,
    RemedyKind,
    Route,
)
from crmkit.errors import InvalidValueError
from crmkit.testing import NINE


BEFORE = NINE - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Goods(product=""), "product"),
        (lambda: Finding(NINE, "", 4), "by"),
        (lambda: Finding(NINE, "bob", 0), "line"),
        (lambda: Finding(NINE, "bob", True), "line"),
        (lambda: Finding(NINE, "bob", 4, note=None), "note"),  # type: ignore[arg-type]  # refused
        (lambda: CallPlan(NINE, "", 1), "by"),
        (lambda: CallPlan(NINE, "ann", 101), "tries"),
        (lambda: CallPlan(NINE, "ann", 1, reason=None), "reason"),  # type: ignore[arg-type]  # refused
        (lambda: Judgement(safety=1), "safety"),  # type: ignore[arg-type]  # refused
        (lambda: Judgement(urgency="soon"), "urgency"),  # type: ignore[arg-type]  # refused
        (lambda: Reason(NINE, "", "safety", "hot"), "by"),
        (lambda: Reason(NINE, "ann", "mood", "hot"), "criterion"),
        (lambda: Route(NINE, "ann", ""), "department"),
        (lambda: Route(NINE, "ann", "sales", confirmed_by="sam"), "confirmed_at"),
        (lambda: Route(NINE, "ann", "sales", confirmed_at=NINE), "confirmed_at"),
        (
            lambda: Route(NINE, "ann", "sales", confirmed_by="", confirmed_at=NINE),
            "confirmed_by",
        ),
        (
            lambda: Route(NINE, "ann", "sales", confirmed_by="sam", confirmed_at=BEFORE),
            "confirmed_at",
        ),
        (
            lambda: Remedy(kind=RemedyKind.REFUND, promised_at=NINE, carried_out_at=BEFORE),
            "carried_out_at",
        ),
        (lambda: Remedy(kind=RemedyKind.REFUND, promised_at=NINE, waived_at=BEFORE), "waived_at"),
        (
            lambda: Remedy(
                kind=RemedyKind.REFUND, promised_at=NINE, carried_out_at=NINE, waived_at=NINE
            ),
            "waived_at",
        ),
        (lambda: ActionLink(""), "action"),
        (lambda: Referral(NINE, "ann", " "), "body"),
        (lambda: Referral(NINE, " ", "court"), "by"),
    ],
)
def test_an_unfit_value_is_refused_by_name(make: Callable[[], object], what: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        make()

    assert refused.value.name == what


def test_what_is_carried_out_or_waived_is_owed_no_more() -> None:
    promised = Remedy(kind=RemedyKind.REFUND, promised_at=NINE)
    done = Remedy(kind=RemedyKind.REFUND, promised_at=NINE, carried_out_at=NINE)
    waived = Remedy(kind=RemedyKind.REFUND, promised_at=NINE, waived_at=NINE)

    assert [remedy.is_owed for remedy in (promised, done, waived)] == [True, False, False]
