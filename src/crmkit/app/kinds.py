"""Every kind of record that the desks keep, whose it is, and where facts about customers stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Protocol, Self

from crmkit.cases import INQUIRY_CODEC
from crmkit.complaints import (
    COMPLAINT_CODEC,
    CORRECTIVE_ACTION_CODEC,
    EMERGENCY_CODEC,
    PRODUCT_REQUEST_CODEC,
    RECALL_CODEC,
)
from crmkit.customers import CUSTOMER_CODEC
from crmkit.kernel import Codec, FrozenMap
from crmkit.lifecycle import JOURNEY_CODEC
from crmkit.loyalty import POINTS_ACCOUNT_CODEC, POINTS_ENTRY_CODEC, POINTS_POSTINGS
from crmkit.orders import ORDERS
from crmkit.satisfaction import (
    ANSWERS,
    COMMENT_CODES,
    IMPROVEMENT_CODEC,
    INVITATION_CODEC,
    SURVEY_ANSWERS,
    SURVEY_RESPONSES,
    SURVEY_ROUND_CODEC,
)
from crmkit.value import CLASS_MEMBERSHIP_CODEC, CLASS_TARGET_CODEC, LIFETIME_VALUE_CODEC

from .unit import Trailed


class Restorable(Trailed, Protocol):
    """A record that can take up again what an earlier version of it said."""

    def restore(self, by: str, at: datetime, *, earlier: Self) -> Self: ...


CODECS: Final[FrozenMap[str, Codec[Any]]] = FrozenMap(
    {
        codec.kind: codec
        for codec in (
            CLASS_MEMBERSHIP_CODEC,
            CLASS_TARGET_CODEC,
            COMPLAINT_CODEC,
            CORRECTIVE_ACTION_CODEC,
            CUSTOMER_CODEC,
            EMERGENCY_CODEC,
            IMPROVEMENT_CODEC,
            INQUIRY_CODEC,
            INVITATION_CODEC,
            JOURNEY_CODEC,
            LIFETIME_VALUE_CODEC,
            POINTS_ACCOUNT_CODEC,
            POINTS_ENTRY_CODEC,
            PRODUCT_REQUEST_CODEC,
            RECALL_CODEC,
            SURVEY_ROUND_CODEC,
        )
    }
)
"""How each kind that a desk keeps is stored."""

OWNERS: Final[FrozenMap[str, str]] = FrozenMap(
    {
        "class_membership": "customer",
        "complaint": "customer",
        "customer": "id",
        "inquiry": "customer",
        "invitation": "customer",
        "journey": "customer",
        "lifetime_value": "customer",
        "points_account": "customer",
        "points_entry": "customer",
    }
)
"""In which field a kind names the customer whose it is; what is undertaken is no single one's."""

TABLES: Final = (
    ORDERS,
    ANSWERS,
    SURVEY_RESPONSES,
    SURVEY_ANSWERS,
    COMMENT_CODES,
    POINTS_POSTINGS,
)
"""The tables of facts."""
