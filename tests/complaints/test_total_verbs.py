"""Whatever is passed to a verb of a complaint, it answers or refuses by name."""

import inspect
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any, Final

import pytest

from crmkit.complaints import CauseAnalysis, Complaint
from crmkit.errors import CrmkitError
from crmkit.kernel import Money
from crmkit.testing import NINE, a_complaint


ACKNOWLEDGED: Final = a_complaint().acknowledge("ann", NINE)
INVESTIGATED: Final = ACKNOWLEDGED.investigate(
    "bob", NINE, analysis=CauseAnalysis(escape_point="final test")
)
ANSWERED: Final = INVESTIGATED.respond("bob", NINE, remedies=["refund"])
CLOSED: Final = INVESTIGATED.respond("bob", NINE).accept("ann", NINE)
COMPLAINTS: Final = (
    a_complaint(),
    ACKNOWLEDGED,
    ACKNOWLEDGED.route("ann", NINE, department="quality"),
    INVESTIGATED,
    ANSWERED,
    ANSWERED.link_action("ann", NINE, action="A-1"),
    ANSWERED.refer("ann", NINE, body="court"),
    ANSWERED.accept("ann", NINE),
    CLOSED,
    CLOSED.reopen("ann", NINE),
)
ODD: Final[tuple[Any, ...]] = (
    "x",
    "",
    None,
    5,
    -1,
    float("nan"),
    10**400,
    True,
    b"x",
    (),
    [[]],
    [None],
    {},
    {5: 5},
    {"severity": 5},
    object(),
    Complaint,
    NINE.replace(tzinfo=None),
)
FIT: Final[dict[str, Any]] = {
    "action": "A-1",
    "amount": Money.of(5, "CNY"),
    "at": NINE,
    "by": "ann",
    "due_at": NINE + timedelta(hours=1),
    "of": "K-9",
    "outcome": "satisfied",
    "party": "customer",
}
VERBS: Final = {
    name: verb
    for name, verb in inspect.getmembers(Complaint, inspect.isfunction)
    if not name.startswith("_")
}


def told(complaint: Complaint, verb: Callable[..., object]) -> dict[str, Any]:
    """Return fit values for the arguments that a verb needs."""
    _, *rest = inspect.signature(verb).parameters.values()
    needed = (one.name for one in rest if one.default is one.empty)
    return {name: FIT.get(name, complaint if name == "earlier" else "x") for name in needed}


@pytest.mark.parametrize("name", VERBS)
def test_no_argument_breaks_a_verb(name: str) -> None:
    verb = VERBS[name]
    _, *arguments = inspect.signature(verb).parameters

    broken = []
    for argument, odd, complaint in product(arguments, ODD, COMPLAINTS):
        try:
            verb(complaint, **{**told(complaint, verb), argument: odd})
        except CrmkitError:
            continue
        except Exception as error:  # the fact under test is that there is no other
            broken.append((argument, odd, complaint.stage, error))

    assert broken == []
