"""What is known of a customer when his loyalty is judged: facts by name, each within its range.

Law: what is not known is None or left out, and is never taken for no; a name that nobody asks for
is refused, for it would be a misspelt fact that counts for nothing. That a customer does not
complain is no fact here: it is no sign of loyalty.

Source: domain facts L1, L2, L4 and L8.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Final, TypeAlias, TypeVar

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, FrozenMap, Text, known_name
from crmkit.kernel.explanation import Unknown
from crmkit.kernel.frame_columns import COLUMNS
from crmkit.kernel.scalars import as_python


Fact: TypeAlias = str | int | float | bool
"""What a fact can be."""

V = TypeVar("V")

Facts: TypeAlias = Mapping[str, Fact | None]
"""Facts by name; None where one is not known."""


@attrs.frozen(kw_only=True)
class LoyaltyFact:
    """One fact that the library's own rules ask for.

    Attributes:
        name: Its name, which is that of its column too.
        says: What it means.
        low: The least it can be; None for a flag.
        high: The most it can be; None for a flag.

    Examples:
        >>> from crmkit.loyalty import LOYALTY_FACTS
        >>> LOYALTY_FACTS["patronage"].high, LOYALTY_FACTS["no_alternative"].is_flag
        (1, True)
    """

    name: str
    says: Text
    low: float | None = None
    high: float | None = None

    @property
    def is_flag(self) -> bool:
        """Whether it is true or false."""
        return self.low is None

    @property
    def rule(self) -> str:
        """What a value must be, for a message."""
        if self.is_flag:
            return "must be True or False, or None where it is not known"
        return f"must be a number from {self.low:g} to {self.high:g}, or None where it is not known"

    def fits(self, value: Fact) -> bool:
        """Say whether a value can be this fact."""
        if self.low is None or self.high is None:
            return isinstance(value, bool)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and self.low <= float(value) <= self.high


_FLAGS: Final = (
    "no_alternative",
    "related_party",
    "price_first",
    "convenience_first",
    "bought_again",
)
_SHARES: Final = ("points_share", "patronage", "share_of_wallet")
_SCORES: Final = (
    "switching_cost",
    "satisfaction",
    "delight",
    "trust",
    "attitude",
    "cognitive",
    "affective",
    "conative",
    "action",
    "value_rating",
    "system_rating",
    "people_rating",
    "attachment",
    "tolerance",
    "price_tolerance",
)


def _fact(name: str, high: float | None) -> LoyaltyFact:
    low = None if high is None else 0
    return LoyaltyFact(name=name, says=COLUMNS[name].says, low=low, high=high)


LOYALTY_FACTS: Final[FrozenMap[str, LoyaltyFact]] = FrozenMap(
    {
        name: _fact(name, high)
        for names, high in ((_FLAGS, None), (_SHARES, 1), (_SCORES, 100), (("recommend",), 10))
        for name in names
    }
)
"""Every fact that the library's own rules ask for, by name."""


def known_facts(facts: Facts, asked: Collection[str]) -> dict[str, Fact]:
    """Return what is known, checked.

    Args:
        facts: By name; None where one is not known. What a cell of a frame holds is taken, too.
        asked: What the rules ask for; other facts of the library's own may be told, too.

    Raises:
        InvalidValueError: If a name is neither, or a value cannot be what it is called.

    Examples:
        >>> known_facts({"patronage": 0.8, "trust": None}, ("patronage",))
        {'patronage': 0.8}
        >>> known_facts({"patronnage": 0.8}, ("patronage",))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: fact is 'patronnage': it is not known; did you mean\
 'patronage'?
    """
    names = dict.fromkeys((*asked, *LOYALTY_FACTS))
    told: dict[str, Fact] = {}
    for name, value in by_name(facts, "facts").items():
        known_name(name, names, "fact")
        if value is not None:
            told[name] = _checked(name, as_python(value))
    return told


def by_name(mapping: Mapping[str, V], name: str) -> Mapping[str, V]:
    """Return an argument that must be a mapping by names of facts.

    Raises:
        InvalidValueError: If it is none.

    Examples:
        >>> by_name(["patronage"], "known")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: known is ['patronage']: it must be a mapping by names of\
 facts
    """
    if not isinstance(mapping, Mapping):
        raise InvalidValueError(name, mapping, "must be a mapping by names of facts")
    return mapping


def of_customer(customer: str | int) -> Evidence:
    """Return who a customer is, as evidence.

    Raises:
        InvalidValueError: If that is neither text nor a whole number.

    Examples:
        >>> of_customer("C-7").value
        'C-7'
    """
    who = as_python(customer)
    if not isinstance(who, str | int) or isinstance(who, bool):
        raise InvalidValueError("customer", customer, "must be text or a whole number")
    return Evidence("customer", who)


def as_evidence(
    name: str, value: Fact | None, against: float | None = None, *, met: bool | None = None
) -> Evidence:
    """Return a fact as evidence; a sentence says of None that it is not known.

    Examples:
        >>> as_evidence("trust", None).said("en"), as_evidence("trust", 80, 75, met=True).met
        ('not known', True)
    """
    return (Unknown if value is None else Evidence)(name, value, against, met)


def _checked(name: str, value: Fact) -> Fact:
    fact = LOYALTY_FACTS.get(name)
    if fact is not None:
        if not fact.fits(value):
            raise InvalidValueError(name, value, fact.rule)
        return value
    if not isinstance(value, str) and not (isinstance(value, int | float) and math.isfinite(value)):
        raise InvalidValueError(name, value, "must be text, a flag or a finite number")
    return value
