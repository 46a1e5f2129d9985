"""The desks of what else complaints set going: emergencies, product requests, recalls."""

from __future__ import annotations

from collections.abc import Iterable

from crmkit.cases import CaseKind
from crmkit.complaints import (
    EMERGENCY_CODEC,
    EMERGENCY_ROLES,
    PRODUCT_REQUEST_CODEC,
    RECALL_CODEC,
    Emergency,
    EmergencyRole,
    ProductRequest,
    Recall,
)
from crmkit.kernel import checked_id
from crmkit.kernel.checks import several

from .desk import Office, verb
from .undertakings_desk import UndertakingsDesk


class EmergenciesDesk(UndertakingsDesk[Emergency]):
    """Keeping people from harm: every act of an emergency, by its id.

    Keys to find by: complaint, stage, state, opened_at, moved_at.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> received = crm.complaints.receive(id="K-1", customer="C-7", about="smokes")
        >>> called = crm.emergencies.call(id="E-1", complaint="K-1", about="motor on fire")
        >>> crm.emergencies.join("E-1", who="bob", role="quality").open_roles
        ('planning', 'engineering', 'workshop')
        >>> crm.emergencies.call(complaint="K-2", about="motor on fire")
        Traceback (most recent call last):
        crmkit.errors.NotFoundError: there is no complaint 'K-2'
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, EMERGENCY_CODEC)

    def call(
        self,
        *,
        complaint: str,
        about: str,
        roles: Iterable[EmergencyRole | str] = EMERGENCY_ROLES,
        id: str | None = None,
    ) -> Emergency:
        """Call the team together for a complaint; every limit of the emergency counts from here.

        Args:
            complaint: The complaint that calls for it.
            about: What the danger is.
            roles: Who must be there; a company may name roles of its own.
            id: Unique among emergencies; made where none is given.

        Raises:
            NotFoundError: If there is no such complaint; nothing is stored.
            InvalidValueError: If a value is unfit.
            ConflictError: If there is, or was, an emergency of that id.
        """
        return self._begin(
            id,
            [complaint],
            lambda id, by, at: Emergency.call(
                id, by, at, complaint=complaint, about=about, roles=roles
            ),
        )

    join = verb(Emergency.join)
    leave = verb(Emergency.leave)
    convene = verb(Emergency.convene)
    contain = verb(Emergency.contain)
    stand_down = verb(Emergency.stand_down)
    call_off = verb(Emergency.call_off)


class ProductRequestsDesk(UndertakingsDesk[ProductRequest]):
    """The voice of the customer: every act of a product request, by its id.

    Keys to find by: product, stage, state, opened_at, moved_at.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> asked = crm.inquiries.open(
        ...     id="Q-1", customer="C-7", about="wash potatoes", asks="suggestion"
        ... )
        >>> desk = crm.product_requests
        >>> raised = desk.open(
        ...     id="P-1", cases=["Q-1"], kind="suggestion", about="wash potatoes"
        ... )
        >>> [found.id for found in desk.linked_to("Q-1", kind="suggestion")]
        ['P-1']
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, PRODUCT_REQUEST_CODEC)

    def open(
        self,
        *,
        cases: Iterable[str],
        about: str,
        kind: CaseKind | str = CaseKind.COMPLAINT,
        product: str | None = None,
        id: str | None = None,
    ) -> ProductRequest:
        """Raise it: cases say what the product lacks.

        Args:
            cases: The cases behind it, by their ids; at least one.
            about: What customers want.
            kind: Of what kind the cases are; others are linked afterwards.
            product: Of which product.
            id: Unique among product requests; made where none is given.

        Raises:
            NotFoundError: If there is no such case; nothing is stored.
            InvalidValueError: If a case is of another kind, or a value is unfit.
            ConflictError: If there is, or was, a request of that id.
        """
        ids, asked = several(cases, "cases"), CaseKind.of(kind, "kind")
        return self._begin(
            id,
            ids,
            lambda id, by, at: ProductRequest.open(
                id, by, at, cases=ids, about=about, kind=asked, product=product
            ),
            kind=asked,
        )

    consider = verb(ProductRequest.consider)
    accept = verb(ProductRequest.accept)
    decline = verb(ProductRequest.decline)
    develop = verb(ProductRequest.develop)
    release = verb(ProductRequest.release)
    close = verb(ProductRequest.close)
    tell = verb(ProductRequest.tell)
    unlink = verb(ProductRequest.unlink)

    def link(
        self, id: str, /, *, case: str, kind: CaseKind | str = CaseKind.COMPLAINT
    ) -> ProductRequest:
        """Link another case that asks the same.

        Raises:
            NotFoundError: If there is no such request, or no such case.
            TransitionError: If it is closed: raise another.
            InvalidValueError: If it is linked already, or the case is of another kind.
        """
        asked = CaseKind.of(kind, "kind")
        return self._link(
            id, case, asked, lambda one, by, at: one.link(by, at, case=case, kind=asked)
        )

    def linked_to(
        self, case: str, *, kind: CaseKind | str = CaseKind.COMPLAINT
    ) -> tuple[ProductRequest, ...]:
        """Return those that a case is linked to now; all of them are read.

        Raises:
            InvalidValueError: If the id is unfit, or there is no such kind of case.
        """
        key = (CaseKind.of(kind, "kind"), checked_id(case, "case"))
        return tuple(request for request in self.each() if key in request.cases)


