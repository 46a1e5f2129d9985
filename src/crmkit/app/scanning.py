"""Facts of a table, from whatever a store knows of it.

Law: a table may have grown since its rows were stored. A column that the store has never met is
empty in all of them: nothing is rewritten, and reading writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final, TypeAlias

from crmkit.errors import InvalidValueError
from crmkit.kernel import FactTable, Scalar
from crmkit.storage import FactSource, Where, holds


Block: TypeAlias = Mapping[str, Sequence[Scalar]]
"""Rows, column by column."""

_BLOCK: Final = 100_000


def stored_blocks(
    store: FactSource,
    table: FactTable,
    wanted: Sequence[str],
    *,
    where: Collection[Where] = (),
    block: int = _BLOCK,
) -> Iterator[Block]:
    """Yield the facts of a table in blocks, as `FactSource.scan` does.

    Args:
        store: Where they are.
        table: Of which they are; it names every column that is asked for.
        wanted: The columns wanted, at least one.
        where: Conditions, all of which must hold.
        block: How many rows at most are yielded at once.

    Raises:
        InvalidValueError: If an argument is unfit.
    """
    absent: set[str] = set()
    while True:
        held = [one for one in where if one[0] not in absent]
        if not all(holds(one, {}) for one in where if one[0] in absent):
            return
        known = [name for name in wanted if name not in absent]
        # Of columns that are all absent, another one tells how many rows there are.
        asked = known or [next(name for name in table.names if name not in absent)]
        try:
            blocks = iter(store.scan(table.name, asked, where=held, block=block))
            # Some stores look at the columns only when the first block is asked for.
            first = [*islice(blocks, 1)]
        except InvalidValueError as error:
            if error.name != "column" or error.value not in {*table.names} - absent:
                raise
            absent.add(str(error.value))
            continue
        for rows in chain(first, blocks):
            empty = (None,) * len(rows[asked[0]])
            yield {name: rows.get(name, empty) for name in wanted}
        return
