"""How rounds, invitations and contact logs are stored, and found again."""

from datetime import datetime
from typing import Final

from crmkit.kernel import Codec

from .contact_rule import ContactLog
from .invitation import Invitation, InvitationStage
from .survey_round import SurveyRound, SurveyStage


SURVEY_ROUND_CODEC: Final = Codec(
    "survey_round",
    SurveyRound,
    keys={
        "survey": lambda one: one.survey.id,
        "survey_version": lambda one: one.survey.version,
        "stage": lambda one: one.stage,
        "drafted_at": lambda one: one.trail[0].at,
        "moved_at": lambda one: one.trail[-1].at,
    },
    key_types={
        "survey_version": int,
        "stage": SurveyStage,
        "drafted_at": datetime,
        "moved_at": datetime,
    },
)
"""Kind `survey_round`."""

INVITATION_CODEC: Final = Codec(
    "invitation",
    Invitation,
    keys={
        "round": lambda one: one.round,
        "customer": lambda one: one.customer,
        "case": lambda one: one.case,
        "segment": lambda one: one.segment,
        "answers": lambda one: one.answers,
        "stage": lambda one: one.stage,
        "invited_at": lambda one: one.invited_at,
        "moved_at": lambda one: one.trail[-1].at,
    },
    key_types={"stage": InvitationStage, "invited_at": datetime, "moved_at": datetime},
)
"""Kind `invitation`."""

CONTACT_LOG_CODEC: Final = Codec(
    "contact_log", ContactLog, keys={"asked": lambda log: len(log.asked)}, key_types={"asked": int}
)
"""Kind `contact_log`: one record a customer who was ever asked, under his own id."""
