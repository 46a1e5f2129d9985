"""Telling those who asked how their request stands.

Law: what somebody was told is held against the trail: what came later he does not know.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

import attrs

from crmkit.cases import CaseKind
from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Labelled,
    Trail,
    checked_actor,
    instant,
    is_a,
    is_id,
    is_utc,
    member_of,
    not_blank,
)

from .linking import CaseKey
from .undertaking import check_onward


S = TypeVar("S", bound=Labelled)


@attrs.frozen
class Telling:
    """That somebody who asked was told how it stands.

    Attributes:
        at: When, in UTC.
        by: Who told him.
        case: The case by which he asked.
        kind: The kind of that case.
        line: Up to which line of the trail he was told, the first being 1.
        text: What he was told.

    Raises:
        InvalidValueError: If a value is unfit.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Telling(NINE, "ann", "K-1", CaseKind.COMPLAINT, 5, "We sell it from May.").case
        'K-1'
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    case: str = attrs.field(validator=is_id)
    kind: CaseKind = attrs.field(validator=member_of(CaseKind))
    line: int = attrs.field(validator=is_a(int))
    text: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)


def telling_of(
    trail: Trail[S], cases: Collection[CaseKey], by: str, at: datetime, case: CaseKey, text: str
) -> Telling:
    """Return the line that says that somebody was told how it stands now.

    Raises:
        InvalidValueError: If his case is not linked, he was told before the last step was made, or
            a value is unfit.

    Examples:
        >>> from crmkit.complaints import ProductRequest
        >>> from crmkit.testing import NINE
        >>> wish = ProductRequest.open("P-1", "ann", NINE, cases=("K-1",), about="wash potatoes")
        >>> telling_of(wish.trail, wish.cases, "ann", NINE, (CaseKind.COMPLAINT, "K-2"), "Soon.")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: case is 'K-2': it is not linked
    """
    telling = Telling(instant(at), by, case[1], case[0], len(trail), text)
    if case not in cases:
        raise InvalidValueError("case", case[1], "is not linked")
    check_onward(at, trail[-1].at)
    return telling


def check_lines_told(trail: Trail[S], tellings: Collection[Telling]) -> None:
    """Refuse tellings of lines that the trail has not, or of which it had not come to.

    Raises:
        InvalidValueError: If there is one.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> told = Telling(NINE, "ann", "K-1", CaseKind.COMPLAINT, 2, "It is closed.")
        >>> check_lines_told(a_complaint().trail, [told])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: line is 2: it must be a line of the trail that was there\
 then
    """
    for telling in tellings:
        if not 1 <= telling.line <= len(trail) or telling.at < trail[telling.line - 1].at:
            rule = "must be a line of the trail that was there then"
            raise InvalidValueError("line", telling.line, rule)
