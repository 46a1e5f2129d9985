"""What is owed in a complaint for missed promises: still to be paid, or paid already.

Law: of each missed promise it is said whether it is still owed, or who paid it, when and how much.

Source: domain fact K5 (超时赔偿).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

# Only who asks what is owed loads this module, and with it what words promises have.
from crmkit import sla
from crmkit.kernel import Evidence, Explanation, FrozenMap, Money, Name, Rule, Text
from crmkit.sla.clock_words import policy_told

from .complaint import Complaint
from .outlay import Cost
from .terms import ComplaintTerms


_NOTHING: Final[Mapping[str, object]] = FrozenMap()
_PAID: Final = Rule(
    code="complaints.compensated",
    says=Text(
        "{record}: {promise} was missed; {verdict}, owed by {rule}, was paid by {by} at {at}"
        "{approval}",
        "{record}，{promise}：已违约，按“{rule}”应付的赔偿{verdict}已由{by}于{at}支付{approval}",
    ),
    source="domain fact K5",
)


def owed_in(
    complaint: Complaint,
    clocks: Iterable[sla.SlaClock],
    terms: ComplaintTerms,
    *,
    facts: Mapping[str, object] = _NOTHING,
) -> tuple[sla.Compensation, ...]:
    """Return what is owed for the missed promises of a complaint, and is not paid yet.

    Args:
        complaint: The complaint.
        clocks: All of its clocks.
        terms: What is owed for what.
        facts: What else their conditions ask about, such as the customer's class.

    Raises:
        InvalidValueError: If a fact cannot be compared as a condition asks.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.sla import SEA_LION, CompensationRule
        >>> from crmkit.testing import NINE, a_complaint
        >>> rule = CompensationRule(name="late answer", fixed=Money.of(20, "CNY"))
        >>> terms = ComplaintTerms(compensation=[rule])
        >>> clocks = SEA_LION.clocks(a_complaint(), as_of=NINE + timedelta(hours=2))
        >>> [str(one.amount) for one in owed_in(a_complaint(), clocks, terms)]
        ['20.00 CNY']
    """
    known = {**complaint.facts, **facts}
    paid = complaint.compensated
    return sla.compensations(clocks, terms.compensation, facts=known, settled=paid)


def explain_owed_in(
    complaint: Complaint,
    clocks: Iterable[sla.SlaClock],
    terms: ComplaintTerms,
    *,
    facts: Mapping[str, object] = _NOTHING,
) -> tuple[Explanation[Money | None], ...]:
    """Say for each promise of a complaint how much is owed, or was paid, or why nothing is owed.

    Arguments and errors as for `owed_in`.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.sla import SEA_LION, CompensationRule
        >>> from crmkit.testing import NINE, a_complaint
        >>> rule = CompensationRule(name="late answer", fixed=Money.of(20, "CNY"))
        >>> terms = ComplaintTerms(compensation=[rule])
        >>> noon = NINE + timedelta(hours=3)
        >>> late = a_complaint().acknowledge("ann", noon)
        >>> clocks = SEA_LION.clocks(late, as_of=noon)
        >>> (owed,) = owed_in(late, clocks, terms)
        >>> paid = late.compensate("bob", noon, owed=owed)
        >>> print(explain_owed_in(paid, clocks, terms)[0])
        complaint K-1: first response within 1 h was missed; 20.00 CNY, owed by late answer, was\
 paid by bob at 2026-03-02 12:00 UTC
    """
    known = {**complaint.facts, **facts}
    paid = {cost.promise: cost for cost in complaint.costs if cost.promise is not None}
    return tuple(
        _paid(complaint, clock, paid[clock.key])
        if clock.key in paid
        else sla.explain_owed(clock, terms.compensation, facts=known)
        for clock in clocks
    )


def _paid(complaint: Complaint, clock: sla.SlaClock, cost: Cost) -> Explanation[Money | None]:
    approval = Name("", "")
    if cost.approved_by is not None:
        approval = Name(f", approved by {cost.approved_by}", f"（{cost.approved_by}审批）")
    told = (
        Evidence("record", Name(complaint.label("en"), complaint.label("zh"))),
        Evidence("promise", Text(clock.target.label("en"), clock.target.label("zh"))),
        Evidence("clock", clock.key),
        Evidence("rule", policy_told(cost.why)),
        Evidence("by", cost.by),
        Evidence("at", cost.at),
        Evidence("approved_by", cost.approved_by),
        Evidence("approval", approval),
    )
    return Explanation(verdict=cost.amount, rule=_PAID, evidence=told)
