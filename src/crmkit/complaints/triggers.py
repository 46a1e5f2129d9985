"""What a complaint calls for: told as a recurrence, and as a major complaint.

Law: rules judge, and say why; whether a team is called together, people decide.

Source: domain facts K6 (recurrence is recognised automatically) and K7 (major complaint).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from crmkit.cases import RecurrenceRule, StateGroup
from crmkit.cases.seen_case import is_told
from crmkit.kernel import Evidence, Explanation, FrozenMap, Language, Name, Rule, Text, spoken
from crmkit.kernel.checks import of_kind

from .complaint import Complaint
from .stages import DROPPED
from .terms import ComplaintTerms
from .words import fact_called, untold_in_words


_NOTHING: Final[Mapping[str, object]] = FrozenMap()
_DONE: Final = (StateGroup.RESOLVED, StateGroup.CLOSED)
_KEYS: Final[Mapping[str, str]] = FrozenMap({"asset": "unit"})
"""What complaints are found by, where a rule of recurrence calls it otherwise."""

_COUNTS: Final[Mapping[str, str]] = FrozenMap({"number_in_chain": "occurrence"})
"""Evidence that is a fact by another name."""

_SOURCE: Final = "domain fact K7"
_MAJOR: Final = Rule(
    code="complaints.major",
    says=Text("{record} is a major complaint: {met}", "{record}是重大投诉：{met}"),
    source=_SOURCE,
)
_NOT_MAJOR: Final = Rule(
    code="complaints.not_major",
    says=Text("{record} is no major complaint", "{record}不是重大投诉"),
    source=_SOURCE,
)
_NOT_KNOWN: Final = Rule(
    code="complaints.major_not_known",
    says=Text(
        "whether {record} is a major complaint is not known yet{untold}",
        "{record}是否为重大投诉尚不能判断{untold}",
    ),
    source=_SOURCE,
)


def recurrence_facts(complaint: Complaint) -> Mapping[str, object]:
    """Return a complaint as a rule of recurrence sees it: its facts, and when it came and went.

    The unit that it is about is told as `asset`, too. It is resolved since it was answered, and not
    at all while it is worked on, or where it was dropped.

    Examples:
        >>> from crmkit.testing import a_complaint
        >>> facts = recurrence_facts(a_complaint())
        >>> facts["id"], facts["asset"], facts["resolved_at"]
        ('K-1', None, None)
    """
    facts = complaint.facts
    return {
        **facts,
        "id": complaint.id,
        "asset": facts["unit"],
        "received_at": complaint.received_at,
        "resolved_at": _resolved_at(complaint),
    }


def recurrence_keys(complaint: Complaint, rule: RecurrenceRule | None) -> Mapping[str, object]:
    """Return the keys, and their values, by which earlier complaints are found that may be alike.

    Returns:
        Empty where there is nothing to look for: no rule, or not all is told in which both agree.

    Examples:
        >>> import attrs
        >>> from crmkit.complaints import Goods
        >>> from crmkit.testing import a_complaint
        >>> rule = RecurrenceRule(same=("customer", "asset"))
        >>> told = attrs.evolve(a_complaint(), goods=Goods(unit="SN-1"))
        >>> dict(recurrence_keys(told, rule))
        {'customer': 'C-7', 'unit': 'SN-1'}
        >>> dict(recurrence_keys(a_complaint(), rule))
        {}
    """
    facts = recurrence_facts(complaint)
    if rule is None:
        return _NOTHING
    if not all(is_told(facts.get(name)) for name in of_kind(rule, RecurrenceRule, "rule").same):
        return _NOTHING
    return {_KEYS.get(name, name): facts[name] for name in rule.same}


def recurrence_of(
    complaint: Complaint, earlier: Iterable[Complaint], rule: RecurrenceRule
) -> Explanation[tuple[str | int, ...]]:
    """Say which earlier complaints one repeats, and why; see `RecurrenceRule.match`.

    What was set aside as a duplicate is no complaint of its own, and what was withdrawn none any
    more: neither is repeated.

    Examples:
        >>> from crmkit.testing import a_complaint
        >>> rule = RecurrenceRule(same=("customer",))
        >>> found = recurrence_of(a_complaint(id="K-2"), [a_complaint()], rule)
        >>> found.verdict
        ('K-1',)
    """
    known = (
        recurrence_facts(other)
        for other in earlier
        if other.id != complaint.id and other.stage not in DROPPED
    )
    return rule.match(recurrence_facts(complaint), known)


def told_of_recurrence(
    complaint: Complaint,
    earlier: Iterable[Complaint],
    rule: RecurrenceRule | None,
    by: str,
    at: datetime,
) -> Complaint:
    """Return a complaint with what it repeats put down; as it is where it repeats nothing.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> rule = RecurrenceRule(same=("customer",))
        >>> new = a_complaint(id="K-2")
        >>> told_of_recurrence(new, [a_complaint()], rule, "ann", NINE).repeats
        ('K-1',)
        >>> told_of_recurrence(new, [], rule, "ann", NINE) is new
        True
    """
    if rule is None:
        return complaint
    found = recurrence_of(complaint, earlier, rule).verdict
    more = [str(id) for id in found if str(id) not in complaint.repeats]
    return complaint.mark_recurrence(by, at, of=more) if more else complaint


def told_of_chain(
    complaint: Complaint,
    others: Iterable[Complaint],
    rule: RecurrenceRule | None,
    by: str,
    at: datetime,
    *,
    before: Complaint | None = None,
) -> tuple[Complaint, ...]:
    """Return a complaint with what it repeats put down, and after it later ones that repeat it.

    What the rule found with the cause that was known before, and no longer finds, is undone, in the
    complaint and in the later ones; what somebody marked by hand stays, for the rule never found
    it.

    Args:
        complaint: The one of which more is known now.
        others: Those that may be alike, or were before, earlier and later.
        rule: When one repeats another; None for never.
        by: Who says so.
        at: When.
        before: The complaint as it was known before; None where it is new.

    Returns:
        First the complaint; of the later ones those in which something is put down anew, or undone.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> rule = RecurrenceRule(same=("customer",))
        >>> first, second = told_of_chain(
        ...     a_complaint(), [a_complaint(id="K-2")], rule, "ann", NINE
        ... )
        >>> first.repeats, second.repeats
        ((), ('K-1',))
    """
    beside = [other for other in others if other.id != complaint.id]
    known = [complaint, *beside]
    later = [one for one in beside if one.stage not in DROPPED and _is_before(complaint, one)]
    asked = [complaint, *later]
    if rule is not None and before is not None and before.cause != complaint.cause:
        past = [before, *beside]
        pairs = zip(asked, [before, *later], strict=True)
        why = _put_right(before, complaint)
        asked = [_undone(one, was, past, known, rule, by, at, why) for one, was in pairs]
    told = [told_of_recurrence(one, known, rule, by, at) for one in asked]
    return (told[0], *(one for one, was in zip(told[1:], later, strict=True) if one is not was))


def _undone(
    complaint: Complaint,
    was: Complaint,
    past: Iterable[Complaint],
    known: Iterable[Complaint],
    rule: RecurrenceRule,
    by: str,
    at: datetime,
    why: Name,
) -> Complaint:
    """Return a complaint without the links that a rule found before, and finds no longer."""
    found = set(recurrence_of(was, past, rule).verdict)
    holds = set(recurrence_of(complaint, known, rule).verdict)
    gone = [one for one in complaint.repeats if one in found - holds]
    if not gone:
        return complaint
    return complaint.unmark_recurrence(by, at, of=gone, reason=why.en, reason_zh=why.zh)


def _put_right(before: Complaint, complaint: Complaint) -> Name:
    was, now = before.cause, complaint.cause
    return Name(
        f"the cause of {complaint.label('en')} is {now}, not {was}",
        f"{complaint.label('zh')}的原因是{now}，不是{was}",
    )


def _is_before(one: Complaint, other: Complaint) -> bool:
    return (one.received_at, one.id) < (other.received_at, other.id)


def explain_major(complaint: Complaint, terms: ComplaintTerms) -> Explanation[bool]:
    """Say whether a complaint is a major one, for which an emergency team is called, and why.

    Examples:
        >>> from crmkit.complaints import COMPLAINT_TERMS
        >>> from crmkit.testing import NINE, a_complaint
        >>> complaint = a_complaint().prioritise("ann", NINE, severity="critical")
        >>> print(explain_major(complaint, COMPLAINT_TERMS))
        complaint K-1 is a major complaint: severity critical
        >>> print(explain_major(a_complaint(), COMPLAINT_TERMS))
        whether complaint K-1 is a major complaint is not known yet; not known: severity, safety\
 at stake
    """
    facts = complaint.facts
    condition = terms.major
    told: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    if condition is not None:
        told = condition.evidence(facts)
        missing = condition.missing(facts) if condition.holds(facts) is None else ()
    repeated = _often(complaint, terms.recurrence)
    holds = condition is not None and condition.holds(facts) is True
    verdict = holds or any(fact.met is True for fact in repeated)
    record = Evidence("record", Name(complaint.label("en"), complaint.label("zh")))
    lacking = () if verdict else missing
    clear = _MAJOR if verdict else _NOT_MAJOR
    met = Evidence("met", _met((*told, *repeated)))
    return Explanation(
        verdict=verdict,
        rule=_NOT_KNOWN if lacking else clear,
        evidence=(record, *told, *repeated, met, Evidence("untold", untold_in_words(lacking))),
        missing=lacking,
    )


def _often(complaint: Complaint, rule: RecurrenceRule | None) -> tuple[Evidence, ...]:
    """Return whether it is as late in its chain as the rule of recurrence allows."""
    if rule is None or rule.major_from is None:
        return ()
    number, enough = complaint.occurrence, rule.major_from
    return (Evidence("number_in_chain", number, enough, number >= enough),)


def _met(told: Iterable[Evidence]) -> Name | None:
    """Return what speaks for it, in both languages; None where nothing does."""
    known = [fact for fact in told if fact.met]
    if not known:
        return None
    # Two rules may count the same: what they say is said once.
    english = dict.fromkeys(_said(fact, " ", "en") for fact in known)
    chinese = dict.fromkeys(_said(fact, "", "zh") for fact in known)
    return Name(", ".join(english), "，".join(chinese))


def _said(fact: Evidence, gap: str, language: Language) -> str:
    """Return what a fact is called, and its value unless that is all that it says."""
    name = fact_called(_COUNTS.get(fact.name, fact.name), language)
    return name if fact.value is True else f"{name}{gap}{spoken(fact.value, language)}"


def _resolved_at(complaint: Complaint) -> datetime | None:
    """Return when it was resolved; None while it is worked on, or where it was dropped."""
    resolved = None
    for step in complaint.trail:
        if complaint.workflow.groups[step.stage] not in _DONE:
            resolved = None
        elif resolved is None:
            resolved = step.at
    return resolved
