"""What is still to be done, over many cases: what is late, what is due soon, and whose it is.

Law: a promise is open until what was promised is done, or nobody asks for it any more. Lists are in
the order in which they fall due: the longest overdue stands first.

Source: the page "How the clocks count" of the manual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

import attrs

from crmkit.cases import Case
from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, FrozenMap, Name, Rule, StateGroup, Text, instant
from crmkit.kernel.period import day_of_due

from .clock_words import BOOKED, PROMISED
from .policy import SlaPolicies
from .sla_clock import ClockState, SlaClock, next_due


C = TypeVar("C", bound=Case[Any])
C_co = TypeVar("C_co", bound=Case[Any], covariant=True)

UNSETTLED: Final = (
    StateGroup.OPEN,
    StateGroup.WAITING_CUSTOMER,
    StateGroup.WAITING_THIRD_PARTY,
    StateGroup.RESOLVED,
)
"""The states of cases in which a promise can be open: a resolved one may still owe an answer."""

NO_OWNER: Final = "nobody"
"""Whose promises of a case without an owner are, in an agenda."""

_AGREED: Final[Mapping[str, str]] = FrozenMap({BOOKED: "booked", PROMISED: "promised"})
"""What evidence is called of what was agreed in a case, and is no policy's."""

_NO_FACTS: Final[Mapping[str, object]] = FrozenMap()
_SOURCE: Final = "the policies' own terms"
_NEXT: Final = Rule(
    code="sla.next",
    says=Text(
        "{record}: next due {due}; overdue: {overdue}",
        "{record}：下一期限{due}；已逾期{overdue}项",
    ),
    source=_SOURCE,
)
_NO_NEXT: Final = Rule(
    code="sla.no_next",
    says=Text(
        "{record}: no promise is running; overdue: {overdue}",
        "{record}：没有计时中的承诺；已逾期{overdue}项",
    ),
    source=_SOURCE,
)


@attrs.frozen
class OpenPromise(Generic[C_co]):
    """A promise that is still to be kept, and the case in which it was made.

    Attributes:
        case: The case.
        clock: The clock of the promise.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> case = a_complaint().assign("ann", NINE, owner="bob")
        >>> (promise,) = open_promises(case, SEA_LION, as_of=NINE)
        >>> promise.owner, promise.due_at.isoformat()
        ('bob', '2026-03-02T10:00:00+00:00')
        >>> print(promise.explain().verdict.label("zh"))
        计时中
    """

    case: C_co
    clock: SlaClock

    @property
    def owner(self) -> str | None:
        """Who has the case now; None for nobody."""
        return self.case.owner

    @property
    def due_at(self) -> datetime | None:
        """When it is due, in UTC; None while its clock stands still."""
        return self.clock.due_at

    @property
    def today(self) -> date:
        """The day of the instant at which it is looked at, in the zone of its calendar."""
        return self.clock.as_of.astimezone(_zone_of(self.clock)).date()

    def is_due_within(self, within: timedelta) -> bool:
        """Tell whether it runs, is not late, and at most so much of its limit is left.

        Args:
            within: Working time of its calendar; for limits in days all time.

        Raises:
            InvalidValueError: If it is negative, or no timedelta.

        Examples:
            >>> from crmkit.sla import SEA_LION
            >>> from crmkit.testing import NINE, a_complaint
            >>> (promise,) = open_promises(a_complaint(), SEA_LION, as_of=NINE)
            >>> promise.is_due_within(timedelta(minutes=59)), promise.is_due_within(timedelta(1))
            (False, True)
        """
        _check_time(within)
        return self.clock.state is ClockState.RUNNING and self.clock.margin <= within

    def is_due_by(self, day: date) -> bool:
        """Tell whether it is due before a day has ended, or late by now.

        What is due at midnight belongs to the day that ends then. What stands still is due at no
        known time.

        Args:
            day: A day in the zone of its calendar.

        Raises:
            InvalidValueError: If it is no date, or has a time of day.

        Examples:
            >>> from crmkit.sla import SEA_LION
            >>> from crmkit.testing import NINE, a_complaint
            >>> (promise,) = open_promises(a_complaint(), SEA_LION, as_of=NINE)
            >>> promise.is_due_by(date(2026, 3, 1)), promise.is_due_by(promise.today)
            (False, True)
        """
        _check_day(day, "day")
        if self.due_at is None:
            return False
        last = day_of_due(self.due_at, self.clock.target.calendar.timezone)
        return self.clock.is_overdue or last <= day

    def explain(self) -> Explanation[ClockState]:
        """Say how it stands, and why."""
        return self.clock.explain()


