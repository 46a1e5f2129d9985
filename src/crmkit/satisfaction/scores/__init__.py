"""From answers to scores, each with its interval: a question, a survey, beside competitors."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .boxes import bottom_box as bottom_box, net_box as net_box, top_box as top_box
    from .competitors import Lead as Lead, lead_over as lead_over, leads_over as leads_over
    from .delivered import (
        DeliveredValue as DeliveredValue,
        RankedOffer as RankedOffer,
        ValuePart as ValuePart,
        rank_offers as rank_offers,
    )
    from .expectation import (
        Disconfirmation as Disconfirmation,
        DisconfirmationState as DisconfirmationState,
        Tolerance as Tolerance,
        ToleranceZone as ToleranceZone,
        add_disconfirmation as add_disconfirmation,
        disconfirmation as disconfirmation,
    )
    from .intent import (
        SEA_LION_LOYALTY as SEA_LION_LOYALTY,
        IntentLoyalty as IntentLoyalty,
        intent_loyalty as intent_loyalty,
    )
    from .mean_gap import mean_disconfirmation as mean_disconfirmation
    from .means import (
        EffortDirection as EffortDirection,
        ces as ces,
        rescaled_mean as rescaled_mean,
    )
    from .metric import Metric as Metric
    from .recommendation import nps as nps
    from .respondent_scores import survey_scores as survey_scores
    from .satisfaction_index import acsi as acsi, unstandardised as unstandardised
    from .score_plan import Substitute as Substitute
    from .score_tables import GroupMean as GroupMean, score_table as score_table
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
