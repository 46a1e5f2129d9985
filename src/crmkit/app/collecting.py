"""Answers taken in: kept as facts, their invitation ended, and the case opened that they call for.

Law: all of it is saved together, or nothing. What the answers call for, the round says; here it is
only done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from crmkit.cases import INQUIRY_CODEC, CaseKind, Inquiry
from crmkit.complaints import COMPLAINT_CODEC, Complaint
from crmkit.errors import NotFoundError
from crmkit.kernel import Codec, Explanation, FactTable, Party, Scalar
from crmkit.satisfaction import (
    INVITATION_CODEC,
    SURVEY_ANSWERS,
    SURVEY_RESPONSES,
    SURVEY_ROUND_CODEC,
    Answers,
    Carelessness,
    Survey,
    SurveyScore,
    answer_rows,
    answers_of,
    case_text,
    response_row,
)
from crmkit.storage import Where

from .unit import UnitOfWork


@attrs.frozen(kw_only=True)
class Collected:
    """What became of somebody's answers.

    `str()` is the sentence that says whether a case was opened, and why.

    Attributes:
        answers: What he said; where he told of no case, they are tied to the one that they opened.
        score: What that came to.
        flags: How it shows carelessness, if it does, and by which rule.
        opens: What kind of case it called for, and why.
        case: The case that was opened; None where none was.

    Examples:
        >>> import crmkit
        >>> from crmkit.satisfaction import SEA_LION
        >>> desk = crmkit.open(actor="ann").surveys
        >>> drafted = desk.draft(id="R-1", survey=SEA_LION)
        >>> published = desk.publish("R-1")
        >>> collected = desk.collect("R-1", customer="C-7", cells={"delivery": 4, "price": 2})
        >>> collected.score.value, collected.flags.verdict, collected.case
        (50.0, (), None)
        >>> print(collected)
        no rule holds: no case is opened
    """

    answers: Answers
    score: SurveyScore
    flags: Explanation[tuple[Carelessness, ...]]
    opens: Explanation[str | None]
    case: str | None

    @property
    def is_anonymous_low_score(self) -> bool:
        """Whether a rule held, but no case was opened: nobody knows who answered."""
        return self.case is None and "customer" in self.opens.missing

    def __str__(self) -> str:
        return self.opens.sentence()


@attrs.frozen(kw_only=True)
class Told:
    """What a caller tells of one respondent."""

    cells: Mapping[str, object]
    invitation: str | None = None
    customer: str | None = None
    occasion: str | None = None
    case: str | None = None
    segment: str | None = None
    seconds: float | None = None


def collect(
    unit: UnitOfWork, round: str, ids: tuple[str, str], by: str, at: datetime, told: Told
) -> Collected:
    """Take somebody's answers in.

    Args:
        unit: Where they are kept.
        round: In which round.
        ids: Of the answers, and of the case that they may open.
        by: Who asked.
        at: When they were given.
        told: What was said.

    Raises:
        NotFoundError: If there is no such round, no such invitation, or no such case.
        TransitionError: If the round is not open, or the invitation over.
        InvalidValueError: If a value is unfit.
    """
    open_ = unit.get(SURVEY_ROUND_CODEC, round)
    # That of an invitation was there when he was asked; what became of it loses no answer.
    check_case(unit, told.case)
    asked = None if told.invitation is None else unit.get(INVITATION_CODEC, told.invitation)
    answers = open_.collect(
        ids[0],
        by,
        at,
        cells=told.cells,
        invitation=asked,
        customer=told.customer,
        occasion=told.occasion,
        case=told.case,
        segment=told.segment,
        seconds=told.seconds,
    )
    if asked is not None:
        unit.put(INVITATION_CODEC, asked.answer(by, at, answers=answers.id))
    score = open_.survey.score(answers)
    opens, flags = open_.opens(answers, score), open_.care.explain(answers)
    case = _open_case(unit, ids[1], by, at, answers, opens)
    if answers.case is None:
        answers = attrs.evolve(answers, case=case)
    add_answers(unit, [answers], opened_case=case)
    return Collected(answers=answers, score=score, flags=flags, opens=opens, case=case)


def check_case(unit: UnitOfWork, case: str | None) -> None:
    """Refuse a case that is not kept here.

    Raises:
        NotFoundError: If there is none of that id.
    """
    if case is not None:
        kept: tuple[Codec[Any], ...] = (COMPLAINT_CODEC, INQUIRY_CODEC)
        if all(unit.peek_stored(codec, case) is None for codec in kept):
            raise NotFoundError("case", case)


def add_answers(
    unit: UnitOfWork, several: Iterable[Answers], *, opened_case: str | None = None
) -> None:
    """Keep answers as facts: a row for each respondent, and a row for each question."""
    kept = tuple(several)
    add_rows(unit, SURVEY_RESPONSES, [response_row(one, opened_case=opened_case) for one in kept])
    add_rows(unit, SURVEY_ANSWERS, [row for one in kept for row in answer_rows(one)])


def add_rows(unit: UnitOfWork, table: FactTable, rows: Sequence[Mapping[str, Scalar]]) -> None:
    """Keep rows of a table of facts."""
    unit.add_facts(table, {name: [row[name] for row in rows] for name in table.names})


def stored_answers(unit: UnitOfWork, survey: Survey, where: Iterable[Where]) -> Iterator[Answers]:
    """Yield answers to a survey as they were given, oldest entry first.

    Args:
        unit: Where they are kept.
        survey: The survey, in the version that was answered.
        where: Conditions over columns that both tables have.
    """
    conditions = tuple(where)
    responses = {str(row["answers_id"]): row for row in _rows(unit, SURVEY_RESPONSES, conditions)}
    waiting: dict[str, list[dict[str, object]]] = {id: [] for id in responses}
    for row in _rows(unit, SURVEY_ANSWERS, conditions):
        id = str(row["answers_id"])
        waiting[id].append(row)
        if len(waiting[id]) == len(survey.items):
            yield answers_of(survey, responses[id], waiting.pop(id))


def stored_answer(unit: UnitOfWork, id: str) -> Answers:
    """Return one respondent's answers, by their id.

    Raises:
        NotFoundError: If there are none.
    """
    where: tuple[Where, ...] = (("answers_id", "=", id),)
    for response in _rows(unit, SURVEY_RESPONSES, where):
        survey = unit.get(SURVEY_ROUND_CODEC, str(response["round"])).survey
        return answers_of(survey, response, _rows(unit, SURVEY_ANSWERS, where))
    raise NotFoundError("answers", id)


def _open_case(
    unit: UnitOfWork,
    id: str,
    by: str,
    at: datetime,
    answers: Answers,
    opens: Explanation[str | None],
) -> str | None:
    if opens.verdict is None or answers.customer is None:
        return None
    kind, about = CaseKind.of(opens.verdict, "opens"), case_text(answers, opens)
    if kind is CaseKind.COMPLAINT:
        unit.add(
            COMPLAINT_CODEC,
            Complaint.receive(
                id, by, at, customer=answers.customer, about=about, raised_by=Party.STAFF
            ),
        )
    else:
        unit.add(
            INQUIRY_CODEC,
            Inquiry.open(
                id,
                by,
                at,
                customer=answers.customer,
                about=about,
                asks=kind,
                raised_by=Party.STAFF,
            ),
        )
    return id


def _rows(
    unit: UnitOfWork, table: FactTable, where: Iterable[Where]
) -> Iterator[dict[str, object]]:
    for block in unit.scan(table, where=where):
        for values in zip(*block.values(), strict=True):
            yield table.restored(dict(zip(block, values, strict=True)))
