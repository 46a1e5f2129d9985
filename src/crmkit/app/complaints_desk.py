"""The complaints' desk."""

from __future__ import annotations

from crmkit.complaints import COMPLAINT_CODEC, Channel, Complaint

from .desk import Desk, Office, verb


class ComplaintsDesk(Desk[Complaint]):
    """Putting right: receive, acknowledge, investigate, respond, accept or reject.

    Keys to find by: customer, channel, stage, state, received_at, moved_at.

    Examples:
        >>> import crmkit
        >>> desk = crmkit.open(actor="ann").complaints
        >>> received = desk.receive(id="K-1", customer="C-7", about="compressor rattles")
        >>> desk.acknowledge("K-1", note="called back").trail[-1].note
        'called back'
        >>> [complaint.id for complaint in desk.find(stage="acknowledged")]
        ['K-1']
        >>> desk.accept("K-1")
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is acknowledged and can become investigated,\
 not closed
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office, COMPLAINT_CODEC)

    def receive(
        self,
        *,
        customer: str,
        about: str,
        channel: Channel | str | None = None,
        id: str | None = None,
    ) -> Complaint:
        """Take a complaint in; every clock that is promised to the customer starts here.

        Args:
            customer: Who complained.
            about: What is wrong, in the customer's words.
            channel: How it reached us.
            id: Unique among complaints; made where none is given.

        Raises:
            InvalidValueError: If a value is unfit.
            ConflictError: If there is, or was, a complaint of that id.
        """
        return self._bear(
            id,
            lambda id, by, at: Complaint.receive(
                id, by, at, customer=customer, about=about, channel=channel
            ),
        )

    acknowledge = verb(Complaint.acknowledge)
    investigate = verb(Complaint.investigate)
    respond = verb(Complaint.respond)
    accept = verb(Complaint.accept)
    reject = verb(Complaint.reject)
