"""From scores to what is done about them, until a test says that the gap has closed."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .gap_check import (
        LEAST_ANSWERS as LEAST_ANSWERS,
        Compared as Compared,
        GapCheck as GapCheck,
        GapEvidence as GapEvidence,
        GapResult as GapResult,
    )
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
    from .stored_improvements import IMPROVEMENT_CODEC as IMPROVEMENT_CODEC
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