class RecallsDesk(UndertakingsDesk[Recall]):
    """Calling units back: every act of a recall, by its id.

    Keys to find by: product, stage, state, open_units, opened_at, moved_at.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> received = crm.complaints.receive(id="K-1", customer="C-7", about="smokes")
        >>> decided = crm.recalls.open(
        ...     id="R-1", complaints=["K-1"], about="may burn", units=["W-1", "W-2"]
        ... )
        >>> announced = crm.recalls.announce("R-1")
        >>> crm.recalls.scrap("R-1", units=["W-1"]).open_units
        ('W-2',)
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, RECALL_CODEC)

    def open(
        self,
        *,
        complaints: Iterable[str],
        about: str,
        units: Iterable[str],
        product: str | None = None,
        tries: int = 3,
        id: str | None = None,
    ) -> Recall:
        """Decide on a recall: units may do harm.

        Args:
            complaints: The safety cases; at least one.
            about: What harm the units may do.
            units: The units concerned, by their ids; at least one.
            product: Of which product they are.
            tries: How often a holder must be tried in vain before a unit counts as unreachable.
            id: Unique among recalls; made where none is given.

        Raises:
            NotFoundError: If there is no such complaint; nothing is stored.
            InvalidValueError: If a value is unfit.
            ConflictError: If there is, or was, a recall of that id.
        """
        ids = several(complaints, "complaints")
        return self._begin(
            id,
            ids,
            lambda id, by, at: Recall.open(
                id,
                by,
                at,
                complaints=ids,
                about=about,
                units=units,
                product=product,
                tries=tries,
            ),
        )

    announce = verb(Recall.announce)
    close = verb(Recall.close)
    reopen = verb(Recall.reopen)
    unlink = verb(Recall.unlink)
    add_units = verb(Recall.add_units)
    miss = verb(Recall.miss)
    notify = verb(Recall.notify)
    take_back = verb(Recall.take_back)
    repair = verb(Recall.repair)
    scrap = verb(Recall.scrap)
    refuse = verb(Recall.refuse)
    give_up = verb(Recall.give_up)

    def link(self, id: str, /, *, complaint: str) -> Recall:
        """Link another case of the same harm; at any time.

        Raises:
            NotFoundError: If there is no such recall, or no such complaint.
            InvalidValueError: If it is linked already.
        """
        return self._link(
            id,
            complaint,
            CaseKind.COMPLAINT,
            lambda one, by, at: one.link(by, at, complaint=complaint),
        )

    def linked_to(self, complaint: str) -> tuple[Recall, ...]:
        """Return those that a complaint is linked to now; all of them are read.

        Raises:
            InvalidValueError: If the id is unfit.
        """
        asked = checked_id(complaint, "complaint")
        return tuple(recall for recall in self.each() if asked in recall.complaints)
