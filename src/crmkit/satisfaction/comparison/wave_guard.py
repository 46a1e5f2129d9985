"""Which waves of response are kept back, so that a trend over them tells of nobody by himself.

Law: the mean and the slope are sums over the waves, and so are early and late ones: what is told of
waves that are kept back is of ten people or more.

Source: as `crmkit.stats.small_groups`: what is told is a set of equations, Cox (1980).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from crmkit.errors import InvalidValueError
from crmkit.stats import SmallGroupRule
from crmkit.stats.group_sizes import check_rule


def kept_back(
    n: Mapping[int, int], from_wave: int, rule: SmallGroupRule, wave: str
) -> tuple[set[int], bool]:
    """Return the waves that are kept back, and whether early and late ones may be told.

    Args:
        n: How many answered in each wave; none of nobody.
        from_wave: The first wave that counts as late.
        rule: From how many on.
        wave: What the caller calls the waves.

    Raises:
        InvalidValueError: If the mean and the slope would tell of too few whatever is kept back.

    Examples:
        >>> kept_back({1: 60, 2: 40, 3: 30, 4: 3}, 2, SmallGroupRule(), "wave")
        ({2, 3, 4}, True)
        >>> kept_back({1: 60, 2: 40, 3: 30, 4: 3}, 4, SmallGroupRule(), "wave")
        ({2, 3, 4}, False)
    """
    check_rule(rule)
    small = {number for number, count in n.items() if rule.of(count).is_kept_back}
    for border in (from_wave, None):
        rising = sorted(n.keys() - small, key=lambda number: (n[number], number))
        for more in range(len(rising) + 1):
            hidden = small.union(rising[:more])
            if _is_safe(n, hidden, border, rule.suppress_below):
                return hidden, border is not None
    least = f"must be answered by {rule.suppress_below} or more"
    told = f"{least}: a trend over so few waves tells of each"
    raise InvalidValueError(wave, min(small), told, "pool it with the wave before")


def _is_safe(n: Mapping[int, int], hidden: Collection[int], border: int | None, least: int) -> bool:
    """Say whether what is told is of nobody kept back, or of enough of them together.

    All that is told is a sum over the waves with the factors a + b x, where a differs between early
    and late ones if these are told. With a b other than 0 it leaves out one wave of each at most;
    with none it leaves out all of one side.
    """
    early = [n[x] for x in hidden if border is None or x < border]
    late = [n[x] for x in hidden if border is not None and x >= border]
    sides = [side for side in (early, late) if side]
    left = sum(sum(side) - max(side) for side in sides)
    return not sides or (left >= least and all(sum(side) >= least for side in sides))
