"""A desk does by id what a record does by itself: load, ask, save.

Law: no business rule lives here. A desk lists its record's verbs, and writes only births and
questions by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from inspect import Parameter, Signature, signature
from typing import (
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    Self,
    TypeVar,
    overload,
)

from crmkit.errors import InvalidValueError
from crmkit.kernel import Codec
from crmkit.storage import Query

from .asking import Asked, conditions
from .unit import Trailed, UnitOfWork


R = TypeVar("R", bound=Trailed)
P = ParamSpec("P")
T = TypeVar("T")


class Office(Protocol):
    """What a desk needs of the house it stands in: who acts, when, and a unit of work."""

    @property
    def actor(self) -> str: ...

    def now(self) -> datetime: ...

    def new_id(self) -> str: ...

    def work(self, act: Callable[[UnitOfWork], T]) -> T:
        """Let `act` read and write; save what it did."""
        ...

    def look(self, act: Callable[[UnitOfWork], T]) -> T:
        """Let `act` read."""
        ...


class verb(Generic[R, P]):  # noqa: N801  # read as a keyword
    """A record's verb offered by its desk: an id for the record; who and when are filled in.

    Args:
        act: The verb.
        of: The record, where its verb is one that it shares with others: there the verb itself does
            not say which.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> complaint = crm.complaints.receive(customer="C-7", about="compressor rattles")
        >>> crm.complaints.acknowledge(complaint.id).stage.label()
        'Acknowledged'
    """

    def __init__(
        self, act: Callable[Concatenate[R, str, datetime, P], R], *, of: type[R] | None = None
    ) -> None:
        self.act = act
        self.__doc__ = act.__doc__

    @overload
    def __get__(self, desk: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(self, desk: Desk[R], owner: type[object]) -> Callable[Concatenate[str, P], R]: ...
    def __get__(
        self, desk: Desk[R] | None, owner: type[object]
    ) -> Self | Callable[Concatenate[str, P], R]:
        if desk is None:
            return self
        act = self.act

        def method(id: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
            return desk._act(id, lambda record, by, at: act(record, by, at, *args, **kwargs))

        method.__name__, method.__doc__ = act.__name__, act.__doc__
        method.__dict__["__signature__"] = self.signature
        return method

    @cached_property
    def signature(self) -> Signature:
        """The arguments a caller sees: id, then what the record's verb takes after who and when."""
        record, _by, _at, *rest = signature(self.act).parameters.values()
        # Where the verb itself takes an id, that of the record goes by another name.
        name = "record" if any(one.name == "id" for one in rest) else "id"
        id = Parameter(name, Parameter.POSITIONAL_ONLY, annotation=str)
        return Signature([id, *rest], return_annotation=record.annotation)


class Desk(Generic[R]):
    """One kind of record, in one store, on behalf of one actor.

    Examples:
        >>> import crmkit
        >>> desk = crmkit.open(actor="ann").customers
        >>> li = desk.add_person(id="C-7", name="Li Wei")
        >>> desk.delete("C-7")
        >>> desk.get("C-7")
        Traceback (most recent call last):
        crmkit.errors.NotFoundError: there is no customer 'C-7'; it was deleted: undelete it first
        >>> desk.undelete("C-7") == li == desk.get("C-7")
        True
    """

    def __init__(self, office: Office, codec: Codec[R]) -> None:
        self._office = office
        self._codec = codec

    def get(self, id: str) -> R:
        """Return a record as it now stands.

        Raises:
            NotFoundError: If there is none, or it was deleted.
        """
        return self._office.look(lambda unit: unit.get(self._codec, id))

    def find(
        self,
        /,
        *where: Asked,
        order_by: str = "id",
        after: R | None = None,
        limit: int = 100,
        **equal: object,
    ) -> tuple[R, ...]:
        """Return one page of the records that meet every condition, in total order.

        Args:
            where: Conditions: key, operator (`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`), value.
            order_by: The key to sort by, ascending; equal values by id.
            after: The last record of the page before; None for the first page.
            limit: How many at most.
            equal: Keys that must have these values: `stage="received"`.

        Raises:
            InvalidValueError: If there is no such key, with the nearest that is, or `after` is no
                record of this desk.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> li = crm.customers.add_person(name="Li Wei", region="Shandong")
            >>> crm.customers.find(region="Shandong") == (li,)
            True
            >>> crm.customers.find(regoin="Shandong")
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: key is 'regoin': it is no key of customer; did you\
 mean 'region'?
        """
        query = Query(
            self._codec.kind,
            where=conditions(where, equal, self._codec.asked_value),
            order_by=self._codec.checked_key(order_by),
            after=None if after is None else self._place(after, order_by),
            limit=limit,
        )
        return self._office.look(lambda unit: unit.find(self._codec, query))

    def each(self, /, *where: Asked, order_by: str = "id", **equal: object) -> Iterator[R]:
        """Yield every record that meets the conditions, page by page.

        Arguments, order and errors as for `find`.
        """
        for page in self._pages(*where, order_by=order_by, **equal):
            yield from page

    def delete(self, id: str) -> None:
        """Delete a record; its history stays, and `undelete` brings it back.

        Raises:
            NotFoundError: If there is none.
        """
        self._office.work(lambda unit: unit.remove(self._codec, id))

    def undelete(self, id: str) -> R:
        """Bring a deleted record back as it last was.

        Raises:
            NotFoundError: If there never was one, or what it last said was let go.
            InvalidValueError: If it is not deleted.
        """
        return self._office.work(lambda unit: unit.revive(self._codec, id))

    def _bear(self, id: str | None, birth: Callable[[str, str, datetime], R]) -> R:
        """Make a record with an id, given or new, and save it."""
        office = self._office
        record = birth(office.new_id() if id is None else id, office.actor, office.now())
        return office.work(lambda unit: unit.add(self._codec, record))

    def _act(self, id: str, act: Callable[[R, str, datetime], R]) -> R:
        """Load a record, ask it, save what it answers."""
        office, codec = self._office, self._codec

        def done(unit: UnitOfWork) -> R:
            before = unit.get(codec, id)
            after = act(before, office.actor, office.now())
            # What changes nothing is no new version.
            return after if after is before else unit.put(codec, after)

        return office.work(done)

    def _pages(
        self, /, *where: Asked, order_by: str = "id", **equal: object
    ) -> Iterator[tuple[R, ...]]:
        """Yield every page of what meets the conditions."""
        last: R | None = None
        while page := self.find(*where, order_by=order_by, after=last, limit=1000, **equal):
            yield page
            last = page[-1]

    def _place(self, record: R, order_by: str) -> tuple[str | int | float | None, str]:
        if not isinstance(record, self._codec.record):
            rule = "must be the last record of the page before"
            raise InvalidValueError("after", record, rule)
        keys = {**self._codec.key_values(record), "id": record.id}
        return keys[order_by], record.id
