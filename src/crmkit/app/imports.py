"""Files and frames brought into the store."""

from __future__ import annotations

import attrs

from .desk import Office


@attrs.frozen
class Rejected:
    """One row that was refused."""

    row: int
    field: str
    value: object
    reason: str


@attrs.frozen
class Imported:
    """What an import did."""

    records: int
    rejected: tuple[Rejected, ...]


class Imports:
    """Files and frames brought into the store."""

    def __init__(self, office: Office) -> None:
        self._office = office
