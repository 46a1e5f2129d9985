"""Putting right: complaints, from receipt until the customer accepts the answer.

Law: only the customer's word closes a complaint.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from crmkit.kernel import Channel as Channel

    from .complaint import (
        WORKFLOW as WORKFLOW,
        Complaint as Complaint,
        ComplaintId as ComplaintId,
        Stage as Stage,
    )
    from .stored import COMPLAINT_CODEC as COMPLAINT_CODEC
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
