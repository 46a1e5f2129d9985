"""Risk in figures: the risk priority number, and the matrix of likelihood and consequence.

Law: a figure orders what to look at first; it is no licence to leave a grave effect alone.

Source: AIAG, Potential Failure Mode and Effects Analysis, 4th edition (2008); AS/NZS 4360:1999,
appendix E.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs
import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Labelled, Rule, Text, not_blank
from crmkit.kernel.tagged import read_json


_SAFETY_FROM: Final = 9
_SIZE: Final = 5

_PRODUCT: Final = Rule(
    code="cases.risk_priority_number",
    says=Text(
        "risk priority number {verdict}: severity {severity} × occurrence {occurrence}"
        " × detection {detection}",
        "风险优先数为{verdict}：严重度{severity}×频度{occurrence}×探测度{detection}",
    ),
    source="AIAG FMEA, 4th edition",
)
_MATRIX: Final = Text(
    "risk is {verdict} by {matrix}: likelihood {likelihood}, consequence {consequence}",
    "按“{matrix}”风险为“{verdict}”：可能性{likelihood}，后果{consequence}",
)


def _figure(most: int, name: str, value: object) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise InvalidValueError(name, value, f"must be a whole number from 1 to {most}")
    return value


@attrs.frozen(kw_only=True)
class RiskScore:
    """How grave, how frequent and how hard to detect a failure is.

    Attributes:
        severity: How grave its effect is.
        occurrence: How often its cause occurs.
        detection: How hard it is to detect before it reaches the customer; 10 where it is never
            detected.

    Raises:
        InvalidValueError: If a figure is no whole number from 1 to 10.

    Units:
        1 (none, remote, certain to be detected) to 10.

    Examples:
        >>> leak = RiskScore(severity=7, occurrence=4, detection=6)
        >>> leak.rpn, leak.touches_safety
        (168, False)
        >>> print(leak.explain())
        risk priority number 168: severity 7 × occurrence 4 × detection 6
    """

    severity: int
    occurrence: int
    detection: int

    def __attrs_post_init__(self) -> None:
        for name in ("severity", "occurrence", "detection"):
            _figure(10, name, getattr(self, name))

    @property
    def rpn(self) -> int:
        """The risk priority number, from 1 to 1000: the product of the three."""
        return self.severity * self.occurrence * self.detection

    @property
    def touches_safety(self) -> bool:
        """Whether the effect is on safety or breaks a law: a severity of 9 or 10.

        Such a failure is looked at first, however small its number.
        """
        return self.severity >= _SAFETY_FROM

    def explain(self) -> Explanation[int]:
        """Return the risk priority number with the figures that it is made of."""
        told = (
            Evidence("severity", self.severity, _SAFETY_FROM, self.touches_safety),
            Evidence("occurrence", self.occurrence),
            Evidence("detection", self.detection),
        )
        return Explanation(verdict=self.rpn, rule=_PRODUCT, evidence=told)


class RiskLevel(Labelled):
    """How great a risk is."""

    LOW = "low", "Low", "低"
    MODERATE = "moderate", "Moderate", "中等"
    HIGH = "high", "High", "高"
    EXTREME = "extreme", "Extreme", "极高"


def _levels(levels: Iterable[Iterable[RiskLevel | str]]) -> tuple[tuple[RiskLevel, ...], ...]:
    return tuple(tuple(RiskLevel.of(level, "levels") for level in line) for line in levels)


@attrs.frozen(kw_only=True)
class RiskMatrix:
    """Five by five: a level for each likelihood and consequence.

    Attributes:
        name: What it is called.
        levels: Five lines, the least likely first; in each five levels, the slightest consequence
            first.
        source: Where it comes from.

    Raises:
        InvalidValueError: If it has no name, is not five by five, or a level is not known.

    Examples:
        >>> print(AS_NZS_4360.decide(likelihood=2, consequence=5))
        risk is extreme by AS/NZS 4360: likelihood 2, consequence 5
        >>> RiskMatrix(name="ours", levels=[["low", "high"]])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: levels is 1: it must be 5 lines of 5 levels, not of [2]
    """

    name: str = attrs.field(validator=not_blank)
    levels: tuple[tuple[RiskLevel, ...], ...] = attrs.field(converter=_levels)
    source: str = ""

    def __attrs_post_init__(self) -> None:
        widths = [len(line) for line in self.levels]
        if widths != [_SIZE] * _SIZE:
            rule = f"must be {_SIZE} lines of {_SIZE} levels, not of {widths}"
            raise InvalidValueError("levels", len(widths), rule)

    def decide(self, *, likelihood: int, consequence: int) -> Explanation[RiskLevel]:
        """Return how great a risk is, and why.

        Args:
            likelihood: 1 (rare) to 5 (almost certain).
            consequence: 1 (insignificant) to 5 (catastrophic).

        Returns:
            The evidence holds both figures, and the whole line of levels for them.

        Raises:
            InvalidValueError: If a figure is no whole number from 1 to 5.
        """
        line = self.levels[_figure(_SIZE, "likelihood", likelihood) - 1]
        found = line[_figure(_SIZE, "consequence", consequence) - 1]
        told = (
            Evidence("matrix", self.name),
            Evidence("likelihood", likelihood),
            Evidence("consequence", consequence, line),
        )
        rule = Rule(code="cases.risk_matrix", says=_MATRIX, source=self.source)
        return Explanation(verdict=found, rule=rule, evidence=told)

    def to_json(self) -> str:
        """Write it as JSON.

        Examples:
            >>> RiskMatrix.from_json(AS_NZS_4360.to_json()) == AS_NZS_4360
            True
        """
        lines = [[str(level.value) for level in line] for line in self.levels]
        told = _RiskMatrixTold(name=self.name, levels=lines, source=self.source)
        return msgspec.json.encode(told).decode()

    @staticmethod
    def from_json(text: str) -> RiskMatrix:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no matrix.
        """
        told = read_json(text, _RiskMatrixTold, "matrix")
        return RiskMatrix(name=told.name, levels=told.levels, source=told.source)


class _RiskMatrixTold(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A matrix as JSON tells it."""

    name: str
    levels: list[list[str]]
    source: str = ""


_LETTERS: Final = {
    "L": RiskLevel.LOW,
    "M": RiskLevel.MODERATE,
    "H": RiskLevel.HIGH,
    "E": RiskLevel.EXTREME,
}

_E3: Final = ("LLMHH", "LLMHE", "LMHEE", "MHHEE", "HHEEE")

AS_NZS_4360: Final = RiskMatrix(
    name="AS/NZS 4360",
    levels=[[_LETTERS[one] for one in line] for line in _E3],
    source="AS/NZS 4360:1999, appendix E, table E3",
)
"""From rare to almost certain, from insignificant to catastrophic.

Source:
    AS/NZS 4360:1999, appendix E, table E3, on which most matrices in use are modelled.
"""
