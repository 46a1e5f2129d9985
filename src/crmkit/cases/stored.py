"""How inquiries are stored: kind, schema, and the keys they are found by."""

from datetime import datetime
from typing import Final

from crmkit.kernel import Channel, Codec, StateGroup

from .gravity import Impact, Priority, Severity
from .inquiry import Inquiry, InquiryStage
from .kind import CaseKind


INQUIRY_CODEC: Final = Codec(
    "inquiry",
    Inquiry,
    keys={
        "customer": lambda inquiry: inquiry.customer,
        "asks": lambda inquiry: inquiry.asks,
        "channel": lambda inquiry: inquiry.channel,
        "owner": lambda inquiry: inquiry.owner,
        "responsible": lambda inquiry: inquiry.responsible,
        "severity": lambda inquiry: inquiry.severity,
        "impact": lambda inquiry: inquiry.impact,
        "priority": lambda inquiry: inquiry.priority,
        "stage": lambda inquiry: inquiry.stage,
        "state": lambda inquiry: inquiry.state,
        "received_at": lambda inquiry: inquiry.received_at,
        "moved_at": lambda inquiry: inquiry.trail[-1].at,
    },
    key_types={
        "asks": CaseKind,
        "channel": Channel,
        "severity": Severity,
        "impact": Impact,
        "priority": Priority,
        "stage": InquiryStage,
        "state": StateGroup,
        "received_at": datetime,
        "moved_at": datetime,
    },
)
"""Kind `inquiry`."""
