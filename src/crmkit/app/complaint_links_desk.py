"""What the desk of complaints does beside the corrective actions that complaints led to.

Law: both sides of a link are saved in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from functools import partial
from typing import TypeAlias

# Named through its package, which loads each when it is first asked for.
from crmkit import complaints
from crmkit.complaints import CORRECTIVE_ACTION_CODEC, Complaint

from .complaint_questions_desk import ComplaintQuestions
from .unit import UnitOfWork


_Beside: TypeAlias = Callable[[Complaint, Collection[str], str, datetime], Complaint]


class ComplaintLinks(ComplaintQuestions):
    """The acts of the complaints' desk that look at corrective actions: see `ComplaintsDesk`."""

    def undelete(self, id: str) -> Complaint:
        """Bring a deleted complaint back as it last was; what undid its link stays so.

        Raises:
            NotFoundError: If there never was one, or what it last said was let go.
            InvalidValueError: If it is not deleted.
            TransitionError: If it is set aside for another that is not dealt with any more.
        """
        office = self._office

        def act(unit: UnitOfWork) -> Complaint:
            complaint = unit.revive(self._codec, id)
            complaints.check_dealt_with(complaint, self._held(unit, complaint.duplicate_of))
            led_to = {link.action for link in complaint.actions}
            kept = unit.peek_all(CORRECTIVE_ACTION_CODEC, sorted(led_to)).values()
            by, at = office.actor, office.now()
            _put(unit, [complaints.agree(action, [complaint], by, at) for action in kept])
            return complaint

        return office.work(act)

    def accept(self, id: str, /, *, note: str = "") -> Complaint:
        """Close it, where nothing is outstanding: the customer accepts the answer.

        With a remedy to carry out, a corrective action to verify or a follow-up call owed it is
        accepted, and `close` follows. Accepted once more, it closes if nothing is outstanding now.

        Raises:
            NotFoundError: If there is no such complaint.
            TransitionError: If there is no answer to accept, or it is accepted and something is
                outstanding still; it says what, as for `close`.
        """
        return self._beside(id, partial(complaints.accept_beside, note=note))

    def link_action(self, id: str, /, *, action: str) -> Complaint:
        """Have it led to a corrective action: it is not closed before that has proved itself.

        The action lists the complaint, too, in the same transaction. One that is closed stays so;
        opened again, it waits.

        Raises:
            NotFoundError: If there is no such complaint, or no such corrective action.
            InvalidValueError: If it is linked already.
        """
        office = self._office

        def act(unit: UnitOfWork) -> Complaint:
            complaint = unit.get(self._codec, id)
            kept, (linked,) = complaints.link_complaint(
                unit.get(CORRECTIVE_ACTION_CODEC, action), complaint, office.actor, office.now()
            )
            _put(unit, [kept])
            return unit.put(self._codec, linked)

        return office.work(act)

    def verify_action(self, id: str, /, *, action: str) -> Complaint:
        """Say that a linked corrective action has proved to be effective.

        Only its own check shows that, and tells all its complaints: see
        `crm.corrective_actions.check`. This is for one that was deleted meanwhile.

        Raises:
            NotFoundError: If there is no such complaint, or no such corrective action.
            TransitionError: If no check has shown that it is effective.
            InvalidValueError: If it is not linked, or verified already.
        """
        office = self._office

        def act(unit: UnitOfWork) -> Complaint:
            complaint, kept = unit.get(self._codec, id), unit.get(CORRECTIVE_ACTION_CODEC, action)
            verified = complaints.verify_at_complaint(complaint, kept, office.actor, office.now())
            return unit.put(self._codec, verified)

        return office.work(act)

    def close(self, id: str, /, *, note: str = "") -> Complaint:
        """Close it: it is put right, and the customer is satisfied or cannot be reached.

        Raises:
            NotFoundError: If there is no such complaint.
            TransitionError: If something is outstanding; it says what, and which corrective action
                is waited for in vain, for it was deleted.
        """
        return self._beside(id, partial(complaints.close_beside, note=note))

    def unlink_action(self, id: str, /, *, action: str, reason: str) -> Complaint:
        """Undo a link that was made by mistake; it and the reason stay on record.

        The action's link is undone, too, in the same transaction; that of a deleted one when it
        comes back.

        Raises:
            NotFoundError: If there is no such complaint.
            InvalidValueError: If it is not linked, or verified already, or no reason is given.
        """
        office = self._office

        def act(unit: UnitOfWork) -> Complaint:
            undone, kept = complaints.unlink_from_action(
                unit.get(self._codec, id),
                unit.peek(CORRECTIVE_ACTION_CODEC, action),
                office.actor,
                office.now(),
                action=action,
                reason=reason,
            )
            _put(unit, kept)
            return unit.put(self._codec, undone)

        return office.work(act)

    def _beside(self, id: str, act: _Beside) -> Complaint:
        """Do what a refusal of names the corrective actions for that are not there."""
        office = self._office

        def done(unit: UnitOfWork) -> Complaint:
            complaint = unit.get(self._codec, id)
            kept = unit.peek_all(CORRECTIVE_ACTION_CODEC, complaint.unverified_actions)
            return unit.put(self._codec, act(complaint, kept, office.actor, office.now()))

        return office.work(done)


def _put(unit: UnitOfWork, actions: Iterable[complaints.CorrectiveAction]) -> None:
    for action in actions:
        unit.put(CORRECTIVE_ACTION_CODEC, action)
