"""How a sample is shared out among strata: in proportion, or more where answers spread more.

Law: no stratum is asked for more people than it has, and the parts add up to the whole.

Source: Neyman, J. (1934), "On the two different aspects of the representative method", Journal of
the Royal Statistical Society 97(4), 558–625; Cochran, W. G. (1977), "Sampling techniques", third
edition, Wiley, sections 5.5 and 5.8.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, FrozenMap, Rule, Text, did_you_mean


_RULE: Final = Rule(
    code="satisfaction.allocation",
    says=Text(
        "stratum {stratum} gets {verdict} of {n} answers: {method}, for {people} of {population} "
        "people; no stratum gets fewer than {least} or more than it has",
        "{stratum}层分得{n}份答卷中的{verdict}份：{method}，该层{people}人，总体{population}人；"
        "各层不少于{least}份，也不多于其人数",
    ),
    source="Neyman (1934); Cochran (1977), sections 5.5 and 5.8",
)
_METHODS: Final = {"proportional": Text("proportional", "按比例"), "neyman": Text("Neyman", "奈曼")}


@attrs.frozen(kw_only=True)
class Allocation:
    """How many answers each stratum is to give.

    Attributes:
        counts: How many, by stratum.
        sizes: How many people there are in each.
        spreads: The standard deviation expected in each; None where all were taken alike.
        least: How many each stratum was to get at least.

    Examples:
        >>> allocate_sample(10, {"north": 600, "south": 400}).counts
        FrozenMap({'north': 6, 'south': 4})
    """

    counts: FrozenMap[str, int]
    sizes: FrozenMap[str, int]
    spreads: FrozenMap[str, float] | None = None
    least: int = 0

    @property
    def n(self) -> int:
        """All answers together."""
        return sum(self.counts.values())

    @property
    def method(self) -> str:
        """By its name: "proportional", or "neyman" where spreads were told."""
        return "proportional" if self.spreads is None else "neyman"

    def explain(self, stratum: str) -> Explanation[int]:
        """Explain how many a stratum gets.

        Returns:
            The number with its evidence: `stratum`, its `people` of the `population`, `n` of all
            strata, `least`, `method`, and the stratum's `spread` where spreads were told.

        Raises:
            InvalidValueError: If there is no such stratum.
        """
        if stratum not in self.counts:
            near = did_you_mean(stratum, self.counts)
            raise InvalidValueError("stratum", stratum, "must be a stratum", near)
        spread = () if self.spreads is None else (Evidence("spread", self.spreads[stratum]),)
        return Explanation(
            verdict=self.counts[stratum],
            rule=_RULE,
            evidence=(
                Evidence("stratum", stratum),
                Evidence("people", self.sizes[stratum]),
                Evidence("population", sum(self.sizes.values())),
                Evidence("n", self.n),
                Evidence("least", self.least),
                Evidence("method", _METHODS[self.method]),
                *spread,
            ),
        )


def allocate_sample(
    n: int,
    sizes: Mapping[str, int],
    *,
    spreads: Mapping[str, float] | None = None,
    least: int = 0,
) -> Allocation:
    r"""Share out a sample among strata.

    In proportion, $n_h = n N_h / N$; or, where spreads $S_h$ are expected, after Neyman,
    $n_h = n N_h S_h / \sum N_k S_k$, which makes the variance of the mean as small as $n$ answers
    can. What a stratum cannot give, the others give in the same proportion; whole numbers are made
    by the largest remainders, the first of equals first.

    Args:
        n: How many answers there are to be in all.
        sizes: How many people there are in each stratum.
        spreads: The standard deviation expected in each, of an earlier round for example; None
            shares out in proportion.
        least: How many each stratum gets at least, or all it has: a stratum that is to be told by
            itself needs more than its share.

    Raises:
        InvalidValueError: If there is no stratum, a number is no whole one or out of its range,
            the spreads name other strata or are all 0, or n is less than the least ones together
            or more than there are.

    Units:
        Answers.

    Source:
        Neyman (1934); Cochran (1977), sections 5.5 and 5.8.

    Examples:
        >>> sizes = {"large": 100, "small": 900}
        >>> allocate_sample(60, sizes).counts
        FrozenMap({'large': 6, 'small': 54})
        >>> allocate_sample(60, sizes, spreads={"large": 27, "small": 3}).counts
        FrozenMap({'large': 30, 'small': 30})
    """
    if not sizes:
        raise InvalidValueError("sizes", sizes, "must name one stratum at least")
    people = np.array([_count(f"sizes[{name!r}]", size, 1) for name, size in sizes.items()])
    least = _count("least", least, 0)
    lower = np.minimum(people, least)
    asked = _count("n", n, 1)
    if not lower.sum() <= asked <= people.sum():
        rule = f"must lie between {lower.sum()}, the least of all strata, and {people.sum()}, all"
        raise InvalidValueError("n", n, f"{rule} people")
    told = None if spreads is None else _spreads(spreads, sizes)
    pull = people * (np.ones(len(people)) if told is None else np.array(list(told.values())))
    counts = _whole_parts(_parts(asked, pull, lower, people), asked, people)
    return Allocation(
        counts=FrozenMap(zip(sizes, counts, strict=True)),
        sizes=FrozenMap(zip(sizes, people.tolist(), strict=True)),
        spreads=told,
        least=least,
    )


def _parts(
    n: int, pull: NDArray[np.float64], lower: NDArray[np.int64], upper: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Share out in proportion to a pull, within limits: what one cannot take goes to the others."""
    if upper[pull > 0].sum() + lower[pull == 0].sum() < n:
        # Strata without spread are asked only when nobody else is left.
        pull = np.where(pull > 0, pull, pull[pull > 0].min() * 1e-9)
    low, high = 0.0, 2 * float(n + upper.max()) / float(pull[pull > 0].min())
    # The sum rises with the rate, so halving finds the one rate that shares out n.
    for _ in range(200):
        rate = (low + high) / 2
        found = np.clip(rate * pull, lower, upper)
        low, high = (rate, high) if found.sum() < n else (low, rate)
    return np.clip(high * pull, lower, upper)


def _whole_parts(parts: NDArray[np.float64], n: int, upper: NDArray[np.int64]) -> list[int]:
    """Round to whole numbers that add up, by the largest remainders."""
    counts = np.floor(parts + 1e-9).astype(np.int64)
    remainders = np.where(counts < upper, np.round(parts - counts, 9), -1.0)
    for place in np.argsort(-remainders, kind="stable")[: n - counts.sum()]:
        counts[place] += 1
    told: list[int] = counts.tolist()
    return told


def _spreads(spreads: Mapping[str, float], sizes: Mapping[str, int]) -> FrozenMap[str, float]:
    for name in [*spreads, *sizes]:
        if name not in sizes or name not in spreads:
            where = "sizes" if name not in sizes else "spreads"
            near = did_you_mean(name, sizes if name not in sizes else spreads)
            raise InvalidValueError("spreads", name, f"must be a stratum of {where} too", near)
    for name, spread in spreads.items():
        number = isinstance(spread, Real) and not isinstance(spread, bool)
        if not number or not math.isfinite(spread) or spread < 0:
            raise InvalidValueError(f"spreads[{name!r}]", spread, "must be 0 or more, and finite")
    if not any(spreads.values()):
        way_out = "leave them out to share in proportion"
        raise InvalidValueError("spreads", tuple(spreads.values()), "must not all be 0", way_out)
    return FrozenMap({name: float(spreads[name]) for name in sizes})


def _count(name: str, value: int, low: int) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < low:
        raise InvalidValueError(name, value, f"must be a whole number of at least {low}")
    return int(value)
