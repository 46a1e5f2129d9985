"""What they say: answers as facts, and scores that say how sure they are.

Law: no number without its uncertainty, and never an average of averages.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .answer import ANSWERS as ANSWERS, Answer as Answer
    from .recommendation import nps as nps
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
