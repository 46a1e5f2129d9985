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
    deleted: set[tuple[str, str]] = set()
    for line in lines:
        place = line.kind, line.id
        if line.is_deletion:
            deleted.add(place)
            yield Activity.DELETED
        elif line.is_forgotten:
            yield Activity.FORGOTTEN
        elif place in deleted:
            deleted.remove(place)
            yield Activity.UNDELETED
        elif line.version == 1:
            yield Activity.BORN
        else:
            yield Activity.RESTORED if _restores(line) else Activity.CHANGED


def _restores(line: Entry) -> bool:
    """Tell whether the last step that a line put on its record's trail says so."""
    steps: Any = told(line.delta, _TRAIL)
    last = steps[-1] if isinstance(steps, list) and steps else None
    return isinstance(last, dict) and last.get("stage") == Activity.RESTORED.value
