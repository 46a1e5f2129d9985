"""The answers of one round as columns: a row a respondent, a column a question.

Law: the three reasons why there is no answer stay apart: an empty cell is missing, the others have
codes that lie on no scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap
from crmkit.satisfaction import Answers, Item, ItemKind, Missing, Survey


CODES: Final[FrozenMap[int, Missing]] = FrozenMap({-1: Missing.REFUSED, -2: Missing.DOES_NOT_APPLY})
"""The numbers that stand for a reason why there is no answer, unless told otherwise."""

_ABOUT: Final = (
    "answers_id",
    "customer_id",
    "answered_at",
    "segment",
    "occasion",
    "case_id",
    "seconds",
)


def answer_columns(
    survey: Survey, several: Iterable[Answers], codes: Mapping[int, Missing]
) -> dict[str, list[object]]:
    """Return answers as columns: who, when, about what; then each rating, choice and comment.

    Args:
        survey: The survey that they answered.
        several: The answers, one row each.
        codes: What stands for a reason; one without a code is an empty cell.

    Raises:
        InvalidValueError: If a code is no whole number, or lies on a scale of the survey.
    """
    by_reason = {why: code for code, why in _checked(survey, codes).items()}
    names = [*_ABOUT, *(name for item in survey.items for name in item.facts)]
    columns: dict[str, list[object]] = {name: [] for name in names}
    for answers in several:
        told = (
            answers.id,
            answers.customer,
            answers.at,
            answers.segment,
            answers.occasion,
            answers.case,
            answers.seconds,
        )
        cells = [
            value
            for item in survey.items
            for value in _values(item, answers.cells[item.id], by_reason)
        ]
        for name, value in zip(names, (*told, *cells), strict=True):
            columns[name].append(value)
    return columns


def _values(item: Item, cell: object, codes: Mapping[Missing, int]) -> list[object]:
    """Return the cells of one answer: of a multiple response one a choice."""
    if isinstance(cell, Missing):
        code = None if item.kind is ItemKind.COMMENT else codes.get(cell)
        return [code] * len(item.facts)
    if isinstance(cell, tuple):
        return [int(choice in cell) for choice in item.choices]
    return [cell]


def _checked(survey: Survey, codes: Mapping[int, Missing]) -> Mapping[int, Missing]:
    for code in codes:
        if type(code) is not int:
            raise InvalidValueError("codes", code, "must be a whole number")
        for item in survey.ratings:
            if code in item.scale:
                rule = f"must not lie on the scale of {item.id!r}, {item.scale}"
                raise InvalidValueError("codes", code, rule)
        if code in (0, 1) and any(item.kind is ItemKind.MULTIPLE for item in survey.items):
            raise InvalidValueError("codes", code, "must not be 0 or 1, which choices have")
    return codes
