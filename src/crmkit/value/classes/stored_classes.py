"""How memberships and targets are stored, and found again."""

from datetime import date, datetime
from typing import Final

from crmkit.kernel import Codec

from .class_membership import ClassAct, ClassMembership
from .class_target import ClassTarget, TargetAct


CLASS_MEMBERSHIP_CODEC: Final = Codec(
    "class_membership",
    ClassMembership,
    keys={
        "customer": lambda one: one.customer,
        "scheme": lambda one: one.scheme,
        "category": lambda one: one.category,
        "class_name": lambda one: one.class_name,
        "act": lambda one: one.trail[-1].stage,
        "since": lambda one: one.since,
    },
    key_types={"act": ClassAct, "since": datetime},
)
"""Kind `class_membership`."""

CLASS_TARGET_CODEC: Final = Codec(
    "class_target",
    ClassTarget,
    keys={
        "scheme": lambda one: one.scheme,
        "class_name": lambda one: one.class_name,
        "measure": lambda one: one.measure,
        "owner": lambda one: one.owner,
        "act": lambda one: one.trail[-1].stage,
        "first_day": lambda one: one.period.since,
        "end_day": lambda one: one.period.until,
    },
    key_types={"act": TargetAct, "first_day": date, "end_day": date},
)
"""Kind `class_target`."""
