"""Words for points: one point, and several.

Law: a sentence says "1 point", never "1 points"; of large numbers it parts the thousands.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from crmkit.kernel import Rule, Text


_SEVERAL: Final = re.compile(r"(\{\w+\} point)s\b")


class Points(int):
    """A number of points, told with its thousands apart.

    Examples:
        >>> str(Points(546935)), Points(5) + 1
        ('546,935', 6)
    """

    def __str__(self) -> str:
        return f"{int(self):,}"


def of_points(rule: Rule, count: int) -> Rule:
    """Return a rule whose sentence speaks of so many points: of one, or of several.

    Args:
        rule: Of which the first number of points, in braces, is this one.
        count: How many.

    Examples:
        >>> given = Rule(code="gift", says=Text("{points} points", "{points}分"), source="us")
        >>> of_points(given, 1).says.en, of_points(given, 2).says.en
        ('{points} point', '{points} points')
    """
    if count != 1:
        return rule
    return attrs.evolve(rule, says=Text(_SEVERAL.sub(r"\1", rule.says.en, count=1), rule.says.zh))
