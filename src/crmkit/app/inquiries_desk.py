"""The inquiries' desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import chain

# Named through their packages, which load each when it is first asked for.
from crmkit import cases, complaints, sla
from crmkit.cases import INQUIRY_CODEC, CaseKind, Inquiry, StateGroup, set_aside
from crmkit.kernel import Channel, Party
from crmkit.kernel.checks import checked_day

from .cases_desk import CasesDesk
from .desk import Office, verb
from .unit import UnitOfWork


class InquiriesDesk(CasesDesk[Inquiry]):
    """What else is asked of us: enquiries, suggestions, small repairs, each answered in time.

    Keys to find by: customer, asks, channel, owner, responsible, severity, impact, priority, stage,
    state, duplicate_of, received_at, moved_at. What is promised is told as for complaints. Who is
    called after the answer is told under the CRM's terms, `crmkit.cases.InquiryTerms`.

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

    def __init__(
        self,
        office: Office,
        policies: sla.SlaPolicies | None,
        *,
        terms: cases.InquiryTerms | None = None,
    ) -> None:
        super().__init__(office, INQUIRY_CODEC, policies)
        self._terms = cases.INQUIRY_TERMS if terms is None else terms

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
    follow_up = verb(Inquiry.follow_up)
    close = verb(Inquiry.close)
    reopen = verb(Inquiry.reopen)
    wait = verb(Inquiry.wait, of=Inquiry)
    resume = verb(Inquiry.resume, of=Inquiry)
    reply = verb(Inquiry.reply, of=Inquiry)
    hear = verb(Inquiry.hear, of=Inquiry)
    comment = verb(Inquiry.comment, of=Inquiry)
    assign = verb(Inquiry.assign, of=Inquiry)
    prioritise = verb(Inquiry.prioritise, of=Inquiry)
    reach = verb(Inquiry.reach, of=Inquiry)
    alert = verb(Inquiry.alert, of=Inquiry)
    involve = verb(Inquiry.involve, of=Inquiry)

    def mark_duplicate(self, id: str, /, *, of: str, note: str = "") -> Inquiry:
        """Set it aside: it is the same question as another, which is answered.

        Args:
            id: Which is set aside.
            of: The other.
            note: What is said on the occasion.

        Raises:
            NotFoundError: If there is no such inquiry, or no such other.
            TransitionError: If it is not open, or others are set aside for it.
            InvalidValueError: If the other is a duplicate itself, cancelled, or the same inquiry.
        """
        office = self._office

        def act(unit: UnitOfWork) -> Inquiry:
            inquiry, other = unit.get(self._codec, id), unit.get(self._codec, of)
            aside = set_aside(inquiry, other, office.actor, office.now(), note=note)
            self._check_droppable(unit, inquiry)
            # Who sets the other aside meanwhile is in conflict.
            unit.renew(self._codec, of)
            return unit.put(self._codec, aside)

        return office.work(act)

    def cancel(self, id: str, /, *, note: str = "") -> Inquiry:
        """Drop it: the customer no longer asks.

        Raises:
            NotFoundError: If there is no such inquiry.
            TransitionError: If it is not open, or others are set aside for it; it names them.
        """
        office = self._office

        def act(unit: UnitOfWork) -> Inquiry:
            inquiry = unit.get(self._codec, id)
            cancelled = inquiry.cancel(office.actor, office.now(), note=note)
            self._check_droppable(unit, inquiry)
            return unit.put(self._codec, cancelled)

        return office.work(act)

    def delete(self, id: str) -> None:
        """Delete an inquiry; its history stays, and `undelete` brings it back.

        Raises:
            NotFoundError: If there is none.
            TransitionError: If others are set aside for it; it names them.
        """

        def act(unit: UnitOfWork) -> None:
            self._check_droppable(unit, unit.get(self._codec, id))
            unit.remove(self._codec, id)

        self._office.work(act)

    def undelete(self, id: str) -> Inquiry:
        """Bring a deleted inquiry back as it last was.

        Raises:
            NotFoundError: If there never was one, or what it last said was let go.
            InvalidValueError: If it is not deleted.
            TransitionError: If it is set aside for another that is not dealt with any more.
        """

        def act(unit: UnitOfWork) -> Inquiry:
            inquiry = unit.revive(self._codec, id)
            cases.check_dealt_with(inquiry, self._held(unit, inquiry.duplicate_of))
            return inquiry

        return self._office.work(act)

    def calls_due(self, *, since: datetime | None = None) -> tuple[cases.InquiryCall, ...]:
        """Return the follow-up calls that are due by now; the longest due first.

        Args:
            since: Closed inquiries that last moved before are not read; None to read all.

        Raises:
            InvalidValueError: If `since` is naive.

        Examples:
            >>> import crmkit
            >>> crmkit.open(actor="ann").inquiries.calls_due()
            ()
        """
        pages = chain(self._pages(("state", "=", StateGroup.RESOLVED)), self._closed(since))
        answered = (one for page in pages for one in page)
        return cases.inquiry_calls_due(answered, self._terms.follow_up, as_of=self._office.now())

    def worklist(
        self, *, on: date | None = None, since: datetime | None = None
    ) -> Mapping[str, tuple[complaints.WorkItem, ...]]:
        """Return the day's work, person by person: late, due, to call, waiting, open.

        Every inquiry that is not over is there: with whoever has it, or else whoever received it.

        Args:
            on: Up to the end of which day, in the zone of each calendar; None for today.
            since: As for `calls_due`.

        Raises:
            InvalidValueError: If `on` is no date, or `since` is naive.

        Examples:
            >>> import crmkit
            >>> from crmkit.testing import NINE
            >>> desk = crmkit.open(actor="ann").acting(at=NINE).inquiries
            >>> asked = desk.open(id="Q-1", customer="C-7", about="Open today?")
            >>> (item,) = desk.worklist()["ann"]
            >>> item.kind.label(), item.due_at.isoformat()
            ('Due', '2026-03-02T10:00:00+00:00')
        """
        now, on, terms = self._office.now(), checked_day(on, "on"), self._terms
        pages = chain(self._pages(("state", "in", sla.UNSETTLED)), self._closed(since))
        clocked = (one for page in pages for one in self._clocked(page))
        lines = (
            complaints.inquiry_work(
                inquiry, sla.promises_in(inquiry, clocks), terms=terms, as_of=now, on=on
            )
            for inquiry, _, clocks in clocked
        )
        return complaints.by_person(line for told in lines for line in told)

    def _check_droppable(self, unit: UnitOfWork, inquiry: Inquiry) -> None:
        cases.check_droppable(inquiry, self._set_aside_for(unit, inquiry.id))

    def _closed(self, since: datetime | None) -> Iterator[tuple[Inquiry, ...]]:
        """Yield the inquiries that are closed, page by page."""
        moved = () if since is None else (("moved_at", ">=", since),)
        yield from self._pages(("state", "=", StateGroup.CLOSED), *moved)
