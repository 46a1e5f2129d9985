# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Bulk import: orders from a file and from a frame into SQLite, against a bare `executemany`.

The peer stores the same rows by one statement in one transaction, and looks at none of them: those
of a file as `csv.reader` gives them, those of a frame parsed beforehand. We read, parse, check and
store them. `durable` waits for the disk at every commit, ours at each block.

Two kinds of orders: those of the CDNOW sample, told by the day, 72 times over, for which the goal
is half of the peer's rate; and the worst case, a shop that writes down every second, so that next
to no time and few amounts come twice, for which it is a hundred thousand rows a second.
"""

from __future__ import annotations

import csv
import random
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pandas as pd
from measuring import Goal, Sense, report

import crmkit


SAMPLE = Path(__file__).parents[1] / "examples" / "data" / "CDNOW_sample.txt"
ZONE = "America/New_York"
COLUMNS = ("customer_id", "ordered_at", "amount", "quantity", "order_id", "currency")
MARKS = ", ".join("?" * len(COLUMNS))
TIMES = 72
ROWS = 500_000

Told: TypeAlias = tuple[str, str, str, str, str]
Stored: TypeAlias = tuple[str, int, int, int, str, str]


def goals(folder: Path) -> Iterator[Goal]:
    """Name the goals."""
    for name, orders in (("by the day", by_the_day), ("by the second", by_the_second)):
        file = folder / f"{name}.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS[:-1])
            writer.writerows(orders())
        parsed = in_one_piece(map(stored, orders()), folder / f"{name}.db")
        frame = pd.read_csv(file, dtype={"customer_id": str, "order_id": str})
        frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
        for kind, source, rows in (("CSV", file, file), ("frame", frame, parsed)):
            for durable in (False, True) if orders is by_the_day else ():
                yield Goal(
                    f"{kind} of orders {name}, durable={durable}",
                    ours=importing(source, folder, len(parsed), durable=durable),
                    peer=bare(rows, folder, durable=durable),
                    limit=0.5,
                    sense=Sense.SPEED_AT_LEAST,
                    things=len(parsed),
                )
            yield Goal(
                f"{kind} of orders {name}",
                ours=importing(source, folder, len(parsed), durable=True),
                limit=100_000,
                sense=Sense.RATE_AT_LEAST,
                things=len(parsed),
            )


def by_the_day() -> Iterator[Told]:
    """Yield the orders of the CDNOW sample, again and again, each time of other customers."""
    lines = [line.split() for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    for time in range(TIMES):
        for number, (_, customer, day, quantity, amount) in enumerate(lines):
            on = f"{day[:4]}-{day[4:6]}-{day[6:]}"
            yield f"C-{time}-{customer}", on, amount, quantity, f"O-{time}-{number}"


def by_the_second() -> Iterator[Told]:
    """Yield the orders of two years as a shop writes them down, in their order."""
    rng = random.Random(1)
    start, span = datetime(2024, 1, 1, tzinfo=UTC), 2 * 365 * 86_400
    for number in range(ROWS):
        moment = start + timedelta(seconds=span * number // ROWS + rng.randrange(span // ROWS))
        yield (
            f"C-{rng.randrange(50_000):05d}",
            f"{moment.astimezone(ZoneInfo(ZONE)):%Y-%m-%dT%H:%M:%S}",
            f"{rng.lognormvariate(3.5, 1):.2f}",
            str(rng.randrange(1, 6)),
            f"O-{number:07d}",
        )


def stored(row: Told) -> Stored:
    customer, ordered, amount, quantity, order = row
    at = datetime.fromisoformat(ordered).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    micros = int(at.timestamp()) * 1_000_000
    return customer, micros, int(amount.replace(".", "")), int(quantity), order, "USD"


def in_one_piece(rows: Iterable[Stored], path: Path) -> list[Stored]:
    """Return rows made in one go: rows made one by one would leave the memory full of holes,
    into which everything that is read afterwards would be scattered.
    """
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE orders ({', '.join(COLUMNS)})")
        connection.executemany(f"INSERT INTO orders VALUES ({MARKS})", rows)
        return connection.execute("SELECT * FROM orders").fetchall()


def importing(
    source: Path | pd.DataFrame, folder: Path, rows: int, *, durable: bool
) -> Callable[[], object]:
    def run() -> None:
        with crmkit.open(f"sqlite:///{fresh(folder)}", actor="ann", durable=durable) as crm:
            result = crm.imports.orders(source, timezone=ZONE, currency="USD", progress=False)
        assert result.records == rows, result

    return run


def bare(rows: list[Stored] | Path, folder: Path, *, durable: bool) -> Callable[[], object]:
    def run() -> None:
        connection = sqlite3.connect(fresh(folder), isolation_level=None)
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute(f"CREATE TABLE orders ({', '.join(COLUMNS)})")
        connection.execute("BEGIN IMMEDIATE")
        if isinstance(rows, Path):
            with rows.open(encoding="utf-8", newline="") as stream:
                told = csv.reader(stream)
                next(told)
                connection.executemany(f"INSERT INTO orders VALUES ({MARKS[:-1]}'USD')", told)
        else:
            connection.executemany(f"INSERT INTO orders VALUES ({MARKS})", rows)
        connection.execute("COMMIT")
        connection.close()

    return run


def fresh(folder: Path) -> Path:
    path = folder / "crm.db"
    for leftover in folder.glob("crm.db*"):
        leftover.unlink()
    return path


if __name__ == "__main__":
    sys.exit(report(goals))
