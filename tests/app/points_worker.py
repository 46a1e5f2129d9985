"""A process at the desk of points: it does what it is told, and may be killed at any moment."""

from __future__ import annotations

import multiprocessing
import time
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from typing import Any

import attrs

import crmkit
from crmkit.errors import CrmkitError
from crmkit.testing import NINE


Asked = tuple[timedelta, str, tuple[Any, ...], dict[str, Any]]
"""How far the clock is put on, which verb of the desk, and its arguments."""

PATIENCE = 60.0  # seconds


@attrs.define
class Ticking:
    """A clock that goes on by itself, alike in all processes, and can be put on."""

    put_on: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        # It counts from the start of the machine, which no process can put back.
        return NINE + timedelta(seconds=time.monotonic()) + self.put_on


def work(url: str, orders: Connection) -> None:
    """Do what is asked, until nobody asks any more."""
    clock = Ticking()
    with crmkit.open(url, actor="worker", clock=clock, durable=False) as crm:
        orders.send("ready")
        while True:
            try:
                clock.put_on, verb, given, named = orders.recv()
            except EOFError:
                return
            try:
                getattr(crm.points, verb)(*given, **named)
                orders.send("")
            except CrmkitError as error:
                orders.send(str(error))


@attrs.define
class Worker:
    """One process, and the line to it."""

    url: str
    process: Any
    line: Connection

    @classmethod
    def hire(cls, url: str) -> Worker:
        """Start a process that waits for orders."""
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=work, args=(url, theirs), daemon=True)
        process.start()
        theirs.close()
        worker = cls(url, process, ours)
        assert worker.answer() == "ready"
        return worker

    def ask(self, asked: Asked) -> None:
        """Ask for something, and do not wait."""
        self.line.send(asked)

    def answer(self) -> str:
        """Wait until it is done: what was refused, or nothing."""
        assert self.line.poll(PATIENCE)
        told: str = self.line.recv()
        return told

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.process.kill()
        self.process.join(PATIENCE)
        self.line.close()

    def dismiss(self) -> None:
        """Let it end."""
        self.line.close()
        self.process.join(PATIENCE)


def _context() -> ForkServerContext:
    # Workers are forked from a process that has loaded everything: a kill costs no start of Python.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.app.points_worker", "crmkit.app.points_desk"])
    return context


CONTEXT = _context()
