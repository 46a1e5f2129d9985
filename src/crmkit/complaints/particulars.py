"""What is put down of a complaint on its way: goods, judgement, department, remedy, links.

Law: what was put down stays; a later word is put beside it.

Source: ISO 10002:2018 clauses 7.2, 7.5 and 7.7 and its annex of responses; domain fact K1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import attrs
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Labelled,
    Language,
    checked_actor,
    checked_language,
    is_a,
    is_id,
    is_utc,
    member_of,
    not_blank,
    not_blank_if_given,
)


class RemedyKind(Labelled):
    """What puts a complaint right: the menu of responses."""

    REFUND = "refund", "Refund", "退款"
    REPLACEMENT = "replacement", "Replacement", "更换"
    REPAIR = "repair", "Repair or rework", "维修或返工"
    SUBSTITUTE = "substitute", "Substitute", "替代品"
    TECHNICAL_HELP = "technical_help", "Technical help", "技术支持"
    INFORMATION = "information", "Information", "信息说明"
    FINANCIAL_HELP = "financial_help", "Financial help", "经济援助"
    COMPENSATION = "compensation", "Compensation", "赔偿"
    APOLOGY = "apology", "Apology", "道歉"
    GOODWILL = "goodwill", "Goodwill gift", "善意补偿"
    CHANGE = "change", "A change of product, process or policy", "改进产品、流程或政策"
    OTHER = "other", "Other", "其他"


@attrs.frozen(kw_only=True)
class Goods:
    """What the complaint is about.

    Attributes:
        product: Which product; None where nobody said.
        unit: Which one of them, by its serial number or barcode; None where nobody said.
        batch: Of which batch; None where nobody said.

    Raises:
        InvalidValueError: If an id is unfit.

    Examples:
        >>> Goods(product="XPB-20", unit="SN-4711").batch is None
        True
    """

    product: str | None = attrs.field(default=None, validator=optional(is_id))
    unit: str | None = attrs.field(default=None, validator=optional(is_id))
    batch: str | None = attrs.field(default=None, validator=optional(is_id))


@attrs.frozen
class Route:
    """A department that a complaint was sent to.

    Attributes:
        at: When it was sent, in UTC.
        by: Who sent it.
        department: Where to.
        reason: Why there: the rule that proposed it, or what somebody said.
        reason_zh: The rule in Chinese; empty where somebody said why, in his own words.
        note: What else was said of a hand-over; that of the first department stands on the trail.
        proposed: Which department the rules proposed; None where they were not asked.
        confirmed_by: Who confirmed there that it is theirs; None while nobody has.
        confirmed_at: When, in UTC; None likewise.

    Raises:
        InvalidValueError: If no department is named, nobody sent it, `at` is not in UTC, or it is
            confirmed before it was sent, by nobody, or at no time.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Route(NINE, "ann", "quality").is_confirmed
        False
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    department: str = attrs.field(validator=not_blank)
    reason: str = attrs.field(default="", validator=is_a(str))
    reason_zh: str = attrs.field(default="", kw_only=True, validator=is_a(str))
    proposed: str | None = attrs.field(default=None, validator=not_blank_if_given)
    confirmed_by: str | None = None
    confirmed_at: datetime | None = attrs.field(default=None, validator=optional(is_utc))
    note: str = attrs.field(default="", kw_only=True, validator=is_a(str))

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        if self.confirmed_by is not None:
            checked_actor(self.confirmed_by, "confirmed_by")
        if (self.confirmed_by is None) is not (self.confirmed_at is None):
            rule = "must be told together with confirmed_by"
            raise InvalidValueError("confirmed_at", self.confirmed_at, rule)
        _check_order("confirmed_at", self.confirmed_at, self.at, "it was sent")

    def told(self, language: Language = "en") -> str:
        """Return why it was sent there in a language, as far as it was told in it.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        is_chinese = checked_language(language) == "zh" and bool(self.reason_zh)
        return self.reason_zh if is_chinese else self.reason

    @property
    def is_confirmed(self) -> bool:
        """Whether the department said that it is theirs."""
        return self.confirmed_by is not None


@attrs.frozen
class Finding:
    """That a complaint was investigated which the customer had sent back.

    Attributes:
        at: When, in UTC.
        by: Who investigated.
        line: Up to which line its trail had come, the first being 1.
        note: What was found.

    Raises:
        InvalidValueError: If nobody investigated, `at` is not in UTC, or there is no such line.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Finding(NINE, "bob", 4, note="seal worn").by
        'bob'
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    line: int
    note: str = attrs.field(default="", kw_only=True, validator=is_a(str))

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        if type(self.line) is not int or self.line < 1:
            raise InvalidValueError("line", self.line, "must be a whole number from 1 on")


