"""The parts of a lifecycle: its stages, how customers of a stage stand to us, and its moves.

Law: what a company calls its stages is its own; how their customers stand to us has four words.

Source: domain facts S1 to S5 and S7.
"""

from __future__ import annotations

from typing import Final

import attrs

from crmkit.kernel import (
    Labelled,
    Requirement,
    Text,
    all_are,
    checked_name,
    is_a,
    is_id,
    member_of,
)


class StageStanding(Labelled):
    """How the customer of a stage stands to us, whatever the lifecycle calls it."""

    PROSPECTIVE = "prospective", "Not yet a customer", "尚未成为客户"
    ACTIVE = "active", "Deals with us", "往来正常"
    WANING = "waning", "On the way out", "趋于流失"
    LOST = "lost", "Gone", "已经流失"


class MoveWay(Labelled):
    """Which way a move leads."""

    FORWARD = "forward", "Forward", "推进"
    BACK = "back", "Back", "倒退"
    FALL = "fall", "Falling away", "下滑"
    LOSS = "loss", "Lost", "流失"
    RECOVERY = "recovery", "Recovered", "回稳"
    WIN_BACK = "win_back", "Won back", "挽回"


LEAVING: Final = (StageStanding.WANING, StageStanding.LOST)
"""The standings of those on the way out, or gone."""


@attrs.frozen(kw_only=True)
class LifecycleStage:
    """One stage of a lifecycle.

    Attributes:
        code: What it is stored as: lower-case letters and underscores.
        says: What a user reads.
        standing: How its customers stand to us.

    Raises:
        InvalidValueError: If the code is unfit.

    Examples:
        >>> LifecycleStage(code="growth", says=Text("Growth", "成长期")).standing.value
        'active'
    """

    code: str = attrs.field()
    says: Text = attrs.field(validator=is_a(Text))
    standing: StageStanding = attrs.field(
        default=StageStanding.ACTIVE, validator=member_of(StageStanding)
    )

    @code.validator
    def _fit(self, _: object, code: str) -> None:
        checked_name(code)


@attrs.frozen(kw_only=True)
class LifecycleMove:
    """One move that a lifecycle allows.

    Attributes:
        of: The stage it leads from.
        to: The stage it leads to.
        requires: What must be so before it.
        way: Which way it leads; None for what the standings and the order of the stages say.

    Examples:
        >>> LifecycleMove(of="exploration", to="growth").way is None
        True
    """

    of: str = attrs.field(validator=is_id)
    to: str = attrs.field(validator=is_id)
    requires: tuple[Requirement, ...] = attrs.field(default=(), validator=all_are(Requirement))
    way: MoveWay | None = attrs.field(
        default=None, validator=attrs.validators.optional(member_of(MoveWay))
    )
