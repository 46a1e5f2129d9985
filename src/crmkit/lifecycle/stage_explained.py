"""Why a customer is in the stage that rules infer: the rule, the evidence, what would change it.

Law: what would change the verdict is worked out by the same fold: once as if nothing more is
bought, once as if he bought again.

Source: domain fact S6: a rule can be explained ("why is this one in decline?").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Rule, Text

from .behaviour import Behaviour
from .definition import Lifecycle
from .inferring import Evaluation, evaluations, known_at, last_evaluations
from .permission import named
from .seen_journey import SeenJourney
from .stage_rules import StageRules


_HORIZON: Final = 65
_HEAD: Final = Text(
    'customer {customer} is in the stage "{stage}" as of {as_of}',
    "截至{as_of}，客户{customer}处于“{stage}”",
)
_TAIL: Final = Text(
    "without a purchase: {if_silent}; with one: {if_bought}",
    "若不再购买：{if_silent}；若再购买：{if_bought}",
)
_NO_RULE: Final = Text("no rule holds, so that he stays", "没有规则成立，维持原阶段")
_ON_THE_WAY: Final = Text("on the way to {verdict_stage}", "正转向“{verdict_stage}”")
_NO_WAY: Final = Text(
    "the rule names {verdict_stage}, but no allowed move leads there",
    "规则判断为“{verdict_stage}”，但没有允许的转换路径",
)
_DIFFERS: Final = Rule(
    code="lifecycle.differs",
    says=Text(
        "rules infer {inferred} as of {as_of}, on record is {on_record} since {since}, {origin} by "
        "{by}; they differ: {verdict}",
        "截至{as_of}规则推断为“{inferred}”，记录为“{on_record}”（自{since}，{origin}，{by}）；"
        "是否不一致：{verdict}",
    ),
    source="S6: both are on record",
)


def explain_stage(
    behaviour: Behaviour, *, rules: StageRules, lifecycle: Lifecycle, as_of: date
) -> Explanation[str]:
    """Explain the stage that rules infer for one customer.

    Args:
        behaviour: What he did.
        rules: Which stage follows from what.
        lifecycle: Whose stages.
        as_of: On which day; the last evaluation up to it counts.

    Returns:
        The code of the stage, by the rule that held, with the evidence `customer`, `stage`,
        `as_of`, `since`, `verdict_stage` (that which the rule names), `maybe_older` (whether he may
        have bought before the record), each fact the rule asked for with its bar, and what would
        change it: `if_silent`, the next other stage without a purchase and from when on, and
        `if_bought`, the stage at the next evaluation after one more purchase. `missing` names the
        signals that nobody told, of rules that come before the one that held: knowing them might
        change the verdict.

    Raises:
        InvalidValueError: If rules and lifecycle do not belong together, or he had not bought by
            the last day of the grid.

    Source:
        The rule's own, in its evidence.

    Examples:
        >>> from crmkit.lifecycle import CUSTOMER_STATE, STATE_RULES
        >>> li = Behaviour.of("C-7", [(date(2026, 1, 5), 20.0)])
        >>> why = explain_stage(
        ...     li, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2026, 10, 31)
        ... )
        >>> print(why)
        customer C-7 is in the stage "customer at risk" as of 2026-10-05: silent for 3.033 times\
 his own rhythm; without a purchase: dormant customer from 2027-04-19 on; with one: new customer
        >>> why.rule.code, why.find("silence_ratio").against, why.missing
        ('state.at_risk.silent', '>= 3', ())
    """
    before, last = last_evaluations(behaviour, rules=rules, lifecycle=lifecycle, as_of=as_of)
    facts = behaviour.facts(last.on, rules)
    return Explanation(
        verdict=last.stage,
        rule=_rule(last, lifecycle),
        evidence=(
            Evidence("customer", behaviour.customer),
            Evidence("stage", named(lifecycle, last.stage)),
            Evidence("as_of", last.on),
            Evidence("since", last.since),
            Evidence("verdict_stage", named(lifecycle, last.verdict)),
            Evidence("maybe_older", behaviour.maybe_older),
            *_held_against(last, before, facts),
            _if_silent(behaviour, rules, lifecycle, last),
            _if_bought(behaviour, rules, lifecycle, last),
        ),
        missing=_untold(rules, last, known_at(facts, before)),
    )


def explain_difference(
    behaviour: Behaviour,
    journey: SeenJourney,
    *,
    rules: StageRules,
    lifecycle: Lifecycle,
    as_of: date,
) -> Explanation[bool]:
    """Explain whether rules and the record differ, and say who put down what.

    Arguments and errors as for `explain_stage`; `journey` is the one on record.

    Returns:
        Whether they differ; `because` says why the rules infer what they infer.

    Raises:
        InvalidValueError: If the journey is another customer's or under another lifecycle.

    Examples:
        >>> from crmkit.lifecycle import CUSTOMER_STATE, STATE_RULES, Journey
        >>> from crmkit.testing import NINE
        >>> li = Behaviour.of("C-7", [(date(2026, 1, 5), 20.0)])
        >>> held = Journey.begin(
        ...     "customer_state/C-7", "ann", NINE, customer="C-7", lifecycle=CUSTOMER_STATE,
        ...     stage="loyal", why="a friend of the house",
        ... )
        >>> told = explain_difference(
        ...     li, held, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2026, 10, 31)
        ... )
        >>> told.verdict, told.find("origin").value.label()
        (True, 'Set by hand')
    """
    if (journey.customer, journey.lifecycle) != (str(behaviour.customer), lifecycle.name):
        whose = (str(behaviour.customer), lifecycle.name)
        raise InvalidValueError("journey", journey.id, f"must be that of {whose}")
    why = explain_stage(behaviour, rules=rules, lifecycle=lifecycle, as_of=as_of)
    differ = why.verdict != journey.stage
    return Explanation(
        verdict=differ,
        rule=_DIFFERS,
        evidence=(
            Evidence("inferred", why.find("stage").value, journey.stage, not differ),
            Evidence("on_record", named(lifecycle, journey.stage)),
            Evidence("as_of", why.find("as_of").value),
            Evidence("since", journey.since),
            Evidence("origin", journey.origin),
            Evidence("by", journey.set_by),
        ),
        because=(why,),
    )


def _untold(rules: StageRules, last: Evaluation, known: Mapping[str, object]) -> tuple[str, ...]:
    """Return the signals that nobody told, and that might have let an earlier rule hold."""
    asked: set[str] = set()
    for one in rules.rules:
        if last.rule is one:
            break
        condition = one.asked_from(known.get("stage"))
        if condition.holds(known) is None:
            asked |= {fact for fact in condition.facts if known.get(fact) is None}
    return tuple(sorted(asked & set(rules.signals)))


def _rule(last: Evaluation, lifecycle: Lifecycle) -> Rule:
    """Return the rule that held, its sentence told of a customer."""
    own = _NO_RULE if last.rule is None else last.rule.rule.says
    parts = [(own.en, own.zh)]
    if last.verdict != last.stage:
        leads = lifecycle.next_on_way(last.stage, last.verdict) is not None
        way = _ON_THE_WAY if leads else _NO_WAY
        parts.append((way.en, way.zh))
    parts.append((_TAIL.en, _TAIL.zh))
    en, zh = ([part[place] for part in parts] for place in (0, 1))
    says = Text(f"{_HEAD.en}: {'; '.join(en)}", f"{_HEAD.zh}：{'；'.join(zh)}")
    if last.rule is None:
        return Rule(code="lifecycle.no_rule", says=says, source="what no rule moves stays")
    return Rule(code=last.rule.rule.code, says=says, source=last.rule.rule.source)


def _held_against(
    last: Evaluation, before: Evaluation | None, facts: Mapping[str, float | None]
) -> tuple[Evidence, ...]:
    if last.rule is None:
        return ()
    known = known_at(facts, before)
    condition = last.rule.asked_from(known.get("stage"))
    told = condition.evidence(known)
    names = {one.name for one in told}
    rest = sorted({*last.rule.rule.says.names, *condition.facts} - names)
    # Where he was when he was asked goes by its own name: "stage" is where he is now.
    own = tuple(
        attrs.evolve(one, name="stage_before") if one.name == "stage" else one for one in told
    )
    return own + tuple(Evidence(name, known.get(name)) for name in rest if name != "stage")


def _if_silent(
    behaviour: Behaviour, rules: StageRules, lifecycle: Lifecycle, last: Evaluation
) -> Evidence:
    end = last.on + timedelta(days=_HORIZON * rules.step)
    then = _up_to(behaviour, last.on)
    later = evaluations(then, rules=rules, lifecycle=lifecycle, as_of=end, before=last)
    for one in later:
        if one.stage != last.stage:
            there = named(lifecycle, one.stage)
            told = Text(f"{there.en} from {one.on} on", f"自{one.on}起为“{there.zh}”")
            return Evidence("if_silent", told, (one.stage, one.on))
    here = named(lifecycle, last.stage)
    told = Text(f"{here.en} up to {end} at least", f"至少到{end}仍为“{here.zh}”")
    return Evidence("if_silent", told, (last.stage, end))


def _if_bought(
    behaviour: Behaviour, rules: StageRules, lifecycle: Lifecycle, last: Evaluation
) -> Evidence:
    then = _up_to(behaviour, last.on).bought(last.on + timedelta(days=1))
    end = last.on + timedelta(days=rules.step)
    (one,) = evaluations(then, rules=rules, lifecycle=lifecycle, as_of=end, before=last)
    return Evidence("if_bought", named(lifecycle, one.stage), one.stage)


def _up_to(behaviour: Behaviour, on: date) -> Behaviour:
    """Leave out what came after the evaluation: the question is asked on its day."""
    known = sum(day <= on for day in behaviour.days)
    return Behaviour(
        customer=behaviour.customer,
        days=behaviour.days[:known],
        amounts=behaviour.amounts[:known],
        signals=tuple(one for one in behaviour.signals if one.on <= on),
    )
