"""Compensation rules as JSON: amounts to the coin, the ladder with its levels.

Law: what was written is read back equal; what cannot be read is refused by name.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from crmkit.kernel import Condition, Money
from crmkit.kernel.tagged import read_json

from .ladder import Delivery, EscalationLadder, Level


class LevelTold(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A level as JSON tells it."""

    to: str
    share: float = 1.0
    offset: timedelta = timedelta(0)


class LadderTold(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A ladder as JSON tells it."""

    levels: list[LevelTold]
    cool_down: timedelta = timedelta(0)
    cap: int | None = None
    delivery: str = Delivery.AT_ONCE.value


class RuleTold(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A compensation rule as JSON tells it."""

    name: str
    policy: str | None = None
    metric: str | None = None
    condition: Condition | None = None
    fixed: Money | None = None
    per_hour: Money | None = None
    per_level: Money | None = None
    ladder: LadderTold | None = None
    counted: str = "working_time"
    minimum: timedelta = timedelta(0)
    cap: Money | None = None
    approval_above: Money | None = None
    source: str = ""


def write_rule(told: RuleTold) -> str:
    """Write a rule as JSON."""
    return msgspec.json.encode(told).decode()


def read_rule(text: str) -> RuleTold:
    """Read a rule's JSON.

    Raises:
        InvalidValueError: If it is none.
    """
    return read_json(text, RuleTold, "rule")


def ladder_told(ladder: EscalationLadder) -> LadderTold:
    """Return a ladder as it is told."""
    return LadderTold(
        levels=[
            LevelTold(to=level.to, share=level.share, offset=level.offset)
            for level in ladder.levels
        ],
        cool_down=ladder.cool_down,
        cap=ladder.cap,
        delivery=str(ladder.delivery.value),
    )


def ladder_of(told: LadderTold) -> EscalationLadder:
    """Return a ladder as it was told.

    Raises:
        InvalidValueError: If a value is unfit.
    """
    levels = [Level(to=one.to, share=one.share, offset=one.offset) for one in told.levels]
    return EscalationLadder(
        levels=levels,
        cool_down=told.cool_down,
        cap=told.cap,
        delivery=Delivery.of(told.delivery, "delivery"),
    )
