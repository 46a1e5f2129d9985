"""What is asked, of whom, and what came back: surveys, rounds, invitations, answers."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .answer import ANSWERS as ANSWERS, Answer as Answer
    from .answer_tables import (
        SURVEY_ANSWERS as SURVEY_ANSWERS,
        SURVEY_RESPONSES as SURVEY_RESPONSES,
        answer_rows as answer_rows,
        answers_of as answers_of,
        response_row as response_row,
    )
    from .answers import Answers as Answers, AnswersId as AnswersId, checked_cells as checked_cells
    from .careless import (
        Carelessness as Carelessness,
        CareRule as CareRule,
        find_careless as find_careless,
    )
    from .code_book import COMMENT_CODES as COMMENT_CODES, CodeBook as CodeBook
    from .contact_rule import (
        Contact as Contact,
        ContactLog as ContactLog,
        ContactRule as ContactRule,
    )
    from .half_rule import PartScore as PartScore, SurveyScore as SurveyScore
    from .invitation import (
        INVITATION_WORKFLOW as INVITATION_WORKFLOW,
        Invitation as Invitation,
        InvitationId as InvitationId,
        InvitationStage as InvitationStage,
    )
    from .item import Item as Item, ItemKind as ItemKind
    from .low_score import (
        LowScoreRule as LowScoreRule,
        case_opened_by as case_opened_by,
        case_text as case_text,
    )
    from .missing import Cell as Cell, Missing as Missing
    from .scale import (
        LIKERT5 as LIKERT5,
        LIKERT7 as LIKERT7,
        RECOMMEND as RECOMMEND,
        TEN_POINT as TEN_POINT,
        Scale as Scale,
    )
    from .stored_surveys import (
        CONTACT_LOG_CODEC as CONTACT_LOG_CODEC,
        INVITATION_CODEC as INVITATION_CODEC,
        SURVEY_ROUND_CODEC as SURVEY_ROUND_CODEC,
    )
    from .survey import Answered as Answered, Survey as Survey, whole_weights as whole_weights
    from .survey_presets import DEALERS as DEALERS, SEA_LION as SEA_LION
    from .survey_round import (
        SURVEY_WORKFLOW as SURVEY_WORKFLOW,
        SurveyRound as SurveyRound,
        SurveyRoundId as SurveyRoundId,
        SurveyStage as SurveyStage,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
