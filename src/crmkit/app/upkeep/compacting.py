"""Old versions let go: who changed what, and when, is kept; what it then said is not.

Law: the present state, every version that a reader of the feed has still to see, and every version
within the retention stay whole.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, cast

import attrs

from crmkit.app.following import CURSOR_CODEC
from crmkit.app.progress import ticking
from crmkit.errors import InvalidValueError, StorageError
from crmkit.storage import Position, Query, Store, TendedStore, journal


_NOTHING: Final = timedelta(0)


@attrs.frozen(kw_only=True)
class Retention:
    """For how long, and of how many versions, the content is kept.

    Attributes:
        keep_for: What a record said at any moment within this time can still be read.
        keep_last: How many versions of each record stay whole at least, the present one included.

    Raises:
        InvalidValueError: If the time is negative, or the number below 1.

    Examples:
        >>> Retention(keep_for=timedelta(days=730)).keep_last
        1
    """

    keep_for: timedelta
    keep_last: int = 1

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.keep_for, timedelta) or self.keep_for < _NOTHING:
            rule = "must be a timedelta that is not negative"
            raise InvalidValueError("keep_for", self.keep_for, rule)
        if type(self.keep_last) is not int or self.keep_last < 1:
            raise InvalidValueError("keep_last", self.keep_last, "must be 1 or more")


@attrs.frozen(kw_only=True)
class Compacted:
    """What compaction let go.

    Attributes:
        records: How many records lost versions.
        versions: How many versions lost their content.

    Examples:
        >>> Compacted(records=1, versions=19)
        Compacted(records=1, versions=19)
    """

    records: int
    versions: int


def compact(
    store: Store, retention: Retention, now: datetime, *, progress: bool | None = None
) -> Compacted:
    """Let go of old versions; as `crm.upkeep.compact`.

    Raises:
        StorageError: If the store cannot, or failed; a repeated call goes on.
    """
    if not isinstance(retention, Retention):
        way_out = "write Retention(keep_for=timedelta(days=730))"
        raise InvalidValueError("retention", retention, "must be a Retention", way_out)
    tended = tending(store)
    kept_from = now - retention.keep_for
    wanted: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], int] = {}
    for line in journal(store):
        place = line.kind, line.id
        last[place] = line.version
        if line.at <= kept_from:
            wanted[place] = line.version
    unseen = _unseen(store)
    records = gone = 0
    with ticking("compact", " records", len(wanted), shown=progress) as tick:
        for place, version in wanted.items():
            newest = last[place] - retention.keep_last + 1
            before = min(version, newest, unseen.get(place, version))
            forgotten = tended.forget(*place, before) if before > 1 else 0
            records, gone = records + (forgotten > 0), gone + forgotten
            tick(1)
    return Compacted(records=records, versions=gone)


def tending(store: Store) -> TendedStore:
    """Return a store as one that can let go of values.

    Raises:
        StorageError: If it cannot.
    """
    if hasattr(store, "forget") and hasattr(store, "blank"):
        return cast("TendedStore", store)
    problem = "it cannot let go of values: it has no forget and no blank"
    raise StorageError(type(store).__name__, problem, "give it both: crmkit.storage.TendedStore")


def _unseen(store: Store) -> dict[tuple[str, str], int]:
    """Return the lowest version of each record that some reader has still to see."""
    lowest: dict[tuple[str, str], int] = {}
    query = Query(CURSOR_CODEC.kind, limit=1000)
    while page := store.find(query):
        for record in page:
            cursor = CURSOR_CODEC.decode(record.data, record.schema)
            for line in journal(store, kind=cursor.kind, after=Position(cursor.position)):
                place = line.kind, line.id
                if line.kind != CURSOR_CODEC.kind:
                    lowest[place] = min(lowest.get(place, line.version), line.version)
        query = query.next(page[-1].id, page[-1].id)
    return lowest
