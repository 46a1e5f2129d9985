"""How complaints are stored: kind, schema, and the keys they are found by."""

from datetime import date, datetime
from typing import Final

from crmkit.cases import Impact, Priority, Severity
from crmkit.kernel import Channel, Codec, StateGroup

from .complaint import Complaint
from .fields import ComplaintField
from .stages import Stage


COMPLAINT_CODEC: Final[Codec[Complaint]] = Codec(
    "complaint",
    Complaint,
    schema=3,
    # Cases, and then complaints, gained fields, each with a default, and `duplicate_of` is a key.
    upcasters={1: dict, 2: dict},
    keys={
        "customer": lambda complaint: complaint.customer,
        "channel": lambda complaint: complaint.channel,
        "owner": lambda complaint: complaint.owner,
        "responsible": lambda complaint: complaint.responsible,
        "department": lambda complaint: complaint.department,
        "field": lambda complaint: complaint.field,
        "product": lambda complaint: complaint.goods and complaint.goods.product,
        "unit": lambda complaint: complaint.goods and complaint.goods.unit,
        "batch": lambda complaint: complaint.goods and complaint.goods.batch,
        "symptom": lambda complaint: complaint.symptom,
        "cause": lambda complaint: complaint.cause,
        "occurrence": lambda complaint: complaint.occurrence,
        "severity": lambda complaint: complaint.severity,
        "impact": lambda complaint: complaint.impact,
        "priority": lambda complaint: complaint.priority,
        "stage": lambda complaint: complaint.stage,
        "state": lambda complaint: complaint.state,
        "due_on": lambda complaint: complaint.due_on,
        "duplicate_of": lambda complaint: complaint.duplicate_of,
        "received_at": lambda complaint: complaint.received_at,
        "moved_at": lambda complaint: complaint.trail[-1].at,
    },
    key_types={
        "channel": Channel,
        "field": ComplaintField,
        "occurrence": int,
        "severity": Severity,
        "impact": Impact,
        "priority": Priority,
        "stage": Stage,
        "state": StateGroup,
        "due_on": date,
        "received_at": datetime,
        "moved_at": datetime,
    },
)
"""Kind `complaint`."""
