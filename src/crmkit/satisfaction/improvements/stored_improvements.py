"""How improvements are stored, and found again."""

from datetime import date, datetime
from typing import Final

from crmkit.kernel import Codec

from .improvement import Improvement
from .improvement_stages import ImprovementStage


IMPROVEMENT_CODEC: Final = Codec(
    "improvement",
    Improvement,
    keys={
        "survey": lambda one: one.survey,
        "round": lambda one: one.round,
        "part": lambda one: one.proposal.part,
        "segment": lambda one: one.segment,
        "owner": lambda one: one.agreed and one.agreed.owner,
        "due": lambda one: one.agreed and one.agreed.due,
        "stage": lambda one: one.stage,
        "proposed_at": lambda one: one.trail[0].at,
        "moved_at": lambda one: one.trail[-1].at,
    },
    key_types={
        "due": date,
        "stage": ImprovementStage,
        "proposed_at": datetime,
        "moved_at": datetime,
    },
)
"""Kind `improvement`."""
