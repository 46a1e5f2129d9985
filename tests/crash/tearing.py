"""Damage the write-ahead log of a store anywhere, and look at what opens.

uv run python -m tests.crash.tearing --offsets 300
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import attrs

from crmkit.storage import SQLiteStore

from .ledger import flaws, number_held, write


CHECKPOINTED = 3  # batches that are in the file itself
LOGGED = 9  # batches that are in the log only


def _truncated(log: bytes, offset: int, chance: random.Random) -> bytes:
    return log[:offset]


def _flipped(log: bytes, offset: int, chance: random.Random) -> bytes:
    return log[:offset] + bytes([log[offset] ^ chance.randrange(1, 256)]) + log[offset + 1 :]


def _garbled(log: bytes, offset: int, chance: random.Random) -> bytes:
    """A tail of nothing or of noise: blocks that were promised, and never written."""
    size = len(log) - offset
    return log[:offset] + (chance.randbytes(size) if chance.random() < 0.5 else bytes(size))


DAMAGES: Mapping[str, Callable[[bytes, int, random.Random], bytes]] = MappingProxyType(
    {"truncated": _truncated, "flipped": _flipped, "garbled": _garbled}
)


@attrs.frozen
class Torn:
    """What opened after one damage.

    Attributes:
        kind: The kind of damage.
        offset: Where it begins, in bytes.
        reached: How many batches the log held whole before it.
        held: The number of the last batch found.
        flaws: What is wrong.
    """

    kind: str
    offset: int
    reached: int
    held: int
    flaws: tuple[str, ...]


def tear(folder: Path, chance: random.Random, *, offsets: int) -> Iterator[Torn]:
    """Yield what opens after each kind of damage at each of so many random offsets."""
    file, log, ends = _unchecked(folder)
    for offset in sorted(chance.sample(range(len(log)), offsets)):
        for kind, damage in DAMAGES.items():
            path = folder / "torn.db"
            path.write_bytes(file)
            Path(f"{path}-wal").write_bytes(damage(log, offset, chance))
            with SQLiteStore(path, durable=False) as store:
                held = number_held(store)
                wrong = flaws(store)
                # It goes on from there, and what was torn off does not come back.
                write(store, held + 1)
                if number_held(store) != held + 1:
                    wrong.append("the next batch is not the last")
            reached = CHECKPOINTED + sum(end <= offset for end in ends)
            if held != reached:
                wrong.append(f"{reached} batches stood before the damage, {held} opened")
            yield Torn(kind, offset, reached, held, tuple(wrong))


def _unchecked(folder: Path) -> tuple[bytes, bytes, list[int]]:
    """Return a file and its log, as a power cut leaves them, and where in the log batches end."""
    path = folder / "whole.db"
    log = Path(f"{path}-wal")
    with SQLiteStore(path) as store:
        write(store, CHECKPOINTED)
    with SQLiteStore(path) as store:
        with store._connections.writing() as statements:
            statements.execute("PRAGMA wal_autocheckpoint = 0")
        ends = []
        for number in range(CHECKPOINTED + 1, CHECKPOINTED + LOGGED + 1):
            write(store, number)
            ends.append(log.stat().st_size)
        return path.read_bytes(), log.read_bytes(), ends


def main() -> int:
    """Tear at as many offsets as was asked; 1 where anything but a prefix of the batches opened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offsets", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    with tempfile.TemporaryDirectory() as folder:
        torn = list(tear(Path(folder), random.Random(asked.seed), offsets=asked.offsets))
    bad = [one for one in torn if one.flaws]
    held = sorted({one.held for one in torn})
    print(f"{len(torn)} damaged logs: {len(bad)} flaws; prefixes found: {held}")
    for one in bad:
        print(one)
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
