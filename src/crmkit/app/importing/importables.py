"""What can be imported: which fields it has, which it needs, and what takes its rows in.

Law: rows become records by the records' own births, and facts by the columns' own rules.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import attrs

from crmkit.complaints import COMPLAINT_CODEC, Complaint, Goods
from crmkit.customers import CUSTOMER_CODEC, Address, Customer, CustomerTerms, PartyKind
from crmkit.errors import InvalidValueError
from crmkit.kernel import FactTable, FactType, decimals_of, named_zone
from crmkit.storage import Store

from .blocks import Entrance, Ledger
from .cells import CellReader, TextReader
from .fact_intake import FactIntake
from .intake import CURRENCY, Intake
from .parsing import check_time_format, read_day, read_text, read_time
from .record_intake import RecordIntake


_ADDRESS: Final = tuple(f"address_{part.name}" for part in attrs.fields(Address))

CUSTOMER_FIELDS: Final = (
    "id",
    "party",
    "name",
    "phone",
    "email",
    "type",
    "region",
    "industry",
    "size",
    "source",
    "owner",
    "since",
    *_ADDRESS,
)
"""The standard names of a customer's columns."""

_GOODS: Final = tuple(part.name for part in attrs.fields(Goods))

COMPLAINT_FIELDS: Final = (
    "id",
    "received_at",
    "customer_id",
    "about",
    "channel",
    "raised_by",
    "field",
    *_GOODS,
    "symptom",
    "concerned",
    "remedy_wanted",
    "immediate_action",
    "due_on",
)
"""The standard names of a complaint's columns."""


class Importable(Protocol):
    """Something that rows can be brought in as."""

    @property
    def of(self) -> str:
        """What it is called, for messages."""
        ...

    @property
    def known(self) -> Sequence[str]:
        """Its fields."""
        ...

    @property
    def needed(self) -> Collection[str]:
        """The fields for which the source must have a column."""
        ...

    def intake(self, chosen: Mapping[str, str]) -> Intake:
        """Return what takes its rows in.

        Raises:
            InvalidValueError: If the chosen columns cannot make one.
        """
        ...


class ImportedFacts:
    """Rows of a table of facts.

    Args:
        ledger: Where they are stored.
        table: Which table.
        timezone: Where times without a zone were told.
        currency: Of amounts that name none.
        time_format: How times are written.

    Raises:
        InvalidValueError: If an argument is unfit.
    """

    def __init__(
        self,
        ledger: Ledger,
        table: FactTable,
        *,
        timezone: str | None,
        currency: str | None = None,
        time_format: str | None,
    ) -> None:
        check_time_format(time_format)
        if currency is not None:
            decimals_of(currency)
        self._ledger = ledger
        self._table = table
        self._zone = None if timezone is None else named_zone(timezone)
        self._currency = currency
        self._time_format = time_format
        self.of = table.name
        self.known = table.names
        self.needed = {c.name for c in table.columns if c.required} - {CURRENCY}

    def intake(self, chosen: Mapping[str, str]) -> FactIntake:
        """Return what takes the rows in.

        Raises:
            InvalidValueError: If nobody says the currency, or no column can fill a row.
        """
        table = self._table
        money = any(column.type is FactType.MONEY for column in table.columns)
        if money and self._currency is None and CURRENCY not in chosen:
            rule = "must be told: no column of the source does"
            raise InvalidValueError(CURRENCY, None, rule, "give currency=, such as 'CNY'")
        if table.one_of and chosen.keys().isdisjoint(table.one_of):
            rule = "must have a column in the source, one of them at least"
            raise InvalidValueError(" and ".join(table.one_of), None, rule, "write columns={…}")
        return FactIntake(
            self._ledger,
            table,
            chosen,
            zone=self._zone,
            currency=self._currency,
            time_format=self._time_format,
        )


