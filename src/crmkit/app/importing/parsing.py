"""Cells of files and frames, read as the values they stand for.

Law: a cell is read exactly, or refused; it is never rounded, guessed or made empty. Blanks around
numbers and times mean nothing; in texts they stay.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, decimals_of, key_value


_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,300}")
_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]{1,300}\.?[0-9]{0,300}|\.[0-9]{1,300})(?:[eE][+-]?[0-9]{1,3})?"
)
_PLAIN_AMOUNT: Final = re.compile(r"(-?[0-9]{1,15})(?:\.([0-9]{1,4}))?")
_AN_ISO_TIME: Final = "must be a time as in ISO 8601, such as '2026-03-01T09:30'"
_AN_ISO_DAY: Final = "must be a day as in ISO 8601, such as '2026-03-01'"
# A float holds every decimal number of 15 digits; what stands behind them is noise.
_DIGITS: Final = ".15g"
# Below this many coins, 15 digits reach at least two places beyond the coin.
_FINE_UNTIL: Final = 1e13


def read_text(name: str, cell: object) -> object:
    """Read text; whole numbers, as frames hold ids, are written out.

    Raises:
        InvalidValueError: If it is no text that a store can hold, or of another encoding.
    """
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    if cell is None or cell == "":
        return None
    if not isinstance(cell, str):
        raise InvalidValueError(name, cell, "must be text or a whole number")
    if not cell.isprintable():
        if any("\udc80" <= sign <= "\udcff" for sign in cell):
            rule = "holds bytes that are no text in the encoding of the file"
            way_out = "give encoding=, such as 'gb18030' or 'cp1252'"
            raise InvalidValueError(name, cell, rule, way_out)
        key_value(cell, name)
    return cell


def read_number(cell: object) -> object:
    """Read a number, whole where it is written so; what is none is left for its column to refuse.

    Examples:
        >>> read_number(" 12 "), read_number("1.5"), read_number("1_0")
        (12, 1.5, '1_0')
    """
    if isinstance(cell, str):
        text = cell.strip()
        if _WHOLE.fullmatch(text):
            return int(text)
        return float(text) if _NUMBER.fullmatch(text) else text
    return _small(cell) if isinstance(cell, Decimal) and cell.is_finite() else cell


def read_whole(cell: object) -> object:
    """Read a whole number; `5.0`, as frames write it beside empty cells, is one."""
    number = read_number(cell)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def read_day(name: str, cell: object, time_format: str | None) -> object:
    """Read a day: ISO 8601, or as `time_format` says; a time of day must be midnight.

    Raises:
        InvalidValueError: If it is none.
    """
    if cell is None or cell == "":
        return None
    at = _written(name, cell, time_format, _AN_ISO_DAY) if isinstance(cell, str) else cell
    if isinstance(at, datetime) and at.tzinfo is None and at.time() == time():
        return at.date()
    if not isinstance(at, date) or isinstance(at, datetime):
        raise InvalidValueError(name, cell, "must be a day without a time of day")
    return at


def read_time(
    name: str, cell: object, zone: ZoneInfo | None, time_format: str | None
) -> datetime | None:
    """Read an instant: ISO 8601, or as `time_format` says; a day is its midnight.

    Args:
        name: What it is called, for the message.
        cell: Text, a datetime or a date.
        zone: Where a time without a zone was told; None where nobody said.
        time_format: A pattern of `datetime.strptime`; None for ISO 8601.

    Raises:
        InvalidValueError: If it is no time, has no zone, or the clocks of the zone never showed it.
    """
    if cell is None or cell == "":
        return None
    at = _written(name, cell, time_format, _AN_ISO_TIME) if isinstance(cell, str) else cell
    if isinstance(at, date) and not isinstance(at, datetime):
        at = datetime.combine(at, time())
    if not isinstance(at, datetime):
        raise InvalidValueError(name, cell, _AN_ISO_TIME)
    if at.tzinfo is not None:
        return at
    if zone is None:
        way_out = "give timezone=, such as 'Asia/Shanghai'"
        raise InvalidValueError(name, cell, "must have a time zone", way_out)
    return _told_in(name, at, zone)


def read_money(cell: object, currency: str) -> Money:
    """Read an exact amount; a float is taken where only its own noise keeps it off the coins.

    Raises:
        InvalidValueError: If it is no amount, or finer than the currency's smallest coin.

    Examples:
        >>> read_money(" 19.99 ", "EUR"), read_money(0.1 + 0.2, "EUR")
        (Money('19.99', 'EUR'), Money('0.30', 'EUR'))
        >>> read_money(0.305, "EUR")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: amount is Decimal('0.305'): it has more than the 2\
 decimals of EUR; round it in the source
    """
    if isinstance(cell, bool) or not isinstance(cell, str | int | float | Decimal):
        raise InvalidValueError("amount", cell, "must be a number, such as '19.99'")
    try:
        return Money.of(_written_amount(cell, currency), currency)
    except InvalidValueError as error:
        if error.name == "amount" and error.way_out:
            # `Money.rounded` is no help to who has a file.
            way_out = "round it in the source"
            raise InvalidValueError("amount", error.value, error.rule, way_out) from None
        raise


def coins_in(text: str, decimals: int) -> int | None:
    """Return an amount in plain figures as whole coins, by the short way; None for the long way.

    `read_money` is the law; this is its answer for what most cells look like.

    Examples:
        >>> coins_in("19.9", 2), coins_in("19.999", 2), coins_in("1e3", 2)
        (1990, None, None)
    """
    plain = _PLAIN_AMOUNT.fullmatch(text)
    if plain is None:
        return None
    whole, fraction = plain.groups(default="")
    return int(whole + fraction.ljust(decimals, "0")) if len(fraction) <= decimals else None


def check_time_format(time_format: str | None) -> None:
    """Refuse a pattern that could read nothing, before anything is read.

    Raises:
        InvalidValueError: If it is no pattern of `datetime.strptime`.
    """
    if time_format is None:
        return
    try:
        datetime.strptime("", time_format)
    except (ValueError, TypeError) as error:
        if "does not match format" not in str(error):
            way_out = "write '%d.%m.%Y %H:%M' …"
            rule = "must be a pattern of datetime.strptime"
            raise InvalidValueError("time_format", time_format, rule, way_out) from None


def _written_amount(cell: str | float | Decimal, currency: str) -> str | int | Decimal:
    if isinstance(cell, float):
        fine = abs(cell) * 10 ** decimals_of(currency) < _FINE_UNTIL
        return format(cell, _DIGITS) if fine else repr(cell)
    return cell.strip() if isinstance(cell, str) else cell


def _small(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _written(name: str, cell: str, time_format: str | None, rule: str) -> datetime:
    text = cell.strip()
    try:
        if time_format is None:
            return datetime.fromisoformat(text)
        return datetime.strptime(text, time_format)
    except ValueError:
        pattern = "%m/%d/%Y" if rule == _AN_ISO_DAY else "%m/%d/%Y %H:%M"
        way_out = f"give time_format=, such as {pattern!r}"
        if time_format is not None:
            rule, way_out = f"must be a time written as {time_format!r}", ""
        raise InvalidValueError(name, cell, rule, way_out) from None


def _told_in(name: str, wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clocks of a zone showed a time; the first of two times, where they did twice.

    Raises:
        InvalidValueError: If they never showed it.
    """
    at = wall.replace(tzinfo=zone, fold=0)
    before, after = at.utcoffset(), at.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    if before < after:  # where a time comes twice, the offset before is the larger
        rule = f"never was in {zone.key}: the clocks were put forward over it"
        raise InvalidValueError(
            name, wall.isoformat(" "), rule, "give the instant, with its offset"
        )
    return at
