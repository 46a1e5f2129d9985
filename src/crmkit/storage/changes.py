"""Journal lines: what changed between two stored versions of a record.

A line is JSON. An object is the whole record. A list is a change: first the fields with a new
value, then the fields whose list grew, with what was appended, then the names of fields that are
gone; empty parts at its end are left out. `null` is a deletion.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from msgspec import Raw

from crmkit.errors import StorageError
from crmkit.kernel import REDACTED


_read_fields: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_read_change: Final = msgspec.json.Decoder(list[Raw]).decode
_read_names: Final = msgspec.json.Decoder(list[str]).decode
_write: Final = msgspec.json.Encoder().encode
_DELETED: Final = b"null"


def difference(before: bytes | None, after: bytes | None) -> bytes:
    """Return the line that leads from one version to the next.

    Args:
        before: The version before as JSON; None to write the whole record.
        after: The new version as JSON; None when it is deleted.

    Examples:
        >>> difference(b'{"name":"Li","trail":[1]}', b'{"name":"Wu","trail":[1,2]}')
        b'[{"name":"Wu"},{"trail":[2]}]'
        >>> difference(None, b'{"name":"Wu"}'), difference(b'{"name":"Wu"}', None)
        (b'{"name":"Wu"}', b'null')
    """
    if after is None:
        return _DELETED
    if before is None:
        return after
    old, new = _read_fields(before), _read_fields(after)
    fresh: dict[str, Raw] = {}
    grown: dict[str, Raw] = {}
    for name, value in new.items():
        if (was := old.get(name)) == value:
            continue
        tail = _tail(bytes(was or b""), bytes(value))
        if tail is None:
            fresh[name] = value
        else:
            grown[name] = Raw(tail)
    return _line(fresh, grown, [name for name in old if name not in new])


def apply(before: bytes | None, line: bytes) -> bytes | None:
    """Return the version that a line leads to; None when it is deleted there.

    Raises:
        StorageError: If the line is a change and there is no version before it.

    Examples:
        >>> apply(b'{"name":"Li","trail":[1]}', b'[{"name":"Wu"},{"trail":[2]}]')
        b'{"name":"Wu","trail":[1,2]}'
    """
    if line == _DELETED:
        return None
    if line.startswith(b"{"):
        return line
    if before is None:
        raise StorageError("journal", "a change has no version before it", "verify the store")
    fresh, grown, gone = _parts(line)
    fields = _read_fields(before)
    for name, tail in grown.items():
        head, more = bytes(fields[name]), bytes(tail)
        fields[name] = Raw(head[:-1] + b"," + more[1:])
    fields.update(fresh)
    for name in gone:
        del fields[name]
    return _write(fields)


def redacted(line: bytes, fields: Collection[str]) -> bytes:
    """Return a line, or a whole record, without the values of some fields.

    Examples:
        >>> redacted(b'{"name":"Li","size":3}', ["name"])
        b'{"name":"REDACTED","size":3}'
        >>> redacted(b'[{"name":"Wu"},{"contacts":[1]}]', ["name", "contacts"])
        b'[{"name":"REDACTED","contacts":"REDACTED"}]'
    """
    if line == _DELETED:
        return line
    mark = Raw(_write(REDACTED))
    if line.startswith(b"{"):
        return _write({k: mark if k in fields else v for k, v in _read_fields(line).items()})
    fresh, grown, gone = _parts(line)
    fresh = {name: mark if name in fields else value for name, value in fresh.items()}
    for name in [name for name in grown if name in fields]:
        del grown[name]
        fresh[name] = mark
    return _line(fresh, grown, gone)


def _tail(old: bytes, new: bytes) -> bytes | None:
    """Return what was appended, when both are lists and the old one begins the new."""
    head = old[:-1]
    if head.startswith(b"[") and len(head) > 1 and new.startswith(head + b","):
        return b"[" + new[len(head) + 1 :]
    return None


def _line(fresh: dict[str, Raw], grown: dict[str, Raw], gone: list[str]) -> bytes:
    parts: list[dict[str, Raw] | list[str]] = [fresh, grown, gone]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return _write(parts)


def _parts(line: bytes) -> tuple[dict[str, Raw], dict[str, Raw], list[str]]:
    fresh, *more = _read_change(line)
    grown = _read_fields(more[0]) if more else {}
    gone = _read_names(more[1]) if len(more) > 1 else []
    return _read_fields(fresh), grown, gone
