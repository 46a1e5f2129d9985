"""The desk of corrective actions, which moves their complaints with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Final, TypeAlias

from crmkit.cases import StateGroup
from crmkit.complaints import (
    COMPLAINT_CODEC,
    CORRECTIVE_ACTION_CODEC,
    CheckResult,
    Complaint,
    CorrectiveAction,
    agree,
    check_action,
    checks_due,
    link_complaint,
    open_action,
    unlink_complaint,
)
from crmkit.kernel import checked_id
from crmkit.kernel.checks import several

from .desk import Office, verb
from .undertakings_desk import UndertakingsDesk
from .unit import UnitOfWork


_Joined: TypeAlias = tuple[CorrectiveAction, tuple[Complaint, ...]]
_OPEN: Final = (StateGroup.OPEN, StateGroup.WAITING_THIRD_PARTY)


class CorrectiveActionsDesk(UndertakingsDesk[CorrectiveAction]):
    """Removing causes: every act of a corrective action, by its id, with its complaints.

    Keys to find by: product, lead, supplier, stage, state, due_check_on, opened_at, moved_at.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> for id in ("K-1", "K-4"):
        ...     received = crm.complaints.receive(id=id, customer="C-7", about="leaks")
        >>> action = crm.corrective_actions.open(
        ...     id="CA-1", complaints=["K-1", "K-4"], about="door seals leak"
        ... )
        >>> crm.complaints.get("K-4").unverified_actions
        ('CA-1',)
        >>> [found.id for found in crm.corrective_actions.linked_to("K-4")]
        ['CA-1']
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, CORRECTIVE_ACTION_CODEC)

    def open(
        self,
        *,
        complaints: Iterable[str],
        about: str,
        product: str | None = None,
        id: str | None = None,
    ) -> CorrectiveAction:
        """Begin one for complaints that have a cause in common; they wait for its effect.

        Args:
            complaints: Their ids; at least one. One that is closed waits if it is opened again.
            about: What they have in common.
            product: Which product, or batch.
            id: Unique among corrective actions; made where none is given.

        Raises:
            NotFoundError: If there is no such complaint; nothing is stored.
            InvalidValueError: If a value is unfit.
            ConflictError: If there is, or was, an action of that id.
        """
        office, ids = self._office, several(complaints, "complaints")
        new = office.new_id() if id is None else id

        def act(unit: UnitOfWork) -> CorrectiveAction:
            behind = [unit.get(COMPLAINT_CODEC, one) for one in ids]
            action, waiting = open_action(
                new, office.actor, office.now(), complaints=behind, about=about, product=product
            )
            _put(unit, waiting)
            return unit.add(self._codec, action)

        return office.work(act)

    form_team = verb(CorrectiveAction.form_team)
    describe = verb(CorrectiveAction.describe)
    contain = verb(CorrectiveAction.contain)
    analyse = verb(CorrectiveAction.analyse)
    choose = verb(CorrectiveAction.choose)
    implement = verb(CorrectiveAction.implement)
    prevent = verb(CorrectiveAction.prevent)
    close = verb(CorrectiveAction.close)
    change_team = verb(CorrectiveAction.change_team)
    send_to_supplier = verb(CorrectiveAction.send_to_supplier)
    hear_from_supplier = verb(CorrectiveAction.hear_from_supplier)

    def check(self, id: str, /, *, observed: str, result: CheckResult | str) -> CorrectiveAction:
        """Check whether it worked; where it did, its complaints wait for it no more.

        What did not work goes back to its cause, and they wait on.

        Args:
            id: Which action.
            observed: What was seen, to be held against the criterion.
            result: Whether it counts as effective.

        Raises:
            NotFoundError: If there is no such action.
            TransitionError: If it is not implemented, its day has not come, or it was checked.
            InvalidValueError: If a value is unfit.
        """

        def act(unit: UnitOfWork, action: CorrectiveAction, by: str, at: datetime) -> _Joined:
            behind = unit.peek_all(COMPLAINT_CODEC, action.complaints).values()
            return check_action(action, behind, by, at, observed=observed, result=result)

        return self._together(id, act)

    def link(self, id: str, /, *, complaint: str) -> CorrectiveAction:
        """Link another complaint with the same cause, on both sides.

        Raises:
            NotFoundError: If there is no such action, or no such complaint.
            InvalidValueError: If it is linked already.
        """
        return self._together(
            id,
            lambda unit, action, by, at: link_complaint(
                action, unit.get(COMPLAINT_CODEC, complaint), by, at
            ),
        )

    def unlink(self, id: str, /, *, complaint: str, reason: str) -> CorrectiveAction:
        """Undo a link on both sides; that it stood stays on record, the reason with the complaint.

        Raises:
            NotFoundError: If there is no such action, or no such complaint.
            InvalidValueError: If it is not linked, counts on the effect already, or no reason is
                given.
        """
        return self._together(
            id,
            lambda unit, action, by, at: unlink_complaint(
                action, unit.get(COMPLAINT_CODEC, complaint), by, at, reason=reason
            ),
        )

    def undelete(self, id: str) -> CorrectiveAction:
        """Bring a deleted action back; complaints that undid their link meanwhile stay without it.

        Raises:
            NotFoundError: If there never was one, or what it last said was let go.
            InvalidValueError: If it is not deleted.
        """
        office = self._office

        def act(unit: UnitOfWork) -> CorrectiveAction:
            action = unit.revive(self._codec, id)
            behind = unit.peek_all(COMPLAINT_CODEC, action.complaints)
            for one in behind:
                # Who undoes a link meanwhile is in conflict.
                unit.renew(COMPLAINT_CODEC, one)
            return unit.put(self._codec, agree(action, behind.values(), office.actor, office.now()))

        return office.work(act)

    def checks_due(self, *, on: date | None = None) -> tuple[CorrectiveAction, ...]:
        """Return those whose effect is to be checked; the longest due first.

        Args:
            on: Up to which day, in the zone of each check; None for today.

        Examples:
            >>> import crmkit
            >>> crmkit.open(actor="ann").corrective_actions.checks_due()
            ()
        """
        unsettled = self.each(("state", "in", _OPEN))
        return checks_due(unsettled, as_of=self._office.now(), on=on)

    def linked_to(self, complaint: str) -> tuple[CorrectiveAction, ...]:
        """Return those that a complaint is linked to now; all of them are read.

        Raises:
            InvalidValueError: If the id is unfit.
        """
        asked = checked_id(complaint, "complaint")
        return tuple(action for action in self.each() if asked in action.complaints)

    def _together(
        self,
        id: str,
        act: Callable[[UnitOfWork, CorrectiveAction, str, datetime], _Joined],
    ) -> CorrectiveAction:
        """Change an action and its complaints, or nothing."""
        office = self._office

        def work(unit: UnitOfWork) -> CorrectiveAction:
            found = unit.get(self._codec, id)
            action, complaints = act(unit, found, office.actor, office.now())
            _put(unit, complaints)
            return unit.put(self._codec, action)

        return office.work(work)


def _put(unit: UnitOfWork, complaints: Iterable[Complaint]) -> None:
    for complaint in complaints:
        unit.put(COMPLAINT_CODEC, complaint)
