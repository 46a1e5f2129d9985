"""A bar for work that takes long, on standard error, where somebody can see it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ticking(
    name: str, unit: str, total: int | None, *, shown: bool | None
) -> Iterator[Callable[[int], object]]:
    """Show a bar; give what moves it on.

    Args:
        name: What is under way.
        unit: What is counted.
        total: How much there is; None where nobody knows.
        shown: Whether it is drawn; None for where standard error is a terminal.
    """
    if not (sys.stderr.isatty() if shown is None else shown):
        yield lambda done: None
        return
    from tqdm import tqdm  # loaded only where a bar is drawn

    with tqdm(total=total, unit=unit, unit_scale=True, desc=name, file=sys.stderr) as bar:
        yield bar.update
