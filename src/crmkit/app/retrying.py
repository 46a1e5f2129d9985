"""How often, and how soon, work that met a conflict is run again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final


_TRIES: Final = 3
_LONGEST_PAUSE: Final = 0.05  # seconds


def attempts(budget: timedelta | None) -> Iterator[bool]:
    """Yield before each attempt whether it is the last, pausing a little longer before each."""
    ends = None if budget is None else time.monotonic() + budget.total_seconds()
    attempt = 1
    while True:
        last = attempt >= _TRIES if ends is None else time.monotonic() >= ends
        yield last
        # One of those who met has saved, so that the rest need not wait long for their turn.
        time.sleep(min(_LONGEST_PAUSE, 0.0005 * 2 ** min(attempt, 10)))
        attempt += 1
