"""How deep loyalty goes: the highest phase that is reached without a gap.

Law: each phase rests on the one before, so that a phase reached over a gap does not count and is
flagged: whoever acts without thinking us better, liking us or meaning to stay is loyal in
appearance only. Where a score that would decide is not known, the phase is not known.

Source: domain fact L2; Oliver (1999). Oliver gives no bar: the middle of the scale is ours.
"""

from __future__ import annotations

from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, FrozenMap, Rule, Text, is_a, not_blank
from crmkit.kernel.explanation import Every
from crmkit.kernel.scalars import as_python

from .loyalty_facts import Facts, as_evidence, known_facts, of_customer
from .loyalty_words import LoyaltyPhase
from .weighing import told_facts


PHASES: Final = (
    LoyaltyPhase.COGNITIVE,
    LoyaltyPhase.AFFECTIVE,
    LoyaltyPhase.CONATIVE,
    LoyaltyPhase.ACTION,
)
"""The phases in their order; the value of each is the name of its score."""

_REACHED: Final = Rule(
    code="loyalty.phase",
    says=Text(
        "customer {customer}: {verdict}; scores {cognitive}, {affective}, {conative} and {action}, "
        "where it takes {bars}; reached over a gap: {gap}",
        "客户{customer}：{verdict}；认知、情感、意愿、行为得分为{cognitive}、{affective}、{conative}、"
        "{action}，门槛为{bars}；越级达到：{gap}",
    ),
    source="L2; Oliver (1999)",
)
_UNKNOWN: Final = Rule(
    code="loyalty.phase.unknown",
    says=Text(
        "customer {customer}: {verdict}; it takes: {missing}; sure is: {at_least}",
        "客户{customer}：{verdict}；缺少：{missing}；已可确定：{at_least}",
    ),
    source="what is not known is never guessed",
)


def _as_python(bars: FrozenMap[LoyaltyPhase, float]) -> FrozenMap[LoyaltyPhase, float]:
    """Return bars that were taken out of a frame as Python's own numbers."""
    if not isinstance(bars, FrozenMap):
        return bars
    return FrozenMap({phase: as_python(bar) for phase, bar in bars.items()})


@attrs.frozen(kw_only=True)
class PhasePolicy:
    """From which score on a phase is reached.

    Attributes:
        name: Whose policy it is.
        bars: The bar of each of the four phases.
        source: Where it comes from.

    Raises:
        InvalidValueError: If a phase has no bar, or one is no number from 0 to 100.

    Units:
        0 to 100.

    Examples:
        >>> PHASE_POLICY.bars[LoyaltyPhase.ACTION]
        50
        >>> PhasePolicy(name="ours", bars=FrozenMap(), source="us")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: bars is (): it must hold one bar for each of cognitive,\
 affective, conative, action
    """

    name: str = attrs.field(validator=not_blank)
    bars: FrozenMap[LoyaltyPhase, float] = attrs.field(
        converter=_as_python, validator=is_a(FrozenMap)
    )
    source: str = attrs.field(validator=not_blank)

    def __attrs_post_init__(self) -> None:
        if set(self.bars) != set(PHASES):
            names = ", ".join(str(phase.value) for phase in PHASES)
            rule = f"must hold one bar for each of {names}"
            raise InvalidValueError("bars", tuple(map(str, self.bars)), rule)
        for phase, bar in self.bars.items():
            name = str(phase.value)
            if name not in known_facts({name: bar}, ()):
                raise InvalidValueError("bars", bar, f"must tell the bar of {name}")


PHASE_POLICY: Final = PhasePolicy(
    name="middle of the scale",
    bars=FrozenMap(dict.fromkeys(PHASES, 50)),
    source="the middle of the scale is crmkit's own, to be settled by the company",
)
"""Every phase from 50 of 100 on."""


