"""Every version of every record: read it, put it back.

Law: restoring adds a version. History is never shortened, and no stage moves back; what is personal
is taken out of all of it, on request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic, Literal, TypeVar, overload

import attrs

from crmkit.cases import Inquiry
from crmkit.complaints import Complaint, CorrectiveAction, Emergency, ProductRequest, Recall
from crmkit.customers import Customer
from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import Codec, asked_id, instant, known_name
from crmkit.lifecycle import Journey
from crmkit.loyalty import PointsAccount
from crmkit.satisfaction import Improvement
from crmkit.storage import Store, content, journal
from crmkit.value import ClassMembership, ClassTarget, LifetimeValue

from .activity import Activity, activity_of
from .desk import Office
from .kinds import CODECS, Restorable
from .unit import Identified, UnitOfWork, check_time


K = TypeVar("K", bound=Restorable)
R_co = TypeVar("R_co", bound=Identified, covariant=True)

_WHY: Final[Mapping[Activity | None, str]] = {
    None: "it was not yet there at {}",
    Activity.FORGOTTEN: "what it said at {} was let go",
}


@attrs.frozen(kw_only=True)
class Revision(Generic[R_co]):
    """One version of one record.

    Attributes:
        version: 1 for the birth, one more for every change.
        at: When, in UTC.
        by: Who.
        batch: The batch that saved it.
        activity: What it did: born, changed, restored, deleted, undeleted; or that its content was
            let go. A complaint that was restored is changed: no step on its trail says that it was
            restored.
        record: The record as it then was; None where it was deleted, or its content let go.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> crm.acting(by="bob").customers.delete("C-7")
        >>> last = crm.history.of("C-7")[-1]
        >>> last.version, last.by, last.activity.label(), last.record
        (2, 'bob', 'Deleted', None)
    """

    version: int
    at: datetime
    by: str
    batch: str
    activity: Activity
    record: R_co | None


class RecordHistory(Sequence[Revision[K]]):
    """Every version of one record, oldest first.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei", region="Shandong")
        >>> li = crm.customers.change("C-7", region="Beijing")
        >>> history = crm.history.of("C-7", kind="customer")
        >>> [revision.record.region for revision in history]
        ['Shandong', 'Beijing']
        >>> crm.history.of("C-7").restore(1).region
        'Shandong'
        >>> len(crm.history.of("C-7"))
        3
    """

    def __init__(self, office: Office, codec: Codec[K], id: str, store: Store) -> None:
        self._office = office
        self._codec = codec
        self._id = id
        self._store = store
        self._read()

    @property
    def kind(self) -> str:
        """The record's kind."""
        return self._codec.kind

    @overload
    def __getitem__(self, place: int) -> Revision[K]: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Revision[K], ...]: ...
    def __getitem__(self, place: int | slice) -> Revision[K] | tuple[Revision[K], ...]:
        found = range(len(self))[place]
        if isinstance(found, range):
            return tuple(map(self._revision, found))
        return self._revision(found)

    def __len__(self) -> int:
        return len(self._lines)

    def version(self, version: int) -> Revision[K]:
        """Return one version.

        Raises:
            InvalidValueError: If there is no such version.
        """
        if type(version) is not int or not 1 <= version <= len(self):
            raise InvalidValueError("version", version, f"must be from 1 to {len(self)}")
        return self[version - 1]

    def as_of(self, at: datetime) -> K:
        """Return the record as it was at a moment: the last version saved at or before it.

        Raises:
            InvalidValueError: If `at` is naive.
            NotFoundError: If it was not there then: not yet born, or deleted; or what it then said
                was let go.
        """
        moment = instant(at)
        past = [place for place, line in enumerate(self._lines) if line.at <= moment]
        record = self[past[-1]].record if past else None
        if record is None:
            last = self._activity(past[-1]) if past else None
            why = _WHY.get(last, "it was deleted by {}").format(moment.isoformat())
            raise NotFoundError(self.kind, self._id, why)
        return record

    def restore(self, version: int) -> K:
        """Put back what an earlier version said, as a new version; trail and stage go on.

        Returns:
            The record as it now is.

        Raises:
            InvalidValueError: If there is no such version, it is a deletion, its content was let
                go, or the record was last changed later than now.
            NotFoundError: If the record is deleted: undelete it first.
        """
        office, codec = self._office, self._codec

        def put_back(unit: UnitOfWork) -> K:
            record = unit.get(codec, self._id)
            # Read after the record, and anew: what was taken out since must not come back.
            earlier = RecordHistory(office, codec, self._id, self._store)._restorable(version)
            return unit.put(codec, record.restore(office.actor, office.now(), earlier=earlier))

        self._restorable(version)  # a version that is none is refused before a record that is none
        return office.work(put_back)

    def redact(self, /, *fields: str) -> int:
        """Take personal values out of the record and of every version of it, for good.

        They then read as `crmkit.kernel.REDACTED` where they are text, else as if never given. It
        is done at once, and no transaction undoes it; the record gains a version, so that nobody
        saves what he read before.

        Args:
            fields: Which; at least one. Only a field that is marked personal can be taken out: what
                makes the record what it is, such as its id and its trail, never is.

        Returns:
            How many versions held one of them.

        Raises:
            InvalidValueError: If a field is not marked personal, none is named, or the record was
                last changed later than now.
            StorageError: If the store failed, or could not yet wipe what it took out.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> li = crm.customers.add_person(id="C-7", name="Li Wei", region="Shandong")
            >>> crm.history.of("C-7").redact("name")
            1
            >>> crm.customers.get("C-7").name
            'REDACTED'
            >>> crm.history.of("C-7").redact("trail")
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: field is 'trail': it is no personal field of customer;\
 name any of address, behaviour, contacts, demographics, email, finances, name, phone, trail.note
        """
        personal = self._codec.personal
        named = ", ".join(sorted(personal))
        way_out = f"name any of {named}" if personal else "none of its fields is marked personal"
        for field in fields:
            if field not in personal:
                rule = f"is no personal field of {self.kind}"
                raise InvalidValueError("field", field, rule, way_out)
        if not fields:
            raise InvalidValueError("fields", fields, "must name at least one field", way_out)
        store, codec, id = self._store, self._codec, self._id
        check_time(self._lines[-1], self._office.now())
        count = store.redact(codec.kind, id, fields)
        if count:
            # Who read the values before, and would save them now, meets a conflict; who saved them
            # meanwhile is redacted, too.
            self._office.work(lambda unit: unit.renew(codec, id))
            count += store.redact(codec.kind, id, fields)
            self._read()
        return count

    def _restorable(self, version: int) -> K:
        """Return what a version said.

        Raises:
            InvalidValueError: If there is no such version, or it says nothing.
        """
        record = self.version(version).record
        if record is None:
            forgotten = self._activity(version - 1) is Activity.FORGOTTEN
            rule = "is one whose content was let go" if forgotten else "is a deletion"
            raise InvalidValueError("version", version, rule, "take another one")
        return record

    def _activity(self, place: int) -> Activity:
        return activity_of(self._lines[place], self._lines[place - 1] if place else None)

    def _read(self) -> None:
        self._lines = tuple(journal(self._store, kind=self._codec.kind, id=self._id))

    def _revision(self, place: int) -> Revision[K]:
        """Read one version: it is done when somebody asks for it."""
        line, data = self._lines[place], content(self._lines[: place + 1])
        return Revision(
            version=line.version,
            at=line.at,
            by=line.actor,
            batch=line.batch,
            activity=self._activity(place),
            record=None if data is None else self._codec.decode(data, line.schema),
        )

    def __repr__(self) -> str:
        return f"<{len(self)} versions of {self.kind} {self._id!r}>"


