"""What the desk of complaints can be asked: what recurs, is owed, is due and is to be done.

Law: the CRM's terms judge, and say why; here they are only asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime
from itertools import chain
from typing import Any, Final

# Named through their packages, which load each when it is first asked for.
from crmkit import complaints, sla
from crmkit.cases import RecurrenceRule, StateGroup
from crmkit.complaints import (
    COMPLAINT_CODEC,
    CORRECTIVE_ACTION_CODEC,
    EMERGENCY_CODEC,
    PRODUCT_REQUEST_CODEC,
    RECALL_CODEC,
    Complaint,
)
from crmkit.kernel import Codec, Explanation, FrozenMap, Money
from crmkit.kernel.checks import checked_day

from .cases_desk import CasesDesk
from .desk import Desk, Office
from .unit import UnitOfWork


_DEFAULT_RULE: Final = RecurrenceRule()
_WORKED_ON: Final = (
    StateGroup.OPEN,
    StateGroup.WAITING_CUSTOMER,
    StateGroup.WAITING_THIRD_PARTY,
)
_OVER: Final = (StateGroup.CLOSED, StateGroup.CANCELLED, StateGroup.DUPLICATE)
_UNDERTAKEN: Final[tuple[Codec[Any], ...]] = (
    EMERGENCY_CODEC,
    RECALL_CODEC,
    PRODUCT_REQUEST_CODEC,
)


class ComplaintQuestions(CasesDesk[Complaint]):
    """The questions of the complaints' desk: see `ComplaintsDesk`."""

    def __init__(
        self,
        office: Office,
        policies: sla.SlaPolicies | None,
        *,
        terms: complaints.ComplaintTerms | None = None,
    ) -> None:
        super().__init__(office, COMPLAINT_CODEC, policies)
        self._terms = complaints.COMPLAINT_TERMS if terms is None else terms

    def recurrence(
        self, id: str, *, rule: RecurrenceRule | None = None
    ) -> Explanation[tuple[str | int, ...]]:
        """Say which earlier complaints a complaint repeats, and why.

        Args:
            id: Which complaint.
            rule: When one repeats another; None for that of the CRM's terms.

        Raises:
            NotFoundError: If there is no such complaint.

        Examples:
            >>> import crmkit
            >>> from crmkit.complaints import Goods
            >>> from crmkit.testing import NINE
            >>> desk = crmkit.open(actor="ann").acting(at=NINE).complaints
            >>> for id in ("K-1", "K-2"):
            ...     last = desk.receive(
            ...         id=id, customer="C-7", about="leaks", goods=Goods(product="XPB-20")
            ...     )
            >>> desk.recurrence("K-2").verdict
            ('K-1',)
        """
        complaint = self.get(id)
        asked = (self._terms.recurrence or _DEFAULT_RULE) if rule is None else rule
        return complaints.recurrence_of(complaint, self._alike(complaint, asked), asked)

    def major(self, id: str) -> Explanation[bool]:
        """Say whether a complaint is a major one, for which an emergency team is called, and why.

        Raises:
            NotFoundError: If there is no such complaint.

        Examples:
            >>> import crmkit
            >>> desk = crmkit.open(actor="ann").complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="smokes")
            >>> graded = desk.prioritise("K-1", severity="critical")
            >>> print(desk.major("K-1"))
            complaint K-1 is a major complaint: severity critical
        """
        return complaints.explain_major(self.get(id), self._terms)

    def owed(self, id: str) -> tuple[sla.Compensation, ...]:
        """Return what is owed for the missed promises of a complaint, and is not paid yet.

        Raises:
            NotFoundError: If there is no such complaint.

        Examples:
            >>> from datetime import timedelta
            >>> import crmkit
            >>> from crmkit.complaints import ComplaintTerms
            >>> from crmkit.sla import haier_late
            >>> from crmkit.testing import NINE
            >>> terms = ComplaintTerms(compensation=[haier_late(Money.of(50, "CNY"))])
            >>> crm = crmkit.open(actor="ann", complaint_terms=terms)
            >>> desk = crm.acting(at=NINE).complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="leaks")
            >>> booked = desk.book("K-1", what="visit", due_at=NINE + timedelta(hours=5))
            >>> desk = crm.acting(at=NINE + timedelta(hours=6)).complaints
            >>> told, came = desk.acknowledge("K-1"), desk.reach("K-1", milestone="visit")
            >>> [(one.promise("en"), str(one.amount)) for one in desk.owed("K-1")]
            [('first response within 1 h', '50.00 CNY'), ('visit within 5 h', '50.00 CNY')]
        """
        complaint, facts = self._with_facts(id)
        clocks = self._clocks(complaint, facts)
        return complaints.owed_in(complaint, clocks, self._terms, facts=facts)

    def owed_all(
        self, *, since: datetime | None = None
    ) -> Mapping[str, tuple[sla.Compensation, ...]]:
        """Return what is owed for missed promises in all complaints, and is not paid yet.

        Args:
            since: Complaints that are over and last moved before are not read; None to read all.

        Returns:
            By the ids of the complaints; those in which nothing is owed are left out.

        Raises:
            InvalidValueError: If `since` is naive.

        Examples:
            >>> from datetime import timedelta
            >>> import crmkit
            >>> from crmkit.complaints import ComplaintTerms
            >>> from crmkit.sla import haier_late
            >>> from crmkit.testing import NINE
            >>> terms = ComplaintTerms(compensation=[haier_late(Money.of(50, "CNY"))])
            >>> crm = crmkit.open(actor="ann", complaint_terms=terms)
            >>> received = crm.acting(at=NINE).complaints.receive(
            ...     id="K-1", customer="C-7", about="leaks"
            ... )
            >>> noon = crm.acting(at=NINE + timedelta(hours=3)).complaints
            >>> {id: [str(one.amount) for one in owed] for id, owed in noon.owed_all().items()}
            {'K-1': ['50.00 CNY']}
        """
        terms, over = self._terms, self._over(since)
        # Where nobody is ever owed anything, what is over need not be read.
        over = over if terms.compensation else iter(())
        pages = chain(self._pages(("state", "in", sla.UNSETTLED)), over)
        found: dict[str, tuple[sla.Compensation, ...]] = {
            one.id: complaints.owed_in(one, clocks, terms, facts=facts)
            for page in pages
            for one, facts, clocks in self._clocked(page)
        }
        return FrozenMap({id: found[id] for id in sorted(found) if found[id]})

    def explain_owed(self, id: str) -> tuple[Explanation[Money | None], ...]:
        """Say for each promise of a complaint how much is owed, or was paid, or why nothing is.

        Raises:
            NotFoundError: If there is no such complaint.
        """
        complaint, facts = self._with_facts(id)
        clocks = self._clocks(complaint, facts)
        return complaints.explain_owed_in(complaint, clocks, self._terms, facts=facts)

    def calls_due(self, *, since: datetime | None = None) -> tuple[complaints.DueCall, ...]:
        """Return the follow-up calls that are due by now; the longest due first.

        Args:
            since: Closed complaints that last moved before are not read; None to read all.

        Raises:
            InvalidValueError: If `since` is naive.

        Examples:
            >>> import crmkit
            >>> desk = crmkit.open(actor="ann").complaints
            >>> desk.calls_due()
            ()
        """
        answered = (one for page in self._followed(since) for one in page)
        return complaints.calls_due(answered, self._terms.follow_up, as_of=self._office.now())

    def worklist(
        self, *, on: date | None = None, since: datetime | None = None
    ) -> Mapping[str, tuple[complaints.WorkItem, ...]]:
        """Return the day's work, person by person: late, due, to call, check, pay, waiting, open.

        Every complaint, corrective action, emergency, recall and product request that is not over
        is there. A complaint is that of whoever has it, or else of whoever received it; an action
        that of whoever leads its team; whatever else is that of whoever began it. What is owed for
        a missed promise, and grows no more, stands there until it is paid, whatever became of the
        complaint.

        Args:
            on: Up to the end of which day, in the zone of each calendar; None for today.
            since: As for `owed_all`.

        Raises:
            InvalidValueError: If `on` is no date, or `since` is naive.

        Examples:
            >>> import crmkit
            >>> from crmkit.testing import NINE
            >>> desk = crmkit.open(actor="ann").acting(at=NINE).complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="leaks")
            >>> (item,) = desk.worklist()["ann"]
            >>> item.kind.label(), item.due_at.isoformat()
            ('Due', '2026-03-02T10:00:00+00:00')
        """
        now, on = self._office.now(), checked_day(on, "on")
        lines: list[complaints.WorkItem] = []
        for page in chain(self._pages(("state", "in", sla.UNSETTLED)), self._over(since)):
            called = self._called_for(page)
            for one, facts, clocks in self._clocked(page):
                lines += complaints.complaint_work(
                    one,
                    sla.promises_in(one, clocks),
                    terms=self._terms,
                    as_of=now,
                    on=on,
                    emergencies=called,
                    owed=complaints.owed_in(one, clocks, self._terms, facts=facts),
                )
        for action in Desk(self._office, CORRECTIVE_ACTION_CODEC).each(("state", "in", _WORKED_ON)):
            lines += complaints.action_work(action, as_of=now, on=on)
        for codec in _UNDERTAKEN:
            for undertaking in Desk(self._office, codec).each(("state", "in", _WORKED_ON)):
                lines += complaints.undertaking_work(undertaking)
        return complaints.by_person(lines)

    def _booked(self, case: Complaint, facts: Mapping[str, object]) -> tuple[sla.SlaClock, ...]:
        """Return the clocks of the times that were booked, and of the day that was promised."""
        now = self._office.now()
        booked = sla.booked_clocks(case, case.bookings, as_of=now)
        zone = self._policies.timezone_for(case, as_of=now, facts=facts)
        return (*booked, *sla.promised_day_clocks(case, case.due_on, timezone=zone, as_of=now))

    def _followed(self, since: datetime | None) -> Iterator[tuple[Complaint, ...]]:
        """Yield the complaints that are answered or closed, page by page."""
        yield from self._pages(("state", "=", StateGroup.RESOLVED))
        moved = () if since is None else (("moved_at", ">=", since),)
        yield from self._pages(("state", "=", StateGroup.CLOSED), *moved)

    def _over(self, since: datetime | None) -> Iterator[tuple[Complaint, ...]]:
        """Yield the complaints that are over, page by page."""
        moved = () if since is None else (("moved_at", ">=", since),)
        yield from self._pages(("state", "in", _OVER), *moved)

    def _called_for(self, page: Collection[Complaint]) -> tuple[complaints.Emergency, ...]:
        """Return the emergencies that were called for some complaints."""
        ids = tuple(complaint.id for complaint in page)
        return tuple(Desk(self._office, EMERGENCY_CODEC).each(("complaint", "in", ids)))

    def _taken_in(
        self, receive: Callable[..., Complaint], due_on: date | None, by: str, at: datetime
    ) -> Complaint:
        """Return a new complaint with what it repeats; its policy says in which zone days count."""
        new = receive()
        day = {} if due_on is None else {"due_on": due_on, "timezone": self._zone_of(new)}
        return self._told_what_it_repeats(receive(**day), by, at)

    def _zone_of(self, complaint: Complaint) -> str:
        """Return the zone of the calendar that counts a complaint's promises."""
        facts = self._facts([complaint])[complaint.customer]
        return self._policies.timezone_for(complaint, facts=facts)

    def _with_cause(
        self, id: str, act: Callable[[Complaint, str, datetime], Complaint]
    ) -> Complaint:
        """Do what may tell the cause, and put down what the complaint repeats with that cause.

        Later ones, of which the cause was known before, are told in the same transaction that they
        repeat it; links that held by a cause that is put right are undone.
        """
        office, rule = self._office, self._terms.recurrence
        by, at = office.actor, office.now()
        # Found before it is saved, as on receipt: they are only those that are, or were, alike.
        known = self.get(id)
        alike = {one.id for now in (known, act(known, by, at)) for one in self._alike(now, rule)}

        def done(unit: UnitOfWork) -> Complaint:
            before = unit.get(self._codec, id)
            told = act(before, by, at)
            others = unit.peek_all(self._codec, sorted(alike)).values()
            first, *later = complaints.told_of_chain(told, others, rule, by, at, before=before)
            for one in later:
                unit.put(self._codec, one)
            return unit.put(self._codec, first)

        return office.work(done)

    def _told_what_it_repeats(self, new: Complaint, by: str, at: datetime) -> Complaint:
        rule = self._terms.recurrence
        return complaints.told_of_recurrence(new, self._alike(new, rule), rule, by, at)

    def _alike(self, complaint: Complaint, rule: RecurrenceRule | None) -> Iterator[Complaint]:
        """Return the complaints that may be alike; those that are kept as keys find them."""
        told = complaints.recurrence_keys(complaint, rule)
        keys = [(name, "=", value) for name, value in told.items() if name in self._codec.keys]
        return self.each(*keys) if told else iter(())
