"""Four processes at one desk change one record as fast as they can.

uv run python -m tests.crash.racing --verbs 500
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from datetime import timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import attrs

import crmkit
from crmkit.storage import SQLiteStore, journal, versions


PROCESSES = 4
PATIENCE = 60.0  # seconds until they are given up


@attrs.frozen
class Race:
    """What came of it.

    Attributes:
        verbs: How many there were in all.
        versions: How many versions of the record are stored, its birth left out.
        is_complete: Whether the journal holds every change of each process, in its order.
        errors: What the verbs raised.
        waits: How long each verb took, in seconds, the longest last.
        took: How long all took, in seconds.
    """

    verbs: int
    versions: int
    is_complete: bool
    errors: tuple[str, ...]
    waits: tuple[float, ...]
    took: float

    def __str__(self) -> str:
        median, late = self.waits[len(self.waits) // 2], self.waits[len(self.waits) * 99 // 100]
        return (
            f"{self.verbs:,} verbs, {self.versions:,} versions, {len(self.errors)} errors, "
            f"in {self.took:.1f} s; a verb took {median * 1e3:.0f} ms, "
            f"1 % took more than {late * 1e3:.0f} ms, the longest {self.waits[-1] * 1e3:.0f} ms"
        )


def race(path: Path, *, verbs: int, durable: bool) -> Race:
    """Let the processes race, so many verbs each."""
    url = f"sqlite:///{path}"
    with crmkit.open(url, actor="ann") as crm:
        crm.customers.add_person(id="C-1", name="Li Wei")
    context = multiprocessing.get_context("spawn")
    results: Queue[tuple[list[float], list[str]]] = context.Queue()
    gate = context.Barrier(PROCESSES + 1)
    crew = [
        context.Process(target=_work, args=(url, me, verbs, durable, gate, results))
        for me in range(PROCESSES)
    ]
    for process in crew:
        process.start()
    try:
        gate.wait(PATIENCE)
        began = time.perf_counter()
        told = [results.get(timeout=PATIENCE + verbs) for _ in crew]
        took = time.perf_counter() - began
    finally:
        for process in crew:
            process.join(PATIENCE)
            process.kill()
    names = _names(path)
    return Race(
        verbs=verbs * PROCESSES,
        versions=len(names),
        is_complete=all(
            [name for name in names if name.startswith(f"{me}-")]
            == [f"{me}-{turn}" for turn in range(verbs)]
            for me in range(PROCESSES)
        ),
        errors=tuple(error for _, errors in told for error in errors),
        waits=tuple(sorted(wait for waits, _ in told for wait in waits)),
        took=took,
    )


def _work(
    url: str,
    me: int,
    verbs: int,
    durable: bool,
    gate: Barrier,
    results: Queue[tuple[list[float], list[str]]],
) -> None:
    """Give the customer one name after another."""
    waits, errors = [], []
    retry = timedelta(seconds=PATIENCE)
    with crmkit.open(url, actor=f"clerk {me}", durable=durable, retry=retry) as crm:
        crm.customers.get("C-1")
        gate.wait(PATIENCE)
        for turn in range(verbs):
            began = time.perf_counter()
            try:
                crm.customers.change("C-1", name=f"{me}-{turn}")
            except crmkit.errors.CrmkitError as error:
                errors.append(str(error))
            waits.append(time.perf_counter() - began)
    results.put((waits, errors))


def _names(path: Path) -> list[str]:
    """Return every name that the customer had after his birth, oldest first."""
    with SQLiteStore(path) as store:
        past = versions(journal(store, kind="customer", id="C-1"))
        return [json.loads(version.data or b"{}")["name"] for version in past][1:]


def main() -> int:
    """Race with both settings; 1 where anything was lost, refused, or waited for over a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verbs", type=int, default=500, help="of each process")
    asked = parser.parse_args()
    failed = False
    for durable in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            found = race(Path(folder, "crm.db"), verbs=asked.verbs, durable=durable)
        print(f"durable={durable}: {found}")
        failed |= not found.is_complete or bool(found.errors) or found.waits[-1] >= 1
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
