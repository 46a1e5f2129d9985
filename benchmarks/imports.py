# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Bulk import: orders from a file and from a frame into SQLite, against a bare `executemany`.

The peer stores the same rows, parsed beforehand, by one statement in one transaction; we read,
parse, check and store them. `durable` waits for the disk at every commit, ours at each block.
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


ROWS = 500_000
ZONE = "Europe/Berlin"
COLUMNS = ("customer_id", "ordered_at", "amount", "currency", "order_id", "quantity")
MARKS = ", ".join("?" * len(COLUMNS))

Stored: TypeAlias = tuple[str, int, int, str, str, int]


def goals(folder: Path) -> Iterator[Goal]:
    """Name the goals."""
    file = folder / "orders.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS[:3] + COLUMNS[4:])
        writer.writerows(orders())
    frame = pd.read_csv(file, dtype={"customer_id": str, "order_id": str})
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    parsed = in_one_piece(map(stored, orders()), folder)
    for durable in (False, True):
        for name, source in (("a CSV file", file), ("a frame", frame)):
            yield Goal(
                f"{ROWS:,} orders from {name}, durable={durable}",
                ours=importing(source, folder, durable=durable),
                peer=bare(parsed, folder, durable=durable),
                limit=0.5,
                sense=Sense.SPEED_AT_LEAST,
                things=ROWS,
            )
    yield Goal(
        f"{ROWS:,} orders from a CSV file",
        ours=importing(file, folder, durable=False),
        limit=100_000,
        sense=Sense.RATE_AT_LEAST,
        things=ROWS,
    )


def orders() -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the orders of two years as a shop writes them down: to the second, in their order."""
    rng = random.Random(1)
    start, span = datetime(2024, 1, 1, tzinfo=UTC), 2 * 365 * 86_400
    for number in range(ROWS):
        moment = start + timedelta(seconds=span * number // ROWS + rng.randrange(span // ROWS))
        yield (
            f"C-{rng.randrange(50_000):05d}",
            f"{moment.astimezone(ZoneInfo(ZONE)):%Y-%m-%dT%H:%M:%S}",
            f"{rng.lognormvariate(3.5, 1):.2f}",
            f"O-{number:07d}",
            str(rng.randrange(1, 6)),
        )


def stored(row: tuple[str, str, str, str, str]) -> Stored:
    customer, ordered, amount, order, quantity = row
    at = datetime.fromisoformat(ordered).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    micros = int(at.timestamp()) * 1_000_000
    return customer, micros, int(amount.replace(".", "")), "EUR", order, int(quantity)


def in_one_piece(rows: Iterable[Stored], folder: Path) -> list[Stored]:
    """Return rows made in one go: rows made one by one would leave the memory full of holes,
    into which everything that is read afterwards would be scattered.
    """
    with sqlite3.connect(folder / "parsed.db") as connection:
        connection.execute(f"CREATE TABLE orders ({', '.join(COLUMNS)})")
        connection.executemany(f"INSERT INTO orders VALUES ({MARKS})", rows)
        return connection.execute("SELECT * FROM orders").fetchall()


def importing(source: Path | pd.DataFrame, folder: Path, *, durable: bool) -> Callable[[], object]:
    def run() -> None:
        with crmkit.open(f"sqlite:///{fresh(folder)}", actor="ann", durable=durable) as crm:
            result = crm.imports.orders(source, timezone=ZONE, currency="EUR", progress=False)
        assert result.records == ROWS

    return run


def bare(rows: list[Stored], folder: Path, *, durable: bool) -> Callable[[], object]:
    def run() -> None:
        connection = sqlite3.connect(fresh(folder), isolation_level=None)
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute(f"CREATE TABLE orders ({', '.join(COLUMNS)})")
        connection.execute("BEGIN IMMEDIATE")
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
