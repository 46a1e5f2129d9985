"""What each line of the journal did to its record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from crmkit.kernel import Labelled
from crmkit.storage import Entry, told


class Activity(Labelled):
    """What one version did to its record."""

    BORN = "born", "Created", "已创建"
    CHANGED = "changed", "Changed", "已变更"
    RESTORED = "restored", "Restored", "已恢复"
    DELETED = "deleted", "Deleted", "已删除"
    UNDELETED = "undeleted", "Undeleted", "已撤销删除"
    FORGOTTEN = "forgotten", "Content removed", "内容已清除"


_TRAIL: Final = "trail"


def activities(lines: Iterable[Entry]) -> Iterator[Activity]:
    """Yield for each line of the journal what it did.

    A restoration is known by the step that it puts on the trail. That of a complaint puts none, for
    it moves no stage; it is a change.

    Args:
        lines: The journal of whole records, oldest line first.

    Examples:
        >>> from crmkit.app import CRM
        >>> from crmkit.storage import MemoryStore, journal
        >>> store = MemoryStore()
        >>> crm = CRM(store)
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> crm.customers.delete("C-7")
        >>> li = crm.customers.undelete("C-7")
        >>> [activity.value for activity in activities(journal(store))]
        ['born', 'deleted', 'undeleted']
    """
    last: dict[tuple[str, str], Entry] = {}
    for line in lines:
        place = line.kind, line.id
        yield activity_of(line, last.get(place))
        last[place] = line


def activity_of(line: Entry, before: Entry | None) -> Activity:
    """Return what one line of the journal did.

    Args:
        line: The line.
        before: The same record's line before it; None for the first.
    """
    if line.is_deletion:
        return Activity.DELETED
    if line.is_forgotten:
        return Activity.FORGOTTEN
    if before is not None and before.is_deletion:
        return Activity.UNDELETED
    if line.version == 1:
        return Activity.BORN
    return Activity.RESTORED if _restores(line) else Activity.CHANGED


def _restores(line: Entry) -> bool:
    """Tell whether the last step that a line put on its record's trail says so."""
    steps: Any = told(line.delta, _TRAIL)
    last = steps[-1] if isinstance(steps, list) and steps else None
    return isinstance(last, dict) and last.get("stage") == Activity.RESTORED.value
