"""Whether a lifecycle allows a move, and why.

Law: who has the evidence can recompute the verdict: the stages that may follow, and each
requirement held against the facts told before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmkit.kernel import Evidence, Explanation, Name, Rule, Text

from .definition import Lifecycle


_SOURCE: Final = "the lifecycle's own moves"
_ALLOWED: Final = Rule(
    code="lifecycle.allowed",
    says=Text(
        "{record} is in {stage} and may move to {asked}", "{record}处于“{stage}”，可以转入“{asked}”"
    ),
    source=_SOURCE,
)
_REFUSED: Final = Rule(
    code="lifecycle.refused",
    says=Text(
        "{record} is in {stage} and can move to {allowed}, not {asked}",
        "{record}处于“{stage}”，只能转入{allowed}，不能转入“{asked}”",
    ),
    source=_SOURCE,
)
_UNREADY: Final = Rule(
    code="lifecycle.unready",
    says=Text(
        "{record} is in {stage} and cannot move to {asked} yet: {missing}",
        "{record}处于“{stage}”，尚不能转入“{asked}”：{missing}",
    ),
    source="the requirements of the lifecycle's own moves",
)


def named(lifecycle: Lifecycle, code: str) -> Name:
    """Return a stage as sentences tell it.

    Examples:
        >>> from crmkit.kernel import spoken
        >>> from crmkit.lifecycle import FOUR_STAGE
        >>> spoken(named(FOUR_STAGE, "growth"), "zh")
        '成长期'
    """
    return Name(lifecycle.label(code).lower(), lifecycle.label(code, "zh"))


def may_move(
    record: str, lifecycle: Lifecycle, stage: str, to: str, facts: Mapping[str, object]
) -> Explanation[bool]:
    """Say whether a lifecycle allows a move, and why.

    Args:
        record: What moves, for the sentence: `journey four_stage/C-7`.
        lifecycle: Under which.
        stage: Where it is.
        to: Where it would go.
        facts: What the move's requirements are held against.

    Returns:
        The verdict, with the evidence `record`, `stage`, `allowed`, `asked`, the facts asked for,
        each `requirement`, and what is `missing`.

    Raises:
        InvalidValueError: If there is no such stage, or a fact cannot be compared.

    Examples:
        >>> from crmkit.lifecycle import LADDER
        >>> print(may_move("C-7", LADDER, "first_time", "repeat", {"orders": 1}))
        C-7 is in first-time buyer and cannot move to repeat buyer yet: nothing was bought again yet
    """
    allowed, needs = lifecycle.allowed(stage), lifecycle.requirements(stage, to)
    unmet = [need for need in needs if need.condition.holds(facts) is not True]
    told: tuple[Evidence, ...] = (
        Evidence("record", record),
        Evidence("stage", named(lifecycle, stage)),
        Evidence("allowed", tuple(named(lifecycle, one) for one in allowed)),
        Evidence("asked", named(lifecycle, to), allowed, to in allowed),
    )
    for need in needs:
        told += need.condition.evidence(facts)
        told += (Evidence("requirement", need.says, need.condition, need not in unmet),)
    missing = tuple(need.says("en") for need in unmet)
    if unmet:
        says = Text("; ".join(missing), "；".join(need.says("zh") for need in unmet))
        told += (Evidence("missing", says, None, False),)
    rule = _UNREADY if unmet else _ALLOWED if to in allowed else _REFUSED
    return Explanation(verdict=rule is _ALLOWED, rule=rule, evidence=told, missing=missing)
