"""What they say: answers as facts, and scores that say how sure they are.

Law: no number without its uncertainty, and never an average of averages.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .allocation import Allocation as Allocation, allocate_sample as allocate_sample
    from .answer import ANSWERS as ANSWERS, Answer as Answer
    from .answer_tables import (
        SURVEY_ANSWERS as SURVEY_ANSWERS,
        SURVEY_RESPONSES as SURVEY_RESPONSES,
        answer_rows as answer_rows,
        answers_of as answers_of,
        response_row as response_row,
    )
    from .answers import Answers as Answers, AnswersId as AnswersId, checked_cells as checked_cells
    from .boxes import bottom_box as bottom_box, net_box as net_box, top_box as top_box
    from .calibration import calibrate as calibrate
    from .careless import (
        Carelessness as Carelessness,
        CareRule as CareRule,
        find_careless as find_careless,
    )
    from .code_book import COMMENT_CODES as COMMENT_CODES, CodeBook as CodeBook
    from .competitors import Lead as Lead, lead_over as lead_over, leads_over as leads_over
    from .contact_rule import (
        Contact as Contact,
        ContactLog as ContactLog,
        ContactRule as ContactRule,
    )
    from .crossing import (
        CrossCell as CrossCell,
        CrossTable as CrossTable,
        cross_table as cross_table,
    )
    from .delivered import (
        DeliveredValue as DeliveredValue,
        RankedOffer as RankedOffer,
        ValuePart as ValuePart,
        rank_offers as rank_offers,
    )
    from .dispositions import (
        Dispositions as Dispositions,
        ResponseRates as ResponseRates,
        response_rates as response_rates,
    )
    from .expectation import (
        Disconfirmation as Disconfirmation,
        DisconfirmationState as DisconfirmationState,
        Tolerance as Tolerance,
        ToleranceZone as ToleranceZone,
        add_disconfirmation as add_disconfirmation,
        disconfirmation as disconfirmation,
    )
    from .gap_check import (
        LEAST_ANSWERS as LEAST_ANSWERS,
        Compared as Compared,
        GapCheck as GapCheck,
        GapEvidence as GapEvidence,
        GapResult as GapResult,
    )
    from .group_table import compare_groups as compare_groups
    from .half_rule import PartScore as PartScore, SurveyScore as SurveyScore
    from .improvement import (
        Improvement as Improvement,
        ImprovementId as ImprovementId,
        overdue_improvements as overdue_improvements,
    )
    from .improvement_proposal import ImprovementProposal as ImprovementProposal
    from .improvement_ranking import (
        SurveyLevel as SurveyLevel,
        rank_improvements as rank_improvements,
        rank_survey_improvements as rank_survey_improvements,
    )
    from .improvement_stages import (
        IMPROVEMENT_WORKFLOW as IMPROVEMENT_WORKFLOW,
        ImprovementStage as ImprovementStage,
        ImprovementTerms as ImprovementTerms,
    )
    from .intent import (
        SEA_LION_LOYALTY as SEA_LION_LOYALTY,
        IntentLoyalty as IntentLoyalty,
        intent_loyalty as intent_loyalty,
    )
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
    from .mean_gap import mean_disconfirmation as mean_disconfirmation
    from .means import (
        EffortDirection as EffortDirection,
        ces as ces,
        rescaled_mean as rescaled_mean,
    )
    from .metric import Metric as Metric
    from .missing import Cell as Cell, Missing as Missing
    from .raking import poststratify as poststratify, rake as rake
    from .recommendation import nps as nps
    from .respondent_scores import survey_scores as survey_scores
    from .rolling import rolling_scores as rolling_scores
    from .sample_sizes import (
        margin_of_error as margin_of_error,
        nps_sample_size as nps_sample_size,
        sample_size as sample_size,
    )
    from .satisfaction_index import acsi as acsi, unstandardised as unstandardised
    from .scale import (
        LIKERT5 as LIKERT5,
        LIKERT7 as LIKERT7,
        RECOMMEND as RECOMMEND,
        TEN_POINT as TEN_POINT,
        Scale as Scale,
    )
    from .score_comparison import (
        compare_nps as compare_nps,
        compare_paired_nps as compare_paired_nps,
        compare_paired_scores as compare_paired_scores,
        compare_scores as compare_scores,
    )
    from .score_plan import Substitute as Substitute
    from .score_tables import GroupMean as GroupMean, score_table as score_table
    from .standardised import standardised_trend as standardised_trend
    from .stored_improvements import IMPROVEMENT_CODEC as IMPROVEMENT_CODEC
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
    from .trimming import trim_weights as trim_weights
    from .waves import Wave as Wave, WaveTrend as WaveTrend, wave_trend as wave_trend
    from .weighting import MarginLine as MarginLine, Weighting as Weighting
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