def open_promises(
    case: C,
    policies: SlaPolicies,
    *,
    as_of: datetime,
    facts: Mapping[str, object] = _NO_FACTS,
    booked: Iterable[SlaClock] = (),
) -> tuple[OpenPromise[C], ...]:
    """Return what is still to be done in a case.

    Args:
        case: The case.
        policies: What is promised to whom.
        as_of: The instant at which it is looked at.
        facts: What else the policies' conditions ask about.
        booked: The clocks of what was agreed in it, at that instant: from `booked_clocks` and
            `promised_day_clocks`.

    Raises:
        InvalidValueError: If `as_of` is naive, or a fact cannot be compared.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> told = a_complaint().acknowledge("ann", NINE)
        >>> [len(open_promises(case, SEA_LION, as_of=NINE)) for case in (a_complaint(), told)]
        [1, 0]
    """
    promised = policies.clocks(case, as_of=instant(as_of, "as_of"), facts=facts)
    return promises_in(case, (*promised, *booked))


def promises_in(case: C, clocks: Iterable[SlaClock]) -> tuple[OpenPromise[C], ...]:
    """Return what is still to be done in a case, by its clocks.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> clocks = SEA_LION.clocks(a_complaint(), as_of=NINE)
        >>> [promise.clock.target.name for promise in promises_in(a_complaint(), clocks)]
        ['first_response']
    """
    return tuple(OpenPromise(case, clock) for clock in clocks if clock.is_open)


def overdue_promises(promises: Iterable[OpenPromise[C]]) -> tuple[OpenPromise[C], ...]:
    """Return those promises that are still to be done, and late; the longest overdue first.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> ten = NINE + timedelta(hours=1)
        >>> due = open_promises(a_complaint(), SEA_LION, as_of=ten)
        >>> late = open_promises(a_complaint(), SEA_LION, as_of=ten + timedelta(microseconds=1))
        >>> len(overdue_promises(due)), len(overdue_promises(late))
        (0, 1)
    """
    return _in_order(promises, lambda promise: promise.clock.is_overdue)


def promises_due_within(
    promises: Iterable[OpenPromise[C]], within: timedelta
) -> tuple[OpenPromise[C], ...]:
    """Return those promises that run, are not late, and have little left; the soonest due first.

    Args:
        promises: Open ones.
        within: How much at most is left: working time of each promise's own calendar; for limits
            in days all time.

    Raises:
        InvalidValueError: If `within` is negative, or no timedelta.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> promises = open_promises(a_complaint(), SEA_LION, as_of=NINE)
        >>> [len(promises_due_within(promises, timedelta(hours=hours))) for hours in (0, 1)]
        [0, 1]
    """
    _check_time(within)
    return _in_order(promises, lambda promise: promise.is_due_within(within))


