"""What all benchmarks share: interleaved samples of CPU time, one table, one exit code.

A script names its goals and hands over:

    def goals(folder: Path) -> Iterator[Goal]:
        yield Goal("sorting", ours=mine, peer=theirs, limit=1.5, sense=Sense.TIME_AT_MOST)

    if __name__ == "__main__":
        sys.exit(report(goals))

Law: a goal is a ratio, measured in one run on one machine, CPU time (child processes included), the
best of at least three samples taken in turns, with one BLAS thread.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from pathlib import Path

import attrs


_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_HEADINGS = ("subject", "ours", "peer", "ratio", "limit", "verdict")


class Sense(Enum):
    """What the figure of a goal is, and on which side of its limit it must lie."""

    SPEED_AT_LEAST = "≥ {:.3g} × the speed"
    """The peer's time over ours: 0.5 means that we may take twice as long."""

    TIME_AT_MOST = "≤ {:.3g} × the time"
    """Our time over the peer's."""

    RATE_AT_LEAST = "≥ {:,.0f} a second"
    """Things done per second of ours, without a peer."""

    SECONDS_MORE_AT_MOST = "≤ {:.3g} s more"
    """Our time less the peer's."""


@attrs.frozen
class Goal:
    """One line of the table.

    Attributes:
        subject: What is measured.
        ours: Does it once, by crmkit.
        peer: Does the same by what we are compared with; None where the goal is a rate.
        limit: The figure's limit.
        sense: What the figure is, and on which side of the limit it must lie.
        things: How many things one call does: the table tells rates when it is more than one.
    """

    subject: str
    ours: Callable[[], object] = attrs.field(kw_only=True)
    peer: Callable[[], object] | None = attrs.field(default=None, kw_only=True)
    limit: float = attrs.field(kw_only=True)
    sense: Sense = attrs.field(kw_only=True)
    things: int = attrs.field(default=1, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (self.peer is None) != (self.sense is Sense.RATE_AT_LEAST):
            raise ValueError(f"{self.subject}: a rate has no peer, every other goal has one")


@attrs.frozen
class Measured:
    """A goal and the best times, in seconds, of one call; `peer` is 0 where there is none."""

    goal: Goal
    ours: float
    peer: float

    @property
    def figure(self) -> float:
        match self.goal.sense:
            case Sense.SPEED_AT_LEAST:
                return self.peer / self.ours
            case Sense.TIME_AT_MOST:
                return self.ours / self.peer
            case Sense.RATE_AT_LEAST:
                return self.goal.things / self.ours
            case Sense.SECONDS_MORE_AT_MOST:
                return self.ours - self.peer

    @property
    def is_met(self) -> bool:
        if self.goal.sense in (Sense.SPEED_AT_LEAST, Sense.RATE_AT_LEAST):
            return self.figure >= self.goal.limit
        return self.figure <= self.goal.limit

    @property
    def row(self) -> tuple[str, ...]:
        goal = self.goal
        return (
            goal.subject,
            _pace(self.ours, goal.things),
            _pace(self.peer, goal.things) if goal.peer else "–",
            f"{self.figure:,.0f}" if goal.sense is Sense.RATE_AT_LEAST else f"{self.figure:.3g}",
            goal.sense.value.format(goal.limit),
            "met" if self.is_met else "MISSED",
        )


def report(goals: Callable[[Path], Iterable[Goal]], *, samples: int = 5) -> int:
    """Measure the goals that a script names, print the table, return the exit code.

    Args:
        goals: Called once, with BLAS held to one thread and an empty folder that is removed at the
            end: prepares the data and names the goals.
        samples: How many times each goal is measured, ours and the peer's in turns; at least 3.

    Returns:
        0 when every goal is met, else 1.
    """
    if any(os.environ.get(name) != value for name, value in _ONE_THREAD.items()):
        # BLAS reads these when it is loaded, before this line.
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **_ONE_THREAD})
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(goals(Path(folder)), samples=samples)
    print(table([_HEADINGS, *(one.row for one in measured)]))
    return 0 if all(one.is_met for one in measured) else 1


def measure(goals: Iterable[Goal], *, samples: int = 5) -> list[Measured]:
    """Time each goal, ours and its peer in turns; the best sample of each counts.

    One goal after another: what a later one needs need not be there yet, and does not crowd the
    memory in which an earlier one counts.
    """
    if samples < 3:
        raise ValueError(f"{samples} samples: at least 3 are needed")
    return [Measured(goal, *_best(goal, samples)) for goal in goals]


def _best(goal: Goal, samples: int) -> tuple[float, float]:
    ours, peer = [], []
    for turn in range(samples):
        # Whoever comes second finds warm caches: they take turns.
        if turn % 2 == 0:
            ours.append(seconds(goal.ours))
        if goal.peer is not None:
            peer.append(seconds(goal.peer))
        if turn % 2 == 1:
            ours.append(seconds(goal.ours))
    return min(ours), min(peer, default=0.0)


def seconds(act: Callable[[], object]) -> float:
    """Return the CPU time of one call, child processes included, the collector paused."""
    gc.collect()
    gc.disable()
    try:
        before = _cpu()
        act()
        return max(_cpu() - before, 1e-9)
    finally:
        gc.enable()


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a table, the first being its head: words to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *rest = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)]
        lines.append("  ".join(cells))
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _pace(spent: float, things: int) -> str:
    if things > 1:
        return f"{things / spent:,.0f}/s"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if spent >= size:
            return f"{spent / size:.3g} {unit}"
    return f"{spent / 1e-9:.3g} ns"
