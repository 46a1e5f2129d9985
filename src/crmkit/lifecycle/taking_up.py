"""Take up the stages that rules infer of many customers at once.

Law: only what changes is a new version; who is set by hand stays, and the disagreement is put down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from crmkit.kernel import FrozenMap
from crmkit.kernel.pairs import named_once, reasons_for

from .definition import Lifecycle
from .journey import Journey
from .journey_parts import StageOrigin, journey_id
from .seen_journey import NO_FACTS


_NO_REASONS: Final[Mapping[str, str]] = FrozenMap()
_NO_FACTS: Final[Mapping[str, Mapping[str, object]]] = FrozenMap()


def taken_up(
    present: Iterable[Journey],
    by: str,
    at: datetime,
    *,
    lifecycle: Lifecycle,
    verdicts: Mapping[str, str | None] | Iterable[tuple[str, str | None]],
    why: str,
    reasons: Mapping[str, str] = _NO_REASONS,
    facts: Mapping[str, Mapping[str, object]] = _NO_FACTS,
) -> tuple[Journey, ...]:
    """Take up the verdicts of rules; return only the journeys that this begins or changes.

    Args:
        present: The journeys that there are.
        by: Who, or what, applies the rules.
        at: When.
        lifecycle: Under which lifecycle.
        verdicts: The stage that rules infer for each customer. Who is not named, or of whom
            nothing is inferred (None), stays as he is.
        why: The reason for those of whom there is no other: by which rules.
        reasons: Why, for those of whom there is more to say.
        facts: What the requirements of a customer's move are held against.

    Raises:
        InvalidValueError: If the lifecycle has no such stage, a customer is named twice, there is
            a reason for one who is not named, a journey is of an earlier version and in a stage
            that is gone, or a value is unfit.

    Examples:
        >>> from crmkit.lifecycle import FOUR_STAGE
        >>> from crmkit.testing import NINE
        >>> (new,) = taken_up(
        ...     (), "ann", NINE, lifecycle=FOUR_STAGE, verdicts={"C-7": "growth"}, why="rules/1"
        ... )
        >>> new.stage, new.origin.value
        ('growth', 'inferred')
        >>> taken_up(
        ...     [new], "ann", NINE, lifecycle=FOUR_STAGE, verdicts={"C-7": "growth"}, why="rules/1"
        ... )
        ()
    """
    held, changed = {one.id: one for one in present}, []
    told = each_once(verdicts)
    said = reasons_for(told, reasons)
    for customer, verdict in told.items():
        if verdict is None:
            continue
        reason = said.get(customer, why)
        id = journey_id(lifecycle.name, customer)
        one = held.get(id)
        if one is None:
            changed.append(_begun(id, by, at, customer, lifecycle, reason, verdict))
            continue
        known = facts.get(customer, NO_FACTS)
        later = one.infer(by, at, lifecycle=lifecycle, verdict=verdict, why=reason, facts=known)
        if later is not one:
            changed.append(later)
    return tuple(changed)


def each_once(
    verdicts: Mapping[str, str | None] | Iterable[tuple[str, str | None]],
) -> dict[str, str | None]:
    """Return the stage of each customer, of a mapping or of pairs; None where it is missing.

    Raises:
        InvalidValueError: If a customer is no id, or is named twice.

    Examples:
        >>> each_once([("C-7", "growth"), ("C-8", float("nan"))])
        {'C-7': 'growth', 'C-8': None}
    """
    return named_once(verdicts)


def _begun(
    id: str, by: str, at: datetime, customer: str, lifecycle: Lifecycle, why: str, stage: str
) -> Journey:
    return Journey.begin(
        id,
        by,
        at,
        customer=customer,
        lifecycle=lifecycle,
        why=why,
        stage=stage,
        origin=StageOrigin.INFERRED,
    )
