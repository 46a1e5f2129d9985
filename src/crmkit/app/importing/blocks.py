"""The blocks of an import, each stored once, with the mark of the rows it was made of.

Law: a block of a name that was used before is either made of the same rows, and stored already, or
it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import attrs

from crmkit.app.desk import Office
from crmkit.app.unit import UnitOfWork
from crmkit.errors import InvalidValueError
from crmkit.kernel import Codec
from crmkit.storage import Store


@attrs.frozen(kw_only=True)
class ImportedBlock:
    """One block of an import, kept beside what it brought in.

    Attributes:
        id: What came in, the name of the import and the block's number; its batch bears the same.
        rows: How many good rows it was made of.
        digest: The mark of these rows: 128 bits of BLAKE2b over what was read.

    Examples:
        >>> import crmkit, pandas
        >>> crm = crmkit.open(actor="ann")
        >>> _ = crm.subscribe(lambda saved: print(saved.changed[-1].record.rows))
        >>> people = pandas.DataFrame({"id": ["C-7"], "name": ["Li Wei"]})
        >>> result = crm.imports.customers(people, batch="march")
        1
    """

    id: str
    rows: int
    digest: str


IMPORT_CODEC: Final = Codec("import", ImportedBlock)
"""Kind `import`."""


class Entrance(Office, Protocol):
    """An office that stores a batch under a name."""

    def enter(self, batch: str, act: Callable[[UnitOfWork], object]) -> bool:
        """Save what `act` does as the batch of that id; False where there was one before."""
        ...


class Ledger:
    """Which blocks were stored, and of which rows.

    Args:
        office: Where batches are stored, and on whose behalf.
        store: Where it is asked what was stored before.
    """

    def __init__(self, office: Entrance, store: Store) -> None:
        self._office = office
        self._store = store

    def has(self, block: ImportedBlock) -> bool:
        """Return whether a block was stored before.

        Raises:
            InvalidValueError: If one of its name was, made of other rows.
        """
        past = self._store.load(IMPORT_CODEC.kind, [block.id]).get(block.id)
        if past is None:
            return False
        if IMPORT_CODEC.decode(past.data, past.schema) != block:
            name = block.id.rpartition("/")[0].partition("/")[2]
            rule = "is the name of an earlier import, of other rows"
            raise InvalidValueError("batch", name, rule, "give this one a name of its own")
        return True

    def enter(self, block: ImportedBlock, act: Callable[[UnitOfWork], object]) -> bool:
        """Store a block; return False where somebody else was quicker.

        Raises:
            InvalidValueError: If he stored other rows, or no import, under its name.
            ConflictError: If somebody else saved one of the records first; nothing is saved.
        """

        def both(unit: UnitOfWork) -> None:
            act(unit)
            unit.add(IMPORT_CODEC, block)

        if self._office.enter(block.id, both):
            return True
        if self.has(block):
            return False
        rule = "is the id of a batch that is no import"
        raise InvalidValueError("batch", block.id, rule, "give the import another name")
