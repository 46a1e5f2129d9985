# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "attrs", "transitions==0.9.3", "python-statemachine==3.2.2"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Verbs on records: four moves of a complaint, against two libraries of state machines.

The peers move a bare stage. Ours also keeps who and when, checks the time, and makes a new record.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import Goal, Sense, report
from statemachine import State, StateMachine
from transitions import Machine

from crmkit.testing import NINE, a_complaint


ROUNDS = 2_000
STAGES = ["received", "acknowledged", "investigated", "responded", "closed"]
MOVES = [
    {"trigger": "acknowledge", "source": "received", "dest": "acknowledged"},
    {"trigger": "investigate", "source": "acknowledged", "dest": "investigated"},
    {"trigger": "respond", "source": "investigated", "dest": "responded"},
    {"trigger": "accept", "source": "responded", "dest": "closed"},
]


class Bare:
    """What `transitions` gives its verbs to."""

    state: str


class Table(StateMachine):
    """The same workflow as python-statemachine has it."""

    received = State(initial=True)
    acknowledged = State()
    investigated = State()
    responded = State()
    closed = State(final=True)
    acknowledge = received.to(acknowledged)
    investigate = acknowledged.to(investigated)
    respond = investigated.to(responded)
    accept = responded.to(closed)


def ours() -> None:
    """Take a complaint through its four moves."""
    complaint = a_complaint()
    for _ in range(ROUNDS):
        moved = complaint.acknowledge("ann", NINE).investigate("ann", NINE)
        moved.respond("ann", NINE).accept("ann", NINE)


def transitions(model: Any, machine: Machine) -> None:
    for _ in range(ROUNDS):
        machine.set_state("received")
        model.acknowledge()
        model.investigate()
        model.respond()
        model.accept()


def statemachine() -> None:
    for _ in range(ROUNDS):
        machine = Table()
        machine.acknowledge()
        machine.investigate()
        machine.respond()
        machine.accept()


def goals(_: Path) -> Iterator[Goal]:
    model = Bare()
    machine = Machine(model=model, states=STAGES, transitions=MOVES, initial="received")
    moves = 4 * ROUNDS
    yield Goal(
        "a verb, against transitions",
        ours=ours,
        peer=lambda: transitions(model, machine),
        limit=3,
        sense=Sense.SPEED_AT_LEAST,
        things=moves,
    )
    yield Goal(
        "a verb, against python-statemachine",
        ours=ours,
        peer=statemachine,
        limit=40,
        sense=Sense.SPEED_AT_LEAST,
        things=moves,
    )


if __name__ == "__main__":
    sys.exit(report(goals))
