"""Kill a writer at random moments, and look at what it left.

uv run python -m tests.crash.killing --kills 2000
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import attrs

from crmkit.storage import SQLiteStore

from .ledger import flaws, number_held


_LAST_BATCH = (
    150  # a file is left after so many, because looking through it takes longer and longer
)
_LONGEST = 0.01  # seconds from an acknowledgement to the kill: a few commits


@attrs.define
class Toll:
    """What the kills cost.

    Attributes:
        kills: How many there were.
        inside: How many met a commit that had begun and was not acknowledged.
        acknowledged: How many commits were acknowledged.
        kept: How many commits were stored, though the kill came before the acknowledgement.
        lost: How many acknowledged commits were gone.
        flaws: What else was wrong.
    """

    kills: int = 0
    inside: int = 0
    acknowledged: int = 0
    kept: int = 0
    lost: int = 0
    flaws: list[str] = attrs.field(factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost or torn."""
        return not self.lost and not self.flaws

    def __str__(self) -> str:
        return (
            f"{self.kills:,} kills, {self.inside:,} in mid-commit: "
            f"{self.acknowledged:,} commits acknowledged, {self.lost} of them lost, "
            f"{len(self.flaws)} flaws; {self.kept:,} stored before they could be acknowledged"
        )


def kill(folder: Path, chance: random.Random, *, durable: bool, inside: int) -> Toll:
    """Kill writers until so many kills met a commit in its middle; look after each."""
    toll = Toll()
    with _nursery() as writers:
        while toll.inside < inside and toll.is_clean:
            path = folder / f"{toll.kills}.db"
            last = 0
            while last < _LAST_BATCH and toll.inside < inside and toll.is_clean:
                last = _kill_one(writers, path, durable, chance, toll)
            for file in folder.glob(f"{path.name}*"):
                file.unlink()
    return toll


def _kill_one(
    writers: subprocess.Popen[str], path: Path, durable: bool, chance: random.Random, toll: Toll
) -> int:
    """Let one writer begin, kill it, and return the number of the last batch that is stored."""
    assert writers.stdin is not None
    assert writers.stdout is not None
    writers.stdin.write(f"{path} {'durable' if durable else 'fast'}\n")
    writers.stdin.flush()
    pid, heard = _begun(writers.stdout, chance.randrange(4))
    time.sleep(chance.uniform(0, _LONGEST))
    os.kill(pid, signal.SIGKILL)
    heard += _last_words(writers.stdout)

    begun = [int(number) for word, number in heard if word == "begin"]
    done = [int(number) for word, number in heard if word == "done"]
    with SQLiteStore(path, durable=durable) as store:
        last = number_held(store)
        toll.flaws += [f"{path.name}: {flaw}" for flaw in flaws(store)]
    toll.kills += 1
    toll.inside += len(begun) > len(done)
    toll.acknowledged += len(done)
    toll.lost += max(0, max(done, default=0) - last)
    toll.kept += last > max(done, default=begun[0] - 1)
    if last > begun[-1]:
        toll.flaws.append(f"{path.name}: batch {last} is stored, and was never begun")
    return last


def _begun(lines: IO[str], done: int) -> tuple[int, list[list[str]]]:
    """Return the process, and what it said until it began its batch after so many."""
    pid = int(lines.readline().split()[1])
    heard: list[list[str]] = []
    while not heard or heard[-1][0] != "begin" or len(heard) < 2 * done:
        heard.append(lines.readline().split())
    return pid, heard


def _last_words(lines: IO[str]) -> list[list[str]]:
    heard = []
    while (line := lines.readline().split())[0] != "dead":
        heard.append(line)
    return heard


@contextmanager
def _nursery() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.crash.writer"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as writers:
        yield writers
        assert writers.stdin is not None
        writers.stdin.close()


def main() -> int:
    """Kill as often as was asked, with both settings; 1 where anything was lost or torn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2000, help="in mid-commit, in all")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    failed = False
    for durable in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            share = (asked.kills + durable) // 2
            toll = kill(Path(folder), random.Random(asked.seed), durable=durable, inside=share)
        print(f"durable={durable}: {toll}")
        for flaw in toll.flaws:
            print(flaw)
        failed |= not toll.is_clean
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
