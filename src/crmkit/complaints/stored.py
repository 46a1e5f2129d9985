"""How complaints are stored: kind, schema, and the keys they are found by."""

from datetime import datetime
from typing import Final

from crmkit.kernel import Channel, Codec, StateGroup

from .complaint import Complaint, Stage


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
    key_types={
        "channel": Channel,
        "stage": Stage,
        "state": StateGroup,
        "received_at": datetime,
        "moved_at": datetime,
    },
)
"""Kind `complaint`."""
