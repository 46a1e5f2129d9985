"""Respondents and their weights: who counts, for how much, and as how many.

Law: weights say for how many others an answer stands, not how many answered; equal weights change
nothing. Who has a weight of 0 stands for nobody, and is counted as missing.

Source: as `crmkit.stats.weighted`: Kish, L. (1965), "Survey sampling", sections 8.2 and 11.7.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs
import narwhals.stable.v2 as nw

from crmkit.kernel.checks import of_kind
from crmkit.kernel.frames import ColumnKind, Flaw, empty, not_finite
from crmkit.stats import GroupSize, SmallGroupRule
from crmkit.stats.histogram import HEAVIEST, LIGHTEST, WEIGHS
from crmkit.stats.small_groups import People, guard_people

from .group_sums import Sums


ALIKE: Final = 1e-9
TWO: Final = 1 + ALIKE  # to within rounding: a single answer has all the weight


@attrs.frozen(eq=False)
class Respondents:
    """How much each row weighs.

    Attributes:
        weight: As an expression; 1 where all weigh alike.
        flaws: What a weight must not be.
    """

    weight: nw.Expr
    flaws: tuple[Flaw, ...]

    @classmethod
    def weighing(cls, weights: str | None) -> Respondents:
        """Return what the column of weights says; of None all weigh alike."""
        if weights is None:
            return cls(nw.lit(1.0), ())
        weight = nw.col(weights).cast(nw.Float64)
        odd = (weight != 0) & ((weight < LIGHTEST) | (weight > HEAVIEST))
        return cls(weight, (empty(weights), not_finite(weights), Flaw(weights, odd, WEIGHS)))

    def sums(self, there: nw.Expr, parts: Mapping[str, nw.Expr]) -> dict[str, nw.Expr]:
        """Return what is added up of those who are there and have a weight.

        Args:
            there: Whose answer is known.
            parts: What is added up of them, weights and all.

        Returns:
            `n`, `gone` and `weightless` counts, `w` and `ww` weights and their squares, and the
            parts.
        """
        counts = there & (self.weight > 0)
        own = {"w": self.weight, "ww": self.weight * self.weight, **parts}
        return {
            "n": counts,
            "gone": ~counts,
            "weightless": there & ~counts,
            **{name: nw.when(counts).then(part).otherwise(0.0) for name, part in own.items()},
        }


def number_columns(*names: str | None) -> dict[str, ColumnKind]:
    """Return the columns that are named as columns of numbers; only the last may be left out."""
    told = names if names[-1] is not None else names[:-1]
    return dict.fromkeys((column_name(name) for name in told), ColumnKind.NUMBER)


def column_name(name: object) -> str:
    """Return an argument that must be the name of a column."""
    return of_kind(name, str, "column", way_out="write the name of one column")


def effective(row: Sums) -> float:
    """Return as how many unweighted answers those of a group tell: Kish's size; 0 of nobody.

    Examples:
        >>> effective({"n": 4.0, "w": 6.0, "ww": 12.0})
        3.0
    """
    if not row["n"] > 0:
        return 0.0
    size = row["w"] / row["ww"] * row["w"]
    # Of equal weights it is n but for the rounding.
    return row["n"] if abs(row["n"] / size - 1) <= ALIKE else size


def people_of(rows: Sequence[Sums]) -> People:
    """Return the people of groups, as the rule for small groups counts them."""
    return People(
        [int(row["n"]) for row in rows],
        [row["w"] for row in rows],
        [row["ww"] for row in rows],
    )


def sizes_of(rows: Sequence[Sums], rule: SmallGroupRule) -> Iterator[GroupSize]:
    """Yield whether each group may be shown: by its effective size, and by that of the others."""
    for row, size in zip(rows, guard_people(people_of(rows), None, rule), strict=True):
        yield GroupSize.WEIGHTLESS if not row["n"] and row["weightless"] else size
