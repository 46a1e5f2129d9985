"""Classes of customers that follow from their journeys.

Law: what a journey tells is not put down a second time; where it tells nothing, what was put down
by hand stands.

Source: domain fact C3: closeness, and how the relation has gone, follow from the customer's state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crmkit.kernel import FrozenMap

from .bundled import CUSTOMER_STATE
from .definition import Lifecycle
from .journey import Journey


def derived_classes(
    put_down: Mapping[str, str],
    journeys: Iterable[Journey],
    *,
    lifecycle: Lifecycle = CUSTOMER_STATE,
) -> FrozenMap[str, str]:
    """Return a customer's classes: what was put down, and over it what his journey tells.

    Args:
        put_down: His classes by hand.
        journeys: His journeys; those under other lifecycles tell nothing here.
        lifecycle: Which one has words for the ways to class.

    Examples:
        >>> from crmkit.lifecycle import Journey
        >>> from crmkit.testing import NINE
        >>> one = Journey.begin(
        ...     "customer_state/C-7", "ann", NINE, customer="C-7", lifecycle=CUSTOMER_STATE,
        ...     stage="won_back", why="ordered again",
        ... )
        >>> derived_classes({"handling": "key", "closeness": "lost"}, [one])
        FrozenMap({'handling': 'key', 'closeness': 'current', 'relation': 'recovered'})
    """
    told = dict(put_down)
    for one in journeys:
        if one.lifecycle == lifecycle.name:
            words = {scheme: one.word(lifecycle, scheme) for scheme in lifecycle.words}
            told |= {scheme: word for scheme, word in words.items() if word is not None}
    return FrozenMap(told)
