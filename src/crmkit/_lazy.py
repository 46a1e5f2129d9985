"""Names loaded on first use: a package lists them once, under `TYPE_CHECKING`.

Checkers, editors and the import contract read those imports as they stand; at run time the same
list says where each name lives, and its module is loaded when somebody first asks for it.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import resolve_name
from typing import Protocol, runtime_checkable


@runtime_checkable
class _HasSource(Protocol):
    """A loader of modules from source; zip files have one too, though of no class of importlib."""

    def get_source(self, fullname: str) -> str | None: ...


def names(package: str) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` for `package`, read from its own source.

    Examples:
        >>> load, listed, exported = names("crmkit.kernel")
        >>> load("Money")
        <class 'crmkit.kernel.money.Money'>
        >>> "Money" in exported
        True
    """
    homes = dict(_homes(package))

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, attribute = homes[name]
        found = import_module(module)
        value: object = found if attribute is None else getattr(found, attribute)
        setattr(sys.modules[package], name, value)
        return value

    return load, lambda: sorted(homes.keys() | vars(sys.modules[package]).keys()), sorted(homes)


def _homes(package: str) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Yield each listed name with its module, and its attribute there (None: the module itself)."""
    spec = sys.modules[package].__spec__
    # The loader, not the file: a package may lie in a zip file.
    assert spec is not None
    loader = spec.loader
    assert isinstance(loader, _HasSource)
    for block in ast.parse(loader.get_source(package) or "").body:
        if not (isinstance(block, ast.If) and _guards_types(block.test)):
            continue
        for node in block.body:
            assert isinstance(node, ast.ImportFrom), f"{package}: only `from … import …` is read"
            target = "." * node.level + (node.module or "")
            module = resolve_name(target, package) if node.level else target
            for alias in node.names:
                exported = alias.asname or alias.name
                if node.module is None:
                    yield exported, (f"{package}.{alias.name}", None)
                else:
                    yield exported, (module, alias.name)


def _guards_types(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
