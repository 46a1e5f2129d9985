"""Acts that move a corrective action and its complaints together.

Law: a link stands on both sides or on none, whatever stage the complaint is in, so that one that is
opened again waits by itself. Both sides are saved even where one has nothing to change: who
changes either meanwhile is in conflict.

Source: domain fact K8 (not closed until the effect of the corrective action is verified).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeAlias

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Name, Text, not_now
from crmkit.kernel.checks import told

from .complaint import Complaint
from .corrective_action import CorrectiveAction
from .effectiveness import CheckResult
from .stages import THE_EFFECT
from .still_open import first_few, restated, waited_for


Joined: TypeAlias = tuple[CorrectiveAction, tuple[Complaint, ...]]
"""A corrective action, and the complaints that were changed with it."""

Kept: TypeAlias = tuple[Complaint, tuple[CorrectiveAction, ...]]
"""A complaint, and the corrective action that was changed with it, where it is kept here."""

_VERIFIED: Final = Text("relieved of a corrective action", "确认纠正措施有效")
_UNPROVED: Final = Text(
    "the corrective action has not proved to be effective", "该纠正措施尚未验证有效"
)


def open_action(
    id: str,
    by: str,
    at: datetime,
    *,
    complaints: Iterable[Complaint],
    about: str,
    product: str | None = None,
) -> Joined:
    """Begin a corrective action for complaints, which wait for its effect from then on.

    One that is closed stays so; opened again, it waits. Arguments as for `CorrectiveAction.open`,
    with the complaints themselves.

    Raises:
        InvalidValueError: If there is no complaint, or a value is unfit.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> action, (complaint,) = open_action(
        ...     "CA-1", "ann", NINE, complaints=[a_complaint()], about="door seals leak"
        ... )
        >>> action.complaints, complaint.unverified_actions
        (('K-1',), ('CA-1',))
    """
    behind = tuple(complaints)
    ids = tuple(complaint.id for complaint in behind)
    action = CorrectiveAction.open(id, by, at, complaints=ids, about=about, product=product)
    return action, tuple(_waits(action, complaint, by, at) for complaint in behind)


def link_complaint(action: CorrectiveAction, complaint: Complaint, by: str, at: datetime) -> Joined:
    """Link another complaint with the same cause, on both sides.

    Where the action has proved itself already, the complaint has nothing to wait for.

    Raises:
        InvalidValueError: If it is linked already, nobody acts, or `at` is naive or before the
            last link.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> action, _ = open_action(
        ...     "CA-1", "ann", NINE, complaints=[a_complaint()], about="door seals leak"
        ... )
        >>> action, (another,) = link_complaint(action, a_complaint(id="K-2"), "ann", NINE)
        >>> action.complaints, another.unverified_actions
        (('K-1', 'K-2'), ('CA-1',))
    """
    if complaint.id not in action.complaints:
        action = action.link(by, at, complaint=complaint.id)
    elif _has_linked(complaint, action):
        raise InvalidValueError("complaint", complaint.id, "is linked already")
    return action, (_waits(action, complaint, by, at),)


def unlink_complaint(
    action: CorrectiveAction, complaint: Complaint, by: str, at: datetime, *, reason: str
) -> Joined:
    """Undo a link that was made by mistake, on both sides; that it stood stays on record.

    The reason is kept by the complaint.

    Raises:
        InvalidValueError: If it is not linked, the complaint counts on the effect already, no
            reason is given, nobody acts, or `at` is naive or before the last link.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> action, (complaint,) = open_action(
        ...     "CA-1", "ann", NINE, complaints=[a_complaint()], about="door seals leak"
        ... )
        >>> action, (complaint,) = unlink_complaint(
        ...     action, complaint, "ann", NINE, reason="it is the hose"
        ... )
        >>> action.complaints, complaint.unverified_actions
        ((), ())
    """
    why = told(reason, "reason")
    undone = action.unlink(by, at, complaint=complaint.id)
    if not _has_linked(complaint, action):
        return undone, (complaint,)
    return undone, (complaint.unlink_action(by, at, action=action.id, reason=why),)


def check_action(
    action: CorrectiveAction,
    complaints: Iterable[Complaint],
    by: str,
    at: datetime,
    *,
    observed: str,
    result: CheckResult | str,
) -> Joined:
    """Check whether an action worked; where it did, its complaints wait for it no more.

    Where it did not, it goes back to its cause, and they wait on. Arguments and errors as for
    `CorrectiveAction.check`.

    Args:
        action: The action.
        complaints: Those that are linked; others are left as they are.
        by: Who checked.
        at: When.
        observed: What was seen.
        result: Whether it counts as effective.

    Examples:
        >>> from datetime import date
        >>> from crmkit.testing import NINE, a_complaint
        >>> from crmkit.complaints import FiveWhys, ProblemDescription
        >>> action, complaints = open_action(
        ...     "CA-1", "ann", NINE, complaints=[a_complaint()], about="door seals leak"
        ... )
        >>> leak = ProblemDescription(what="leaks", where="seal", when="always", how_many="2 of 9")
        >>> action = action.form_team("ann", NINE, team=[("bob", "lead")])
        >>> action = action.describe("bob", NINE, description=leak)
        >>> action = action.contain("bob", NINE, containment="lot is blocked")
        >>> why = FiveWhys(("seal is hard", "lot is old"))
        >>> action = action.analyse("bob", NINE, cause=why, escape_point="incoming check")
        >>> action = action.choose("bob", NINE, action="oldest lot first", why="cheap")
        >>> action = action.implement(
        ...     "bob", NINE, done="marked", criterion="no leak", check_from=date(2026, 3, 2)
        ... )
        >>> action, (complaint,) = check_action(
        ...     action, complaints, "eve", NINE, observed="none", result="passed"
        ... )
        >>> action.is_effective, complaint.unverified_actions
        (True, ())
    """
    checked = action.check(by, at, observed=observed, result=result)
    waiting = [one for one in complaints if action.id in one.unverified_actions]
    if not checked.is_effective:
        return checked, ()
    return checked, tuple(one.verify_action(by, at, action=action.id) for one in waiting)


def verify_at_complaint(
    complaint: Complaint, action: CorrectiveAction, by: str, at: datetime
) -> Complaint:
    """Say that a corrective action, whose check passed, is effective for a complaint, too.

    The check itself tells all that are there; this is for one that was away meanwhile.

    Raises:
        TransitionError: If no check has shown that it is effective.
        InvalidValueError: If it is not linked, or verified already, or a value is unfit.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> action, (complaint,) = open_action(
        ...     "CA-1", "ann", NINE, complaints=[a_complaint()], about="door seals leak"
        ... )
        >>> verify_at_complaint(complaint, action, "ann", NINE)
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is received and cannot be relieved of a\
 corrective action: the corrective action has not proved to be effective
    """
    verified = complaint.verify_action(by, at, action=action.id)
    if not action.is_effective:
        raise not_now(complaint, complaint.stage, _VERIFIED, _UNPROVED)
    return verified


def unlink_from_action(
    complaint: Complaint,
    kept: CorrectiveAction | None,
    by: str,
    at: datetime,
    *,
    action: str,
    reason: str,
) -> Kept:
    """Undo a link that was made by mistake; where the action is there, on both sides.

    Args:
        complaint: The complaint.
        kept: The action; None where it is kept elsewhere, or deleted: see `agree`.
        by: Who undoes it.
        at: When.
        action: The action's id.
        reason: Why; the complaint keeps it.

    Raises:
        InvalidValueError: If it is not linked, or verified already, no reason is given, or a value
            is unfit.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> linked = a_complaint().link_action("ann", NINE, action="8D-0815")
        >>> undone, _ = unlink_from_action(
        ...     linked, None, "ann", NINE, action="8D-0815", reason="it is 8D-0816"
        ... )
        >>> undone.unverified_actions
        ()
    """
    undone = complaint.unlink_action(by, at, action=action, reason=reason)
    if kept is None:
        return undone, ()
    return undone, (agree(kept, [undone], by, at),)


def close_beside(
    complaint: Complaint, kept: Collection[str], by: str, at: datetime, *, note: str = ""
) -> Complaint:
    """Close a complaint; a refusal also says which action it waits for in vain.

    Args:
        complaint: The complaint.
        kept: The ids of those corrective actions, of all that it waits for, that are here.
        by: Who closes it.
        at: When.
        note: What is said on the occasion.

    Raises:
        TransitionError: If something is outstanding; it says what.
        InvalidValueError: If nobody acts, or `at` is naive or before the last step.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> waits = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        >>> waits = waits.link_action("bob", NINE, action="CA-1").respond("bob", NINE)
        >>> close_beside(waits.accept("ann", NINE), [], "ann", NINE)
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is accepted and cannot become closed yet: a\
 linked corrective action is not verified to be effective: CA-1, and CA-1 is not there: undelete\
 it, or unlink it
    """
    with _naming_who_is_gone(complaint, kept):
        return complaint.close(by, at, note=note)


def accept_beside(
    complaint: Complaint, kept: Collection[str], by: str, at: datetime, *, note: str = ""
) -> Complaint:
    """Have the customer accept the answer; a refusal says the same as that of `close_beside`.

    Arguments as for `close_beside`.

    Raises:
        TransitionError: If there is no answer to accept, or it is accepted and something is
            outstanding still; it says what.
        InvalidValueError: If nobody acts, or `at` is naive or before the last step.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> answered = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        >>> answered = answered.respond("bob", NINE)
        >>> accept_beside(answered, [], "ann", NINE).stage.label()
        'Closed'
    """
    with _naming_who_is_gone(complaint, kept):
        return complaint.accept(by, at, note=note)


def agree(
    action: CorrectiveAction, complaints: Iterable[Complaint], by: str, at: datetime
) -> CorrectiveAction:
    """Return an action that lists no complaint any more which undid its link.

    It does so while either is deleted; whichever comes back last is brought into line.

    Args:
        action: The action.
        complaints: Those that are there; what it lists besides stays.
        by: Who brings them into line.
        at: When.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> action, (complaint,) = open_action(
        ...     "CA-1", "ann", NINE, complaints=[a_complaint()], about="door seals leak"
        ... )
        >>> undone = complaint.unlink_action("ann", NINE, action="CA-1", reason="it is the hose")
        >>> agree(action, [undone], "ann", NINE).complaints
        ()
    """
    for one in complaints:
        if one.id in action.complaints and not _has_linked(one, action):
            action = action.unlink(by, at, complaint=one.id)
    return action


@contextmanager
def _naming_who_is_gone(complaint: Complaint, kept: Collection[str]) -> Iterator[None]:
    """Have a refusal say which corrective actions it waits for in vain, and the way out."""
    try:
        yield
    except TransitionError as error:
        waited = complaint.unverified_actions
        gone = [action for action in waited if action not in kept]
        if not gone:
            raise
        open_ = first_few(THE_EFFECT("en"), THE_EFFECT("zh"), waited)
        english, chinese = ", ".join(gone), "、".join(gone)
        said = Name(
            f"{open_.en}, and {english} is not there: undelete it, or unlink it",
            f"{open_.zh}，其中{chinese}已不存在：请恢复，或取消关联",
        )
        owed = waited_for(complaint.owed_remedies, waited)
        raise restated(error, {**owed, THE_EFFECT: said}) from None


def _waits(action: CorrectiveAction, complaint: Complaint, by: str, at: datetime) -> Complaint:
    """Have a complaint wait for an action; for one that has proved itself, it waits no longer."""
    if not _has_linked(complaint, action):
        complaint = complaint.link_action(by, at, action=action.id)
    if not action.is_effective or action.id not in complaint.unverified_actions:
        return complaint
    return complaint.verify_action(by, at, action=action.id)


def _has_linked(complaint: Complaint, action: CorrectiveAction) -> bool:
    return any(link.action == action.id and link.is_linked for link in complaint.actions)
