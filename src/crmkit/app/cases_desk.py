"""What the desks of cases share: what is promised in a case, and what is due in all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

# Named through their package, which loads each when it is first asked for.
from crmkit import cases, sla
from crmkit.customers import CUSTOMER_CODEC
from crmkit.errors import CrmkitWarning
from crmkit.kernel import Codec, Explanation, FrozenMap
from crmkit.kernel.warned import warn_caller
from crmkit.storage import Query

from .asking import Asked, conditions
from .case_facts import customer_facts
from .desk import Desk, Office
from .unit import UnitOfWork


C = TypeVar("C", bound="cases.Case[Any]")


class CasesDesk(Desk[C]):
    """One kind of case: its promises, told under the CRM's policies.

    Their conditions can ask for every fact of the case, as in `crmkit.cases.Case.facts`, and, where
    the customer has a record, for `customer_party`, `customer_type`, `customer_region`,
    `customer_industry`, `customer_size`, `customer_source`, `customer_owner`, and each of his
    classes: `customer_handling`.

    Examples:
        >>> import crmkit
        >>> desk = crmkit.open(actor="ann").inquiries
        >>> asked = desk.open(id="Q-1", customer="C-7", about="When is the shop open?")
        >>> [(clock.target.label(), clock.state.label()) for clock in desk.clocks("Q-1")]
        [('first response within 1 h', 'Running')]
    """

    def __init__(self, office: Office, codec: Codec[C], policies: sla.SlaPolicies | None) -> None:
        super().__init__(office, codec)
        self._told = policies

    def clocks(self, id: str) -> tuple[sla.SlaClock, ...]:
        """Return every clock of a case as it now stands.

        Raises:
            NotFoundError: If there is no such case.

        Examples:
            >>> import crmkit
            >>> desk = crmkit.open(actor="ann").complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="compressor rattles")
            >>> [(clock.target.label(), clock.state.label()) for clock in desk.clocks("K-1")]
            [('first response within 1 h', 'Running')]
        """
        case, facts = self._with_facts(id)
        return self._clocks(case, facts)

    def explain(self, id: str) -> Explanation[datetime | None]:
        """Say when the next promise of a case is due; below it which policy holds, and why.

        Returns:
            The verdict is the next due instant, None where no clock runs; evidence is the state of
            each clock. See `crmkit.sla.explain_promises`.

        Raises:
            NotFoundError: If there is no such case.

        Examples:
            >>> import crmkit
            >>> desk = crmkit.open(actor="ann").complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="compressor rattles")
            >>> acknowledged = desk.acknowledge("K-1")
            >>> print(desk.explain("K-1").sentence().splitlines()[0])
            complaint K-1: no promise is running; overdue: 0
        """
        case, facts = self._with_facts(id)
        now, booked = self._office.now(), self._booked(case, facts)
        return sla.explain_promises(case, self._policies, as_of=now, facts=facts, booked=booked)

    def overdue(self) -> tuple[sla.OpenPromise[C], ...]:
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

    def due_within(self, within: timedelta) -> tuple[sla.OpenPromise[C], ...]:
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

    def agenda(self, *, on: date | None = None) -> Mapping[str, tuple[sla.OpenPromise[C], ...]]:
        """Return what is due up to the end of a day, or late by now, person by person.

        Args:
            on: Which day, in the zone of each promise's own calendar; None for today.

        Returns:
            The owners in the order of their names, and last `nobody` for cases without an owner; of
            each the promises, the longest overdue first. Who has nothing is left out.

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

    def alerts_due(
        self, *, ladder: sla.EscalationLadder | None = None
    ) -> Mapping[str, tuple[sla.Escalation, ...]]:
        """Return who is to be told by now that a promise is in danger, and was not told yet.

        Nothing is put on record: `raise_alerts` does that, or `alert` for one that you have told.

        Args:
            ladder: Who is told when, level by level; None for that of the CRM's policies.

        Returns:
            By the ids of the cases; of each in the order of time. Who has nothing is left out.

        Raises:
            InvalidValueError: If there is no ladder, neither here nor with the policies.

        Examples:
            >>> import crmkit
            >>> from crmkit.sla import EscalationLadder, Level
            >>> ladder = EscalationLadder(levels=[Level(to="team leader", share=0)])
            >>> desk = crmkit.open(actor="ann").complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="leaks")
            >>> {id: [one.to for one in due] for id, due in desk.alerts_due(ladder=ladder).items()}
            {'K-1': ['team leader']}
        """
        asked = sla.asked_ladder(ladder, self._policies)
        pages = self._pages(("state", "in", sla.UNSETTLED))
        promised = (pair for page in pages for pair in self._promised(page).items())
        found = {id: sla.alerts_due(promises, asked) for id, promises in promised}
        return FrozenMap({id: due for id, due in found.items() if due})

    def raise_alerts(
        self, *, ladder: sla.EscalationLadder | None = None
    ) -> Mapping[str, tuple[sla.Escalation, ...]]:
        """Put down who is told by now that a promise is in danger, and return them: tell them.

        All are put down in one transaction: whoever is on record was returned. Asked again, or by
        two at a time, nobody is returned twice. Whoever would rather tell first and put down
        afterwards takes `alerts_due` and `alert`.

        A case of which an act is dated later holds up no other: a `CrmkitWarning` names it, and it
        stays with `alerts_due`.

        Arguments, answer and errors as for `alerts_due`.

        Examples:
            >>> import crmkit
            >>> from crmkit.sla import EscalationLadder, Level
            >>> ladder = EscalationLadder(levels=[Level(to="team leader", share=0)])
            >>> desk = crmkit.open(actor="ann").complaints
            >>> received = desk.receive(id="K-1", customer="C-7", about="leaks")
            >>> [one.to for one in desk.raise_alerts(ladder=ladder)["K-1"]]
            ['team leader']
            >>> len(desk.raise_alerts(ladder=ladder)), desk.get("K-1").alerts[0].to
            (0, 'team leader')
        """
        asked = sla.asked_ladder(ladder, self._policies)
        ids = tuple(self.alerts_due(ladder=asked))
        raised, late = self._office.work(lambda unit: self._raised(unit, ids, asked))
        for id, until in late.items():
            why = f"an act on it is dated later, at {until.isoformat()}"
            warn_caller(f"{id}: nobody is put down as told: {why}", CrmkitWarning)
        return raised

    def contacts(self, /, *where: Asked, **equal: object) -> cases.ContactCount:
        """Count how often customers came to us before their cases were resolved: once is enough.

        Args:
            where: Which cases, as for `find`; all where nothing is asked.
            equal: Keys that must have these values: `channel="phone"`.

        Examples:
            >>> import crmkit
            >>> desk = crmkit.open(actor="ann").inquiries
            >>> asked = desk.open(id="Q-1", customer="C-7", about="When is the shop open?")
            >>> answered = desk.answer("Q-1", text="From nine to six.")
            >>> desk.contacts(channel=None).mean
            1.0
        """
        named = ((name, "=", value) for name, value in equal.items())
        return cases.contacts_per_resolution(self.each(*where, *named))

    def _set_aside_for(self, unit: UnitOfWork, id: str) -> Iterator[C]:
        """Yield those that are, or may be, set aside for a case."""
        yield from self._every(unit, ("duplicate_of", "=", id))
        # Of those that were stored before there was that key only their content tells.
        aside = ("state", "=", cases.StateGroup.DUPLICATE)
        yield from self._every(unit, aside, ("duplicate_of", "=", None))

    def _held(self, unit: UnitOfWork, id: str | None) -> Collection[C]:
        """Return a case, if it is there: who changes it meanwhile is in conflict."""
        there = unit.peek_all(self._codec, [*filter(None, [id])])
        for one in there:
            unit.renew(self._codec, one)
        return there.values()

    def _every(self, unit: UnitOfWork, *where: Asked) -> Iterator[C]:
        """Yield every case that meets the conditions, those of the unit included."""
        codec = self._codec
        query = Query(codec.kind, where=conditions(where, {}, codec.asked_value), limit=1000)
        while page := unit.find(codec, query):
            yield from page
            query = query.next(page[-1].id, page[-1].id)

    @property
    def _policies(self) -> sla.SlaPolicies:
        return sla.SEA_LION if self._told is None else self._told

    def _clocks(self, case: C, facts: Mapping[str, object]) -> tuple[sla.SlaClock, ...]:
        promised = self._policies.clocks(case, as_of=self._office.now(), facts=facts)
        return (*promised, *self._booked(case, facts))

    def _raised(
        self, unit: UnitOfWork, ids: Collection[str], ladder: sla.EscalationLadder
    ) -> tuple[Mapping[str, tuple[sla.Escalation, ...]], Mapping[str, datetime]]:
        """Put down who is told by now in some cases; and return those of which an act is later."""
        by, at = self._office.actor, self._office.now()
        # Read anew: somebody else may have told them meanwhile, or deleted the case.
        there = unit.peek_all(self._codec, ids)
        facts = _facts_in(unit, there.values())
        told = {id: self._alerts(one, facts[one.customer], ladder) for id, one in there.items()}
        due = {id: alerts for id, alerts in told.items() if alerts}
        acted_at = unit.acted_at(self._codec, due)
        late = sla.put_off([there[id] for id in due], at, acted_at=acted_at)
        raised = {id: alerts for id, alerts in due.items() if id not in late}
        for id, alerts in raised.items():
            unit.put(self._codec, sla.alerted(there[id], alerts, by, at))
        return FrozenMap(raised), late

    def _alerts(
        self, case: C, facts: Mapping[str, object], ladder: sla.EscalationLadder
    ) -> tuple[sla.Escalation, ...]:
        promises = sla.promises_in(case, self._clocks(case, facts))
        return sla.alerts_due(promises, ladder)

    def _booked(self, case: C, facts: Mapping[str, object]) -> tuple[sla.SlaClock, ...]:
        """Return the clocks of what was agreed in a case, besides what policies promise."""
        return ()

    def _with_facts(self, id: str) -> tuple[C, Mapping[str, object]]:
        case = self.get(id)
        return case, self._facts([case])[case.customer]

    def _open_promises(self) -> Iterator[sla.OpenPromise[C]]:
        """Yield what is still to be done in every case; those that are over are not read."""
        for page in self._pages(("state", "in", sla.UNSETTLED)):
            for promises in self._promised(page).values():
                yield from promises

    def _promised(self, page: Collection[C]) -> Mapping[str, tuple[sla.OpenPromise[C], ...]]:
        """Return what is still to be done in some cases, by their ids."""
        return {case.id: sla.promises_in(case, clocks) for case, _, clocks in self._clocked(page)}

    def _clocked(
        self, page: Collection[C]
    ) -> Iterator[tuple[C, Mapping[str, object], tuple[sla.SlaClock, ...]]]:
        """Yield some cases, each with what is known of its customer, and with all its clocks."""
        facts = self._facts(page)
        for case in page:
            known = facts[case.customer]
            yield case, known, self._clocks(case, known)

    def _facts(self, page: Collection[C]) -> Mapping[str, Mapping[str, object]]:
        """Return what conditions can ask about the customers of cases."""
        return self._office.look(lambda unit: _facts_in(unit, page))


def _facts_in(unit: UnitOfWork, page: Iterable[C]) -> Mapping[str, Mapping[str, object]]:
    ids = {str(case.customer) for case in page}
    found = unit.peek_all(CUSTOMER_CODEC, ids)
    return {id: customer_facts(found.get(id)) for id in ids}
