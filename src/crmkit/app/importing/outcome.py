"""What an import did: how many rows came in, and why each of the others did not.

Law: every row that was read is counted once, and every row that was refused says why.
"""

from __future__ import annotations

from typing import Final

import attrs


WHOLE_ROW: Final = "row"
"""The field of a row that is refused as a whole."""


@attrs.frozen
class Rejected:
    """One reason why a row was refused; a row with two bad cells is told twice.

    Attributes:
        row: Which row, 1 for the first row of data.
        field: The standard name of the column, `row` where the whole row is meant.
        value: What stands there; the cells of a row, None where it cannot be taken apart.
        reason: What it breaks, and the way out, as the end of "it …".
        column: What the source calls the column; the same as `field` unless columns were mapped.

    Examples:
        >>> print(Rejected(7, "recommend", "11", "must be at most 10", "nps_score"))
        row 7: recommend (column 'nps_score') is '11': it must be at most 10
    """

    row: int
    field: str
    value: object
    reason: str
    column: str = ""

    def __str__(self) -> str:
        if self.field == WHOLE_ROW:
            cells = "" if self.value is None else f": {self.value!r}"
            return f"row {self.row}: it {self.reason}{cells}"
        source = f" (column {self.column!r})" if self.column not in ("", self.field) else ""
        return f"row {self.row}: {self.field}{source} is {self.value!r}: it {self.reason}"


@attrs.frozen(kw_only=True)
class Imported:
    """What an import did; `str()` tells it in one line.

    Attributes:
        batch: The name of the import; a second import of this name goes on where this one ended.
        rows: How many rows were read: `records + already + withheld + refused`.
        records: How many were stored now.
        already: How many an earlier import of the same name had stored.
        withheld: How many good rows were not stored, because it was to be all or nothing.
        rejected: Every reason why a row was refused, in the order of rows.
        ignored: The columns of the source that were not used.

    Examples:
        >>> print(Imported(batch="2026-03", rows=9, records=9))
        9 rows read: 9 stored, 0 refused
    """

    batch: str
    rows: int = 0
    records: int = 0
    already: int = 0
    withheld: int = 0
    rejected: tuple[Rejected, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return len({rejected.row for rejected in self.rejected})

    def __str__(self) -> str:
        parts = [f"{self.records:,} stored"]
        if self.already:
            parts.append(f"{self.already:,} stored before")
        parts.append(f"{self.refused:,} refused")
        if self.withheld:
            parts.append(f"{self.withheld:,} withheld, for it was to be all or nothing")
        unused = f"; columns not used: {', '.join(self.ignored)}" if self.ignored else ""
        return f"{self.rows:,} rows read: {', '.join(parts)}{unused}"