@attrs.frozen(kw_only=True)
class PhaseFinding:
    """How deep one customer's loyalty goes; `loyalty_phase` makes it.

    Attributes:
        phase: The highest phase reached without a gap; NONE, or UNKNOWN where that cannot be told.
        at_least: The highest that is sure, whatever is not known.
        over_a_gap: Phases that are reached though an earlier one is not: loyal in appearance.
        missing: The scores that would have to be known.
        scores: The score of each phase; None where it is not known.
        policy: By which bars.

    Examples:
        >>> bought = loyalty_phase({"cognitive": 30, "affective": 20, "conative": 60, "action": 90})
        >>> bought.phase, [phase.value for phase in bought.over_a_gap]
        (<LoyaltyPhase.NONE: 'none'>, ['conative', 'action'])
        >>> part = loyalty_phase({"cognitive": 80, "conative": 60})
        >>> part.phase, part.at_least.value, part.missing
        (<LoyaltyPhase.UNKNOWN: 'unknown'>, 'cognitive', ('affective', 'action'))
    """

    phase: LoyaltyPhase
    at_least: LoyaltyPhase
    over_a_gap: tuple[LoyaltyPhase, ...]
    missing: tuple[str, ...]
    scores: FrozenMap[LoyaltyPhase, float | None]
    policy: PhasePolicy

    def explain(self, customer: str | int) -> Explanation[LoyaltyPhase]:
        """Explain how deep a customer's loyalty goes.

        Examples:
            >>> scores = {"cognitive": 80, "affective": 70, "conative": 60, "action": 20}
            >>> print(loyalty_phase(scores).explain("C-7"))
            customer C-7: conative loyalty; scores 80, 70, 60 and 20, where it takes 50, 50, 50,\
 50; reached over a gap: nothing
        """
        bars = self.policy.bars
        return Explanation(
            verdict=self.phase,
            rule=_UNKNOWN if self.missing else _REACHED,
            evidence=(
                of_customer(customer),
                *(_held(phase, score, bars[phase]) for phase, score in self.scores.items()),
                Evidence("bars", Text(*_listed([bars[phase] for phase in PHASES]))),
                Evidence("gap", Every(self.over_a_gap)),
                Evidence("at_least", self.at_least),
                Evidence("missing", told_facts(self.missing)),
            ),
            missing=self.missing,
        )


def loyalty_phase(facts: Facts, *, policy: PhasePolicy = PHASE_POLICY) -> PhaseFinding:
    """Find the highest phase that a customer has reached without a gap.

    Args:
        facts: His scores `cognitive`, `affective`, `conative` and `action`; None, or left out,
            where one is not known.
        policy: From which score on a phase is reached.

    Raises:
        InvalidValueError: If a name is no fact, a score is no number from 0 to 100, or the policy
            is none.

    Units:
        Scores: 0 to 100.

    Source:
        Oliver (1999).

    Examples:
        >>> loyalty_phase({"cognitive": 80, "affective": 40}).phase
        <LoyaltyPhase.COGNITIVE: 'cognitive'>
    """
    if not isinstance(policy, PhasePolicy):
        raise InvalidValueError("policy", policy, "must be a PhasePolicy", "PHASE_POLICY")
    known = known_facts(facts, ())
    scores = {phase: _number(known.get(str(phase.value))) for phase in PHASES}
    reached = [
        None if score is None else score >= policy.bars[phase] for phase, score in scores.items()
    ]
    sure = next((place for place, one in enumerate(reached) if one is not True), len(PHASES))
    at_least = PHASES[sure - 1] if sure else LoyaltyPhase.NONE
    # Up to the first phase that is surely not reached, what is not known would decide.
    ends = reached.index(False) if False in reached else len(PHASES)
    missing = tuple(str(PHASES[place].value) for place in range(ends) if reached[place] is None)
    return PhaseFinding(
        phase=LoyaltyPhase.UNKNOWN if missing else at_least,
        at_least=at_least,
        over_a_gap=tuple(
            phase for phase, one in zip(PHASES[ends:], reached[ends:], strict=True) if one
        ),
        missing=missing,
        scores=FrozenMap(scores),
        policy=policy,
    )


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def _held(phase: LoyaltyPhase, score: float | None, bar: float) -> Evidence:
    return as_evidence(str(phase.value), score, bar, met=None if score is None else score >= bar)


def _listed(bars: list[float]) -> tuple[str, str]:
    told = [f"{bar:g}" for bar in bars]
    return ", ".join(told), "、".join(told)