@attrs.frozen(kw_only=True)
class Remedy:
    """What puts it right: owed as soon as it is promised, until it is carried out or waived.

    Attributes:
        kind: What it is.
        promised_at: When, in UTC.
        carried_out_at: When it was carried out; None while it is not.
        waived_at: When the customer let go of it; None where he did not.
        why_waived: What he said; empty where nothing was put down.

    Raises:
        InvalidValueError: If it is carried out or waived before it was promised, or both.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Remedy(kind=RemedyKind.REPLACEMENT, promised_at=NINE).is_owed
        True
    """

    kind: RemedyKind = attrs.field(validator=member_of(RemedyKind))
    promised_at: datetime = attrs.field(validator=is_utc)
    carried_out_at: datetime | None = attrs.field(default=None, validator=optional(is_utc))
    waived_at: datetime | None = attrs.field(default=None, validator=optional(is_utc))
    why_waived: str = attrs.field(default="", validator=is_a(str))

    def __attrs_post_init__(self) -> None:
        for name in ("carried_out_at", "waived_at"):
            _check_order(name, getattr(self, name), self.promised_at, "it was promised")
        if self.carried_out_at is not None and self.waived_at is not None:
            rule = "must be None: it is carried out already"
            raise InvalidValueError("waived_at", self.waived_at, rule)

    @property
    def is_owed(self) -> bool:
        """Whether it is still to be carried out."""
        return self.discharged_at is None

    @property
    def discharged_at(self) -> datetime | None:
        """When it was carried out or waived; None while it is owed."""
        return self.waived_at if self.carried_out_at is None else self.carried_out_at


@attrs.frozen
class CallPlan:
    """How many calls in vain were planned to be enough, and why it was fewer than before.

    Attributes:
        at: When it was planned, in UTC.
        by: Who planned.
        tries: After how many calls in vain the customer counts as unreachable; 0 where no call is
            owed.
        reason: Why fewer are enough than were planned, or made, before; empty where it is no fewer.

    Raises:
        InvalidValueError: If nobody planned, `at` is not in UTC, or the number is not from 0 to
            100.

    Examples:
        >>> from crmkit.testing import NINE
        >>> CallPlan(NINE, "ann", 1, reason="he has moved abroad").tries
        1
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    tries: int
    reason: str = attrs.field(default="", kw_only=True, validator=is_a(str))

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)
        check_tries(self.tries, "tries")


@attrs.frozen
class PromisedDay:
    """A day on which the customer was promised an answer after the receipt.

    Attributes:
        at: When he was promised it, in UTC.
        by: Who promised it.
        due_on: The day.
        reason: Why it is another than before; empty where none was promised before.

    Raises:
        InvalidValueError: If nobody promised it, `at` is not in UTC, or the day is none.

    Examples:
        >>> from crmkit.testing import NINE
        >>> PromisedDay(NINE, "ann", date(2026, 3, 9), reason="the part is late").due_on.day
        9
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    due_on: date = attrs.field(validator=is_a(date))
    reason: str = attrs.field(default="", kw_only=True, validator=is_a(str))

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)


