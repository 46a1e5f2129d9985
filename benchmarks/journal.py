# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "attrs", "eventsourcing==9.5.6"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""The journal: past versions, the feed, and a complaint of ten steps on disk beside eventsourcing.

`load` is held to half the speed of the bare statement; a past version of a record of twenty is read
in under 100 µs; the feed gives 100,000 entries a second, each read into its new values. The peer of
the ten steps is `eventsourcing` with its own SQLite, one aggregate and one event a step; its speed
is told beside ours, and both files are weighed after the same steps.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from measuring import Goal, Sense, report, table

import crmkit
from crmkit.complaints import COMPLAINT_CODEC
from crmkit.kernel import SteppingClock
from crmkit.storage import START, SQLiteStore, content, journal
from crmkit.testing import NINE


RECORDS = 1_000
STEPS = 10
CASES = 200
SIZES = 300
TIMES = 20
ABOUT = "The compressor rattles at night, and the door does not close."
NOTE = "Spoke with the customer by telephone; he expects us to call back tomorrow at nine."
STATE_LIMIT, TIMES_LIMIT = 6_000, 3.5

BARE_LOAD = """
    SELECT id, version, schema, data FROM crm_record
    WHERE kind = ? AND id = ? AND data IS NOT NULL
"""


def goals(folder: Path) -> Iterator[Goal]:
    """Name the goals."""
    path = folder / "journal.db"
    with crmkit.open(f"sqlite:///{path}", clock=SteppingClock(NINE), durable=False) as crm:
        for number in range(RECORDS):
            ten_steps(crm, f"K-{number}")
        for _ in range(5):
            for _ in range(2):
                crm.complaints.reject("K-0", note=NOTE)
                crm.complaints.respond("K-0", note=NOTE)
    store = SQLiteStore(path)
    yield loading(store, path)
    yield Goal(
        "past versions of twenty",
        ours=lambda: past(store, range(1, 21)),
        limit=10_000,
        sense=Sense.RATE_AT_LEAST,
        things=20 * TIMES,
    )
    yield Goal(
        "the one farthest from a whole line",
        ours=lambda: past(store, [19] * 20),
        limit=10_000,
        sense=Sense.RATE_AT_LEAST,
        things=20 * TIMES,
    )
    yield Goal(
        "feed, entries read",
        ours=lambda: feed(store),
        limit=100_000,
        sense=Sense.RATE_AT_LEAST,
        things=sum(1 for _ in journal(store)),
    )
    yield Goal(
        "complaints of ten steps on disk",
        ours=complaints(folder),
        peer=aggregates(folder),
        limit=0.5,
        sense=Sense.SPEED_AT_LEAST,
        things=CASES * STEPS,
    )


def ten_steps(crm: crmkit.CRM, id: str) -> None:
    """Take a complaint through ten steps, each in a commit of its own."""
    desk = crm.complaints
    desk.receive(id=id, customer="C-7", about=ABOUT, channel="phone")
    desk.acknowledge(id, note=NOTE)
    desk.investigate(id, note=NOTE)
    for _ in range(3):
        desk.respond(id, note=NOTE)
        desk.reject(id, note=NOTE)
    desk.respond(id, note=NOTE)


def loading(store: SQLiteStore, path: Path) -> Goal:
    """Compare loads by id, one record each."""
    ids = [f"K-{number}" for number in range(RECORDS)]

    def ours() -> None:
        for id in ids:
            store.load("complaint", [id])

    def peer() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            for id in ids:
                db.execute(BARE_LOAD, ("complaint", id)).fetchone()

    return Goal(
        "load by id", ours=ours, peer=peer, limit=0.5, sense=Sense.SPEED_AT_LEAST, things=RECORDS
    )


def past(store: SQLiteStore, versions: Iterable[int]) -> None:
    """Read past versions of one record of twenty, each from the file."""
    for _ in range(TIMES):
        for version in versions:
            lines = store.entries(START, kind="complaint", id="K-0", limit=version)
            assert content(lines) is not None


def feed(store: SQLiteStore) -> None:
    for entry in journal(store):
        assert entry.differences is not None


def complaints(folder: Path) -> Callable[[], None]:
    """Return what takes complaints through ten steps at the desk, in a new file."""
    files = count()

    def run() -> None:
        path = folder / f"mine-{next(files)}.db"
        with crmkit.open(f"sqlite:///{path}", clock=SteppingClock(NINE), durable=False) as crm:
            for number in range(CASES):
                ten_steps(crm, f"K-{number}")

    return run


class Grievance(Aggregate):
    """The peer's complaint: what is wrong, and every step with who made it and a note."""

    @event("Received")
    def __init__(self, customer: str, about: str, channel: str, by: str) -> None:
        self.customer, self.about, self.channel = customer, about, channel
        self.steps = [("received", by, "")]

    @event("Moved")
    def move(self, stage: str, by: str, note: str) -> None:
        self.steps.append((stage, by, note))


STAGES = ("acknowledged", "investigated", *("responded", "investigated") * 3, "responded")


def aggregates(folder: Path) -> Callable[[], None]:
    """Return what takes the peer's complaints through the same steps: load, move, save."""
    files = count()

    def run() -> None:
        ten_events(folder / f"theirs-{next(files)}.db", CASES)

    return run


def ten_events(path: Path, cases: int) -> None:
    env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
    application: Application[UUID] = Application(env)
    for _ in range(cases):
        case = Grievance("C-7", ABOUT, "phone", "ann")
        application.save(case)
        for stage in STAGES:
            case = application.repository.get(case.id)
            case.move(stage, "ann", NOTE)
            application.save(case)
    application.close()


def weigh(folder: Path) -> int:
    """Print what a complaint of ten steps costs on disk; return the exit code."""
    mine, theirs = folder / "mine.db", folder / "theirs.db"
    with crmkit.open(f"sqlite:///{mine}", clock=SteppingClock(NINE), durable=False) as crm:
        for number in range(SIZES):
            ten_steps(crm, f"K-{number}")
        record = crm.complaints.get("K-0")
    state = len(COMPLAINT_CODEC.encode(record))
    ten_events(theirs, SIZES)
    ours, peer = (_size(path) / SIZES for path in (mine, theirs))
    limit = max(STATE_LIMIT * state / 1_500, TIMES_LIMIT * state)
    rows = [
        ("bytes on disk", "ours", "eventsourcing", "state", "limit", "verdict"),
        (
            "complaint of ten steps",
            f"{ours:,.0f}",
            f"{peer:,.0f}",
            f"{state:,}",
            f"≤ {limit:,.0f}",
            "met" if ours <= limit else "MISSED",
        ),
    ]
    print(table(rows))
    return 0 if ours <= limit else 1


def _size(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        weighed = weigh(Path(place))
    sys.exit(report(goals) or weighed)
