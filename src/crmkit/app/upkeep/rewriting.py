"""Records of an earlier schema brought to the newest, on disk.

Law: a rewritten record says what it said; its past versions stay as they were written.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from crmkit.app.desk import Office
from crmkit.app.progress import ticking
from crmkit.app.unit import UnitOfWork
from crmkit.kernel import Codec
from crmkit.storage import Query, Store


_BLOCK = 200


def rewrite(
    office: Office, store: Store, codec: Codec[Any], *, progress: bool | None = None
) -> int:
    """Bring every record of a kind to its codec's schema; as `crm.upkeep.rewrite`.

    Returns:
        How many were rewritten.
    """
    query, count = Query(codec.kind, limit=_BLOCK), 0
    with ticking(f"rewrite {codec.kind}", " records", None, shown=progress) as tick:
        while page := store.find(query):
            old = [record.id for record in page if record.schema < codec.schema]
            if old:
                count += office.work(partial(_rewritten, codec, old))
            tick(len(page))
            query = query.next(page[-1].id, page[-1].id)
    return count


def _rewritten(codec: Codec[Any], ids: Sequence[str], unit: UnitOfWork) -> int:
    present = [record for id in ids if (record := unit.peek(codec, id)) is not None]
    for record in present:
        # What keeps a trail is not dated before its last version, as everywhere.
        (unit.put if hasattr(record, "trail") else unit.replace)(codec, record)
    return len(present)
