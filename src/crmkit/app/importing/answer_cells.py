"""The answers in a row of a file, read by what the file says of its codes and labels.

Law: a cell is an answer on its scale, a reason that was told, or refused with the item's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import Item, ItemKind, Missing, Survey

from .parsing import read_text, read_whole
from .survey_file import SurveyFile


CellsRead = dict[str, object]
"""For each item an answer or a reason."""

_EMPTY: Final = (None, "")


class AnswerCells:
    """Reads the answers of rows.

    Args:
        survey: What was asked.
        file: How the file is written.
        chosen: For each field the source's column: `price`, or `why.late` for a choice.
    """

    def __init__(self, survey: Survey, file: SurveyFile, chosen: Mapping[str, str]) -> None:
        self._survey = survey
        self._file = file
        self._chosen = chosen

    def read(self, row: Mapping[str, object], bad: list[InvalidValueError]) -> CellsRead:
        """Return the answers of one row; what is refused is left out, and put down in `bad`."""
        read: CellsRead = {}
        for item in self._survey.items:
            try:
                value = self._found(item, row)
            except InvalidValueError as error:
                bad.append(error)
                continue
            # What is missing may as well not apply: what was asked before tells.
            read[item.id] = None if value is Missing.MISSING else value
        return read

    def _found(self, item: Item, row: Mapping[str, object]) -> object:
        """Return the answer to an item, where the file has a column for it."""
        if item.id in self._chosen:
            return self._one(item, row[item.id])
        columns = [name for name in item.facts if name in self._chosen]
        return self._split(item, {name: row[name] for name in columns})

    def _one(self, item: Item, cell: object) -> object:
        text = _as_text(item.id, cell)
        if why := self._file.reason(item.id, text.strip()):
            return why
        if item.kind is ItemKind.COMMENT:
            return item.check(text)
        if item.kind is ItemKind.MULTIPLE:
            return item.check([one.strip() for one in text.split(self._file.separator)])
        label = self._file.rating(item.id, text.strip())
        value = read_whole(text) if label is None else label
        try:
            return item.check(value)
        except InvalidValueError as error:
            rule = f"{error.rule}, a label or a code that was told"
            raise InvalidValueError(item.id, cell, rule) from None

    def _split(self, item: Item, row: Mapping[str, object]) -> object:
        """Read choices that have a column each; where all are empty nothing was answered."""
        texts = {name: _as_text(name, cell).strip() for name, cell in row.items()}
        whys = {self._file.reason(item.id, text) for text in texts.values()} or {Missing.MISSING}
        if len(whys) == 1 and None not in whys:
            return whys.pop()
        return tuple(
            choice
            for choice in item.choices
            if self._is_yes(item, f"{item.id}.{choice}", texts.get(f"{item.id}.{choice}", ""))
        )

    def _is_yes(self, item: Item, name: str, text: str) -> bool:
        word = text.casefold()
        # Many programs write the choice itself where it was made.
        if word in self._file.yes or word == name.partition(f"{item.id}.")[2].casefold():
            return True
        if word in self._file.no or self._file.reason(item.id, text) is Missing.MISSING:
            return False
        rule = "must say whether it was chosen: 1 or 0"
        way_out = "give yes= and no= to SurveyFile.plain"
        raise InvalidValueError(name, text, rule, way_out)


def _as_text(name: str, cell: object) -> str:
    """Return a cell as it would stand in a file."""
    if cell in _EMPTY:
        return ""
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return str(read_text(name, cell))