class ImportedCustomers:
    """Customers, each row a birth.

    Args:
        office: Where they are stored, and on whose behalf.
        store: Where ids may be taken.
        terms: The company's own types.
        party: What a row is that does not say.
        time_format: How days are written.

    Raises:
        InvalidValueError: If an argument is unfit.
    """

    of: Final = "customers"
    known: Final = CUSTOMER_FIELDS
    needed: Final = ("name",)

    def __init__(
        self,
        office: Entrance,
        store: Store,
        terms: CustomerTerms,
        *,
        party: PartyKind | str,
        time_format: str | None,
    ) -> None:
        check_time_format(time_format)
        self._office = office
        self._store = store
        self._ledger = Ledger(office, store)
        self._terms = terms
        self._party = PartyKind.of(party, "party")
        self._time_format = time_format

    def intake(self, chosen: Mapping[str, str]) -> RecordIntake[Customer]:
        """Return what takes the rows in."""
        written = self._time_format
        columns = _texts(self.known)
        columns["since"] = CellReader(lambda cell: read_day("since", cell, written))
        return RecordIntake(
            self._ledger,
            self._store,
            CUSTOMER_CODEC,
            columns,
            chosen,
            needed=self.needed,
            bear=self._bear,
            told={"party": self._party.value},
            stand_ins={"id": "-", "name": "-", "party": self._party.value},
        )

    def _bear(self, values: dict[str, Any]) -> Customer:
        office = self._office
        id = values.pop("id", None) or office.new_id()
        kind = PartyKind.of(values.pop("party"), "party")
        parts = {name: values.pop(name) for name in _ADDRESS if name in values}
        if parts:
            values["address"] = _address(parts)
        birth = Customer.person if kind is PartyKind.PERSON else Customer.organisation
        return birth(id, office.actor, office.now(), terms=self._terms, **values)


class ImportedComplaints:
    """Complaints, each row received as at the desk, at its own time.

    Args:
        office: Where they are stored, and on whose behalf.
        store: Where ids may be taken.
        timezone: Where times without a zone were told.
        time_format: How times are written.

    Raises:
        InvalidValueError: If an argument is unfit.
    """

    of: Final = "complaints"
    known: Final = COMPLAINT_FIELDS
    needed: Final = ("received_at", "customer_id", "about")

    def __init__(
        self, office: Entrance, store: Store, *, timezone: str | None, time_format: str | None
    ) -> None:
        check_time_format(time_format)
        self._office = office
        self._store = store
        self._ledger = Ledger(office, store)
        self._zone = None if timezone is None else named_zone(timezone)
        self._time_format = time_format

    def intake(self, chosen: Mapping[str, str]) -> RecordIntake[Complaint]:
        """Return what takes the rows in."""
        zone, written = self._zone, self._time_format
        columns = _texts(self.known)
        columns["received_at"] = CellReader(
            lambda cell: read_time("received_at", cell, zone, written)
        )
        columns["due_on"] = CellReader(lambda cell: read_day("due_on", cell, written))
        return RecordIntake(
            self._ledger,
            self._store,
            COMPLAINT_CODEC,
            columns,
            chosen,
            needed=self.needed,
            bear=self._bear,
            renamed={"customer": "customer_id"},
            stand_ins={
                "id": "-",
                "received_at": self._office.now(),
                "customer_id": "-",
                "about": "-",
            },
        )

    def _bear(self, values: dict[str, Any]) -> Complaint:
        office = self._office
        id = values.pop("id", None) or office.new_id()
        at: datetime = values.pop("received_at")
        customer = values.pop("customer_id")
        if goods := {name: values.pop(name) for name in _GOODS if name in values}:
            values["goods"] = Goods(**goods)
        if self._zone is not None:
            values["timezone"] = self._zone.key
        return Complaint.receive(id, office.actor, at, customer=customer, **values)


def _texts(fields: Sequence[str]) -> dict[str, CellReader]:
    return {field: TextReader(_reading(field)) for field in fields}


def _reading(field: str) -> Callable[[object], object]:
    return lambda cell: read_text(field, cell)


def _address(parts: Mapping[str, str]) -> Address:
    try:
        return Address(**{name.removeprefix("address_"): part for name, part in parts.items()})
    except InvalidValueError as error:
        # A customer has a region of his own: the message must not name that one.
        raise attrs.evolve(error, name=f"address_{error.name}") from None