@attrs.frozen
class UndoneRepeat:
    """An earlier complaint that one was said to repeat, and does not.

    Attributes:
        at: When that was found, in UTC.
        by: Who found it.
        complaint: The earlier complaint.
        reason: Why it is not repeated.
        reason_zh: The same in Chinese; empty where somebody said why, in his own words.

    Raises:
        InvalidValueError: If nobody found it, `at` is not in UTC, an id is unfit, or no reason is
            given.

    Examples:
        >>> from crmkit.testing import NINE
        >>> UndoneRepeat(NINE, "ann", "K-1", "another machine").complaint
        'K-1'
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    complaint: str = attrs.field(validator=is_id)
    reason: str = attrs.field(validator=not_blank)
    reason_zh: str = attrs.field(default="", kw_only=True, validator=is_a(str))

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)


@attrs.frozen
class ActionLink:
    """A corrective action that a complaint led to.

    Attributes:
        action: Which one.
        verified_at: When it proved to be effective; None while it has not.
        undone_because: Why it was linked by mistake; empty where it was not.

    Raises:
        InvalidValueError: If the id is unfit, or the time not in UTC.

    Examples:
        >>> ActionLink("A-1").is_awaited, ActionLink("A-1", undone_because="it was A-2").is_awaited
        (True, False)
    """

    action: str = attrs.field(validator=is_id)
    verified_at: datetime | None = attrs.field(default=None, validator=optional(is_utc))
    undone_because: str = attrs.field(default="", validator=is_a(str))

    @property
    def is_linked(self) -> bool:
        """Whether the link still stands."""
        return not self.undone_because

    @property
    def is_awaited(self) -> bool:
        """Whether it is linked, and has not proved to be effective."""
        return self.is_linked and self.verified_at is None


@attrs.frozen
class Referral:
    """An outside body that a complaint was referred to.

    Attributes:
        at: When, in UTC.
        by: Who referred it.
        body: To whom: an ombudsman, a mediator, a court.
        outcome: What was decided there; empty while nothing is.

    Raises:
        InvalidValueError: If no body is named, nobody referred it, or `at` is not in UTC.

    Examples:
        >>> from crmkit.testing import NINE
        >>> Referral(NINE, "ann", "consumers' association").is_decided
        False

    Source:
        ISO 10003:2018, external dispute resolution.
    """

    at: datetime = attrs.field(validator=is_utc)
    by: str
    body: str = attrs.field(validator=not_blank)
    outcome: str = attrs.field(default="", validator=is_a(str))

    def __attrs_post_init__(self) -> None:
        checked_actor(self.by)

    @property
    def is_decided(self) -> bool:
        """Whether the outside body has decided."""
        return bool(self.outcome.strip())


def check_last(name: str, value: object, told: Sequence[object]) -> None:
    """Refuse a value that is not what was told of it last.

    Raises:
        InvalidValueError: If it is not.

    Examples:
        >>> check_last("call_tries", 2, [3])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: call_tries is 2: it must be what was told last, 3
    """
    if told and told[-1] != value:
        raise InvalidValueError(name, value, f"must be what was told last, {told[-1]!r}")


def check_tries(tries: int, name: str) -> None:
    """Refuse a number of calls that is not from 0 to 100.

    Raises:
        InvalidValueError: If it is.

    Examples:
        >>> check_tries(101, "tries")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: tries is 101: it must be a whole number from 0 to 100
    """
    if type(tries) is not int or not 0 <= tries <= 100:
        raise InvalidValueError(name, tries, "must be a whole number from 0 to 100")


def _check_order(name: str, later: datetime | None, earlier: datetime, what: str) -> None:
    if later is not None and later < earlier:
        rule = f"must not be before {what}, {earlier.isoformat()}"
        raise InvalidValueError(name, later, rule)
