"""Keeping a store in order: verify, rewrite, compact, back up, copy, erase."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .compacting import Compacted as Compacted, Retention as Retention
    from .copying import Copied as Copied, copy as copy
    from .desk import Upkeep as Upkeep
    from .erasing import Erasure as Erasure
    from .verifying import Flaw as Flaw, Verification as Verification
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
