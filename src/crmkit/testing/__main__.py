"""Prove a store: `python -m crmkit.testing mypackage:open_store`.

`open_store` takes a folder, and returns a store on what is in it: a new one where it is empty.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    missing = [name for name in ("pytest", "hypothesis") if find_spec(name) is None]
    if missing:
        told = " and ".join(missing)
        print(f'the rules need {told}: pip install "crmkit[testing]"', file=sys.stderr)
        return 2
    # Only here: it needs what may not be installed.
    from .store_command import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
