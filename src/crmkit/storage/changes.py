"""Journal lines: what changed between two stored versions of a record.

A line is JSON. An object is the whole record. A list is a change: first the fields with a new
value, then the fields whose list grew, with what was appended, then the names of fields that are
gone, then the fields with a long list that changed here and there: each as parts, from where until
where the list before is taken over, and what then comes new. Empty parts at its end are left out.
`null` is a deletion. An empty list is a version of which the content was let go: who made it, and
when, stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Self

import attrs
import msgspec
from msgspec import Raw

from crmkit.errors import InvalidValueError, StorageError
from crmkit.kernel import REDACTED, FrozenMap

from .edits import Part, edited, edits, news, renewed


DELETED: Final = b"null"
"""The line that deletes a record."""

FORGOTTEN: Final = b"[]"
"""The line of a version whose content was let go."""


class _Line(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    values: dict[str, Raw]
    appended: dict[str, Raw] = {}
    removed: tuple[str, ...] = ()
    edited: dict[str, list[Part]] = {}


_read_line: Final = msgspec.json.Decoder(_Line).decode
_read_values: Final = msgspec.json.Decoder(dict[str, object]).decode
_read_fields: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_read_list: Final = msgspec.json.Decoder(list[object]).decode
_read_records: Final = msgspec.json.Decoder(list[dict[str, Raw]]).decode
_write: Final = msgspec.json.Encoder().encode
_REDACTED: Final = _write(REDACTED)
_MARK: Final = Raw(_REDACTED)
_NOTHING: Final = Raw(b'""')


def fields_of(data: bytes) -> dict[str, Raw]:
    """Return the fields of a record, each still as JSON.

    Raises:
        InvalidValueError: If the record is no JSON object in UTF-8.

    Examples:
        >>> list(fields_of(b'{"name":"Li","trail":[1]}'))
        ['name', 'trail']
    """
    try:
        # What the decoder leaves raw it does not check for UTF-8.
        data.decode()
        return _read_fields(data)
    except (ValueError, RecursionError) as error:
        raise InvalidValueError("data", data[:80], f"must be a JSON object: {error}") from error


def check_line(line: bytes) -> None:
    """Refuse what is no line of a journal.

    Raises:
        InvalidValueError: If it is none.
    """
    if line in (DELETED, FORGOTTEN):
        return
    if line.startswith(b"{"):
        fields_of(line)
        return
    try:
        line.decode()
        _read_line(line)
    except (ValueError, RecursionError) as error:
        rule = f"must be a line of a journal: {error}"
        raise InvalidValueError("delta", line[:80], rule, "make it by Change.of") from error


def difference(before: bytes | None, after: bytes | None) -> bytes:
    """Return the line that leads from one version to the next.

    Args:
        before: The version before as JSON; None to write the whole record.
        after: The new version as JSON; None when it is deleted.

    Raises:
        InvalidValueError: If a version is no JSON object.

    Examples:
        >>> difference(b'{"name":"Li","trail":[1]}', b'{"name":"Wu","trail":[1,2]}')
        b'[{"name":"Wu"},{"trail":[2]}]'
        >>> difference(None, b'{"name":"Wu"}'), difference(b'{"name":"Wu"}', None)
        (b'{"name":"Wu"}', b'null')
    """
    if after is None:
        return DELETED
    if before is None:
        # Its first character tells a whole record from a change.
        return after.strip()
    old, new = fields_of(before), fields_of(after)
    line = _Line({}, {}, tuple(name for name in old if name not in new), {})
    for name, value in new.items():
        if (was := old.get(name)) != value:
            _tell(line, name, bytes(was or b""), value)
    return _written(line)


def apply(before: bytes | None, line: bytes) -> bytes | None:
    """Return the version that a line leads to; None when it is deleted there, or forgotten.

    What was taken out of the version before stays out when the line would append to it.

    Raises:
        StorageError: If the line is no line of a journal, or does not fit the version before it.

    Examples:
        >>> apply(b'{"name":"Li","trail":[1]}', b'[{"name":"Wu"},{"trail":[2]}]')
        b'{"name":"Wu","trail":[1,2]}'
    """
    if line in (DELETED, FORGOTTEN):
        return None
    if line.startswith(b"{"):
        return line
    if before is None:
        raise _broken("a change has no version before it")
    return apply_all(before, (line,))


def apply_all(before: bytes, lines: Iterable[bytes]) -> bytes:
    """Return the version that several changes lead to, one after the other.

    Args:
        before: The version they begin with.
        lines: Changes, oldest first; none of them whole, none a deletion.

    Raises:
        StorageError: If a line is no change, or does not fit the version before it.

    Examples:
        >>> apply_all(b'{"trail":[1]}', [b'[{},{"trail":[2]}]', b'[{},{"trail":[3]}]'])
        b'{"trail":[1,2,3]}'
    """
    try:
        fields = _read_fields(before)
        grown: dict[str, list[bytes]] = {}
        for line in lines:
            _change(fields, grown, _read_line(line))
        for name, tails in grown.items():
            fields[name] = _joined(name, bytes(fields[name]), tails)
        return _write(fields)
    except (ValueError, KeyError, RecursionError) as error:
        raise _broken(f"a line does not fit the version before it: {error}") from error


@attrs.frozen
class Differences:
    """What one line of the journal says, read.

    Attributes:
        values: Fields with their new value: every field where the line holds the whole record.
        appended: Fields whose list grew, with what was appended.
        removed: Fields that are gone.
        is_whole: Whether the line holds the whole record.
        edited: Fields with a long list that changed here and there, with what is new in it.

    Examples:
        >>> Differences.of(b'[{"name":"Wu"},{"trail":[2]}]')
        Differences(values={'name': 'Wu'}, appended={'trail': [2]}, removed=(), is_whole=False,\
 edited={})
    """

    values: Mapping[str, object]
    appended: Mapping[str, list[object]]
    removed: tuple[str, ...]
    is_whole: bool
    edited: Mapping[str, list[object]] = FrozenMap()

    @classmethod
    def of(cls, line: bytes) -> Self:
        """Read a line. Of a deletion, and of a version that was let go, it says nothing.

        Raises:
            StorageError: If it is no line of a journal.
        """
        try:
            if line.startswith(b"{"):
                return cls(_read_values(line), {}, (), is_whole=True, edited={})
            change = _Line({}) if line in (DELETED, FORGOTTEN) else _read_line(line)
            return cls(
                {name: msgspec.json.decode(value) for name, value in change.values.items()},
                _lists(change.appended),
                change.removed,
                is_whole=False,
                edited=_lists({name: news(parts) for name, parts in change.edited.items()}),
            )
        except (ValueError, RecursionError) as error:
            raise _broken(f"a line cannot be read: {error}") from error


def told(line: bytes, field: str) -> object:
    """Return what a line says of a field: its new value, or what is new in it; None for nothing.

    Raises:
        StorageError: If it is no line of a journal.

    Examples:
        >>> told(b'[{"name":"Wu"},{"trail":[2]}]', "trail"), told(b'[{"name":"Wu"}]', "trail")
        ([2], None)
    """
    try:
        if line in (DELETED, FORGOTTEN):
            return None
        if line.startswith(b"{"):
            value = _read_fields(line).get(field)
        else:
            change = _read_line(line)
            value = change.appended.get(field, change.values.get(field))
            if parts := change.edited.get(field):
                value = news(parts)
        return None if value is None else msgspec.json.decode(value)
    except (ValueError, RecursionError) as error:
        raise _broken(f"a line cannot be read: {error}") from error


def redacted(line: bytes, fields: Collection[str]) -> bytes:
    """Return a line, or a whole record, without the values of some fields.

    Args:
        line: The line, or the record as JSON.
        fields: Names of fields; `trail.note` means the part `note` of each record in the list
            `trail`.

    Raises:
        StorageError: If it is no line of a journal.

    Examples:
        >>> redacted(b'{"name":"Li","size":3}', ["name"])
        b'{"name":"REDACTED","size":3}'
        >>> redacted(b'[{"name":"Wu"},{"contacts":[1]}]', ["name", "contacts"])
        b'[{"name":"REDACTED","contacts":"REDACTED"}]'
        >>> redacted(b'[{},{"trail":[{"by":"ann","note":"call Li"}]}]', ["trail.note"])
        b'[{},{"trail":[{"by":"ann","note":"REDACTED"}]}]'
    """
    if line in (DELETED, FORGOTTEN):
        return line
    try:
        if line.startswith(b"{"):
            return _whole_without(line, fields)
        change = _read_line(line)
        left = _left(change, fields)
    except (ValueError, RecursionError) as error:
        raise _broken(f"a line cannot be read: {error}") from error
    return line if left == change else _written(left)


def _left(change: _Line, fields: Collection[str]) -> _Line:
    """Return what is left of a change; what is taken out of it stands there as a value."""
    tails = _without(change.appended, fields)
    items = {name: news(parts) for name, parts in change.edited.items()}
    fresh = _without(items, fields)
    taken = {name for told in (tails, fresh) for name, value in told.items() if value is _MARK}
    return _Line(
        {**_without(change.values, fields), **dict.fromkeys(taken, _MARK)},
        {name: tail for name, tail in tails.items() if name not in taken},
        change.removed,
        {
            name: parts if fresh[name] == items[name] else renewed(parts, fresh[name])
            for name, parts in change.edited.items()
            if name not in taken
        },
    )


def _tell(line: _Line, name: str, was: bytes, value: Raw) -> None:
    """Put into a line how a field becomes another value."""
    now = bytes(value)
    if (tail := _tail(was, now)) is not None:
        line.appended[name] = Raw(tail)
    elif (parts := edits(was, now)) is not None:
        line.edited[name] = parts
    else:
        line.values[name] = value


def _change(fields: dict[str, Raw], grown: dict[str, list[bytes]], change: _Line) -> None:
    """Change fields as a line says; what it appends is only noted, to be joined in the end."""
    for name, tail in change.appended.items():
        grown.setdefault(name, []).append(bytes(tail))
    for name, value in change.values.items():
        fields[name] = value
        grown.pop(name, None)
    for name in change.removed:
        del fields[name]
        grown.pop(name, None)
    for name, parts in change.edited.items():
        whole = _joined(name, bytes(fields[name]), grown.pop(name, ()))
        fields[name] = whole if whole is _MARK else edited(bytes(whole), parts)


def _joined(name: str, head: bytes, tails: Sequence[bytes]) -> Raw:
    """Return a list with what was appended to it; what was taken out of it stays out."""
    if head == _REDACTED:
        return _MARK
    if not head.startswith(b"["):
        raise ValueError(f"{name} is no list")
    items = filter(None, (part[1:-1] for part in (head, *tails)))
    return Raw(b"[" + b",".join(items) + b"]")


def _whole_without(record: bytes, fields: Collection[str]) -> bytes:
    values = _read_fields(record)
    left = _without(values, fields)
    return record if left == values else _write(left)


def _without(values: dict[str, Raw], fields: Collection[str]) -> dict[str, Raw]:
    parts: dict[str, set[str]] = {}
    for field in fields:
        name, _, part = field.partition(".")
        parts.setdefault(name, set()).add(part)
    return {
        name: _taken_out(value, parts[name]) if name in parts else value
        for name, value in values.items()
    }


def _taken_out(value: Raw, parts: Collection[str]) -> Raw:
    """Return a value without some parts of each record in it; without all of it for no part."""
    if "" in parts:
        return _MARK
    if not bytes(value).startswith(b"["):
        return value
    records = _read_records(value)
    left = [
        {k: _MARK if k in parts and v != _NOTHING else v for k, v in r.items()} for r in records
    ]
    return value if left == records else Raw(_write(left))


def _tail(old: bytes, new: bytes) -> bytes | None:
    """Return what was appended, when both are lists and the old one begins the new."""
    head = old[:-1]
    if head.startswith(b"[") and len(head) > 1 and new.startswith(head + b","):
        return b"[" + new[len(head) + 1 :]
    return None


def _written(line: _Line) -> bytes:
    parts: list[object] = [line.values, line.appended, line.removed, line.edited]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return _write(parts)


def _lists(values: Mapping[str, Raw]) -> dict[str, list[object]]:
    return {name: _read_list(value) for name, value in values.items()}


def _broken(problem: str) -> StorageError:
    return StorageError("journal", problem, "restore a backup")