def agenda(
    promises: Iterable[OpenPromise[C]], *, on: date | None = None
) -> FrozenMap[str, tuple[OpenPromise[C], ...]]:
    """Return what is due up to the end of a day, or late by now, person by person.

    Args:
        promises: Open ones.
        on: Which day, in the zone of each promise's own calendar; None for the day on which it is
            looked at. What is due at midnight belongs to the day that ends then.

    Returns:
        The owners of the cases in the order of their names, and last "nobody" for cases without an
        owner; of each the promises, the longest overdue first. Who has nothing is left out.

    Raises:
        InvalidValueError: If `on` is no date, or has a time of day.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> promises = [
        ...     *open_promises(a_complaint(), SEA_LION, as_of=NINE),
        ...     *open_promises(
        ...         a_complaint(id="K-2").assign("ann", NINE, owner="bob"), SEA_LION, as_of=NINE
        ...     ),
        ... ]
        >>> {who: [str(one.case) for one in theirs] for who, theirs in agenda(promises).items()}
        {'bob': ['complaint K-2'], 'nobody': ['complaint K-1']}
    """
    if on is not None:
        _check_day(on, "on")
    listed = _in_order(promises, lambda promise: promise.is_due_by(on or promise.today))
    found: dict[str, list[OpenPromise[C]]] = {}
    for promise in listed:
        found.setdefault(promise.owner or NO_OWNER, []).append(promise)
    names = sorted(found, key=lambda name: (name == NO_OWNER, name))
    return FrozenMap({name: tuple(found[name]) for name in names})


def explain_promises(
    case: Case[Any],
    policies: SlaPolicies,
    *,
    as_of: datetime,
    facts: Mapping[str, object] = _NO_FACTS,
    booked: Iterable[SlaClock] = (),
) -> Explanation[datetime | None]:
    """Say when the next promise of a case is due; below it which policy holds, and each clock.

    Evidence, besides the record and the instants: how many are overdue, and by the name of each
    promise its clock's state, held against its due instant; of further runs `next_response_2`, of a
    booked time `booked_visit`, of a promised day `promised_responded`.
    Arguments and errors as for `open_promises`.

    Returns:
        The verdict is the next due instant of the clocks that run; None where none does.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> why = explain_promises(a_complaint(), SEA_LION, as_of=NINE)
        >>> print(why.sentence().splitlines()[0])
        complaint K-1: next due 2026-03-02 18:00 CST; overdue: 0
        >>> why.find("first_response").value.label("zh")
        '计时中'
    """
    at = instant(as_of, "as_of")
    clocks = (*policies.clocks(case, as_of=at, facts=facts), *booked)
    due = next_due(clocks)
    here = [due.astimezone(_zone_of(clock)) for clock in clocks if due and clock.due_at == due]
    late = sum(clock.is_overdue for clock in clocks)
    told = (
        Evidence("record", Name(case.label("en"), case.label("zh"))),
        Evidence("as_of", at),
        Evidence("due", next(iter(here), None)),
        Evidence("overdue", late, 0, late == 0),
        *(Evidence(_named(clock), clock.state, clock.due_at, _is_kept(clock)) for clock in clocks),
    )
    return Explanation(
        verdict=due,
        rule=_NO_NEXT if due is None else _NEXT,
        evidence=told,
        because=(
            policies.explain(case, as_of=at, facts=facts),
            *(clock.explain() for clock in clocks),
        ),
    )


def _in_order(
    promises: Iterable[OpenPromise[C]], is_wanted: Callable[[OpenPromise[C]], bool]
) -> tuple[OpenPromise[C], ...]:
    """Return those wanted, by when they are due; those of one instant by their clocks' names."""
    wanted = filter(is_wanted, promises)
    return tuple(sorted(wanted, key=lambda promise: _place(promise.clock)))


def _place(clock: SlaClock) -> tuple[datetime, str]:
    assert clock.due_at is not None  # only what stands still has none, and is on no list
    return clock.due_at, clock.key


def _check_time(within: timedelta) -> None:
    if not isinstance(within, timedelta) or within < timedelta(0):
        raise InvalidValueError("within", within, "must be a timedelta that is not negative")


def _check_day(day: date, name: str) -> None:
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidValueError(name, day, "must be a date without a time of day")


def _zone_of(clock: SlaClock) -> ZoneInfo:
    return ZoneInfo(clock.target.calendar.timezone)


def _named(clock: SlaClock) -> str:
    name = clock.target.name
    name = f"{_AGREED[clock.policy]}_{name}" if clock.policy in _AGREED else name
    return name if clock.run == 1 else f"{name}_{clock.run}"


def _is_kept(clock: SlaClock) -> bool | None:
    known = {ClockState.MET: True, ClockState.BREACHED: False}
    return known.get(clock.state)
