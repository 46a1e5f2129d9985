"""How often a customer may be asked, and the log that holds it.

Law: a customer is not asked twice within the limit, by whatever survey; who is refused is told from
when on he may be asked.

Source: the practice of survey panels against fatigue; no standard names a number, and ours, once in
ninety days, is a company's own to change.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import attrs

from crmkit.customers import CustomerId
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import (
    Evidence,
    Explanation,
    Name,
    Rule,
    Text,
    all_are,
    checked_actor,
    checked_id,
    instant,
    is_id,
    is_utc,
)


_NONE: Final = timedelta(0)
_SOURCE: Final = "the company's own contact rule"
_MAY: Final = Rule(
    code="satisfaction.contact.may",
    says=Text(
        "{customer} may be asked: {count} of at most {at_most} invitations within {within}",
        "可以邀请{customer}：{within}内已邀请{count}次，上限{at_most}次",
    ),
    source=_SOURCE,
)
_NOT_YET: Final = Rule(
    code="satisfaction.contact.not_yet",
    says=Text(
        "{customer} may be asked again from {verdict}: {count} of at most {at_most} invitations"
        " within {within}",
        "{verdict}起方可再次邀请{customer}：{within}内已邀请{count}次，上限{at_most}次",
    ),
    source=_SOURCE,
)


@attrs.frozen(kw_only=True)
class ContactRule:
    """At most so many invitations within so long.

    Attributes:
        within: The span that is looked at, to either side; an invitation just so long ago is out.
        at_most: How many invitations may lie in it.

    Raises:
        InvalidValueError: If the span is not positive, or the number is below 1.

    Examples:
        >>> from crmkit.testing import NINE
        >>> rule = ContactRule(within=timedelta(days=90))
        >>> rule.next_at([NINE], NINE + timedelta(days=30)) - NINE
        datetime.timedelta(days=90)
    """

    within: timedelta = timedelta(days=90)
    at_most: int = 1

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.within, timedelta) or self.within <= _NONE:
            raise InvalidValueError("within", self.within, "must be a timedelta above 0")
        if type(self.at_most) is not int or self.at_most < 1:
            raise InvalidValueError("at_most", self.at_most, "must be a whole number, 1 or more")

    def count(self, asked: Iterable[datetime], at: datetime) -> int:
        """Return how many invitations lie within the span of an instant."""
        return sum(abs(at - one) < self.within for one in asked)

    def next_at(self, asked: Iterable[datetime], at: datetime) -> datetime:
        """Return from when on somebody may be asked: at once, or later.

        Args:
            asked: When he was asked, in any order.
            at: When he would be asked.

        Raises:
            InvalidValueError: If a time is naive.
        """
        times = [instant(one, "asked") for one in asked]
        moment = instant(at)
        later = sorted(one + self.within for one in times if one + self.within > moment)
        # After the last span has ended nothing counts any more.
        return next(t for t in (moment, *later) if self.count(times, t) < self.at_most)


@attrs.frozen(kw_only=True)
class Contact:
    """One invitation, as the log keeps it.

    Attributes:
        at: When, in UTC.
        by: Who asked.
        round: In which round.
        invitation: By which invitation.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Contact(at=NINE, by="ann", round="R-1", invitation="I-1").round
        'R-1'
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    round: str = attrs.field(validator=is_id)
    invitation: str = attrs.field(validator=is_id)

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)


@attrs.frozen(kw_only=True)
class ContactLog:
    """When one customer was asked anything.

    One record a customer: two who would ask him at once meet in it, and one of them is refused.

    Attributes:
        id: The customer.
        asked: Every invitation, in the order in which they were put down.

    Examples:
        >>> from crmkit.testing import NINE
        >>> rule = ContactRule(within=timedelta(days=90))
        >>> log = ContactLog(id=CustomerId("C-7")).ask(
        ...     "ann", NINE, rule=rule, round="R-1", invitation="I-1"
        ... )
        >>> log.ask("ann", NINE + timedelta(days=30), rule=rule, round="R-2", invitation="I-2")
        Traceback (most recent call last):
        crmkit.errors.TransitionError: customer C-7 may be asked again from 2026-05-31\
 09:00 UTC: 1 of at most 1 invitations within 90 d
    """

    id: CustomerId = attrs.field(validator=is_id)
    asked: tuple[Contact, ...] = attrs.field(default=(), validator=all_are(Contact))

    def ask(
        self, by: str, at: datetime, *, rule: ContactRule, round: str, invitation: str
    ) -> ContactLog:
        """Put down that he is asked.

        Raises:
            TransitionError: If he was asked too lately; its explanation's verdict is from when on
                he may be.
            InvalidValueError: If a value is unfit.
        """
        contact = Contact(at=instant(at), by=by, round=round, invitation=invitation)
        verdict = self.explain(rule, at)
        if verdict.verdict > contact.at:
            raise _refusal(self.id, verdict)
        return attrs.evolve(self, asked=(*self.asked, contact))

    def explain(self, rule: ContactRule, at: datetime) -> Explanation[datetime]:
        """Say from when on he may be asked, and why.

        Raises:
            InvalidValueError: If `at` is naive.
        """
        moment, times = instant(at), [contact.at for contact in self.asked]
        next_at, count = rule.next_at(times, moment), rule.count(times, moment)
        may = next_at == moment
        told = (
            Evidence("customer", Name(f"customer {self.id}", f"客户{self.id}")),
            Evidence("count", count, rule.at_most, may),
            Evidence("at_most", rule.at_most),
            Evidence("within", rule.within),
            Evidence("asked", tuple(sorted(times))),
        )
        return Explanation(verdict=next_at, rule=_MAY if may else _NOT_YET, evidence=told)

    @classmethod
    def of(cls, customer: str) -> ContactLog:
        """Return the log of somebody who was never asked.

        Raises:
            InvalidValueError: If the id is unfit.
        """
        return cls(id=CustomerId(checked_id(customer, "customer")))


def _refusal(customer: str, verdict: Explanation[datetime]) -> TransitionError:
    told = f"may be asked again from {verdict.verdict:%Y-%m-%d %H:%M %Z}"
    return TransitionError(f"customer {customer}", "asked", "asked again", (), (told,), verdict)
