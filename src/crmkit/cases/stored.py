"""How inquiries are stored: kind, schema, and the keys they are found by."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from crmkit.kernel import REDACTED, Channel, Codec, StateGroup

from .gravity import Impact, Priority, Severity
from .inquiry import Inquiry, InquiryStage
from .kind import CaseKind


def _with_other(told: Mapping[str, Any]) -> dict[str, Any]:
    """Move what a duplicate is one of out of the note, where it was told before there was a field.

    Where the note was taken out, it is told no more.
    """
    *before, last = told["trail"]
    is_told = last["stage"] != InquiryStage.DUPLICATE.value or told.get("duplicate_of") is not None
    if is_told or last["note"] == REDACTED:
        return dict(told)
    trail = [*before, {**last, "note": ""}]
    return {**told, "trail": trail, "duplicate_of": last["note"]}


INQUIRY_CODEC: Final[Codec[Inquiry]] = Codec(
    "inquiry",
    Inquiry,
    schema=2,
    upcasters={1: _with_other},
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
        "duplicate_of": lambda inquiry: inquiry.duplicate_of,
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
