"""The stages of an improvement, what their moves require, and the terms that are agreed.

Law: evaluate, require, plan, carry out, evaluate; a gap that is still there leads back to the plan.

Source: domain fact Q3.
"""

from __future__ import annotations

from datetime import date
from typing import Final, TypeAlias

import attrs

from crmkit.kernel import Compare, Labelled, Requirement, Text, Workflow, is_a, not_blank

from .gap_check import GapResult
from .improvement_proposal import check_points


class ImprovementStage(Labelled):
    """How far an improvement is."""

    PROPOSED = "proposed", "Proposed", "已建议"
    REQUIRED = "required", "Required", "已下达"
    PLANNED = "planned", "Planned", "已计划"
    CARRIED_OUT = "carried_out", "Carried out", "已实施"
    VERIFIED = "verified", "Verified", "已验证"
    DROPPED = "dropped", "Dropped", "已放弃"


_Stage: TypeAlias = ImprovementStage
_CLOSED: Final = Requirement(
    Text("no comparison has shown that the gap is closed", "尚无比较表明差距已消除"),
    Compare("gap", "=", GapResult.CLOSED.value),
)
_STILL_THERE: Final = Requirement(
    Text("no comparison has shown that the gap is still there", "尚无比较表明差距仍然存在"),
    Compare("gap", "in", tuple(one.value for one in GapResult if one is not GapResult.CLOSED)),
)

IMPROVEMENT_WORKFLOW: Final = Workflow(
    {
        _Stage.PROPOSED: {_Stage.REQUIRED: (), _Stage.DROPPED: ()},
        _Stage.REQUIRED: {_Stage.REQUIRED: (), _Stage.PLANNED: (), _Stage.DROPPED: ()},
        # A plan that failed may need another owner, another day or another target first.
        _Stage.PLANNED: {
            _Stage.REQUIRED: (),
            _Stage.PLANNED: (),
            _Stage.CARRIED_OUT: (),
            _Stage.DROPPED: (),
        },
        _Stage.CARRIED_OUT: {
            _Stage.PLANNED: (_STILL_THERE,),
            _Stage.VERIFIED: (_CLOSED,),
            # Where no round follows, nothing can ever be verified.
            _Stage.DROPPED: (),
        },
    }
)
"""The stages of an improvement and the moves between them."""


@attrs.frozen(kw_only=True)
class ImprovementTerms:
    """What is required: of whom, how much, by when.

    Attributes:
        owner: Who is responsible.
        target: The score that is to be reached.
        due: The last day on which it may be carried out.

    Raises:
        InvalidValueError: If nobody is named, the target is off the scale, or the day is none.

    Units:
        Target: 0 (the worst) to 100 (the best).

    Examples:
        >>> ImprovementTerms(owner="bob", target=75, due=date(2026, 6, 30)).target
        75
        >>> ImprovementTerms(owner="bob", target=7.5e3, due=date(2026, 6, 30))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: target is 7500.0: it must be a number from 0 to 100;\
 rescale answers first
    """

    owner: str = attrs.field(validator=not_blank)
    target: float
    due: date = attrs.field(validator=is_a(date))

    def __attrs_post_init__(self) -> None:
        check_points("target", self.target)