class History:
    """The history of the whole CRM.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> crm.history.of("C-7")
        <1 versions of customer 'C-7'>
        >>> crm.history.of("C-8")
        Traceback (most recent call last):
        crmkit.errors.NotFoundError: there is no record 'C-8'
    """

    def __init__(self, office: Office, store: Store) -> None:
        self._office = office
        self._store = store

    @overload
    def of(self, id: str, *, kind: Literal["customer"]) -> RecordHistory[Customer]: ...
    @overload
    def of(self, id: str, *, kind: Literal["complaint"]) -> RecordHistory[Complaint]: ...
    @overload
    def of(
        self, id: str, *, kind: Literal["corrective_action"]
    ) -> RecordHistory[CorrectiveAction]: ...
    @overload
    def of(self, id: str, *, kind: Literal["emergency"]) -> RecordHistory[Emergency]: ...
    @overload
    def of(self, id: str, *, kind: Literal["improvement"]) -> RecordHistory[Improvement]: ...
    @overload
    def of(self, id: str, *, kind: Literal["inquiry"]) -> RecordHistory[Inquiry]: ...
    @overload
    def of(self, id: str, *, kind: Literal["product_request"]) -> RecordHistory[ProductRequest]: ...
    @overload
    def of(self, id: str, *, kind: Literal["recall"]) -> RecordHistory[Recall]: ...
    @overload
    def of(
        self, id: str, *, kind: Literal["class_membership"]
    ) -> RecordHistory[ClassMembership]: ...
    @overload
    def of(self, id: str, *, kind: Literal["journey"]) -> RecordHistory[Journey]: ...
    @overload
    def of(self, id: str, *, kind: Literal["points_account"]) -> RecordHistory[PointsAccount]: ...
    @overload
    def of(self, id: str, *, kind: Literal["class_target"]) -> RecordHistory[ClassTarget]: ...
    @overload
    def of(self, id: str, *, kind: Literal["lifetime_value"]) -> RecordHistory[LifetimeValue]: ...
    @overload
    def of(self, id: str, *, kind: str | None = None) -> RecordHistory[Restorable]: ...
    def of(self, id: str, *, kind: str | None = None) -> RecordHistory[Any]:
        """Return every version of one record, deleted ones included.

        Args:
            id: Which record.
            kind: Its kind: `customer`, `complaint`; needed only where records of two kinds have
                one id. A type checker that is told the kind knows the record's class.

        Raises:
            NotFoundError: If there never was one.
            InvalidValueError: If records of two kinds have that id, there is no such kind, or the
                id is no text.
        """
        kinds = CODECS if kind is None else {known_name(kind, CODECS, "kind"): None}
        asked_id(id)
        found = [each for each in kinds if self._store.entries(kind=each, id=id, limit=1)]
        if len(found) > 1:
            rule = f"is the id of a {' and of a '.join(found)}"
            raise InvalidValueError("id", id, rule, f"say which: kind={found[0]!r}")
        if not found:
            raise NotFoundError(kind or "record", id)
        return RecordHistory(self._office, CODECS[found[0]], id, self._store)
