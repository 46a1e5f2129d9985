"""How often customers had to come to us before we had done with what they asked.

Law: once is enough; whoever receives a request sees it through.

Source: domain fact K14 (ask once; contacts per resolution are counted).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import attrs

from crmkit.kernel import Evidence, Explanation, Rule, StateGroup, Text

from .case import Case


_DONE: Final = (StateGroup.RESOLVED, StateGroup.CLOSED)
_ASKED: Final = Rule(
    code="cases.contacts",
    says=Text(
        "resolved: {resolved}; contacts: {contacts}, {verdict} for each; resolved at the first:"
        " {once}; passed on to somebody else: {passed_on}",
        "已解决{resolved}件，客户联系{contacts}次，平均每件{verdict}次；"
        "一次解决{once}件，转手{passed_on}件",
    ),
    source="domain fact K14",
)
_NOTHING: Final = Rule(
    code="cases.contacts.none",
    says=Text("nothing is resolved yet", "尚无已解决的事项"),
    source="domain fact K14",
)


@attrs.frozen(kw_only=True)
class ContactCount:
    """How often customers came to us, over the cases that are resolved.

    Attributes:
        resolved: How many cases that is.
        contacts: How often their customers came, in all.
        once: How many were resolved at the first contact.
        passed_on: How many were handed from one owner to another.

    Examples:
        >>> count = ContactCount(resolved=4, contacts=6, once=3, passed_on=1)
        >>> count.mean, count.share_once
        (1.5, 0.75)
        >>> print(count.explain())
        resolved: 4; contacts: 6, 1.5 for each; resolved at the first: 3; passed on to somebody\
 else: 1
    """

    resolved: int
    contacts: int
    once: int
    passed_on: int

    @property
    def mean(self) -> float | None:
        """Contacts per resolution; None where nothing is resolved."""
        return self.contacts / self.resolved if self.resolved else None

    @property
    def share_once(self) -> float | None:
        """The share that was resolved at the first contact, 0 to 1; None likewise."""
        return self.once / self.resolved if self.resolved else None

    def explain(self) -> Explanation[float | None]:
        """Say how often customers had to come; the verdict is contacts per resolution."""
        told = (
            Evidence("resolved", self.resolved),
            Evidence("contacts", self.contacts),
            Evidence("once", self.once),
            Evidence("passed_on", self.passed_on),
        )
        rule = _ASKED if self.resolved else _NOTHING
        return Explanation(verdict=self.mean, rule=rule, evidence=told)


def contacts_per_resolution(cases: Iterable[Case[Any]]) -> ContactCount:
    """Count how often customers came before their cases were resolved.

    Args:
        cases: Any; those that are not resolved do not count, nor those that were dropped or are
            duplicates. What we ourselves saw first, and the customer never asked for, has no
            contact, and counts as resolved at the first.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> solved = a_complaint().acknowledge("ann", NINE).investigate("ann", NINE)
        >>> solved = solved.respond("ann", NINE)
        >>> again = solved.reject("ann", NINE).respond("ann", NINE)
        >>> contacts_per_resolution([solved, again, a_complaint()])
        ContactCount(resolved=2, contacts=3, once=1, passed_on=0)
    """
    done = [case for case in cases if case.state in _DONE]
    contacts = [case.contacts for case in done]
    return ContactCount(
        resolved=len(done),
        contacts=sum(contacts),
        once=sum(count <= 1 for count in contacts),
        passed_on=sum(len(case.owners) > 1 for case in done),
    )
