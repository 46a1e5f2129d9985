"""How corrective actions, emergencies, product requests and recalls are stored, and found again."""

from datetime import date, datetime
from typing import Final

from crmkit.kernel import Codec, StateGroup

from .corrective_action import CorrectiveAction
from .corrective_action_table import CorrectiveActionStage
from .emergency import Emergency, EmergencyStage
from .product_request import ProductRequest, ProductRequestStage
from .recall import Recall
from .unit_list import RecallStage


CORRECTIVE_ACTION_CODEC: Final = Codec(
    "corrective_action",
    CorrectiveAction,
    keys={
        "product": lambda action: action.product,
        "lead": lambda action: action.lead,
        "supplier": lambda action: action.supplier,
        "stage": lambda action: action.stage,
        "state": lambda action: action.state,
        "due_check_on": lambda action: action.due_check_on,
        "opened_at": lambda action: action.opened_at,
        "moved_at": lambda action: action.trail[-1].at,
    },
    key_types={
        "stage": CorrectiveActionStage,
        "state": StateGroup,
        "due_check_on": date,
        "opened_at": datetime,
        "moved_at": datetime,
    },
)
"""Kind `corrective_action`."""

EMERGENCY_CODEC: Final = Codec(
    "emergency",
    Emergency,
    keys={
        "complaint": lambda emergency: emergency.complaint,
        "stage": lambda emergency: emergency.stage,
        "state": lambda emergency: emergency.state,
        "opened_at": lambda emergency: emergency.opened_at,
        "moved_at": lambda emergency: emergency.trail[-1].at,
    },
    key_types={
        "stage": EmergencyStage,
        "state": StateGroup,
        "opened_at": datetime,
        "moved_at": datetime,
    },
)
"""Kind `emergency`."""

PRODUCT_REQUEST_CODEC: Final = Codec(
    "product_request",
    ProductRequest,
    keys={
        "product": lambda request: request.product,
        "stage": lambda request: request.stage,
        "state": lambda request: request.state,
        "opened_at": lambda request: request.opened_at,
        "moved_at": lambda request: request.trail[-1].at,
    },
    key_types={
        "stage": ProductRequestStage,
        "state": StateGroup,
        "opened_at": datetime,
        "moved_at": datetime,
    },
)
"""Kind `product_request`."""

RECALL_CODEC: Final = Codec(
    "recall",
    Recall,
    keys={
        "product": lambda recall: recall.product,
        "stage": lambda recall: recall.stage,
        "state": lambda recall: recall.state,
        "open_units": lambda recall: len(recall.open_units),
        "opened_at": lambda recall: recall.opened_at,
        "moved_at": lambda recall: recall.trail[-1].at,
    },
    key_types={
        "stage": RecallStage,
        "state": StateGroup,
        "open_units": int,
        "opened_at": datetime,
        "moved_at": datetime,
    },
)
"""Kind `recall`."""
