"""Facts: immutable rows in bulk, without versions, each table declared once.

Law: a table says what its columns mean, how they are stored, which of them a row must fill, and
what one of them forbids another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

import attrs

from crmkit.errors import InvalidValueError

from .clock import from_micros
from .ids import checked_id
from .labels import Labelled, Text
from .money import Money
from .nearest import did_you_mean
from .scalars import Scalar, checked_name, key_value, known_name


class FactType(Labelled):
    """What a column of a fact table holds, and how a store keeps it."""

    ID = "id", "Id", "编码"
    TEXT = "text", "Text", "文本"
    TIME = "time", "Instant", "时刻"
    MONEY = "money", "Money", "金额"
    WHOLE = "whole", "Whole number", "整数"
    NUMBER = "number", "Number", "数值"


@attrs.frozen
class FactColumn:
    """One column of a fact table.

    Attributes:
        name: Its standard name, in stores, frames and files alike.
        type: What it holds. Instants are stored as microseconds since 1970 in UTC, money as whole
            smallest coins, with the currency in the column `currency` of the same row.
        says: What it means.
        required: Whether every row must fill it.
        low: Smallest number allowed, as stored; None for no limit.
        high: Largest number allowed, as stored; None for no limit.
        personal: Whether it holds personal values, which are taken out on request.
        allowed: The only texts that it may hold; empty for any.
        implied: Which of the allowed an empty cell stands for. It is stored as empty, so that rows
            from before the column say the same as rows since.

    Examples:
        >>> said = Text("How satisfied, 1 to 5", "满意程度（1至5）")
        >>> satisfied = FactColumn("satisfied", FactType.WHOLE, said, low=1, high=5)
        >>> satisfied.store(4), satisfied.store(None)
        (4, None)
        >>> satisfied.store(6)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: satisfied is 6: it must be at most 5
    """

    name: str
    type: FactType
    says: Text
    required: bool = attrs.field(default=False, kw_only=True)
    low: float | None = attrs.field(default=None, kw_only=True)
    high: float | None = attrs.field(default=None, kw_only=True)
    personal: bool = attrs.field(default=False, kw_only=True)
    allowed: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    implied: str | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (self.allowed or self.implied) and self.implied not in self.allowed:
            raise InvalidValueError("implied", self.implied, "must be one of the allowed texts")
        if self.personal and self.required:
            rule = "must not be required: it could not be taken out"
            raise InvalidValueError("personal", self.name, rule)

    def store(self, value: object) -> Scalar:
        """Return a value as the store keeps it.

        Raises:
            InvalidValueError: If the column cannot hold it.
        """
        if self.allowed:
            return self._allowed(value)
        blank = isinstance(value, str) and not (value.strip() if self.required else value)
        if value is None or blank:
            if self.required:
                raise InvalidValueError(self.name, value, "must not be empty")
            return None
        expected = _TAKES[self.type]
        if not isinstance(value, expected) or isinstance(value, bool):
            raise InvalidValueError(self.name, value, f"must be {_NAMED[self.type]}")
        if self.type is FactType.ID and isinstance(value, str):
            checked_id(value, self.name)
        stored = key_value(value, self.name)
        if self.low is not None and isinstance(stored, int | float) and stored < self.low:
            raise InvalidValueError(self.name, value, f"must be at least {self.low:g}")
        if self.high is not None and isinstance(stored, int | float) and stored > self.high:
            raise InvalidValueError(self.name, value, f"must be at most {self.high:g}")
        return stored

    def told(self, stored: Scalar) -> Scalar:
        """Return what a stored value says: an empty one what it stands for."""
        return self.implied if stored is None else stored

    def _allowed(self, value: object) -> Scalar:
        """Return one of the texts that the column may hold, the implied one as empty."""
        name = value.value if isinstance(value, Labelled) else value
        if name is None or name == "" or name == self.implied:
            return None
        if not isinstance(name, str):
            raise InvalidValueError(self.name, value, f"must be {_NAMED[self.type]}")
        return known_name(name, self.allowed, self.name)


_NAMED: Mapping[FactType, str] = {
    FactType.ID: "an id",
    FactType.TEXT: "text",
    FactType.TIME: "an instant: a datetime with a time zone",
    FactType.MONEY: "Money",
    FactType.WHOLE: "a whole number",
    FactType.NUMBER: "a number",
}
_TAKES: Mapping[FactType, type | tuple[type, ...]] = {
    FactType.ID: str,
    FactType.TEXT: str,
    FactType.TIME: datetime,
    FactType.MONEY: Money,
    FactType.WHOLE: int,
    FactType.NUMBER: (int, float),
}


@attrs.frozen(kw_only=True)
class FactLimit:
    """The largest number that a column may hold in rows of which another column says something.

    Attributes:
        column: Which column of numbers or money.
        where: The other column.
        says: What that says in the rows that are limited.
        high: The largest number, as stored.
        rule: What a row beyond it breaks, as the end of "it …".
        way_out: What to do instead.

    Examples:
        >>> limit = FactLimit(
        ...     column="amount", where="entry", says=("return",), high=0,
        ...     rule="must be 0 or negative in a return", way_out="write it with a minus",
        ... )
        >>> limit.forbids(500, "return"), limit.forbids(-500, "return"), limit.forbids(500, None)
        (True, False, False)
    """

    column: str
    where: str
    says: tuple[str, ...]
    high: float
    rule: str
    way_out: str = ""

    def forbids(self, number: object, said: object) -> bool:
        """Say whether a number, as stored, is beyond the limit of a row that says something."""
        return said in self.says and isinstance(number, int | float) and number > self.high

    def refusal(self, value: object) -> InvalidValueError:
        """Return the error of a row beyond it."""
        return InvalidValueError(self.column, value, self.rule, self.way_out)


@attrs.frozen
class FactTable:
    """One table of facts.

    Attributes:
        name: Its name in the store.
        columns: Its columns, in order.
        one_of: Names of which every row must fill at least one; empty for no such rule.
        limits: What one column forbids another.

    Raises:
        InvalidValueError: If a name is unfit or used twice, or money has no column `currency`.

    Examples:
        >>> from crmkit.orders import ORDERS
        >>> [column.name for column in ORDERS.columns if column.required]
        ['customer_id', 'ordered_at', 'amount', 'currency']
        >>> ORDERS.column("custmer_id")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: column is 'custmer_id': it is no column of orders; did you\
 mean 'customer_id'?
    """

    name: str
    columns: tuple[FactColumn, ...]
    one_of: tuple[str, ...] = ()
    limits: tuple[FactLimit, ...] = ()

    def __attrs_post_init__(self) -> None:
        names = [checked_name(column.name) for column in self.columns]
        if len(set(names)) < len(names):
            raise InvalidValueError("columns", tuple(names), "must have names used once")
        money = [column.name for column in self.columns if column.type is FactType.MONEY]
        if money and "currency" not in names:
            raise InvalidValueError("columns", tuple(names), "must have a column 'currency'")
        checked_name(self.name)
        for name in (
            *self.one_of,
            *(end for one in self.limits for end in (one.column, one.where)),
        ):
            self.column(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> FactColumn:
        """Return the column of a name.

        Raises:
            InvalidValueError: If there is none, with the nearest name that there is.
        """
        for column in self.columns:
            if column.name == name:
                return column
        rule = f"is no column of {self.name}"
        raise InvalidValueError("column", name, rule, did_you_mean(name, self.names))

    def asked_value(self, name: str, value: object) -> Scalar:
        """Return what a caller compares a column with, as the store keeps it; None for empty.

        Raises:
            InvalidValueError: If there is no such column, or it holds nothing of the kind.
        """
        column = self.column(name)
        if value is None:
            return None
        if column.allowed:
            return column.store(value)
        if not isinstance(value, _TAKES[column.type]) or isinstance(value, bool):
            raise InvalidValueError(name, value, f"must be {_NAMED[column.type]}")
        return key_value(value, name)

    def row(self, values: Mapping[str, object]) -> dict[str, Scalar]:
        """Return one row as the store keeps it; columns not named are empty.

        Money brings its own currency.

        Raises:
            InvalidValueError: If a name is unknown, a value does not fit its column, money is of
                two currencies, a required one is empty, or one forbids another.
        """
        told = {self.column(name).name: value for name, value in values.items()}
        for value in values.values():
            if isinstance(value, Money):
                currency = told.get("currency") or value.currency
                if currency != value.currency:
                    rule = f"must be {value.currency} like the amount"
                    raise InvalidValueError("currency", currency, rule)
                told["currency"] = currency
        row = {column.name: column.store(told.get(column.name)) for column in self.columns}
        if self.one_of and all(row[name] is None for name in self.one_of):
            raise self.unfilled
        for limit in self.limits:
            if limit.forbids(row[limit.column], row[limit.where]):
                raise limit.refusal(told[limit.column])
        return row

    @property
    def unfilled(self) -> InvalidValueError:
        """The error of a row that fills none of `one_of`."""
        return InvalidValueError(" and ".join(self.one_of), None, "must not all be empty")

    def restored(self, row: Mapping[str, Scalar]) -> dict[str, object]:
        """Return a stored row as the caller knows it: instants, Decimals, text and numbers.

        Raises:
            InvalidValueError: If a name is unknown, or money comes without its currency.
        """
        return dict(self._restored(row))

    def _restored(self, row: Mapping[str, Scalar]) -> Iterator[tuple[str, object]]:
        for name, value in row.items():
            kind = self.column(name).type
            if kind is FactType.TIME and isinstance(value, int):
                yield name, from_micros(value)
            elif kind is FactType.MONEY and isinstance(value, int):
                yield name, Money.from_minor(value, _currency(row)).amount
            else:
                yield name, self.column(name).told(value)


def amount_of(row: Mapping[str, object], name: str = "amount") -> Money:
    """Return the money of a restored row.

    Raises:
        InvalidValueError: If the row has no such amount, or no currency.

    Examples:
        >>> amount_of({"amount": Decimal("9.50"), "currency": "EUR"})
        Money('9.50', 'EUR')
    """
    amount = row.get(name)
    if not isinstance(amount, Decimal):
        raise InvalidValueError(name, amount, "must be the amount of a restored row")
    return Money(amount, _currency(row))


def _currency(row: Mapping[str, object]) -> str:
    currency = row.get("currency")
    if not isinstance(currency, str):
        raise InvalidValueError("currency", currency, "must stand in the row beside its money")
    return currency
