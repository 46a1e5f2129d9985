"""Somebody's answers to one survey, and the three reasons why there is none.

Law: answers are a fact, and never changed. Every question has its cell: an answer, or the reason
why there is none; all bad cells are refused together, each by its name.

Source: domain facts Q2, Q8 (satisfaction per episode).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NewType

import attrs

from crmkit.customers import CustomerId
from crmkit.errors import InvalidCellsError, InvalidValueError
from crmkit.kernel import (
    FrozenMap,
    checked_actor,
    did_you_mean,
    instant,
    is_a,
    is_id,
    is_utc,
    not_blank_if_given,
)

from .item import Item
from .missing import Cell, Missing
from .survey import Survey


AnswersId = NewType("AnswersId", str)
"""Which respondent's answers."""

_IF_GIVEN: Final = attrs.validators.optional(is_id)


@attrs.frozen(kw_only=True)
class Answers:
    """What one respondent answered to one survey on one occasion.

    Attributes:
        id: Unique among answers.
        survey: The survey, in the version that was put to him.
        customer: Who answered; None where nobody knows.
        at: When, in UTC.
        cells: For each item of the survey, in its order, what he answered, or why there is nothing.
        occasion: What it was about: an order, a repair, a yearly survey; None where nothing is
            said.
        case: The case that it was about, or that it opened; None where there was none.
        segment: The segment whose weights count for him; None for those of all others.
        round: The round in which he was asked; None where he was not invited.
        seconds: How long he took; None where it was not measured.

    Raises:
        InvalidCellsError: If cells are unfit: all of them are named.
        InvalidValueError: If another value is unfit.

    Examples:
        >>> from datetime import UTC, datetime
        >>> from crmkit.satisfaction import SEA_LION
        >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
        >>> said = Answers.record(
        ...     "A-1", "ann", noon, survey=SEA_LION, customer="C-7",
        ...     cells={"product_quality": 5, "delivery": 3, "price": Missing.REFUSED},
        ... )
        >>> said.ratings, said.cells["after_sales_service"].label()
        ({'product_quality': 5, 'delivery': 3}, 'Missing')
        >>> Answers.record(
        ...     "A-2", "ann", noon, survey=SEA_LION, customer="C-7",
        ...     cells={"delivry": 3, "price": 6},
        ... )
        Traceback (most recent call last):
        crmkit.errors.InvalidCellsError: answers have 2 bad values: delivry is 3: it is no item of\
 Sea-Lion satisfaction survey v1; did you mean 'delivery'?; price is 6: it must be a whole number\
 from 1 to 5
    """

    id: AnswersId = attrs.field(validator=is_id)
    survey: Survey = attrs.field(validator=is_a(Survey))
    customer: CustomerId | None = attrs.field(default=None, validator=_IF_GIVEN)
    at: datetime = attrs.field(validator=is_utc)
    cells: FrozenMap[str, Cell] = attrs.field()
    occasion: str | None = attrs.field(default=None, validator=not_blank_if_given)
    case: str | None = attrs.field(default=None, validator=_IF_GIVEN)
    segment: str | None = attrs.field(default=None, validator=not_blank_if_given)
    round: str | None = attrs.field(default=None, validator=_IF_GIVEN)
    seconds: float | None = None

    def __attrs_post_init__(self) -> None:
        taken = self.seconds
        known = type(taken) in (int, float) and math.isfinite(taken or 0) and (taken or 0) >= 0
        if taken is not None and not known:
            raise InvalidValueError("seconds", taken, "must be a number of seconds, 0 or more")
        if not isinstance(self.cells, FrozenMap):
            way_out = "Answers.record takes any mapping"
            raise InvalidValueError("cells", self.cells, "must be a FrozenMap", way_out)
        if self.cells != checked_cells(self.survey, self.cells):
            rule = "must hold every item of the survey, as it is kept"
            raise InvalidValueError("cells", self.cells, rule, "Answers.record sees to that")

    @classmethod
    def record(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        survey: Survey,
        cells: Mapping[str, object],
        customer: str | None = None,
        occasion: str | None = None,
        case: str | None = None,
        segment: str | None = None,
        round: str | None = None,
        seconds: float | None = None,
    ) -> Answers:
        """Put down what somebody answered.

        Args:
            id: Unique among answers.
            by: Who asked; kept with the batch that stores the answers.
            at: When they were given.
            survey: The survey that he was asked.
            cells: By item: a number, a text, choices, or a `Missing`. An item that is left out, or
                is None, is missing; one that was not put to him does not apply.
            customer: Who answered; None where nobody knows.
            occasion: What it was about.
            case: The case that it was about.
            segment: The segment whose weights count for him.
            round: The round in which he was asked.
            seconds: How long he took.

        Raises:
            InvalidCellsError: If cells are unfit: all of them are named.
            InvalidValueError: If another value is unfit, nobody asked, or segments have weights of
                their own and this one is not named.
        """
        checked_actor(by)
        recorded = cls(
            id=AnswersId(id),
            survey=survey,
            customer=None if customer is None else CustomerId(customer),
            at=instant(at),
            cells=checked_cells(survey, cells),
            occasion=occasion,
            case=case,
            segment=segment,
            round=round,
            seconds=seconds,
        )
        survey.check_segment(segment)
        return recorded

    @property
    def ratings(self) -> dict[str, int]:
        """What was rated, by item; nothing of what is missing."""
        rated = ((item.id, self.cells[item.id]) for item in self.survey.ratings)
        return {id: value for id, value in rated if isinstance(value, int)}

    def missing(self, reason: Missing) -> tuple[str, ...]:
        """Return the items that have no answer for a reason, in the order of the survey."""
        return tuple(id for id, value in self.cells.items() if value is reason)

    @property
    def facts(self) -> dict[str, object]:
        """What conditions can ask about, by name: answers, choices, segment and occasion."""
        known: dict[str, object] = {"segment": self.segment, "occasion": self.occasion}
        for item in self.survey.items:
            known |= item.told(self.cells[item.id])
        return known


