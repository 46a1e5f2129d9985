"""Response rates: what became of everyone who was asked, and six rates that go by their names.

Law: a rate without its name says nothing: the six differ in what they take for an answer, and in
what they do with those of whom nobody knows whether they should have been asked at all.

Source: American Association for Public Opinion Research (2016), "Standard definitions: final
dispositions of case codes and outcome rates for surveys", ninth edition, section "Response rates".
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import attrs
import narwhals.stable.v2 as nw

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Rule, Text, did_you_mean


if TYPE_CHECKING:
    import pandas as pd


RateName: TypeAlias = Literal["RR1", "RR2", "RR3", "RR4", "RR5", "RR6"]
"""One of the six response rates."""

_FORMULAS: Final = {
    "RR1": "I / ((I + P) + (R + NC + O) + (UH + UO))",
    "RR2": "(I + P) / ((I + P) + (R + NC + O) + (UH + UO))",
    "RR3": "I / ((I + P) + (R + NC + O) + e (UH + UO))",
    "RR4": "(I + P) / ((I + P) + (R + NC + O) + e (UH + UO))",
    "RR5": "I / ((I + P) + (R + NC + O))",
    "RR6": "(I + P) / ((I + P) + (R + NC + O))",
}
_SOURCE: Final = "AAPOR (2016), Standard definitions, ninth edition"
_RULE: Final = Rule(
    code="satisfaction.response_rate",
    says=Text(
        "{name} = {formula} = {verdict}, with I = {I}, P = {P}, R = {R}, NC = {NC}, O = {O}, "
        "UH = {UH}, UO = {UO} and e = {e} ({e_from})",
        "{name} = {formula} = {verdict}，其中I = {I}，P = {P}，R = {R}，NC = {NC}，O = {O}，"
        "UH = {UH}，UO = {UO}，e = {e}（{e_from}）",
    ),
    source=_SOURCE,
)
_GIVEN: Final = Text("as told", "给定")
_ESTIMATED: Final = Text("the share of the eligible among those known", "已知者中合格的比例")


@attrs.frozen(kw_only=True)
class Dispositions:
    """What became of everyone who was asked, once the survey is over.

    Attributes:
        complete: Whole interviews (I).
        partial: Interviews with enough answers to be used (P).
        refused: Refusals and break-offs (R).
        not_contacted: Eligible people who were never reached (NC).
        other: Eligible people lost for other reasons: illness, language (O).
        unknown_household: Nobody knows whether there is anyone to ask (UH).
        unknown_other: Somebody is there; nobody knows whether he is eligible (UO).
        ineligible: Found not to belong to those who are to be asked.

    Raises:
        InvalidValueError: If a count is no whole number of at least 0.

    Examples:
        >>> survey = Dispositions(complete=300, partial=20, refused=60, not_contacted=20)
        >>> survey.eligible
        400
    """

    complete: int
    partial: int = 0
    refused: int = 0
    not_contacted: int = 0
    other: int = 0
    unknown_household: int = 0
    unknown_other: int = 0
    ineligible: int = 0

    def __attrs_post_init__(self) -> None:
        for name, count in attrs.asdict(self).items():
            if not isinstance(count, Integral) or isinstance(count, bool) or count < 0:
                raise InvalidValueError(name, count, "must be a whole number of at least 0")

    @property
    def eligible(self) -> int:
        """How many are known to belong to those who are to be asked."""
        told = self.complete + self.partial + self.refused
        return told + self.not_contacted + self.other

    @property
    def unknown(self) -> int:
        """Of how many nobody knows whether they do."""
        return self.unknown_household + self.unknown_other


@attrs.frozen(kw_only=True)
class ResponseRates:
    """The six response rates of one survey.

    Attributes:
        dispositions: What became of everyone.
        e: The share of the eligible among those of whom it is not known.
        is_e_estimated: Whether `e` was estimated from those of whom it is known.

    Units:
        Shares: 0 to 1.

    Examples:
        >>> rates = response_rates(Dispositions(complete=300, refused=100, unknown_other=100))
        >>> rates.rr1, rates.rr5
        (0.6, 0.75)
    """

    dispositions: Dispositions
    e: float
    is_e_estimated: bool

    @property
    def rr1(self) -> float:
        """The least: whole interviews over all who may be eligible."""
        return self.rate("RR1")

    @property
    def rr2(self) -> float:
        """As RR1, partial interviews counted as answers."""
        return self.rate("RR2")

    @property
    def rr3(self) -> float:
        """Whole interviews, with the share `e` of those of whom it is not known."""
        return self.rate("RR3")

    @property
    def rr4(self) -> float:
        """As RR3, partial interviews counted as answers."""
        return self.rate("RR4")

    @property
    def rr5(self) -> float:
        """The most of whole interviews: nobody of whom it is not known is eligible."""
        return self.rate("RR5")

    @property
    def rr6(self) -> float:
        """The most there can be: as RR5, partial interviews counted as answers."""
        return self.rate("RR6")

    def rate(self, name: RateName) -> float:
        """Return a rate by its name.

        Raises:
            InvalidValueError: If there is no such rate.
        """
        if name not in _FORMULAS:
            near = did_you_mean(name, _FORMULAS)
            raise InvalidValueError("name", name, f"must be one of {', '.join(_FORMULAS)}", near)
        told = self.dispositions
        answered = told.complete + (told.partial if name in ("RR2", "RR4", "RR6") else 0)
        counted = {"RR1": 1.0, "RR2": 1.0, "RR3": self.e, "RR4": self.e}.get(name, 0.0)
        return answered / (told.eligible + counted * told.unknown)

    def explain(self, name: RateName) -> Explanation[float]:
        """Explain a rate by its formula.

        Returns:
            The rate with its evidence: `name`, `formula`, the counts `I`, `P`, `R`, `NC`, `O`, `UH`
            and `UO`, `e`, and `e_from`, where that comes from.

        Raises:
            InvalidValueError: If there is no such rate.
        """
        told = self.dispositions
        return Explanation(
            verdict=self.rate(name),
            rule=_RULE,
            evidence=(
                Evidence("name", name),
                Evidence("formula", _FORMULAS[name]),
                Evidence("I", told.complete),
                Evidence("P", told.partial),
                Evidence("R", told.refused),
                Evidence("NC", told.not_contacted),
                Evidence("O", told.other),
                Evidence("UH", told.unknown_household),
                Evidence("UO", told.unknown_other),
                Evidence("e", self.e),
                Evidence("e_from", _ESTIMATED if self.is_e_estimated else _GIVEN),
            ),
        )

    @property
    def summary(self) -> pd.DataFrame:
        """One row per rate: `rate`, `value`, `formula`."""
        names: tuple[RateName, ...] = ("RR1", "RR2", "RR3", "RR4", "RR5", "RR6")
        columns = {
            "rate": list(names),
            "value": [self.rate(name) for name in names],
            "formula": [_FORMULAS[name] for name in names],
        }
        made: pd.DataFrame = nw.from_dict(columns, backend="pandas").to_native()
        return made

    def __str__(self) -> str:
        told = ", ".join(f"{name} {self.rate(name):.1%}" for name in ("RR1", "RR3", "RR5"))
        return f"{told} (e = {self.e:.4g}, {self.dispositions.complete} complete)"


def response_rates(dispositions: Dispositions, *, e: float | None = None) -> ResponseRates:
    r"""Return the six response rates of the American Association for Public Opinion Research.

    RR1 and RR2 take everyone of whom it is not known for eligible, RR5 and RR6 nobody, RR3 and RR4
    the share $e$. Odd ones count whole interviews, even ones partial ones too.

    Args:
        dispositions: What became of everyone who was asked.
        e: The share of the eligible among those of whom it is not known, by the best evidence there
            is; None takes the share among those of whom it is known, which is 1 where nobody was
            found ineligible. Say which with the rate.

    Raises:
        InvalidValueError: If e is no number from 0 to 1, or nobody at all was eligible.

    Units:
        Shares: 0 to 1.

    Source:
        AAPOR (2016), "Standard definitions", ninth edition.

    Examples:
        >>> told = Dispositions(complete=300, refused=100, unknown_other=100, ineligible=100)
        >>> rates = response_rates(told)
        >>> print(rates)
        RR1 60.0%, RR3 62.5%, RR5 75.0% (e = 0.8, 300 complete)
        >>> print(rates.explain("RR5").find("formula").value)
        I / ((I + P) + (R + NC + O))
    """
    if not dispositions.eligible:
        rule, way_out = "must be 1 or more", "of nobody there is no rate"
        raise InvalidValueError("eligible", 0, rule, way_out)
    if e is None:
        share = dispositions.eligible / (dispositions.eligible + dispositions.ineligible)
        return ResponseRates(dispositions=dispositions, e=share, is_e_estimated=True)
    number = isinstance(e, Real) and not isinstance(e, bool) and math.isfinite(e)
    if not number or not 0 <= e <= 1:
        raise InvalidValueError("e", e, "must be a number from 0 to 1")
    return ResponseRates(dispositions=dispositions, e=float(e), is_e_estimated=False)
