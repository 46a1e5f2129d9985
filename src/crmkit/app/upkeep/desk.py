"""The desk at which a store is kept in order."""

from __future__ import annotations

from os import PathLike
from typing import Any, Protocol

from crmkit.app.desk import Office
from crmkit.app.stored import STORED
from crmkit.errors import StorageError
from crmkit.kernel import known_name
from crmkit.storage import Store

from .compacting import Compacted, Retention, compact
from .erasing import Erasure, erase
from .rewriting import rewrite
from .verifying import Verification, verify


class Upkeep:
    """Keeping the store of a CRM in order; all but `put_back` while others go on working.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> print(crm.upkeep.verify())
        records: 1, versions: 1, flawed: 0
    """

    def __init__(self, office: Office, store: Store) -> None:
        self._office = office
        self._store = store

    def verify(self, *, progress: bool | None = None) -> Verification:
        """Check that state, journal and keys agree.

        For every record: its versions have no hole, its state is what its journal leads to, it can
        be read, and it is found by each of its keys. A SQLite file is checked for damage besides.
        Nothing is changed. Kinds of which some records still bear the keys of an earlier schema are
        told as `outdated`: `rewrite` brings them up to date.

        Args:
            progress: Whether a bar is drawn; None for where somebody can see it.

        Raises:
            StorageError: If the store cannot be read at all.
        """
        return verify(self._store, STORED, progress=progress)

    def rewrite(self, kind: str, *, progress: bool | None = None) -> int:
        """Bring every record of a kind to the newest schema, as a new version of it.

        Past versions, and deleted records, stay as they were written: they are read through the
        upcasters for ever.

        Args:
            kind: `customer`, `complaint`.
            progress: As for `verify`.

        Returns:
            How many were rewritten; 0 where all were of the newest schema.

        Raises:
            InvalidValueError: If there is no such kind.
            ConflictError: If somebody else changed a record each time it was tried.

        Examples:
            >>> import crmkit
            >>> crmkit.open(actor="ann").upkeep.rewrite("customer")
            0
        """
        codec = STORED[known_name(kind, STORED, "kind")]
        return rewrite(self._office, self._store, codec, progress=progress)

    def compact(self, retention: Retention, *, progress: bool | None = None) -> Compacted:
        """Let go of what old versions said; that they were, by whom and when, is kept.

        What a record said at any moment within the retention can still be read, and a reader of the
        feed whose place is in the store still finds whole what it has not yet seen.

        Args:
            retention: For how long, and of how many versions, the content is kept.
            progress: As for `verify`.

        Raises:
            StorageError: If the store cannot let go, or failed; a repeated call goes on.

        Examples:
            >>> import crmkit
            >>> from datetime import timedelta
            >>> from crmkit.app import Retention
            >>> crm = crmkit.open(actor="ann")
            >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
            >>> li = crm.customers.change("C-7", name="Li Na")
            >>> crm.upkeep.compact(Retention(keep_for=timedelta(0)))
            Compacted(records=1, versions=1)
            >>> crm.history.of("C-7")[0].activity.label()
            'Content removed'
        """
        return compact(self._store, retention, self._office.now(), progress=progress)

    def erase(self, customer: str) -> Erasure:
        """Take a customer's personal values out of everything, for good; the same as `crm.erase`.

        Args:
            customer: Whose values.

        Raises:
            NotFoundError: If nothing is known of the customer.
            StorageError: If the store cannot let go of values, failed, or still holds one.
        """
        return erase(self._office, self._store, customer)

    def back_up(self, path: str | PathLike[str]) -> None:
        """Write the whole store, as it is at one moment, into a new file.

        Only a SQLite store can; any other is copied by `crmkit.copy`.

        Args:
            path: Where to; `crmkit.open("sqlite:///…")` opens it.

        Raises:
            StorageError: If the file exists, or cannot be written.
        """
        _backed(self._store).back_up(path)

    def put_back(self, path: str | PathLike[str]) -> None:
        """Make the store what a backup holds: all that was saved since is gone.

        Args:
            path: A file that `back_up` wrote.

        Raises:
            StorageError: If it is no backup, or damaged; the store stays as it is.
        """
        _backed(self._store).put_back(path)


class _Backed(Protocol):
    def back_up(self, path: str | PathLike[str]) -> None: ...

    def put_back(self, path: str | PathLike[str]) -> None: ...


def _backed(store: Any) -> _Backed:
    if hasattr(store, "back_up") and hasattr(store, "put_back"):
        backed: _Backed = store
        return backed
    name = type(store).__name__
    raise StorageError(name, "it has no backup of its own", "copy it: crmkit.copy(source, target)")
