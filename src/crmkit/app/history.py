"""Every version of every record: read it, put it back.

Law: restoring adds a version. History is never shortened, and no stage moves back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, overload

import attrs

from crmkit.complaints import COMPLAINT_CODEC
from crmkit.customers import CUSTOMER_CODEC
from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import Codec, instant, known_name
from crmkit.storage import Store, journal, versions

from .desk import Office


CODECS: Final[dict[str, Codec[Any]]] = {
    codec.kind: codec for codec in (COMPLAINT_CODEC, CUSTOMER_CODEC)
}
"""Every kind of record that the desks keep."""


@attrs.frozen(kw_only=True)
class Revision:
    """One version of one record.

    Attributes:
        version: 1 for the birth, one more for every change.
        at: When, in UTC.
        by: Who.
        batch: The batch that saved it.
        record: The record as it then was; None where it was deleted.
    """

    version: int
    at: datetime
    by: str
    batch: str
    record: Any


class RecordHistory(Sequence[Revision]):
    """Every version of one record, oldest first.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei", region="Shandong")
        >>> li = crm.customers.change("C-7", region="Beijing")
        >>> history = crm.history.of("C-7")
        >>> [revision.record.region for revision in history]
        ['Shandong', 'Beijing']
        >>> crm.history.of("C-7").restore(1).region
        'Shandong'
        >>> len(crm.history.of("C-7"))
        3
    """

    def __init__(self, office: Office, codec: Codec[Any], id: str, store: Store) -> None:
        self._office = office
        self._codec = codec
        self._id = id
        self._revisions = tuple(_revisions(codec, id, store))

    @property
    def kind(self) -> str:
        """The record's kind."""
        return self._codec.kind

    @overload
    def __getitem__(self, place: int) -> Revision: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Revision, ...]: ...
    def __getitem__(self, place: int | slice) -> Revision | tuple[Revision, ...]:
        return self._revisions[place]

    def __len__(self) -> int:
        return len(self._revisions)

    def version(self, version: int) -> Revision:
        """Return one version.

        Raises:
            InvalidValueError: If there is no such version.
        """
        if type(version) is not int or not 1 <= version <= len(self):
            raise InvalidValueError("version", version, f"must be from 1 to {len(self)}")
        return self._revisions[version - 1]

    def as_of(self, at: datetime) -> Any:
        """Return the record as it was at a moment: the last version saved at or before it.

        Raises:
            InvalidValueError: If `at` is naive.
            NotFoundError: If it was not there then: not yet born, or deleted.
        """
        moment = instant(at)
        past = [revision for revision in self._revisions if revision.at <= moment]
        record = past[-1].record if past else None
        if record is None:
            when = "deleted by" if past else "not yet there at"
            raise NotFoundError(self.kind, self._id, f"it was {when} {moment.isoformat()}")
        return record

    def restore(self, version: int) -> Any:
        """Put back what an earlier version said, as a new version; trail and stage go on.

        Returns:
            The record as it now is.

        Raises:
            InvalidValueError: If there is no such version, or it is a deletion.
            NotFoundError: If the record is deleted: undelete it first.
        """
        earlier = self.version(version).record
        if earlier is None:
            raise InvalidValueError("version", version, "is a deletion", "take an earlier one")
        office, codec = self._office, self._codec

        def put_back(record: Any) -> Any:
            return record.restore(office.actor, office.now(), earlier=earlier)

        return office.work(lambda unit: unit.put(codec, put_back(unit.get(codec, self._id))))

    def __repr__(self) -> str:
        return f"<{len(self)} versions of {self.kind} {self._id!r}>"


class History:
    """The history of the whole CRM."""

    def __init__(self, office: Office, store: Store) -> None:
        self._office = office
        self._store = store

    def of(self, id: str, *, kind: str | None = None) -> RecordHistory:
        """Return every version of one record, deleted ones included.

        Args:
            id: Which record.
            kind: Its kind: `customer`, `complaint`; needed only where records of two kinds have
                one id.

        Raises:
            NotFoundError: If there never was one.
            InvalidValueError: If records of two kinds have that id, or there is no such kind.
        """
        kinds = CODECS if kind is None else {known_name(kind, CODECS, "kind"): None}
        found = [each for each in kinds if self._store.entries(kind=each, id=id, limit=1)]
        if len(found) > 1:
            rule = f"is the id of a {' and of a '.join(found)}"
            raise InvalidValueError("id", id, rule, f"say which: kind={found[0]!r}")
        if not found:
            raise NotFoundError(kind or "record", id)
        return RecordHistory(self._office, CODECS[found[0]], id, self._store)


def _revisions(codec: Codec[Any], id: str, store: Store) -> Iterator[Revision]:
    for version in versions(journal(store, kind=codec.kind, id=id)):
        entry, data = version.entry, version.data
        yield Revision(
            version=entry.version,
            at=entry.at,
            by=entry.actor,
            batch=entry.batch,
            record=None if data is None else codec.decode(data, entry.schema),
        )
