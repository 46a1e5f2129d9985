"""Identities: short texts, unique among their kind, made by `uuid7` unless the caller brings them.

Source: RFC 9562 section 5.7 (UUID version 7, with the counter of section 6.2, method 1).
"""

import os
import threading
from collections.abc import Callable
from numbers import Integral
from typing import Final, TypeAlias

from crmkit.errors import InvalidValueError

from .clock import unix_milliseconds


IdSource: TypeAlias = Callable[[], str]
"""Anything that, called, returns an id never returned before."""

_LONGEST: Final = 200
_lock: Final = threading.Lock()
_last: Final = [0, 0]  # the millisecond and the counter of the id made last


def uuid7() -> str:
    """Return a new id that sorts by the time it was made, even within one millisecond.

    Examples:
        >>> first, second = uuid7(), uuid7()
        >>> first < second, len(first)
        (True, 36)
    """
    random = int.from_bytes(os.urandom(10), "big")
    with _lock:
        now = unix_milliseconds()
        if now > _last[0]:
            # The counter starts in its lower half, so that it has room to count.
            _last[:] = now, random >> 39 & 0x1FF_FFFF_FFFF
        else:
            _last[1] += 1
        milliseconds, counter = _last
    high, low = counter >> 30, counter & 0x3FFF_FFFF
    bits = milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << 32
    text = f"{bits | random & 0xFFFF_FFFF:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def checked_actor(value: str, name: str = "by") -> str:
    """Return `value` if it names who acts: text that is not blank.

    Raises:
        InvalidValueError: If it does not.

    Examples:
        >>> checked_actor("ann")
        'ann'
        >>> checked_actor(" ")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: by is ' ': it must name who acts
    """
    if not isinstance(value, str) or not value.strip():
        raise InvalidValueError(name, value, "must name who acts")
    return value


def checked_id(value: str, name: str = "id") -> str:
    """Return `value` if it can be an id: text, not blank at either end, at most 200 characters.

    Raises:
        InvalidValueError: If it cannot.

    Examples:
        >>> checked_id("K-1")
        'K-1'
        >>> checked_id(" K-1")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: id is ' K-1': it must be printable text of 1 to 200\
 characters without blanks at its ends
        >>> checked_id(7)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: id is 7: it must be printable text of 1 to 200\
 characters without blanks at its ends; make text of it: '7'
    """
    fits = (
        isinstance(value, str)
        and 0 < len(value) <= _LONGEST
        and value.isprintable()
        and value == value.strip()
    )
    if not fits:
        rule = f"must be printable text of 1 to {_LONGEST} characters without blanks at its ends"
        is_number = isinstance(value, Integral) and not isinstance(value, bool)
        # A whole number of numpy's reads as a plain one.
        told = int(value) if is_number else value
        raise InvalidValueError(name, told, rule, f"make text of it: '{told}'" * is_number)
    return value


def asked_id(value: str, name: str = "id") -> str:
    """Return the id that somebody asks for; the empty text, nobody's, where it can be none.

    Raises:
        InvalidValueError: If it is no text.

    Examples:
        >>> asked_id("K-1"), asked_id("K" + chr(10) + "1")
        ('K-1', '')
        >>> asked_id(7)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: id is 7: it must be text; ask for '7'
    """
    if not isinstance(value, str):
        way_out = f"ask for {str(value)!r}" if type(value) is int else ""
        raise InvalidValueError(name, value, "must be text", way_out)
    return value if value.isprintable() else ""
