"""That intervals rest on few customers, said beside what they are shown for.

Law: intervals of large samples say so where the sample is none; no interval is shown without a word
where it is too narrow.

Source: Efron and Hinkley (1978) for intervals of large samples; the bar of 1,000 customers is our
choice.
"""

from __future__ import annotations

from typing import Final

from crmkit.kernel import Evidence, Explanation, Rule, Text


MANY: Final = 1_000
"""Customers of a fit from which on its intervals hold about what they promise."""

_FEW: Final = Rule(
    code="value.few_customers",
    says=Text(
        "the intervals rest on a fit of {customers} customers and are too narrow: with fewer than "
        f"{MANY:,} they hold the truth less often than they say",
        "区间基于{customers}位客户的拟合，过窄："
        f"少于{MANY:,}位客户时，包含真值的频率低于所称的置信度",
    ),
    source="intervals of large samples; Efron and Hinkley (1978)",
)


def few_customers(customers: int) -> tuple[Explanation[bool], ...]:
    """Explain that intervals rest on few customers; nothing where these are many.

    Args:
        customers: On how many the fit rests.

    Examples:
        >>> few_customers(2357)
        ()
        >>> print(few_customers(200)[0])
        the intervals rest on a fit of 200 customers and are too narrow: with fewer than 1,000 they\
 hold the truth less often than they say
    """
    if customers >= MANY:
        return ()
    evidence = (Evidence("customers", customers, MANY, False),)
    return (Explanation(verdict=True, rule=_FEW, evidence=evidence),)
