"""What is known of a customer when his loyalty is judged: facts by name, each within its range.

Law: what is not known is None or left out, and is never taken for no; a name that nobody asks for
is refused, for it would be a misspelt fact that counts for nothing. That a customer does not
complain is no fact here: it is no sign of loyalty.

Source: domain facts L1, L2, L4 and L8.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Final, TypeAlias

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Text, known_name
from crmkit.kernel.frame_columns import COLUMNS


Fact: TypeAlias = str | int | float | bool
"""What a fact can be."""

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


_FLAGS: Final = ("no_alternative", "related_party", "price_first", "convenience_first")
_SHARES: Final = ("points_share", "patronage")
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
        facts: By name; None where one is not known.
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
    if not isinstance(facts, Mapping):
        raise InvalidValueError("facts", facts, "must be a mapping of facts by name")
    for name, value in facts.items():
        known_name(name, names, "fact")
        if value is not None:
            told[name] = _checked(name, value)
    return told


def _checked(name: str, value: Fact) -> Fact:
    fact = LOYALTY_FACTS.get(name)
    if fact is not None:
        if not fact.fits(value):
            raise InvalidValueError(name, value, fact.rule)
        return value
    if not isinstance(value, str) and not (isinstance(value, int | float) and math.isfinite(value)):
        raise InvalidValueError(name, value, "must be text, a flag or a finite number")
    return value
