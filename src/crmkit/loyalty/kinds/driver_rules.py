"""By what customers choose, behind all that leads to loyalty: value, system, people.

Law: a driver is something that a company can work on, and is told of each customer by how he rates
it. What he has not rated is neither good nor bad.

Source: domain fact L8: customers choose by value, system, people (价值、系统和人). The bar is ours.
"""

from __future__ import annotations

from typing import ClassVar, Final

import attrs

from crmkit.kernel import DecisionTable, Rule, Text

from .findings import Parted, scored
from .loyalty_facts import Facts
from .loyalty_words import LoyaltyDriver
from .weighing import NO_VERDICT


_SOURCE: Final = "L8; the bar is crmkit's own, to be settled by the company"

DRIVER_RULES: Final = DecisionTable(
    name="drivers of loyalty",
    rules=tuple(scored(one, f"{one.value}_rating", "driver", _SOURCE) for one in LoyaltyDriver),
    otherwise=NO_VERDICT,
)
"""Each from 75 of 100 on; where none is there, none is."""


@attrs.frozen(kw_only=True)
class DriverFinding(Parted[LoyaltyDriver]):
    """What speaks for us with one customer, and what does not; `find_drivers` makes it.

    Attributes:
        found: What he rates high.
        lacking: What he does not.
        open: What hangs on facts that are not known.
        missing: These facts.
        told: Every fact that the rules ask for; None where it is not known.
        because: Why, for every rule that holds.

    Examples:
        >>> one = find_drivers({"value_rating": 80, "system_rating": 30})
        >>> print(one.explain("C-7"))
        customer C-7 chooses us for: value; not for: system; not known: how he rates those who\
 serve him
          value: 80 of 100
    """

    says: ClassVar[Rule] = Rule(
        code="loyalty.drivers",
        says=Text(
            "customer {customer} chooses us for: {found}; not for: {lacking}; not known: {unknown}",
            "客户{customer}选择我们的理由：{found}；不成理由：{lacking}；不明：{unknown}",
        ),
        source="L8",
    )


def find_drivers(facts: Facts, *, rules: DecisionTable = DRIVER_RULES) -> DriverFinding:
    """Find by what a customer chooses us: value, system or people.

    Args:
        facts: What is known of him, by name; None, or left out, where it is not.
        rules: When each speaks for us, as data; each verdict the stored value of a `LoyaltyDriver`.

    Raises:
        InvalidValueError: As `find_motives`.

    Source:
        Domain fact L8.

    Examples:
        >>> one = find_drivers({"value_rating": 40, "system_rating": 60, "people_rating": 95})
        >>> [driver.value for driver in one.found]
        ['people']
    """
    return DriverFinding.of(facts, rules, LoyaltyDriver)
