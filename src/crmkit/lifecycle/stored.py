"""How journeys are stored, and found again."""

from datetime import datetime
from typing import Final

from crmkit.kernel import Codec

from .journey import Journey
from .journey_parts import JourneyAct, StageOrigin
from .strategies import RelationshipStrategy


JOURNEY_CODEC: Final = Codec(
    "journey",
    Journey,
    keys={
        "customer": lambda one: one.customer,
        "lifecycle": lambda one: one.lifecycle,
        "stage": lambda one: one.stage,
        "origin": lambda one: one.origin,
        "verdict": lambda one: one.verdict,
        "strategy": lambda one: one.strategy,
        "act": lambda one: one.trail[-1].stage,
        "since": lambda one: one.since,
        "changed": lambda one: one.trail[-1].at,
    },
    key_types={
        "origin": StageOrigin,
        "strategy": RelationshipStrategy,
        "act": JourneyAct,
        "since": datetime,
        "changed": datetime,
    },
)
"""Kind `journey`."""
