"""Copies of the adapters with a fault in them, made from their source.

A fault is a piece of source and what stands in its place. The piece must be there, once: where
somebody has rewritten the adapter, the fault is to be seeded anew.
"""

import re
import sys
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final

import attrs

import crmkit.storage
from crmkit.storage import Store
from crmkit.testing import Capabilities, StoreRules


STORAGE: Final = Path(crmkit.storage.__file__).parent
SHORT: Final = timedelta(seconds=0.3)
LONG: Final = timedelta(seconds=20)


@attrs.frozen
class Adapter:
    """One of our adapters: where its source lies, what it claims, how it is opened."""

    name: str
    files: str
    capabilities: Capabilities
    opened: Callable[[Any, Path], Store]


MEMORY: Final = Adapter(
    "memory",
    "memory.py",
    Capabilities(threads=True, closes=True, tended=True),
    lambda module, _: module.MemoryStore(),
)
SQLITE: Final = Adapter(
    "sqlite",
    "sqlite*.py",
    Capabilities(persistent=True, shared=True, threads=True, closes=True, tended=True),
    lambda module, folder: module.SQLiteStore(folder / "crm.db", durable=False),
)


@attrs.frozen
class Mutant:
    """An adapter with a fault.

    `killed_by` is the rule that finds it; of one that differs from the adapter in nothing that a
    caller could see, `because` says why.
    """

    adapter: Adapter
    fault: str
    edits: tuple[tuple[str, str], ...]
    killed_by: str = ""
    because: str = ""
    patience: timedelta = LONG


def source_with(mutant: Mutant) -> dict[str, str]:
    """Return the adapter's modules, by name, with the fault in them."""
    found = {path.stem: path.read_text("utf-8") for path in STORAGE.glob(mutant.adapter.files)}
    for old, new in mutant.edits:
        (home,) = (name for name, source in found.items() for _ in range(source.count(old)))
        found[home] = found[home].replace(old, new)
    return found


def module_of(mutant: Mutant, folder: Path) -> Any:
    """Write the copy into a folder, and import it; what is no adapter is the library's own."""
    copied = source_with(mutant)
    for name, source in copied.items():
        shared = re.sub(
            r"^from \.(\w+) import",
            lambda found: (
                found[0] if found[1] in copied else f"from crmkit.storage.{found[1]} import"
            ),
            source,
            flags=re.MULTILINE,
        )
        (folder / f"{name}.py").write_text(shared, "utf-8")
    (folder / "__init__.py").touch()
    package = f"crmkit_{folder.name}"
    spec = spec_from_file_location(package, folder / "__init__.py")
    assert spec is not None
    sys.modules[package] = module_from_spec(spec)
    return import_module(f"{package}.{mutant.adapter.name}")


def rules_for(mutant: Mutant, module: Any) -> type[StoreRules]:
    """Return the rules for a mutant."""

    def make_store(_: object, folder: Path) -> Store:
        return mutant.adapter.opened(module, folder)

    def open_again(_: object, store: Store, folder: Path) -> Store:
        return mutant.adapter.opened(module, folder)

    hooks = {
        "capabilities": mutant.adapter.capabilities,
        "patience": mutant.patience,
        "make_store": make_store,
        "open_again": open_again,
    }
    return type("Rules", (StoreRules,), hooks)