def checked_cells(survey: Survey, cells: Mapping[str, object]) -> FrozenMap[str, Cell]:
    """Return a cell for every item of a survey, in its order, each as it is kept.

    Args:
        survey: The survey.
        cells: By item: an answer, a `Missing`, or None for missing. An item that is left out is
            missing; one whose condition does not hold does not apply.

    Raises:
        InvalidCellsError: If an item is unknown, an answer unfit, or an item answered that was not
            to be asked: all of them are named.

    Examples:
        >>> from crmkit.kernel import Compare
        >>> why = Item("late_days", asked_if=Compare("delivery", "<=", 2))
        >>> survey = Survey.of("brief", 1, [Item("delivery"), why])
        >>> checked_cells(survey, {"delivery": 5})["late_days"].label()
        'Does not apply'
        >>> checked_cells(survey, {"delivery": 5, "late_days": 3})
        Traceback (most recent call last):
        crmkit.errors.InvalidCellsError: answers have 1 bad value: late_days is 3: it was not to be\
 asked: it is put where delivery <= 2, and delivery is 5; leave it out
    """
    if not isinstance(survey, Survey):
        raise InvalidValueError("survey", survey, "must be a Survey")
    bad = [*_unknown(survey, cells)]
    checked: dict[str, Cell] = {}
    told: dict[str, object] = {}
    for item in survey.items:
        try:
            checked[item.id] = _cell(item, cells.get(item.id), told)
        except InvalidValueError as error:
            bad.append(error)
        else:
            told |= item.told(checked[item.id])
    if bad:
        raise InvalidCellsError.of("answers", bad)
    return FrozenMap(checked)


def _unknown(survey: Survey, cells: Mapping[str, object]) -> Iterator[InvalidValueError]:
    known = [item.id for item in survey.items]
    for name, value in cells.items():
        if name not in known:
            rule = f"is no item of {survey}"
            yield InvalidValueError(str(name), value, rule, did_you_mean(name, known))


def _cell(item: Item, value: object, told: dict[str, object]) -> Cell:
    asked = item.asked(told)
    if value is None:
        return Missing.DOES_NOT_APPLY if asked is False else Missing.MISSING
    if isinstance(value, Missing):
        return value
    if asked is False:
        assert item.asked_if is not None  # else it is asked of everybody
        known = "".join(f", and {one} is {told[one]}" for one in item.asked_if.facts if one in told)
        rule = f"was not to be asked: it is put where {item.asked_if.words}{known}"
        raise InvalidValueError(item.id, value, rule, "leave it out")
    return item.check(value)
