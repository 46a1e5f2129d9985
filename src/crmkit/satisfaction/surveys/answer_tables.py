"""Answers to surveys as facts: one row a respondent, and one row a question.

Law: what is stored is read back as the same answers; the three reasons why there is none are kept
apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from crmkit.errors import InvalidValueError
from crmkit.kernel import FactColumn, FactTable, FactType, FrozenMap, Scalar, Text

from .answers import Answers
from .missing import Cell, Missing
from .survey import Survey


_SHARED: Final = (
    FactColumn("answers_id", FactType.ID, Text("Which answers", "答卷编码"), required=True),
    FactColumn("customer_id", FactType.ID, Text("Who answered", "客户编码")),
    FactColumn("answered_at", FactType.TIME, Text("When", "作答时间"), required=True),
    FactColumn("survey", FactType.ID, Text("Which survey", "问卷"), required=True),
    FactColumn(
        "survey_version", FactType.WHOLE, Text("Version of it", "问卷版本"), required=True, low=1
    ),
    FactColumn("round", FactType.ID, Text("In which round", "调查轮次")),
    FactColumn("segment", FactType.TEXT, Text("In which segment", "客户细分")),
)

SURVEY_RESPONSES: Final = FactTable(
    "survey_responses",
    (
        *_SHARED,
        FactColumn("occasion", FactType.TEXT, Text("On which occasion", "事由")),
        FactColumn(
            "case_id",
            FactType.ID,
            Text("About which case, or which they opened", "所涉或由此开立的个案"),
        ),
        FactColumn("seconds", FactType.NUMBER, Text("How long it took, in s", "用时（秒）"), low=0),
        FactColumn("opened_case", FactType.ID, Text("The case that they opened", "由此开立的个案")),
    ),
)
"""Table `survey_responses`: one row a respondent."""

SURVEY_ANSWERS: Final = FactTable(
    "survey_answers",
    (
        *_SHARED,
        FactColumn("item", FactType.ID, Text("Which question", "题目"), required=True),
        FactColumn("rating", FactType.WHOLE, Text("The rating, as given", "评分")),
        FactColumn("choices", FactType.TEXT, Text("The choices, as JSON", "所选项（JSON）")),
        FactColumn("comment", FactType.TEXT, Text("In his own words", "客户原话"), personal=True),
        FactColumn("missing", FactType.TEXT, Text("Why there is no answer", "未答原因")),
    ),
)
"""Table `survey_answers`: one row a question of a respondent, answered or not."""


_EMPTY: Final[Mapping[str, Scalar]] = FrozenMap(
    dict.fromkeys(("item", "rating", "choices", "comment", "missing"))
)


def response_row(answers: Answers, *, opened_case: str | None = None) -> dict[str, Scalar]:
    """Return answers as a row of the table `survey_responses`.

    Args:
        answers: One respondent's.
        opened_case: The case that they opened.

    Examples:
        >>> from crmkit.satisfaction import SEA_LION
        >>> from crmkit.testing import NINE
        >>> said = Answers.record("A-1", "ann", NINE, survey=SEA_LION, cells={"price": 3})
        >>> response_row(said)["survey"]
        'sea_lion'
    """
    told = {
        **_shared(answers),
        "occasion": answers.occasion,
        "case_id": answers.case,
        "seconds": answers.seconds,
        "opened_case": opened_case,
    }
    return SURVEY_RESPONSES.row(told)


def answer_rows(answers: Answers) -> tuple[dict[str, Scalar], ...]:
    """Return answers as rows of the table `survey_answers`, one an item, in the survey's order.

    Examples:
        >>> from crmkit.satisfaction import SEA_LION
        >>> from crmkit.testing import NINE
        >>> said = Answers.record("A-1", "ann", NINE, survey=SEA_LION, cells={"price": 3})
        >>> [(row["item"], row["rating"], row["missing"]) for row in answer_rows(said)][2:]
        [('after_sales_service', None, 'missing'), ('price', 3, None)]
    """
    told = _shared(answers)
    # What all rows share is checked and stored once: there are many rows.
    shared = {column.name: column.store(told[column.name]) for column in _SHARED}
    return tuple(
        {**shared, **_EMPTY, "item": item, **_cell(value)} for item, value in answers.cells.items()
    )


def answers_of(
    survey: Survey, response: Mapping[str, object], rows: Iterable[Mapping[str, object]]
) -> Answers:
    """Return the answers that were stored in rows.

    A comment that was taken out on request is read as refused.

    Args:
        survey: The survey, in the version that was answered.
        response: The row of `survey_responses`, as the table restores it.
        rows: The rows of `survey_answers`, likewise.

    Raises:
        InvalidValueError: If they are of another survey, or do not fit it.

    Examples:
        >>> from crmkit.satisfaction import SEA_LION
        >>> from crmkit.testing import NINE
        >>> said = Answers.record("A-1", "ann", NINE, survey=SEA_LION, cells={"price": 3})
        >>> response = SURVEY_RESPONSES.restored(response_row(said))
        >>> answers_of(SEA_LION, response, map(SURVEY_ANSWERS.restored, answer_rows(said))) == said
        True
    """
    found = (response["survey"], response["survey_version"])
    if found != (survey.id, survey.version):
        raise InvalidValueError("survey", found, f"must be {survey.id!r}, version {survey.version}")
    at, seconds = response["answered_at"], response["seconds"]
    assert isinstance(at, datetime)  # the table keeps nothing else
    return Answers.record(
        str(response["answers_id"]),
        "store",
        at,
        survey=survey,
        cells={str(row["item"]): _read(row) for row in rows},
        customer=_text(response["customer_id"]),
        occasion=_text(response["occasion"]),
        case=_text(response["case_id"]),
        segment=_text(response["segment"]),
        round=_text(response["round"]),
        seconds=seconds if isinstance(seconds, int | float) else None,
    )


def _shared(answers: Answers) -> dict[str, object]:
    return {
        "answers_id": answers.id,
        "customer_id": answers.customer,
        "answered_at": answers.at,
        "survey": answers.survey.id,
        "survey_version": answers.survey.version,
        "round": answers.round,
        "segment": answers.segment,
    }


def _cell(value: Cell) -> dict[str, Scalar]:
    if isinstance(value, Missing):
        return {"missing": str(value.value)}
    if isinstance(value, tuple):
        return {"choices": msgspec.json.encode(value).decode()}
    if isinstance(value, int):
        return {"rating": value}
    return {"comment": SURVEY_ANSWERS.column("comment").store(value)}


def _read(row: Mapping[str, object]) -> object:
    if row["missing"] is not None:
        return Missing(str(row["missing"]))
    if row["choices"] is not None:
        return msgspec.json.decode(str(row["choices"]), type=tuple[str, ...])
    answer = row["rating"] if row["comment"] is None else row["comment"]
    return Missing.REFUSED if answer is None else answer


def _text(value: object) -> str | None:
    return None if value is None else str(value)
