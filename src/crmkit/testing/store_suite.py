"""Classes of rules for a store that is given as one callable, as the command has it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from hypothesis import HealthCheck, Phase, settings

from crmkit.storage import Store

from .store_claims import Capabilities, needed_by, rules_of
from .store_machine import StoreMachine
from .store_rules import StoreRules


Opener: TypeAlias = Callable[..., Store]
"""Takes a folder, and returns a store on what is in it; one that needs no folder takes nothing."""

MACHINE: Final = "runTest"
"""The name that the machine goes by among the rules."""


def classes_for(
    opener: Opener, capabilities: Capabilities, waived: Mapping[str, str]
) -> dict[str, type]:
    """Return the rules and the machine for a store.

    Raises:
        InvalidValueError: If something is waived that is no rule.
    """
    hooks = _hooks(opener, capabilities)
    rules = type("TestStore", (StoreRules,), {**hooks, "waived": dict(waived)})
    machine = cast("type[StoreMachine]", type("Machine", (StoreMachine,), hooks))
    case: Any = machine.TestCase
    case.settings = settings(
        max_examples=60,
        stateful_step_count=25,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    return {"TestStore": rules, "TestMachine": case}


def chapters() -> dict[str, dict[str, tuple[tuple[str, ...], ...]]]:
    """Return the rules under the headings of their chapters, each with what it needs."""
    found: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {}
    for base in StoreRules.__mro__:
        rules = [name for name in vars(base) if name.startswith("test_")]
        if rules:
            told = {name: needed_by(getattr(base, name)) for name in rules}
            found[_heading(base)] = told
    assert sum(map(len, found.values())) == len(rules_of(StoreRules))
    found[_heading(StoreMachine)] = {MACHINE: ()}
    return found


def _heading(chapter: type) -> str:
    return (chapter.__doc__ or "").strip().splitlines()[0].rstrip(".")


def _hooks(opener: Opener, capabilities: Capabilities) -> dict[str, object]:
    needs_folder = bool(inspect.signature(opener).parameters)

    def make_store(_: object, folder: Path) -> Store:
        return opener(folder) if needs_folder else opener()

    def open_again(_: object, store: Store, folder: Path) -> Store:
        return make_store(None, folder)

    return {"capabilities": capabilities, "make_store": make_store, "open_again": open_again}
