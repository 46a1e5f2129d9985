"""What a complaint repeats, which times were booked for it, and what it cost.

Law: what is owed is paid once for each promise that was missed, and only when it grows no more and
is approved where that is needed; what is given is given by somebody, who says why.

Source: domain facts K5 (late compensation), K6 (recurrence) and K10 (cost); example 7 (the
technician is not there at the booked time).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Self

import attrs

# Named through its package, which loads it when it is first asked for.
from crmkit import sla
from crmkit.cases import Booking
from crmkit.cases.passed import FARTHEST, passed
from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, Text, all_are, checked_id, instant, not_now, personal_in
from crmkit.kernel.checks import several

from .outlay import Cost, CostKind
from .particulars import UndoneRepeat
from .settled import Settled
from .stages import ENDED, OVER


_BOOKED: Final = Text("given a booked time", "预约时间")
_PAID: Final = Text("compensated", "赔偿")
_GROWS: Final = Text("the promise is still open, so that what is owed still grows", "赔偿仍在增加")
_UNAPPROVED: Final = Text("what is owed is not approved", "赔偿尚未审批")
_PAID_BEFORE: Final = Text("it was compensated for that promise already", "该承诺已经赔偿")
_SPENT: Final = (CostKind.REMEDY, CostKind.HANDLING, CostKind.OTHER)


@attrs.frozen(kw_only=True, slots=False)
class Costed(Settled):
    """A complaint with what it repeats, its booked times, and its costs, too.

    Attributes:
        bookings: Times agreed with the customer, oldest first.
        costs: What was paid, given and spent, oldest first.
        repeats: The earlier complaints that it repeats, as they were found.
        repeats_undone: Those that it was said to repeat, and does not, as that was found.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> complaint = a_complaint().mark_recurrence("ann", NINE, of=["K-0"])
        >>> complaint = complaint.spend("ann", NINE, amount=Money.of(80, "CNY"), on="remedy")
        >>> complaint = complaint.give("head", NINE, amount=Money.of(20, "CNY"), why="long wait")
        >>> complaint.occurrence, str(complaint.cost("CNY"))
        (2, '100.00 CNY')
    """

    bookings: tuple[Booking, ...] = attrs.field(default=(), validator=passed(Booking))
    costs: tuple[Cost, ...] = attrs.field(
        default=(), validator=passed(Cost), metadata=personal_in("why")
    )
    repeats: tuple[str, ...] = attrs.field(default=(), validator=all_are(str))
    repeats_undone: tuple[UndoneRepeat, ...] = attrs.field(
        default=(), validator=passed(UndoneRepeat), metadata=personal_in("reason", "reason_zh")
    )

    def book(
        self, by: str, at: datetime, *, what: str, due_at: datetime, timezone: str = "UTC"
    ) -> Self:
        """Agree a time with the customer: by then, what is booked is reached.

        Booked anew before it was due, the earlier time holds no more; booked anew after that, it
        was missed.

        Args:
            by: Who books.
            at: When he does.
            what: What is to be reached: `visit`; the milestone of that name keeps it.
            due_at: By when; of a span of time its end.
            timezone: In which the customer is told.

        Raises:
            TransitionError: If it is over.
            InvalidValueError: If nothing is named, the time is past, before the receipt or more
                than 100 years ahead, nobody acts, or a time is naive.
        """
        booked = Booking(self._act(by, at), by, what, instant(due_at, "due_at"), timezone)
        self._check_booked(booked)
        if self.stage in ENDED:
            raise not_now(self, self.stage, _BOOKED, OVER)
        return attrs.evolve(self, bookings=(*self.bookings, booked))

    def compensate(self, by: str, at: datetime, *, owed: sla.Compensation) -> Self:
        """Put down that the customer is paid what is owed for a promise that was missed.

        Args:
            by: Who pays.
            at: When.
            owed: What is owed, as `crmkit.sla.compensations` finds it.

        Raises:
            TransitionError: If it still grows, is not approved, or was paid already.
            InvalidValueError: If it is owed for another case, nobody acts, or `at` is naive, before
                it was looked at or approved, or before the last cost.
        """
        if not isinstance(owed, sla.Compensation) or str(owed.case) != self.label():
            found = str(owed.case) if isinstance(owed, sla.Compensation) else owed
            raise InvalidValueError("owed", found, f"must be owed for {self.label()}")
        paid_at = self._act(by, at)
        if paid_at < (latest := owed.approved_at or owed.as_of):
            rule = f"must not be before it was looked at or approved, {latest.isoformat()}"
            raise InvalidValueError("at", paid_at, rule)
        if owed.key in self.compensated:
            raise not_now(self, self.stage, _PAID, _PAID_BEFORE)
        if not owed.is_payable:
            why = _UNAPPROVED if owed.is_final else _GROWS
            raise not_now(self, self.stage, _PAID, why)
        return self._costing(
            Cost(
                at=paid_at,
                by=by,
                kind=CostKind.COMPENSATION,
                amount=owed.amount,
                why=owed.rule,
                promise=owed.key,
                approved_by=owed.approved_by,
            )
        )

    def give(self, by: str, at: datetime, *, amount: Money, why: str) -> Self:
        """Give the customer what is not owed to him, and say why.

        Raises:
            InvalidValueError: If it is nothing, nobody says why or acts, or `at` is naive or before
                the last cost.
        """
        gift = sla.Goodwill(case=self.id, amount=amount, at=self._act(by, at), by=by, why=why)
        kind = CostKind.GOODWILL
        return self._costing(Cost(at=gift.at, by=by, kind=kind, amount=amount, why=why))

    def spend(
        self,
        by: str,
        at: datetime,
        *,
        amount: Money,
        on: CostKind | str = CostKind.OTHER,
        note: str = "",
    ) -> Self:
        """Put down what else it cost: the remedy, a visit, transport.

        Raises:
            InvalidValueError: If it is nothing, is compensation or goodwill, nobody acts, or `at`
                is naive or before the last cost.
        """
        kind = CostKind.of(on, "on")
        if kind not in _SPENT:
            rule = f"must be one of {', '.join(each.value for each in _SPENT)}"
            way_out = "what is owed is paid with compensate, what is not is given with give"
            raise InvalidValueError("on", kind.value, rule, way_out)
        cost = Cost(at=self._act(by, at), by=by, kind=kind, amount=amount, why=note)
        return self._costing(cost)

    def mark_recurrence(self, by: str, at: datetime, *, of: Iterable[str]) -> Self:
        """Put down that it repeats earlier complaints; each is a complaint of its own.

        Raises:
            InvalidValueError: If none is named, it would repeat itself, one is named already, an
                id is unfit, nobody acts, or `at` is naive.
        """
        self._act(by, at)
        named = tuple(checked_id(one, "of") for one in several(of, "of"))
        if not named or self.id in named:
            raise InvalidValueError("of", named, "must name other complaints, at least one")
        if len(set(both := (*self.repeats, *named))) < len(both):
            raise InvalidValueError("of", named, "must name none that is named already")
        return attrs.evolve(self, repeats=both)

    def unmark_recurrence(
        self, by: str, at: datetime, *, of: Iterable[str], reason: str, reason_zh: str = ""
    ) -> Self:
        """Put down that it does not repeat complaints that it was said to repeat; why, is kept.

        Args:
            by: Who says so.
            at: When.
            of: The earlier complaints.
            reason: Why they are not repeated.
            reason_zh: The same in Chinese, where a rule says it.

        Raises:
            InvalidValueError: If none is named, one is not repeated, no reason is given, nobody
                acts, or `at` is naive or before the last time.

        Examples:
            >>> from crmkit.testing import NINE, a_complaint
            >>> complaint = a_complaint().mark_recurrence("ann", NINE, of=["K-0"])
            >>> healed = complaint.unmark_recurrence("ann", NINE, of=["K-0"], reason="the hose")
            >>> healed.occurrence, healed.repeats_undone[0].complaint
            (1, 'K-0')
        """
        found_at = self._act(by, at)
        named = tuple(dict.fromkeys(checked_id(one, "of") for one in several(of, "of")))
        if not named or not set(named) <= set(self.repeats):
            told = f"one of {list(self.repeats)}" if self.repeats else "what it repeats: nothing"
            raise InvalidValueError("of", named, f"must name {told}")
        why = [UndoneRepeat(found_at, by, one, reason, reason_zh=reason_zh) for one in named]
        return attrs.evolve(
            self,
            repeats=tuple(one for one in self.repeats if one not in named),
            repeats_undone=(*self.repeats_undone, *why),
        )

    @property
    def occurrence(self) -> int:
        """Which one of its chain it is: 1 for one that repeats nothing."""
        return len(self.repeats) + 1

    @property
    def compensated(self) -> frozenset[str]:
        """The keys of the clocks of the missed promises for which the customer was paid."""
        return frozenset(cost.promise for cost in self.costs if cost.promise is not None)

    def cost(self, currency: str, *, kind: CostKind | str | None = None) -> Money:
        """Return what it cost so far: compensation, goodwill, remedy and the rest.

        Args:
            currency: In which; nothing is exchanged.
            kind: Only what was spent on this; None for all.

        Raises:
            InvalidValueError: If something was paid in another currency, or there is no such kind
                or currency.

        Examples:
            >>> from crmkit.testing import NINE, a_complaint
            >>> gift = Money.of(20, "CNY")
            >>> complaint = a_complaint().give("head", NINE, amount=gift, why="long wait")
            >>> str(complaint.cost("CNY")), str(complaint.cost("CNY", kind="remedy"))
            ('20.00 CNY', '0.00 CNY')
        """
        wanted = None if kind is None else CostKind.of(kind, "kind")
        counted = (cost.amount for cost in self.costs if wanted in (None, cost.kind))
        return Money.sum(counted, currency)

    @property
    def facts(self) -> Mapping[str, object]:
        """What conditions can ask about it, by name; None for what nobody has said."""
        return {**super().facts, "occurrence": self.occurrence}

    # Not a matter of the booking itself: what was booked before this rule must be read for ever.
    def _check_booked(self, booked: Booking) -> None:
        if booked.due_at <= self.received_at:
            rule = f"must be after the receipt, {self.received_at.isoformat()}"
            raise InvalidValueError("due_at", booked.due_at, rule)
        if booked.due_at - booked.at > FARTHEST:
            rule = f"must be {FARTHEST.days} days ahead at most"
            raise InvalidValueError("due_at", booked.due_at, rule, "is the year mistyped?")

    def _costing(self, cost: Cost) -> Self:
        return attrs.evolve(self, costs=(*self.costs, cost))
