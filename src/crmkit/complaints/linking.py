"""Which cases stand behind an undertaking: links and their undoing, each with who and when.

Law: a link is never forgotten; undoing it is another line.

Source: domain facts K8 and K16 (many cases, one cause or one wish).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias

import attrs

from crmkit.cases import Case, CaseKind
from crmkit.errors import InvalidValueError
from crmkit.kernel import Labelled, checked_actor, instant, is_id, is_utc, member_of
from crmkit.kernel.checks import several


class LinkAct(Labelled):
    """What was done to a link."""

    LINKED = "linked", "Linked", "已关联"
    UNLINKED = "unlinked", "Unlinked", "已取消关联"


@attrs.frozen
class CaseLink:
    """A case that was linked, or whose link was undone.

    Attributes:
        at: When, in UTC.
        by: Who did it.
        case: Which case.
        kind: The kind of case: ids are unique within one.
        act: Whether it was linked, or the link undone.

    Raises:
        InvalidValueError: If the id is unfit, nobody acts, or `at` is not in UTC.

    Examples:
        >>> from crmkit.testing import NINE
        >>> CaseLink(NINE, "ann", "K-1").act.label()
        'Linked'
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    case: str = attrs.field(validator=is_id)
    kind: CaseKind = attrs.field(default=CaseKind.COMPLAINT, validator=member_of(CaseKind))
    act: LinkAct = attrs.field(default=LinkAct.LINKED, validator=member_of(LinkAct))

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)


CaseKey: TypeAlias = tuple[CaseKind, str]
"""A case by its kind and its id."""


def cases_of(links: Iterable[CaseLink]) -> tuple[CaseKey, ...]:
    """Return the cases that are linked now, in the order in which they came.

    Examples:
        >>> from crmkit.testing import NINE
        >>> [case for _, case in cases_of([CaseLink(NINE, "ann", "K-1")])]
        ['K-1']
    """
    found: dict[CaseKey, None] = {}
    for link in links:
        if link.act is LinkAct.LINKED:
            found[link.kind, link.case] = None
        else:
            found.pop((link.kind, link.case), None)
    return tuple(found)


def complaints_of(links: Iterable[CaseLink]) -> tuple[str, ...]:
    """Return the ids of the complaints that are linked now.

    Examples:
        >>> from crmkit.testing import NINE
        >>> complaints_of([CaseLink(NINE, "ann", "K-1")])
        ('K-1',)
    """
    return tuple(case for kind, case in cases_of(links) if kind is CaseKind.COMPLAINT)


def born_with(
    by: str, at: datetime, cases: Iterable[str], name: str, *, kind: CaseKind = CaseKind.COMPLAINT
) -> tuple[CaseLink, ...]:
    """Return the links with which an undertaking begins.

    Args:
        by: Who links.
        at: When.
        cases: Their ids; at least one.
        name: What the caller calls them, for the message.
        kind: Of what kind they are.

    Raises:
        InvalidValueError: If there is none, one stands there twice, or an id is unfit.

    Examples:
        >>> from crmkit.testing import NINE
        >>> born_with("ann", NINE, "K-1", "complaints")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: complaints is 'K-1': it must be several values, not one;\
 write ('K-1',)
    """
    links: tuple[CaseLink, ...] = ()
    for case in several(cases, name):
        links = linked(links, by, at, case, kind)
    if not links:
        raise InvalidValueError(name, (), "must name at least one")
    return links


def linked(
    links: tuple[CaseLink, ...], by: str, at: datetime, case: str, kind: CaseKind
) -> tuple[CaseLink, ...]:
    """Return the links with one more.

    Raises:
        InvalidValueError: If it is linked already, or a value is unfit.

    Examples:
        >>> from crmkit.testing import NINE
        >>> once = linked((), "ann", NINE, "K-1", CaseKind.COMPLAINT)
        >>> linked(once, "ann", NINE, "K-1", CaseKind.COMPLAINT)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: case is 'K-1': it is linked already
    """
    if (kind, case) in cases_of(links):
        raise InvalidValueError("case", case, "is linked already")
    return (*links, CaseLink(instant(at), by, case, kind))


def unlinked(
    links: tuple[CaseLink, ...], by: str, at: datetime, case: str, kind: CaseKind
) -> tuple[CaseLink, ...]:
    """Return the links with one undone.

    Raises:
        InvalidValueError: If it is not linked, or a value is unfit.

    Examples:
        >>> from crmkit.testing import NINE
        >>> unlinked((), "ann", NINE, "K-1", CaseKind.COMPLAINT)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: case is 'K-1': it is not linked
    """
    if (kind, case) not in cases_of(links):
        raise InvalidValueError("case", case, "is not linked")
    return (*links, CaseLink(instant(at), by, case, kind, LinkAct.UNLINKED))


def check_links(
    _: object, field: attrs.Attribute[tuple[CaseLink, ...]], links: tuple[CaseLink, ...]
) -> None:
    """Check, as an attrs validator, that every case was linked and unlinked by turns.

    Raises:
        InvalidValueError: If one was not.

    Examples:
        >>> from crmkit.testing import NINE
        >>> undone = CaseLink(NINE, "ann", "K-1", act=LinkAct.UNLINKED)
        >>> check_links(None, attrs.fields(CaseLink).case, (undone,))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: case is 'K-1': it must be linked and unlinked by turns
    """
    known: set[CaseKey] = set()
    for link in links:
        case = (link.kind, link.case)
        if (case in known) is (link.act is LinkAct.LINKED):
            raise InvalidValueError(field.name, link.case, "must be linked and unlinked by turns")
        known ^= {case}


def check_kind(case: Case[Any], kind: CaseKind) -> None:
    """Check that a case that is to be linked is of the kind that was said.

    Raises:
        InvalidValueError: If it is of another.

    Examples:
        >>> from crmkit.cases import Inquiry
        >>> from crmkit.testing import NINE
        >>> asked = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="a wider drain")
        >>> check_kind(asked, CaseKind.SUGGESTION)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: kind is 'suggestion': it must be that of the case: enquiry\
 Q-1
    """
    if case.kind is not kind:
        raise InvalidValueError("kind", kind.value, f"must be that of the case: {case}")
