"""The inquiries' desk."""

from __future__ import annotations

# Named through its package, which loads it when it is first asked for.
from crmkit import sla
from crmkit.cases import INQUIRY_CODEC, CaseKind, Inquiry, set_aside
from crmkit.kernel import Channel, Party

from .cases_desk import CasesDesk
from .desk import Office, verb
from .unit import UnitOfWork


class InquiriesDesk(CasesDesk[Inquiry]):
    """What else is asked of us: enquiries, suggestions, small repairs, each answered in time.

    Keys to find by: customer, asks, channel, owner, responsible, severity, impact, priority, stage,
    state, received_at, moved_at. What is promised is told as for complaints.

    Examples:
        >>> import crmkit
        >>> desk = crmkit.open(actor="ann").inquiries
        >>> asked = desk.open(
        ...     id="Q-1", customer="C-7", about="a wider drain", asks="suggestion", channel="shop"
        ... )
        >>> desk.answer("Q-1", text="We pass it on.").stage.label()
        'Answered'
        >>> [inquiry.id for inquiry in desk.find(asks="suggestion", state="resolved")]
        ['Q-1']
    """

    def __init__(self, office: Office, policies: sla.SlaPolicies | None) -> None:
        super().__init__(office, INQUIRY_CODEC, policies)

    def open(
        self,
        *,
        customer: str,
        about: str,
        asks: CaseKind | str = CaseKind.ENQUIRY,
        channel: Channel | str | None = None,
        raised_by: Party | str = Party.CUSTOMER,
        id: str | None = None,
    ) -> Inquiry:
        """Take a question in; every clock that is promised to the customer starts here.

        Args:
            customer: Who asks.
            about: What he asks, in his words.
            asks: An enquiry, a suggestion or a repair; complaints have a desk of their own.
            channel: How it reached us.
            raised_by: The customer; or we ourselves, on his behalf: `staff`.
            id: Unique among inquiries; made where none is given.

        Raises:
            InvalidValueError: If a value is unfit.
            ConflictError: If there is, or was, an inquiry of that id.
        """
        return self._bear(
            id,
            lambda id, by, at: Inquiry.open(
                id,
                by,
                at,
                customer=customer,
                about=about,
                asks=asks,
                channel=channel,
                raised_by=raised_by,
            ),
        )

    answer = verb(Inquiry.answer)
    close = verb(Inquiry.close)
    reopen = verb(Inquiry.reopen)
    cancel = verb(Inquiry.cancel)
    wait = verb(Inquiry.wait, of=Inquiry)
    resume = verb(Inquiry.resume, of=Inquiry)
    reply = verb(Inquiry.reply, of=Inquiry)
    hear = verb(Inquiry.hear, of=Inquiry)
    comment = verb(Inquiry.comment, of=Inquiry)
    assign = verb(Inquiry.assign, of=Inquiry)
    prioritise = verb(Inquiry.prioritise, of=Inquiry)
    reach = verb(Inquiry.reach, of=Inquiry)
    involve = verb(Inquiry.involve, of=Inquiry)

    def mark_duplicate(self, id: str, /, *, of: str) -> Inquiry:
        """Set it aside: it is the same question as another, which is answered.

        Args:
            id: Which is set aside.
            of: The other.

        Raises:
            NotFoundError: If there is no such inquiry, or no such other.
            TransitionError: If it is not open.
            InvalidValueError: If the other is a duplicate itself, cancelled, or the same inquiry.
        """
        office = self._office

        def act(unit: UnitOfWork) -> Inquiry:
            inquiry, other = unit.get(self._codec, id), unit.get(self._codec, of)
            aside = set_aside(inquiry, other, office.actor, office.now())
            # Who sets the other aside meanwhile is in conflict.
            unit.renew(self._codec, of)
            return unit.put(self._codec, aside)

        return office.work(act)
