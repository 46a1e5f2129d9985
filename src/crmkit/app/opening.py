"""Opening a CRM by the address of its store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from crmkit import cases, complaints, lifecycle, storage
from crmkit.errors import InvalidValueError, StorageError
from crmkit.kernel import Clock

from .crm import CRM


_MEMORY: Final = "memory:"
_SQLITE: Final = "sqlite:///"


def open(
    url: str = _MEMORY,
    *,
    actor: str | None = None,
    clock: Clock | None = None,
    durable: bool = True,
    retry: timedelta | None = None,
    complaint_terms: complaints.ComplaintTerms | None = None,
    inquiry_terms: cases.InquiryTerms | None = None,
    lifecycles: Iterable[lifecycle.Lifecycle] = (),
) -> CRM:
    """Open a CRM.

    Args:
        url: `memory:` for one that is gone when the program ends; `sqlite:///crm.db` for a file
            beside you, `sqlite:////var/lib/crm.db` for a file anywhere. It is made where there is
            none.
        actor: Who acts, unless a call says otherwise; `anonymous` where nobody is named.
        clock: What tells the time; this machine's clock where none is given.
        durable: Whether a commit survives a power cut the moment it returns. False is faster:
            such a cut may lose the last commits, and never half of one.
        retry: How long a desk verb that meets a conflict is run again; None for three times.
        complaint_terms: What recurs, what is major, who is called and what is owed; None for
            `crmkit.complaints.COMPLAINT_TERMS`.
        inquiry_terms: Who is called after an answer; None for `crmkit.cases.INQUIRY_TERMS`.
        lifecycles: The company's own, each in the place of a bundled one where it has its name.

    Raises:
        InvalidValueError: If the address is of no store.
        StorageError: If the file cannot be opened, or is no database of crmkit.

    Examples:
        >>> with open(actor="ann") as crm:
        ...     crm.complaints.receive(customer="C-7", about="compressor rattles").stage.label()
        'Received'
        >>> open("postgres://crm")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: url is 'postgres://crm': it is the address of no store;\
 write 'memory:' or 'sqlite:///crm.db'
    """
    store = store_at(url, durable=durable)
    return CRM(
        store,
        actor=actor,
        clock=clock,
        retry=retry,
        complaint_terms=complaint_terms,
        inquiry_terms=inquiry_terms,
        lifecycles=lifecycles,
    )


def store_at(
    place: str | storage.Store, *, durable: bool = True, must_exist: bool = False
) -> storage.Store:
    """Return the store at an address; a store itself as it is.

    Args:
        place: The address, or the store.
        durable: As for `open`.
        must_exist: Whether a file that is not there is refused, and not made.

    Raises:
        InvalidValueError: If the address is of no store.
        StorageError: If the file cannot be opened, or is no database of crmkit.
    """
    if type(durable) is not bool:
        raise InvalidValueError("durable", durable, "must be True or False")
    if place == _MEMORY:
        return storage.MemoryStore()
    if not isinstance(place, str) and hasattr(place, "commit"):
        return place
    path = place.removeprefix(_SQLITE) if isinstance(place, str) else ""
    if path == place or not path:
        way_out = "write 'memory:' or 'sqlite:///crm.db'"
        raise InvalidValueError("url", place, "is the address of no store", way_out)
    if must_exist and not Path(path).exists():
        raise StorageError(path, "there is no such file", "name one that is there")
    return storage.SQLiteStore(path, durable=durable)
