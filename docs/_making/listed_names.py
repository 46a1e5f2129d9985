"""What a package exports, told to the reference: the names listed under `TYPE_CHECKING`."""

from typing import Any

import griffe


class ListedNames(griffe.Extension):
    """Mark as exported what an `__init__.py` imports for type checkers alone."""

    def on_module_members(self, *, mod: griffe.Module, **kwargs: Any) -> None:
        """Set the module's exports, which Griffe cannot read where `_lazy` makes them."""
        if mod.is_init_module:
            mod.exports = [name for name, member in mod.members.items() if not member.runtime]
