"""How accounts of points and their entries are stored, and found again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from crmkit.kernel import Codec

from .account import PointsAccount
from .entry import PointsEntry
from .postings import PointsAct


POINTS_ACCOUNT_CODEC: Final = Codec(
    "points_account",
    PointsAccount,
    keys={
        "customer": lambda one: one.customer,
        "scheme": lambda one: one.scheme,
        "balance": lambda one: one.balance,
        "debt": lambda one: one.debt,
        "next_expiry": lambda one: one.next_expiry,
        "changed": lambda one: one.trail[-1].at,
    },
    key_types={"balance": int, "debt": int, "next_expiry": datetime, "changed": datetime},
)
"""Kind `points_account`."""

POINTS_ENTRY_CODEC: Final = Codec(
    "points_entry",
    PointsEntry,
    keys={
        "account": lambda one: one.account,
        "customer": lambda one: one.customer,
        "act": lambda one: one.act,
        "number": lambda one: one.number,
        "at": lambda one: one.at,
    },
    key_types={"act": PointsAct, "number": int, "at": datetime},
)
"""Kind `points_entry`."""
