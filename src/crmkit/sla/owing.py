"""What is owed for a missed promise: read off its clock by the rules.

Law: what is owed follows from the clock and the rules alone. For one clock one rule decides, the
first that is for it; what is owed never falls as the delay grows, and never passes the cap.

Source: domain fact K5 (超时赔偿: late compensation, owed automatically when a promised time is
missed) and example 7.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Final

import attrs

from crmkit.kernel import Evidence, Explanation, FrozenMap, Money, Rule, Text

from .clock_words import policy_told
from .compensation_rule import CompensationRule
from .ladder import Delivery, EscalationLadder
from .pay_back import Compensation, CountedDelay
from .sla_clock import ClockState, SlaClock


_NONE: Final = timedelta(0)
_HOUR: Final = timedelta(hours=1)
_NOTHING: Final[Mapping[str, object]] = FrozenMap()
_SOURCE: Final = "the compensation rules' own terms"


def _rule(code: str, en: str, zh: str) -> Rule:
    return Rule(code=f"sla.compensation.{code}", says=Text(en, zh), source=_SOURCE)


_NOT_MISSED: Final = _rule(
    "not_missed",
    "{record}: {promise} is {state}; nothing is owed",
    "{record}，{promise}：{state}，无须赔偿",
)
_NO_RULE: Final = _rule(
    "no_rule",
    "{record}: {promise} ({policy}) was missed, and no rule is for it; nothing is owed",
    "{record}，{promise}（{policy}）：已违约，没有适用的赔偿规则，无须赔偿",
)
_TOO_LITTLE: Final = _rule(
    "too_little",
    "{record}: {promise} was missed by {delay} ({counted}), for which {rule} gives nothing",
    "{record}，{promise}：迟{delay}（{counted}），按“{rule}”无须赔偿",
)


def owed(
    clock: SlaClock,
    rules: Iterable[CompensationRule],
    *,
    facts: Mapping[str, object] = _NOTHING,
) -> Compensation | None:
    """Return what is owed for a clock by the instant at which it was looked at; None for nothing.

    While the promise is still open what is owed grows; it is final once the promise was kept late,
    or is asked for no more.

    Args:
        clock: The clock.
        rules: The first that is for it decides, even where it gives nothing.
        facts: What conditions ask about: the case's `facts`; what is not known meets no condition.

    Raises:
        InvalidValueError: If a fact cannot be compared as a condition asks.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> rule = CompensationRule(name="late answer", per_hour=Money.of(20, "CNY"))
        >>> for hours in (1, 2, 4):
        ...     (clock,) = SEA_LION.clocks(a_complaint(), as_of=NINE + timedelta(hours=hours))
        ...     found = owed(clock, [rule])
        ...     print(found and found.amount)
        None
        20.00 CNY
        60.00 CNY
    """
    if clock.state is not ClockState.BREACHED:
        return None
    rule = _found(clock, rules, facts)
    return None if rule is None else _compensation(clock, rule)


def explain_owed(
    clock: SlaClock,
    rules: Iterable[CompensationRule],
    *,
    facts: Mapping[str, object] = _NOTHING,
) -> Explanation[Money | None]:
    """Say how much is owed for a clock, and why; or why nothing is.

    Arguments and errors as for `owed`.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> (clock,) = SEA_LION.clocks(a_complaint(), as_of=NINE)
        >>> print(explain_owed(clock, []))
        complaint K-1: first response within 1 h is running; nothing is owed
    """
    tried = tuple(rules)
    found = owed(clock, tried, facts=facts)
    return _why_nothing(clock, tried, facts) if found is None else found.explain()


def compensations(
    clocks: Iterable[SlaClock],
    rules: Iterable[CompensationRule],
    *,
    facts: Mapping[str, object] = _NOTHING,
    settled: Collection[str] = (),
) -> tuple[Compensation, ...]:
    """Return what is owed for the clocks of a case, exactly once for each clock.

    Args:
        clocks: Of one case; of a clock that comes twice the latest look counts.
        rules: As for `owed`.
        facts: As for `owed`.
        settled: Keys of compensations that were paid: they are not returned again.

    Returns:
        In the order of the clocks; clocks for which nothing is owed are left out.

    Raises:
        InvalidValueError: If a fact cannot be compared as a condition asks.

    Examples:
        >>> from crmkit.sla import SEA_LION
        >>> from crmkit.testing import NINE, a_complaint
        >>> rule = CompensationRule(name="late answer", fixed=Money.of(20, "CNY"))
        >>> clocks = SEA_LION.clocks(a_complaint(), as_of=NINE + timedelta(hours=2))
        >>> (found,) = compensations([*clocks, *clocks], [rule])
        >>> compensations(clocks, [rule], settled={found.key})
        ()
    """
    tried = tuple(rules)
    latest: dict[str, SlaClock] = {}
    for clock in clocks:
        known = latest.get(clock.key)
        if known is None or known.as_of <= clock.as_of:
            latest[clock.key] = clock
    found = (owed(c, tried, facts=facts) for key, c in latest.items() if key not in settled)
    return tuple(one for one in found if one is not None)


def _why_nothing(
    clock: SlaClock, rules: tuple[CompensationRule, ...], facts: Mapping[str, object]
) -> Explanation[None]:
    """Say why nothing is owed: not missed, no rule for it, or too little late."""
    told = [
        Evidence("record", clock.case),
        Evidence("promise", Text(clock.target.label("en"), clock.target.label("zh"))),
        Evidence("policy", policy_told(clock.policy)),
        Evidence("state", clock.state),
    ]
    if clock.state is not ClockState.BREACHED:
        return Explanation(verdict=None, rule=_NOT_MISSED, evidence=tuple(told))
    rule = _found(clock, rules, facts)
    if rule is None:
        missing = _lacking(clock, rules, facts)
        return Explanation(verdict=None, rule=_NO_RULE, evidence=tuple(told), missing=missing)
    delay = _delay(clock, rule.counted)
    told += [
        Evidence("rule", policy_told(rule.name)),
        Evidence("delay", delay, rule.minimum, delay >= rule.minimum),
        Evidence("counted", rule.counted),
    ]
    return Explanation(verdict=None, rule=_TOO_LITTLE, evidence=tuple(told))


def _is_for(rule: CompensationRule, clock: SlaClock) -> bool:
    """Tell whether a rule is for a clock, whatever its condition says of the case."""
    return rule.policy in (None, clock.policy) and rule.metric in (None, clock.target.name)


def _found(
    clock: SlaClock, rules: Iterable[CompensationRule], facts: Mapping[str, object]
) -> CompensationRule | None:
    for rule in rules:
        condition = rule.condition
        if _is_for(rule, clock) and (condition is None or condition.holds(facts)):
            return rule
    return None


def _lacking(
    clock: SlaClock, rules: Iterable[CompensationRule], facts: Mapping[str, object]
) -> tuple[str, ...]:
    """Return the facts for want of which no rule was found."""
    conditions = [rule.condition for rule in rules if _is_for(rule, clock) and rule.condition]
    open_ones = [condition for condition in conditions if condition.holds(facts) is None]
    return tuple(dict.fromkeys(name for one in open_ones for name in one.missing(facts)))


def _delay(clock: SlaClock, counted: CountedDelay) -> timedelta:
    """Return by how much a promise was missed: nothing where it is closed since it was due."""
    if counted is CountedDelay.WORKING_TIME or clock.due_at is None:
        return max(-clock.margin, _NONE)
    return max((clock.done_at or clock.ended_at or clock.as_of) - clock.due_at, _NONE)


def _compensation(clock: SlaClock, rule: CompensationRule) -> Compensation | None:
    delay = _delay(clock, rule.counted)
    hours = -(-delay // _HOUR)
    levels = 0 if rule.ladder is None else _levels(clock, rule.ladder)
    gives = rule.fixed or (rule.per_hour and hours) or (rule.per_level and levels)
    if delay < rule.minimum or not gives:
        return None
    return Compensation(
        key=clock.key,
        case=clock.case,
        promise=Text(clock.target.label("en"), clock.target.label("zh")),
        rule=rule.name,
        source=rule.source,
        as_of=clock.as_of,
        is_final=not clock.is_open,
        delay=delay,
        counted=rule.counted,
        fixed=rule.fixed,
        per_hour=rule.per_hour,
        hours=hours,
        per_level=rule.per_level,
        levels=levels,
        cap=rule.cap,
        approval_above=rule.approval_above,
    )


def _levels(clock: SlaClock, ladder: EscalationLadder) -> int:
    """Return how many levels were reached since a promise was due, told to somebody or not."""
    reached = attrs.evolve(ladder, cool_down=_NONE, cap=None, delivery=Delivery.AT_ONCE)
    due = clock.due_at
    return sum(due is not None and event.reached_at >= due for event in reached.events(clock))
