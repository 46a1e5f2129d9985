"""What is asked of us: what every kind of case shares, whatever its own workflow.

Law: every stage belongs to one state group.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from crmkit.kernel import StateGroup as StateGroup

    from .kind import CaseKind as CaseKind
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
