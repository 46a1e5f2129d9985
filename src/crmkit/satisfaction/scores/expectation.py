"""Perceived against expected: disconfirmation, and the zone of tolerance.

Law: satisfaction is what was perceived against what was expected; neither alone says it. The ends
of a band or a zone belong to it.

Source: Oliver, R. L. (1980), "A cognitive model of the antecedents and consequences of satisfaction
decisions", Journal of Marketing Research 17(4), 460–469; Zeithaml, Berry and Parasuraman (1993),
"The nature and determinants of customer expectations of service", Journal of the Academy of
Marketing Science 21(1), 1–12; domain fact Q1.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Labelled, Rule, Text
from crmkit.kernel.frames import ColumnKind, find_flaws, frame_of
from crmkit.satisfaction.surveys import Scale
from crmkit.satisfaction.surveys.scale import check_scale

from .answer_columns import ends_rule, known, off_scale
from .respondent_scores import check_free


class DisconfirmationState(Labelled):
    """What became of an expectation."""

    NEGATIVE = "negative", "Negative disconfirmation: worse than expected", "低于期望"
    CONFIRMED = "confirmed", "Confirmed: as expected", "符合期望"
    POSITIVE = "positive", "Positive disconfirmation: better than expected", "超出期望"


class Tolerance(Labelled):
    """Where a perception lies by what would do and what is desired."""

    UNACCEPTABLE = "unacceptable", "Unacceptable: below what would do", "不可接受"
    TOLERABLE = "tolerable", "Within the zone of tolerance", "容忍区内"
    DELIGHT = "delight", "Delight: above what is desired", "惊喜"


_COMPARED: Final = Rule(
    code="satisfaction.disconfirmation",
    says=Text(
        "{verdict}: {perceived} perceived against {expected} expected, a gap of {gap}; "
        "up to {band} either way counts as confirmed",
        "{verdict}：感知{perceived}，期望{expected}，差距{gap}；上下{band}以内视为符合",
    ),
    source="Oliver (1980); Q1",
)
_PLACED: Final = Rule(
    code="satisfaction.tolerance",
    says=Text(
        "{verdict}: {perceived} perceived, where {adequate} would do and {desired} is desired",
        "{verdict}：感知{perceived}，适当水平为{adequate}，理想水平为{desired}",
    ),
    source="Zeithaml, Berry and Parasuraman (1993); Q1",
)
_GAP: Final = "gap"
_STATE: Final = "disconfirmation"
_ROUNDING: Final = 1e-9


@attrs.frozen(kw_only=True)
class Disconfirmation:
    """What was perceived less what was expected, and what that is called.

    Attributes:
        state: Worse, as expected, or better.
        gap: Perceived less expected; negative where it is worse.
        expected: What was expected.
        perceived: What was perceived.
        band: How large a gap still counts as none.

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> print(disconfirmation(4, 5, scale=LIKERT5).explain())
        positive disconfirmation: better than expected: 5 perceived against 4 expected, a gap of 1;\
 up to 0 either way counts as confirmed
    """

    state: DisconfirmationState
    gap: float
    expected: float
    perceived: float
    band: float

    def explain(self) -> Explanation[DisconfirmationState]:
        """Return the state with the figures that it rests on."""
        met = self.state is not DisconfirmationState.NEGATIVE
        told = (
            Evidence("perceived", self.perceived, self.expected, met),
            Evidence("expected", self.expected),
            Evidence("gap", self.gap),
            Evidence("band", self.band),
        )
        return Explanation(verdict=self.state, rule=_COMPARED, evidence=told)


def disconfirmation(
    expected: float, perceived: float, *, scale: Scale, band: float = 0
) -> Disconfirmation:
    """Compare what was perceived with what was expected.

    Args:
        expected: What was expected; an answer, or a mean of several.
        perceived: What was perceived; likewise.
        scale: On what both are given.
        band: How large a gap, either way, still counts as none.

    Raises:
        InvalidValueError: If a number is not finite or off the scale, or the band is negative.

    Units:
        One for all three. Decimals count as they are written: 0.3 against 0.2 is a gap of 0.1.

    Source:
        Oliver (1980).

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> worse = disconfirmation(5, 3, scale=LIKERT5)
        >>> worse.state, worse.gap
        (<DisconfirmationState.NEGATIVE: 'negative'>, -2)
        >>> disconfirmation(5, 4.5, scale=LIKERT5, band=0.5).state
        <DisconfirmationState.CONFIRMED: 'confirmed'>
        >>> disconfirmation(1, 99, scale=LIKERT5)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: perceived is 99: it must lie on the scale, from 1 to 5
    """
    check_scale(scale)
    for name, number in (("expected", expected), ("perceived", perceived)):
        _check_on(scale, name, number)
    _check_band(band)
    exact = _exact(perceived) - _exact(expected)
    state = DisconfirmationState.CONFIRMED
    if abs(exact) > _exact(band):
        positive, negative = DisconfirmationState.POSITIVE, DisconfirmationState.NEGATIVE
        state = positive if exact > 0 else negative
    gap = int(exact) if exact == exact.to_integral_value() else float(exact)
    return Disconfirmation(state=state, gap=gap, expected=expected, perceived=perceived, band=band)


def add_disconfirmation(
    answers: IntoFrameT,
    *,
    scale: Scale,
    band: float = 0,
    expected: str = "expected",
    perceived: str = "perceived",
) -> IntoFrameT:
    """Compare what was perceived with what was expected, row by row.

    Args:
        answers: One row per respondent: pandas, polars (eager or lazy), DuckDB, PySpark. Empty
            cells and NaN are missing.
        scale: On what both are given.
        band: How large a gap, either way, still counts as none.
        expected: Name of the column of what was expected.
        perceived: Name of the column of what was perceived.

    Returns:
        The same kind of frame with the columns `gap`, perceived less expected, and
        `disconfirmation`: "negative", "confirmed" or "positive"; both missing where either answer
        is. A lazy frame is checked by one aggregate query and stays lazy.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a number is off the scale,
            with its rows, the band is negative, or a column that is added is there already.

    Units:
        Those of the answers. Gaps are compared with the band to within a billionth.

    Source:
        Oliver (1980).

    Examples:
        >>> import pandas
        >>> from crmkit.satisfaction import LIKERT5
        >>> answers = pandas.DataFrame({"expected": [4, 4, 5], "perceived": [5, 4, 3]})
        >>> told = add_disconfirmation(answers, scale=LIKERT5)
        >>> told["gap"].to_list(), told["disconfirmation"].to_list()
        ([1.0, 0.0, -2.0], ['positive', 'confirmed', 'negative'])
    """
    check_scale(scale)
    _check_band(band)
    names = (expected, perceived)
    frame = frame_of(answers, "answers", dict.fromkeys(names, ColumnKind.NUMBER))
    check_free(frame, (_GAP, _STATE))
    find_flaws(frame.select(*dict.fromkeys(names)), [off_scale(name, scale) for name in names])
    gap, reach = nw.col(_GAP), band + _ROUNDING
    state = (
        nw.when(gap > reach)
        .then(nw.lit(DisconfirmationState.POSITIVE.value))
        .otherwise(
            nw.when(gap < -reach)
            .then(nw.lit(DisconfirmationState.NEGATIVE.value))
            .otherwise(nw.when(~gap.is_null()).then(nw.lit(DisconfirmationState.CONFIRMED.value)))
        )
    )
    made = frame.with_columns((known(perceived) - known(expected)).alias(_GAP))
    return cast("IntoFrameT", made.with_columns(state.alias(_STATE)).to_native())


@attrs.frozen
class ToleranceZone:
    """What would do, and what is desired; between the two a customer tolerates.

    Attributes:
        adequate: The least that would do.
        desired: What he hopes for; not below what would do.
        scale: On what both, and what is perceived, are given.

    Raises:
        InvalidValueError: If an end is off the scale, or they are crossed.

    Source:
        Zeithaml, Berry and Parasuraman (1993).

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> zone = ToleranceZone(3, 4, scale=LIKERT5)
        >>> zone.place(2.9).value, zone.place(3).value, zone.place(4).value, zone.place(5).value
        ('unacceptable', 'tolerable', 'tolerable', 'delight')
        >>> ToleranceZone(4, 3, scale=LIKERT5)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: desired is 3: it must not be below adequate, 4
    """

    adequate: float
    desired: float
    scale: Scale = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_scale(self.scale)
        for name in ("adequate", "desired"):
            _check_on(self.scale, name, getattr(self, name))
        if self.desired < self.adequate:
            rule = f"must not be below adequate, {self.adequate!r}"
            raise InvalidValueError("desired", self.desired, rule)

    @property
    def width(self) -> float:
        """How far apart the two are."""
        return float(_exact(self.desired) - _exact(self.adequate))

    def place(self, perceived: float) -> Tolerance:
        """Return where a perception lies; the ends belong to the zone.

        Raises:
            InvalidValueError: If it is off the scale.
        """
        _check_on(self.scale, "perceived", perceived)
        if perceived < self.adequate:
            return Tolerance.UNACCEPTABLE
        return Tolerance.DELIGHT if perceived > self.desired else Tolerance.TOLERABLE

    def explain(self, perceived: float) -> Explanation[Tolerance]:
        """Return where a perception lies, with the figures that this rests on.

        Raises:
            InvalidValueError: If it is off the scale.

        Examples:
            >>> from crmkit.satisfaction import LIKERT5
            >>> print(ToleranceZone(3, 4, scale=LIKERT5).explain(2))
            unacceptable: below what would do: 2 perceived, where 3 would do and 4 is desired
        """
        place = self.place(perceived)
        enough = place is not Tolerance.UNACCEPTABLE
        told = (
            Evidence("perceived", perceived, self.adequate, enough),
            Evidence("adequate", self.adequate),
            Evidence("desired", self.desired, perceived, place is not Tolerance.DELIGHT),
        )
        return Explanation(verdict=place, rule=_PLACED, evidence=told)


def _check_on(scale: Scale, name: str, number: float) -> None:
    _check(name, number)
    if not scale.low <= number <= scale.high:
        raise InvalidValueError(name, number, ends_rule(scale))


def _check_band(band: float) -> None:
    _check("band", band)
    if band < 0:
        raise InvalidValueError("band", band, "must not be negative")


def _check(name: str, number: float) -> None:
    if type(number) not in (int, float) or not math.isfinite(number):
        raise InvalidValueError(name, number, "must be a finite number")


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))
