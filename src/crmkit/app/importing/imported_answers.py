"""Answers to a survey as something that can be imported.

Law: every question has a column, or is left out by name: none is missed in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from crmkit.errors import InvalidValueError
from crmkit.kernel import named_zone
from crmkit.satisfaction import Item, ItemKind, SurveyRound
from crmkit.storage import Store

from .answer_intake import ABOUT, AnswerIntake, BelowHeader
from .blocks import Entrance
from .parsing import check_time_format
from .source import Source
from .survey_file import SurveyFile


class ImportedAnswers:
    """Answers of one round, each row one respondent's.

    Args:
        office: Where they are stored, and on whose behalf.
        store: Where ids may be taken.
        round: The round in which they were given.
        file: How the file is written.
        columns: What the caller says of columns; None leaves an item out.
        timezone: Where times without a zone were told.
        time_format: How times are written.

    Raises:
        InvalidValueError: If an argument is unfit.
    """

    def __init__(
        self,
        office: Entrance,
        store: Store,
        round: SurveyRound,
        file: SurveyFile,
        columns: Mapping[str, str | None] | None,
        *,
        timezone: str | None,
        time_format: str | None,
    ) -> None:
        if not isinstance(file, SurveyFile):
            rule = "must be a SurveyFile"
            raise InvalidValueError("file", file, rule, "SurveyFile.plain() makes one")
        check_time_format(time_format)
        self._office = office
        self._store = store
        self._round = round
        self._file = file
        self._told = dict(columns or {})
        self._zone = None if timezone is None else named_zone(timezone)
        self._time_format = time_format
        self.of = f"answers in {round.id}"
        items = round.survey.items
        choices = [fact for item in items for fact in item.facts if fact != item.id]
        self.known: Sequence[str] = (*ABOUT, *(item.id for item in items), *choices)
        asked = {item.id for item in items if item.kind is not ItemKind.MULTIPLE}
        left_out = {name for name, column in self._told.items() if column is None}
        self.needed: Collection[str] = {"answered_at"} | (asked - left_out)

    def opened(self, source: Source) -> Source:
        """Return the source below its header rows."""
        return BelowHeader(source, self._file.header_rows)

    def columns(self, names: Sequence[str]) -> dict[str, str | None]:
        """Return what is said of columns: by the caller, else by how such files are written."""
        usual = {field: name for field, name in self._file.columns.items() if name in names}
        return {**usual, **self._told}

    def intake(self, chosen: Mapping[str, str]) -> AnswerIntake:
        """Return what takes the rows in.

        Raises:
            InvalidValueError: If a multiple response has no column, or two ways.
        """
        for item in self._round.survey.items:
            if item.kind is ItemKind.MULTIPLE and item.id not in self._told:
                _check_choices(item, chosen)
        return AnswerIntake(
            self._office,
            self._store,
            self._round,
            self._file,
            chosen,
            zone=self._zone,
            time_format=self._time_format,
        )


def _check_choices(item: Item, chosen: Mapping[str, str]) -> None:
    """Refuse choices that have no column, or some of which have none."""
    split = [name for name in item.facts if name in chosen]
    if (item.id in chosen) == bool(split) or (split and len(split) < len(item.facts)):
        rule = "must have one column, or one for each choice"
        names = ", ".join(repr(name) for name in item.facts)
        raise InvalidValueError(item.id, tuple(split), rule, f"columns={{…}} takes {names}")
