"""How complaints are stored: kind, schema, and the keys they are found by."""

from typing import Final

from crmkit.kernel import Codec

from .complaint import Complaint


COMPLAINT_CODEC: Final = Codec(
    "complaint",
    Complaint,
    schema=1,
    keys={
        "customer": lambda complaint: complaint.customer,
        "channel": lambda complaint: complaint.channel,
        "stage": lambda complaint: complaint.stage,
        "state": lambda complaint: complaint.state,
        "received_at": lambda complaint: complaint.received_at,
        "moved_at": lambda complaint: complaint.trail[-1].at,
    },
)
"""Kind `complaint`."""
