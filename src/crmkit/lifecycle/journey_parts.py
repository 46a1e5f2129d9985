"""The parts of a journey: what each step says, and what happened as an event."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NewType

import attrs
from attrs.validators import optional

from crmkit.kernel import FrozenMap, Labelled, checked_id, is_a, is_id, member_of

from .stages import MoveWay
from .strategies import RelationshipStrategy


JourneyId = NewType("JourneyId", str)
"""Which journey: lifecycle and customer in one."""


class JourneyAct(Labelled):
    """What a step of a journey did."""

    BEGUN = "begun", "Begun", "已开始"
    ADVANCED = "advanced", "Advanced", "已推进"
    RETREATED = "retreated", "Gone back", "已倒退"
    FALLEN = "fallen", "Fallen away", "已下滑"
    LOST = "lost", "Lost", "已流失"
    RECOVERED = "recovered", "Recovered", "已回稳"
    WON_BACK = "won_back", "Won back", "已挽回"
    MOVED = "moved", "Moved to a later version", "已转入新版本"
    CONFIRMED = "confirmed", "Confirmed by rules", "规则已确认"
    DISPUTED = "disputed", "Disputed by rules", "规则有异议"
    RELEASED = "released", "Released to rules", "已交由规则判定"
    ADAPTED = "adapted", "Strategy settled", "已确定策略"
    RESTORED = "restored", "Restored", "已恢复"


ACTS: Final[FrozenMap[MoveWay, JourneyAct]] = FrozenMap(
    {
        MoveWay.FORWARD: JourneyAct.ADVANCED,
        MoveWay.BACK: JourneyAct.RETREATED,
        MoveWay.FALL: JourneyAct.FALLEN,
        MoveWay.LOSS: JourneyAct.LOST,
        MoveWay.RECOVERY: JourneyAct.RECOVERED,
        MoveWay.WIN_BACK: JourneyAct.WON_BACK,
    }
)
"""What a move does, by the way it leads."""


class StageOrigin(Labelled):
    """Who, or what, put a customer into his stage."""

    HAND = "hand", "Set by hand", "人工设定"
    INFERRED = "inferred", "Inferred by rules", "规则推断"
    RELEASED = "released", "Set by hand, released to rules", "人工设定，已交由规则判定"


@attrs.frozen(kw_only=True)
class JourneyPlace:
    """What one step said.

    Attributes:
        stage: The stage from then on.
        version: Of the lifecycle.
        origin: Who, or what, put him there.
        verdict: The stage that rules inferred when they were last taken up; None for never.
        strategy: Who adapts to whom; None where nothing is settled.

    Examples:
        >>> JourneyPlace(stage="growth", version=1, origin=StageOrigin.HAND).stage
        'growth'
    """

    stage: str = attrs.field(validator=is_id)
    version: int = attrs.field(validator=is_a(int))
    origin: StageOrigin = attrs.field(validator=member_of(StageOrigin))
    verdict: str | None = attrs.field(default=None, validator=optional(is_id))
    strategy: RelationshipStrategy | None = attrs.field(
        default=None, validator=optional(member_of(RelationshipStrategy))
    )


@attrs.frozen(kw_only=True)
class JourneyMove:
    """The event: a step of a journey, most often into another stage.

    Attributes:
        customer: Whose.
        lifecycle: Under which.
        act: What happened.
        before: The stage until then; None where the journey began.
        after: The stage since then.
        verdict: The stage that rules inferred when they were last taken up; None for never.
        origin: Who, or what, put him there.
        at: When, in UTC.
        by: Who did it.
        why: Why; empty where nothing was said.

    Examples:
        >>> from crmkit.lifecycle import FOUR_STAGE, Journey
        >>> from crmkit.testing import NINE
        >>> one = Journey.begin(
        ...     "four_stage/C-7", "ann", NINE, customer="C-7", lifecycle=FOUR_STAGE, why="an order"
        ... )
        >>> (begun,) = one.moves
        >>> begun.act.label("zh"), begun.before, begun.after, begun.why
        ('已开始', None, 'exploration', 'an order')
    """

    customer: str
    lifecycle: str
    act: JourneyAct
    before: str | None
    after: str
    verdict: str | None
    origin: StageOrigin
    at: datetime
    by: str
    why: str


def journey_id(lifecycle: str, customer: str) -> JourneyId:
    """Return the id of a customer's journey under a lifecycle: the same whoever asks.

    Raises:
        InvalidValueError: If the customer is no id, such as a number.

    Examples:
        >>> journey_id("four_stage", "C-7"), journey_id("four_stage", "a/b")
        ('four_stage/C-7', 'four_stage/a%2Fb')
    """
    # No two journeys share an id, whatever customers are called.
    told = (lifecycle, checked_id(customer, "customer"))
    parts = (part.replace("%", "%25").replace("/", "%2F") for part in told)
    return JourneyId("/".join(parts))
