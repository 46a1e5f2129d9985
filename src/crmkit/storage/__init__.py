"""Where it is kept: the port of six verbs, a store in memory, a store in one SQLite file.

Law: stores know no subdomain; they keep bytes, keys and rows, and never lose or repeat a batch.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .batch import (
        START as START,
        Batch as Batch,
        Change as Change,
        Entry as Entry,
        Position as Position,
        Record as Record,
        Rows as Rows,
    )
    from .changes import (
        Differences as Differences,
        apply as apply,
        redacted as redacted,
        told as told,
    )
    from .history import (
        Version as Version,
        content as content,
        journal as journal,
        last_line as last_line,
        versions as versions,
    )
    from .memory import MemoryStore as MemoryStore
    from .port import FactSource as FactSource, Store as Store, TendedStore as TendedStore
    from .positions import (
        check_given as check_given,
        number_of as number_of,
        position_of as position_of,
    )
    from .query import (
        Query as Query,
        Where as Where,
        check_count as check_count,
        check_known as check_known,
        checked_scan as checked_scan,
        holds as holds,
    )
    from .sqlite import SQLiteStore as SQLiteStore
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
