"""The complaint: from receipt until it is put right, and the customer says so.

Law: the customer's word closes a complaint, and his silence is not consent; where he cannot be
reached, the calls in vain stand in its place, on record.

Source: domain fact K1; ISO 10002:2018 clause 7, step by step as in `crmkit.complaints.stages`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

import attrs

# Named through its package, which loads it when it is first asked for.
from crmkit import sla
from crmkit.customers import CustomerId
from crmkit.errors import InvalidValueError
from crmkit.kernel import Channel, Party, Step, Text, instant, named_zone, not_now
from crmkit.kernel.checks import of_kind, several

from .costed import Costed
from .fields import ComplaintField
from .grievance import ComplaintId
from .particulars import Goods, PromisedDay, Remedy, RemedyKind
from .sending_back import was_rejected
from .stages import ENDED, OVER, WORKFLOW, Stage


_LAST_ZONE: Final = "Etc/GMT+12"
"""Where every day ends last: whatever zone the customer was told in, no receipt there is later."""

_PROMISED: Final = Text("promised an answer on a day", "承诺答复日期")
_ANSWERED: Final = Text(
    "it was answered; agree another time: book(what='responded', due_at=…)",
    "已经答复；请另行约定时间：book(what='responded', due_at=…)",
)
_OPINIONS: Final = (
    "about",
    "channel",
    "raised_by",
    "participants",
    "field",
    "goods",
    "symptom",
    "concerned",
    "remedy_wanted",
    "immediate_action",
    "judgement",
    "analysis",
)


@attrs.frozen(kw_only=True, slots=False)
class Complaint(Costed):
    """A customer's grievance, from receipt until it is put right.

    A complaint is a case: what cases share, from who owns it to what was said, is told there; what
    is known of a complaint in `Grievance`, what leads to its answer in `Examined`, what follows it
    in `Settled`, and what it repeats and cost in `Costed`. Complaints are immutable: every verb
    returns a new one.

    Examples:
        >>> from datetime import UTC, datetime
        >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> complaint = Complaint.receive(
        ...     "K-1", "ann", nine, customer="C-7", about="compressor rattles", channel="phone"
        ... )
        >>> complaint = complaint.acknowledge("ann", nine.replace(hour=10, minute=10))
        >>> complaint.stage.label(), complaint.time_in(Stage.RECEIVED)
        ('Acknowledged', datetime.timedelta(seconds=4200))
        >>> complaint.respond("ann", nine.replace(hour=11))
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is acknowledged and cannot become responded\
 yet: it is neither investigated nor exempt from it
    """

    @classmethod
    def receive(
        cls,
        id: str,
        by: str,
        at: datetime,
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
        timezone: str = _LAST_ZONE,
    ) -> Complaint:
        """Take a complaint in; every clock that is promised to the customer starts here.

        Args:
            id: Unique among complaints.
            by: Who received it.
            at: When.
            customer: Who complained.
            about: What is wrong, in the customer's words.
            channel: How it reached us.
            raised_by: The customer; or we ourselves, who saw it first.
            field: What kind of thing it is about.
            goods: Which product, unit and batch.
            symptom: What shows, in your own words or codes.
            concerned: Which department, branch or people it is about.
            remedy_wanted: What the customer asks for.
            immediate_action: What was done at once.
            due_on: The day on which the customer was promised an answer, from the day of the
                receipt on; `crmkit.sla.promised_day_clocks` counts it.
            timezone: In which it is that day: the desk takes that of the CRM's policies. Where it
                is left out, the zone in which every day ends last.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        if due_on is not None:
            sla.check_promised_day(due_on, at, timezone=timezone)
        return cls(
            id=ComplaintId(id),
            customer=CustomerId(customer),
            about=about,
            channel=None if channel is None else Channel.of(channel, "channel"),
            raised_by=Party.of(raised_by, "raised_by"),
            field=None if field is None else ComplaintField.of(field, "field"),
            goods=goods,
            symptom=symptom,
            concerned=concerned,
            remedy_wanted=remedy_wanted,
            immediate_action=immediate_action,
            due_on=due_on,
            trail=(Step(WORKFLOW.start, by, instant(at)),),
        )

    def promise(
        self,
        by: str,
        at: datetime,
        *,
        due_on: date,
        reason: str = "",
        timezone: str = _LAST_ZONE,
    ) -> Complaint:
        """Promise the customer an answer on a day, or on another day than before.

        A day that is over was missed: it stays, and another time is agreed by `book`. Whoever was
        answered once is promised no first day by it any more, for the answer would keep it.

        Args:
            by: Who promises it.
            at: When.
            due_on: The day, from that of `at` on.
            reason: Why it is another; needed where one was promised before.
            timezone: In which it is that day, as for `receive`.

        Raises:
            TransitionError: If it is over, or was answered before any day was promised.
            InvalidValueError: If the day is unfit or over, that promised before is over, a reason
                is missing, nobody acts, or `at` is naive or before the last promise.

        Examples:
            >>> from crmkit.testing import NINE, a_complaint
            >>> complaint = a_complaint().promise("ann", NINE, due_on=date(2062, 3, 4))
            >>> complaint.promise("ann", NINE, due_on=date(2026, 3, 4))
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: reason is '': it must say why it is another day than\
 2062-03-04
            >>> why = "the year was mistyped"
            >>> complaint.promise("ann", NINE, due_on=date(2026, 3, 4), reason=why).due_on.year
            2026
        """
        promised_at = self._act(by, at)
        if self.stage in ENDED:
            raise not_now(self, self.stage, _PROMISED, OVER)
        sla.check_promised_day(due_on, self.received_at, timezone=timezone)
        _check_to_come(of_kind(due_on, date, "due_on"), promised_at, timezone)
        if self.due_on is not None:
            _check_moved(self.due_on, promised_at, timezone, reason)
        elif any(step.stage is Stage.RESPONDED for step in self.trail):
            raise not_now(self, self.stage, _PROMISED, _ANSWERED)
        promised = PromisedDay(promised_at, by, due_on, reason=reason)
        days = (*self._days_so_far, promised)
        return attrs.evolve(self, due_on=due_on, days_promised=days)

    def acknowledge(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Tell the customer that we have it; the response clock stops.

        Raises:
            TransitionError: If it is not just received.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.ACKNOWLEDGED, by, at, note)

    def respond(
        self,
        by: str,
        at: datetime,
        *,
        note: str = "",
        remedies: Iterable[RemedyKind | str] = (),
    ) -> Complaint:
        """Answer the customer; `note` is the answer. We then wait for the customer's word.

        Args:
            by: Who answers.
            at: When.
            note: What the customer is told.
            remedies: What is promised; each is owed until it is carried out or waived. It takes the
                place of what an answer offered that was rejected.

        Raises:
            TransitionError: If it is neither investigated nor exempt from it.
            InvalidValueError: If a remedy is none, nobody acts, or `at` is naive or before the last
                step.
        """
        promised = tuple(
            Remedy(kind=RemedyKind.of(remedy, "remedies"), promised_at=instant(at))
            for remedy in several(remedies, "remedies")
        )
        answered = self._advance(Stage.RESPONDED, by, at, note)
        if not promised:
            return answered
        return attrs.evolve(answered, remedies=(*self._replaced(instant(at)), *promised))

    def _replaced(self, at: datetime) -> tuple[Remedy, ...]:
        """Return the remedies, let go of as a new offer takes the place of a rejected one."""
        if not was_rejected(self.trail):
            return self.remedies
        return tuple(
            attrs.evolve(remedy, waived_at=at) if remedy.is_owed else remedy
            for remedy in self.remedies
        )

    def communicate(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Tell the customer what was decided, and what he can do if he disagrees.

        Raises:
            TransitionError: If there is no answer to communicate.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.COMMUNICATED, by, at, note)

    def accept(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Close it, where nothing is outstanding: the customer accepts the answer.

        With a remedy to carry out, a corrective action to verify or a follow-up call owed it is
        accepted, and `close` follows. Accepted once more, it closes if nothing is outstanding now.

        Raises:
            TransitionError: If there is no answer to accept, or it is accepted and something is
                outstanding still; it says what.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        outstanding = self.owed_remedies or self.unverified_actions or not self.is_satisfied
        # Accepted already, it can only close: the table then says what is outstanding.
        is_first = self.stage is not Stage.ACCEPTED
        stage = Stage.ACCEPTED if outstanding and is_first else Stage.CLOSED
        moved = self._advance(stage, by, at, note, accepted=True)
        return attrs.evolve(moved, accepted=(*self.accepted, len(moved.trail)))

    def reject(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Send it back: the customer is still unhappy; `note` can say why.

        Raises:
            TransitionError: If there is no answer to reject.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.INVESTIGATED, by, at, note, rejected=True)

    def escalate(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Raise it inside: somebody above looks at it anew; `note` can say who and why.

        Raises:
            TransitionError: If it is not acknowledged yet, accepted, referred outside, or over.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.ESCALATED, by, at, note)

    def withdraw(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Drop it: the customer takes it back.

        Raises:
            TransitionError: If it is over already.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.WITHDRAWN, by, at, note)

    def reopen(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Open it again: it was closed, and is not put right; `note` can say why.

        Raises:
            TransitionError: If it is not closed.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.REOPENED, by, at, note)

    def mark_duplicate(self, by: str, at: datetime, *, of: str, note: str = "") -> Complaint:
        """Set it aside: it reports the same as another, which is dealt with.

        It stays aside whatever becomes of the other, which the desk therefore lets nobody withdraw,
        set aside or delete.

        Raises:
            TransitionError: If it is answered already.
            InvalidValueError: If it would be a duplicate of itself, the id is unfit, nobody acts,
                or `at` is naive or before the last step.
        """
        if of == self.id:
            raise InvalidValueError("of", of, "must be another complaint")
        return attrs.evolve(self._advance(Stage.DUPLICATE, by, at, note), duplicate_of=of)

    def restore(self, by: str, at: datetime, *, earlier: Complaint) -> Complaint:
        """Put back what an earlier version said of it; what happened since stays as it is.

        Its stage, its trail, what was said, promised, carried out and found by calling are no
        opinions that could be taken back; nor is the cause, for what it repeats hangs on it: see
        `diagnose`.

        Raises:
            InvalidValueError: If `earlier` is another complaint, nobody acts, or `at` is naive.
        """
        if of_kind(earlier, Complaint, "earlier").id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        self._act(by, at)
        return attrs.evolve(self, **{name: getattr(earlier, name) for name in _OPINIONS})

    @property
    def _days_so_far(self) -> tuple[PromisedDay, ...]:
        """What was promised up to now, the day that was told on receipt included."""
        if self.due_on is None or self.days_promised:
            return self.days_promised
        first = self.trail[0]
        return (PromisedDay(first.at, first.by, self.due_on),)


def _check_to_come(due_on: date, at: datetime, timezone: str) -> None:
    """Refuse a day that is over where the customer is told: nothing could keep it."""
    today = at.astimezone(named_zone(timezone)).date()
    if due_on < today:
        raise InvalidValueError("due_on", due_on, f"must not be over, and it is {today} there")


def _check_moved(was: date, at: datetime, timezone: str, reason: str) -> None:
    """Refuse another day for no reason, or in the place of one that is over: it was missed."""
    if not isinstance(reason, str) or not reason.strip():
        raise InvalidValueError("reason", reason, f"must say why it is another day than {was}")
    if at.astimezone(named_zone(timezone)).date() > was:
        rule = f"must be before {was} is over, which was promised"
        way_out = "agree another time: book(what='responded', due_at=…)"
        raise InvalidValueError("at", at, rule, way_out)
