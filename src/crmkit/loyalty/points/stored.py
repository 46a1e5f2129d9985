"""How accounts of points and their entries are stored, and found again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from crmkit.kernel import Codec

from .account import PointsAccount
from .entry import PointsEntry
from .postings import PointsAct


def _with_withdrawn(told: Mapping[str, Any]) -> dict[str, Any]:
    """Add how many of each lot the shop took away: that was not told apart from what was spent."""
    return {**told, "lots": [{**lot, "withdrawn": 0} for lot in told["lots"]]}


def _with_missing(told: Mapping[str, Any]) -> dict[str, Any]:
    """Add which facts were not told when he last earned: that was not kept."""
    return {**told, "missing": []}


def _without_words(told: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what was asked for in words: facts stood in it in clear."""
    left = {name: value for name, value in told.items() if name != "asked"}
    return {**left, "digest": "", "missing": []}


POINTS_ACCOUNT_CODEC: Final = Codec(
    "points_account",
    PointsAccount,
    schema=3,
    upcasters={1: _with_missing, 2: _with_withdrawn},
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
    schema=2,
    upcasters={1: _without_words},
    once_personal=("asked",),
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
