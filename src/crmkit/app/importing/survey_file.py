"""How a file of survey answers is written: header rows, codes for no answer, labels for ratings.

Law: what a code means is told, and never guessed: nothing in a file says that 99 is a refusal.

Source: Qualtrics, "Understanding your dataset" (three header rows: name, question, import id);
IBM SPSS Statistics, MISSING VALUES and VALUE LABELS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap
from crmkit.satisfaction import Missing


_YES: Final = frozenset({"1", "yes", "true", "checked", "selected", "x"})
_NO: Final = frozenset({"0", "no", "false", "unchecked", "not selected"})
_QUALTRICS: Final = FrozenMap(
    {
        "answers_id": "ResponseId",
        "answered_at": "RecordedDate",
        "customer_id": "ExternalReference",
        "seconds": "Duration (in seconds)",
    }
)

Reasons: TypeAlias = Mapping[str | int, Missing | str]
"""Cells that stand for a reason why there is no answer."""

Ratings: TypeAlias = Mapping[str, int]
"""Value labels, with the ratings that they stand for."""

_NO_REASONS: Final[FrozenMap[str | int, Missing | str]] = FrozenMap()
_NO_RATINGS: Final[FrozenMap[str, int]] = FrozenMap()
_NO_ITEM_REASONS: Final[FrozenMap[str, Reasons]] = FrozenMap()
_NO_ITEM_RATINGS: Final[FrozenMap[str, Ratings]] = FrozenMap()


@attrs.frozen(kw_only=True)
class SurveyFile:
    """How a file, or a frame, of survey answers is written.

    SPSS's own `.sav` is not read: no reader is in the core. Save it as CSV, or read it into a frame
    with a library of your choice, and import that.

    Attributes:
        header_rows: How many rows below the names are no answers.
        columns: Standard names, and what they are called in such files, where they are there.
        missing: Cells that stand for a reason, for every item.
        labels: Value labels, for every rating.
        item_missing: The same for single items, which go before.
        item_labels: Likewise.
        separator: What parts several choices in one cell.
        yes: What stands in the column of a choice that was made, in small letters.
        no: What stands there where it was not; an empty cell says the same.

    Examples:
        >>> file = SurveyFile.spss(missing={99: Missing.REFUSED, 98: "does_not_apply"})
        >>> file.reason("price", "99").label(), file.reason("price", "5") is None
        ('Refused', True)
        >>> SurveyFile.qualtrics().header_rows
        2
    """

    header_rows: int
    columns: FrozenMap[str, str]
    missing: FrozenMap[str, Missing]
    labels: FrozenMap[str, int]
    item_missing: FrozenMap[str, FrozenMap[str, Missing]]
    item_labels: FrozenMap[str, FrozenMap[str, int]]
    separator: str
    yes: frozenset[str]
    no: frozenset[str]

    @classmethod
    def plain(
        cls,
        *,
        missing: Reasons = _NO_REASONS,
        labels: Ratings = _NO_RATINGS,
        item_missing: Mapping[str, Reasons] = _NO_ITEM_REASONS,
        item_labels: Mapping[str, Ratings] = _NO_ITEM_RATINGS,
        separator: str = ",",
        yes: Iterable[str] = _YES,
        no: Iterable[str] = _NO,
    ) -> SurveyFile:
        """Describe a file whose first row names the columns, and whose others are answers.

        Args:
            missing: Cells that stand for a reason, for every item; empty ones are missing.
            labels: Value labels of ratings: `{"Very satisfied": 5}`.
            item_missing: Reasons of single items.
            item_labels: Labels of single items.
            separator: What parts several choices in one cell.
            yes: What stands in the column of a choice that was made.
            no: What stands there where it was not.

        Raises:
            InvalidValueError: If a reason is none, a rating no whole number, or no sign parts
                choices.
        """
        if not isinstance(separator, str) or not separator:
            raise InvalidValueError("separator", separator, "must be a sign, such as ';'")
        return cls(
            header_rows=0,
            columns=FrozenMap(),
            missing=_reasons(missing, "missing"),
            labels=_ratings(labels, "labels"),
            item_missing=FrozenMap(
                {id: _reasons(told, f"item_missing[{id!r}]") for id, told in item_missing.items()}
            ),
            item_labels=FrozenMap(
                {id: _ratings(told, f"item_labels[{id!r}]") for id, told in item_labels.items()}
            ),
            separator=separator,
            yes=frozenset(word.casefold() for word in yes),
            no=frozenset(word.casefold() for word in no),
        )

    @classmethod
    def qualtrics(
        cls,
        *,
        missing: Reasons = _NO_REASONS,
        labels: Ratings = _NO_RATINGS,
        item_missing: Mapping[str, Reasons] = _NO_ITEM_REASONS,
        item_labels: Mapping[str, Ratings] = _NO_ITEM_RATINGS,
    ) -> SurveyFile:
        """Describe a CSV export of Qualtrics: three header rows, of which the first names.

        `ResponseId`, `RecordedDate`, `ExternalReference` and `Duration (in seconds)` are the id,
        the time, the customer and the seconds. A question that was seen and not answered, -99, is
        missing unless told otherwise. Arguments and errors as for `plain`.
        """
        told: Reasons = {
            "-99": Missing.MISSING,
            **{str(code): why for code, why in missing.items()},
        }
        file = cls.plain(
            missing=told, labels=labels, item_missing=item_missing, item_labels=item_labels
        )
        return attrs.evolve(file, header_rows=2, columns=_QUALTRICS)

    @classmethod
    def spss(
        cls,
        *,
        missing: Reasons = _NO_REASONS,
        labels: Ratings = _NO_RATINGS,
        item_missing: Mapping[str, Reasons] = _NO_ITEM_REASONS,
        item_labels: Mapping[str, Ratings] = _NO_ITEM_RATINGS,
    ) -> SurveyFile:
        """Describe a CSV that SPSS saved: values or labels, and the file's own missing values.

        Tell the user-missing values as `missing`: `{99: Missing.REFUSED}`. What the system has as
        missing, a blank cell or `#NULL!`, is missing. Arguments and errors as for `plain`.
        """
        told: Reasons = {
            "#NULL!": Missing.MISSING,
            **{str(code): why for code, why in missing.items()},
        }
        return cls.plain(
            missing=told, labels=labels, item_missing=item_missing, item_labels=item_labels
        )

    def reason(self, item: str, cell: str) -> Missing | None:
        """Return why a cell holds no answer; None where it holds one."""
        if not cell:
            return Missing.MISSING
        own = self.item_missing.get(item, self.missing)
        return own.get(cell, self.missing.get(cell))

    def rating(self, item: str, cell: str) -> int | None:
        """Return the rating that a label stands for; None where the cell is no label."""
        own = self.item_labels.get(item, self.labels)
        return own.get(cell, self.labels.get(cell))


def _reasons(told: Reasons, name: str) -> FrozenMap[str, Missing]:
    return FrozenMap({str(cell).strip(): Missing.of(why, name) for cell, why in told.items()})


def _ratings(told: Ratings, name: str) -> FrozenMap[str, int]:
    for label, rating in told.items():
        if type(rating) is not int:
            raise InvalidValueError(f"{name}[{label!r}]", rating, "must be a whole number")
    return FrozenMap({label.strip(): rating for label, rating in told.items()})
