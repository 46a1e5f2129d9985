"""The stage of one customer by rules: a fold over the grid, and why.

Law: the stage of a day is the fold of all evaluations up to it, so that recomputed equals
continued. Rules move a customer by one allowed move an evaluation; who comes to deal with us never
comes by way of a stage of those on the way out, or gone.

Source: domain fact S6; hysteresis as a fold over a fixed grid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel.checks import checked_day, of_kind

from .behaviour import Behaviour
from .definition import Lifecycle
from .stage_rules import StageRule, StageRules


@attrs.frozen(kw_only=True)
class Evaluation:
    """What one evaluation found.

    Attributes:
        on: The day of the grid.
        stage: In which stage the customer is from then on.
        verdict: Which stage the rule names; another one where no move, or only a longer way, leads
            there.
        rule: The rule that held; None where none did.
        since: On which day of the grid he entered the stage.
        steps: How many evaluations ago that was.

    Examples:
        >>> Evaluation(
        ...     on=date(2026, 3, 16), stage="new", verdict="new", rule=None,
        ...     since=date(2026, 1, 19), steps=2,
        ... ).stage
        'new'
    """

    on: date
    stage: str
    verdict: str
    rule: StageRule | None
    since: date
    steps: int


def evaluations(
    behaviour: Behaviour,
    *,
    rules: StageRules,
    lifecycle: Lifecycle,
    as_of: date,
    before: Evaluation | None = None,
) -> tuple[Evaluation, ...]:
    """Return every evaluation of one customer up to a day, oldest first.

    Args:
        behaviour: What he did; what came later is left out.
        rules: Which stage follows from what.
        lifecycle: Whose stages; its moves are kept to.
        as_of: Up to which day.
        before: The last evaluation so far, to go on from; None for all, from the first purchase on.

    Raises:
        InvalidValueError: If rules and lifecycle do not belong together, or the day is none.

    Examples:
        >>> from crmkit.lifecycle import CUSTOMER_STATE, STATE_RULES
        >>> li = Behaviour.of("C-7", [(date(2026, 1, 5), 20.0)])
        >>> told = evaluations(
        ...     li, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2027, 12, 31)
        ... )
        >>> [(one.stage, one.on.isoformat()) for one in told if one.steps == 0]
        [('new', '2026-01-26'), ('at_risk', '2026-10-05'), ('dormant', '2027-04-19'),\
 ('lost', '2027-12-27')]
    """
    rules.checked(lifecycle)
    of_kind(checked_day(as_of, "as_of"), date, "as_of")
    return tuple(_fold(behaviour, rules, lifecycle, as_of, before))


def _fold(
    behaviour: Behaviour,
    rules: StageRules,
    lifecycle: Lifecycle,
    as_of: date,
    last: Evaluation | None,
) -> Iterator[Evaluation]:
    step, end = timedelta(days=rules.step), rules.last_day(as_of)
    if last is not None:
        on = last.on + step
    elif behaviour.days:
        # The first day of the grid on which he has bought.
        on = rules.last_day(behaviour.days[0] + step - timedelta(days=1))
    else:
        return
    while on <= end:
        last = evaluated(behaviour.facts(on, rules), on, rules, lifecycle, last)
        yield last
        on += step


def evaluated(
    facts: Mapping[str, float | None],
    on: date,
    rules: StageRules,
    lifecycle: Lifecycle,
    last: Evaluation | None,
) -> Evaluation:
    """Return one evaluation: the rule itself, for one record.

    Args:
        facts: What is known on the day.
        on: The day.
        rules: Which stage follows from what.
        lifecycle: Whose stages.
        last: The evaluation before; None for none.

    Examples:
        >>> from crmkit.lifecycle import CUSTOMER_STATE, STATE_RULES
        >>> facts = {"orders": 1, "silence_ratio": 0.5}
        >>> evaluated(facts, date(2026, 3, 16), STATE_RULES, CUSTOMER_STATE, None).stage
        'new'
    """
    rule = first_held(rules, known_at(facts, last))
    here = None if last is None else last.stage
    verdict = rule.stage if rule is not None else here or rules.otherwise
    if last is None or here is None:
        return Evaluation(on=on, stage=verdict, verdict=verdict, rule=rule, since=on, steps=0)
    stage = here if verdict == here else lifecycle.next_on_way(here, verdict) or here
    stays = stage == here
    return Evaluation(
        on=on,
        stage=stage,
        verdict=verdict,
        rule=rule,
        since=last.since if stays else on,
        steps=last.steps + 1 if stays else 0,
    )


def first_held(rules: StageRules, known: Mapping[str, object]) -> StageRule | None:
    """Return the first rule that holds; None for none."""
    here = known.get("stage")
    for one in rules.rules:
        if one.asked_from(here).holds(known):
            return one
    return None


def known_at(facts: Mapping[str, float | None], before: Evaluation | None) -> dict[str, object]:
    """Return what rules are held against: the facts of the day, and where the customer was.

    Examples:
        >>> known_at({"orders": 1}, None)
        {'orders': 1}
    """
    known: dict[str, object] = dict(facts)
    if before is not None:
        known |= {"stage": before.stage, "steps_in_stage": before.steps + 1}
    return known


def last_evaluations(
    behaviour: Behaviour, *, rules: StageRules, lifecycle: Lifecycle, as_of: date
) -> tuple[Evaluation | None, Evaluation]:
    """Return the last evaluation up to a day, and before it the one before it, None for none.

    Raises:
        InvalidValueError: If there is none: he had not bought by the last day of the grid.
    """
    told = evaluations(behaviour, rules=rules, lifecycle=lifecycle, as_of=as_of)
    if not told:
        rule = f"must have bought by {rules.last_day(as_of)}, the last day of the grid"
        raise InvalidValueError("customer", behaviour.customer, rule)
    return (told[-2] if len(told) > 1 else None), told[-1]
