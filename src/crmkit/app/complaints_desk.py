"""The complaints' desk."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta

# Named through their package, which loads each when it is first asked for.
from crmkit import sla
from crmkit.complaints import COMPLAINT_CODEC, Channel, Complaint, ComplaintField, Goods
from crmkit.customers import CUSTOMER_CODEC
from crmkit.kernel import Explanation, Party

from .case_facts import customer_facts
from .desk import Desk, Office, verb


class ComplaintsDesk(Desk[Complaint]):
    """Putting right: every act of a complaint, by its id.

    Keys to find by: customer, channel, owner, department, field, product, cause, severity,
    impact, priority, stage, state, received_at, moved_at.

    What is promised, and due, is told under the CRM's policies. Their conditions can ask for every
    fact of the complaint, as in `crmkit.cases.Case.facts`, and, where the customer has a record,
    for `customer_party`, `customer_type`, `customer_region`, `customer_industry`, `customer_size`,
    `customer_source`, `customer_owner`, and each of his classes: `customer_handling`.

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
        crmkit.errors.TransitionError: complaint K-1 is acknowledged and can become assessed or\
 routed or investigated or responded or escalated or withdrawn or duplicate, not closed
    """

    def __init__(self, office: Office, policies: sla.SlaPolicies | None) -> None:
        super().__init__(office, COMPLAINT_CODEC)
        self._told = policies

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
            due_on: The day on which the customer was promised an answer.
            id: Unique among complaints; made where none is given.

        Raises:
            InvalidValueError: If a value is unfit.
            ConflictError: If there is, or was, a complaint of that id.
        """
        return self._bear(
            id,
            lambda id, by, at: Complaint.receive(
                id,
                by,
                at,
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
                due_on=due_on,
            ),
        )

    acknowledge = verb(Complaint.acknowledge)
    assess = verb(Complaint.assess, of=Complaint)
    route = verb(Complaint.route, of=Complaint)
    confirm = verb(Complaint.confirm, of=Complaint)
    exempt = verb(Complaint.exempt, of=Complaint)
    investigate = verb(Complaint.investigate, of=Complaint)
    diagnose = verb(Complaint.diagnose, of=Complaint)
    respond = verb(Complaint.respond)
    communicate = verb(Complaint.communicate)
    accept = verb(Complaint.accept)
    reject = verb(Complaint.reject)
    implement = verb(Complaint.implement, of=Complaint)
    waive = verb(Complaint.waive, of=Complaint)
    plan_calls = verb(Complaint.plan_calls, of=Complaint)
    follow_up = verb(Complaint.follow_up, of=Complaint)
    close = verb(Complaint.close, of=Complaint)
    withdraw = verb(Complaint.withdraw)
    reopen = verb(Complaint.reopen)
    escalate = verb(Complaint.escalate)
    refer = verb(Complaint.refer, of=Complaint)
    settle = verb(Complaint.settle, of=Complaint)
    mark_duplicate = verb(Complaint.mark_duplicate)
    link_action = verb(Complaint.link_action, of=Complaint)
    verify_action = verb(Complaint.verify_action, of=Complaint)
    unlink_action = verb(Complaint.unlink_action, of=Complaint)
    wait = verb(Complaint.wait, of=Complaint)
    resume = verb(Complaint.resume, of=Complaint)
    reply = verb(Complaint.reply, of=Complaint)
    hear = verb(Complaint.hear, of=Complaint)
    comment = verb(Complaint.comment, of=Complaint)
    assign = verb(Complaint.assign, of=Complaint)
    prioritise = verb(Complaint.prioritise, of=Complaint)
    reach = verb(Complaint.reach, of=Complaint)
    involve = verb(Complaint.involve, of=Complaint)

    def clocks(self, id: str) -> tuple[sla.SlaClock, ...]:
        """Return every clock of a complaint as it now stands.

        Raises:
            NotFoundError: If there is no such complaint.

        Examples:
            >>> import crmkit
            >>> desk = crmkit.open(actor="ann").complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="compressor rattles")
            >>> [(clock.target.label(), clock.state.label()) for clock in desk.clocks("K-1")]
            [('first response within 1 h', 'Running')]
        """
        complaint, facts = self._with_facts(id)
        return self._policies.clocks(complaint, as_of=self._office.now(), facts=facts)

    def explain(self, id: str) -> Explanation[datetime | None]:
        """Say when the next promise of a complaint is due; below it which policy holds, and why.

        Returns:
            The verdict is the next due instant, None where no clock runs; evidence is the state of
            each clock. See `crmkit.sla.explain_promises`.

        Raises:
            NotFoundError: If there is no such complaint.

        Examples:
            >>> import crmkit
            >>> desk = crmkit.open(actor="ann").complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="compressor rattles")
            >>> acknowledged = desk.acknowledge("K-1")
            >>> print(desk.explain("K-1").sentence().splitlines()[0])
            complaint K-1: no promise is running; overdue: 0
        """
        complaint, facts = self._with_facts(id)
        now = self._office.now()
        return sla.explain_promises(complaint, self._policies, as_of=now, facts=facts)

    def overdue(self) -> tuple[sla.OpenPromise[Complaint], ...]:
        """Return every promise that is still to be done, and late; the longest overdue first.

        Examples:
            >>> import crmkit
            >>> from crmkit.testing import NINE
            >>> crm = crmkit.open(actor="ann")
            >>> morning, noon = (crm.acting(at=NINE + timedelta(hours=hours)) for hours in (0, 3))
            >>> received = morning.complaints.receive(id="K-1", customer="C-7", about="leaks")
            >>> [(late.case.id, late.clock.target.name) for late in noon.complaints.overdue()]
            [('K-1', 'first_response')]
        """
        return sla.overdue_promises(self._open_promises())

    def due_within(self, within: timedelta) -> tuple[sla.OpenPromise[Complaint], ...]:
        """Return every promise that runs, is not late, and has little left; the soonest due first.

        Args:
            within: How much at most is left: working time of each promise's own calendar; for
                limits in days all time.

        Raises:
            InvalidValueError: If it is negative, or no timedelta.

        Examples:
            >>> import crmkit
            >>> desk = crmkit.open(actor="ann").complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="leaks")
            >>> [promise.case.id for promise in desk.due_within(timedelta(hours=1))]
            ['K-1']
        """
        return sla.promises_due_within(self._open_promises(), within)

    def agenda(
        self, *, on: date | None = None
    ) -> Mapping[str, tuple[sla.OpenPromise[Complaint], ...]]:
        """Return what is due up to the end of a day, or late by now, person by person.

        Args:
            on: Which day, in the zone of each promise's own calendar; None for today.

        Returns:
            The owners in the order of their names, and last `nobody` for complaints without an
            owner; of each the promises, the longest overdue first. Who has nothing is left out.

        Raises:
            InvalidValueError: If `on` is no date, or has a time of day.

        Examples:
            >>> import crmkit
            >>> from crmkit.testing import NINE
            >>> desk = crmkit.open(actor="ann").acting(at=NINE).complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="leaks")
            >>> assigned = desk.assign("K-1", owner="bob")
            >>> {who: [one.case.id for one in theirs] for who, theirs in desk.agenda().items()}
            {'bob': ['K-1']}
        """
        return sla.agenda(self._open_promises(), on=on)

    @property
    def _policies(self) -> sla.SlaPolicies:
        return sla.SEA_LION if self._told is None else self._told

    def _with_facts(self, id: str) -> tuple[Complaint, Mapping[str, object]]:
        complaint = self.get(id)
        return complaint, self._facts([complaint])[complaint.customer]

    def _open_promises(self) -> Iterator[sla.OpenPromise[Complaint]]:
        """Yield what is still to be done in every complaint; those that are over are not read."""
        now, policies = self._office.now(), self._policies
        for page in self._pages(("state", "in", sla.UNSETTLED)):
            facts = self._facts(page)
            for complaint in page:
                known = facts[complaint.customer]
                yield from sla.open_promises(complaint, policies, as_of=now, facts=known)

    def _facts(self, complaints: Collection[Complaint]) -> Mapping[str, Mapping[str, object]]:
        """Return what conditions can ask about the customers of complaints."""
        ids = {str(complaint.customer) for complaint in complaints}
        found = self._office.look(lambda unit: unit.peek_all(CUSTOMER_CODEC, ids))
        return {id: customer_facts(found.get(id)) for id in ids}
