"""The complaints' desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial

# Named through its package, which loads each when it is first asked for.
from crmkit import complaints
from crmkit.cases import FollowUpOutcome
from crmkit.complaints import (
    CauseAnalysis,
    Channel,
    Complaint,
    ComplaintField,
    Goods,
)
from crmkit.kernel import Party, Score
from crmkit.kernel.checks import several
from crmkit.storage import Query

from .complaint_links_desk import ComplaintLinks
from .desk import verb
from .unit import UnitOfWork


class ComplaintsDesk(ComplaintLinks):
    """Putting right: every act of a complaint, by its id.

    Keys to find by: customer, channel, owner, responsible, department, field, product, unit, batch,
    symptom, cause, occurrence, severity, impact, priority, stage, state, due_on,
    duplicate_of, received_at, moved_at.

    What is promised, and due, is told under the CRM's policies; booked times, and the day on which
    an answer was promised, are promises, too.
    What recurs, what is major, who is called and what is owed is told under the CRM's terms,
    `crmkit.complaints.ComplaintTerms`.

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
        crmkit.errors.TransitionError: complaint K-1 is acknowledged and can become assessed,\
 routed, investigated, responded, escalated inside, withdrawn or duplicate, not closed
    """

    def receive(
        self,
        *,
        customer: str,
        about: str,
        channel: Channel | str | None = None,
        raised_by: Party | str = Party.CUSTOMER,
        field: ComplaintField | str | None = None,
        goods: Goods | None = None,
        symptom: str | None = None,
        concerned: str | None = None,
        remedy_wanted: str = "",
        immediate_action: str = "",
        due_on: date | None = None,
        id: str | None = None,
    ) -> Complaint:
        """Take a complaint in; every clock that is promised to the customer starts here.

        Earlier complaints that it repeats, by the CRM's terms, are found and put down with it.

        Args:
            customer: Who complained.
            about: What is wrong, in the customer's words.
            channel: How it reached us.
            raised_by: The customer; or we ourselves, who saw it first: `staff`.
            field: What kind of thing it is about.
            goods: Which product, unit and batch.
            symptom: What shows, in your own words or codes.
            concerned: Which department, branch or people it is about.
            remedy_wanted: What the customer asks for.
            immediate_action: What was done at once.
            due_on: The day on which the customer was promised an answer, in the zone of the CRM's
                policies; its clock runs until it is responded.
            id: Unique among complaints; made where none is given.

        Raises:
            InvalidValueError: If a value is unfit, or the day is before that of the receipt.
            ConflictError: If there is, or was, a complaint of that id.
        """
        told = partial(
            Complaint.receive,
            customer=customer,
            about=about,
            channel=channel,
            raised_by=raised_by,
            field=field,
            goods=goods,
            symptom=symptom,
            concerned=concerned,
            remedy_wanted=remedy_wanted,
            immediate_action=immediate_action,
        )
        return self._bear(
            id, lambda id, by, at: self._taken_in(partial(told, id, by, at), due_on, by, at)
        )

    def promise(self, id: str, /, *, due_on: date, reason: str = "") -> Complaint:
        """Promise the customer an answer on a day, or on another day than before.

        A day that is over was missed: it stays, and another time is agreed by `book`.

        Args:
            id: Which complaint.
            due_on: The day, from that of the receipt on, in the zone of the CRM's policies.
            reason: Why it is another; needed where one was promised before.

        Raises:
            NotFoundError: If there is no such complaint.
            TransitionError: If it is over.
            InvalidValueError: If the day is unfit, that promised before is over, or a reason is
                missing.
        """
        zone = self._zone_of(self.get(id))
        return self._act(
            id,
            lambda one, by, at: one.promise(by, at, due_on=due_on, reason=reason, timezone=zone),
        )

    acknowledge = verb(Complaint.acknowledge)
    assess = verb(Complaint.assess, of=Complaint)
    route = verb(Complaint.route, of=Complaint)
    confirm = verb(Complaint.confirm, of=Complaint)
    exempt = verb(Complaint.exempt, of=Complaint)
    respond = verb(Complaint.respond)
    communicate = verb(Complaint.communicate)
    reject = verb(Complaint.reject)
    implement = verb(Complaint.implement, of=Complaint)
    waive = verb(Complaint.waive, of=Complaint)
    plan_calls = verb(Complaint.plan_calls, of=Complaint)
    reopen = verb(Complaint.reopen)
    escalate = verb(Complaint.escalate)
    refer = verb(Complaint.refer, of=Complaint)
    settle = verb(Complaint.settle, of=Complaint)
    book = verb(Complaint.book, of=Complaint)
    compensate = verb(Complaint.compensate, of=Complaint)
    give = verb(Complaint.give, of=Complaint)
    spend = verb(Complaint.spend, of=Complaint)
    wait = verb(Complaint.wait, of=Complaint)
    resume = verb(Complaint.resume, of=Complaint)
    reply = verb(Complaint.reply, of=Complaint)
    hear = verb(Complaint.hear, of=Complaint)
    comment = verb(Complaint.comment, of=Complaint)
    assign = verb(Complaint.assign, of=Complaint)
    prioritise = verb(Complaint.prioritise, of=Complaint)
    reach = verb(Complaint.reach, of=Complaint)
    alert = verb(Complaint.alert, of=Complaint)
    involve = verb(Complaint.involve, of=Complaint)
    unmark_recurrence = verb(Complaint.unmark_recurrence, of=Complaint)

    def investigate(
        self,
        id: str,
        /,
        *,
        note: str = "",
        cause: str | None = None,
        analysis: CauseAnalysis | None = None,
    ) -> Complaint:
        """Put down what was found: what is wrong, why, and where it should have been found.

        Earlier complaints that it repeats, by the CRM's terms, now that the cause is known, are put
        down with it. One that the customer sent back stays in its stage: what is found anew is kept
        in `findings`.

        Args:
            id: Which complaint.
            note: What was found.
            cause: The class of the cause.
            analysis: The root cause and the escape point.

        Raises:
            NotFoundError: If there is no such complaint.
            TransitionError: If it cannot be investigated now, or the department responsible has
                not confirmed that it is.
            InvalidValueError: If a value is unfit.
        """
        return self._with_cause(
            id,
            lambda one, by, at: one.investigate(by, at, note=note, cause=cause, analysis=analysis),
        )

    def diagnose(
        self,
        id: str,
        /,
        *,
        cause: str | None = None,
        analysis: CauseAnalysis | None = None,
    ) -> Complaint:
        """Put down a cause that is found, or put right, in between; what is left out stays.

        Earlier complaints that it repeats now are put down with it, as by `investigate`; links that
        held by the cause that is put right are undone, here and in later ones.

        Raises:
            NotFoundError: If there is no such complaint.
            TransitionError: If it is over.
            InvalidValueError: If neither is told, or the cause is blank.
        """
        return self._with_cause(
            id, lambda one, by, at: one.diagnose(by, at, cause=cause, analysis=analysis)
        )

    def follow_up(
        self,
        id: str,
        /,
        *,
        outcome: FollowUpOutcome | str,
        note: str = "",
        rating: Score | None = None,
    ) -> Complaint:
        """Put down a follow-up call; a customer who is not satisfied sends it back.

        Where the CRM's terms have him called, and nobody has planned it, the first call plans the
        calls by these terms: so many in vain let it be closed. What counts besides is told at
        `crmkit.complaints.Settled.follow_up`.

        Args:
            id: Which complaint.
            outcome: What it found.
            note: What the customer said.
            rating: How satisfied he says he is.

        Raises:
            NotFoundError: If there is no such complaint.
            TransitionError: If it is neither answered nor closed.
            InvalidValueError: If the outcome is none.
        """
        return self._act(
            id,
            lambda one, by, at: complaints.planned_by(self._terms.follow_up, one, by, at).follow_up(
                by, at, outcome=outcome, note=note, rating=rating
            ),
        )

    def mark_duplicate(self, id: str, /, *, of: str, note: str = "") -> Complaint:
        """Set it aside: it reports the same as another, which is dealt with.

        Args:
            id: Which is set aside.
            of: The one that reports the same.
            note: What is said on the occasion.

        Raises:
            NotFoundError: If there is no such complaint, or no such other.
            TransitionError: If it is answered already, or other reports are set aside for it.
            InvalidValueError: If the other is a duplicate itself, withdrawn, or the same complaint.
        """
        office = self._office

        def act(unit: UnitOfWork) -> Complaint:
            complaint, other = unit.get(self._codec, id), unit.get(self._codec, of)
            aside = complaints.set_aside(complaint, other, office.actor, office.now(), note=note)
            self._check_droppable(unit, complaint)
            # Who sets the other aside meanwhile is in conflict.
            unit.renew(self._codec, of)
            return unit.put(self._codec, aside)

        return office.work(act)

    def withdraw(self, id: str, /, *, note: str = "") -> Complaint:
        """Take it back: the customer no longer wants it dealt with; `note` can say why.

        Raises:
            NotFoundError: If there is no such complaint.
            TransitionError: If it is closed, or other reports are set aside for it; it names them.
        """
        office = self._office

        def act(unit: UnitOfWork) -> Complaint:
            complaint = unit.get(self._codec, id)
            withdrawn = complaint.withdraw(office.actor, office.now(), note=note)
            self._check_droppable(unit, complaint)
            return unit.put(self._codec, withdrawn)

        return office.work(act)

    def delete(self, id: str) -> None:
        """Delete a complaint; its history stays, and `undelete` brings it back.

        Raises:
            NotFoundError: If there is none.
            TransitionError: If other reports are set aside for it; it names them.
        """

        def act(unit: UnitOfWork) -> None:
            self._check_droppable(unit, unit.get(self._codec, id))
            unit.remove(self._codec, id)

        self._office.work(act)

    def _check_droppable(self, unit: UnitOfWork, complaint: Complaint) -> None:
        aside = Query(self._codec.kind, where=(("duplicate_of", "=", complaint.id),))
        complaints.check_droppable(complaint, unit.find(self._codec, aside))

    def mark_recurrence(self, id: str, /, *, of: Iterable[str]) -> Complaint:
        """Put down that it repeats earlier complaints; each is a complaint of its own.

        Raises:
            NotFoundError: If there is no such complaint, or one of the earlier is not there.
            InvalidValueError: If none is named, it would repeat itself, one is named already, or is
                later.
        """
        office, ids = self._office, several(of, "of")

        def act(unit: UnitOfWork) -> Complaint:
            complaint, earlier = unit.get(self._codec, id), [unit.get(self._codec, x) for x in ids]
            marked = complaints.mark_repeated(complaint, earlier, office.actor, office.now())
            return unit.put(self._codec, marked)

        return office.work(act)
