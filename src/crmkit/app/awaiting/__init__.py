"""The shell for async hosts: the sync bodies, driven from an event loop."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .async_crm import AsyncCRM as AsyncCRM, AsyncTransaction as AsyncTransaction
    from .bridge import AsyncStore as AsyncStore, BridgedStore as BridgedStore
    from .case_desks import (
        AsyncCasesDesk as AsyncCasesDesk,
        AsyncComplaintsDesk as AsyncComplaintsDesk,
        AsyncCorrectiveActionsDesk as AsyncCorrectiveActionsDesk,
        AsyncEmergenciesDesk as AsyncEmergenciesDesk,
        AsyncInquiriesDesk as AsyncInquiriesDesk,
        AsyncProductRequestsDesk as AsyncProductRequestsDesk,
        AsyncRecallsDesk as AsyncRecallsDesk,
    )
    from .class_desks import (
        AsyncClassesDesk as AsyncClassesDesk,
        AsyncClassTargetsDesk as AsyncClassTargetsDesk,
    )
    from .desks import (
        AsyncCustomersDesk as AsyncCustomersDesk,
        AsyncDesk as AsyncDesk,
        AsyncOrdersDesk as AsyncOrdersDesk,
        AsyncSatisfactionDesk as AsyncSatisfactionDesk,
    )
    from .improvement_desks import AsyncImprovementsDesk as AsyncImprovementsDesk
    from .journey_desks import AsyncJourneysDesk as AsyncJourneysDesk
    from .opening import open_async as open_async
    from .other_views import (
        AsyncFollower as AsyncFollower,
        AsyncFrames as AsyncFrames,
        AsyncHistory as AsyncHistory,
        AsyncImports as AsyncImports,
        AsyncRecordHistory as AsyncRecordHistory,
        AsyncUpkeep as AsyncUpkeep,
    )
    from .points_desks import AsyncPointsDesk as AsyncPointsDesk
    from .survey_desks import (
        AsyncInvitationsDesk as AsyncInvitationsDesk,
        AsyncSurveysDesk as AsyncSurveysDesk,
    )
    from .value_desks import AsyncLifetimeValuesDesk as AsyncLifetimeValuesDesk
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
