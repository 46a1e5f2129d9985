"""The lifecycles of one CRM, and the classes of customers that follow from one of them.

Law: a lifecycle of the company takes the place of the bundled one of its name; what follows from
journeys is not searched among what was put down by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from crmkit.customers import Customer
from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, known_name
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    DWYER,
    FOUR_STAGE,
    JOURNEY_CODEC,
    LADDER,
    RELATIONSHIP_LEVEL,
    Journey,
    Lifecycle,
    derived_classes,
    journey_id,
)
from crmkit.storage import Query

from .asking import Asked
from .unit import UnitOfWork


BUNDLED: Final = (FOUR_STAGE, DWYER, LADDER, CUSTOMER_STATE, RELATIONSHIP_LEVEL)
"""What every CRM knows."""


def kept_lifecycles(own: Iterable[Lifecycle]) -> FrozenMap[str, Lifecycle]:
    """Return the lifecycles of a CRM by their names: the bundled ones, and over them its own.

    Raises:
        InvalidValueError: If one is no lifecycle, or two have one name.

    Examples:
        >>> sorted(kept_lifecycles([]))
        ['customer_state', 'dwyer', 'four_stage', 'ladder', 'relationship_level']
    """
    given = tuple(own)
    for place, one in enumerate(given):
        if not isinstance(one, Lifecycle):
            raise InvalidValueError("lifecycles", one, "must be Lifecycles")
        if one.name in [other.name for other in given[:place]]:
            raise InvalidValueError("lifecycle", one.name, "must be named once")
    return FrozenMap({one.name: one for one in (*BUNDLED, *given)})


def lifecycle_of(kept: Mapping[str, Lifecycle], asked: Lifecycle | str) -> Lifecycle:
    """Return the lifecycle of a name; one itself as it is.

    Raises:
        InvalidValueError: If there is none of that name, with the nearest that there is.
    """
    return asked if isinstance(asked, Lifecycle) else kept[known_name(asked, kept, "lifecycle")]


def lifecycle_for(
    kept: Mapping[str, Lifecycle], journey: Journey, asked: Lifecycle | str | None
) -> Lifecycle:
    """Return the lifecycle to go by on a journey: the one asked for, or the journey's own.

    Raises:
        InvalidValueError: As for `lifecycle_of`.
    """
    return lifecycle_of(kept, journey.lifecycle if asked is None else asked)


def check_put_down(
    unit: UnitOfWork,
    lifecycle: Lifecycle,
    where: Sequence[Asked],
    equal: Mapping[str, object],
    order_by: str,
) -> None:
    """Refuse to search for a class that follows from journeys among what was put down by hand.

    Raises:
        InvalidValueError: If such a class is asked for, and there are journeys that tell of it.
    """
    asked = [*equal, order_by, *(one[0] for one in where if isinstance(one, tuple) and one)]
    # What is no name is refused by the query that comes after.
    derived = sorted(name for name in lifecycle.words if name in asked)
    query = Query(JOURNEY_CODEC.kind, where=(("lifecycle", "=", lifecycle.name),), limit=1)
    if derived and unit.find(JOURNEY_CODEC, query):
        name = derived[0]
        rule = f"follows from journeys under {lifecycle.name}, and is no key of customers then"
        way_out = f"ask crm.customers.classed({name}=…)"
        raise InvalidValueError("key", name, rule, way_out)


def classes_of(
    unit: UnitOfWork, lifecycle: Lifecycle, customers: Sequence[Customer]
) -> Iterator[tuple[Customer, FrozenMap[str, str]]]:
    """Yield customers with their classes: what was put down, and over it what journeys tell."""
    ids = {one.id: journey_id(lifecycle.name, one.id) for one in customers}
    journeys = unit.peek_all(JOURNEY_CODEC, [*ids.values()])
    for one in customers:
        own = [journeys[ids[one.id]]] if ids[one.id] in journeys else []
        yield one, derived_classes(one.classes, own, lifecycle=lifecycle)
