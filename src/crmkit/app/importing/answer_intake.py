"""Answers to a survey from rows: each row one respondent, collected as at the desk.

Law: every bad cell of a row is told, each with its item; an id that is taken is a refused row. No
import opens a case: answers that lie in a file have waited already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

import attrs
from msgspec.json import encode

from crmkit.app.collecting import add_answers
from crmkit.errors import InvalidCellsError, InvalidValueError
from crmkit.kernel import checked_id
from crmkit.satisfaction import SURVEY_RESPONSES, Answers, SurveyRound
from crmkit.storage import Store

from .answer_cells import AnswerCells
from .blocks import Entrance, ImportedBlock, Ledger
from .cells import Cells, reason_of
from .intake import EMPTY, Entered, unread
from .outcome import Rejected
from .parsing import read_number, read_text, read_time
from .source import Chunk, Source
from .survey_file import SurveyFile


ABOUT: Final = (
    "answered_at",
    "answers_id",
    "customer_id",
    "occasion",
    "case_id",
    "segment",
    "seconds",
)
"""The standard names of what is known besides the answers."""

_FIELDS: Final = {"id": "answers_id", "customer": "customer_id", "case": "case_id"}


class BelowHeader:
    """A source without the rows right below its header that are no answers; the others renumbered.

    Args:
        source: The source.
        skipped: How many rows.
    """

    def __init__(self, source: Source, skipped: int) -> None:
        self._source = source
        self._skipped = skipped
        self.names, self.total, self.unit = source.names, source.total, source.unit

    def chunks(self, chosen: Mapping[str, str]) -> Iterator[Chunk]:
        """Yield its rows."""
        for chunk in self._source.chunks(chosen):
            first = sum(row <= self._skipped for row in chunk.rows)
            cells = {
                name: Cells(list(islice(held.values, first, None)), held.form)
                for name, held in chunk.cells.items()
            }
            kept = (one for one in chunk.unread if one.row > self._skipped)
            unread = tuple(attrs.evolve(one, row=one.row - self._skipped) for one in kept)
            rows = [row - self._skipped for row in chunk.rows[first:]]
            yield Chunk(rows, cells, unread, done=chunk.done)


class AnswerIntake:
    """Answers: each row is one respondent's.

    Args:
        office: Where they are stored, and on whose behalf.
        store: Where it is asked which ids are taken.
        round: The round in which they were given.
        file: How the file is written.
        chosen: For each field the source's column.
        zone: Where times without a zone were told.
        time_format: How times are written.
    """

    block: Final = 2_000

    def __init__(
        self,
        office: Entrance,
        store: Store,
        round: SurveyRound,
        file: SurveyFile,
        chosen: Mapping[str, str],
        *,
        zone: ZoneInfo | None,
        time_format: str | None,
    ) -> None:
        self._office = office
        self._store = store
        self._ledger = Ledger(office, store)
        self._round = round
        self._cells = AnswerCells(round.survey, file, chosen)
        self._chosen = chosen
        self._readers = _readers(zone, time_format)
        self._mark = blake2b(digest_size=16)
        self._taken: list[tuple[int, Answers]] = []
        self._row_of: dict[str, int] = {}

    @property
    def waiting(self) -> int:
        """How many rows wait to be stored."""
        return len(self._taken)

    def take(self, chunk: Chunk) -> list[Rejected]:
        """Read rows; keep the good ones waiting, say what is wrong with the others."""
        rejected = unread(chunk)
        columns = [list(held.loose()) for held in chunk.cells.values()]
        for row, values in zip(chunk.rows, zip(*columns, strict=True), strict=True):
            rejected += self._take(row, dict(zip(chunk.cells, values, strict=True)))
        return rejected

    def digest(self) -> str:
        """Return the mark of the rows that wait."""
        return self._mark.hexdigest()

    def settle(self) -> Entered:
        """Leave out answers whose ids are in the store."""
        ids = tuple(answers.id for _, answers in self._taken)
        where = (("answers_id", "in", ids),)
        blocks = self._store.scan(SURVEY_RESPONSES.name, ("answers_id",), where=where)
        there = {id for block in blocks for id in block["answers_id"]}
        refused = [(row, one.id) for row, one in self._taken if one.id in there]
        self._taken = [(row, one) for row, one in self._taken if one.id not in there]
        reason = "was stored before; give another id"
        return Entered(
            rejected=tuple(self._rejected(row, "answers_id", id, reason) for row, id in refused)
        )

    def enter(self, block: ImportedBlock, *, whole: bool) -> Entered:
        """Store what waits as one block."""
        self._mark = blake2b(digest_size=16)
        if self._ledger.has(block):
            self._taken = []
            return Entered(already=block.rows)
        settled = self.settle()
        if whole and settled.rejected:
            return settled
        kept, self._taken = [answers for _, answers in self._taken], []
        stored = self._ledger.enter(block, lambda unit: add_answers(unit, kept))
        count = len(kept)
        return settled + (Entered(records=count) if stored else Entered(already=count))

    def _take(self, row: int, values: dict[str, object]) -> list[Rejected]:
        bad: list[InvalidValueError] = []
        told = self._told(values, bad)
        cells = self._cells.read(values, bad)
        answers = self._answers(told, cells, bad)
        if bad or answers is None:
            return [
                self._rejected(row, _FIELDS.get(one.name, one.name), one.value, reason_of(one))
                for one in bad
            ]
        if answers.id in self._row_of:
            reason = f"stands in row {self._row_of[answers.id]} already"
            return [self._rejected(row, "answers_id", answers.id, reason)]
        self._row_of[answers.id] = row
        self._mark.update(encode([str(value) for value in values.values()]))
        self._taken.append((row, answers))
        return []

    def _told(
        self, values: Mapping[str, object], bad: list[InvalidValueError]
    ) -> dict[str, object]:
        told: dict[str, object] = {}
        for name in ABOUT:
            try:
                told[name] = self._readers[name](values.get(name))
            except InvalidValueError as error:
                bad.append(attrs.evolve(error, name=name))
        if told.get("answered_at", self) is None:
            bad.append(InvalidValueError("answered_at", None, EMPTY))
        return told

    def _answers(
        self, told: dict[str, object], cells: dict[str, object], bad: list[InvalidValueError]
    ) -> Answers | None:
        """Return a row's answers; what is wrong with them is put down too, after what was."""
        at, seconds = told.get("answered_at"), told.get("seconds")
        try:
            return self._round.collect(
                _text(told, "answers_id") or self._office.new_id(),
                self._office.actor,
                at if isinstance(at, datetime) else self._office.now(),
                cells=cells,
                customer=_text(told, "customer_id"),
                occasion=_text(told, "occasion"),
                case=_text(told, "case_id"),
                segment=_text(told, "segment"),
                seconds=seconds if isinstance(seconds, int | float) else None,
            )
        except InvalidCellsError as error:
            bad += error.cells
        except InvalidValueError as error:
            bad.append(error)
        return None

    def _rejected(self, row: int, field: str, value: object, reason: str) -> Rejected:
        return Rejected(row, field, value, reason, self._chosen.get(field, ""))


def _readers(
    zone: ZoneInfo | None, time_format: str | None
) -> dict[str, Callable[[object], object]]:
    readers: dict[str, Callable[[object], object]] = dict.fromkeys(ABOUT, _read_text)
    readers["answered_at"] = lambda cell: read_time("answered_at", cell, zone, time_format)
    readers["seconds"] = _read_seconds
    return readers | dict.fromkeys(("answers_id", "customer_id", "case_id"), _read_id)


def _read_text(cell: object) -> object:
    return read_text("text", cell)


def _read_id(cell: object) -> object:
    text = _read_text(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)
    return text if text is None else checked_id(str(text))


def _read_seconds(cell: object) -> object:
    number = None if cell in (None, "") else read_number(cell)
    if number is not None and not isinstance(number, int | float):
        raise InvalidValueError("seconds", cell, "must be a number of seconds, 0 or more")
    return number


def _text(told: Mapping[str, object], name: str) -> str | None:
    value = told.get(name)
    return None if value is None else str(value)
