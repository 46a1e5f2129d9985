"""What an import keeps of the rows it reads, and how it enters the store.

Law: what the desks would refuse is refused here, with the same words; a row that cannot be stored
never keeps the others out.
"""

from __future__ import annotations

from typing import Final, Protocol

import attrs

from .blocks import ImportedBlock
from .outcome import WHOLE_ROW, Rejected
from .source import Chunk


CURRENCY: Final = "currency"
EMPTY: Final = "must not be empty"


@attrs.frozen
class Entered:
    """What became of the rows that waited.

    Attributes:
        records: How many were stored.
        already: How many had been stored by an earlier import of the same name.
        rejected: Why others were not.
    """

    records: int = 0
    already: int = 0
    rejected: tuple[Rejected, ...] = ()

    def __add__(self, other: Entered) -> Entered:
        return Entered(
            self.records + other.records,
            self.already + other.already,
            self.rejected + other.rejected,
        )


class Intake(Protocol):
    """Takes rows in, and enters them into the store."""

    @property
    def block(self) -> int:
        """How many rows make a batch."""
        ...

    @property
    def waiting(self) -> int:
        """How many rows wait to be stored."""
        ...

    def take(self, chunk: Chunk) -> list[Rejected]:
        """Read rows; keep the good ones waiting, say what is wrong with the others."""
        ...

    def digest(self) -> str:
        """Return the mark of the rows that wait: the same rows have the same mark."""
        ...

    def settle(self) -> Entered:
        """Leave out what the store would refuse."""
        ...

    def enter(self, block: ImportedBlock, *, whole: bool) -> Entered:
        """Store what waits as one block; `whole`: all of it, or nothing."""
        ...


def unread(chunk: Chunk) -> list[Rejected]:
    return [Rejected(one.row, WHOLE_ROW, one.value, one.reason) for one in chunk.unread]
